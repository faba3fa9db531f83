"""What could be taken for something else: in a list of the finder, and among the lines of an order.

Nothing here chooses a product; it says where to look and what to say. The functions are pure, any
thread; the watch lives on the GUI thread and asks on the READ lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import combinations

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules import confusables
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.values.errors import Fault, Refusal
from app.values.identity import ProductCode
from app.values.sounds import sounding
from app.values.vocabulary import ProductKind
from app.values.wording import Word
from app.wire import operations
from app.wire.catalogue import FindLookalikes, Likeness, Lookalikes, ProductView
from app.wire.orders import OrderLine

MOST_COMPARED = 6
CODES_AT_A_TIME = 50
_COLOUR_WORDS = (
    "amber aqua beige black blue bronze brown cream gold gray green grey ivory lilac magenta mint "
    "multicolour navy orange peach pink purple red silver teal turquoise violet white yellow"
)
_SIZE_WORDS = "big extra jumbo large little long medium mini short small tall tiny"
_COLOURS = frozenset(_COLOUR_WORDS.split())
_SIZES = frozenset(_SIZE_WORDS.split())


class Telling(StrEnum):
    """What tells the products of a list apart, so that the CSR knows what to say first."""

    COLOUR = "colour"
    SIZE = "size"
    WORD = "word"
    NUMBER = "number"
    LAST_LETTER = "last_letter"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Told:
    """A product in words, those marked that tell it apart; `kinds` say what from, nearest first.

    `by_code`: its code is what tells it apart.
    """

    words: tuple[Word, ...]
    kinds: tuple[Likeness, ...] = ()
    by_code: bool = False

    @property
    def alike(self) -> bool:
        """Whether it can be taken for another one of the list."""
        return bool(self.kinds)

    @property
    def telling(self) -> Telling:
        """What tells it apart from the nearest of its lookalikes."""
        kind = self.kinds[0] if self.kinds else Likeness.ONE_WORD
        if kind is not Likeness.ONE_WORD:
            return _TELLING[kind]
        differing = {word.text.casefold().strip(".,") for word in self.words if word.differs}
        if differing and differing <= _COLOURS:
            return Telling.COLOUR
        return Telling.SIZE if differing and differing <= _SIZES else Telling.WORD


_TELLING = {
    Likeness.IDENTICAL: Telling.CODE,
    Likeness.SOUNDS_ALIKE: Telling.CODE,
    Likeness.TEEN_TY: Telling.NUMBER,
    Likeness.SUFFIX: Telling.LAST_LETTER,
}


def told_apart(products: Sequence[ProductView]) -> tuple[Told, ...]:
    """Each product, marked where it differs from a lookalike among the first few."""
    told = [Told(_unmarked(product.description)) for product in products]
    first = [at for at, one in enumerate(products[:MOST_COMPARED]) if _can_be_taken(one)]
    heard = {at: confusables.as_heard(products[at]) for at in first}
    for one, other in combinations(first, 2):
        found = confusables.resemblance(heard[one], heard[other])
        if found is None:
            continue
        for at, twin in ((one, other), (other, one)):
            words = _unmarked(products[at].description)
            if found.by_description:
                words = confusables.words_apart(products[at].description, heard[at], heard[twin])
            told[at] = _also(told[at], words, found)
    return tuple(told)


def tells_what(word: str) -> bool:
    """Whether a word says what a thing is, and not its colour or size."""
    return word.casefold().strip(".,") not in _COLOURS | _SIZES


def twin_words(twin: ProductView, line: OrderLine) -> Told:
    """A lookalike of a line, marked where it differs from it."""
    own, other = sounding(line.code, line.description), confusables.as_heard(twin)
    found = confusables.resemblance(other, own)
    if found is None:
        return Told(_unmarked(twin.description))
    words = _unmarked(twin.description)
    if found.by_description:
        words = confusables.words_apart(twin.description, other, own)
    return Told(words, found.kinds, by_code=not found.by_words)


def _can_be_taken(product: ProductView) -> bool:
    return product.kind is ProductKind.GOODS and not product.withdrawn


def _unmarked(description: str) -> tuple[Word, ...]:
    return tuple(Word(text, differs=False) for text in description.split())


def _also(told: Told, words: tuple[Word, ...], found: confusables.Resemblance) -> Told:
    """With one more lookalike; the nearest kinds come first."""
    marked = tuple(
        Word(was.text, was.differs or now.differs)
        for was, now in zip(told.words, words, strict=True)
    )
    return Told(
        words=marked,
        kinds=confusables.nearest_first((*told.kinds, *found.kinds)),
        by_code=told.by_code or not found.by_words,
    )


def lookalikes_of(caller: Caller, codes: Iterable[ProductCode]) -> tuple[Lookalikes, ...]:
    """What each of these could be taken for; nothing where a product is not there any more.

    Blocks.
    """
    return tuple(_lookalikes_of(caller, code) for code in codes)


def _lookalikes_of(caller: Caller, code: ProductCode) -> Lookalikes:
    try:
        return caller.call(operations.FIND_LOOKALIKES, FindLookalikes(code=code))
    except Refusal:
        return Lookalikes(code=code)


class LookalikeWatch(QObject):
    """Knows what the products of the order in hand could be taken for; asks once for each.

    `learned` carries a tuple of Lookalikes. A few products at a time are asked for, so that the
    finder's questions come in between.
    """

    learned = Signal(object)
    notice = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._known: dict[ProductCode, Lookalikes] = {}
        self._asked: set[ProductCode] = set()
        self._to_ask: list[ProductCode] = []
        self._questions = Latest()
        self._is_asking = False
        self._is_at_it = False

    def begin(self) -> None:
        """Another order is in hand; answers under way are dropped."""
        self._questions.forget()
        self._known.clear()
        self._asked.clear()
        self._to_ask.clear()
        self._is_asking = False

    @property
    def is_asking(self) -> bool:
        """Whether there are products whose answer is still to come."""
        return self._is_asking

    def of(self, code: ProductCode) -> Lookalikes | None:
        """What a product could be taken for; None until that is known."""
        return self._known.get(code)

    def look_out_for(self, codes: Iterable[ProductCode]) -> None:
        """These are on the order; ask for those that were not asked for yet."""
        fresh = [code for code in dict.fromkeys(codes) if code not in self._asked]
        self._asked.update(fresh)
        self._to_ask += fresh
        self._ask()

    def _ask(self) -> None:
        """One question at a time; in a loop, because inline an answer is there at once."""
        if self._is_at_it:
            return
        self._is_at_it = True
        try:
            while self._to_ask and not self._is_asking:
                self._ask_for(self._to_ask[:CODES_AT_A_TIME])
        finally:
            self._is_at_it = False

    def _ask_for(self, codes: list[ProductCode]) -> None:
        del self._to_ask[: len(codes)]
        self._is_asking = True
        self._background.run(
            Lane.READ,
            partial(lookalikes_of, self._caller, codes),
            owner=self,
            then=self._learn,
            failed=self._complain,
            question=self._questions.ask(),
        )

    def _learn(self, found: tuple[Lookalikes, ...]) -> None:
        self._is_asking = False
        self._known.update((one.code, one) for one in found)
        self.learned.emit(found)
        self._ask()

    def _complain(self, error: Refusal | Fault) -> None:
        self._is_asking = False
        self.notice.emit(notice_of(error))
        self._ask()
