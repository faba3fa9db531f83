"""What a caller has to say, and whether it is heard, for tests of hearing."""

from __future__ import annotations

from app.services.rules.hearing import heard
from app.services.rules.read_back import MustSpeak, Spoken
from app.values.vocabulary import Region
from tests.services.rules.speaking import book_of

YES, NO, OPEN = True, False, None


def a_quantity(value: int = 15) -> MustSpeak:
    return MustSpeak(part="quantity", kind=Spoken.QUANTITY, value=str(value))


def words(value: str) -> MustSpeak:
    return MustSpeak(part="description", kind=Spoken.WORDS, value=value)


def a_postcode(value: str = "LS6 3AA") -> MustSpeak:
    return MustSpeak(part="postcode", kind=Spoken.POSTCODE, value=value)


def a_house(value: str = "14") -> MustSpeak:
    return MustSpeak(part="street", kind=Spoken.HOUSE, value=value)


def a_town(value: str) -> MustSpeak:
    return MustSpeak(part="city", kind=Spoken.CITY, value=value)


def matches(text: str, *expected: MustSpeak, region: Region = Region.GB) -> tuple[bool | None, ...]:
    return tuple(one.matched for one in heard(expected, text, book_of(region)))
