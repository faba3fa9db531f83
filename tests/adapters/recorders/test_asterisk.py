"""Asterisk against the simulated exchange: what is paused is silent, and what is not is told."""

from __future__ import annotations

import pytest

from app.adapters.recorders.asterisk import Asterisk
from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    RecorderEvent,
    RecorderProblem,
    Recording,
)
from app.services.rules.recording_audio import Span, sound_in, sound_outside
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState
from tests.adapters.recorders.exchange import (
    CALLER,
    EXTENSION,
    LEASE,
    Exchange,
    Heard,
    found,
    sought,
)

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


def test_a_reference_never_names_another_call_than_the_one_on_the_extension(
    exchange: Exchange, pbx: Asterisk
) -> None:
    old = exchange.calls.start_call("7000", CALLER)
    own = exchange.calls.start_call(EXTENSION, CALLER)
    with pytest.raises(RecorderProblem) as problem:
        pbx.find_call(sought(reference=old))
    assert problem.value.code == "call_elsewhere"
    call = pbx.find_call(sought(reference=own))
    assert call is not None


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
