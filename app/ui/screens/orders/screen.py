"""The Orders screen: one field for whatever the caller knows, the orders it finds below. Passive.

Enter opens the order under the cursor; going on below the last row looks further back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.command_palette import Command
from app.ui.icons import Icon
from app.ui.screens.orders import words
from app.ui.screens.orders.presenter import OrdersPresenter, OrdersState
from app.ui.screens.orders.slip_box import SlipBox
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.text import wrapped
from app.values.identity import OrderId
from app.wire.order_search import FoundOrder, OtherReading

_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_INTO_LIST = {Qt.Key.Key_Down, Qt.Key.Key_PageDown}
_ONWARDS = {Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_End}


class OrdersScreen(QWidget):
    """`left` goes back to where the CSR came from."""

    left = Signal()

    def __init__(self, presenter: OrdersPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = presenter
        self._card = Card("", Action.FIND_ORDER, parent=self)
        self._card.set_title(self.tr("Find an order"))
        self.field = LabelledField(self.tr("Find an order"), placeholder=_hint(), parent=self._card)
        self.field.setObjectName("find-order")
        self.field.hide_label()
        self.field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._summary = wrapped("", theme.Text.STRONG, parent=self._card)
        self._others = QHBoxLayout()
        self.other_buttons: tuple[StepButton, ...] = ()
        self._shown_others: tuple[OtherReading, ...] = ()
        self._warning = wrapped("", tone=theme.Tone.WARN, parent=self._card)
        self.slip = SlipBox(self._card)
        self._rows = RowsModel(_columns(presenter.now), key=_key, parent=self)
        self.table = OrdersTable(self.tr("Orders"), self._rows, self._card)
        self._below = wrapped("", tone=theme.Tone.MUTED, parent=self._card)
        self._filling = QWidget(self._card)
        self._sought = ""
        self.back_button = StepButton(self.tr("Back"), Action.BACK, self)
        self.more_button = StepButton(self.tr("Further back  Page Down"), parent=self)
        self.open_button = PrimaryButton(self.tr("Open the order  Enter"), parent=self)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        told = QHBoxLayout()
        told.addWidget(self._summary, 1)
        told.addStretch(0)
        told.addLayout(self._others)
        body = self._card.body
        body.addWidget(self.field)
        body.addLayout(told)
        for part in (self._warning, self.slip):
            body.addWidget(part)
        body.addWidget(self.table, 1)
        body.addWidget(self._below)
        body.addWidget(self._filling, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.more_button)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self._card, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.state_changed.connect(self.show_state)
        self.field.edited.connect(presenter.search)
        self.field.entered.connect(self._enter)
        self.field.edit.installEventFilter(self)
        self.slip.taken.connect(self._take_offer)
        self.slip.left_at_top.connect(self.field.setFocus)
        self.table.entered_row.connect(self.open_chosen)
        self.table.doubleClicked.connect(self.open_chosen)
        self.table.further.connect(presenter.more)
        self.table.left_at_top.connect(self.field.setFocus)
        self.open_button.clicked.connect(self.open_chosen)
        self.more_button.clicked.connect(presenter.more)
        self.back_button.clicked.connect(self.left)
        shortcuts.bind(self, Action.OTHER_MEANING, self.take_otherwise)
        shortcuts.bind(self, Action.REFRESH, presenter.refresh)
        shortcuts.bind(self, Action.BACK, self.left.emit)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        state = self.presenter.state
        none = "" if state.orders else self.tr("There is no order in the list.")
        only = "" if self.other_buttons else self.tr("It is taken for all that it may mean.")
        return (
            Command(self.tr("Open the order"), self.open_chosen, None, none),
            Command(
                shortcuts.label(Action.OTHER_MEANING),
                self.take_otherwise,
                Action.OTHER_MEANING,
                only,
            ),
            Command(self.tr("Look further back"), self.presenter.more, None, self._why_no_more()),
            Command(shortcuts.label(Action.BACK), self.left.emit, Action.BACK),
        )

    @Slot()
    def begin(self) -> None:
        """The screen is opened: what was sought last stands there, to be typed over."""
        self.presenter.refresh()
        self.field.setFocus()
        self.field.edit.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the field the arrow leads into the list, and Page Down further back."""
        is_press = event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent)
        if not (is_press and watched is self.field.edit):
            return super().eventFilter(watched, event)
        key: QKeyEvent = event  # type: ignore[assignment] # isinstance above, in a variable
        if key.key() not in _INTO_LIST:
            return super().eventFilter(watched, event)
        if key.key() == Qt.Key.Key_Down and self.slip.take_focus():
            return True
        if self._rows.rowCount():
            self.table.setFocus()
        elif key.key() == Qt.Key.Key_PageDown:
            self.presenter.more()
        return True

    @Slot(object)
    def show_state(self, state: OrdersState) -> None:
        """Show a state; the same state twice changes nothing."""
        if state.text.strip() != self.field.text().strip():
            self.field.set_text(state.text)
        found = state.found
        self._rows.set_rows(state.orders)
        sought = found.text if found is not None else ""
        if sought != self._sought or not self.table.currentIndex().isValid():
            self.table.choose(0)
        self._sought = sought
        self._offer_others(found.others if found is not None else ())
        self._tell(state)
        theme.set_shown(self.table, bool(state.orders))
        theme.set_shown(self._filling, not state.orders)
        self.open_button.allow("" if state.orders else self.tr("There is no order in the list."))
        why_no_more = self._why_no_more()
        self.more_button.allow(why_no_more)
        theme.set_shown(self.more_button, not why_no_more)
        layout = self._card.layout()
        if layout is not None and self.isVisible():
            layout.activate()  # what was found is never painted in the room of what was before

    def _tell(self, state: OrdersState) -> None:
        """What was found, what of a number is wrong, and what was not looked at."""
        found = state.found
        is_slip = found is not None and found.number_slip
        if found is not None and is_slip and (found.offers or not found.orders):
            self.slip.show_slip(found.text, found.offers, self.presenter.now())
        else:
            is_slip = False
            theme.set_shown(self.slip, False)
        warning = state.problem or (found.sentence if found is not None else "")
        for part, text in (
            (self._summary, words.found(found) if found is not None else ""),
            (self._warning, warning),
            (self._below, self._words_below(state, is_slip=is_slip)),
        ):
            part.setText(text)
            theme.set_shown(part, bool(text))

    def _words_below(self, state: OrdersState, *, is_slip: bool) -> str:
        found = state.found
        if state.asking:
            return self.tr("One moment.")
        if found is None:
            return "" if state.problem else _hint_below()
        if found.searched_to is not None:
            return words.searched_to(found.searched_to, self.presenter.now())
        return "" if found.orders or is_slip else words.nothing(found.meaning)

    def _offer_others(self, others: tuple[OtherReading, ...]) -> None:
        if others == self._shown_others:
            return
        self._shown_others = others
        for button in self.other_buttons:
            self._others.removeWidget(button)
            button.hide()
            button.deleteLater()
        made = []
        for at, other in enumerate(others):
            action = Action.OTHER_MEANING if at == 0 else None
            taken = self.tr("As: {meaning}").format(meaning=words.meaning(other.meaning))
            button = StepButton(taken, action, self._card)
            button.clicked.connect(partial(self.presenter.read_as, other.reading))
            self._others.addWidget(button)
            made.append(button)
        self.other_buttons = tuple(made)

    def _why_no_more(self) -> str:
        found = self.presenter.state.found
        has_more = found is not None and found.more is not None
        return "" if has_more else self.tr("There are no more.")

    def told(self) -> tuple[str, str, str]:
        """What stands above the list, as a warning, and below it."""
        return self._summary.text(), self._warning.text(), self._below.text()

    @Slot()
    def open_chosen(self) -> None:
        """Open the order under the cursor."""
        row = self.table.chosen_row()
        if row is not None:
            self.presenter.open(row)

    @Slot()
    def take_otherwise(self) -> None:
        """Take the text for the next thing that it may mean."""
        if self.other_buttons:
            self.other_buttons[0].click()

    @Slot()
    def _enter(self) -> None:
        if not self.presenter.enter() and self._rows.rowCount():
            self.table.setFocus()

    @Slot(object)
    def _take_offer(self, number: str) -> None:
        self.field.setFocus()
        self.field.set_text(number)
        self.presenter.search(number)


