"""Finds customers by what a CSR typed: a telephone number, a postcode or a name.

However many customers there are, and however many are called so, a search looks at no more than so
many of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.models.central.catalogue import PolicyVersion
from app.models.central.customer import Address, Customer, CustomerNameToken, CustomerPhone
from app.models.central.order import SalesOrder
from app.services.central.transaction import Transaction
from app.values.contact import (
    folded_postcode,
    name_tokens,
    search_digits,
    uk_postcode_pattern,
)
from app.values.vocabulary import Region
from app.values.wording import ascii_digits
from app.wire.customers import FoundBy

FEWEST_DIGITS = 3
FEWEST_LETTERS = 2
MATCHED_MOST = 400
"""So many who are called so are put in order; of more, those and who ordered last."""
WALKED_MOST = 10_000
"""So many with the rarest of several words are asked for the others."""
RECENT_MOST = 1_000
"""Newest orders that are looked through for someone who is called as very many are."""
_PHONE = re.compile(r"\+?[\d\s().\-/]+")
_ZIP = re.compile(r"\d{5}(?:-\d{4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ones active last first; `more`: there are others, or may be."""

    found_by: FoundBy
    customers: Sequence[Customer] = ()
    more: bool = False


def search(tx: Transaction, text: str, limit: int) -> Found:
    """Customers by what the text most likely means; nobody where it is too short to mean anyone."""
    readings = _readings(tx, text)
    for found_by, conditions in readings:
        if conditions:
            customers, more = _newest_active(tx, conditions, limit)
            if customers:
                return Found(found_by=found_by, customers=customers, more=more)
    return Found(found_by=readings[0][0])


@dataclass(frozen=True, slots=True)
class _Condition:
    """What a row says of its customer."""

    customer_id: InstrumentedAttribute[Any]
    matches: ColumnElement[bool]

    def holds_of(self, customer: ColumnElement[Any]) -> ScalarSelect[Any]:
        """Looked up for each by itself; as EXISTS, all rows that match might be read for it."""
        row = select(true()).where(self.customer_id == customer, self.matches)
        return row.limit(1).correlate(customer.table).scalar_subquery()

    def counted(self) -> ScalarSelect[Any]:
        """How many rows match, up to one more than are walked through."""
        rows = select(self.customer_id).where(self.matches).limit(WALKED_MOST + 1).subquery()
        return select(func.count()).select_from(rows).scalar_subquery()


_Conditions = Sequence[_Condition]
"""All of them hold of who is sought; none where the text is too short to mean any."""


def _readings(tx: Transaction, text: str) -> list[tuple[FoundBy, _Conditions]]:
    """What the text may mean, likeliest first; a later one counts when an earlier finds nobody."""
    written = ascii_digits(text).strip()
    if _ZIP.fullmatch(written):
        as_zip = (FoundBy.POSTCODE, _with_postcode(folded_postcode(written[:5]) + "%"))
        as_phone = (FoundBy.PHONE, _with_phone_ending(search_digits(written)))
        return [as_zip, as_phone] if _region(tx) is Region.US else [as_phone, as_zip]
    if _PHONE.fullmatch(written):
        return [(FoundBy.PHONE, _with_phone_ending(search_digits(written)))]
    postcode = uk_postcode_pattern(written.upper())
    if postcode:
        return [(FoundBy.POSTCODE, _with_postcode(postcode)), (FoundBy.NAME, _named(written))]
    return [(FoundBy.NAME, _named(written))]


def _region(tx: Transaction) -> Region:
    newest = select(PolicyVersion.document).order_by(PolicyVersion.revision.desc()).limit(1)
    document = tx.session.execute(newest).scalar_one_or_none()
    return Region(document["region"]) if document and "region" in document else Region.GB


def _with_phone_ending(digits: str) -> _Conditions:
    if len(digits) < FEWEST_DIGITS:
        return ()
    matching = CustomerPhone.digits_reversed.like(digits[::-1] + "%")
    return (_Condition(CustomerPhone.customer_id, matching),)


def _with_postcode(pattern: str) -> _Conditions:
    return (_Condition(Address.customer_id, Address.postcode_folded.like(pattern)),)


def _named(text: str) -> _Conditions:
    """Every word typed must begin a word of the name."""
    words = name_tokens(text)
    if sum(map(len, words)) < FEWEST_LETTERS:
        return ()
    return tuple(
        _Condition(CustomerNameToken.customer_id, CustomerNameToken.token.like(word + "%"))
        for word in words
    )


def _rarest_first(tx: Transaction, conditions: _Conditions) -> _Conditions:
    if len(conditions) == 1:
        return conditions
    counts = tx.session.execute(select(*(one.counted() for one in conditions))).one()
    order = sorted(range(len(conditions)), key=counts.__getitem__)
    return [conditions[at] for at in order]


_Told = aliased(Customer, name="told")
_ORDERED_LAST: ScalarSelect[Any] = (
    select(func.max(SalesOrder.placed_at))
    .where(SalesOrder.customer_id == Customer.customer_id)
    .scalar_subquery()
)
_NEWEST = (
    select(SalesOrder.customer_id)
    .where(SalesOrder.customer_id.is_not(None))
    .order_by(SalesOrder.placed_at.desc())
    .limit(RECENT_MOST)
    .cte("newest")
)


def _newest_active(
    tx: Transaction, conditions: _Conditions, limit: int
) -> tuple[Sequence[Customer], bool]:
    """Exactly, but for very many: of those some, who ordered lately among them."""
    rarest, *others = _rarest_first(tx, conditions)
    walked_most = WALKED_MOST if others else MATCHED_MOST
    walked = (
        select(rarest.customer_id.label("customer_id"))
        .where(rarest.matches)
        .limit(walked_most + 1)
        .cte("walked")
    )
    matched = (
        select(walked.c.customer_id)
        .where(*(one.holds_of(walked.c.customer_id) for one in others))
        .limit(MATCHED_MOST + 1)
        .cte("matched")
    )
    too_many = or_(
        select(func.count()).select_from(walked).scalar_subquery() > walked_most,
        select(func.count()).select_from(matched).scalar_subquery() > MATCHED_MOST,
    )
    lately = select(_NEWEST.c.customer_id).where(
        too_many, and_(*(one.holds_of(_NEWEST.c.customer_id) for one in conditions))
    )
    either = select(matched.c.customer_id).union(lately).subquery("either")
    # Who was merged into another is found under that one, in one row.
    under = select(func.coalesce(_Told.merged_into, _Told.customer_id)).where(
        _Told.customer_id.in_(select(either.c.customer_id))
    )
    statement = (
        select(Customer, too_many)
        .where(Customer.customer_id.in_(under), Customer.restricted_at.is_(None))
        .order_by(
            func.greatest(Customer.updated_at, _ORDERED_LAST).desc(), Customer.customer_id.desc()
        )
        .limit(limit + 1)
    )
    rows = tx.session.execute(statement).all()
    more = len(rows) > limit or any(too for _, too in rows)
    return [customer for customer, _ in rows[:limit]], more
