"""What was tried for the payment, what came of it, and what can be done next.

Passive: shows a PaymentShown; choices go to its presenter. Brand and last four are all it knows of
a card. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QGuiApplication,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.services.rules import payment_words
from app.services.rules.payment_words import Choice
from app.services.rules.payments import HOLDS_MONEY, STILL_OPEN, UNDECIDED
from app.ui import formatting, theme
from app.ui.icons import Icon, IconLabel
from app.ui.payment.payment import PaymentPresenter
from app.ui.payment.payment_state import CardScript, Mood, PaymentShown, PayStage
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton, StepButton
from app.ui.widgets.card import Card
from app.ui.widgets.text import label, wrapped
from app.values.vocabulary import AttemptState, LinkState, Region
from app.wire.payments import CardAttempt, PayLink

MARK_PX = 12
ROOM_PX = 24
"""Beside the choices, for the margins of the card."""
_LOOKS = {
    Mood.GOOD: (theme.Surface.BOX_OK, theme.Tone.OK, Icon.CHECK),
    Mood.WAIT: (theme.Surface.BOX_INFO, theme.Tone.INFO, Icon.CLOCK),
    Mood.BAD: (theme.Surface.BOX_WARN, theme.Tone.WARN, Icon.WARNING),
}
_GOOD, _WAITS = (theme.Tone.OK, Icon.CHECK), (theme.Tone.INFO, Icon.CLOCK)
_OVER = (theme.Tone.MUTED, Icon.REMOVE)
_BAD = (theme.Tone.WARN, Icon.WARNING)


class News(QFrame):
    """The one thing that matters now, in a shape and words."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark = IconLabel(Icon.INFO, 18, self)
        self._words = wrapped("", theme.Text.NAME, parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(12)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)

    def tell(self, mood: Mood, sentence: str) -> None:
        """Show another one, and say it to screen readers."""
        surface, tone, icon = _LOOKS[mood]
        theme.dress(self, surface=surface)
        self._mark.show_icon(icon)
        for part in (self._mark, self._words):
            theme.dress(part, tone=tone)
        theme.set_shown(self, bool(sentence))
        if sentence and sentence != self._words.text():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))
        self._words.setText(sentence)

    def words(self) -> str:
        """What is told."""
        return self._words.text()


