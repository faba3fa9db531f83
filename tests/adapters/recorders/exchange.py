"""A simulated telephone exchange for the tests of recorders; its sound is driven by hand."""

from __future__ import annotations

import queue
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.recorders.asterisk import Asterisk
from app.services.central.recorder import (
    Call,
    CallSought,
    RecorderEvent,
    RecorderSettings,
    RecorderTimes,
    Recording,
)
from app.services.rules.recording_audio import Audio, CallRecordings, read_audio
from app.simulators.ami_server import AmiServer
from app.simulators.call_recorder import CallRecorder
from app.values.clock import SystemClock
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind
from app.wire.message import decode
from tests.fakes import CountingIds, FixedClock

PATIENCE_S = 20.0
SECRET = "a-secret-of-the-exchange"
EXTENSION = "2001"
CALLER = "+441132000001"
LEASE = LeaseId(CountingIds().new())


class Heard:
    """What a recorder told, in its order; waits for news instead of sleeping."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[RecorderEvent] = queue.SimpleQueue()
        self.all: list[RecorderEvent] = []

    def __call__(self, event: RecorderEvent) -> None:
        self._events.put(event)

    def next(self) -> RecorderEvent:
        event = self._events.get(timeout=PATIENCE_S)
        self.all.append(event)
        return event

    def until(self, kind: CallEventKind) -> RecorderEvent:
        while (event := self.next()).kind is not kind:
            pass
        return event


class Exchange:
    """The exchange, its manager interface, and a recorder that is connected to it."""

    def __init__(
        self, folder: Path, rights: frozenset[str], tls: ssl.SSLContext | None = None
    ) -> None:
        self.sound = FixedClock()
        self._folder = folder
        self.secret_file = folder / "secret"
        self.secret_file.write_text(f"{SECRET}\n", encoding="utf-8")
        self.calls = CallRecorder(folder / "recordings", self.sound)
        self.ami = AmiServer(
            self.calls, "readback", SECRET, refusal_delay_s=0.05, rights=rights, tls=tls
        )
        self._made: list[Asterisk] = []

    def settings(self, confirm_s: float = PATIENCE_S, **options: object) -> RecorderSettings:
        table: dict[str, object] = {
            "user": "readback",
            "secret_file": str(self.secret_file),
            "port": self.ami.port,
        }
        times = RecorderTimes(connect_s=2.0, confirm_s=confirm_s)
        return RecorderSettings(
            name="pbx", kind="asterisk", times=times, options={**table, **options}
        )

    def recorder(self, confirm_s: float = PATIENCE_S, **options: object) -> Asterisk:
        made = Asterisk(self.settings(confirm_s, **options), SystemClock())
        self._made.append(made)
        return made

    def passes(self, seconds: float) -> None:
        """People talk."""
        self.sound.advance(seconds=seconds)
        self.calls.write_due()

    def recording(self, reference: str, number: int = 1) -> Audio:
        self.calls.write_due()
        return read_audio((self.calls.folder / f"{reference}-{number}.wav").read_bytes())

    def note(self, reference: str) -> CallRecordings:
        return decode((self.calls.folder / f"{reference}.json").read_bytes(), CallRecordings)

    def close(self) -> None:
        self.ami.thaw()
        for made in self._made:
            made.close()
        self.calls.close()
        self.ami.close()


@contextmanager
def an_exchange(
    folder: Path,
    rights: frozenset[str] = frozenset({"call", "reporting"}),
    tls: ssl.SSLContext | None = None,
) -> Generator[Exchange]:
    exchange = Exchange(folder, rights, tls)
    try:
        yield exchange
    finally:
        exchange.close()


def sought(extension: str = EXTENSION, reference: str = "") -> CallSought:
    return CallSought(workstation="Desk 1", extension=extension, reference=reference)


def found(recorder: Asterisk) -> tuple[Call, tuple[Recording, ...]]:
    call = recorder.find_call(sought())
    assert call is not None
    return call, recorder.find(call)


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread
