"""The placed order: its number large enough to be read at arm's length, and the end of the call.

The caller repeats the number, the rest is said step by step, then the call is ended. Passive. Tells
the presenter that the number was painted, once it really was.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import formatting, shortcuts, theme
from app.ui.command_palette import Command
from app.ui.screens.placed.number import PaintedNumber, SaidBackField
from app.ui.screens.placed.payment_told import change_state, payment_state
from app.ui.screens.placed.presenter import PlacedPresenter
from app.ui.screens.placed.said_back import Heard
from app.ui.screens.placed.side import ClosingSide
from app.ui.screens.placed.state import ChangeTold, PlacedState
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Box, Card
from app.ui.widgets.totals import Fact, Facts
from app.values.vocabulary import ClosingStep, PaymentState
from app.wire.orders import PlacedOrder
from app.wire.sync import DeskStatus

GAP_PX = 12
SIDE_PX, NARROW_SIDE_PX = 318, 296
SIDE_FROM_PX, WIDE_FROM_PX = 880, 1_200
FIELD_PX = 332


class PlacedScreen(QWidget):
    """Number, what the caller repeats of it, facts and papers; the steps of the closing beside."""

    def __init__(self, presenter: PlacedPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._card = Card("", parent=self)
        self._card.set_title(self.tr("Order placed"))
        self._scroll = QScrollArea(self._card)
        self._inside = QWidget(self._scroll.viewport())
        self._number = PaintedNumber(self._inside)
        self.said_back = SaidBackField(self.tr("The caller says it back"), self._inside)
        self._facts = Facts(self._inside)
        self._question = Box(theme.Surface.BOX_WARN, self._card)
        self.print_button = StepButton(self.tr("Print"), Action.PRINT, self._card)
        self.pdf_button = StepButton(self.tr("Show PDF"), Action.SHOW_PDF, self._card)
        self.protocol_button = StepButton(self.tr("Read-back"), Action.PROTOCOL, self._card)
        self.end_button = PrimaryButton(self.tr("End call and wrap up"), Action.COMMIT, self._card)
        self.end_button.setObjectName("end-call")
        self.side = ClosingSide(self)
        self._status: DeskStatus | None = None
        self._is_narrow = False
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addItem(_gap(14))
        inside.addWidget(self._number)
        inside.addItem(_gap(16))
        self.said_back.setFixedWidth(FIELD_PX)
        inside.addWidget(self.said_back, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addItem(_gap(20))
        facts = QHBoxLayout()
        facts.addStretch(1)
        facts.addWidget(self._facts, 6)
        facts.addStretch(1)
        inside.addLayout(facts)
        inside.addStretch(1)
        self._scroll.setWidget(self._inside)
        self._scroll.setWidgetResizable(True)
        for ground in (self._inside, self._scroll.viewport()):
            ground.setAutoFillBackground(False)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._card.body.addWidget(self._scroll, 1)
        self._card.body.addWidget(self._question)
        self._card.body.addLayout(self._buttons())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX - 2)
        layout.setSpacing(GAP_PX)
        layout.addWidget(self._card, 1)
        layout.addWidget(self.side)

    def _buttons(self) -> QHBoxLayout:
        buttons = QHBoxLayout()
        for button in (self.print_button, self.pdf_button, self.protocol_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.end_button)
        return buttons

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        presenter.all_said.connect(self._go_to_end)
        self._number.painted.connect(presenter.number_was_painted)
        self.said_back.edited.connect(presenter.hear)
        self.said_back.entered.connect(self._go_on_from_number)
        self.side.chosen.connect(self._choose)
        self.side.outcome_picked.connect(presenter.pick)
        self.side.note_edited.connect(presenter.set_note)
        self.side.note.entered.connect(self._go_to_end)
        self.print_button.clicked.connect(presenter.print_paper)
        self.pdf_button.clicked.connect(presenter.show_pdf)
        self.protocol_button.clicked.connect(presenter.show_protocol)
        self.end_button.clicked.connect(self._end)
        for action, slot in (
            (Action.PRINT, presenter.print_paper),
            (Action.SHOW_PDF, presenter.show_pdf),
            (Action.PROTOCOL, presenter.show_protocol),
            (Action.COMMIT, self._end),
            (Action.BACK, self._stay),
            (Action.SCRIPT, self.go_to_steps),
            (Action.READ_BACK, self.go_to_steps),
        ):
            shortcuts.bind(self, action, slot)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        presenter = self._presenter
        return (
            Command(self.tr("End call and wrap up"), self._end, Action.COMMIT),
            Command(self.tr("Print the confirmation"), presenter.print_paper, Action.PRINT),
            Command(self.tr("Show the confirmation"), presenter.show_pdf, Action.SHOW_PDF),
            Command(shortcuts.label(Action.PROTOCOL), presenter.show_protocol, Action.PROTOCOL),
        )

    @Slot()
    def begin(self) -> None:
        """The order was placed this moment, or is looked at again: to what is due."""
        state = self._presenter.state
        if ClosingStep.NUMBER_SAID_BACK in state.open_steps:
            self._go_to_number()
        elif state.open_steps and (state.number_is_safe or not self._is_narrow):
            self.go_to_steps()
        else:
            self._go_to_end()

    @Slot()
    def go_to_steps(self) -> None:
        """F1 and F8: what to say, and what is left to say."""
        self._bring(self.side)
        self.side.steps.setFocus()

    @Slot()
    def _go_to_number(self) -> None:
        self._bring(self._card)
        self.said_back.setFocus()
        self._scroll.ensureWidgetVisible(self.said_back)

    @Slot()
    def _go_to_end(self) -> None:
        self._bring(self._card)
        self.end_button.setFocus()

    def _bring(self, part: QWidget) -> None:
        """In a narrow window one of the two is in view; else both are."""
        for one in (self._card, self.side):
            theme.set_shown(one, one is part or not self._is_narrow)

    @Slot(object)
    def show_state(self, state: PlacedState) -> None:
        """Show a state; the same state twice changes nothing."""
        placed = state.placed
        if placed is None:
            self._number.forget()
            return
        self._card.set_title(self._title(state.change))
        self._number.show_order(placed)
        theme.set_shown(self.said_back, state.says_back)
        theme.set_shown(self.protocol_button, state.change is None)
        self.said_back.show_digits(state.said_back, placed)
        self._show_facts()
        busy = self.tr("The paper is being made.") if state.making_paper else ""
        for button in (self.print_button, self.pdf_button):
            button.allow(busy)
        self.end_button.set_words(self._end_words(has_caller=state.has_caller))
        self.end_button.allow(self.tr("The call is being ended.") if state.ending else "")
        self.side.show_state(state)
        self._show_question(state)

    @Slot(object)
    def show_status(self, status: DeskStatus | None) -> None:
        """How the desk stands with the centre, as far as it matters to this order."""
        self._status = status
        self._show_facts()

    def _show_question(self, state: PlacedState) -> None:
        """In place, never a window of its own: what is not said yet, or could not be kept."""
        if state.not_kept:
            words = self.tr("Enter goes on all the same: the order itself is safe.")
            self._question.show_words(state.not_kept, words)
        elif state.asking_to_end:
            names = self.side.titles_of(state)
            self._question.show_words(
                self.tr("Not said yet: {names}").format(names=names),
                self.tr("End all the same? Enter ends it, Esc goes back."),
            )
        asked = bool(state.not_kept or state.asking_to_end)
        if asked and self._question.isHidden():
            self._go_to_end()
        theme.set_shown(self._question, asked)

    def _end_words(self, *, has_caller: bool) -> str:
        if not has_caller:
            return self.tr("Done")
        is_wide = self.width() >= WIDE_FROM_PX
        return self.tr("End call and wrap up") if is_wide else self.tr("End call")

    def _title(self, change: ChangeTold | None) -> str:
        """What became of it, in a word or two."""
        if change is None:
            return self.tr("Order placed")
        if change.is_done:
            return self.tr("Order changed")
        if change.state is None:
            return self.tr("Change on its way")
        return self.tr("Change kept as a request")

    def _show_facts(self) -> None:
        state = self._presenter.state
        if state.placed is not None:
            of_change = self._facts_of_change(state.change, state.placed) if state.change else []
            facts = self._facts_of(state.placed)
            self._facts.show_facts([*of_change, *facts[2:]] if of_change else facts)

    def _facts_of_change(self, change: ChangeTold, placed: PlacedOrder) -> list[Fact]:
        version = self.tr("{old} \u2192 {new}").format(old=change.revision, new=change.revision + 1)
        now, was = formatting.money(placed.totals.total), formatting.money(change.was)
        total = self.tr("{now} (was {was})")
        if not change.is_done:
            total = self.tr("{was} ({now} once it is changed)")
        total = now if now == was else total.format(now=now, was=was)
        words, is_due = change_state(change)
        told = payment_state(placed)[0] if placed.attempts or placed.links else ""
        tone = theme.Tone.NORMAL if told or not is_due else theme.Tone.WARN
        return [
            Fact(self.tr("Version"), version if change.is_done else str(change.revision)),
            Fact(self.tr("Total"), total),
            Fact(self.tr("Money"), told if told and is_due else words, tone, strong=True),
        ]

    def _facts_of(self, placed: PlacedOrder) -> list[Fact]:
        document, totals = placed.document, placed.totals
        delivery = document.delivery
        facts = [Fact(self.tr("Total"), formatting.money(totals.total)), self._payment(placed)]
        if delivery.promised_on is not None:
            day = formatting.long_date(delivery.promised_on)
            facts.append(Fact(self.tr("Arrives"), f"{day}, {delivery.label}"))
        if document.deliver_to is not None:
            words = [*document.deliver_to.street, document.deliver_to.city]
            words.append(document.deliver_to.postcode)
            facts.append(Fact(self.tr("Goes to"), ", ".join(word for word in words if word)))
        facts.append(self._confirmation(document.customer.email if document.customer else None))
        facts.append(self._kept())
        return facts

    def _payment(self, placed: PlacedOrder) -> Fact:
        """What it is paid with, and whether anything is still to come."""
        words, state = payment_state(placed)
        tone = _PAYMENT_TONES[state]
        return Fact(self.tr("Payment"), words, tone, strong=tone is not theme.Tone.NORMAL)

    def _confirmation(self, email: str | None) -> Fact:
        name, printed_at = self.tr("Confirmation"), self._presenter.state.printed_at
        if printed_at is not None:
            words = self.tr("At the printer: {time}").format(time=formatting.clock_time(printed_at))
            return Fact(name, words, theme.Tone.OK, strong=True)
        if email:
            return Fact(name, self.tr("For {email}").format(email=email))
        words = self.tr("No e-mail: print it and send it by post")
        return Fact(name, words, theme.Tone.WARN, strong=True)

    def _kept(self) -> Fact:
        """How safe the order is."""
        name, status = self.tr("Kept"), self._status
        change = self._presenter.state.change
        if change is not None:
            if change.is_done:
                words = self.tr("At this desk and at the centre")
                return Fact(name, words, theme.Tone.OK, strong=True)
            if change.state is None:
                words = self.tr("At this desk; it goes to the centre by itself")
            else:
                words = self.tr("At the centre, until somebody has decided")
            return Fact(name, words, theme.Tone.WARN, strong=True)
        if not self._presenter.state.number_is_safe:
            return Fact(name, self.tr("At this desk; the number is being noted"))
        if status is not None and status.online and not status.waiting:
            words = self.tr("At this desk and at the centre")
            return Fact(name, words, theme.Tone.OK, strong=True)
        return Fact(name, self.tr("At this desk; it goes to the centre by itself"))

    @Slot()
    def _go_on_from_number(self) -> None:
        """Enter in the field: the number was given, or it is matched and the rest is due."""
        state = self._presenter.state
        if ClosingStep.NUMBER_GIVEN in state.open_steps and not state.said_back.digits:
            self._presenter.choose(ClosingStep.NUMBER_GIVEN)
        elif state.said_back.heard is Heard.MATCHED:
            self.begin()

    @Slot(object)
    def _choose(self, step: ClosingStep) -> None:
        self._presenter.choose(step)
        if step is ClosingStep.NUMBER_SAID_BACK:
            self._go_to_number()

    @Slot()
    def _end(self) -> None:
        self._presenter.end()

    @Slot()
    def _stay(self) -> None:
        if self._presenter.state.asking_to_end:
            self._presenter.stay()
            self.begin()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window shows the number or the steps, a wider one both."""
        super().resizeEvent(event)
        width = self.width()
        self._is_narrow = width < SIDE_FROM_PX
        self.side.setMinimumWidth(0)
        if not self._is_narrow:
            self.side.setFixedWidth(SIDE_PX if width >= WIDE_FROM_PX else NARROW_SIDE_PX)
        else:
            self.side.setMaximumWidth(width)
        self.side.outcomes.set_beside(beside=self._is_narrow)
        state = self._presenter.state
        self.end_button.set_words(self._end_words(has_caller=state.has_caller))
        if not self.side.steps.hasFocus():
            self._bring(self._card)
        elif state.number_is_safe or not self._is_narrow:
            self._bring(self.side)
        else:
            self._go_to_end()  # the number has to be painted before anything hides it


_PAYMENT_TONES = {
    PaymentState.AUTHORISED: theme.Tone.OK,
    PaymentState.PAID: theme.Tone.OK,
    PaymentState.LINK_SENT: theme.Tone.NORMAL,
    PaymentState.ON_ACCOUNT: theme.Tone.NORMAL,
    PaymentState.OUTSTANDING: theme.Tone.NORMAL,
}


def _gap(height_px: int) -> QSpacerItem:
    """Air that gives way where the window is low."""
    return QSpacerItem(0, height_px, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Maximum)
