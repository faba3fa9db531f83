"""What the screen of a placed order shows, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.ui.screens.placed.said_back import NOT_YET, SaidBack
from app.ui.widgets.text import Part
from app.values.money import Money
from app.values.order_life import ChangeState
from app.values.vocabulary import CallOutcome, ClosingStep
from app.wire.orders import Paper, PlacedOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTold:
    """That it is no new order, but a change of one, and what came of it.

    `state` None: it is on its way. Of `to_pay` and `goes_back` one is nothing; `cards` are the last
    four digits of those it was paid with before.
    """

    revision: int
    was: Money
    to_pay: Money
    goes_back: Money
    cards: tuple[str, ...]
    state: ChangeState | None
    sentence: str

    @property
    def is_done(self) -> bool:
        """Whether the order is another one now."""
        return self.state is ChangeState.APPLIED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedState:
    """`number_is_safe` once the desk has noted that the number was on screen.

    `asked` is the step that is due or was chosen; `since` is when the order was shown here.
    `asking_to_end` while steps are open and the CSR wants to end all the same; `not_kept` tells
    why the desk could not keep the end of the call. `change`: an order that was placed before.
    """

    placed: PlacedOrder | None = None
    change: ChangeTold | None = None
    since: datetime | None = None
    number_is_safe: bool = False
    paper: Paper | None = None
    making_paper: bool = False
    printed_at: datetime | None = None
    steps: tuple[ClosingStep, ...] = ()
    done: frozenset[ClosingStep] = frozenset()
    asked: ClosingStep | None = None
    say: tuple[Part, ...] = ()
    said_back: SaidBack = NOT_YET
    outcome: CallOutcome = CallOutcome.ORDER_PLACED
    note: str = ""
    note_problem: str = ""
    asking_to_end: bool = False
    ending: bool = False
    not_kept: str = ""

    @property
    def has_caller(self) -> bool:
        """Whether there is somebody to talk to; an order on paper has nobody."""
        return ClosingStep.ANYTHING_ELSE in self.steps

    @property
    def says_back(self) -> bool:
        """Whether the caller repeats the number; who changes an order has it already."""
        return ClosingStep.NUMBER_SAID_BACK in self.steps

    @property
    def open_steps(self) -> tuple[ClosingStep, ...]:
        """What was not said yet, in its order."""
        return tuple(step for step in self.steps if step not in self.done)
