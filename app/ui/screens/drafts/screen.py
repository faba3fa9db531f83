"""The list of orders to go on with, and of numbers the caller has not heard. Passive."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.command_palette import Command
from app.ui.icons import Icon
from app.ui.screens.drafts import rows
from app.ui.screens.drafts.presenter import DraftsPresenter, DraftsState
from app.ui.screens.drafts.rows import LOOKS, READ_ONLY, DraftRow, Stand
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import ChoiceField, LabelledField
from app.ui.widgets.rows_view import ROW_PX, RowsView
from app.ui.widgets.text import label, wrapped
from app.values.identity import OrderId, PersonId
from app.wire.orders import PlacedOrder

Row = TypeVar("Row")
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


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
        self._summary = wrapped("", theme.Text.STRONG, parent=self._card)
        self.drafts = _Table(self.tr("Drafts"), self._drafts, self._card)
        self._empty = label(self.tr("There are none."), tone=theme.Tone.MUTED, parent=self._card)
        self._note = wrapped("", parent=self._card)
        self._question = wrapped("", theme.Text.STRONG, parent=self._card)
        self.reason = LabelledField(self.tr("Why is it given up?"), parent=self._card)
        self.reason.setObjectName("void-reason")
        self.reasons = tuple(self._quick(words) for words in self._usual_reasons())
        self.colleague: ChoiceField[PersonId] = ChoiceField(
            self.tr("Who is to have it?"), parent=self._card
        )
        self.give_button = PrimaryButton(self.tr("Hand over"), parent=self._card)
        self.open_button = PrimaryButton(self.tr("Go on with it"), parent=self)
        self.void_button = StepButton(self.tr("Give it up"), Action.REMOVE_LINE, self)
        self.hand_button = StepButton(self.tr("Hand over"), Action.HAND_OVER, self)
        self.back_button = StepButton(self.tr("Take it back"), Action.TAKE_BACK, self)
        self.new_button = StepButton(self.tr("New order"), Action.NEW_ORDER, self)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _usual_reasons(self) -> tuple[str, ...]:
        return (
            self.tr("Changed their mind"),
            self.tr("Could not be reached"),
            self.tr("Ordered elsewhere"),
            self.tr("Begun by mistake"),
        )

    def _quick(self, words: str) -> StepButton:
        button = StepButton(words, parent=self._card)
        button.clicked.connect(partial(self._presenter.void, words))
        return button

    def _lay_out(self) -> None:
        self._unheard_card.body.addWidget(self.unheard)
        self._quick_row = QWidget(self._card)
        quick = QHBoxLayout(self._quick_row)
        quick.setContentsMargins(0, 0, 0, 0)
        for button in self.reasons:
            quick.addWidget(button)
        quick.addStretch(1)
        self._give_row = QWidget(self._card)
        give = QHBoxLayout(self._give_row)
        give.setContentsMargins(0, 0, 0, 0)
        give.addWidget(self.colleague, 1)
        give.addWidget(self.give_button, 0, Qt.AlignmentFlag.AlignBottom)
        for part in (
            self._summary,
            self._empty,
            self._question,
            self.reason,
            self._quick_row,
            self._give_row,
        ):
            self._card.body.addWidget(part)
        self._card.body.addWidget(self.drafts, 1)
        self._card.body.addWidget(self._note)
        buttons = QHBoxLayout()
        for button in (self.new_button, self.void_button, self.hand_button, self.back_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self._unheard_card)
        layout.addWidget(self._card, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.unheard.entered_row.connect(self._give_number)
        self.drafts.entered_row.connect(self._open)
        self.drafts.doubleClicked.connect(self._open)
        self.drafts.selectionModel().currentRowChanged.connect(self._follow_cursor)
        self.unheard.doubleClicked.connect(self._give_number)
        self.open_button.clicked.connect(self._open)
        self.void_button.clicked.connect(self._ask_to_void)
        self.hand_button.clicked.connect(self._ask_to_give)
        self.back_button.clicked.connect(self._take_back)
        self.new_button.clicked.connect(self.new_call_asked)
        self.reason.entered.connect(self._void)
        self.give_button.clicked.connect(self._give)
        self.colleague.edit.installEventFilter(self)
        self._presenter.state_changed.connect(self.show_state)
        shortcuts.bind(self, Action.REMOVE_LINE, self._ask_to_void)
        shortcuts.bind(self.drafts, Action.HAND_OVER, self._ask_to_give)
        shortcuts.bind(self.drafts, Action.TAKE_BACK, self._take_back)
        shortcuts.bind(self, Action.REFRESH, self._presenter.refresh)
        shortcuts.bind(self, Action.BACK, self._go_back)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        row = self.drafts.chosen_row()
        none, own, away = _reasons_why_not(row)
        return (
            Command(self.tr("Go on with it"), self._open, None, none),
            Command(shortcuts.label(Action.HAND_OVER), self._ask_to_give, Action.HAND_OVER, own),
            Command(shortcuts.label(Action.TAKE_BACK), self._take_back, Action.TAKE_BACK, away),
            Command(self.tr("Give it up"), self._ask_to_void, Action.REMOVE_LINE, own),
        )

    @Slot()
    def begin(self) -> None:
        """The list is opened: read it anew, keyboard on the first row, the most urgent."""
        self._is_opening = True
        self._presenter.refresh()
        if self._presenter.state.asking_to_give is None:
            first = self.unheard if self._presenter.state.number_not_given else self.drafts
            first.setFocus()

    @Slot(object)
    def show_state(self, state: DraftsState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._unheard.set_rows(state.number_not_given)
        self._drafts.set_rows(state.rows)
        theme.set_shown(self._unheard_card, bool(state.number_not_given))
        self.unheard.setFixedHeight(ROW_PX * (min(4, len(state.number_not_given)) + 1) + 8)
        theme.set_shown(self._empty, state.loaded and not state.rows)
        theme.set_shown(self.drafts, bool(state.rows))
        self._summary.setText(rows.summary(state.rows))
        theme.set_shown(self._summary, bool(state.rows))
        for table in (self.unheard, self.drafts):
            if self._is_opening or not table.currentIndex().isValid():
                table.choose(0)
        self._is_opening = False
        self._follow_cursor()
        self._show_void(state)
        self._show_giving(state)

    @Slot()
    def _follow_cursor(self) -> None:
        """What can be done with the row under the cursor, and what to know of it."""
        row = self.drafts.chosen_row()
        none, own, away = _reasons_why_not(row)
        self.open_button.allow(none)
        self.void_button.allow(own)
        self.hand_button.allow(own)
        self.back_button.allow(away)
        theme.set_shown(self.back_button, not away)
        is_offered = row is not None and row.offered is not None
        words = self.tr("Take it over") if is_offered else self.tr("Go on with it")
        self.open_button.set_words(words)
        note = row.call_back.note if row is not None else ""
        self._note.setText(self.tr("To know: {note}").format(note=note) if note else "")
        theme.set_shown(self._note, bool(note))

    def _show_void(self, state: DraftsState) -> None:
        draft = state.asking_to_void
        newly = draft is not None and self.reason.isHidden()
        theme.set_shown(self._question, draft is not None or state.asking_to_give is not None)
        for part in (self.reason, self._quick_row):
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

    def _show_giving(self, state: DraftsState) -> None:
        row = state.asking_to_give
        newly = row is not None and self._give_row.isHidden()
        theme.set_shown(self._give_row, row is not None)
        if row is None:
            return
        who = row.customer_name or self.tr("nobody yet")
        words = self.tr("Hand over the order for {who}, {total}? Esc keeps it.")
        self._question.setText(words.format(who=who, total=formatting.money(row.total)))
        people = [(one.person_id, one.name) for one in state.colleagues]
        if self.colleague.edit.count() != len(people) or newly:
            self.colleague.set_options(people)
        if state.sentence:
            self.colleague.show_error(state.sentence)
        else:
            self.colleague.clear_message()
        waits = self.tr("One moment.") if state.busy else ""
        self.give_button.allow(waits or ("" if people else self.tr("Nobody can be chosen.")))
        if newly:
            self.colleague.edit.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter on the name hands the order over."""
        is_press = event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent)
        if is_press and watched is self.colleague.edit:
            key: QKeyEvent = event  # type: ignore[assignment] # isinstance above, in a variable
            if key.key() in _ENTER:
                self._give()
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _open(self) -> None:
        row = self.drafts.chosen_row()
        if row is not None:
            self._presenter.open(row.order_id)

    @Slot()
    def _give_number(self) -> None:
        row = self.unheard.chosen_row()
        if row is not None:
            self._presenter.give_number(row.document.order_id)

    @Slot()
    def _ask_to_void(self) -> None:
        row = self.drafts.chosen_row()
        if row is not None:
            self._presenter.ask_to_void(row.order_id)

    @Slot()
    def _ask_to_give(self) -> None:
        row = self.drafts.chosen_row()
        if row is not None and not _reasons_why_not(row)[1]:
            self._presenter.ask_to_give(row.order_id)

    @Slot()
    def _give(self) -> None:
        person = self.colleague.value()
        if person is not None:
            self._presenter.give(person)
            self.drafts.setFocus()

    @Slot()
    def _take_back(self) -> None:
        row = self.drafts.chosen_row()
        if row is not None:
            self._presenter.take_back(row.order_id)

    @Slot()
    def _void(self) -> None:
        self._presenter.void(self.reason.text())

    @Slot()
    def _go_back(self) -> None:
        state = self._presenter.state
        if state.asking_to_void is not None or state.asking_to_give is not None:
            self._presenter.keep()
            self.drafts.setFocus()
        else:
            self.left.emit()

    def note(self) -> str:
        """What is to be known of the row under the cursor."""
        return self._note.text()

    def summary(self) -> str:
        """What is said of the whole list."""
        return self._summary.text()


