"""Cancelling on the order page: the whole order or lines of it, why, what it comes to, and undo.

Before anything is done the centre says what goes back, to read aloud; where it cannot be asked the
cancellation is kept as a request. Taking the last change back goes the same way. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import ChangeId, Ids, LineId, OrderId
from app.values.order_life import CancelReason, ChangeState, OrderAct
from app.wire.order_changes import (
    Cancellation,
    ChangeOrder,
    ChangePreview,
    ChangeSent,
    ChangeView,
    PiecesOfLine,
    PreviewChange,
    Undo,
)
from app.wire.order_operations import CHANGE_ORDER, PREVIEW_CHANGE
from app.wire.order_page import LineStanding, OrderPage

REASONS = tuple(CancelReason)
TICK_MS = 1_000


class CancelStage(StrEnum):
    """How far it is."""

    CLOSED = "closed"
    CHOOSING = "choosing"
    UNDOING = "undoing"
    """Whether the last change is to be taken back."""
    SENDING = "sending"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRow:
    """A line of which something is still to come: `open_pieces` can be cancelled, `pieces` are."""

    line: LineStanding
    open_pieces: int
    pieces: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelState:
    """What the panel shows.

    `whole`: the order as a whole, else the pieces of `rows`. `locked_whole` and `locked_lines` say
    why one of them cannot be done. `away`: nobody could say what it comes to. `undo_left_s`: so
    long what was done can be taken back; None: it cannot.
    """

    stage: CancelStage = CancelStage.CLOSED
    page: OrderPage | None = None
    rows: tuple[CancelRow, ...] = ()
    whole: bool = True
    locked_whole: str = ""
    locked_lines: str = ""
    reason: CancelReason | None = None
    note: str = ""
    is_asking: bool = False
    preview: ChangePreview | None = None
    away: str = ""
    problem: str = ""
    sent: ChangeSent | None = None
    undo_left_s: int | None = None

    @property
    def chosen(self) -> tuple[CancelRow, ...]:
        """The lines of which pieces are to be cancelled."""
        return tuple(row for row in self.rows if row.pieces)

    @property
    def why_not(self) -> str:
        """Why it cannot be done yet, in words; empty: Ctrl+Enter does it."""
        if self.stage not in {CancelStage.CHOOSING, CancelStage.UNDOING}:
            return "There is nothing to be done here."
        if self.stage is CancelStage.CHOOSING:
            if not self.whole and not self.chosen:
                return "Choose what is to be cancelled."
            if self.reason is None:
                return "Choose why it is cancelled."
        if self.is_asking:
            return "What it comes to is being asked for."
        return self.problem


class CancelPresenter(QObject):
    """Holds one CancelState. `done` says that the page is another one now."""

    state_changed = Signal(object)
    notice = Signal(object)
    done = Signal()

    def __init__(
        self,
        caller: Caller,
        background: Background,
        clock: Clock,
        ids: Ids,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._ids = ids
        self._latest = Latest()
        self._change_id: ChangeId | None = None
        self._undo_until: datetime | None = None
        self._state = CancelState()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.on_tick)

    @property
    def state(self) -> CancelState:
        """What is shown now."""
        return self._state

    @Slot(object)
    def open(self, page: OrderPage) -> None:
        """Cancel this order, or a part of it: as a whole where that can be done."""
        why = {one.act: one.obstacle for one in page.may}
        rows = tuple(
            CancelRow(line=line, open_pieces=still)
            for line in page.lines
            if (still := line.quantity - line.shipped) > 0
        )
        locked_whole = why.get(OrderAct.CANCEL_ORDER, "")
        self._change_id = None
        self._show(
            CancelState(
                stage=CancelStage.CHOOSING,
                page=page,
                rows=rows,
                whole=not locked_whole,
                locked_whole=locked_whole,
                locked_lines=why.get(OrderAct.CANCEL_LINE, ""),
            )
        )
        self._ask()

    @Slot(object)
    def open_undo(self, page: OrderPage) -> None:
        """Take the last change of this order back, as long as that can be done."""
        change = last_undoable(page, self._clock.now())
        if change is None:
            words = "There is no change of this order that could be taken back."
            self.notice.emit(notice_of(Refusal("undo_nothing", words)))
            return
        self._change_id = None
        self._undo_until = change.can_undo_until
        self._show(CancelState(stage=CancelStage.UNDOING, page=page))
        self._count_down()
        self._ask()

    @Slot(object)
    def follow(self, page: OrderPage | None) -> None:
        """Another order is shown, or none: the panel is about it no more."""
        mine = self._state.page
        if mine is not None and (page is None or _id_of(page) != _id_of(mine)):
            self.close()

    @Slot(object)
    def take_page(self, page: OrderPage) -> None:
        """The order as it is by now: whether what was done here can still be taken back."""
        state = self._state
        if state.stage is not CancelStage.DONE or state.page is None:
            return
        if _id_of(page) == _id_of(state.page):
            change = next((one for one in page.changes if one.change_id == self._change_id), None)
            self._undo_until = change.can_undo_until if change is not None else None
            self._state = replace(state, page=page)
            self._count_down()

    @Slot()
    def close(self) -> None:
        """Put the panel away; nothing was done, or it is done."""
        self._latest.forget()
        self._tick.stop()
        self._undo_until = None
        self._show(CancelState())

    def choose_whole(self, *, whole: bool) -> None:
        """The whole order, or lines of it."""
        state = self._state
        locked = state.locked_whole if whole else state.locked_lines
        if state.stage is not CancelStage.CHOOSING or whole is state.whole:
            return
        if locked:
            self._show(replace(state, problem=locked))
            return
        self._show(replace(state, whole=whole, preview=None, problem=""))
        self._ask()

    def set_pieces(self, line_id: LineId, pieces: int) -> None:
        """So many pieces of a line; it is then no longer the whole order."""
        state = self._state
        if state.stage is not CancelStage.CHOOSING:
            return
        if state.locked_lines:
            self._show(replace(state, problem=state.locked_lines))
            return
        rows = tuple(
            replace(row, pieces=min(max(pieces, 0), row.open_pieces))
            if row.line.line_id == line_id
            else row
            for row in state.rows
        )
        self._show(replace(state, rows=rows, whole=False, preview=None, problem=""))
        self._ask()

    def step(self, line_id: LineId, by: int) -> None:
        """One piece more or fewer."""
        row = self._row(line_id)
        if row is not None:
            self.set_pieces(line_id, row.pieces + by)

    def toggle(self, line_id: LineId) -> None:
        """All pieces of a line, or none."""
        row = self._row(line_id)
        if row is not None:
            self.set_pieces(line_id, 0 if row.pieces else row.open_pieces)

    def give_reason(self, reason: CancelReason) -> None:
        """Why it is cancelled."""
        if self._state.stage is CancelStage.CHOOSING and reason is not self._state.reason:
            self._show(replace(self._state, reason=reason, preview=None))
            self._ask()

    def set_note(self, note: str) -> None:
        """A few words about it."""
        self._show(replace(self._state, note=note))

    @Slot()
    def do(self) -> None:
        """Ctrl+Enter: do it, as it is shown."""
        state = self._state
        what = self._what()
        if state.page is None or what is None or state.why_not:
            return
        self._change_id = ChangeId(self._ids.new())
        self._show(replace(state, stage=CancelStage.SENDING))
        self._send(what)

    @Slot()
    def undo(self) -> None:
        """U after it was done: take it back."""
        state = self._state
        if state.stage is CancelStage.DONE and state.undo_left_s and self._change_id is not None:
            what = Undo(undoes=self._change_id)
            self._change_id = ChangeId(self._ids.new())
            self._undo_until = None
            self._show(replace(state, stage=CancelStage.SENDING, undo_left_s=None))
            self._send(what)

    @Slot()
    def on_tick(self) -> None:
        """A second went by."""
        self._count_down()

    def _row(self, line_id: LineId) -> CancelRow | None:
        return next((row for row in self._state.rows if row.line.line_id == line_id), None)

    def _what(self) -> Cancellation | Undo | None:
        """What would be done; None while it is not known yet."""
        state = self._state
        if state.page is None:
            return None
        if state.stage is CancelStage.UNDOING:
            change = last_undoable(state.page, self._clock.now())
            return Undo(undoes=change.change_id) if change is not None else None
        if state.reason is None or not (state.whole or state.chosen):
            return None
        pieces = tuple(
            PiecesOfLine(line_id=row.line.line_id, quantity=row.pieces) for row in state.chosen
        )
        return Cancellation(
            lines=() if state.whole else pieces, reason=state.reason, note=state.note.strip()
        )

    def _ask(self) -> None:
        """What it would come to."""
        page, what = self._state.page, self._what()
        if page is None or what is None:
            return
        self._show(replace(self._state, is_asking=True, away="", problem=""))
        request = PreviewChange(order_id=_id_of(page), base_revision=page.order.revision, what=what)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, PREVIEW_CHANGE, request),
            owner=self,
            then=self._take_preview,
            failed=self._no_preview,
            question=self._latest.ask(),
        )

    def _take_preview(self, preview: ChangePreview) -> None:
        self._show(replace(self._state, is_asking=False, preview=preview))

    def _no_preview(self, error: Refusal | Fault) -> None:
        """A refusal stands in the way; where nobody answers it is kept as a request."""
        if isinstance(error, Refusal):
            self._show(replace(self._state, is_asking=False, problem=error.sentence))
        else:
            self._show(replace(self._state, is_asking=False, away=error.sentence))

    def _send(self, what: Cancellation | Undo) -> None:
        page, change_id = self._state.page, self._change_id
        if page is None or change_id is None:
            return
        request = ChangeOrder(
            change_id=change_id,
            order_id=_id_of(page),
            number=page.order.placed.number,
            base_revision=page.order.revision,
            what=what,
        )
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, CHANGE_ORDER, request),
            owner=self,
            then=self._sent,
            failed=self._not_sent,
            question=self._latest.ask(),
        )

    def _sent(self, sent: ChangeSent) -> None:
        self._show(replace(self._state, stage=CancelStage.DONE, sent=sent, preview=None))
        if sent.state is ChangeState.APPLIED:
            self.done.emit()

    def _not_sent(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, stage=CancelStage.CHOOSING, problem=error.sentence))
        self.notice.emit(notice_of(error))

    def _count_down(self) -> None:
        until = self._undo_until
        left = None
        if until is not None:
            left = max(0, round((until - self._clock.now()).total_seconds())) or None
        if left is None:
            self._tick.stop()
        elif not self._tick.isActive():
            self._tick.start()
        self._show(replace(self._state, undo_left_s=left))

    def _show(self, state: CancelState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def last_undoable(page: OrderPage, now: datetime) -> ChangeView | None:
    """The last change of an order, where it can still be taken back."""
    applied = [one for one in page.changes if one.state is ChangeState.APPLIED]
    last = max(applied, key=_made_at, default=None)
    if last is None or last.can_undo_until is None or last.can_undo_until <= now:
        return None
    return last


def _made_at(change: ChangeView) -> datetime:
    return change.at


def _id_of(page: OrderPage) -> OrderId:
    return OrderId(page.order.placed.document.order_id)
