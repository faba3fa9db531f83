"""The outbox: every command that has not settled, its story below the list. Passive.

Nothing on it takes a command out.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.command_palette import Command
from app.ui.icons import Icon
from app.ui.screens.outbox import words
from app.ui.screens.outbox.presenter import OutboxPresenter, OutboxRow, OutboxState
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton, StepButton, ToggleChip
from app.ui.widgets.card import Card
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.text import label, wrapped
from app.values.identity import CommandId

LOW_PX = 420


class OutboxScreen(QWidget):
    """A table and the story of the row under the cursor; Enter opens its order."""

    left = Signal()

    def __init__(self, presenter: OutboxPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._is_filling = False
        self._card = Card("", parent=self)
        self._card.set_title(self.tr("Outbox"))
        self._summary = wrapped("", theme.Text.STRONG, parent=self._card)
        self.settled = ToggleChip(self.tr("Settled today, too  (T)"), parent=self._card)
        self._rows = RowsModel(_columns(), key=_key, parent=self)
        self.table = _Table(self.tr("Outbox"), self._rows, self._card)
        self._empty = label("", tone=theme.Tone.MUTED, parent=self._card)
        self._story = Card("", parent=self)
        self._why = wrapped("", theme.Text.STRONG, parent=self._story)
        self._to_do = wrapped("", parent=self._story)
        self._to_say = wrapped("", theme.Text.SAY, parent=self._story)
        self.open_button = PrimaryButton(self.tr("Open the order  Enter"), parent=self)
        self.send_button = StepButton(self.tr("Send now"), Action.SEND_NOW, self)
        self.print_button = StepButton(self.tr("Print"), Action.PRINT, self)
        self.copy_button = StepButton(self.tr("Copy details"), Action.COPY_DETAILS, self)
        self.more_button = StepButton(self.tr("More"), parent=self)
        self.back_button = StepButton(self.tr("Back"), Action.BACK, self)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._summary, 1)
        head.addWidget(self.settled, 0, Qt.AlignmentFlag.AlignTop)
        self._card.body.addLayout(head)
        self._card.body.addWidget(self._empty)
        self._card.body.addWidget(self.table, 1)
        for part in (self._why, self._to_do, self._to_say):
            self._story.body.addWidget(part)
        buttons = QHBoxLayout()
        for button in (self.back_button, self.send_button, self.print_button, self.copy_button):
            buttons.addWidget(button)
        buttons.addWidget(self.more_button)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self._card, 1)
        layout.addWidget(self._story)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        self.table.entered_row.connect(presenter.open)
        self.table.doubleClicked.connect(presenter.open)
        self.table.moved.connect(self._choose)
        self.settled.clicked.connect(self._filter)
        self.open_button.clicked.connect(presenter.open)
        self.send_button.clicked.connect(presenter.send_now)
        self.print_button.clicked.connect(presenter.print_paper)
        self.copy_button.clicked.connect(self.copy_details)
        self.more_button.clicked.connect(presenter.more)
        self.back_button.clicked.connect(self.left)
        shortcuts.bind(self.table, Action.SEND_NOW, presenter.send_now)
        shortcuts.bind(self.table, Action.COPY_DETAILS, self.copy_details)
        shortcuts.bind(self.table, Action.SHOW_SETTLED, self.settled.click)
        shortcuts.bind(self, Action.PRINT, presenter.print_paper)
        shortcuts.bind(self, Action.REFRESH, presenter.refresh)
        shortcuts.bind(self, Action.BACK, self.left.emit)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        presenter = self._presenter
        no_order = self._why_no_order()
        none = "" if presenter.state.chosen else self.tr("Nothing is chosen.")
        return (
            Command(shortcuts.label(Action.SEND_NOW), presenter.send_now, Action.SEND_NOW),
            Command(self.tr("Open the order"), presenter.open, None, no_order),
            Command(self.tr("Print the confirmation"), presenter.print_paper, None, no_order),
            Command(
                shortcuts.label(Action.COPY_DETAILS), self.copy_details, Action.COPY_DETAILS, none
            ),
            Command(shortcuts.label(Action.SHOW_SETTLED), self.settled.click, Action.SHOW_SETTLED),
            Command(shortcuts.label(Action.BACK), self.left.emit, Action.BACK),
        )

    @Slot()
    def begin(self) -> None:
        """The list is opened: read it anew, keyboard on the first row."""
        self._presenter.begin()
        self.table.choose(0)
        self._choose()
        self.table.setFocus()

    def follow(self) -> None:
        """The desk was asked how it stands; while the list is in view it is read anew, too."""
        if self.isVisible():
            self._presenter.follow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the headings give way, so that a few rows stay in view."""
        super().resizeEvent(event)
        is_low = self.height() < LOW_PX
        self._card.show_heading(shown=not is_low)
        self._story.show_heading(shown=not is_low)
        theme.dress(self._to_say, text=theme.Text.BODY if is_low else theme.Text.SAY)

    @Slot(object)
    def show_state(self, state: OutboxState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._is_filling = True
        self._rows.set_rows(state.rows)
        if not self.table.currentIndex().isValid():
            self.table.choose(0)
        self._is_filling = False
        self._summary.setText(words.summary(state.page) if state.loaded else self.tr("One moment."))
        self.settled.setChecked(state.with_settled)
        theme.set_shown(self._empty, state.loaded and not state.rows)
        self._empty.setText(self._words_for_none(state))
        theme.set_shown(self.more_button, state.page.more)
        self._tell(state)
        row = self.table.chosen_row()
        if row is not None and row.entry != state.chosen:
            self._choose()  # what was chosen has gone, and the cursor is on another one

    def _words_for_none(self, state: OutboxState) -> str:
        if state.with_settled:
            return self.tr("Nothing is under way, and nothing was settled today.")
        return self.tr("Nothing is under way. T shows what was settled today.")

    def _tell(self, state: OutboxState) -> None:
        """The story of the chosen one: why, what to do, what to say."""
        entry = state.chosen
        theme.set_shown(self._story, entry is not None)
        no_order = self._why_no_order()
        self.open_button.allow(no_order)
        self.print_button.allow(no_order)
        self.copy_button.allow("" if entry is not None else self.tr("Nothing is chosen."))
        if entry is None:
            return
        self._story.set_title(f"{words.number(entry)} \u00b7 {words.state_name(entry)}")
        look = words.LOOKS[entry.state]
        for part, text in (
            (self._why, words.why(entry, online=state.page.online)),
            (self._to_do, self.tr("To do: {words}").format(words=words.to_do(entry))),
            (self._to_say, words.to_say(entry)),
        ):
            part.setText(text)
            theme.set_shown(part, bool(text))
        theme.dress(self._why, tone=theme.Tone.NORMAL if look.tone is theme.Tone.OK else look.tone)
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()  # a longer story is never painted in the room of a shorter one

    def _why_no_order(self) -> str:
        entry = self._presenter.state.chosen
        if entry is None:
            return self.tr("Nothing is chosen.")
        return "" if entry.number is not None else self.tr("A draft that was given up is no order.")

    def story(self) -> tuple[str, str, str]:
        """What is told of the chosen one: why, what to do, what to say."""
        return self._why.text(), self._to_do.text(), self._to_say.text()

    def summary(self) -> str:
        """What is said of the whole outbox."""
        return self._summary.text()

    @Slot()
    def copy_details(self) -> None:
        """Ids, times and codes of the chosen one, for support."""
        details = self._presenter.details()
        if details:
            QGuiApplication.clipboard().setText(details)

    @Slot()
    def _choose(self) -> None:
        if self._is_filling:
            return
        row = self.table.chosen_row()
        self._presenter.choose(row.entry.command_id if row is not None else None)

    @Slot()
    def _filter(self) -> None:
        self._presenter.show_settled(wanted=self.settled.isChecked())


class _Table(RowsView[OutboxRow]):
    """A table that says when its cursor moves, and whose Enter opens the order under it."""

    entered_row = Signal()
    moved = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered_row.emit()
        else:
            super().keyPressEvent(event)

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override] # Qt's stubs widen the type
        super().currentChanged(current, previous)
        self.moved.emit()


