"""Turns of a talk: what is said before the caller answers, and how sentences become turns.

Three facts a turn at most, one where the talk is slow. The sentences are the book's; nothing is
worded here. Pure; any thread.

Source of the rules: DESIGN.md section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.services.rules.speech_book import Piece, SpeechBook

FACTS_MOST = 3
"""In one turn. Source: facts/ux-and-law.md section 3, Cardosi 1994."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is said before the caller answers.

    `wait` names what the caller has to say ("the quantity"), empty where a yes is enough; `speaks`
    the parts of the checkpoint that are heard then. An item, named by its words and its code, is
    one fact, and so is an amount with what it is for.
    """

    pieces: tuple[Piece, ...]
    facts: int
    wait: str = ""
    speaks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the facts in it."""

    pieces: tuple[Piece, ...]
    facts: int = 1


@dataclass(frozen=True, slots=True)
class Sayings:
    """The sentences of a book as turns; `slow` is one fact a turn."""

    book: SpeechBook
    slow: bool

    @property
    def most(self) -> int:
        """Facts in a turn."""
        return 1 if self.slow else FACTS_MOST

    def several(self, facts: int, sentence: str, **values: str) -> Statement:
        """A sentence that tells so many facts."""
        return Statement(self.book.sentences[sentence].pieces(**values), facts)

    def grouped(self, statements: Iterable[Statement]) -> list[Turn]:
        """As few turns as may be."""
        grouped: list[Turn] = []
        for said in statements:
            if grouped and grouped[-1].facts + said.facts <= self.most:
                last = grouped[-1]
                pieces = (*last.pieces, Piece(" "), *said.pieces)
                grouped[-1] = Turn(pieces=pieces, facts=last.facts + said.facts)
            else:
                grouped.append(Turn(pieces=said.pieces, facts=said.facts))
        return grouped

    def asking(self, turn: Turn, question: str, speaks: Sequence[str] = ()) -> Turn:
        """The turn with a question at its end, and what the caller has to speak then."""
        asked = self.book.sentences[question].pieces()
        pieces = (*turn.pieces, Piece(" "), *asked) if turn.pieces else asked
        return replace(turn, pieces=pieces, wait=self.wait(speaks), speaks=tuple(speaks))

    def wait(self, names: Sequence[str]) -> str:
        """What the caller is waited for."""
        waits = [self.book.waits[name] for name in names]
        if len(waits) < 2:
            return "".join(waits)
        return self.book.say("both", first=", ".join(waits[:-1]), last=waits[-1])
