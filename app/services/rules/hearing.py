"""What the caller said, compared with the record.

The CSR types what is heard, short and in any order: `15`, `one five`, `15 green`, `ls63aa 14`. What
could be two things never matches; a value that nothing in the text speaks of is left open. Pure;
any thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.services.rules.heard_address import AddressHeard
from app.services.rules.heard_item import ItemHeard
from app.services.rules.heard_words import Hearing
from app.services.rules.read_back import MustSpeak, Spoken
from app.services.rules.speech_book import SpeechBook

__all__ = ["Hearing", "heard"]

_OF_ITEMS = frozenset({Spoken.QUANTITY, Spoken.WORDS})


def heard(expected: Sequence[MustSpeak], text: str, book: SpeechBook) -> tuple[Hearing, ...]:
    """One answer for every expected value, in their order."""
    of_item = [one for one in expected if one.kind in _OF_ITEMS]
    of_address = [one for one in expected if one.kind not in _OF_ITEMS]
    found: dict[str, Hearing] = {}
    if of_item:
        found |= ItemHeard(text, book).compared(of_item)
    if of_address:
        found |= AddressHeard(text, book).compared(of_address)
    return tuple(found[one.part] for one in expected)
