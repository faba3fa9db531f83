"""The panel below the lines of an order: cancel all or a part, why, what is said, and undo.

Passive. Everything by keys: Space and the arrows choose lines and pieces, W the whole order, a
figure the reason, Ctrl+Enter does it, U takes it back, Esc leaves.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, shortcuts, theme
from app.ui.screens.order.cancel_presenter import (
    REASONS,
    CancelPresenter,
    CancelRow,
    CancelStage,
    CancelState,
)
from app.ui.screens.order.panel import OrderPanel
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton, StepButton, ToggleChip
from app.ui.widgets.card import Box
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.rows_view import ROW_PX, RowsView
from app.ui.widgets.text import label, wrapped
from app.values.identity import LineId
from app.values.order_life import CancelReason

ROWS_MOST = 6
COLUMNS = 3


class CancelPanel(OrderPanel):
    """`choosing` tells who shares its room."""

    choosing = Signal(bool)

    def __init__(self, presenter: CancelPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._stage = CancelStage.CLOSED
        self.whole = ToggleChip(f"{_tr('The whole order')}  W", one_of_many=True, parent=self)
        self.part = ToggleChip(f"{_tr('Lines or pieces')}  L", one_of_many=True, parent=self)
        self.table = _PiecesTable(_tr("Lines to cancel"), self)
        self._hint = label(
            _tr("Space: all of a line or nothing   \u2190 \u2192: fewer or more pieces"),
            theme.Text.SMALL,
            theme.Tone.MUTED,
            self,
        )
        self._why = label(_tr("Why?"), theme.Text.SMALL_STRONG, theme.Tone.MUTED, self)
        self.reasons = {
            reason: ToggleChip(f"{number}  {reason_words(reason)}", one_of_many=False, parent=self)
            for number, reason in enumerate(REASONS, 1)
        }
        self.note = LabelledField(_tr("In a few words"), parent=self)
        self._say = Box(theme.Surface.BOX_INFO, self)
        self._problem = wrapped("", theme.Text.SMALL, theme.Tone.WARN, self)
        self.leave_button = StepButton(_tr("Leave it"), Action.BACK, self)
        self.undo_button = StepButton(_tr("Take it back"), Action.TAKE_CHANGE_BACK, self)
        self.do_button = PrimaryButton(_tr("Cancel it"), Action.COMMIT, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.whole)
        row.addWidget(self.part)
        row.addStretch(1)
        row.addWidget(self._hint)
        self._grid_place = QWidget(self)
        grid = QGridLayout(self._grid_place)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for at, chip in enumerate(self.reasons.values()):
            grid.addWidget(chip, at // COLUMNS, at % COLUMNS)
        buttons = QHBoxLayout()
        buttons.addWidget(self.leave_button)
        buttons.addStretch(1)
        buttons.addWidget(self.undo_button)
        buttons.addWidget(self.do_button)
        self.body.addLayout(row)
        column = QVBoxLayout()
        for part in (
            self.table,
            self._why,
            self._grid_place,
            self.note,
            self._say,
            self._problem,
        ):
            column.addWidget(part)
        self.body.addLayout(column)
        self.body.addLayout(buttons)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        self.whole.clicked.connect(partial(self._choose_whole, True))
        self.part.clicked.connect(partial(self._choose_whole, False))
        for reason, chip in self.reasons.items():
            chip.clicked.connect(partial(self._give, reason))
        self.table.toggled.connect(presenter.toggle)
        self.table.stepped.connect(presenter.step)
        self.table.key_pressed.connect(self._take_key)
        self.note.edited.connect(presenter.set_note)
        self.do_button.clicked.connect(self._do)
        self.undo_button.clicked.connect(presenter.undo)
        self.leave_button.clicked.connect(presenter.close)
        shortcuts.bind(self, Action.COMMIT, self._do)
        shortcuts.bind(self, Action.BACK, presenter.close)

    @Slot(object)
    def show_state(self, state: CancelState) -> None:
        """Show a state; the same state twice changes nothing."""
        before, self._stage = self._stage, state.stage
        is_open = state.stage is not CancelStage.CLOSED
        choosing = state.stage is CancelStage.CHOOSING
        self.set_title(self._title(state))
        self.whole.setChecked(state.whole)
        self.part.setChecked(not state.whole)
        self.table.rows().set_rows(state.rows)
        self.table.fit(len(state.rows))
        for reason, chip in self.reasons.items():
            chip.setChecked(reason is state.reason)
        self.note.set_text(state.note)
        self._show_words(state)
        self.do_button.set_words(self._do_words(state))
        self.do_button.allow(state.why_not)
        self._show_parts(state, choosing=choosing)
        self.take_place(wanted=is_open)
        if choosing is not (before is CancelStage.CHOOSING):
            self.choosing.emit(choosing)
        if is_open and before is not state.stage:
            self._take_focus(state)

    def _show_parts(self, state: CancelState, *, choosing: bool) -> None:
        acting = state.stage in {CancelStage.CHOOSING, CancelStage.UNDOING, CancelStage.SENDING}
        shown = {
            self.whole: choosing,
            self.part: choosing,
            self._hint: choosing and not state.whole,
            self.table: choosing and not state.whole,
            self._why: choosing,
            self._grid_place: choosing,
            self.note: choosing and state.reason is CancelReason.OTHER,
            self._problem: bool(self._problem.text()),
            self.do_button: acting,
            self.undo_button: state.undo_left_s is not None and state.stage is CancelStage.DONE,
        }
        for part, is_wanted in shown.items():
            theme.set_shown(part, is_wanted)
        done = state.stage is CancelStage.DONE
        self.leave_button.set_words(_tr("Close") if done else _tr("Leave it"))
        if state.undo_left_s is not None:
            self.undo_button.set_words(
                _tr("Take it back, {time} left").format(time=countdown(state.undo_left_s))
            )

    def _show_words(self, state: CancelState) -> None:
        heading, words = "", ""
        if state.sent is not None and state.stage is CancelStage.DONE:
            heading, words = _tr("Say"), f"\u201c{state.sent.sentence}\u201d"
        elif state.preview is not None:
            heading, words = _tr("Say"), f"\u201c{' '.join(state.preview.say)}\u201d"
        elif state.is_asking:
            heading = _tr("What it comes to is being asked for.")
        elif state.away:
            heading = _tr("It will be kept as a request")
            words = state.away
        self._say.show_words(heading, words)
        theme.set_shown(self._say, bool(heading or words))
        obstacles = state.preview.obstacles if state.preview is not None else ()
        told = [one.sentence for one in obstacles]
        if obstacles:
            told.append(_tr("It would be kept as a request, and a colleague decides."))
        self._problem.setText(state.problem or " ".join(told))

    def _title(self, state: CancelState) -> str:
        if state.stage is CancelStage.UNDOING:
            return _tr("Take the last change back")
        return _tr("Cancel")

    def _do_words(self, state: CancelState) -> str:
        if state.stage is CancelStage.UNDOING:
            return _tr("Take it back")
        if not state.whole:
            pieces = sum(row.pieces for row in state.rows)
            one, many = _tr("Cancel 1 piece"), _tr("Cancel {count} pieces")
            return formatting.counted(pieces, one, many) if pieces else _tr("Cancel it")
        return _tr("Cancel the whole order")

    def _take_focus(self, state: CancelState) -> None:
        target: QWidget = self
        match state.stage:
            case CancelStage.CHOOSING:
                target = self.table if not state.whole else self.whole
            case CancelStage.UNDOING:
                target = self.do_button
            case CancelStage.DONE:
                target = self.undo_button if state.undo_left_s else self.leave_button
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if target is self.table and not self.table.currentIndex().isValid():
            self.table.choose(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no field of the panel took."""
        if not self._take_key(event):
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        plain = event.modifiers() in {
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        }
        text = event.text().upper() if plain else ""
        if text.isdigit() and 1 <= int(text) <= len(REASONS):
            self._give(REASONS[int(text) - 1])
        elif text == "W":
            self._choose_whole(True)
        elif text == "L":
            self._choose_whole(False)
        elif text == "U":
            self._presenter.undo()
        else:
            return False
        event.accept()
        return True

    def _choose_whole(self, whole: bool) -> None:
        self._presenter.choose_whole(whole=whole)
        state = self._presenter.state
        if not state.whole:
            self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if not self.table.currentIndex().isValid():
                self.table.choose(0)
        self.show_state(state)

    def _give(self, reason: CancelReason) -> None:
        self._presenter.give_reason(reason)
        self.show_state(self._presenter.state)

    @Slot()
    def _do(self) -> None:
        state = self._presenter.state
        if state.why_not:
            self._problem.setText(state.why_not)
            theme.set_shown(self._problem, True)
        else:
            self._presenter.do()


