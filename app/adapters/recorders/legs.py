"""The legs of calls as events tell them: who is there, what is recorded, when a call is over.

Known from the moment the line was made; what was before is known once it was listed. Not locked:
whoever keeps it holds a lock of his own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.services.central.recorder import RecorderProblem
from app.values.vocabulary import CallEventKind


@dataclass(slots=True)
class _Leg:
    """A channel of a call."""

    call: str
    is_up: bool = False
    is_on_hold: bool = False
    is_recorded: bool = False


class CallLegs:
    """All legs of all calls."""

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}
        self._started: Counter[str] = Counter()
        self._whole: set[str] = set()

    def clear(self) -> None:
        """Nothing is known any more."""
        self._legs.clear()
        self._started.clear()
        self._whole.clear()

    def listed(self, legs: Iterable[tuple[str, str, bool]]) -> None:
        """All legs there are: leg, call, whether it is up."""
        for leg, call, is_up in legs:
            self.changed(leg, call, is_up=is_up)
            self._whole.add(call)

    def began(self, leg: str, call: str) -> None:
        """The first leg of a call: all that follow will be told."""
        self._leg(leg, call)
        self._whole.add(call)

    def changed(self, leg: str, call: str, *, is_up: bool) -> None:
        """A leg is there, and up or not."""
        self._leg(leg, call).is_up = is_up

    def held(self, leg: str, call: str, *, is_on_hold: bool) -> None:
        """A leg put the others on hold, or took them back."""
        self._leg(leg, call).is_on_hold = is_on_hold

    def found_recorded(self, legs: Iterable[str]) -> None:
        """Legs that were asked and said that they are recorded."""
        for leg in legs:
            if leg in self._legs:
                self._legs[leg].is_recorded = True

    def recorder_changed(self, leg: str, *, begins: bool) -> None:
        """A recorder was heard to begin or to end."""
        self._started[leg] += 1 if begins else -1
        if self._started[leg] <= 0:
            del self._started[leg]
            if leg in self._legs:
                self._legs[leg].is_recorded = False

    def records(self, leg: str) -> bool:
        """Whether a recorder was heard to begin on the leg, and not to end."""
        return self._started[leg] > 0

    def is_on_hold(self, call: str) -> bool:
        """Whether a leg of the call put the others on hold."""
        return any(leg.is_on_hold for leg in self._legs.values() if leg.call == call)

    def call_of(self, leg: str) -> str:
        """Which call a leg belongs to, as far as is known."""
        return self._legs[leg].call if leg in self._legs else ""

    def hung_up(self, leg: str, call: str) -> CallEventKind | None:
        """What it means for the call, if anything, that a leg is gone.

        It is over when nobody is left to talk to and nothing more is recorded. Somebody left alone
        on a leg that is recorded is on the way to somebody else, as far as anyone can tell: that
        recording has to run again.
        """
        gone = self._legs.pop(leg, None)
        self._started.pop(leg, None)
        left = [key for key, each in self._legs.items() if each.call == call and each.is_up]
        is_whole = call in self._whole
        if not left:
            self._whole.discard(call)
        if gone is None or not gone.is_up or not is_whole or len(left) > 1:
            return None
        is_recorded = any(self.records(key) or self._legs[key].is_recorded for key in left)
        return CallEventKind.TRANSFER if is_recorded else CallEventKind.HANGUP

    def _leg(self, leg: str, call: str) -> _Leg:
        known = self._legs.setdefault(leg, _Leg(call))
        known.call = call
        return known


def require_own_call(reference: str, at_extension: set[str]) -> None:
    """A reference may stand in where the extension tells nothing, and never against what it tells.

    Raises RecorderProblem `call_elsewhere`: the recording of the call in hand would run on.
    """
    if at_extension and reference not in at_extension:
        raise RecorderProblem(
            "call_elsewhere",
            "That is not the call on this telephone. Leave the call reference empty and try again.",
        )
