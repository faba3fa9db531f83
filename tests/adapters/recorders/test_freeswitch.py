"""FreeSWITCH against a stand-in for its event socket."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from app.adapters.recorders.freeswitch import FreeSwitch
from app.services.central.recorder import RECORDING_GONE, Call, RecorderProblem, Recording
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState
from tests.adapters.recorders.exchange import LEASE, Heard, sought
from tests.adapters.recorders.switch import AGENT, CALL, PASSWORD, PATH, Switch

RECORDING = Recording(recorder="switch", call=CALL, key=f"{CALL}|{PATH}")
THE_CALL = Call(reference=CALL, extension="2001", workstation="Desk 1")


@pytest.fixture
def switch() -> Generator[Switch]:
    made = Switch()
    yield made
    made.close()


@pytest.fixture
def recorder(switch: Switch, tmp_path: Path) -> Generator[FreeSwitch]:
    made = switch.recorder(tmp_path)
    yield made
    made.close()


@pytest.fixture
def heard(switch: Switch, recorder: FreeSwitch) -> Heard:
    """What the recorder tells; it knows the call."""
    listener = Heard()
    switch.a_call()
    recorder.listen(listener)
    recorder.find(THE_CALL)
    return listener


def test_a_recording_is_found_by_its_path_masked_and_unmasked(
    switch: Switch, recorder: FreeSwitch
) -> None:
    switch.a_call()
    call = recorder.find_call(sought())
    assert call == Call(
        reference=CALL, extension="2001", workstation="Desk 1", caller_number="441132000001"
    )
    assert recorder.find(call) == (RECORDING,)
    assert recorder.pause(RECORDING, LEASE) is ConfirmedBy.ANSWER
    assert switch.masks == {(CALL, PATH): True}
    assert recorder.state(RECORDING) is RecorderState.UNKNOWN
    assert recorder.resume(RECORDING, LEASE) is ConfirmedBy.ANSWER
    assert switch.masks == {(CALL, PATH): False}


def test_the_lease_is_noted_on_the_channel(switch: Switch, recorder: FreeSwitch) -> None:
    switch.a_call()
    recorder.pause(RECORDING, LEASE)
    assert switch.asked[-1] == f"uuid_setvar {CALL} readback_lease {LEASE}"


def test_every_recording_on_every_leg_is_found(switch: Switch, recorder: FreeSwitch) -> None:
    switch.a_call()
    switch.masks[AGENT, "/recordings/agent.wav"] = False
    switch.masks[CALL, "/recordings/second.wav"] = False
    assert {each.key for each in recorder.find(THE_CALL)} == {
        f"{CALL}|{PATH}",
        f"{CALL}|/recordings/second.wav",
        f"{AGENT}|/recordings/agent.wav",
    }


@pytest.mark.parametrize("extension", ["200", "20011", "3001", ""])
def test_only_the_whole_extension_is_meant(
    switch: Switch, recorder: FreeSwitch, extension: str
) -> None:
    switch.a_call()
    assert recorder.find_call(sought(extension)) is None


def test_a_call_is_found_by_its_reference(switch: Switch, recorder: FreeSwitch) -> None:
    switch.a_call()
    call = recorder.find_call(sought("none", CALL))
    assert call is not None
    assert call.reference == CALL
    assert recorder.find_call(sought("none", "another")) is None


def test_a_reference_never_names_another_call_than_the_one_on_the_extension(
    switch: Switch, recorder: FreeSwitch
) -> None:
    switch.a_call()
    with pytest.raises(RecorderProblem) as problem:
        recorder.find_call(sought(reference="another"))
    assert problem.value.code == "call_elsewhere"


def test_a_call_on_hold_says_so(switch: Switch, recorder: FreeSwitch) -> None:
    switch.a_call("HELD")
    call = recorder.find_call(sought())
    assert call is not None
    assert call.on_hold


def test_without_calls_there_is_no_call(recorder: FreeSwitch) -> None:
    assert recorder.find_call(sought()) is None


@pytest.mark.parametrize("gone", [f"{CALL}|/recordings/other.wav", f"nobody|{PATH}"])
def test_a_recording_that_is_not_there_cannot_be_paused(
    switch: Switch, recorder: FreeSwitch, gone: str
) -> None:
    switch.a_call()
    recording = Recording(recorder="switch", call=CALL, key=gone)
    with pytest.raises(RecorderProblem) as problem:
        recorder.pause(recording, LEASE)
    assert (problem.value.code, problem.value.unknown) == (RECORDING_GONE, False)
    assert recorder.state(recording) is RecorderState.ABSENT


@pytest.mark.parametrize(
    "key", [f"{CALL}|/a b.wav", f"{CALL} all|{PATH}", CALL, f"{CALL}|", f"{CALL}|/a\n\napi x"]
)
def test_a_key_that_would_be_more_than_one_word_is_refused(
    switch: Switch, recorder: FreeSwitch, key: str
) -> None:
    switch.a_call()
    with pytest.raises(RecorderProblem) as problem:
        recorder.pause(Recording(recorder="switch", call=CALL, key=key), LEASE)
    assert problem.value.code == "recorder_refused"
    assert switch.asked == []


def test_no_answer_leaves_the_pause_unknown(switch: Switch, tmp_path: Path) -> None:
    switch.a_call()
    hasty = switch.recorder(tmp_path, confirm_s=1.0)
    try:
        hasty.find(THE_CALL)
        switch.is_deaf_to = "uuid_record"
        with pytest.raises(RecorderProblem) as problem:
            hasty.pause(RECORDING, LEASE)
        assert (problem.value.code, problem.value.unknown) == ("recorder_slow", True)
    finally:
        hasty.close()


def test_events_of_a_call_are_told(switch: Switch, heard: Heard) -> None:
    switch.happens("RECORD_START", AGENT, **{"Record-File-Path": "/recordings/late.wav"})
    started = heard.until(CallEventKind.RECORDER_STARTED)
    assert (started.call, started.key) == (CALL, f"{AGENT}|/recordings/late.wav")
    switch.happens("CHANNEL_HOLD", AGENT)
    assert heard.until(CallEventKind.HOLD).call == CALL
    switch.happens("CHANNEL_UNHOLD", AGENT)
    assert heard.until(CallEventKind.RETRIEVED).call == CALL
    switch.happens("CUSTOM", AGENT, **{"Event-Subclass": "sofia::transferor"})
    assert heard.until(CallEventKind.TRANSFER).call == CALL
    switch.happens("RECORD_STOP", CALL, **{"Record-File-Path": PATH})
    assert heard.until(CallEventKind.RECORDER_LOST).key == f"{CALL}|{PATH}"


def test_a_call_is_over_when_its_recorded_leg_is_gone(switch: Switch, heard: Heard) -> None:
    switch.happens("CHANNEL_HANGUP_COMPLETE", CALL)
    assert heard.next().kind is CallEventKind.HANGUP


def test_an_agent_who_leaves_a_recorded_customer_behind_is_a_transfer(
    switch: Switch, heard: Heard
) -> None:
    switch.happens("CHANNEL_HANGUP_COMPLETE", AGENT)
    assert heard.next().kind is CallEventKind.TRANSFER
    switch.happens("CHANNEL_HANGUP_COMPLETE", CALL)
    assert heard.next().kind is CallEventKind.HANGUP


def test_a_recording_that_began_while_listening_is_known_even_if_it_is_not_listed(
    switch: Switch, recorder: FreeSwitch, heard: Heard
) -> None:
    switch.happens("RECORD_START", AGENT, **{"Record-File-Path": "/recordings/late.wav"})
    heard.until(CallEventKind.RECORDER_STARTED)
    assert f"{AGENT}|/recordings/late.wav" in {each.key for each in recorder.find(THE_CALL)}


def test_a_broken_line_is_told_and_made_again(
    switch: Switch, recorder: FreeSwitch, heard: Heard
) -> None:
    switch.hang_up()
    assert heard.until(CallEventKind.RECORDER_LOST).call == ""
    assert recorder.find(THE_CALL) == (RECORDING,)


def test_a_wrong_password_is_refused_in_words_that_do_not_hold_it(
    switch: Switch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"not-{PASSWORD}", encoding="utf-8")
    recorder = switch.recorder(tmp_path)
    try:
        with pytest.raises(RecorderProblem) as problem:
            recorder.find_call(sought())
        assert problem.value.code == "recorder_login"
        assert PASSWORD not in f"{problem.value!r}"
    finally:
        recorder.close()
