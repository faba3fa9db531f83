"""What a seat knows of the payment of its orders: attempts noted before they are sent, links.

Asks the centre live and never keeps an envelope; what nobody knows is asked for, never repeated.
NETWORK lane; `give_back` runs on the line's worker thread.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Row

from app.models.desk.tenders import TenderKind
from app.services.desk import tenders
from app.services.desk.card_keys import RootKey, require_trusted
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId, LinkId, OrderId
from app.values.vocabulary import AttemptState, LinkState
from app.wire.card_operations import (
    ASK_ATTEMPT,
    ASK_CARD_KEY,
    ASK_PAY_LINK,
    AUTHORISE_CARD,
    SEND_PAY_LINK,
    VOID_ATTEMPT,
)
from app.wire.message import decode
from app.wire.operation import Operation
from app.wire.payments import (
    AskAttempt,
    AskCardKey,
    AskPayLink,
    AskTenders,
    AuthoriseCard,
    CardAttempt,
    CardKey,
    PayLink,
    SendPayLink,
    TakeCard,
    Tenders,
    VoidAttempt,
    VoidTender,
)

Q = TypeVar("Q")
A = TypeVar("A")

_AFTER_REFUSAL_SECONDS = 3_600.0
_SURE_FOR = timedelta(hours=1)
"""So long after it was taken an authorisation is not asked for again: the centre gives back what
belongs to no order for days, and a draft that was put away has to hear of it."""
_NOT_SAID = "not wanted any more"
_NEVER_THERE = "attempt_unknown"
_LINK_NEVER_THERE = "link_unknown"
_HOLDS_NOTHING = {AttemptState.DECLINED, AttemptState.FAILED, AttemptState.VOIDED}
_IS_TAKEN = {AttemptState.CAPTURED, AttemptState.REFUNDED}
_HELD = {AttemptState.AUTHORISED}
_ASKED_FOR = {AttemptState.STARTED, AttemptState.UNKNOWN, AttemptState.VOIDING}
_NOT_GIVEN_BACK = {AttemptState.STARTED, AttemptState.UNKNOWN, AttemptState.AUTHORISED}
_OPEN_LINK = {LinkState.SENT, LinkState.OPENED}


class PaymentService:
    """The payments of one seat."""

    def __init__(
        self,
        store: DeskStore,
        centre: Centre,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
        root_key: RootKey,
    ) -> None:
        self._store = store
        self._centre = centre
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock
        self._root_key = root_key
        self._lock = threading.Lock()
        self._in_flight: frozenset[UUID] = frozenset()
        self._not_before = 0.0

    def card_key(self, request: AskCardKey) -> CardKey:
        """A key to seal to, whose signature was checked.

        Raises Refusal `no_cards`, `card_key_changed`, `card_key_untrusted` or
        `card_key_out_of_date`; Unreachable.
        """
        root_key = self._root_key.pinned()
        key = self._ask(ASK_CARD_KEY, request)
        now = self._clock.now() + timedelta(milliseconds=self._centre.clock_offset_ms)
        require_trusted(key, root_key, now)
        return key

    def take_card(self, request: TakeCard) -> CardAttempt:
        """Ask for the money; the attempt is on the disk before it is sent.

        UNKNOWN where the centre did not answer. Asked again under the same id, it tells what is
        known and sends nothing. Raises Refusal `signed_in_offline`, `draft_closed`, or the
        centre's, after which nothing was taken unless `tenders` says otherwise.
        """
        self._signed_in.refuse_offline()
        started = CardAttempt(
            attempt_id=request.attempt_id,
            order_id=request.order_id,
            state=AttemptState.STARTED,
            amount=request.amount,
            lease_id=request.lease_id,
            at=self._clock.now(),
        )
        with self._store.write() as connection:
            known = tenders.row_of(connection, request.attempt_id)
            if known is None:
                tenders.refuse_closed(connection, request.order_id)
                tenders.add_attempt(connection, started)
                self._set_in_flight(request.attempt_id, is_in=True)
        if known is not None:
            return self._known_as(known)
        try:
            return self._authorised(request, started)
        finally:
            self._set_in_flight(request.attempt_id, is_in=False)

    def tenders(self, request: AskTenders) -> Tenders:
        """What is known of an order's payment; while the centre is away, what was known before."""
        if request.refresh:
            self._refresh(request.order_id)
        return self._of(request.order_id)

    def void(self, request: VoidTender) -> Tenders:
        """Give an authorisation back; while the centre is away it is asked for again and again.

        Raises Refusal `attempt_unknown`, `draft_closed`, `attempt_captured`, or the centre's.
        """
        reason = request.reason.strip() or _NOT_SAID
        with self._store.write() as connection:
            row = tenders.row_of(connection, request.attempt_id)
            if row is None or row.order_id != request.order_id or row.kind is not TenderKind.CARD:
                raise Refusal(_NEVER_THERE, "This order has no such payment at this desk.")
            attempt = decode(row.document, CardAttempt)
            if attempt.state in _IS_TAKEN:
                raise Refusal(
                    "attempt_captured",
                    "This amount was taken already; a team lead can give it back.",
                )
            is_wanted = attempt.state not in _HOLDS_NOTHING
            if is_wanted:
                tenders.refuse_closed(connection, request.order_id)
                tenders.want_void(connection, attempt, reason)
        if is_wanted:
            with suppress(Unreachable):  # the line's worker goes on asking
                self._give_back(attempt, reason)
        return self._of(request.order_id)

    def send_link(self, request: SendPayLink) -> PayLink:
        """Let the caller pay on a page.

        Repeatable by its id. Raises Refusal `signed_in_offline`, `draft_closed`, or the centre's;
        Unreachable.
        """
        self._signed_in.refuse_offline()
        with self._store.write() as connection:
            if tenders.row_of(connection, request.link_id) is None:
                tenders.refuse_closed(connection, request.order_id)
                tenders.add_link(connection, request.link_id, request.order_id, self._clock.now())
        link = self._ask(SEND_PAY_LINK, request)
        with self._store.write() as connection:
            tenders.save_link(connection, link)
        return link

    def give_back(self) -> None:
        """Ask again for what is to be given back. Raises Unreachable.

        A refusal is no reason to hold up the line: it is tried again an hour later.
        """
        if self._clock.monotonic() < self._not_before:
            return
        with self._store.read() as connection:
            rows = tenders.wanted_voids(connection)
        for row in rows:
            try:
                self._give_back(decode(row.document, CardAttempt), row.void_reason)
            except Refusal:
                self._not_before = self._clock.monotonic() + _AFTER_REFUSAL_SECONDS

    def _authorised(self, request: TakeCard, started: CardAttempt) -> CardAttempt:
        asked = AuthoriseCard(
            attempt_id=request.attempt_id,
            order_id=request.order_id,
            lease_id=request.lease_id,
            amount=request.amount,
            envelope=request.envelope,
            billing=request.billing,
        )
        try:
            return self._saved(self._ask(AUTHORISE_CARD, asked))
        except Unreachable:
            return self._saved(msgspec.structs.replace(started, state=AttemptState.UNKNOWN))
        except Refusal:
            # The line may have broken and the second copy been refused while the first is under
            # way: only the centre's word for the attempt is good for "nothing was taken".
            attempt = self._saved(self._asked_for(started))
            if attempt.state in {AttemptState.FAILED, AttemptState.UNKNOWN}:
                raise
            return attempt

    def _asked_for(self, attempt: CardAttempt) -> CardAttempt:
        """How the attempt stands at the centre; UNKNOWN where it cannot be asked."""
        try:
            return self._ask(ASK_ATTEMPT, AskAttempt(attempt_id=attempt.attempt_id))
        except Unreachable:
            return msgspec.structs.replace(attempt, state=AttemptState.UNKNOWN)
        except Refusal as refusal:
            was_there = refusal.code != _NEVER_THERE
            state = AttemptState.UNKNOWN if was_there else AttemptState.FAILED
            return msgspec.structs.replace(attempt, state=state)

    def _refresh(self, order_id: OrderId) -> None:
        with self._store.read() as connection:
            rows = tenders.rows_of(connection, order_id)
        for row in rows:
            try:
                if row.kind is TenderKind.LINK:
                    self._refresh_link(row)
                else:
                    self._refresh_attempt(row)
            except Unreachable:
                return

    def _refresh_attempt(self, row: Row[Any]) -> None:
        attempt = decode(row.document, CardAttempt)
        is_old = self._clock.now() - row.noted_at > _SURE_FOR
        is_asked = attempt.state in _ASKED_FOR or (is_old and attempt.state in _HELD)
        if not is_asked or row.tender_id in self._in_flight:
            return
        if row.void_reason:
            self._give_back(attempt, row.void_reason)
            return
        try:
            self._saved(self._ask(ASK_ATTEMPT, AskAttempt(attempt_id=attempt.attempt_id)))
        except Refusal as refusal:
            if refusal.code != _NEVER_THERE:
                raise
            self._saved(msgspec.structs.replace(attempt, state=AttemptState.FAILED))

    def _refresh_link(self, row: Row[Any]) -> None:
        if row.document is not None and decode(row.document, PayLink).state not in _OPEN_LINK:
            return
        link_id = LinkId(row.tender_id)
        try:
            link = self._ask(ASK_PAY_LINK, AskPayLink(link_id=link_id))
        except Refusal as refusal:
            if refusal.code != _LINK_NEVER_THERE or row.document is not None:
                raise
            with self._store.write() as connection:
                tenders.forget(connection, link_id)
            return
        with self._store.write() as connection:
            tenders.save_link(connection, link)

    def _give_back(self, attempt: CardAttempt, reason: str) -> None:
        """Once. What the centre will not give back is shown as the centre has it."""
        asked = VoidAttempt(attempt_id=attempt.attempt_id, reason=reason)
        try:
            self._end_void(self._ask(VOID_ATTEMPT, asked))
        except Refusal as refusal:
            self._end_void(self._asked_for(attempt))
            if refusal.code != _NEVER_THERE:
                raise

    def _end_void(self, attempt: CardAttempt) -> None:
        if attempt.state not in _NOT_GIVEN_BACK:
            with self._store.write() as connection:
                tenders.end_void(connection, attempt)

    def _saved(self, attempt: CardAttempt) -> CardAttempt:
        with self._store.write() as connection:
            return tenders.save_attempt(connection, attempt)

    def _of(self, order_id: OrderId) -> Tenders:
        with self._store.read() as connection:
            return tenders.tenders_of(connection, order_id, self._in_flight)

    def _known_as(self, row: Row[Any]) -> CardAttempt:
        attempts = self._of(OrderId(row.order_id)).attempts
        for attempt in attempts:
            if attempt.attempt_id == row.tender_id:
                return attempt
        raise Refusal("key_reused", "This attempt belongs to another payment.")

    def _set_in_flight(self, attempt_id: AttemptId, *, is_in: bool) -> None:
        with self._lock:
            others = self._in_flight - {attempt_id}
            self._in_flight = others | {attempt_id} if is_in else others

    def _ask(self, operation: Operation[Q, A], request: Q) -> A:
        try:
            answer = self._centre.call(operation, request)
        except Unreachable:
            self._standing.missed()
            raise
        self._standing.heard()
        return answer
