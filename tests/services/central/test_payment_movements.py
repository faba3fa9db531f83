"""Voids, captures and refunds: repeatable, never more than was approved, never more than taken."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.services.central.card_movements import CardMovements
from app.services.central.payments import PaymentSettings
from app.services.central.transaction import NOBODY, Saga
from app.services.ports import Caller
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, MovementId
from app.values.vocabulary import AttemptState, Role
from app.wire.card_operations import CAPTURE_ATTEMPT, REFUND_ATTEMPT
from app.wire.payments import CaptureAttempt, CardAttempt, RefundAttempt
from tests.gateways import Says, declined
from tests.paying_desk import PayingCentre, PayingDesk, pounds

ORPHANED = PaymentSettings().orphan_hours


@pytest.fixture
def centre(paying: PayingCentre) -> PayingCentre:
    return paying


@pytest.fixture
def either(paying_either: PayingCentre) -> PayingCentre:
    return paying_either


@pytest.fixture
def desk(centre: PayingCentre) -> PayingDesk:
    return PayingDesk(centre)


@dataclass
class Lead:
    """A team lead, who takes money and gives it back."""

    centre: PayingCentre
    caller: Caller

    def capture(
        self, attempt: CardAttempt, minor: int, movement: UUID | None = None
    ) -> CardAttempt:
        wanted = CaptureAttempt(
            movement_id=MovementId(movement or self.centre.ids.new()),
            attempt_id=attempt.attempt_id,
            amount=pounds(minor),
        )
        return self.caller.call(CAPTURE_ATTEMPT, wanted)

    def refund(self, attempt: CardAttempt, minor: int, movement: UUID | None = None) -> CardAttempt:
        wanted = RefundAttempt(
            movement_id=MovementId(movement or self.centre.ids.new()),
            attempt_id=attempt.attempt_id,
            amount=pounds(minor),
            reason="Goods came back.",
        )
        return self.caller.call(REFUND_ATTEMPT, wanted)


def a_lead(centre: PayingCentre) -> Lead:
    return Lead(centre, centre.signed_in(Role.TEAM_LEAD))


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.code


class TestAVoid:
    def test_gives_the_authorisation_back(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        attempt = desk.take()
        assert desk.void(attempt.attempt_id).state is AttemptState.VOIDED
        assert either.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED

    def test_may_be_asked_for_again(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        attempt = desk.take()
        first = desk.void(attempt.attempt_id)
        assert desk.void(attempt.attempt_id) == first
        assert centre.gateway.calls.count("void") == 1

    def test_is_one_movement_with_its_reason_without_card_digits(self, desk: PayingDesk) -> None:
        attempt = desk.take()
        desk.void(attempt.attempt_id, "Said 4111 1111 1111 1111 again.")
        (row,) = desk.centre.rows("SELECT * FROM card_movement")
        assert (row.kind, row.state, row.person_id) == ("void", "done", None)
        assert "4111" not in row.reason

    def test_of_a_decline_changes_nothing(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(declined())
        attempt = desk.take()
        assert desk.void(attempt.attempt_id) == attempt

    def test_goes_on_until_the_gateway_is_back(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        attempt = desk.take()
        either.gateway.is_away = True
        assert desk.void(attempt.attempt_id).state is AttemptState.VOIDING
        either.gateway.is_away = False
        either.clock.advance(minutes=5)
        either.payments.look_after()
        assert desk.ask(attempt.attempt_id).state is AttemptState.VOIDED

    def test_whose_answer_is_lost_is_done_once(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        attempt = desk.take()
        centre.gateway.lose_next = True
        assert desk.void(attempt.attempt_id).state is AttemptState.VOIDING
        assert desk.void(attempt.attempt_id).state is AttemptState.VOIDED

    def test_of_an_unknown_outcome_settles_it_first(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(lost=True), Says(away=True), Says(state=AttemptState.UNKNOWN))
        assert desk.void(desk.take().attempt_id).state is AttemptState.VOIDED
        assert desk.void(desk.take().attempt_id).state is AttemptState.FAILED
        waiting = desk.take()
        assert desk.void(waiting.attempt_id).state is AttemptState.VOIDING
        centre.gateway.answer_late(waiting.attempt_id, Says())
        centre.clock.advance(minutes=5)
        centre.payments.look_after()
        assert centre.gateway.held(waiting.attempt_id).state is AttemptState.VOIDED

    def test_lets_the_order_try_another_card(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(state=AttemptState.UNKNOWN))
        attempt = desk.take()
        desk.void(attempt.attempt_id)
        assert desk.take(attempt.order_id).state is AttemptState.AUTHORISED

    def test_of_an_attempt_that_never_came_closes_it(self, desk: PayingDesk) -> None:
        with pytest.raises(Refusal) as refusal:
            desk.void(desk.new_order())
        assert code_of(refusal) == "attempt_unknown"

    def test_of_what_was_captured_is_refused(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        attempt = desk.take()
        a_lead(centre).capture(attempt, 2_500)
        with pytest.raises(Refusal) as refusal:
            desk.void(attempt.attempt_id)
        assert code_of(refusal) == "attempt_captured"

    def test_of_another_seat_is_refused(self, centre: PayingCentre) -> None:
        attempt = PayingDesk(centre).take()
        with pytest.raises(Refusal) as refusal:
            PayingDesk(centre, "Desk 2", "grace").void(attempt.attempt_id)
        assert code_of(refusal) == "not_yours"


class TestACapture:
    def test_takes_what_was_authorised_in_parts(self, either: PayingCentre) -> None:
        lead, attempt = a_lead(either), PayingDesk(either).take()
        assert lead.capture(attempt, 1_000).captured == pounds(1_000)
        done = lead.capture(attempt, 1_500)
        assert (done.state, done.captured) == (AttemptState.CAPTURED, pounds(2_500))

    def test_never_takes_more_than_was_approved(self, centre: PayingCentre) -> None:
        centre.gateway.say(Says(approved=2_000))
        lead, attempt = a_lead(centre), PayingDesk(centre).take()
        with pytest.raises(Refusal) as refusal:
            lead.capture(attempt, 2_001)
        assert code_of(refusal) == "amount_above_approved"
        assert "capture" not in centre.gateway.calls

    def test_may_be_asked_for_again_under_its_id(self, centre: PayingCentre) -> None:
        lead, attempt = a_lead(centre), PayingDesk(centre).take()
        movement = centre.ids.new()
        first = lead.capture(attempt, 1_500, movement)
        assert lead.capture(attempt, 1_500, movement) == first
        with pytest.raises(Refusal) as refusal:
            lead.capture(attempt, 1_000, movement)
        assert code_of(refusal) == "movement_reused"

    def test_whose_answer_is_lost_still_counts_and_is_finished(self, centre: PayingCentre) -> None:
        lead, attempt = a_lead(centre), PayingDesk(centre).take()
        centre.gateway.lose_next = True
        with pytest.raises(Fault):
            lead.capture(attempt, 2_000)
        with pytest.raises(Refusal) as refusal:
            lead.capture(attempt, 1_000)
        assert code_of(refusal) == "amount_above_approved"
        centre.clock.advance(minutes=2)
        centre.payments.look_after()
        assert centre.attempt_rows()[0].captured_minor == 2_000
        assert centre.gateway.held(attempt.attempt_id).captured == pounds(2_000)

    def test_that_is_under_way_keeps_nothing_else_from_being_given_back(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        taken, orphan = desk.take(), desk.take()
        centre.clock.advance(hours=ORPHANED)
        lead = a_lead(centre)
        centre.gateway.lose_next = True
        with pytest.raises(Fault):
            lead.capture(taken, 2_500)
        centre.clock.advance(seconds=30)
        centre.payments.look_after()
        assert centre.gateway.held(orphan.attempt_id).state is AttemptState.VOIDED
        assert centre.gateway.held(taken.attempt_id).state is AttemptState.CAPTURED

    def test_at_once_from_many_sides_never_takes_more(self, centre: PayingCentre) -> None:
        lead, attempt = a_lead(centre), PayingDesk(centre).take()
        refused: list[str] = []

        def capture() -> None:
            try:
                lead.capture(attempt, 1_000)
            except Refusal as refusal:
                refused.append(refusal.code)

        threads = [threading.Thread(target=capture) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == ["amount_above_approved"] * 3
        assert centre.attempt_rows()[0].captured_minor == 2_000

    def test_wants_a_lead(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        with pytest.raises(Refusal) as refusal:
            Lead(centre, desk.caller).capture(desk.take(), 100)
        assert code_of(refusal) == "permission_missing"

    def test_of_an_authorisation_that_is_given_back_is_refused(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        attempt = desk.take()
        desk.void(attempt.attempt_id)
        with pytest.raises(Refusal) as refusal:
            a_lead(centre).capture(attempt, 100)
        assert code_of(refusal) == "attempt_not_authorised"

    def test_through_another_gateway_is_refused(self, centre: PayingCentre) -> None:
        attempt = PayingDesk(centre).take()
        centre.run("UPDATE card_attempt SET gateway = 'another'")
        with pytest.raises(Refusal) as refusal:
            a_lead(centre).capture(attempt, 100)
        assert code_of(refusal) == "gateway_other"

    def test_is_audited_with_movement_and_amount(self, centre: PayingCentre) -> None:
        lead, attempt = a_lead(centre), PayingDesk(centre).take()
        movement = centre.ids.new()
        lead.capture(attempt, 1_000, movement)
        (row,) = centre.rows("SELECT * FROM audit WHERE operation = 'payments.capture'")
        assert row.facts == {
            "order": str(attempt.order_id),
            "movement": str(movement),
            "amount": 1_000,
            "currency": "GBP",
        }


class TestARefund:
    def test_gives_back_what_was_taken(self, either: PayingCentre) -> None:
        lead, attempt = a_lead(either), PayingDesk(either).take()
        lead.capture(attempt, 2_500)
        assert lead.refund(attempt, 500).state is AttemptState.CAPTURED
        done = lead.refund(attempt, 2_000)
        assert (done.state, done.refunded) == (AttemptState.REFUNDED, pounds(2_500))

    def test_never_gives_back_more_than_was_taken(self, centre: PayingCentre) -> None:
        lead, attempt = a_lead(centre), PayingDesk(centre).take()
        lead.capture(attempt, 1_000)
        lead.refund(attempt, 600)
        with pytest.raises(Refusal) as refusal:
            lead.refund(attempt, 401)
        assert code_of(refusal) == "amount_above_captured"

    def test_of_what_was_only_authorised_is_refused(self, centre: PayingCentre) -> None:
        with pytest.raises(Refusal) as refusal:
            a_lead(centre).refund(PayingDesk(centre).take(), 100)
        assert code_of(refusal) == "attempt_not_captured"

    def test_of_an_unknown_attempt_is_refused(self, centre: PayingCentre) -> None:
        attempt = PayingDesk(centre).take()
        with pytest.raises(Refusal) as refusal:
            a_lead(centre).refund(
                CardAttempt(
                    attempt_id=AttemptId(centre.ids.new()),
                    order_id=attempt.order_id,
                    state=attempt.state,
                    amount=attempt.amount,
                    at=attempt.at,
                ),
                100,
            )
        assert code_of(refusal) == "attempt_unknown"


@dataclass(frozen=True)
class Move:
    """One thing that somebody tries; `lost`: the gateway's answer to it does not arrive."""

    kind: str
    minor: int
    lost: bool


