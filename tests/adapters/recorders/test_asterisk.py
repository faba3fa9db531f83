"""Asterisk against the simulated exchange: what is paused is silent, and what is not is told."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from app.adapters.recorders.asterisk import Asterisk
from app.adapters.recorders.loading import load_recorders
from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    RecorderEvent,
    RecorderProblem,
    Recording,
)
from app.services.rules.recording_audio import Span, sound_in, sound_outside
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState
from tests.adapters.recorders.exchange import (
    CALLER,
    EXTENSION,
    LEASE,
    SECRET,
    Exchange,
    Heard,
    an_exchange,
    found,
    in_background,
    sought,
)

TONE = 16_445


@pytest.fixture
def exchange(tmp_path: Path) -> Generator[Exchange]:
    with an_exchange(tmp_path) as made:
        yield made


@pytest.fixture
def pbx(exchange: Exchange) -> Asterisk:
    return exchange.recorder()


@pytest.fixture
def heard(pbx: Asterisk) -> Heard:
    """What the recorder tells; the line is up."""
    listener = Heard()
    pbx.listen(listener)
    assert pbx.find_call(sought("none")) is None
    return listener


# ---------------------------------------------------------------- pausing


def test_a_pause_leaves_exact_silence_and_the_tone_outside_it(
    exchange: Exchange, pbx: Asterisk
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.passes(3.0)
    _, (recording,) = found(pbx)
    assert pbx.pause(recording, LEASE) is ConfirmedBy.EVENT
    exchange.passes(4.0)
    assert pbx.resume(recording, LEASE) is ConfirmedBy.EVENT
    exchange.passes(3.0)
    audio = exchange.recording(reference)
    pause = Span(3.0, 7.0)
    assert audio.seconds == 10.0
    assert sound_in(audio, pause) == 0.0
    assert [round(loud / 100) for _, loud in sound_outside(audio, [pause])] == [164, 164]


def test_the_frame_under_way_is_silent_from_its_beginning(
    exchange: Exchange, pbx: Asterisk
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.passes(1.015)
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    exchange.passes(1.0)
    assert sound_in(exchange.recording(reference), Span(1.0, 2.0)) == 0.0


def test_the_note_says_when_the_recording_began(exchange: Exchange) -> None:
    exchange.passes(5.0)
    began = exchange.sound.now()
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    (file,) = exchange.note(reference).recordings
    assert (file.started_at, file.file, file.key) == (began, f"{reference}-1.wav", reference)


def test_two_pauses_and_one_resume_record_again(exchange: Exchange, pbx: Asterisk) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    pbx.pause(recording, LEASE)
    pbx.resume(recording, LEASE)
    assert not exchange.calls.is_muted(exchange.calls.call(reference).customer)


def test_the_lease_stands_on_the_channel_while_it_is_paused(
    exchange: Exchange, pbx: Asterisk
) -> None:
    leg = exchange.calls.call(exchange.calls.start_call(EXTENSION, CALLER)).customer
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    assert leg.variables["READBACK_LEASE"] == str(LEASE)
    pbx.resume(recording, LEASE)
    assert leg.variables["READBACK_LEASE"] == ""


def test_every_leg_with_a_recorder_is_found(exchange: Exchange, pbx: Asterisk) -> None:
    call = exchange.calls.call(exchange.calls.start_call(EXTENSION, CALLER))
    exchange.calls.start_recorder(call.agent.uniqueid)
    _, recordings = found(pbx)
    assert {each.key for each in recordings} == {call.customer.uniqueid, call.agent.uniqueid}
    for each in recordings:
        pbx.pause(each, LEASE)
    assert all(exchange.calls.is_muted(leg) for leg in call.legs)


def test_two_recorders_on_a_leg_are_paused_as_one(exchange: Exchange, pbx: Asterisk) -> None:
    call = exchange.calls.call(exchange.calls.start_call(EXTENSION, CALLER))
    exchange.calls.start_recorder(call.customer.uniqueid)
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    assert exchange.calls.is_muted(call.customer)


def test_success_on_a_leg_without_a_recorder_is_not_paused(
    exchange: Exchange, pbx: Asterisk
) -> None:
    call = exchange.calls.call(exchange.calls.start_call(EXTENSION, CALLER))
    exchange.calls.spy(call.customer.uniqueid)
    _, (recording,) = found(pbx)
    exchange.calls.stop_recorder(call.customer.uniqueid)
    assert exchange.calls.mute(call.customer, "", silent=True, both=True), "as Asterisk has it"
    with pytest.raises(RecorderProblem) as problem:
        pbx.pause(recording, LEASE)
    assert problem.value.code == RECORDING_GONE


def test_a_call_that_nobody_records_has_no_recordings(exchange: Exchange, pbx: Asterisk) -> None:
    exchange.calls.start_call(EXTENSION, CALLER, recorded=False)
    assert found(pbx)[1] == ()


def test_a_recorder_whose_id_nobody_told_is_known_by_its_start(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    call = exchange.calls.call(exchange.calls.start_call(EXTENSION, CALLER, recorded=False))
    exchange.calls.start_recorder(call.customer.uniqueid, tells_id=False)
    heard.until(CallEventKind.RECORDER_STARTED)
    _, (recording,) = found(pbx)
    assert pbx.pause(recording, LEASE) is ConfirmedBy.EVENT
    assert exchange.calls.is_muted(call.customer)


def test_a_recorder_that_starts_late_is_told_and_can_be_paused(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    heard.until(CallEventKind.RECORDER_STARTED)
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    exchange.passes(2.0)
    exchange.calls.start_recorder(reference)
    started = heard.until(CallEventKind.RECORDER_STARTED)
    assert (started.call, started.key) == (reference, reference)
    late = Recording(recorder="pbx", call=started.call, key=started.key)
    assert pbx.pause(late, LEASE) is ConfirmedBy.EVENT
    exchange.passes(2.0)
    assert sound_in(exchange.recording(reference, 2), Span(0.0, 2.0)) == 0.0


def test_what_was_never_resumed_is_silent_to_the_end(exchange: Exchange) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    gone = exchange.recorder()
    _, (recording,) = found(gone)
    gone.pause(recording, LEASE)
    gone.close()
    exchange.passes(5.0)
    assert sound_in(exchange.recording(reference), Span(0.0, 5.0)) == 0.0
    exchange.recorder().resume(recording, LEASE)
    exchange.passes(1.0)
    assert round(sound_in(exchange.recording(reference), Span(5.0, 6.0)) / 100) == 164


def test_resuming_a_call_that_is_over_says_that_it_is_gone(
    exchange: Exchange, pbx: Asterisk
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    _, (recording,) = found(pbx)
    assert pbx.state(recording) is RecorderState.UNKNOWN
    exchange.calls.hang_up(reference)
    with pytest.raises(RecorderProblem) as problem:
        pbx.resume(recording, LEASE)
    assert problem.value.code == RECORDING_GONE
    assert pbx.state(recording) is RecorderState.ABSENT


# ---------------------------------------------------------------- a server that stands still


def test_a_frozen_server_leaves_the_pause_unknown_and_the_resume_undoes_it(
    exchange: Exchange,
) -> None:
    hasty = exchange.recorder(confirm_s=1.0)
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    leg = exchange.calls.call(reference).customer
    call = hasty.find_call(sought())
    assert call is not None
    (recording,) = hasty.find(call)
    exchange.ami.freeze()
    with pytest.raises(RecorderProblem) as problem:
        hasty.pause(recording, LEASE)
    assert problem.value.code == "recorder_slow"
    assert not exchange.calls.is_muted(leg)
    with pytest.raises(RecorderProblem) as unknown:
        hasty.resume(recording, LEASE)
    assert unknown.value.unknown
    exchange.ami.thaw()
    hasty.resume(recording, LEASE)
    assert not exchange.calls.is_muted(leg)
    assert leg.variables["READBACK_LEASE"] == ""


def test_a_mute_that_times_out_is_unknown_and_done_late_and_undone_in_its_order(
    exchange: Exchange, pbx: Asterisk
) -> None:
    """The server stands still between the look-up and the mute."""
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    leg = exchange.calls.call(reference).customer
    hasty = exchange.recorder(confirm_s=1.0)
    call = hasty.find_call(sought())
    assert call is not None
    (recording,) = hasty.find(call)
    exchange.ami.freeze_after("getvar", 2)
    with pytest.raises(RecorderProblem) as problem:
        hasty.pause(recording, LEASE)
    assert problem.value.unknown
    with pytest.raises(RecorderProblem):
        hasty.resume(recording, LEASE)
    exchange.ami.thaw()
    hasty.resume(recording, LEASE)
    assert exchange.ami.log.count("mixmonitormute") == 4
    assert not exchange.calls.is_muted(leg)


def test_a_server_that_stands_still_is_told_as_lost(exchange: Exchange) -> None:
    watchful = exchange.recorder(quiet_s=0.05)
    listener = Heard()
    watchful.listen(listener)
    watchful.find_call(sought())
    exchange.ami.freeze()
    lost = listener.until(CallEventKind.RECORDER_LOST)
    assert (lost.call, lost.key) == ("", "")


# ---------------------------------------------------------------- which call


def test_the_call_at_an_extension_tells_the_callers_number(
    exchange: Exchange, pbx: Asterisk
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.calls.start_call("2002", "+441132000002")
    call = pbx.find_call(sought())
    assert call == Call(
        reference=reference,
        extension=EXTENSION,
        workstation="Desk 1",
        caller_number=CALLER,
    )


@pytest.mark.parametrize("withheld", ["", "anonymous", "Restricted"])
def test_a_withheld_number_is_no_number(exchange: Exchange, pbx: Asterisk, withheld: str) -> None:
    exchange.calls.start_call(EXTENSION, withheld)
    call = pbx.find_call(sought())
    assert call is not None
    assert call.caller_number == ""


@pytest.mark.parametrize("extension", ["200", "20011", "2002", "*", "200?", "[0-9]001", ""])
def test_only_the_whole_extension_is_meant(
    exchange: Exchange, pbx: Asterisk, extension: str
) -> None:
    exchange.calls.start_call(EXTENSION, CALLER)
    assert pbx.find_call(sought(extension)) is None


def test_a_call_is_found_by_its_reference(exchange: Exchange, pbx: Asterisk) -> None:
    reference = exchange.calls.start_call("7000", CALLER)
    call = pbx.find_call(sought(reference=reference))
    assert call is not None
    assert call.reference == reference
    assert pbx.find_call(sought(reference="no such call")) is None


def test_two_calls_at_an_extension_are_refused_until_one_is_on_hold(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    first = exchange.calls.start_call(EXTENSION, CALLER)
    second = exchange.calls.start_call(EXTENSION, CALLER)
    with pytest.raises(RecorderProblem) as problem:
        pbx.find_call(sought())
    assert problem.value.code == "call_ambiguous"
    exchange.calls.hold(first)
    heard.until(CallEventKind.HOLD)
    call = pbx.find_call(sought())
    assert call is not None
    assert call.reference == second


def test_a_key_with_a_line_break_becomes_no_action(exchange: Exchange, pbx: Asterisk) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    bad = Recording(
        recorder="pbx", call=reference, key=f"1\r\n\r\nAction: Hangup\r\nChannel: {reference}"
    )
    with pytest.raises(RecorderProblem) as problem:
        pbx.pause(bad, LEASE)
    assert problem.value.code == "call_malformed"
    assert exchange.calls.calls() == (reference,)


# ---------------------------------------------------------------- events


def test_hold_and_retrieve_are_told_and_remembered(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.calls.hold(reference)
    assert heard.until(CallEventKind.HOLD).call == reference
    assert found(pbx)[0].on_hold
    exchange.calls.retrieve(reference)
    assert heard.until(CallEventKind.RETRIEVED).call == reference
    assert not found(pbx)[0].on_hold


def test_a_hang_up_is_told_once_and_also_while_paused(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    exchange.calls.hang_up(reference)
    told = heard.until(CallEventKind.HANGUP)
    assert (told.call, told.identity) == (reference, f"pbx:hangup:{reference}::")


def test_a_transfer_is_told_and_is_no_hang_up(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    _, (recording,) = found(pbx)
    pbx.pause(recording, LEASE)
    exchange.calls.transfer(reference, "2002")
    assert heard.until(CallEventKind.TRANSFER).call == reference
    exchange.calls.hold(reference)
    heard.until(CallEventKind.HOLD)
    assert CallEventKind.HANGUP not in {event.kind for event in heard.all}
    pbx.resume(recording, LEASE)
    assert not exchange.calls.is_muted(exchange.calls.call(reference).customer)


def test_a_recorder_that_stops_is_told_as_lost(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.calls.stop_recorder(reference)
    lost = heard.until(CallEventKind.RECORDER_LOST)
    assert (lost.call, lost.key) == (reference, reference)


def test_a_listener_may_pause_what_it_hears_of(exchange: Exchange, pbx: Asterisk) -> None:
    after = Heard()

    def pause_at_once(event: RecorderEvent) -> None:
        if event.kind is CallEventKind.RECORDER_STARTED:
            pbx.pause(Recording(recorder="pbx", call=event.call, key=event.key), LEASE)
        after(event)

    pbx.listen(pause_at_once)
    pbx.find_call(sought())
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    after.until(CallEventKind.RECORDER_STARTED)
    assert exchange.calls.is_muted(exchange.calls.call(reference).customer)


# ---------------------------------------------------------------- the line


def test_a_broken_line_is_told_and_made_again(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.ami.hang_up()
    lost = heard.until(CallEventKind.RECORDER_LOST)
    assert lost.call == ""
    assert found(pbx)[0].reference == reference
    exchange.calls.hold(reference)
    heard.until(CallEventKind.HOLD)


def test_every_break_of_the_line_is_news(exchange: Exchange, pbx: Asterisk, heard: Heard) -> None:
    exchange.ami.hang_up()
    first = heard.until(CallEventKind.RECORDER_LOST)
    pbx.find_call(sought())
    exchange.ami.hang_up()
    assert heard.until(CallEventKind.RECORDER_LOST).identity != first.identity


def test_a_line_that_breaks_while_a_pause_waits_leaves_it_unknown(
    exchange: Exchange, pbx: Asterisk
) -> None:
    exchange.calls.start_call(EXTENSION, CALLER)
    _, (recording,) = found(pbx)
    problems: list[RecorderProblem] = []

    def pause() -> None:
        try:
            pbx.pause(recording, LEASE)
        except RecorderProblem as problem:
            problems.append(problem)

    exchange.ami.freeze_after("getvar", 2)
    pausing = in_background(pause)
    exchange.ami.wait_until_asked("mixmonitormute")
    exchange.ami.hang_up()
    pausing.join()
    assert [(problem.code, problem.unknown) for problem in problems] == [("recorder_away", True)]


def test_a_wrong_secret_is_refused_in_words_that_do_not_hold_it(exchange: Exchange) -> None:
    exchange.secret_file.write_text("another-secret", encoding="utf-8")
    with pytest.raises(RecorderProblem) as problem:
        exchange.recorder().find_call(sought())
    assert problem.value.code == "recorder_login"
    assert "another-secret" not in f"{problem.value} {problem.value!r}"


def test_a_secret_that_was_put_right_is_read_at_the_next_try(exchange: Exchange) -> None:
    exchange.secret_file.write_text("another-secret", encoding="utf-8")
    pbx = exchange.recorder()
    with pytest.raises(RecorderProblem):
        pbx.find_call(sought())
    exchange.secret_file.write_text(SECRET, encoding="utf-8")
    exchange.ami.wait_for_manager()
    assert pbx.find_call(sought()) is None


def test_an_exchange_that_is_away_is_said_in_words(tmp_path: Path) -> None:
    with an_exchange(tmp_path) as exchange:
        settings = exchange.settings(confirm_s=0.2)
    pbx = Asterisk(settings, SystemClock())
    try:
        with pytest.raises(RecorderProblem) as problem:
            pbx.find_call(sought())
        assert (problem.value.code, problem.value.unknown) == ("recorder_away", False)
    finally:
        pbx.close()


def test_a_manager_without_the_rights_is_refused_in_words(tmp_path: Path) -> None:
    with an_exchange(tmp_path, frozenset({"call"})) as exchange:
        with pytest.raises(RecorderProblem) as problem:
            exchange.recorder().find_call(sought())
        assert problem.value.code == "recorder_rights"


def test_a_manager_who_may_not_change_calls_is_refused_in_words(tmp_path: Path) -> None:
    with an_exchange(tmp_path, frozenset({"reporting"})) as exchange:
        exchange.calls.start_call(EXTENSION, CALLER)
        pbx = exchange.recorder()
        _, (recording,) = found(pbx)
        with pytest.raises(RecorderProblem) as problem:
            pbx.pause(recording, LEASE)
        assert problem.value.code == "recorder_rights"


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret_file": "relative"}, "whole path"),
        ({"secret_file": "/nowhere/secret"}, "cannot be read"),
        ({"host": "pbx.example"}, "plain_tcp"),
        ({"hots": "pbx.example"}, "hots"),
        ({"port": "high"}, "port"),
        ({"tls": True, "ca_file": "/nowhere/ca.pem"}, "ca_file"),
    ],
)
def test_wrong_settings_are_refused_with_the_recorders_name(
    exchange: Exchange, change: dict[str, object], words: str
) -> None:
    table = {"name": "pbx", "kind": "asterisk", **exchange.settings().options, **change}
    with pytest.raises(Refusal) as refused:
        load_recorders((table,), SystemClock())
    assert refused.value.code == "settings_malformed"
    assert words in refused.value.sentence
    assert "pbx" in refused.value.sentence


def test_a_recorder_that_is_closed_unused_leaves_nothing(exchange: Exchange) -> None:
    exchange.recorder().close()
