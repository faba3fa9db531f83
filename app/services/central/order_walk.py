"""Looks through orders, the newest first, for one page of those that fit.

It goes along the index that leaves fewest: the orders of a few customers, of a total, of some days,
of some products, else all orders; of what each of these streams holds no more than so many are
asked for the rest. What a stream that was cut short may still hold is older than its last order:
nothing older is answered, and the next page goes on from there. So no order is passed over, and no
page costs more where there are more orders.

Orders of a product go by their id, which begins with the time of their call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.services.central.order_owners import Owners, literally, owners
from app.services.central.transaction import Transaction
from app.values.identity import OrderId
from app.values.wording import text_for_search
from app.wire.order_search import OrderCriteria, OrderPlace

LOOKED_THROUGH_MOST = 600
"""Orders that are asked for the rest of what is sought, for one page."""
CODES_MOST = 40
"""So many products are gone through one by one; more are told by the words of the lines."""
_LATER_AT_MOST = timedelta(days=1)
"""No order is placed before its call began, whatever the clock of its desk was off by."""
_WORDS = "to_tsvector('simple'::regconfig, description)"
"""As the index has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Ids, the newest first. `searched_to`: where the looking through was cut short."""

    order_ids: tuple[UUID, ...] = ()
    more: OrderPlace | None = None
    searched_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Products:
    """What is ordered; `codes` None: too many products are called so."""

    words: tuple[str, ...]
    codes: tuple[str, ...] | None


@dataclass(slots=True, kw_only=True)
class _Query:
    """A page of a reading as it is put together: `values` are the parameters of its statement.

    Statements are put together as text: with what a compiler of statements takes for one of these,
    the database answers several.
    """

    criteria: OrderCriteria
    whose: Owners | None
    products: _Products | None
    after: OrderPlace | None
    limit: int
    values: dict[str, object] = field(default_factory=dict)

    def in_span(self, placed_at: str) -> list[str]:
        """Of the days that are asked for."""
        span = []
        if self.criteria.placed_from is not None:
            self.values["placed_from"] = self.criteria.placed_from
            span.append(f"{placed_at} >= %(placed_from)s")
        if self.criteria.placed_before is not None:
            self.values["placed_before"] = self.criteria.placed_before
            span.append(f"{placed_at} < %(placed_before)s")
        return span

    def behind(self) -> list[str]:
        """Of the days asked for, and behind the place where the page begins."""
        conditions = self.in_span("o.placed_at")
        if self.after is not None:
            self.values |= {"at": self.after.placed_at, "id": self.after.order_id}
            conditions.append("(o.placed_at, o.order_id) < (%(at)s, %(id)s)")
        return conditions

    def has_total(self, orders: str) -> list[str]:
        """Of the total that is asked for."""
        if self.criteria.total_minor is None:
            return []
        self.values["total"] = self.criteria.total_minor
        return [f"{orders}.total_minor = %(total)s"]

    def has_products(self) -> list[str]:
        """With a line that is one of the products."""
        if self.products is None:
            return []
        if self.products.codes is None:
            words = enumerate(self.products.words)
            patterns = {f"word_{at}": f"%{literally(word)}%" for at, word in words}
            self.values |= patterns
            line = " AND ".join(f"l.description ILIKE %({name})s" for name in patterns)
        else:
            self.values["codes"] = list(self.products.codes)
            line = "l.code = ANY (%(codes)s::text[])"
        lines = f"SELECT true FROM order_line l WHERE l.order_id = w.order_id AND {line} LIMIT 1"  # noqa: S608 - put together above
        return [f"coalesce(({lines}), false)"]

    def is_theirs(self) -> list[str]:
        """Of one of the customers."""
        if self.whose is None:
            return []
        self.values |= self.whose.values
        return [f"coalesce({self.whose.own('w.customer_id')}, false)"]

    def has_currency(self) -> list[str]:
        """In the currency that is asked for."""
        if self.criteria.currency is None:
            return []
        self.values["currency"] = self.criteria.currency
        return ["w.currency = %(currency)s"]

    def of_each(self, fits: Sequence[str], streams: int) -> int:
        """How many orders each stream may bring."""
        least = self.limit + 1
        return max(least, LOOKED_THROUGH_MOST // streams) if fits else least


@dataclass(frozen=True, slots=True, kw_only=True)
class _Streams:
    """Orders, each stream the newest first: `of_each` of every one, then what they have to fit."""

    rows: str
    of_each: int
    fits: Sequence[str]
    by_id: bool = False

    def key(self, table: str) -> str:
        """What the newest is told by."""
        return f"{table}.order_id" if self.by_id else f"{table}.placed_at, {table}.order_id"

    def descending(self, table: str) -> str:
        """The same, the newest first."""
        return ", ".join(f"{part} DESC" for part in self.key(table).split(", "))


def walk(tx: Transaction, criteria: OrderCriteria, after: OrderPlace | None, limit: int) -> Page:
    """A page of the orders that fit, behind a place; one order number is not looked for here."""
    products = _products(tx, criteria.items)
    if products is not None and products.codes == ():
        return Page()
    whose = owners(tx, criteria)
    if whose is not None and whose.few == ():
        return Page()
    query = _Query(criteria=criteria, whose=whose, products=products, after=after, limit=limit)
    return _merged(tx, query, _streams(query))


def _products(tx: Transaction, words: Sequence[str]) -> _Products | None:
    """Products that each word is the code of, or begins a word of their description."""
    if not words:
        return None
    values: dict[str, str] = {}
    called = []
    for at, word in enumerate(words):
        values[f"code_{at}"] = word.upper()
        begins = " & ".join(f"'{part}':*" for part in text_for_search(word).split())
        described = ""
        if begins:
            values[f"begins_{at}"] = begins
            described = f" OR {_WORDS} @@ to_tsquery('simple'::regconfig, %(begins_{at})s)"
        called.append(f"(upper(code) = %(code_{at})s{described})")
    statement = f"SELECT code FROM product WHERE {' AND '.join(called)} LIMIT {CODES_MOST + 1}"  # noqa: S608 - put together above
    codes = dict.fromkeys(tx.connection.exec_driver_sql(statement, values).scalars())
    if len(codes) > CODES_MOST:
        return _Products(tuple(words), None)
    if len(words) == 1:
        codes |= dict.fromkeys((words[0], words[0].upper()))  # of a product that is gone, too
    return _Products(tuple(words), tuple(codes))


_COLUMNS = "o.order_id, o.placed_at, o.customer_id, o.total_minor, o.currency"
_NEWEST = "ORDER BY o.placed_at DESC, o.order_id DESC"


def _streams(query: _Query) -> _Streams:
    """The index that leaves fewest orders to be asked for the rest."""
    whose, products = query.whose, query.products
    if whose is not None and whose.few is not None:
        return _of_customers(query, whose.few)
    if query.criteria.total_minor is not None:
        fits = [*query.has_currency(), *query.has_products(), *query.is_theirs()]
        return _of_all(query, [*query.has_total("o"), *query.behind()], fits)
    if products is not None and products.codes is not None and query.criteria.placed_from is None:
        return _of_products(query, products.codes)
    fits = [*query.has_currency(), *query.has_products(), *query.is_theirs()]
    return _of_all(query, query.behind(), fits)


def _of_all(query: _Query, conditions: Sequence[str], fits: Sequence[str]) -> _Streams:
    """One stream of all orders, or of those of a total."""
    of_each = query.of_each(fits, 1)
    where = " AND ".join(conditions) or "true"
    rows = (
        f"SELECT 0 AS stream, {_COLUMNS} FROM sales_order o WHERE {where}"  # noqa: S608 - as above
        f" {_NEWEST} LIMIT {of_each}"
    )
    return _Streams(rows=rows, of_each=of_each, fits=fits)


def _of_customers(query: _Query, customers: Sequence[UUID]) -> _Streams:
    fits = [*query.has_currency(), *query.has_total("w"), *query.has_products()]
    of_each = query.of_each(fits, len(customers))
    query.values["customers"] = list(customers)
    where = " AND ".join(["o.customer_id = g.stream", *query.behind()])
    rows = f"""
        SELECT g.stream, o.* FROM unnest(%(customers)s::uuid[]) AS g(stream) CROSS JOIN LATERAL (
            SELECT {_COLUMNS} FROM sales_order o WHERE {where} {_NEWEST} LIMIT {of_each}
        ) AS o
    """  # noqa: S608 - as above
    return _Streams(rows=rows, of_each=of_each, fits=fits)


def _of_products(query: _Query, codes: Sequence[str]) -> _Streams:
    """By the ids of orders: their lines know no other time."""
    fits = [
        *(*query.has_currency(), *query.in_span("w.placed_at")),
        *(*query.has_total("w"), *query.is_theirs()),
    ]
    of_each = query.of_each(fits, len(codes))
    query.values["codes"] = list(codes)
    conditions = ["l.code = g.stream"]
    if query.after is not None:
        query.values["id"] = query.after.order_id
        conditions.append("l.order_id < %(id)s")
    if query.criteria.placed_before is not None:
        query.values["first_id"] = _first_id(query.criteria.placed_before)
        conditions.append("l.order_id < %(first_id)s")
    rows = f"""
        SELECT g.stream, {_COLUMNS} FROM unnest(%(codes)s::text[]) AS g(stream) CROSS JOIN LATERAL (
            SELECT l.order_id FROM order_line l WHERE {" AND ".join(conditions)}
            ORDER BY l.order_id DESC LIMIT {of_each}
        ) AS s JOIN sales_order o ON o.order_id = s.order_id
    """  # noqa: S608 - as above
    return _Streams(rows=rows, of_each=of_each, fits=fits, by_id=True)


def _first_id(before: datetime) -> UUID:
    """No call that began later has a lower one: ids begin with 48 bits of milliseconds."""
    return UUID(int=int((before + _LATER_AT_MOST).timestamp() * 1_000) << 80)


def _merged(tx: Transaction, query: _Query, streams: _Streams) -> Page:
    """The newest of all streams that fit, down to where the first of them was cut short."""
    known = f"(cut.order_id IS NULL OR ({streams.key('w')}) >= ({streams.key('cut')}))"
    statement = f"""
        WITH walked AS MATERIALIZED ({streams.rows}), ends AS (
            SELECT DISTINCT ON (w.stream) w.placed_at, w.order_id,
                   count(*) OVER (PARTITION BY w.stream) AS brought
            FROM walked w ORDER BY w.stream, {streams.key("w")}
        ), cut AS MATERIALIZED (
            SELECT e.placed_at, e.order_id FROM ends e WHERE e.brought >= {streams.of_each}
            ORDER BY {streams.descending("e")} LIMIT 1
        ), fitting AS MATERIALIZED (
            SELECT DISTINCT w.placed_at, w.order_id FROM walked w LEFT JOIN cut ON true
            WHERE {" AND ".join([known, *streams.fits])}
            ORDER BY {streams.descending("w")} LIMIT {query.limit + 1}
        )
        SELECT placed_at, order_id, false AS is_end FROM fitting
        UNION ALL SELECT placed_at, order_id, true FROM cut
    """  # noqa: S608 - as above
    rows = tx.connection.exec_driver_sql(statement, query.values).all()
    return _page(rows, query.limit, by_id=streams.by_id)


def _page(rows: Sequence[Row[Any]], limit: int, *, by_id: bool) -> Page:
    found = [row for row in rows if not row.is_end]
    found.sort(key=_by_id if by_id else _by_time, reverse=True)
    ids = tuple(row.order_id for row in found[:limit])
    if len(found) > limit:
        return Page(order_ids=ids, more=_place(found[limit - 1]))
    for end in rows:
        if end.is_end:
            return Page(order_ids=ids, more=_place(end), searched_to=end.placed_at)
    return Page(order_ids=ids)


def _by_id(row: Row[Any]) -> UUID:
    return UUID(str(row.order_id))


def _by_time(row: Row[Any]) -> tuple[datetime, UUID]:
    return row.placed_at, row.order_id


def _place(row: Row[Any]) -> OrderPlace:
    return OrderPlace(placed_at=row.placed_at, order_id=OrderId(row.order_id))
