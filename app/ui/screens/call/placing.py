"""Whether the order was placed before: asked as early as it can be known; then it is placed.

Like orders are asked for on the NETWORK lane, for the centre is asked a moment: when the read-back
begins, before a card or a pay link, and once more before placing, so that no authorisation is spent
on an order the caller has already. Where nobody answers the call goes on. What was asked about a
like order goes with this one. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules.like_orders import items_of
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

PROMPT_S = 0.4
"""Who pressed a key so short a time ago has not gone on to the next one yet."""

HOLDS_S = 30.0
"""So long nobody asks again before a card is taken."""


class Step(StrEnum):
    """What the CSR was about to do."""

    READ_BACK = "read-back"
    PAY = "pay"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeQuestion:
    """What has to be asked before the next step; `orders` are not named yet, the newest first.

    `is_prompt`: it came so soon after the key that the keyboard may go there.
    """

    step: Step
    is_prompt: bool
    orders: tuple[LikeOrder, ...]
    heading: str
    words: str
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked about: other answers are no reason to ask again."""

    order_id: OrderId
    customer: tuple[object, ...]
    items: tuple[tuple[str, int], ...]


class Placing(QObject):
    """Holds the question, None while there is none.

    `placed(PlacedOrder)` and `failed(OrderDocument, error)` end a placing, `held(OrderDocument)`
    holds it up with a question; `confirmed` says that it goes on, `same(LikeOrder)` that it ends.
    `gone_on(Step)` does so for the steps before.
    """

    question_changed = Signal(object)
    placed = Signal(object)
    failed = Signal(object, object)
    held = Signal(object)
    confirmed = Signal()
    same = Signal(object)
    gone_on = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        caller: Caller,
        background: Background,
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._caller = caller
        self._background = background
        self._clock = clock
        self._questions = Latest()
        self._order_id: OrderId | None = None
        self._named: tuple[OrderId, ...] = ()
        self._seen: OrderDocument | None = None
        self._step = Step.READ_BACK
        self._asked: _Asked | None = None
        self._clear_at: float | None = None
        self.question: LikeQuestion | None = None
        order.changed.connect(self._follow)

    def look_early(self) -> None:
        """The read-back asks: whether the order was placed before is asked for, once."""
        document = self._order.document
        if document.amends is not None:
            return  # it is an order they have
        if self._seen is not None and _is_the_same(self._seen, document):
            return
        if self._asked != _asked_of(document):
            self._ask(document, Step.READ_BACK)

    def look_before_paying(self) -> None:
        """A card or a link is next: `gone_on` says so, at once where it was asked just now."""
        document = self._order.document
        now = self._clock.monotonic()
        is_clear = self._clear_at is not None and now - self._clear_at < HOLDS_S
        is_clear = is_clear and self._asked == _asked_of(document)
        if is_clear or document.amends is not None:
            self.gone_on.emit(Step.PAY)
        else:
            self._ask(document, Step.PAY)

    def place(self, document: OrderDocument) -> None:
        """Ask for like orders, then place it exactly as it stands."""
        self._ask(document, Step.PLACE)

    def it_is_another(self) -> None:
        """The caller wants this one too."""
        question = self.question
        if question is None:
            return
        self._named += tuple(order.order_id for order in question.orders)
        self._clear_at = self._clock.monotonic()
        self._show(None)
        if question.step is Step.PLACE:
            self.confirmed.emit()
        else:
            self.gone_on.emit(question.step)

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

    def _follow(self) -> None:
        """Another customer, other products: what was found counts no more."""
        document = self._order.document
        if self._seen is None or _is_the_same(self._seen, document):
            return
        if self._asked == _asked_of(document):
            self._seen = document
            return
        self._seen = self._asked = self._clear_at = None
        if self._step is not Step.PLACE:
            self._questions.forget()
        self.leave()

    def _ask(self, document: OrderDocument, step: Step) -> None:
        if document.order_id != self._order_id:
            self._order_id, self._named = document.order_id, ()
        self._seen, self._step = document, step
        self._asked, self._clear_at = _asked_of(document), None
        self._show(None)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, LIKE_ORDERS, AskLikeOrders(document=document)),
            owner=self,
            then=partial(self._judge, document, step, self._clock.monotonic()),
            failed=partial(self._go_on_unasked, document, step),
            question=self._questions.ask(),
        )

    def _judge(
        self, document: OrderDocument, step: Step, asked_at: float, found: LikeOrders
    ) -> None:
        unnamed = tuple(order for order in found.orders if order.order_id not in self._named)
        if not unnamed:
            self._clear_at = self._clock.monotonic()
            self._go_on(document, step)
            return
        if step is Step.PLACE:
            self.held.emit(document)
        is_prompt = step is not Step.READ_BACK or self._clock.monotonic() - asked_at < PROMPT_S
        self._show(self._question(document, step, unnamed, is_prompt=is_prompt))

    def _go_on_unasked(self, document: OrderDocument, step: Step, error: Refusal | Fault) -> None:
        """Nobody could say; the desk looks once more while it places."""
        del error
        self._go_on(document, step)

    def _go_on(self, document: OrderDocument, step: Step) -> None:
        if step is Step.PLACE:
            self._place(document)
        elif step is Step.PAY:
            self.gone_on.emit(step)

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

    def _question(
        self,
        document: OrderDocument,
        step: Step,
        orders: tuple[LikeOrder, ...],
        *,
        is_prompt: bool,
    ) -> LikeQuestion:
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
            step=step,
            is_prompt=is_prompt,
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


def _asked_of(document: OrderDocument) -> _Asked:
    customer = document.customer
    who = (customer.customer_id, customer.phone, customer.email) if customer is not None else ()
    return _Asked(
        order_id=document.order_id,
        customer=who,
        items=tuple(sorted(items_of(document.lines).items())),
    )


def _is_the_same(one: OrderDocument, other: OrderDocument) -> bool:
    """Seen at a glance, without a look at a thousand lines."""
    is_one_order = one.order_id == other.order_id
    return is_one_order and one.customer is other.customer and one.lines is other.lines
