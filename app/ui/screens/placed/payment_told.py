"""The payment of a placed order: what the caller is told of it at the end, and what the CSR sees.

A card is told by brand and last four, the four said one by one; no other digit is known here.
Touches no widget.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication

from app.services.rules.payment_words import attempt_words, brand_words, link_words
from app.services.rules.payments import HOLDS_MONEY, IS_PAID, STILL_OPEN, cover_of, held
from app.services.rules.speech_book import SpeechBook
from app.services.rules.spoken_words import digit_words
from app.ui import formatting
from app.ui.screens.placed.state import ChangeTold
from app.ui.widgets.text import Part
from app.values.vocabulary import PaymentState
from app.wire.orders import PlacedOrder
from app.wire.payments import CardAttempt


def payment_sentence(placed: PlacedOrder, book: SpeechBook | None) -> tuple[Part, ...]:
    """What is said of the payment, with a blank behind it; nothing where it comes after the call.

    Each card, each link, and the account, a sentence each.
    """
    parts: list[Part] = []
    for attempt in placed.attempts:
        if attempt.state in HOLDS_MONEY:
            parts += _of_card(attempt, book)
    for link in placed.links:
        if link.state in IS_PAID:
            words = _tr("Thank you for paying {amount} by the link. ")
            parts.append(Part(words.format(amount=formatting.money(link.amount))))
        elif link.state in STILL_OPEN:
            words = _tr("The link to pay {amount} with has been sent to you. ")
            parts.append(Part(words.format(amount=formatting.money(link.amount))))
    if cover_of(placed).state is PaymentState.ON_ACCOUNT:
        parts.append(Part(_tr("It goes on your account. ")))
    return tuple(parts)


def going_back(change: ChangeTold, book: SpeechBook | None) -> tuple[Part, ...]:
    """What goes back of what was paid, and where to; with a blank behind it."""
    if not change.goes_back.minor:
        return ()
    amount = formatting.money(change.goes_back)
    if len(change.cards) != 1:
        return (Part(_tr("{amount} goes back to you the way you paid. ").format(amount=amount)),)
    digits = change.cards[0]
    said = digit_words(digits, book) if book is not None else " ".join(digits)
    return (
        Part(_tr("{amount} goes back to your card ending ").format(amount=amount)),
        Part(said, strong=True),
        Part(". "),
    )


def change_state(change: ChangeTold) -> tuple[str, bool]:
    """What is due for a change, in words for the CSR, and whether something is still to be paid."""
    if change.goes_back.minor:
        card = (
            _tr(" to the card ending {digits}").format(digits=change.cards[0])
            if len(change.cards) == 1
            else ""
        )
        amount = formatting.money(change.goes_back)
        words = _tr("{amount} goes back{card}")
        if not change.is_done:
            words = _tr("{amount} would go back{card}")
        return words.format(amount=amount, card=card), False
    if change.to_pay.minor:
        return _tr("{amount} to pay").format(amount=formatting.money(change.to_pay)), True
    return _tr("Nothing to pay"), False


def payment_state(placed: PlacedOrder) -> tuple[str, PaymentState]:
    """How it is paid for in words, and how far that is."""
    cover = cover_of(placed)
    region = placed.document.region
    tenders = [
        *(attempt_words(one, region) for one in placed.attempts if one.state in HOLDS_MONEY),
        *(link_words(one, region) for one in placed.links if one.state in STILL_OPEN | IS_PAID),
    ]
    names = {
        PaymentState.ON_ACCOUNT: _tr("On account"),
        PaymentState.OUTSTANDING: _tr("Outstanding: {amount}").format(
            amount=formatting.money(cover.left)
        )
        if tenders
        else _tr("Outstanding"),
    }
    told = "; ".join(part for part in (*tenders, names.get(cover.state, "")) if part)
    return told, cover.state


def _of_card(attempt: CardAttempt, book: SpeechBook | None) -> Iterator[Part]:
    brand = brand_words(attempt)
    digits = attempt.last_four
    spoken = digit_words(digits, book) if book is not None else " ".join(digits)
    amount = formatting.money(held(attempt))
    if not digits:
        yield Part(
            _tr("Your {brand} has been accepted for {amount}. ").format(brand=brand, amount=amount)
        )
        return
    yield Part(_tr("Your {brand} ending ").format(brand=brand))
    yield Part(spoken, strong=True)
    yield Part(_tr(" has been accepted for {amount}. ").format(amount=amount))


def _tr(words: str) -> str:
    return QCoreApplication.translate("Closing", words)
