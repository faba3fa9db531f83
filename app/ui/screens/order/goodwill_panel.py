"""The panel below the lines of an order that gives something for the trouble: how much, what for.

Passive. Enter goes from field to field, Ctrl+Enter gives it, Esc leaves.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.ui.screens.order.goodwill_presenter import (
    REASON_LONGEST,
    GoodwillPresenter,
    GoodwillStage,
    GoodwillState,
)
from app.ui.screens.order.panel import OrderPanel
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Box
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import wrapped

AMOUNT_PX = 130


class GoodwillPanel(OrderPanel):
    """Shows a GoodwillState."""

    def __init__(self, presenter: GoodwillPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._stage = GoodwillStage.CLOSED
        self.set_title(_tr("Goodwill"))
        self.amount = LabelledField(_tr("Amount"), parent=self)
        self.reason = LabelledField(_tr("What it is given for"), parent=self)
        self._words = Box(theme.Surface.BOX_INFO, self)
        self._problem = wrapped("", theme.Text.SMALL, theme.Tone.WARN, self)
        self.leave_button = StepButton(_tr("Leave it"), Action.BACK, self)
        self.do_button = PrimaryButton(_tr("Give it"), Action.COMMIT, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.amount.setFixedWidth(AMOUNT_PX)
        self.reason.edit.setMaxLength(REASON_LONGEST)
        fields = QHBoxLayout()
        fields.addWidget(self.amount)
        fields.addWidget(self.reason, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.leave_button)
        buttons.addStretch(1)
        buttons.addWidget(self.do_button)
        self.body.addLayout(fields)
        self.body.addWidget(self._words)
        self.body.addWidget(self._problem)
        self.body.addLayout(buttons)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        self.amount.edited.connect(presenter.set_amount)
        self.amount.edit.editingFinished.connect(self._judge)
        self.amount.entered.connect(self.reason.setFocus)
        self.reason.edited.connect(presenter.set_reason)
        self.do_button.clicked.connect(self._do)
        self.leave_button.clicked.connect(presenter.close)
        shortcuts.bind(self, Action.COMMIT, self._do)
        shortcuts.bind(self, Action.BACK, presenter.close)

    @Slot(object)
    def show_state(self, state: GoodwillState) -> None:
        """Show a state; the same state twice changes nothing."""
        before, self._stage = self._stage, state.stage
        done = state.stage is GoodwillStage.DONE
        sending = state.stage is GoodwillStage.SENDING
        self.amount.set_text(state.amount_text)
        self.reason.set_text(state.reason)
        if not state.malformed:
            self.amount.clear_message()
        for field in (self.amount, self.reason):
            field.edit.setReadOnly(sending)
            theme.set_shown(field, not done)
        self._words.show_words("", state.told or state.foretold)
        theme.set_shown(self._words, bool(state.told or state.foretold))
        self._complain(_problem(state))
        self.do_button.set_words(_tr("One moment \u2026") if sending else _tr("Give it"))
        self.do_button.allow(state.why_not)
        theme.set_shown(self.do_button, not done)
        self.leave_button.set_words(_tr("Close") if done else _tr("Leave it"))
        is_open = state.stage is not GoodwillStage.CLOSED
        self.take_place(wanted=is_open)
        if is_open and before is not state.stage:
            self._take_focus(before, state.stage)

    def _take_focus(self, before: GoodwillStage, now: GoodwillStage) -> None:
        """What is sent leaves the keyboard where it is, so that it can go on from there."""
        if now is GoodwillStage.DONE:
            self.leave_button.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif before in {GoodwillStage.CLOSED, GoodwillStage.DONE}:
            self.amount.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _judge(self) -> None:
        """What is typed is no amount: said once the field is left."""
        malformed = self._presenter.state.malformed
        if malformed:
            self.amount.show_error(malformed)

    @Slot()
    def _do(self) -> None:
        state = self._presenter.state
        if state.stage is GoodwillStage.SENDING:
            return
        if state.why_not:
            self._complain(state.why_not)
        else:
            self._presenter.give()

    def problem(self) -> str:
        """What stands in the way, as it is shown."""
        return self._problem.text()

    def _complain(self, sentence: str) -> None:
        self._problem.setText(sentence)
        theme.set_shown(self._problem, bool(sentence))


def _problem(state: GoodwillState) -> str:
    if not state.is_unsure:
        return state.problem or state.too_much
    unsure = _tr(
        "Whether it was given is not known. The same once more asks what came of it, and does not "
        "give it twice."
    )
    return f"{state.problem} {unsure}".strip()


def _tr(words: str) -> str:
    return QCoreApplication.translate("GoodwillPanel", words)
