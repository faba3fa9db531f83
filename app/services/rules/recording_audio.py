"""Is there sound in a recording, and where: proof that nothing was recorded while it was paused.

Pure: bytes of a WAV file in, figures out. Positions are seconds from the first sample. A call
recorder pauses between two frames of sound, so every edge is true to one frame and no finer.
"""

from __future__ import annotations

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import mul

from app.values.errors import Refusal
from app.wire.message import Instant, ShortText, View

FRAME_S = 0.02
"""A telephone's frame of sound, and so how far the edge of a pause may be off."""


class RecordingFile(View, frozen=True, kw_only=True):
    """One file of a call; `started_at` is the instant of its first sample."""

    file: ShortText
    key: ShortText
    started_at: Instant


class CallRecordings(View, frozen=True, kw_only=True):
    """The note beside the recordings of a call, `REFERENCE.json`: which files it has."""

    call: ShortText
    started_at: Instant
    recordings: tuple[RecordingFile, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in seconds from its first sample."""

    from_s: float
    to_s: float

    def shrunk(self, by_s: float = FRAME_S) -> Span:
        """Without its edges; empty where nothing is left."""
        from_s = self.from_s + by_s
        return Span(from_s, max(from_s, self.to_s - by_s))

    def grown(self, by_s: float = FRAME_S) -> Span:
        """With as much again on either side."""
        return Span(self.from_s - by_s, self.to_s + by_s)


def span_between(file_started_at: datetime, begins: datetime, ends: datetime) -> Span:
    """Where two instants lie in a file that began at the first."""
    return Span(
        (begins - file_started_at).total_seconds(), (ends - file_started_at).total_seconds()
    )


@dataclass(frozen=True, slots=True)
class Audio:
    """The samples of a recording, 16 bit; those of all channels stand in turn."""

    rate: int
    channels: int
    samples: array[int]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.channels / self.rate

    def between(self, span: Span) -> array[int]:
        """The samples that begin within the span; empty where it lies outside the recording."""
        first, last = (
            max(0, round(edge_s * self.rate)) * self.channels for edge_s in (span.from_s, span.to_s)
        )
        return self.samples[first:last]


def read_audio(wav: bytes) -> Audio:
    """The sound of a WAV file. Raises Refusal `recording_unreadable`."""
    try:
        with wave.open(io.BytesIO(wav), "rb") as file:
            if file.getsampwidth() != 2:
                raise Refusal("recording_unreadable", "The recording is not of 16 bits a sample.")
            samples = array("h", file.readframes(file.getnframes()))
            rate, channels = file.getframerate(), file.getnchannels()
    except (wave.Error, EOFError, ValueError) as cause:
        raise Refusal("recording_unreadable", f"The recording is no WAV file: {cause}.") from cause
    if sys.byteorder == "big":
        samples.byteswap()
    return Audio(rate, channels, samples)


def loudness(samples: array[int]) -> float:
    """Root mean square, 0 to 32,768; 0 of no samples."""
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


def sound_in(audio: Audio, span: Span) -> float:
    """How loud the recording is within the span: exactly 0 where nothing was recorded."""
    return loudness(audio.between(span))


def sound_outside(audio: Audio, spans: Iterable[Span]) -> tuple[tuple[Span, float], ...]:
    """What lies between the spans, and how loud each stretch is."""
    gaps: list[Span] = []
    at_s = 0.0
    for span in sorted(spans, key=_begin):
        if span.from_s > at_s:
            gaps.append(Span(at_s, min(span.from_s, audio.seconds)))
        at_s = max(at_s, span.to_s)
    gaps.append(Span(at_s, audio.seconds))
    return tuple((gap, sound_in(audio, gap)) for gap in gaps if gap.to_s > gap.from_s)


def silences(audio: Audio, frame_s: float = FRAME_S) -> tuple[Span, ...]:
    """The stretches of pure zeros, frame by frame."""
    size = max(1, round(frame_s * audio.rate)) * audio.channels
    found: list[Span] = []
    for first in range(0, len(audio.samples), size):
        frame = audio.samples[first : first + size]
        if any(frame):
            continue
        from_s = first / audio.channels / audio.rate
        to_s = from_s + len(frame) / audio.channels / audio.rate
        if found and math.isclose(found[-1].to_s, from_s):
            from_s = found.pop().from_s
        found.append(Span(from_s, to_s))
    return tuple(found)


def _begin(span: Span) -> float:
    return span.from_s