class _Table(RowsView[Row]):
    """A table whose Enter goes on with the row under the cursor."""

    entered_row = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            self.entered_row.emit()
        else:
            super().keyPressEvent(event)


def _reasons_why_not(row: DraftRow | None) -> tuple[str, str, str]:
    """Why the row cannot be gone on with, be given up or away, and be taken back."""
    if row is None:
        none = _tr("There is no order to go on with.")
        return none, none, none
    is_read_only = row.stand in READ_ONLY
    not_here = row.words if is_read_only else ""
    own = _tr("It is not yours yet.") if row.offered is not None else not_here
    away = "" if row.stand is Stand.AWAY else _tr("It is with nobody else.")
    return not_here, own, away


def _draft_columns() -> tuple[Column[DraftRow], ...]:
    return (
        Column(title=_tr("State"), text=_state, chars=34, tone=_tone, icon=_icon, bold=_urgent),
        Column(title=_tr("Customer"), text=_customer, bold=always),
        Column(title=_tr("Number"), text=_phone, chars=20, gives_way=2),
        Column(title=_tr("Lines"), text=_lines, chars=8, align=Align.END, gives_way=3),
        Column(title=_tr("Total"), text=_total, chars=14, align=Align.END),
        Column(
            title=_tr("Last change"),
            text=_saved,
            chars=24,
            align=Align.END,
            tone=_muted,
            gives_way=1,
        ),
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


def _draft_key(row: DraftRow) -> OrderId:
    return row.order_id


def _state(row: DraftRow) -> str:
    return row.words


def _icon(row: DraftRow) -> Icon:
    return LOOKS[row.stand].icon


def _tone(row: DraftRow) -> theme.Tone:
    return LOOKS[row.stand].tone


def _urgent(row: DraftRow) -> bool:
    return row.stand in {Stand.OVERDUE, Stand.FOR_ME}


def _customer(row: DraftRow) -> str:
    return row.customer_name or _tr("Nobody yet")


def _phone(row: DraftRow) -> str:
    return row.call_back.phone


def _lines(row: DraftRow) -> str:
    return formatting.quantity(row.line_count)


def _total(row: DraftRow) -> str:
    return formatting.money(row.total)


def _saved(row: DraftRow) -> str:
    return formatting.short_date_time(row.saved_at)


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
