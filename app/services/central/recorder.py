"""The port to call recorders: what the centre asks of one, and what it hears from it.

Adapters live in `app/adapters/recorders` or in a package of the site's own, which names its maker
under the entry point `readback.recorders`. All methods block, are called from several threads, and
never wait longer than `RecorderTimes.confirm_s`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from app.values.clock import Clock
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState


class RecorderTimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a recorder may take, in seconds; 2 s on a LAN, 5 s in a cloud."""

    connect_s: float = 2.0
    confirm_s: float = 2.0


class Gap(StrEnum):
    """What a pause leaves in the recording."""

    SILENCE = "silence"
    CUT = "cut"
    BEEP = "beep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a recorder can do. `confirms` is the surest proof of a pause that it gives.

    `longest_pause_s`: it resumes by itself after that. `redacts_itself`: it takes card digits out
    by its own means; trusted only while `redaction_verified` says when a test call proved it.
    """

    confirms: ConfirmedBy
    can_query: bool = False
    has_events: bool = False
    finds_calls: bool = True
    gap: Gap = Gap.SILENCE
    covers_screen: bool = False
    longest_pause_s: float | None = None
    redacts_itself: bool = False
    redaction_verified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSought:
    """Which call is meant: by extension or by reference; `workstation` is the name of the seat."""

    workstation: str
    extension: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as a recorder knows it; `reference` is the same for all its legs (Linkedid)."""

    reference: str
    extension: str | None = None
    workstation: str = ""
    caller_number: str = ""
    on_hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording under way on a call; `key` names it to its recorder (Uniqueid, path, id)."""

    recorder: str
    call: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderEvent:
    """Something happened to a call. `key` is the recording, where the event is about one.

    `identity` is the same on every replica that hears of the same event.
    """

    recorder: str
    kind: CallEventKind
    call: str
    identity: str
    key: str = ""


RECORDING_GONE = "recording_gone"
"""The code of a problem that means: this recording, or its call, is there no longer.

There is nothing left to pause or to resume.
"""


class RecorderProblem(Exception):  # noqa: N818 - stands beside Refusal and Fault
    """A recorder did not do what it was asked.

    `unknown`: it may have done it, or may still do it later, so it has to be told to resume.
    `sentence` is for people; it holds no secret.
    """

    def __init__(self, code: str, sentence: str, *, unknown: bool = False) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.unknown = unknown


class Recorder(Protocol):
    """A call recorder, or a screen recorder."""

    @property
    def name(self) -> str:
        """As the settings file names it."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def find_call(self, sought: CallSought) -> Call | None:
        """The call that is meant, or None. Raises RecorderProblem."""
        ...

    def find(self, call: Call) -> tuple[Recording, ...]:
        """Every recording of the call under way, on all legs. Raises RecorderProblem."""
        ...

    def pause(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Pause it; answers only once it is confirmed. Raises RecorderProblem."""
        ...

    def state(self, recording: Recording) -> RecorderState:
        """What it says of itself; UNKNOWN where it cannot be asked. Raises RecorderProblem."""
        ...

    def resume(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Record again, whatever was before. Repeatable. Raises RecorderProblem."""
        ...

    def listen(self, listener: Callable[[RecorderEvent], None]) -> None:
        """Tell events from now on, on a thread of its own; the line is made again when it breaks.

        A broken line is itself told: RECORDER_LOST with an empty `call` means all its calls.
        """
        ...

    def close(self) -> None:
        """End threads and connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """One `[[centre.recorders]]` table: who it is, and what its adapter reads of it."""

    name: str
    kind: str
    times: RecorderTimes
    options: dict[str, Any]


MakeRecorder = Callable[[RecorderSettings, Clock], Recorder]
"""What an entry point of `readback.recorders` names. Raises Refusal `settings_malformed`."""
