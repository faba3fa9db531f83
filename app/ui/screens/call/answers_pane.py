"""The pane behind F1: what to say at this step, a field for the caller's words, and the answers.

Passive: shows an AnswersState. The field keeps the keyboard; the arrows go along what was found,
Enter opens it, Page Up and Page Down turn the pages of the script.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.call import focus
from app.ui.screens.call.answers import AnswersPresenter, AnswersState
from app.ui.screens.call.pick_list import Pick, PickList, Steering
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton, StepButton
from app.ui.widgets.card import Box, Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import Part, caps, label, set_caps, wrapped
from app.wire.guidance import Answer, ScriptStep

MOST_ROWS = 8
_PAGES: dict[int, int] = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


class AnswersPane(Card):
    """Script, search and answer. `left` comes when the call goes on."""

    left = Signal()

    def __init__(self, presenter: AnswersPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", Action.SCRIPT, parent=parent)
        self.set_title(self.tr("What to say"))
        self._presenter = presenter
        self._scroll = QScrollArea(self)
        self._column = QWidget(self._scroll.viewport())
        self._script = _Said(self._column)
        self._page = label("", theme.Text.SMALL, theme.Tone.MUTED, self._column)
        self.before = PlainButton(self.tr("Previous"), parent=self._column)
        self.after = PlainButton(self.tr("Next"), parent=self._column)
        self.field = LabelledField(
            self.tr("What does the caller ask?"),
            placeholder=self.tr("In the caller's words"),
            parent=self._column,
        )
        self.field.setObjectName("answer-search")
        self.picks = PickList(self.tr("Answers found"), MOST_ROWS, self._column)
        self._answer = _Said(self._column)
        self._know = Box(theme.Surface.BOX_INFO, self._column)
        self.none = StepButton(self.tr("None of these helps"), parent=self._column)
        self.none.setObjectName("none-helps")
        self.back = StepButton(self.tr("Back"), Action.BACK, self._column)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self._pages = QWidget(self._column)
        turning = QHBoxLayout(self._pages)
        turning.setContentsMargins(0, 0, 0, 0)
        turning.addWidget(self._page, 1)
        turning.addWidget(self.before)
        turning.addWidget(self.after)
        buttons = QHBoxLayout()
        buttons.addWidget(self.none)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for part in (self._script, self._pages, self.field, self.picks, self._answer, self._know):
            column.addWidget(part)
        column.addLayout(buttons)
        column.addStretch(1)
        self._scroll.setWidget(self._column)
        self._scroll.setWidgetResizable(True)
        for part in (self._scroll.viewport(), self._column):
            part.setAutoFillBackground(False)  # the card shows through
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self._scroll, 1)

    def _connect(self) -> None:
        self.field.edited.connect(self._presenter.search)
        self.field.entered.connect(self._presenter.enter)
        Steering(self.field.edit).moved.connect(self._presenter.move)
        _Pages(self.field.edit).turned.connect(self._presenter.show_other_step)
        self.picks.clicked.connect(self._presenter.choose)
        self.before.clicked.connect(self._turn_back)
        self.after.clicked.connect(self._turn_on)
        self.none.clicked.connect(self._miss)
        self.back.clicked.connect(self.go_back)
        self._presenter.state_changed.connect(self.show_state)

    @Slot(object)
    def show_state(self, state: AnswersState) -> None:
        """Show a state; the same state twice changes nothing."""
        reading, step = state.reading, state.step
        asking = bool(state.text.strip())
        self.field.set_text(state.text)
        self._show_script(state, step if not asking else None)
        self._show_rows(state)
        self._answer.show_said(reading)
        know = reading.know if reading is not None else ""
        self._know.show_words(self.tr("Good to know") if know else "", know)
        theme.set_shown(self._know, bool(know))
        theme.set_shown(self.none, asking)
        self.none.set_words(
            self.tr("This does not help") if reading is not None else self.tr("None of these helps")
        )

    def take_focus(self) -> None:
        """To the field for the caller's words."""
        focus.go_to(self.field)
        self._scroll.ensureWidgetVisible(self.field)

    @Slot()
    def go_back(self) -> None:
        """Esc: from an answer to the list, from the list to the call."""
        if self._presenter.leave():
            self.take_focus()
        else:
            self.left.emit()

    def _show_script(self, state: AnswersState, step: ScriptStep | None) -> None:
        self._script.show_said(step)
        know = step.know if step is not None else ""
        self._script.show_remark(know)
        many = step is not None and len(state.steps) > 1
        theme.set_shown(self._pages, many)
        page = self.tr("{at} of {count}").format(at=state.at + 1, count=len(state.steps))
        self._page.setText(page if many else "")

    def _show_rows(self, state: AnswersState) -> None:
        rows = state.rows if state.reading is None else ()
        self.picks.show_picks(
            [_pick_of(answer) for answer in rows], state.current if rows else None
        )
        tone = theme.Tone.WARN if state.is_warning else theme.Tone.MUTED
        hint = self.tr("\u2191\u2193 choose   Enter open") if rows else ""
        self.picks.show_sentence(tone, "", hint)
        theme.set_shown(self.picks, bool(rows))
        if state.sentence and state.is_warning:
            self.field.show_warning(state.sentence)
        elif state.sentence:
            self.field.show_hint(state.sentence)
        else:
            self.field.clear_message()
        marked = self.picks.current() if rows else _spoken(state.reading or state.step)
        self.field.edit.setAccessibleDescription(" ".join(filter(None, (marked, state.sentence))))

    @Slot()
    def _miss(self) -> None:
        self._presenter.none_helps()
        self.take_focus()

    @Slot()
    def _turn_back(self) -> None:
        self._presenter.show_other_step(-1)

    @Slot()
    def _turn_on(self) -> None:
        self._presenter.show_other_step(1)


def _spoken(said: ScriptStep | Answer | None) -> str:
    """What a screen reader tells with the field: the script or the answer on view."""
    return "" if said is None else " ".join((said.title, *said.say))


def _pick_of(answer: Answer) -> Pick:
    return Pick(words=(Part(answer.title, strong=True),), below=" ".join(answer.say))


class _Said(QFrame):
    """A heading and lines to say, apart from all that is not said."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.SAY)
        self._heading = caps("", self)
        self._lines = wrapped("", theme.Text.SAY, parent=self)
        self._remark = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(5)
        for part in (self._heading, self._lines, self._remark):
            layout.addWidget(part)
        self.show_remark("")

    def show_said(self, said: ScriptStep | Answer | None) -> None:
        """Show what is to be said; nothing takes no room."""
        theme.set_shown(self, said is not None)
        if said is not None:
            set_caps(self._heading, said.title)
            self.setAccessibleName(said.title)
            self._lines.setText("\n".join(f"\u201c{line}\u201d" for line in said.say))

    def show_remark(self, words: str) -> None:
        """What is good to know and not said."""
        self._remark.setText(words)
        theme.set_shown(self._remark, bool(words))


class _Pages(QObject):
    """Turns Page Up and Page Down in a field into `turned`."""

    turned = Signal(int)

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        field.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take the two keys; everything else is the field's."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _PAGES.get(event.key())
            if step is not None:
                self.turned.emit(step)
                return True
        return False
