"""Finding an order as it is typed: asks on the NETWORK lane, drops answers to older questions.

Holds the rows found so far; the next page is asked for where the last one ended. An order whose
number is one slip away is offered and never opened by itself. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Caller
from app.ui.background import Background, Debounce, Lane, Latest
from app.ui.notices import notice_of
from app.values.card import find_card_number
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.order_number import OrderNumber
from app.wire.order_operations import LOOK_UP_ORDERS
from app.wire.order_search import FoundOrder, LookUpOrders, OrdersLookedUp
from app.wire.orders import PlacedOrder
from app.wire.outbox import OpenSentOrder
from app.wire.outbox_operations import OPEN_SENT_ORDER

SEARCH_MS = 150
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersState:
    """What the screen shows. `found` is the answer to `found.text`, its pages put together.

    `asking`: an answer is on its way. `problem`: why there is none.
    """

    text: str = ""
    found: OrdersLookedUp | None = None
    asking: bool = False
    problem: str = ""

    @property
    def orders(self) -> tuple[FoundOrder, ...]:
        """The rows, the newest first."""
        return self.found.orders if self.found is not None else ()

    @property
    def is_answered(self) -> bool:
        """Whether what is shown is the answer to what stands in the field."""
        return self.found is not None and self.found.text == self.text.strip()


class OrdersPresenter(QObject):
    """Holds one OrdersState.

    `order_chosen(FoundOrder)` leads to an order of the centre, `placed_chosen(PlacedOrder)` to one
    that only this desk can show.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    order_chosen = Signal(object)
    placed_chosen = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        clock: Clock,
        parent: QObject | None = None,
        *,
        search_ms: int = SEARCH_MS,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._questions = Latest()
        self._pause = Debounce(self, search_ms, self._ask)
        self._open_when_answered = False
        self._state = OrdersState()

    @property
    def state(self) -> OrdersState:
        """What is shown now."""
        return self._state

    def now(self) -> datetime:
        """What days in words are told by."""
        return self._clock.now()

    def search(self, text: str) -> None:
        """The text changed; rows follow as soon as they are there."""
        if find_card_number(text) is not None:
            self.clear()
            problem = self.tr("Card numbers are typed in the card fields only; it was taken out.")
            self._show(OrdersState(problem=problem))
            return
        text = text[:LONGEST_TEXT]
        if text == self._state.text:
            return
        self._questions.forget()
        self._open_when_answered = False
        if not text.strip():
            self.clear()
            return
        self._show(replace(self._state, text=text, asking=True, problem=""))
        self._pause.poke()

    def clear(self) -> None:
        """Nothing is sought; an answer under way is dropped."""
        self._pause.cancel()
        self._questions.forget()
        self._open_when_answered = False
        self._show(OrdersState())

    @Slot()
    def refresh(self) -> None:
        """Ask the same again."""
        if self._state.text.strip():
            self._pause.cancel()
            self._show(replace(self._state, asking=True, problem=""))
            self._ask()

    def enter(self) -> bool:
        """Open the only order, also when its row comes after the key; else False: choose one."""
        if self._state.asking or self._pause.is_waiting():
            self._open_when_answered = True
            self._pause.flush()
            return True
        if len(self._state.orders) == 1:
            self.open(self._state.orders[0])
            return True
        return False

    def read_as(self, reading: int) -> None:
        """Take the text for something else."""
        self._show(replace(self._state, asking=True, problem=""))
        self._ask(reading)

    def take_offer(self, number: OrderNumber) -> None:
        """The caller said the number again, and it is this one."""
        self.search(number)

    @Slot()
    def more(self) -> None:
        """The next page, behind the last row."""
        found = self._state.found
        if found is None or found.more is None or self._state.asking:
            return
        self._show(replace(self._state, asking=True))
        request = LookUpOrders(text=found.text, reading=found.reading, after=found.more)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, LOOK_UP_ORDERS, request),
            owner=self,
            then=self._take_page,
            failed=self._fail,
            question=self._questions.ask(),
        )

    def open(self, order: FoundOrder) -> None:
        """Lead to an order."""
        found = self._state.found
        if not order.waits_here and not (found is not None and found.only_here):
            self.order_chosen.emit(order)
            return
        self._background.run(
            Lane.READ,
            partial(self._caller.call, OPEN_SENT_ORDER, OpenSentOrder(order_id=order.order_id)),
            owner=self,
            then=self._opened,
            failed=self._complain,
        )

    def _ask(self, reading: int | None = None) -> None:
        request = LookUpOrders(text=self._state.text.strip(), reading=reading)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, LOOK_UP_ORDERS, request),
            owner=self,
            then=partial(self._take, reading),
            failed=self._fail,
            question=self._questions.ask(),
        )

    def _take(self, reading: int | None, found: OrdersLookedUp) -> None:
        before = self._state.found
        if reading is not None and before is not None:
            # What else it may mean was told with the first answer.
            others = tuple(one for one in before.others if one.reading != reading)
            found = msgspec.structs.replace(found, others=others)
        self._show(replace(self._state, found=found, asking=False, problem=""))
        if self._open_when_answered:
            self._open_when_answered = False
            if len(found.orders) == 1:
                self.open(found.orders[0])

    def _take_page(self, page: OrdersLookedUp) -> None:
        before = self._state.found
        if before is None:
            return
        shown = {order.order_id for order in before.orders}
        orders = [order for order in page.orders if order.order_id not in shown]
        found = msgspec.structs.replace(
            before,
            orders=(*before.orders, *orders),
            more=page.more,
            searched_to=page.searched_to,
        )
        self._show(replace(self._state, found=found, asking=False))

    def _opened(self, placed: PlacedOrder) -> None:
        self.placed_chosen.emit(placed)

    def _fail(self, error: Refusal | Fault) -> None:
        self._open_when_answered = False
        if isinstance(error, Refusal):
            self._show(replace(self._state, asking=False, problem=error.sentence))
        else:
            self._show(replace(self._state, asking=False))
            self._complain(error)

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _show(self, state: OrdersState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
