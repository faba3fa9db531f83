"""What the CSR says of one line of the order: how many of what, and what follows later.

What the caller has to speak is asked before it is told. Pure; any thread.

Source of the rules: DESIGN.md section 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.services.rules.read_back import Checkpoint
from app.services.rules.speech_book import SpeechBook
from app.services.rules.speech_turns import Sayings, Statement, Turn
from app.services.rules.spoken_words import (
    date_words,
    description_words,
    digit_words,
    is_said_twice,
    money_words,
    number_twice,
    number_words,
    spelled,
)
from app.services.rules.stock_words import wanted_now
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderDocument, OrderLine

WORDS_LEFT = 2
"""Of a description without its telling words: enough to know what it is about."""


def line_turns(point: Checkpoint, document: OrderDocument, sayings: Sayings) -> Iterator[Turn]:
    """The turns about the line of a checkpoint; none where the line is gone."""
    yield from _LineTalk(point, document, sayings).turns()


@dataclass(frozen=True, slots=True)
class _LineTalk:
    """One line being put into words."""

    point: Checkpoint
    document: OrderDocument
    sayings: Sayings

    @property
    def book(self) -> SpeechBook:
        return self.sayings.book

    @property
    def slow(self) -> bool:
        return self.sayings.slow

    def _said(self, sentence: str, **values: str) -> Statement:
        return self.sayings.several(1, sentence, **values)

    def turns(self) -> Iterator[Turn]:
        found = next(
            (
                (number, line)
                for number, line in enumerate(self.document.lines, start=1)
                if line.line_id == self.point.line_id
            ),
            None,
        )
        if found is None:
            return
        number, line = number_words(found[0], self.book), found[1]
        if line.kind is ProductKind.CHARGE:
            yield from self.sayings.grouped(self._charge(number, line))
        elif self.point.must_speak:
            yield from self._spoken_line(number, line)
        else:
            said = [*self._goods(number, line), *self._later(line)]
            yield from self.sayings.grouped(said)

    def _spoken_line(self, number: str, line: OrderLine) -> Iterator[Turn]:
        """The caller says it before they are told: nobody repeats what they never heard."""
        parts = [one.part for one in self.point.must_speak]
        kind = self._kind_of(line) if len(parts) > 1 else ""
        item = (
            self._said("line_kind", number=number, description=kind)
            if kind
            else self._said("line_item", number=number, **self._item(line))
        )
        (turn,) = self.sayings.grouped([item])
        if len(parts) > 1 and (self.slow or self._has_number(line.must_say)):
            yield self.sayings.asking(turn, "ask_which", ("description",))
            turn, parts = Turn(pieces=(), facts=0), ["quantity"]
        question = "ask_quantity" if len(parts) == 1 else "ask_quantity_and_which"
        yield self.sayings.asking(turn, question, parts)
        few, values = self._quantity(line)
        said = self._goods(number, line) if kind else [self._said(f"line_so{few}", **values)]
        yield from self.sayings.grouped([*said, *self._later(line)])

    def _has_number(self, words: str) -> bool:
        """Whether what tells the item could be taken for how many there are."""
        counts = {*self.book.words.ones, *self.book.words.tens}
        return any(
            word.casefold() in counts or any(sign.isdigit() for sign in word)
            for word in words.replace("-", " ").split()
        )

    @staticmethod
    def _kind_of(line: OrderLine) -> str:
        """The description less what tells it from its twin; nothing where too little is left."""
        words = {word.casefold() for word in line.must_say.split()}
        if not all(word.isalpha() for word in words):
            return ""
        left = [w for w in line.description.split() if w.strip(".,;:()\"'").casefold() not in words]
        return description_words(" ".join(left)) if len(left) >= WORDS_LEFT else ""

    def _quantity(self, line: OrderLine) -> tuple[str, dict[str, str]]:
        """The ending of the sentence to use, and what goes into it."""
        values = {"quantity": number_words(line.quantity, self.book)}
        if not is_said_twice(line.quantity):
            return "_of_few", values
        return "", {**values, "digits": digit_words(str(line.quantity), self.book)}

    def _item(self, line: OrderLine) -> dict[str, str]:
        return {
            "description": description_words(line.description) or self.book.say("no_description"),
            "code": spelled(line.code, self.book),
        }

    def _goods(self, number: str, line: OrderLine) -> Iterator[Statement]:
        few, values = self._quantity(line)
        values["number"] = number
        if self.slow:
            yield self._said(f"line_quantity{few}", **values)
            yield self._said("line_item", number=number, **self._item(line))
        else:
            yield self.sayings.several(2, f"line{few}", **values, **self._item(line))

    def _later(self, line: OrderLine) -> Iterator[Statement]:
        """What goes out now and what is to follow, and about when."""
        if not line.back_ordered:
            return
        now = wanted_now(line)
        values = {"later": number_twice(line.back_ordered, self.book)}
        ending = "_some_day"
        if line.back_order_on is not None:
            ending, values["date"] = "", date_words(line.back_order_on, self.book)
        if now and not self.slow:
            both = {**values, "now": number_twice(now, self.book)}
            yield self.sayings.several(2, f"line_now_and_later{ending}", **both)
            return
        if now:
            yield self._said("line_now", now=number_twice(now, self.book))
        yield self._said(f"line_later{ending}", **values)

    def _charge(self, number: str, line: OrderLine) -> Iterator[Statement]:
        amount = money_words(line.total, self.book)
        said = description_words(line.description) or spelled(line.code, self.book)
        if line.quantity == 1:
            yield self._said("charge", number=number, amount=amount, description=said)
            return
        quantity = number_words(line.quantity, self.book)
        if self.slow:
            yield self._said("line_quantity_of_few", number=number, quantity=quantity)
            yield self._said("charge", number=number, amount=amount, description=said)
            return
        values = {"number": number, "quantity": quantity, "amount": amount}
        yield self.sayings.several(2, "charge_many", description=said, **values)
