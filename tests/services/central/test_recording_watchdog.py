"""Desks, services and recorders that go away: the recording goes on all the same."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from app.services.central.pause_settings import OnExpiry, PauseSettings
from app.services.central.recorder import Capabilities
from app.services.central.resuming import AT_ONCE, backoff_s
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.vocabulary import CallEventKind, CallFlag, ConfirmedBy, PauseEnd, PauseState
from tests.recorded_calls import CardDesk, MakeCentre, RecordedCentre
from tests.recorders import SCREEN, FakeRecorder

STAYS = PauseSettings(on_expiry=OnExpiry.STAY_PAUSED)


def test_a_desk_that_goes_away_is_flagged_and_another_replica_lets_the_recording_go_on(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), centre.replica()
    lease = desk.acquire().lease_id
    centre.clock.advance(seconds=19)
    other.look_after()
    assert pbx.is_paused("leg-1")
    centre.clock.advance(seconds=1)
    other.look_after()
    assert not pbx.is_paused("leg-1")
    assert not pbx.is_paused("leg-2")
    assert centre.flags() == [CallFlag.RESUMED_BY_EXPIRY]
    assert centre.events(lease) == [CallEventKind.EXPIRED, CallEventKind.RESUMED]
    assert desk.status(lease).end is PauseEnd.EXPIRED
    assert centre.evidence_kinds() == ["requested", "confirmed", "expired", "resumed"]
    assert centre.found_wrong() == ()


def test_two_watchdogs_let_a_recording_go_on_once(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    CardDesk(centre).acquire()
    other = centre.replica()
    centre.clock.advance(seconds=20)
    for pauses in (centre.pauses, other, centre.pauses, other):
        pauses.look_after()
    assert pbx.told.count(("resume", "leg-1")) == 1
    assert centre.flags() == [CallFlag.RESUMED_BY_EXPIRY]


def test_a_lease_that_another_replica_is_at_is_passed_over(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    CardDesk(centre).acquire()
    centre.clock.advance(seconds=20)

    def while_locked(tx: Transaction) -> None:
        tx.session.execute(text("SELECT 1 FROM recording_lease FOR UPDATE"))
        centre.pauses.look_after()

    centre.administration.write(while_locked)
    assert pbx.is_paused("leg-1")
    centre.pauses.look_after()
    assert not pbx.is_paused("leg-1")


def test_a_pause_whose_service_died_half_way_is_undone_by_another(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    centre.run(
        "UPDATE recording_lease SET state = 'pausing', held_at = NULL, expires_at = NULL,"
        " pausing_until = :until",
        until=centre.clock.now(),
    )
    centre.run(
        "UPDATE recording_pause SET confirmed_by = NULL, confirmed_at = NULL, is_doubtful = true"
    )
    other = centre.replica()
    other.look_after()
    assert not pbx.is_paused("leg-1")
    centre.clock.advance(seconds=2)
    other.look_after()
    assert centre.state(lease) is PauseState.ENDED
    assert desk.refused(lease).code == "lease_over"
    assert pbx.told.count(("resume", "leg-1")) == 2


def test_a_pause_that_is_slow_and_not_dead_is_left_to_its_replica(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), centre.replica()

    def slow_to_find() -> None:
        centre.clock.advance(seconds=11)
        other.look_after()

    def slow() -> None:
        pbx.when_paused = None
        slow_to_find()

    pbx.when_found, pbx.when_paused = slow_to_find, slow
    pbx.starts_one_when_paused = "queue-1"
    held = desk.acquire()
    assert {each.recording for each in held.recordings} == {"leg-1", "leg-2", "queue-1"}


def test_a_pause_that_comes_through_after_its_lease_ended_is_undone(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), centre.replica()
    lease = desk.new_lease()

    def stand_still() -> None:
        """The replica was stopped for a minute in the middle of it; another one took over."""
        pbx.when_paused = None
        for seconds in (21, 3, 36):
            centre.clock.advance(seconds=seconds)
            other.look_after()
        assert centre.state(lease) is PauseState.ENDED
        pbx.calls["call-1"].recordings.update({"leg-1": True, "leg-2": True})

    pbx.when_paused = stand_still
    assert desk.refused(lease).code == "lease_over"
    assert not pbx.is_paused("leg-1")
    assert not pbx.is_paused("leg-2")
    assert centre.state(lease) is PauseState.ENDED
    assert centre.found_wrong() == ()


def test_a_pause_that_comes_too_late_leaves_the_one_that_holds_now_alone(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), centre.replica()
    lease, later = desk.new_lease(), desk.new_lease()

    def stand_still() -> None:
        pbx.when_paused = None
        for seconds in (21, 3, 36):
            centre.clock.advance(seconds=seconds)
            other.look_after()
        desk.acquire(later)

    pbx.when_paused = stand_still
    assert desk.refused(lease).code == "lease_over"
    assert pbx.is_paused("leg-1")
    desk.renew(later)
    assert desk.release(later).state is PauseState.ENDED
    assert not pbx.is_paused("leg-1")


def test_a_recorder_that_hangs_keeps_nobody_elses_recording_waiting(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    hanging = FakeRecorder("hanging")
    for number in range(AT_ONCE + 1):
        hanging.ring(f"2{number}", f"stuck-{number}", f"leg-{number}")
    centre = make(pbx, hanging)
    for number in range(AT_ONCE + 1):
        CardDesk(centre, f"2{number}").acquire()
    centre.clock.advance(seconds=1)
    CardDesk(centre).acquire()
    thawed = threading.Event()
    hanging.when_resumed = thawed.wait
    try:
        centre.clock.advance(seconds=20)
        centre.pauses.look_after()
        assert not pbx.is_paused("leg-1")
    finally:
        thawed.set()


def test_a_recording_that_does_not_go_on_is_tried_for_ever_and_an_alarm_is_raised(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    pbx.refuses_to_resume = True
    assert desk.release(lease).state is PauseState.RESUMING
    assert desk.refused().code == "already_paused"
    for seconds in (0.5, 1, 2, 4):
        centre.pauses.look_after()
        centre.clock.advance(seconds=seconds)
        centre.pauses.look_after()
    assert pbx.told.count(("resume", "leg-1")) == 5
    assert centre.flags() == []
    centre.clock.advance(seconds=2.5)
    centre.pauses.look_after()
    assert pbx.told.count(("resume", "leg-1")) == 5
    assert centre.flags() == [CallFlag.RESUME_UNCONFIRMED]
    assert desk.heard(lease) == [CallEventKind.RESUME_UNCONFIRMED]
    pbx.refuses_to_resume = False
    centre.clock.advance(seconds=5.5)
    centre.pauses.look_after()
    assert centre.events(lease) == [CallEventKind.RESUME_UNCONFIRMED, CallEventKind.RESUMED]
    assert desk.watch(lease, since=desk.watch(lease).events[-1].seq).over


def test_a_replica_without_that_recorder_leaves_it_to_the_others(
    make: MakeCentre, pbx: FakeRecorder, recorded_url: str
) -> None:
    centre = make(pbx)
    lease = CardDesk(centre).acquire().lease_id
    other = RecordedCentre(recorded_url)
    for each in (centre, other):
        each.clock.advance(seconds=20)
    other.pauses.look_after()
    assert centre.state(lease) is PauseState.RESUMING
    centre.clock.advance(seconds=1)
    centre.pauses.look_after()
    assert centre.state(lease) is PauseState.ENDED
    other.close()


def test_tries_come_at_most_half_a_minute_apart() -> None:
    waits = [backoff_s(tries) for tries in range(1, 12)]
    assert waits[:7] == [0.5, 1, 2, 4, 8, 16, 30]
    assert set(waits[7:]) == {30}


def test_the_tries_end_with_the_call(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    pbx.refuses_to_resume = True
    desk.release(lease)
    del pbx.calls["call-1"]
    centre.clock.advance(seconds=1)
    centre.pauses.look_after()
    assert centre.state(lease) is PauseState.ENDED


def test_the_tries_end_when_no_call_could_last_that_long(make: MakeCentre) -> None:
    screen = FakeRecorder("cloud", Capabilities(confirms=ConfirmedBy.ANSWER, finds_calls=False))
    screen.ring("", "contact-7", "contact-7")
    centre = make(screen)
    desk = CardDesk(centre)
    lease = desk.acquire(reference="contact-7").lease_id
    screen.refuses_to_resume = True
    desk.release(lease)
    centre.clock.advance(hours=12, seconds=1)
    centre.pauses.look_after()
    assert centre.state(lease) is PauseState.ENDED
    assert desk.status(lease).resumed_at is None


# ------------------------------------------------------------------ stay paused until hangup


def test_where_a_site_wants_it_the_recording_stays_paused_until_the_call_is_over(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx, settings=STAYS)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    centre.clock.advance(seconds=20)
    centre.pauses.look_after()
    with pytest.raises(Refusal):
        desk.renew(lease)
    for _ in range(3):
        centre.clock.advance(minutes=1)
        centre.pauses.look_after()
    assert pbx.is_paused("leg-1")
    assert centre.flags() == [CallFlag.RESUMED_BY_EXPIRY]
    assert desk.refused().code == "already_paused"
    del pbx.calls["call-1"]
    centre.clock.advance(minutes=1)
    centre.pauses.look_after()
    assert centre.state(lease) is PauseState.ENDED


def test_that_one_leg_leaves_the_call_ends_no_pause_that_is_kept(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx, settings=STAYS)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    centre.clock.advance(seconds=20)
    centre.pauses.look_after()
    del pbx.calls["call-1"].recordings["leg-2"]
    centre.clock.advance(minutes=1)
    centre.pauses.look_after()
    assert pbx.is_paused("leg-1")
    assert centre.state(lease) is PauseState.RESUMING
    assert "until the call is over" in desk.refused().sentence


def test_a_desk_that_comes_back_may_let_go_on_what_stays_paused(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx, settings=STAYS)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    centre.clock.advance(seconds=20)
    centre.pauses.look_after()
    assert desk.release(lease, end=PauseEnd.DOUBT).state is PauseState.ENDED
    assert not pbx.is_paused("leg-1")


def test_a_screen_that_stays_paused_goes_on_when_the_call_is_over(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    screen = FakeRecorder("screens", SCREEN)
    screen.ring("100", "call-1", "screen-1")
    centre = make(pbx, screen, settings=STAYS)
    lease = CardDesk(centre).acquire().lease_id
    centre.clock.advance(seconds=20)
    centre.pauses.look_after()
    del pbx.calls["call-1"]
    centre.clock.advance(minutes=1)
    centre.pauses.look_after()
    assert not screen.is_paused("screen-1")
    assert centre.state(lease) is PauseState.ENDED
