"""Making sure whose order it is: one open question at a time, judged as soon as it is answered.

Holds the record that answers are compared with and shows it to nobody. What was shown of an order
holds for the whole conversation. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from app.services.rules.identity_check import ASKED_IN_ORDER, Record, Said, Shown
from app.services.rules.regions import RegionRules
from app.services.rules.speech_book import SpeechBook
from app.values.card import find_card_number
from app.values.clock import Clock
from app.values.identity import OrderId
from app.values.order_life import IdentityFact, IdentityLevel
from app.values.vocabulary import Region
from app.wire.contacts import IdentityChecked
from app.wire.order_page import OrderPage
from app.wire.orders import PlacedOrder

LONGEST_REASON = 200
PLACED_NOW = "placed in this call"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityState:
    """What the box shows.

    `asks`: there is something to make sure of. `facts` are what can be asked, `asked` the one that
    is asked now, `last` what the latest answer was, of `last_fact`. `skipping`: the reason is asked
    for why nothing can be asked, `problem` is what is wrong with it.
    """

    asks: bool = False
    shown: Shown = field(default_factory=Shown)
    facts: tuple[IdentityFact, ...] = ()
    asked: IdentityFact | None = None
    last: Said | None = None
    last_fact: IdentityFact | None = None
    may_vouch: bool = True
    skipping: bool = False
    problem: str = ""

    @property
    def level(self) -> IdentityLevel:
        """What may be said to the caller."""
        return self.shown.level if self.asks else IdentityLevel.ALL

    @property
    def is_done(self) -> bool:
        """Whether everything may be said."""
        return self.level is IdentityLevel.ALL


class IdentityPresenter(QObject):
    """Holds one IdentityState. `checked(IdentityChecked)` is for the record of the contact."""

    state_changed = Signal(object)
    level_changed = Signal(object)
    checked = Signal(object)

    def __init__(
        self,
        regions: Mapping[Region, RegionRules],
        speech: Mapping[Region, SpeechBook],
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._regions = regions
        self._speech = speech
        self._clock = clock
        self._record: Record | None = None
        self._placed: PlacedOrder | None = None
        self._kept: dict[OrderId, Shown] = {}
        self.needed = 2
        self.is_lead = False
        self._state = IdentityState()

    @property
    def state(self) -> IdentityState:
        """What is shown now."""
        return self._state

    def begin(
        self,
        page: OrderPage,
        *,
        caller_number: str = "",
        number_told: bool = False,
        placed_now: bool = False,
    ) -> None:
        """Somebody is on the line about this order; `number_told`: it was found by its number."""
        placed = page.order.placed
        document = placed.document
        book = self._speech.get(document.region)
        if book is None:
            self.end()
            return
        record = Record(placed, self._regions[document.region].phone_region, book)
        self._record, self._placed = record, placed
        before = self._kept.get(document.order_id, Shown())
        known = _with_number(before) if number_told else before
        shown = replace(
            known,
            needed=self.needed,
            placed_now=before.placed_now or placed_now,
            from_own_phone=before.from_own_phone or record.is_own_phone(caller_number),
        )
        state = IdentityState(asks=True, shown=shown, facts=record.askable())
        self._show(replace(state, asked=_next(state), may_vouch=self._may_vouch(shown)))
        if shown.placed_now or shown.from_own_phone or shown.passed != before.passed:
            self._note(shown)

    def end(self) -> None:
        """Nobody is on the line about an order: there is nothing to make sure of."""
        self._record = self._placed = None
        self._show(IdentityState())

    def forget(self) -> None:
        """The conversation is over; the next caller is somebody else."""
        self._kept.clear()
        self.end()

    def ask(self, fact: IdentityFact) -> None:
        """Ask for something else."""
        if fact in self._state.facts:
            self._show(replace(self._state, asked=fact, skipping=False, problem="", last=None))

    def ask_other(self, step: int) -> None:
        """The next question of the list, or the one before."""
        state = self._state
        open_ones = [fact for fact in state.facts if fact not in state.shown.passed]
        if state.asked is None or not open_ones:
            return
        at = open_ones.index(state.asked) if state.asked in open_ones else 0
        self.ask(open_ones[(at + step) % len(open_ones)])

    def answer(self, text: str) -> None:
        """What the caller said, as it was typed; it is kept nowhere."""
        state, fact = self._state, self._state.asked
        if self._record is None or fact is None or state.shown.is_blocked:
            return
        said = self._record.said(fact, text)
        shown = state.shown
        if said is not Said.UNCLEAR:
            asked = tuple(dict.fromkeys((*shown.asked, fact)))
            is_right = said is Said.RIGHT
            passed = tuple(dict.fromkeys((*shown.passed, *((fact,) if is_right else ()))))
            wrong = shown.wrong + (not is_right)
            shown = replace(shown, asked=asked, passed=passed, wrong=wrong)
            self._note(shown)
        state = replace(state, shown=shown, last=said, last_fact=fact)
        following = _next(state) if said is Said.RIGHT else fact
        self._show(replace(state, asked=following, may_vouch=self._may_vouch(shown)))

    def skip(self) -> None:
        """It cannot be checked: ask why."""
        if self._state.may_vouch and self._state.asks:
            self._show(replace(self._state, skipping=True, problem="", last=None))

    def stay(self) -> None:
        """It is checked after all."""
        self._show(replace(self._state, skipping=False, problem=""))

    def vouch(self, reason: str) -> None:
        """Why everything may be said without an answer."""
        reason = " ".join(reason.split())[:LONGEST_REASON]
        if not self._state.skipping:
            return
        if not reason or find_card_number(reason) is not None:
            words = self.tr("Please say in a few words why it cannot be checked.")
            self._show(replace(self._state, problem=words))
            return
        shown = replace(self._state.shown, vouched=reason)
        self._note(shown)
        self._show(replace(self._state, shown=shown, skipping=False, problem="", asked=None))

    def _may_vouch(self, shown: Shown) -> bool:
        """After too many wrong answers only a lead may."""
        return self.is_lead or not shown.is_blocked

    def _note(self, shown: Shown) -> None:
        placed = self._placed
        if placed is None:
            return
        document = placed.document
        self._kept[document.order_id] = shown
        customer = document.customer
        reason = shown.vouched or (PLACED_NOW if shown.placed_now else "")
        self.checked.emit(
            IdentityChecked(
                order_id=document.order_id,
                customer_id=customer.customer_id if customer is not None else None,
                asked=shown.asked,
                passed=shown.known,
                level=shown.level,
                wrong=shown.wrong,
                skipped=reason,
                at=self._clock.now(),
            )
        )

    def _show(self, state: IdentityState) -> None:
        before, self._state = self._state, state
        if state == before:
            return
        self.state_changed.emit(state)
        if state.level is not before.level:
            self.level_changed.emit(state.level)


def _with_number(shown: Shown) -> Shown:
    number = IdentityFact.ORDER_NUMBER
    asked, passed = (number, *shown.asked), (number, *shown.passed)
    return replace(shown, asked=tuple(dict.fromkeys(asked)), passed=tuple(dict.fromkeys(passed)))


def _next(state: IdentityState) -> IdentityFact | None:
    """What is asked next; a house tells no more than its postcode did."""
    passed = set(state.shown.passed)
    if IdentityFact.POSTCODE in passed:
        passed.add(IdentityFact.HOUSE)
    return next((one for one in ASKED_IN_ORDER if one in state.facts and one not in passed), None)
