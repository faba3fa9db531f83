"""The outbox: everything reaches the centre once, or a person; nothing is dropped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.models.desk.tables import CommandRow
from app.services.desk.desk import Desk
from app.services.desk.outbox import FAILURES_MOST
from app.services.ports import Caller
from app.values.errors import Fault, Refusal, Unreachable
from app.values.vocabulary import ChangeKind, CommandKind, CommandState
from app.wire import operations
from app.wire.orders import ListDrafts, SaveDraft
from app.wire.people import SignIn, SignOut
from app.wire.sync import Outcome
from tests.builders import changed, with_line
from tests.services.desk.centre import A_CSR, LEAD_PASSWORD, POLICY, WAITS_FOR_EARLIER
from tests.services.desk.site import Signal, Site, close, place, ready, sign_in, status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def stocked(site: Site, desk: Desk, numbers: int) -> Caller:
    """Signed in, with so many numbers, and the centre away again."""
    policy = msgspec.structs.replace(POLICY, numbers_kept=numbers)
    site.centre.put(ChangeKind.POLICY, "policy", policy, 2)
    for _ in range(5):
        desk.feed.step()
    caller = ready(desk)
    site.centre.go_away()
    return caller


def states(desk: Desk) -> list[CommandState]:
    query = select(CommandRow.state).order_by(CommandRow.position)
    with desk.records.store.read() as connection:
        return list(connection.execute(query).scalars())


def send_all(desk: Desk) -> None:
    while desk.outbox.send_batch():
        pass


def wait_for_earlier(site: Site) -> None:
    """As long as the centre lets a command wait for one that has not arrived."""
    site.clock.advance(seconds=WAITS_FOR_EARLIER.total_seconds() + 1)


def test_an_order_is_taken_by_the_centre_and_acknowledged(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]
    assert list(site.centre.orders.values()) == [placed]


def test_a_command_is_signed_for_by_its_person_and_counted(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        for _ in range(3):
            place(caller, site.order())
        with desk.records.store.read() as connection:
            rows = connection.execute(
                select(CommandRow.sequence, CommandRow.person_id).order_by("position")
            ).all()
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert len({row.person_id for row in rows}) == 1


def test_while_the_centre_is_away_orders_wait_and_nothing_is_lost(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        place(caller, site.order())
        with pytest.raises(Unreachable):
            desk.outbox.send_batch()
        assert states(desk) == [CommandState.PENDING]
        site.centre.come_back()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]


def test_many_orders_go_in_batches_in_the_order_of_their_making(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 120)
        numbers = [place(caller, site.order()).number for _ in range(120)]
        site.centre.come_back()
        send_all(desk)
    assert sum(site.centre.batches) == 120
    assert 1 < len(site.centre.batches) < 6
    assert [placed.number for placed in site.centre.orders.values()] == numbers


def test_no_batch_is_longer_than_fifty(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 60)
        documents = [place(caller, site.order()).document for _ in range(60)]
        site.centre.come_back()
        send_all(desk)
        site.centre.batches.clear()
        for document in documents:
            close(caller, document)
        send_all(desk)
    assert site.centre.batches == [50, 10]


def test_the_end_of_a_call_waits_for_its_order(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        close(caller, placed.document)
        site.centre.outcomes[placed.number] = Outcome.RETRY_LATER
        send_all(desk)
        assert states(desk) == [CommandState.PENDING, CommandState.PENDING]
        site.centre.outcomes.clear()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED, CommandState.ACKED]
    assert site.centre.arrived == [CommandKind.PLACE_ORDER, CommandKind.CLOSE_CALL]


def test_the_end_of_a_call_goes_though_its_order_needs_a_person(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        close(caller, placed.document)
        site.centre.unreadable = {placed.number}
        desk.outbox.send_batch()
        desk.outbox.send_batch()
        site.centre.unreadable = set()
        wait_for_earlier(site)
        send_all(desk)
        assert states(desk) == [CommandState.QUARANTINED, CommandState.ACKED]


def test_after_an_outage_orders_and_ends_of_calls_go_together(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        for _ in range(5):
            close(caller, place(caller, site.order()).document)
        site.centre.come_back()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED] * 10
    assert site.centre.batches == [10]
    assert site.centre.arrived == [CommandKind.PLACE_ORDER, CommandKind.CLOSE_CALL] * 5


def test_the_end_of_a_call_is_held_back_with_its_order(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        placed = place(caller, site.order())
        close(caller, placed.document)
        place(caller, site.order())
        site.centre.broken_by = {placed.number}
        site.centre.come_back()
        wait_for_earlier(site)
        send_all(desk)
        assert states(desk) == [CommandState.PENDING, CommandState.PENDING, CommandState.ACKED]
    assert site.centre.batches == [3, 1, 1], "the end of the call was not sent alone"


def test_nobody_has_to_look_at_the_end_of_a_call(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        send_all(desk)
        close(caller, placed.document)
        site.centre.outcomes[placed.number] = Outcome.NEEDS_REVIEW
        send_all(desk)
        assert states(desk) == [CommandState.ACKED, CommandState.ACKED]


def test_large_orders_go_in_smaller_batches(site: Site) -> None:
    long = [with_line(f"TEA-{n}") for n in range(400)]
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        for _ in range(5):
            place(caller, site.order(*long))
        site.centre.come_back()
        send_all(desk)
    assert max(site.centre.batches) < 5
    assert len(site.centre.orders) == 5


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(site: Site) -> None:
    with site.opened() as desk:
        place(ready(desk), site.order())
        site.centre.after_call = lose_the_answer
        with pytest.raises(Unreachable):
            desk.outbox.send_batch()
        site.centre.after_call = None
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]
    assert len(site.centre.orders) == 1


def lose_the_answer(operation: str) -> None:
    raise Unreachable("connection_broken", f"The answer to {operation} was lost.")


def test_what_was_under_way_when_the_program_ended_goes_out_again(site: Site) -> None:
    with site.opened() as desk:
        place(ready(desk), site.order())
        site.centre.after_call = end_of_the_world
        with pytest.raises(KeyboardInterrupt):
            desk.outbox.send_batch()
        site.centre.after_call = None
        assert states(desk) == [CommandState.SENDING]
    with site.opened() as desk:
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]


def end_of_the_world(operation: str) -> None:
    raise KeyboardInterrupt(operation)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.NEEDS_REVIEW, CommandState.NEEDS_REVIEW),
        (Outcome.REFUSED_FINAL, CommandState.QUARANTINED),
    ],
)
def test_what_needs_a_person_is_kept_and_counted(
    site: Site, outcome: Outcome, state: CommandState
) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        site.centre.outcomes[placed.number] = outcome
        send_all(desk)
        assert states(desk) == [state]
        assert (status(desk).waiting, status(desk).needs_person) == (0, 1)


def test_a_later_please_waits_and_holds_up_nobody_for_long(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        first, second = place(caller, site.order()), place(caller, site.order())
        site.centre.outcomes[first.number] = Outcome.RETRY_LATER
        send_all(desk)
        assert states(desk) == [CommandState.PENDING, CommandState.PENDING]
        wait_for_earlier(site)
        send_all(desk)
        assert states(desk) == [CommandState.PENDING, CommandState.ACKED]
        del site.centre.outcomes[first.number]
        send_all(desk)
        assert states(desk) == [CommandState.ACKED, CommandState.ACKED]
    assert second in site.centre.orders.values()


def test_a_command_that_breaks_the_centre_holds_up_nobody_for_long(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        placed = [place(caller, site.order()) for _ in range(5)]
        site.centre.broken_by = {placed[1].number}
        site.centre.come_back()
        wait_for_earlier(site)
        send_all(desk)
        assert states(desk) == [
            CommandState.ACKED,
            CommandState.PENDING,
            CommandState.ACKED,
            CommandState.ACKED,
            CommandState.ACKED,
        ]


def test_a_command_that_breaks_the_centre_again_and_again_waits_for_a_person(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 60)
        poison = place(caller, site.order())
        site.centre.broken_by = {poison.number}
        site.centre.come_back()
        for _ in range(FAILURES_MOST + 1):
            place(caller, site.order())
            wait_for_earlier(site)
            send_all(desk)
        assert states(desk)[0] is CommandState.STUCK
        assert (status(desk).waiting, status(desk).needs_person) == (1, 1)
    site.centre.broken_by = set()
    with site.opened() as desk:
        send_all(desk)
        assert states(desk)[0] is CommandState.ACKED


def test_a_centre_that_fails_on_everything_sends_nothing_to_a_person(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.broken_by = {place(caller, site.order()).number for _ in range(3)}
        for _ in range(3 * FAILURES_MOST):
            send_all(desk)
        assert states(desk) == [CommandState.PENDING] * 3


def test_a_command_the_centre_cannot_read_is_put_in_quarantine_alone(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        placed = [place(caller, site.order()) for _ in range(3)]
        site.centre.come_back()
        site.centre.unreadable = {placed[1].number}
        wait_for_earlier(site)
        send_all(desk)
        assert states(desk) == [
            CommandState.ACKED,
            CommandState.QUARANTINED,
            CommandState.ACKED,
        ]


def test_a_seat_that_is_turned_away_keeps_its_orders_and_says_why(site: Site) -> None:
    with site.opened() as desk:
        place(ready(desk), site.order())
        site.centre.away = Refusal("device_revoked", "This desk was taken out of service.")
        desk.line.step()
        assert states(desk) == [CommandState.PENDING]
        assert "taken out of service" in status(desk).sentence


def test_signing_out_strands_nothing(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        place(caller, site.order())
        caller.call(operations.SIGN_OUT, SignOut())
        site.centre.come_back()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]


def test_what_was_acknowledged_is_settled_once_the_feed_has_been_followed_since(
    site: Site,
) -> None:
    with site.opened() as desk:
        for _ in range(5):
            desk.feed.step()
        place(ready(desk), site.order())
        send_all(desk)
        site.clock.advance(seconds=1)
        site.centre.put(ChangeKind.POLICY, "policy", POLICY, 3)
        desk.feed.step()
        assert states(desk) == [CommandState.SETTLED]


def test_after_a_restore_of_the_centre_it_gets_the_last_month_again(site: Site) -> None:
    with site.opened() as desk:
        for _ in range(5):
            desk.feed.step()
        place(ready(desk), site.order())
        send_all(desk)
        site.centre.orders.clear()
        site.centre.restore([])
        desk.feed.step()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]
    assert len(site.centre.orders) == 1


def test_an_order_is_sent_at_once_when_the_centre_answers(site: Site) -> None:
    sent = Signal()
    with site.running() as desk:
        caller = ready(desk)
        site.centre.after_call = Only("commands.send", sent)
        place(caller, site.order())
        sent.wait_for(1)
    assert len(site.centre.orders) == 1


def test_what_waited_is_sent_by_itself_when_the_centre_is_back(site: Site) -> None:
    sent = Signal()
    with site.running() as desk:
        caller = ready(desk)
        site.centre.after_call = Only("commands.send", sent)
        site.centre.go_away()
        place(caller, site.order(with_line(), changed(internal_note="while away")))
        site.centre.come_back()
        sent.wait_for(1)
    assert len(site.centre.orders) == 1


def test_a_desk_that_ends_in_the_middle_of_a_batch_ends_at_once(site: Site) -> None:
    with site.running() as desk:
        place(ready(desk), site.order())
    with site.opened() as desk:
        sign_in(desk)
        send_all(desk)
    assert len(site.centre.orders) == 1


class Only:
    """Passes on the calls of one operation."""

    def __init__(self, operation: str, signal: Signal) -> None:
        self._operation = operation
        self._signal = signal

    def __call__(self, operation: str) -> None:
        if operation == self._operation:
            self._signal.happened()


def test_a_batch_too_large_for_what_lies_between_goes_in_smaller_ones(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 12)
        for _ in range(10):
            place(caller, site.order())
        site.centre.largest_batch = 3
        site.centre.come_back()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED] * 10
    assert max(site.centre.taken_batches) <= 3


def test_a_proxy_that_turns_large_bodies_away_is_got_past_in_the_end(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 12)
        for _ in range(8):
            place(caller, site.order())
        site.centre.largest_batch = 2
        site.centre.too_large = Unreachable("not_the_centre", "Something else answered.")
        site.centre.come_back()
        for _ in range(9):
            desk.line.step()
        assert states(desk) == [CommandState.ACKED] * 8


def test_a_disk_that_fills_up_while_an_answer_arrives_strands_nothing(site: Site) -> None:
    with site.opened() as desk:
        place(ready(desk), site.order())
        site.centre.after_call = disk_is_full
        assert desk.line.step() > 0
        assert "disk" in status(desk).sentence
        site.centre.after_call = None
        desk.line.step()
        assert states(desk) == [CommandState.ACKED]
    assert len(site.centre.orders) == 1


def disk_is_full(operation: str) -> None:
    if operation == "commands.send":
        raise Fault("disk_full", "The disk of this computer is full.")


def test_what_one_person_left_is_sent_while_the_next_is_signed_in(site: Site) -> None:
    sent = Signal()
    with site.running() as desk:
        caller = ready(desk)
        site.centre.go_away()
        placed = place(caller, site.order())
        caller.call(operations.SIGN_OUT, SignOut())
        site.centre.after_call = Only("commands.send", sent)
        site.centre.come_back()
        caller.call(operations.SIGN_IN, SignIn(login="bert", password=LEAD_PASSWORD))
        sent.wait_for(1)
    (taken,) = site.centre.orders.values()
    assert taken.placed_by == placed.placed_by == A_CSR.person_id


def test_a_sign_in_that_has_run_out_strands_nothing(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        place(caller, site.order())
        site.clock.advance(days=500)
        with pytest.raises(Refusal) as refused:
            caller.call(operations.LIST_DRAFTS, ListDrafts())
        assert refused.value.code == "session_over"
        site.centre.come_back()
        send_all(desk)
        assert states(desk) == [CommandState.ACKED]


def test_a_seat_that_is_turned_away_still_drafts_and_says_that_its_orders_are_kept(
    site: Site,
) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, site.order())
        site.centre.away = Refusal("device_revoked", "This desk was taken out of service.")
        desk.line.step()
        sentence = status(desk).sentence
        assert "taken out of service" in sentence
        assert "1 order is kept here" in sentence
        assert "can still be drafted" in sentence
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=site.order()))
        site.centre.away = None
        desk.line.step()
        assert status(desk).sentence == ""
        assert states(desk) == [CommandState.ACKED]


def test_after_a_restore_what_needs_a_person_goes_again_too(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        site.centre.outcomes[placed.number] = Outcome.NEEDS_REVIEW
        send_all(desk)
        site.centre.orders.clear()
        desk.outbox.send_again()
        send_all(desk)
        assert states(desk) == [CommandState.NEEDS_REVIEW]
    assert len(site.centre.orders) == 1


def test_after_a_restore_what_was_taken_long_before_it_was_sent_goes_again_too(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        place(caller, site.order())
        site.clock.advance(days=45)
        site.centre.come_back()
        send_all(desk)
        site.centre.orders.clear()
        desk.outbox.send_again()
        send_all(desk)
    assert len(site.centre.orders) == 1


def test_what_was_answered_while_the_feed_was_asked_is_not_settled_by_that(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        desk.outbox.note_answered()
        place(caller, site.order())
        send_all(desk)
        desk.outbox.settle()
        assert states(desk) == [CommandState.ACKED]
        desk.outbox.note_answered()
        desk.outbox.settle()
        assert states(desk) == [CommandState.SETTLED]


def test_nothing_is_settled_by_the_hands_of_a_clock(site: Site) -> None:
    with site.opened() as desk:
        place(ready(desk), site.order())
        site.clock.advance(days=1)
        send_all(desk)
        site.clock.set(site.clock.now() - timedelta(days=2))
        desk.outbox.note_answered()
        desk.outbox.settle()
        assert states(desk) == [CommandState.SETTLED]


def test_a_page_that_is_not_the_last_settles_nothing(site: Site) -> None:
    with site.opened() as desk:
        for _ in range(5):
            desk.feed.step()
        place(ready(desk), site.order())
        send_all(desk)
        site.centre.put(ChangeKind.POLICY, "policy", POLICY, 3)
        site.centre.has_more = True
        desk.feed.step()
        assert states(desk) == [CommandState.ACKED]
        site.centre.has_more = False
        site.centre.put(ChangeKind.POLICY, "policy", POLICY, 4)
        desk.feed.step()
        assert states(desk) == [CommandState.SETTLED]


def test_a_heartbeat_tells_what_needs_a_person_and_which_run_of_the_program_it_is(
    site: Site,
) -> None:
    for _ in range(2):
        with site.opened() as desk:
            placed = place(ready(desk), site.order())
            site.centre.outcomes[placed.number] = Outcome.NEEDS_REVIEW
            desk.line.step()
            site.clock.advance(minutes=1)
            desk.line.step()
    beats = site.centre.beats
    assert [beat.needs_person for beat in (beats[0], beats[-1])] == [0, 2]
    runs = {beat.run_id for beat in beats}
    assert len(runs) == 2
    assert None not in runs


def test_what_the_centre_has_to_say_to_a_desk_is_said_there(site: Site) -> None:
    with site.opened() as desk:
        site.centre.says = "This seat runs twice. Please tell your administrator."
        ready(desk)
        assert status(desk).sentence == site.centre.says
        site.centre.says = ""
        site.clock.advance(minutes=1)
        desk.line.step()
        assert status(desk).sentence == ""


def test_a_catalogue_that_is_taken_afresh_is_said_until_it_is_there(site: Site) -> None:
    with site.opened() as desk:
        for _ in range(5):
            desk.feed.step()
        assert status(desk).sentence == ""
        site.centre.restore(site.centre.changes)
        desk.feed.step()
        assert status(desk).sentence == "The catalogue is being taken afresh; you can go on."
    with site.opened() as desk:
        desk.feed.step()
        assert "taken afresh" in status(desk).sentence
        for _ in range(4):
            desk.feed.step()
        site.centre.put(ChangeKind.POLICY, "policy", POLICY, 9)
        desk.feed.step()
        assert status(desk).sentence == ""
