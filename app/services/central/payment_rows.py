"""Rows of card attempts and pay links: how an attempt begins, what came of it, how they are shown.

Part of the transaction it is given; nothing here speaks to a gateway. The envelope of a request is
never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import bindparam, func, select

from app.models.central.order import SalesOrder
from app.models.central.order_life import OrderChangeRow
from app.models.central.payment import (
    CardAttemptRow,
    CardMovement,
    ClosedAttempt,
    GivenUpOrderRow,
    PayLinkRow,
)
from app.models.central.recording import RecordingLease
from app.services.central.transaction import Actor, Transaction
from app.services.rules.payments import UNDECIDED
from app.values.card import mask_card_digits
from app.values.errors import Refusal
from app.values.identity import AttemptId, LeaseId, LinkId, OrderId
from app.values.money import Money
from app.values.order_life import ChangeState
from app.values.vocabulary import AttemptState, CheckResult
from app.wire.message import encode
from app.wire.payments import AuthoriseCard, CardAttempt, PayLink, Payments
from app.wire.vault import Attempted

LARGEST_MINOR = 10**11
"""A thousand million of the currency; more is a slip of the finger."""

PATIENCE = timedelta(seconds=60)
"""A gateway has answered or failed by then, so whatever is still open was left by its replica."""

_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)
_GIVES_MONEY = {AttemptState.AUTHORISED, AttemptState.CAPTURED, AttemptState.REFUNDED}
_HAS_COME = {ChangeState.APPLIED, ChangeState.OPEN}
"""Changes whose payment is with its order, or with a person who decides about the change."""

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt on its way to the gateway, or one that was asked for before."""

    attempt: CardAttempt
    repeated: bool


def wait_after(tries: int) -> timedelta:
    """How long to leave a gateway alone after so many tries: 5, 10, 20 seconds ... ten minutes."""
    return min(_FIRST_WAIT * (1 << min(tries, 10)), _LONGEST_WAIT)


def lock(tx: Transaction, kind: str, subject: UUID) -> None:
    """Wait for whoever decides about the same attempt or order just now."""
    tx.connection.execute(_LOCK, {"key": f"{kind} {subject}"})


def begin(tx: Transaction, actor: Actor, request: AuthoriseCard, gateway: str) -> Begun:
    """Note the attempt before the gateway is asked.

    Raises Refusal `attempt_reused`, `attempt_closed`, `attempt_open`, `amount_malformed`,
    `order_given_up` or `pause_missing`, or what the gateway refused the same attempt with before.
    """
    lock(tx, "attempt", request.attempt_id)
    digest = sha256(encode(request)).digest()
    before = tx.session.get(CardAttemptRow, request.attempt_id)
    if before is not None:
        return Begun(_repeated(actor, before, digest), repeated=True)
    if tx.session.get(ClosedAttempt, request.attempt_id) is not None:
        raise Refusal(
            "attempt_closed",
            "This try was given up before it arrived. Nothing was taken; please begin a new one.",
        )
    if not 0 < request.amount.minor <= LARGEST_MINOR:
        raise Refusal("amount_malformed", "That is no amount to be paid.", "amount")
    lock(tx, "payments of", request.order_id)
    _require_order_open(tx, request)
    _require_pause(tx, actor, request)
    row = _new_row(tx, actor, request, gateway, digest)
    tx.session.add(row)
    return Begun(view_of(row), repeated=False)


def _repeated(actor: Actor, row: CardAttemptRow, digest: bytes) -> CardAttempt:
    if row.digest != digest or row.device_id != actor.seat.device_id:
        raise Refusal("attempt_reused", "Another payment was tried under this id before.")
    refuse_again(row)
    return view_of(row)


def refuse_again(row: CardAttemptRow) -> None:
    """Raises what the gateway refused it with, in the same words as the first time."""
    if row.refusal_code:
        raise Refusal(row.refusal_code, row.refusal_sentence)


def _require_order_open(tx: Transaction, request: AuthoriseCard) -> None:
    if is_given_up(tx, request.order_id):
        raise Refusal("order_given_up", "This order was given up. Nothing is taken for it.")
    undecided = select(CardAttemptRow.attempt_id).where(
        CardAttemptRow.order_id == request.order_id, CardAttemptRow.state.in_(UNDECIDED)
    )
    if tx.session.scalars(undecided.limit(1)).first() is not None:
        raise Refusal(
            "attempt_open",
            "The bank has not answered about the last try yet. Please ask for that first, "
            "or give it up.",
        )


def _require_pause(tx: Transaction, actor: Actor, request: AuthoriseCard) -> None:
    """Each hearing of a card has a pause of its own, which was held by this seat for this order."""
    lease = tx.session.get(RecordingLease, request.lease_id)
    was_held = lease is not None and lease.held_at is not None
    is_own = lease is not None and (lease.device_id, lease.order_id) == (
        actor.seat.device_id,
        request.order_id,
    )
    used = select(CardAttemptRow.attempt_id).where(CardAttemptRow.lease_id == request.lease_id)
    if not (was_held and is_own) or tx.session.scalars(used).first() is not None:
        raise Refusal(
            "pause_missing",
            "The recording was not paused for this card. Please pause it and take the card again.",
        )


