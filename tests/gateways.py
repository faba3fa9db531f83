"""A card gateway that does as it is told: what a bank, a vault and a pay page would do, in memory.

`gateway.say(declined())` scripts the answer to the next authorisation; without a script it
approves. Behaves as the port promises: every request is repeatable by its id, never moves more than
it may, and closes the ids it is asked about and never had.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId, LinkId
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason, LinkState
from app.wire.payments import CardKey
from app.wire.vault import (
    AskAttempted,
    AskLink,
    Attempted,
    Authorise,
    CardKeys,
    LinkOffered,
    MoveMoney,
    OfferLink,
)

ENVELOPE = "ZW52.ZWxvcGU.b2Y.dGhl.dGVzdA"
KEY = CardKey(
    kid="key-2",
    modulus="AQAB",
    exponent="AQAB",
    not_before=datetime(2026, 11, 1, tzinfo=UTC),
    expires_at=datetime(2026, 12, 1, tzinfo=UTC),
    signature="c2lnbmF0dXJl",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What the gateway does with one authorisation.

    `lost`: it is carried out, but its answer never arrives. `away`: it never reaches the gateway.
    """

    state: AttemptState = AttemptState.AUTHORISED
    approved: int | None = None
    decline: DeclineReason | None = None
    code_check: CheckResult = CheckResult.MATCH
    refusal: str = ""
    lost: bool = False
    away: bool = False


def declined(reason: DeclineReason = DeclineReason.DECLINED) -> Says:
    return Says(state=AttemptState.DECLINED, decline=reason)


def away() -> Unreachable:
    return Unreachable("gateway_away", "The card gateway does not answer.")


@dataclass(slots=True)
class _Held:
    """An attempt as the gateway has it."""

    told: Attempted
    movements: dict[UUID, tuple[str, Money | None]] = field(default_factory=dict)


