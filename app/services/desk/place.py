"""Placing an order: into the store, into the journal, and only then is its number told.

Refused while the read-back is not finished or the payment is open. The same way whether the centre
answers or not.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Uuid, bindparam, select, update

from app.models.desk.tables import CommandRow, NumberRow, PlacedOrderRow
from app.services.desk.checking import Checks, Passed
from app.services.desk.commands import Commands
from app.services.desk.contacts import ContactService
from app.services.desk.drafts import DraftService
from app.services.desk.like_orders import LikeOrderService
from app.services.desk.parking import refuse_handed
from app.services.desk.records import Shown, insert_order_of
from app.services.desk.sign_in import SignedIn
from app.services.desk.stock import StockService
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import OrderId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind
from app.wire.message import Nothing, decode, encode
from app.wire.orders import NumberShown, OrderDocument, PlacedOrder, PlaceOrder


class PlaceService:
    """Places the orders of one seat."""

    def __init__(
        self,
        commands: Commands,
        *,
        drafts: DraftService,
        checks: Checks,
        stock: StockService,
        like: LikeOrderService,
        contacts: ContactService,
        signed_in: SignedIn,
        clock: Clock,
    ) -> None:
        self._commands = commands
        self._records = commands.records
        self._drafts = drafts
        self._checks = checks
        self._stock = stock
        self._like = like
        self._contacts = contacts
        self._signed_in = signed_in
        self._clock = clock

    def place(self, request: PlaceOrder) -> PlacedOrder:
        """Give the order its number; it is on the disk twice when this returns.

        Asked again for the same document, it gives the same answer. Raises Refusal: the code of
        what is missing, `card_digits`, `other_seat`, `stock_short`, `read_back_open`,
        `payment_open`, `payment_amount_differs`, `not_on_account`, `no_numbers_left`,
        `near_duplicate`, `already_placed`, `draft_handed_over`, `is_a_change`;
        Fault `guidance_unknown`.
        """
        document = request.document
        person_id = self._signed_in.session.person.person_id
        self._drafts.refuse_others(document)
        if document.amends is not None:
            sentence = "This is a change of an order, and no order of its own."
            raise Refusal("is_a_change", sentence)
        self._checks.refuse_unready(document, "this order can be placed")
        guidance = self._checks.guidance()
        with self._commands.writing() as writing:
            wanted = {"wanted": document.order_id}
            found = writing.connection.execute(_BEFORE, wanted).one()
            if found.body is not None:
                return _same(decode(found.body, PlacedOrder), document)
            refuse_handed(writing.connection, document.order_id)
            passed = self._checks.passed(writing.connection, document, guidance)
            placed = replace(
                self._placed(document, passed, person_id, found.number),
                not_duplicate_of=request.not_duplicate_of,
                contact_id=self._contacts.took(writing.connection, document.order_id),
            )
            self._like.refuse_unnamed(document, request.not_duplicate_of)
            position = writing.capture(
                CommandKind.PLACE_ORDER,
                document.order_id,
                placed,
                person_id=person_id,
                at=placed.placed_at,
            )
            insert_order_of(writing.connection, position, placed)
        self._stock.forget(document.order_id)
        self._like.note(placed)
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

    def _placed(
        self, document: OrderDocument, passed: Passed, person_id: PersonId, number: str | None
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
            totals=passed.totals,
            placed_at=self._clock.now(),
            placed_by=person_id,
            guidance=passed.guidance,
            read_back=passed.entries,
            attempts=passed.tenders.attempts,
            links=passed.tenders.links,
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


_BEFORE = select(_BODY.label("body"), _FREE_NUMBER.label("number"))
"""What placing has to know first: the order if it was placed before, and the next free number."""


def _same(placed: PlacedOrder, document: OrderDocument) -> PlacedOrder:
    """The order of an earlier asking, if nothing was changed since."""
    if placed.document != document:
        raise Refusal("already_placed", "This order has been placed and cannot be changed here.")
    return placed
