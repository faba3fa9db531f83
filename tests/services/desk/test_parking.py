"""Drafts put by for a call back: kept across a restart, the most urgent first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from app.values.errors import Refusal
from app.wire import operations
from app.wire.handover import AskCallBacks, CallBacks, ParkDraft
from app.wire.handover_operations import ASK_CALL_BACKS, PARK_DRAFT
from app.wire.orders import (
    CallBack,
    DraftSummary,
    ListDrafts,
    OpenDraft,
    OrderDocument,
    SaveDraft,
    VoidDraft,
)
from tests.builders import an_id, changed, with_line
from tests.services.desk.site import Site, place, ready, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from app.services.ports import Caller


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def park(caller: Caller, document: OrderDocument, **call_back: Any) -> None:  # noqa: ANN401 - fields of a CallBack
    caller.call(PARK_DRAFT, ParkDraft(document=document, call_back=CallBack(**call_back)))


def listed(caller: Caller) -> tuple[DraftSummary, ...]:
    return caller.call(operations.LIST_DRAFTS, ListDrafts()).drafts


def due(caller: Caller) -> CallBacks:
    return caller.call(ASK_CALL_BACKS, AskCallBacks())


def test_a_parked_order_and_its_call_back_outlive_a_restart(site: Site) -> None:
    document, at = site.order(), site.clock.now() + timedelta(hours=1)
    with site.opened() as desk:
        park(ready(desk), document, at=at, phone="+447700900412", note="Wants the blue one")
    with site.opened() as desk:
        sign_in(desk)
        (draft,) = listed(desk.caller)
        assert draft.call_back == CallBack(at=at, phone="+447700900412", note="Wants the blue one")
        opened = desk.caller.call(operations.OPEN_DRAFT, OpenDraft(order_id=document.order_id))
        assert opened == document


def test_call_backs_come_by_their_time_then_the_newest_of_the_others(site: Site) -> None:
    late, later, parked, typed = (site.order() for _ in range(4))
    now = site.clock.now()
    with site.opened() as desk:
        caller = ready(desk)
        park(caller, later, at=now + timedelta(hours=2))
        park(caller, late, at=now - timedelta(minutes=5))
        park(caller, parked)
        site.clock.advance(seconds=1)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=typed))
        order = [draft.order_id for draft in listed(caller)]
    assert order == [one.order_id for one in (late, later, typed, parked)]


def test_only_those_whose_time_has_come_are_due_the_longest_overdue_first(site: Site) -> None:
    first, second, open_one = (site.order() for _ in range(3))
    with site.opened() as desk:
        caller = ready(desk)
        park(caller, second, at=site.clock.now() + timedelta(minutes=10), phone="+441134960000")
        park(caller, first, at=site.clock.now() + timedelta(minutes=5))
        park(caller, open_one)
        assert due(caller) == CallBacks(due=(), parked=3)
        site.clock.advance(seconds=600)
        found = due(caller)
    assert [one.order_id for one in found.due] == [first.order_id, second.order_id]
    assert (found.due[1].phone, found.due[0].customer_name) == (
        "+441134960000",
        "Margaret Thompson",
    )


def test_what_is_gone_on_with_placed_or_given_up_is_due_no_more(site: Site) -> None:
    resumed, placed, given_up = (site.order() for _ in range(3))
    with site.opened() as desk:
        caller = ready(desk)
        for document in (resumed, placed, given_up):
            park(caller, document, at=site.clock.now())
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=resumed))
        place(caller, placed)
        caller.call(
            operations.VOID_DRAFT, VoidDraft(order_id=given_up.order_id, reason="not reached")
        )
        assert due(caller) == CallBacks()
        (draft,) = listed(caller)
    assert (draft.order_id, draft.call_back) == (resumed.order_id, None)


def test_parking_again_moves_the_time(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        park(caller, document, at=site.clock.now(), note="first")
        park(caller, document)
        assert due(caller).due == ()
        assert listed(caller)[0].call_back == CallBack()


@pytest.mark.parametrize("where", ["note", "document"])
def test_card_digits_are_refused_before_anything_is_kept(site: Site, where: str) -> None:
    digits = "4111 1111 1111 1111"
    change = changed(internal_note=digits if where == "document" else "")
    document = site.order(with_line(), change)
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            park(caller, document, note=digits if where == "note" else "")
        assert refused.value.code == "card_digits"
        assert listed(caller) == ()


def test_a_closed_draft_and_one_of_another_seat_cannot_be_parked(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, document)
        other = msgspec.structs.replace(site.order(), device_id=an_id(5))
        for one, code in ((document, "draft_closed"), (other, "other_seat")):
            with pytest.raises(Refusal) as refused:
                park(caller, one)
            assert refused.value.code == code
