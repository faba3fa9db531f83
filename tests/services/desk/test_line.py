"""The line to the centre: numbers in stock, one step after another, a clean end."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from app.models.desk.parking import ParkedDraftRow
from app.models.desk.table import DeskTable
from app.models.desk.tables import CommandRow, DraftRow, PlacedOrderRow, ReadBackEntryRow
from app.services.desk.desk import Desk
from app.services.desk.housekeeping import Housekeeping
from app.services.desk.papers import FOLDER, PaperService
from app.services.desk.standing import Standing
from app.services.desk.worker import BackOff, Worker
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.vocabulary import ChangeKind
from app.wire import operations
from app.wire.handover import ParkDraft
from app.wire.handover_operations import PARK_DRAFT
from app.wire.orders import CallBack, MakePaper, NumberShown, Paper, SaveDraft, VoidDraft
from app.wire.sync import Outcome
from tests.builders import a_product, an_id
from tests.fakes import FixedClock
from tests.services.desk.centre import POLICY
from tests.services.desk.site import (
    Signal,
    Site,
    close,
    feed_product,
    place,
    read_back,
    ready,
    record,
    sign_in,
    status,
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def followed(desk: Desk) -> None:
    for _ in range(5):
        desk.feed.step()


def test_numbers_are_leased_before_they_are_needed(site: Site) -> None:
    with site.opened() as desk:
        followed(desk)
        desk.line.step()
        assert status(desk).numbers_left == POLICY.numbers_kept


def test_numbers_are_topped_up_once_a_quarter_is_gone(site: Site) -> None:
    with site.opened() as desk:
        followed(desk)
        caller = ready(desk)
        place(caller, site.order())
        desk.line.step()
        assert status(desk).numbers_left == 7
        place(caller, site.order())
        desk.line.step()
        assert status(desk).numbers_left == 8


def test_a_policy_that_keeps_more_numbers_is_followed(site: Site) -> None:
    with site.opened() as desk:
        followed(desk)
        desk.line.step()
        more = msgspec.structs.replace(POLICY, numbers_kept=1_200)
        site.centre.put(ChangeKind.POLICY, "policy", more, 2)
        desk.feed.step()
        desk.line.step()
        assert status(desk).numbers_left == 1_008
        desk.line.step()
        assert status(desk).numbers_left == 1_008


def test_a_desk_that_cannot_reach_the_centre_says_so_and_goes_on(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        assert status(desk).online
        site.centre.go_away()
        place(caller, site.order())
        assert desk.line.step() > 0
        standing = status(desk)
    assert (standing.online, standing.waiting) == (False, 1)
    assert "does not answer" in standing.sentence


def test_orders_that_cannot_be_sent_for_long_are_told_to_the_team_lead(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        site.centre.outcomes[placed.number] = Outcome.RETRY_LATER
        desk.line.step()
        assert status(desk).sentence == ""
        site.clock.advance(minutes=6)
        desk.line.step()
        assert "five minutes" in status(desk).sentence
        site.centre.outcomes.clear()
        desk.line.step()
        assert status(desk).sentence == ""


def test_a_desk_that_has_not_asked_yet_does_not_complain(site: Site) -> None:
    with site.opened() as desk:
        assert status(desk).sentence == ""


def test_a_running_desk_starts_and_ends_within_one_breath(site: Site) -> None:
    for _ in range(3):
        with site.running():
            pass


def paper(desk: Desk, order_id: OrderId, *, copy: bool = False) -> Paper:
    return desk.caller.call(operations.MAKE_PAPER, MakePaper(order_id=order_id, copy=copy))


def test_the_confirmation_is_a_file_for_its_user_only(site: Site) -> None:
    with site.opened() as desk:
        followed(desk)
        placed = place(ready(desk), site.order())
        made = Path(paper(desk, placed.document.order_id).path)
    assert made.name == f"{placed.number}.pdf"
    assert made.read_bytes().startswith(b"%PDF-")
    assert (made.stat().st_mode & 0o777, made.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_copy_is_another_file(site: Site) -> None:
    with site.opened() as desk:
        followed(desk)
        order_id = place(ready(desk), site.order()).document.order_id
        assert paper(desk, order_id).path != paper(desk, order_id, copy=True).path


def test_an_order_of_nobody_has_no_paper(site: Site) -> None:
    with site.opened() as desk:
        followed(desk)
        sign_in(desk)
        with pytest.raises(Refusal) as refused:
            paper(desk, OrderId(an_id(1)))
    assert refused.value.code == "order_unknown"


def test_before_the_policy_is_known_there_is_no_paper(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        with pytest.raises(Refusal) as refused:
            paper(desk, placed.document.order_id)
    assert refused.value.code == "policy_unknown"


def housekeeping(site: Site, desk: Desk) -> Housekeeping:
    papers = PaperService(site.folder, desk.records.store, desk.place, site.clock)
    return Housekeeping(site.folder, desk.records.store, papers, desk.calls, site.clock, silence)


def silence(_sentence: str) -> None:
    """Nobody listens."""


_TABLES: tuple[type[DeskTable], ...] = (CommandRow, PlacedOrderRow, DraftRow, ReadBackEntryRow)


def count(desk: Desk, table: type[DeskTable]) -> int:
    with desk.records.store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def settled_orders(site: Site, desk: Desk, orders: int) -> None:
    caller = ready(desk)
    for _ in range(orders):
        placed = place(caller, site.order())
        shown = NumberShown(order_id=OrderId(placed.document.order_id))
        caller.call(operations.NUMBER_SHOWN, shown)
        close(caller, placed.document)
    while desk.outbox.send_batch():
        pass
    desk.outbox.note_answered()
    desk.outbox.settle()


def test_a_month_after_it_was_settled_an_order_leaves_the_desk(site: Site) -> None:
    with site.opened() as desk:
        settled_orders(site, desk, 3)
        site.clock.advance(days=31)
        housekeeping(site, desk).run()
        kept = [count(desk, table) for table in _TABLES]
    assert kept == [1, 0, 0, 0]


def test_before_that_nothing_leaves(site: Site) -> None:
    with site.opened() as desk:
        settled_orders(site, desk, 3)
        site.clock.advance(days=29)
        housekeeping(site, desk).run()
        assert [count(desk, table) for table in _TABLES[:3]] == [6, 3, 3]
        assert count(desk, ReadBackEntryRow) > 3


def test_what_the_centre_has_not_answered_for_never_leaves(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        for _ in range(3):
            place(caller, site.order())
        site.clock.advance(days=400)
        housekeeping(site, desk).run()
        assert [count(desk, table) for table in _TABLES[:3]] == [6, 3, 0]
        assert count(desk, ReadBackEntryRow) > 3


def test_an_open_draft_never_leaves_and_one_that_was_given_up_does(site: Site) -> None:
    kept, given_up = site.order(), site.order()
    with site.opened() as desk:
        caller = ready(desk)
        for document in (kept, given_up):
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        void = VoidDraft(order_id=OrderId(given_up.order_id), reason="hung up")
        caller.call(operations.VOID_DRAFT, void)
        site.clock.advance(days=31)
        housekeeping(site, desk).run()
        assert count(desk, DraftRow) == 1


def test_when_to_call_back_goes_with_its_draft(site: Site) -> None:
    kept, given_up = site.order(), site.order()
    call_back = CallBack(phone="+447700900412", note="ask for the daughter")
    with site.opened() as desk:
        caller = ready(desk)
        for document in (kept, given_up):
            caller.call(PARK_DRAFT, ParkDraft(document=document, call_back=call_back))
        void = VoidDraft(order_id=OrderId(given_up.order_id), reason="hung up")
        caller.call(operations.VOID_DRAFT, void)
        site.clock.advance(days=31)
        housekeeping(site, desk).run()
        assert count(desk, ParkedDraftRow) == 1


def test_a_record_goes_with_its_draft_and_one_without_a_draft_a_month_later(site: Site) -> None:
    kept, given_up, never_saved = site.order(), site.order(), site.order()
    with site.opened() as desk:
        caller = ready(desk)
        for document in (kept, given_up):
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        for document in (kept, given_up, never_saved):
            read_back(caller, document)
        void = VoidDraft(order_id=OrderId(given_up.order_id), reason="hung up")
        caller.call(operations.VOID_DRAFT, void)
        housekeeping(site, desk).run()
        assert record(caller, never_saved)
        assert record(caller, given_up)
        site.clock.advance(days=31)
        housekeeping(site, desk).run()
        assert record(caller, kept)
        assert record(caller, given_up) == record(caller, never_saved) == ()


def test_papers_go_after_a_week(site: Site) -> None:
    old = site.folder / FOLDER / "0000000098.pdf"
    with site.opened() as desk:
        old.parent.mkdir()
        old.touch()
        site.clock.set(site.clock.now().replace(year=2100))
        housekeeping(site, desk).run()
    assert not old.exists()


def test_a_journal_a_month_old_is_written_anew_with_what_the_store_keeps(site: Site) -> None:
    with site.opened() as desk:
        settled_orders(site, desk, 8)
    long = (site.folder / "desk.journal").stat().st_size
    site.clock.advance(days=31)
    with site.opened() as desk:
        housekeeping(site, desk).run()
    site.clock.advance(days=31)
    with site.opened() as desk:
        assert count(desk, CommandRow) == 1
    assert (site.folder / "desk.journal").stat().st_size < long / 2


def test_products_and_orders_do_not_wait_for_each_other(site: Site) -> None:
    for number in range(2_000):
        feed_product(site.centre, a_product(f"CUP-{number:04}"))
    fed = Signal()
    with site.running() as desk:
        desk.feed.when_followed(fed.happened)
        caller = ready(desk)
        assert {place(caller, site.order()).number for _ in range(8)}


def test_waiting_times_grow_from_half_a_second_to_a_minute() -> None:
    back_off = BackOff(certainly)
    waits = [back_off.failed() for _ in range(10)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    back_off.succeeded()
    assert back_off.failed() == 0.5


def certainly() -> float:
    return 1.0


def test_waiting_times_are_a_matter_of_chance() -> None:
    back_off = BackOff(iter([0.0, 0.5, 0.25]).__next__)
    assert [back_off.failed() for _ in range(3)] == [0.25, 0.5, 0.5]


def test_a_worker_works_when_it_is_woken_and_ends_when_it_is_told() -> None:
    steps = Signal()
    worker = Worker("under test", WaitingForEver(steps), FixedClock())
    worker.start()
    steps.wait_for(1)
    worker.wake()
    steps.wait_for(2)
    worker.ask_to_stop()
    worker.join()


class WaitingForEver:
    """A step that asks never to be repeated by itself."""

    def __init__(self, steps: Signal) -> None:
        self._steps = steps

    def __call__(self) -> float | None:
        self._steps.happened()
        return None


def test_a_worker_that_was_never_started_ends_too() -> None:
    worker = Worker("under test", WaitingForEver(Signal()), FixedClock())
    worker.ask_to_stop()
    worker.join()


def test_those_who_wait_for_the_centre_are_told_once_when_it_is_back() -> None:
    told: list[str] = []
    standing = Standing(FixedClock())
    standing.when_back(Note(told))
    standing.heard()
    standing.heard()
    standing.missed()
    standing.heard()
    assert told == ["back", "back"]


def test_those_who_have_to_go_on_trying_are_told_once_when_the_centre_is_lost() -> None:
    told: list[str] = []
    standing = Standing(FixedClock())
    standing.when_lost(Note(told, "lost"))
    standing.missed()
    standing.heard()
    standing.missed()
    standing.missed()
    assert told == ["lost"]


class Note:
    """Notes that it was called."""

    def __init__(self, told: list[str], word: str = "back") -> None:
        self._told = told
        self._word = word

    def __call__(self) -> None:
        self._told.append(self._word)


def test_the_same_sentence_is_not_said_twice() -> None:
    standing = Standing(FixedClock())
    standing.say("line", "This desk was taken out of service.")
    standing.say("feed", "This desk was taken out of service.")
    assert standing.sentence() == "This desk was taken out of service."
    standing.say("line", "")
    standing.say("feed", "")
    assert standing.sentence() == ""


def test_the_desk_leaves_no_thread_behind(site: Site) -> None:
    before = threading.active_count()
    with site.running() as desk:
        sign_in(desk)
    assert threading.active_count() == before
