"""Whose orders are meant: customers by telephone number, e-mail, postcode and name together.

Customers that were merged count as one; who is restricted is found by nobody. Where few are meant
they are named, so that their orders can be looked through one customer at a time; where very many
are, it can only be asked of an order whether it is one of theirs. Either way no more than so many
rows are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.services.central.transaction import Transaction
from app.wire.order_search import OrderCriteria

OWNERS_MOST = 300
"""So many customers are gone through one by one."""
WALKED_MOST = 2_000
"""So many with the rarest of several marks are asked for the others."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a row of a table says of its customer; `name` is that of the parameter."""

    table: str
    condition: str
    name: str
    value: str

    @property
    def matches(self) -> str:
        """The condition with its parameter."""
        return f"{self.condition} LIKE %({self.name})s"

    def is_of(self, ids: str) -> str:
        """Whether one of an array of ids has it; looked up by those, however many others match."""
        return f"""coalesce((SELECT true FROM {self.table} t
            WHERE t.customer_id = ANY ({ids}) AND {self.matches} LIMIT 1), false)"""  # noqa: S608 - tables and columns are named in `_marks`


@dataclass(frozen=True, slots=True)
class Owners:
    """All ids of the customers that are meant; `few` is None where they are too many to name."""

    marks: tuple[_Mark, ...]
    few: tuple[UUID, ...] | None

    @property
    def values(self) -> Mapping[str, str]:
        """Parameters of `own`."""
        return {mark.name: mark.value for mark in self.marks}

    def own(self, customer: str) -> str:
        """SQL: whether an order of this customer is one of theirs."""
        family = _family("r.root")
        return f"""(SELECT {_all_of(self.marks, "f.ids")} FROM (
            SELECT {family} AS ids FROM (
                SELECT coalesce(me.merged_into, me.customer_id) AS root FROM customer me
                WHERE me.customer_id = {customer} AND me.restricted_at IS NULL
            ) r OFFSET 0) f)"""  # noqa: S608 - columns of ours


def owners(tx: Transaction, criteria: OrderCriteria) -> Owners | None:
    """Who is meant; None where nothing is asked of the customer."""
    marks = tuple(_marks(criteria))
    if len(marks) > 1:
        marks, fewest = _rarest_first(tx, marks)
        if not 0 < fewest <= WALKED_MOST:
            return Owners(marks, None if fewest else ())
    return Owners(marks, _few(tx, marks)) if marks else None


def _marks(criteria: OrderCriteria) -> list[_Mark]:
    marks = []
    if criteria.phone:
        ending = criteria.phone[::-1] + "%"
        marks.append(_Mark("customer_phone", "t.digits_reversed", "phone", ending))
    if criteria.email:
        begins = literally(criteria.email) + "%"
        marks.append(_Mark("customer", "lower(t.email)", "email", begins))
    if criteria.postcode:
        marks.append(_Mark("address", "t.postcode_folded", "postcode", criteria.postcode))
    marks += [
        _Mark("customer_name_token", "t.token", f"name_{at}", literally(name) + "%")
        for at, name in enumerate(criteria.names)
    ]
    return marks


def literally(text: str) -> str:
    """A text for LIKE: signs that stand for others stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _values(marks: Sequence[_Mark]) -> dict[str, str]:
    return {mark.name: mark.value for mark in marks}


def _rarest_first(tx: Transaction, marks: Sequence[_Mark]) -> tuple[tuple[_Mark, ...], int]:
    """And how many rows have the rarest, up to one more than are walked through."""
    counted = ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 FROM {mark.table} t WHERE {mark.matches}"  # noqa: S608 - as above
        f" LIMIT {WALKED_MOST + 1}) AS s)"
        for mark in marks
    )
    counts = tx.connection.exec_driver_sql(f"SELECT {counted}", _values(marks)).one()
    order = sorted(range(len(marks)), key=counts.__getitem__)
    return tuple(marks[at] for at in order), counts[order[0]]


def _few(tx: Transaction, marks: Sequence[_Mark]) -> tuple[UUID, ...] | None:
    """They, and everyone who was merged into them; None where they are too many."""
    rarest, *others = marks
    most = WALKED_MOST if others else 2 * OWNERS_MOST
    asked = f" AND {_all_of(others, _family('roots.root'))}" if others else ""
    statement = f"""
        WITH walked AS MATERIALIZED (
            SELECT t.customer_id FROM {rarest.table} t WHERE {rarest.matches} LIMIT {most + 1}
        ), roots AS MATERIALIZED (
            SELECT DISTINCT coalesce(k.merged_into, k.customer_id) AS root
            FROM walked JOIN customer k USING (customer_id)
            WHERE (SELECT count(*) FROM walked) <= {most} AND k.restricted_at IS NULL
        ), meant AS MATERIALIZED (
            SELECT root FROM roots WHERE true{asked} LIMIT {OWNERS_MOST + 1}
        )
        SELECT root, 0 AS walked FROM meant
        UNION ALL
        SELECT c.customer_id, 0 FROM meant JOIN customer c ON c.merged_into = meant.root
        UNION ALL
        SELECT NULL, count(*) FROM walked
    """  # noqa: S608 - as above
    rows = tx.connection.exec_driver_sql(statement, _values(marks)).all()
    ids = [row.root for row in rows if row.root is not None]
    is_cut = any(row.walked > most for row in rows)
    return None if is_cut or len(ids) > OWNERS_MOST else tuple(ids)


def _all_of(marks: Sequence[_Mark], ids: str) -> str:
    return " AND ".join(mark.is_of(ids) for mark in marks)


def _family(root: str) -> str:
    """SQL: the ids of a customer and of all who were merged into them, as an array."""
    merged = f"ARRAY(SELECT m.customer_id FROM customer m WHERE m.merged_into = {root})"  # noqa: S608 - a column of ours
    return f"array_append({merged}, {root})"
