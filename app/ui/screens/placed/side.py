"""Beside the number: what to say now, what is left to say, and how the call ended.

Passive: shows a PlacedState. Number keys choose the outcome while the list or an outcome has the
keyboard.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QItemSelectionModel, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.placed.state import PlacedState
from app.ui.widgets.buttons import ToggleChip
from app.ui.widgets.card import Card, SayThis
from app.ui.widgets.checklist import ROW_PX, Checklist, CheckRow, CheckState
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import Part, label
from app.values.vocabulary import CallOutcome, ClosingStep

GAP_PX = 10
OFFERED = (
    CallOutcome.ORDER_PLACED,
    CallOutcome.CALL_BACK_PROMISED,
    CallOutcome.COMPLAINT_OPENED,
)


class ClosingSide(QWidget):
    """Say this, the steps, the outcome. `chosen(step)` on Enter or a click in the list."""

    chosen = Signal(object)
    outcome_picked = Signal(object)
    note_edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.say = SayThis(self)
        self._card = Card("", parent=self)
        self._card.set_title(self.tr("Before you hang up"))
        self.steps = _Steps(self.tr("Before you hang up"), self._card)
        self.outcomes = _Outcomes(self._card)
        self.note = LabelledField(self.tr("In a few words"), parent=self._card)
        self.note.setObjectName("outcome-note")
        self._lay_out()
        self.steps.chosen.connect(self.chosen)
        self.steps.number_pressed.connect(self.outcomes.press)
        self.outcomes.picked.connect(self.outcome_picked)
        self.note.edited.connect(self.note_edited)

    def _lay_out(self) -> None:
        self.say.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        body = self._card.body
        self.steps.setMinimumHeight(ROW_PX + 6)
        body.addWidget(self.steps, 100)
        body.addStretch(1)
        body.addWidget(self.outcomes)
        body.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_PX)
        layout.addWidget(self.say)
        layout.addWidget(self._card, 1)

    def show_state(self, state: PlacedState) -> None:
        """Show a state; the same state twice changes nothing."""
        quoted = (Part("\u201c"), *state.say, Part("\u201d")) if state.say else ()
        self.say.say(quoted, self._hint(state))
        self.steps.show_rows([self._row(step, state) for step in state.steps])
        self.steps.setMaximumHeight(ROW_PX * max(1, len(state.steps)) + 6)
        self.steps.point_at(state.asked)
        self.outcomes.show_outcome(state.outcome)
        theme.set_shown(self.outcomes, state.says_back)
        wants_note = state.says_back and state.outcome is not CallOutcome.ORDER_PLACED
        theme.set_shown(self.note, wants_note)
        self.note.set_label(self._note_label(state.outcome))
        self.note.set_text(state.note)
        if state.note_problem:
            self.note.show_error(state.note_problem)
        else:
            self.note.clear_message()

    def _hint(self, state: PlacedState) -> str:
        match state.asked:
            case None:
                return self.tr("Everything is said. End the call.") if state.has_caller else ""
            case ClosingStep.NUMBER_GIVEN if not state.has_caller:
                return self.tr("Nobody is on the line. Write the number on the paper.")
            case ClosingStep.CONFIRMATION if not state.has_caller:
                return self.tr("Print the confirmation, or send it from the PDF.")
            case ClosingStep.NUMBER_GIVEN if not state.says_back:
                return self.tr("Enter when it is said.")
            case ClosingStep.NUMBER_GIVEN | ClosingStep.NUMBER_SAID_BACK:
                return self.tr("Wait for the caller to say the number.")
            case _:
                return self.tr("Enter when it is said.")

    def _row(self, step: ClosingStep, state: PlacedState) -> CheckRow:
        title = self._title(step, has_caller=state.has_caller)
        if step in state.done:
            return CheckRow(step, title, CheckState.DONE, self.tr("Done"))
        if step is state.asked:
            return CheckRow(step, title, CheckState.ASKING, self.tr("Now"))
        return CheckRow(step, title, CheckState.OPEN, self.tr("Not yet"))

    def _title(self, step: ClosingStep, *, has_caller: bool) -> str:
        return {
            ClosingStep.NUMBER_GIVEN: self.tr("Number given")
            if has_caller
            else self.tr("Number on the paper"),
            ClosingStep.NUMBER_SAID_BACK: self.tr("Number said back"),
            ClosingStep.CONFIRMATION: self.tr("How the confirmation comes")
            if has_caller
            else self.tr("Confirmation on its way"),
            ClosingStep.IF_LATE: self.tr("What happens if it is late"),
            ClosingStep.ANYTHING_ELSE: self.tr("Anything else today?"),
        }[step]

    def titles_of(self, state: PlacedState) -> str:
        """The open steps by name, as a question lists them."""
        names = (self._title(one, has_caller=state.has_caller) for one in state.open_steps)
        return ", ".join(name.rstrip("?") for name in names)

    def _note_label(self, outcome: CallOutcome) -> str:
        if outcome is CallOutcome.CALL_BACK_PROMISED:
            return self.tr("What was promised, and for when?")
        return self.tr("What is the complaint about?")


class _Steps(Checklist):
    """The steps; number keys go to the outcomes below."""

    number_pressed = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = _number_of(event)
        if number:
            self.number_pressed.emit(number)
        else:
            super().keyPressEvent(event)

    def point_at(self, step: ClosingStep | None) -> None:
        """Put the cursor on the step that is asked, so that Enter means this one."""
        keys = [row.key for row in self.rows()]
        if step in keys:
            index = self.model().index(keys.index(step), 0)
            self.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """However little room there is, the step that is asked is in view."""
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())


class _Outcomes(QWidget):
    """How the call ended: one of three, by key or click."""

    picked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("How did the call end?"))
        self._heading = label(self.tr("How did the call end?"), theme.Text.SMALL_STRONG)
        theme.dress(self._heading, tone=theme.Tone.MUTED)
        titles = {
            CallOutcome.ORDER_PLACED: self.tr("Order placed"),
            CallOutcome.CALL_BACK_PROMISED: self.tr("Call back promised"),
            CallOutcome.COMPLAINT_OPENED: self.tr("Complaint opened"),
        }
        self.chips = {
            outcome: ToggleChip(f"{number}  {titles[outcome]}", one_of_many=True, parent=self)
            for number, outcome in enumerate(OFFERED, 1)
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._heading)
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._row.setSpacing(4)
        layout.addLayout(self._row)
        for outcome, chip in self.chips.items():
            self._row.addWidget(chip)
            chip.clicked.connect(partial(self.picked.emit, outcome))

    def set_beside(self, *, beside: bool) -> None:
        """Stand beside each other, where there is more width than height."""
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        theme.set_shown(self._heading, not beside)

    def show_outcome(self, outcome: CallOutcome) -> None:
        """Mark one as chosen; an outcome that is not offered here marks none."""
        chip = self.chips.get(outcome)
        if chip is not None:
            chip.setChecked(True)

    @Slot(int)
    def press(self, number: int) -> None:
        """A number key."""
        if 1 <= number <= len(OFFERED):
            self.picked.emit(OFFERED[number - 1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = _number_of(event)
        if number:
            self.press(number)
        else:
            super().keyPressEvent(event)


def _number_of(event: QKeyEvent) -> int:
    """Which of the outcomes a key stands for; 0 for none."""
    plain = event.modifiers() in {
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.KeypadModifier,
    }
    text = event.text()
    number = int(text) if plain and text.isascii() and text.isdigit() else 0
    return number if number <= len(OFFERED) else 0
