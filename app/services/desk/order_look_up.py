"""Finds orders at a desk: what was typed is read here, and the centre asked.

Without the centre only orders that were placed at this seat can be looked through, and the answer
says so; with it those that it does not have yet are put before its own. Any lane but the GUI
thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from app.models.desk.tables import CommandRow, PlacedOrderRow
from app.services.desk import memory
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.services.rules.order_query import OrderQuery, read_query
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.contact import folded_postcode, name_tokens, search_digits
from app.values.errors import Unreachable
from app.values.identity import OrderId
from app.values.money import Money
from app.values.order_life import OrderState
from app.values.order_number import OrderNumber, one_slip_away
from app.values.vocabulary import CommandState, Region
from app.values.wording import text_for_search
from app.wire.message import Instant, View, decode
from app.wire.order_operations import FIND_ORDERS
from app.wire.order_search import (
    FindOrders,
    FoundOrder,
    LookUpOrders,
    OfferedNumber,
    OrderCriteria,
    OrderPlace,
    OrdersLookedUp,
    OtherReading,
)
from app.wire.sync import Policy

LOOKED_THROUGH_MOST = 3_000
"""So many of the newest orders of this seat are looked through."""
_ARRIVED = (CommandState.ACKED, CommandState.SETTLED, CommandState.NEEDS_REVIEW)
_ONLY_HERE = (
    "The central service does not answer: only orders that were placed at this desk are looked"
    " through."
)
_SIGNED_IN_OFFLINE = (
    "You signed in while the central service was away: only orders that were placed at this desk"
    " are looked through."
)


class _Customer(View, frozen=True, kw_only=True):
    name: str = ""
    phone: str = ""
    email: str | None = None


class _Address(View, frozen=True, kw_only=True):
    postcode: str = ""


class _Line(View, frozen=True, kw_only=True):
    code: str
    description: str = ""


class _Document(View, frozen=True, kw_only=True):
    order_id: OrderId
    caller_number: str = ""
    customer: _Customer | None = None
    deliver_to: _Address | None = None
    bill_to: _Address | None = None
    lines: tuple[_Line, ...] = ()


class _Totals(View, frozen=True, kw_only=True):
    total: Money


class _Placed(View, frozen=True, kw_only=True):
    """What of a placed order is looked at; the record of its read-back is passed over."""

    number: OrderNumber
    placed_at: Instant
    document: _Document
    totals: _Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """An order of this seat; `words` are those of its lines."""

    placed: _Placed
    state: CommandState
    decision: str
    digits: tuple[str, ...]
    names: tuple[str, ...]
    postcodes: tuple[str, ...]

    @property
    def place(self) -> tuple[datetime, OrderId]:
        """The newest first."""
        return self.placed.placed_at, self.placed.document.order_id

    def fits(self, criteria: OrderCriteria) -> bool:
        """Whether all that is asked holds of it."""
        if criteria.number:
            return self.placed.number == criteria.number
        return self._is_of(criteria) and self._is_as(criteria)

    def _is_of(self, criteria: OrderCriteria) -> bool:
        """Whether the customer is the one that is meant."""
        customer = self.placed.document.customer or _Customer()
        pattern = criteria.postcode.replace("_", ".").replace("%", ".*")
        return (
            (not criteria.phone or any(one.endswith(criteria.phone) for one in self.digits))
            and (customer.email or "").lower().startswith(criteria.email)
            and (not pattern or any(re.fullmatch(pattern, code) for code in self.postcodes))
            and all(any(one.startswith(name) for one in self.names) for name in criteria.names)
        )

    def _is_as(self, criteria: OrderCriteria) -> bool:
        """Whether total, day and products are those that are meant."""
        total, placed_at = self.placed.totals.total, self.placed.placed_at
        return (
            criteria.total_minor in {None, total.minor}
            and criteria.currency in {None, total.currency}
            and (criteria.placed_from is None or placed_at >= criteria.placed_from)
            and (criteria.placed_before is None or placed_at < criteria.placed_before)
            and (not criteria.items or any(_is_called(one, criteria.items) for one in self._lines))
        )

    @property
    def _lines(self) -> tuple[_Line, ...]:
        return self.placed.document.lines


class OrderLookUp:
    """Answers `orders.look_up`."""

    def __init__(
        self,
        store: DeskStore,
        centre: Centre,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
    ) -> None:
        self._store = store
        self._centre = centre
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock

    def look_up(self, request: LookUpOrders) -> OrdersLookedUp:
        """Orders by what was typed, the newest first. Raises the centre's Refusal."""
        query = self._read(request.text)
        if not query.readings:
            return OrdersLookedUp(text=request.text)
        if self._signed_in.session.offline:
            return self._only_here(request, query, _SIGNED_IN_OFFLINE)
        if not self._standing.is_online:
            return self._only_here(request, query, _ONLY_HERE)
        try:
            return self._of_the_centre(request, query)
        except Unreachable:
            self._standing.missed()
            return self._only_here(request, query, _ONLY_HERE)

    def _read(self, text: str) -> OrderQuery:
        with self._store.read() as connection:
            policy = memory.recalled(connection, memory.POLICY, Policy)
        today = self._clock.now().astimezone().date()
        return read_query(text, today, policy.region if policy else Region.GB)

    def _of_the_centre(self, request: LookUpOrders, query: OrderQuery) -> OrdersLookedUp:
        readings = _readings(request, query)
        asked = FindOrders(
            readings=tuple(criteria for _, criteria in readings),
            slip_of=query.slip_of if request.after is None else "",
            after=request.after,
            limit=request.limit,
        )
        found = self._centre.call(FIND_ORDERS, asked)
        self._standing.heard()
        waiting: tuple[FoundOrder, ...] = ()
        if request.after is None:
            known = {order.order_id for order in found.orders}
            fitting = _first_that_fits(self._own(_waiting()), readings)[1]
            waiting = tuple(one for one in fitting if one.order_id not in known)
        return OrdersLookedUp(
            text=request.text,
            meaning=found.meaning,
            reading=readings[found.reading][0],
            orders=(*waiting, *found.orders),
            others=_others(readings, found.others),
            more=found.more,
            searched_to=found.searched_to,
            offers=found.offers,
            number_slip=bool(query.slip_of),
        )

    def _only_here(self, request: LookUpOrders, query: OrderQuery, sentence: str) -> OrdersLookedUp:
        readings = _readings(request, query)
        own = list(self._own(_newest()))
        at, found = _first_that_fits(own, readings)
        if request.after is not None:
            place = (request.after.placed_at, request.after.order_id)
            found = [one for one in found if (one.placed_at, one.order_id) < place]
        shown = tuple(found[: request.limit])
        more = None
        if len(found) > len(shown):
            more = OrderPlace(placed_at=shown[-1].placed_at, order_id=shown[-1].order_id)
        return OrdersLookedUp(
            text=request.text,
            meaning=readings[at][1].meaning,
            reading=readings[at][0],
            orders=shown,
            more=more,
            offers=_offers(own, query.slip_of) if request.after is None else (),
            number_slip=bool(query.slip_of),
            only_here=True,
            sentence=sentence,
        )

    def _own(self, query: Select[int, datetime, bytes, CommandState, str]) -> Iterator[_Own]:
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            placed = decode(row.body, _Placed)
            document, customer = placed.document, placed.document.customer or _Customer()
            addresses = filter(None, (document.deliver_to, document.bill_to))
            yield _Own(
                placed=placed,
                state=row.state,
                decision=row.decision,
                digits=(search_digits(customer.phone), search_digits(document.caller_number)),
                names=name_tokens(customer.name),
                postcodes=tuple(folded_postcode(one.postcode) for one in addresses),
            )


