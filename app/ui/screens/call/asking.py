"""One checkpoint while it is being asked: its turns, and what the caller has said so far.

Forgets everything when the next one is asked; the record is kept elsewhere. Touches no widget.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from app.services.rules.hearing import Hearing, heard
from app.services.rules.read_back import Checkpoint, MustSpeak, Spoken
from app.services.rules.speech import Turn
from app.services.rules.speech_book import Piece, SpeechBook
from app.ui.screens.call import guide_words
from app.ui.screens.call.guide_state import ReadBackState
from app.values.vocabulary import AnsweredBy, CheckpointKind, How

_VOLUNTARY = {
    CheckpointKind.CUSTOMER: (("name", Spoken.WORDS),),
    CheckpointKind.LINE: (("quantity", Spoken.QUANTITY),),
    CheckpointKind.BILLING: (("postcode", Spoken.POSTCODE),),
}
"""What a caller may say although a yes would do."""


class Asking:
    """Made anew whenever a checkpoint is asked or has other values.

    `opening` is said first: what changed since the caller agreed.
    """

    def __init__(
        self,
        point: Checkpoint,
        turns: tuple[Turn, ...],
        book: SpeechBook,
        *,
        since: datetime,
        opening: str,
    ) -> None:
        self.point = point
        self.since = since
        self.heard: dict[str, str] = {}
        self.problem = ""
        self.is_prompting = False
        self._noted = 0
        self._book = book
        self._turns = turns
        self._opening = opening
        self._at = 0
        self._wants_value = False

    @property
    def is_on_paper(self) -> bool:
        """Nobody is on the phone: the CSR compares with a paper."""
        return self.point.answered_by is AnsweredBy.PAPER

    @property
    def _count(self) -> int:
        """How many turns there are; a paper is compared in one."""
        return 1 if self.is_on_paper else len(self._turns)

    @property
    def has_opening(self) -> bool:
        """Whether what changed is said first."""
        return bool(self._opening)

    def shown_in(
        self, state: ReadBackState, answered: str, twins: tuple[tuple[Piece, ...], ...]
    ) -> ReadBackState:
        """The state with what is said and heard here; `answered` tells how it was confirmed."""
        wait = "" if self.is_on_paper else self._turns[self._at].wait
        return replace(
            state,
            point=self.point,
            pieces=self._pieces(),
            turn=self._at,
            turns=self._count,
            wait=guide_words.wait_for(wait),
            hearing=self._wants_value or bool(self.open_parts()),
            due=tuple(one.part for one in self.open_parts()),
            settled=self.settled(),
            settled_words=self._settled_words(),
            problem=self.problem,
            prompt=guide_words.type_it() if self.is_prompting else "",
            answered=answered,
            on_paper=self.is_on_paper,
            twins=twins,
        )

    def how(self) -> How:
        """How the caller answered, once nothing is open any more."""
        return How.CALLER_SPOKE if self.heard else How.CALLER_AGREED

    def _pieces(self) -> tuple[Piece, ...]:
        """What to say now; for a paper everything at once."""
        opening = [Piece(f"{self._opening} ")] if self._opening and not self._at else []
        if not self.is_on_paper:
            return (*opening, *self._turns[self._at].pieces)
        pieces: list[Piece] = opening
        for turn in self._turns:
            pieces += [*turn.pieces, Piece(" ")]
        return tuple(pieces)

    def take_unnoted(self) -> str:
        """What was said since it was last asked for; nothing that still is to be said."""
        upto = len(self._turns) if self.is_on_paper else self._at + 1
        said = [turn.text for turn in self._turns[self._noted : upto]]
        if said and not self._noted and self._opening:
            said.insert(0, self._opening)
        self._noted = max(self._noted, upto)
        return " ".join(said)

    def open_parts(self) -> tuple[MustSpeak, ...]:
        """What the caller has to say in this turn and has not said yet."""
        if self.is_on_paper:
            return ()
        here = self._turns[self._at].speaks
        return tuple(
            one for one in self.point.must_speak if one.part in here and one.part not in self.heard
        )

    def want_value(self) -> bool:
        """Open the field by hand. False where nothing single could be compared."""
        self._wants_value = bool(self._expected())
        return self._wants_value

    def go_on(self) -> bool:
        """To the next turn. False when this was the last."""
        self.hush()
        self._wants_value = False
        if self._at + 1 >= self._count:
            return False
        self._at += 1
        return True

    def prompt(self) -> None:
        """Enter without an answer: say that one is to be typed, and at the next Enter no more."""
        was_quiet = not (self.problem or self.is_prompting)
        self.hush()
        self.is_prompting = was_quiet

    def hush(self) -> None:
        """Nothing stands beside the field any more."""
        self.problem, self.is_prompting = "", False

    def listen(self, text: str) -> tuple[Hearing, ...]:
        """Compare what was typed with what is to be heard; answered with what does not match.

        What matched stays settled, whatever else was said.
        """
        self.is_prompting = False
        expected = self._expected()
        found = heard(expected, text, self._book)
        for one in found:
            if one.matched:
                self.heard[one.part] = one.heard or text
        wrong = tuple(one for one in found if one.matched is False)
        values = {one.part: one.value for one in expected}
        told = [
            _tr("You heard {heard}, the order says {value}.").format(
                heard=one.heard or text, value=values[one.part]
            )
            for one in wrong
        ]
        self.problem = " ".join(told)
        if not wrong and not any(one.matched for one in found):
            self.problem = _tr("\u201c{text}\u201d does not answer it. Ask once more.").format(
                text=text
            )
        return wrong

    def settled(self) -> tuple[str, ...]:
        """What was heard and is right."""
        return tuple(self.heard.values())

    def _settled_words(self) -> str:
        """What was heard and is right, each with its name."""
        named = (
            f"{guide_words.name_of(part, self._book)}: {text}" for part, text in self.heard.items()
        )
        return "  \u00b7  ".join(named)

    def _expected(self) -> tuple[MustSpeak, ...]:
        still = self.open_parts()
        if still:
            return still
        values = {part.name: part.value for part in self.point.parts}
        return tuple(
            MustSpeak(part=part, kind=kind, value=values[part])
            for part, kind in _VOLUNTARY.get(self.point.kind, ())
            if values.get(part)
        )


def _tr(words: str) -> str:
    return QCoreApplication.translate("ReadBack", words)
