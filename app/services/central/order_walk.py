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
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    Text,
    UnaryExpression,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy import Uuid as UuidColumn
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from app.models.central.catalogue import Product
from app.models.central.order import OrderLineRow, SalesOrder
from app.services.central.order_owners import Owners, literally, owners
from app.services.central.transaction import Transaction
from app.values.identity import OrderId, uuid7
from app.values.wording import text_for_search
from app.wire.order_search import OrderCriteria, OrderPlace

LOOKED_THROUGH_MOST = 600
"""Orders that are asked for the rest of what is sought, for one page."""
CODES_MOST = 40
"""So many products are gone through one by one; more are told by the words of the lines."""
_LATER_AT_MOST = timedelta(days=1)
"""No order is placed before its call began, whatever the clock of its desk was off by."""


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

    def are_in(self, order_id: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a line of the order is one of them."""
        line = select(true()).where(OrderLineRow.order_id == order_id)
        if self.codes is None:
            described = OrderLineRow.description
            line = line.where(*(described.ilike(f"%{literally(word)}%") for word in self.words))
        else:
            line = line.where(OrderLineRow.code.in_(self.codes))
        return line.limit(1).correlate_except(OrderLineRow).scalar_subquery()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A page of a reading, and what its words were found to mean."""

    criteria: OrderCriteria
    whose: Owners | None
    products: _Products | None
    after: OrderPlace | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Streams:
    """Orders, each stream the newest first: `of_each` of every one, then what they have to fit."""

    rows: Select[*tuple[Any, ...]]
    of_each: int
    fits: _Fits
    by_id: bool = False

    def key(self, table: FromClause) -> tuple[ColumnElement[Any], ...]:
        """What the newest is told by."""
        return (table.c.order_id,) if self.by_id else (table.c.placed_at, table.c.order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fits:
    """What is left to ask of an order that a stream brought."""

    wanted: _Wanted
    span: bool = False
    total: bool = True
    whose: bool = True
    products: bool = True

    def __bool__(self) -> bool:
        """Whether anything is asked at all."""
        return bool(self.conditions(SalesOrder.__table__))

    def conditions(self, orders: FromClause) -> list[ColumnElement[bool]]:
        """The same, of rows with these columns of orders."""
        wanted, criteria, asked = self.wanted, self.wanted.criteria, []
        if self.span:
            asked += _in_span(orders.c.placed_at, criteria)
        if self.total and criteria.total_minor is not None:
            asked.append(orders.c.total_minor == criteria.total_minor)
        if criteria.currency is not None:
            asked.append(orders.c.currency == criteria.currency)
        if self.products and wanted.products is not None:
            asked.append(wanted.products.are_in(orders.c.order_id))
        if self.whose and wanted.whose is not None:
            asked.append(wanted.whose.own(orders.c.customer_id))
        return asked


def walk(tx: Transaction, criteria: OrderCriteria, after: OrderPlace | None, limit: int) -> Page:
    """A page of the orders that fit, behind a place; one order number is not looked for here."""
    whose, products = owners(tx, criteria), _products(tx, criteria.items)
    nobody = whose is not None and whose.few == ()
    nothing = products is not None and products.codes == ()
    if nobody or nothing:
        return Page()
    return _merged(
        tx,
        _streams(
            _Wanted(criteria=criteria, whose=whose, products=products, after=after, limit=limit)
        ),
        limit,
    )


def _products(tx: Transaction, words: Sequence[str]) -> _Products | None:
    """Products that each word is the code of, or begins a word of their description."""
    if not words:
        return None
    called = select(Product.code).where(*map(_called, words)).limit(CODES_MOST + 1)
    codes = dict.fromkeys(tx.session.execute(called).scalars())
    if len(codes) > CODES_MOST:
        return _Products(tuple(words), None)
    if len(words) == 1:
        codes |= dict.fromkeys((words[0], words[0].upper()))  # of a product that is gone, too
    return _Products(tuple(words), tuple(codes))


def _called(word: str) -> ColumnElement[bool]:
    begins = " & ".join(f"'{part}':*" for part in text_for_search(word).split())
    is_code = func.upper(Product.code) == word.upper()
    if not begins:
        return is_code
    described = func.to_tsvector(literal_column("'simple'::regconfig"), Product.description)
    query = func.to_tsquery(literal_column("'simple'::regconfig"), begins)
    return or_(is_code, described.bool_op("@@")(query))


def _streams(wanted: _Wanted) -> _Streams:
    """The index that leaves fewest orders to be asked for the rest."""
    criteria, whose, products = wanted.criteria, wanted.whose, wanted.products
    if whose is not None and whose.few is not None:
        return _of_customers(wanted, whose.few)
    if criteria.total_minor is not None:
        of_total = SalesOrder.total_minor == criteria.total_minor
        return _of_all(wanted, _Fits(wanted=wanted, total=False), of_total)
    if products is not None and products.codes is not None and criteria.placed_from is None:
        return _of_products(wanted, products.codes)
    return _of_all(wanted, _Fits(wanted=wanted))


_COLUMNS = (
    SalesOrder.order_id,
    SalesOrder.placed_at,
    SalesOrder.customer_id,
    SalesOrder.total_minor,
    SalesOrder.currency,
)
_NEWEST = (SalesOrder.placed_at.desc(), SalesOrder.order_id.desc())


def _of_each(wanted: _Wanted, fits: _Fits, streams: int) -> int:
    """How many orders each stream may bring."""
    least = wanted.limit + 1
    return max(least, LOOKED_THROUGH_MOST // streams) if fits else least


def _of_all(wanted: _Wanted, fits: _Fits, *conditions: ColumnElement[bool]) -> _Streams:
    """One stream of all orders, or of those of a total."""
    of_each = _of_each(wanted, fits, 1)
    newest = select(literal(0).label("stream"), *_COLUMNS).where(*conditions, *_behind(wanted))
    rows = newest.order_by(*_NEWEST).limit(of_each)
    return _Streams(rows=rows, of_each=of_each, fits=fits)


def _of_customers(wanted: _Wanted, customers: Sequence[UUID]) -> _Streams:
    fits = _Fits(wanted=wanted, whose=False)
    of_each = _of_each(wanted, fits, len(customers))
    given = _given(literal(list(customers), ARRAY(UuidColumn)))
    newest = select(*_COLUMNS).where(SalesOrder.customer_id == given.c.stream, *_behind(wanted))
    one = newest.order_by(*_NEWEST).limit(of_each).lateral("one")
    rows = select(given.c.stream, *one.c).select_from(given.join(one, true()))
    return _Streams(rows=rows, of_each=of_each, fits=fits)


def _of_products(wanted: _Wanted, codes: Sequence[str]) -> _Streams:
    """By the ids of orders: their lines know no other time."""
    fits = _Fits(wanted=wanted, span=True, products=False)
    of_each = _of_each(wanted, fits, len(codes))
    given = _given(literal(list(codes), ARRAY(Text)))
    lines = select(OrderLineRow.order_id).where(OrderLineRow.code == given.c.stream)
    if wanted.after is not None:
        lines = lines.where(OrderLineRow.order_id < wanted.after.order_id)
    if wanted.criteria.placed_before is not None:
        lines = lines.where(OrderLineRow.order_id < _first_id(wanted.criteria.placed_before))
    one = lines.order_by(OrderLineRow.order_id.desc()).limit(of_each).lateral("one")
    rows = (
        select(given.c.stream, *_COLUMNS)
        .select_from(given.join(one, true()))
        .join(SalesOrder, SalesOrder.order_id == one.c.order_id)
    )
    return _Streams(rows=rows, of_each=of_each, fits=fits, by_id=True)


def _given(streams: ColumnElement[Any]) -> FromClause:
    return func.unnest(streams).table_valued("stream", name="given").render_derived()


def _first_id(before: datetime) -> UUID:
    """No call that began later has a lower one."""
    return uuid7(int((before + _LATER_AT_MOST).timestamp() * 1_000), 0, 0)


def _in_span(placed_at: ColumnElement[Any], criteria: OrderCriteria) -> list[ColumnElement[bool]]:
    span = []
    if criteria.placed_from is not None:
        span.append(placed_at >= criteria.placed_from)
    if criteria.placed_before is not None:
        span.append(placed_at < criteria.placed_before)
    return span


def _behind(wanted: _Wanted) -> list[ColumnElement[bool]]:
    """Of the days asked for, and behind the place where the page begins."""
    conditions = _in_span(SalesOrder.__table__.c.placed_at, wanted.criteria)
    after = wanted.after
    if after is not None:
        place = tuple_(SalesOrder.placed_at, SalesOrder.order_id)
        conditions.append(place < tuple_(literal(after.placed_at), literal(after.order_id)))
    return conditions


def _merged(tx: Transaction, streams: _Streams, limit: int) -> Page:
    """The newest of all streams that fit, down to where the first of them was cut short."""
    walked = streams.rows.cte("walked").prefix_with("MATERIALIZED")
    ends = (
        select(
            walked.c.placed_at,
            walked.c.order_id,
            func.count().over(partition_by=walked.c.stream).label("brought"),
        )
        .ext(distinct_on(walked.c.stream))
        .order_by(walked.c.stream, *streams.key(walked))
        .subquery("ends")
    )
    cut = (
        select(ends.c.placed_at, ends.c.order_id)
        .where(ends.c.brought >= streams.of_each)
        .order_by(*_descending(streams.key(ends)))
        .limit(1)
        .cte("cut")
        .prefix_with("MATERIALIZED")
    )
    is_known = or_(
        cut.c.order_id.is_(None), tuple_(*streams.key(walked)) >= tuple_(*streams.key(cut))
    )
    fitting = (
        select(walked.c.placed_at, walked.c.order_id)
        .select_from(walked.outerjoin(cut, true()))
        .where(is_known, *streams.fits.conditions(walked))
        .distinct()
        .order_by(*_descending(streams.key(walked)))
        .limit(limit + 1)
        .subquery("fitting")
    )
    both = union_all(
        select(fitting.c.placed_at, fitting.c.order_id, false().label("is_end")),
        select(cut.c.placed_at, cut.c.order_id, true()),
    )
    return _page(tx.session.execute(both).all(), limit, by_id=streams.by_id)


def _descending(key: Sequence[ColumnElement[Any]]) -> list[UnaryExpression[Any]]:
    return [part.desc() for part in key]


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
