"""A placed order: its number, what it comes to, its paper, and the end of the call.

Says that the number was shown only after it was painted: from then on the caller may have heard it.
Touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane
from app.ui.notices import Kind, Notice, notice_of
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.message import Nothing
from app.wire.orders import MakePaper, NumberShown, Paper, PlacedOrder


class PaperWish(StrEnum):
    """What the paper is wanted for."""

    SHOW = "show"
    PRINT = "print"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedState:
    """What the screen shows.

    `number_is_safe` once the desk has noted that the number was on screen.
    """

    placed: PlacedOrder | None = None
    number_is_safe: bool = False
    paper: Paper | None = None
    making_paper: bool = False


class PlacedPresenter(QObject):
    """Holds one PlacedState. `print_asked_for(path)` wants a printer; `finished` ends the call."""

    state_changed = Signal(object)
    notice = Signal(object)
    print_asked_for = Signal(str)
    finished = Signal()

    def __init__(
        self,
        caller: Caller,
        background: Background,
        opener: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._opener = opener
        self._wish: PaperWish | None = None
        self._told: OrderId | None = None
        self._state = PlacedState()

    @property
    def state(self) -> PlacedState:
        """What is shown now."""
        return self._state

    def begin(self, placed: PlacedOrder) -> None:
        """Show this order."""
        self._wish = None
        self._told = None
        self._show(PlacedState(placed=placed))

    def number_was_painted(self) -> None:
        """The number is on the glass; the desk notes it, once."""
        placed = self._state.placed
        if placed is None or self._told == placed.document.order_id:
            return
        self._told = placed.document.order_id
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.NUMBER_SHOWN, NumberShown(order_id=self._told)),
            owner=self,
            then=self._note_shown,
            failed=self._fail_to_note,
        )

    def show_pdf(self) -> None:
        """Open the confirmation in the program for PDF files."""
        self._want(PaperWish.SHOW)

    def print_paper(self) -> None:
        """Print the confirmation."""
        self._want(PaperWish.PRINT)

    def printed(self) -> None:
        """The printer has taken it."""
        self._say(Kind.DONE, self.tr("The confirmation is at the printer."))

    def could_not_print(self) -> None:
        """There is no printer, or it would not."""
        self._say(
            Kind.WARN,
            self.tr(
                "There is no printer at this desk. Show the PDF and print or send it from there."
            ),
        )

    def finish(self) -> None:
        """End the call; the next one begins with an empty order."""
        self._show(PlacedState())
        self.finished.emit()

    def _want(self, wish: PaperWish) -> None:
        placed = self._state.placed
        if placed is None or self._state.making_paper:
            return
        self._wish = wish
        if self._state.paper is not None:
            self._hand_over(self._state.paper)
            return
        self._show(replace(self._state, making_paper=True))
        request = MakePaper(order_id=placed.document.order_id)
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.MAKE_PAPER, request),
            owner=self,
            then=partial(self._paper_made, request.order_id),
            failed=self._paper_failed,
        )

    def _paper_made(self, order_id: OrderId, paper: Paper) -> None:
        placed = self._state.placed
        if placed is None or placed.document.order_id != order_id:
            return
        self._show(replace(self._state, paper=paper, making_paper=False))
        self._hand_over(paper)

    def _hand_over(self, paper: Paper) -> None:
        wish, self._wish = self._wish, None
        if wish is PaperWish.PRINT:
            self.print_asked_for.emit(paper.path)
        elif wish is PaperWish.SHOW and not self._opener(paper.path):
            self._say(
                Kind.WARN,
                self.tr("No program for PDF files was found. The file is {path}.").format(
                    path=paper.path
                ),
            )

    def _paper_failed(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, making_paper=False))
        self.notice.emit(notice_of(error))

    def _note_shown(self, _done: Nothing) -> None:
        self._show(replace(self._state, number_is_safe=True))

    def _fail_to_note(self, error: Refusal | Fault) -> None:
        """The order is safe all the same; at the worst its number is offered once more."""
        self._told = None
        self.notice.emit(notice_of(error))

    def _say(self, kind: Kind, sentence: str) -> None:
        self.notice.emit(Notice(kind=kind, sentence=sentence))

    def _show(self, state: PlacedState) -> None:
        self._state = state
        self.state_changed.emit(state)
