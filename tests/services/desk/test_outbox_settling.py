"""The outbox when things go wrong between, and what counts as settled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.values.errors import Fault, Refusal, Unreachable
from app.values.vocabulary import ChangeKind, CommandState
from app.wire import operations
from app.wire.orders import ListDrafts, SaveDraft
from app.wire.people import SignIn, SignOut
from app.wire.sync import Outcome
from tests.services.desk.centre import A_CSR, LEAD_PASSWORD, POLICY
from tests.services.desk.sending import Only, send_all, states, stocked
from tests.services.desk.site import Signal, Site, place, ready, status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


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
