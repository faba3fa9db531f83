"""What waits for a person: one list, claimed by one at a time, and every decision it leads to."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import AttemptId, OrderId
from app.values.order_life import CancelReason, Fulfilment, OrderState
from app.values.vocabulary import PaymentState, Role
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire import worklist_operations as work
from app.wire.worklist import (
    CLAIM_MINUTES,
    ClaimWork,
    GiveBackOrphan,
    HoldOrder,
    LeaveWork,
    LiftHold,
    ListWork,
    RejectOrder,
    ReleaseOrder,
    WorkItem,
    WorkItemId,
)
from tests.builders import with_line
from tests.order_desk import OrderCentre, SendingDesk, stored_order


@pytest.fixture
def lead(either: OrderCentre) -> RemoteCaller:
    return either.signed_in(Role.TEAM_LEAD, f"lead-{either.ids.new().hex[-6:]}")


def odd(desk: SendingDesk) -> OrderId:
    """An order of a product that nobody knows, of which nothing is paid."""
    placed = desk.placed(desk.order(with_line("NOPE-9", 1)))
    desk.send(desk.command(placed))
    return placed.document.order_id


def unpaid(desk: SendingDesk) -> OrderId:
    placed = desk.placed()
    desk.send(desk.command(placed))
    return placed.document.order_id


def listed(lead: RemoteCaller, *kinds: WorkKind, mine: bool = False) -> tuple[WorkItem, ...]:
    return lead.call(work.LIST_WORK, ListWork(kinds=kinds, mine=mine)).items


def item(kind: WorkKind, subject: UUID) -> WorkItemId:
    return WorkItemId(kind=kind, subject=subject)


def code_of(caller: RemoteCaller, operation: object, request: object) -> str:
    with pytest.raises(Refusal) as refusal:
        caller.call(operation, request)  # type: ignore[arg-type] # any row of the table
    return refusal.value.code


def test_an_odd_order_is_listed_with_its_reasons_in_words(
    desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = odd(desk)
    (found,) = listed(lead, WorkKind.REVIEW)
    assert (found.item.subject, found.order_id) == (order_id, order_id)
    assert "A product is not in the catalogue." in found.why
    assert found.customer == "Margaret Thompson"
    assert found.acts == (WorkAct.COLLECT, WorkAct.BILL, WorkAct.HOLD, WorkAct.REJECT)


def test_the_list_is_counted_by_kind_and_paged_by_the_last_one_seen(
    desk: SendingDesk, lead: RemoteCaller
) -> None:
    orders = [unpaid(desk) for _ in range(3)]
    first = lead.call(work.LIST_WORK, ListWork(limit=2))
    last = first.items[-1]
    rest = lead.call(work.LIST_WORK, ListWork(limit=2, after=last.item, after_since=last.since))
    seen = [one.item.subject for one in (*first.items, *rest.items)]
    assert sorted(seen) == sorted(orders)
    assert (first.more, rest.more) == (True, False)
    counts = {one.kind: one.waiting for one in first.counts}
    assert counts[WorkKind.PAYMENT] == 3
    assert counts[WorkKind.REVIEW] == 0


def test_an_item_belongs_to_whoever_claimed_it_until_its_time_is_over(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = odd(desk)
    other = either.signed_in(Role.TEAM_LEAD)
    wanted = ClaimWork(item=item(WorkKind.REVIEW, order_id))
    mine = lead.call(work.CLAIM_WORK, wanted).item
    assert mine is not None
    assert mine.claimed is not None
    assert mine.claimed.mine
    assert code_of(other, work.CLAIM_WORK, wanted) == "claimed"
    assert [one.item for one in listed(lead, mine=True)] == [mine.item]
    assert other.call(work.CLAIM_WORK, ClaimWork()).item is None
    either.clock.advance(seconds=CLAIM_MINUTES * 60 + 1)
    assert other.call(work.CLAIM_WORK, wanted).item is not None


def test_one_key_leads_to_the_oldest_that_nobody_is_at(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    first = odd(desk)
    either.clock.advance(seconds=60)
    second = odd(desk)
    other = either.signed_in(Role.TEAM_LEAD)
    got = [caller.call(work.CLAIM_WORK, ClaimWork()).item for caller in (lead, other)]
    assert [one.item.subject for one in got if one is not None] == [first, second]
    lead.call(work.LEAVE_WORK, LeaveWork(item=item(WorkKind.REVIEW, first)))
    third = either.signed_in(Role.TEAM_LEAD).call(work.CLAIM_WORK, ClaimWork()).item
    assert third is not None
    assert third.item.subject == first


def test_it_goes_on_behind_where_somebody_is_and_begins_anew_at_the_end(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    waiting = []
    for _ in range(2):
        waiting.append(odd(desk))
        either.clock.advance(seconds=60)
    at: WorkItem | None = None
    seen = []
    for _ in range(3):
        after = ClaimWork(
            after=at.item if at is not None else None,
            after_since=at.since if at is not None else None,
        )
        at = lead.call(work.CLAIM_WORK, after).item
        assert at is not None
        seen.append(at.item.subject)
        lead.call(work.LEAVE_WORK, LeaveWork(item=at.item))
    assert seen == [*waiting, waiting[0]]


def test_an_order_whose_link_ran_out_after_it_was_released_is_released_again(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = odd(desk)
    say = "UPDATE sales_order SET payment_state = :state WHERE order_id = :order"
    either.run(say, state=PaymentState.LINK_SENT.value, order=order_id)
    lead.call(work.RELEASE_ORDER, ReleaseOrder(order_id=order_id, revision=1))
    either.clock.advance(seconds=3_600)
    either.run(say, state=PaymentState.OUTSTANDING.value, order=order_id)
    assert [one.item.kind for one in listed(lead)] == [WorkKind.PAYMENT]
    lead.call(work.RELEASE_ORDER, ReleaseOrder(order_id=order_id, revision=1, unpaid=True))
    assert listed(lead) == ()


def test_what_is_settled_cannot_be_claimed(desk: SendingDesk, lead: RemoteCaller) -> None:
    order_id = odd(desk)
    lead.call(work.RELEASE_ORDER, ReleaseOrder(order_id=order_id, revision=1, unpaid=True))
    claim = ClaimWork(item=item(WorkKind.REVIEW, order_id))
    assert code_of(lead, work.CLAIM_WORK, claim) == "not_waiting"


def test_an_order_is_released_once_somebody_answers_for_the_money(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = odd(desk)
    release = ReleaseOrder(order_id=order_id, revision=1)
    assert code_of(lead, work.RELEASE_ORDER, release) == "payment_open"
    agreed = ReleaseOrder(order_id=order_id, revision=1, unpaid=True, note="Pays on delivery")
    lead.call(work.RELEASE_ORDER, agreed)
    assert stored_order(either, order_id)["state"] == OrderState.RELEASED
    assert listed(lead) == ()
    events = either.rows("SELECT facts FROM order_event WHERE kind = 'released'")
    assert events[0].facts["reasons"]


def test_an_order_that_was_changed_meanwhile_is_not_released(
    desk: SendingDesk, lead: RemoteCaller
) -> None:
    release = ReleaseOrder(order_id=odd(desk), revision=2, unpaid=True)
    assert code_of(lead, work.RELEASE_ORDER, release) == "order_changed"


def test_a_stopped_order_waits_until_whoever_stopped_it_or_a_lead_lifts_it(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = unpaid(desk)
    csr, colleague = either.signed_in(), either.signed_in()
    stop = HoldOrder(order_id=order_id, code=HoldCode.ADDRESS, note="Calls back about the street")
    held = csr.call(work.HOLD_ORDER, stop)
    (found,) = listed(lead)
    assert found.item.kind is WorkKind.HOLD
    assert (found.note, found.who) == ("Calls back about the street", held.by)
    assert WorkAct.UNHOLD in found.acts
    lift = LiftHold(order_id=order_id)
    assert code_of(colleague, work.LIFT_HOLD, lift) == "hold_of_another"
    lead.call(work.LIFT_HOLD, lift)
    assert [one.item.kind for one in listed(lead)] == [WorkKind.PAYMENT]
    assert code_of(csr, work.LIFT_HOLD, lift) == "not_held"


def test_what_the_warehouse_has_cannot_be_stopped(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = unpaid(desk)
    either.run(
        "UPDATE sales_order SET fulfilment = :f WHERE order_id = :o",
        f=Fulfilment.ALLOCATED.value,
        o=order_id,
    )
    stop = HoldOrder(order_id=order_id, code=HoldCode.OTHER)
    assert code_of(lead, work.HOLD_ORDER, stop) == "order_shipping"


def test_goods_that_left_unpaid_are_still_to_be_paid_for(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = unpaid(desk)
    either.run(
        "UPDATE sales_order SET fulfilment = :f WHERE order_id = :o",
        f=Fulfilment.SHIPPED.value,
        o=order_id,
    )
    (found,) = listed(lead)
    assert found.item.kind is WorkKind.PAYMENT
    assert found.acts == (WorkAct.COLLECT, WorkAct.BILL)
    lead.call(work.RELEASE_ORDER, ReleaseOrder(order_id=order_id, revision=1, unpaid=True))
    assert listed(lead) == ()


def test_a_rejected_order_is_cancelled_whole_and_waits_for_nobody(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    order_id = odd(desk)
    lead.call(work.HOLD_ORDER, HoldOrder(order_id=order_id, code=HoldCode.FRAUD))
    reject = RejectOrder(
        order_id=order_id, revision=1, reason=CancelReason.FRAUD, note="Known stolen card"
    )
    lead.call(work.REJECT_ORDER, reject)
    kept = stored_order(either, order_id)
    assert (kept["state"], kept["revision"], kept["total_minor"]) == (OrderState.CANCELLED, 2, 0)
    assert listed(lead) == ()
    assert code_of(lead, work.REJECT_ORDER, reject) == "order_changed"


def test_a_csr_sees_no_list(either: OrderCentre) -> None:
    assert code_of(either.signed_in(), work.LIST_WORK, ListWork()) == "permission_missing"


def test_money_without_an_order_is_listed_after_a_while(
    either: OrderCentre, desk: SendingDesk, lead: RemoteCaller
) -> None:
    attempt, at = either.ids.new(), either.clock.now()
    either.run(
        """
        INSERT INTO card_attempt (attempt_id, order_id, device_id, person_id, lease_id, gateway,
            digest, amount_minor, currency, state, approved_minor, captured_minor, refunded_minor,
            reference, token, brand, last_four, address_check, postcode_check, code_check,
            refusal_code, refusal_sentence, started_at, changed_at, due_at, tries)
        VALUES (:a, :o, :d, :p, :l, 'sandbox', decode(repeat('00', 32), 'hex'), 4995, 'GBP',
            'authorised', 4995, 0, 0, 'r', 't', 'visa', '4242', 'match', 'match', 'match', '', '',
            :at, :at, :due, 0)
        """,
        a=attempt,
        o=either.ids.new(),
        d=desk.seat.device_id,
        p=desk.person,
        l=either.ids.new(),
        at=at,
        due=at + timedelta(hours=72),
    )
    assert listed(lead, WorkKind.ORPHAN) == ()
    either.clock.advance(seconds=2 * 3_600)
    (found,) = listed(lead, WorkKind.ORPHAN)
    assert found.item.subject == attempt
    assert found.amount is not None
    assert found.amount.minor == 4_995
    assert found.why[1].startswith("Visa ending 4242, taken by Ada at ")
    assert found.acts == (WorkAct.GIVE_BACK,)
    give_back = GiveBackOrphan(attempt_id=AttemptId(attempt), reason="Nobody ordered")
    assert code_of(lead, work.GIVE_BACK_ORPHAN, give_back) == "no_card_gateway"
    either.run(
        "UPDATE card_attempt SET order_id = :o WHERE attempt_id = :a", o=unpaid(desk), a=attempt
    )
    assert code_of(lead, work.GIVE_BACK_ORPHAN, give_back) == "order_known"
