"""Orders that were begun and not placed, and orders whose number the caller has not heard yet.

Reads the seat's own store on the READ lane; opening and giving up are asked of the desk's service.
Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.values.card import refuse_card_digits
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.message import Nothing
from app.wire.orders import (
    Drafts,
    DraftSummary,
    ListDrafts,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    VoidDraft,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsState:
    """What the list shows. `asking_to_void` is the draft that is about to be given up."""

    drafts: tuple[DraftSummary, ...] = ()
    number_not_given: tuple[PlacedOrder, ...] = ()
    loaded: bool = False
    asking_to_void: DraftSummary | None = None
    sentence: str = ""


class DraftsPresenter(QObject):
    """Holds one DraftsState.

    `opened(OrderDocument)` and `number_asked_for(PlacedOrder)` lead to other screens.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    opened = Signal(object)
    number_asked_for = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._lists = Latest()
        self._openings = Latest()
        self._state = DraftsState()

    @property
    def state(self) -> DraftsState:
        """What is shown now."""
        return self._state

    def refresh(self) -> None:
        """Read the list anew."""
        self._background.run(
            Lane.READ,
            partial(self._caller.call, operations.LIST_DRAFTS, ListDrafts()),
            owner=self,
            then=self._list,
            failed=self._fail,
            question=self._lists.ask(),
        )

    def open(self, order_id: OrderId) -> None:
        """Go on with a draft."""
        self._background.run(
            Lane.READ,
            partial(self._caller.call, operations.OPEN_DRAFT, OpenDraft(order_id=order_id)),
            owner=self,
            then=self._open,
            failed=self._fail,
            question=self._openings.ask(),
        )

    def give_number(self, order_id: OrderId) -> None:
        """Show the number of a placed order whose caller has not heard it."""
        placed = next(
            (p for p in self._state.number_not_given if p.document.order_id == order_id), None
        )
        if placed is not None:
            self.number_asked_for.emit(placed)

    def ask_to_void(self, order_id: OrderId) -> None:
        """Giving up a draft asks for a reason first."""
        draft = next((d for d in self._state.drafts if d.order_id == order_id), None)
        self._show(replace(self._state, asking_to_void=draft, sentence=""))

    def keep(self) -> None:
        """The draft is not given up after all."""
        self._show(replace(self._state, asking_to_void=None, sentence=""))

    def void(self, reason: str) -> None:
        """Give the draft up for this reason; it is kept for the record."""
        draft = self._state.asking_to_void
        if draft is None:
            return
        if not reason.strip():
            self._show(
                replace(self._state, sentence=self.tr("Say in a few words why it is given up."))
            )
            return
        try:
            reason = refuse_card_digits(reason.strip()[:200], "reason")
        except Refusal as refusal:
            self._show(replace(self._state, sentence=refusal.sentence))
            return
        self._background.run(
            Lane.WRITE,
            partial(
                self._caller.call,
                operations.VOID_DRAFT,
                VoidDraft(order_id=draft.order_id, reason=reason),
            ),
            owner=self,
            then=self._voided,
            failed=self._fail,
        )

    def _list(self, drafts: Drafts) -> None:
        self._show(
            replace(
                self._state,
                drafts=drafts.drafts,
                number_not_given=drafts.number_not_given,
                loaded=True,
            )
        )

    def _open(self, document: OrderDocument) -> None:
        self.opened.emit(document)

    def _voided(self, _done: Nothing) -> None:
        self._show(replace(self._state, asking_to_void=None, sentence=""))
        self.refresh()

    def _fail(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _show(self, state: DraftsState) -> None:
        self._state = state
        self.state_changed.emit(state)