_Numbered = Sequence[tuple[int, OrderCriteria]]
"""Readings with their place among all of the text."""


def _readings(request: LookUpOrders, query: OrderQuery) -> _Numbered:
    numbered = tuple(enumerate(query.readings))
    chosen = request.reading
    return numbered if chosen is None else numbered[chosen : chosen + 1] or numbered


def _others(readings: _Numbered, found: Iterable[int]) -> tuple[OtherReading, ...]:
    others = (readings[at] for at in found)
    return tuple(OtherReading(reading=at, meaning=one.meaning) for at, one in others)


def _newest() -> Select[int, datetime, bytes, CommandState, str]:
    """The orders of this seat, the newest first."""
    return (
        select(
            PlacedOrderRow.position,
            PlacedOrderRow.placed_at,
            CommandRow.body,
            CommandRow.state,
            CommandRow.decision,
        )
        .join(CommandRow, CommandRow.position == PlacedOrderRow.position)
        .order_by(PlacedOrderRow.position.desc())
        .limit(LOOKED_THROUGH_MOST)
    )


def _waiting() -> Select[int, datetime, bytes, CommandState, str]:
    """Those which the centre does not have yet, as far as this desk knows."""
    return _newest().where(CommandRow.state.not_in(_ARRIVED))


def _first_that_fits(own: Iterable[_Own], readings: _Numbered) -> tuple[int, list[FoundOrder]]:
    """The first reading that finds any, and what it finds, the newest first."""
    ordered = sorted(own, key=_place, reverse=True)
    for at, (_, criteria) in enumerate(readings):
        found = [_found(one, criteria) for one in ordered if one.fits(criteria)]
        if found:
            return at, found
    return 0, []


def _place(own: _Own) -> tuple[datetime, OrderId]:
    return own.place


def _is_called(line: _Line, items: Sequence[str]) -> bool:
    """Whether each of the words is the code of a line or begins a word of its description."""
    words = text_for_search(line.description).split()
    return all(
        line.code.upper() == item.upper() or any(word.startswith(item.lower()) for word in words)
        for item in items
    )


def _state(own: _Own) -> str:
    if own.state not in _ARRIVED:
        return ""
    usual = OrderState.ACCEPTED
    if own.state is CommandState.NEEDS_REVIEW:
        usual = OrderState.NEEDS_REVIEW
    return own.decision or usual.value


def _found(own: _Own, criteria: OrderCriteria) -> FoundOrder:
    placed, document = own.placed, own.placed.document
    return FoundOrder(
        order_id=document.order_id,
        number=placed.number,
        placed_at=placed.placed_at,
        line_count=len(document.lines),
        total=placed.totals.total,
        state=_state(own),
        customer_name=document.customer.name if document.customer else "",
        postcode=document.deliver_to.postcode if document.deliver_to else "",
        meaning=criteria.meaning,
        waits_here=own.state not in _ARRIVED,
    )


def _offers(own: Iterable[_Own], digits: str) -> tuple[OfferedNumber, ...]:
    meant = set(one_slip_away(digits))
    offered = sorted((one for one in own if one.placed.number in meant), key=_place, reverse=True)
    return tuple(
        OfferedNumber(
            order_id=one.placed.document.order_id,
            number=one.placed.number,
            placed_at=one.placed.placed_at,
            total=one.placed.totals.total,
            state=_state(one),
        )
        for one in offered
    )
