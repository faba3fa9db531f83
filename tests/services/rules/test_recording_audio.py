"""Sound in a recording: exact zeros within a pause, a tone outside it."""

from __future__ import annotations

import io
import wave
from array import array
from datetime import timedelta

import pytest

from app.services.rules.recording_audio import (
    CallRecordings,
    RecordingFile,
    Span,
    read_audio,
    silences,
    sound_in,
    sound_outside,
    span_between,
)
from app.values.errors import Refusal
from app.wire.message import decode, encode
from tests.builders import A_MORNING

RATE = 8000
LOUD = array("h", [12_000, -12_000] * (RATE // 2))
QUIET = array("h", [0] * RATE)


def wav(*seconds: array[int], width: int = 2, channels: int = 1) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(RATE)
        for second in seconds:
            file.writeframes(second.tobytes())
    return target.getvalue()


def test_a_paused_stretch_is_exactly_silent_and_the_rest_is_not() -> None:
    audio = read_audio(wav(LOUD, QUIET, QUIET, LOUD))
    pause = Span(1.0, 3.0)
    assert audio.seconds == 4.0
    assert sound_in(audio, pause) == 0.0
    assert sound_outside(audio, [pause]) == ((Span(0.0, 1.0), 12_000.0), (Span(3.0, 4.0), 12_000.0))


def test_one_sample_within_the_pause_is_heard() -> None:
    quiet = array("h", QUIET)
    quiet[-1] = 1
    assert sound_in(read_audio(wav(LOUD, quiet)), Span(1.0, 2.0)) > 0.0


def test_a_span_beyond_the_recording_holds_nothing() -> None:
    audio = read_audio(wav(LOUD))
    assert sound_in(audio, Span(5.0, 6.0)) == 0.0
    assert sound_outside(audio, [Span(-3.0, 9.0)]) == ()


def test_overlapping_pauses_leave_only_what_is_outside_all_of_them() -> None:
    audio = read_audio(wav(LOUD, QUIET, QUIET, LOUD))
    outside = sound_outside(audio, [Span(1.5, 3.0), Span(1.0, 2.0)])
    assert [gap for gap, _ in outside] == [Span(0.0, 1.0), Span(3.0, 4.0)]


def test_silences_are_found_frame_by_frame() -> None:
    assert silences(read_audio(wav(LOUD, QUIET, LOUD, QUIET))) == (Span(1.0, 2.0), Span(3.0, 4.0))


def test_two_channels_are_measured_in_the_same_seconds() -> None:
    audio = read_audio(wav(LOUD, QUIET, channels=2))
    assert audio.seconds == 1.0
    assert sound_in(audio, Span(0.0, 0.5)) == 12_000.0
    assert sound_in(audio, Span(0.5, 1.0)) == 0.0


def test_the_edges_of_a_pause_are_true_to_a_frame() -> None:
    assert Span(1.0, 2.0).shrunk() == Span(1.02, 1.98)
    assert Span(1.0, 1.01).shrunk() == Span(1.02, 1.02)
    assert Span(1.0, 2.0).grown() == Span(0.98, 2.02)


def test_instants_are_places_in_the_file() -> None:
    begins = A_MORNING + timedelta(seconds=3)
    assert span_between(A_MORNING, begins, begins + timedelta(seconds=4)) == Span(3.0, 7.0)


def test_the_note_beside_the_recordings_is_read_as_it_was_written() -> None:
    note = CallRecordings(
        call="1.1",
        started_at=A_MORNING,
        recordings=(RecordingFile(file="1.1-1.wav", key="1.1", started_at=A_MORNING),),
    )
    assert decode(encode(note), CallRecordings) == note


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 100, wav(QUIET, width=1)])
def test_what_is_no_wav_file_of_16_bits_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_audio(content)
    assert refused.value.code == "recording_unreadable"
