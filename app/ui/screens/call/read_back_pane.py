"""The read-back as the right column shows it: what to say, the field for what is heard, the rows.

Passive: shows a ReadBackState and hands on keys. The keyboard comes here when it is asked for and
never by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.services.rules.speech_book import Piece
from app.ui import shortcuts, theme
from app.ui.screens.call import focus
from app.ui.screens.call.guide_rows import GuideRow, Mark
from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.ui.screens.call.message import Message
from app.ui.screens.call.twins_box import TwinsBox
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton, PrimaryButton, StepButton
from app.ui.widgets.card import SayThis
from app.ui.widgets.checklist import CheckRow, CheckState
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import Part, wrapped
from app.values.vocabulary import CorrectionCause

_STATES = {
    Mark.OPEN: CheckState.OPEN,
    Mark.ASKING: CheckState.ASKING,
    Mark.DONE: CheckState.DONE,
    Mark.STALE: CheckState.STALE,
}


_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def check_row(row: GuideRow) -> CheckRow:
    """A row of the guide as the checklist shows it."""
    return CheckRow(row.key, row.title, _STATES[row.mark], row.words)


class GuideCard(SayThis):
    """Say this, wait for that, and how the caller answers."""

    confirmed = Signal()
    heard = Signal(str)
    hearing_asked = Signal()
    correction_asked = Signal()
    correction_left = Signal()
    cause_given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ReadBackState()
        self._settled = Message(self)
        self.field = LabelledField(
            self.tr("What the caller said"),
            placeholder=self.tr("What the caller said"),
            parent=self,
        )
        self.field.setObjectName("heard")
        self.field.hide_label()
        self._problem = Message(self)
        self.twins = TwinsBox(self)
        self.agree = _Agree(self.tr("The caller agrees"), parent=self)
        self.agree.setObjectName("caller-agrees")
        self.say_value = PlainButton(self.tr("Heard"), Action.HEARD, self)
        self.put_right = PlainButton(self.tr("Put right"), Action.PUT_RIGHT, self)
        self.causes = CausePicker(self)
        self._lay_out_answers()
        self._connect()
        self.show_guide(self._state)

    def _lay_out_answers(self) -> None:
        more = QHBoxLayout()
        more.setSpacing(0)
        more.addWidget(self.say_value)
        more.addStretch(1)
        more.addWidget(self.put_right)
        at = self.body.count() - 1
        parts = (self.twins, self._settled, self._problem, self.field, self.causes, self.agree)
        for place, part in enumerate(parts):
            self.body.insertWidget(at + place, part)
        self.body.insertLayout(at + len(parts), more)

    def _connect(self) -> None:
        self.agree.clicked.connect(self.confirmed)
        self.agree.typed.connect(self._hear_more)
        self.field.entered.connect(self._hand_on)
        self.field.edit.installEventFilter(self)
        self.say_value.clicked.connect(self.hearing_asked)
        self.put_right.clicked.connect(self.correction_asked)
        self.causes.chosen.connect(self.cause_given)
        self.causes.left.connect(self.correction_left)

    def show_guide(self, state: ReadBackState) -> None:
        """Show a state; the same state twice changes nothing."""
        before, self._state = self._state, state
        asking = state.stage is Stage.ASKING
        holds = asking and bool(state.answered)
        on_paper = asking and state.on_paper
        self.set_title(self.tr("Compare with the paper") if on_paper else self.tr("Say this"))
        if asking:
            self.say(quoted(state), self._below())
        is_open = asking and state.hearing and not holds
        another = _asked(before) != _asked(state)
        if another or not is_open or state.settled != before.settled:
            self.field.set_text("")
        here = focus.is_in(self)
        theme.set_shown(self.field, is_open)
        theme.set_shown(self.agree, asking and not is_open)
        self.agree.set_words(self._agree_words(state))
        theme.set_shown(self.say_value, asking and not (is_open or holds or state.on_paper))
        theme.set_shown(self.put_right, asking)
        told = state.problem or state.prompt
        self._settled.tell(theme.Tone.OK, state.settled_words if asking and not holds else "")
        tone = theme.Tone.ERROR if state.problem else theme.Tone.INFO
        self._problem.tell(tone, told if asking else "")
        self.field.edit.setAccessibleDescription(f"{self.sentence()} {told}".strip())
        self.agree.setAccessibleDescription(self.sentence())
        self.causes.show_causes(state)
        self.twins.show_twins([as_parts(row) for row in state.twins] if asking else ())
        if here:
            self.take_focus()
        if asking and (another or told != (before.problem or before.prompt)):
            self._announce(told or self.sentence())

    def take_focus(self) -> None:
        """To where the answer goes."""
        if self._state.stage is Stage.CAUSE:
            self.causes.take_focus()
        elif self._state.stage is Stage.ASKING:
            here = self.field if not self.field.isHidden() else self.agree
            here.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def wants_focus(self) -> bool:
        """Whether an answer is due here."""
        return self._state.stage in {Stage.ASKING, Stage.CAUSE}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """An Enter that is held down answers once."""
        if (
            isinstance(event, QKeyEvent)
            and event.isAutoRepeat()
            and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        ):
            return event.type() is QEvent.Type.KeyPress
        return super().eventFilter(watched, event)

    def _announce(self, words: str) -> None:
        """Screen readers say it, wherever the keyboard is."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def _agree_words(self, state: ReadBackState) -> str:
        if state.answered:
            return self.tr("Go on")
        if state.turn + 1 < state.turns:
            return self.tr("Next")
        return self.tr("Agrees with the paper") if state.on_paper else self.tr("The caller agrees")

    def _below(self) -> str:
        state = self._state
        if state.answered:
            return state.answered
        if state.on_paper:
            return self.tr("Check it against the paper.")
        if state.problem and state.hearing:
            key = shortcuts.keys(Action.PUT_RIGHT)
            return self.tr("Ask it again, or put the order right with {key}.").format(key=key)
        return state.wait

    @Slot(str)
    def _hear_more(self, text: str) -> None:
        """Somebody types without having opened the field."""
        if not self.say_value.isHidden():
            self.hearing_asked.emit()
        if not self.field.isHidden():
            self.field.set_text(f"{self.field.text()}{text}")

    @Slot()
    def _hand_on(self) -> None:
        text = self.field.text()
        self.field.set_text("")
        self.heard.emit(text)


