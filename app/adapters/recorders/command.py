"""A program on the central host that pauses a recorder, above all a screen recorder.

Started with its arguments as a list, never through a shell; it is told what to do, on which
workstation, for which call and lease, and prints one word. The service's environment, which may
hold secrets, is not handed on. Blocks; used by several threads.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.adapters.recorders.options import malformed, options_as
from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    CallSought,
    Capabilities,
    Gap,
    RecorderEvent,
    RecorderProblem,
    RecorderSettings,
    Recording,
)
from app.values.clock import Clock
from app.values.identity import LeaseId
from app.values.vocabulary import ConfirmedBy, RecorderState

_HANDED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "SYSTEMROOT", "TEMP", "TMP")
_SAYS = frozenset({RecorderState.PAUSED, RecorderState.RECORDING, RecorderState.ABSENT})
_NO_LEASE = "-"
LARGEST_WORD = 100


class CommandOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the recorder's table beside name, kind and times.

    `program`: the whole path, then arguments of its own. `workstations`: which seats it is for, by
    name; all where the list is empty.
    """

    program: tuple[str, ...]
    workstations: tuple[str, ...] = ()
    covers_screen: bool = True
    gap: Gap = Gap.CUT
    longest_pause_s: float | None = None


class Command:
    """One program. Implements Recorder; a recording's key is the name of the workstation."""

    def __init__(self, settings: RecorderSettings, clock: Clock) -> None:
        """Raises Refusal `settings_malformed`."""
        self._options = options = options_as(settings, CommandOptions)
        if not options.program or not Path(options.program[0]).is_absolute():
            raise malformed(settings, "the program is named by its whole path")
        if not os.access(options.program[0], os.X_OK):
            raise malformed(settings, "the program is not there or cannot be run")
        self._name = settings.name
        self._clock = clock
        self._confirm_s = settings.times.confirm_s

    @property
    def name(self) -> str:
        """As the settings file names it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """It says its state when asked, and tells nothing by itself."""
        return Capabilities(
            confirms=ConfirmedBy.STATE,
            can_query=True,
            finds_calls=False,
            gap=self._options.gap,
            covers_screen=self._options.covers_screen,
            longest_pause_s=self._options.longest_pause_s,
        )

    def find_call(self, sought: CallSought) -> Call | None:
        """A program knows no calls: only what it is told."""
        if not sought.reference:
            return None
        return Call(
            reference=sought.reference, extension=sought.extension, workstation=sought.workstation
        )

    def find(self, call: Call) -> tuple[Recording, ...]:
        """The workstation, unless the program says that nothing is recorded there."""
        wanted = self._options.workstations
        if wanted and call.workstation not in wanted:
            return ()
        recording = Recording(recorder=self._name, call=call.reference, key=call.workstation)
        if self.state(recording) is RecorderState.ABSENT:
            return ()
        return (recording,)

    def pause(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Ask for it, then ask how it stands."""
        return self._bring_to(RecorderState.PAUSED, "pause", recording, lease_id)

    def resume(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Ask for it, then ask how it stands."""
        return self._bring_to(RecorderState.RECORDING, "resume", recording, lease_id)

    def state(self, recording: Recording) -> RecorderState:
        """What the program says."""
        return self._said("state", recording, _NO_LEASE, self._until(), changes=False)

    def listen(self, listener: Callable[[RecorderEvent], None]) -> None:
        """Nothing is told."""

    def close(self) -> None:
        """Nothing stays open."""

    def _bring_to(
        self, wanted: RecorderState, action: str, recording: Recording, lease_id: LeaseId
    ) -> ConfirmedBy:
        until = self._until()
        said = self._said(action, recording, str(lease_id), until, changes=True)
        if said is wanted:
            said = self._said("state", recording, str(lease_id), until, changes=True)
        if said is RecorderState.ABSENT:
            raise RecorderProblem(RECORDING_GONE, "Nothing is recorded at this workstation now.")
        if said is not wanted:
            raise RecorderProblem(
                "recorder_unconfirmed",
                "The recorder took the request and did not confirm that it was done.",
                unknown=True,
            )
        return ConfirmedBy.STATE

    def _said(
        self, action: str, recording: Recording, lease: str, until: float, *, changes: bool
    ) -> RecorderState:
        told = (action, recording.key, recording.call, lease)
        if any("\0" in each for each in told) or not recording.key:
            raise RecorderProblem("call_malformed", "The workstation has no name to be called by.")
        code, printed = self._run(told, until, changes=changes)
        if code == 0 and printed in _SAYS:
            return RecorderState(printed)
        raise RecorderProblem(
            "recorder_failed",
            f"The recorder's program ended with {code} and without a word that is known.",
            unknown=changes,
        )

    def _run(self, told: tuple[str, ...], until: float, *, changes: bool) -> tuple[int, str]:
        """Exit code and the word. A program that is late is ended with all that it started."""
        left_s = until - self._clock.monotonic()
        if left_s <= 0:
            raise _slow(changes=changes)
        try:
            started = subprocess.Popen(  # noqa: S603 - the program of the settings file, no shell
                [*self._options.program, *told],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
                start_new_session=True,
            )
        except OSError as cause:
            raise RecorderProblem(
                "recorder_away", "The recorder's program cannot be started."
            ) from cause
        with started:
            try:
                printed, _ = started.communicate(timeout=left_s)
            except subprocess.TimeoutExpired as cause:
                _end(started)
                raise _slow(changes=changes) from cause
        return started.returncode, printed[:LARGEST_WORD].decode("utf-8", "replace").strip()

    def _until(self) -> float:
        return self._clock.monotonic() + self._confirm_s


def _end(started: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        started.kill()
        return
    # Its children, too: it leads a group of its own.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)


def _slow(*, changes: bool) -> RecorderProblem:
    return RecorderProblem(
        "recorder_slow", "The recorder's program did not end in time.", unknown=changes
    )


def make(settings: RecorderSettings, clock: Clock) -> Command:
    """The entry point `command` of `readback.recorders`."""
    return Command(settings, clock)
