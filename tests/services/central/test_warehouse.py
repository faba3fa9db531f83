"""Orders go to the warehouse once, and what it tells of them is counted once."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest

from app.services.central.order_decisions import decisions
from app.services.central.order_refunds import RefundWatch
from app.services.central.shipments import shipments_of
from app.services.central.warehouse_messages import full_jitter, note_orders
from app.values.errors import Refusal
from app.values.identity import LineId, MovementId, SystemIds
from app.values.order_life import CancelReason, Fulfilment
from app.values.vocabulary import PaymentMethod, Role
from app.values.warehouse import EventOutcome, WarehouseAnswer
from app.values.warehouse import WarehouseEventKind as Kind
from app.values.worklist import HoldCode
from app.wire.card_operations import CAPTURE_ATTEMPT
from app.wire.message import decode, encode
from app.wire.order_changes import PiecesOfLine
from app.wire.orders import PlacedOrder
from app.wire.payments import CaptureAttempt
from app.wire.sync import OrderDecision
from app.wire.warehouse import PickedLine, ReportFromWarehouse, ReportShipment
from app.wire.warehouse_operations import REPORT_SHIPMENT
from app.wire.worklist import HoldOrder, LiftHold, RejectOrder, ReleaseOrder
from app.wire.worklist_operations import HOLD_ORDER, LIFT_HOLD, REJECT_ORDER, RELEASE_ORDER
from tests.builders import A_MORNING, an_id, changed, with_charge, with_line
from tests.changing_desk import ChangingDesk, quantity
from tests.paying_desk import PayingCentre, pounds
from tests.stocked_desk import allocations, reserved, sums_that_are_wrong
from tests.warehouses import DELIVERED, SHIPPED, Warehoused, line_of


@pytest.fixture
def site(paying: PayingCentre) -> Warehoused:
    return Warehoused(paying)


@pytest.fixture
def either(paying_either: PayingCentre) -> Warehoused:
    return Warehoused(paying_either)


class TestAnOrderOnItsWay:
    def test_goes_once_without_what_is_only_money(self, site: Warehoused) -> None:
        placed = site.placed(with_line("TEA-1", 3), with_charge())
        site.look()
        site.look()
        (message,) = site.line.told
        order = message.order
        assert (message.type.value, order.number, order.version) == ("order.new", placed.number, 1)
        assert [(line.code, line.quantity) for line in order.lines] == [("TEA-1", 3)]
        assert order.deliver_to == placed.document.deliver_to
        assert site.order(placed).fulfilment == "allocated"
        assert site.story(placed.document.order_id) == ["handed_over"]

    def test_waits_while_it_is_not_paid_for_or_a_person_has_to_look(self, site: Warehoused) -> None:
        site.desk.send_order(site.desk.order(changed(payment=PaymentMethod.LATER)))
        site.desk.send_order(site.desk.order(with_line("NO-SUCH", 1)))
        site.look()
        assert site.line.told == []

    def test_is_not_for_a_warehouse_that_came_later(self, site: Warehoused) -> None:
        site.placed()
        site.replica(since=A_MORNING + timedelta(days=1)).hand_over()
        assert site.line.told == []

    def test_goes_again_under_its_id_until_it_is_acknowledged(self, site: Warehoused) -> None:
        placed = site.placed()
        site.line.is_away = True
        site.look()
        site.line.is_away, site.line.loses = False, True
        site.centre.clock.advance(minutes=20)
        site.look()
        assert site.order(placed).fulfilment == "waiting"
        site.line.loses = False
        site.centre.clock.advance(minutes=20)
        site.look()
        assert len({message.id for message in site.line.told}) == 1
        assert len(site.line.told) == 2
        assert site.order(placed).fulfilment == "allocated"
        assert len(site.centre.log.named("warehouse_away")) == 2

    def test_goes_once_however_many_replicas_look(self, site: Warehoused) -> None:
        for _ in range(4):
            site.placed()
        rounds = [threading.Thread(target=site.replica().hand_over) for _ in range(3)]
        for one in rounds:
            one.start()
        for one in rounds:
            one.join()
        site.look()
        assert len({message.id for message in site.line.told}) == len(site.line.told) == 4

    def test_that_was_changed_meanwhile_goes_as_it_is_now(self, site: Warehoused) -> None:
        placed = site.placed()
        site.line.is_away = True
        site.look()
        site.amend(placed, tea=1)
        site.line.is_away = False
        site.look()
        assert [(m.type.value, m.order.version) for m in site.line.told] == [("order.changed", 2)]
        assert site.order(placed).fulfilment == "allocated"

    def test_that_was_cancelled_before_it_went_is_not_told_of(self, site: Warehoused) -> None:
        site.cancel(site.placed())
        site.look()
        assert site.line.told == []

    def test_stops_being_sent_when_the_service_ends(self, site: Warehoused) -> None:
        site.placed()
        site.warehouse.stop()
        site.look()
        assert site.line.told == []

    def test_of_charges_only_is_not_for_the_warehouse(self, site: Warehoused) -> None:
        site.placed(with_charge())
        site.look()
        assert site.line.told == []


class TestAnOrderThatALeadAnswersFor:
    def test_goes_without_money_and_so_does_its_next_version(self, site: Warehoused) -> None:
        desk = ChangingDesk(site.centre, "Desk 2", "grace")
        order = desk.ordered()
        lead = site.centre.signed_in(Role.TEAM_LEAD)
        release = ReleaseOrder(order_id=order.document.order_id, revision=1, unpaid=True)
        lead.call(RELEASE_ORDER, release)
        site.look()
        assert site.line.kinds == ["order.new"]
        assert desk.amend(order, quantity("TEA-1", 1)).reasons == ()
        site.look()
        assert site.line.kinds == ["order.new", "order.changed"]

    def test_waits_for_its_pay_link_where_nobody_does(self, site: Warehoused) -> None:
        desk = ChangingDesk(site.centre, "Desk 2", "grace")
        order = desk.ordered()
        site.centre.run("UPDATE sales_order SET state = 'released', payment_state = 'link_sent'")
        site.look()
        assert site.line.told == []
        assert site.order(order).handed_revision is None


class TestAnOrderThatIsStopped:
    def test_is_told_to_nobody_until_it_is_let_go_on(self, site: Warehoused) -> None:
        placed = site.placed()
        order_id = placed.document.order_id
        lead = site.centre.signed_in(Role.TEAM_LEAD)
        lead.call(HOLD_ORDER, HoldOrder(order_id=order_id, code=HoldCode.FRAUD))
        site.look()
        assert site.line.told == []
        lead.call(LIFT_HOLD, LiftHold(order_id=order_id))
        site.look()
        assert site.line.kinds == ["order.new"]

    def test_keeps_a_message_that_was_written_and_not_sent(self, site: Warehoused) -> None:
        placed = site.placed()
        order_id = placed.document.order_id
        lead = site.centre.signed_in(Role.TEAM_LEAD)
        site.centre.transactions.write(partial(note_orders, since=A_MORNING))
        lead.call(HOLD_ORDER, HoldOrder(order_id=order_id, code=HoldCode.FRAUD))
        site.look()
        assert site.line.told == []
        reject = RejectOrder(order_id=order_id, revision=1, reason=CancelReason.FRAUD, note="No")
        lead.call(REJECT_ORDER, reject)
        site.look()
        states = site.centre.rows("SELECT state FROM warehouse_message")
        assert (site.line.told, [row.state for row in states]) == ([], ["superseded"])

    def test_is_not_stopped_once_the_warehouse_may_have_heard_of_it(self, site: Warehoused) -> None:
        placed = site.placed()
        lead = site.centre.signed_in(Role.TEAM_LEAD)
        site.line.loses = True
        site.look()
        stop = HoldOrder(order_id=placed.document.order_id, code=HoldCode.FRAUD)
        with pytest.raises(Refusal, match="order_shipping"):
            lead.call(HOLD_ORDER, stop)


class TestAChangeOfAnOrderAtTheWarehouse:
    def test_goes_as_an_update_and_a_cancellation_without_lines(self, site: Warehoused) -> None:
        placed = site.placed()
        site.look()
        after = site.amend(placed, tea=1)
        site.look()
        site.cancel(after)
        site.look()
        assert site.line.kinds == ["order.new", "order.changed", "order.cancelled"]
        assert [line.quantity for line in site.line.told[1].order.lines] == [1, 2]
        assert site.line.told[2].order.lines == ()
        assert site.story(placed.document.order_id) == ["handed_over", *["change_taken"] * 2]

    def test_that_is_too_late_is_told_to_the_seat(self, site: Warehoused) -> None:
        placed = site.placed()
        site.look()
        site.amend(placed, tea=1)
        site.line.answers[2] = WarehouseAnswer.TOO_LATE
        site.look()
        assert site.story(placed.document.order_id) == ["handed_over", "warehouse_too_late"]
        told = site.centre.rows("SELECT * FROM change WHERE kind = 'order'")
        assert len(told) == 1
        asked = partial(
            decisions, seat=site.desk.seat.device_id, orders=[str(placed.document.order_id)]
        )
        (change,) = site.centre.transactions.read(asked)
        sentence = decode(change.document, OrderDecision).sentence
        assert sentence.startswith("It was too late for the change of the order")

    def test_may_be_answered_later_by_a_report(self, site: Warehoused) -> None:
        placed = site.placed()
        site.line.answers[1] = WarehouseAnswer.RECEIVED
        site.look()
        message = site.line.told[0].id
        late = site.event(placed, Kind.TOO_LATE, answers=message)
        yes = site.event(placed, Kind.ACCEPTED, answers=message)
        assert [one.outcome.value for one in site.report(late, yes)] == ["taken", "taken"]
        states = site.centre.rows("SELECT state FROM warehouse_message")
        assert [row.state for row in states] == ["too_late"]
        strange = site.event(placed, Kind.ACCEPTED, answers=str(an_id(1)))
        assert site.report(strange)[0].outcome is EventOutcome.KEPT


class TestWhatTheWarehouseReports:
    def test_moves_the_order_its_goods_and_its_money(self, either: Warehoused) -> None:
        placed = either.placed()
        order_id, total = placed.document.order_id, placed.totals.total.minor
        either.look()
        assert either.tell(placed, Kind.PICKING) is EventOutcome.TAKEN
        assert either.order(placed).fulfilment == "picking"
        assert either.tell(placed, SHIPPED, "A", tea=2) is EventOutcome.TAKEN
        either.look()
        assert either.order(placed).fulfilment == "part_shipped"
        assert either.captured(placed) == 2 * 295 + 495
        assert either.order(placed).payment_state == "authorised"
        assert allocations(either.centre, order_id) == {"TEA-1": (1, 0), "CUP-2": (2, 0)}
        either.tell(placed, SHIPPED, "B", tea=1, cup=2)
        either.look()
        assert (either.order(placed).fulfilment, either.captured(placed)) == ("shipped", total)
        assert either.order(placed).payment_state == "paid"
        either.tell(placed, DELIVERED, "A")
        either.tell(placed, DELIVERED, "B")
        assert either.order(placed).fulfilment == "delivered"
        assert either.shipped(placed) == {"TEA-1": (3, 3, 0), "CUP-2": (2, 2, 0)}
        levels = either.centre.rows("SELECT code, on_hand, reserved FROM stock_level ORDER BY code")
        assert [tuple(row) for row in levels] == [("CUP-2", 18, 0), ("TEA-1", 17, 0)]
        assert sums_that_are_wrong(either.centre) == ()
        parcels = either.centre.transactions.read(partial(shipments_of, order_id=order_id))
        assert [(one.shipment_id, one.state, one.tracking) for one in parcels] == [
            ("A", "delivered", "T-A"),
            ("B", "delivered", "T-B"),
        ]
        assert sum(line.quantity for one in parcels for line in one.lines) == 5

    def test_counts_once_however_often_and_in_whatever_order(self, site: Warehoused) -> None:
        placed = site.placed()
        arrived = site.event(placed, DELIVERED, "A")
        sent = site.event(placed, SHIPPED, "A", tea=3, cup=2)
        first = site.report(arrived, sent, site.event(placed, Kind.ALLOCATED))
        assert first[0].sentence == "It is kept until the parcel itself is told of."
        assert site.order(placed).fulfilment == "delivered"
        for _ in range(10):
            assert {one.outcome.value for one in site.report(sent, arrived)} == {"repeated"}
        assert site.shipped(placed) == {"TEA-1": (3, 3, 0), "CUP-2": (2, 2, 0)}
        site.look()
        site.look()
        assert site.captured(placed) == placed.totals.total.minor
        assert reserved(site.centre) == 0
        assert site.line.kinds == ["order.new"]

    def test_counts_once_when_it_comes_twice_at_once(self, site: Warehoused) -> None:
        placed = site.placed()
        event = site.event(placed, SHIPPED, "A", tea=2)
        answers: list[str] = []

        def report() -> None:
            answers.append(site.report(event)[0].outcome.value)

        both = [threading.Thread(target=report) for _ in range(3)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert sorted(answers) == ["repeated", "repeated", "taken"]
        assert site.shipped(placed)["TEA-1"] == (2, 0, 0)

    def test_is_kept_in_words_where_it_cannot_be_true(self, site: Warehoused) -> None:
        placed = site.placed()
        unknown = site.event(placed, SHIPPED, "A", number="0000000000")
        no_parcel = site.event(placed, DELIVERED)
        hats = site.event(placed, SHIPPED, "H", lines=(PickedLine(code="HAT", quantity=1),))
        more = site.event(placed, SHIPPED, "M", tea=9, cup=1)
        again = site.event(placed, SHIPPED, "M", tea=2)
        clash = site.event(placed, SHIPPED, "M", tea=1, id=more.id)
        taken = site.report(unknown, no_parcel, hats, more, again, clash)
        assert [one.outcome.value for one in taken] == ["kept"] * 3 + ["part", "kept", "clash"]
        assert all(one.sentence.endswith(".") for one in taken)
        assert "6 pieces of TEA-1 more than could be sent" in taken[3].sentence
        assert site.shipped(placed) == {"TEA-1": (3, 0, 0), "CUP-2": (1, 0, 0)}
        assert site.centre.rows("SELECT count(*) FROM warehouse_event")[0][0] == 6
        assert site.order(placed).fulfilment == "part_shipped"
        site.look()
        assert site.captured(placed) < placed.totals.total.minor

    def test_names_lines_by_id_or_by_code(self, site: Warehoused) -> None:
        placed = site.placed(with_line("TEA-1", 1), with_line("TEA-1", 2), with_line("CUP-2", 1))
        by_id = PickedLine(line_id=line_of(placed, "CUP-2"), quantity=1)
        strange = PickedLine(line_id=LineId(an_id(99)), quantity=1)
        site.tell(placed, SHIPPED, "A", lines=(PickedLine(code="tea-1", quantity=2), by_id))
        assert site.tell(placed, SHIPPED, "B", lines=(strange,)) is EventOutcome.KEPT
        rows = site.centre.rows("SELECT code, shipped FROM order_progress ORDER BY line_id")
        assert [tuple(row) for row in rows] == [("TEA-1", 1), ("TEA-1", 1), ("CUP-2", 1)]

    def test_is_believed_only_with_the_secret_and_in_time(self, site: Warehoused) -> None:
        body = encode(ReportFromWarehouse(events=(site.event(site.placed(), SHIPPED, "A"),)))
        assert site.refused(body, key=b"somebody else's secret, 32 bytes") == "signature_wrong"
        late = site.centre.clock.now() - timedelta(minutes=6)
        assert site.refused(body, at=late) == "clock_wrong"
        assert site.refused(body, **{"webhook-signature": "v2,x"}) == "signature_wrong"
        assert site.refused(b'{"events": []}') == "malformed"
        assert site.centre.rows("SELECT count(*) FROM warehouse_event")[0][0] == 0

    def test_of_parcels_that_go_wrong_stands_in_the_story(self, site: Warehoused) -> None:
        placed = site.placed()
        site.tell(placed, Kind.COULD_NOT_PICK, tea=1, reason="broken")
        site.tell(placed, SHIPPED, "A", tea=2)
        site.tell(placed, Kind.DELIVERY_FAILED, "A", reason="nobody at home")
        site.tell(placed, Kind.RETURNED_TO_SENDER, "A")
        assert site.story(placed.document.order_id) == [
            *("could_not_pick", "shipped", "delivery_failed", "returned_to_sender")
        ]
        assert site.shipped(placed)["TEA-1"] == (2, 0, 2)
        (parcel,) = site.centre.rows("SELECT state, note FROM shipment")
        assert tuple(parcel) == ("returned", "nobody at home")

    def test_may_be_said_by_a_lead(self, site: Warehoused) -> None:
        placed = site.placed()
        lead = site.centre.signed_in(Role.TEAM_LEAD)
        request = ReportShipment(event=site.event(placed, SHIPPED, "A"))
        assert lead.call(REPORT_SHIPMENT, request).outcome is EventOutcome.TAKEN
        assert site.order(placed).fulfilment == "shipped"
        (row,) = site.centre.rows("SELECT source, person_id FROM warehouse_event")
        assert row.source == "hand"
        assert row.person_id is not None


class TestTheMoneyForWhatWasSent:
    def test_waits_for_a_gateway_that_is_away_and_is_taken_once(self, site: Warehoused) -> None:
        placed = site.placed()
        site.tell(placed, SHIPPED, "A")
        site.centre.gateway.lose_next = True
        site.look()
        site.look()
        site.centre.gateway.is_away = True
        site.centre.clock.advance(minutes=30)
        site.look()
        site.centre.gateway.is_away = False
        site.centre.clock.advance(minutes=30)
        site.look()
        total = placed.totals.total
        assert site.captured(placed) == total.minor
        attempt = site.centre.attempt_rows()[0].attempt_id
        assert site.centre.gateway.held(attempt).captured == total

    def test_is_no_more_than_was_not_taken_by_hand(self, site: Warehoused) -> None:
        placed = site.placed()
        lead = site.centre.signed_in(Role.TEAM_LEAD)
        attempt = placed.attempts[0].attempt_id
        taken = CaptureAttempt(
            movement_id=MovementId(site.centre.ids.new()), attempt_id=attempt, amount=pounds(700)
        )
        lead.call(CAPTURE_ATTEMPT, taken)
        site.tell(placed, SHIPPED, "A")
        site.look()
        assert site.captured(placed) == placed.totals.total.minor

    def test_that_a_bank_refuses_leaves_the_order_unpaid_for_a_person(
        self, site: Warehoused, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        placed = site.placed()
        site.tell(placed, SHIPPED, "A")
        site.centre.gateway.refuse_captures = True
        site.look()
        assert site.order(placed).payment_state == "outstanding"
        assert "capture_refused" in site.story(placed.document.order_id)
        assert site.captured(placed) == 0

    def test_follows_when_the_rest_is_cancelled(self, site: Warehoused) -> None:
        placed = site.placed()
        site.look()
        site.tell(placed, SHIPPED, "A", tea=3)
        site.look()
        site.amend(placed, cup=0)
        site.centre.run("UPDATE order_progress SET cancelled = 2 WHERE code = 'CUP-2'")
        site.look()
        assert site.order(placed).fulfilment == "shipped"
        due = site.centre.rows("SELECT capture_due_at FROM order_at_warehouse")
        assert [row.capture_due_at for row in due] == [None]


class TestTwoCardsOfAnOrder:
    """The first is given back, as a line was cancelled; then the rest is sent."""

    def lessened(self, site: Warehoused) -> PlacedOrder:
        desk = ChangingDesk(site.centre, "Desk 2", "grace")
        lines = with_line("TEA-1", 3), with_line("CUP-2", 1)
        document = desk.order(*lines, changed(payment=PaymentMethod.CARD))
        first = desk.take(document.order_id, 295)
        site.centre.clock.advance(seconds=5)
        second = desk.take(document.order_id, 3 * 295 + 495)
        order = desk.placed(document, attempts=(first, second))
        desk.send(desk.command(order))
        site.look()
        assert desk.amend(order, quantity("CUP-2", 0)).reasons == ()
        site.look()
        return order

    def give_back(self, site: Warehoused) -> list[tuple[str, str]]:
        site.centre.clock.advance(minutes=16)
        RefundWatch(site.centre.transactions, site.centre.payments, site.centre.log).look_after()
        rows = site.centre.rows("SELECT way, state FROM order_refund")
        return [(row.way, row.state) for row in rows]

    def test_is_paid_for_by_the_other(self, site: Warehoused) -> None:
        order = self.lessened(site)
        site.tell(order, SHIPPED, "A", tea=3)
        site.look()
        site.look()
        assert self.give_back(site) == [("void", "done")]
        assert site.captured(order) == 3 * 295 + 495
        taken = site.centre.rows("SELECT outcome FROM audit WHERE operation = 'orders.capture'")
        assert taken == [("done",)]

    def test_which_the_bank_refuses_leaves_nothing_under_way(self, site: Warehoused) -> None:
        order = self.lessened(site)
        site.centre.run("UPDATE card_attempt SET state = 'failed' WHERE amount_minor = 295")
        site.centre.gateway.refuse_captures = True
        site.tell(order, SHIPPED, "A", tea=3)
        site.look()
        site.look()
        assert self.give_back(site) == [("void", "done")]


class TestARealChange:
    def test_after_a_part_was_sent_leaves_goods_and_money_right(self, site: Warehoused) -> None:
        desk = ChangingDesk(site.centre, "Desk 2", "grace")
        lines = with_line("TEA-1", 3), with_line("CUP-2", 2)
        order = desk.ordered(*lines, payment=PaymentMethod.CARD)
        site.look()
        site.tell(order, SHIPPED, "A", tea=3)
        site.look()
        cups = PiecesOfLine(line_id=line_of(order, "CUP-2"), quantity=2)
        assert desk.cancel(order, cups).reasons == ()
        site.look()
        site.look()
        assert site.line.kinds == ["order.new", "order.changed"]
        assert [line.code for line in site.line.told[1].order.lines] == ["TEA-1"]
        assert site.order(order).fulfilment == "shipped"
        assert site.captured(order) == site.order(order).total_minor == 3 * 295 + 495
        assert site.order(order).payment_state == "paid"
        assert sums_that_are_wrong(site.centre) == ()
        assert site.tell(order, SHIPPED, "B", cup=2) is EventOutcome.KEPT
        assert site.shipped(order)["CUP-2"] == (0, 0, 0)

    def test_of_the_whole_before_anything_was_sent_takes_no_money(self, site: Warehoused) -> None:
        desk = ChangingDesk(site.centre, "Desk 2", "grace")
        order = desk.ordered(payment=PaymentMethod.CARD)
        site.look()
        assert desk.cancel(order).reasons == ()
        site.look()
        assert site.line.kinds == ["order.new", "order.cancelled"]
        assert site.captured(order) == 0


def test_an_order_is_complete_when_its_goods_can_no_longer_come_back(site: Warehoused) -> None:
    placed = site.placed()
    site.tell(placed, SHIPPED, "A")
    site.tell(placed, DELIVERED, "A")
    site.centre.clock.advance(days=14)
    site.look()
    assert site.order(placed).fulfilment == "delivered"
    site.centre.clock.advance(days=1)
    site.look()
    assert site.order(placed).fulfilment == Fulfilment.COMPLETED
    site.tell(placed, Kind.RETURNED_TO_SENDER, "A")
    assert site.order(placed).fulfilment == Fulfilment.COMPLETED


def test_waits_between_tries_are_spread_over_a_bound_that_grows() -> None:
    ids = SystemIds()
    for tries, most in ((1, 4), (3, 16), (50, 600)):
        waits = [full_jitter(tries, ids.new()).total_seconds() for _ in range(50)]
        assert 0 <= min(waits) < max(waits) < most
