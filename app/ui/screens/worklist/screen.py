"""What needs a person: kinds and list on the left, the item in hand on the right. Passive.

Single letters decide while the list has the keyboard; N leads to the next one that is free.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.command_palette import Command
from app.ui.icons import Icon
from app.ui.screens.worklist import words
from app.ui.screens.worklist.item_pane import ItemPane
from app.ui.screens.worklist.presenter import WorklistPresenter
from app.ui.screens.worklist.state import KINDS, WorkState
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton, StepButton, ToggleChip
from app.ui.widgets.card import Card
from app.ui.widgets.rows_view import ROW_PX, RowsView
from app.ui.widgets.text import wrapped
from app.values.identity import PersonId
from app.values.worklist import WorkAct, WorkKind
from app.wire.worklist import WorkItem, WorkItemId

WIDE_FROM_PX = 1_000
LOW_PX = 460
CHIP_PX = 186
GAP_PX = 10
ROWS_LEAST = 3
LEFT_PARTS, RIGHT_PARTS = 12, 9


class WorklistScreen(QWidget):
    """`left` goes back to where the lead came from."""

    left = Signal()

    def __init__(self, presenter: WorklistPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._is_filling = False
        self._had_form = False
        self._card = Card("", Action.WORKLIST, parent=self)
        self._card.set_title(self.tr("What needs a person"))
        self._summary = wrapped("", theme.Text.STRONG, parent=self._card)
        self._away = wrapped("", tone=theme.Tone.WARN, parent=self._card)
        self._chips_place = QWidget(self._card)
        self._chips = QGridLayout(self._chips_place)
        self.chips: dict[WorkKind | None, ToggleChip] = {}
        for kind in (None, *KINDS):
            chip = ToggleChip("", one_of_many=True, parent=self._chips_place)
            chip.setObjectName(f"kind-{kind or 'all'}")
            chip.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a figure chooses it
            chip.clicked.connect(partial(presenter.show_kind, kind))
            self.chips[kind] = chip
        self._rows = RowsModel(_columns(presenter.now), key=_key, parent=self)
        self.table = _Table(self.tr("What needs a person"), self._rows, self._card)
        self.item = ItemPane(presenter.now, self)
        self.back_button = StepButton(self.tr("Back"), Action.BACK, self)
        self.more_button = StepButton(self.tr("More"), parent=self)
        self.open_button = StepButton(self.tr("Open the order  Enter"), parent=self)
        self.next_button = PrimaryButton(self.tr("Next one"), Action.NEXT_IN_LIST, self)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self._chips.setContentsMargins(0, 0, 0, 0)
        self._chips.setHorizontalSpacing(6)
        self._chips.setVerticalSpacing(4)
        body = self._card.body
        for part in (self._summary, self._away, self._chips_place):
            body.addWidget(part)
        body.addWidget(self.table, 1)
        self._halves = QHBoxLayout()
        self._halves.setSpacing(GAP_PX)
        self._halves.addWidget(self._card, LEFT_PARTS)
        self._halves.addWidget(self.item, RIGHT_PARTS)
        buttons = QHBoxLayout()
        for button in (self.back_button, self.more_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(GAP_PX)
        layout.addLayout(self._halves, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        presenter, form = self._presenter, self.item.form
        presenter.state_changed.connect(self.show_state)
        self.table.moved.connect(self._choose)
        self.table.entered_row.connect(presenter.open_order)
        self.table.doubleClicked.connect(presenter.open_order)
        self.item.act_wanted.connect(presenter.want)
        self.item.done.link.entered.connect(self.table.setFocus)
        form.chosen.connect(presenter.choose_in_form)
        form.written.connect(presenter.write)
        form.taken.connect(self._take)
        form.decided.connect(presenter.decide)
        form.kept.connect(presenter.keep)
        self.open_button.clicked.connect(presenter.open_order)
        self.next_button.clicked.connect(presenter.next)
        self.more_button.clicked.connect(presenter.more)
        self.back_button.clicked.connect(self._go_back)
        for key in dict.fromkeys(map(words.act_key, WorkAct)):
            shortcuts.bind(self.table, key, partial(self._want, key))
        shortcuts.bind_numbers(self.table, Action.WORK_KIND, self._show_kind)
        shortcuts.bind(self.table, Action.NEXT_IN_LIST, presenter.next)
        shortcuts.bind(self.item.done.link.edit, Action.NEXT_IN_LIST, self._next_after_link)
        shortcuts.bind(self, Action.COMMIT, presenter.decide)
        shortcuts.bind(self, Action.REFRESH, presenter.refresh)
        shortcuts.bind(self, Action.BACK, self._go_back)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        presenter, state = self._presenter, self._presenter.state
        no_order = "" if state.chosen and state.chosen.number else self.tr("There is no order.")
        acts = tuple(
            Command(words.act_name(act), partial(presenter.want, act), words.act_key(act))
            for act in state.acts
        )
        return (
            *acts,
            Command(self.tr("Next one"), presenter.next, Action.NEXT_IN_LIST),
            Command(self.tr("Open the order"), presenter.open_order, None, no_order),
            *(
                Command(
                    self.tr("Only: {kind}").format(kind=words.kind_name(kind)),
                    partial(presenter.show_kind, kind),
                )
                for kind, _ in state.counts
            ),
            Command(self.tr("All kinds"), partial(presenter.show_kind, None)),
            Command(shortcuts.label(Action.REFRESH), presenter.refresh, Action.REFRESH),
            Command(shortcuts.label(Action.BACK), self.left.emit, Action.BACK),
        )

    def begin(self, by: PersonId | None = None) -> None:
        """The screen is opened: read anew, keyboard in the list or where a decision stood."""
        self._presenter.begin(by)
        decides = self._presenter.state.form is not None
        (self.item.form if decides else self.table).setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._presenter.come()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._presenter.go()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other, or below each other where it is narrow; kinds go where it is low."""
        super().resizeEvent(event)
        is_wide = self.width() >= WIDE_FROM_PX
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(beside if is_wide else below)
        is_low = self.height() < LOW_PX
        self._card.show_heading(shown=not is_low)
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setMinimumHeight(ROWS_LEAST * ROW_PX + header if not is_low else 2 * ROW_PX)
        self._halves.setStretch(0, LEFT_PARTS if is_wide else 1)
        self._halves.setStretch(1, RIGHT_PARTS if is_wide else 1)
        self._arrange_chips()
        self._make_room()

    def _make_room(self) -> None:
        """In a low window a decision takes all there is; what is empty takes nothing."""
        state, is_low = self._presenter.state, self.height() < LOW_PX
        theme.set_shown(self._card, not (state.form is not None and is_low))
        chooses = state.waiting > 0 or state.kind is not None
        theme.set_shown(self._chips_place, chooses and not is_low)
        theme.set_shown(self.item, state.chosen is not None or state.done is not None)

    @Slot(object)
    def show_state(self, state: WorkState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._is_filling = True
        self._rows.set_rows(state.items)
        at = self._rows.position_of(state.chosen.item) if state.chosen is not None else -1
        if self.table.currentIndex().row() != at:
            self.table.choose(at)
        self._is_filling = False
        self._tell(state)
        self.item.show_state(state)
        self._make_room()
        is_order = state.chosen is not None and state.chosen.number is not None
        deciding = self.tr("First decide, or leave it with Esc.") if state.form is not None else ""
        none = "" if is_order else self.tr("There is no order to it.")
        self.open_button.allow(deciding or none)
        waiting = self.tr("One moment.") if state.claiming else ""
        nothing = "" if state.items or not state.loaded else self.tr("Nothing waits here.")
        self.next_button.allow(deciding or waiting or nothing)
        theme.set_shown(self.more_button, state.more)
        had_form, self._had_form = self._had_form, state.form is not None
        shows_link = state.done is not None and state.done.link is not None
        if had_form and state.form is None and not shows_link:
            self.table.setFocus()

    def _tell(self, state: WorkState) -> None:
        if not state.loaded:
            said = "" if state.away else self.tr("One moment.")
        elif state.kind is not None and not state.items:
            said = self.tr("Nothing of this kind waits.  0 shows all.")
        else:
            said = words.summary(state.waiting)
        self._summary.setText(said)
        theme.set_shown(self._summary, bool(said))
        away = ""
        if state.away:
            away = self.tr("{why} This is decided at the central service only.").format(
                why=state.away
            )
        self._away.setText(away)
        theme.set_shown(self._away, bool(away))
        counts = dict(state.counts)
        for number, (kind, chip) in enumerate(self.chips.items()):
            name = words.kind_name(kind) if kind is not None else self.tr("All")
            count = counts.get(kind, 0) if kind is not None else state.waiting
            told = f"{number}  {name}  {formatting.quantity(count)}"
            chip.setText(told)
            chip.setAccessibleName(told)
            chip.setChecked(kind is state.kind)
            wanted = kind is None or count > 0 or kind is state.kind
            chip.setProperty("wanted", wanted)
        self._arrange_chips()

    def _arrange_chips(self) -> None:
        """So many beside each other as there is room for; kinds that nothing waits of give way."""
        columns = max(2, self._card.width() // CHIP_PX)
        shown = [chip for chip in self.chips.values() if chip.property("wanted")]
        for chip in self.chips.values():
            self._chips.removeWidget(chip)
            theme.set_shown(chip, chip in shown)
        for at, chip in enumerate(shown):
            self._chips.addWidget(chip, at // columns, at % columns)

    def told(self) -> tuple[str, str]:
        """What is said of the list, and why it is not of now."""
        return self._summary.text(), self._away.text()

    @Slot()
    def _choose(self) -> None:
        row = self.table.chosen_row()
        if row is not None and not self._is_filling:
            self._presenter.choose(row.item)

    def _want(self, key: Action) -> None:
        """The act of this key that is offered; else the first, which says why it cannot be."""
        fitting = [act for act in WorkAct if words.act_key(act) is key]
        offered = [act for act in fitting if act in self._presenter.state.acts]
        self._presenter.want((offered or fitting)[0])

    @Slot()
    def _next_after_link(self) -> None:
        """The link is given on, and goes with the next one: the keyboard goes to the list."""
        self.table.setFocus()
        self._presenter.next()

    def _show_kind(self, number: int) -> None:
        self._presenter.show_kind(None if number == 1 else KINDS[number - 2])

    @Slot(str, bool)
    def _take(self, field: str, wanted: bool) -> None:
        self._presenter.take(field, wanted=wanted)

    @Slot()
    def _go_back(self) -> None:
        if self._presenter.state.form is not None:
            self._presenter.keep()
        else:
            self.left.emit()


class _Table(RowsView[WorkItem]):
    """Says when its cursor moves; Enter opens the order."""

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


def _columns(now: Callable[[], datetime]) -> tuple[Column[WorkItem], ...]:
    tr = words.tr
    return (
        Column(
            title=tr("Waits"),
            text=partial(_age, now),
            chars=10,
            icon=_icon,
            tone=_tone,
            hint=_kind,
            read=partial(_kind_and_age, now),
        ),
        Column(title=tr("Order"), text=_number, chars=13, bold=always),
        Column(title=tr("Customer"), text=_customer, chars=17, gives_way=2, hint=_customer),
        Column(title=tr("Why"), text=_why, hint=_all_why),
        Column(title=tr("Amount"), text=_amount, chars=11, align=Align.END, gives_way=1),
        Column(title=tr("At it"), text=_who, chars=11, gives_way=3, tone=_muted),
    )


def _key(item: WorkItem) -> WorkItemId:
    return item.item


def _age(now: Callable[[], datetime], item: WorkItem) -> str:
    return words.age(item.since, now())


def _kind(item: WorkItem) -> str:
    return words.kind_name(item.item.kind)


def _kind_and_age(now: Callable[[], datetime], item: WorkItem) -> str:
    return f"{_kind(item)}, {_age(now, item)}"


def _icon(item: WorkItem) -> Icon:
    return words.kind_icon(item.item.kind)


def _tone(item: WorkItem) -> theme.Tone:
    return theme.Tone.MUTED if item.claimed is not None else theme.Tone.WARN


def _number(item: WorkItem) -> str:
    return formatting.order_number(item.number) if item.number is not None else formatting.NOTHING


def _customer(item: WorkItem) -> str:
    return item.customer


def _amount(item: WorkItem) -> str:
    return formatting.money(item.amount) if item.amount is not None else ""


def _why(item: WorkItem) -> str:
    return item.why[0] if item.why else words.kind_name(item.item.kind)


def _all_why(item: WorkItem) -> str:
    return "\n".join(item.why)


def _who(item: WorkItem) -> str:
    if item.claimed is None:
        return ""
    return words.tr("you") if item.claimed.mine else item.claimed.by


def _muted(_item: WorkItem) -> theme.Tone:
    return theme.Tone.MUTED
