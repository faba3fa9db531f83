"""How long nobody has touched the keyboard or the mouse of a window. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.values.clock import Clock


class IdleWatch(QObject):
    """Watches the native window of a widget: a filter on the application sees every event."""

    def __init__(self, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._clock = clock
        self._since = clock.monotonic()

    def watch(self, window: QWidget) -> None:
        """From now on; call it whenever the window is shown, which may give it another handle."""
        handle = window.windowHandle()
        if handle is not None:
            handle.removeEventFilter(self)
            handle.installEventFilter(self)

    def seconds(self) -> float:
        """Since somebody was there."""
        return self._clock.monotonic() - self._since

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notes that somebody is there; takes nothing."""
        if event.type() in {QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress}:
            self._since = self._clock.monotonic()
        return super().eventFilter(watched, event)
