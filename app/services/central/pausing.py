"""All recorders of the centre as one: which call is meant, and pausing or resuming all of it.

Asks recorders side by side, each question on a thread of its own, and never waits for one that
hangs: what did not answer counts as unknown. Keeps nothing and knows no database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    CallSought,
    Capabilities,
    Recorder,
    RecorderProblem,
    Recording,
)
from app.values.errors import Refusal
from app.values.identity import LeaseId
from app.values.vocabulary import ConfirmedBy, RecorderState

T = TypeVar("T")

NOTHING_RECORDED = "nothing_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCall:
    """A call, as each recorder that knows it calls it."""

    reference: str
    by_recorder: Mapping[str, Call]

    @property
    def caller_number(self) -> str:
        """Empty where it is withheld or unknown."""
        return next((c.caller_number for c in self.by_recorder.values() if c.caller_number), "")

    @property
    def on_hold(self) -> bool:
        """Whether any recorder says that the caller waits."""
        return any(call.on_hold for call in self.by_recorder.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking for one recording to be paused or resumed: a proof or a problem."""

    recording: Recording
    confirmed_by: ConfirmedBy | None = None
    problem: RecorderProblem | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether it may have been done, or may still be."""
        return self.problem is not None and self.problem.unknown

    @property
    def is_gone(self) -> bool:
        """Whether there is nothing left to pause or to resume."""
        return self.problem is not None and self.problem.code == RECORDING_GONE


class Recorders:
    """Every recorder that the settings name."""

    def __init__(self, recorders: tuple[Recorder, ...], answer_s: float) -> None:
        """`answer_s` is how long any question to a recorder may take altogether."""
        self._recorders = {recorder.name: recorder for recorder in recorders}
        self._answer_s = answer_s

    @property
    def all(self) -> tuple[Recorder, ...]:
        """One after another, as the settings name them."""
        return tuple(self._recorders.values())

    def longest_pause_s(self, longest_s: float, spare_s: float) -> float:
        """How long a pause may last, with time to spare before any recorder ends it by itself."""
        own = (recorder.capabilities.longest_pause_s for recorder in self.all)
        return min([longest_s, *(limit - spare_s for limit in own if limit is not None)])

    def find_call(self, sought: CallSought) -> FoundCall:
        """The call that is meant.

        Raises Refusal `no_recorder`, `reference_needed`, `no_call`, or a recorder's own code.
        """
        if not self._recorders:
            raise Refusal("no_recorder", "No call recorder is set up, so no card can be taken.")
        finders = [one for one in self.all if one.capabilities.finds_calls]
        if not sought.reference and (sought.extension is None or not finders):
            raise Refusal(
                "reference_needed",
                "The recorder cannot tell which call this is. Please type the call's reference.",
                "reference",
            )
        found = self._calls(finders, sought)
        if finders and not found:
            raise Refusal("no_call", "There is no call here whose recording could be paused.")
        reference = found[0][1].reference if found else sought.reference
        plain = Call(
            reference=reference, extension=sought.extension, workstation=sought.workstation
        )
        calls = {one.name: plain for one in self.all if not one.capabilities.finds_calls}
        return FoundCall(reference=reference, by_recorder=calls | dict(found))

    def recordings(self, found: FoundCall) -> tuple[Recording, ...]:
        """Every recording of the call. Raises Refusal `nothing_recorded` or a recorder's own."""
        works = [partial(self._recorders[n].find, call) for n, call in found.by_recorder.items()]
        lists: list[tuple[Recording, ...]] = []
        for name, outcome in zip(
            found.by_recorder, side_by_side(works, self._answer_s), strict=True
        ):
            if isinstance(outcome, RecorderProblem):
                raise _unable(name, outcome) from outcome
            if not outcome and self._recorders[name].capabilities.finds_calls:
                raise _nothing_recorded(name)
            lists.append(outcome)
        recordings = tuple(recording for found_here in lists for recording in found_here)
        if not recordings:
            raise _nothing_recorded(", ".join(found.by_recorder))
        return recordings

    def count(self, found: FoundCall) -> int:
        """How many recordings of the call there are. Raises Refusal with a recorder's own code."""
        try:
            return len(self.recordings(found))
        except Refusal as refusal:
            if refusal.code != NOTHING_RECORDED:
                raise
            return 0

    def pause(
        self, recordings: Sequence[Recording], lease_id: LeaseId, seconds: float | None = None
    ) -> tuple[Asked, ...]:
        """Pause each; proved by its state as well, where the recorder can be asked for it."""
        works = [partial(self._pause_one, recording, lease_id) for recording in recordings]
        return _asked(recordings, side_by_side(works, seconds or self._answer_s))

    def resume(self, recordings: Sequence[Recording], lease_id: LeaseId) -> tuple[Asked, ...]:
        """Let each record again; gone where its call is over or it is no more on it."""
        works = [partial(self._resume_one, recording, lease_id) for recording in recordings]
        return _asked(recordings, side_by_side(works, self._answer_s))

    def found_by(self, recorder: str, call: str) -> tuple[Recording, ...] | None:
        """What one recorder records of a call now; None where it does not say."""
        sought = CallSought(workstation="", reference=call)
        (outcome,) = side_by_side(
            [partial(_found_by, self._recorders[recorder], sought)], self._answer_s
        )
        return None if isinstance(outcome, RecorderProblem) else outcome

    def is_over(self, recordings: Sequence[Recording]) -> bool:
        """Whether a recorder knows that the call of these is over; False where none can tell."""
        calls = {(recording.recorder, recording.call) for recording in recordings}
        works = [
            partial(recorder.find_call, CallSought(workstation="", reference=call))
            for name, call in sorted(calls)
            if (recorder := self._recorders.get(name)) is not None
            and recorder.capabilities.finds_calls
        ]
        return any(outcome is None for outcome in side_by_side(works, self._answer_s))

    def close(self) -> None:
        """Let them go."""
        for recorder in self.all:
            recorder.close()

    def _calls(
        self, finders: Sequence[Recorder], sought: CallSought
    ) -> tuple[tuple[str, Call], ...]:
        works = [partial(finder.find_call, sought) for finder in finders]
        found: list[tuple[str, Call]] = []
        for finder, outcome in zip(finders, side_by_side(works, self._answer_s), strict=True):
            if isinstance(outcome, RecorderProblem):
                raise _unable(finder.name, outcome) from outcome
            if outcome is not None:
                found.append((finder.name, outcome))
        return tuple(found)

    def _pause_one(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        recorder = self._known(recording)
        capabilities = recorder.capabilities
        _require_verified(recorder.name, capabilities)
        confirmed = recorder.pause(recording, lease_id)
        if not capabilities.can_query:
            return confirmed
        try:
            state = recorder.state(recording)
        except RecorderProblem as problem:
            raise RecorderProblem(problem.code, problem.sentence, unknown=True) from problem
        if state is not RecorderState.PAUSED:
            raise RecorderProblem(
                "not_paused", f"{recorder.name} says that it still records.", unknown=True
            )
        return ConfirmedBy.STATE

    def _resume_one(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        recorder = self._known(recording)
        try:
            return recorder.resume(recording, lease_id)
        except RecorderProblem as problem:
            if problem.unknown or problem.code == RECORDING_GONE:
                raise
            if recorder.capabilities.finds_calls and _is_gone(recorder, recording):
                raise RecorderProblem(RECORDING_GONE, "The call is over.") from problem
            raise

    def _known(self, recording: Recording) -> Recorder:
        recorder = self._recorders.get(recording.recorder)
        if recorder is None:
            raise RecorderProblem(
                "recorder_unknown", f"{recording.recorder} is no longer in the settings."
            )
        return recorder


def _found_by(recorder: Recorder, sought: CallSought) -> tuple[Recording, ...]:
    if not recorder.capabilities.finds_calls:
        return recorder.find(Call(reference=sought.reference))
    call = recorder.find_call(sought)
    return recorder.find(call) if call is not None else ()


def _is_gone(recorder: Recorder, recording: Recording) -> bool:
    """Whether the call is over, or this recording is no more among those of the call."""
    call = recorder.find_call(CallSought(workstation="", reference=recording.call))
    return call is None or all(one.key != recording.key for one in recorder.find(call))


def _require_verified(name: str, capabilities: Capabilities) -> None:
    if capabilities.redacts_itself and not capabilities.redaction_verified:
        raise RecorderProblem(
            "redaction_unverified",
            f"{name} takes card digits out by itself, and no test call has proved that yet.",
        )


def _asked(
    recordings: Sequence[Recording], outcomes: Sequence[ConfirmedBy | RecorderProblem]
) -> tuple[Asked, ...]:
    return tuple(
        Asked(recording=recording, problem=outcome)
        if isinstance(outcome, RecorderProblem)
        else Asked(recording=recording, confirmed_by=outcome)
        for recording, outcome in zip(recordings, outcomes, strict=True)
    )


def merged(before: Sequence[Asked], later: Sequence[Asked]) -> tuple[Asked, ...]:
    """Each recording once, as it was answered last."""
    by_recording = {asked.recording: asked for asked in (*before, *later)}
    return tuple(by_recording.values())


def _unable(name: str, problem: RecorderProblem) -> Refusal:
    sentence = f"{name}: {problem.sentence} The card fields stay locked."
    return Refusal(problem.code, sentence)


def _nothing_recorded(name: str) -> Refusal:
    return Refusal(
        NOTHING_RECORDED,
        f"The recorder {name} has no recording of this call, so nobody can be sure that it is"
        " paused. The card fields stay locked.",
    )


def side_by_side(
    works: Sequence[Callable[[], T]], seconds: float
) -> tuple[T | RecorderProblem, ...]:
    """What each came to; a problem `not_answered` for those that take longer than that."""
    futures: list[Future[T | RecorderProblem]] = []
    for work in works:
        future: Future[T | RecorderProblem] = Future()
        futures.append(future)
        # A thread that an adapter never gives back may not keep the service from ending.
        threading.Thread(target=_run, args=(work, future), name="recorder", daemon=True).start()
    wait(futures, timeout=seconds)
    return tuple(future.result() if future.done() else _no_answer() for future in futures)


def _run(work: Callable[[], T], future: Future[T | RecorderProblem]) -> None:
    try:
        future.set_result(work())
    except RecorderProblem as problem:
        future.set_result(problem)


def _no_answer() -> RecorderProblem:
    return RecorderProblem("not_answered", "It did not answer in time.", unknown=True)
