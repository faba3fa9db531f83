"""The pause as the desk sees it: only a confirmation opens, any doubt wipes, locks and releases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.background import Lane
from app.ui.payment.pause import CONFIRM_WITHIN_S, PausePresenter
from app.ui.payment.pause_state import PauseShown, PauseStage
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.vocabulary import CallEventKind, PauseEnd
from app.wire.recording import AcquirePause, PauseTimes, ReleasePause
from tests.builders import an_id
from tests.fakes import CountingIds, FixedClock
from tests.ui.payment.fakes import (
    ACQUIRE,
    RELEASE,
    RENEW,
    STATUS,
    WATCH,
    ByHand,
    CardLine,
    away,
)

ORDER = OrderId(an_id(41))
IDLE_S = 60.0
TIMES = PauseTimes()


class Watched:
    """A pause, with the order in which it wiped, showed and asked."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.line = CardLine()
        self.lanes = ByHand()
        self.pause = PausePresenter(self.line, self.lanes, clock=clock, ids=CountingIds())
        self.story: list[str] = []
        self.pause.wipe_asked.connect(self._wiped)
        self.pause.state_changed.connect(self._shown)

    def _wiped(self) -> None:
        self.story.append("wipe")

    def _shown(self, state: PauseShown) -> None:
        self.story.append(state.stage.value)

    def is_in(self, stage: PauseStage) -> bool:
        return self.pause.state.stage is stage

    def is_open(self) -> bool:
        return self.pause.state.is_open

    def begin(self) -> None:
        self.pause.begin(ORDER, IDLE_S)

    def go_on(self, seconds: float) -> None:
        """Time passes in ticks of a quarter of a second, as on the desk."""
        for _ in range(round(seconds * 4)):
            self.clock.advance(milliseconds=250)
            self.pause.on_tick()

    def stay_busy(self, seconds: float) -> None:
        """Time passes while somebody types."""
        for _ in range(round(seconds)):
            self.go_on(1)
            self.pause.key_pressed()

    def releases(self) -> list[ReleasePause]:
        found: list[ReleasePause] = self.line.asked(RELEASE)
        return found


@pytest.fixture
def desk(qapp: QApplication) -> Watched:
    del qapp
    return Watched(FixedClock())


@pytest.fixture
def paused(desk: Watched) -> Watched:
    desk.begin()
    assert desk.is_in(PauseStage.PAUSED)
    desk.story.clear()
    return desk


def test_only_the_confirmation_opens_the_fields(desk: Watched) -> None:
    desk.lanes.hold(ACQUIRE)
    desk.begin()
    assert desk.is_in(PauseStage.PAUSING)
    assert not desk.is_open()
    desk.lanes.answer(ACQUIRE)
    assert desk.is_open()
    assert desk.story == ["wipe", "pausing", "paused"]


def test_a_pause_without_a_recording_is_none(desk: Watched) -> None:
    desk.line.held = {"recordings": ()}
    desk.begin()
    assert desk.is_in(PauseStage.FAILED)
    assert "No recorder confirmed" in desk.pause.state.sentence
    assert len(desk.releases()) == 1


@pytest.mark.parametrize("code", ["no_call", "recorder_failed", "on_hold", "already_paused"])
def test_a_refusal_is_told_in_its_words_and_released_all_the_same(desk: Watched, code: str) -> None:
    desk.line.broken[ACQUIRE] = Refusal(code, "There is no call at your extension.")
    desk.begin()
    assert desk.is_in(PauseStage.FAILED)
    assert desk.pause.state.sentence == "There is no call at your extension."
    asked: list[AcquirePause] = desk.line.asked(ACQUIRE)
    assert [one.lease_id for one in desk.releases()] == [asked[0].lease_id]


def test_a_recorder_that_cannot_tell_the_call_asks_for_its_reference(desk: Watched) -> None:
    desk.line.broken[ACQUIRE] = Refusal("reference_needed", "Which call is it?")
    desk.begin()
    assert desk.pause.state.needs_reference
    del desk.line.broken[ACQUIRE]
    desk.pause.begin(ORDER, IDLE_S, "7731")
    assert desk.line.asked(ACQUIRE)[-1].reference == "7731"
    assert desk.is_open()


