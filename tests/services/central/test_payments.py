"""Card attempts at the centre: noted before the gateway is asked, once each, never in doubt."""

from __future__ import annotations

import threading

import msgspec
import pytest

from app.services.central.payments import CardPayments, PaymentSettings
from app.values.errors import Refusal
from app.values.money import Currency
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason, PauseState
from app.wire.card_operations import ASK_CARD_KEY, AUTHORISE_CARD
from app.wire.payments import AskCardKey, AuthoriseCard, CardAttempt
from tests.gateways import ENVELOPE, KEY, Says, declined
from tests.order_desk import OrderCentre, SendingDesk
from tests.paying_desk import PayingCentre, PayingDesk, pounds


@pytest.fixture
def centre(paying: PayingCentre) -> PayingCentre:
    return paying


@pytest.fixture
def either(paying_either: PayingCentre) -> PayingCentre:
    return paying_either


@pytest.fixture
def desk(centre: PayingCentre) -> PayingDesk:
    return PayingDesk(centre)


def refused(desk: PayingDesk, request: AuthoriseCard) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        desk.caller.call(AUTHORISE_CARD, request)
    return refusal.value


class TestACardThatIsTaken:
    def test_is_authorised_with_brand_and_last_four(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        attempt = desk.take(minor=2_500)
        assert (attempt.state, attempt.approved) == (AttemptState.AUTHORISED, pounds(2_500))
        assert (attempt.brand, attempt.last_four) == ("visa", "4242")
        assert attempt.code_check is CheckResult.MATCH

    def test_is_a_row_with_order_seat_person_pause_and_amount(self, desk: PayingDesk) -> None:
        request = desk.request()
        desk.caller.call(AUTHORISE_CARD, request)
        (row,) = desk.centre.rows("SELECT * FROM card_attempt")
        assert (row.attempt_id, row.order_id, row.lease_id) == (
            request.attempt_id,
            request.order_id,
            request.lease_id,
        )
        assert (row.device_id, row.person_id) == (desk.seat.device_id, desk.person)
        assert (row.amount_minor, row.currency, row.gateway) == (2_500, "GBP", "fake")

    def test_is_noted_before_the_gateway_is_asked(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(away=True))
        desk.take()
        assert [row.state for row in centre.attempt_rows()] == ["unknown"]

    def test_may_be_approved_for_a_part(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(approved=1_000))
        attempt = desk.take(minor=2_500)
        assert (attempt.amount, attempt.approved) == (pounds(2_500), pounds(1_000))

    def test_may_be_declined_with_the_reason(self, either: PayingCentre) -> None:
        either.gateway.say(declined(DeclineReason.INSUFFICIENT_FUNDS))
        attempt = PayingDesk(either).take()
        assert (attempt.state, attempt.decline) == (
            AttemptState.DECLINED,
            DeclineReason.INSUFFICIENT_FUNDS,
        )

    def test_is_audited_by_ids_states_and_amounts(self, desk: PayingDesk) -> None:
        attempt = desk.take()
        (row,) = desk.centre.rows("SELECT * FROM audit WHERE operation = 'payments.authorise'")
        assert (row.outcome, row.subject, row.person_id) == (
            "done",
            attempt.attempt_id,
            desk.person,
        )
        assert row.facts == {
            "order": str(attempt.order_id),
            "state": "authorised",
            "amount": 2_500,
            "currency": "GBP",
        }

    def test_is_shown_with_its_order(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        attempt = desk.take()
        assert desk.payments(attempt.order_id).attempts == (attempt,)


class TestAskedAgain:
    def test_the_answer_is_the_same_and_the_bank_is_not_asked(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        request = desk.request()
        asked = len(either.gateway.asked)
        first = desk.caller.call(AUTHORISE_CARD, request)
        assert desk.caller.call(AUTHORISE_CARD, request) == first
        assert len(either.gateway.asked) == asked + 1

    @pytest.mark.parametrize("field", ["amount", "envelope", "order_id", "lease_id"])
    def test_another_body_is_refused_and_audited(self, desk: PayingDesk, field: str) -> None:
        request = desk.request()
        desk.caller.call(AUTHORISE_CARD, request)
        other = {
            "amount": pounds(2_501),
            "envelope": f"x{ENVELOPE}",
            "order_id": desk.new_order(),
            "lease_id": desk.new_order(),
        }
        changed = msgspec.structs.replace(request, **{field: other[field]})
        assert refused(desk, changed).code == "attempt_reused"
        rows = desk.centre.rows("SELECT outcome FROM audit WHERE outcome = 'attempt_reused'")
        assert len(rows) == 1

    def test_another_seat_does_not_get_the_answer(self, centre: PayingCentre) -> None:
        desk, other = PayingDesk(centre), PayingDesk(centre, "Desk 2", "grace")
        request = desk.request()
        desk.caller.call(AUTHORISE_CARD, request)
        assert refused(other, request).code == "attempt_reused"

    def test_at_once_from_many_sides_the_bank_is_asked_once(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        request, asked = desk.request(), len(centre.gateway.asked)
        answers: list[CardAttempt] = []

        def take() -> None:
            answers.append(desk.caller.call(AUTHORISE_CARD, request))

        threads = [threading.Thread(target=take) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(centre.gateway.asked) == asked + 1
        assert {answer.attempt_id for answer in answers} == {request.attempt_id}

    def test_what_the_gateway_refused_is_refused_in_the_same_words(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(refusal="envelope_wrong"))
        request = desk.request()
        first, again = refused(desk, request), refused(desk, request)
        assert (first.code, first.sentence) == (again.code, again.sentence)
        assert first.code == "envelope_wrong"
        assert [row.state for row in centre.attempt_rows()] == ["failed"]


class TestWithoutAPause:
    def test_that_was_held_nothing_is_taken(self, desk: PayingDesk) -> None:
        order = desk.new_order()
        lease = desk.pause(order, held_at=None, state=PauseState.ENDED)
        assert refused(desk, desk.request(order, lease_id=lease)).code == "pause_missing"
        assert desk.centre.rows("SELECT * FROM card_attempt") == []

    def test_of_this_order_nothing_is_taken(self, desk: PayingDesk) -> None:
        lease = desk.pause(desk.new_order())
        assert refused(desk, desk.request(lease_id=lease)).code == "pause_missing"

    def test_of_this_seat_nothing_is_taken(self, centre: PayingCentre) -> None:
        desk, other = PayingDesk(centre), PayingDesk(centre, "Desk 2", "grace")
        order = desk.new_order()
        request = desk.request(order, lease_id=other.pause(order))
        assert refused(desk, request).code == "pause_missing"

    def test_of_its_own_a_repeated_hearing_is_not_taken(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(declined())
        first = desk.request()
        desk.caller.call(AUTHORISE_CARD, first)
        second = desk.request(first.order_id, lease_id=first.lease_id)
        assert refused(desk, second).code == "pause_missing"

    def test_at_all_nothing_is_taken(self, desk: PayingDesk) -> None:
        request = desk.request()
        unknown = msgspec.structs.replace(request, lease_id=desk.new_order())
        assert refused(desk, unknown).code == "pause_missing"


class TestAnOutcomeNobodyKnows:
    def test_is_answered_as_unknown_and_is_no_error(self, either: PayingCentre) -> None:
        either.gateway.say(Says(lost=True))
        assert PayingDesk(either).take().state is AttemptState.UNKNOWN

    def test_is_known_once_it_is_asked_for(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        either.gateway.say(Says(lost=True))
        attempt = desk.ask(desk.take().attempt_id)
        assert (attempt.state, attempt.approved) == (AttemptState.AUTHORISED, pounds(2_500))
        assert desk.ask(attempt.attempt_id) == attempt

    def test_that_never_reached_the_gateway_has_failed_for_good(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(away=True))
        attempt = desk.ask(desk.take().attempt_id)
        assert attempt.state is AttemptState.FAILED

    def test_stays_unknown_while_the_bank_does_not_say(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(state=AttemptState.UNKNOWN))
        attempt = desk.take()
        assert desk.ask(attempt.attempt_id).state is AttemptState.UNKNOWN
        centre.gateway.answer_late(attempt.attempt_id, declined())
        assert desk.ask(attempt.attempt_id).state is AttemptState.DECLINED

    def test_keeps_a_second_try_of_the_order_waiting(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(state=AttemptState.UNKNOWN))
        attempt = desk.take()
        assert refused(desk, desk.request(attempt.order_id)).code == "attempt_open"
        centre.gateway.answer_late(attempt.attempt_id, declined())
        desk.ask(attempt.attempt_id)
        assert desk.take(attempt.order_id).state is AttemptState.AUTHORISED

    def test_is_found_out_by_the_watchdog(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(lost=True))
        attempt = desk.take()
        centre.payments.look_after()
        assert centre.attempt_rows()[0].state == "unknown"
        centre.clock.advance(seconds=6)
        centre.payments.look_after()
        (shown,) = desk.payments(attempt.order_id).attempts
        assert shown.state is AttemptState.AUTHORISED

    def test_is_asked_for_less_and_less_often(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(state=AttemptState.UNKNOWN))
        desk.take()
        centre.gateway.calls.clear()
        for _ in range(60):
            centre.clock.advance(minutes=1)
            centre.payments.look_after()
        assert 6 <= centre.gateway.calls.count("attempt") <= 16

    def test_whose_replica_died_is_found_out_by_another(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        attempt = desk.take()
        died = (
            "UPDATE card_attempt SET state = 'started', approved_minor = NULL,"
            " due_at = :due WHERE attempt_id = :id"
        )
        centre.clock.advance(minutes=1)
        centre.run(died, id=attempt.attempt_id, due=centre.clock.now())
        centre.replica().look_after()
        assert centre.attempt_rows()[0].state == "authorised"

    def test_waits_for_the_gateway_that_it_was_asked_of(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(lost=True))
        desk.take()
        centre.run("UPDATE card_attempt SET gateway = 'another'")
        centre.gateway.calls.clear()
        centre.clock.advance(hours=1)
        centre.payments.look_after()
        assert centre.gateway.calls == []

    def test_is_not_asked_of_another_gateway_by_the_desk_either(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(lost=True))
        attempt = desk.take()
        centre.run("UPDATE card_attempt SET gateway = 'another'")
        assert desk.ask(attempt.attempt_id).state is AttemptState.UNKNOWN
        assert desk.void(attempt.attempt_id).state is AttemptState.VOIDING
        assert "attempt" not in centre.gateway.calls

    def test_is_not_settled_by_an_answer_about_something_else(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(state=AttemptState.UNKNOWN))
        attempt = desk.take()
        centre.gateway.answer_in(Currency.USD, attempt.attempt_id)
        assert desk.ask(attempt.attempt_id).state is AttemptState.UNKNOWN


class TestAnAttemptThatNeverCame:
    def test_is_refused_and_closed_so_that_a_late_copy_takes_nothing(
        self, either: PayingCentre
    ) -> None:
        desk = PayingDesk(either)
        request, asked = desk.request(), len(either.gateway.asked)
        with pytest.raises(Refusal) as refusal:
            desk.ask(request.attempt_id)
        assert refusal.value.code == "attempt_unknown"
        assert refused(desk, request).code == "attempt_closed"
        assert len(either.gateway.asked) == asked

    def test_is_refused_again_in_the_same_way(self, desk: PayingDesk) -> None:
        request = desk.request()
        for _ in range(2):
            with pytest.raises(Refusal) as refusal:
                desk.ask(request.attempt_id)
            assert refusal.value.code == "attempt_unknown"

    def test_of_another_seat_is_nobody_elses(self, centre: PayingCentre) -> None:
        attempt = PayingDesk(centre).take()
        with pytest.raises(Refusal) as refusal:
            PayingDesk(centre, "Desk 2", "grace").ask(attempt.attempt_id)
        assert refusal.value.code == "not_yours"


class TestTheKey:
    def test_is_the_newest_of_the_gateway(self, either: PayingCentre) -> None:
        assert PayingDesk(either).caller.call(ASK_CARD_KEY, AskCardKey()) == KEY


class TestWithoutAGateway:
    def test_no_card_is_taken_and_it_is_said_in_words(self, local: OrderCentre) -> None:
        desk = SendingDesk(local)
        with pytest.raises(Refusal) as refusal:
            desk.caller.call(ASK_CARD_KEY, AskCardKey())
        assert refusal.value.code == "no_card_gateway"
        assert refusal.value.sentence.endswith(".")

    def test_the_watchdog_has_nothing_to_do(self, local: OrderCentre) -> None:
        CardPayments(local.transactions, None, PaymentSettings(), local.log).look_after()


def test_an_amount_that_cannot_be_one_is_refused(desk: PayingDesk) -> None:
    for minor in (0, -1, 10**12):
        assert refused(desk, desk.request(minor=minor)).code == "amount_malformed"


def test_settings_of_no_hours_are_refused(centre: PayingCentre) -> None:
    with pytest.raises(Refusal, match="hours"):
        CardPayments(centre.transactions, None, PaymentSettings(orphan_hours=0), centre.log)
