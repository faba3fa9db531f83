"""The keys of a question that comes by itself: one for each answer, Esc, and Enter for none.

Before keys of the screen do something else. GUI thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt, SignalInstance
from PySide6.QtGui import QKeyEvent

_CARELESS = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
"""Pressed for what stood there a moment ago."""


class QuestionKeys(QObject):
    """Installed on the buttons of a question; the space bar presses them as anywhere."""

    def __init__(self, signals: Mapping[Qt.Key, SignalInstance], parent: QObject) -> None:
        super().__init__(parent)
        self._signals = signals

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether it was an answer, or an Enter that is none."""
        if not isinstance(event, QKeyEvent) or _has_modifier(event):
            return super().eventFilter(watched, event)
        if event.type() is QEvent.Type.KeyPress and event.key() in _CARELESS:
            return True
        signal = self._signals.get(Qt.Key(event.key()))
        if signal is None:
            return super().eventFilter(watched, event)
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress and not event.isAutoRepeat():
            signal.emit()
            return True
        return super().eventFilter(watched, event)


def _has_modifier(event: QKeyEvent) -> bool:
    """The keys of the number pad are keys like any other."""
    return bool(event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier)