class OrdersTable(RowsView[FoundOrder]):
    """Enter opens; going on below the last row wants further ones, above the first the field."""

    entered_row = Signal()
    further = Signal()
    left_at_top = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at, last = Qt.Key(event.key()), self.currentIndex().row(), self.rows().rowCount() - 1
        if key in _ENTER:
            self.entered_row.emit()
        elif key == Qt.Key.Key_Up and at <= 0:
            self.left_at_top.emit()
        elif key == Qt.Key.Key_Home:
            self.choose(0)
        elif key == Qt.Key.Key_End:
            self.choose(last)
        else:
            super().keyPressEvent(event)
        if key in _ONWARDS and self.currentIndex().row() == last:
            self.further.emit()


def _hint() -> str:
    return words.tr("Number, telephone, name, postcode, e-mail, product, total or day")


def _hint_below() -> str:
    return words.tr(
        "Several may stand together: smith mug, 0412 yesterday, LS6 3AA 49.95, thompson 21/11."
        " To be exact: name:rose, item:tea, order:417 302 9823."
    )


def _columns(now: Callable[[], datetime]) -> tuple[Column[FoundOrder], ...]:
    tr = words.tr
    return (
        Column(title=tr("Number"), text=_number, chars=14, bold=always, hint=_told_number),
        Column(title=tr("Placed"), text=partial(_when, now), chars=18),
        Column(title=tr("Customer"), text=_customer),
        Column(title=tr("Postcode"), text=_postcode, chars=11, gives_way=2),
        Column(title=tr("State"), text=_state, chars=22, tone=_state_tone, icon=_state_icon),
        Column(
            title=tr("Delivery"),
            text=_way,
            chars=24,
            tone=_way_tone,
            icon=_way_icon,
            gives_way=1,
        ),
        Column(title=tr("Found by"), text=_as, chars=16, tone=_muted, gives_way=3),
        Column(title=tr("Lines"), text=_lines, chars=6, align=Align.END, gives_way=4),
        Column(title=tr("Total"), text=_total, chars=12, align=Align.END),
    )