class _PiecesTable(RowsView[CancelRow]):
    """The lines of which something is still to come."""

    toggled = Signal(object)
    stepped = Signal(object, int)
    key_pressed = Signal(object)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(name, RowsModel(_columns(), key=_key), parent)

    def fit(self, count: int) -> None:
        """As high as its lines, up to a few."""
        height = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(height + ROW_PX * max(1, min(count, ROWS_MOST)) + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.chosen_row()
        key = event.key()
        if row is not None and key == Qt.Key.Key_Space:
            self.toggled.emit(row.line.line_id)
        elif row is not None and key in _STEPS:
            self.stepped.emit(row.line.line_id, _STEPS[Qt.Key(key)])
        elif event.text().isalnum():
            self.key_pressed.emit(event)
        else:
            super().keyPressEvent(event)


_STEPS = {
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Plus: 1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Minus: -1,
}


def reason_words(reason: CancelReason) -> str:
    """A reason in a few words."""
    return {
        CancelReason.CHANGED_MIND: _tr("Changed their mind"),
        CancelReason.ORDERED_BY_MISTAKE: _tr("Ordered by mistake"),
        CancelReason.TAKEN_WRONGLY: _tr("We took it wrongly"),
        CancelReason.TOO_LATE: _tr("Comes too late"),
        CancelReason.OUT_OF_STOCK: _tr("Not in stock"),
        CancelReason.DUPLICATE: _tr("Ordered twice"),
        CancelReason.FRAUD: _tr("Fraud"),
        CancelReason.PAYMENT: _tr("Cannot be paid"),
        CancelReason.OTHER: _tr("Something else"),
    }[reason]


def countdown(seconds: int) -> str:
    """`14:32`."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def _columns() -> tuple[Column[CancelRow], ...]:
    return (
        Column(title=_tr("Code"), text=_code, chars=9, gives_way=2),
        Column(title=_tr("Item"), text=_description),
        Column(title=_tr("To come"), text=_open, chars=8, align=Align.END),
        Column(
            title=_tr("Cancel"), text=_pieces, chars=8, align=Align.END, bold=always, tone=_tone
        ),
    )


def _key(row: CancelRow) -> LineId:
    return row.line.line_id


def _code(row: CancelRow) -> str:
    return row.line.code


def _description(row: CancelRow) -> str:
    return row.line.description or row.line.code


def _open(row: CancelRow) -> str:
    return formatting.quantity(row.open_pieces)


def _pieces(row: CancelRow) -> str:
    return formatting.quantity(row.pieces) if row.pieces else formatting.NOTHING


def _tone(row: CancelRow) -> theme.Tone:
    return theme.Tone.WARN if row.pieces else theme.Tone.MUTED


def _tr(words: str) -> str:
    return QCoreApplication.translate("CancelPanel", words)
