"""Orders begun and not placed, those colleagues offer, and numbers a caller has not heard yet.

Reads the seat's own store on the READ lane, the centre on the NETWORK lane; a list without the
centre is a list all the same. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import Kind, Notice, notice_of
from app.ui.screens.drafts.rows import READ_ONLY, DraftRow, Stand, rows_of
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, PersonId
from app.wire import operations
from app.wire.handover import (
    AskColleagues,
    AskOffered,
    Colleagues,
    HandOver,
    OfferedDraft,
    OfferedDrafts,
    TakeBack,
    TakeOver,
)
from app.wire.handover_operations import (
    BRING_BACK,
    COLLEAGUES,
    HAND_OVER,
    OFFERED_DRAFTS,
    TAKE_OVER,
)
from app.wire.message import Nothing
from app.wire.operation import Operation
from app.wire.orders import (
    Drafts,
    DraftSummary,
    ListDrafts,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    VoidDraft,
)
from app.wire.people import PersonView

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsState:
    """What the list shows.

    `asking_to_void` and `asking_to_give` are the draft that is about to be given up, or away to one
    of `colleagues`. `busy`: the centre is being asked.
    """

    drafts: tuple[DraftSummary, ...] = ()
    offered: tuple[OfferedDraft, ...] = ()
    rows: tuple[DraftRow, ...] = ()
    number_not_given: tuple[PlacedOrder, ...] = ()
    loaded: bool = False
    asking_to_void: DraftRow | None = None
    asking_to_give: DraftRow | None = None
    colleagues: tuple[PersonView, ...] = ()
    busy: bool = False
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
        self, caller: Caller, background: Background, clock: Clock, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._lists = Latest()
        self._offers = Latest()
        self._openings = Latest()
        self._give_next: OrderId | None = None
        self._state = DraftsState()

    @property
    def state(self) -> DraftsState:
        """What is shown now."""
        return self._state

    def refresh(self) -> None:
        """Read both lists anew."""
        self._background.run(
            Lane.READ,
            partial(self._caller.call, operations.LIST_DRAFTS, ListDrafts()),
            owner=self,
            then=self._list,
            failed=self._fail,
            question=self._lists.ask(),
        )
        self.ask_offered()

    def ask_offered(self) -> None:
        """Ask quietly what colleagues offer; without an answer what was known stays."""
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, OFFERED_DRAFTS, AskOffered()),
            owner=self,
            then=self._take_offered,
            failed=self._pass_over,
            question=self._offers.ask(),
        )

    def open(self, order_id: OrderId) -> None:
        """Go on with a draft; one that a colleague offers is taken over first."""
        row = self._row(order_id)
        if row is not None and row.offered is not None:
            if not self._state.busy:
                take = TakeOver(handover_id=row.offered.handover_id)
                self._ask_centre(TAKE_OVER, take, self._taken_over)
            return
        if row is not None and row.stand in READ_ONLY:
            sentence = self.tr("{words}. It can only be read of here.").format(words=row.words)
            if row.stand is Stand.AWAY:
                sentence = self.tr("{words}. B takes it back.").format(words=row.words)
            self.notice.emit(Notice(kind=Kind.INFO, sentence=sentence))
            return
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
        self._show(
            replace(
                self._state,
                asking_to_void=self._own_row(order_id),
                asking_to_give=None,
                sentence="",
            )
        )

    def ask_to_give(self, order_id: OrderId) -> None:
        """Handing a draft over asks to whom first."""
        row = self._own_row(order_id)
        if row is None:
            self._give_next = order_id
            return
        self._show(replace(self._state, asking_to_give=row, asking_to_void=None, sentence=""))
        self._ask_centre(COLLEAGUES, AskColleagues(), self._take_colleagues)

    def keep(self) -> None:
        """The draft is neither given up nor away after all."""
        self._show(replace(self._state, asking_to_void=None, asking_to_give=None, sentence=""))

    def give(self, person_id: PersonId) -> None:
        """Hand the draft over to this colleague."""
        row = self._state.asking_to_give
        to = next((one for one in self._state.colleagues if one.person_id == person_id), None)
        if row is None or to is None or self._state.busy:
            return
        asked = HandOver(order_id=row.order_id, to_person=to.person_id, to_name=to.name)
        self._ask_centre(HAND_OVER, asked, partial(self._given, to.name))

    def take_back(self, order_id: OrderId) -> None:
        """The draft is to be this desk's again."""
        row = self._row(order_id)
        if row is not None and row.stand is Stand.AWAY and not self._state.busy:
            self._ask_centre(BRING_BACK, TakeBack(order_id=order_id), self._brought_back)

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

    def _row(self, order_id: OrderId) -> DraftRow | None:
        return next((row for row in self._state.rows if row.order_id == order_id), None)

    def _own_row(self, order_id: OrderId) -> DraftRow | None:
        """A draft of this desk that may be changed here."""
        row = self._row(order_id)
        if row is None or row.offered is not None or row.stand in READ_ONLY:
            return None
        return row

    def _ask_centre(
        self, operation: Operation[Q, A], request: Q, then: Callable[[A], None]
    ) -> None:
        self._show(replace(self._state, busy=True, sentence=""))
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operation, request),
            owner=self,
            then=partial(self._answered, then),
            failed=self._fail_at_centre,
        )

    def _answered(self, then: Callable[[A], None], answer: A) -> None:
        self._show(replace(self._state, busy=False))
        then(answer)

    def _list(self, drafts: Drafts) -> None:
        state = replace(
            self._state,
            drafts=drafts.drafts,
            number_not_given=drafts.number_not_given,
            loaded=True,
        )
        self._show(self._with_rows(state))
        give, self._give_next = self._give_next, None
        if give is not None and self._own_row(give) is not None:
            self.ask_to_give(give)

    def _take_offered(self, offered: OfferedDrafts) -> None:
        self._show(self._with_rows(replace(self._state, offered=offered.drafts)))

    def _with_rows(self, state: DraftsState) -> DraftsState:
        here = {draft.order_id for draft in state.drafts if draft.handed is None}
        offered = tuple(one for one in state.offered if one.order_id not in here)
        return replace(state, rows=rows_of(state.drafts, offered, self._clock.now()))

    def _take_colleagues(self, colleagues: Colleagues) -> None:
        sentence = "" if colleagues.people else self.tr("Nobody else takes orders here.")
        self._show(replace(self._state, colleagues=colleagues.people, sentence=sentence))

    def _given(self, name: str, _done: Nothing) -> None:
        self.keep()
        sentence = self.tr("{name} sees the order now. Until it is taken, B takes it back.")
        self.notice.emit(Notice(kind=Kind.DONE, sentence=sentence.format(name=name)))
        self.refresh()

    def _taken_over(self, document: OrderDocument) -> None:
        self._show(
            self._with_rows(
                replace(
                    self._state,
                    offered=tuple(
                        one for one in self._state.offered if one.order_id != document.order_id
                    ),
                )
            )
        )
        self.opened.emit(document)

    def _brought_back(self, _done: Nothing) -> None:
        self.notice.emit(Notice(kind=Kind.DONE, sentence=self.tr("The order is yours again.")))
        self.refresh()

    def _open(self, document: OrderDocument) -> None:
        self.opened.emit(document)

    def _voided(self, _done: Nothing) -> None:
        self._show(replace(self._state, asking_to_void=None, sentence=""))
        self.refresh()

    def _fail_at_centre(self, error: Refusal | Fault) -> None:
        """What was offered, or could be given, may stand otherwise by now."""
        self._show(replace(self._state, busy=False, asking_to_give=None))
        self._fail(error)
        self.refresh()

    def _fail(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """Connectivity is told in the call bar."""

    def _show(self, state: DraftsState) -> None:
        self._state = state
        self.state_changed.emit(state)
