"""Whether a caller has shown that an order is theirs: what is asked, compared, and worth how much.

What the caller says is typed as it is heard and compared with the record; the record is shown to
nobody. What was not understood is neither right nor wrong. Pure; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from app.services.rules.heard_words import NumberReader, singular, tokens_of
from app.services.rules.hearing import heard
from app.services.rules.read_back import MustSpeak, Spoken, house_number
from app.services.rules.speech_book import SpeechBook
from app.values.contact import PostalAddress
from app.values.errors import Refusal
from app.values.order_life import IdentityFact, IdentityLevel
from app.values.sounds import sound_of
from app.values.telephone import PhoneNumber
from app.values.vocabulary import ProductKind
from app.values.wording import text_for_search
from app.wire.orders import OrderDocument, PlacedOrder

WRONG_MOST = 3
"""After so many wrong answers nothing may be told any more."""

ASKED_IN_ORDER = (
    IdentityFact.ORDER_NUMBER,
    IdentityFact.POSTCODE,
    IdentityFact.NAME,
    IdentityFact.ITEM,
    IdentityFact.HOUSE,
    IdentityFact.TOTAL,
    IdentityFact.PHONE,
    IdentityFact.EMAIL,
)
"""The likeliest to be known, and the quickest to be said, first."""

_ONE_ADDRESS = frozenset({IdentityFact.POSTCODE, IdentityFact.HOUSE})
_AT, _DOT = re.compile(r"\s+(?:at|@)\s+"), re.compile(r"\s+(?:dot|point)\s+")
_PHONE_DIGITS_LEAST = 6
_NUMBER_DIGITS_LEAST = 4
_MINORS = 100
_LONG_NAME = 5
_ALIKE = 0.85
"""`tomson` is `thompson`, `thomas` is not."""


class Said(StrEnum):
    """What an answer was."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"
    """Nothing in it speaks of what was asked; it does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a caller has shown so far.

    `from_own_phone`: the telephone that they ring from is the one of the order. `placed_now`: the
    order was placed in this very call. `vouched`: a reason was given why nothing can be asked.
    """

    needed: int = 2
    asked: tuple[IdentityFact, ...] = ()
    passed: tuple[IdentityFact, ...] = ()
    wrong: int = 0
    from_own_phone: bool = False
    placed_now: bool = False
    vouched: str = ""

    @property
    def is_blocked(self) -> bool:
        """Whether too much was wrong: only a lead goes on from here."""
        return self.wrong >= WRONG_MOST and not self.vouched

    @property
    def known(self) -> tuple[IdentityFact, ...]:
        """All that is right, the telephone they ring from among it, asked for or not."""
        rung_from = (IdentityFact.PHONE,) if self.from_own_phone else ()
        return tuple(dict.fromkeys((*self.passed, *rung_from)))

    @property
    def missing(self) -> int:
        """How many more facts it takes; the number not said, and another telephone, cost one."""
        if self.placed_now or self.vouched:
            return 0
        knows_order = IdentityFact.ORDER_NUMBER in self.passed or self.from_own_phone
        return max(0, self.needed + (not knows_order) - self._count)

    @property
    def level(self) -> IdentityLevel:
        """What may be said now."""
        if self.is_blocked:
            return IdentityLevel.NOTHING
        if self.missing == 0:
            return IdentityLevel.ALL
        return IdentityLevel.STATE if self.missing == 1 and self._count else IdentityLevel.NOTHING

    @property
    def _count(self) -> int:
        """Postcode and house are one fact, and so are a telephone said and rung from."""
        facts = set(self.known)
        return len(facts) - (facts >= _ONE_ADDRESS)


