"""What became different after the caller agreed: to be said, and for the screen.

Values that the caller has to speak are not given away. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from app.services.rules.read_back import (
    COLLECTED,
    NO_PHONE,
    SAME,
    Change,
    Checkpoint,
    Standing,
)
from app.services.rules.speech import FACT_CHARACTERS, FACTS_MOST, part_of
from app.services.rules.speech_book import SpeechBook
from app.services.rules.spoken_words import (
    address_words,
    date_figures,
    date_words,
    description_words,
    digit_words,
    email_words,
    money_twice,
    money_words,
    number_twice,
    number_words,
    spelled,
    spelled_postcode,
)
from app.values.countries import country_name
from app.values.money import Currency, Money
from app.values.telephone import shown_phone
from app.values.vocabulary import CheckpointKind, PaymentMethod
from app.wire.orders import OrderDocument, Totals

_AMOUNTS = frozenset({"goods", "delivery", "tax", "total"})
_OF_CHANGE = ("was", "held", "cards", "gone")
"""Parts of the agreement to a change, whose sentences say them anyway."""
_ONLY_NAMED = frozenset({SAME, COLLECTED, "prices", "region", "buyer", "rights", "kind", "item"})
"""Parts whose values nobody would understand."""

_OF_ITSELF = {
    CheckpointKind.PRICE: "total",
    CheckpointKind.OBLIGATION: "total",
    CheckpointKind.ARRIVAL: "promised_on",
}
"""The part that a checkpoint is about, which needs no name beside its title."""

_PHONE_DIGITS = 3


def changed_words(
    standing: Standing, document: OrderDocument, totals: Totals, book: SpeechBook
) -> str:
    """What to say before a stale checkpoint is asked again; nothing where it is not stale."""
    changes = _telling(standing)
    point = standing.checkpoint
    said = [
        _total_words(one, totals, book) if one.part == "total" else _words(one, point, book)
        for one in changes[:FACTS_MOST]
    ]
    return " ".join([*_which_line(standing, document, book), *said])


def _which_line(standing: Standing, document: OrderDocument, book: SpeechBook) -> list[str]:
    wanted = standing.checkpoint.line_id
    ids = [line.line_id for line in document.lines]
    if not standing.changes or wanted not in ids:
        return []
    return [book.say("changed_line", number=number_words(ids.index(wanted) + 1, book))]


def change_notice(standing: Standing, book: SpeechBook) -> str:
    """What the screen says of a stale checkpoint; nothing where it is not stale."""
    if not standing.changes:
        return ""
    point = standing.checkpoint
    shown = [_shown(one, point, book) for one in _telling(standing)[:FACTS_MOST]]
    title = _title(point, book)
    if not shown:
        return book.say("notice_plain", title=title)
    return book.say("notice", title=title, changes="; ".join(shown))


def _title(point: Checkpoint, book: SpeechBook) -> str:
    if point.kind is CheckpointKind.EXTRA and point.item.title:
        return point.item.title
    if point.kind is not CheckpointKind.LINE:
        return book.titles[point.kind.value].text()
    said = description_words(part_of(point, "description") or part_of(point, "code"))
    return said[:1].upper() + said[1:]


def _telling(standing: Standing) -> list[Change]:
    """The changes that are worth a word: of a price the total, of a method its name."""
    parts = {one.part: one for one in standing.changes}
    main = _OF_ITSELF.get(standing.checkpoint.kind)
    if main == "total" and main in parts:
        return [parts[main]]
    if COLLECTED in parts:
        return [parts[COLLECTED]]
    for said in _OF_CHANGE:
        parts.pop(said, None)
    if len(parts) > 1:
        for implied in ("prices", SAME, "currency"):
            parts.pop(implied, None)
    if "label" in parts:
        parts.pop("method", None)
    return list(parts.values())


def _total_words(change: Change, totals: Totals, book: SpeechBook) -> str:
    currency = totals.total.currency
    old, new = (Money(int(value), currency) for value in (change.old, change.new))
    what = book.parts["total"]
    return book.say("changed", what=what, old=money_words(old, book), new=money_twice(new, book))


def _words(change: Change, point: Checkpoint, book: SpeechBook) -> str:
    what = book.parts.get(change.part, change.part)
    is_asked = point.kind is CheckpointKind.DELIVERY and any(
        one.part == change.part for one in point.must_speak
    )
    is_long = max(len(change.old), len(change.new)) > FACT_CHARACTERS
    if is_asked or is_long or change.part in _ONLY_NAMED:
        return book.say("changed_unsaid", what=what)
    old, new = (_value_words(change, value, point, book) for value in (change.old, change.new))
    if not old:
        return book.say("changed_added", what=what, new=new)
    if not new:
        return book.say("changed_gone", what=what, old=old)
    return book.say("changed", what=what, old=old, new=new)


def _value_words(change: Change, value: str, point: Checkpoint, book: SpeechBook) -> str:
    if not value or value == NO_PHONE:
        return ""
    if change.part in _AMOUNTS:
        return money_words(_money(value, point), book)
    if change.part == "phone":
        return _phone_words(change, value, book)
    put = _IN_WORDS.get(change.part, _as_it_is)
    return put(value, book)


def _phone_words(change: Change, value: str, book: SpeechBook) -> str:
    """The last digits; all of them where the last ones are the same."""
    digits = digit_words(value, book).split()
    is_told_apart = change.old[-_PHONE_DIGITS:] != change.new[-_PHONE_DIGITS:]
    return " ".join(digits[-_PHONE_DIGITS:] if is_told_apart else digits)


def _shown(change: Change, point: Checkpoint, book: SpeechBook) -> str:
    what = book.parts.get(change.part, change.part)
    if change.part in _ONLY_NAMED:
        return what
    old, new = (
        _value_shown(change.part, value, point, book) or book.say("none")
        for value in (change.old, change.new)
    )
    if change.part == _OF_ITSELF.get(point.kind):
        return book.say("notice_value", old=old, new=new)
    return book.say("notice_change", what=what, old=old, new=new)


def _value_shown(part: str, value: str, point: Checkpoint, book: SpeechBook) -> str:
    if not value or value == NO_PHONE:
        return ""
    if part in _AMOUNTS:
        return str(_money(value, point))
    put = _IN_FIGURES.get(part, _as_it_is)
    return put(value, book)


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= FACT_CHARACTERS else f"{plain[: FACT_CHARACTERS - 1]}…"


def _money(minor: str, point: Checkpoint) -> Money:
    return Money(int(minor), Currency(part_of(point, "currency")))


def _as_it_is(value: str, book: SpeechBook) -> str:  # noqa: ARG001 - one of a table
    return value


def _quantity_words(value: str, book: SpeechBook) -> str:
    return number_twice(int(value), book)


def _quantity_figures(value: str, book: SpeechBook) -> str:  # noqa: ARG001 - one of a table
    return f"{int(value):,}"


def _day_words(value: str, book: SpeechBook) -> str:
    return date_words(date.fromisoformat(value), book)


def _day_figures(value: str, book: SpeechBook) -> str:
    return date_figures(date.fromisoformat(value), book)


def _label_words(value: str, book: SpeechBook) -> str:  # noqa: ARG001 - one of a table
    return description_words(value)


def _street_words(value: str, book: SpeechBook) -> str:
    return address_words(value.replace("\n", ", "), book).rstrip(",")


def _street_shown(value: str, book: SpeechBook) -> str:  # noqa: ARG001 - one of a table
    return value.replace("\n", ", ")


def _country_words(value: str, book: SpeechBook) -> str:  # noqa: ARG001 - one of a table
    return country_name(value)


def _payment_words(value: str, book: SpeechBook) -> str:
    return book.payments[PaymentMethod(value)]


def _quoted(value: str, book: SpeechBook) -> str:
    return book.say("quoted", text=_shortened(value))


def _phone_shown(value: str, book: SpeechBook) -> str:
    return shown_phone(value, book.region.value.upper())


_Put = Callable[[str, SpeechBook], str]
_ALIKE: dict[str, _Put] = {
    "description": _label_words,
    "label": _label_words,
    "method": _label_words,
    "country": _country_words,
    "payment": _payment_words,
    "instructions": _quoted,
    "gift_message": _quoted,
}
_IN_WORDS: dict[str, _Put] = {
    **_ALIKE,
    "quantity": _quantity_words,
    "back_ordered": _quantity_words,
    "back_order_on": _day_words,
    "promised_on": _day_words,
    "code": spelled,
    "email": email_words,
    "postcode": spelled_postcode,
    "street": _street_words,
}
_IN_FIGURES: dict[str, _Put] = {
    **_ALIKE,
    "quantity": _quantity_figures,
    "back_ordered": _quantity_figures,
    "back_order_on": _day_figures,
    "promised_on": _day_figures,
    "street": _street_shown,
    "phone": _phone_shown,
}
