"""What panels below the lines of an order share: they open, take the keys, and close. Passive."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.widgets.card import Card


class OrderPanel(Card):
    """`opened` and `closed` tell who shares the keys with it. Hidden at first."""

    opened = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self._is_open = False
        self.hide()

    def take_place(self, *, wanted: bool) -> None:
        """Show it or put it away; told once."""
        theme.set_shown(self, wanted)
        if wanted is not self._is_open:
            self._is_open = wanted
            (self.opened if wanted else self.closed).emit()
