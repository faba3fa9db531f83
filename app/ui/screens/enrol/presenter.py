"""Makes this desk known to the centre with an administrator's one-time code. Touches no widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.ui.background import Background, Lane
from app.ui.notices import notice_of
from app.values.errors import Fault, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolState:
    """What the enrolment screen shows."""

    centre: str = ""
    busy: bool = False
    sentence: str = ""


class EnrolPresenter(QObject):
    """Holds one EnrolState; `enrolled` tells that the desk is known now.

    `enrol` asks the centre with a code; it blocks and runs on the NETWORK lane.
    """

    state_changed = Signal(object)
    enrolled = Signal()

    def __init__(
        self,
        enrol: Callable[[str], object],
        background: Background,
        centre: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._enrol = enrol
        self._background = background
        self.state = EnrolState(centre=centre)

    def try_code(self, code: str) -> None:
        """Ask the centre whether this code makes the desk known."""
        if self.state.busy:
            return
        if not code.strip():
            self._show(replace(self.state, sentence=self.tr("Type the code first.")))
            return
        self._show(replace(self.state, busy=True, sentence=""))
        self._background.run(
            Lane.NETWORK,
            partial(self._enrol, code.strip()),
            owner=self,
            then=self._done,
            failed=self._refuse,
        )

    def _done(self, _identity: object) -> None:
        self._show(replace(self.state, busy=False))
        self.enrolled.emit()

    def _refuse(self, error: Refusal | Fault) -> None:
        self._show(replace(self.state, busy=False, sentence=notice_of(error).sentence))

    def _show(self, state: EnrolState) -> None:
        self.state = state
        self.state_changed.emit(state)
