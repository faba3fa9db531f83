"""The panels beside the lines of an order: for whom, where to, its money, what may be done.

Passive; each shows an OrderPage, and nothing while what is personal may not be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui import formatting, theme
from app.ui.icons import Icon, IconLabel
from app.ui.screens.order import words
from app.ui.screens.order.presenter import (
    AMENDING,
    CANCELLING,
    COLLECTING,
    GIVING,
    UNDOING,
    OrderPageState,
)
from app.ui.shortcuts import Action
from app.ui.widgets.card import Card
from app.ui.widgets.chip import Chip
from app.ui.widgets.text import KeyBadge, wrapped
from app.ui.widgets.totals import Fact, Totals
from app.values.contact import PostalAddress
from app.values.order_life import IdentityLevel
from app.values.postal import format_lines
from app.values.telephone import shown_phone
from app.wire.order_page import OrderPage
from app.wire.orders import OrderDocument

GAP_PX = 10
MARK_PX = 14


class PeopleColumn(QWidget):
    """Who ordered, where it goes, how, and what is noted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._customer = Card(self.tr("Customer"), parent=self)
        self._name = wrapped("", theme.Text.NAME, parent=self._customer)
        self._reach = wrapped("", theme.Text.BODY, theme.Tone.MUTED, self._customer)
        self._delivery = Card(self.tr("Delivery"), parent=self)
        self._address = wrapped("", parent=self._delivery)
        self._how = wrapped("", theme.Text.BODY, theme.Tone.MUTED, self._delivery)
        self._billing = Card(self.tr("Bill to"), parent=self)
        self._bill_to = wrapped("", parent=self._billing)
        self._notes = Card(self.tr("Notes"), parent=self)
        self._note = wrapped("", parent=self._notes)
        for card, parts in (
            (self._customer, (self._name, self._reach)),
            (self._delivery, (self._address, self._how)),
            (self._billing, (self._bill_to,)),
            (self._notes, (self._note,)),
        ):
            for part in parts:
                card.body.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_PX)
        for card in (self._customer, self._delivery, self._billing, self._notes):
            layout.addWidget(card)
        layout.addStretch(1)

    def show_state(self, state: OrderPageState) -> None:
        """Show a state; the same state twice changes nothing."""
        page = state.page if state.shows_all else None
        theme.set_shown(self, page is not None)
        if page is not None:
            self._show_document(page.order.placed.document)

    def _show_document(self, document: OrderDocument) -> None:
        customer, delivery = document.customer, document.delivery
        self._name.setText(customer.name if customer else self.tr("Nobody is named"))
        reach = []
        if customer is not None and customer.phone:
            reach.append(shown_phone(customer.phone, document.region.value.upper()))
        reach += [customer.email] if customer is not None and customer.email else []
        if customer is not None and customer.text_relay:
            reach.append(self.tr("by text relay"))
        _fill(self._reach, "\n".join(reach))
        _fill(self._address, _written(document.deliver_to) or self.tr("No address"))
        due = formatting.long_date(delivery.promised_on) if delivery.promised_on else ""
        how = [delivery.label or self.tr("Way of delivery open"), due]
        how += [delivery.instructions, _quoted(delivery.gift_message)]
        _fill(self._how, "\n".join(filter(None, how)))
        _fill(self._bill_to, _written(document.bill_to) or self.tr("Same as delivery"))
        _fill(self._note, document.internal_note)
        theme.set_shown(self._notes, bool(document.internal_note))


