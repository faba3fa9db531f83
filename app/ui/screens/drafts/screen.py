"""The list of orders that were begun, and of numbers the caller has not heard. Passive."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.screens.drafts.presenter import DraftsPresenter, DraftsState
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.rows_view import ROW_PX, RowsView
from app.ui.widgets.text import label, wrapped
from app.values.identity import OrderId
from app.wire.orders import DraftSummary, PlacedOrder

Row = TypeVar("Row")


class DraftsScreen(QWidget):
    """Two tables; Enter goes on with what is under the cursor."""

    new_call_asked = Signal()
    left = Signal()

    def __init__(self, presenter: DraftsPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._is_opening = False
        self._unheard = RowsModel(_placed_columns(), key=_placed_key, parent=self)
        self._drafts = RowsModel(_draft_columns(), key=_draft_key, parent=self)
        self._unheard_card = Card("", parent=self)
        self._unheard_card.set_title(self.tr("Placed, number not given yet"))
        self.unheard = _Table(self.tr("Numbers to give"), self._unheard, self._unheard_card)
        self._card = Card("", parent=self)
        self._card.set_title(self.tr("Orders to go on with"))
        self.drafts = _Table(self.tr("Drafts"), self._drafts, self._card)
        self._empty = label(self.tr("There are none."), tone=theme.Tone.MUTED, parent=self._card)
        self._question = wrapped("", theme.Text.STRONG, parent=self._card)
        self.reason = LabelledField(self.tr("Why is it given up?"), parent=self._card)
        self.reason.setObjectName("void-reason")
        self.open_button = PrimaryButton(self.tr("Go on with it"), parent=self)
        self.void_button = StepButton(self.tr("Give it up"), Action.REMOVE_LINE, self)
        self.new_button = StepButton(self.tr("New order"), Action.NEW_ORDER, self)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self._unheard_card.body.addWidget(self.unheard)
        for part in (self._empty, self._question, self.reason):
            self._card.body.addWidget(part)
        self._card.body.addWidget(self.drafts, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.new_button)
        buttons.addWidget(self.void_button)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self._unheard_card)
        layout.addWidget(self._card, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.unheard.entered_row.connect(self._give)
        self.drafts.entered_row.connect(self._open)
        self.drafts.doubleClicked.connect(self._open)
        self.unheard.doubleClicked.connect(self._give)
        self.open_button.clicked.connect(self._open)
        self.void_button.clicked.connect(self._ask_to_void)
        self.new_button.clicked.connect(self.new_call_asked)
        self.reason.entered.connect(self._void)
        self._presenter.state_changed.connect(self.show_state)
        shortcuts.bind(self, Action.NEW_ORDER, self.new_call_asked.emit)
        shortcuts.bind(self, Action.REMOVE_LINE, self._ask_to_void)
        shortcuts.bind(self, Action.REFRESH, self._presenter.refresh)
        shortcuts.bind(self, Action.BACK, self._go_back)

    @Slot()
    def begin(self) -> None:
        """The list is opened: read it anew, keyboard on the first row, which is the latest."""
        self._is_opening = True
        self._presenter.refresh()
        (self.unheard if self._presenter.state.number_not_given else self.drafts).setFocus()

    @Slot(object)
    def show_state(self, state: DraftsState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._unheard.set_rows(state.number_not_given)
        self._drafts.set_rows(state.drafts)
        theme.set_shown(self._unheard_card, bool(state.number_not_given))
        self.unheard.setFixedHeight(ROW_PX * (min(4, len(state.number_not_given)) + 1) + 8)
        theme.set_shown(self._empty, state.loaded and not state.drafts)
        theme.set_shown(self.drafts, bool(state.drafts))
        for table in (self.unheard, self.drafts):
            if self._is_opening or not table.currentIndex().isValid():
                table.choose(0)
        self._is_opening = False
        none = self.tr("There is no order to go on with.") if not state.drafts else ""
        self.open_button.allow(none)
        self.void_button.allow(none)
        self._show_question(state)

    def _show_question(self, state: DraftsState) -> None:
        draft = state.asking_to_void
        newly = draft is not None and self.reason.isHidden()
        for part in (self._question, self.reason):
            theme.set_shown(part, draft is not None)
        if draft is None:
            return
        who = draft.customer_name or self.tr("nobody yet")
        words = self.tr("Give up the order for {who}, {total}? Esc keeps it.")
        self._question.setText(words.format(who=who, total=formatting.money(draft.total)))
        if state.sentence:
            self.reason.show_error(state.sentence)
        else:
            self.reason.clear_message()
        if newly:
            self.reason.set_text("")
            self.reason.setFocus()

    @Slot()
    def _open(self) -> None:
        row = self.drafts.chosen_row()
        if row is not None:
            self._presenter.open(row.order_id)

    @Slot()
    def _give(self) -> None:
        row = self.unheard.chosen_row()
        if row is not None:
            self._presenter.give_number(row.document.order_id)

    @Slot()
    def _ask_to_void(self) -> None:
        row = self.drafts.chosen_row()
        if row is not None:
            self._presenter.ask_to_void(row.order_id)

    @Slot()
    def _void(self) -> None:
        self._presenter.void(self.reason.text())

    @Slot()
    def _go_back(self) -> None:
        if self._presenter.state.asking_to_void is not None:
            self._presenter.keep()
            self.drafts.setFocus()
        else:
            self.left.emit()


class _Table(RowsView[Row]):
    """A table whose Enter goes on with the row under the cursor."""

    entered_row = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered_row.emit()
        else:
            super().keyPressEvent(event)


def _draft_columns() -> tuple[Column[DraftSummary], ...]:
    return (
        Column(title=_tr("Customer"), text=_customer, bold=always),
        Column(title=_tr("Lines"), text=_lines, chars=8, align=Align.END),
        Column(title=_tr("Total"), text=_total, chars=14, align=Align.END),
        Column(title=_tr("Last change"), text=_saved, chars=24, align=Align.END, tone=_muted),
    )


def _placed_columns() -> tuple[Column[PlacedOrder], ...]:
    return (
        Column(title=_tr("Number"), text=_number, chars=16, bold=always),
        Column(title=_tr("Customer"), text=_placed_customer),
        Column(title=_tr("Total"), text=_placed_total, chars=14, align=Align.END),
        Column(title=_tr("Placed"), text=_placed_at, chars=24, align=Align.END, tone=_muted),
    )


def _tr(words: str) -> str:
    return QCoreApplication.translate("DraftsScreen", words)


def _draft_key(draft: DraftSummary) -> OrderId:
    return draft.order_id


def _customer(draft: DraftSummary) -> str:
    return draft.customer_name or _tr("Nobody yet")


def _lines(draft: DraftSummary) -> str:
    return formatting.quantity(draft.line_count)


def _total(draft: DraftSummary) -> str:
    return formatting.money(draft.total)


def _saved(draft: DraftSummary) -> str:
    return formatting.short_date_time(draft.saved_at)


def _placed_key(placed: PlacedOrder) -> OrderId:
    return placed.document.order_id


def _number(placed: PlacedOrder) -> str:
    return formatting.order_number(placed.number)


def _placed_customer(placed: PlacedOrder) -> str:
    return placed.document.customer.name if placed.document.customer else ""


def _placed_total(placed: PlacedOrder) -> str:
    return formatting.money(placed.totals.total)


def _placed_at(placed: PlacedOrder) -> str:
    return formatting.short_date_time(placed.placed_at)


def _muted(_row: object) -> theme.Tone:
    return theme.Tone.MUTED
