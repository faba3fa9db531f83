"""What needs a person: the list, the item in hand, and the decision about it.

Everything is asked on the NETWORK lane; answers to older questions are dropped. An item is claimed
before it is decided, renewed while it stands here, and let go when somebody turns to another one or
leaves. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.ui import shortcuts
from app.ui.background import Background, Lane, Latest
from app.ui.notices import Kind, Notice, notice_of
from app.ui.screens.worklist import deciding, words
from app.ui.screens.worklist.asking import claim_next, detail_of
from app.ui.screens.worklist.state import Detail, Form, WorkState
from app.values.card import find_card_number
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, PersonId
from app.values.worklist import WorkAct, WorkKind
from app.wire.message import PAGE_ROWS_MOST
from app.wire.worklist import (
    ClaimedWork,
    ClaimWork,
    LeaveWork,
    ListWork,
    WorkItem,
    WorkItemId,
    WorkPage,
)
from app.wire.worklist_operations import CLAIM_WORK, LEAVE_WORK, LIST_WORK

T = TypeVar("T")
EVERY_MS = 30_000
_RENEW_EVERY = 10
"""A claim is renewed at every so many refreshes: each five minutes of its fifteen."""
_OVERTAKEN = frozenset(
    {
        "change_settled",
        "claimed",
        "not_held",
        "not_waiting",
        "order_cancelled",
        "order_changed",
        "refund_settled",
        "task_settled",
        "task_unknown",
    }
)
"""Refusals that say: what is shown is not how it is."""


class WorklistPresenter(QObject):
    """Holds one WorkState. `order_chosen(order_id, number)` leads to the page of an order."""

    state_changed = Signal(object)
    notice = Signal(object)
    order_chosen = Signal(object, object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        clock: Clock,
        ids: Ids,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._ids = ids
        self._lists = Latest()
        self._details = Latest()
        self._claims = Latest()
        self._rounds = 0
        self._stays = False
        self._by: PersonId | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.follow)
        self._state = WorkState()

    @property
    def state(self) -> WorkState:
        """What is shown now."""
        return self._state

    def now(self) -> datetime:
        """What ages are told by."""
        return self._clock.now()

    def begin(self, by: PersonId | None = None) -> None:
        """The screen was opened anew: nothing of what stood there before.

        Where the same person left in the middle of a decision, it is as they left it.
        """
        if by is not None and by == self._by and self._state.form is not None:
            return
        self._by = by
        for questions in (self._lists, self._details, self._claims):
            questions.forget()
        self._let_go()
        self._show(WorkState())
        self._read()

    def come(self) -> None:
        """The screen is in view: it is kept up to date from now on."""
        self._stays = False
        self._timer.start()
        if self._state.loaded:
            self._read(quietly=True)
        if self._state.form is not None or self._state.mine is not None:
            self._keep_claim()

    def go(self) -> None:
        """The screen is out of view; what was claimed is let go, unless its order is looked at."""
        self._timer.stop()
        if not self._stays:
            self._let_go()
            self._show(replace(self._state, mine=None, claiming=False))

    @Slot()
    def refresh(self) -> None:
        """Read anew what is shown."""
        self._read()
        self._look()

    @Slot()
    def follow(self) -> None:
        """Time has passed: as `refresh`, without complaints; a claim is renewed."""
        self._read(quietly=True)
        self._rounds += 1
        if self._state.mine is not None and self._rounds % _RENEW_EVERY == 0:
            self._keep_claim()

    def show_kind(self, kind: WorkKind | None) -> None:
        """List one kind only; None all of them."""
        if self._state.form is None and kind is not self._state.kind:
            self._show(replace(self._state, kind=kind, items=(), loaded=False))
            self._read()

    def more(self) -> None:
        """Another page behind the last."""
        if self._state.more and self._state.items:
            last = self._state.items[-1]
            self._read(after=last)

    def choose(self, item: WorkItemId | None) -> None:
        """Look at this one; what was claimed before is let go."""
        before = self._state.chosen
        if item is None or (before is not None and before.item == item):
            return
        found = next((one for one in self._state.items if one.item == item), None)
        if found is None:
            return
        self._let_go()
        self._show(_looking_at(self._state, found))
        self._look()

    @Slot()
    def next(self) -> None:
        """The next one that nobody is at is claimed and shown; the first time, the oldest."""
        state = self._state
        kinds = () if state.kind is None else (state.kind,)
        at = state.chosen
        if at is not None and state.mine is None and state.items and state.items[0].item == at.item:
            at = None  # the cursor stands there by itself
        request = ClaimWork(
            kinds=kinds,
            after=at.item if at is not None else None,
            after_since=at.since if at is not None else None,
        )
        before = state.mine
        self._show(replace(state, claiming=True, form=None))
        self._ask(
            partial(claim_next, self._caller, request, before),
            self._go_on,
            self._fail,
            self._claims,
        )

    def want(self, act: WorkAct) -> None:
        """Begin a decision; the item is claimed first."""
        state, item = self._state, self._state.chosen
        if item is None or state.form is not None or state.claiming:
            return
        if act not in state.acts:
            self._say(self._why_not(act))
        elif state.mine == item.item:
            self._open(act)
        else:
            self._show(replace(state, claiming=True))
            claim = partial(self._caller.call, CLAIM_WORK, ClaimWork(item=item.item))
            self._ask(claim, partial(self._claimed, act), self._not_claimed, self._claims)

    def choose_in_form(self, choice: str) -> None:
        """One of what the form offers."""
        self._fill(choice=choice)

    def write(self, note: str) -> None:
        """The line of text; a card number is not taken."""
        if find_card_number(note) is None:
            self._fill(note=note[: deciding.NOTE_LONGEST])
        else:
            taken = self.tr("Card numbers are typed in the card fields only; it was taken out.")
            self._fill(note="", problem=taken)

    def take(self, field: str, *, wanted: bool) -> None:
        """What was said of a field holds, or not."""
        form = self._state.form
        if form is not None:
            self._fill(take=form.take | {field} if wanted else form.take - {field})

    @Slot()
    def keep(self) -> None:
        """Decide nothing just now."""
        if self._state.form is not None and not self._state.form.sending:
            self._show(replace(self._state, form=None))

    @Slot()
    def decide(self) -> None:
        """Do what the form says."""
        form, item = self._state.form, self._state.chosen
        if form is None or item is None or form.sending:
            return
        missing = deciding.why_not_yet(form, self.shape())
        if missing:
            self._fill(problem=missing)
            return
        try:
            operation, request = deciding.asking(form, item, self._state.detail, self._ids)
        except Refusal as refusal:
            self._fill(problem=refusal.sentence)
            return
        self._fill(sending=True, problem="")
        self._ask(
            partial(self._caller.call, operation, request),
            partial(self._decided, form.act, item),
            self._not_decided,
        )

    def shape(self) -> deciding.Shape:
        """What the form that is open asks for."""
        state = self._state
        if state.form is None or state.chosen is None:
            return deciding.Shape()
        return deciding.shape_of(state.form.act, state.chosen, state.detail)

    @Slot()
    def open_order(self) -> None:
        """The page of the order; what was claimed stays so meanwhile."""
        item = self._state.chosen
        if item is not None and item.order_id is not None and item.number is not None:
            self._stays = True
            self.order_chosen.emit(item.order_id, item.number)

    def _why_not(self, act: WorkAct) -> str:
        state = self._state
        if state.taken_by:
            return self.tr("{who} is at it just now.").format(who=state.taken_by)
        hints = state.chosen.hints if state.chosen is not None else ()
        key = shortcuts.label(words.act_key(act))
        cannot = self.tr("{act}: that cannot be done here.").format(act=key)
        return " ".join((cannot, *hints))

    def _open(self, act: WorkAct) -> None:
        item = self._state.chosen
        if item is not None:
            shape = deciding.shape_of(act, item, self._state.detail)
            first = shape.choices[0][0] if shape.choices else ""
            form = Form(act=act, choice=first, note=shape.begins_with)
            self._show(replace(self._state, form=form, done=None))

    def _fill(
        self,
        *,
        choice: str | None = None,
        note: str | None = None,
        take: frozenset[str] | None = None,
        problem: str = "",
        sending: bool = False,
    ) -> None:
        form = self._state.form
        if form is not None:
            form = Form(
                act=form.act,
                choice=form.choice if choice is None else choice,
                note=form.note if note is None else note,
                take=form.take if take is None else take,
                problem=problem,
                sending=sending,
            )
            self._show(replace(self._state, form=form))

    def _read(self, *, quietly: bool = False, after: WorkItem | None = None) -> None:
        state = self._state
        request = ListWork(
            kinds=() if state.kind is None else (state.kind,),
            after=after.item if after is not None else None,
            after_since=after.since if after is not None else None,
            limit=min(PAGE_ROWS_MOST, max(50, len(state.items))) if after is None else 50,
        )
        self._ask(
            partial(self._caller.call, LIST_WORK, request),
            partial(self._list, behind=state.items if after is not None else ()),
            partial(self._not_read, quietly=quietly),
            self._lists,
        )

    def _list(self, page: WorkPage, *, behind: Sequence[WorkItem] = ()) -> None:
        state = self._state
        shown = {one.item for one in behind}
        items = (*behind, *(one for one in page.items if one.item not in shown))
        before = state.chosen
        chosen = next((one for one in items if before and one.item == before.item), None)
        if chosen is None and before is not None and (state.mine or page.more):
            chosen = before  # it may stand on a later page
        counts = tuple((one.kind, one.waiting) for one in page.counts) or state.counts
        state = replace(
            state, items=items, more=page.more, counts=counts, loaded=True, away="", chosen=chosen
        )
        if chosen is None and items:
            self._show(_looking_at(state, items[0]))
            self._look()
        elif chosen is None:
            self._show(replace(state, detail=None, problem="", form=None, mine=None))
        else:
            self._show(state)
            if chosen != before:
                self._look()

    def _not_read(self, error: Refusal | Fault, *, quietly: bool) -> None:
        self._show(replace(self._state, away=error.sentence))
        if not quietly and isinstance(error, Refusal):
            self._complain(error)

    def _look(self) -> None:
        item = self._state.chosen
        if item is not None:
            work = partial(detail_of, self._caller, item)
            self._ask(work, self._seen, self._not_seen, self._details)

    def _seen(self, detail: Detail) -> None:
        if self._state.chosen is not None and self._state.chosen.item == detail.item:
            self._show(replace(self._state, detail=detail, problem=""))

    def _not_seen(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, problem=error.sentence))

    def _claimed(self, act: WorkAct, claimed: ClaimedWork) -> None:
        self._renewed(claimed)
        self._open(act)

    def _keep_claim(self) -> None:
        item = self._state.chosen
        if item is not None:
            claim = partial(self._caller.call, CLAIM_WORK, ClaimWork(item=item.item))
            self._ask(claim, self._renewed, self._not_kept)

    def _renewed(self, claimed: ClaimedWork) -> None:
        item = claimed.item
        if item is None or self._state.chosen is None or self._state.chosen.item != item.item:
            return
        items = _with(self._state.items, item)
        state = replace(self._state, items=items, chosen=item, mine=item.item, claiming=False)
        self._show(state)

    def _not_claimed(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, claiming=False, mine=None))
        self._complain(error)
        self._read(quietly=True)

    def _not_kept(self, error: Refusal | Fault) -> None:
        """A colleague has it, or it is settled; where nobody answers it is tried again."""
        if isinstance(error, Refusal):
            self._show(replace(self._state, mine=None, form=None))
            self._complain(error)
            self._read(quietly=True)

    def _go_on(self, claimed: ClaimedWork) -> None:
        item = claimed.item
        state = replace(self._state, claiming=False, mine=None)
        if item is None:
            self._show(state)
            if state.items:  # else the list itself says that nothing waits
                self._say(self.tr("Nothing waits that nobody is at."))
        else:
            items = _with(state.items, item)
            self._show(replace(_looking_at(state, item), items=items, mine=item.item))
            self._look()
        self._read(quietly=True)

    def _decided(self, act: WorkAct, item: WorkItem, answer: object) -> None:
        done = deciding.done(act, item, answer)
        if done.link is not None:  # it has to be given to the customer before anything else
            self._show(replace(self._state, form=None, done=done))
            self.refresh()
            return
        items = tuple(one for one in self._state.items if one.item != item.item)
        self._show(replace(self._state, items=items, form=None, done=done))
        self.next()

    def _not_decided(self, error: Refusal | Fault) -> None:
        self._fill(problem=error.sentence)
        if isinstance(error, Fault):
            self._complain(error)
        elif error.code in _OVERTAKEN:
            self.refresh()

    def _let_go(self) -> None:
        """In the background, and nobody is told: the claim runs out by itself."""
        mine = self._state.mine
        if mine is not None:
            leave = partial(self._caller.call, LEAVE_WORK, LeaveWork(item=mine))
            self._ask(leave, _pass_over, _pass_over)

    def _ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[Refusal | Fault], None],
        latest: Latest | None = None,
    ) -> None:
        self._background.run(
            Lane.NETWORK,
            work,
            owner=self,
            then=then,
            failed=failed,
            question=latest.ask() if latest is not None else None,
        )

    def _fail(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, claiming=False))
        self._complain(error)

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _say(self, sentence: str) -> None:
        self.notice.emit(Notice(kind=Kind.INFO, sentence=sentence))

    def _show(self, state: WorkState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _looking_at(state: WorkState, item: WorkItem) -> WorkState:
    """Another item; what was done before it stays told."""
    return replace(state, chosen=item, detail=None, problem="", mine=None, form=None)


def _with(items: Sequence[WorkItem], item: WorkItem) -> tuple[WorkItem, ...]:
    """The list with this item as it is now; one of a later page stands last."""
    known = [one.item for one in items]
    if item.item not in known:
        return (*items, item)
    return tuple(item if one.item == item.item else one for one in items)


def _pass_over(_answer: object) -> None:
    """Nobody waits for it."""