def quoted(state: ReadBackState) -> list[Part]:
    """The sentence in quotation marks, as it is said; what is only compared has none."""
    parts = as_parts(state.pieces)
    return parts if state.on_paper else [Part("\u201c"), *parts, Part("\u201d")]


def as_parts(pieces: Iterable[Piece]) -> list[Part]:
    """Pieces of speech as the labels show them."""
    return [Part(piece.text, strong=piece.strong) for piece in pieces]


def _asked(state: ReadBackState) -> tuple[str, int, Stage]:
    return (state.point.sha256 if state.point else "", state.turn, state.stage)


class _Agree(PrimaryButton):
    """Enter is its key, said on it as on every other button. `typed(str)`: anything else."""

    typed = Signal(str)

    def set_words(self, words: str) -> None:
        super().set_words(words)
        self.setText(f"{words}   {self.tr('Enter')}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is typed here is what the caller said; it must not be lost before an Enter."""
        text = event.text()
        if text.strip() and text.isprintable() and not event.modifiers() & _COMMANDS:
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)


class CausePicker(QFrame):
    """Why a value had to be put right: five buttons, and the digits 1 to 5 while they have focus.

    `left` comes on Esc.
    """

    chosen = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Why was it wrong?"))
        self._words = wrapped("", theme.Text.STRONG, parent=self)
        self._buttons: dict[CorrectionCause, StepButton] = {}
        grid = QGridLayout()
        grid.setSpacing(4)
        for at, (cause, words) in enumerate(self._names().items()):
            button = StepButton(f"{at + 1}  {words}", parent=self)
            button.setObjectName(f"cause-{cause.value}")
            button.clicked.connect(_Choice(self, cause).choose)
            self._buttons[cause] = button
            grid.addWidget(button, at // 2, at % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._words)
        layout.addLayout(grid)
        self.hide()

    def _names(self) -> dict[CorrectionCause, str]:
        return {
            CorrectionCause.MISHEARD: self.tr("Misheard"),
            CorrectionCause.MISTYPED: self.tr("Mistyped"),
            CorrectionCause.CHANGED_MIND: self.tr("Changed mind"),
            CorrectionCause.CATALOGUE: self.tr("Catalogue"),
            CorrectionCause.OTHER: self.tr("Other"),
        }

    def show_causes(self, state: ReadBackState) -> None:
        """Ask for the cause of what was put right, or nothing."""
        is_asked = state.stage is Stage.CAUSE
        theme.set_shown(self, is_asked)
        if is_asked:
            self._words.setText(f"{state.told} {self.tr('Why was it wrong?')}".strip())

    def take_focus(self) -> None:
        """To the first cause; Enter takes it, and so does its digit."""
        self._buttons[CorrectionCause.MISHEARD].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def event(self, event: QEvent) -> bool:
        """Esc is taken before the screen's own key."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        causes = list(self._buttons)
        at = event.key() - Qt.Key.Key_1.value
        if 0 <= at < len(causes) and not event.isAutoRepeat():
            self.chosen.emit(causes[at])
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class _Choice(QObject):
    """One cause and its button."""

    def __init__(self, picker: CausePicker, cause: CorrectionCause) -> None:
        super().__init__(picker)
        self._picker = picker
        self._cause = cause

    @Slot()
    def choose(self) -> None:
        """The button was pressed."""
        self._picker.chosen.emit(self._cause)
