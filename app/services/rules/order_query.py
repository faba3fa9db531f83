"""Reads what a CSR types to find an order: what may be meant, likeliest first.

"smith mug", "0412 yesterday", "LS6 3AA 49.95", "name:rose item:tea": days, amounts, e-mail
addresses and what is named by a word always hold; what is left may be read in several ways. Pure;
desk and tests share it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from msgspec import structs

from app.services.rules.typed_days import Days, read_days
from app.values.contact import folded_postcode, search_digits, uk_postcode_pattern
from app.values.money import MINOR_SCALE, Currency
from app.values.order_number import DIGITS, holds, one_slip_away
from app.values.vocabulary import Region
from app.values.wording import ascii_digits, text_for_search, tidy
from app.wire.order_search import WORDS_MOST, Meaning, OrderCriteria

FEWEST_DIGITS = 3
FEWEST_LETTERS = 2
FEWEST_ITEM_LETTERS = 3
"""Shorter beginnings of words stand in every other description."""
SPLIT_MOST = 4
"""So many words are tried as a name and a product, wherever the one may end."""
LONGEST_WORD = 100
LONGEST_DIGITS = 20
LONGEST_POSTCODE = 9

_AMOUNT = re.compile(r"(?P<sign>[£$€]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(?P<part>\d\d))?")
_DIGITS = re.compile(r"\+?[\d().\-/]+")
_ZIP = re.compile(r"(\d{5})(?:-\d{4})?")
_NAMED = re.compile(r"([a-z]+):(\S*)", re.IGNORECASE)
_SIGNS = {currency.symbol: currency for currency in Currency}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """What a text may mean. `slip_of`: as an order number it would have a wrong digit."""

    readings: tuple[OrderCriteria, ...]
    slip_of: str = ""


@dataclass(slots=True)
class _Told:
    """What of a text is certain, and the tokens that are left."""

    days: Days | None = None
    total_minor: int | None = None
    currency: Currency | None = None
    email: str = ""
    postcode: str = ""
    number: str = ""
    phone: str = ""
    names: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def read_query(text: str, today: date, region: Region) -> OrderQuery:
    """All readings of a text; none where it says too little.

    `today` and days in the text are those of the desk's own clock.
    """
    told = _told(tidy(ascii_digits(text)), today, region)
    written = "".join(told.left) if all(map(_DIGITS.fullmatch, told.left)) else ""
    digits = "".join(c for c in written if c.isdigit()) or told.number
    base = _base(told)
    found: dict[OrderCriteria, None] = {}
    if told.left:
        for reading in _of_digits(written, base, region) if written else _of_words(told.left, base):
            found[reading] = None
    elif base.meaning is not Meaning.SEVERAL or _asks(base) > 1:
        found[base] = None
    is_slip = bool(one_slip_away(digits)) or (len(digits) == DIGITS and not holds(digits))
    slip = digits if is_slip and not written.startswith("+") else ""
    return OrderQuery(readings=tuple(found), slip_of=slip)


def _told(text: str, today: date, region: Region) -> _Told:
    told = _Told()
    open_name = ""
    tokens = text.split()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        named = _NAMED.fullmatch(token)
        if named and named[1].lower() in _NAMED_AS:
            open_name = named[1].lower()
            tokens[at] = named[2]
            at += not named[2]
            continue
        if open_name and _NAMED_AS[open_name](told, token):
            at += 1
            continue
        open_name = ""
        at += _take(told, tokens[at:], today, region)
    return told


def _take(told: _Told, tokens: list[str], today: date, region: Region) -> int:
    """Take what stands first; how many tokens that were."""
    days, used = read_days(tokens, today, region)
    if days is not None:
        told.days = days
        return used
    first = tokens[0]
    if "@" in first.strip("@") or first.startswith("@"):
        told.email = first.lower()
        return 1
    if _is_amount(first) and _amount(told, first):
        return 1
    for many in (2, 1):
        whole = folded_postcode("".join(tokens[:many]))
        if many <= len(tokens) and whole and uk_postcode_pattern(whole) == whole:
            told.postcode = whole
            return many
    told.left.append(first)
    return 1


def _is_amount(token: str) -> bool:
    """With a sign, or with pence; a bare number is none."""
    return token[:1] in _SIGNS or token[-3:-2] == "."


def _amount(told: _Told, token: str) -> bool:
    found = _AMOUNT.fullmatch(token)
    if found is None:
        return False
    told.total_minor = int(found["whole"].replace(",", "")) * MINOR_SCALE + int(found["part"] or 0)
    told.currency = _SIGNS.get(found["sign"])
    return True


def _named_number(told: _Told, token: str) -> bool:
    if _DIGITS.fullmatch(token) is None:
        return False
    told.number = (told.number + "".join(c for c in token if c.isdigit()))[:LONGEST_DIGITS]
    return True


def _named_phone(told: _Told, token: str) -> bool:
    if _DIGITS.fullmatch(token) is None:
        return False
    told.phone = search_digits(told.phone + token)[-LONGEST_DIGITS:]
    return True


def _named_name(told: _Told, token: str) -> bool:
    told.names += text_for_search(token).split()
    return True


def _named_item(told: _Told, token: str) -> bool:
    told.items += _item_words(token)
    return True


def _named_postcode(told: _Told, token: str) -> bool:
    folded = folded_postcode(token)
    if not folded.isascii() or len(folded) > LONGEST_POSTCODE:
        return False
    told.postcode = f"{told.postcode.rstrip('%')[:LONGEST_POSTCODE]}{folded}%"
    return True


def _named_email(told: _Told, token: str) -> bool:
    told.email = token.lower()
    return True


_NAMED_AS: Mapping[str, Callable[[_Told, str], bool]] = {
    "number": _named_number,
    "order": _named_number,
    "phone": _named_phone,
    "tel": _named_phone,
    "name": _named_name,
    "item": _named_item,
    "code": _named_item,
    "product": _named_item,
    "postcode": _named_postcode,
    "zip": _named_postcode,
    "email": _named_email,
    "mail": _named_email,
    "total": _amount,
}


def _base(told: _Told) -> OrderCriteria:
    """What holds however the rest is read."""
    days = told.days
    base = OrderCriteria(
        meaning=Meaning.SEVERAL,
        number=told.number if len(told.number) == DIGITS else "",
        phone=told.phone if len(told.phone) >= FEWEST_DIGITS else "",
        email=told.email,
        postcode=told.postcode,
        names=tuple(told.names[:WORDS_MOST]),
        items=tuple(told.items[:WORDS_MOST]),
        total_minor=told.total_minor,
        currency=told.currency,
        placed_from=_midnight(days.first) if days and days.first else None,
        placed_before=_midnight(days.last + timedelta(days=1)) if days and days.last else None,
    )
    return _with_meaning(base)


def _midnight(day: date) -> datetime:
    """When a day begins on the clock of this desk."""
    return datetime.combine(day, time()).astimezone()


_MEANINGS: tuple[tuple[str, Meaning], ...] = (
    ("number", Meaning.NUMBER),
    ("phone", Meaning.PHONE),
    ("email", Meaning.EMAIL),
    ("postcode", Meaning.POSTCODE),
    ("names", Meaning.NAME),
    ("items", Meaning.PRODUCT),
    ("total_minor", Meaning.TOTAL),
)


def _told_kinds(criteria: OrderCriteria) -> list[Meaning]:
    kinds = [
        meaning for name, meaning in _MEANINGS if getattr(criteria, name) not in {"", (), None}
    ]
    if criteria.placed_from is not None or criteria.placed_before is not None:
        kinds.append(Meaning.DAY)
    return kinds


def _asks(criteria: OrderCriteria) -> int:
    """How many kinds of things are asked for."""
    return len(_told_kinds(criteria))


def _with_meaning(criteria: OrderCriteria) -> OrderCriteria:
    kinds = _told_kinds(criteria)
    meaning = kinds[0] if len(kinds) == 1 else Meaning.SEVERAL
    return _changed(criteria, meaning=meaning)


def _changed(criteria: OrderCriteria, **different: object) -> OrderCriteria:
    return structs.replace(criteria, **different)


def _of_digits(written: str, base: OrderCriteria, region: Region) -> Iterator[OrderCriteria]:
    """An order number and a telephone number of the United States have the same shape."""
    digits = "".join(c for c in written if c.isdigit())
    if len(digits) < FEWEST_DIGITS or len(digits) > LONGEST_DIGITS:
        return
    is_plain = not written.startswith("+")
    if len(digits) == DIGITS and is_plain:
        yield _with_meaning(_changed(base, number=digits))
    phone = _with_meaning(_changed(base, phone=search_digits(written)))
    as_zip = _ZIP.fullmatch(written)
    if as_zip and not base.postcode:
        zip_code = _with_meaning(_changed(base, postcode=f"{as_zip[1]}%"))
        yield from (zip_code, phone) if region is Region.US else (phone, zip_code)
    else:
        yield phone
    if written == digits and len(digits) != DIGITS:
        yield _with_meaning(_changed(base, items=(*base.items, digits)))


def _of_words(tokens: list[str], base: OrderCriteria) -> Iterator[OrderCriteria]:
    """All of a name, all of a product, then some words of each."""
    pattern = uk_postcode_pattern(" ".join(tokens).upper())
    if pattern and not base.postcode:
        yield _with_meaning(_changed(base, postcode=pattern))
    for many in (0, len(tokens)):
        yield from _split(tokens, len(tokens) - many, base, name_first=True)
    if not 1 < len(tokens) <= SPLIT_MOST:
        return
    for at in range(1, len(tokens)):
        yield from _split(tokens, at, base, name_first=True)
        yield from _split(tokens, at, base, name_first=False)
    yield from _with_one_other(tokens, base)


def _split(
    tokens: list[str], at: int, base: OrderCriteria, *, name_first: bool
) -> Iterator[OrderCriteria]:
    """The first `at` tokens as a name and the others as a product, or the other way round."""
    named, ordered = (tokens[:at], tokens[at:]) if name_first else (tokens[at:], tokens[:at])
    names = text_for_search(" ".join(named)).split()
    items = [word for token in ordered for word in _item_words(token)]
    if (named and sum(map(len, names)) < FEWEST_LETTERS) or (ordered and not _tells(items)):
        return
    both = _changed(
        base,
        names=tuple(word[:LONGEST_WORD] for word in (*base.names, *names))[:WORDS_MOST],
        items=(*base.items, *items)[:WORDS_MOST],
    )
    yield _with_meaning(both)


def _with_one_other(tokens: list[str], base: OrderCriteria) -> Iterator[OrderCriteria]:
    """A name beside the ending of a telephone number, or the beginning of a postcode."""
    for at, token in enumerate(tokens):
        names = text_for_search(" ".join(tokens[:at] + tokens[at + 1 :])).split()
        named = _changed(base, names=(*base.names, *names)[:WORDS_MOST])
        if _DIGITS.fullmatch(token) and len(search_digits(token)) >= FEWEST_DIGITS:
            yield _with_meaning(_changed(named, phone=search_digits(token)[-LONGEST_DIGITS:]))
        pattern = uk_postcode_pattern(token.upper())
        if pattern and not base.postcode:
            yield _with_meaning(_changed(named, postcode=pattern))


def _item_words(token: str) -> list[str]:
    """A code as it is written, words folded."""
    if any(c.isdigit() for c in token):
        return [token[:LONGEST_WORD]]
    return [word[:LONGEST_WORD] for word in text_for_search(token).split()]


def _tells(items: list[str]) -> bool:
    """Whether there is a code among them, or a word that is long enough to tell a product."""
    return any(len(word) >= FEWEST_ITEM_LETTERS or any(c.isdigit() for c in word) for word in items)
