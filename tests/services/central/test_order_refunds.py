"""Money that goes back for an order: when it is due, once, to where it came from, else by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from app.services.central.order_refunds import RefundWatch
from app.values.errors import Refusal
from app.values.identity import GoodwillId, MovementId, OrderId, RefundId
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, PaymentMethod, PaymentState, Role
from app.wire.card_operations import CAPTURE_ATTEMPT
from app.wire.order_changes import GiveGoodwill, RefundDone, WithdrawChange
from app.wire.order_operations import GIVE_GOODWILL, REFUND_DONE, WITHDRAW_CHANGE
from app.wire.orders import PlacedOrder
from app.wire.payments import CaptureAttempt
from tests.builders import changed, with_line
from tests.changing_desk import ChangingDesk, quantity
from tests.gateways import Says
from tests.order_desk import OrderCentre, stored_order
from tests.paying_desk import PayingCentre

TOTAL = 4 * 295 + 495


@pytest.fixture
def centre(paying: PayingCentre) -> PayingCentre:
    return paying


@pytest.fixture
def desk(centre: PayingCentre) -> ChangingDesk:
    return ChangingDesk(centre)


@pytest.fixture
def lead(centre: PayingCentre) -> ChangingDesk:
    if not centre.rows("SELECT 1 FROM person WHERE login = 'lead'"):
        centre.person("lead", role=Role.TEAM_LEAD)
    return ChangingDesk(centre, "Desk 9", "lead")


def ordered(desk: ChangingDesk) -> PlacedOrder:
    return desk.ordered(with_line("TEA-1", 4), payment=PaymentMethod.CARD)


def look_after(centre: PayingCentre, minutes: int = 16) -> None:
    centre.clock.advance(minutes=minutes)
    RefundWatch(centre.transactions, centre.payments, centre.log).look_after()


def refunds(centre: OrderCentre) -> list[tuple[Any, ...]]:
    rows = centre.rows(
        "SELECT way, state, amount_minor FROM order_refund ORDER BY asked_at, refund_id"
    )
    return [tuple(row) for row in rows]


def take_all(lead: ChangingDesk, order: PlacedOrder) -> None:
    attempt = order.attempts[0]
    lead.caller.call(
        CAPTURE_ATTEMPT,
        CaptureAttempt(
            movement_id=MovementId(lead.centre.ids.new()),
            attempt_id=attempt.attempt_id,
            amount=attempt.amount,
        ),
    )


def payment_state(desk: ChangingDesk, order: PlacedOrder) -> object:
    return stored_order(desk.centre, order.document.order_id)["payment_state"]


def test_an_authorisation_is_given_back_when_its_time_has_come(
    centre: PayingCentre, desk: ChangingDesk
) -> None:
    order = ordered(desk)
    desk.cancel(order)
    look_after(centre, minutes=10)
    assert refunds(centre) == [("void", "due", TOTAL)]
    look_after(centre, minutes=6)
    assert refunds(centre) == [("void", "done", TOTAL)]
    assert centre.gateway.held(order.attempts[0].attempt_id).state is AttemptState.VOIDED
    assert payment_state(desk, order) == PaymentState.PAID
    assert stored_order(centre, order.document.order_id)["review_reasons"] == []


def test_a_part_of_an_authorisation_is_simply_not_taken(
    centre: PayingCentre, desk: ChangingDesk
) -> None:
    order = ordered(desk)
    desk.amend(order, quantity("TEA-1", 3))
    look_after(centre)
    assert refunds(centre) == [("release", "done", 295)]
    assert "refund" not in centre.gateway.calls


def test_what_was_taken_meanwhile_is_sent_back_and_only_once(
    centre: PayingCentre, desk: ChangingDesk, lead: ChangingDesk
) -> None:
    order = ordered(desk)
    desk.amend(order, quantity("TEA-1", 3))
    take_all(lead, order)
    centre.gateway.lose_next = True
    look_after(centre)
    assert refunds(centre) == [("refund", "started", 295)]
    look_after(centre)
    assert refunds(centre) == [("refund", "done", 295)]
    held = centre.gateway.held(order.attempts[0].attempt_id)
    assert held.refunded == Money(295, Currency.GBP)
    assert payment_state(desk, order) == PaymentState.PAID


def test_what_the_bank_refuses_goes_by_hand_and_says_why(
    centre: PayingCentre,
    desk: ChangingDesk,
    lead: ChangingDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = ordered(desk)
    take_all(lead, order)
    desk.amend(order, quantity("TEA-1", 3))

    def expired(*_: object) -> None:
        raise Refusal("card_expired", "The card has expired.")

    monkeypatch.setattr(centre.gateway, "refund", expired)
    look_after(centre)
    assert refunds(centre) == [("refund", "refused", 295), ("by_hand", "due", 295)]
    row = centre.rows("SELECT * FROM order_refund WHERE way = 'by_hand'")[0]
    assert row.refusal_sentence == "The card has expired."
    assert payment_state(desk, order) == PaymentState.PAID
    done = RefundDone(refund_id=RefundId(row.refund_id), note="Bank transfer 77")
    assert "transfer 77" in lead.caller.call(REFUND_DONE, done).sentence
    with pytest.raises(Refusal) as refused:
        lead.caller.call(REFUND_DONE, done)
    assert refused.value.code == "refund_settled"


def test_a_pay_link_that_was_paid_goes_back_by_hand(
    centre: PayingCentre, desk: ChangingDesk
) -> None:
    document = desk.order(with_line("TEA-1", 4))
    link = desk.link(document.order_id, TOTAL)
    order = desk.placed(document, links=(link,))
    desk.send(desk.command(order))
    centre.gateway.pay_link(link.link_id, centre.clock.now())
    centre.clock.advance(minutes=1)
    centre.payments.look_after()
    desk.cancel(order)
    look_after(centre)
    assert refunds(centre) == [("by_hand", "due", TOTAL)]


class TestMoneyThatComesTooLate:
    def test_for_a_cancelled_order_is_given_back_when_the_bank_answers_at_last(
        self, centre: PayingCentre, desk: ChangingDesk
    ) -> None:
        document = desk.order(with_line("TEA-1", 4), changed(payment=PaymentMethod.CARD))
        centre.gateway.say(Says(lost=True))
        attempt = desk.take(document.order_id, TOTAL)
        order = desk.placed(document, attempts=(attempt,))
        desk.send(desk.command(order))
        desk.cancel(order)
        centre.clock.advance(minutes=2)
        centre.payments.look_after()
        assert refunds(centre) == [("void", "due", TOTAL)]
        look_after(centre)
        assert centre.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED

    def test_for_a_cancelled_order_by_a_link_goes_back_by_hand(
        self, centre: PayingCentre, desk: ChangingDesk
    ) -> None:
        document = desk.order(with_line("TEA-1", 4), changed(payment=PaymentMethod.PAY_LINK))
        link = desk.link(document.order_id, TOTAL)
        order = desk.placed(document, links=(link,))
        desk.send(desk.command(order))
        desk.cancel(order)
        centre.gateway.pay_link(link.link_id, centre.clock.now())
        centre.clock.advance(minutes=1)
        centre.payments.look_after()
        assert refunds(centre) == [("by_hand", "due", TOTAL)]

    @pytest.mark.parametrize("is_paid_first", [True, False])
    def test_for_a_request_that_comes_to_nothing_goes_back_by_hand(
        self, centre: PayingCentre, desk: ChangingDesk, *, is_paid_first: bool
    ) -> None:
        order = ordered(desk)
        change_id = desk.new_change()
        link = desk.link(OrderId(change_id), 100)
        cheap = with_line("CUP-2", 1, told="1.00", told_reason="promised")
        what = desk.amendment(order, cheap, links=(link,))
        change = desk.change(order, what, change_id=change_id)
        assert desk.send_change(change).reasons == ("needs_lead",)
        withdraw = partial(desk.caller.call, WITHDRAW_CHANGE, WithdrawChange(change_id=change_id))
        if not is_paid_first:
            withdraw()
        centre.gateway.pay_link(link.link_id, centre.clock.now())
        centre.clock.advance(minutes=1)
        centre.payments.look_after()
        if is_paid_first:
            withdraw()
        assert refunds(centre) == [("by_hand", "due", 100)]
        page = desk.page(order)
        assert (page.account.to_pay.minor, page.account.to_refund.minor) == (0, 0)


def test_a_refund_that_the_watchdog_finished_is_counted_once(
    centre: PayingCentre, desk: ChangingDesk, lead: ChangingDesk
) -> None:
    order = ordered(desk)
    take_all(lead, order)
    desk.amend(order, quantity("TEA-1", 3))
    centre.gateway.lose_next = True
    look_after(centre)
    centre.clock.advance(seconds=70)
    centre.payments.look_after()
    assert refunds(centre) == [("refund", "done", 295)]
    account = desk.page(order).account
    assert (account.refunded.minor, account.to_pay.minor) == (295, 0)


class TestGoodwill:
    def give(self, lead: ChangingDesk, order: PlacedOrder, minor: int) -> list[int]:
        return self.ask(lead, self.wanted(lead, order, minor))

    def wanted(self, lead: ChangingDesk, order: PlacedOrder, minor: int) -> GiveGoodwill:
        return GiveGoodwill(
            goodwill_id=GoodwillId(lead.centre.ids.new()),
            order_id=OrderId(order.document.order_id),
            amount=Money(minor, Currency.GBP),
            reason="It came late.",
        )

    def ask(self, lead: ChangingDesk, wanted: GiveGoodwill) -> list[int]:
        return [one.amount.minor for one in lead.caller.call(GIVE_GOODWILL, wanted).refunds]

    def test_is_given_once_though_the_answer_was_lost_and_it_is_asked_for_again(
        self, lead: ChangingDesk, desk: ChangingDesk
    ) -> None:
        order = ordered(desk)
        wanted = self.wanted(lead, order, 500)
        assert self.ask(lead, wanted) == self.ask(lead, wanted) == [500]
        assert [row[2] for row in refunds(desk.centre)] == [500]
        assert desk.page(order).account.goodwill.minor == 500

    def test_with_another_amount_under_the_same_id_is_told_and_not_given(
        self, lead: ChangingDesk, desk: ChangingDesk
    ) -> None:
        order = ordered(desk)
        wanted = self.wanted(lead, order, 500)
        self.ask(lead, wanted)
        with pytest.raises(Refusal) as refused:
            self.ask(lead, replace(wanted, amount=Money(400, Currency.GBP)))
        assert refused.value.code == "goodwill_given"
        assert "£5.00" in refused.value.sentence
        assert desk.page(order).account.goodwill.minor == 500

    def test_is_found_again_though_the_order_was_cancelled_since(
        self, lead: ChangingDesk, desk: ChangingDesk
    ) -> None:
        order = ordered(desk)
        wanted = self.wanted(lead, order, 500)
        self.ask(lead, wanted)
        desk.cancel(order)
        assert self.ask(lead, wanted) == [500]

    def test_twice_on_purpose_is_given_twice(self, lead: ChangingDesk, desk: ChangingDesk) -> None:
        order = ordered(desk)
        self.give(lead, order, 200)
        self.give(lead, order, 200)
        assert desk.page(order).account.goodwill.minor == 400

    def test_is_never_more_than_was_paid(self, lead: ChangingDesk, desk: ChangingDesk) -> None:
        order = ordered(desk)
        assert self.give(lead, order, 500) == [500]
        with pytest.raises(Refusal) as refused:
            self.give(lead, order, TOTAL - 499)
        assert refused.value.code == "goodwill_too_much"
        assert payment_state(desk, order) == PaymentState.AUTHORISED
        assert stored_order(desk.centre, order.document.order_id)["review_reasons"] == []

    def test_is_for_a_lead(self, desk: ChangingDesk) -> None:
        order = ordered(desk)
        with pytest.raises(Refusal) as refused:
            self.give(desk, order, 500)
        assert refused.value.code == "permission_missing"

    def test_is_not_given_twice_when_the_order_is_cancelled(
        self, lead: ChangingDesk, desk: ChangingDesk
    ) -> None:
        order = ordered(desk)
        self.give(lead, order, 500)
        desk.cancel(order)
        rows = refunds(desk.centre)
        assert sum(row[2] for row in rows if row[1] == "due") == TOTAL
        assert stored_order(desk.centre, order.document.order_id)["review_reasons"] == []
