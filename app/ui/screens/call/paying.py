"""Leads the keyboard through the payment: F9, the card fields, what the bank said, and back.

Joins the payment's presenter and panes to the call screen. Runs on the GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.services.rules import payments
from app.ui import shortcuts, theme
from app.ui.command_palette import Command
from app.ui.notices import Kind, Notice
from app.ui.payment.card_pane import CardPane
from app.ui.payment.pause_state import PauseShown
from app.ui.payment.payment_state import CardScript, PaymentShown, PayStage
from app.ui.payment.tenders_pane import TendersPane
from app.ui.screens.call import focus
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.call.panes import Panes
from app.ui.screens.call.payment_forms import link_form, reference_form
from app.ui.screens.call.placing import Step
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.call.state import CallState, Phase
from app.ui.shortcuts import Action
from app.ui.widgets.text import wrapped
from app.values.vocabulary import PaymentMethod


class Paying(QObject):
    """One per call screen. `column` takes the place of the order lines; `turned` when it does."""

    turned = Signal()

    def __init__(self, screen: Panes, presenter: CallPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self._screen = screen
        self._call = presenter
        self._payment = presenter.payment
        self.column = QWidget(parent)
        self.say = wrapped("", theme.Text.STRONG, theme.Tone.INFO, self.column)
        self.tenders = TendersPane(self._payment, self.column)
        self.link_form = link_form(self.tenders)
        self.tenders.put_form(self.link_form)
        safe = self._payment.safe
        self.card = (
            CardPane(self._payment, safe, self._payment.today, self.column)
            if safe is not None
            else None
        )
        self.is_open = False
        self._wanted = self._open_card
        self._was = PaymentShown()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self.column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.say)
        layout.addWidget(self.tenders)
        self.reference_form = reference_form(self.column)
        if self.card is not None:
            layout.addWidget(self.card)
            self.card.put_below_banner(self.reference_form)
            self.card.hide()
        self.column.hide()

    def _connect(self) -> None:
        payment = self._payment
        payment.state_changed.connect(self._follow)
        payment.pause.state_changed.connect(self._follow_pause)
        payment.card_asked.connect(self.take_card)
        payment.link_asked.connect(self.ask_for_link)
        payment.method_asked.connect(self._pay_another_way)
        self._call.placing.gone_on.connect(self._go_on)
        self.tenders.left.connect(self.close)
        self.tenders.script_changed.connect(self._show_script)
        self.link_form.given.connect(self._send_link)
        self.reference_form.given.connect(self._pause_call)
        if self.card is not None:
            self.card.left.connect(self.close)
            self.card.again_asked.connect(self.take_card)
            self.card.script_changed.connect(self._show_script)

    @Slot()
    def take_card(self) -> None:
        """F9: to the card fields, or to what has to be done before."""
        call, payment = self._call, self._payment
        if call.state.phase is not Phase.TAKING:
            return
        if payment.pause.state.is_busy:
            self._show(self.card)
            return
        if payment.state.is_undecided:
            self._show(self.tenders)
            return
        if not self._screen.items.editor.take_all():
            return
        if call.order.document.payment is not PaymentMethod.CARD:
            call.set_payment(PaymentMethod.CARD)
        self._wanted = self._open_card
        if self._may_take_card():
            call.placing.look_before_paying()

    def _may_take_card(self) -> bool:
        """Whether all is agreed; else the keyboard is led to what is not."""
        guide, payment = self._call.read_back, self._payment
        if payment.state.cover is not None and payment.to_pay is None and guide.state.holds:
            self._show(self.tenders)
            self._say(payment.why_no_card(guide.standings))
            return False
        if guide.state.holds:
            return True
        self.close()
        guide.start()
        # While the checklists are read nothing is said: the question comes by itself, as it is due.
        if guide.state.stage not in {Stage.ASKING, Stage.LOADING}:
            self._say(payments.may_take_card(guide.standings) or self._call.state.reason_why_not)
        return False

    @Slot(object)
    def _go_on(self, step: Step) -> None:
        """The order was not placed before, or the caller wants another: now it is paid."""
        if step is Step.PAY and self._call.state.phase is Phase.TAKING:
            self._wanted()

    def _open_card(self) -> None:
        """The pane is in front before the pause is asked for, so that it opens to somebody."""
        if self._payment.pause.state.is_busy or not self._may_take_card():
            return
        self._show(self.card or self.tenders)
        if not self._payment.take_card():
            self._show(self.tenders)

    @Slot(str)
    def _pause_call(self, reference: str) -> None:
        self.reference_form.hide()
        if self.card is not None:
            self.card.setFocus()
        self._payment.take_card(reference)

    @Slot()
    def mark_spoken(self) -> None:
        """F12: the caller said card digits while the recording ran."""
        if self._call.state.phase is Phase.TAKING:
            self._payment.mark_spoken()

    @Slot()
    def ask_for_link(self) -> None:
        """Where the pay link goes; a pause that is open ends."""
        if self._call.state.phase is Phase.TAKING:
            self._payment.pause.put_away()
            self._wanted = self._open_link
            self._call.placing.look_before_paying()

    def _open_link(self) -> None:
        self._show(self.tenders)
        customer = self._call.order.document.customer
        known = (customer.email or customer.phone) if customer is not None else ""
        self.link_form.open(known, self.link_form.tr("The caller pays on a page of the bank."))

    @Slot()
    def show_payment(self) -> None:
        """By palette: what was tried, and how it stands."""
        if self._call.state.phase is Phase.TAKING:
            self._show(self.tenders)

    def take_focus(self) -> None:
        """F6: the keyboard comes here."""
        is_card = self.card is not None and not self.card.isHidden()
        (self.card if is_card and self.card is not None else self.tenders).take_focus()

    def commit(self) -> bool:
        """Ctrl+Enter in the card fields; False: it is not meant for them."""
        if self.card is None or not self.is_open or self.card.isHidden():
            return False
        self.card.submit()
        return True

    def lead_on(self, state: CallState) -> bool:
        """To the payment, where all is agreed and only it keeps the order from being placed."""
        if state.missing or not state.read_back_holds or not self._payment.state.is_undecided:
            return False
        self._show(self.tenders)
        return True

    def go_back(self) -> bool:
        """Esc inside the payment; False: the keyboard is elsewhere."""
        if not self.is_open or not focus.is_in(self.column):
            return False
        if not self.link_form.isHidden():
            self.link_form.hide()
            self.tenders.take_focus()
        elif self.card is not None and not self.card.isHidden():
            self.card.go_back()
        else:
            self.close()
            self._screen.go_to_items()
        return True

    @Slot()
    def close(self) -> None:
        """The order lines again; a pause that is open ends."""
        if not self.is_open:
            return
        had_focus = focus.is_in(self.column)
        self.is_open = False
        self._payment.pause.put_away()
        self.link_form.hide()
        self.reference_form.hide()
        self._call.show_script(None)
        self.turned.emit()
        if had_focus:
            self._screen.go_to_items()

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers for the payment."""
        no_order = "" if self._call.state.phase is Phase.TAKING else self.tr("No order is in hand.")
        return (
            Command(shortcuts.label(Action.CARD), self.take_card, Action.CARD, no_order),
            Command(self.tr("Send a pay link"), self.ask_for_link, reason_why_not=no_order),
            Command(self.tr("How the payment stands"), self.show_payment, reason_why_not=no_order),
            Command(
                shortcuts.label(Action.SPOKEN_TOO_EARLY),
                self.mark_spoken,
                Action.SPOKEN_TOO_EARLY,
                no_order,
            ),
        )

    def _show(self, pane: CardPane | TendersPane | None) -> None:
        """One of the two in the middle, with the keyboard."""
        if pane is None:
            return
        self.is_open = True
        for one in (self.tenders, self.card):
            if one is not None and one is not pane:
                one.hide()
        pane.show()
        self.turned.emit()
        self._screen.bring(self.column)
        pane.take_focus()
        self._show_script(pane.script())

    @Slot(object)
    def _show_script(self, _script: CardScript) -> None:
        """What is said now goes with the pane in view."""
        if not self.is_open:
            return
        is_card = self.card is not None and not self.card.isHidden()
        pane = self.card if is_card and self.card is not None else self.tenders
        self._call.show_script(pane.script())
        self.show_say()

    def show_say(self) -> None:
        """The sentence stands here too, where the right column has no room to be seen."""
        script = self._call.state.script
        sentence = script.say if script is not None else ""
        self.say.setText(self.say.tr("Say: \u201c{words}\u201d").format(words=sentence))
        has_room = self._screen.side.is_wide
        theme.set_shown(self.say, bool(sentence) and not has_room)

    @Slot(object)
    def _follow(self, state: PaymentShown) -> None:
        """The bank is asked: to its answer; it has answered: to the next step."""
        was, self._was = self._was, state
        on_card = self.is_open and self.card is not None and not self.card.isHidden()
        is_told = state.advice is not None and not self._payment.pause.state.is_busy
        if on_card and (state.is_undecided or is_told):
            self._show(self.tenders)
        answered = was.is_undecided or was.stage is PayStage.SENDING_LINK or on_card
        is_resting = state.stage is PayStage.RESTING and not self.tenders.isHidden()
        if self.is_open and answered and is_resting and focus.is_in(self.column):
            self._lead_on(state)

    def _lead_on(self, state: PaymentShown) -> None:
        """To the choices that are offered, to the question that is open again, or to the end."""
        has_choices = state.advice is not None and bool(state.advice.choices)
        if has_choices or state.reason_why_not:
            self.tenders.take_focus()
        elif not self._call.read_back.state.holds:
            self._call.read_back.start()
        else:
            self._call.show_script(self.tenders.script())
            self._screen.bring(self._screen.side)
            self._screen.side.take_focus()

    @Slot(object)
    def _follow_pause(self, state: PauseShown) -> None:
        if state.needs_reference and self.reference_form.isHidden() and self.is_open:
            self.reference_form.open(self._payment.reference, state.sentence)
        elif not state.needs_reference:
            self.reference_form.hide()

    @Slot(str)
    def _send_link(self, send_to: str) -> None:
        """The order is paid by link from now on, which the caller has to agree to."""
        self.link_form.hide()
        if self._call.order.document.payment is not PaymentMethod.PAY_LINK:
            self._call.set_payment(PaymentMethod.PAY_LINK)
        self.tenders.take_focus()
        self._payment.send_link(send_to)

    @Slot(object)
    def _pay_another_way(self, method: PaymentMethod) -> None:
        """The last question names the way to pay, so it is asked again."""
        self.close()
        self._call.set_payment(method)
        self._call.read_back.start()

    def _say(self, sentence: str) -> None:
        if sentence:
            self._call.notice.emit(Notice(kind=Kind.INFO, sentence=sentence))
