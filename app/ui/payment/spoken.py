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
from app.wire.recording import CallMarked, FindCall, MarkSpoken


class SpokenTooEarly(QObject):
    """F12, at any time during a call; what came of it is told in a notice."""

    notice = Signal(object)

    def __init__(self, caller: Caller, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background

    def mark(self, order_id: OrderId, known: str) -> None:
        """Let the administrator find the recording; `known` is the call if it is over by now."""
        self._background.run(
            Lane.NETWORK,
            partial(_mark, self._caller, order_id, known),
            owner=self,
            then=self._marked,
            failed=self._not_marked,
        )

    def _marked(self, marked: CallMarked) -> None:
        self.notice.emit(Notice(kind=Kind.DONE, sentence=words.marked(marked.reference)))

    def _not_marked(self, error: Refusal | Fault) -> None:
        self.notice.emit(Notice(kind=Kind.ERROR, sentence=words.not_marked(error)))


def _mark(caller: Caller, order_id: OrderId, known: str) -> CallMarked:
    """The call that is up now: since the order was begun the caller may have rung again. Blocks."""
    try:
        reference = caller.call(card_operations.FIND_CALL, FindCall()).reference
    except (Refusal, Fault):
        reference = known
    return caller.call(
        card_operations.MARK_SPOKEN, MarkSpoken(order_id=order_id, reference=reference)
    )
