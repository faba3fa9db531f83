"""What we rely on in Qt for Python, and what one release of it broke."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal

EMITS = 200


class Speaker(QObject):
    """Has something to say."""

    said = Signal(object)


def test_a_signal_does_not_wear_out_the_truth() -> None:
    """PySide6 6.12.0 drops a reference to True per emit; Python 3.11 ends after some thousand."""
    speaker = Speaker()
    before = sys.getrefcount(True)
    for _ in range(EMITS):
        speaker.said.emit(None)
    assert sys.getrefcount(True) > before - EMITS // 2
