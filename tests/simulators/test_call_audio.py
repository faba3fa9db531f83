"""The sound of a simulated call, as a file."""

from __future__ import annotations

import wave
from pathlib import Path

from app.simulators.call_audio import FRAME_SAMPLES, RecordedAudio
from tests.fakes import FixedClock


def test_a_call_that_is_left_open_fills_no_disk(tmp_path: Path) -> None:
    clock = FixedClock()
    audio = RecordedAudio(tmp_path / "call.wav", clock, longest_frames=50)
    clock.advance(hours=9)
    audio.close()
    with wave.open(str(tmp_path / "call.wav")) as written:
        assert written.getnframes() == 50 * FRAME_SAMPLES
