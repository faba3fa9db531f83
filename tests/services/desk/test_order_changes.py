"""Changing a placed order at the desk: begun, checked as placing is, captured, and told about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from app.services.desk.change_records import known_order
from app.services.desk.desk import Desk
from app.services.desk.recovery import JOURNAL, STORE
from app.services.ports import Caller
from app.services.rules.order_standing import page_at_desk
from app.values.errors import Refusal
from app.values.identity import ChangeId, OrderId
from app.values.order_life import CancelReason, ChangeState, OrderAct
from app.values.vocabulary import ChangeKind, PaymentMethod, Region
from app.wire import operations
from app.wire.order_changes import (
    Amendment,
    BeginAmendment,
    Cancellation,
    ChangeOrder,
    ChangeSent,
    OrderChange,
)
from app.wire.order_operations import BEGIN_AMENDMENT, CHANGE_ORDER
from app.wire.order_page import MayDo, OrderPage
from app.wire.orders import (
    Drafts,
    ListDrafts,
    OrderDocument,
    PlacedOrder,
    SaveDraft,
    VoidDraft,
)
from app.wire.sync import OrderDecision
from tests.builders import an_id, changed, with_line
from tests.services.desk.site import (
    REGIONS,
    Site,
    know_checklists,
    place,
    place_at_once,
    read_back,
    ready,
    record,
    sign_in,
)

KINDS_OF_A_SNAPSHOT = 5
LATER = changed(payment=PaymentMethod.LATER)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def page_of(placed: PlacedOrder, *may: MayDo, revision: int = 1) -> OrderPage:
    """The order as a centre shows it to which nothing has happened yet."""
    page = page_at_desk(placed, REGIONS[Region.GB])
    order = msgspec.structs.replace(page.order, revision=revision)
    return msgspec.structs.replace(page, order=order, may=may)


def placed_at(site: Site, desk: Desk) -> PlacedOrder:
    """An order that the centre has; the desk is in touch with it."""
    caller = ready(desk)
    desk.changes.patience_s = 0
    placed = place(caller, site.order(with_line("TEA-1", 3), with_line("TEA-2", 1), LATER))
    desk.line.step()
    site.centre.pages[OrderId(placed.document.order_id)] = page_of(placed)
    return placed


def begin(caller: Caller, placed: PlacedOrder, change: ChangeId | None = None) -> OrderDocument:
    order_id = OrderId(placed.document.order_id)
    return caller.call(BEGIN_AMENDMENT, BeginAmendment(order_id=order_id, change_id=change))


def with_quantity(document: OrderDocument, quantity: int) -> OrderDocument:
    first, *rest = document.lines
    lines = (msgspec.structs.replace(first, quantity=quantity), *rest)
    return msgspec.structs.replace(document, lines=lines)


def save(caller: Caller, document: OrderDocument) -> OrderDocument:
    caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
    return document


def send(caller: Caller, draft: OrderDocument) -> ChangeSent:
    amends = draft.amends
    assert amends is not None
    request = ChangeOrder(
        change_id=ChangeId(draft.order_id),
        order_id=amends.order_id,
        number=amends.number,
        base_revision=amends.revision,
    )
    return caller.call(CHANGE_ORDER, request)


def amended(caller: Caller, placed: PlacedOrder, quantity: int = 5) -> OrderDocument:
    """A change that is agreed to, ready to be sent."""
    draft = save(caller, with_quantity(begin(caller, placed), quantity))
    read_back(caller, draft)
    return draft


def sent_changes(site: Site) -> list[OrderChange]:
    return list(site.centre.order_changes.values())


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def test_a_change_begins_with_the_order_as_it_is_and_the_record_so_far(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        site.centre.also_by = "Bert Hall"
        draft = begin(desk.caller, placed)
        assert draft.amends is not None
        assert draft.order_id != placed.document.order_id
        assert (draft.lines, draft.amends.number) == (placed.document.lines, placed.number)
        assert (draft.amends.revision, draft.amends.total) == (1, placed.totals.total)
        assert (draft.amends.held.minor, draft.amends.also_by) == (0, "Bert Hall")
        assert record(desk.caller, draft) == placed.read_back
        (listed,) = desk.caller.call(operations.LIST_DRAFTS, ListDrafts()).drafts
        assert listed.changes == placed.number


def test_a_change_that_is_open_here_is_gone_on_with(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = save(desk.caller, with_quantity(begin(desk.caller, placed), 9))
        assert begin(desk.caller, placed) == draft


def test_only_what_was_changed_has_to_be_read_back(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = save(desk.caller, with_quantity(begin(desk.caller, placed), 5))
        with pytest.raises(Refusal) as caught:
            send(desk.caller, draft)
        assert caught.value.code == "read_back_open"
        assert caught.value.sentence == (
            "The read-back is not finished: line 1 (changed), price (changed), order with "
            "obligation to pay (changed)."
        )


def test_a_change_goes_as_a_command_under_the_orders_own_id(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = amended(desk.caller, placed)
        site.centre.go_away()
        desk.line.step()
        sent = send(desk.caller, draft)
        assert (sent.state, "on its way" in sent.sentence) == (None, True)
        site.centre.come_back()
        desk.line.step()
        (change,) = sent_changes(site)
        assert change.change_id == draft.order_id
        assert change.order_id == placed.document.order_id
        assert isinstance(change.what, Amendment)
        assert change.what.document.order_id == placed.document.order_id
        assert change.what.document.lines[0].quantity == 5
        assert change.what.read_back[: len(placed.read_back)] == placed.read_back
        again = send(desk.caller, draft)
        assert again.state is ChangeState.APPLIED
        assert again.sentence == "Your order 000 000 0098 is changed."
        assert len(sent_changes(site)) == 1
        assert not desk.caller.call(operations.LIST_DRAFTS, ListDrafts()).drafts


def test_what_the_centre_keeps_as_a_request_is_said_so(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = amended(desk.caller, placed)
        site.centre.go_away()
        desk.line.step()
        send(desk.caller, draft)
        site.centre.come_back()
        site.centre.kept_because = ("order_changed",)
        desk.line.step()
        sent = send(desk.caller, draft)
        assert (sent.state, sent.reasons) == (ChangeState.OPEN, ("order_changed",))


@pytest.mark.parametrize(("state", "known_as"), [("applied", 5), ("rejected", 3), ("withdrawn", 3)])
def test_what_a_lead_decides_about_a_request_is_known_where_it_was_asked_for(
    site: Site, state: str, known_as: int
) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        for _ in range(KINDS_OF_A_SNAPSHOT):
            desk.feed.step()
        draft = amended(desk.caller, placed)
        site.centre.kept_because = ("order_changed",)
        send(desk.caller, draft)
        desk.line.step()
        change_id = ChangeId(draft.order_id)
        decision = OrderDecision(
            order_id=OrderId(placed.document.order_id),
            number=placed.number,
            state=state,
            sentence="A lead has decided.",
            decided_at=site.clock.now(),
            revision=1,
            change_id=change_id,
        )
        site.centre.put(ChangeKind.ORDER, str(change_id), decision, 1)
        desk.feed.step()
        sent = send(desk.caller, draft)
        assert (sent.state, sent.reasons) == (ChangeState(state), ())
        with desk.records.store.read() as connection:
            known = known_order(connection, OrderId(placed.document.order_id))
        assert known is not None
        assert known.placed.document.lines[0].quantity == known_as


def test_the_answer_is_waited_for_while_the_centre_is_there(site: Site) -> None:
    with site.opened() as desk:
        draft = amended(desk.caller, placed_at(site, desk))
    with site.running() as desk:
        sign_in(desk)
        know_checklists(desk)
        assert send(desk.caller, draft).state is ChangeState.APPLIED


def test_an_order_of_this_desk_can_be_changed_while_the_centre_is_away(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        site.centre.go_away()
        draft = begin(desk.caller, placed)
        assert draft.amends is not None
        assert draft.amends.is_last_known
        read_back(desk.caller, save(desk.caller, with_quantity(draft, 5)))
        send(desk.caller, with_quantity(draft, 5))
        again = begin(desk.caller, placed)
        assert again.amends is not None
        assert (again.amends.revision, again.lines[0].quantity) == (2, 5)


def test_an_order_from_elsewhere_needs_the_centre(site: Site) -> None:
    with site.opened() as desk:
        ready(desk)
        site.centre.go_away()
        other = BeginAmendment(order_id=OrderId(an_id(4_711)))
        assert refused(lambda: desk.caller.call(BEGIN_AMENDMENT, other)) == "order_unknown"


def test_after_a_cancellation_that_is_on_its_way_nobody_knows_what_is_left(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        site.centre.go_away()
        desk.line.step()
        cancellation = ChangeOrder(
            change_id=ChangeId(an_id(5_000)),
            order_id=OrderId(placed.document.order_id),
            number=placed.number,
            base_revision=1,
            what=Cancellation(reason=CancelReason.CHANGED_MIND),
        )
        assert desk.caller.call(CHANGE_ORDER, cancellation).state is None
        assert refused(lambda: begin(desk.caller, placed)) == "change_on_its_way"


def test_where_nothing_can_be_changed_any_more_the_reason_is_said(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        shut = MayDo(act=OrderAct.ADDRESS, obstacle="It has left already.")
        site.centre.pages[OrderId(placed.document.order_id)] = page_of(placed, shut)
        with pytest.raises(Refusal, match="It has left already"):
            begin(desk.caller, placed)


def test_a_change_in_which_nothing_is_other_is_not_sent(site: Site) -> None:
    with site.opened() as desk:
        draft = begin(desk.caller, placed_at(site, desk))
        read_back(desk.caller, draft)
        assert refused(lambda: send(desk.caller, draft)) == "nothing_changed"


def test_a_change_is_no_order_that_could_be_placed(site: Site) -> None:
    with site.opened() as desk:
        draft = amended(desk.caller, placed_at(site, desk))
        assert refused(lambda: place_at_once(desk.caller, draft)) == "is_a_change"


def test_what_others_changed_is_taken_in_and_what_was_typed_stays(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = save(desk.caller, with_quantity(begin(desk.caller, placed), 5))
        second = msgspec.structs.replace(placed.document.lines[1], quantity=4)
        theirs = msgspec.structs.replace(
            placed.document, lines=(placed.document.lines[0], second), internal_note="Ring twice."
        )
        now = page_of(msgspec.structs.replace(placed, document=theirs), revision=2)
        site.centre.pages[OrderId(placed.document.order_id)] = now
        both = begin(desk.caller, placed, ChangeId(draft.order_id))
        assert [line.quantity for line in both.lines] == [5, 4]
        assert both.amends is not None
        assert (both.internal_note, both.amends.revision) == ("Ring twice.", 2)
        assert both.order_id == draft.order_id


def test_a_change_that_is_given_up_is_told_to_colleagues(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = begin(desk.caller, placed)
        given_up = VoidDraft(order_id=OrderId(draft.order_id), reason="not wanted")
        desk.caller.call(operations.VOID_DRAFT, given_up)
        desk.line.step()
        assert site.centre.left == [placed.document.order_id]


@pytest.mark.parametrize("lost", [STORE, JOURNAL])
def test_a_change_outlives_the_loss_of_either_copy(site: Site, lost: str) -> None:
    with site.opened() as desk:
        placed = placed_at(site, desk)
        draft = amended(desk.caller, placed)
        site.centre.go_away()
        desk.line.step()
        send(desk.caller, draft)
    for path in site.folder.glob(f"{lost}*"):
        path.unlink()
    site.centre.come_back()
    with site.opened() as desk:
        ready(desk)
        desk.line.step()
        assert [one.change_id for one in sent_changes(site)] == [draft.order_id]
        drafts: Drafts = desk.caller.call(operations.LIST_DRAFTS, ListDrafts())
        assert not drafts.drafts