@pytest.mark.parametrize("error", [away(), Fault("broken", "Something broke.", "0001-0002")])
def test_an_unknown_outcome_is_released(desk: Watched, error: Fault) -> None:
    desk.line.broken[ACQUIRE] = error
    desk.begin()
    assert desk.is_in(PauseStage.FAILED)
    assert [one.end for one in desk.releases()] == [PauseEnd.NOT_PAUSED]


def test_a_frozen_recorder_never_opens_the_fields_and_its_late_pause_is_undone(
    desk: Watched,
) -> None:
    desk.lanes.hold(ACQUIRE)
    desk.begin()
    desk.go_on(CONFIRM_WITHIN_S)
    assert desk.is_in(PauseStage.FAILED)
    assert len(desk.releases()) == 1
    desk.lanes.answer(ACQUIRE)
    assert desk.is_in(PauseStage.FAILED)
    assert len(desk.releases()) == 2
    assert len({one.lease_id for one in desk.releases()}) == 1


def test_an_answer_that_comes_after_the_lease_may_be_over_does_not_open(desk: Watched) -> None:
    desk.line.held = {"times": PauseTimes(ttl_s=6.0)}
    desk.lanes.hold(ACQUIRE)
    desk.begin()
    # What counts is when the question went out, on the lane, and not when it was answered.
    desk.line.held = {"times": PauseTimes(ttl_s=3.0, margin_s=3.0)}
    desk.lanes.answer(ACQUIRE)
    assert desk.is_in(PauseStage.FAILED)


def test_a_second_f9_does_nothing(paused: Watched) -> None:
    paused.begin()
    assert len(paused.line.asked(ACQUIRE)) == 1
    assert paused.is_open()


def test_a_second_f9_while_it_is_being_paused_does_nothing(desk: Watched) -> None:
    desk.lanes.hold(ACQUIRE)
    desk.begin()
    desk.begin()
    assert desk.lanes.waiting(ACQUIRE) == 1


def test_ending_is_wipe_lock_release(paused: Watched) -> None:
    paused.lanes.hold(RELEASE)
    paused.pause.end(PauseEnd.CANCELLED)
    assert paused.story == ["wipe", "locked", "resuming"]
    paused.lanes.answer(RELEASE)
    assert paused.story[-1] == "done"


@pytest.mark.parametrize("end", list(PauseEnd)[:8])
def test_every_end_is_told_to_the_centre(paused: Watched, end: PauseEnd) -> None:
    paused.pause.end(end)
    assert [one.end for one in paused.releases()] == [end]
    assert paused.is_in(PauseStage.DONE)


def test_when_the_digits_were_typed_goes_along_for_the_evidence(paused: Watched) -> None:
    first = paused.clock.now()
    paused.pause.digit_typed()
    paused.go_on(2)
    paused.pause.digit_typed()
    paused.pause.end(PauseEnd.SUBMITTED)
    release = paused.releases()[0]
    assert (release.first_digit_at, release.last_digit_at) == (first, paused.clock.now())


def test_it_is_renewed_in_a_lane_of_its_own(paused: Watched) -> None:
    paused.stay_busy(21)
    assert len(paused.line.asked(RENEW)) == 4
    assert {lane for name, lane in paused.lanes.lanes if name == RENEW} == {Lane.RENEWAL}
    assert paused.is_open()


def test_a_late_renewal_locks_before_the_lease_can_run_out(paused: Watched) -> None:
    paused.line.broken[RENEW] = away()
    paused.go_on(TIMES.ttl_s - TIMES.margin_s - 0.25)
    assert paused.is_open()
    paused.go_on(0.25)
    assert paused.is_in(PauseStage.DONE)
    assert paused.story[:-1][-3:] == ["wipe", "locked", "resuming"]
    assert paused.releases()[0].end is PauseEnd.DOUBT


def test_a_renewal_that_hangs_counts_from_when_the_last_good_one_was_sent(paused: Watched) -> None:
    paused.stay_busy(5)
    paused.lanes.hold(RENEW)
    paused.stay_busy(16)
    assert paused.is_open()
    paused.stay_busy(2)
    assert not paused.is_open()


