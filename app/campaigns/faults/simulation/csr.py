"""Who sits at a seat: signs in, takes calls one after another, and reads each order back.

Every act goes through the desk's own operations, as the screens' do; the pauses between are the
schedule's. After a crash the next one to sit down goes on with what the desk still shows: an order
whose number was never given, and drafts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace

from app.campaigns.faults.simulation.ledger import Seen
from app.campaigns.faults.simulation.orders import (
    TRACKED,
    Teller,
    Wish,
    agreement,
    begun,
    phone_of,
    with_product,
)
from app.campaigns.faults.simulation.schedule import Chance, Schedule
from app.campaigns.faults.simulation.seams import DeskDied
from app.campaigns.faults.simulation.seats import SimulatedSeat
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import CustomerId, Ids, OrderId, PersonId, ProductCode
from app.values.vocabulary import CallOutcome
from app.wire import clash_operations, operations, stock_operations
from app.wire.catalogue import GetProduct
from app.wire.clashes import AskLikeOrders
from app.wire.customers import FindCustomers
from app.wire.operation import Operation
from app.wire.orders import (
    ListDrafts,
    NumberShown,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    PlaceOrder,
    SaveDraft,
    VoidDraft,
)
from app.wire.people import SignIn, SignOut
from app.wire.read_back import ENTRIES_MOST, CloseCall, NoteReadBack
from app.wire.stock import HoldStock, WantedStock
from app.wire.sync import AskStatus

Q = TypeVar("Q")
A = TypeVar("A")

PASSWORD = "only in this simulation"  # noqa: S105 - opens nothing
_AGAIN_MS = (1_000, 12_000)
_TRIES_MOST = 60


@dataclass(slots=True, kw_only=True)
class Csr:
    """One chair. `logins` take turns in it."""

    seat: SimulatedSeat
    schedule: Schedule
    chance: Chance
    seen: Seen
    ids: Ids
    logins: tuple[str, ...]
    wishes: list[Wish]
    person_id: PersonId | None = None
    _taken: int = 0
    _work: Iterator[int] | None = None
    _tries: int = field(default=0)

    @property
    def is_done(self) -> bool:
        """Whether all callers were served."""
        return not self.wishes and self._work is None

    def sit_down(self, after_ms: int) -> None:
        """Begin to work at a program that was just started."""
        self._work = self._day()
        self.person_id = None
        self._go_on(after_ms)

    def _go_on(self, after_ms: int) -> None:
        work = self._work

        def act() -> None:
            if self._work is work and work is not None:
                self._act(work)

        self.schedule.after(after_ms, f"{self.seat.name} csr", act)

    def _act(self, work: Iterator[int]) -> None:
        try:
            pause = next(work)
        except StopIteration:
            self._work = None
            return
        except DeskDied:
            if self._work is work:
                self._work = None
                self.seat.crash(f"{self.seat.fuse.place}, csr")
            return
        if self._work is work:
            self._go_on(pause)

    def leave(self) -> None:
        """The program is gone; whoever sat here sits down again when there is another."""
        self._work = None
        self.person_id = None

    def _day(self) -> Iterator[int]:
        yield from self._sign_in()
        yield from self._take_up_what_is_left()
        while self.wishes:
            if self.chance.happens(120):
                yield from self._change_over()
            wish = self.wishes.pop(0)
            yield from self._take(wish)
            yield self.chance.between(200, 3_000)

    def _sign_in(self) -> Iterator[int]:
        """Somebody, however often it takes."""
        while True:
            login = self.chance.one_of(self.logins)
            try:
                session = self._call(operations.SIGN_IN, SignIn(login=login, password=PASSWORD))
            except (Refusal, Fault) as problem:
                self.schedule.note(f"{self.seat.name} sign-in of {login}: {problem.code}")
                self.schedule.happened(f"refused: sign-in: {problem.code}")
                yield self.chance.between(*_AGAIN_MS)
                continue
            self.person_id = session.person.person_id
            self.schedule.note(f"{self.seat.name} {login} signed in, offline={session.offline}")
            self.schedule.happened("signed in offline" if session.offline else "signed in")
            return

    def _change_over(self) -> Iterator[int]:
        self.schedule.note(f"{self.seat.name} signs out")
        try:
            self._call(operations.SIGN_OUT, SignOut())
        except Refusal as refusal:
            self._run_out(refusal)
        yield self.chance.between(200, 3_000)
        yield from self._sign_in()

    def _take_up_what_is_left(self) -> Iterator[int]:
        """As the list of drafts shows it after a start."""
        left = yield from self._again(operations.LIST_DRAFTS, ListDrafts())
        for placed in left.number_not_given:
            self.schedule.happened("desk: a number that was not given yet")
            yield from self._tell(placed)
        for summary in left.drafts:
            asked = OpenDraft(order_id=summary.order_id)
            document = yield from self._again(operations.OPEN_DRAFT, asked)
            if document.lines:
                yield from self._finish(document)
            else:
                yield from self._give_up(document.order_id)

    def _take(self, wish: Wish) -> Iterator[int]:
        """One call from the first word to the last."""
        pauses = iter(wish.pauses)
        teller = Teller(
            person_id=self._person(),
            device_id=self._device(),
            started_at=self._now(),
            order_id=OrderId(self.ids.new()),
            customer_id=CustomerId(self.ids.new()),
            base_revision=None,
        )
        teller = self._who_is_it(wish, teller)
        document = begun(wish, teller)
        for code, quantity in wish.items:
            document = self._with_item(document, code, quantity)
            yield next(pauses, 100)
            yield from self._again(operations.SAVE_DRAFT, SaveDraft(document=document))
        if not document.lines or wish.is_given_up:
            if not document.lines:
                yield from self._again(operations.SAVE_DRAFT, SaveDraft(document=document))
            yield from self._give_up(document.order_id)
            return
        if wish.second:
            document = _with_quantity(document, wish.second)
            yield from self._again(operations.SAVE_DRAFT, SaveDraft(document=document))
        yield next(pauses, 100)
        yield from self._finish(document)

    def _who_is_it(self, wish: Wish, teller: Teller) -> Teller:
        """Looked up where the centre answers; else typed in as somebody new."""
        try:
            found = self._call(operations.FIND_CUSTOMERS, FindCustomers(text=phone_of(wish.caller)))
        except (Refusal, Fault):
            return teller
        if not found.customers:
            return teller
        known = found.customers[0]
        return dataclasses.replace(
            teller, customer_id=known.customer_id, base_revision=known.revision
        )

    def _with_item(self, document: OrderDocument, code: str, quantity: int) -> OrderDocument:
        """One line more, unless the desk has no such product to sell; stock is asked for."""
        try:
            product = self._call(operations.GET_PRODUCT, GetProduct(code=ProductCode(code)))
            longer = with_product(document, product, quantity, self.ids, self._now())
        except Refusal as refusal:
            self.schedule.note(f"{self.seat.name} {code}: {refusal.code}")
            self.schedule.happened(f"refused: line: {refusal.code}")
            return document
        if code in TRACKED:
            self._hold(longer)
        return longer

    def _hold(self, document: OrderDocument) -> None:
        wanted = tuple(
            WantedStock(code=line.code, quantity=line.quantity)
            for line in document.lines
            if line.code in TRACKED
        )
        if not wanted:
            return
        asked = HoldStock(order_id=document.order_id, wanted=wanted)
        try:
            held = self._call(stock_operations.KEEP_STOCK, asked)
        except Refusal as refusal:
            self._run_out(refusal)
            return
        told = ",".join(f"{one.code}:{one.held}/{one.confirmed}" for one in held.standings)
        self.schedule.note(f"{self.seat.name} holds {told}")

    def _run_out(self, refusal: Refusal) -> None:
        """The sign-in may have run out; whatever comes next asks for another. Raises others."""
        if refusal.code not in {"session_over", "not_signed_in"}:
            raise refusal
        self.schedule.happened(f"refused: {refusal.code}")

    def _finish(self, document: OrderDocument) -> Iterator[int]:
        """Read back, placed, told and closed, whatever stands in the way."""
        twins: tuple[OrderId, ...] = ()
        for _ in range(_TRIES_MOST):
            yield from self._read_back(document)
            yield self.chance.between(200, 1_500)
            try:
                asked = PlaceOrder(document=document, not_duplicate_of=twins)
                placed = self._call(operations.PLACE_ORDER, asked)
            except Refusal as refusal:
                self.schedule.note(f"{self.seat.name} place: {refusal.code}")
                self.schedule.happened(f"refused: place: {refusal.code}")
                document, twins = yield from self._put_right(document, twins, refusal)
                continue
            self.seen.placed_at(self.seat, placed)
            yield from self._tell(placed)
            return
        self.seen.broken(f"{self.seat.name} cannot place {document.order_id}")

    def _put_right(
        self, document: OrderDocument, twins: tuple[OrderId, ...], refusal: Refusal
    ) -> Generator[int, None, tuple[OrderDocument, tuple[OrderId, ...]]]:
        """What a refusal asks for. Gives the order as it is to be placed now."""
        if refusal.code == "stock_short":
            document = _back_ordered(document)
            yield from self._again(operations.SAVE_DRAFT, SaveDraft(document=document))
        elif refusal.code == "near_duplicate":
            asked = AskLikeOrders(document=document)
            like = yield from self._again(clash_operations.LIKE_ORDERS, asked)
            twins = (*twins, *(order.order_id for order in like.orders))
        elif refusal.code in {"session_over", "not_signed_in"}:
            yield from self._sign_in()
        elif refusal.code in {"no_numbers_left", "guidance_unknown"}:
            yield self.chance.between(*_AGAIN_MS)
        elif refusal.code != "read_back_open":
            self.seen.broken(f"{self.seat.name} place: {refusal}")
        return document, twins

    def _read_back(self, document: OrderDocument) -> Iterator[int]:
        guidance = yield from self._again(operations.GET_GUIDANCE, AskStatus())
        rules = self.seat.parts.regions[document.region]
        entries = agreement(document, rules, guidance, self._now(), self._person())
        for at in range(0, len(entries), ENTRIES_MOST):
            part = entries[at : at + ENTRIES_MOST]
            asked = NoteReadBack(order_id=document.order_id, entries=part)
            yield from self._again(operations.NOTE_READ_BACK, asked)

    def _tell(self, placed: PlacedOrder) -> Iterator[int]:
        """The number is shown; from here on the caller may know it."""
        yield self.chance.between(5, 200)
        self.seen.shown_at(self.seat, placed)
        order_id = placed.document.order_id
        yield from self._again(operations.NUMBER_SHOWN, NumberShown(order_id=order_id))
        yield self.chance.between(100, 2_000)
        if self.chance.happens(900):
            ending = CloseCall(order_id=order_id, outcome=CallOutcome.ORDER_PLACED)
            yield from self._again(operations.CLOSE_CALL, ending)

    def _give_up(self, order_id: OrderId) -> Iterator[int]:
        asked = VoidDraft(order_id=order_id, reason="Changed their mind.")
        yield from self._again(operations.VOID_DRAFT, asked)
        self.seen.given_up_orders.add(order_id)

    def _again(self, operation: Operation[Q, A], request: Q) -> Generator[int, None, A]:
        """The answer; who is signed out meanwhile signs in, who has no checklists yet waits."""
        for _ in range(_TRIES_MOST):
            try:
                return self._call(operation, request)
            except Refusal as refusal:
                if refusal.code in {"session_over", "not_signed_in"}:
                    self.schedule.happened(f"refused: {refusal.code}")
                    yield from self._sign_in()
                    continue
                self.seen.broken(f"{self.seat.name} {operation.name}: {refusal}")
                raise
            except Unreachable:
                yield self.chance.between(*_AGAIN_MS)
            except Fault as fault:
                if fault.code != "guidance_unknown":
                    raise
                yield self.chance.between(*_AGAIN_MS)
        raise Fault("simulation_broken", f"{operation.name} was tried too often.")

    def _call(self, operation: Operation[Q, A], request: Q) -> A:
        return self.seat.running.caller.call(operation, request)

    def _now(self) -> datetime:
        return self.seat.clock.now()

    def _person(self) -> PersonId:
        if self.person_id is None:
            raise Fault("simulation_broken", "Nobody is signed in.")
        return self.person_id

    def _device(self) -> Any:  # noqa: ANN401 - the id of the seat
        if self.seat.seat is None:
            raise DeskDied
        return self.seat.seat.identity.device_id


def _with_quantity(document: OrderDocument, quantity: int) -> OrderDocument:
    first, *others = document.lines
    return replace(document, lines=(replace(first, quantity=quantity), *others))


def _back_ordered(document: OrderDocument) -> OrderDocument:
    """The caller agrees that what is lacking follows later."""
    lines = tuple(
        replace(line, back_ordered=line.quantity) if line.code in TRACKED else line
        for line in document.lines
    )
    return replace(document, lines=lines)