class MoneyCard(Card):
    """What the order comes to, what was paid with what, and what is left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.set_title(self.tr("Account"))
        self.sums = Totals(self)
        self._payments = wrapped("", theme.Text.BODY, theme.Tone.MUTED, self)
        self.balance = Chip(parent=self)
        self.header.addWidget(self.balance)
        self.body.addWidget(self.sums)
        self.body.addWidget(self._payments)

    def show_state(self, state: OrderPageState) -> None:
        """Show a state; the same state twice changes nothing."""
        page = state.page if state.shows_all else None
        theme.set_shown(self, page is not None)
        if page is None:
            return
        charged = Fact(self.tr("Order"), formatting.money(page.account.charged))
        self.sums.show_sums(words.account_facts(page), charged)
        self.balance.show_state(*words.balance(page))
        _fill(self._payments, "\n".join(words.payment_lines(page)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """A row: what can be done and by which key, or what cannot and why."""

    name: str
    sentence: str = ""
    key: Action | None = None
    tone: theme.Tone = theme.Tone.NORMAL
    icon: Icon = Icon.CHECK


class ActsCard(Card):
    """What can be done now with its key; for what cannot, the reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.set_title(self.tr("What can be done now"))
        self._shown: tuple[_Act, ...] = ()
        self._holder: QWidget | None = None

    def show_state(self, state: OrderPageState) -> None:
        """Show a state; the same state twice changes nothing."""
        page = state.page if state.level is IdentityLevel.ALL else None
        theme.set_shown(self, page is not None)
        acts = tuple(self._acts(page)) if page is not None else ()
        if state.request is not None:
            words = self.tr("Take the open request back")
            acts += (_Act(name=words, key=Action.WITHDRAW, tone=theme.Tone.OK),)
        if acts != self._shown:
            self._shown = acts
            self._build()

    def told(self) -> tuple[tuple[str, str], ...]:
        """Every row in words."""
        return tuple((act.name, act.sentence) for act in self._shown)

    def _acts(self, page: OrderPage) -> Iterable[_Act]:
        for name, acts, key in (
            (self.tr("Change the order"), AMENDING, Action.AMEND),
            (self.tr("Take a card for what is open"), COLLECTING, Action.CARD),
            (self.tr("Cancel it or a part"), CANCELLING, Action.CANCEL_ORDER),
            (
                self.tr("Take the last change back"),
                UNDOING,
                Action.TAKE_CHANGE_BACK,
            ),
            (self.tr("Give goodwill"), GIVING, Action.GOODWILL),
        ):
            if words.is_possible(page.may, acts):
                yield _Act(name=name, key=key, tone=theme.Tone.OK)
        for obstacle in words.obstacles(page.may):
            yield _Act(
                name=obstacle.acts,
                sentence=obstacle.sentence,
                tone=theme.Tone.MUTED if obstacle.quiet else theme.Tone.WARN,
                icon=Icon.LOCKED,
            )

    def _build(self) -> None:
        """Anew: there are few rows, and they change seldom."""
        if self._holder is not None:
            self.body.removeWidget(self._holder)
            self._holder.hide()
            self._holder.deleteLater()
        self._holder = holder = QWidget(self)
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for act in self._shown:
            _add(grid, act, holder)
        self.body.addWidget(holder)


def _add(grid: QGridLayout, act: _Act, holder: QWidget) -> None:
    """What nobody misses in one small line; what can be done with its key at the end."""
    at = grid.rowCount()
    mark = IconLabel(act.icon, MARK_PX, holder)
    theme.dress(mark, tone=act.tone)
    place = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter
    if act.tone is theme.Tone.MUTED:
        both = f"{act.name}: {act.sentence}"
        grid.addWidget(mark, at, 0, place)
        grid.addWidget(wrapped(both, theme.Text.SMALL, act.tone, holder), at, 1, 1, 2)
        return
    grid.addWidget(mark, at, 0, place)
    grid.addWidget(wrapped(act.name, theme.Text.STRONG, parent=holder), at, 1)
    if act.key is not None:
        grid.addWidget(KeyBadge(act.key, holder), at, 2, Qt.AlignmentFlag.AlignTop)
    if act.sentence:
        sentence = wrapped(act.sentence, theme.Text.SMALL, theme.Tone.MUTED, holder)
        grid.addWidget(sentence, at + 1, 1, 1, 2)


def _fill(part: QLabel, text: str) -> None:
    part.setText(text)
    theme.set_shown(part, bool(text))


def _written(address: PostalAddress | None) -> str:
    return "\n".join(format_lines(address)) if address is not None else ""


def _quoted(text: str) -> str:
    return f"\u201c{text}\u201d" if text else ""
