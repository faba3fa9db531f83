"""The decision that is being made: what it will do, what has to be given, and the key that does it.

Passive; it takes the keyboard once when it opens.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.worklist import deciding, words
from app.ui.screens.worklist.deciding import Shape
from app.ui.screens.worklist.state import Form, WorkState
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton, ToggleChip
from app.ui.widgets.card import Box, Card
from app.ui.widgets.fields import ChoiceField, LabelledField
from app.ui.widgets.text import wrapped

_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_NO_KEY = Qt.KeyboardModifier.NoModifier


class FormBox(Card):
    """`decided`, `kept` and what is filled in go to whoever holds the form."""

    chosen = Signal(str)
    written = Signal(str)
    taken = Signal(str, bool)
    decided = Signal()
    kept = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self._is_open = False
        self._shape = Shape()
        self._takes: tuple[tuple[str, ToggleChip], ...] = ()
        self._will = wrapped("", theme.Text.STRONG, parent=self)
        self._say = Box(theme.Surface.BOX_INFO, self)
        self.choice: ChoiceField[str] = ChoiceField("", parent=self)
        self._takes_place = QVBoxLayout()
        self.note = LabelledField("", parent=self)
        self.note.edit.setMaxLength(deciding.NOTE_LONGEST)
        self._problem = wrapped("", tone=theme.Tone.ERROR, parent=self)
        self.keep_button = StepButton(self.tr("Leave it"), Action.BACK, self)
        self.do_button = PrimaryButton("", Action.COMMIT, self)
        buttons = QHBoxLayout()
        buttons.addWidget(self.keep_button)
        buttons.addStretch(1)
        buttons.addWidget(self.do_button)
        for part in (self._will, self._say, self.choice):
            self.body.addWidget(part)
        self.body.addLayout(self._takes_place)
        self.body.addWidget(self.note)
        self.body.addWidget(self._problem)
        self.body.addLayout(buttons)
        self.choice.chosen.connect(self._choose)
        self.choice.edit.installEventFilter(self)
        self.note.edited.connect(self.written)
        self.note.entered.connect(self.do_button.setFocus)
        self.keep_button.clicked.connect(self.kept)
        self.do_button.clicked.connect(self.decided)
        self.setFocusProxy(self.note)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter accepts the choice and goes on."""
        is_press = event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent)
        if is_press and watched is self.choice.edit:
            key: QKeyEvent = event  # type: ignore[assignment] # isinstance above, in a variable
            is_plain = key.modifiers() & Qt.KeyboardModifier.ControlModifier == _NO_KEY
            if key.key() in _ENTER and is_plain:
                self._go_on()
                return True
        return super().eventFilter(watched, event)

    def _go_on(self) -> None:
        (self.note if self._shape.note else self.do_button).setFocus()

    def show_state(self, state: WorkState) -> None:
        """Show a state; the same state twice changes nothing."""
        form, item = state.form, state.chosen
        was_open, self._is_open = self._is_open, form is not None and item is not None
        if form is None or item is None:
            theme.set_shown(self, False)
            return
        shape = deciding.shape_of(form.act, item, state.detail)
        self.set_title(words.act_name(form.act))
        self._will.setText(words.will_do(form.act, item, state.detail))
        self._say.show_words(
            self.tr("Say") if shape.say else "", f"\u201c{shape.say}\u201d" if shape.say else ""
        )
        theme.set_shown(self._say, bool(shape.say))
        self._show_fields(shape, form)
        self._problem.setText(form.problem)
        theme.set_shown(self._problem, bool(form.problem))
        self.do_button.set_words(words.act_name(form.act))
        self.do_button.allow(self.tr("One moment.") if form.sending else "")
        theme.set_shown(self, True)
        if not was_open:
            self._take_focus(shape)

    def _show_fields(self, shape: Shape, form: Form) -> None:
        if shape != self._shape:
            self._shape = shape
            self.choice.set_label(shape.choice)
            self.choice.set_options(shape.choices)
            self.note.set_label(shape.note)
            self._offer(shape.takes)
        theme.set_shown(self.choice, bool(shape.choices))
        self.choice.set_value(form.choice)
        theme.set_shown(self.note, bool(shape.note))
        self.note.set_text(form.note)
        for field, chip in self._takes:
            chip.setChecked(field in form.take)

    def _offer(self, takes: tuple[tuple[str, str], ...]) -> None:
        for _, chip in self._takes:
            self._takes_place.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        made = []
        for field, said in takes:
            chip = ToggleChip(said, parent=self)
            chip.setObjectName(f"take-{field}")
            chip.clicked.connect(self._take)
            self._takes_place.addWidget(chip)
            made.append((field, chip))
        self._takes = tuple(made)

    def _take_focus(self, shape: Shape) -> None:
        if self._takes:
            self._takes[0][1].setFocus()
        elif shape.choices:
            self.choice.edit.setFocus()
        elif shape.note:
            self.note.setFocus()
            self.note.edit.selectAll()
        else:
            self.do_button.setFocus()

    @Slot(object)
    def _choose(self, value: str) -> None:
        self.chosen.emit(value)

    @Slot()
    def _take(self) -> None:
        for field, chip in self._takes:
            if chip is self.sender():
                self.taken.emit(field, chip.isChecked())

    def told(self) -> tuple[str, str]:
        """What it will do, and what was not taken."""
        return self._will.text(), self._problem.text()
