"""What a change of an order leads to at the warehouse, and for whoever stopped or checks it."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest

from app.services.central.guidance import GuidanceEditions
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.money import Currency, Money
from app.values.order_life import CancelReason, OrderState
from app.values.vocabulary import PaymentMethod, Role
from app.values.worklist import HoldCode, WorkKind
from app.wire.guidance import Checklist, When
from app.wire.order_changes import SettleChange
from app.wire.order_operations import SETTLE_CHANGE
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.worklist import HoldOrder, ListWork, RejectOrder, ReleaseOrder
from app.wire.worklist_operations import HOLD_ORDER, LIST_WORK, REJECT_ORDER, RELEASE_ORDER
from tests.builders import with_line
from tests.changing_desk import ChangingDesk, Step, quantity
from tests.order_desk import shipped, stored_order
from tests.paying_desk import PayingCentre
from tests.warehouses import DELIVERED, SHIPPED, Warehoused


@pytest.fixture
def site(paying: PayingCentre) -> Warehoused:
    return Warehoused(paying)


@pytest.fixture
def desk(site: Warehoused) -> ChangingDesk:
    return ChangingDesk(site.centre, "Desk 2", "grace")


@pytest.fixture
def lead(site: Warehoused) -> RemoteCaller:
    return site.centre.signed_in(Role.TEAM_LEAD)


def test_what_is_not_to_be_sent_is_waited_for_no_more_also_without_hand_overs(
    site: Warehoused, desk: ChangingDesk
) -> None:
    order = desk.ordered(with_line("TEA-1", 3), with_line("CUP-2", 2), payment=PaymentMethod.CARD)
    site.tell(order, SHIPPED, "A", tea=3)
    site.tell(order, DELIVERED, "A")
    assert site.order(order).fulfilment == "part_shipped"
    assert desk.amend(order, quantity("CUP-2", 0)).reasons == ()
    assert site.order(order).fulfilment == "delivered"
    site.centre.warehouse.finish()
    site.centre.warehouse.finish()
    assert site.captured(order) == 3 * 295 + 495
    site.centre.clock.advance(days=15)
    site.centre.warehouse.finish()
    assert site.order(order).fulfilment == "completed"


def test_a_rejection_that_is_taken_back_leaves_the_order_stopped(
    site: Warehoused, desk: ChangingDesk, lead: RemoteCaller
) -> None:
    order = desk.ordered(payment=PaymentMethod.CARD)
    order_id = order.document.order_id
    lead.call(HOLD_ORDER, HoldOrder(order_id=order_id, code=HoldCode.FRAUD))
    reject = RejectOrder(order_id=order_id, revision=1, reason=CancelReason.FRAUD, note="Known")
    lead.call(REJECT_ORDER, reject)
    assert lead.call(LIST_WORK, ListWork()).items == ()
    (change,) = site.centre.rows("SELECT change_id FROM order_change")
    assert desk.undo(order, change.change_id).reasons == ()
    site.look()
    assert site.line.told == []
    assert [one.item.kind for one in lead.call(LIST_WORK, ListWork()).items] == [WorkKind.HOLD]


def other_product(document: OrderDocument) -> OrderDocument:
    line = msgspec.structs.replace(document.lines[0], code=ProductCode("CUP-2"))
    return msgspec.structs.replace(document, lines=(line,))


def in_dollars(document: OrderDocument) -> OrderDocument:
    charge = Money(795, Currency.USD)
    delivery = msgspec.structs.replace(document.delivery, charge=charge)
    return msgspec.structs.replace(document, delivery=delivery)


@pytest.mark.parametrize(
    ("step", "code"), [(other_product, "line_reused"), (in_dollars, "currency_mixed")]
)
def test_what_would_mix_products_or_currencies_is_carried_out_by_nobody(
    desk: ChangingDesk, lead: RemoteCaller, step: Step, code: str
) -> None:
    order = desk.ordered()
    what = desk.amendment(order)
    what = msgspec.structs.replace(what, document=step(what.document))
    change = desk.change(order, what)
    assert code in desk.send_change(change).reasons
    wanted = SettleChange(change_id=change.change_id, apply=True, reason="Let it be.")
    with pytest.raises(Refusal, match=code):
        lead.call(SETTLE_CHANGE, wanted)
    assert desk.revision(order) == 1


class TestAnOrderThatBecomesDear:
    def made_dear(self, desk: ChangingDesk) -> PlacedOrder:
        """By an edition whose checklist wants a second person from 20 pounds on."""
        dear = Checklist(name="dear", when=When(total_from=2_000), items=(), second_person=True)
        lists = (*shipped().checklists, dear)
        edition = msgspec.structs.replace(shipped(), checklists=lists)
        publish = partial(GuidanceEditions().publish, guidance=edition)
        revision = desk.centre.administration.write(publish)
        order = desk.ordered(payment=PaymentMethod.LATER)
        what = desk.amendment(order, quantity("TEA-1", 11))
        what = msgspec.structs.replace(what, guidance=revision)
        assert desk.send_change(desk.change(order, what)).reasons == ()
        return order

    def test_waits_for_somebody_who_had_no_part_in_it(
        self, site: Warehoused, desk: ChangingDesk, lead: RemoteCaller
    ) -> None:
        order = self.made_dear(desk)
        kept = stored_order(site.centre, order.document.order_id)
        assert kept["state"] == OrderState.NEEDS_REVIEW
        assert kept["review_reasons"] == ["second_person"]
        site.look()
        assert site.line.told == []
        release = ReleaseOrder(order_id=order.document.order_id, revision=2, unpaid=True)
        lead.call(RELEASE_ORDER, release)
        site.look()
        assert site.line.kinds == ["order.new"]
