"""The page of one order: from the centre or, where that cannot be asked, what this desk holds.

Keeps what is personal back until the caller has shown whose order it is. Prints what is shown.
Touches no widget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Caller
from app.services.rules.order_standing import page_at_desk
from app.services.rules.regions import RegionRules
from app.services.rules.version_on_paper import paper_of
from app.ui.background import Background, Lane, Latest
from app.ui.formatting import clock_time
from app.ui.notices import Kind, Notice, notice_of
from app.ui.paper_maker import Opener, PaperMaker, PaperWish
from app.ui.printing import Printer
from app.values.clock import Clock
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import ChangeId, OrderId
from app.values.order_life import ChangeState, IdentityLevel, OrderAct
from app.values.order_number import OrderNumber, grouped, parse_order_number
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.order_changes import ChangeSent, ChangeView, WithdrawChange
from app.wire.order_operations import ASK_ORDER_PAGE, PRINT_ORDER, WITHDRAW_CHANGE
from app.wire.order_page import AskOrderPage, OrderPage
from app.wire.orders import MakePaper, Paper, PersonNamed, PlacedOrder
from app.wire.outbox import OpenSentOrder
from app.wire.outbox_operations import OPEN_SENT_ORDER
from app.wire.people import PersonView

AMENDING = frozenset(
    {
        OrderAct.QUANTITY_MORE,
        OrderAct.QUANTITY_LESS,
        OrderAct.ADD_LINE,
        OrderAct.REMOVE_LINE,
        OrderAct.PRICE,
        OrderAct.ADDRESS,
        OrderAct.BILLING,
        OrderAct.CONTACT,
        OrderAct.DATE,
        OrderAct.METHOD,
        OrderAct.NOTES,
        OrderAct.PAYMENT,
    }
)
"""What is changed in the call screen."""

CANCELLING = frozenset({OrderAct.CANCEL_ORDER, OrderAct.CANCEL_LINE})
UNDOING = frozenset({OrderAct.UNDO})
COLLECTING = frozenset({OrderAct.COLLECT})
GIVING = frozenset({OrderAct.GOODWILL})


Regions = Mapping[Region, RegionRules]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPageState:
    """What the screen shows.

    `asking`: a number is typed, which stands in `number_text`; `problem` is what of it.
    `is_local`: only this desk holds `page` so far, or the centre cannot be asked, which `away`
    says. `level`: what may be said to the caller. `changed_at`: when something else was last found
    here than what had been shown, without anybody asking.
    """

    asking: bool = False
    number_text: str = ""
    problem: str = ""
    loading: bool = False
    page: OrderPage | None = None
    is_local: bool = False
    away: str = ""
    level: IdentityLevel = IdentityLevel.ALL
    making_paper: bool = False
    changed_at: datetime | None = None

    @property
    def shows_all(self) -> bool:
        """Whether there is an order and what is personal of it may be seen."""
        return self.page is not None and self.level is IdentityLevel.ALL

    @property
    def request(self) -> ChangeView | None:
        """The newest change that could not be carried out as it was asked for, and still waits."""
        changes = self.page.changes if self.page is not None and self.shows_all else ()
        waits = [one for one in changes if one.state is ChangeState.OPEN]
        return max(waits, key=lambda one: one.at, default=None)

    def why_not(self, acts: frozenset[OrderAct]) -> str:
        """Why none of these can be done now, in the first of their sentences; empty: one can."""
        if self.page is None:
            return "No order is shown."
        if self.level is not IdentityLevel.ALL:
            return "First the caller shows that the order is theirs."
        found = [one.obstacle for one in self.page.may if one.act in acts]
        if not found or not all(found):
            return "" if found else "That is not known before the centre has the order."
        return found[0]


class OrderPresenter(QObject):
    """Holds one OrderPageState.

    `amend_asked`, `collect_asked`, `cancel_asked`, `undo_asked`, `goodwill_asked` carry the page
    they are about; `protocol_asked` the PlacedOrder of an order of this desk, `protocol_at_centre`
    the OrderPage.
    `opened` comes with the page whenever another order is shown, before anybody has seen it.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    opened = Signal(object)
    amend_asked = Signal(object)
    collect_asked = Signal(object)
    cancel_asked = Signal(object)
    undo_asked = Signal(object)
    goodwill_asked = Signal(object)
    protocol_asked = Signal(object)
    protocol_at_centre = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        opener: Opener,
        printer: Printer,
        regions: Regions,
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._regions = regions
        self._clock = clock
        self._latest = Latest()
        self._papers = PaperMaker(background, opener, printer, self)
        self._papers.changed.connect(self._follow_paper)
        self._papers.notice.connect(self.notice)
        self._request: AskOrderPage | None = None
        self._withdrawing: ChangeId | None = None
        self._state = OrderPageState()

    @property
    def state(self) -> OrderPageState:
        """What is shown now."""
        return self._state

    def ask(self) -> None:
        """Which order? Nothing is shown until a number is given."""
        self._latest.forget()
        self._papers.begin(None)
        self._request = None
        self._show(OrderPageState(asking=True))

    def show_order(self, order_id: OrderId, number: OrderNumber) -> None:
        """An order that the centre should hold."""
        self._begin(AskOrderPage(order_id=order_id), grouped(number))

    def show_placed(self, placed: PlacedOrder, by: PersonView | None = None) -> None:
        """An order placed at this desk: at once as the desk holds it, then as the centre does."""
        order_id = placed.document.order_id
        self._request = AskOrderPage(order_id=order_id)
        self._latest.forget()
        self._show(OrderPageState(number_text=grouped(placed.number), loading=True))
        self._take(_Found(page=_at_desk(placed, self._regions, by), is_local=True))
        self._state = replace(self._state, loading=True)
        self.state_changed.emit(self._state)
        self._ask_centre()

    def type_number(self, text: str) -> None:
        """What stands in the field."""
        self._show(replace(self._state, number_text=text, problem=""))

    def find(self) -> None:
        """The order of the number in the field."""
        try:
            number = parse_order_number(self._state.number_text)
        except Refusal as refusal:
            self._show(replace(self._state, problem=refusal.sentence))
            return
        self._begin(AskOrderPage(number=number), grouped(number), asking=True)

    @Slot()
    def refresh(self) -> None:
        """Ask again for what is shown; it stays until there is an answer."""
        if self._request is not None:
            self._show(replace(self._state, loading=True))
            self._ask_centre()

    def follow(self) -> None:
        """Time has passed, or something was heard: as `refresh`, unseen unless it is news.

        Nothing is asked while an answer is under way or a paper is made of what is shown.
        """
        page, state = self._state.page, self._state
        if page is None or state.loading or state.making_paper:
            return
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, ASK_ORDER_PAGE, AskOrderPage(order_id=_key(page))),
            owner=self,
            then=self._take_news,
            failed=self._pass_over,
            question=self._latest.ask(),
        )

    def set_level(self, level: IdentityLevel) -> None:
        """What may be said to the caller from now on."""
        self._show(replace(self._state, level=level))

    @Slot()
    def amend(self) -> None:
        """Change it in the call screen; what cannot be changed is said instead."""
        self._want(AMENDING, self.amend_asked)

    @Slot()
    def collect(self) -> None:
        """Take a card for what is open, in the call screen."""
        self._want(COLLECTING, self.collect_asked)

    @Slot()
    def cancel(self) -> None:
        """Cancel it, whole or in part."""
        self._want(CANCELLING, self.cancel_asked)

    @Slot()
    def undo(self) -> None:
        """Take the last change back."""
        self._want(UNDOING, self.undo_asked)

    @Slot()
    def give(self) -> None:
        """Give something for the trouble."""
        self._want(GIVING, self.goodwill_asked)

    @Slot()
    def withdraw(self) -> None:
        """Take the open request back, so that the caller is asked anew; asked twice it is done."""
        request, sure_of = self._state.request, self._withdrawing
        self._withdrawing = request.change_id if request is not None else None
        if request is None:
            words = self.tr("There is no request about this order that could be taken back.")
            self.notice.emit(notice_of(Refusal("nothing_open", words)))
        elif sure_of != request.change_id:
            words = self.tr("The same key again takes back what was asked for at {time}.")
            said = words.format(time=clock_time(request.at))
            self.notice.emit(Notice(kind=Kind.WARN, sentence=said))
        else:
            self._withdrawing = None
            self._background.run(
                Lane.NETWORK,
                partial(
                    self._caller.call, WITHDRAW_CHANGE, WithdrawChange(change_id=request.change_id)
                ),
                owner=self,
                then=self._withdrawn,
                failed=self._complain,
            )

    def _withdrawn(self, sent: ChangeSent) -> None:
        self.notice.emit(Notice(kind=Kind.DONE, sentence=sent.sentence))
        self.refresh()

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    @Slot()
    def show_protocol(self) -> None:
        """How it was read back."""
        page = self._state.page
        if page is None or not self._state.shows_all:
            return
        if self._state.is_local:
            self.protocol_asked.emit(page.order.placed)
        else:
            self.protocol_at_centre.emit(page)

    @Slot()
    def show_pdf(self) -> None:
        """Open the confirmation in the program for PDF files."""
        if self._state.shows_all:
            self._papers.want(PaperWish.SHOW)

    @Slot()
    def print_paper(self) -> None:
        """Print the confirmation."""
        if self._state.shows_all:
            self._papers.want(PaperWish.PRINT)

    def _want(self, acts: frozenset[OrderAct], asked: object) -> None:
        why_not = self._state.why_not(acts)
        if why_not:
            self.notice.emit(Notice(kind=Kind.INFO, sentence=why_not))
        elif self._state.page is not None:
            asked.emit(self._state.page)  # type: ignore[attr-defined] # a bound signal has no type of its own

    def _begin(self, request: AskOrderPage, number: str, *, asking: bool = False) -> None:
        self._latest.forget()
        self._papers.begin(None)
        self._request = request
        self._show(OrderPageState(number_text=number, loading=True, asking=asking))
        self._ask_centre()

    def _ask_centre(self) -> None:
        if self._request is not None:
            self._background.run(
                Lane.NETWORK,
                partial(_found, self._caller, self._request, self._regions),
                owner=self,
                then=self._take,
                failed=self._not_found,
                question=self._latest.ask(),
            )

    def _take_news(self, page: OrderPage) -> None:
        before = self._state.page
        if before is None or self._state.making_paper:
            return
        # What may be done goes by the clock, too: that alone is no news.
        is_same = msgspec.structs.replace(page, may=before.may) == before
        is_news = not is_same and not self._state.is_local
        self._take(_Found(page=page), self._clock.now() if is_news else self._state.changed_at)

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """What is shown stays until the next answer."""

    def _take(self, found: _Found, changed_at: datetime | None = None) -> None:
        page, before = found.page, self._state.page
        is_other = before is None or _key(before) != _key(page)
        if is_other or before != page:
            self._papers.begin(partial(_paper, self._caller, page, is_local=found.is_local))
        if is_other:
            self.opened.emit(page)
        self._show(
            replace(
                self._state,
                page=page,
                asking=False,
                number_text=grouped(page.order.placed.number),
                is_local=found.is_local,
                away=found.away,
                loading=False,
                problem="",
                changed_at=changed_at,
            )
        )

    def _not_found(self, error: Refusal | Fault) -> None:
        page = self._state.page
        if page is None:
            self._show(replace(self._state, loading=False, asking=True, problem=error.sentence))
        elif isinstance(error, Unreachable):
            self._show(replace(self._state, loading=False, away=error.sentence))
        else:
            self._show(replace(self._state, loading=False))
            if not self._state.is_local or isinstance(error, Fault):
                self.notice.emit(notice_of(error))  # else it is on its way to the centre

    def _follow_paper(self) -> None:
        self._show(replace(self._state, making_paper=self._papers.is_busy))

    def _show(self, state: OrderPageState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A page, and whether it is only what the desk holds; `away` says why."""

    page: OrderPage
    is_local: bool = False
    away: str = ""


def _key(page: OrderPage) -> OrderId:
    return page.order.placed.document.order_id


def _found(caller: Caller, request: AskOrderPage, regions: Regions) -> _Found:
    """As the centre holds it; where that cannot be asked, as this desk does. Blocks."""
    try:
        return _Found(page=caller.call(ASK_ORDER_PAGE, request))
    except Unreachable as fault:
        kept = _kept_here(caller, request.order_id)
        if kept is None:
            raise
        return _Found(page=_at_desk(kept, regions), is_local=True, away=fault.sentence)
    except Refusal as refusal:
        kept = _kept_here(caller, request.order_id) if refusal.code == "order_unknown" else None
        if kept is None:
            raise
        return _Found(page=_at_desk(kept, regions), is_local=True)


def _kept_here(caller: Caller, order_id: OrderId | None) -> PlacedOrder | None:
    if order_id is None:
        return None
    try:
        return caller.call(OPEN_SENT_ORDER, OpenSentOrder(order_id=order_id))
    except (Refusal, Fault):
        return None


def _at_desk(placed: PlacedOrder, regions: Regions, by: PersonView | None = None) -> OrderPage:
    """With the name of who placed it, where that is who is signed in."""
    rules = regions[placed.document.region]
    if by is None or by.person_id != placed.placed_by:
        return page_at_desk(placed, rules)
    return page_at_desk(placed, rules, (PersonNamed(person_id=by.person_id, name=by.name),))


def _paper(caller: Caller, page: OrderPage, *, is_local: bool) -> Paper:
    """The confirmation of the version that is shown. Blocks."""
    order = page.order
    if is_local:
        paper = MakePaper(order_id=order.placed.document.order_id, copy=True)
        return caller.call(operations.MAKE_PAPER, paper)
    return caller.call(PRINT_ORDER, paper_of(page))
