"""What the seat that sent an order is told of it since."""

from __future__ import annotations

import pytest

from app.services.central.order_decisions import decided
from app.values.identity import OrderId
from app.values.order_number import grouped
from app.values.vocabulary import ChangeKind
from app.wire.message import decode
from app.wire.operations import TAKE_SNAPSHOT, WAIT_FOR_CHANGES
from app.wire.sync import Cursor, OrderDecision, TakeSnapshot, WaitForChanges
from tests.builders import with_line
from tests.order_desk import OrderCentre, SendingDesk

EVENT = """
    INSERT INTO order_event (order_id, kind, at, facts) VALUES (:order, :kind, :at, '{}')
"""


class Following:
    """A desk that sends orders and hears what became of them."""

    def __init__(self, centre: OrderCentre) -> None:
        self.centre = centre
        self.desk = SendingDesk(centre)
        asked = self.desk.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.POLICY))
        self.cursor: Cursor = asked.cursor

    def told(self) -> list[OrderDecision]:
        """Decisions since it last asked."""
        request = WaitForChanges(since=self.cursor, kinds=(ChangeKind.ORDER,), wait_seconds=0)
        page = self.desk.caller.call(WAIT_FOR_CHANGES, request)
        self.cursor = page.next
        return [decode(change.document, OrderDecision) for change in page.changes]

    def copied(self) -> list[OrderDecision]:
        """What a fresh copy holds."""
        page = self.desk.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.ORDER, limit=1))
        rows = [*page.rows]
        while page.more:
            page = self.desk.caller.call(
                TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.ORDER, after=rows[-1].key, limit=1)
            )
            rows += page.rows
        return [decode(change.document, OrderDecision) for change in rows]

    def send(self, code: str = "TEA-1") -> OrderId:
        """An order of this product; its id."""
        order = self.desk.order(with_line(code, 1))
        self.desk.send_order(order)
        return order.order_id

    def decide(self, order: OrderId, state: str, *, payment: str = "", kind: str = "seen") -> None:
        """A person, or the bank, decides."""
        self.centre.clock.advance(minutes=5)
        at = self.centre.clock.now()
        self.centre.run(EVENT, order=order, kind=kind, at=at)
        self.centre.run("UPDATE sales_order SET state = :s WHERE order_id = :o", s=state, o=order)
        if payment:
            change = "UPDATE sales_order SET payment_state = :p WHERE order_id = :o"
            self.centre.run(change, p=payment, o=order)
        self.centre.transactions.write(lambda tx: decided(tx, order))


@pytest.fixture
def following(either: OrderCentre) -> Following:
    return Following(either)


def test_nothing_is_told_of_an_order_that_was_accepted(following: Following) -> None:
    following.send()
    assert following.told() == following.copied() == []


def test_an_order_that_needs_a_person_is_told_with_its_reason(following: Following) -> None:
    order = following.send("UNKNOWN-1")
    (decision,) = following.told()
    assert (decision.order_id, decision.state) == (order, "needs_review")
    assert decision.reasons == ("product_unknown",)
    assert decision.sentence == "A product is not in the catalogue."
    assert following.copied() == [decision]


def test_another_number_than_the_caller_was_told_is_said(following: Following) -> None:
    other = SendingDesk(following.centre, "Desk 2")
    told = other.number()
    following.desk.send_order(number=told)
    (decision,) = following.told()
    assert decision.number != told
    assert decision.sentence.endswith(
        f"Its number is {grouped(decision.number)}; the caller was told {grouped(told)}."
    )


def test_a_later_decision_has_a_higher_revision_and_takes_its_place(following: Following) -> None:
    order = following.send("UNKNOWN-1")
    (first,) = following.told()
    following.decide(order, "released")
    following.decide(order, "cancelled")
    (last,) = following.told()
    assert last.revision > first.revision
    assert (last.state, last.sentence) == ("cancelled", "The order was cancelled.")
    assert last.decided_at == following.centre.clock.now()


def test_what_the_bank_says_is_said(following: Following) -> None:
    order = following.send()
    following.decide(order, "accepted", payment="paid", kind="payment")
    (decision,) = following.told()
    assert (decision.state, decision.sentence) == ("accepted", "The order is paid.")
    assert following.copied() == [decision]


def test_a_fresh_copy_has_all_of_this_seat_and_none_of_others(following: Following) -> None:
    mine = {following.send("UNKNOWN-1") for _ in range(3)}
    other = SendingDesk(following.centre, "Desk 2")
    other.send_order(other.order(with_line("UNKNOWN-1", 1)))
    assert {decision.order_id for decision in following.copied()} == mine


def test_a_fresh_copy_goes_back_three_months(following: Following) -> None:
    following.send("UNKNOWN-1")
    following.centre.clock.advance(days=91)
    assert following.copied() == []
