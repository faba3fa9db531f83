"""What is said of a change before it is made: what comes off, what is paid, what goes where.

The sentences are the book's. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.services.rules.payments import apart
from app.services.rules.speech_turns import FACTS_MOST, Sayings, Statement
from app.services.rules.spoken_words import (
    description_words,
    digit_words,
    money_twice,
    money_words,
    number_words,
)
from app.values.money import Money
from app.wire.orders import Amends, OrderDocument, Totals


def amending_statements(
    document: OrderDocument, amends: Amends, totals: Totals, sayings: Sayings
) -> Iterator[Statement]:
    """Old and new, each amount once; what the caller agrees to is exactly this."""
    yield from _taken_off(document, sayings)
    total = totals.total
    is_same = total == amends.total
    yield _of(sayings, "change_same" if is_same else "change_total", total)
    to_pay, goes_back = apart(total, amends.held)
    if amends.held.minor and not (is_same and to_pay == goes_back):
        yield _of(sayings, "change_held", amends.held)
    if to_pay.minor:
        payment = sayings.book.payments[document.payment]
        yield sayings.several(1, "change_to_pay", amount=_money(to_pay, sayings), payment=payment)
    elif not goes_back.minor:
        yield sayings.several(1, "change_nothing")
    elif len(amends.last_fours) == 1:
        digits = digit_words(amends.last_fours[0], sayings.book)
        amount = _money(goes_back, sayings)
        yield sayings.several(1, "change_back_to_card", amount=amount, digits=digits)
    else:
        yield _of(sayings, "change_back", goes_back)


def amending_question(amends: Amends, totals: Totals) -> str:
    """Which sentence asks for the caller's yes: with an obligation only where something is due."""
    to_pay, _ = apart(totals.total, amends.held)
    return "agree_change_to_pay" if to_pay.minor else "agree_change"


def _taken_off(document: OrderDocument, sayings: Sayings) -> Iterator[Statement]:
    off = document.taken_off
    for line in off[:FACTS_MOST]:
        yield sayings.several(1, "change_gone", description=description_words(line.description))
    if len(off) > FACTS_MOST:
        count = number_words(len(off) - FACTS_MOST, sayings.book)
        yield sayings.several(1, "change_gone_more", count=count)


def _of(sayings: Sayings, sentence: str, amount: Money) -> Statement:
    return sayings.several(1, sentence, amount=_money(amount, sayings))


def _money(amount: Money, sayings: Sayings) -> str:
    return (money_twice if sayings.slow else money_words)(amount, sayings.book)
