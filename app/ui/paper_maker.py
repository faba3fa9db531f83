"""A paper that is made once and then shown or printed as often as it is wanted.

Made on the WRITE lane; what cannot be done is told in words. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from app.ui.background import Background, Lane, Latest
from app.ui.notices import Kind, Notice, notice_of
from app.ui.printing import Printer
from app.values.errors import Fault, Refusal
from app.wire.orders import Paper

Opener = Callable[[str], bool]


class PaperWish(StrEnum):
    """What the paper is wanted for."""

    SHOW = "show"
    PRINT = "print"


class PaperMaker(QObject):
    """Makes one paper at a time. `changed` when it is being made, is there, or is not.

    `printed` when the printer has taken it.
    """

    changed = Signal()
    printed = Signal()
    notice = Signal(object)

    def __init__(
        self, background: Background, opener: Opener, printer: Printer, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._opener = opener
        self._printer = printer
        self._make: Callable[[], Paper] | None = None
        self._latest = Latest()
        self._wish = PaperWish.SHOW
        self.paper: Paper | None = None
        self.is_busy = False

    def begin(self, make: Callable[[], Paper] | None) -> None:
        """From now on it is about another paper; `make` blocks and is called off the GUI thread."""
        self._latest.forget()
        self._make, self.paper, self.is_busy = make, None, False

    def want(self, wish: PaperWish) -> None:
        """Show or print it, as soon as it is made."""
        if self._make is None or self.is_busy:
            return
        self._wish = wish
        if self.paper is not None:
            self._hand_over(self.paper)
            return
        self.is_busy = True
        self.changed.emit()
        self._background.run(
            Lane.WRITE,
            self._make,
            owner=self,
            then=self._made,
            failed=self._fail,
            question=self._latest.ask(),
        )

    def _made(self, paper: Paper) -> None:
        self.paper, self.is_busy = paper, False
        self.changed.emit()
        self._hand_over(paper)

    def _fail(self, error: Refusal | Fault) -> None:
        self.is_busy = False
        self.changed.emit()
        self.notice.emit(notice_of(error))

    def _hand_over(self, paper: Paper) -> None:
        if self._wish is PaperWish.SHOW:
            if not self._opener(paper.path):
                words = self.tr("No program for PDF files was found. The file is {path}.")
                self._say(Kind.WARN, words.format(path=paper.path))
        elif self._printer(paper.path):
            self._say(Kind.DONE, self.tr("The paper is at the printer."))
            self.printed.emit()
        else:
            words = self.tr(
                "There is no printer at this desk. Show the PDF and print or send it from there."
            )
            self._say(Kind.WARN, words)

    def _say(self, kind: Kind, sentence: str) -> None:
        self.notice.emit(Notice(kind=kind, sentence=sentence))
