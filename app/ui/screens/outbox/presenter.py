"""What was done here and how far it has come: read on the READ lane, while the screen stands.

It can be sent at once, opened, printed and described to support; nothing can be taken out. Touches
no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import Kind, Notice, notice_of
from app.ui.paper_maker import Opener, PaperMaker, PaperWish
from app.ui.printing import Printer
from app.ui.screens.outbox import words
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import CommandId
from app.wire import operations
from app.wire.message import Nothing
from app.wire.orders import MakePaper, PlacedOrder
from app.wire.outbox import (
    OUTBOX_ROWS,
    AskOutbox,
    OpenSentOrder,
    OutboxEntry,
    OutboxPage,
    OutboxPlace,
    SendNow,
)
from app.wire.outbox_operations import ASK_OUTBOX, OPEN_SENT_ORDER, SEND_NOW

_NOTHING = OutboxPage(entries=(), online=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One command in the words of the list; `entry` is what it stands for."""

    entry: OutboxEntry
    next_try: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """What the screen shows. `chosen` is the command whose story is told below the list."""

    page: OutboxPage = _NOTHING
    rows: tuple[OutboxRow, ...] = ()
    loaded: bool = False
    with_settled: bool = False
    chosen: OutboxEntry | None = None


class OutboxPresenter(QObject):
    """Holds one OutboxState. `order_asked(PlacedOrder)` leads to how the order was read back."""

    state_changed = Signal(object)
    notice = Signal(object)
    order_asked = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        opener: Opener,
        printer: Printer,
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._papers = PaperMaker(background, opener, printer, self)
        self._papers.notice.connect(self.notice)
        self._readings = Latest()
        self._is_reading = False
        self._wanted = OUTBOX_ROWS
        self._state = OutboxState()

    @property
    def state(self) -> OutboxState:
        """What is shown now."""
        return self._state

    def begin(self) -> None:
        """The screen was opened: the first page, read anew."""
        self._wanted = OUTBOX_ROWS
        self._read()

    @Slot()
    def refresh(self) -> None:
        """Read anew what is shown."""
        self._read()

    def follow(self) -> None:
        """Time has passed: as `refresh`, unless an answer is under way, and without complaints."""
        if not self._is_reading:
            self._read(quietly=True)

    def show_settled(self, *, wanted: bool) -> None:
        """Show what was settled today, too, or no more."""
        self._state = replace(self._state, with_settled=wanted)
        self._wanted = OUTBOX_ROWS
        self._read()

    def more(self) -> None:
        """Another page behind the last."""
        if self._state.page.more:
            self._wanted += OUTBOX_ROWS
            self._read()

    def choose(self, command_id: CommandId | None) -> None:
        """Tell the story of this one."""
        entries = (row.entry for row in self._state.rows)
        chosen = next((entry for entry in entries if entry.command_id == command_id), None)
        self._show(replace(self._state, chosen=chosen))

    def send_now(self) -> None:
        """Try at once, also what is stuck."""
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, SEND_NOW, SendNow()),
            owner=self,
            then=self._sending,
            failed=self._fail,
        )

    def open(self) -> None:
        """How the chosen order was read back."""
        entry = self._state.chosen
        if entry is None or entry.number is None:
            return
        self._background.run(
            Lane.READ,
            partial(self._caller.call, OPEN_SENT_ORDER, OpenSentOrder(order_id=entry.order_id)),
            owner=self,
            then=self._opened,
            failed=self._fail,
        )

    def print_paper(self) -> None:
        """Print the confirmation of the chosen order, as a copy."""
        entry = self._state.chosen
        if entry is None or entry.number is None:
            return
        paper = MakePaper(order_id=entry.order_id, copy=True)
        self._papers.begin(partial(self._caller.call, operations.MAKE_PAPER, paper))
        self._papers.want(PaperWish.PRINT)

    def details(self) -> str:
        """The chosen one for support; the person is told that they are copied."""
        entry = self._state.chosen
        if entry is None:
            return ""
        sentence = self.tr("The details are copied. They hold nothing of the caller.")
        self.notice.emit(Notice(kind=Kind.DONE, sentence=sentence))
        return words.details(entry)

    def _read(self, *, quietly: bool = False) -> None:
        self._is_reading = True
        self._background.run(
            Lane.READ,
            partial(_pages, self._caller, self._wanted, with_settled=self._state.with_settled),
            owner=self,
            then=self._list,
            failed=self._pass_over if quietly else self._fail,
            question=self._readings.ask(),
        )

    def _list(self, page: OutboxPage) -> None:
        self._is_reading = False
        now, before = self._clock.now(), self._state.chosen
        rows = tuple(
            OutboxRow(entry=entry, next_try=words.next_try(entry, now)) for entry in page.entries
        )
        chosen = next(
            (e for e in page.entries if before and e.command_id == before.command_id), None
        )
        self._show(replace(self._state, page=page, rows=rows, loaded=True, chosen=chosen))

    def _sending(self, _done: Nothing) -> None:
        sentence = self.tr("It is tried now.")
        self.notice.emit(Notice(kind=Kind.INFO, sentence=sentence))
        self._read()

    def _opened(self, placed: PlacedOrder) -> None:
        self.order_asked.emit(placed)

    def _fail(self, error: Refusal | Fault) -> None:
        self._is_reading = False
        self.notice.emit(notice_of(error))

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """What is shown stays; whoever asks by key is told."""
        self._is_reading = False

    def _show(self, state: OutboxState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _pages(caller: Caller, wanted: int, *, with_settled: bool) -> OutboxPage:
    """As many pages as are shown, in one; what moves between two of them is shown once. Blocks."""
    entries: dict[CommandId, OutboxEntry] = {}
    after: OutboxPlace | None = None
    while True:
        page = caller.call(ASK_OUTBOX, AskOutbox(with_settled=with_settled, after=after))
        entries |= {entry.command_id: entry for entry in page.entries}
        if not page.more or len(entries) >= wanted:
            return msgspec.structs.replace(page, entries=tuple(entries.values()))
        after = page.entries[-1].place
