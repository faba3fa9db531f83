"""What tests of pauses and payments share: a centre that answers as told, a safe, lanes by hand."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

import msgspec
from PySide6.QtCore import QObject

from app.services.ports import Bound, CardParts
from app.ui.background import InlineBackground, Lane, Question
from app.ui.notices import Incidents
from app.ui.payment.tenders import Envelope
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import AttemptId, LeaseId
from app.values.money import Currency, Money
from app.values.vocabulary import (
    AttemptState,
    CallEventKind,
    ConfirmedBy,
    LinkState,
    PauseState,
)
from app.wire import card_operations
from app.wire.operation import Operation
from app.wire.payments import (
    AskCardKey,
    AskTenders,
    CardAttempt,
    CardKey,
    PayLink,
    SendPayLink,
    TakeCard,
    Tenders,
    VoidTender,
)
from app.wire.recording import (
    AcquirePause,
    AskPause,
    CallEvent,
    CallEvents,
    CallMarked,
    CallOnLine,
    FindCall,
    MarkSpoken,
    PausedRecording,
    PauseHeld,
    PauseRenewed,
    PauseTimes,
    PauseView,
    ReleasePause,
    RenewPause,
    WatchCall,
)
from tests.builders import A_MORNING
from tests.fakes import CountingIds

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")

ENVELOPE = "aGVhZA.a2V5.aXY.Y2lwaGVy.dGFn"
WATCH = card_operations.WATCH_CALL.name
ACQUIRE = card_operations.ACQUIRE_PAUSE.name
RENEW = card_operations.RENEW_PAUSE.name
RELEASE = card_operations.RELEASE_PAUSE.name
STATUS = card_operations.ASK_PAUSE.name
TAKE_CARD = card_operations.TAKE_CARD.name
TENDERS = card_operations.ASK_TENDERS.name
CARD_KEY = card_operations.GET_CARD_KEY.name
SEND_LINK = card_operations.OFFER_PAY_LINK.name
VOID = card_operations.VOID_TENDER.name
FIND_CALL = card_operations.FIND_CALL.name
MARK_SPOKEN = card_operations.MARK_SPOKEN.name


def away() -> Unreachable:
    return Unreachable("unreachable", "The central service does not answer.")


def a_held_pause(request: AcquirePause, **different: Any) -> PauseHeld:  # noqa: ANN401 - whatever field a test names
    held = PauseHeld(
        lease_id=request.lease_id,
        reference="call-7",
        confirmed_at=A_MORNING,
        recordings=(
            PausedRecording(recorder="pbx", recording="leg-1", confirmed_by=ConfirmedBy.EVENT),
        ),
        times=PauseTimes(),
    )
    return msgspec.structs.replace(held, **different)


class CardLine:
    """The centre and the desk service as far as cards go; everything is asked under its name.

    `broken` answers an operation with an error; `seen` has every request in the order of asking.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []
        self.broken: dict[str, Refusal | Fault] = {}
        self.held: dict[str, object] = {}
        self.events: deque[CallEvent] = deque()
        self.over = False
        self.resumes = True
        self.call_found: CallOnLine | None = None
        self.outcome: dict[str, object] = {}
        self.attempts: list[CardAttempt] = []
        self.links: list[PayLink] = []
        self._seq = 0
        self._answers: dict[str, Callable[[Any], object]] = {
            ACQUIRE: self._acquire,
            RENEW: self._renew,
            RELEASE: self._release,
            STATUS: self._status,
            WATCH: self._watch,
            FIND_CALL: self._find_call,
            MARK_SPOKEN: self._mark,
            CARD_KEY: self._card_key,
            TAKE_CARD: self._take_card,
            TENDERS: self._tenders,
            VOID: self._void,
            SEND_LINK: self._send_link,
        }

    def answers(self, name: str) -> bool:
        """Whether an operation is one of these."""
        return name in self._answers

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        self.seen.append((operation.name, request))
        if operation.name in self.broken:
            raise self.broken[operation.name]
        return cast("A", self._answers[operation.name](request))

    def asked(self, name: str) -> list[Any]:
        """The requests of one operation."""
        return [request for seen, request in self.seen if seen == name]

    def count(self) -> Counter[str]:
        return Counter(name for name, _ in self.seen)

    def happens(self, kind: CallEventKind) -> None:
        """Something comes of the call."""
        self._seq += 1
        self.events.append(CallEvent(seq=self._seq, kind=kind, at=A_MORNING))

    def _acquire(self, request: AcquirePause) -> PauseHeld:
        return a_held_pause(request, **self.held)

    def _renew(self, request: RenewPause) -> PauseRenewed:
        return PauseRenewed(lease_id=request.lease_id)

    def _release(self, request: ReleasePause) -> PauseView:
        return self._view(request.lease_id)

    def _status(self, request: AskPause) -> PauseView:
        return self._view(request.lease_id)

    def _view(self, lease_id: LeaseId) -> PauseView:
        if self.resumes:
            return PauseView(lease_id=lease_id, state=PauseState.ENDED, resumed_at=A_MORNING)
        return PauseView(lease_id=lease_id, state=PauseState.RESUMING)

    def _watch(self, request: WatchCall) -> CallEvents:
        news = tuple(event for event in self.events if event.seq > request.since)
        return CallEvents(events=news, over=self.over)

    def _find_call(self, _request: FindCall) -> CallOnLine:
        if self.call_found is None:
            raise Refusal("no_call", "There is no call at your extension.")
        return self.call_found

    def _mark(self, request: MarkSpoken) -> CallMarked:
        return CallMarked(reference=request.reference or "call-7", at=A_MORNING)

    def _card_key(self, _request: AskCardKey) -> CardKey:
        return CardKey(
            kid="card-1",
            modulus="bW9kdWx1cw",
            exponent="AQAB",
            not_before=A_MORNING,
            expires_at=A_MORNING + timedelta(days=90),
            signature="c2lnbmF0dXJl",
        )

    def _take_card(self, request: TakeCard) -> CardAttempt:
        attempt = CardAttempt(
            attempt_id=request.attempt_id,
            order_id=request.order_id,
            state=AttemptState.AUTHORISED,
            amount=request.amount,
            approved=request.amount,
            brand="Visa",
            last_four="4242",
            at=A_MORNING,
        )
        attempt = msgspec.structs.replace(attempt, **self.outcome)
        if attempt.state in {AttemptState.DECLINED, AttemptState.FAILED, AttemptState.UNKNOWN}:
            attempt = msgspec.structs.replace(attempt, approved=None)
        self.attempts.append(attempt)
        return attempt

    def _tenders(self, _request: AskTenders) -> Tenders:
        return Tenders(attempts=tuple(self.attempts), links=tuple(self.links))

    def settle(self, attempt_id: AttemptId, **different: Any) -> None:  # noqa: ANN401 - whatever field a test names
        """What becomes of an attempt later."""
        self.attempts = [
            msgspec.structs.replace(one, **different) if one.attempt_id == attempt_id else one
            for one in self.attempts
        ]

    def _void(self, request: VoidTender) -> Tenders:
        self.settle(request.attempt_id, state=AttemptState.VOIDED)
        return self._tenders(AskTenders(order_id=request.order_id))

    def _send_link(self, request: SendPayLink) -> PayLink:
        link = PayLink(
            link_id=request.link_id,
            order_id=request.order_id,
            state=LinkState.SENT,
            amount=request.amount,
            url="https://pay.example/l/7KQ2",
            send_to=request.send_to,
            sent_at=A_MORNING,
            expires_at=A_MORNING + timedelta(hours=72),
        )
        self.links = [msgspec.structs.replace(one, state=LinkState.REPLACED) for one in self.links]
        self.links.append(link)
        return link


