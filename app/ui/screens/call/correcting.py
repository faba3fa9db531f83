"""A value that is put right in the middle of the read-back: where it is mended, what it was before.

Pure: compares the checkpoints of two documents. The presenter of the read-back opens the field and
asks for the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.services.rules.read_back import SAME, Checkpoint, changes_between
from app.values.identity import LineId
from app.values.vocabulary import CheckpointKind
from app.wire.orders import OrderDocument

_FOLLOWS_FROM_OTHERS = {"tax", "total", "goods", "prices", "currency", SAME}
"""Parts that nobody types; the amounts of a corrected price are told by its total alone."""


class Place(StrEnum):
    """The field that opens for a correction."""

    CUSTOMER = "customer"
    LINE = "line"
    PRICES = "prices"
    DELIVERY = "delivery"
    BILLING = "billing"
    ARRIVAL = "arrival"


_PLACES = {
    CheckpointKind.CUSTOMER: Place.CUSTOMER,
    CheckpointKind.LINE: Place.LINE,
    CheckpointKind.PRICE: Place.PRICES,
    CheckpointKind.DELIVERY: Place.DELIVERY,
    CheckpointKind.BILLING: Place.BILLING,
    CheckpointKind.ARRIVAL: Place.ARRIVAL,
    CheckpointKind.OBLIGATION: Place.PRICES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to mend a checkpoint; `line_id` for lines."""

    place: Place
    line_id: LineId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """One value that is another one than before."""

    checkpoint: str
    part: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderRepair:
    """A correction that was begun: the checkpoint, the order as it was, and its checkpoints."""

    key: str
    document: OrderDocument
    checkpoints: Mapping[str, Checkpoint]


def target_of(point: Checkpoint) -> Target | None:
    """The field for a checkpoint; None where there is none, as for rights."""
    place = _PLACES.get(point.kind)
    return None if place is None else Target(place=place, line_id=point.line_id)


def mended(repair: UnderRepair, now: Iterable[Checkpoint]) -> tuple[Mended, ...]:
    """What was put right: of the checkpoint itself, else of whatever else was changed instead.

    What only follows from it (a total from a quantity, a bill that goes where the goods go) is not
    a correction of its own.
    """
    after = {point.key: point for point in now}
    typed: list[Mended] = []
    followed: list[Mended] = []
    own: tuple[Mended, ...] = ()
    for key in dict.fromkeys((*repair.checkpoints, *after)):
        before, present = repair.checkpoints.get(key), after.get(key)
        found = _changes(key, before, present)
        follows = _follows_from_others(present or before)
        if key == repair.key and not follows:
            own = found
        (followed if follows else typed).extend(found)
    return own or tuple(typed) or tuple(followed)


def _follows_from_others(point: Checkpoint | None) -> bool:
    """Whether nobody types the values of a checkpoint themselves."""
    if point is None or point.kind in {CheckpointKind.PRICE, CheckpointKind.OBLIGATION}:
        return True
    is_same = any(part.name == SAME and part.value for part in point.parts)
    return point.kind is CheckpointKind.BILLING and is_same


def _changes(key: str, before: Checkpoint | None, after: Checkpoint | None) -> tuple[Mended, ...]:
    if before is not None and after is not None and before.sha256 == after.sha256:
        return ()
    changes = changes_between(before.parts if before else (), after.parts if after else ())
    is_price = (before or after) is not None and key == CheckpointKind.PRICE.value
    told = [
        Mended(checkpoint=key, part=change.part, old=change.old, new=change.new)
        for change in changes
        if change.part not in _FOLLOWS_FROM_OTHERS or (is_price and change.part == "total")
    ]
    is_whole = before is not None and after is not None
    return tuple(told if is_whole else told[:1])