def _columns() -> tuple[Column[OutboxRow], ...]:
    return (
        Column(title=_tr("State"), text=_state, chars=19, tone=_tone, icon=_icon, bold=always),
        Column(title=_tr("Order"), text=_number, chars=26, bold=_needs_person),
        Column(title=_tr("Customer"), text=_customer),
        Column(title=_tr("Taken by"), text=_by, chars=18, gives_way=2, tone=_muted),
        Column(title=_tr("Total"), text=_total, chars=12, align=Align.END),
        Column(title=_tr("Taken"), text=_taken, chars=20, align=Align.END, gives_way=1),
        Column(title=_tr("Tries"), text=_tries, chars=7, align=Align.END, gives_way=4),
        Column(title=_tr("Next try"), text=_next_try, chars=11, align=Align.END, gives_way=3),
    )


def _tr(text: str) -> str:
    return words.tr(text)


def _key(row: OutboxRow) -> CommandId:
    return row.entry.command_id


def _state(row: OutboxRow) -> str:
    return words.state_name(row.entry)


def _tone(row: OutboxRow) -> theme.Tone:
    return words.LOOKS[row.entry.state].tone


def _icon(row: OutboxRow) -> Icon:
    return words.LOOKS[row.entry.state].icon


def _number(row: OutboxRow) -> str:
    return words.number(row.entry)


def _needs_person(row: OutboxRow) -> bool:
    return row.entry.place.rank == 0


def _customer(row: OutboxRow) -> str:
    return row.entry.customer


def _total(row: OutboxRow) -> str:
    return formatting.money(row.entry.total) if row.entry.total is not None else ""


def _taken(row: OutboxRow) -> str:
    return formatting.short_date_time(row.entry.taken_at)


def _by(row: OutboxRow) -> str:
    return row.entry.taken_by


def _tries(row: OutboxRow) -> str:
    return formatting.quantity(row.entry.tries)


def _next_try(row: OutboxRow) -> str:
    return row.next_try


def _muted(_row: OutboxRow) -> theme.Tone:
    return theme.Tone.MUTED
