"""What is paid of an order, what is open, and whether it may be placed like that. Pure.

The desk asks before it places, screens before they offer it. What is said to the caller is in
`payment_words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.services.rules.read_back import Standing, still_open
from app.values.money import Money, total_of
from app.values.vocabulary import (
    AttemptState,
    CheckpointKind,
    LinkState,
    PaymentMethod,
    PaymentState,
    Region,
)
from app.wire.orders import OrderDocument, PlacedOrder, Totals
from app.wire.payments import CardAttempt, PayLink

HOLDS_MONEY = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED, AttemptState.REFUNDED})
"""The bank said yes, and it was not given back before it was taken."""

UNDECIDED = frozenset({AttemptState.STARTED, AttemptState.UNKNOWN})
"""Nobody here knows whether the bank said yes."""

STILL_OPEN = frozenset({LinkState.SENT, LinkState.OPENED})
"""The caller may still pay with it."""

IS_PAID = frozenset({LinkState.PAID, LinkState.PAID_TWICE})


_AMERICAN = {
    "authorised": "authorized",
    "cancelled": "canceled",
    "postcode": "ZIP code",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How much of an order is covered, and what is open.

    `due` is what has to be approved or paid: the total, of a change what is not held of the order
    yet. `approved` and `paid` are what cards were authorised for and what links have brought,
    `promised` what open links ask for. `left` is below zero where cards hold more than is due,
    `goes_back` what the order held more than it comes to now. `code` and `sentence` are those of
    the refusal to place, empty where nothing stands in the way.
    """

    total: Money
    due: Money
    goes_back: Money
    approved: Money
    paid: Money
    promised: Money
    state: PaymentState
    code: str = ""
    sentence: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the order cannot be placed with this payment."""
        return bool(self.code)

    @property
    def left(self) -> Money:
        """What nobody has approved or paid yet."""
        return self.due - self.approved - self.paid


def covered(
    document: OrderDocument,
    totals: Totals,
    attempts: Sequence[CardAttempt],
    links: Sequence[PayLink],
) -> Cover:
    """What is covered by the way to pay that the order names.

    By card, what was approved has to come to the total; by pay link, a link has to ask for what
    cards leave open; on account, the customer has to have one. What is paid later may stay open.
    Of a change what the order holds already counts as paid.
    """
    total = totals.total
    held_before = document.amends.held if document.amends is not None else Money(0, total.currency)
    due, goes_back = apart(total, held_before)
    approved = approved_by(attempts, total)
    paid = total_of(_asked_for(links, IS_PAID, total), total.currency)
    promised = total_of(_asked_for(links, STILL_OPEN, total), total.currency)
    secured = held_before + approved + paid
    is_paid = _all_taken(attempts, paid, total - held_before - paid)
    cover = Cover(
        total=total,
        due=due,
        goes_back=goes_back,
        approved=approved,
        paid=paid,
        promised=promised,
        state=_state(document, total, secured, promised, is_paid=is_paid),
    )
    code, sentence = _lacking(document, cover, attempts)
    return replace(cover, code=code, sentence=in_region(sentence, document.region))


def apart(total: Money, held_before: Money) -> tuple[Money, Money]:
    """What is to pay of a total, and what goes back of what was held: one of them is nothing."""
    nothing = Money(0, total.currency)
    differs = total - held_before
    return (differs, nothing) if differs.minor > 0 else (nothing, nothing - differs)


def cover_of(placed: PlacedOrder) -> Cover:
    """The same of a placed order, as far as the seat knew it."""
    return covered(placed.document, placed.totals, placed.attempts, placed.links)


def brings_money(attempts: Iterable[CardAttempt], links: Iterable[PayLink]) -> bool:
    """Whether one of them holds money, or still may bring some."""
    return any(one.state in HOLDS_MONEY for one in attempts) or any(
        one.state in IS_PAID | STILL_OPEN for one in links
    )


def approved_by(attempts: Iterable[CardAttempt], total: Money) -> Money:
    """What banks have approved in the currency of `total`; partial approvals add up."""
    return total_of((held(one) for one in attempts if holds(one, total)), total.currency)


def holds(attempt: CardAttempt, total: Money) -> bool:
    """Whether an attempt holds money for an order in the currency of `total`."""
    return attempt.state in HOLDS_MONEY and held(attempt).currency is total.currency


def held(attempt: CardAttempt) -> Money:
    """What an attempt holds, where it holds anything: all of it, unless the bank approved less."""
    approved = attempt.approved if attempt.approved is not None else attempt.amount
    if attempt.refunded is None or attempt.refunded.currency is not approved.currency:
        return approved
    return approved - attempt.refunded


def may_take_card(standings: Iterable[Standing]) -> str | None:
    """Why the card pane stays closed, in a sentence; None: everything is agreed, so it may open.

    The caller has agreed to pay the total before a card is asked for (DESIGN.md section 6).
    """
    lacking = still_open(standings)
    if not lacking:
        return None
    if all(one.checkpoint.kind is CheckpointKind.OBLIGATION for one in lacking):
        return "Ask first whether the order is placed with the obligation to pay."
    return "Finish the read-back first: the caller agrees to what they order before they pay."


def in_region(words: str, region: Region) -> str:
    """British words as an American writes them, where the order is one of the United States."""
    if region is Region.US:
        for british, american in _AMERICAN.items():
            words = words.replace(british, american)
    return words


def _asked_for(
    links: Iterable[PayLink], states: frozenset[LinkState], total: Money
) -> Iterable[Money]:
    return (
        link.amount
        for link in links
        if link.state in states and link.amount.currency is total.currency
    )


def _all_taken(attempts: Iterable[CardAttempt], paid: Money, wanted: Money) -> bool:
    """Whether nothing is only reserved, and cards have brought what is `wanted` of them.

    Of one that was sent in part only its value was taken so far.
    """
    standing = [one for one in attempts if one.state in HOLDS_MONEY]
    if any(one.state is AttemptState.AUTHORISED for one in standing):
        return False
    taken = sum((one.captured or held(one)).minor for one in standing if holds(one, wanted))
    return bool(standing or paid.minor) and taken >= wanted.minor


def _state(
    document: OrderDocument, total: Money, secured: Money, promised: Money, *, is_paid: bool
) -> PaymentState:
    if secured.minor >= total.minor and secured.minor > 0:
        return PaymentState.PAID if is_paid else PaymentState.AUTHORISED
    if promised.minor > 0:
        return PaymentState.LINK_SENT
    if document.payment is PaymentMethod.INVOICE and _has_account(document):
        return PaymentState.ON_ACCOUNT
    return PaymentState.OUTSTANDING


def _has_account(document: OrderDocument) -> bool:
    return document.customer is not None and document.customer.on_account


def _lacking(
    document: OrderDocument, cover: Cover, attempts: Iterable[CardAttempt]
) -> tuple[str, str]:
    """Code and sentence of what stands in the way of placing."""
    match document.payment:
        case PaymentMethod.CARD:
            return _lacking_by_card(cover, list(attempts))
        case PaymentMethod.PAY_LINK:
            return _lacking_by_link(cover)
        case PaymentMethod.INVOICE if not _has_account(document):
            return (
                "not_on_account",
                "This customer has no account with us. Please choose another way to pay.",
            )
        case _:
            return "", ""


def _lacking_by_card(cover: Cover, attempts: list[CardAttempt]) -> tuple[str, str]:
    undecided = [one for one in attempts if one.state in UNDECIDED]
    if undecided:
        amount = undecided[-1].amount
        return (
            "payment_open",
            f"The bank has not answered for {amount} yet. Ask again how it stands, or give it up.",
        )
    if not cover.left.minor:
        return "", ""
    secured = cover.approved + cover.paid
    if not secured.minor:
        return "payment_open", f"No card has been authorised yet for the {cover.due} to pay."
    # Some attempt was for this very sum, so it is the bank (or a card given back) that lacks.
    is_partial = any(one.amount == cover.due for one in attempts)
    if is_partial and cover.left.minor > 0:
        return (
            "payment_open",
            f"{secured} of {cover.due} is authorised; {cover.left} is still to be paid.",
        )
    return (
        "payment_amount_differs",
        f"{secured} is authorised, but {_comes_to(cover)}.",
    )


def _comes_to(cover: Cover) -> str:
    if cover.due == cover.total:
        return f"the order comes to {cover.total}"
    return f"{cover.due} is to be paid for the change"


def _lacking_by_link(cover: Cover) -> tuple[str, str]:
    if not cover.left.minor or cover.left == cover.promised:
        return "", ""
    if cover.left.minor < 0:
        secured = cover.approved + cover.paid
        return (
            "payment_amount_differs",
            f"{secured} is paid or authorised, but {_comes_to(cover)}.",
        )
    if not cover.promised.minor:
        return "payment_open", f"No pay link has been sent yet for the {cover.left} to pay."
    return (
        "payment_amount_differs",
        f"The pay link is for {cover.promised}, but {cover.left} is to be paid. Send a new one.",
    )