class TendersPane(Card):
    """`left`: back to the order. `script_changed(CardScript)` tells what to say now."""

    left = Signal()
    script_changed = Signal(object)

    def __init__(self, presenter: PaymentPresenter, parent: QWidget) -> None:
        super().__init__("", Action.CARD, parent=parent)
        self.set_title(self.tr("Payment"))
        self._presenter = presenter
        self._shown: PaymentShown | None = None
        self.news = News(self)
        self.choices: list[StepButton] = []
        self._choice_rows = QGridLayout()
        self._choice_rows.setSpacing(6)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(8)
        self._rows.setVerticalSpacing(6)
        self._rows.setColumnStretch(1, 1)
        self._open = label("", theme.Text.STRONG, parent=self)
        self.back = StepButton(self.tr("Back to the order"), Action.BACK, self)
        self.refresh = StepButton(self.tr("Ask how it stands"), Action.REFRESH, self)
        self.slot = QVBoxLayout()
        self._lay_out()
        self.back.clicked.connect(self.left)
        self.refresh.clicked.connect(presenter.tenders.ask_at_once)
        presenter.state_changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self.body.setSpacing(10)
        self.body.addWidget(self.news)
        self.body.addLayout(self._choice_rows)
        self.body.addLayout(self.slot)
        self.body.addLayout(self._rows)
        self.body.addWidget(self._open)
        self.body.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.back)
        row.addWidget(self.refresh)
        row.addStretch(1)
        self.body.addLayout(row)

    def put_form(self, form: QWidget) -> None:
        """Give the form that asks where a link goes its place."""
        self.slot.addWidget(form)

    @Slot(object)
    def show_state(self, state: PaymentShown) -> None:
        """Show a state; the same state twice changes nothing."""
        before, self._shown = self._shown, state
        if before == state:
            return
        advice = state.advice
        self.news.tell(state.mood, advice.notice if advice else "")
        offered = advice.choices if advice is not None and not state.is_asking else ()
        if before is None or offered != self._offered(before):
            self._show_choices(offered)
        self._show_tenders(state)
        left = state.cover.left if state.cover is not None else None
        is_open = left is not None and left.minor > 0 and state.has_tenders
        still = self.tr("Still to pay: {amount}").format(amount=left) if is_open else ""
        self._open.setText(still)
        theme.set_shown(self._open, bool(still))
        theme.set_shown(self.refresh, state.has_tenders or state.is_undecided)
        self.script_changed.emit(self.script())

    def script(self) -> CardScript:
        """What to say now."""
        state = self._presenter.state
        waits = state.stage in {PayStage.ASKING, PayStage.UNKNOWN}
        needed = (self.tr("the bank's answer"),) if waits else ()
        return CardScript(say=state.advice.say if state.advice else "", needed=needed)

    def take_focus(self) -> None:
        """To the first choice, else to the way back."""
        first = next(iter(self.choices), None)
        (first or self.back).setFocus()

    def rows(self) -> tuple[str, ...]:
        """What stands in the list of tenders."""
        known = self._presenter.state
        region = self._region()
        cards = (payment_words.attempt_words(one, region) for one in known.attempts)
        links = (payment_words.link_words(one, region) for one in known.links)
        return (*cards, *links)

    def _offered(self, state: PaymentShown) -> tuple[Choice, ...]:
        return state.advice.choices if state.advice is not None and not state.is_asking else ()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_choices()

    def _place_choices(self) -> None:
        """Beside each other where they fit, else in pairs: no word of them is cut."""
        gap = self._choice_rows.spacing()
        needed = sum(button.sizeHint().width() + gap for button in self.choices)
        across = len(self.choices) if needed <= self.contentsRect().width() - ROOM_PX else 2
        for button in self.choices:
            self._choice_rows.removeWidget(button)
        for at, button in enumerate(self.choices):
            self._choice_rows.addWidget(button, at // across, at % across)
        for column in range(self._choice_rows.columnCount()):
            self._choice_rows.setColumnStretch(column, 0)
        self._choice_rows.setColumnStretch(max(across, 1), 1)

    def _show_choices(self, offered: tuple[Choice, ...]) -> None:
        # Who only waited for the bank stands on the way back, and goes on with what can be done.
        waited = not self.choices and self.back.hasFocus()
        had_focus = waited or any(button.hasFocus() for button in self.choices)
        for button in self.choices:
            self._choice_rows.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.choices = []
        for choice in offered:
            button = StepButton(payment_words.choice_words(choice), parent=self)
            button.setObjectName(f"choice-{choice}")
            button.clicked.connect(partial(self._presenter.choose, choice))
            self.choices.append(button)
            button.show()
        self._place_choices()
        if had_focus:
            self.take_focus()

    def _show_tenders(self, state: PaymentShown) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            part = item.widget()
            if part is not None:
                part.hide()
                part.deleteLater()
        region = self._region()
        for place, one in enumerate(state.attempts):
            words = payment_words.attempt_words(one, region)
            self._add_row(place, _look_of_card(one), words, formatting.clock_time(one.at))
        for place, link in enumerate(state.links, len(state.attempts)):
            words = payment_words.link_words(link, region)
            self._add_row(place, _look_of_link(link), words, formatting.clock_time(link.sent_at))
            if link.state in STILL_OPEN:
                self._add_link(place, link)

    def _add_row(self, place: int, look: tuple[theme.Tone, Icon], words: str, at: str) -> None:
        tone, icon = look
        mark = IconLabel(icon, MARK_PX, self)
        told = wrapped(words, parent=self)
        when = label(at, theme.Text.SMALL, theme.Tone.MUTED, self)
        theme.dress(mark, tone=tone)
        theme.dress(told, tone=tone)
        for column, part in enumerate((mark, told, when)):
            self._rows.addWidget(part, 2 * place, column)
            part.show()

    def _add_link(self, place: int, link: PayLink) -> None:
        """The address, to be read out or copied."""
        address = wrapped(link.url, theme.Text.SMALL, theme.Tone.MUTED, self)
        address.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = PlainButton(self.tr("Copy"), parent=self)
        copy.setAccessibleDescription(self.tr("Copy the address of the pay link"))
        copy.clicked.connect(partial(_copy, link.url))
        for column, part in ((1, address), (2, copy)):
            self._rows.addWidget(part, 2 * place + 1, column)
            part.show()

    def _region(self) -> Region:
        return self._presenter.region


def _look_of_card(attempt: CardAttempt) -> tuple[theme.Tone, Icon]:
    if attempt.state in HOLDS_MONEY:
        return _GOOD
    if attempt.state in UNDECIDED or attempt.state is AttemptState.VOIDING:
        return _WAITS
    return _OVER if attempt.state is AttemptState.VOIDED else _BAD


def _look_of_link(link: PayLink) -> tuple[theme.Tone, Icon]:
    if link.state is LinkState.PAID:
        return _GOOD
    if link.state in STILL_OPEN:
        return _WAITS
    return _BAD if link.state in {LinkState.PAID_TWICE, LinkState.EXPIRED} else _OVER


def _copy(url: str) -> None:
    QGuiApplication.clipboard().setText(url)
