"""Pay links: a page of the gateway on which the caller pays, in place of a card said on the call.

The link is handed to the CSR, who reads it out or mails it: nothing is sent from here yet. Of one
order one link is open at a time. What was paid counts, whatever was decided about the link before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.models.central.payment import PayLinkRow
from app.services.central.card_gateway import CardGateway
from app.services.central.installation import Installations
from app.services.central.order_payment import bring_up_to_date
from app.services.central.payment_rows import (
    LARGEST_MINOR,
    claim,
    is_given_up,
    link_view,
    lock,
    require_own_seat,
    wait_after,
)
from app.services.central.transaction import Actor, Saga, Transaction
from app.services.ports import EventLog
from app.services.rules.payments import IS_PAID, STILL_OPEN
from app.values.card import refuse_card_digits
from app.values.contact import EmailAddress
from app.values.errors import Fault, Refusal
from app.values.identity import LinkId
from app.values.money import Money
from app.values.vocabulary import LinkState
from app.values.wording import ascii_digits, tidy
from app.wire.payments import PayLink, SendPayLink
from app.wire.vault import AskLink, LinkOffered, OfferLink

_FEWEST_DIGITS = 6
_WHILE_CALLING = timedelta(minutes=10)
_OFTEN, _SELDOM = timedelta(seconds=30), timedelta(minutes=5)
_TAKEN_BACK = {LinkState.CANCELLED, LinkState.REPLACED}


@dataclass(frozen=True, slots=True)
class _Sending:
    """A link on its way. `before`: open links of the order; `offer` None: it was made before."""

    link: PayLink
    offer: OfferLink | None = None
    before: tuple[LinkId, ...] = ()


class PayLinks:
    """Pay links at one gateway."""

    def __init__(self, gateway: CardGateway, life: timedelta, log: EventLog) -> None:
        self.gateway = gateway
        self.was_away = False
        self._life = life
        self._log = log

    def send(self, saga: Saga, actor: Actor, request: SendPayLink) -> PayLink:
        """Make a page; a link of the order that is still open is used no more.

        Raises Refusal `amount_malformed`, `send_to_malformed`, `order_given_up`, `link_reused`, or
        `link_paid` where the caller has paid by the link before. Raises Unreachable.
        """
        sending = saga.write(partial(self._begin, actor=actor, request=request))
        if sending.offer is None:
            return sending.link
        for before in sending.before:
            told = self._cancelled(before)
            if told is not None and _is_paid(told):
                saga.write(partial(_keep, link_id=before, told=told))
                saga.write(partial(_drop, link_id=request.link_id))
                raise _paid()
        offered = self.gateway.offer_link(sending.offer)
        return saga.write(partial(_keep_offered, offered=offered, replaced=sending.before))

    def ask(self, saga: Saga, actor: Actor, link_id: LinkId) -> PayLink:
        """How a link stands; what was known last where the gateway is away.

        Raises Refusal `link_unknown` or `not_yours`.
        """
        saga.read(partial(_own, actor=actor, link_id=link_id))
        return self.look(saga, link_id)

    def cancel(self, saga: Saga, actor: Actor, link_id: LinkId) -> PayLink:
        """Let a link be used no more.

        Raises Refusal as `ask`, or `link_paid`. Raises Unreachable.
        """
        link = saga.read(partial(_own, actor=actor, link_id=link_id))
        if link.state in STILL_OPEN:
            told = self._cancelled(link_id)
            link = saga.write(
                partial(_keep, link_id=link_id, told=told, otherwise=LinkState.CANCELLED)
            )
        if link.state in IS_PAID:
            raise _paid()
        return link

    def look(self, saga: Saga, link_id: UUID) -> PayLink:
        """Ask the gateway how a link stands, and end one whose time is over."""
        try:
            return self._looked(saga, LinkId(link_id))
        except (Refusal, Fault) as problem:
            self.was_away = self.was_away or isinstance(problem, Fault)
            self._log.write("gateway_unsure", operation="link", code=problem.code)
            return saga.write(partial(_put_off, link_id=link_id))

    def _looked(self, saga: Saga, link_id: LinkId) -> PayLink:
        gateway, state, is_over = saga.read(partial(_standing, link_id=link_id))
        if gateway != self.gateway.name:
            return saga.read(partial(_shown, link_id=link_id))
        if state in _TAKEN_BACK:
            return saga.write(
                partial(_keep, link_id=link_id, told=self._cancelled(link_id), otherwise=state)
            )
        told = self.gateway.link(AskLink(link_id=link_id))
        if is_over and told.state in STILL_OPEN:
            told_last = self._cancelled(link_id)
            return saga.write(
                partial(_keep, link_id=link_id, told=told_last, otherwise=LinkState.EXPIRED)
            )
        return saga.write(partial(_keep, link_id=link_id, told=told))

    def _cancelled(self, link_id: LinkId) -> LinkOffered | None:
        """How a link stands after it was cancelled; None where the gateway never made it."""
        try:
            return self.gateway.cancel_link(AskLink(link_id=link_id))
        except Refusal as refusal:
            if refusal.code == "link_unknown":
                return None
            if refusal.code == "link_paid":
                return self.gateway.link(AskLink(link_id=link_id))
            raise

    def _begin(self, tx: Transaction, actor: Actor, request: SendPayLink) -> _Sending:
        lock(tx, "payments of", request.order_id)
        row = tx.session.get(PayLinkRow, request.link_id)
        if row is None:
            row = self._new_row(tx, actor, request)
            tx.session.add(row)
        elif not _is_same(row, actor, request):
            raise Refusal("link_reused", "Another pay link was sent under this id before.")
        if row.url or row.state not in STILL_OPEN:
            return _Sending(link_view(row))
        _, policy = Installations().policy(tx)
        offer = OfferLink(
            link_id=request.link_id,
            order_id=request.order_id,
            amount=request.amount,
            payee=policy.company.name,
            expires_at=row.expires_at,
        )
        return _Sending(link_view(row), offer, _open_before(tx, row))

    def _new_row(self, tx: Transaction, actor: Actor, request: SendPayLink) -> PayLinkRow:
        if not 0 < request.amount.minor <= LARGEST_MINOR:
            raise Refusal("amount_malformed", "That is no amount to be paid.", "amount")
        if is_given_up(tx, request.order_id):
            raise Refusal("order_given_up", "This order was given up. Nothing is taken for it.")
        return PayLinkRow(
            link_id=request.link_id,
            order_id=request.order_id,
            device_id=actor.seat.device_id,
            person_id=actor.signed_in.person_id,
            gateway=self.gateway.name,
            amount_minor=request.amount.minor,
            currency=request.amount.currency,
            send_to=_reachable(request.send_to),
            state=LinkState.SENT,
            url="",
            paid=0,
            brand="",
            last_four="",
            reference="",
            sent_at=tx.at,
            expires_at=tx.at + self._life,
            opened_at=None,
            paid_at=None,
            changed_at=tx.at,
            due_at=None,
            tries=0,
        )


def _reachable(send_to: str) -> str:
    """An e-mail address, a telephone number, or nothing: then it is read out."""
    text = refuse_card_digits(tidy(send_to), "send_to")
    if "@" in text:
        return EmailAddress.parse(text).text
    if text and sum(c.isdecimal() for c in ascii_digits(text)) < _FEWEST_DIGITS:
        raise Refusal(
            "send_to_malformed",
            "That is neither an e-mail address nor a telephone number.",
            "send_to",
        )
    return text


def _is_same(row: PayLinkRow, actor: Actor, request: SendPayLink) -> bool:
    amount = Money(row.amount_minor, row.currency)
    return (row.order_id, row.device_id, amount, row.send_to) == (
        request.order_id,
        actor.seat.device_id,
        request.amount,
        _reachable(request.send_to),
    )


def _open_before(tx: Transaction, row: PayLinkRow) -> tuple[LinkId, ...]:
    others = select(PayLinkRow.link_id).where(
        PayLinkRow.order_id == row.order_id,
        PayLinkRow.link_id != row.link_id,
        PayLinkRow.state.in_(STILL_OPEN),
    )
    return tuple(map(LinkId, tx.session.scalars(others)))


def _paid() -> Refusal:
    return Refusal("link_paid", "The caller has paid by the link already.")


def _is_paid(told: LinkOffered) -> bool:
    return told.paid > 0 or told.state in IS_PAID


def _locked(tx: Transaction, link_id: UUID) -> PayLinkRow:
    return tx.session.get_one(PayLinkRow, link_id, with_for_update=True)


def _own(tx: Transaction, actor: Actor, link_id: UUID) -> PayLink:
    row = tx.session.get(PayLinkRow, link_id)
    if row is None or not row.url:
        raise Refusal("link_unknown", "This link was never made. Please send a new one.")
    require_own_seat(actor, row.device_id)
    return link_view(row)


def _shown(tx: Transaction, link_id: UUID) -> PayLink:
    return link_view(tx.session.get_one(PayLinkRow, link_id))


def _standing(tx: Transaction, link_id: UUID) -> tuple[str, LinkState, bool]:
    """Its gateway, its state, and whether its time is over."""
    row = tx.session.get_one(PayLinkRow, link_id)
    return row.gateway, row.state, tx.at >= row.expires_at


def _keep_offered(tx: Transaction, offered: LinkOffered, replaced: tuple[LinkId, ...]) -> PayLink:
    for before in replaced:
        row = _locked(tx, before)
        if row.state in STILL_OPEN:
            row.state, row.changed_at, row.due_at = LinkState.REPLACED, tx.at, None
    return _keep(tx, offered.link_id, offered)


def _keep(
    tx: Transaction,
    link_id: UUID,
    told: LinkOffered | None,
    otherwise: LinkState | None = None,
) -> PayLink:
    """As the gateway says; `otherwise`: the state of one that was cancelled there unpaid."""
    row = _locked(tx, link_id)
    state = _state(row, told, otherwise)
    if told is not None:
        row.url, row.paid = told.url or row.url, max(row.paid, told.paid)
        row.brand, row.last_four = told.brand or row.brand, told.last_four or row.last_four
        row.reference = told.reference or row.reference
        row.opened_at = row.opened_at or told.opened_at
        row.paid_at = row.paid_at or told.paid_at
    if state is not row.state:
        row.state, row.changed_at = state, tx.at
    row.tries = 0
    row.due_at = _next_look(row, tx.at)
    bring_up_to_date(tx, row.order_id)
    return link_view(row)


def _state(row: PayLinkRow, told: LinkOffered | None, otherwise: LinkState | None) -> LinkState:
    paid = row.paid if told is None else max(row.paid, told.paid)
    if paid > 1 or (told is not None and told.state is LinkState.PAID_TWICE):
        return LinkState.PAID_TWICE
    if row.state is LinkState.PAID_TWICE:
        return row.state
    if paid or row.state is LinkState.PAID or (told is not None and _is_paid(told)):
        return LinkState.PAID
    if otherwise is not None:
        return otherwise
    is_settled = row.state not in STILL_OPEN
    was_opened = row.state is LinkState.OPENED
    if told is None or is_settled or (was_opened and told.state is LinkState.SENT):
        return row.state
    return told.state


def _next_look(row: PayLinkRow, at: datetime) -> datetime | None:
    """Often while the caller may still be on the line, then seldom; one that is paid may be again.

    None when nothing can come of it any more.
    """
    if row.state in STILL_OPEN:
        often = at - row.sent_at < _WHILE_CALLING
        return at + (_OFTEN if often else _SELDOM)
    may_be_paid_again = row.state is LinkState.PAID and at < row.expires_at
    return at + _SELDOM if may_be_paid_again else None


def _put_off(tx: Transaction, link_id: UUID) -> PayLink:
    row = _locked(tx, link_id)
    if row.due_at is not None:
        claim(row, tx.at)
        row.due_at = tx.at + max(_OFTEN, wait_after(row.tries))
    return link_view(row)


def _drop(tx: Transaction, link_id: UUID) -> None:
    """A link that was never made, because the one before it is paid."""
    row = _locked(tx, link_id)
    row.state, row.changed_at = LinkState.CANCELLED, tx.at


def take_back(tx: Transaction, order_id: UUID, device_id: UUID) -> int:
    """Open links that a seat sent for an order are used no more; the watchdog tells the gateway.

    How many there were.
    """
    sent = (PayLinkRow.order_id == order_id) & (PayLinkRow.device_id == device_id)
    return _take_back(tx, sent)


def take_back_links(tx: Transaction, links: Collection[UUID]) -> int:
    """The same for these links."""
    return _take_back(tx, PayLinkRow.link_id.in_(links))


def _take_back(tx: Transaction, which: ColumnElement[bool]) -> int:
    rows = tx.session.scalars(
        select(PayLinkRow)
        .where(which, PayLinkRow.state.in_(STILL_OPEN))
        .order_by(PayLinkRow.link_id)
        .with_for_update()
    ).all()
    for row in rows:
        row.state, row.changed_at, row.due_at = LinkState.CANCELLED, tx.at, tx.at
    return len(rows)
