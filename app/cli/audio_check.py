"""Listens to a recording: silent while it was paused, sound before and after.

Pure but for reading the file. One frame of 20 ms is allowed at each edge of a pause, because a call
recorder pauses between two frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from app.documents.evidence_report import Capture
from app.services.rules.recording_audio import (
    FRAME_S,
    Audio,
    CallRecordings,
    Span,
    read_audio,
    sound_in,
    sound_outside,
    span_between,
)
from app.values.errors import Refusal
from app.wire.message import decode

SHORTEST_HEARD_S = 0.5
"""A shorter stretch between pauses may well be silent; nobody spoke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFile:
    """A recording, when it began, and whose call it is where that is known."""

    name: str
    audio: Audio
    started_at: datetime
    call: str = ""


@dataclass(frozen=True, slots=True)
class AudioChecked:
    """What was heard, in words."""

    lines: tuple[str, ...]
    holds: bool


def read_audio_file(path: Path, started_at: datetime | None) -> AudioFile:
    """A WAV file with the note beside it, or with the instant that is said.

    Raises Refusal `recording_missing`, `recording_unreadable` or `start_unknown`.
    """
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise Refusal("recording_missing", f"{path} cannot be read: {cause.strerror}.") from cause
    audio = read_audio(content)
    if started_at is not None:
        if started_at.tzinfo is None:
            raise Refusal("start_unknown", "Say the instant with its zone, such as +00:00.")
        return AudioFile(name=path.name, audio=audio, started_at=started_at)
    for note in _notes_beside(path):
        for file in note.recordings:
            if file.file == path.name:
                return AudioFile(
                    name=path.name, audio=audio, started_at=file.started_at, call=note.call
                )
    raise Refusal("start_unknown", f"No note beside {path.name} says when it began: --started-at.")


def _notes_beside(path: Path) -> Iterator[CallRecordings]:
    for note in sorted(path.parent.glob("*.json")):
        try:
            yield decode(note.read_bytes(), CallRecordings)
        except (msgspec.DecodeError, OSError):
            continue  # it is something else's


def check_audio(file: AudioFile, captures: Sequence[Capture]) -> AudioChecked:
    """Every pause of the call against the sound of one of its recordings.

    Between confirmation and release there must be nothing, and something before the first request
    and after each resume.
    """
    lines = [f"{file.name}: {file.audio.seconds:.2f} s, {len(captures)} in the evidence."]
    holds = True
    for capture in captures:
        sentence, is_silent = _paused(file, capture)
        lines.append(sentence)
        holds = holds and is_silent
    spans = [_unsure(file, capture) for capture in captures]
    for gap, loud in sound_outside(file.audio, spans):
        if gap.to_s - gap.from_s < SHORTEST_HEARD_S:
            continue
        word = f"sound, RMS {loud:,.0f}" if loud else "NOTHING TO HEAR, the recording stayed paused"
        lines.append(f"Outside, {gap.from_s:.2f} s to {gap.to_s:.2f} s: {word}.")
        holds = holds and loud > 0
    lines.append("It holds." if holds else "IT DOES NOT HOLD.")
    return AudioChecked(tuple(lines), holds)


def _paused(file: AudioFile, capture: Capture) -> tuple[str, bool]:
    """What is heard between confirmation and release."""
    until = capture.released_at or capture.expired_at or capture.resumed_at
    begins = max(capture.confirmed_at or file.started_at, file.started_at)
    whole = span_between(file.started_at, begins, until or begins)
    if until is None:
        whole = Span(whole.from_s, file.audio.seconds)
    elif until <= file.started_at or whole.from_s >= file.audio.seconds:
        return f"Pause {capture.lease_id} lies outside this recording.", True
    span = Span(whole.from_s, min(whole.to_s, file.audio.seconds)).shrunk()
    where = f"Pause {capture.lease_id}, {whole.from_s:.2f} s to {whole.to_s:.2f} s"
    if span.to_s <= span.from_s:
        return f"{where}: shorter than two frames of {FRAME_S * 1_000:.0f} ms.", True
    loud = sound_in(file.audio, span)
    if loud:
        return f"{where}: NOT SILENT, RMS {loud:,.1f}.", False
    return f"{where}: silent, RMS 0.", True


def _unsure(file: AudioFile, capture: Capture) -> Span:
    """From the request to the resume: before and after, the recorder has to be recording."""
    begins = capture.requested_at or capture.confirmed_at or file.started_at
    if capture.resumed_at is None:
        return Span(span_between(file.started_at, begins, begins).from_s, file.audio.seconds)
    return span_between(file.started_at, begins, capture.resumed_at).grown()
