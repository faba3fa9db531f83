"""Cards, links and what the bank says, without any widget."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from app.services.rules import pricing
from app.services.rules.payment_words import Choice
from app.ui.notices import Notice
from app.ui.payment.payment import PaymentPresenter
from app.ui.payment.payment_state import PayStage
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.vocabulary import (
    AttemptState,
    CheckResult,
    DeclineReason,
    LinkState,
    PauseEnd,
    PaymentMethod,
)
from app.wire.orders import OrderDocument
from app.wire.payments import TakeCard
from tests.builders import an_id, an_order, changed, with_line
from tests.fakes import CountingIds, FixedClock
from tests.ui.payment.fakes import (
    CARD_KEY,
    RELEASE,
    SEND_LINK,
    TAKE_CARD,
    TENDERS,
    VOID,
    ByHand,
    CardLine,
    OpenSafe,
    away,
    card_parts,
    pounds,
)
from tests.ui.screens.fake_desk import the_regions


class Till:
    """A payment of an order that the caller has agreed to."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.line = CardLine()
        self.lanes = ByHand()
        self.safe = OpenSafe()
        self.payment = PaymentPresenter(
            self.line, self.lanes, clock=self.clock, ids=CountingIds(), safe=self.safe
        )
        self.notices: list[Notice] = []
        self.payment.notice.connect(self.notices.append)
        self.payment.pause.wipe_asked.connect(self._wipe)
        self.document = an_order(with_line("22423", 4), changed(payment=PaymentMethod.CARD))
        self.payment.begin(self.document.order_id, is_kept=False)
        self.follow(self.document)

    def _wipe(self) -> None:
        for digits in self.safe.kept:
            digits.wipe()

    def follow(self, document: OrderDocument, *, agreed: bool = True) -> None:
        self.document = document
        totals = pricing.totals(document, the_regions()[document.region])
        self.payment.follow(document, totals, agreed=agreed)

    def change(self, *, agreed: bool = True, **different: object) -> None:
        self.follow(msgspec.structs.replace(self.document, **different), agreed=agreed)

    def pay(self) -> None:
        """F9, a card, Ctrl+Enter."""
        self.payment.take_card()
        self.payment.submit(card_parts(self.safe))

    def go_on(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            self.clock.advance(milliseconds=500)
            self.payment.tenders.on_tick()

    def said(self) -> str:
        advice = self.payment.state.advice
        return advice.notice if advice is not None else ""

    def choices(self) -> tuple[Choice, ...]:
        advice = self.payment.state.advice
        return advice.choices if advice is not None else ()

    def sent(self) -> list[TakeCard]:
        found: list[TakeCard] = self.line.asked(TAKE_CARD)
        return found


@pytest.fixture
def till(qapp: QApplication) -> Till:
    del qapp
    return Till()


def test_what_is_open_is_asked_for_and_bound_into_the_envelope(till: Till) -> None:
    total = till.payment.to_pay
    till.pay()
    (request,) = till.sent()
    (bound,) = till.safe.sealed
    assert request.amount == bound.amount == total
    assert (bound.order_id, bound.attempt_id) == (request.order_id, request.attempt_id)
    assert till.said() == f"Visa ending 4242, {total} authorised"
    assert not till.payment.state.reason_why_not


def test_the_digits_are_gone_and_the_recording_goes_on_before_the_bank_is_asked(till: Till) -> None:
    till.pay()
    asked = [name for name, _ in till.line.seen]
    assert asked.index(RELEASE) < asked.index(TAKE_CARD)
    assert till.line.asked(RELEASE)[0].end is PauseEnd.SUBMITTED
    assert till.safe.is_empty()
    assert till.safe.scrubs == 1


def test_the_envelope_is_let_go_with_the_question(till: Till) -> None:
    till.lanes.hold(TAKE_CARD)
    till.pay()
    till.lanes.answer(TAKE_CARD)
    assert len(till.sent()) == 1
    assert not till.lanes.waiting(TAKE_CARD)


def test_without_a_key_nothing_is_sealed_and_the_pause_ends(till: Till) -> None:
    till.line.broken[CARD_KEY] = Refusal("card_key_unproved", "This card key is not the vault's.")
    till.payment.take_card()
    assert not till.payment.pause.state.is_open
    assert till.said() == "This card key is not the vault's."


def test_a_key_that_is_late_is_waited_for(till: Till) -> None:
    till.lanes.hold(CARD_KEY)
    till.payment.take_card()
    assert not till.payment.submit(card_parts(till.safe))
    till.lanes.answer(CARD_KEY)
    assert till.payment.submit(card_parts(till.safe))
    assert len(till.sent()) == 1


@pytest.mark.parametrize(
    "problem", [Refusal("memory_not_locked", "No."), Fault("card_key_unusable", "No.")]
)
def test_what_cannot_be_sealed_is_wiped_and_not_sent(till: Till, problem: Refusal | Fault) -> None:
    till.safe.seal_problem = problem
    till.pay()
    assert till.safe.is_empty()
    assert not till.sent()
    assert till.line.asked(RELEASE)[0].end is PauseEnd.CANCELLED
    assert Choice.PAY_LINK in till.choices()


def test_without_locked_memory_no_pause_is_asked_for(till: Till) -> None:
    till.safe.problem = Refusal("memory_not_locked", "This computer cannot keep card digits safe.")
    assert not till.payment.take_card()
    assert not till.line.seen
    assert till.said() == "This computer cannot keep card digits safe."
    assert Choice.PAY_LINK in till.choices()


@pytest.mark.parametrize("reason", list(DeclineReason))
def test_a_decline_has_a_sentence_to_say_and_choices(till: Till, reason: DeclineReason) -> None:
    till.line.outcome = {"state": AttemptState.DECLINED, "decline": reason}
    till.pay()
    advice = till.payment.state.advice
    assert advice is not None
    assert advice.say
    assert till.choices()
    assert till.payment.state.reason_why_not


def test_every_repeat_has_a_pause_of_its_own(till: Till) -> None:
    till.line.outcome = {"state": AttemptState.DECLINED, "decline": DeclineReason.WRONG_CODE}
    till.pay()
    till.line.outcome = {}
    till.pay()
    leases = [request.lease_id for request in till.sent()]
    assert len(set(leases)) == 2
    assert not till.payment.state.reason_why_not


def test_a_part_that_was_approved_leaves_the_rest_for_another_card(till: Till) -> None:
    total = till.payment.to_pay
    assert total is not None
    till.line.outcome = {"approved": pounds("5.00")}
    till.pay()
    assert till.payment.to_pay == total - pounds("5.00")
    assert Choice.OTHER_CARD in till.choices()
    till.line.outcome = {}
    till.pay()
    assert till.sent()[1].amount == total - pounds("5.00")
    assert not till.payment.state.reason_why_not


def test_a_code_that_does_not_match_is_told_and_may_be_kept(till: Till) -> None:
    till.line.outcome = {"code_check": CheckResult.MISMATCH}
    till.pay()
    assert "security code does not match" in till.said()
    till.payment.choose(Choice.KEEP)
    assert till.said().endswith("authorised")


def test_what_is_given_back_has_to_be_paid_again(till: Till) -> None:
    till.line.outcome = {"postcode_check": CheckResult.MISMATCH}
    till.pay()
    till.payment.choose(Choice.GIVE_BACK)
    assert len(till.line.asked(VOID)) == 1
    assert till.payment.to_pay is not None
    assert till.payment.state.reason_why_not


def test_only_the_card_in_doubt_is_given_back_and_nothing_is_said_of_the_total(
    till: Till,
) -> None:
    till.line.outcome = {"approved": pounds("5.00")}
    till.pay()
    till.line.outcome = {"code_check": CheckResult.MISMATCH}
    till.pay()
    till.payment.choose(Choice.GIVE_BACK)
    first, second = (one.attempt_id for one in till.payment.state.attempts)
    assert [one.attempt_id for one in till.line.asked(VOID)] == [second]
    assert first != second
    assert not till.notices


def test_of_two_cards_in_doubt_each_is_decided_on_its_own(till: Till) -> None:
    till.line.outcome = {"approved": pounds("5.00"), "code_check": CheckResult.MISMATCH}
    till.pay()
    till.payment.choose(Choice.KEEP)
    till.line.outcome = {"code_check": CheckResult.MISMATCH}
    till.pay()
    assert "security code does not match" in till.said()
    till.payment.choose(Choice.KEEP)
    assert till.said().endswith("authorised")


def test_an_unknown_outcome_blocks_every_other_card_until_it_is_known(till: Till) -> None:
    till.line.outcome = {"state": AttemptState.UNKNOWN}
    till.pay()
    assert till.payment.state.stage is PayStage.UNKNOWN
    assert not till.payment.take_card()
    till.payment.send_link("m.thompson@example.org")
    assert not till.line.asked(SEND_LINK)
    till.line.settle(till.sent()[0].attempt_id, state=AttemptState.DECLINED)
    till.go_on(2)
    assert not till.payment.state.is_undecided
    assert till.payment.take_card()


def test_an_answer_that_never_came_is_asked_for_and_not_tried_again(till: Till) -> None:
    till.line.broken[TAKE_CARD] = away()
    till.line.broken[TENDERS] = away()
    till.pay()
    assert till.payment.state.stage is PayStage.UNKNOWN
    till.go_on(20)
    assert len(till.line.asked(TENDERS)) >= 4
    assert len(till.sent()) == 1
    del till.line.broken[TENDERS]
    till.go_on(15)
    assert not till.payment.state.is_undecided
    assert till.said() == "Nothing was taken from the card."


def test_it_can_be_asked_at_once(till: Till) -> None:
    till.line.outcome = {"state": AttemptState.UNKNOWN}
    till.pay()
    before = len(till.line.asked(TENDERS))
    till.payment.choose(Choice.ASK_BANK)
    assert len(till.line.asked(TENDERS)) == before + 1


def test_a_refused_card_was_certainly_not_taken(till: Till) -> None:
    till.line.broken[TAKE_CARD] = Refusal("lease_unknown", "The pause was not of this call.")
    till.pay()
    assert till.said() == "The pause was not of this call."
    assert not till.payment.state.is_undecided


def test_another_total_gives_the_authorisation_back_once_it_is_agreed_to(till: Till) -> None:
    till.pay()
    more = an_order(with_line("22423", 5), changed(payment=PaymentMethod.CARD)).lines
    till.change(lines=more, agreed=False)
    assert not till.line.asked(VOID)
    assert "given back once the caller has agreed" in till.said()
    till.change(agreed=True)
    assert len(till.line.asked(VOID)) == 1
    assert "was given back, because the order now comes to" in till.notices[0].sentence
    assert till.payment.take_card()


def test_a_total_that_is_taken_back_keeps_the_authorisation(till: Till) -> None:
    till.pay()
    before = till.document
    more = an_order(with_line("22423", 5), changed(payment=PaymentMethod.CARD)).lines
    till.change(lines=more, agreed=False)
    till.follow(before)
    assert not till.line.asked(VOID)
    assert not till.payment.state.reason_why_not


def test_another_way_to_pay_gives_the_authorisation_back(till: Till) -> None:
    till.pay()
    till.change(payment=PaymentMethod.LATER)
    assert len(till.line.asked(VOID)) == 1
    assert "paid another way" in till.notices[0].sentence


def test_an_answer_for_an_order_put_away_is_told_with_its_last_four(till: Till) -> None:
    till.lanes.hold(TAKE_CARD)
    till.pay()
    other = an_order(with_line("47566", 1), changed(order_id=OrderId(an_id(501))))
    till.payment.begin(other.order_id, is_kept=False)
    till.follow(other)
    till.lanes.answer(TAKE_CARD)
    assert "Visa ending 4242" in till.notices[0].sentence
    assert not till.payment.state.is_asking


def by_link(till: Till) -> None:
    till.change(payment=PaymentMethod.PAY_LINK)
    till.payment.send_link("m.thompson@example.org")


def test_a_link_of_what_is_open_lets_the_order_be_placed(till: Till) -> None:
    by_link(till)
    (request,) = till.line.asked(SEND_LINK)
    assert request.amount == till.payment.to_pay
    assert not till.payment.state.reason_why_not
    assert "m.thompson@example.org" in till.said()


def test_a_link_is_looked_at_now_and_then(till: Till) -> None:
    by_link(till)
    till.line.links = [msgspec.structs.replace(till.line.links[0], state=LinkState.PAID)]
    till.go_on(16)
    assert "was paid by the link" in till.said()


@pytest.mark.parametrize("state", [LinkState.EXPIRED, LinkState.CANCELLED])
def test_a_link_that_is_no_longer_good_can_be_sent_again(till: Till, state: LinkState) -> None:
    by_link(till)
    till.line.links = [msgspec.structs.replace(till.line.links[0], state=state)]
    till.payment.choose(Choice.ASK_BANK)
    assert Choice.PAY_LINK in till.choices()
    assert till.payment.state.reason_why_not


def test_another_amount_wants_another_link(till: Till) -> None:
    by_link(till)
    more = an_order(with_line("22423", 5)).lines
    till.change(lines=more)
    assert "The amount changed" in till.said()
    till.payment.send_link("m.thompson@example.org")
    states = {link.state for link in till.payment.state.links}
    assert states == {LinkState.REPLACED, LinkState.SENT}
    assert not till.payment.state.reason_why_not


def test_a_link_whose_answer_never_came_is_sent_under_the_same_id(till: Till) -> None:
    till.line.broken[SEND_LINK] = away()
    by_link(till)
    del till.line.broken[SEND_LINK]
    till.payment.send_link("m.thompson@example.org")
    ids = {request.link_id for request in till.line.asked(SEND_LINK)}
    assert len(ids) == 1


def test_the_mark_for_a_card_spoken_too_early_is_told(till: Till) -> None:
    till.payment.mark_spoken()
    assert "marked for purging" in till.notices[0].sentence