def _key(order: FoundOrder) -> OrderId:
    return order.order_id


def _number(order: FoundOrder) -> str:
    return formatting.order_number(order.number)


def _told_number(order: FoundOrder) -> str:
    if order.told_number is None:
        return ""
    told = words.tr("Its caller was first told the number {number}.")
    return told.format(number=formatting.order_number(order.told_number))


def _when(now: Callable[[], datetime], order: FoundOrder) -> str:
    return words.when(order.placed_at, now())


def _customer(order: FoundOrder) -> str:
    return order.customer_name


def _postcode(order: FoundOrder) -> str:
    return order.postcode


def _lines(order: FoundOrder) -> str:
    return formatting.quantity(order.line_count)


def _total(order: FoundOrder) -> str:
    return formatting.money(order.total)


def _state(order: FoundOrder) -> str:
    return words.how_it_stands(order).words


def _state_tone(order: FoundOrder) -> theme.Tone:
    return words.TONES[words.how_it_stands(order).kind]


def _state_icon(order: FoundOrder) -> Icon:
    return words.how_it_stands(order).icon


def _way(order: FoundOrder) -> str:
    look = words.how_far(order)
    return look.words if look is not None else formatting.NOTHING


def _way_tone(order: FoundOrder) -> theme.Tone:
    look = words.how_far(order)
    return words.TONES[look.kind] if look is not None else theme.Tone.MUTED


def _way_icon(order: FoundOrder) -> Icon | None:
    look = words.how_far(order)
    return look.icon if look is not None else None


def _as(order: FoundOrder) -> str:
    return words.meaning(order.meaning)


def _muted(_order: FoundOrder) -> theme.Tone:
    return theme.Tone.MUTED
