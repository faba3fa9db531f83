"""The simulated exchange does what a real Asterisk did, awkward as it is."""

from __future__ import annotations

import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from app.services.rules.recording_audio import Span, read_audio, sound_in
from app.simulators.ami_server import AmiServer
from app.simulators.call_recorder import CallRecorder
from app.values.clock import SystemClock
from app.values.errors import Refusal
from tests.fakes import FixedClock

PATIENCE_S = 20.0
SECRET = "a-secret-of-the-exchange"


class Session:
    """Speaks the protocol by hand."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._reading = self._line.makefile("rb")
        self.greeting = self._reading.readline()

    def close(self) -> None:
        self._reading.close()
        self._line.close()

    def say(self, action: str, **fields: str) -> None:
        told = {"Action": action, "ActionID": "7", **fields}
        self._line.sendall("".join(f"{k}: {v}\r\n" for k, v in told.items()).encode() + b"\r\n")

    def hear(self) -> dict[str, str]:
        """The next message; empty once the line has ended."""
        told: dict[str, str] = {}
        while (line := self._reading.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode().strip().partition(": ")
            told[name] = value
        return told

    def ask(self, action: str, **fields: str) -> dict[str, str]:
        self.say(action, **fields)
        return self.hear()

    def log_in(self, secret: str = SECRET) -> dict[str, str]:
        return self.ask("Login", Username="readback", Secret=secret)

    def mute(self, channel: str, state: str = "1", **more: str) -> dict[str, str]:
        return self.ask(
            "MixMonitorMute", **{"Channel": channel, "Direction": "both", "State": state, **more}
        )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def calls(tmp_path: Path, clock: FixedClock) -> Generator[CallRecorder]:
    made = CallRecorder(tmp_path / "recordings", clock)
    yield made
    made.close()


@pytest.fixture
def ami(calls: CallRecorder) -> Generator[AmiServer]:
    made = AmiServer(calls, "readback", SECRET, refusal_delay_s=0.01)
    yield made
    made.close()


@pytest.fixture
def manager(ami: AmiServer) -> Generator[Session]:
    made = Session(ami.port)
    yield made
    made.close()


@pytest.fixture
def reference(calls: CallRecorder) -> str:
    """A call under way."""
    return calls.start_call("2001", "+441132000001")


def test_a_manager_is_greeted_and_logs_in(manager: Session) -> None:
    assert manager.greeting.startswith(b"Asterisk Call Manager/")
    assert manager.log_in()["Response"] == "Success"
    assert manager.ask("Ping") == {"Response": "Success", "Ping": "Pong", "ActionID": "7"}


def test_a_wrong_secret_ends_the_line(manager: Session) -> None:
    assert manager.log_in("wrong")["Message"] == "Authentication failed"
    assert manager.hear() == {}


def test_without_logging_in_nothing_is_permitted(manager: Session, reference: str) -> None:
    assert manager.mute(reference)["Message"] == "Permission denied"


def test_channels_tell_the_call_and_who_is_on_it(manager: Session, reference: str) -> None:
    manager.log_in()
    manager.say("CoreShowChannels")
    told = [manager.hear() for _ in range(4)]
    assert [each.get("Linkedid") for each in told] == [None, reference, reference, None]
    assert {each.get("CallerIDNum") for each in told[1:3]} == {"+441132000001", "2001"}
    assert told[-1]["EventList"] == "Complete"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Channel": "PJSIP/trunk"}, "No such channel"),
        ({"MixMonitorID": "0xdead"}, "Cannot set mute flag"),
        ({"Direction": ""}, "Invalid MixMonitorMute options: direction and state are needed"),
    ],
)
def test_what_cannot_be_muted_is_an_error(
    manager: Session, reference: str, more: dict[str, str], message: str
) -> None:
    manager.log_in()
    assert manager.mute(reference, **more)["Message"] == message


def test_the_event_follows_the_answer(manager: Session, reference: str) -> None:
    manager.log_in()
    assert manager.mute(reference)["Response"] == "Success"
    event = manager.hear()
    assert (event["Event"], event["Uniqueid"], event["State"]) == ("MixMonitorMute", reference, "1")


def test_a_state_that_is_no_number_mutes_and_the_event_says_0(
    manager: Session, calls: CallRecorder, reference: str
) -> None:
    manager.log_in()
    manager.mute(reference, "banana")
    assert manager.hear()["State"] == "0"
    assert calls.is_muted(calls.call(reference).customer)


def test_muting_one_direction_is_a_success_and_records_on(
    manager: Session, calls: CallRecorder, reference: str
) -> None:
    manager.log_in()
    assert manager.mute(reference, Direction="read")["Response"] == "Success"
    assert not calls.is_muted(calls.call(reference).customer)


def test_a_leg_without_a_recorder_where_somebody_listens_in_is_a_success(
    manager: Session, calls: CallRecorder, reference: str
) -> None:
    manager.log_in()
    agent = calls.call(reference).agent.uniqueid
    assert manager.mute(agent)["Message"] == "Cannot set mute flag"
    calls.spy(agent)
    assert manager.mute(agent)["Response"] == "Success"
    assert manager.hear()["Event"] == "MixMonitorMute"
    assert not calls.is_muted(calls.call(reference).customer)


def test_a_recorder_that_starts_during_a_pause_records_in_clear(
    calls: CallRecorder, clock: FixedClock, reference: str
) -> None:
    leg = calls.call(reference).customer
    calls.mute(leg, "", silent=True, both=True)
    calls.start_recorder(reference)
    clock.advance(seconds=1)
    calls.write_due()
    first, second = sorted(calls.folder.glob("*.wav"))
    assert sound_in(read_audio(first.read_bytes()), Span(0, 1)) == 0.0
    assert round(sound_in(read_audio(second.read_bytes()), Span(0, 1)) / 100) == 164


def test_a_frozen_exchange_does_everything_once_it_goes_on(
    manager: Session, ami: AmiServer, calls: CallRecorder, reference: str
) -> None:
    manager.log_in()
    ami.freeze()
    manager.say("MixMonitorMute", Channel=reference, Direction="both", State="1")
    ami.wait_until_asked("mixmonitormute")
    assert not calls.is_muted(calls.call(reference).customer)
    ami.thaw()
    assert manager.hear()["Response"] == "Success"
    assert calls.is_muted(calls.call(reference).customer)


def test_events_of_a_frozen_exchange_come_when_it_goes_on(
    manager: Session, ami: AmiServer, calls: CallRecorder, reference: str
) -> None:
    manager.log_in()
    ami.freeze()
    calls.hold(reference)
    ami.thaw()
    assert manager.hear()["Event"] == "Hold"


def test_a_hang_up_while_paused_tells_no_stop_of_the_recorder(
    manager: Session, calls: CallRecorder, reference: str
) -> None:
    manager.log_in()
    manager.mute(reference)
    assert manager.hear()["Event"] == "MixMonitorMute"
    calls.hang_up(reference)
    events = [manager.hear()["Event"] for _ in range(3)]
    assert events == ["SoftHangupRequest", "Hangup", "Hangup"]
    assert manager.mute(reference)["Message"] == "No such channel"


def test_the_recording_outlives_the_call(
    calls: CallRecorder, clock: FixedClock, reference: str
) -> None:
    clock.advance(seconds=2.0)
    calls.hang_up(reference)
    (file,) = calls.folder.glob("*.wav")
    assert read_audio(file.read_bytes()).seconds == 2.0


def test_a_recording_grows_by_itself_once_started(tmp_path: Path) -> None:
    calls = CallRecorder(tmp_path, SystemClock())
    calls.start()
    try:
        file = tmp_path / f"{calls.start_call('2001', '')}-1.wav"
        while read_audio(file.read_bytes()).seconds < 0.04:
            pass
    finally:
        calls.close()


def test_what_is_not_there_is_refused_in_words(calls: CallRecorder) -> None:
    with pytest.raises(Refusal):
        calls.call_at("2001")
    with pytest.raises(Refusal):
        calls.hang_up("1.1")
    with pytest.raises(Refusal):
        calls.start_recorder("1.1")