class FakeGateway:
    """Keeps everything in memory; safe to share between threads. `is_away`: answers nothing."""

    name = "fake"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.is_closed = False
        self.forget()

    def forget(self) -> None:
        """As it was when it was new."""
        self.asked: list[Authorise] = []
        self.calls: list[str] = []
        self.is_away = False
        self.lose_next = False
        self.refuse_captures = False
        self.links: dict[LinkId, LinkOffered] = {}
        self.offers: list[OfferLink] = []
        self._script: list[Says] = []
        self._held: dict[AttemptId, _Held] = {}
        self._shut: set[AttemptId] = set()

    def say(self, *answers: Says) -> None:
        """What becomes of the next authorisations, in their order."""
        self._script += answers

    def keys(self) -> CardKeys:
        self._reach("keys")
        older = replace(KEY, kid="key-1")
        return CardKeys(keys=(KEY, older), root_key="cm9vdA")

    def authorise(self, request: Authorise) -> Attempted:
        with self._lock:
            self.asked.append(request)
            said = self._script.pop(0) if self._script else Says()
            self._reach("authorise")
            if said.away:
                raise away()
            if request.attempt_id in self._shut:
                raise Refusal("attempt_closed", "This attempt was closed.")
            if said.refusal:
                raise Refusal(said.refusal, "The envelope cannot be opened.")
            if request.attempt_id not in self._held:
                self._held[request.attempt_id] = _Held(_told(request, said))
            if said.lost:
                raise away()
            return self._held[request.attempt_id].told

    def attempt(self, request: AskAttempted) -> Attempted:
        with self._lock:
            self._reach("attempt")
            held = self._held.get(request.attempt_id)
            if held is None:
                self._shut.add(request.attempt_id)
                raise Refusal("attempt_unknown", "It never came.")
            return held.told

    def answer_late(self, attempt_id: UUID, said: Says) -> None:
        """The bank answers about an attempt whose state was UNKNOWN."""
        held = self._held[AttemptId(attempt_id)]
        request = next(one for one in self.asked if one.attempt_id == attempt_id)
        held.told = _told(request, said)

    def answer_in(self, currency: Currency, attempt_id: UUID) -> None:
        """Says yes, but in another currency than it was asked for."""
        held = self._held[AttemptId(attempt_id)]
        approved = Money(1, currency)
        held.told = replace(held.told, state=AttemptState.AUTHORISED, approved=approved)

    def capture(self, request: MoveMoney) -> Attempted:
        if self.refuse_captures:
            raise Refusal("authorisation_over", "The authorisation has run out.")
        return self._move("capture", request)

    def refund(self, request: MoveMoney) -> Attempted:
        return self._move("refund", request)

    def void(self, request: MoveMoney) -> Attempted:
        return self._move("void", request)

    def offer_link(self, request: OfferLink) -> LinkOffered:
        with self._lock:
            self._reach("offer_link")
            self.offers.append(request)
            url = f"https://pay.test/{request.link_id.hex}"
            made = LinkOffered(link_id=request.link_id, url=url, state=LinkState.SENT)
            return self.links.setdefault(request.link_id, made)

    def link(self, request: AskLink) -> LinkOffered:
        with self._lock:
            self._reach("link")
            return self._link(request.link_id)

    def cancel_link(self, request: AskLink) -> LinkOffered:
        with self._lock:
            self._reach("cancel_link")
            link = self._link(request.link_id)
            if not link.paid and link.state in {LinkState.SENT, LinkState.OPENED}:
                link = replace(link, state=LinkState.CANCELLED)
                self.links[request.link_id] = link
            return link

    def open_link(self, link_id: LinkId, at: datetime) -> None:
        """The caller looks at the page."""
        self.links[link_id] = replace(self.links[link_id], state=LinkState.OPENED, opened_at=at)

    def pay_link(self, link_id: LinkId, at: datetime) -> None:
        """The caller pays on the page, once more if it is paid already."""
        link = self.links[link_id]
        paid = link.paid + 1
        state = LinkState.PAID if paid == 1 else LinkState.PAID_TWICE
        self.links[link_id] = replace(
            link, state=state, paid=paid, paid_at=at, brand="visa", last_four="4242"
        )

    def held(self, attempt_id: UUID) -> Attempted:
        """How an attempt stands at the gateway."""
        return self._held[AttemptId(attempt_id)].told

    def close(self) -> None:
        self.is_closed = True

    def _link(self, link_id: LinkId) -> LinkOffered:
        if link_id not in self.links:
            raise Refusal("link_unknown", "There is no such link.")
        return self.links[link_id]

    def _move(self, kind: str, request: MoveMoney) -> Attempted:
        with self._lock:
            self._reach(kind)
            held = self._held[request.attempt_id]
            assert request.reference == held.told.reference
            known = held.movements.get(request.movement_id)
            assert known in {None, (kind, request.amount)}
            if known is None:
                held.told = _moved(held.told, kind, request.amount)
                held.movements[request.movement_id] = (kind, request.amount)
            if self.lose_next:
                self.lose_next = False
                raise away()
            return held.told

    def _reach(self, call: str) -> None:
        self.calls.append(call)
        if self.is_away:
            raise away()


def _told(request: Authorise, said: Says) -> Attempted:
    told = Attempted(attempt_id=request.attempt_id, state=said.state, decline=said.decline)
    if said.state in {AttemptState.STARTED, AttemptState.UNKNOWN}:
        return told
    told = replace(told, brand="visa", last_four="4242", code_check=said.code_check)
    if said.state is not AttemptState.AUTHORISED:
        return told
    minor = request.amount.minor if said.approved is None else said.approved
    reference = f"ref {request.attempt_id.hex[-6:]}"
    approved = Money(minor, request.amount.currency)
    return replace(told, reference=reference, token="tok_1", approved=approved)


def _moved(told: Attempted, kind: str, amount: Money | None) -> Attempted:
    approved = told.approved
    assert approved is not None
    zero = Money(0, approved.currency)
    captured, refunded = told.captured or zero, told.refunded or zero
    if kind == "void":
        if captured.minor:
            raise Refusal("attempt_captured", "It is captured.")
        return replace(told, state=AttemptState.VOIDED)
    assert amount is not None
    if kind == "capture":
        if told.state is AttemptState.VOIDED or captured + amount > approved:
            raise Refusal("amount_above_approved", "More than was approved.")
        return replace(told, state=AttemptState.CAPTURED, captured=captured + amount)
    if refunded + amount > captured:
        raise Refusal("amount_above_captured", "More than was captured.")
    is_all = refunded + amount == captured
    state = AttemptState.REFUNDED if is_all else AttemptState.CAPTURED
    return replace(told, state=state, refunded=refunded + amount)
