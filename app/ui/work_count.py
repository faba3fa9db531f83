"""Tells a lead in the call bar how much needs a person; a click leads there.

Asked of the centre once a minute, and known at once where the list itself was read. Takes the
keyboard from nobody. GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Slot

from app.services.ports import Caller
from app.ui import formatting
from app.ui.background import Background, Lane, Latest
from app.ui.icons import Icon
from app.ui.screens.worklist.presenter import WorklistPresenter
from app.ui.screens.worklist.state import WorkState
from app.ui.widgets.bars import CallBar
from app.ui.widgets.chip import ChipKind
from app.values.errors import Fault, Refusal
from app.wire.people import Permission
from app.wire.worklist import ListWork, WorkPage
from app.wire.worklist_operations import LIST_WORK

ASKED_EVERY = 30
"""Of so many answers of the desk one is asked: every minute."""


class WorkCount(QObject):
    """Keeps one chip of the bar up to date while somebody who decides is signed in."""

    def __init__(
        self,
        bar: CallBar,
        worklist: WorklistPresenter,
        caller: Caller,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._asked = 0
        self._is_on = False
        worklist.state_changed.connect(self._take_over)

    def begin(self, permissions: AbstractSet[Permission]) -> None:
        """Somebody is signed in."""
        self._is_on = Permission.REVIEW_ORDERS in permissions
        self._asked = 0
        self.follow()

    def end(self) -> None:
        """Nobody is."""
        self._is_on = False
        self._questions.forget()
        self._bar.show_work("")

    @Slot()
    def follow(self) -> None:
        """Time has passed."""
        if not self._is_on:
            return
        if self._asked % ASKED_EVERY == 0:
            self._background.run(
                Lane.NETWORK,
                partial(self._caller.call, LIST_WORK, ListWork(limit=1)),
                owner=self,
                then=self._know,
                failed=self._pass_over,
                question=self._questions.ask(),
            )
        self._asked += 1

    def _know(self, page: WorkPage) -> None:
        self._tell(one.waiting for one in page.counts)

    @Slot(object)
    def _take_over(self, state: WorkState) -> None:
        if self._is_on and state.loaded and not state.away:
            self._questions.forget()
            self._tell(count for _, count in state.counts)

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """What is shown stays until the next answer."""

    def _tell(self, counts: Iterable[int]) -> None:
        waiting = sum(counts)
        one, many = _tr("1 to decide"), _tr("{count} to decide")
        words = formatting.counted(waiting, one, many) if waiting else ""
        self._bar.show_work(words, ChipKind.WARN, Icon.PERSON_NEEDED)


def _tr(words: str) -> str:
    return QCoreApplication.translate("CallBar", words)
