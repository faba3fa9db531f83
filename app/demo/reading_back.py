"""The read-back of the demo's call, by key events: answers, a correction, a change, the number.

The caller is made up and behaves as callers do: says the risky values, has been misheard once,
wants another delivery in the end, and repeats the number with a slip first. Runs on the thread of
the rehearsal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.ui.main_window import MainWindow
from app.ui.rehearsal import Rehearsal
from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.ui.screens.placed.said_back import Heard
from app.values.errors import Fault
from app.values.order_number import DIGITS
from app.values.vocabulary import CheckpointKind

MISHEARD_LINE, MEANT, MISHEARD_KEY = 2, "50", "1"
"""The caller wanted fifty of line two, and fifteen were taken down."""
_MOST_ANSWERS = 100


@dataclass(slots=True)
class ReadingBack:
    """Reads an order back; `look` leaves a picture under a name."""

    hands: Rehearsal
    window: MainWindow
    look: Callable[[str], None]
    confirmations: int = 0
    spoken: int = 0

    def read_back(self) -> None:
        """From F8 until every checkpoint holds."""
        self.hands.press("F8")
        self._until(self._reaches_misheard_line)
        self._correct()
        self._until(_is_done)
        self._change_delivery()
        self._until(_is_done)
        self._all_kept()

    def agree(self) -> None:
        """Whatever is open again is agreed to: the way to pay."""
        self._until(_is_done)
        self._all_holds()

    def hear_number(self, number: str) -> None:
        """The caller repeats the number, first with a slip; then what is said before hanging up."""
        hands, placed = self.hands, self.window.placed
        slip = str((int(number[4]) + 1) % 10)
        hands.write(number[:4] + slip + number[5:])
        hands.wait_until(lambda: placed.state.said_back.heard is Heard.SLIP, "the slip is caught")
        self.look("slip")
        for _ in range(DIGITS + 2):
            hands.press("Backspace")
        hands.write(number)
        hands.wait_until(
            lambda: placed.state.said_back.heard is Heard.MATCHED, "the number is said back"
        )
        for _ in hands.see(lambda: placed.state.steps):
            if hands.see(lambda: placed.state.asked is not None):
                hands.press("Return")
        hands.wait_until(lambda: not placed.state.open_steps, "everything was said")

    def _until(self, reached: Callable[[ReadBackState], bool]) -> None:
        """Answer what is asked, as a caller to whom everything sounds right."""
        for _ in range(_MOST_ANSWERS):
            self._say_it_is_another()
            self.hands.wait_until(self._has_something_to_say, "the read-back goes on")
            state = self._state()
            if reached(state):
                return
            self._answer(state)
        raise Fault("rehearsal_stuck", "The read-back came to no end.")

    def _say_it_is_another(self) -> None:
        """A trial that is played again within the half hour has an order much like it."""
        placing = self.window.call.placing
        question = self.hands.see(lambda: placing.question)
        if question is not None:
            if not question.is_prompt:
                self.hands.press("F8")
            self.hands.press("A")
            self.hands.wait_until(lambda: placing.question is None, "it is another order")

    def _answer(self, state: ReadBackState) -> None:
        if state.hearing and state.point is not None:
            due = [one.value for one in state.point.must_speak if one.part in state.due]
            self.hands.write(" ".join(due))
            self.spoken += 1
        else:
            self.confirmations += 1
        self.hands.press("Return")

    def _correct(self) -> None:
        """The caller says another number; it is put right in place, with its cause."""
        hands, guide = self.hands, self.window.call.read_back
        self._answer_which_one()
        hands.write(MEANT)
        hands.press("Return")
        hands.wait_until(lambda: bool(guide.state.problem), "the other number is noticed")
        self.look("misheard")
        hands.press("Ctrl+M")
        hands.wait_until(
            lambda: self.window.call.lines.state.editing is not None, "the line is open"
        )
        hands.write(MEANT)
        hands.press("Return")
        hands.wait_until(lambda: guide.state.stage is Stage.CAUSE, "the cause is asked for")
        self.look("cause")
        hands.press(MISHEARD_KEY)
        hands.wait_until(lambda: guide.state.stage is Stage.ASKING, "the line is asked again")

    def _answer_which_one(self) -> None:
        """Of two lookalikes the caller says which, before they say how many."""
        state = self._state()
        if state.point is not None and "description" in state.due:
            self.hands.write(next(m.value for m in state.point.must_speak if m.part != "quantity"))
            self.hands.press("Return")
            self.hands.wait_until(
                lambda: "description" not in self.window.call.read_back.state.due,
                "which one is settled",
            )

    def _change_delivery(self) -> None:
        """After all was agreed the caller wants it sooner: that alone is asked again."""
        hands, call = self.hands, self.window.call
        hands.wait_until(lambda: call.state.can_place, "the order may be placed")
        screen = self.window.call_screen
        hands.see(screen.go_to_method)
        hands.press("Down")
        hands.wait_until(lambda: not call.state.can_place, "what changed is stale")
        self.look("stale")
        hands.press("F8")

    def _all_kept(self) -> None:
        call = self.window.call
        self.hands.wait_until(lambda: call.state.can_place, "every answer is kept")

    def _all_holds(self) -> None:
        """What is agreed to, whether or not the order may be placed yet."""
        guide = self.window.call.read_back
        self.hands.wait_until(lambda: guide.state.holds, "every answer holds")

    def _has_something_to_say(self) -> bool:
        return self.window.call.read_back.state.stage in {Stage.ASKING, Stage.DONE}

    def _state(self) -> ReadBackState:
        return self.hands.see(lambda: self.window.call.read_back.state)

    def _reaches_misheard_line(self, state: ReadBackState) -> bool:
        point = state.point
        if point is None or point.kind is not CheckpointKind.LINE:
            return False
        lines = self.window.call.order.document.lines
        return lines[MISHEARD_LINE - 1].line_id == point.line_id


def _is_done(state: ReadBackState) -> bool:
    return state.stage is Stage.DONE
