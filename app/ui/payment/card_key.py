"""The key that one card is sealed to: asked for with each pause, dropped with it. GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.values.errors import Fault, Refusal
from app.wire import card_operations
from app.wire.payments import AskCardKey, CardKey


class CardKeyInHand(QObject):
    """`arrived`: there is one now. `refused(error)`: there will be none for this card."""

    arrived = Signal()
    refused = Signal(object)

    def __init__(self, caller: Caller, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self.key: CardKey | None = None

    def ask(self) -> None:
        """Ask for the key that is good now; the desk service checks its signature."""
        self.key = None
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.GET_CARD_KEY, AskCardKey()),
            owner=self,
            then=self._take,
            failed=self._failed,
            question=self._questions.ask(),
        )

    def drop(self) -> None:
        """The card is sealed or given up; an answer under way is not wanted any more."""
        self.key = None
        self._questions.forget()

    def _take(self, key: CardKey) -> None:
        self.key = key
        self.arrived.emit()

    def _failed(self, error: Refusal | Fault) -> None:
        self.refused.emit(error)
