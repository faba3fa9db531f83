"""The sound of a simulated call: a tone where people speak, zeros where the recorder is muted.

Written frame by frame as time passes by the clock that is handed in. The caller holds the lock.
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from datetime import datetime
from pathlib import Path

from app.values.clock import Clock

RATE = 8_000
FRAME_SAMPLES = 160
FRAME_S = FRAME_SAMPLES / RATE
TONE_HZ = 1_004
TONE_PEAK = 23_256
"""A telephone exchange's test tone (a milliwatt): 16,445 RMS."""
SAMPLE_BYTES = 2
LONGEST_FRAMES = 4 * 60 * 60 * 50
"""Four hours, 230 MB: a trial that is left open overnight does not fill the disk."""
_PERIOD = RATE // math.gcd(RATE, TONE_HZ)
_LOOP_SAMPLES = math.lcm(_PERIOD, FRAME_SAMPLES)
_SILENCE = bytes(FRAME_SAMPLES * SAMPLE_BYTES)


def _tone() -> bytes:
    """As many whole frames of the tone as it takes until it begins anew."""
    turn = 2 * math.pi * TONE_HZ / RATE
    samples = array("h", (round(TONE_PEAK * math.sin(turn * at)) for at in range(_LOOP_SAMPLES)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


_TONE = _tone()


class RecordedAudio:
    """One WAV file, 16 bit mono, that grows with the time; a good file at any moment."""

    def __init__(self, path: Path, clock: Clock, longest_frames: int = LONGEST_FRAMES) -> None:
        self._clock = clock
        self._longest_frames = longest_frames
        self._frames = 0
        self._began_s = clock.monotonic()
        self.started_at: datetime = clock.now()
        self.path = path
        self.is_muted = False
        # Both stay open for as long as the call lasts and are closed by `close`.
        self._file = path.open("w+b")
        self._wav = wave.open(self._file, "wb")  # noqa: SIM115 - as above
        self._wav.setnchannels(1)
        self._wav.setsampwidth(SAMPLE_BYTES)
        self._wav.setframerate(RATE)
        self._write(b"")

    def catch_up(self) -> None:
        """Write every frame that is over by now."""
        # A hair more, so that time that was added up of parts does not lose a frame.
        over = int((self._clock.monotonic() - self._began_s + 1e-6) / FRAME_S)
        due = min(over, self._longest_frames)
        if due > self._frames:
            self._write(b"".join(self._frame(at) for at in range(self._frames, due)))
            self._frames = due

    def mute(self) -> None:
        """Zeros from the frame on that is under way."""
        self.catch_up()
        self.is_muted = True

    def unmute(self) -> None:
        """The tone again from the frame on that is under way."""
        self.catch_up()
        self.is_muted = False

    def close(self) -> None:
        """The recording ends."""
        self.catch_up()
        self._wav.close()
        self._file.close()

    def _frame(self, at: int) -> bytes:
        if self.is_muted:
            return _SILENCE
        first = at * FRAME_SAMPLES % _LOOP_SAMPLES * SAMPLE_BYTES
        return _TONE[first : first + FRAME_SAMPLES * SAMPLE_BYTES]

    def _write(self, frames: bytes) -> None:
        self._wav.writeframes(frames)
        self._file.flush()