class ByHand:
    """Lanes that answer at once, but for the operations a test holds back."""

    def __init__(self, *held: str) -> None:
        self._inline = InlineBackground(Incidents(CountingIds(91_000)))
        self._held = {WATCH, *held}
        self._waiting: list[tuple[str, Callable[[], None]]] = []
        self.lanes: list[tuple[str, Lane]] = []

    def run(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        owner: QObject,
        then: Callable[[T], None],
        failed: Callable[[Refusal | Fault], None],
        question: Question | None = None,
    ) -> None:
        name = operation_of(work)
        self.lanes.append((name, lane))
        job = partial(
            self._inline.run,
            lane,
            work,
            owner=owner,
            then=then,
            failed=failed,
            question=question,
        )
        if name in self._held:
            self._waiting.append((name, job))
        else:
            job()

    def close(self) -> None:
        """Nothing is left to end."""

    def hold(self, *names: str) -> None:
        """Answer these only when told."""
        self._held.update(names)

    def let_go(self, *names: str) -> None:
        """Answer these at once again."""
        self._held.difference_update(names)

    def waiting(self, name: str) -> int:
        """How many questions of an operation have no answer yet."""
        return sum(waits == name for waits, _ in self._waiting)

    def answer(self, name: str) -> None:
        """Let the oldest question of an operation be answered."""
        place = next(at for at, (waits, _) in enumerate(self._waiting) if waits == name)
        self._waiting.pop(place)[1]()


