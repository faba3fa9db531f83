"""A model of two people on a telephone: what is misheard, mistyped and agreed to without listening.

Seeded callers order real lines and seeded CSRs take them down, over and over; each arm of the
experiment reads back in another way, by the rules and sentences of the product itself. The chances
are those of the sources named beside them; the rest are assumptions and say so. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_uppercase

from app.campaigns.dice import Dice
from app.services.rules.read_back import MustSpeak
from app.values.sounds import letter_class

_TRIES = 4
"""How often a value is asked again before the CSR leaves it as it stands."""
_TEENS = range(13, 20)
_TY = range(30, 100, 10)
_PARTS = 1 << 32
_ALIKE = {
    letter: tuple(
        other
        for other in ascii_uppercase
        if other != letter and letter_class(other) == letter_class(letter)
    )
    for letter in ascii_uppercase
}
"""Letters that can be taken for another one on the telephone."""


class Arm(StrEnum):
    """How the order is read back."""

    NONE = "no read-back"
    YES_ONLY = "yes only"
    SPEAKS = "caller speaks the risky values"
    EVERYTHING = "everything on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """Chances from 0 to 1 that something goes wrong once.

    `letter`: 7 % of letters over a telephone are taken for another of their class (Fanty, Cole,
    Roginski 1991). `digit` and `teen_ty` are fitted so that without a read-back about 3.5 % of the
    lines are wrong, which is what Barenfanger 2004 found in 822 telephoned results. All others are
    assumptions: `key` a slip per key pressed; `twin` the other of two products that differ in a
    word is taken where the caller describes; `shown_twin` the part of those that is left when both
    stand side by side; `by_code` orders given by code; `nods_near` and `nods_far` a yes without
    listening to what sounds nearly right or altogether wrong; `parrots` the caller repeats what was
    just said instead of what they want; `sees` the CSR types what stands on the screen instead of
    what was said, `sees_hidden` from memory, where it is hidden until then; `said_twice` the part
    of wrong quantities that is still agreed to when a number is also said digit by digit.
    """

    letter: float = 0.07
    digit: float = 0.009
    teen_ty: float = 0.03
    key: float = 0.001
    twin: float = 0.03
    shown_twin: float = 0.3
    by_code: float = 0.6
    nods_near: float = 0.25
    nods_far: float = 0.02
    parrots: float = 0.08
    sees: float = 0.03
    sees_hidden: float = 0.01
    said_twice: float = 0.3


@dataclass(frozen=True, slots=True)
class Item:
    """A product as callers know it; `twins` are codes it can be taken for."""

    code: str
    description: str
    twins: tuple[str, ...] = ()
    must_say: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants, or what the record holds."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRun:
    """What became of one line. `asked_again` counts turns that a mismatch or correction cost."""

    was_wrong: bool
    stays_wrong: bool
    asked_again: int
    false_alarms: int


Matches = Callable[[Sequence[MustSpeak], str], bool]
"""Whether what was typed says what the record holds: the product's own comparison."""
Asks = Callable[[Wish], Sequence[MustSpeak]]
"""What the caller has to speak about a line that stands so in the record: the product's rules."""