class Record:
    """One order, to be compared with what a caller says of it."""

    def __init__(self, placed: PlacedOrder, phone_region: str, book: SpeechBook) -> None:
        """`phone_region` is ISO 3166-1: whose national form of telephone numbers is meant."""
        self._placed = placed
        self._document: OrderDocument = placed.document
        self._phone_region = phone_region
        self._book = book
        self._compare: dict[IdentityFact, _Comparison] = {
            IdentityFact.ORDER_NUMBER: _Comparison(bool(placed.number), self._number),
            IdentityFact.POSTCODE: _Comparison(bool(self._postcodes()), self._postcode),
            IdentityFact.NAME: _Comparison(bool(self._names()), self._name),
            IdentityFact.ITEM: _Comparison(bool(self._items()), self._item),
            IdentityFact.HOUSE: _Comparison(bool(self._houses()), self._house),
            IdentityFact.TOTAL: _Comparison(placed.totals.total.minor > 0, self._total),
            IdentityFact.PHONE: _Comparison(bool(self._phones()), self._phone),
            IdentityFact.EMAIL: _Comparison(bool(self._emails()), self._email),
        }

    def askable(self) -> tuple[IdentityFact, ...]:
        """What the order has an answer to, in the order in which it is asked."""
        return tuple(fact for fact in ASKED_IN_ORDER if self._compare[fact].is_known)

    def said(self, fact: IdentityFact, text: str) -> Said:
        """What an answer was."""
        return self._compare[fact].judge(text)

    def is_own_phone(self, number: str) -> bool:
        """Whether somebody rings from the telephone of the order."""
        own = self._e164(number)
        return own is not None and own in {self._e164(one) for one in self._phones()}

    def _number(self, text: str) -> Said:
        numbers = NumberReader(self._book).numbers(tokens_of(text, self._book.spelling))
        digits = "".join(number.digits for number in numbers)
        if len(digits) < _NUMBER_DIGITS_LEAST:
            return Said.UNCLEAR
        return _said(digits == self._placed.number)

    def _addresses(self) -> tuple[PostalAddress, ...]:
        document = self._document
        return tuple(one for one in (document.deliver_to, document.bill_to) if one is not None)

    def _postcodes(self) -> tuple[str, ...]:
        return tuple(one.postcode for one in self._addresses() if one.postcode)

    def _houses(self) -> tuple[str, ...]:
        return tuple(filter(None, map(house_number, self._addresses())))

    def _postcode(self, text: str) -> Said:
        return self._any_of(Spoken.POSTCODE, self._postcodes(), text)

    def _house(self, text: str) -> Said:
        return self._any_of(Spoken.HOUSE, self._houses(), text)

    def _any_of(self, kind: Spoken, values: Iterable[str], text: str) -> Said:
        found = {self._heard(kind, value, text) for value in values}
        if True in found:
            return Said.RIGHT
        return Said.WRONG if False in found else Said.UNCLEAR

    def _heard(self, kind: Spoken, value: str, text: str) -> bool | None:
        expected = MustSpeak(part=kind.value, kind=kind, value=value)
        return heard((expected,), text, self._book)[0].matched

    def _names(self) -> tuple[str, ...]:
        customer = self._document.customer
        names = [customer.name if customer is not None else ""]
        names += [address.name for address in self._addresses()]
        return tuple(dict.fromkeys(filter(text_for_search, names)))

    def _name(self, text: str) -> Said:
        said = [word for word in self._telling(text) if not word.isdigit()]
        if not said:
            return Said.UNCLEAR
        return _said(any(_is_name(said, text_for_search(name).split()) for name in self._names()))

    def _items(self) -> tuple[str, ...]:
        lines = self._document.lines
        return tuple(f"{one.description} {one.code}" for one in lines if one.kind in _GOODS)

    def _item(self, text: str) -> Said:
        """All that is said is of one product: two words of it, its code, or its whole name."""
        said = {singular(word) for word in self._telling(text)}
        if not said:
            return Said.UNCLEAR
        for line in self._document.lines:
            if line.kind not in _GOODS:
                continue
            name = {singular(word) for word in self._telling(line.description)}
            is_code = text_for_search(text).replace(" ", "") == _joined(line.code)
            if is_code or (said <= name and len(said) >= min(2, len(name))):
                return Said.RIGHT
        return Said.WRONG

    def _telling(self, text: str) -> Sequence[str]:
        fillers = self._book.hearing.fillers
        return [word for word in text_for_search(text).split() if word not in fillers]

    def _total(self, text: str) -> Said:
        """To the penny, or the whole pounds of it, as people remember a sum."""
        numbers = NumberReader(self._book).numbers(tokens_of(text, self._book.spelling))
        total = self._placed.totals.total.minor
        match [number.digits for number in numbers]:
            case [one] if "." in one:
                major, _, minor = one.partition(".")
                return _said(int(major) * _MINORS + int(minor.ljust(2, "0")[:2]) == total)
            case [one]:
                return _said(int(one) in {total // _MINORS, (total + _MINORS // 2) // _MINORS})
            case [major, minor] if major.isdigit() and minor.isdigit() and len(minor) <= 2:
                return _said(int(major) * _MINORS + int(minor) == total)
            case _:
                return Said.UNCLEAR

    def _phones(self) -> tuple[str, ...]:
        customer = self._document.customer
        told = (customer.phone if customer is not None else "", self._document.caller_number)
        return tuple(filter(None, told))

    def _e164(self, text: str) -> str | None:
        try:
            return PhoneNumber.parse(text, self._phone_region).e164 if text else None
        except Refusal:
            return None

    def _phone(self, text: str) -> Said:
        """In full, or without the code of the area; digits may be said in words."""
        numbers = NumberReader(self._book).numbers(tokens_of(text, self._book.spelling))
        digits = "".join(filter(str.isdigit, (d for n in numbers for d in n.digits)))
        if len(digits) < _PHONE_DIGITS_LEAST:
            return Said.UNCLEAR
        whole = self._e164(digits) or self._e164(f"+{digits}")
        own = {self._e164(one) or one for one in self._phones()}
        is_end = any(one.endswith(digits.removeprefix("0")) for one in own)
        return _said(whole in own or is_end)

    def _emails(self) -> tuple[str, ...]:
        customer = self._document.customer
        return (customer.email,) if customer is not None and customer.email else ()

    def _email(self, text: str) -> Said:
        typed = _DOT.sub(".", _AT.sub("@", f" {text.strip().casefold()} ")).replace(" ", "")
        if "@" not in typed:
            return Said.UNCLEAR
        return _said(any(typed == one.casefold() for one in self._emails()))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """How one fact is judged. `is_known`: the order has an answer to it."""

    is_known: bool
    judge: Callable[[str], Said] = field(compare=False)


_GOODS = frozenset({ProductKind.GOODS})


def _said(is_right: bool) -> Said:  # noqa: FBT001 - it is what the function is about
    return Said.RIGHT if is_right else Said.WRONG


def _is_name(said: Sequence[str], name: Sequence[str]) -> bool:
    """The surname, and nothing beside it that is not of the name; spelled as it may sound."""
    if not any(_is_alike(word, name[-1]) for word in (said[0], said[-1])):
        return False
    initials = {word[0] for word in name}
    return all(
        word in _TITLES
        or (len(word) == 1 and word in initials)
        or any(_is_alike(word, one) for one in name)
        for word in said
    )


def _is_alike(said: str, name: str) -> bool:
    """Names are typed as they are heard: the same sound, or nearly the letters of a longer one."""
    if sound_of(said) == sound_of(name):
        return True
    is_long = min(len(said), len(name)) >= _LONG_NAME
    return is_long and SequenceMatcher(None, said, name).ratio() >= _ALIKE


_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "lady"})


def _joined(code: str) -> str:
    return text_for_search(code).replace(" ", "")