def _new_row(
    tx: Transaction, actor: Actor, request: AuthoriseCard, gateway: str, digest: bytes
) -> CardAttemptRow:
    return CardAttemptRow(
        attempt_id=request.attempt_id,
        order_id=request.order_id,
        device_id=actor.seat.device_id,
        person_id=actor.signed_in.person_id,
        lease_id=request.lease_id,
        gateway=gateway,
        digest=digest,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        state=AttemptState.STARTED,
        approved_minor=None,
        captured_minor=0,
        refunded_minor=0,
        reference="",
        token="",
        brand="",
        last_four="",
        decline=None,
        address_check=CheckResult.NOT_GIVEN,
        postcode_check=CheckResult.NOT_GIVEN,
        code_check=CheckResult.NOT_GIVEN,
        refusal_code="",
        refusal_sentence="",
        void_cause=None,
        started_at=tx.at,
        changed_at=tx.at,
        due_at=tx.at + PATIENCE,
        tries=0,
    )


def is_given_up(tx: Transaction, order_id: UUID) -> bool:
    """Whether a desk said that the order will not come, and it did not come all the same."""
    given_up = select(GivenUpOrderRow.order_id).where(GivenUpOrderRow.order_id == order_id)
    found = tx.session.scalars(given_up.limit(1)).first() is not None
    return found and not is_placed(tx, order_id)


def is_placed(tx: Transaction, order_id: UUID) -> bool:
    """Whether the order has come, or the change of one that pays under this id."""
    placed = select(SalesOrder.order_id).where(SalesOrder.order_id == order_id)
    if tx.session.scalars(placed).first() is not None:
        return True
    change = select(OrderChangeRow.state).where(OrderChangeRow.change_id == order_id)
    return tx.session.scalars(change).first() in _HAS_COME


def paid_under(tx: Transaction, order_id: UUID) -> tuple[UUID, ...]:
    """The ids under which an order is paid: its own, and those of changes that were made of it."""
    made = select(OrderChangeRow.change_id).where(
        OrderChangeRow.order_id == order_id, OrderChangeRow.state == ChangeState.APPLIED
    )
    return (order_id, *tx.session.scalars(made.order_by(OrderChangeRow.revision)))


def order_paid(tx: Transaction, paid_under_id: UUID) -> UUID:
    """The order that an attempt or link under this id counts for."""
    made = select(OrderChangeRow.order_id).where(
        OrderChangeRow.change_id == paid_under_id, OrderChangeRow.state == ChangeState.APPLIED
    )
    return tx.session.scalars(made).first() or paid_under_id


def locked(tx: Transaction, attempt_id: UUID) -> CardAttemptRow:
    """An attempt, for as long as the transaction lasts nobody else's to change.

    Raises Refusal `attempt_unknown`.
    """
    row = tx.session.get(CardAttemptRow, attempt_id, with_for_update=True)
    if row is None:
        raise unknown_attempt()
    return row


def known_or_closed(tx: Transaction, actor: Actor, attempt_id: AttemptId) -> CardAttempt | None:
    """An attempt of this seat; None: it never came, and now it never will.

    Raises Refusal `not_yours`.
    """
    lock(tx, "attempt", attempt_id)
    row = tx.session.get(CardAttemptRow, attempt_id)
    if row is None:
        if tx.session.get(ClosedAttempt, attempt_id) is None:
            closed = ClosedAttempt(
                attempt_id=attempt_id, device_id=actor.seat.device_id, closed_at=tx.at
            )
            tx.session.add(closed)
        return None
    require_own_seat(actor, row.device_id)
    return view_of(row)


def require_own_seat(actor: Actor, device_id: UUID) -> None:
    """Raises Refusal `not_yours` for a payment that another seat began."""
    if device_id != actor.seat.device_id:
        raise Refusal("not_yours", "This belongs to another seat.")


def unknown_attempt() -> Refusal:
    """The attempt never came, so nothing was taken."""
    return Refusal(
        "attempt_unknown", "Nothing was taken: this try never came here. Please begin a new one."
    )


def is_undecided(row: CardAttemptRow) -> bool:
    """Whether nobody knows what the bank said; so too for one that was given up meanwhile."""
    if row.state is AttemptState.VOIDING:
        return row.approved_minor is None
    return row.state in UNDECIDED


