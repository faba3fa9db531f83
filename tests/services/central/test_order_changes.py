"""Changes of orders that have their number: carried out once, or kept for a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.services.central.order_changes import OrderChanges
from app.services.central.order_changes_requests import ChangeWatch
from app.services.central.order_refunds import RefundWatch
from app.values.errors import Refusal
from app.values.identity import LineId, OrderId
from app.values.money import Currency, Money
from app.values.order_life import CancelReason, ChangeState, OrderState
from app.values.vocabulary import AttemptState, ChangeKind, PaymentMethod, PaymentState, Role
from app.wire.message import decode
from app.wire.operations import TAKE_SNAPSHOT
from app.wire.order_changes import (
    BeginChange,
    Cancellation,
    LeaveChange,
    PiecesOfLine,
    SettleChange,
    Undo,
    WithdrawChange,
)
from app.wire.order_operations import BEGIN_CHANGE, LEAVE_CHANGE, SETTLE_CHANGE, WITHDRAW_CHANGE
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.sync import OrderDecision, Outcome, TakeSnapshot
from tests.builders import an_address, changed, with_line
from tests.changing_desk import ChangingDesk, quantity
from tests.order_desk import regions, stored_order
from tests.paying_desk import PayingCentre
from tests.read_backs import without
from tests.stocked_desk import allocations, count, reserved, sums_that_are_wrong


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


def owed(desk: ChangingDesk, order: PlacedOrder) -> int:
    rows = desk.centre.rows(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM order_ledger WHERE order_id = :id",
        id=order.document.order_id,
    )
    return int(rows[0][0])


def row_of(desk: ChangingDesk, order: PlacedOrder) -> dict[str, Any]:
    return stored_order(desk.centre, order.document.order_id)


def change_rows(desk: ChangingDesk) -> list[Any]:
    return desk.centre.rows("SELECT * FROM order_change ORDER BY received_at, change_id")


def counters(desk: ChangingDesk, code: str) -> tuple[int, int]:
    rows = desk.centre.rows(
        "SELECT ordered, cancelled FROM order_progress WHERE code = :code", code=code
    )
    return rows[0].ordered, rows[0].cancelled


def a_line_of(order: PlacedOrder, pieces: int, place: int = 0) -> PiecesOfLine:
    line_id = order.document.lines[place].line_id
    return PiecesOfLine(line_id=LineId(line_id), quantity=pieces)


def noted(document: OrderDocument) -> OrderDocument:
    return msgspec.structs.replace(document, internal_note="Ring twice.")


class TestAnAmendment:
    def test_makes_another_version_of_the_same_number(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        outcome = desk.amend(order, quantity("TEA-1", 3), with_line("CUP-2", 1))
        assert (outcome.outcome, outcome.reasons, outcome.sentence) == (Outcome.ACCEPTED, (), "")
        view = desk.view(order)
        assert (view.revision, view.placed.number) == (2, order.number)
        assert [line.quantity for line in view.placed.document.lines] == [3, 1]
        row = row_of(desk, order)
        assert (row["total_minor"], row["line_count"]) == (4 * 295 + 495, 2)
        assert owed(desk, order) == row["total_minor"]
        assert row["state"] == OrderState.ACCEPTED
        assert counters(desk, "TEA-1") == (3, 0)
        rows = desk.centre.rows("SELECT position, quantity FROM order_line ORDER BY position")
        assert [tuple(row) for row in rows] == [(1, 3), (2, 1)]

    def test_sent_again_changes_nothing(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        what = desk.amendment(order, quantity("TEA-1", 5))
        change = desk.change(order, what)
        command = desk.changing(change)
        assert desk.send(command)[0].outcome is Outcome.ACCEPTED
        assert desk.send(command)[0].outcome is Outcome.REPLAYED
        # A centre that was restored has forgotten the command; the change has its own id.
        assert desk.send_change(change).outcome is Outcome.ACCEPTED
        assert desk.revision(order) == 2
        assert owed(desk, order) == 5 * 295 + 495

    def test_moves_address_customer_and_day(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        there = an_address(postcode="LS1 1AA", street=("9 Long Row",))
        customer = order.document.customer
        assert customer is not None
        renamed = msgspec.structs.replace(customer, email="new@example.org")
        outcome = desk.amend(order, changed(deliver_to=there, customer=renamed))
        assert outcome.reasons == ()
        assert desk.centre.rows("SELECT email FROM customer")[0][0] == "new@example.org"
        found = desk.centre.rows("SELECT postcode_folded FROM address ORDER BY 1")
        assert [row[0] for row in found] == ["LS11AA", "LS63AA"]

    def test_of_lines_not_read_back_is_kept_as_a_request(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        what = desk.amendment(order, quantity("TEA-1", 5))
        line = order.document.lines[0].line_id
        asked = msgspec.structs.replace(
            what, read_back=without(what.read_back[len(order.read_back) :], f"line:{line}")
        )
        outcome = desk.send_change(desk.change(order, asked))
        assert (outcome.outcome, outcome.reasons) == (Outcome.NEEDS_REVIEW, ("read_back_open:1",))
        assert outcome.sentence
        assert desk.revision(order) == 1

    def test_whose_sums_are_wrong_is_kept_as_a_request(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        what = desk.amendment(order, quantity("TEA-1", 5))
        told = msgspec.structs.replace(what.totals, total=Money(1, Currency.GBP))
        wrong = msgspec.structs.replace(what, totals=told)
        assert "totals_differ" in desk.send_change(desk.change(order, wrong)).reasons

    def test_below_the_list_needs_a_lead(self, desk: ChangingDesk, lead: ChangingDesk) -> None:
        order = desk.ordered()
        cheap = with_line("CUP-2", 1, told="1.00", told_reason="promised")
        outcome = desk.amend(order, cheap)
        assert outcome.reasons == ("needs_lead",)
        change_id = change_rows(desk)[0].change_id
        wanted = SettleChange(change_id=change_id, apply=True, reason="I promised it.")
        with pytest.raises(Refusal) as refused:
            desk.caller.call(SETTLE_CHANGE, wanted)
        assert refused.value.code == "permission_missing"
        assert lead.caller.call(SETTLE_CHANGE, wanted).state is ChangeState.APPLIED
        assert desk.revision(order) == 2
        assert change_rows(desk)[0].note == "I promised it."

    def test_that_leaves_nothing_asks_for_a_cancellation(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        assert "order_emptied" in desk.amend(order, quantity("TEA-1", 0)).reasons

    def test_masks_card_numbers(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        outcome = desk.amend(order, changed(internal_note="4111 1111 1111 1111"))
        assert outcome.reasons == ()
        assert "4111" not in desk.view(order).placed.document.internal_note
        assert row_of(desk, order)["review_reasons"] == ["card_digits_masked"]
        kept = str(change_rows(desk)[0].document)
        assert "4111 1111" not in kept


class TestTwoPeopleAtOnce:
    def test_both_hold_where_they_touch_other_things(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        first = desk.change(order, desk.amendment(order, quantity("TEA-1", 5)))
        second = desk.change(order, desk.amendment(order, noted))
        assert desk.send_change(first).reasons == ()
        assert desk.send_change(second).reasons == ()
        document = desk.view(order).placed.document
        assert (document.lines[0].quantity, document.internal_note) == (5, "Ring twice.")
        assert desk.revision(order) == 3

    def test_the_second_is_kept_where_they_touch_the_same(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        first = desk.change(order, desk.amendment(order, quantity("TEA-1", 5)))
        second = desk.change(order, desk.amendment(order, quantity("TEA-1", 7)))
        assert desk.send_change(first).reasons == ()
        outcome = desk.send_change(second)
        assert (outcome.outcome, outcome.reasons) == (Outcome.NEEDS_REVIEW, ("order_changed",))
        preview = desk.preview(order, desk.amendment(order, quantity("TEA-1", 7)), 1)
        assert [(one.old, one.new) for one in preview.overtaken] == [("2", "5")]
        assert [one.code for one in preview.obstacles] == ["order_changed"]

    def test_of_two_in_the_same_moment_one_wins_and_one_is_kept(
        self, desk: ChangingDesk, lead: ChangingDesk
    ) -> None:
        order = desk.ordered()
        commands = [
            (one, one.changing(one.change(order, one.amendment(order, quantity("TEA-1", pieces)))))
            for one, pieces in ((desk, 5), (lead, 7))
        ]
        with ThreadPoolExecutor(2) as threads:
            sent = [threads.submit(one.send, command) for one, command in commands]
            reasons = sorted(one.result()[0].reasons for one in sent)
        assert reasons == [(), ("order_changed",)]
        assert desk.revision(order) == 2
        assert owed(desk, order) == row_of(desk, order)["total_minor"]

    def test_the_seat_that_took_the_order_hears_of_it(
        self, desk: ChangingDesk, lead: ChangingDesk
    ) -> None:
        order = desk.ordered()
        assert lead.amend(order, quantity("TEA-1", 5)).reasons == ()
        page = desk.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.ORDER))
        told = decode(page.rows[0].document, OrderDecision)
        assert told.sentence == "The order was changed: version 2 holds."

    def test_a_colleague_is_named_while_they_change_it(
        self, desk: ChangingDesk, lead: ChangingDesk
    ) -> None:
        order = desk.ordered()
        order_id = OrderId(order.document.order_id)
        mine = BeginChange(order_id=order_id, change_id=desk.new_change())
        assert desk.caller.call(BEGIN_CHANGE, mine).by == ""
        theirs = BeginChange(order_id=order_id, change_id=lead.new_change())
        assert lead.caller.call(BEGIN_CHANGE, theirs).by
        leave = LeaveChange(order_id=order_id, change_id=mine.change_id)
        desk.caller.call(LEAVE_CHANGE, leave)
        assert len(desk.centre.rows("SELECT * FROM order_edit")) == 1


class TestACancellation:
    def test_of_the_whole_gives_everything_back(self, desk: ChangingDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.ordered(payment=PaymentMethod.CARD)
        assert reserved(desk.centre) == 2
        assert desk.cancel(order, reason=CancelReason.CHANGED_MIND).reasons == ()
        row = row_of(desk, order)
        assert (row["state"], row["total_minor"]) == (OrderState.CANCELLED, 0)
        assert (row["review_reasons"], row["payment_state"]) == ([], PaymentState.PAID)
        assert owed(desk, order) == 0
        assert reserved(desk.centre) == 0
        assert sums_that_are_wrong(desk.centre) == ()
        refunds = desk.centre.rows("SELECT way, state, amount_minor FROM order_refund")
        assert [tuple(one) for one in refunds] == [("void", "due", 2 * 295 + 495)]
        assert counters(desk, "TEA-1") == (2, 2)

    def test_of_pieces_leaves_the_rest(self, desk: ChangingDesk) -> None:
        order = desk.ordered(with_line("TEA-1", 5), payment=PaymentMethod.CARD)
        assert desk.cancel(order, a_line_of(order, 2)).reasons == ()
        row = row_of(desk, order)
        assert (row["state"], row["total_minor"]) == (OrderState.ACCEPTED, 3 * 295 + 495)
        assert row["payment_state"] == PaymentState.AUTHORISED
        refunds = desk.centre.rows("SELECT way, amount_minor FROM order_refund")
        assert [tuple(one) for one in refunds] == [("release", 590)]

    def test_of_more_pieces_than_there_are_is_kept(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        assert desk.cancel(order, a_line_of(order, 9)).reasons == ("too_many_pieces",)

    def test_twice_is_kept_the_second_time(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        assert desk.cancel(order).reasons == ()
        assert desk.cancel(order).reasons == ("order_cancelled",)
        assert desk.revision(order) == 2

    def test_while_it_is_packed_is_kept_as_a_request(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        desk.centre.run("UPDATE sales_order SET fulfilment = 'picking'")
        outcome = desk.cancel(order)
        assert outcome.reasons == ("order_shipping",)
        assert "packed" in outcome.sentence
        preview = desk.preview(order, Cancellation(reason=CancelReason.OTHER))
        assert [one.code for one in preview.obstacles] == ["order_shipping"]


class TestUndo:
    def test_brings_back_what_was_and_stock_as_far_as_there_is(self, desk: ChangingDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.ordered(payment=PaymentMethod.CARD)
        desk.cancel(order)
        assert desk.undo(order, change_rows(desk)[0].change_id).reasons == ()
        row = row_of(desk, order)
        assert (row["state"], row["revision"]) == (OrderState.ACCEPTED, 3)
        assert row["payment_state"] == PaymentState.AUTHORISED
        assert owed(desk, order) == row["total_minor"] == 2 * 295 + 495
        assert [r[0] for r in desk.centre.rows("SELECT state FROM order_refund")] == ["undone"]
        assert allocations(desk.centre, order.document.order_id) == {"TEA-1": (2, 0)}
        assert counters(desk, "TEA-1") == (2, 0)

    def test_is_over_when_its_time_is(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        desk.amend(order, quantity("TEA-1", 5))
        desk.centre.clock.advance(minutes=16)
        change_id = change_rows(desk)[0].change_id
        assert desk.undo(order, change_id).reasons == ("undo_too_late",)

    def test_is_of_the_newest_change_only(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        desk.amend(order, quantity("TEA-1", 5))
        desk.amend(order, quantity("TEA-1", 6))
        assert desk.undo(order, change_rows(desk)[0].change_id).reasons == ("undo_nothing",)
        assert [one.code for one in _preview_of_undo(desk, order, change_rows(desk)[1])] == []


def _preview_of_undo(desk: ChangingDesk, order: PlacedOrder, row: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a row
    return desk.preview(order, Undo(undoes=row.change_id)).obstacles


class TestMoney:
    def test_more_is_paid_under_the_change(self, desk: ChangingDesk) -> None:
        order = desk.ordered(payment=PaymentMethod.CARD)
        preview = desk.preview(order, desk.amendment(order, quantity("TEA-1", 4)))
        assert (preview.to_pay.minor, preview.to_refund.minor) == (590, 0)
        assert preview.say
        change_id = desk.new_change()
        more = desk.take(OrderId(change_id), 590)
        what = desk.amendment(order, quantity("TEA-1", 4), attempts=(more,))
        outcome = desk.send_change(desk.change(order, what, change_id=change_id))
        assert outcome.reasons == ()
        view = desk.view(order)
        assert view.payments.state is PaymentState.AUTHORISED
        assert [one.approved.minor for one in view.payments.attempts if one.approved] == [1085, 590]
        assert row_of(desk, order)["review_reasons"] == []

    def test_what_was_paid_for_a_change_goes_back_when_it_is_undone(
        self, desk: ChangingDesk
    ) -> None:
        order = desk.ordered(payment=PaymentMethod.CARD)
        change_id = desk.new_change()
        more = desk.take(OrderId(change_id), 590)
        what = desk.amendment(order, quantity("TEA-1", 4), attempts=(more,))
        desk.send_change(desk.change(order, what, change_id=change_id))
        assert desk.undo(order, change_id).reasons == ()
        rows = desk.centre.rows("SELECT way, attempt_id, amount_minor FROM order_refund")
        assert [tuple(row) for row in rows] == [("void", more.attempt_id, 590)]
        desk.centre.clock.advance(minutes=16)
        centre = desk.centre
        assert isinstance(centre, PayingCentre)
        RefundWatch(centre.transactions, centre.payments, centre.log).look_after()
        assert desk.ask(more.attempt_id).state is AttemptState.VOIDED
        row = row_of(desk, order)
        assert (row["payment_state"], row["review_reasons"]) == (PaymentState.AUTHORISED, [])

    def test_what_mends_the_payment_of_an_order_ends_its_wait_for_a_person(
        self, desk: ChangingDesk
    ) -> None:
        document = desk.order(with_line("TEA-1", 4), changed(payment=PaymentMethod.CARD))
        held = desk.take(document.order_id, 2 * 295 + 495)
        order = desk.placed(document, attempts=(held,))
        assert desk.send(desk.command(order))[0].reasons == ("payment_short",)
        assert desk.amend(order, quantity("TEA-1", 2)).reasons == ()
        row = row_of(desk, order)
        assert (row["state"], row["review_reasons"]) == (OrderState.ACCEPTED, [])

    def test_a_card_for_what_is_open_ends_the_wait_though_nothing_else_changes(
        self, desk: ChangingDesk
    ) -> None:
        document = desk.order(with_line("TEA-1", 4), changed(payment=PaymentMethod.CARD))
        order = desk.placed(document, attempts=(desk.take(document.order_id, 1_000),))
        assert desk.send(desk.command(order))[0].reasons == ("payment_short",)
        change_id = desk.new_change()
        rest = desk.take(OrderId(change_id), 4 * 295 + 495 - 1_000)
        what = desk.amendment(order, attempts=(rest,))
        outcome = desk.send_change(desk.change(order, what, change_id=change_id))
        assert outcome.reasons == ()
        row = row_of(desk, order)
        assert (row["state"], row["review_reasons"]) == (OrderState.ACCEPTED, [])
        account = desk.page(order).account
        assert (account.to_pay.minor, account.authorised.minor) == (0, 1_675)

    def test_what_is_open_of_an_order_that_has_left_is_paid_by_card(
        self, desk: ChangingDesk
    ) -> None:
        order = desk.ordered()
        desk.centre.run("UPDATE sales_order SET fulfilment = 'shipped'")
        change_id = desk.new_change()
        card = desk.take(OrderId(change_id), 1_085)
        by_card = changed(payment=PaymentMethod.CARD)
        what = desk.amendment(order, by_card, attempts=(card,))
        outcome = desk.send_change(desk.change(order, what, change_id=change_id))
        assert outcome.reasons == ()
        assert desk.page(order).account.to_pay.minor == 0
        assert row_of(desk, order)["payment_state"] == PaymentState.AUTHORISED
        desk.centre.run("UPDATE sales_order SET fulfilment = 'shipped'")
        again = desk.amend(order, changed(payment=PaymentMethod.LATER))
        assert again.reasons == ("order_shipped",)

    def test_less_than_it_comes_to_is_kept_until_it_is_paid(self, desk: ChangingDesk) -> None:
        order = desk.ordered(payment=PaymentMethod.CARD)
        change_id = desk.new_change()
        what = desk.amendment(order, quantity("TEA-1", 4))
        outcome = desk.send_change(desk.change(order, what, change_id=change_id))
        assert outcome.reasons == ("payment_short",)
        desk.centre.clock.advance(minutes=1)
        desk.take(OrderId(change_id), 590)
        watch = ChangeWatch(desk.centre.transactions, OrderChanges(regions()))
        watch.look_after()
        assert desk.revision(order) == 2

    def test_what_is_too_much_goes_back(self, desk: ChangingDesk) -> None:
        order = desk.ordered(with_line("TEA-1", 4), payment=PaymentMethod.CARD)
        preview = desk.preview(order, desk.amendment(order, quantity("TEA-1", 3)))
        assert (preview.to_pay.minor, preview.to_refund.minor) == (0, 295)
        desk.amend(order, quantity("TEA-1", 3))
        desk.amend(order, quantity("TEA-1", 2))
        rows = desk.centre.rows(
            "SELECT state, amount_minor FROM order_refund ORDER BY asked_at, state"
        )
        due = sum(row.amount_minor for row in rows if row.state == "due")
        assert due == 590
        assert row_of(desk, order)["payment_state"] == PaymentState.AUTHORISED

    def test_what_was_held_for_a_withdrawn_request_is_given_back(self, desk: ChangingDesk) -> None:
        order = desk.ordered(payment=PaymentMethod.CARD)
        change_id = desk.new_change()
        more = desk.take(OrderId(change_id), 100)
        what = desk.amendment(order, quantity("TEA-1", 4), attempts=(more,))
        change = desk.change(order, what, change_id=change_id)
        assert desk.send_change(change).reasons == ("payment_short",)
        sent = desk.caller.call(WITHDRAW_CHANGE, WithdrawChange(change_id=change_id))
        assert sent.state is ChangeState.WITHDRAWN
        assert desk.ask(more.attempt_id).state.value in {"voiding", "voided"}
        again = desk.caller.call(WITHDRAW_CHANGE, WithdrawChange(change_id=change_id))
        assert again.state is ChangeState.WITHDRAWN


class TestStock:
    def test_more_pieces_are_taken_and_the_rest_follows(self, desk: ChangingDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        order = desk.ordered()
        assert desk.amend(order, quantity("TEA-1", 5)).reasons == ()
        order_id: UUID = order.document.order_id
        assert allocations(desk.centre, order_id) == {"TEA-1": (3, 2)}
        assert row_of(desk, order)["review_reasons"] == ["stock_short:1"]
        desk.amend(order, quantity("TEA-1", 1))
        assert allocations(desk.centre, order_id) == {"TEA-1": (1, 0)}
        assert reserved(desk.centre) == 1
        assert sums_that_are_wrong(desk.centre) == ()


class TestWhatComesLate:
    def test_a_change_before_its_order_waits_for_it(self, desk: ChangingDesk) -> None:
        placed = desk.placed()
        first = desk.change(placed, desk.amendment(placed, quantity("TEA-1", 5)))
        second = desk.change(placed, Cancellation(reason=CancelReason.OTHER), base_revision=2)
        assert desk.send_change(second).reasons == ("order_unknown",)
        assert desk.send_change(first).reasons == ("order_unknown",)
        watch = ChangeWatch(desk.centre.transactions, OrderChanges(regions()))
        watch.look_after()
        assert [row.state for row in change_rows(desk)] == ["open", "open"]
        assert desk.send(desk.command(placed))[0].outcome is Outcome.ACCEPTED
        watch.look_after()
        watch.look_after()
        assert {row.state for row in change_rows(desk)} == {"applied"}
        assert row_of(desk, placed)["state"] == OrderState.CANCELLED
        assert desk.revision(placed) == 3

    def test_a_change_of_a_draft_that_was_given_up_is_kept(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        change_id = desk.new_change()
        desk.send(desk.giving_up(OrderId(change_id)))
        what = desk.amendment(order, quantity("TEA-1", 5))
        outcome = desk.send_change(desk.change(order, what, change_id=change_id))
        assert outcome.reasons == ("order_given_up",)

    def test_a_rejected_request_stays_rejected(
        self, desk: ChangingDesk, lead: ChangingDesk
    ) -> None:
        order = desk.ordered()
        desk.centre.run("UPDATE sales_order SET fulfilment = 'picking'")
        desk.cancel(order)
        change_id = change_rows(desk)[0].change_id
        wanted = SettleChange(change_id=change_id, apply=True, reason="They insist.")
        with pytest.raises(Refusal) as refused:
            lead.caller.call(SETTLE_CHANGE, wanted)
        assert refused.value.code == "order_shipping"
        rejected = msgspec.structs.replace(wanted, apply=False)
        desk.centre.clock.advance(minutes=3)
        assert lead.caller.call(SETTLE_CHANGE, rejected).state is ChangeState.REJECTED
        told = desk.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.ORDER)).rows
        mine = [decode(row.document, OrderDecision) for row in told if row.key == str(change_id)]
        assert [(one.change_id, one.state) for one in mine] == [(change_id, "rejected")]
        assert mine[0].sentence == "A lead turned it down: They insist."
        others = lead.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.ORDER)).rows
        assert str(change_id) not in {row.key for row in others}
        told_of = "SELECT device_id FROM change WHERE kind = 'order' AND key = :change"
        rows = desk.centre.rows(told_of, change=str(change_id))
        assert [row.device_id for row in rows] == [desk.seat.device_id]
        with pytest.raises(Refusal) as refused:
            desk.caller.call(WITHDRAW_CHANGE, WithdrawChange(change_id=change_id))
        assert refused.value.code == "change_settled"
