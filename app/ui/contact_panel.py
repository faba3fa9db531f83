"""The panel at the end of a conversation: what it was about, what came of it, in two or three keys.

Floats and blocks nothing; Enter takes what is chosen, Esc goes on with the conversation. Passive.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from app.ui import formatting, theme
from app.ui.contact import ContactPresenter, ContactState
from app.ui.contact_words import OUTCOME_KEYS, REASON_KEYS, outcome_words, reason_words
from app.ui.widgets.buttons import PrimaryButton, StepButton, ToggleChip
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.text import caps, label
from app.values.clock import Clock
from app.values.order_life import ContactOutcome, ContactReason

WIDTH_PX, HEIGHT_PX = 680, 372
COLUMNS = 4
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_RESOLVED_KEY, _NOTE_KEY = "R", "N"

W = TypeVar("W", ContactReason, ContactOutcome)


class ContactPanel(Overlay):
    """Digits choose from the list that is marked; the arrows change it."""

    def __init__(self, presenter: ContactPresenter, clock: Clock, host: QWidget) -> None:
        name = self.tr("End of this contact")
        super().__init__(host, name, WIDTH_PX, HEIGHT_PX)
        self.setObjectName("contact")
        self._presenter = presenter
        self._clock = clock
        self._heading = label(name, theme.Text.STRONG, parent=self)
        self._lasted = label("", theme.Text.SMALL, theme.Tone.MUTED, parent=self)
        self._about = caps(self.tr("What was it about?"), self)
        self._came_to = caps(self.tr("What came of it?"), self)
        self.reasons = {
            reason: self._chip(f"{key}  {reason_words(reason)}")
            for key, reason in REASON_KEYS.items()
        }
        self.outcomes = {
            outcome: self._chip(f"{key}  {outcome_words(outcome)}")
            for key, outcome in OUTCOME_KEYS.items()
        }
        self.resolved = ToggleChip(f"{_RESOLVED_KEY}  {self.tr('Resolved')}", parent=self)
        self.resolved.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.note = LabelledField(f"{self.tr('Note, if it helps')}  {_NOTE_KEY}", parent=self)
        self.stay_button = StepButton(self.tr("Go on with the call  Esc"), parent=self)
        self.end_button = PrimaryButton(self.tr("End  Enter"), parent=self)
        self._lay_out()
        self._connect()

    def _chip(self, words: str) -> ToggleChip:
        chip = ToggleChip(words, one_of_many=True, parent=self)
        chip.setAutoExclusive(False)  # two lists share one parent; the presenter chooses
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return chip

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addStretch(1)
        head.addWidget(self._lasted)
        last = QHBoxLayout()
        last.addWidget(self.resolved)
        last.addStretch(1)
        last.addWidget(self.stay_button)
        last.addWidget(self.end_button)
        self.body.addLayout(head)
        self.body.addWidget(self._about)
        self.body.addLayout(_grid(self.reasons))
        self.body.addWidget(self._came_to)
        self.body.addLayout(_grid(self.outcomes))
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self.body.addLayout(last)

    def _connect(self) -> None:
        for reason, chip in self.reasons.items():
            chip.clicked.connect(partial(self._presenter.choose_reason, reason))
        for outcome, chip in self.outcomes.items():
            chip.clicked.connect(partial(self._presenter.choose_outcome, outcome))
        self.resolved.clicked.connect(self._presenter.turn_resolved)
        self.note.edited.connect(self._presenter.set_note)
        self.note.entered.connect(self._presenter.confirm)
        self.stay_button.clicked.connect(self.give_back)
        self.end_button.clicked.connect(self._presenter.confirm)
        self.closed.connect(self._presenter.stay)
        self._presenter.state_changed.connect(self.show_state)

    @Slot(object)
    def show_state(self, state: ContactState) -> None:
        """Show a state; the same state twice changes nothing."""
        ending, contact = state.ending, state.contact
        if not state.asking or ending is None or contact is None:
            self.give_back()
            return
        for reason, chip in self.reasons.items():
            chip.setChecked(reason is ending.reason)
        for outcome, chip in self.outcomes.items():
            chip.setChecked(outcome is ending.outcome)
        self.resolved.setChecked(ending.resolved)
        self._mark(self._about, is_on=not state.about_outcome)
        self._mark(self._came_to, is_on=state.about_outcome)
        if state.note_problem:
            self.note.set_text(state.note)
            self.note.show_warning(state.note_problem)
        if not self.is_open():
            self.note.set_text("")
            self.note.clear_message()
            span = formatting.running_time(self._clock.now() - contact.started_at)
            self._lasted.setText(self.tr("It lasted {time}").format(time=span))
            self.show_over()

    def event(self, event: QEvent) -> bool:
        """Single keys and Enter are the panel's, before they mean anything behind it."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self.hasFocus() and _is_plain(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.hasFocus() or not self._handle(event):
            super().keyPressEvent(event)

    def _handle(self, event: QKeyEvent) -> bool:
        """Whether a key of the panel itself meant something."""
        outcome = self._presenter.state.about_outcome
        typed = event.text().upper()
        if not _is_plain(event):
            return False
        if event.key() in _ENTER:
            if not event.isAutoRepeat():
                self._presenter.confirm()
        elif event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self._presenter.turn_to(outcome=event.key() == Qt.Key.Key_Down)
        elif event.key() == Qt.Key.Key_Backspace:
            self._presenter.turn_to(outcome=False)
        elif typed == _RESOLVED_KEY:
            self._presenter.turn_resolved()
        elif typed == _NOTE_KEY:
            self.note.setFocus()
        elif outcome and typed in OUTCOME_KEYS:
            self._presenter.choose_outcome(OUTCOME_KEYS[typed])
        elif not outcome and typed in REASON_KEYS:
            self._presenter.choose_reason(REASON_KEYS[typed])
        else:
            return False
        return True

    def _mark(self, heading: QLabel, *, is_on: bool) -> None:
        """The list that the digits choose from: an arrow and the accent, not colour alone."""
        words = heading.accessibleName().upper()
        heading.setText(f"\u25b8 {words}" if is_on else f"   {words}")
        theme.dress(heading, tone=theme.Tone.INFO if is_on else theme.Tone.MUTED)


def _grid(chips: Mapping[W, ToggleChip]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(6)
    grid.setVerticalSpacing(6)
    for at, chip in enumerate(chips.values()):
        grid.addWidget(chip, at // COLUMNS, at % COLUMNS)
    return grid


def _is_plain(event: QKeyEvent) -> bool:
    keypad = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
    return not event.modifiers() & ~keypad
