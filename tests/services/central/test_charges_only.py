"""Orders without goods: the warehouse never hears of them, and they come to an end all the same."""

from __future__ import annotations

import pytest

from app.values.order_life import Fulfilment
from app.values.vocabulary import Role
from app.values.worklist import HoldCode
from app.wire.worklist import HoldOrder, LiftHold, ReleaseOrder
from app.wire.worklist_operations import HOLD_ORDER, LIFT_HOLD, RELEASE_ORDER
from tests.builders import with_charge
from tests.changing_desk import ChangingDesk
from tests.paying_desk import PayingCentre
from tests.warehouses import Warehoused


@pytest.fixture
def site(paying: PayingCentre) -> Warehoused:
    return Warehoused(paying)


def test_it_is_complete_once_its_money_was_taken(site: Warehoused) -> None:
    placed = site.placed(with_charge())
    site.look()
    assert site.order(placed).fulfilment == Fulfilment.WAITING
    site.centre.clock.advance(seconds=150)
    site.look()
    assert site.order(placed).fulfilment == Fulfilment.COMPLETED
    assert site.captured(placed) == placed.totals.total.minor
    assert site.order(placed).payment_state == "paid"
    assert site.story(placed.document.order_id)[-1] == "completed_at_once"
    assert site.line.told == []


def test_it_waits_while_it_is_stopped_or_not_paid_for(site: Warehoused) -> None:
    desk = ChangingDesk(site.centre, "Desk 2", "grace")
    placed = desk.ordered(with_charge())
    order_id = placed.document.order_id
    lead = site.centre.signed_in(Role.TEAM_LEAD)
    site.look()
    assert site.order(placed).fulfilment == Fulfilment.WAITING
    lead.call(RELEASE_ORDER, ReleaseOrder(order_id=order_id, revision=1, unpaid=True))
    lead.call(HOLD_ORDER, HoldOrder(order_id=order_id, code=HoldCode.OTHER))
    site.look()
    assert site.order(placed).fulfilment == Fulfilment.WAITING
    lead.call(LIFT_HOLD, LiftHold(order_id=order_id))
    site.look()
    assert site.order(placed).fulfilment == Fulfilment.COMPLETED
