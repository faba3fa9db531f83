"""For a lead: what callers asked that no answer was known for.

Asks the centre on the NETWORK lane; without it the list says so. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.values.errors import Fault, Refusal
from app.wire import operations
from app.wire.guidance import AskUnanswered, Unanswered, UnansweredSearches


@dataclass(frozen=True, slots=True, kw_only=True)
class UnansweredState:
    """What the list shows; `problem` tells why it may not be the newest."""

    searches: tuple[Unanswered, ...] = ()
    loading: bool = False
    loaded: bool = False
    problem: str = ""


class UnansweredPresenter(QObject):
    """Holds one UnansweredState."""

    state_changed = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._state = UnansweredState()

    @property
    def state(self) -> UnansweredState:
        """What is shown now."""
        return self._state

    def refresh(self) -> None:
        """Ask anew; what is shown stays until the answer comes."""
        self._show(replace(self._state, loading=True, problem=""))
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.ASK_UNANSWERED, AskUnanswered()),
            owner=self,
            then=self._list,
            failed=self._fail,
            question=self._questions.ask(),
        )

    def forget(self) -> None:
        """The list is closed; the next person sees nothing of it."""
        self._questions.forget()
        self._show(UnansweredState())

    def _list(self, found: UnansweredSearches) -> None:
        self._show(UnansweredState(searches=found.searches, loaded=True))

    def _fail(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, loading=False, problem=error.sentence))

    def _show(self, state: UnansweredState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
