"""Card digits were said while the recording ran: the call is marked for purging. GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane
from app.ui.notices import Kind, Notice
from app.ui.payment import words
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import card_operations
from app.wire.recording import CallMarked, MarkSpoken


class SpokenTooEarly(QObject):
    """F12, at any time during a call; what came of it is told in a notice."""

    notice = Signal(object)

    def __init__(self, caller: Caller, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background

    def mark(self, order_id: OrderId, reference: str) -> None:
        """Let the administrator find the recording."""
        request = MarkSpoken(order_id=order_id, reference=reference)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.MARK_SPOKEN, request),
            owner=self,
            then=self._marked,
            failed=self._not_marked,
        )

    def _marked(self, marked: CallMarked) -> None:
        self.notice.emit(Notice(kind=Kind.DONE, sentence=words.marked(marked.reference)))

    def _not_marked(self, error: Refusal | Fault) -> None:
        self.notice.emit(Notice(kind=Kind.ERROR, sentence=words.not_marked(error)))
