"""The box above an order: whose is it? One question to say, one field, and what may be told now.

Passive. Enter judges what was typed; the arrows ask for something else. The record is not shown.
"""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.rules.identity_check import WRONG_MOST, Said
from app.ui import theme
from app.ui.icons import Icon
from app.ui.screens.order.identity import IdentityPresenter, IdentityState
from app.ui.widgets.buttons import StepButton
from app.ui.widgets.chip import Chip, ChipKind
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import label, wrapped
from app.values.order_life import IdentityFact, IdentityLevel

_FIELD_PX = 300


class IdentityBox(QFrame):
    """`level_changed(IdentityLevel)` tells what may be said to the caller from now on."""

    level_changed = Signal(object)

    def __init__(self, presenter: IdentityPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("identity")
        self._presenter = presenter
        self._heading = label(_tr("Whose order is it?"), theme.Text.STRONG, parent=self)
        self.level = Chip(parent=self)
        self._count = label("", theme.Text.SMALL, theme.Tone.MUTED, parent=self)
        self._say = wrapped("", parent=self)
        self.answer = LabelledField(_tr("What the caller says"), parent=self)
        self.skip_button = StepButton(_tr("Cannot check \u2026"), parent=self)
        self._asked: tuple[object, ...] = ()
        self._lay_out()
        self.setFocusProxy(self.answer)
        for entry in self.answer.findChildren(QLineEdit):
            entry.installEventFilter(self)
        self.answer.entered.connect(self._enter)
        self.skip_button.clicked.connect(self._skip)
        presenter.state_changed.connect(self.show_state)
        presenter.level_changed.connect(self.level_changed)
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addWidget(self.level)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(self.skip_button)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        self.answer.setMinimumWidth(_FIELD_PX)
        middle.addWidget(self._say, 3, Qt.AlignmentFlag.AlignVCenter)
        middle.addWidget(self.answer, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(middle)

    @Slot(object)
    def show_state(self, state: IdentityState) -> None:
        """Show a state; the same state twice changes nothing."""
        theme.set_shown(self, state.asks)
        if not state.asks:
            return
        shown = state.shown
        kind, words, icon = _look(state)
        self.level.show_state(kind, words, icon)
        self._count.setText(_counted(state))
        is_asking = not state.is_done and not shown.is_blocked
        for part in (self.answer, self._say):
            theme.set_shown(part, is_asking or state.skipping or part is self._say)
        theme.set_shown(self._say, not state.is_done)
        theme.set_shown(self.skip_button, not state.is_done and not state.skipping)
        self.skip_button.allow("" if state.may_vouch else _tr("Only a team lead can go on here."))
        surface = theme.Surface.BOX_OK if state.is_done else theme.Surface.BOX_WARN
        theme.dress(self, surface=surface)
        self._say.setText(_words(state))
        self._show_field(state)

    def take_focus(self) -> None:
        """The keyboard goes to the answer, where there is one to give."""
        if self.answer.isVisible():
            self.answer.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows ask for something else; Esc goes back to the questions."""
        if isinstance(event, QKeyEvent) and not event.modifiers():
            if event.type() is QEvent.Type.ShortcutOverride and self._claims(event):
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
                    self._presenter.ask_other(1 if event.key() == Qt.Key.Key_Down else -1)
                    return True
                if self._claims(event):
                    self._presenter.stay()
                    return True
        return super().eventFilter(watched, event)

    def _claims(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and self._presenter.state.skipping

    @Slot()
    def _enter(self) -> None:
        state, text = self._presenter.state, self.answer.text()
        if state.skipping:
            self._presenter.vouch(text)
        elif text.strip():
            self._presenter.answer(text)

    @Slot()
    def _skip(self) -> None:
        self._presenter.skip()
        self.answer.setFocus()

    def _show_field(self, state: IdentityState) -> None:
        asked = (state.asked, state.skipping, state.shown.wrong, state.last)
        if asked != self._asked:
            is_unclear = state.last is Said.UNCLEAR and state.asked is state.last_fact
            self._asked = asked
            if is_unclear:
                for entry in self.answer.findChildren(QLineEdit):
                    entry.selectAll()
            else:
                self.answer.set_text("")
        self.answer.set_label(
            _tr("Why it cannot be checked") if state.skipping else _tr("What the caller says")
        )
        if state.problem:
            self.answer.show_error(state.problem)
        elif state.skipping or state.last is None:
            self.answer.clear_message()
        elif state.last is Said.RIGHT:
            self.answer.show_good(_tr("That was right."))
        elif state.last is Said.WRONG:
            self.answer.show_error(_tr("That is not what the order says."))
        else:
            self.answer.show_hint(_tr("That does not answer it yet. Ask once more."))


def _look(state: IdentityState) -> tuple[ChipKind, str, Icon]:
    """What may be told, by shape, word and colour."""
    if state.shown.is_blocked:
        return ChipKind.ERROR, _tr("Nothing may be told"), Icon.LOCKED
    match state.level:
        case IdentityLevel.ALL:
            return ChipKind.OK, _tr("All may be told"), Icon.CHECK
        case IdentityLevel.STATE:
            return ChipKind.INFO, _tr("How far it is may be told"), Icon.INFO
        case _:
            return ChipKind.WARN, _tr("Nothing may be told yet"), Icon.LOCKED


def _counted(state: IdentityState) -> str:
    shown = state.shown
    if state.is_done:
        return _why(state)
    words = []
    if shown.wrong:
        told = _tr("{count} of {most} wrong answers")
        words.append(told.format(count=min(shown.wrong, WRONG_MOST), most=WRONG_MOST))
    if not shown.is_blocked:
        one, many = _tr("one more right answer"), _tr("{count} more right answers")
        words.append(one if shown.missing == 1 else many.format(count=shown.missing))
    return " \u00b7 ".join(words)


def _why(state: IdentityState) -> str:
    """Why everything may be told."""
    shown = state.shown
    if shown.vouched:
        return _tr("Not checked: {reason}").format(reason=shown.vouched)
    if shown.placed_now:
        return _tr("The order was placed in this call.")
    names = [fact_words(fact) for fact in shown.passed]
    if shown.from_own_phone:
        names.append(_tr("rings from the order\u2019s telephone"))
    return ", ".join(names)


def _words(state: IdentityState) -> str:
    shown = state.shown
    if state.skipping:
        return _tr("For example: a text relay reads it out, or the caller is known to a lead.")
    if shown.is_blocked:
        return _tr(
            "Three answers were wrong. Nothing may be told; a team lead is needed. Say: "
            "\u201cI am sorry, I cannot talk about this order. A colleague will ring back.\u201d"
        )
    if state.asked is None:
        return _tr("There is nothing more to ask. A team lead is needed, or a reason.")
    question = _tr(_QUESTIONS[state.asked])
    return _tr("Ask: \u201c{question}\u201d   \u2191 \u2193 another question").format(
        question=question
    )


def fact_words(fact: IdentityFact) -> str:
    """What a fact is called."""
    return _tr(_NAMES[fact])


_QUESTIONS = {
    IdentityFact.ORDER_NUMBER: QT_TRANSLATE_NOOP("IdentityBox", "What is your order number?"),
    IdentityFact.POSTCODE: QT_TRANSLATE_NOOP("IdentityBox", "Which postcode did it go to?"),
    IdentityFact.NAME: QT_TRANSLATE_NOOP("IdentityBox", "What name is the order in?"),
    IdentityFact.ITEM: QT_TRANSLATE_NOOP("IdentityBox", "What is one thing that you ordered?"),
    IdentityFact.HOUSE: QT_TRANSLATE_NOOP("IdentityBox", "Which number is the house?"),
    IdentityFact.TOTAL: QT_TRANSLATE_NOOP("IdentityBox", "What did it come to altogether?"),
    IdentityFact.PHONE: QT_TRANSLATE_NOOP("IdentityBox", "Which telephone number did you give us?"),
    IdentityFact.EMAIL: QT_TRANSLATE_NOOP("IdentityBox", "Which e-mail address did you give us?"),
}
_NAMES = {
    IdentityFact.ORDER_NUMBER: QT_TRANSLATE_NOOP("IdentityBox", "order number"),
    IdentityFact.POSTCODE: QT_TRANSLATE_NOOP("IdentityBox", "postcode"),
    IdentityFact.NAME: QT_TRANSLATE_NOOP("IdentityBox", "name"),
    IdentityFact.ITEM: QT_TRANSLATE_NOOP("IdentityBox", "an item"),
    IdentityFact.HOUSE: QT_TRANSLATE_NOOP("IdentityBox", "house number"),
    IdentityFact.TOTAL: QT_TRANSLATE_NOOP("IdentityBox", "total"),
    IdentityFact.PHONE: QT_TRANSLATE_NOOP("IdentityBox", "telephone"),
    IdentityFact.EMAIL: QT_TRANSLATE_NOOP("IdentityBox", "e-mail"),
}


def _tr(words: object) -> str:
    return QCoreApplication.translate("IdentityBox", str(words))
