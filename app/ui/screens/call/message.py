"""A sentence with the shape of its state before it, for where a field has no room of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import Icon, IconLabel
from app.ui.widgets.text import wrapped

MARK_PX = 12
_ICONS = {
    theme.Tone.OK: Icon.CHECK,
    theme.Tone.ERROR: Icon.ERROR,
    theme.Tone.WARN: Icon.WARNING,
}


class Message(QWidget):
    """Passive; without a sentence it takes no room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = IconLabel(parent=self, size_px=MARK_PX)
        self._words = wrapped("", theme.Text.SMALL, parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        self.hide()

    def words(self) -> str:
        """What is said."""
        return self._words.text()

    def tell(self, tone: theme.Tone, sentence: str) -> None:
        """Say something, or nothing."""
        self._icon.show_icon(_ICONS.get(tone) if sentence else None)
        self._words.setText(sentence)
        for part in (self._icon, self._words):
            theme.dress(part, tone=tone)
        theme.set_shown(self, bool(sentence))