def operation_of(work: Callable[[], object]) -> str:
    """The name of the operation that a piece of work asks for; empty where it asks for none."""
    for part in _parts(work):
        if isinstance(part, Operation):
            return part.name
    return TAKE_CARD if isinstance(work, Envelope) else ""


def _parts(work: object) -> Iterator[object]:
    if isinstance(work, partial):
        for argument in (work.func, *work.args):
            yield argument
            yield from _parts(argument)


class PlainDigits:
    """Digits in a list: what a safe would keep masked."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._digits: list[int] = []
        self.is_closed = False
        self.problem: Fault | None = None

    def __len__(self) -> int:
        return len(self._digits)

    def push(self, digit: int) -> bool:
        if len(self._digits) >= self._most:
            return False
        self._digits.append(digit)
        return True

    def pop(self) -> None:
        if self._digits:
            self._digits.pop()

    def at(self, place: int) -> int:
        return self._digits[place]

    def wipe(self) -> None:
        if self.problem is not None:
            raise self.problem
        self._digits.clear()

    def close(self) -> None:
        self.wipe()
        self.is_closed = True


class OpenSafe:
    """A card safe that notes what it was asked for, and never what was in it."""

    def __init__(self) -> None:
        self.problem: Refusal | None = None
        self.seal_problem: Refusal | Fault | None = None
        self.kept: list[PlainDigits] = []
        self.sealed: list[Bound] = []
        self.sealed_counts: list[tuple[int, int, int]] = []
        self.scrubs = 0
        self.hidden: list[bool] = []

    def require_ready(self) -> None:
        if self.problem is not None:
            raise self.problem

    def digits(self, most: int) -> PlainDigits:
        self.require_ready()
        made = PlainDigits(most)
        self.kept.append(made)
        return made

    def seal(self, card: CardParts, bound: Bound, key: CardKey) -> str:
        assert key.kid == "card-1"
        if self.seal_problem is not None:
            raise self.seal_problem
        self.sealed.append(bound)
        self.sealed_counts.append((len(card.number), len(card.expiry), len(card.code)))
        return ENVELOPE

    def scrub(self) -> None:
        self.scrubs += 1

    def hide_window(self, window_id: int, *, hidden: bool) -> bool:
        del window_id
        self.hidden.append(hidden)
        return True

    def is_empty(self) -> bool:
        """Whether no digit is left anywhere."""
        return not any(len(digits) for digits in self.kept)


def card_parts(safe: OpenSafe, counts: tuple[int, int, int] = (16, 4, 3)) -> CardParts:
    """A card of so many digits; they are all alike, because no test looks at them."""
    made = []
    for count in counts:
        digits = safe.digits(count)
        for _ in range(count):
            digits.push(4)
        made.append(digits)
    return CardParts(*made)


def pounds(amount: str) -> Money:
    """`4.95` as an amount."""
    whole, _, part = amount.partition(".")
    return Money(int(whole) * 100 + int(part or 0), Currency.GBP)
