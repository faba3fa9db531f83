"""The outbox: everything reaches the centre once, or a person; nothing is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.desk.tables import CommandRow
from app.services.desk.outbox import FAILURES_MOST
from app.values.errors import Refusal, Unreachable
from app.values.vocabulary import ChangeKind, CommandKind, CommandState
from app.wire import operations
from app.wire.people import SignOut
from app.wire.sync import Outcome
from tests.builders import changed, with_line
from tests.services.desk.centre import POLICY
from tests.services.desk.sending import (
    Only,
    lose_the_answer,
    send_all,
    states,
    stocked,
    wait_for_earlier,
)
from tests.services.desk.site import Signal, Site, close, place, ready, sign_in, status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


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
