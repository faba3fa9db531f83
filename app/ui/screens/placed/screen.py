"""The placed order: its number large enough to be read at arm's length, its facts, its paper.

Passive. Tells the presenter that the number was painted, once it really was.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.screens.placed.presenter import PlacedPresenter, PlacedState
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Card, SayThis
from app.ui.widgets.checklist import Checklist, CheckRow, CheckState
from app.ui.widgets.text import BigNumber, Part
from app.ui.widgets.totals import Fact, Facts
from app.values.order_number import spoken
from app.wire.orders import PlacedOrder
from app.wire.sync import DeskStatus

GAP_PX = 12
SIDE_PX = 318
SIDE_FROM_PX = 900


class PlacedScreen(QWidget):
    """Number, facts, Print, Show PDF and End call; what to say beside it."""

    def __init__(self, presenter: PlacedPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._card = Card("", parent=self)
        self._card.set_title(self.tr("Order placed"))
        self._number = _PaintedNumber(self._card)
        self._facts = Facts(self._card)
        self.print_button = StepButton(self.tr("Print"), Action.PRINT, self._card)
        self.pdf_button = StepButton(self.tr("Show PDF"), Action.SHOW_PDF, self._card)
        self.end_button = PrimaryButton(self.tr("End call"), Action.COMMIT, self._card)
        self.end_button.setObjectName("end-call")
        self._side = QWidget(self)
        self._say = SayThis(self._side)
        self._before = Card("", parent=self._side)
        self._before.set_title(self.tr("This order is safe"))
        self._list = Checklist(self.tr("How safe the order is"), self._before)
        self._status: DeskStatus | None = None
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        facts = QHBoxLayout()
        facts.addStretch(1)
        facts.addWidget(self._facts, 6)
        facts.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.print_button)
        buttons.addWidget(self.pdf_button)
        buttons.addStretch(1)
        buttons.addWidget(self.end_button)
        body = self._card.body
        body.addItem(_gap(16))
        body.addWidget(self._number)
        body.addItem(_gap(28))
        body.addLayout(facts)
        body.addStretch(1)
        body.addLayout(buttons)
        self._before.body.addWidget(self._list, 1)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(10)
        self._say.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        side.addWidget(self._say)
        side.addWidget(self._before, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX - 2)
        layout.setSpacing(GAP_PX)
        layout.addWidget(self._card, 1)
        layout.addWidget(self._side)
        self._side.setFixedWidth(SIDE_PX)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        self._number.painted.connect(presenter.number_was_painted)
        self.print_button.clicked.connect(presenter.print_paper)
        self.pdf_button.clicked.connect(presenter.show_pdf)
        self.end_button.clicked.connect(presenter.finish)
        shortcuts.bind(self, Action.PRINT, presenter.print_paper)
        shortcuts.bind(self, Action.SHOW_PDF, presenter.show_pdf)
        shortcuts.bind(self, Action.COMMIT, presenter.finish)

    @Slot()
    def begin(self) -> None:
        """The order was placed this moment: Enter and Ctrl+Enter end the call."""
        self.end_button.setFocus()

    @Slot(object)
    def show_state(self, state: PlacedState) -> None:
        """Show a state; the same state twice changes nothing."""
        placed = state.placed
        if placed is None:
            self._number.forget()
            return
        self._number.show_order(placed)
        self._facts.show_facts(self._facts_of(placed))
        busy = self.tr("The paper is being made.") if state.making_paper else ""
        for button in (self.print_button, self.pdf_button):
            button.allow(busy)
        self._say.say(
            (
                Part(self.tr("\u201cYour order number is ")),
                Part(spoken(placed.number), strong=True),
                Part(self.tr(". Could you read that back to me?\u201d")),
            )
        )
        self._show_steps()

    @Slot(object)
    def show_status(self, status: DeskStatus | None) -> None:
        """How the desk stands with the centre, as far as it matters to this order."""
        self._status = status
        self._show_steps()

    def _show_steps(self) -> None:
        state, status = self._presenter.state, self._status
        done = self.tr("Done")
        shown = CheckState.DONE if state.number_is_safe else CheckState.ASKING
        rows = [CheckRow("kept", self.tr("Kept at this desk"), CheckState.DONE, done)]
        rows.append(CheckRow("shown", self.tr("Number on the screen"), shown, done))
        title = self.tr("At the central service")
        if status is not None and status.online and not status.waiting:
            rows.append(CheckRow("centre", title, CheckState.DONE, done))
        else:
            words = self.tr("Sent by itself")
            rows.append(CheckRow("centre", title, CheckState.OPEN, words))
        self._list.show_rows(rows)

    def _facts_of(self, placed: PlacedOrder) -> list[Fact]:
        document, totals = placed.document, placed.totals
        customer, delivery = document.customer, document.delivery
        count = len(document.lines)
        lines = formatting.counted(count, self.tr("1 line"), self.tr("{count} lines"))
        facts = [Fact(self.tr("Total"), f"{formatting.money(totals.total)}, {lines}")]
        if customer is not None:
            facts.append(Fact(self.tr("Customer"), customer.name))
        if document.deliver_to is not None:
            words = [*document.deliver_to.street, document.deliver_to.city]
            words.append(document.deliver_to.postcode)
            facts.append(Fact(self.tr("Goes to"), ", ".join(word for word in words if word)))
        if delivery.promised_on is not None:
            day = formatting.long_date(delivery.promised_on)
            facts.append(Fact(self.tr("Arrives"), f"{day}, {delivery.label}"))
        facts.append(self._confirmation(customer.email if customer else None))
        return facts

    def _confirmation(self, email: str | None) -> Fact:
        if email:
            return Fact(self.tr("Confirmation"), self.tr("For {email}").format(email=email))
        words = self.tr("No e-mail: print it or send it by post")
        return Fact(self.tr("Confirmation"), words, theme.Tone.WARN, strong=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        theme.set_shown(self._side, self.width() >= SIDE_FROM_PX)


def _gap(height_px: int) -> QSpacerItem:
    """Air that gives way where the window is low."""
    return QSpacerItem(0, height_px, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Maximum)


class _PaintedNumber(BigNumber):
    """Tells once per order that its number has been on the glass."""

    painted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._order: PlacedOrder | None = None
        self._told = False

    def show_order(self, placed: PlacedOrder) -> None:
        """Show the number of this order."""
        if placed is not self._order:
            self._order = placed
            self._told = False
            self.show_number(placed.number)
            self.update()

    def forget(self) -> None:
        """No order is shown any more."""
        self._order = None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._order is not None and not self._told:
            self._told = True
            QTimer.singleShot(0, self, self.painted.emit)
