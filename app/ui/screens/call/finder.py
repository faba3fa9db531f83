"""The finder: what was typed, which products answer it, and which of them Enter takes.

Asks on the READ lane and drops answers to older questions. A unique exact code with Enter is always
taken, also when the answer comes after the key; lookalikes and guesses are never taken without an
arrow key. Touches no widget.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.ui.screens.call import card_guard, lookalikes
from app.ui.screens.call.lookalikes import Telling, Told
from app.values.errors import Fault, Refusal
from app.values.identity import LineId
from app.values.quantity import parse_quantity
from app.values.wording import Word
from app.wire import operations
from app.wire.catalogue import FindProducts, Match, ProductView

MOST_ROWS = 20
LONGEST_TEXT = 200
_QUANTITY_FIRST = re.compile(
    r"^\s*(?P<quantity>[\d.,]{1,9})\s*[x\u00d7*]\s*(?P<rest>\S.*)$", re.IGNORECASE
)
_LIKE_A_CODE = re.compile(r"^(?=.*\d)\S+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderRow:
    """One product found.

    `told` is its description with what tells it from its lookalikes marked.
    """

    product: ProductView
    match: Match
    told: Told

    @property
    def words(self) -> tuple[Word, ...]:
        """The description, word by word."""
        return self.told.words

    @property
    def alike(self) -> bool:
        """Whether it can be taken for another one of the first rows."""
        return self.told.alike


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderState:
    """What the finder shows.

    `current` is the row that Enter takes; `quantity` was typed before the code; `telling` is what
    tells rows that are `alike` apart; `instead` says which line a choice replaces.
    """

    text: str = ""
    rows: tuple[FinderRow, ...] = ()
    current: int | None = None
    quantity: int | None = None
    alike: bool = False
    telling: Telling | None = None
    asking: bool = False
    sentence: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    text: str
    quantity: str
    rows: tuple[FinderRow, ...]


def find(caller: Caller, text: str) -> _Answer:
    """Ask for a text.

    `12x85123A` is twelve of a code where that code exists, else just words. Blocks.
    """
    quantity_first = _QUANTITY_FIRST.match(text)
    if quantity_first is not None:
        rows = _rows(caller, quantity_first["rest"].strip())
        if _only_exact(rows) is not None:
            return _Answer(text=text, quantity=quantity_first["quantity"], rows=rows)
    return _Answer(text=text, quantity="", rows=_rows(caller, text))


def _rows(caller: Caller, text: str) -> tuple[FinderRow, ...]:
    found = caller.call(operations.FIND_PRODUCTS, FindProducts(text=text, limit=MOST_ROWS))
    told_apart = lookalikes.told_apart([hit.product for hit in found.hits])
    return tuple(
        FinderRow(product=hit.product, match=hit.match, told=told)
        for hit, told in zip(found.hits, told_apart, strict=True)
    )


def _only_exact(rows: tuple[FinderRow, ...]) -> int | None:
    """The row whose code was typed in full, when there is exactly one."""
    exact = [place for place, row in enumerate(rows) if row.match is Match.EXACT_CODE]
    return exact[0] if len(exact) == 1 else None


class FinderPresenter(QObject):
    """Holds one FinderState.

    `chosen(product, quantity)` carries None where no quantity was typed; `replaced(line_id,
    product)` is a choice in place of a line; `passed` is Enter with nothing typed: on to whatever
    is due.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    chosen = Signal(object, object)
    replaced = Signal(object, object)
    instead_offered = Signal()
    passed = Signal()

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._answered: str | None = None
        self._take_when_answered = False
        self._complaint = ""
        self._instead_of: LineId | None = None
        self._state = FinderState()

    @property
    def state(self) -> FinderState:
        """What is shown now."""
        return self._state

    def search(self, text: str) -> None:
        """The text changed; rows follow as soon as they are there."""
        judged = card_guard.while_typing(text[:LONGEST_TEXT])
        if judged.sentence:
            self.clear()
            self._show(FinderState(sentence=judged.sentence))
            return
        text = judged.text
        if text == self._state.text:
            return
        self._take_when_answered = False
        if not text.strip():
            self.clear()
            return
        self._show(replace(self._state, text=text, asking=True, sentence=""))
        self._background.run(
            Lane.READ,
            partial(find, self._caller, text.strip()),
            owner=self,
            then=partial(self._answer, text),
            failed=self._fail,
            question=self._questions.ask(),
        )

    def clear(self) -> None:
        """Empty the finder; an answer under way is dropped."""
        self._questions.forget()
        self._answered = None
        self._take_when_answered = False
        self._complaint = ""
        self._instead_of = None
        self._show(FinderState())

    def offer_instead(
        self, line_id: LineId, words: str, text: str, rows: tuple[FinderRow, ...]
    ) -> None:
        """Show what could take the place of a line, until something is chosen or it is cleared.

        Anything else may be typed and chosen as well.
        """
        self.clear()
        self._instead_of = line_id
        self._answered = text
        self._show(FinderState(text=text, rows=rows, instead=words))
        self.instead_offered.emit()

    def move(self, step: int) -> None:
        """Go up or down the rows; the first step down marks the first row."""
        count = len(self._state.rows)
        if not count:
            return
        here = self._state.current
        there = (
            (0 if step > 0 else count - 1) if here is None else min(max(here + step, 0), count - 1)
        )
        self._show(replace(self._state, current=there, sentence=""))

    def choose(self, place: int) -> None:
        """Take the row that was pointed at."""
        self._show(replace(self._state, current=place))
        self._take(place)

    def enter(self) -> None:
        """Take what the text means; when its rows are not there yet, as soon as they are."""
        if not self._state.text.strip():
            self.passed.emit()
            return
        if self._answered != self._state.text:
            self._take_when_answered = True
        elif self._state.current is not None:
            self._take(self._state.current)
        elif self._complaint:
            self._show(replace(self._state, sentence=self._complaint))
        else:
            self._show(replace(self._state, sentence=self._why_not_taken()))

    def _answer(self, text: str, answer: _Answer) -> None:
        self._answered = text
        quantity, complaint = self._quantity_of(answer)
        self._complaint = complaint
        first = [row.told for row in answer.rows[:2] if row.alike]
        alike = _only_exact(answer.rows) is None and bool(first)
        self._show(
            FinderState(
                text=text,
                rows=answer.rows,
                current=None if complaint else _default_row(answer.rows, alike=alike),
                quantity=quantity,
                alike=alike,
                telling=first[0].telling if alike else None,
                instead=self._state.instead,
                sentence=complaint or ("" if answer.rows else self._nothing_found(text)),
            )
        )
        if self._take_when_answered:
            self._take_when_answered = False
            self._take_late(complaint)

    def _take_late(self, complaint: str) -> None:
        """Enter came before the rows: only a unique exact code may be taken unseen."""
        exact = _only_exact(self._state.rows)
        if complaint:
            return
        if exact is not None:
            self._take(exact)
        elif self._state.rows:
            self._show(replace(self._state, sentence=self._why_not_taken()))

    def _take(self, place: int) -> None:
        product = self._state.rows[place].product
        if product.withdrawn:
            self._show(replace(self._state, sentence=self._withdrawn(product)))
            return
        quantity, instead_of = self._state.quantity, self._instead_of
        self.clear()
        if instead_of is None:
            self.chosen.emit(product, quantity)
        else:
            self.replaced.emit(instead_of, product)

    def _fail(self, error: Refusal | Fault) -> None:
        self._take_when_answered = False
        if isinstance(error, Refusal):
            self._show(replace(self._state, asking=False, sentence=error.sentence))
        else:
            self._show(replace(self._state, asking=False))
            self.notice.emit(notice_of(error))

    def _quantity_of(self, answer: _Answer) -> tuple[int | None, str]:
        if not answer.quantity:
            return None, ""
        try:
            return parse_quantity(answer.quantity), ""
        except Refusal as refusal:
            return None, refusal.sentence

    def _why_not_taken(self) -> str:
        if not self._state.rows:
            return self._nothing_found(self._state.text)
        if _LIKE_A_CODE.match(self._state.text.strip()):
            return self.tr(
                "There is no product with the code {code}. Choose with the arrow keys."
            ).format(code=self._state.text.strip())
        if self._state.alike:
            return self.tr("These sound alike. Choose with the arrow keys.")
        return self.tr("Choose with the arrow keys, then press Enter.")

    def _nothing_found(self, text: str) -> str:
        if _LIKE_A_CODE.match(text.strip()):
            return self.tr("There is no product with the code {code}.").format(code=text.strip())
        return self.tr("No product is called “{text}”.").format(text=text.strip())

    def _withdrawn(self, product: ProductView) -> str:
        return self.tr("{code} is withdrawn and can no longer be ordered.").format(
            code=product.code
        )

    def _show(self, state: FinderState) -> None:
        if state == self._state:
            return
        self._state = state
        self.state_changed.emit(state)


def _default_row(rows: tuple[FinderRow, ...], *, alike: bool) -> int | None:
    """The row Enter may take without an arrow key.

    An exact code, or the best of rows that cannot be confused.
    """
    exact = _only_exact(rows)
    if exact is not None:
        return exact
    if not rows or alike or rows[0].match in {Match.FUZZY, Match.EXACT_CODE}:
        return None
    if rows[0].match is Match.CODE_PREFIX and len(rows) > 1:
        return None
    return 0
