"""Stock at the desk: asked of the centre while it answers, else the last that was known.

Asking may wait for the network; the store is written only where something is or was short. What is
given back is noted at once and told to the centre by the line, and a hold nobody gives back runs
out by itself. Any lane.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Uuid, bindparam, delete, insert, select

from app.models.desk.stock import StockAnswerRow
from app.services.desk import memory
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.services.rules import stock_words
from app.services.rules.amending import allocated
from app.store.catalogue_replica import CatalogueReplica, ReplicaDamaged
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import OrderId, PersonId, ProductCode
from app.values.vocabulary import ChangeKind
from app.wire.catalogue import ProductView
from app.wire.message import decode
from app.wire.orders import OrderDocument
from app.wire.stock import (
    ORDERS_MOST,
    AskStock,
    HoldStock,
    ReleaseStock,
    StockHeld,
    StockLevel,
    StockStanding,
)
from app.wire.stock_operations import ASK_STOCK, HOLD_STOCK, RELEASE_STOCK
from app.wire.sync import Policy

USUAL_HOLD_S = 300

_ANSWERS = StockAnswerRow.__table__
_OF_ORDER = select(_ANSWERS).where(StockAnswerRow.order_id == bindparam("wanted", type_=Uuid()))


class StockService:
    """The stock of one seat's orders."""

    def __init__(
        self,
        store: DeskStore,
        replica: CatalogueReplica,
        centre: Centre,
        standing: Standing,
        signed_in: SignedIn,
        clock: Clock,
    ) -> None:
        self._store = store
        self._replica = replica
        self._centre = centre
        self._standing = standing
        self._signed_in = signed_in
        self._clock = clock
        self._lock = threading.Lock()
        self._held_by: dict[OrderId, PersonId] = {}
        self._given_up: set[OrderId] = set()
        self._to_release: set[OrderId] = set()
        self._when_released: list[Callable[[], None]] = []

    def when_released(self, listener: Callable[[], None]) -> None:
        """Call `listener` when there is something to tell the centre."""
        self._when_released.append(listener)

    def hold(self, request: HoldStock) -> StockHeld:
        """Hold for an order of this seat; what is only last known is not confirmed."""
        order_id = request.order_id
        with self._lock:
            self._held_by[order_id] = self._signed_in.session.person.person_id
            self._given_up.discard(order_id)
            self._to_release.discard(order_id)
        try:
            answer = self._ask_centre(lambda: self._centre.call(HOLD_STOCK, request))
        finally:
            self._release_what_came_late(order_id)
        if answer is None:
            wanted = {one.code: one.quantity for one in request.wanted}
            return self._last_known(wanted)
        self._remember(order_id, answer)
        return answer

    def look_up(self, request: AskStock) -> StockHeld:
        """How products stand; holds nothing."""
        answer = self._ask_centre(lambda: self._centre.call(ASK_STOCK, request))
        return answer or self._last_known(dict.fromkeys(request.codes, 0))

    def release(self, *order_ids: OrderId) -> None:
        """These are given up: what is held for them goes back as soon as the centre hears of it."""
        self._release(order_ids)

    def release_of(self, person_id: PersonId) -> None:
        """All orders that stock was asked for while this person was signed in here."""
        with self._lock:
            theirs = [order for order, person in self._held_by.items() if person == person_id]
        self._release(theirs)

    def forget(self, order_id: OrderId) -> None:
        """It is placed: the centre turns what is held into an allocation when it has the order."""
        with self._lock:
            self._held_by.pop(order_id, None)

    def give_back(self) -> None:
        """Tell the centre what was given up; a job of the line. Raises Unreachable."""
        while order_ids := self._next_to_release():
            self._centre.call(RELEASE_STOCK, ReleaseStock(order_ids=order_ids))
            with self._lock:
                self._to_release.difference_update(order_ids)

    def refuse_short(self, connection: Connection, document: OrderDocument) -> None:
        """Raises Refusal `stock_short` where the centre has confirmed that pieces are lacking.

        Pieces that follow later were told to the caller and are not lacking. What is only last
        known, or was confirmed for a time that is over, keeps nobody waiting.
        """
        now = self._clock.now()
        short = {
            row.code: row.held
            for row in connection.execute(_OF_ORDER, {"wanted": document.order_id})
            if row.told_at <= now < row.ends_at
        }
        if short:
            # Of a change, what the order has already is not held for it.
            has = {code: held + allocated(document, code) for code, held in short.items()}
            found = stock_words.lacking_lines(document.lines, has)
            if found:
                raise Refusal("stock_short", stock_words.refusal_sentence(found), "lines")

    def _release(self, order_ids: Iterable[OrderId]) -> None:
        with self._lock:
            held = [order for order in order_ids if self._held_by.pop(order, None) is not None]
            self._given_up.update(held)
            self._to_release.update(held)
        if held:
            self._tell_released()

    def _release_what_came_late(self, order_id: OrderId) -> None:
        """Given up while the centre was being asked: the hold may be newer than the release."""
        with self._lock:
            is_given_up = order_id in self._given_up
            if is_given_up:
                self._to_release.add(order_id)
        if is_given_up:
            self._tell_released()

    def _tell_released(self) -> None:
        for listener in self._when_released:
            listener()

    def _next_to_release(self) -> tuple[OrderId, ...]:
        with self._lock:
            return tuple(sorted(self._to_release))[:ORDERS_MOST]

    def _ask_centre(self, ask: Callable[[], StockHeld]) -> StockHeld | None:
        """The centre's answer; None where it gives none, which never stands in a caller's way."""
        try:
            answer = ask()
        except Unreachable:
            self._standing.missed()
            return None
        except Fault:
            return None
        except Refusal:
            self._standing.heard()
            return None
        self._standing.heard()
        return answer

    def _last_known(self, wanted: dict[ProductCode, int]) -> StockHeld:
        """What the feed last told, else what came with the product."""
        try:
            levels = self._replica.documents(ChangeKind.STOCK, wanted)
            others = [code for code in wanted if code not in levels]
            products = self._replica.documents(ChangeKind.PRODUCT, others)
        except ReplicaDamaged:
            levels = products = {}
        known = {code: _told(decode(levels[code], StockLevel)) for code in levels}
        known |= {code: _imported(decode(products[code], ProductView)) for code in products}
        return StockHeld(
            standings=tuple(
                msgspec.structs.replace(
                    known.get(code, StockStanding(code=code, tracked=False, confirmed=False)),
                    wanted=quantity,
                )
                for code, quantity in wanted.items()
            )
        )

    def _remember(self, order_id: OrderId, answer: StockHeld) -> None:
        """Keep what is short; for as long as the centre holds the rest, by the desk's own clock."""
        now = self._clock.now()
        codes = [one.code for one in answer.standings]
        short = [one for one in answer.standings if one.short]
        with self._store.read() as connection:
            kept = {row.code for row in connection.execute(_OF_ORDER, {"wanted": order_id})}
        if not short and kept.isdisjoint(codes):
            return
        with self._store.write() as connection:
            ends_at = now + self._span(connection, answer)
            connection.execute(delete(StockAnswerRow).where(StockAnswerRow.ends_at < now))
            connection.execute(
                delete(StockAnswerRow).where(
                    StockAnswerRow.order_id == order_id, StockAnswerRow.code.in_(codes)
                )
            )
            if short:
                connection.execute(
                    insert(StockAnswerRow),
                    [_row(order_id, one, now, ends_at) for one in short],
                )

    def _span(self, connection: Connection, answer: StockHeld) -> timedelta:
        """How long an answer counts: two of the centre's instants apart, as clocks may differ."""
        told_at = next((one.as_of for one in answer.standings if one.as_of is not None), None)
        if answer.expires_at is not None and told_at is not None:
            return max(answer.expires_at - told_at, timedelta(0))
        policy = memory.recalled(connection, memory.POLICY, Policy)
        return timedelta(seconds=policy.hold_seconds if policy else USUAL_HOLD_S)


def _row(
    order_id: OrderId, standing: StockStanding, now: datetime, ends_at: datetime
) -> dict[str, object]:
    return {
        "order_id": order_id,
        "code": standing.code,
        "held": max(standing.held, 0),
        "expected_on": standing.expected_on,
        "told_at": now,
        "ends_at": ends_at,
    }


def _told(level: StockLevel) -> StockStanding:
    return StockStanding(
        code=level.code,
        tracked=True,
        left=level.available,
        expected_on=level.expected_on,
        as_of=level.as_of,
        confirmed=False,
    )


def _imported(product: ProductView) -> StockStanding:
    return StockStanding(
        code=product.code,
        tracked=product.available is not None,
        left=product.available or 0,
        as_of=product.available_at,
        confirmed=False,
    )
