"""Call recorders for tests: they obey the port, and imitate what real ones do wrong.

`FakeRecorder` knows calls and their recordings, and can lie, fail, freeze, start another recording,
lose its line. What it was told stands in `told`, in order.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    CallSought,
    Capabilities,
    Recorder,
    RecorderEvent,
    RecorderProblem,
    Recording,
)
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState

BY_EVENT = Capabilities(confirms=ConfirmedBy.EVENT, has_events=True)
BY_STATE = Capabilities(confirms=ConfirmedBy.STATE, can_query=True, has_events=True)
SCREEN = Capabilities(confirms=ConfirmedBy.ANSWER, finds_calls=False, covers_screen=True)


@dataclass(slots=True)
class FakeCall:
    """A call under way; `recordings` says of each whether it is paused."""

    call: Call
    recordings: dict[str, bool] = field(default_factory=dict)


class FakeRecorder:
    """A recorder that does as it is told, until a test says otherwise."""

    def __init__(self, name: str = "pbx", capabilities: Capabilities = BY_EVENT) -> None:
        self._name = name
        self._capabilities = capabilities
        self._lock = threading.RLock()
        self._listeners: list[Callable[[RecorderEvent], None]] = []
        self._late: list[Callable[[], object]] = []
        self._numbers = itertools.count(1)
        self._is_frozen = False
        self.calls: dict[str, FakeCall] = {}
        self.told: list[tuple[str, str]] = []
        self.is_lying = False
        """It answers every pause with a success, and goes on recording."""
        self.refuses_to_pause = False
        self.refuses_to_resume = False
        self.freezes_when_paused = False
        self.starts_one_when_paused = ""
        """The key of a recording that begins while the first one is paused, without an event."""
        self.when_paused: Callable[[], object] | None = None
        """Called in the middle of every pause."""
        self.when_resumed: Callable[[], object] | None = None
        """Called before a recording goes on."""
        self.when_found: Callable[[], object] | None = None
        """Called once recordings were looked for."""

    # -------------------------------------------------------------- the port

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def find_call(self, sought: CallSought) -> Call | None:
        with self._lock:
            self._require_answer()
            for reference, known in self.calls.items():
                if sought.reference in {"", reference} and (
                    sought.reference or sought.extension == known.call.extension
                ):
                    return known.call
        return None

    def find(self, call: Call) -> tuple[Recording, ...]:
        with self._lock:
            self._require_answer()
            known = self.calls.get(call.reference)
            keys = known.recordings if known is not None else ()
            found = tuple(self.recording(key, call.reference) for key in keys)
            is_first = all(told != "pause" for told, _ in self.told)
        if self.when_found is not None and is_first:
            self.when_found()
        return found

    def pause(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        with self._lock:
            self.told.append(("pause", recording.key))
            self._is_frozen = self._is_frozen or self.freezes_when_paused
            self._require_answer_to(lambda: self._set(recording, to=True))
            if self.refuses_to_pause:
                raise RecorderProblem("refused", f"{self._name} did as it liked.")
            if not self.is_lying:
                self._set(recording, to=True)
            if self.starts_one_when_paused:
                self.calls[recording.call].recordings.setdefault(self.starts_one_when_paused, False)
        if self.when_paused is not None:
            self.when_paused()
        return self._capabilities.confirms

    def state(self, recording: Recording) -> RecorderState:
        with self._lock:
            self._require_answer()
            if not self._capabilities.can_query:
                return RecorderState.UNKNOWN
            known = self.calls.get(recording.call)
            if known is None or recording.key not in known.recordings:
                return RecorderState.ABSENT
            paused = known.recordings[recording.key]
            return RecorderState.PAUSED if paused else RecorderState.RECORDING

    def resume(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        if self.when_resumed is not None:
            self.when_resumed()
        with self._lock:
            self.told.append(("resume", recording.key))
            self._require_answer_to(lambda: self._set(recording, to=False))
            if self.refuses_to_resume:
                raise RecorderProblem("refused", f"{self._name} did as it liked.")
            self._set(recording, to=False)
            return self._capabilities.confirms

    def listen(self, listener: Callable[[RecorderEvent], None]) -> None:
        self._listeners.append(listener)

    def close(self) -> None:
        self._listeners.clear()

    # -------------------------------------------------------------- what happens to it

    def ring(
        self, extension: str = "100", reference: str = "call-1", *keys: str, caller: str = ""
    ) -> FakeCall:
        """A call at an extension, recorded under these keys."""
        call = Call(reference=reference, extension=extension, caller_number=caller)
        known = FakeCall(call, dict.fromkeys(keys, False))
        self.calls[reference] = known
        return known

    def recording(self, key: str, reference: str = "call-1") -> Recording:
        return Recording(recorder=self._name, call=reference, key=key)

    def is_paused(self, key: str, reference: str = "call-1") -> bool:
        with self._lock:
            return self.calls[reference].recordings[key]

    def freeze(self) -> None:
        """It answers nothing more, but keeps what it is told."""
        self._is_frozen = True

    def thaw(self) -> None:
        """It does all it was told meanwhile, as it was told."""
        with self._lock:
            self._is_frozen = self.freezes_when_paused = False
            late, self._late = self._late, []
            for act in late:
                act()

    def begin(self, key: str, reference: str = "call-1") -> RecorderEvent:
        """One more recording begins; the event of it is told."""
        with self._lock:
            self.calls[reference].recordings[key] = False
        return self.tell(CallEventKind.RECORDER_STARTED, reference, key)

    def hold(self, reference: str = "call-1") -> RecorderEvent:
        self.calls[reference].call = replace(self.calls[reference].call, on_hold=True)
        return self.tell(CallEventKind.HOLD, reference)

    def transfer(self, extension: str = "200", reference: str = "call-1") -> RecorderEvent:
        self.calls[reference].call = replace(self.calls[reference].call, extension=extension)
        return self.tell(CallEventKind.TRANSFER, reference)

    def hang_up(self, reference: str = "call-1") -> RecorderEvent:
        with self._lock:
            del self.calls[reference]
        return self.tell(CallEventKind.HANGUP, reference)

    def lose_line(self) -> RecorderEvent:
        return self.tell(CallEventKind.RECORDER_LOST, "")

    def tell(self, kind: CallEventKind, reference: str, key: str = "") -> RecorderEvent:
        """An event to all who listen; each replica hears the same one."""
        event = RecorderEvent(
            recorder=self._name,
            kind=kind,
            call=reference,
            key=key,
            identity=f"{self._name}-{next(self._numbers)}",
        )
        for listener in self._listeners:
            listener(event)
        return event

    # -------------------------------------------------------------- inside

    def _require_answer(self) -> None:
        if self._is_frozen:
            raise RecorderProblem("no_answer", f"{self._name} does not answer.")

    def _require_answer_to(self, act: Callable[[], object]) -> None:
        if self._is_frozen:
            self._late.append(act)
            raise RecorderProblem("no_answer", f"{self._name} does not answer.", unknown=True)

    def _set(self, recording: Recording, *, to: bool) -> None:
        known = self.calls.get(recording.call)
        if known is None or recording.key not in known.recordings:
            raise RecorderProblem(RECORDING_GONE, "This recording has ended.")
        known.recordings[recording.key] = to


def fakes_are_recorders(one: FakeRecorder) -> Recorder:
    """The type checker holds the fake to the port here."""
    return one
