"""A line that is short, and the ways out: each a button with its key and a sentence to say.

Passive. It takes no focus when it comes; its keys act while it is in view, wherever the keyboard
is. Where the window is low the buttons stand in one row, with one question for all three.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.services.rules.stock_words import Offer
from app.ui import shortcuts, theme
from app.ui.icons import Icon, IconLabel
from app.ui.screens.call.pick_list import MARK_PX, take_enter
from app.ui.screens.call.stock import Shortage
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import StepButton
from app.ui.widgets.text import wrapped

_ACTIONS = {
    Offer.TAKE: Action.TAKE_HELD,
    Offer.LATER: Action.FOLLOW_LATER,
    Offer.OTHER: Action.SOMETHING_ELSE,
}
_MARGINS = (14, 6, 14, 8)
_LOW_MARGINS = (14, 3, 14, 3)


class ShortageBox(QFrame):
    """Shows one shortage at a time. `chosen` carries the Offer that was taken."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shortage | None = None
        self._is_low = False
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._icon = IconLabel(Icon.WARNING, MARK_PX, self)
        theme.dress(self._icon, tone=theme.Tone.WARN)
        self._title = wrapped("", theme.Text.STRONG, theme.Tone.WARN, self)
        self.buttons = {offer: StepButton("", action, self) for offer, action in _ACTIONS.items()}
        self._says = {offer: wrapped("", theme.Text.SMALL, parent=self) for offer in Offer}
        self._question = wrapped("", theme.Text.SMALL, parent=self)
        self._lay_out()
        for offer, action in _ACTIONS.items():
            self.buttons[offer].setObjectName(f"shortage-{offer}")
            self.buttons[offer].clicked.connect(partial(self._choose, offer))
            shortcuts.bind(self, action, partial(self._choose, offer))
        take_enter(*self.buttons.values())
        self.hide()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        layout = QVBoxLayout(self)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(self._grid)
        layout.addWidget(self._question)
        self._place()

    def _place(self) -> None:
        """Each way out in a row of its own, or all of them in one row with one question below."""
        for at, offer in enumerate(_ACTIONS):
            self._grid.removeWidget(self.buttons[offer])
            self._grid.removeWidget(self._says[offer])
            if self._is_low:
                self._grid.addWidget(self.buttons[offer], 0, at)
            else:
                self._grid.addWidget(self.buttons[offer], at, 0)
                self._grid.addWidget(self._says[offer], at, 1)
            theme.set_shown(self._says[offer], not self._is_low)
        theme.set_shown(self._question, self._is_low)
        self._grid.setColumnStretch(1, int(not self._is_low))
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(*(_LOW_MARGINS if self._is_low else _MARGINS))

    def set_low(self, is_low: bool) -> None:
        """Give way where there is little height."""
        if is_low != self._is_low:
            self._is_low = is_low
            self._place()

    def show_shortage(self, shortage: Shortage | None) -> None:
        """Show what is short, or nothing; the same twice changes nothing."""
        if shortage == self._shown:
            return
        self._shown = shortage
        theme.set_shown(self, shortage is not None)
        if shortage is None:
            return
        self._title.setText(shortage.title)
        self._question.setText(self.tr("Say: \u201c{words}\u201d").format(words=shortage.question))
        for words in shortage.offers:
            say = self.tr("Say: \u201c{words}\u201d").format(words=words.say)
            self.buttons[words.offer].set_words(words.button)
            self.buttons[words.offer].setAccessibleDescription(say)
            self._says[words.offer].setText(say)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, shortage.title))

    def title(self) -> str:
        """What is said to be short; empty where nothing is."""
        return self._title.text() if self._shown is not None else ""

    def _choose(self, offer: Offer, _checked: bool = False) -> None:
        if self._shown is not None:
            self.chosen.emit(offer)
