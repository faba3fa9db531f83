"""The box about an order number with a slip in it: what to ask, which orders it may be.

Passive. An offered number is taken only by its button, once the caller has read it again.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.orders import words
from app.ui.widgets.buttons import StepButton
from app.ui.widgets.text import wrapped
from app.wire.order_search import OfferedNumber

OFFERS_MOST = 4
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class SlipBox(QFrame):
    """`taken(OrderNumber)`: the caller said the number again, and it is this one."""

    taken = Signal(object)
    left_at_top = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self._what = wrapped("", theme.Text.STRONG, theme.Tone.WARN, self)
        self._say = wrapped("", theme.Text.SAY, parent=self)
        self.buttons: tuple[StepButton, ...] = ()
        self._offers: tuple[OfferedNumber, ...] = ()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(10, 6, 10, 8)
        self._layout.setSpacing(4)
        self._layout.addWidget(self._what)
        self._layout.addWidget(self._say)
        self.hide()

    def show_slip(self, typed: str, offers: tuple[OfferedNumber, ...], now: datetime) -> None:
        """Say what is wrong with a number, and offer those that it may be."""
        self._what.setText(words.slip(typed, offers=len(offers)))
        say = self.tr("Say: \u201c{words}\u201d").format(words=words.to_say())
        self._say.setText(say)
        if offers != self._offers:
            self._offers = offers
            self._make_buttons(now)
        theme.set_shown(self, True)

    def _make_buttons(self, now: datetime) -> None:
        for button in self.buttons:
            self._layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        made: list[StepButton] = []
        for offered in self._offers[:OFFERS_MOST]:
            button = StepButton(words.offer(offered, now, is_first=not made), parent=self)
            button.clicked.connect(partial(self._take, offered))
            button.installEventFilter(self)
            self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            made.append(button)
        self.buttons = tuple(made)

    def take_focus(self) -> bool:
        """To the first number; false where none is offered."""
        if self.isHidden() or not self.buttons:
            return False
        self.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows go from number to number, and up from the first back to the field."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        step = _STEPS.get(Qt.Key(event.key()))
        at = next((i for i, one in enumerate(self.buttons) if one is watched), None)
        if step is None or at is None:
            return super().eventFilter(watched, event)
        if at + step < 0:
            self.left_at_top.emit()
        else:
            wanted = self.buttons[min(at + step, len(self.buttons) - 1)]
            wanted.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _take(self, offered: OfferedNumber) -> None:
        self.taken.emit(offered.number)

    def words(self) -> tuple[str, str]:
        """What is wrong, and what to say."""
        return self._what.text(), self._say.text()
