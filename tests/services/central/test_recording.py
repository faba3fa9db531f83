"""A pause lease: when the card fields may open, when not, and how the recording goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.services.central.pause_settings import PauseSettings
from app.services.central.recorder import Capabilities, RecorderEvent
from app.values.errors import Fault, Refusal
from app.values.identity import LeaseId
from app.values.vocabulary import ConfirmedBy, PauseEnd, PauseState
from app.wire.recording import PauseTimes
from tests.recorded_calls import CardDesk, MakeCentre, wait_for
from tests.recorders import BY_STATE, SCREEN, FakeRecorder


@pytest.fixture
def desk(card_desk: CardDesk) -> CardDesk:
    """A seat at extension 100, in process and over a socket."""
    return card_desk


def test_the_fields_open_once_every_recording_of_the_call_is_paused(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    held = desk.acquire()
    assert (held.reference, held.confirmed_at) == ("call-1", desk.centre.clock.now())
    assert [(r.recording, r.confirmed_by) for r in held.recordings] == [
        ("leg-1", ConfirmedBy.EVENT),
        ("leg-2", ConfirmedBy.EVENT),
    ]
    assert pbx.is_paused("leg-1")
    assert pbx.is_paused("leg-2")
    assert desk.status(held.lease_id).state is PauseState.HELD
    assert desk.centre.evidence_kinds() == ["requested", "confirmed"]


def test_a_release_lets_every_recording_go_on(desk: CardDesk, pbx: FakeRecorder) -> None:
    lease = desk.acquire().lease_id
    at = desk.centre.clock.now()
    view = desk.release(lease, first_digit_at=at, last_digit_at=at + timedelta(seconds=9))
    assert (view.state, view.end, view.resumed_at) == (PauseState.ENDED, PauseEnd.SUBMITTED, at)
    assert not pbx.is_paused("leg-1")
    assert not pbx.is_paused("leg-2")
    released, resumed = desk.centre.evidence()[-2:]
    assert released.document["last_digit_at"] == "2026-11-20T10:30:09.000000+00:00"
    assert [r["resumed_by"] for r in resumed.document["recordings"]] == ["event", "event"]
    assert desk.centre.found_wrong() == ()


def test_the_same_lease_asked_for_again_is_proved_again(desk: CardDesk, pbx: FakeRecorder) -> None:
    first = desk.acquire()
    assert desk.acquire(first.lease_id) == first
    assert pbx.told.count(("pause", "leg-1")) == 2
    pbx.refuses_to_pause = True
    assert desk.refused(first.lease_id).code == "pause_not_confirmed"
    assert not pbx.is_paused("leg-1")


def test_a_renewal_holds_it_from_when_it_is_received(desk: CardDesk) -> None:
    lease = desk.acquire().lease_id
    for _ in range(3):
        desk.centre.clock.advance(seconds=19)
        desk.renew(lease)
    desk.centre.clock.advance(seconds=21)
    with pytest.raises(Refusal) as refusal:
        desk.renew(lease)
    assert refusal.value.code == "lease_over"
    assert desk.refused(lease).code == "lease_over"


def test_nothing_is_renewed_beyond_the_longest_pause(make: MakeCentre, pbx: FakeRecorder) -> None:
    times = PauseTimes(ttl_s=20, warn_s=30, longest_s=35)
    desk = CardDesk(make(pbx, settings=PauseSettings(times=times, longest_s=40)))
    lease = desk.acquire().lease_id
    for _ in range(3):
        desk.centre.clock.advance(seconds=13)
        desk.renew(lease)
    desk.centre.clock.advance(seconds=1)
    with pytest.raises(Refusal):
        desk.renew(lease)
    desk.centre.pauses.look_after()
    assert not pbx.is_paused("leg-1")


def test_a_recorder_that_ends_pauses_by_itself_shortens_them(make: MakeCentre) -> None:
    pbx = FakeRecorder(capabilities=Capabilities(confirms=ConfirmedBy.EVENT, longest_pause_s=60))
    pbx.ring("100", "call-1", "leg-1")
    desk = CardDesk(make(pbx))
    held = desk.acquire()
    assert (held.times.warn_s, held.times.longest_s) == (20, 45)
    for _ in range(3):
        desk.centre.clock.advance(seconds=16)
        desk.renew(held.lease_id)
    desk.centre.clock.advance(seconds=3)
    with pytest.raises(Refusal):
        desk.renew(held.lease_id)


# ------------------------------------------------------------------ the fields stay locked


def test_without_a_recorder_no_card_is_taken(make: MakeCentre) -> None:
    assert CardDesk(make()).refused().code == "no_recorder"


def test_without_a_call_no_card_is_taken(make: MakeCentre) -> None:
    desk = CardDesk(make(FakeRecorder()))
    lease = desk.new_lease()
    assert desk.refused(lease).code == "no_call"
    assert desk.refused(lease).code == "no_call"
    assert desk.centre.state(lease) is PauseState.ENDED
    assert desk.centre.evidence_kinds() == ["requested", "refused"]


def test_a_call_that_nobody_records_is_not_paused(make: MakeCentre) -> None:
    pbx = FakeRecorder()
    pbx.ring("100")
    desk = CardDesk(make(pbx))
    assert desk.refused().code == "nothing_recorded"
    assert pbx.told == []


def test_a_screen_recorder_does_not_stand_for_a_voice_that_nobody_records(
    make: MakeCentre,
) -> None:
    pbx, screen = FakeRecorder(), FakeRecorder("screens", SCREEN)
    pbx.ring("100")
    screen.ring("100", "call-1", "screen-1")
    assert CardDesk(make(pbx, screen)).refused().code == "nothing_recorded"
    assert screen.told == []


def test_a_seat_without_an_extension_types_the_reference(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    desk = CardDesk(make(pbx), extension=None)
    refusal = desk.refused()
    assert (refusal.code, refusal.field) == ("reference_needed", "reference")
    assert desk.refused(reference="call-2").code == "no_call"
    assert desk.acquire(reference=" call-1 ").reference == "call-1"


def test_a_recorder_that_cannot_find_calls_is_told_the_reference(make: MakeCentre) -> None:
    cloud = FakeRecorder("cloud", Capabilities(confirms=ConfirmedBy.ANSWER, finds_calls=False))
    cloud.ring("", "contact-7", "contact-7")
    desk = CardDesk(make(cloud))
    assert desk.refused().code == "reference_needed"
    assert desk.acquire(reference="contact-7").reference == "contact-7"


def test_a_call_on_hold_is_not_paused(make: MakeCentre, pbx: FakeRecorder) -> None:
    pbx.hold()
    assert CardDesk(make(pbx)).refused().code == "call_on_hold"
    assert pbx.told == []


def test_a_second_pause_of_a_call_is_refused(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), CardDesk(centre)
    lease = desk.acquire().lease_id
    assert desk.refused().code == "already_paused"
    assert other.refused().code == "already_paused"
    desk.renew(lease)
    desk.release(lease)
    assert other.acquire().reference == "call-1"


def test_of_two_seats_that_press_f9_at_once_one_pauses_the_call(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    seats = [CardDesk(centre), CardDesk(centre)]
    both = threading.Barrier(2)
    pbx.when_found = both.wait
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(outcome_of, seat) for seat in seats]
        outcomes = sorted(one.result() for one in asked)
    assert outcomes == ["already_paused", "held"]
    assert pbx.is_paused("leg-1")


def outcome_of(desk: CardDesk) -> str:
    try:
        desk.acquire()
    except Refusal as refusal:
        return refusal.code
    return "held"


def test_asking_again_while_it_is_being_paused_waits_for_the_same_answer(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    desk = CardDesk(make(pbx))
    lease, paused = desk.new_lease(), threading.Event()
    pbx.when_paused = paused.wait
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(desk.acquire, lease)
        wait_for(lambda: bool(pbx.told))
        second = threads.submit(desk.acquire, lease)
        paused.set()
        assert first.result() == second.result()


def test_asking_again_does_not_wait_for_a_service_that_died(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    desk = CardDesk(make(pbx, settings=PauseSettings(answer_s=0.04, pausing_s=0.1)))
    lease = desk.acquire().lease_id
    desk.centre.run("UPDATE recording_lease SET state = 'pausing'")
    assert desk.refused(lease).code == "pause_under_way"


def test_of_two_recorders_one_that_fails_keeps_the_fields_locked(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    screen = FakeRecorder("screens", SCREEN)
    screen.ring("100", "call-1", "screen-1")
    screen.refuses_to_pause = True
    desk = CardDesk(make(pbx, screen))
    refusal = desk.refused()
    assert refusal.code == "pause_not_confirmed"
    assert "screens" in refusal.sentence
    assert not pbx.is_paused("leg-1")
    assert ("resume", "leg-1") in pbx.told
    assert ("resume", "screen-1") not in screen.told
    assert desk.centre.evidence_kinds() == ["requested", "refused", "resumed"]


def test_both_of_two_recorders_are_paused_and_go_on(make: MakeCentre, pbx: FakeRecorder) -> None:
    screen = FakeRecorder("screens", SCREEN)
    screen.ring("100", "call-1", "screen-1")
    desk = CardDesk(make(pbx, screen))
    held = desk.acquire()
    assert [r.recorder for r in held.recordings] == ["pbx", "pbx", "screens"]
    assert screen.is_paused("screen-1")
    desk.release(held.lease_id)
    assert not screen.is_paused("screen-1")


def test_success_is_not_paused_where_the_recorder_says_that_it_records(make: MakeCentre) -> None:
    pbx = FakeRecorder(capabilities=BY_STATE)
    pbx.ring("100", "call-1", "leg-1")
    pbx.is_lying = True
    desk = CardDesk(make(pbx))
    assert desk.refused().code == "pause_not_confirmed"
    pbx.is_lying = False
    desk.centre.clock.advance(seconds=2)
    desk.centre.pauses.look_after()
    assert desk.acquire().recordings[0].confirmed_by is ConfirmedBy.STATE


def test_a_recording_that_begins_while_another_is_paused_is_paused_too(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    pbx.starts_one_when_paused = "queue-1"
    held = CardDesk(make(pbx)).acquire()
    assert {r.recording for r in held.recordings} == {"leg-1", "leg-2", "queue-1"}
    assert pbx.is_paused("queue-1")


@pytest.mark.parametrize(
    ("verified", "opens"), [("", False), ("2026-10-01", True)], ids=["unverified", "verified"]
)
def test_a_recorder_that_redacts_by_itself_counts_once_a_test_call_proved_it(
    make: MakeCentre, verified: str, *, opens: bool
) -> None:
    redacting = Capabilities(
        confirms=ConfirmedBy.ANSWER, redacts_itself=True, redaction_verified=verified
    )
    pbx = FakeRecorder(capabilities=redacting)
    pbx.ring("100", "call-1", "leg-1")
    desk = CardDesk(make(pbx))
    if opens:
        assert desk.acquire().recordings[0].recording == "leg-1"
    else:
        assert "no test call" in desk.refused().sentence


def test_a_call_that_is_put_on_hold_or_transferred_meanwhile_stays_locked(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    desk = CardDesk(make(pbx))
    for change in (pbx.transfer, pbx.hold):
        lease = desk.new_lease()
        pbx.when_paused = changed_once(desk, pbx, change)
        assert desk.refused(lease).code == "call_changed"
        pbx.calls["call-1"].call = replace(pbx.calls["call-1"].call, extension="100")
        desk.centre.clock.advance(seconds=2)
        desk.centre.pauses.look_after()
        assert desk.centre.state(lease) is PauseState.ENDED
        assert not pbx.is_paused("leg-1")


def changed_once(
    desk: CardDesk, pbx: FakeRecorder, change: Callable[[], RecorderEvent]
) -> Callable[[], None]:
    """The call changes, and the service has heard of it, while the first recording is paused."""

    def act() -> None:
        pbx.when_paused = None
        change()
        heard = "SELECT lease_id FROM recording_event"
        before = len(desk.centre.rows(heard))
        wait_for(lambda: len(desk.centre.rows(heard)) > before)

    return act


def test_a_reference_that_looks_like_a_card_number_is_not_kept(desk: CardDesk) -> None:
    lease = desk.new_lease()
    refusal = desk.refused(lease, reference="4242 4242 4242 4242")
    assert (refusal.code, refusal.field) == ("card_digits", "reference")
    assert desk.centre.evidence() == []


def test_the_head_of_the_evidence_is_in_the_log(desk: CardDesk) -> None:
    desk.acquire()
    for _ in range(2):
        desk.centre.pauses.look_after()
    (logged,) = desk.centre.log.named("evidence_sealed")
    assert (logged["position"], logged["digest"]) == (2, desk.centre.evidence()[-1].digest.hex())


# ------------------------------------------------------------------ a recorder that freezes


def test_a_frozen_recorder_never_unlocks_and_its_late_pause_is_undone(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    pbx.freezes_when_paused = True
    desk = CardDesk(make(pbx))
    lease = desk.new_lease()
    assert desk.refused(lease).code == "pause_not_confirmed"
    assert desk.centre.state(lease) is PauseState.RESUMING
    pbx.thaw()
    for _ in range(3):
        desk.centre.clock.advance(seconds=2)
        desk.centre.pauses.look_after()
    assert not pbx.is_paused("leg-1")
    assert not pbx.is_paused("leg-2")
    assert desk.centre.state(lease) is PauseState.ENDED
    assert desk.refused(lease).code == "pause_not_confirmed"


def test_a_pause_without_an_answer_is_undone_twice_because_it_may_still_be_on_its_way(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    pbx.freezes_when_paused = True
    desk = CardDesk(make(pbx))
    lease = desk.new_lease()
    desk.refused(lease)
    pbx.freezes_when_paused = pbx._is_frozen = False  # noqa: SLF001 - alive, and not yet done with what it was told
    desk.centre.clock.advance(seconds=1)
    desk.centre.pauses.look_after()
    pbx.thaw()
    pbx._set(pbx.recording("leg-1"), to=True)  # noqa: SLF001 - the late pause
    assert desk.centre.state(lease) is PauseState.RESUMING
    desk.centre.clock.advance(seconds=2)
    desk.centre.pauses.look_after()
    assert not pbx.is_paused("leg-1")
    assert desk.centre.state(lease) is PauseState.ENDED


def test_a_recorder_that_is_away_keeps_the_fields_locked(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    pbx.freeze()
    assert CardDesk(make(pbx)).refused().code == "no_answer"


# ------------------------------------------------------------------ stale and strange leases


def test_a_stale_release_does_not_touch_a_new_pause(desk: CardDesk, pbx: FakeRecorder) -> None:
    old = desk.acquire().lease_id
    desk.release(old)
    new = desk.acquire().lease_id
    assert desk.release(old).state is PauseState.ENDED
    with pytest.raises(Refusal):
        desk.renew(old)
    assert pbx.is_paused("leg-1")
    assert desk.status(new).state is PauseState.HELD


def test_an_acquire_that_comes_after_its_release_pauses_nothing(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    lease = desk.new_lease()
    assert desk.release(lease, end=PauseEnd.NOT_PAUSED).state is PauseState.ENDED
    assert desk.refused(lease).code == "lease_over"
    assert pbx.told == []


def test_a_release_while_it_is_being_paused_wins(make: MakeCentre, pbx: FakeRecorder) -> None:
    desk = CardDesk(make(pbx))
    lease = desk.new_lease()
    pbx.when_paused = release_once(desk, pbx, lease)
    assert desk.refused(lease).code == "lease_over"
    desk.centre.clock.advance(seconds=2)
    desk.centre.pauses.look_after()
    assert not pbx.is_paused("leg-1")
    assert not pbx.is_paused("leg-2")
    assert desk.centre.state(lease) is PauseState.ENDED


def release_once(desk: CardDesk, pbx: FakeRecorder, lease: LeaseId) -> Callable[[], None]:
    def release() -> None:
        pbx.when_paused = None
        assert desk.release(lease, end=PauseEnd.NOT_PAUSED).state is PauseState.RESUMING

    return release


def test_another_seat_may_do_nothing_with_a_lease(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), CardDesk(centre)
    lease = desk.acquire().lease_id
    for ask in (other.status, other.release, other.watch, other.acquire):
        with pytest.raises(Refusal) as refusal:
            ask(lease)
        assert refusal.value.code == "not_yours"
    with pytest.raises(Refusal):
        other.renew(lease)
    assert pbx.is_paused("leg-1")


def test_a_lease_that_nobody_knows_is_over(desk: CardDesk) -> None:
    lease = desk.new_lease()
    assert desk.status(lease).state is PauseState.ENDED
    assert desk.watch(lease).over


# ------------------------------------------------------------------ evidence before anything opens


def test_where_the_evidence_cannot_be_written_the_recording_goes_on(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)

    def no_more_evidence() -> None:
        centre.run("REVOKE INSERT ON evidence FROM readback_service")

    pbx.when_paused = no_more_evidence
    lease = desk.new_lease()
    with pytest.raises(Fault):
        desk.acquire(lease)
    centre.run("GRANT INSERT ON evidence TO readback_service")
    assert not pbx.is_paused("leg-1")
    assert centre.state(lease) is PauseState.PAUSING
    centre.clock.advance(seconds=21)
    centre.pauses.look_after()
    assert centre.evidence_kinds() == ["requested", "refused"]


def test_evidence_holds_neither_the_callers_number_nor_a_name(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    desk.release(desk.acquire().lease_id)
    kept = desk.centre.text_in("evidence", "recording_lease", "recording_pause", "recording_event")
    assert "call-1" in kept
    assert "79460123" not in kept