def keep_outcome(
    tx: Transaction, row: CardAttemptRow, told: Attempted, orphan_age: timedelta
) -> None:
    """What the gateway says came of an attempt; nothing where the outcome is known already.

    An answer that cannot be about this attempt is none.
    """
    if not is_undecided(row):
        return
    is_open = told.state in UNDECIDED or told.state is AttemptState.VOIDING
    if is_open or not _is_about(row, told):
        keep_unanswered(tx, row)
        return
    _keep_facts(row, told)
    was_given_up = row.state is AttemptState.VOIDING
    row.changed_at = tx.at
    if told.state not in _GIVES_MONEY:
        row.state, row.due_at = told.state, None
        return
    row.approved_minor = _approved(row, told)
    row.captured_minor = _within(told.captured, row.approved_minor)
    row.refunded_minor = _within(told.refunded, row.captured_minor)
    row.tries = 0
    if was_given_up and told.state is AttemptState.AUTHORISED:
        row.due_at = tx.at
    else:
        row.state = told.state
        orphan_at = row.started_at + orphan_age
        row.due_at = orphan_at if told.state is AttemptState.AUTHORISED else None


def _keep_facts(row: CardAttemptRow, told: Attempted) -> None:
    row.reference, row.token = told.reference, told.token
    row.brand, row.last_four = told.brand, told.last_four
    row.decline = told.decline
    row.address_check = told.address_check
    row.postcode_check = told.postcode_check
    row.code_check = told.code_check


def _is_about(row: CardAttemptRow, told: Attempted) -> bool:
    is_same_money = told.approved is None or told.approved.currency is row.currency
    return told.attempt_id == row.attempt_id and is_same_money


def _approved(row: CardAttemptRow, told: Attempted) -> int:
    return _within(told.approved or Money(row.amount_minor, row.currency), row.amount_minor)


def _within(told: Money | None, most: int) -> int:
    """Minor units of a sum, never below nothing: no answer of a gateway may break a row."""
    return max(0, min(told.minor if told is not None else 0, most))


def keep_unanswered(tx: Transaction, row: CardAttemptRow) -> None:
    """The gateway did not say: the watchdog asks again."""
    if row.state is AttemptState.STARTED:
        row.state, row.changed_at = AttemptState.UNKNOWN, tx.at
    row.due_at = tx.at + wait_after(row.tries)


def keep_refused(tx: Transaction, row: CardAttemptRow, refusal: Refusal) -> None:
    """The gateway did not even try, so nothing was taken."""
    if is_undecided(row):
        row.state, row.changed_at, row.due_at = AttemptState.FAILED, tx.at, None
        row.refusal_code = refusal.code
        row.refusal_sentence = mask_card_digits(refusal.sentence)


def view_of(row: CardAttemptRow) -> CardAttempt:
    """An attempt as it is shown."""

    def money(minor: int | None) -> Money | None:
        return Money(minor, row.currency) if minor is not None else None

    return CardAttempt(
        attempt_id=AttemptId(row.attempt_id),
        order_id=OrderId(row.order_id),
        state=row.state,
        amount=Money(row.amount_minor, row.currency),
        approved=money(row.approved_minor),
        captured=money(row.captured_minor or None),
        refunded=money(row.refunded_minor or None),
        brand=row.brand,
        last_four=row.last_four,
        decline=row.decline,
        address_check=row.address_check,
        postcode_check=row.postcode_check,
        code_check=row.code_check,
        lease_id=LeaseId(row.lease_id),
        at=row.changed_at,
    )


def link_view(row: PayLinkRow) -> PayLink:
    """A pay link as it is shown."""
    return PayLink(
        link_id=LinkId(row.link_id),
        order_id=OrderId(row.order_id),
        state=row.state,
        amount=Money(row.amount_minor, row.currency),
        url=row.url,
        send_to=row.send_to,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        opened_at=row.opened_at,
        paid_at=row.paid_at,
    )


def payments_of(tx: Transaction, order_id: UUID, *, hold: bool = False) -> Payments:
    """Attempts and links of an order, oldest first; a page that was never made is left out.

    Those of its changes are among them. `hold`: none of them changes before the transaction is
    over.
    """
    ids = paid_under(tx, order_id)
    attempts = (
        select(CardAttemptRow)
        .where(CardAttemptRow.order_id.in_(ids))
        .order_by(CardAttemptRow.started_at, CardAttemptRow.attempt_id)
    )
    links = (
        select(PayLinkRow)
        .where(PayLinkRow.order_id.in_(ids), PayLinkRow.url != "")
        .order_by(PayLinkRow.sent_at, PayLinkRow.link_id)
    )
    if hold:
        attempts, links = attempts.with_for_update(read=True), links.with_for_update(read=True)
    state = select(SalesOrder.payment_state).where(SalesOrder.order_id == order_id)
    return Payments(
        attempts=tuple(map(view_of, tx.session.scalars(attempts))),
        links=tuple(map(link_view, tx.session.scalars(links))),
        state=tx.session.scalars(state).first(),
    )


def claim(row: CardAttemptRow | CardMovement | PayLinkRow, at: datetime) -> None:
    """Whoever has it works on it until PATIENCE is over; then another may."""
    row.due_at = at + max(PATIENCE, wait_after(row.tries))
    row.tries += 1