MOVES = st.lists(
    st.builds(
        Move,
        kind=st.sampled_from(["capture", "refund", "again"]),
        minor=st.integers(min_value=-1, max_value=1_200),
        lost=st.booleans(),
    ),
    max_size=10,
)


class TestWhateverIsTried:
    @given(moves=MOVES, approved=st.integers(min_value=1, max_value=2_500))
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_more_is_taken_than_approved_and_no_more_given_back_than_taken(
        self, shared_paying: PayingCentre, moves: list[Move], approved: int
    ) -> None:
        centre = shared_paying
        centre.empty()
        centre.gateway.say(Says(approved=approved))
        attempt = PayingDesk(centre).take()
        movements = CardMovements(centre.gateway, centre.log)
        saga = Saga(centre.transactions, NOBODY)
        tried: list[CaptureAttempt | RefundAttempt] = []
        for move in moves:
            wanted = self._wanted(centre, attempt, move, tried)
            centre.gateway.lose_next = move.lost
            try:
                if isinstance(wanted, CaptureAttempt):
                    movements.capture(saga, wanted)
                else:
                    movements.refund(saga, wanted)
            except (Refusal, Fault):
                pass
            self._holds(centre, attempt, approved)
        centre.gateway.lose_next = False
        centre.clock.advance(minutes=15)
        centre.payments.look_after()
        self._holds(centre, attempt, approved)
        assert centre.rows("SELECT * FROM card_movement WHERE state = 'started'") == []
        (row,) = centre.attempt_rows()
        held = centre.gateway.held(attempt.attempt_id)
        assert row.captured_minor == (held.captured.minor if held.captured else 0)
        assert row.refunded_minor == (held.refunded.minor if held.refunded else 0)

    def _wanted(
        self,
        centre: PayingCentre,
        attempt: CardAttempt,
        move: Move,
        tried: list[CaptureAttempt | RefundAttempt],
    ) -> CaptureAttempt | RefundAttempt:
        if move.kind == "again" and tried:
            return tried[move.minor % len(tried)]
        movement, amount = MovementId(centre.ids.new()), pounds(move.minor)
        wanted: CaptureAttempt | RefundAttempt = CaptureAttempt(
            movement_id=movement, attempt_id=attempt.attempt_id, amount=amount
        )
        if move.kind == "refund":
            wanted = RefundAttempt(
                movement_id=movement, attempt_id=attempt.attempt_id, amount=amount, reason=""
            )
        tried.append(wanted)
        return wanted

    def _holds(self, centre: PayingCentre, attempt: CardAttempt, approved: int) -> None:
        held = centre.gateway.held(attempt.attempt_id)
        captured = held.captured.minor if held.captured else 0
        refunded = held.refunded.minor if held.refunded else 0
        assert 0 <= refunded <= captured <= approved
        (row,) = centre.attempt_rows()
        assert 0 <= row.refunded_minor <= row.captured_minor <= row.approved_minor == approved
