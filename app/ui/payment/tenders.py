"""Cards and links of the order in hand, as the desk service knows them: asked, sent, given back.

No outcome is ever guessed: what nobody knows is asked for until it is known. GUI thread; asks on
the NETWORK lane.
"""

from __future__ import annotations

from functools import partial

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.services.rules.payments import STILL_OPEN, UNDECIDED
from app.ui.background import Background, Lane, Latest
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, Ids, LinkId, OrderId
from app.values.money import Money
from app.values.vocabulary import AttemptState
from app.wire import card_operations
from app.wire.payments import (
    AskTenders,
    CardAttempt,
    PayLink,
    SendPayLink,
    TakeCard,
    Tenders,
    VoidTender,
)

TICK_MS = 500
ASK_AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""How long to wait before an outcome that is unknown is asked for again; the last then holds."""
LOOK_AT_LINKS_S = 15.0


class Envelope:
    """A question that carries an envelope; it lets go of it when it is asked."""

    def __init__(self, caller: Caller, request: TakeCard) -> None:
        self._caller = caller
        self._request: TakeCard | None = request

    def __call__(self) -> CardAttempt:
        request, self._request = self._request, None
        if request is None:
            message = "an envelope is sent once"
            raise RuntimeError(message)
        return self._caller.call(card_operations.TAKE_CARD, request)


class TendersInHand(QObject):
    """What was tried for one order at a time.

    `refused(error)`: a card or a link was turned down, or its fate is unknown; `vanished`: a card
    whose fate was unknown was never sent; `came_late(CardAttempt)`: for an order put away since.
    """

    changed = Signal()
    refused = Signal(object)
    vanished = Signal()
    came_late = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, clock: Clock, ids: Ids, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._ids = ids
        self._order_id: OrderId | None = None
        self._questions = Latest()
        self._known = Tenders()
        self._asking: AttemptId | None = None
        self._unsure: AttemptId | None = None
        self._link: SendPayLink | None = None
        self._is_sending = False
        self._tries = 0
        self._due = 0.0
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.on_tick)
        self.latest: AttemptId | LinkId | None = None

    @property
    def known(self) -> Tenders:
        """What was tried, as far as it is known."""
        return self._known

    @property
    def is_asking(self) -> bool:
        """Whether the bank is being asked for a card."""
        return self._asking is not None

    @property
    def is_unknown(self) -> bool:
        """Whether a card was tried and nobody knows what came of it."""
        return self._unsure is not None or self._has_undecided()

    @property
    def is_sending_link(self) -> bool:
        """Whether a link is on its way out."""
        return self._is_sending

    def begin(self, order_id: OrderId, *, is_kept: bool) -> None:
        """Another order is in hand; a draft comes with what was tried for it."""
        self.leave()
        self._order_id = order_id
        if is_kept:
            self.ask(refresh=True)

    def leave(self) -> None:
        """No order is in hand; what is under way goes on by itself."""
        self._order_id, self._known = None, Tenders()
        self._questions.forget()
        self._asking = self._unsure = self.latest = None
        self._link, self._is_sending, self._tries = None, False, 0
        self._tick.stop()

    def ask(self, *, refresh: bool) -> None:
        """How everything stands; `refresh`: the bank is asked for what is open."""
        if self._order_id is None:
            return
        self._put_off()
        request = AskTenders(order_id=self._order_id, refresh=refresh)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.ASK_TENDERS, request),
            owner=self,
            then=partial(self._heard, self._order_id),
            failed=self._heard_nothing,
            question=self._questions.ask(),
        )

    def ask_at_once(self) -> None:
        """Somebody asks how it stands."""
        self._tries = 0
        self.ask(refresh=True)

    def take_card(self, request: TakeCard) -> None:
        """Ask the bank; the envelope is let go with the question."""
        self._asking = self.latest = request.attempt_id
        self._background.run(
            Lane.NETWORK,
            Envelope(self._caller, request),
            owner=self,
            then=partial(self._answered, request.order_id),
            failed=partial(self._unanswered, request.order_id, request.attempt_id),
        )
        self.changed.emit()

    def send_link(self, amount: Money, send_to: str) -> None:
        """Let the caller pay on a page; the same once more is the same link."""
        if self._order_id is None or self._is_sending:
            return
        again = self._link
        if again is None or (again.amount, again.send_to) != (amount, send_to):
            again = SendPayLink(
                link_id=LinkId(self._ids.new()),
                order_id=self._order_id,
                amount=amount,
                send_to=send_to,
            )
        self._link, self._is_sending = again, True
        self.changed.emit()
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.OFFER_PAY_LINK, again),
            owner=self,
            then=partial(self._link_sent, again.order_id),
            failed=partial(self._link_not_sent, again.order_id),
        )

    def give_back(self, attempt: CardAttempt, reason: str) -> None:
        """Shown as being given back at once, so that it is not asked for twice."""
        self._put(msgspec.structs.replace(attempt, state=AttemptState.VOIDING))
        request = VoidTender(
            order_id=attempt.order_id, attempt_id=attempt.attempt_id, reason=reason
        )
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.VOID_TENDER, request),
            owner=self,
            then=partial(self._heard, attempt.order_id),
            failed=partial(self._not_given_back, attempt.order_id),
        )

    @Slot()
    def on_tick(self) -> None:
        """Time has passed: ask again for what is unknown, or may have been paid."""
        self._watch()
        if self._asking is None and self._is_restless() and self._clock.monotonic() >= self._due:
            self.ask(refresh=True)

    def _is_restless(self) -> bool:
        """Whether something may change without us."""
        open_link = any(one.state in STILL_OPEN for one in self._known.links)
        return self._order_id is not None and (self.is_unknown or open_link)

    def _has_undecided(self) -> bool:
        return any(one.state in UNDECIDED for one in self._known.attempts)

    def _put_off(self) -> None:
        """When to ask next: soon for an outcome nobody knows, now and then for a link."""
        pause_s = ASK_AGAIN_S[min(self._tries, len(ASK_AGAIN_S) - 1)]
        self._tries += 1
        self._due = self._clock.monotonic() + (pause_s if self.is_unknown else LOOK_AT_LINKS_S)

    def _watch(self) -> None:
        if not self._is_restless():
            self._tick.stop()
        elif not self._tick.isActive():
            self._tick.start()

    def _answered(self, order_id: OrderId, attempt: CardAttempt) -> None:
        if order_id != self._order_id:
            self.came_late.emit(attempt)
            return
        self._asking = None
        self._tries = 0
        self._put(attempt)
        self._put_off()
        self._watch()

    def _unanswered(self, order_id: OrderId, attempt_id: AttemptId, error: Refusal | Fault) -> None:
        """A refusal was certainly not carried out; anything else may have been."""
        if order_id != self._order_id:
            return
        self._asking = None
        self._tries = 0
        if isinstance(error, Refusal):
            self.refused.emit(error)
            self.ask(refresh=False)
            return
        self._unsure = attempt_id
        self.changed.emit()
        self.ask(refresh=True)
        self._watch()

    def _heard(self, order_id: OrderId, tenders: Tenders) -> None:
        if order_id != self._order_id:
            return
        unsure, self._unsure = self._unsure, None
        is_new = tenders != self._known or unsure is not None
        self._known = tenders
        if unsure is not None and all(one.attempt_id != unsure for one in tenders.attempts):
            self.vanished.emit()
        self._watch()
        if is_new:
            self.changed.emit()

    def _heard_nothing(self, _error: Refusal | Fault) -> None:
        """It is asked again by itself; what is unknown stays unknown."""
        self._watch()

    def _put(self, attempt: CardAttempt) -> None:
        others = (one for one in self._known.attempts if one.attempt_id != attempt.attempt_id)
        self._known = Tenders(attempts=(*others, attempt), links=self._known.links)
        self.changed.emit()

    def _not_given_back(self, order_id: OrderId, error: Refusal | Fault) -> None:
        if order_id == self._order_id:
            self.refused.emit(error)
            self.ask(refresh=True)

    def _link_sent(self, order_id: OrderId, link: PayLink) -> None:
        if order_id != self._order_id:
            return
        self._is_sending, self._link = False, None
        self.latest = link.link_id
        others = (one for one in self._known.links if one.link_id != link.link_id)
        self._known = Tenders(attempts=self._known.attempts, links=(*others, link))
        self.changed.emit()
        self.ask(refresh=False)  # a link that was open before is replaced by this one
        self._watch()

    def _link_not_sent(self, order_id: OrderId, error: Refusal | Fault) -> None:
        if order_id != self._order_id:
            return
        self._is_sending = False
        if isinstance(error, Refusal):
            self._link = None
        self.refused.emit(error)
        self.changed.emit()
