"""The call screen: three columns, the keys, and what gives way where the window is narrow.

Passive: lays out the panes and turns keys into intents. Focus goes in the order of the talk, and no
event ever takes it from where somebody types.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.ui.command_palette import Command
from app.ui.screens.call import focus
from app.ui.screens.call.amending import ChangeQuestion
from app.ui.screens.call.answering import Answering
from app.ui.screens.call.customer_pane import CustomerPane, LastOrdersCard
from app.ui.screens.call.delivery_pane import (
    BillingPane,
    ChannelField,
    DeliveryPane,
    NotesPane,
)
from app.ui.screens.call.guiding import Guiding
from app.ui.screens.call.items_pane import ItemsPane
from app.ui.screens.call.locking import Locks
from app.ui.screens.call.order_marks import OrderMarks, PaymentField, marks_commands
from app.ui.screens.call.park_panel import ParkPanel
from app.ui.screens.call.paying import Paying
from app.ui.screens.call.placing import LikeQuestion
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.call.side_pane import SidePane
from app.ui.screens.call.state import CallState, Phase, Topic
from app.ui.screens.call.topics import topic_of
from app.ui.screens.call.widths import ANY_PX, LEFT_PX, RAIL_PX, SIDE_PX, Width
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import StepButton
from app.values.order_life import OrderAct

GAP_PX = 12
BELOW_PX = 60
"""Room for what stands below a field."""


class CallScreen(QWidget):
    """Everything on one screen; any order of filling is legal."""

    drafts_asked = Signal()

    def __init__(self, presenter: CallPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._left = QScrollArea(self)
        column = QWidget(self._left.viewport())  # a parent given late would be styled twice
        self.customer = CustomerPane(presenter.customer, column)
        self.delivery = DeliveryPane(presenter.delivery_address, presenter.delivery, column)
        self.billing = BillingPane(presenter, column)
        self.last_orders = LastOrdersCard(presenter, column)
        self.notes = NotesPane(presenter.delivery, column)
        self.items = ItemsPane(presenter.finder, presenter.lines, presenter.stock, self)
        self.channel = ChannelField(presenter, self.items)
        self.payment = PaymentField(presenter, self.items)
        self.marks = OrderMarks(self.items)
        self.park_button = StepButton(self.tr("Park"), Action.PARK, self.items)
        self.side = SidePane(self)
        self.paying = Paying(self, presenter, self)
        self._locks = Locks(
            {
                self.customer: (OrderAct.CONTACT,),
                self.delivery: (OrderAct.ADDRESS, OrderAct.METHOD, OrderAct.DATE),
                self.billing: (OrderAct.BILLING,),
                self.notes: (OrderAct.NOTES,),
            }
        )
        self._scroll(column)
        self._width = Width.WIDE
        self._in_view: QWidget = self._left
        self._lay_out()
        self._connect()
        self._bind()
        self._set_tab_order()

    def _scroll(self, column: QWidget) -> None:
        cards = QVBoxLayout(column)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(10)
        for card in self._cards():
            cards.addWidget(card)
        cards.addStretch(1)
        self._left.setWidget(column)
        self._left.setWidgetResizable(True)
        self._left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _cards(self) -> tuple[QWidget, ...]:
        return self.customer, self.delivery, self.billing, self.last_orders, self.notes

    def _lay_out(self) -> None:
        foot = QWidget(self.items)
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.channel)
        row.addWidget(self.payment)
        row.addWidget(self.marks)
        row.addWidget(self.park_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.items.add_to_foot(foot)
        self._columns = QHBoxLayout(self)
        self._columns.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX - 2)
        self._columns.setSpacing(GAP_PX)
        self._columns.addWidget(self._left)
        self._columns.addWidget(self.items, 1)
        self._columns.addWidget(self.paying.column, 1)
        self._columns.addWidget(self.side)
        self._fit()

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        presenter.customer.finished.connect(self.go_on)
        presenter.delivery_address.finished.connect(self.go_on)
        presenter.billing_address.finished.connect(self.go_on)
        presenter.finder.passed.connect(self._go_on_from_finder)
        self.side.topic_chosen.connect(self.go_to_topic)
        self.side.place_asked.connect(self.place)
        self.side.card_asked.connect(self.paying.take_card)
        self.paying.turned.connect(self._turn_middle)
        presenter.placing.question_changed.connect(self._ask_twice)
        self.side.like.another.connect(presenter.placing.it_is_another)
        self.side.like.same.connect(presenter.placing.it_is_the_same)
        self.side.like.left.connect(self.go_back)
        presenter.amending.question_changed.connect(self._ask_about_change)
        self.side.change.gone_on.connect(presenter.amending.go_on)
        self.side.change.left.connect(self.go_back)
        self._guide = Guiding(self, presenter, self)
        self._answering = Answering(self, presenter, self)
        self.park_panel = ParkPanel(presenter.parking, self)
        self.park_button.clicked.connect(presenter.parking.open)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._watch_focus)

    def _bind(self) -> None:
        slots: dict[Action, Callable[[], object]] = {
            Action.CUSTOMER: self.go_to_customer,
            Action.ITEMS: self.go_to_items,
            Action.DELIVERY: self.go_to_delivery,
            Action.NOTES: self.go_to_notes,
            Action.SCRIPT: self._answering.open,
            Action.READ_BACK: self.read_back,
            Action.HEARD: self._presenter.read_back.open_hearing,
            Action.PUT_RIGHT: self._presenter.read_back.correct,
            Action.CARD: self.paying.take_card,
            Action.SPOKEN_TOO_EARLY: self.paying.mark_spoken,
            Action.REFRESH: self._presenter.payment.tenders.ask_at_once,
            Action.NEXT_PANE: partial(self._step_pane, 1),
            Action.PREVIOUS_PANE: partial(self._step_pane, -1),
            Action.COMMIT: self.commit,
            Action.UNDO: self._presenter.undo,
            Action.REDO: self._presenter.redo,
            Action.DUPLICATE_LINE: self.duplicate_line,
            Action.REMOVE_LINE: self.remove_line,
            Action.REPEAT_ORDER: self._presenter.ask_to_repeat,
            Action.PARK: self._presenter.parking.open,
            Action.BACK: self.go_back,
        }
        self._keys = [shortcuts.bind(self, action, slot) for action, slot in slots.items()]
        rows = self._presenter.read_back.go_to_row
        self._keys += shortcuts.bind_numbers(self, Action.CHECKPOINT, rows)

    def _set_tab_order(self) -> None:
        """Tab goes the way the talk goes: who, where to, what, and then the order itself."""
        chain: list[QWidget] = [*self._cards(), self.items.field, self.items.table, self.side.place]
        self.last_orders.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for before, after in itertools.pairwise(chain):
            QWidget.setTabOrder(before, after)

    @Slot(object)
    def show_state(self, state: CallState) -> None:
        """Show a state; the same state twice changes nothing."""
        self.items.show_sums(state)
        self.side.show_state(state)
        self.channel.show_channel(state)
        self.payment.show_method(state)
        self.marks.show_marks(state)
        self.last_orders.show_question(state.asking_to_repeat)
        self._locks.show_state(state)
        self.setEnabled(state.phase is not Phase.PLACING)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers on a call."""
        state = self._presenter.state
        no_line = "" if self.items.chosen_line() is not None else self.tr("No line is chosen.")
        no_undo = "" if state.can_undo else self.tr("Nothing to take back.")
        listed = [
            Command(shortcuts.label(Action.CUSTOMER), self.go_to_customer, Action.CUSTOMER),
            Command(shortcuts.label(Action.DELIVERY), self.go_to_delivery, Action.DELIVERY),
            Command(shortcuts.label(Action.ITEMS), self.go_to_items, Action.ITEMS),
            Command(shortcuts.label(Action.SCRIPT), self._answering.open, Action.SCRIPT),
            Command(shortcuts.label(Action.NOTES), self.go_to_notes, Action.NOTES),
            Command(self.tr("Bill to another address"), self.go_to_billing),
            Command(self.tr("Change quantity or price of the line"), self.items.edit_chosen),
            Command(
                shortcuts.label(Action.DUPLICATE_LINE),
                self.duplicate_line,
                Action.DUPLICATE_LINE,
                no_line,
            ),
            Command(
                shortcuts.label(Action.REMOVE_LINE), self.remove_line, Action.REMOVE_LINE, no_line
            ),
            Command(
                shortcuts.label(Action.REPEAT_ORDER),
                self._presenter.ask_to_repeat,
                Action.REPEAT_ORDER,
            ),
            Command(shortcuts.label(Action.PARK), self._presenter.parking.open, Action.PARK),
            Command(shortcuts.label(Action.UNDO), self._presenter.undo, Action.UNDO, no_undo),
            Command(
                self.side.place.words(),
                self.place,
                Action.COMMIT,
                state.reason_why_not,
            ),
        ]
        more = *self._guide.commands(), *self.paying.commands(), *marks_commands(self._presenter)
        return (*listed, *more)

    @Slot()
    def begin(self) -> None:
        """A call begins: the keyboard goes to the first thing that is missing."""
        self._answering.close()
        self.paying.close()
        missing = self._presenter.state.missing
        self.go_to_topic(topic_of(missing[0]) if missing else Topic.ITEMS)

    @Slot()
    def go_on(self) -> None:
        """A part is done: to the next useful field, unless the keyboard is elsewhere by now."""
        if not focus.is_in(self._left):
            return
        missing = self._presenter.state.missing
        self.go_to_topic(topic_of(missing[0]) if missing else Topic.ITEMS)

    @Slot()
    def _go_on_from_finder(self) -> None:
        """Enter in an empty finder: to what is still missing, or to Place order."""
        missing = [topic_of(one) for one in self._presenter.state.missing]
        elsewhere = [topic for topic in missing if topic is not Topic.ITEMS]
        if elsewhere:
            self.go_to_topic(elsewhere[0])
        elif not missing:
            self._guide.lead_on(self._presenter.state)

    @Slot(object)
    def go_to_topic(self, topic: Topic) -> None:
        """To the pane of a topic."""
        {
            Topic.CUSTOMER: self.go_to_customer,
            Topic.DELIVERY: self.go_to_delivery,
            Topic.BILLING: self.go_to_billing,
            Topic.ITEMS: self.go_to_items,
            Topic.ARRIVAL: self.go_to_method,
        }[topic]()

    @Slot()
    def go_to_customer(self) -> None:
        """F2."""
        self.bring(self._left)
        self.customer.take_focus()

    @Slot()
    def go_to_items(self) -> None:
        """F3."""
        self.paying.close()
        self.bring(self.items)
        self.items.take_focus()

    @Slot()
    def go_to_delivery(self) -> None:
        """F4."""
        self.bring(self._left)
        self.delivery.open_form()

    @Slot()
    def go_to_billing(self) -> None:
        """To the billing address, which is opened if the caller has one of their own."""
        self.bring(self._left)
        self.billing.bill_elsewhere()

    @Slot()
    def go_to_method(self) -> None:
        """To the way of delivery."""
        self.bring(self._left)
        focus.go_to(self.delivery.method)

    @Slot()
    def go_to_notes(self) -> None:
        """F7."""
        self.bring(self._left)
        self.notes.take_focus()

    @Slot()
    def go_to_side(self) -> None:
        """To what the order needs, and where the read-back stands."""
        self.bring(self.side)
        self.side.take_focus()

    @Slot()
    def read_back(self) -> None:
        """F8: begin the read-back or take it up; what is typed into an open line counts."""
        if self.items.editor.take_all():
            self._presenter.read_back.start()

    @Slot()
    def duplicate_line(self) -> None:
        """Ctrl+D."""
        line_id = self.items.chosen_line()
        if line_id is not None:
            self._presenter.lines.duplicate(line_id)

    @Slot()
    def remove_line(self) -> None:
        """Ctrl+Del."""
        line_id = self.items.chosen_line()
        if line_id is not None:
            self._presenter.lines.remove(line_id)

    @Slot()
    def commit(self) -> None:
        """Ctrl+Enter: the card is authorised, where one is typed; else the order is placed."""
        if not self.paying.commit():
            self.place()

    @Slot()
    def place(self) -> None:
        """Place the order, with what is typed into the line that is open; else to what is open."""
        if not self.items.editor.take_all():
            return
        self._presenter.place()
        state = self._presenter.state
        if self._presenter.amending.question is not None:
            return
        is_held_up = state.phase is Phase.TAKING and not state.can_place
        if is_held_up and not self.paying.lead_on(state):
            self._guide.lead_on(state)

    @Slot(object)
    def _ask_twice(self, question: LikeQuestion | None) -> None:
        """Was it placed before? The keyboard goes there as the answer to a key of the CSR."""
        if question is not None and question.is_prompt:
            self.bring(self.side)
        self.side.show_like(question)

    @Slot(object)
    def _ask_about_change(self, question: ChangeQuestion | None) -> None:
        if question is not None:
            self.bring(self.side)
        self.side.show_change(question)

    @Slot()
    def go_back(self) -> None:
        """Esc: closes what is open, innermost first; nothing typed is lost."""
        presenter = self._presenter
        if presenter.amending.question is not None:
            presenter.amending.leave()
            self.side.take_focus()
            return
        if presenter.placing.question is not None:
            presenter.placing.leave()
            self.side.take_focus()
            return
        if self._answering.go_back() or self.paying.go_back() or self._guide.go_back():
            return
        if presenter.state.asking_to_repeat is not None:
            presenter.do_not_repeat()
        elif presenter.lines.state.question is not None:
            presenter.lines.leave_question()
        elif presenter.lines.state.editing is not None:
            presenter.lines.stop_editing()
        elif presenter.finder.state.text:
            presenter.finder.clear()
        elif self.notes.is_open() and focus.is_in(self.notes):
            self.notes.close_form()
            self.go_to_items()
        else:
            self._close_forms()
            self.go_to_items()

    def _close_forms(self) -> None:
        for address in (self._presenter.delivery_address, self._presenter.billing_address):
            if address.state.editing:
                address.close()

    def _middle(self) -> QWidget:
        """The order lines, or the payment in their place."""
        return self.paying.column if self.paying.is_open else self.items

    @Slot()
    def _go_to_middle(self) -> None:
        if self.paying.is_open:
            self.bring(self.paying.column)
            self.paying.take_focus()
        else:
            self.go_to_items()

    @Slot()
    def _turn_middle(self) -> None:
        """The payment takes the place of the order lines, or gives it back."""
        if self._in_view in {self.items, self.paying.column}:
            self._in_view = self._middle()
        self._fit()

    def _step_pane(self, step: int) -> None:
        """F6: from pane to pane in the order of the talk."""
        panes: list[tuple[QWidget, Callable[[], None]]] = [
            (self.customer, self.go_to_customer),
            (self._middle(), self._go_to_middle),
            (self.delivery, self.go_to_delivery),
            (self.notes, self.go_to_notes),
            (self.side, self.go_to_side),
        ]
        here = next((at for at, (pane, _) in enumerate(panes) if focus.is_in(pane)), -1)
        panes[(here + step) % len(panes)][1]()

    def bring(self, column: QWidget) -> None:
        """Show the column where not all have room."""
        if column is self.side:
            self.side.show_read_back()
        if column is not self._in_view:
            self._in_view = column
            self._fit()

    def bring_to(self, part: QWidget) -> None:
        """Show the column in which a part of the screen stands."""
        for column in (self._left, self._middle(), self.side):
            if column.isAncestorOf(part):
                self.bring(column)

    @Slot(QWidget, QWidget)
    def _watch_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        """The field that has the keyboard is always in view, once its card has grown."""
        if new is not None and self._left.isAncestorOf(new):
            QTimer.singleShot(0, self, self._scroll_to_focus)

    @Slot()
    def _scroll_to_focus(self) -> None:
        here = QApplication.focusWidget()
        column = self._left.widget()
        if here is None or column is None or not column.isAncestorOf(here):
            return
        layout = column.layout()
        if layout is not None:
            layout.activate()
        self._left.ensureWidgetVisible(here, 0, BELOW_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Columns that have room are shown; the others come with their key."""
        self._width = Width.of(self.width())
        middle = self._middle()
        theme.set_shown(self.items if self.paying.is_open else self.paying.column, False)
        columns: tuple[QWidget, ...] = (self._left, middle, self.side)
        side_open = self._in_view is self.side
        match self._width:
            case Width.WIDEST | Width.WIDE:
                shown = set(columns)
            case Width.MEDIUM:
                shown = set(columns) - ({self._left} if side_open else set())
            case _:
                shown = {self._in_view}
        is_rail = self._width is Width.MEDIUM and not side_open
        self.side.set_rail(is_rail)
        for column in columns:
            theme.set_shown(column, column in shown)
        for column, widths in ((self._left, LEFT_PX), (self.side, SIDE_PX)):
            fixed = RAIL_PX if is_rail and column is self.side else widths.get(self._width)
            column.setMinimumWidth(fixed or 0)
            column.setMaximumWidth(fixed or ANY_PX)
        self.paying.show_say()
