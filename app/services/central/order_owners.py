"""Whose orders are meant: customers by telephone number, e-mail, postcode and name together.

Customers that were merged count as one. Where few are meant they are named, so that their orders
can be looked through one customer at a time; where very many are, it can only be asked of an order
whether it is one of theirs. Either way no more than so many rows are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, any_, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.models.central.customer import Address, Customer, CustomerNameToken, CustomerPhone
from app.services.central.transaction import Transaction
from app.wire.order_search import OrderCriteria

OWNERS_MOST = 300
"""So many customers are gone through one by one."""
WALKED_MOST = 2_000
"""So many with the rarest of several marks are asked for the others."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a row says of its customer."""

    customer_id: InstrumentedAttribute[Any]
    matches: ColumnElement[bool]

    def counted(self) -> ScalarSelect[Any]:
        """How many rows match, up to one more than are walked through."""
        rows = select(self.customer_id).where(self.matches).limit(WALKED_MOST + 1).subquery()
        return select(func.count()).select_from(rows).scalar_subquery()

    def is_of(self, family: ColumnElement[Any]) -> ScalarSelect[Any]:
        """Whether one of the ids has it; looked up by those, however many others match."""
        mark = self.customer_id.table
        row = select(true()).where(self.customer_id == any_(family), self.matches).limit(1)
        return row.correlate_except(mark).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Owners:
    """All ids of the customers that are meant; `few` is None where they are too many to name."""

    marks: tuple[_Mark, ...]
    few: tuple[UUID, ...] | None

    def own(self, customer: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether an order of this customer is one of theirs."""
        me = aliased(Customer)
        root = func.coalesce(me.merged_into, me.customer_id)
        found = select(root).where(me.customer_id == customer).correlate(customer.table)
        return _all_of(self.marks, found.scalar_subquery())


def _all_of(marks: Sequence[_Mark], root: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a customer, or one who was merged into them, has each of the marks."""
    return and_(*(mark.is_of(_family(root)) for mark in marks))


def _family(root: ColumnElement[Any]) -> ColumnElement[Any]:
    """The ids of a customer and of all who were merged into them, as an array."""
    merged = aliased(Customer)
    under = select(merged.customer_id).where(merged.merged_into == root)
    return func.array_append(func.array(under.correlate_except(merged).scalar_subquery()), root)


def owners(tx: Transaction, criteria: OrderCriteria) -> Owners | None:
    """Who is meant; None where nothing is asked of the customer."""
    marks = tuple(_marks(criteria))
    if not marks:
        return None
    counts = tx.session.execute(select(*(mark.counted() for mark in marks))).one()
    order = sorted(range(len(marks)), key=counts.__getitem__)
    marks = tuple(marks[at] for at in order)
    if counts[order[0]] > WALKED_MOST:
        return Owners(marks, None)
    roots = tx.session.execute(_roots(marks)).scalars().all() if counts[order[0]] else ()
    return Owners(marks, _families(tx, roots) if len(roots) <= OWNERS_MOST else None)


def _marks(criteria: OrderCriteria) -> list[_Mark]:
    marks = []
    if criteria.phone:
        reversed_digits = CustomerPhone.digits_reversed.like(criteria.phone[::-1] + "%")
        marks.append(_Mark(CustomerPhone.customer_id, reversed_digits))
    if criteria.email:
        begins = func.lower(Customer.email).like(literally(criteria.email) + "%")
        marks.append(_Mark(Customer.customer_id, begins))
    if criteria.postcode:
        marks.append(_Mark(Address.customer_id, Address.postcode_folded.like(criteria.postcode)))
    marks += [
        _Mark(CustomerNameToken.customer_id, CustomerNameToken.token.like(literally(name) + "%"))
        for name in criteria.names
    ]
    return marks


def literally(text: str) -> str:
    """A text for LIKE: signs that stand for others stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _roots(marks: Sequence[_Mark]) -> Select[Any]:
    """Whom they are found under: all who have the rarest mark, of those who have the others."""
    rarest, *others = marks
    having = select(rarest.customer_id).where(rarest.matches).limit(WALKED_MOST)
    known = aliased(Customer)
    root = func.coalesce(known.merged_into, known.customer_id)
    roots = (
        select(root.label("root"))
        .distinct()
        .where(known.customer_id.in_(having))
        .cte("roots")
        .prefix_with("MATERIALIZED")
    )
    found = select(roots.c.root).limit(OWNERS_MOST + 1)
    return found.where(_all_of(others, roots.c.root)) if others else found


def _families(tx: Transaction, roots: Sequence[UUID]) -> tuple[UUID, ...]:
    """They, and everyone who was merged into them."""
    if not roots:
        return ()
    merged = select(Customer.customer_id).where(Customer.merged_into.in_(roots))
    return (*roots, *tx.session.execute(merged).scalars())
