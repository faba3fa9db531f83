"""A panel that floats over a window and gives the focus back where it came from.

Not a dialog: it blocks nothing, and closes by Esc or as soon as the focus goes elsewhere.
"""

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from app.ui import theme

TOP_PX = 64
MARGIN_PX = 16


class Overlay(QFrame):
    """Floats over `host`, a window, near its top; the first input of `body` gets the focus."""

    closed = Signal()

    def __init__(self, host: QWidget, name: str, width_px: int, height_px: int) -> None:
        super().__init__(host)
        self._host = host
        self._wanted = (width_px, height_px)
        self._before: QWidget | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.dress(self, surface=theme.Surface.FLOATING)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 12, 12, 10)
        self.body.setSpacing(8)
        self.hide()

    def is_open(self) -> bool:
        """Whether the panel is to be seen."""
        return not self.isHidden()

    def show_over(self) -> None:
        """Open the panel and remember where the focus was."""
        self._before = self._host.focusWidget()
        self._host.installEventFilter(self)
        QApplication.instance().focusChanged.connect(self._watch_focus)  # type: ignore[union-attr]
        self._place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def give_back(self) -> None:
        """Close the panel and put the focus where it was."""
        before = self._before
        self._leave()
        if before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave(self) -> None:
        if not self.is_open():
            return
        QApplication.instance().focusChanged.disconnect(self._watch_focus)  # type: ignore[union-attr]
        self._host.removeEventFilter(self)
        self._before = None
        self.hide()
        self.closed.emit()

    def event(self, event: QEvent) -> bool:
        """Claim Esc before the shortcuts of the window do."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if isinstance(event, QKeyEvent) and override and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.give_back()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    @Slot(QWidget, QWidget)
    def _watch_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and new is not self and not self.isAncestorOf(new):
            self._leave()

    def _place(self) -> None:
        width = min(self._wanted[0], self._host.width() - 2 * MARGIN_PX)
        height = min(self._wanted[1], self._host.height() - TOP_PX - MARGIN_PX)
        self.setGeometry((self._host.width() - width) // 2, TOP_PX, width, height)
