"""Two real desks and a real centre: a draft goes from one CSR to another, and is never on two."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from argon2 import PasswordHasher

from app.services.central.handovers import end_overdue
from app.services.desk.desk import Desk, DeskParts, open_desk
from app.services.desk.seat import enrol, open_seat
from app.services.desk.tenders import add_attempt
from app.services.ports import Centre
from app.transport.client import SeatKey
from app.values.errors import Refusal, Unreachable
from app.values.identity import ChangeId, CustomerId, DeviceId, OrderId, PersonId
from app.values.vocabulary import Handing
from app.wire import handover_operations, operations
from app.wire.customers import GetOrder
from app.wire.handover import (
    AskColleagues,
    AskOffered,
    HandOver,
    OfferedDraft,
    ParkDraft,
    TakeBack,
    TakeOver,
)
from app.wire.operation import Operation
from app.wire.order_changes import BeginAmendment, ChangeOrder
from app.wire.order_operations import BEGIN_AMENDMENT, CHANGE_ORDER
from app.wire.orders import CallBack, DraftSummary, ListDrafts, OpenDraft, OrderDocument, VoidDraft
from app.wire.people import SignIn
from app.wire.stock import HoldStock, WantedStock
from app.wire.stock_operations import KEEP_STOCK
from tests.builders import a_customer, an_attempt, an_order, changed, with_line
from tests.centre import PASSWORD
from tests.fakes import InMemoryKeyStore
from tests.order_desk import OrderCentre
from tests.read_backs import read_back_of
from tests.services.desk.site import (
    REGIONS,
    NoAddresses,
    know_checklists,
    no_chance,
    note,
    place_at_once,
    record,
)
from tests.stocked_desk import allocations, count

Q = TypeVar("Q")
A = TypeVar("A")


class Wire:
    """The way to the centre, which a test can cut before a request arrives, or after.

    `meanwhile` is done while an answer is on its way.
    """

    def __init__(self, centre: Any) -> None:  # noqa: ANN401 - a RemoteCaller, whose other names are passed on
        self._centre = centre
        self.lost_before: set[str] = set()
        self.lost_after: set[str] = set()
        self.meanwhile: dict[str, Callable[[], None]] = {}

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        if operation.name in self.lost_before:
            raise Unreachable("centre_away", "The central service does not answer.")
        answer: A = self._centre.call(operation, request)
        if operation.name in self.meanwhile:
            self.meanwhile.pop(operation.name)()
        if operation.name in self.lost_after:
            raise Unreachable("centre_away", "The central service does not answer.")
        return answer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        return getattr(self._centre, name)


class Place:
    """A desk with its CSR, and the wire behind it."""

    def __init__(self, centre: OrderCentre, folder: Path, login: str) -> None:
        self.centre = centre
        keys, caller = InMemoryKeyStore(), centre.caller()
        enrol(folder, centre.code(login), keys, caller, centre.ids)
        seat = open_seat(folder, keys)
        self.device_id: DeviceId = seat.identity.device_id
        caller.use_seat(SeatKey(device_id=self.device_id, sign=seat.sign))
        self.wire = Wire(caller)
        wire: Centre = self.wire
        parts = DeskParts(
            seat=seat,
            keys=keys,
            centre=wire,
            addresses=NoAddresses(),
            regions=REGIONS,
            clock=centre.clock,
            ids=centre.ids,
            chance=no_chance,
            version="test",
            hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1),
        )
        self.desk: Desk = open_desk(parts)
        self.person: PersonId = centre.person(login)
        self._login = login
        self.sign_in()
        self.desk.line.step()
        know_checklists(self.desk)

    def sign_in(self) -> None:
        self.desk.caller.call(operations.SIGN_IN, SignIn(login=self._login, password=PASSWORD))

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        return self.desk.caller.call(operation, request)

    def parked(self, **call_back: Any) -> OrderDocument:  # noqa: ANN401 - fields of a CallBack
        """An order of this desk, of a customer of its own, put by."""
        number = self.centre.ids.new()
        customer = a_customer(
            customer_id=CustomerId(number), phone=f"+4477009{number.int % 100_000:05}"
        )
        order = an_order(with_line("TEA-1", 3), changed(customer=customer))
        order = msgspec.structs.replace(
            order, order_id=OrderId(number), device_id=self.device_id, taken_by=self.person
        )
        park = ParkDraft(document=order, call_back=CallBack(**call_back))
        self.call(handover_operations.PARK_DRAFT, park)
        return order

    def hand_over(self, order: OrderDocument, other: Place) -> None:
        asked = HandOver(order_id=order.order_id, to_person=other.person, to_name="Sam")
        self.call(handover_operations.HAND_OVER, asked)

    def offered(self) -> tuple[OfferedDraft, ...]:
        return self.call(handover_operations.OFFERED_DRAFTS, AskOffered()).drafts

    def take_over(self, offered: OfferedDraft | None = None) -> OrderDocument:
        offered = offered or self.offered()[0]
        take = TakeOver(handover_id=offered.handover_id)
        return self.call(handover_operations.TAKE_OVER, take)

    def bring_back(self, order: OrderDocument) -> None:
        self.call(handover_operations.BRING_BACK, TakeBack(order_id=order.order_id))

    def listed(self, order: OrderDocument) -> DraftSummary:
        drafts = self.call(operations.LIST_DRAFTS, ListDrafts()).drafts
        return next(one for one in drafts if one.order_id == order.order_id)

    def opened(self, order: OrderDocument) -> OrderDocument:
        return self.call(operations.OPEN_DRAFT, OpenDraft(order_id=order.order_id))

    def is_refused(self, order: OrderDocument) -> str:
        """Saving, opening, noting, giving up and placing it are all refused, with one code."""
        codes = set()
        for act in (self._save, self._note, self._void, self.opened, self._place):
            with pytest.raises(Refusal) as refused:
                act(order)
            codes.add(refused.value.code)
        (code,) = codes
        return code

    def _save(self, order: OrderDocument) -> object:
        return self.call(operations.SAVE_DRAFT, operations.SAVE_DRAFT.request(document=order))

    def _note(self, order: OrderDocument) -> object:
        entries = read_back_of(order, REGIONS[order.region], by=self.person)
        return note(self.desk.caller, order, entries[0])

    def _void(self, order: OrderDocument) -> object:
        return self.call(operations.VOID_DRAFT, VoidDraft(order_id=order.order_id, reason="x"))

    def _place(self, order: OrderDocument) -> object:
        return self.call(operations.PLACE_ORDER, operations.PLACE_ORDER.request(document=order))


@pytest.fixture(params=["in process", "over HTTP"])
def centre(request: pytest.FixtureRequest, central_url: str) -> Iterator[OrderCentre]:
    made = OrderCentre(central_url)
    if request.param == "in process":
        yield made
    else:
        with made.over_http():
            yield made
    made.close()


@contextmanager
def _at(centre: OrderCentre, folder: Path, login: str) -> Generator[Place]:
    made = Place(centre, folder, login)
    try:
        yield made
    finally:
        made.desk.close()


@pytest.fixture
def ada(centre: OrderCentre, tmp_path: Path) -> Iterator[Place]:
    with _at(centre, tmp_path / "ada", "ada") as made:
        yield made


@pytest.fixture
def sam(centre: OrderCentre, tmp_path: Path) -> Iterator[Place]:
    with _at(centre, tmp_path / "sam", "sam") as made:
        yield made


def test_a_draft_goes_to_a_colleague_who_goes_on_with_it_and_places_it(
    centre: OrderCentre, ada: Place, sam: Place
) -> None:
    count(centre, "TEA-1", 10)
    order = ada.parked(at=centre.clock.now() + timedelta(hours=1), phone="+447700900412")
    entries = read_back_of(order, REGIONS[order.region], by=ada.person)
    note(ada.desk.caller, order, *entries[:2])
    wanted = WantedStock(code=order.lines[0].code, quantity=3)
    ada.call(KEEP_STOCK, HoldStock(order_id=order.order_id, wanted=(wanted,)))
    colleagues = ada.call(handover_operations.COLLEAGUES, AskColleagues()).people
    assert [one.person_id for one in colleagues] == [sam.person]
    ada.hand_over(order, sam)
    handed = ada.listed(order).handed
    assert handed is not None
    assert (handed.state, handed.to_name) == (Handing.OFFERED, "Sam")
    assert ada.is_refused(order) == "draft_handed_over"

    taken = sam.take_over()
    assert (taken.order_id, taken.device_id, taken.taken_by) == (
        order.order_id,
        sam.device_id,
        sam.person,
    )
    assert record(sam.desk.caller, taken) == entries[:2]
    assert sam.listed(order).call_back == CallBack(
        at=centre.clock.now() + timedelta(hours=1), phone="+447700900412"
    )
    assert sam.offered() == ()
    ada.desk.handing.look()
    handed = ada.listed(order).handed
    assert handed is not None
    assert (handed.state, handed.by_name, handed.at) == (Handing.TAKEN, "Sam", centre.clock.now())
    assert ada.is_refused(order) == "draft_handed_over"

    note(sam.desk.caller, taken, *read_back_of(taken, REGIONS[taken.region], by=sam.person))
    placed = place_at_once(sam.desk.caller, taken)
    sam.desk.line.step()
    assert allocations(centre, placed.document.order_id) == {"TEA-1": (3, 0)}
    assert "Thompson" not in centre.text_in("handover", "audit")


def test_a_change_of_an_order_keeps_what_it_began_from(
    centre: OrderCentre, ada: Place, sam: Place
) -> None:
    count(centre, "TEA-1", 10)
    order = ada.parked()
    note(ada.desk.caller, order, *read_back_of(order, REGIONS[order.region], by=ada.person))
    placed = place_at_once(ada.desk.caller, order)
    ada.desk.line.step()
    begin = BeginAmendment(order_id=order.order_id)
    draft = ada.call(BEGIN_AMENDMENT, begin)
    line = msgspec.structs.replace(draft.lines[0], quantity=5)
    draft = msgspec.structs.replace(draft, lines=(line,))
    ada.call(operations.SAVE_DRAFT, operations.SAVE_DRAFT.request(document=draft))
    ada.hand_over(draft, sam)

    taken = sam.take_over()
    assert (taken.lines, taken.amends) == (draft.lines, draft.amends)
    again = sam.call(BEGIN_AMENDMENT, begin)
    assert (again.order_id, again.lines[0].quantity) == (draft.order_id, 5)
    note(sam.desk.caller, again, *read_back_of(again, REGIONS[again.region], by=sam.person))
    sam.desk.changes.patience_s = 0
    change = ChangeOrder(
        change_id=ChangeId(again.order_id),
        order_id=order.order_id,
        number=placed.number,
        base_revision=1,
    )
    sam.call(CHANGE_ORDER, change)
    sam.desk.line.step()
    now = sam.call(operations.GET_ORDER, GetOrder(order_id=order.order_id))
    assert (now.revision, now.placed.document.lines[0].quantity) == (2, 5)
    (asked,) = centre.rows("SELECT document FROM order_change")
    sent = asked.document["what"]["document"]
    assert (sent["taken_by"], sent["device_id"]) == (str(ada.person), str(ada.device_id))


def test_a_draft_may_come_back_to_who_gave_it(ada: Place, sam: Place) -> None:
    order = ada.parked()
    ada.hand_over(order, sam)
    taken = sam.take_over()
    sam.hand_over(taken, ada)
    again = ada.take_over()
    assert again.device_id == ada.device_id
    assert ada.opened(order).lines == order.lines
    sam.desk.handing.look()
    assert sam.is_refused(taken) == "draft_handed_over"


def test_what_was_offered_can_be_taken_back_until_it_is_claimed(ada: Place, sam: Place) -> None:
    order = ada.parked()
    ada.hand_over(order, sam)
    (offered,) = sam.offered()
    ada.bring_back(order)
    assert ada.listed(order).handed is None
    assert ada.opened(order) == order
    with pytest.raises(Refusal) as refused:
        sam.take_over(offered)
    assert refused.value.code == "handover_over"
    ada.hand_over(order, sam)
    sam.take_over()
    with pytest.raises(Refusal, match="Sam has taken") as refused:
        ada.bring_back(order)
    assert refused.value.code == "draft_handed_over"


@pytest.mark.parametrize("arrived", [True, False])
def test_an_offer_nobody_knows_of_is_taken_back_before_the_draft_goes_on(
    ada: Place, sam: Place, arrived: bool
) -> None:
    order = ada.parked()
    lost = ada.wire.lost_after if arrived else ada.wire.lost_before
    lost.add("drafts.offer")
    with pytest.raises(Refusal) as refused:
        ada.hand_over(order, sam)
    assert refused.value.code == "handover_not_sure"
    assert ada.is_refused(order) == "draft_handed_over"
    assert len(sam.offered()) == int(arrived)
    lost.clear()
    ada.desk.handing.look()
    assert sam.offered() == ()
    assert ada.opened(order) == order


def test_an_offer_whose_answer_is_on_its_way_is_not_taken_back(ada: Place, sam: Place) -> None:
    order = ada.parked()
    ada.wire.meanwhile["drafts.offer"] = ada.desk.handing.look
    ada.hand_over(order, sam)
    assert ada.wire.meanwhile == {}
    handed = ada.listed(order).handed
    assert handed is not None
    assert handed.state is Handing.OFFERED
    assert sam.take_over().order_id == order.order_id


def test_an_offer_nobody_knows_of_that_was_claimed_is_the_colleagues(
    ada: Place, sam: Place
) -> None:
    order = ada.parked()
    ada.wire.lost_after.add("drafts.offer")
    with pytest.raises(Refusal):
        ada.hand_over(order, sam)
    sam.take_over()
    ada.desk.handing.look()
    handed = ada.listed(order).handed
    assert handed is not None
    assert handed.state is Handing.TAKEN


def test_a_claim_whose_answer_is_lost_is_asked_again_and_loses_nothing(
    ada: Place, sam: Place
) -> None:
    order = ada.parked()
    ada.hand_over(order, sam)
    sam.wire.lost_after.add("drafts.claim")
    with pytest.raises(Refusal) as refused:
        sam.take_over()
    assert refused.value.code == "handover_needs_centre"
    sam.wire.lost_after.clear()
    (offered,) = sam.offered()
    assert offered.is_claimed
    sam.wire.lost_before.add("drafts.received")
    assert sam.take_over(offered).lines == order.lines
    assert len(sam.offered()) == 1
    sam.wire.lost_before.clear()
    sam.desk.handing.look()
    assert sam.offered() == ()


def test_without_the_centre_nothing_is_handed_over_and_the_draft_stays(
    ada: Place, sam: Place
) -> None:
    order = ada.parked()
    ada.wire.lost_before.update({"device.heartbeat", "drafts.offer"})
    with pytest.raises(Unreachable):
        ada.desk.caller.call(handover_operations.OFFERED_DRAFTS, _away(ada))
    with pytest.raises(Refusal) as refused:
        ada.hand_over(order, sam)
    assert refused.value.code == "handover_needs_centre"
    assert ada.opened(order) == order


def _away(place_: Place) -> AskOffered:
    """The desk finds out that the centre is away."""
    place_.wire.lost_before.add("drafts.offered")
    return AskOffered()


def test_a_draft_with_money_on_it_stays(ada: Place, sam: Place) -> None:
    order = ada.parked()
    with ada.desk.records.store.write() as connection:
        add_attempt(connection, msgspec.structs.replace(an_attempt(), order_id=order.order_id))
    with pytest.raises(Refusal) as refused:
        ada.hand_over(order, sam)
    assert refused.value.code == "payment_open"
    assert ada.opened(order) == order


def test_an_offer_nobody_takes_in_time_comes_back(
    centre: OrderCentre, ada: Place, sam: Place
) -> None:
    order = ada.parked()
    ada.hand_over(order, sam)
    centre.clock.advance(seconds=24 * 3600)
    centre.transactions.write(end_overdue)
    ada.sign_in()
    ada.desk.handing.look()
    assert ada.opened(order) == order


def test_what_a_colleague_took_is_told_for_a_day(
    centre: OrderCentre, ada: Place, sam: Place
) -> None:
    order = ada.parked()
    ada.hand_over(order, sam)
    sam.take_over()
    ada.desk.handing.look()
    centre.clock.advance(seconds=24 * 3600 + 1)
    ada.desk.handing.look()
    ada.sign_in()
    assert ada.call(operations.LIST_DRAFTS, ListDrafts()).drafts == ()