class Mishearing:
    """One arm with its own dice."""

    def __init__(
        self,
        arm: Arm,
        catalogue: Mapping[str, Item],
        asks: Asks,
        matches: Matches,
        *,
        chances: Chances | None = None,
        seed: int = 1,
    ) -> None:
        self._arm = arm
        self._catalogue = catalogue
        self._asks = asks
        self._matches = matches
        self._chances = chances or Chances()
        self._dice = Dice(seed)

    def take(self, wish: Wish) -> LineRun:
        """A line is ordered, taken down and read back as the arm has it."""
        record = Wish(self._item_taken(wish.code), self._quantity_taken(wish.quantity))
        was_wrong = record != wish
        again = alarms = 0
        for _ in range(_TRIES):
            agreed, for_nothing = self._read_back(wish, record)
            alarms += for_nothing
            if agreed:
                break
            again += 1
            record = self._put_right(wish, record)
        return LineRun(
            was_wrong=was_wrong,
            stays_wrong=record != wish,
            asked_again=again + alarms,
            false_alarms=alarms,
        )

    def _read_back(self, wish: Wish, record: Wish) -> tuple[bool, int]:
        """Whether the line is agreed to, and how many right values had to be asked again."""
        if self._arm is Arm.NONE:
            return True, 0
        speak = () if self._arm is Arm.YES_ONLY else tuple(self._asks(record))
        spoken = {one.part: one for one in speak}
        item_holds, item_is_right = self._item_holds(wish, record, spoken.get("description"))
        count_holds, count_is_right = self._count_holds(wish, record, spoken.get("quantity"))
        for_nothing = (item_is_right and not item_holds) + (count_is_right and not count_holds)
        is_wrong = (not item_is_right and not item_holds) or (
            not count_is_right and not count_holds
        )
        return not is_wrong, for_nothing

    def _item_holds(self, wish: Wish, record: Wish, asked: MustSpeak | None) -> tuple[bool, bool]:
        """Whether it is let pass, and whether it is right.

        A wrong one passes only when the caller hears its description without objecting, and where
        they have to name it, when that goes wrong as well.
        """
        if wish.code == record.code:
            return True, True
        near = record.code in self._twins(wish.code)
        nods = self._happens(self._chances.nods_near if near else self._chances.nods_far)
        if asked is None or not nods:
            return nods, False
        if self._happens(self._chances.sees):
            return True, False
        item = self._catalogue[wish.code]
        return self._matches((asked,), item.must_say or item.description), False

    def _count_holds(self, wish: Wish, record: Wish, asked: MustSpeak | None) -> tuple[bool, bool]:
        is_right = wish.quantity == record.quantity
        everything = self._arm is Arm.EVERYTHING
        agrees = self._chances.nods_near * (self._chances.said_twice if everything else 1.0)
        if asked is None:
            return is_right or self._happens(agrees), is_right
        if everything:
            return self._asked_first(wish, record, asked, agrees), is_right
        if self._happens(self._chances.sees):
            return True, is_right
        parrots = self._happens(self._chances.parrots)
        said = self._quantity_taken(record.quantity if parrots else wish.quantity)
        return self._matches((asked,), str(said)), is_right

    def _asked_first(self, wish: Wish, record: Wish, asked: MustSpeak, agrees: float) -> bool:
        """Asked before anything is told, its number covered; what stands is said after that."""
        hidden = self._happens(self._chances.sees_hidden)
        if not hidden and not self._matches((asked,), str(self._quantity_taken(wish.quantity))):
            return False
        return wish.quantity == record.quantity or self._happens(agrees)

    def _put_right(self, wish: Wish, record: Wish) -> Wish:
        """Only what was wrong is asked anew; it may be misheard anew."""
        code, quantity = record.code, record.quantity
        if code != wish.code:
            code = self._item_taken(wish.code)
        if quantity != wish.quantity:
            quantity = self._quantity_taken(wish.quantity)
        return Wish(code, quantity)

    def _item_taken(self, code: str) -> str:
        """The code on the order: as heard, where there is such a product; else asked again."""
        if not self._happens(self._chances.by_code):
            return self._item_described(code)
        for _ in range(_TRIES):
            heard = "".join(self._sign_taken(sign) for sign in code)
            if heard in self._catalogue:
                return heard
        return code

    def _item_described(self, code: str) -> str:
        twins = self._twins(code)
        side_by_side = self._chances.shown_twin if self._arm is Arm.EVERYTHING else 1.0
        if twins and self._happens(self._chances.twin * side_by_side):
            return twins[self._dice.below(len(twins))]
        return code

    def _twins(self, code: str) -> tuple[str, ...]:
        item = self._catalogue.get(code)
        return item.twins if item is not None else ()

    def _sign_taken(self, sign: str) -> str:
        if sign.isdigit():
            wrong = self._happens(self._chances.digit + self._chances.key)
            return str((int(sign) + 1 + self._dice.below(9)) % 10) if wrong else sign
        alike = _ALIKE.get(sign.upper(), ())
        if alike and self._happens(self._chances.letter):
            return alike[self._dice.below(len(alike))]
        return sign

    def _quantity_taken(self, quantity: int) -> int:
        if quantity in _TEENS and self._happens(self._chances.teen_ty):
            return (quantity - 10) * 10
        if quantity in _TY and self._happens(self._chances.teen_ty):
            return quantity // 10 + 10
        figures = "".join(self._sign_taken(sign) for sign in str(quantity))
        if self._happens(self._chances.key):
            figures += "0"  # a key that was struck twice
        return max(int(figures), 1)

    def _happens(self, chance: float) -> bool:
        return self._dice.below(_PARTS) < chance * _PARTS
