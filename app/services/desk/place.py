"""Placing an order: into the store, into the journal, and only then is its number told.

The same way whether the centre answers or not; the outbox takes it from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Select, Uuid, bindparam, func, select, update

from app.models.desk.tables import CommandRow, CommandState, NumberRow, PlacedOrderRow
from app.services.desk.drafts import DraftService
from app.services.desk.records import Records, Shown, digest, insert_placed
from app.services.desk.seat import Seat
from app.services.desk.sign_in import SignedIn
from app.services.ports import Centre
from app.services.rules.free_text import refuse_cards_in
from app.services.rules.pricing import totals
from app.services.rules.readiness import missing
from app.services.rules.regions import RegionRules
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import CommandId, Ids, Incarnation, OrderId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind, Region
from app.wire.message import Nothing, decode, encode
from app.wire.orders import NumberShown, OrderDocument, PlacedOrder, PlaceOrder
from app.wire.sync import Command


class PlaceService:
    """Places the orders of one seat."""

    def __init__(
        self,
        records: Records,
        seat: Seat,
        drafts: DraftService,
        signed_in: SignedIn,
        centre: Centre,
        regions: Mapping[Region, RegionRules],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._records = records
        self._seat = seat
        self._drafts = drafts
        self._signed_in = signed_in
        self._centre = centre
        self._regions = regions
        self._clock = clock
        self._ids = ids
        self._before = _before(seat.identity.incarnation)
        self._listeners: list[Callable[[], None]] = []

    def when_placed(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each order, on the thread that placed it."""
        self._listeners.append(listener)

    def place(self, request: PlaceOrder) -> PlacedOrder:
        """Give the order its number; it is on the disk twice when this returns.

        Asked again for the same document, it gives the same answer. Raises Refusal: the code of
        what is missing, `card_digits`, `other_seat`, `no_numbers_left`, `already_placed`.
        """
        document = request.document
        person_id = self._signed_in.session.person.person_id
        self._drafts.refuse_others(document)
        self._refuse_unready(document)
        with self._records.placing:
            placed = self._keep(document, person_id)
            self._records.write_journal()
        for listener in self._listeners:
            listener()
        return placed

    def number_shown(self, request: NumberShown) -> Nothing:
        """Note that the number was on screen; the first time counts."""
        now = self._clock.now()
        with self._records.store.write() as connection:
            done = connection.execute(
                update(PlacedOrderRow)
                .where(
                    PlacedOrderRow.order_id == request.order_id,
                    PlacedOrderRow.number_shown_at.is_(None),
                )
                .values(number_shown_at=now)
            )
        if done.rowcount:
            shown = Shown(order_id=OrderId(request.order_id), shown_at=now)
            self._records.journal.append_lazily(encode(shown))
        return Nothing()

    def placed(self, order_id: OrderId) -> PlacedOrder:
        """An order placed at this desk. Raises Refusal `order_unknown`."""
        with self._records.store.read() as connection:
            body = connection.execute(select(_BODY), {"wanted": order_id}).scalar_one()
        if body is None:
            raise Refusal("order_unknown", "There is no such order at this desk.")
        return decode(body, PlacedOrder)

    def _refuse_unready(self, document: OrderDocument) -> None:
        refuse_cards_in(document)
        lacking = missing(document, self._regions[document.region])
        if lacking:
            names = ", ".join(thing.sentence for thing in lacking)
            sentence = f"Before this order can be placed it still needs: {names}."
            raise Refusal(lacking[0].code, sentence, lacking[0].field)

    def _keep(self, document: OrderDocument, person_id: PersonId) -> PlacedOrder:
        """The order in the store, of this asking or an earlier one."""
        command_id = CommandId(self._ids.new())
        try:
            with self._records.store.write() as connection:
                found = connection.execute(self._before, {"wanted": document.order_id}).one()
                if found.body is not None:
                    return _same(decode(found.body, PlacedOrder), document)
                placed = self._placed(document, person_id, found.number)
                sequence = max(found.last or 0, self._records.floor) + 1
                command = self._command(command_id, sequence, placed)
                insert_placed(connection, command, placed, CommandState.CAPTURED)
                # Noted before anyone can see it in the store, so that the outbox leaves it alone.
                self._records.unwritten[command_id] = command
        except BaseException:
            # What the store has not kept, the journal must not have either.
            self._records.unwritten.pop(command_id, None)
            raise
        return placed

    def _placed(
        self, document: OrderDocument, person_id: PersonId, number: str | None
    ) -> PlacedOrder:
        if number is None:
            raise Refusal(
                "no_numbers_left",
                "This desk has no order numbers left, and the central service is away. The order "
                "is kept as a draft; it can be placed as soon as the service is back.",
            )
        return PlacedOrder(
            number=OrderNumber(number),
            document=document,
            totals=totals(document, self._regions[document.region]),
            placed_at=self._clock.now(),
            placed_by=person_id,
        )

    def _command(self, command_id: CommandId, sequence: int, placed: PlacedOrder) -> Command:
        body = encode(placed)
        return Command(
            command_id=command_id,
            incarnation=self._seat.identity.incarnation,
            sequence=sequence,
            kind=CommandKind.PLACE_ORDER,
            person_id=placed.placed_by,
            captured_at=placed.placed_at,
            clock_offset_ms=self._centre.clock_offset_ms,
            body=msgspec.Raw(body),
            sha256=digest(body),
        )


_BODY = (
    select(CommandRow.body)
    .join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position)
    .where(PlacedOrderRow.order_id == bindparam("wanted", type_=Uuid()))
    .scalar_subquery()
)
_FREE_NUMBER = (
    select(NumberRow.number)
    .where(NumberRow.order_id.is_(None))
    .order_by(NumberRow.position)
    .limit(1)
    .scalar_subquery()
)


def _before(incarnation: Incarnation) -> Select[Any]:
    """What placing has to know first, asked at once.

    The order if it was placed before, the next free number, and the last place in line.
    """
    last = select(func.max(CommandRow.sequence)).where(CommandRow.incarnation == incarnation)
    return select(
        _BODY.label("body"), _FREE_NUMBER.label("number"), last.scalar_subquery().label("last")
    )


def _same(placed: PlacedOrder, document: OrderDocument) -> PlacedOrder:
    """The order of an earlier asking, if nothing was changed since."""
    if placed.document != document:
        raise Refusal("already_placed", "This order has been placed and cannot be changed here.")
    return placed
