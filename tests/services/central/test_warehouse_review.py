"""What the warehouse cannot do, and what comes back: a person decides, and it comes to an end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.transport.client import RemoteCaller
from app.values.order_life import OrderState
from app.values.vocabulary import Role
from app.values.warehouse import WarehouseAnswer
from app.values.warehouse import WarehouseEventKind as Kind
from app.values.worklist import WorkAct
from app.wire.orders import PlacedOrder
from app.wire.worklist import ClaimWork, ListWork, ReleaseOrder, WorkItem
from app.wire.worklist_operations import CLAIM_WORK, LIST_WORK, RELEASE_ORDER
from tests.changing_desk import ChangingDesk, quantity
from tests.paying_desk import PayingCentre
from tests.warehouses import DELIVERED, SHIPPED, Warehoused


@pytest.fixture
def site(paying: PayingCentre) -> Warehoused:
    return Warehoused(paying)


@pytest.fixture
def lead(site: Warehoused) -> RemoteCaller:
    return site.centre.signed_in(Role.TEAM_LEAD)


def waiting(lead: RemoteCaller) -> tuple[WorkItem, ...]:
    return lead.call(LIST_WORK, ListWork()).items


def release(lead: RemoteCaller, placed: PlacedOrder, revision: int = 1) -> None:
    order_id = placed.document.order_id
    lead.call(RELEASE_ORDER, ReleaseOrder(order_id=order_id, revision=revision))


def refused(site: Warehoused, lead: RemoteCaller) -> tuple[PlacedOrder, int]:
    placed = site.placed()
    site.line.answers[1] = WarehouseAnswer.REFUSED
    site.look()
    return placed, 1


def too_late(site: Warehoused, lead: RemoteCaller) -> tuple[PlacedOrder, int]:
    placed = site.placed()
    site.look()
    site.amend(placed, tea=1)
    site.line.answers[2] = WarehouseAnswer.TOO_LATE
    site.look()
    return placed, 2


def not_picked(site: Warehoused, lead: RemoteCaller) -> tuple[PlacedOrder, int]:
    placed = site.placed()
    site.tell(placed, Kind.COULD_NOT_PICK, tea=1)
    return placed, 1


def returned(site: Warehoused, lead: RemoteCaller) -> tuple[PlacedOrder, int]:
    placed = site.placed()
    site.tell(placed, SHIPPED, "A")
    site.tell(placed, Kind.DELIVERY_FAILED, "A")
    assert waiting(lead) == ()
    site.tell(placed, Kind.RETURNED_TO_SENDER, "A")
    return placed, 1


Happening = Callable[[Warehoused, RemoteCaller], tuple[PlacedOrder, int]]
NOES: dict[Happening, str] = {
    refused: "The warehouse cannot take the order as it is.",
    too_late: "The last change came too late for the warehouse.",
    not_picked: "The warehouse could not pick all of it: decide what is done.",
    returned: "A parcel came back: refund it, or send it again.",
}


@pytest.mark.parametrize("happens", NOES, ids=["refused", "too late", "not picked", "returned"])
def test_it_waits_for_a_person_in_words_until_somebody_has_decided(
    site: Warehoused,
    lead: RemoteCaller,
    happens: Happening,
) -> None:
    placed, revision = happens(site, lead)
    (item,) = waiting(lead)
    assert (item.order_id, item.why) == (placed.document.order_id, (NOES[happens],))
    assert WorkAct.RELEASE in item.acts
    assert site.order(placed).state == OrderState.NEEDS_REVIEW
    release(lead, placed, revision)
    assert waiting(lead) == ()
    assert site.order(placed).state == OrderState.RELEASED


def test_what_was_refused_is_told_once_more_when_a_person_lets_it_go_on(
    site: Warehoused, lead: RemoteCaller
) -> None:
    placed, _ = refused(site, lead)
    site.look()
    assert site.line.kinds == ["order.new"]
    release(lead, placed)
    site.look()
    assert len(site.line.told) == 2
    (item,) = waiting(lead)
    site.line.answers.clear()
    site.centre.clock.advance(seconds=60)
    release(lead, placed)
    site.look()
    assert {message.id for message in site.line.told} == {site.line.told[0].id}
    assert (item.order_id, waiting(lead)) == (placed.document.order_id, ())
    assert site.order(placed).fulfilment == "allocated"


def test_a_change_of_what_was_refused_goes_by_itself(site: Warehoused, lead: RemoteCaller) -> None:
    desk = ChangingDesk(site.centre, "Desk 2", "grace")
    placed = desk.ordered()
    say = "UPDATE sales_order SET payment_state = 'paid' WHERE order_id = :o"
    site.centre.run(say, o=placed.document.order_id)
    site.line.answers[1] = WarehouseAnswer.REFUSED
    site.look()
    assert len(waiting(lead)) == 1
    desk.amend(placed, quantity("TEA-1", 1))
    assert site.order(placed).state == OrderState.ACCEPTED


def test_a_parcel_that_comes_back_is_looked_at_each_time(
    site: Warehoused, lead: RemoteCaller
) -> None:
    placed = site.placed()
    for parcel in ("A", "B"):
        site.tell(placed, SHIPPED, parcel, tea=1)
        site.tell(placed, Kind.RETURNED_TO_SENDER, parcel)
        assert len(waiting(lead)) == 1
        site.centre.clock.advance(seconds=60)
        release(lead, placed)
    site.tell(placed, SHIPPED, "C")
    site.tell(placed, DELIVERED, "C")
    assert waiting(lead) == ()
    assert site.order(placed).review_reasons == ["parcel_returned"]


def test_a_cancellation_that_came_too_late_is_seen_to_and_the_order_stays_cancelled(
    site: Warehoused, lead: RemoteCaller
) -> None:
    placed = site.placed()
    site.look()
    site.cancel(placed)
    site.line.answers[2] = WarehouseAnswer.TOO_LATE
    site.look()
    (item,) = waiting(lead)
    assert item.why == ("The warehouse could not stop it: the goods may be on their way.",)
    assert item.acts == (WorkAct.SETTLE,)
    assert lead.call(CLAIM_WORK, ClaimWork()).item is not None
    release(lead, placed, revision=2)
    assert waiting(lead) == ()
    assert site.order(placed).state == OrderState.CANCELLED
    assert site.story(placed.document.order_id)[-1] == "seen_to"
    site.tell(placed, SHIPPED, "A")
    site.tell(placed, Kind.RETURNED_TO_SENDER, "A")
    assert waiting(lead) == ()
