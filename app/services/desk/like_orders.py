"""Like orders of a customer, told before the next is placed: this desk's, and the centre's.

Those of this desk are kept in memory by customer, number and e-mail address, as far as they are
recent, so that placing reads no other order. The centre is asked for a moment only; without it the
desk goes by its own. Any lane but the GUI thread.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.models.desk.tables import CommandRow, PersonRow, PlacedOrderRow
from app.services.desk import memory
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.services.rules.like_orders import Items, are_alike, items_of, same_items
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.contact import contact_keys
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import CustomerId, OrderId, PersonId, ProductCode
from app.values.order_number import OrderNumber, grouped
from app.wire.clash_operations import SIMILAR_ORDERS
from app.wire.clashes import (
    LIKE_ORDERS_MOST,
    AskLikeOrders,
    AskSimilar,
    ComparedItem,
    LikeOrder,
    LikeOrders,
)
from app.wire.message import Instant, View, decode
from app.wire.orders import OrderCustomer, OrderDocument, OrderLine, PlacedOrder
from app.wire.sync import Policy

ANSWERS_KEPT = 20
_USUAL_MINUTES = 30


class _Customer(View, frozen=True, kw_only=True):
    customer_id: CustomerId
    phone: str = ""
    email: str | None = None


class _Document(View, frozen=True, kw_only=True):
    order_id: OrderId
    taken_by: PersonId
    customer: _Customer | None = None
    lines: tuple[OrderLine, ...] = ()


class _Placed(View, frozen=True, kw_only=True):
    """What of a placed order is compared; the record of its read-back is passed over."""

    number: OrderNumber
    placed_at: Instant
    document: _Document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    order_id: OrderId
    number: OrderNumber
    placed_at: datetime
    taken_by: PersonId
    keys: tuple[str, ...]
    items: Items


@dataclass(frozen=True, slots=True)
class _Question:
    """What an answer of the centre holds for."""

    keys: tuple[str, ...]
    items: Items


class LikeOrderService:
    """Answers `orders.like_orders`, and keeps one that nobody asked about from being placed."""

    def __init__(self, store: DeskStore, centre: Centre, standing: Standing, clock: Clock) -> None:
        self._store = store
        self._centre = centre
        self._standing = standing
        self._clock = clock
        self._lock = threading.Lock()
        self._is_loaded = False
        self._recent: deque[_Own] = deque()
        self._by_key: dict[str, list[_Own]] = defaultdict(list)
        self._answers: dict[OrderId, tuple[_Question, tuple[LikeOrder, ...]]] = {}

    def find(self, request: AskLikeOrders) -> LikeOrders:
        """Like orders, the newest first; those of the centre where it answers in time."""
        document = request.document
        question = _question(document)
        if not question.keys or not question.items:
            return LikeOrders()
        own = self._own(document.order_id, question)
        told = self._ask_centre(document, question)
        if told is not None:
            self._remember(document.order_id, question, told)
        return LikeOrders(orders=_together(own, told or ()), centre_answered=told is not None)

    def refuse_unnamed(self, document: OrderDocument, named: Iterable[OrderId]) -> None:
        """Raises Refusal `near_duplicate` for a like order that the caller was not asked about.

        Goes by this desk's orders and what the centre last said of this one; asks nobody.
        """
        question = _question(document)
        if not question.keys or not question.items:
            return
        known = set(named)
        asked, told = self._answers.get(document.order_id, (None, ()))
        found = _together(self._own(document.order_id, question), told if asked == question else ())
        unnamed = [order for order in found if order.order_id not in known]
        if unnamed:
            raise Refusal("near_duplicate", self._sentence(unnamed[0]))

    def note(self, placed: PlacedOrder) -> None:
        """An order was placed here."""
        document = placed.document
        own = _Own(
            order_id=document.order_id,
            number=placed.number,
            placed_at=placed.placed_at,
            taken_by=document.taken_by,
            keys=_keys(document.customer),
            items=items_of(document.lines),
        )
        with self._lock:
            self._answers.pop(document.order_id, None)
            if self._is_loaded:
                self._add(own)

    def _own(self, order_id: OrderId, question: _Question) -> tuple[LikeOrder, ...]:
        with self._lock:
            around = self._around()
            self._load(around)
            self._drop_old(around)
            now = self._clock.now()
            candidates = {
                own.order_id: own
                for key in question.keys
                for own in self._by_key.get(key, ())
                if abs(now - own.placed_at) <= around and own.order_id != order_id
            }
        like = [own for own in candidates.values() if are_alike(question.items, own.items)]
        like.sort(key=_placed_at, reverse=True)
        return tuple(self._view(own, question.items) for own in like[:LIKE_ORDERS_MOST])

    def _around(self) -> timedelta:
        with self._store.read() as connection:
            policy = memory.recalled(connection, memory.POLICY, Policy)
        return timedelta(minutes=policy.duplicate_minutes if policy else _USUAL_MINUTES)

    def _load(self, around: timedelta) -> None:
        """The recent orders of the store, once."""
        if self._is_loaded:
            return
        recent = (
            select(CommandRow.body)
            .join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position)
            .where(PlacedOrderRow.placed_at >= self._clock.now() - around)
            .order_by(PlacedOrderRow.position)
        )
        with self._store.read() as connection:
            bodies = connection.execute(recent).scalars().all()
        for body in bodies:
            placed = decode(body, _Placed)
            customer = placed.document.customer
            self._add(
                _Own(
                    order_id=placed.document.order_id,
                    number=placed.number,
                    placed_at=placed.placed_at,
                    taken_by=placed.document.taken_by,
                    keys=_keys(customer),
                    items=items_of(placed.document.lines),
                )
            )
        self._is_loaded = True

    def _add(self, own: _Own) -> None:
        self._recent.append(own)
        for key in own.keys:
            self._by_key[key].append(own)

    def _drop_old(self, around: timedelta) -> None:
        """Twice as long as is asked about, so that a clock put back loses none."""
        oldest = self._clock.now() - 2 * around
        while self._recent and self._recent[0].placed_at < oldest:
            own = self._recent.popleft()
            for key in own.keys:
                self._by_key[key].remove(own)
                if not self._by_key[key]:
                    del self._by_key[key]

    def _ask_centre(
        self, document: OrderDocument, question: _Question
    ) -> tuple[LikeOrder, ...] | None:
        """What the centre says; None where it does not within its short patience."""
        customer = document.customer
        if customer is None or not self._standing.is_online:
            return None
        request = AskSimilar(
            order_id=document.order_id,
            customer_id=customer.customer_id,
            phone=customer.phone if customer.phone.startswith("+") else "",
            email=customer.email,
            items=tuple(
                ComparedItem(code=ProductCode(code), quantity=quantity)
                for code, quantity in question.items.items()
            ),
        )
        try:
            return self._centre.call(SIMILAR_ORDERS, request).orders
        except (Unreachable, Refusal, Fault):
            # The order can be placed all the same; the centre compares again when it arrives.
            return None

    def _remember(
        self, order_id: OrderId, question: _Question, told: tuple[LikeOrder, ...]
    ) -> None:
        with self._lock:
            self._answers.pop(order_id, None)
            self._answers[order_id] = question, told
            while len(self._answers) > ANSWERS_KEPT:
                del self._answers[next(iter(self._answers))]

    def _view(self, own: _Own, items: Items) -> LikeOrder:
        name = select(PersonRow.name).where(PersonRow.person_id == own.taken_by)
        with self._store.read() as connection:
            taken_by = connection.execute(name).scalar_one_or_none()
        return LikeOrder(
            order_id=own.order_id,
            number=own.number,
            placed_at=own.placed_at,
            taken_by=taken_by or "",
            products=len(own.items),
            same=same_items(items, own.items),
        )

    def _sentence(self, order: LikeOrder) -> str:
        minutes = (self._clock.now() - order.placed_at) // timedelta(minutes=1)
        ago = "just now" if minutes < 1 else f"{minutes} minutes ago"
        ago = "a minute ago" if minutes == 1 else ago
        return (
            f"A very similar order of this customer was placed {ago}: {grouped(order.number)}. "
            "Please ask whether this is another one."
        )


def _question(document: OrderDocument) -> _Question:
    return _Question(_keys(document.customer), items_of(document.lines))


def _keys(customer: OrderCustomer | _Customer | None) -> tuple[str, ...]:
    """What the customer of an order is found by."""
    if customer is None:
        return ()
    return f"id:{customer.customer_id}", *contact_keys(customer.phone, customer.email)


def _together(own: Sequence[LikeOrder], told: Sequence[LikeOrder]) -> tuple[LikeOrder, ...]:
    """Each once; the centre knows who took it where this desk does not."""
    found = {order.order_id: order for order in own} | {order.order_id: order for order in told}
    return tuple(sorted(found.values(), key=_placed_at, reverse=True)[:LIKE_ORDERS_MOST])


def _placed_at(order: _Own | LikeOrder) -> datetime:
    return order.placed_at