def test_a_renewal_answered_after_the_lock_does_nothing(paused: Watched) -> None:
    paused.lanes.hold(RENEW)
    paused.stay_busy(18)
    assert not paused.is_open()
    paused.lanes.answer(RENEW)
    assert not paused.is_open()
    assert paused.pause.lease_id is None


def test_a_key_after_the_deadline_is_too_late(paused: Watched) -> None:
    paused.clock.advance(seconds=TIMES.ttl_s)
    paused.pause.digit_typed()
    assert not paused.is_open()
    assert paused.releases()[0].first_digit_at is None


def test_a_lease_that_the_centre_holds_no_longer_locks_at_once(paused: Watched) -> None:
    paused.line.broken[RENEW] = Refusal("lease_over", "It is over.")
    paused.go_on(5)
    assert not paused.is_open()
    assert paused.releases()[0].end is PauseEnd.DOUBT


ENDS = [
    (CallEventKind.HANGUP, PauseEnd.CALL_CHANGED, "The call has ended"),
    (CallEventKind.TRANSFER, PauseEnd.CALL_CHANGED, "The call was transferred"),
    (CallEventKind.HOLD, PauseEnd.CALL_CHANGED, "The call was put on hold"),
    (CallEventKind.RECORDER_LOST, PauseEnd.DOUBT, "A recorder was lost"),
    (CallEventKind.EXPIRED, PauseEnd.DOUBT, "no longer held back"),
    (CallEventKind.RESUMED, PauseEnd.DOUBT, "no longer held back"),
]


@pytest.mark.parametrize(("kind", "end", "told"), ENDS)
def test_what_ends_card_entry_wipes_locks_and_releases(
    paused: Watched, kind: CallEventKind, end: PauseEnd, told: str
) -> None:
    paused.line.happens(kind)
    paused.lanes.answer(WATCH)
    assert paused.story[:3] == ["wipe", "locked", "resuming"]
    assert paused.releases()[0].end is end
    assert told in paused.pause.state.sentence


@pytest.mark.parametrize("kind", [CallEventKind.RETRIEVED, CallEventKind.RECORDER_STARTED])
def test_what_does_no_harm_is_watched_on(paused: Watched, kind: CallEventKind) -> None:
    paused.line.happens(kind)
    paused.lanes.answer(WATCH)
    assert paused.is_open()
    assert paused.lanes.waiting(WATCH) == 1
    paused.lanes.answer(WATCH)
    assert paused.line.asked(WATCH)[-1].since == 1


def test_an_empty_answer_that_came_at_once_is_not_asked_again_in_a_circle(paused: Watched) -> None:
    paused.lanes.answer(WATCH)
    assert paused.lanes.waiting(WATCH) == 0
    paused.go_on(1)
    assert paused.lanes.waiting(WATCH) == 1


def test_a_lost_line_to_the_call_locks(paused: Watched) -> None:
    paused.line.broken[WATCH] = away()
    paused.lanes.answer(WATCH)
    assert not paused.is_open()
    assert "line to the central service" in paused.pause.state.sentence


def test_a_watch_that_is_over_locks(paused: Watched) -> None:
    paused.line.over = True
    paused.lanes.answer(WATCH)
    assert not paused.is_open()


def test_news_of_an_older_lease_does_nothing(paused: Watched) -> None:
    paused.pause.end(PauseEnd.CANCELLED)
    paused.begin()
    assert paused.is_open()
    paused.line.happens(CallEventKind.HANGUP)
    paused.lanes.answer(WATCH)  # the one of the first lease
    assert paused.is_open()
    paused.lanes.answer(WATCH)
    assert not paused.is_open()


def test_nobody_at_the_keys_wipes(paused: Watched) -> None:
    paused.go_on(IDLE_S - 1)
    assert paused.is_open()
    paused.go_on(1)
    assert paused.releases()[0].end is PauseEnd.IDLE


def test_the_longest_pause_is_warned_of_and_then_ended(paused: Watched) -> None:
    left = []
    for seconds in (TIMES.warn_s - 1, 1):
        paused.stay_busy(seconds)
        left.append(paused.pause.state.left_s)
    assert left == [None, 25]
    paused.stay_busy(25)
    assert paused.releases()[0].end is PauseEnd.LONGEST


