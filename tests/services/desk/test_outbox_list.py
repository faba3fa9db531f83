"""The outbox as its screen shows it: every command, in order, with what is known of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.services.desk.desk import Desk
from app.services.desk.outbox import FAILURES_MOST
from app.services.ports import Caller
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.vocabulary import CommandKind, CommandState
from app.wire.orders import PlacedOrder
from app.wire.outbox import AskOutbox, OpenSentOrder, OutboxPage, SendNow
from app.wire.outbox_operations import ASK_OUTBOX, OPEN_SENT_ORDER, SEND_NOW
from app.wire.sync import Outcome
from tests.builders import an_id
from tests.services.desk.centre import A_CSR
from tests.services.desk.sending import Only, send_all, stocked, wait_for_earlier
from tests.services.desk.site import Signal, Site, close, place, ready, status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def page(caller: Caller, **asked: object) -> OutboxPage:
    return caller.call(ASK_OUTBOX, msgspec.convert(asked, AskOutbox))


def settled(desk: Desk) -> None:
    send_all(desk)
    desk.outbox.note_answered()
    desk.outbox.settle()


def test_an_order_is_listed_with_its_caller_its_total_and_who_took_it(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        (entry,) = page(caller).entries
    assert placed.document.customer is not None
    assert (entry.number, entry.customer, entry.total) == (
        placed.number,
        placed.document.customer.name,
        placed.totals.total,
    )
    assert (entry.taken_by, entry.taken_at) == (A_CSR.name, site.clock.now())
    assert (entry.state, entry.tries) == (CommandState.CAPTURED, 0)


def test_each_sending_is_counted(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, site.order())
        site.centre.go_away()
        desk.line.step()
        desk.line.step()
        (entry,) = page(caller).entries
        assert (entry.state, entry.tries, page(caller).online) == (CommandState.PENDING, 2, False)


def test_what_needs_a_person_comes_first_and_then_the_newest(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        placed = [place(caller, site.order()) for _ in range(4)]
        site.centre.outcomes[placed[1].number] = Outcome.NEEDS_REVIEW
        site.centre.outcomes[placed[2].number] = Outcome.REFUSED_FINAL
        site.centre.come_back()
        send_all(desk)
        numbers = [entry.number for entry in page(caller).entries]
    assert numbers == [placed[n].number for n in (2, 1, 3, 0)]


def test_pages_follow_each_other_by_key_whatever_is_placed_meanwhile(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 9)
        placed = [place(caller, site.order()) for _ in range(7)]
        site.centre.outcomes[placed[0].number] = Outcome.NEEDS_REVIEW
        site.centre.come_back()
        send_all(desk)
        first = page(caller, limit=3)
        place(caller, site.order())
        second = page(caller, limit=3, after=msgspec.to_builtins(first.entries[-1].place))
        third = page(caller, limit=3, after=msgspec.to_builtins(second.entries[-1].place))
    shown = [e.number for one in (first, second, third) for e in one.entries]
    assert shown == [placed[n].number for n in (0, 6, 5, 4, 3, 2, 1)]
    assert (first.more, second.more, third.more) == (True, True, False)


def test_what_is_settled_is_listed_on_request_and_only_that_of_today(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, site.order())
        settled(desk)
        assert page(caller).entries == ()
        assert len(page(caller, with_settled=True).entries) == 1
        site.clock.advance(days=1, hours=1)
        assert page(caller, with_settled=True).entries == ()


def test_the_end_of_a_call_is_listed_with_its_order_and_held_with_it(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        placed = place(caller, site.order())
        close(caller, placed.document)
        site.centre.broken_by = {placed.number}
        site.centre.come_back()
        desk.outbox.send_batch()
        desk.outbox.send_batch()
        end, order = page(caller).entries
    assert (end.kind, end.number) == (CommandKind.CLOSE_CALL, placed.number)
    assert (end.is_held, order.is_held) == (True, False)
    assert order.sentence == "Something is broken at the central service."


def test_what_is_stuck_gets_another_chance_when_it_is_sent_now(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 60)
        poison = place(caller, site.order())
        site.centre.broken_by = {poison.number}
        site.centre.come_back()
        for _ in range(FAILURES_MOST + 1):
            place(caller, site.order())
            wait_for_earlier(site)
            send_all(desk)
        assert page(caller).entries[0].state is CommandState.STUCK
        site.centre.broken_by = set()
        caller.call(SEND_NOW, SendNow())
        send_all(desk)
        assert status(desk).needs_person == 0
    assert poison in site.centre.orders.values()


def test_sending_now_wakes_a_line_that_waits_for_its_next_try(site: Site) -> None:
    sent = Signal()
    with site.running() as desk:
        caller = ready(desk)
        site.centre.go_away()
        place(caller, site.order())
        site.centre.come_back()
        site.centre.after_call = Only("commands.send", sent)
        caller.call(SEND_NOW, SendNow())
        sent.wait_for(1)
    assert len(site.centre.orders) == 1


def test_how_long_until_the_next_try_is_told(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, site.order())
        assert page(caller).entries[0].next_try_at is None, "no thread is waiting"


def test_an_order_is_opened_as_it_was_placed(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        opened: PlacedOrder = caller.call(
            OPEN_SENT_ORDER, OpenSentOrder(order_id=OrderId(placed.document.order_id))
        )
        assert opened == placed
        with pytest.raises(Refusal) as refused:
            caller.call(OPEN_SENT_ORDER, OpenSentOrder(order_id=OrderId(an_id(1))))
    assert refused.value.code == "order_unknown"


def test_nobody_reads_it_without_signing_in(site: Site) -> None:
    with site.opened() as desk, pytest.raises(Refusal) as refused:
        page(desk.caller)
    assert refused.value.code == "not_signed_in"


def test_more_than_a_hundred_commands_are_read_a_page_at_a_time(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 130)
        for _ in range(120):
            place(caller, site.order())
        seen: list[object] = []
        asked = AskOutbox()
        while True:
            found = caller.call(ASK_OUTBOX, asked)
            seen += [entry.command_id for entry in found.entries]
            if not found.more:
                break
            asked = AskOutbox(after=found.entries[-1].place)
    assert len(seen) == len(set(seen)) == 120
    assert found.waiting == 120
