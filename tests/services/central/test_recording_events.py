"""What happens to a call during a pause: it stays paused, and the desk is told by any replica."""

from __future__ import annotations

import threading

import pytest

from app.services.central.pause_settings import PauseSettings
from app.values.errors import Fault
from app.values.vocabulary import CallEventKind, CallFlag, PauseEnd, PauseState
from tests.builders import A_MORNING
from tests.recorded_calls import CardDesk, MakeCentre, RecordedCentre, wait_for
from tests.recorders import SCREEN, FakeRecorder

STARTED, LOST = CallEventKind.RECORDER_STARTED, CallEventKind.RECORDER_LOST


@pytest.fixture
def desk(card_desk: CardDesk) -> CardDesk:
    """A seat at extension 100, in process and over a socket."""
    return card_desk


def test_a_recording_that_begins_during_a_pause_is_paused_at_once_and_flagged(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    lease = desk.acquire().lease_id
    pbx.begin("queue-1")
    assert desk.heard(lease) == [STARTED]
    assert pbx.is_paused("queue-1")
    assert desk.centre.flags() == [CallFlag.RECORDER_STARTED]
    assert desk.centre.evidence_kinds()[-1] == "event:recorder_started"
    desk.release(lease)
    assert not pbx.is_paused("queue-1")
    desk.centre.clock.advance(seconds=2)
    desk.centre.pauses.look_after()
    assert desk.centre.state(lease) is PauseState.ENDED


def test_one_that_does_not_confirm_is_lost(desk: CardDesk, pbx: FakeRecorder) -> None:
    lease = desk.acquire().lease_id
    pbx.refuses_to_pause = True
    pbx.begin("queue-1")
    assert desk.heard(lease) == [LOST]
    assert desk.centre.flags() == []
    desk.release(lease, end=PauseEnd.CALL_CHANGED)
    assert not pbx.is_paused("leg-1")


def test_one_that_takes_its_time_is_lost_before_it_answers(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    desk = CardDesk(make(pbx, settings=PauseSettings(late_s=0.01)))
    lease = desk.acquire().lease_id
    told = threading.Event()
    pbx.when_paused = told.wait
    pbx.begin("queue-1")
    assert desk.heard(lease) == [LOST]
    told.set()
    pbx.when_paused = None
    desk.release(lease, end=PauseEnd.CALL_CHANGED)
    desk.centre.clock.advance(seconds=2)
    desk.centre.pauses.look_after()
    assert not pbx.is_paused("queue-1")


def test_hold_is_told_and_the_pause_is_proved_again(desk: CardDesk, pbx: FakeRecorder) -> None:
    lease = desk.acquire().lease_id
    pbx.hold()
    page = desk.watch(lease)
    assert [event.kind for event in page.events] == [CallEventKind.HOLD]
    pbx.calls["call-1"].recordings["leg-1"] = False
    pbx.tell(CallEventKind.RETRIEVED, "call-1")
    assert desk.heard(lease, since=page.events[-1].seq) == [CallEventKind.RETRIEVED]
    desk.centre.pauses.close()
    assert pbx.is_paused("leg-1")
    assert desk.centre.events(lease) == [CallEventKind.HOLD, CallEventKind.RETRIEVED]


def test_a_transfer_is_told_and_what_it_began_to_record_is_paused(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    lease = desk.acquire().lease_id
    pbx.calls["call-1"].recordings["leg-3"] = False
    pbx.transfer()
    page = desk.watch(lease)
    assert page.events[0].kind is CallEventKind.TRANSFER
    desk.centre.pauses.close()
    assert pbx.is_paused("leg-3")
    assert desk.centre.events(lease) == [CallEventKind.TRANSFER, STARTED]
    desk.release(lease, end=PauseEnd.CALL_CHANGED)
    assert not pbx.is_paused("leg-3")


def test_a_recorder_that_is_silent_after_a_transfer_is_lost(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    lease = desk.acquire().lease_id
    pbx.freeze()
    pbx.transfer()
    desk.watch(lease)
    desk.centre.pauses.close()
    assert desk.centre.events(lease) == [CallEventKind.TRANSFER, LOST]


def test_a_hangup_ends_the_lease(desk: CardDesk, pbx: FakeRecorder) -> None:
    lease = desk.acquire().lease_id
    pbx.hang_up()
    page = desk.watch(lease)
    assert [event.kind for event in page.events] == [CallEventKind.HANGUP]
    desk.centre.pauses.look_after()
    assert desk.watch(lease, since=page.events[-1].seq).over
    view = desk.release(lease, end=PauseEnd.CALL_CHANGED)
    assert (view.state, view.end) == (PauseState.ENDED, PauseEnd.HANGUP)
    assert view.resumed_at == desk.centre.clock.now()


def test_when_digits_were_typed_is_kept_although_the_call_ended_first(
    desk: CardDesk, pbx: FakeRecorder
) -> None:
    lease = desk.acquire().lease_id
    pbx.hang_up()
    desk.watch(lease)
    desk.centre.pauses.look_after()
    for _ in range(2):
        desk.release(lease, first_digit_at=A_MORNING, last_digit_at=A_MORNING)
    kinds = ["requested", "confirmed", "event:hangup", "resumed", "reported"]
    assert desk.centre.evidence_kinds() == kinds
    assert desk.centre.evidence()[-1].document["first_digit_at"].startswith("2026-11-20T10:30")


def test_a_screen_recorder_goes_on_after_the_hangup(make: MakeCentre, pbx: FakeRecorder) -> None:
    screen = FakeRecorder("screens", SCREEN)
    screen.ring("100", "call-1", "screen-1")
    desk = CardDesk(make(pbx, screen))
    lease = desk.acquire().lease_id
    pbx.hang_up()
    desk.watch(lease)
    desk.centre.pauses.look_after()
    assert not screen.is_paused("screen-1")
    assert desk.centre.state(lease) is PauseState.ENDED


def test_a_broken_line_locks_the_calls_of_that_recorder_only(make: MakeCentre) -> None:
    one, two = FakeRecorder("one"), FakeRecorder("two")
    one.ring("100", "call-1", "leg-1")
    two.ring("200", "call-2", "leg-2")
    centre = make(one, two)
    desk, other = CardDesk(centre, "100"), CardDesk(centre, "200")
    lease, untouched = desk.acquire().lease_id, other.acquire().lease_id
    one.lose_line()
    assert desk.heard(lease) == [LOST]
    centre.pauses.close()
    assert centre.events(untouched) == []
    assert one.is_paused("leg-1")


def test_what_every_replica_hears_is_told_once(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    desk, other = CardDesk(centre), centre.replica()
    lease = desk.acquire().lease_id
    pbx.begin("queue-1")
    pbx.hold()
    for pauses in (centre.pauses, other):
        pauses.close()
    assert sorted(centre.events(lease)) == [CallEventKind.HOLD, STARTED]
    assert centre.flags() == [CallFlag.RECORDER_STARTED]


def test_what_happens_to_another_call_is_not_told(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    lease = CardDesk(centre).acquire().lease_id
    pbx.ring("200", "call-2", "leg-9")
    pbx.hold("call-2")
    pbx.begin("leg-10", "call-2")
    pbx.hang_up("call-2")
    centre.pauses.close()
    assert centre.events(lease) == []


def test_a_recording_that_begins_after_the_release_is_left_alone(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)
    desk.release(desk.acquire().lease_id)
    pbx.begin("queue-1")
    centre.pauses.close()
    assert not pbx.is_paused("queue-1")


def test_a_release_while_a_recording_is_paused_again_wins(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id

    def release() -> None:
        pbx.when_paused = None
        desk.release(lease)

    pbx.when_paused = release
    pbx.begin("queue-1")
    centre.pauses.close()
    for _ in range(2):
        centre.clock.advance(seconds=15)
        centre.pauses.look_after()
    assert not pbx.is_paused("queue-1")
    assert centre.state(lease) is PauseState.ENDED


def test_a_desk_hears_from_a_replica_that_listens_to_no_recorder(
    make: MakeCentre, pbx: FakeRecorder, recorded_url: str
) -> None:
    centre = make(pbx)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    deaf = RecordedCentre(recorded_url)
    with deaf.over_http():
        desk.asks(deaf)
        rings = threading.Timer(0.05, pbx.hang_up)
        rings.start()
        assert desk.heard(lease) == [CallEventKind.HANGUP]
        rings.join()
    deaf.close()


def test_an_event_that_cannot_be_written_is_tried_again(
    make: MakeCentre, pbx: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.central.pause_events.AGAIN_S", 0.01)
    centre = make(pbx)
    desk = CardDesk(centre)
    lease = desk.acquire().lease_id
    centre.run("REVOKE INSERT ON recording_pause FROM readback_service")
    try:
        pbx.begin("queue-1")
        wait_for(lambda: bool(centre.log.named("recorder_event_failed")))
        assert centre.events(lease) == []
    finally:
        centre.run("GRANT INSERT ON recording_pause TO readback_service")
    assert desk.heard(lease) == [STARTED]
    assert pbx.is_paused("queue-1")


def test_what_somebody_else_let_go_on_is_paused_again(desk: CardDesk, pbx: FakeRecorder) -> None:
    lease = desk.acquire().lease_id
    pbx.calls["call-1"].recordings["leg-1"] = False
    pbx.tell(CallEventKind.RESUMED, "call-1", "leg-1")
    assert desk.heard(lease) == [STARTED]
    assert pbx.is_paused("leg-1")


def test_the_service_is_not_ready_when_nobody_listens(make: MakeCentre, pbx: FakeRecorder) -> None:
    centre = make(pbx)
    centre.pauses.require_alive()
    centre.pauses.close()
    with pytest.raises(Fault) as fault:
        centre.pauses.require_alive()
    assert fault.value.code == "background_ended"


def test_a_watch_ends_with_nothing_when_its_time_is_over(desk: CardDesk) -> None:
    lease = desk.acquire().lease_id
    assert desk.watch(lease, wait=0.0).events == ()
    assert desk.watch(lease, wait=0.01).over is False