def test_the_time_runs_in_whole_seconds(paused: Watched) -> None:
    paused.go_on(3.5)
    assert paused.pause.state.paused_s == 3


def test_an_end_that_nobody_confirms_is_told_and_asked_for_again(paused: Watched) -> None:
    paused.line.resumes = False
    paused.pause.end(PauseEnd.CANCELLED)
    assert paused.is_in(PauseStage.RESUME_UNCONFIRMED)
    assert paused.pause.state.is_doubtful
    paused.go_on(8)
    assert len(paused.line.asked(STATUS)) == 4
    paused.line.resumes = True
    paused.go_on(8)
    assert paused.is_in(PauseStage.DONE)
    assert not paused.pause.state.is_doubtful


def test_a_release_that_is_not_heard_is_said_again_until_it_is(paused: Watched) -> None:
    paused.line.broken[RELEASE] = away()
    paused.pause.end(PauseEnd.CANCELLED)
    paused.go_on(120)
    tries = len(paused.releases())
    assert 8 <= tries <= 10
    del paused.line.broken[RELEASE]
    paused.go_on(30)
    assert len(paused.releases()) == tries + 1
    assert paused.is_in(PauseStage.DONE)


def test_a_release_that_hangs_is_told(paused: Watched) -> None:
    paused.lanes.hold(RELEASE)
    paused.pause.end(PauseEnd.CANCELLED)
    paused.go_on(4)
    assert paused.is_in(PauseStage.RESUMING)
    paused.go_on(1)
    assert paused.is_in(PauseStage.RESUME_UNCONFIRMED)


def test_another_pause_may_begin_while_an_older_end_is_doubtful(paused: Watched) -> None:
    paused.line.resumes = False
    paused.pause.end(PauseEnd.CANCELLED)
    paused.begin()
    assert paused.is_open()
    assert paused.pause.state.is_doubtful
    paused.line.resumes = True
    paused.go_on(1)
    assert paused.is_open()
    assert not paused.pause.state.is_doubtful


def test_the_end_of_the_program_sends_the_release_in_the_lane_that_is_finished(
    paused: Watched,
) -> None:
    paused.lanes.hold(RELEASE)
    paused.pause.write_out()
    assert paused.story == ["wipe", "locked"]
    assert (RELEASE, Lane.WRITE) in paused.lanes.lanes


Act = Callable[[Watched], None]


def _idle(desk: Watched) -> None:
    del desk


def _pausing(desk: Watched) -> None:
    desk.lanes.hold(ACQUIRE)
    desk.begin()


def _paused(desk: Watched) -> None:
    desk.begin()
    desk.pause.digit_typed()


def _failed(desk: Watched) -> None:
    desk.line.broken[ACQUIRE] = away()
    desk.begin()
    del desk.line.broken[ACQUIRE]


def _resuming(desk: Watched) -> None:
    desk.begin()
    desk.lanes.hold(RELEASE)
    desk.pause.end(PauseEnd.CANCELLED)


def _unconfirmed(desk: Watched) -> None:
    desk.begin()
    desk.line.resumes = False
    desk.pause.end(PauseEnd.CANCELLED)


STATES: list[Act] = [_idle, _pausing, _paused, _failed, _resuming, _unconfirmed]


def _esc(desk: Watched) -> None:
    desk.pause.put_away()


def _window(desk: Watched) -> None:
    desk.pause.end(PauseEnd.WINDOW)


def _close(desk: Watched) -> None:
    desk.pause.write_out()


def _late(desk: Watched) -> None:
    desk.go_on(200)


@pytest.mark.parametrize("act", [_esc, _window, _close, _late])
@pytest.mark.parametrize("state", STATES)
def test_after_whatever_happens_nothing_is_open_and_every_lease_was_released(
    desk: Watched, state: Act, act: Act
) -> None:
    state(desk)
    act(desk)
    assert not desk.is_open()
    for name in (ACQUIRE, RELEASE):
        desk.lanes.let_go(name)
        while desk.lanes.waiting(name):
            desk.lanes.answer(name)
    assert not desk.is_open()
    asked = {one.lease_id for one in desk.line.asked(ACQUIRE)}
    assert {one.lease_id for one in desk.releases()} == asked
