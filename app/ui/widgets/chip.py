"""Small states: a shape, a word and a colour in a pill, to be seen in passing.

A chip may lead to where its state is told in full; the same way has a key, so it takes no focus.
"""

from enum import StrEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from app.ui import theme
from app.ui.icons import Icon, IconLabel
from app.ui.widgets.text import label

HEIGHT_PX = 24


class ChipKind(StrEnum):
    """What a chip tells; gives colour and, unless another is named, shape."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    NEUTRAL = "neutral"
    RECORDING = "recording"
    PAUSED = "paused"


_ICONS = {
    ChipKind.OK: Icon.CHECK,
    ChipKind.WARN: Icon.WARNING,
    ChipKind.ERROR: Icon.ERROR,
    ChipKind.RECORDING: Icon.RECORDING,
    ChipKind.PAUSED: Icon.PAUSE,
}


class Chip(QFrame):
    """A state in a pill; `show_state` changes it. `clicked` comes once `lead_on` was called."""

    clicked = Signal()

    def __init__(
        self,
        kind: ChipKind = ChipKind.NEUTRAL,
        words: str = "",
        icon: Icon | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = IconLabel(parent=self, size_px=12)
        self._words = label("", parent=self)
        self.setMinimumHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(11, 0, 11, 0)
        layout.setSpacing(5)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._words, 0, Qt.AlignmentFlag.AlignVCenter)
        self._kind = kind
        self._leads_on = False
        self.show_state(kind, words, icon)

    def show_state(self, kind: ChipKind, words: str, icon: Icon | None = None) -> None:
        """Show another state; without words the chip is hidden."""
        self._kind = kind
        self._icon.show_icon(icon or _ICONS.get(kind))
        self._words.setText(words)
        self.setAccessibleName(words)
        theme.set_shown(self, bool(words))
        self._restyle(kind)

    def lead_on(self, hint: str) -> None:
        """A click is wanted from now on; `hint` says where it leads."""
        self._leads_on = True
        self.setToolTip(hint)
        self.setAccessibleDescription(hint)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._leads_on and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        else:
            super().mouseReleaseEvent(event)

    def kind(self) -> ChipKind:
        """What the chip tells."""
        return self._kind

    def words(self) -> str:
        """What the chip says."""
        return self._words.text()

    def _restyle(self, kind: ChipKind) -> None:
        """Restyle the parts too: their colours hang on the property of the chip."""
        if self.property("chip") == kind:
            return
        theme.set_style_properties(self, {"chip": kind.value})
        for part in (self._icon, self._words):
            theme.restyle(part)
