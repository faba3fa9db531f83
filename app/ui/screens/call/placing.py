"""The last step of a call: asks whether the order was placed before, then places it.

Like orders are asked for on the NETWORK lane, for the centre is asked a moment; where nobody
answers the order is placed all the same. What was asked about a like order goes with this one.
Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.formatting import counted, order_number, since
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.clash_operations import LIKE_ORDERS
from app.wire.clashes import AskLikeOrders, LikeOrder, LikeOrders
from app.wire.orders import OrderDocument, PlacedOrder, PlaceOrder

NAMED_MOST = 3
"""So many products that both orders have are named; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeQuestion:
    """What has to be asked before placing; `orders` are not named yet, the newest first."""

    orders: tuple[LikeOrder, ...]
    heading: str
    words: str
    say: str


class Placing(QObject):
    """Holds the question, None while there is none.

    `placed(PlacedOrder)` and `failed(OrderDocument, error)` end a placing, `held(OrderDocument)`
    holds it up with a question; `confirmed` says that it goes on, `same(LikeOrder)` that it ends.
    """

    question_changed = Signal(object)
    placed = Signal(object)
    failed = Signal(object, object)
    held = Signal(object)
    confirmed = Signal()
    same = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        caller: Caller,
        background: Background,
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._questions = Latest()
        self._order_id: OrderId | None = None
        self._named: tuple[OrderId, ...] = ()
        self.question: LikeQuestion | None = None
        order.changed.connect(self.leave)

    def place(self, document: OrderDocument) -> None:
        """Ask for like orders, then place it exactly as it stands."""
        if document.order_id != self._order_id:
            self._order_id, self._named = document.order_id, ()
        self._show(None)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, LIKE_ORDERS, AskLikeOrders(document=document)),
            owner=self,
            then=partial(self._judge, document),
            failed=partial(self._place_unasked, document),
            question=self._questions.ask(),
        )

    def it_is_another(self) -> None:
        """The caller wants this one too."""
        if self.question is not None:
            self._named += tuple(order.order_id for order in self.question.orders)
            self._show(None)
            self.confirmed.emit()

    def it_is_the_same(self) -> None:
        """The caller has this order already."""
        if self.question is not None:
            order = self.question.orders[0]
            self._show(None)
            self.same.emit(order)

    def leave(self) -> None:
        """The order is another one by now, or it is not placed yet."""
        if self.question is not None:
            self._show(None)

    def _judge(self, document: OrderDocument, found: LikeOrders) -> None:
        unnamed = tuple(order for order in found.orders if order.order_id not in self._named)
        if not unnamed:
            self._place(document)
            return
        self.held.emit(document)
        self._show(self._question(document, unnamed))

    def _place_unasked(self, document: OrderDocument, error: Refusal | Fault) -> None:
        """Nobody could say; the desk looks once more while it places."""
        del error
        self._place(document)

    def _place(self, document: OrderDocument) -> None:
        request = PlaceOrder(document=document, not_duplicate_of=self._named)
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.PLACE_ORDER, request),
            owner=self,
            then=self._done,
            failed=partial(self.failed.emit, document),
        )

    def _done(self, placed: PlacedOrder) -> None:
        self.placed.emit(placed)

    def _question(self, document: OrderDocument, orders: tuple[LikeOrder, ...]) -> LikeQuestion:
        newest = orders[0]
        ago = since(max(timedelta(), self._clock.now() - newest.placed_at))
        number = order_number(newest.number).replace(" ", "\u00a0")  # in one line
        heading = self.tr("A very similar order was placed {ago}: {number}")
        by_whom = self.tr("{name} took it.").format(name=newest.taken_by) if newest.taken_by else ""
        more = counted(
            len(orders) - 1,
            self.tr("There is one more like it."),
            self.tr("There are {count} more like it."),
        )
        words = (by_whom, self._what_is_same(document, newest), more if len(orders) > 1 else "")
        say = self.tr("You placed an order much like this one {ago}. Is this another one?")
        return LikeQuestion(
            orders=orders,
            heading=heading.format(ago=ago, number=number),
            words=" ".join(filter(None, words)),
            say=say.format(ago=self._spoken(newest)),
        )

    def _spoken(self, order: LikeOrder) -> str:
        """How long ago, in words that are said."""
        minutes = abs(self._clock.now() - order.placed_at) // timedelta(minutes=1)
        if minutes < 1:
            return self.tr("just now")
        return counted(minutes, self.tr("a minute ago"), self.tr("{count} minutes ago"))

    def _what_is_same(self, document: OrderDocument, other: LikeOrder) -> str:
        known = {line.code.upper(): line.description for line in document.lines}
        names = [
            f"{item.there} \u00d7 {known.get(item.code, item.code)}"
            if item.there == item.here
            else self.tr("{there} \u00d7 {name} (now {here})").format(
                there=item.there, name=known.get(item.code, item.code), here=item.here
            )
            for item in other.same[:NAMED_MOST]
        ]
        listed = self.tr("Both have: {names}.").format(names=", ".join(names))
        rest = len(other.same) - len(names)
        if not rest:
            return listed
        more = counted(
            rest, self.tr("One more product, too."), self.tr("{count} more products, too.")
        )
        return f"{listed} {more}"

    def _show(self, question: LikeQuestion | None) -> None:
        self.question = question
        self.question_changed.emit(question)
