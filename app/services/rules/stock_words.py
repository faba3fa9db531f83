"""Stock in plain words: what is left, which line is short, and what to offer the caller instead.

Which pieces of an order go where is worked out here too, so that screen and service agree: what is
held of a product goes to its lines from the first on. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.services.rules.readiness import Missing
from app.services.rules.spoken_words import description_words
from app.values.day_words import MONTHS, WEEKDAYS
from app.values.identity import ProductCode
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderLine
from app.wire.stock import StockStanding

NAMED_MOST = 3
_MINUTE = 60


class Offer(StrEnum):
    """What can be done about a line that is short."""

    TAKE = "take"
    LATER = "later"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A line that cannot go out whole: its place from 1, what is held of it, what is not."""

    number: int
    line: OrderLine
    held: int
    short: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWords:
    """One way out: what its button says, and what the caller is asked."""

    offer: Offer
    button: str
    say: str


def wanted_now(line: OrderLine) -> int:
    """Pieces of a line that are to go out with the order; those that follow later are told of."""
    return max(line.quantity - line.back_ordered, 0) if line.kind is ProductKind.GOODS else 0


def lacking_lines(
    lines: Sequence[OrderLine], held: Mapping[ProductCode, int]
) -> tuple[Lacking, ...]:
    """The lines that what is `held` of these products does not reach to, in the order's order.

    Products that are not named have enough.
    """
    left = dict(held)
    found = []
    for number, line in enumerate(lines, start=1):
        wanted = wanted_now(line) if line.code in left else 0
        if not wanted:
            continue
        given = min(left[line.code], wanted)
        left[line.code] -= given
        if given < wanted:
            found.append(Lacking(number=number, line=line, held=given, short=wanted - given))
    return tuple(found)


def refusal_sentence(found: Sequence[Lacking]) -> str:
    """Why an order with these lines is not placed, and what can be done."""
    named = "; ".join(_in_short(one) for one in found[:NAMED_MOST])
    more = len(found) - NAMED_MOST
    rest = f", and {more:,} more lines" if more > 0 else ""
    return (
        f"There is not enough in stock for {named}{rest}. Take what there is, let the rest follow "
        "later, or choose another product."
    )


def _in_short(one: Lacking) -> str:
    all_of = one.held + one.short
    return f"line {one.number}, {one.line.code}: {one.held:,} of {all_of:,} can be had"


def missing_of(found: Lacking, expected_on: date | None) -> Missing:
    """A line that is short, as the strip and the column of what to say show it."""
    return Missing(
        code="stock_short",
        sentence=f"what to do about line {found.number}, {found.short:,} short",
        field="lines.stock",
        say=question(found, expected_on),
    )


def question(found: Lacking, expected_on: date | None) -> str:
    """All three ways out in one question."""
    what = description_words(found.line.description)
    when = _when(expected_on)
    if not found.held:
        return (
            f"I am sorry, there is no {what} left just now; it would follow {when}. "
            "Would you like to wait for it, or something else?"
        )
    return (
        f"I have {found.held:,} of the {what} for you now; the other {found.short:,} would follow "
        f"{when}. Would you like that, just the {found.held:,}, or something else?"
    )


def shortage_title(found: Lacking, expected_on: date | None) -> str:
    """What is the matter with a line."""
    line = found.line
    all_of = found.held + found.short
    have = f"{found.held:,} of {all_of:,} held" if found.held else f"none of {all_of:,} left"
    coming = f" More expected on {day_words(expected_on)}." if expected_on else ""
    return f"Line {found.number}, {line.code}: {have}, {found.short:,} short.{coming}"


def offers(found: Lacking, expected_on: date | None) -> tuple[OfferWords, ...]:
    """The ways out of a shortage, the one that most callers take first."""
    what = description_words(found.line.description)
    when = _when(expected_on)
    if found.held:
        take = f"Take {found.held:,}"
        say_take = f"Then I will send you {found.held:,} of the {what}. Is that all right?"
        say_later = (
            f"{found.held:,} can go now, and the other {found.short:,} will follow {when}. "
            "Is that all right?"
        )
    else:
        take = "Take it off"
        say_take = f"There is no {what} left. Shall I take it off the order?"
        pronoun = "It will follow" if found.short == 1 else f"All {found.short:,} will follow"
        say_later = f"{pronoun} {when}. Is that all right?"
    say_other = "Shall I look for something like it that we have?"
    return (
        OfferWords(offer=Offer.TAKE, button=take, say=say_take),
        OfferWords(offer=Offer.LATER, button=f"{found.short:,} later", say=say_later),
        OfferWords(offer=Offer.OTHER, button="Something else", say=say_other),
    )


def _when(expected_on: date | None) -> str:
    if expected_on is None:
        return "as soon as more comes in; we do not know the day yet"
    return f"about {day_words(expected_on)}"


def later_words(line: OrderLine) -> str:
    """What was agreed for a line of which pieces follow later: `2 now, 3 about Monday 30 ...`."""
    now = wanted_now(line)
    when = f"about {day_words(line.back_order_on)}" if line.back_order_on else "when it comes in"
    later = f"{line.back_ordered:,} {when}"
    return f"{now:,} now, {later}" if now else later


def standing_words(standing: StockStanding, elapsed: timedelta, known_at: str) -> str:
    """How a product stands, `elapsed` after the centre said so; `known_at` is a time of day.

    Nothing where stock is not tracked.
    """
    if not standing.tracked:
        return ""
    if not standing.confirmed:
        left = f"{standing.left:,} left" if standing.left > 0 else "None left"
        return ", ".join(part for part in (left, "last known", known_at) if part)
    held = f"{standing.held:,} held for this call" if standing.held else ""
    return "; ".join(part for part in (held, _rest_words(standing, elapsed)) if part)


def _rest_words(standing: StockStanding, elapsed: timedelta) -> str:
    """What nobody has, what colleagues hold, and what is to come."""
    has_all = 0 < standing.held >= standing.wanted
    noun = "more left" if standing.held else "left"
    left = f"{standing.left:,} {noun}" if standing.left > 0 else f"none {noun}"
    rest = ", ".join([left, *_colleagues(standing, elapsed)])
    if standing.left <= 0 and standing.expected_on is not None and not has_all:
        rest = f"{rest}; more expected on {day_words(standing.expected_on)}"
    return rest if standing.held else rest[:1].upper() + rest[1:]


def _colleagues(standing: StockStanding, elapsed: timedelta) -> Iterator[str]:
    """Holds of other calls and how long the first of them lasts; those that are over count not."""
    if standing.as_of is None:
        return
    to_go = [
        (hold.expires_at - standing.as_of - elapsed, hold.quantity) for hold in standing.colleagues
    ]
    running = [(span, quantity) for span, quantity in to_go if span > timedelta(0)]
    if not running:
        return
    pieces = sum(quantity for _, quantity in running)
    whom = "a colleague" if len(running) == 1 else f"{len(running)} colleagues"
    yield f"{pieces:,} held by {whom}"
    yield f"{countdown(min(span for span, _ in running))} to go"


def is_counting(standing: StockStanding, elapsed: timedelta) -> bool:
    """Whether the words of a standing change with the next second."""
    return standing.confirmed and any(_colleagues(standing, elapsed))


def countdown(span: timedelta) -> str:
    """`3:10`: minutes and seconds that are left."""
    minutes, seconds = divmod(max(0, int(span.total_seconds())), _MINUTE)
    return f"{minutes}:{seconds:02d}"


def day_words(day: date) -> str:
    """`Monday 30 November`."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
