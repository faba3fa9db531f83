"""Goodwill on the order page: how much, what for, what will become of it, and giving it once.

Each has an id from when it is first asked for until the centre has said what came of it, also while
the panel is closed: an answer that is lost does not make two of it. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Caller
from app.ui import formatting
from app.ui.background import Background, Lane
from app.ui.notices import Kind, Notice, notice_of
from app.ui.screens.order import goodwill_words
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import GoodwillId, Ids, OrderId
from app.values.money import Money, parse_money
from app.wire.order_changes import GiveGoodwill, RefundsMade
from app.wire.order_operations import GIVE_GOODWILL
from app.wire.order_page import OrderPage

REASON_LONGEST = 200


class GoodwillStage(StrEnum):
    """How far it is."""

    CLOSED = "closed"
    WRITING = "writing"
    SENDING = "sending"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodwillState:
    """What the panel shows.

    `malformed`: why what is typed is no amount. `is_unsure`: it was asked for, and nobody knows
    what came of it. `told`: what came of it.
    """

    stage: GoodwillStage = GoodwillStage.CLOSED
    page: OrderPage | None = None
    amount_text: str = ""
    amount: Money | None = None
    malformed: str = ""
    reason: str = ""
    is_unsure: bool = False
    problem: str = ""
    told: str = ""

    @property
    def foretold(self) -> str:
        """What will become of it; empty while that is not known."""
        if self.page is None or self.amount is None or not self.amount.minor or self.too_much:
            return ""
        return goodwill_words.foretold(self.page, self.amount)

    @property
    def too_much(self) -> str:
        """That the order comes to less. What may be given already is not in the way of itself."""
        if self.page is None or self.amount is None or self.is_unsure:
            return ""
        left = goodwill_words.left_to_give(self.page)
        if self.amount.minor <= left.minor:
            return ""
        return f"That is more than the order comes to: {formatting.money(left)} is left of it."

    @property
    def why_not(self) -> str:
        """Why it cannot be given yet, in words; empty: Ctrl+Enter gives it."""
        if self.stage is GoodwillStage.SENDING:
            return "One moment."
        if self.stage is not GoodwillStage.WRITING:
            return "There is nothing to be done here."
        if self.amount is None or not self.amount.minor:
            return self.malformed or "Please say how much is given."
        if self.too_much:
            return self.too_much
        return "" if self.reason.strip() else "Please say what it is given for."


class GoodwillPresenter(QObject):
    """Holds one GoodwillState. `done` says that the page is another one now."""

    state_changed = Signal(object)
    notice = Signal(object)
    done = Signal()

    def __init__(
        self, caller: Caller, background: Background, ids: Ids, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._ids = ids
        self._unanswered: dict[OrderId, GiveGoodwill] = {}
        self._under_way: set[OrderId] = set()
        self._state = GoodwillState()

    @property
    def state(self) -> GoodwillState:
        """What is shown now."""
        return self._state

    def open(self, page: OrderPage) -> None:
        """Give something for this order; what was asked for and not answered is gone on with."""
        order_id = page.order.placed.document.order_id
        state = GoodwillState(stage=GoodwillStage.WRITING, page=page)
        asked = self._unanswered.get(order_id)
        if asked is not None:
            is_under_way = order_id in self._under_way
            state = replace(
                state,
                stage=GoodwillStage.SENDING if is_under_way else GoodwillStage.WRITING,
                amount_text=str(asked.amount),
                amount=asked.amount,
                reason=asked.reason,
                is_unsure=not is_under_way,
            )
        self._show(state)

    def follow(self, page: OrderPage | None) -> None:
        """The page of the order as it is by now; of another one, or none, it is no more."""
        mine = self._state.page
        if mine is None:
            return
        if page is None or _id_of(page) != _id_of(mine):
            self.close()
        else:
            self._show(replace(self._state, page=page))

    @Slot()
    def close(self) -> None:
        """Put the panel away; what was sent is heard of all the same."""
        self._show(GoodwillState())

    @Slot(str)
    def set_amount(self, text: str) -> None:
        """What stands in the field."""
        state = self._state
        if state.stage is not GoodwillStage.WRITING or state.page is None:
            return
        amount, malformed = None, ""
        try:
            amount = parse_money(text, state.page.order.placed.document.currency)
        except Refusal as refusal:
            malformed = refusal.sentence if text.strip() else ""
        self._show(replace(state, amount_text=text, amount=amount, malformed=malformed, problem=""))

    @Slot(str)
    def set_reason(self, text: str) -> None:
        """What it is given for."""
        if self._state.stage is GoodwillStage.WRITING:
            self._show(replace(self._state, reason=text, problem=""))

    @Slot()
    def give(self) -> None:
        """Ctrl+Enter: give it, once."""
        state = self._state
        if state.page is None or state.amount is None or state.why_not:
            return
        order_id = _id_of(state.page)
        before = self._unanswered.get(order_id)
        request = GiveGoodwill(
            goodwill_id=before.goodwill_id if before else GoodwillId(self._ids.new()),
            order_id=order_id,
            amount=state.amount,
            reason=state.reason.strip(),
        )
        if before is None:
            self._unanswered[order_id] = request
        self._under_way.add(order_id)
        self._show(replace(state, stage=GoodwillStage.SENDING, problem=""))
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, GIVE_GOODWILL, request),
            owner=self,
            then=partial(self._given, request, state.page),
            failed=partial(self._not_given, request, was_unsure=before is not None),
        )

    def _given(self, request: GiveGoodwill, page: OrderPage, made: RefundsMade) -> None:
        self._settle(request, goodwill_words.told(page, request.amount, made))

    def _not_given(
        self, request: GiveGoodwill, error: Refusal | Fault, *, was_unsure: bool
    ) -> None:
        """A refusal says that this asking came to nothing, not what came of an earlier one."""
        if isinstance(error, Refusal) and error.code == "goodwill_given":
            self._settle(request, error.sentence)
            return
        self._under_way.discard(request.order_id)
        if isinstance(error, Refusal) and not was_unsure:
            self._unanswered.pop(request.order_id, None)
        if self._is_about(request):
            self._show(
                replace(
                    self._state,
                    stage=GoodwillStage.WRITING,
                    problem=error.sentence,
                    is_unsure=request.order_id in self._unanswered,
                )
            )
        is_broken = isinstance(error, Fault) and not isinstance(error, Unreachable)
        if is_broken or not self._is_about(request):
            self.notice.emit(notice_of(error))

    def _settle(self, request: GiveGoodwill, told: str) -> None:
        self._under_way.discard(request.order_id)
        self._unanswered.pop(request.order_id, None)
        if self._is_about(request):
            self._show(replace(self._state, stage=GoodwillStage.DONE, is_unsure=False, told=told))
        else:
            self.notice.emit(Notice(kind=Kind.DONE, sentence=told))
        self.done.emit()

    def _is_about(self, request: GiveGoodwill) -> bool:
        page = self._state.page
        return page is not None and _id_of(page) == request.order_id

    def _show(self, state: GoodwillState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _id_of(page: OrderPage) -> OrderId:
    return page.order.placed.document.order_id
