"""How an order was read back, from the centre or, for an order placed here, from this desk.

Puts the record into words on the lane that read it; prints what is shown. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules.protocol import protocol_of, titles_in
from app.services.rules.regions import RegionRules
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.ui.paper_maker import Opener, PaperMaker, PaperWish
from app.ui.printing import Printer
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.order_number import OrderNumber, grouped, parse_order_number
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.customers import GetOrder
from app.wire.orders import OrderView, PersonNamed, PlacedOrder
from app.wire.people import PersonView
from app.wire.protocol import PrintProtocol, ReadBackProtocol
from app.wire.read_back import AskReadBack, ReadBackEntry
from app.wire.sync import AskStatus

WAITING = "waiting"
"""The state of an order that only this desk knows so far."""

Regions = Mapping[Region, RegionRules]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolState:
    """What the screen shows. `number_text` is what stands in the field, `problem` what of it.

    `away`: the centre could not be asked, and this is what the desk itself holds.
    """

    number_text: str = ""
    problem: str = ""
    loading: bool = False
    protocol: ReadBackProtocol | None = None
    away: str = ""
    making_paper: bool = False


class ProtocolPresenter(QObject):
    """Holds one ProtocolState."""

    state_changed = Signal(object)
    notice = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        opener: Opener,
        printer: Printer,
        regions: Regions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._regions = regions
        self._latest = Latest()
        self._papers = PaperMaker(background, opener, printer, self)
        self._papers.changed.connect(self._follow_paper)
        self._papers.notice.connect(self.notice)
        self._state = ProtocolState()

    @property
    def state(self) -> ProtocolState:
        """What is shown now."""
        return self._state

    def ask(self) -> None:
        """Which order? Nothing is shown until a number is given."""
        self._latest.forget()
        self._papers.begin(None)
        self._show(ProtocolState())

    def show_order(self, order_id: OrderId, number: OrderNumber) -> None:
        """An order that the centre holds."""
        self._begin(number)
        self._ask_centre(GetOrder(order_id=order_id))

    def show_placed(self, placed: PlacedOrder, by: PersonView | None = None) -> None:
        """An order placed at this desk: at once as the desk holds it, then as the centre does."""
        self._begin(placed.number)
        self._run(Lane.READ, partial(_at_desk, self._caller, placed, by), self._complain)

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
        self._begin(number)
        self._ask_centre(GetOrder(number=number))

    def show_pdf(self) -> None:
        """Open the paper in the program for PDF files."""
        self._papers.want(PaperWish.SHOW)

    def print_paper(self) -> None:
        """Print it."""
        self._papers.want(PaperWish.PRINT)

    def _begin(self, number: OrderNumber) -> None:
        self._latest.forget()
        self._papers.begin(None)
        self._show(ProtocolState(number_text=grouped(number), loading=True))

    def _ask_centre(self, request: GetOrder) -> None:
        self._run(Lane.NETWORK, partial(_at_centre, self._caller, request), self._not_found)

    def _run(
        self, lane: Lane, look: Callable[[], OrderView], failed: Callable[[Refusal | Fault], None]
    ) -> None:
        self._background.run(
            lane,
            partial(_in_words, look, self._caller, self._regions),
            owner=self,
            then=self._found,
            failed=failed,
            question=self._latest.ask(),
        )

    def _found(self, found: _Found) -> None:
        self._show(
            replace(self._state, protocol=found.protocol, loading=found.is_local, problem="")
        )
        paper = PrintProtocol(protocol=found.protocol)
        self._papers.begin(partial(self._caller.call, operations.PRINT_PROTOCOL, paper))
        if found.is_local:
            request = GetOrder(order_id=found.order_id)
            look = partial(_at_centre, self._caller, request, found.entries)
            self._run(Lane.NETWORK, look, self._only_here)

    def _only_here(self, error: Refusal | Fault) -> None:
        """The centre does not know it yet, or does not answer: the desk's own record stands."""
        away = error.sentence if isinstance(error, Fault) else ""
        self._show(replace(self._state, loading=False, away=away))

    def _not_found(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, loading=False, problem=error.sentence))

    def _complain(self, error: Refusal | Fault) -> None:
        self._show(replace(self._state, loading=False))
        self.notice.emit(notice_of(error))

    def _follow_paper(self) -> None:
        self._show(replace(self._state, making_paper=self._papers.is_busy))

    def _show(self, state: ProtocolState) -> None:
        self._state = state
        self.state_changed.emit(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An order in words, and the record it is from."""

    order_id: OrderId
    entries: tuple[ReadBackEntry, ...]
    protocol: ReadBackProtocol
    is_local: bool


def _in_words(look: Callable[[], OrderView], caller: Caller, regions: Regions) -> _Found:
    """Blocks."""
    view = look()
    document = view.placed.document
    protocol = protocol_of(view, regions[document.region], _titles(caller))
    return _Found(
        order_id=document.order_id,
        entries=view.placed.read_back,
        protocol=protocol,
        is_local=view.state == WAITING,
    )


def _at_centre(
    caller: Caller, request: GetOrder, kept: tuple[ReadBackEntry, ...] = ()
) -> OrderView:
    """As the centre holds it; until the call is ended, what is said stands at the desk only."""
    view = caller.call(operations.GET_ORDER, request)
    if view.closed is not None or len(kept) <= len(view.placed.read_back):
        return view
    placed = msgspec.structs.replace(view.placed, read_back=kept)
    return msgspec.structs.replace(view, placed=placed)


def _at_desk(caller: Caller, placed: PlacedOrder, by: PersonView | None) -> OrderView:
    """The order at hand with the desk's own record, which goes on after the order was placed."""
    order_id = placed.document.order_id
    kept = caller.call(operations.ASK_READ_BACK, AskReadBack(order_id=order_id)).entries
    placed = msgspec.structs.replace(placed, read_back=kept or placed.read_back)
    people = (PersonNamed(person_id=by.person_id, name=by.name),) if by is not None else ()
    return OrderView(placed=placed, revision=0, state=WAITING, people=people)


def _titles(caller: Caller) -> dict[str, str]:
    """What an administrator calls their own points; their keys do where nothing is known."""
    try:
        return titles_in(caller.call(operations.GET_GUIDANCE, AskStatus()))
    except (Refusal, Fault):
        return {}
