"""Tells when a window has been painted for the first time; for measuring how a program starts.

Imports nothing but Qt's core, so that it adds nothing to what is measured.
"""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget

_TELL = QEvent.Type(QEvent.registerEventType())
_AFTER_ALL_ELSE = -1_000
"""Below the priority of painting, so that the window is whole when it is told."""


class FirstPaint(QObject):
    """Calls `tell` once, on the GUI thread, when the window and all in it has been painted."""

    def __init__(self, window: QWidget, tell: Callable[[], object]) -> None:
        super().__init__(window)
        self._window = window
        self._tell = tell
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Waits for the painting that has begun to end; takes nothing."""
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QCoreApplication.postEvent(self, QEvent(_TELL), _AFTER_ALL_ELSE)
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() != _TELL:
            return super().event(event)
        self._tell()
        return True
