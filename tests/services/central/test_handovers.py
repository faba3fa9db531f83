"""Drafts from one CSR to another: offered, claimed by one, taken back, and nothing left behind."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import pytest

from app.services.central.handovers import end_overdue
from app.services.central.stock_rows import wrong_sums
from app.services.rules.review import ReviewReason
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import HandoverId, PersonId
from app.values.vocabulary import HandoverState, Role
from app.wire import handover_operations as operations
from app.wire.handover import (
    AskColleagues,
    AskHandovers,
    AskOffered,
    ClaimDraft,
    ClaimedDraft,
    DraftReceived,
    HandoverStanding,
    OfferDraft,
    Offered,
    OfferedDraft,
    TakeBackDraft,
)
from app.wire.orders import CallBack, OrderDocument
from app.wire.sync import Outcome
from tests.builders import A_MORNING, changed, with_line
from tests.order_desk import OrderCentre, regions
from tests.read_backs import read_back_of
from tests.stocked_desk import StockedDesk, count, reserved


class Giver(StockedDesk):
    """A seat at which Ada is signed in, who gives drafts away."""

    def __init__(self, centre: OrderCentre, name: str = "Desk 1", login: str = "ada") -> None:
        super().__init__(centre, name, login)
        centre.sign_in(self.caller, login)

    def offer(
        self, document: OrderDocument, to: PersonId, handover_id: HandoverId | None = None
    ) -> HandoverId:
        handover_id = handover_id or HandoverId(self.centre.ids.new())
        self.offered(document, to, handover_id)
        return handover_id

    def offered(self, document: OrderDocument, to: PersonId, handover_id: HandoverId) -> Offered:
        entries = read_back_of(document, regions()[document.region], by=self.person)[:3]
        request = OfferDraft(
            handover_id=handover_id,
            to_person=to,
            document=document,
            entries=entries,
            call_back=CallBack(at=A_MORNING + timedelta(hours=1), phone="+447700900412"),
        )
        return self.caller.call(operations.OFFER_DRAFT, request)

    def waiting(self) -> tuple[OfferedDraft, ...]:
        return self.caller.call(operations.OFFERED_DRAFTS, AskOffered()).drafts

    def claim(self, handover_id: HandoverId) -> ClaimedDraft:
        return self.caller.call(operations.CLAIM_DRAFT, ClaimDraft(handover_id=handover_id))

    def receive(self, handover_id: HandoverId) -> None:
        self.caller.call(operations.DRAFT_RECEIVED, DraftReceived(handover_id=handover_id))

    def take_back(self, handover_id: HandoverId) -> HandoverStanding:
        return self.caller.call(operations.TAKE_BACK_DRAFT, TakeBackDraft(handover_id=handover_id))

    def standing(self, handover_id: HandoverId) -> HandoverStanding:
        asked = AskHandovers(handover_ids=(handover_id,))
        return self.caller.call(operations.HANDOVER_STANDINGS, asked).standings[0]


@pytest.fixture
def ada(local: OrderCentre) -> Giver:
    return Giver(local)


@pytest.fixture
def sam(local: OrderCentre) -> Giver:
    return Giver(local, "Desk 2", "sam")


def a_person(centre: OrderCentre, login: str, role: Role, team: str = "") -> PersonId:
    """Known from a test before, or new."""
    known = centre.rows("SELECT person_id FROM person WHERE login = :login", login=login)
    return PersonId(known[0][0]) if known else centre.person(login, role, team)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.code


def copies(centre: OrderCentre) -> int:
    found: int = centre.rows("SELECT count(draft) FROM handover")[0][0]
    return found


class TestColleagues:
    def test_are_others_who_take_orders_the_own_team_first(self, local: OrderCentre) -> None:
        for login, role, team in (
            ("nora", Role.CSR, "North"),
            ("zoe", Role.TEAM_LEAD, "South"),
            ("root", Role.ADMINISTRATOR, ""),
            ("gone", Role.CSR, "South"),
            ("mine", Role.CSR, "South"),
        ):
            a_person(local, login, role, team)
        local.run("UPDATE person SET disabled_at = created_at WHERE login = 'gone'")
        desk = Giver(local, "Desk 9", "mine")
        people = desk.caller.call(operations.COLLEAGUES, AskColleagues()).people
        logins = [one.login for one in people]
        assert {"root", "gone", "mine"}.isdisjoint(logins)
        assert logins.index("zoe") == 0
        assert "nora" in logins


class TestAnOffer:
    def test_is_seen_by_whom_it_is_for_and_claimed_whole(self, either: OrderCentre) -> None:
        ada, sam = Giver(either), Giver(either, "Desk 2", "sam")
        document = ada.tea(3)
        handover_id = ada.offer(document, sam.person)
        listed = sam.waiting()
        assert [one.handover_id for one in listed] == [handover_id]
        assert (listed[0].from_name, listed[0].to_name) == ("Ada", "Sam")
        assert (listed[0].line_count, listed[0].customer_name) == (1, "Margaret Thompson")
        copy = sam.claim(handover_id)
        assert copy.document == document
        assert len(copy.entries) == 3
        assert copy.call_back.phone == "+447700900412"
        assert ada.standing(handover_id).state is HandoverState.CLAIMED
        assert ada.standing(handover_id).by_name == "Sam"

    def test_is_for_nobody_else(self, local: OrderCentre, ada: Giver, sam: Giver) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        eve = Giver(local, "Desk 3", "eve")
        assert eve.waiting() == ()
        assert ada.waiting() == ()
        with pytest.raises(Refusal) as refused:
            eve.claim(handover_id)
        assert code_of(refused) == "handover_unknown"

    def test_is_open_to_a_lead(self, local: OrderCentre, ada: Giver, sam: Giver) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        a_person(local, "lena", Role.TEAM_LEAD)
        lena = Giver(local, "Desk 3", "lena")
        assert [one.handover_id for one in lena.waiting()] == [handover_id]
        lena.claim(handover_id)
        with pytest.raises(Refusal, match="Lena has taken") as refused:
            sam.claim(handover_id)
        assert code_of(refused) == "already_claimed"

    def test_asked_twice_is_one(self, ada: Giver, sam: Giver) -> None:
        document, handover_id = ada.tea(3), HandoverId(ada.centre.ids.new())
        first = ada.offered(document, sam.person, handover_id)
        ada.centre.clock.advance(seconds=5)
        assert ada.offered(document, sam.person, handover_id) == first
        assert len(sam.waiting()) == 1

    def test_of_an_order_on_offer_already_is_refused(self, ada: Giver, sam: Giver) -> None:
        document = ada.tea(3)
        ada.offer(document, sam.person)
        with pytest.raises(Refusal) as refused:
            ada.offer(document, sam.person)
        assert code_of(refused) == "already_offered"

    def test_goes_to_nobody_unknown_and_not_to_oneself(
        self, local: OrderCentre, ada: Giver
    ) -> None:
        root = a_person(local, "root", Role.ADMINISTRATOR)
        for person in (ada.person, root, PersonId(local.ids.new())):
            with pytest.raises(Refusal) as refused:
                ada.offer(ada.tea(1), person)
            assert code_of(refused) == "colleague_unknown"

    def test_of_another_seats_order_is_refused(self, ada: Giver, sam: Giver) -> None:
        with pytest.raises(Refusal) as refused:
            sam.offer(ada.tea(3), ada.person)
        assert code_of(refused) == "other_seat"

    def test_of_a_placed_order_is_refused(self, ada: Giver, sam: Giver) -> None:
        document = ada.tea(3)
        ada.send_order(document)
        with pytest.raises(Refusal) as refused:
            ada.offer(document, sam.person)
        assert code_of(refused) == "order_placed"

    def test_of_an_order_that_was_given_up_is_refused(self, ada: Giver, sam: Giver) -> None:
        document = ada.tea(3)
        ada.send(ada.given_up(document))
        with pytest.raises(Refusal) as refused:
            ada.offer(document, sam.person)
        assert code_of(refused) == "order_given_up"

    def test_keeps_no_card_number(self, ada: Giver, sam: Giver) -> None:
        document = ada.order(
            with_line("TEA-1", 1), changed(internal_note="card 4111 1111 1111 1111")
        )
        handover_id = ada.offer(document, sam.person)
        assert "4111" not in ada.centre.text_in("handover")
        assert "1111 1111" not in sam.claim(handover_id).document.internal_note

    def test_is_audited_with_ids_only(self, ada: Giver, sam: Giver) -> None:
        document = ada.tea(3)
        handover_id = ada.offer(document, sam.person)
        sam.claim(handover_id)
        rows = ada.centre.rows(
            "SELECT operation, subject, facts::text FROM audit"
            " WHERE operation LIKE 'drafts.%' ORDER BY seq"
        )
        assert [row.operation for row in rows] == ["drafts.offer", "drafts.claim"]
        assert {row.subject for row in rows} == {document.order_id}
        assert "Thompson" not in ada.centre.text_in("audit")


class TestAClaim:
    def test_is_repeated_until_the_copy_has_arrived_and_then_it_is_gone(
        self, ada: Giver, sam: Giver
    ) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        first = sam.claim(handover_id)
        assert sam.claim(handover_id) == first
        assert [one.is_claimed for one in sam.waiting()] == [True]
        sam.receive(handover_id)
        sam.receive(handover_id)
        assert copies(ada.centre) == 0
        assert sam.waiting() == ()
        with pytest.raises(Refusal) as refused:
            sam.claim(handover_id)
        assert code_of(refused) == "already_claimed"
        assert "Thompson" not in ada.centre.text_in("handover", "applied_command", "audit")

    def test_of_two_at_once_one_has_it_and_the_other_is_told_who(
        self, local: OrderCentre, ada: Giver, sam: Giver
    ) -> None:
        a_person(local, "lena", Role.TEAM_LEAD)
        lena = Giver(local, "Desk 3", "lena")
        for _ in range(5):
            handover_id = ada.offer(ada.tea(1), sam.person)
            won, told = race(handover_id, sam, lena)
            assert len(won) == 1
            winner = "Sam" if won[0] is sam else "Lena"
            assert told == [f"{winner} has taken this order over."]

    def test_takes_what_is_held_along(self, ada: Giver, sam: Giver) -> None:
        count(ada.centre, "TEA-1", 10)
        document = ada.tea(3)
        ada.hold(document, tea=3)
        handover_id = ada.offer(document, sam.person)
        sam.claim(handover_id)
        assert sam.ask("TEA-1", order=document)[0].held == 3
        assert ada.ask("TEA-1", order=document)[0].held == 0
        assert sam.held(document, tea=4) == 4
        assert reserved(ada.centre) == 4
        assert ada.centre.administration.read(wrong_sums) == ()

    def test_of_an_order_that_was_placed_meanwhile_is_refused(self, ada: Giver, sam: Giver) -> None:
        document = ada.tea(3)
        handover_id = ada.offer(document, sam.person)
        ada.send_order(document)
        with pytest.raises(Refusal) as refused:
            sam.claim(handover_id)
        assert code_of(refused) == "order_placed"


class TestTakingBack:
    def test_ends_the_offer_and_its_copy(self, ada: Giver, sam: Giver) -> None:
        document = ada.tea(3)
        handover_id = ada.offer(document, sam.person)
        assert ada.take_back(handover_id).state is HandoverState.TAKEN_BACK
        assert ada.take_back(handover_id).state is HandoverState.TAKEN_BACK
        assert (copies(ada.centre), sam.waiting()) == (0, ())
        with pytest.raises(Refusal) as refused:
            sam.claim(handover_id)
        assert code_of(refused) == "handover_over"
        assert ada.offer(document, sam.person) != handover_id

    def test_comes_too_late_once_it_was_claimed(self, ada: Giver, sam: Giver) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        sam.claim(handover_id)
        standing = ada.take_back(handover_id)
        assert (standing.state, standing.by_name) == (HandoverState.CLAIMED, "Sam")
        assert standing.at == ada.centre.clock.now()

    def test_of_an_offer_that_never_came_lets_it_not_come_later(
        self, ada: Giver, sam: Giver
    ) -> None:
        handover_id = HandoverId(ada.centre.ids.new())
        assert ada.take_back(handover_id).state is HandoverState.TAKEN_BACK
        with pytest.raises(Refusal) as refused:
            ada.offer(ada.tea(3), sam.person, handover_id)
        assert code_of(refused) == "handover_over"
        assert sam.waiting() == ()

    def test_is_for_the_seat_that_gave(self, ada: Giver, sam: Giver) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        with pytest.raises(Refusal) as refused:
            sam.take_back(handover_id)
        assert code_of(refused) == "handover_unknown"


class TestAnOfferNobodyTakes:
    def test_is_the_givers_again_after_the_hours_of_the_policy(
        self, ada: Giver, sam: Giver
    ) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        centre = ada.centre
        centre.clock.advance(seconds=24 * 3600 - 1)
        assert centre.transactions.write(end_overdue) == 0
        centre.clock.advance(seconds=1)
        assert centre.transactions.write(end_overdue) == 1
        assert centre.transactions.write(end_overdue) == 0
        assert ada.standing(handover_id).state is HandoverState.EXPIRED
        assert copies(centre) == 0

    def test_nor_fetches_is_the_givers_again_too(self, ada: Giver, sam: Giver) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        sam.claim(handover_id)
        ada.centre.clock.advance(seconds=24 * 3600)
        assert ada.centre.transactions.write(end_overdue) == 1
        assert ada.standing(handover_id).state is HandoverState.EXPIRED

    def test_but_what_was_fetched_stays_with_the_colleague(self, ada: Giver, sam: Giver) -> None:
        handover_id = ada.offer(ada.tea(3), sam.person)
        sam.claim(handover_id)
        sam.receive(handover_id)
        ada.centre.clock.advance(seconds=48 * 3600)
        assert ada.centre.transactions.write(end_overdue) == 0
        assert ada.standing(handover_id).state is HandoverState.CLAIMED


def test_a_giver_who_was_restored_and_places_it_too_leaves_one_order_to_be_looked_at(
    ada: Giver, sam: Giver
) -> None:
    document = ada.tea(3)
    sam.claim(ada.offer(document, sam.person))
    theirs = msgspec.structs.replace(document, device_id=sam.seat.device_id)
    assert sam.send_order(theirs).outcome is Outcome.ACCEPTED
    second = ada.send_order(document)
    assert second.outcome is Outcome.NEEDS_REVIEW
    assert any(one.startswith(ReviewReason.ORDER_SENT_TWICE) for one in second.reasons)
    states = ada.centre.rows("SELECT state FROM sales_order ORDER BY received_at, state")
    assert sorted(row.state for row in states) == ["accepted", "needs_review"]


def race(handover_id: HandoverId, *rivals: Giver) -> tuple[list[Giver], list[str]]:
    """All claim at once: who has it, and what the others are told."""
    won: list[Giver] = []
    told: list[str] = []
    start = threading.Barrier(len(rivals))

    def claim(rival: Giver) -> None:
        start.wait()
        try:
            rival.claim(handover_id)
            won.append(rival)
        except Refusal as refusal:
            told.append(refusal.sentence)

    threads = [threading.Thread(target=claim, args=(rival,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, told


def test_only_a_person_may_ask(ada: Giver, sam: Giver) -> None:
    handover_id = ada.offer(ada.tea(3), sam.person)
    caller: RemoteCaller = sam.caller
    caller.use_session(None)
    with pytest.raises(Refusal) as refused:
        sam.claim(handover_id)
    assert code_of(refused) == "session_over"
