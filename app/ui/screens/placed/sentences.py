"""What is said before hanging up: the company's own script where it has the step, else these words.

Whole sentences for the caller; what must be heard is strong. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QCoreApplication

from app.services.rules.scripts import Filling, filled, step_of
from app.services.rules.speech import number_turn
from app.services.rules.speech_book import SpeechBook
from app.services.rules.spoken_words import date_words
from app.ui import formatting
from app.ui.screens.placed.payment_told import going_back, payment_sentence
from app.ui.screens.placed.state import ChangeTold
from app.ui.widgets.text import Part
from app.values.order_number import spoken
from app.values.vocabulary import Channel, ClosingStep, Region
from app.wire.guidance import Guidance
from app.wire.orders import OrderDocument, PlacedOrder

WITH_A_CALLER = frozenset({Channel.PHONE, Channel.COUNTER})
_KEYS = {
    ClosingStep.NUMBER_GIVEN: ("number",),
    ClosingStep.CONFIRMATION: ("confirmation",),
    ClosingStep.IF_LATE: ("if_late",),
    ClosingStep.ANYTHING_ELSE: ("anything_else", "closing"),
}
"""Which steps of a script say what; the first that there is."""


def steps_of(document: OrderDocument, change: ChangeTold | None = None) -> tuple[ClosingStep, ...]:
    """What is to be done before hanging up; a paper can repeat no number and asks nothing.

    Who changes an order has its number; of a change that is not carried out there is no paper yet.
    """
    if change is not None:
        has_paper = (ClosingStep.CONFIRMATION,) if change.is_done else ()
        asks = (ClosingStep.ANYTHING_ELSE,) if document.channel in WITH_A_CALLER else ()
        return (ClosingStep.NUMBER_GIVEN, *has_paper, *asks)
    if document.channel in WITH_A_CALLER:
        return tuple(ClosingStep)
    return ClosingStep.NUMBER_GIVEN, ClosingStep.CONFIRMATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Where words come from: the company's script, its name and so on, how a region speaks."""

    guidance: Guidance | None = None
    filling: Filling
    book: SpeechBook | None = None


def sentence_for(
    step: ClosingStep, placed: PlacedOrder, wording: Wording, change: ChangeTold | None = None
) -> tuple[Part, ...]:
    """The sentence of a step, without quotation marks; nothing where nobody listens."""
    if placed.document.channel not in WITH_A_CALLER:
        return ()
    if change is not None and step is ClosingStep.NUMBER_GIVEN:
        return _number_again(placed, change)
    own = _from_script(step, placed.document.region, wording.guidance, wording.filling)
    match step:
        case ClosingStep.NUMBER_GIVEN | ClosingStep.NUMBER_SAID_BACK:
            return (*_before(own), *_number(placed, wording.book))
        case ClosingStep.CONFIRMATION:
            told = payment_sentence(placed, wording.book)
            if change is not None:
                told = (*told, *going_back(change, wording.book))
            return (*told, *((Part(own),) if own else _confirmation(placed.document)))
        case ClosingStep.IF_LATE:
            late = Part(own or _if_late(placed.document.region))
            return (*_arrival(placed.document, wording.book), late)
        case ClosingStep.ANYTHING_ELSE:
            return (Part(own or _tr("Is there anything else I can do for you today?")),)


def _from_script(
    step: ClosingStep, region: Region, guidance: Guidance | None, filling: Filling
) -> str:
    if guidance is None:
        return ""
    for key in _KEYS.get(step, ()):
        found = step_of(guidance, region, key)
        if found is not None:
            return " ".join(filled(found.say, filling))
    return ""


def _before(words: str) -> Sequence[Part]:
    return (Part(f"{words} "),) if words else ()


def _number(placed: PlacedOrder, book: SpeechBook | None) -> tuple[Part, ...]:
    if book is not None:
        pieces = number_turn(placed.number, book).pieces
        return tuple(Part(piece.text, piece.strong) for piece in pieces)
    return (
        Part(_tr("Your order number is ")),
        Part(spoken(placed.number), strong=True),
        Part(_tr(". Could you read that back to me?")),
    )


def _number_again(placed: PlacedOrder, change: ChangeTold) -> tuple[Part, ...]:
    told = _tr("Your order is changed.") if change.is_done else change.sentence
    return (
        Part(f"{told} "),
        Part(_tr("Your order number stays ")),
        Part(spoken(placed.number), strong=True),
        Part("."),
    )


def _confirmation(document: OrderDocument) -> tuple[Part, ...]:
    email = document.customer.email if document.customer else None
    if not email:
        return (Part(_tr("You will have all of this on paper: we send it to you by post.")),)
    return (
        Part(_tr("You will have all of this in writing: we send it to ")),
        Part(email, strong=True),
        Part("."),
    )


def _arrival(document: OrderDocument, book: SpeechBook | None) -> Sequence[Part]:
    day = document.delivery.promised_on
    if day is None:
        return ()
    ready = document.deliver_to is None
    words = _tr("It will be ready on ") if ready else _tr("It should be with you on ")
    spoken_day = date_words(day, book) if book is not None else _day(day)
    return Part(words), Part(spoken_day, strong=True), Part(". ")


def _if_late(region: Region) -> str:
    if region is Region.US:
        return _tr(
            "If it is going to be later, we ask you first, and you may cancel it for a full refund."
        )
    return _tr(
        "If it cannot come that day, we tell you and agree another one with you, "
        "or you may cancel it and have your money back."
    )


def _day(day: date) -> str:
    """`Tuesday 24 November`: nobody says the year."""
    return formatting.long_date(day).removesuffix(f" {day.year}")


def _tr(words: str) -> str:
    return QCoreApplication.translate("Closing", words)
