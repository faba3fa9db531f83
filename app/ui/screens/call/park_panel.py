"""The panel that parks an order: when to call back, the number, a note. Floats; Esc goes on.

Passive. It opens by a key of the CSR, so it may take the keyboard, and gives it back.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.ui.screens.call.parking import ParkPresenter, ParkState
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.text import label

WIDTH_PX, HEIGHT_PX = 520, 330
LOW_PX = 420
_LOW_TOP_PX = 8


class ParkPanel(Overlay):
    """Enter goes from field to field and parks from the last; Ctrl+Enter parks at once."""

    given = Signal()

    def __init__(self, presenter: ParkPresenter, host: QWidget) -> None:
        name = self.tr("Park this order")
        super().__init__(host, name, WIDTH_PX, HEIGHT_PX)
        self.setObjectName("park")
        self._presenter = presenter
        self._host_screen = host
        self._heading = label(name, theme.Text.STRONG, parent=self)
        self.when = LabelledField(self.tr("Call back when? Empty: no time"), parent=self)
        self.phone = LabelledField(self.tr("Number to call"), parent=self)
        self.note = LabelledField(self.tr("What to know then"), parent=self)
        self.quick = tuple(
            self._quick(words, key)
            for words, key in (
                (self.tr("In 10 minutes"), "1"),
                (self.tr("In an hour"), "2"),
                (self.tr("Tomorrow morning"), "3"),
            )
        )
        self.park_button = PrimaryButton(self.tr("Park"), Action.COMMIT, self)
        self.give_button = StepButton(self.tr("Hand over \u2026"), parent=self)
        row, acts = QHBoxLayout(), QHBoxLayout()
        for button in self.quick:
            row.addWidget(button)
        row.addStretch(1)
        acts.addWidget(self.give_button)
        acts.addStretch(1)
        acts.addWidget(self.park_button)
        self.body.addWidget(self._heading)
        self.body.addWidget(self.when)
        self.body.addLayout(row)
        self.body.addWidget(self.phone)
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self.body.addLayout(acts)
        self.setFocusProxy(self.when)
        self._connect()

    def _place(self) -> None:
        """In a low window only the fields stay; 1, 2 and 3 do what the buttons did."""
        super()._place()
        room = self._host_screen.height()
        is_low = room < LOW_PX
        for part in (self._heading, *self.quick):
            theme.set_shown(part, not is_low)
        if is_low:
            height = min(HEIGHT_PX, room - 2 * _LOW_TOP_PX)
            self.setGeometry(self.x(), _LOW_TOP_PX, self.width(), height)

    def _quick(self, words: str, key: str) -> StepButton:
        button = StepButton(f"{words}  {key}", parent=self)
        button.setAccessibleName(words)
        button.clicked.connect(partial(self._choose, key))
        return button

    def _connect(self) -> None:
        self.when.edited.connect(self._presenter.typed)
        self.when.entered.connect(self.phone.setFocus)
        self.phone.entered.connect(self.note.setFocus)
        self.note.entered.connect(self.park)
        self.park_button.clicked.connect(self.park)
        self.give_button.clicked.connect(self.give)
        self.closed.connect(self._presenter.close)
        self._presenter.state_changed.connect(self.show_state)

    @Slot(object)
    def show_state(self, state: ParkState) -> None:
        """Show a state; the same state twice changes nothing."""
        if not state.open:
            self.give_back()
            return
        if not self.is_open():
            for field, text in ((self.when, ""), (self.phone, state.phone), (self.note, "")):
                field.set_text(text)
                field.clear_message()
            self.show_over()
        self.when.show_hint(state.told)
        wrong = {"when": self.when, "note": self.note}.get(state.field)
        if wrong is not None:
            wrong.show_error(state.error)
            wrong.setFocus()
        else:
            self.note.clear_message()

    @Slot()
    def park(self) -> None:
        """Ctrl+Enter, or Enter in the last field."""
        self._presenter.park(self.when.text(), self.phone.text(), self.note.text())

    @Slot()
    def give(self) -> None:
        """Park it, and choose the colleague who is to have it."""
        self._presenter.park(self.when.text(), self.phone.text(), self.note.text(), give=True)

    def event(self, event: QEvent) -> bool:
        """Ctrl+Enter parks, before it means anything to the order behind."""
        if isinstance(event, QKeyEvent) and _is_commit(event):
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress and not event.isAutoRepeat():
                self.park()
                return True
        return super().event(event)

    def _choose(self, key: str) -> None:
        self.when.set_text(key)
        self._presenter.typed(key)
        self.when.setFocus()


def _is_commit(event: QKeyEvent) -> bool:
    chord = event.keyCombination().toCombined()
    is_control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
    wanted = {one[0].toCombined() for one in shortcuts.sequences(Action.COMMIT)}  # type: ignore[index] # missing in Qt's stubs
    return bool(is_control) and chord in wanted
