"""How the desk stands with the centre, asked every few seconds for the call bar.

Connectivity is a state here, never a dialog. Asks on the NETWORK lane, so that a slow answer delays
nobody who types.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.values.errors import Fault, Refusal
from app.wire import operations
from app.wire.sync import AskStatus, DeskStatus

EVERY_MS = 2_000


class DeskStatusPresenter(QObject):
    """Holds the last DeskStatus; None until the first answer. `heard` comes with every answer."""

    state_changed = Signal(object)
    heard = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.ask)
        self.state: DeskStatus | None = None

    def start(self) -> None:
        """Ask now, and again every few seconds."""
        self.ask()
        self._timer.start()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()
        self._questions.forget()

    @Slot()
    def ask(self) -> None:
        """Ask once."""
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.ASK_STATUS, AskStatus()),
            owner=self,
            then=self._know,
            failed=self._pass_over,
            question=self._questions.ask(),
        )

    def _know(self, status: DeskStatus) -> None:
        if status != self.state:
            self.state = status
            self.state_changed.emit(status)
        self.heard.emit(status)

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """The desk's own answer is missing; what is shown stays until the next one."""
