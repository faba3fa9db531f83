"""What a confirmation says of the payment: cards by brand and last four, links, what is left.

A placed order in, lines of words out. No digit of a card but the last four ever stands on a paper,
whatever a gateway calls its brand. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.texts import PaymentTexts
from app.values.money import Money, total_of
from app.values.vocabulary import AttemptState, LinkState, PaymentMethod
from app.wire.orders import PlacedOrder
from app.wire.payments import CardAttempt, PayLink

_AUTHORISED, _TAKEN = AttemptState.AUTHORISED, {AttemptState.CAPTURED, AttemptState.REFUNDED}
_PAID = {LinkState.PAID, LinkState.PAID_TWICE}
_OPEN = {LinkState.SENT, LinkState.OPENED}


def payment_lines(placed: PlacedOrder, texts: PaymentTexts) -> list[str]:
    """Each payment on a line, then what is left of the total; at least one line."""
    lines = [*_cards(placed, texts), *_links(placed, texts)]
    left = _left(placed)
    if left.minor <= 0:
        return lines or [texts.nothing]
    if placed.document.payment is PaymentMethod.INVOICE:
        rest = texts.on_account_rest if lines else texts.on_account
    else:
        rest = texts.outstanding_rest if lines else texts.outstanding
    return [*lines, rest.format(amount=left)]


def link_to_pay(placed: PlacedOrder) -> PayLink | None:
    """The link that the customer may still pay with."""
    return next((link for link in reversed(placed.links) if link.state in _OPEN), None)


def _cards(placed: PlacedOrder, texts: PaymentTexts) -> Iterator[str]:
    for attempt in placed.attempts:
        if attempt.state is _AUTHORISED:
            words = texts.authorised
        elif attempt.state in _TAKEN:
            words = texts.taken
        else:
            continue
        yield words.format(card=_card(attempt, texts), amount=_held(attempt))


def _links(placed: PlacedOrder, texts: PaymentTexts) -> Iterator[str]:
    for link in placed.links:
        if link.state in _PAID:
            yield texts.link_paid.format(amount=link.amount)
    link_open = link_to_pay(placed)
    if link_open is not None:
        yield texts.link_open.format(amount=link_open.amount)


def _card(attempt: CardAttempt, texts: PaymentTexts) -> str:
    brand = "".join(sign for sign in attempt.brand if not sign.isdigit()).strip()
    last_four = attempt.last_four[-4:]
    if not last_four:
        return brand or texts.card
    return texts.card_ending.format(card=brand or texts.card, last_four=last_four)


def _held(attempt: CardAttempt) -> Money:
    held = attempt.approved if attempt.approved is not None else attempt.amount
    return held - attempt.refunded if attempt.refunded is not None else held


def _left(placed: PlacedOrder) -> Money:
    """What neither a card nor a link is to bring."""
    total = placed.totals.total
    cards = [
        _held(attempt)
        for attempt in placed.attempts
        if attempt.state is _AUTHORISED or attempt.state in _TAKEN
    ]
    links = [link.amount for link in placed.links if link.state in _PAID]
    link_open = link_to_pay(placed)
    links += [link_open.amount] if link_open is not None else []
    same = [money for money in (*cards, *links) if money.currency is total.currency]
    return total - total_of(same, total.currency)
