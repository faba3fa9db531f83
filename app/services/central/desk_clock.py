"""Instants of a desk by the centre's clock, as far as the desk knew the difference. Pure.

A desk works without the centre for days; its clock may be wrong, and the difference absurd.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.wire.sync import Command

YEARS = range(1900, 2200)
"""Instants of other years are no instants of ours."""

SLACK = timedelta(minutes=10)
_LIFETIME = timedelta(days=36_525)


def corrected(instant: datetime, command: Command, received: datetime) -> datetime:
    """The instant by the centre's clock; never absurd."""
    try:
        moved = instant + timedelta(milliseconds=command.clock_offset_ms)
    except OverflowError:
        return received
    return moved if moved.year in YEARS else received


def offset(command: Command) -> timedelta:
    """What to add to the desk's instants; nothing where the difference itself is absurd."""
    try:
        off = timedelta(milliseconds=command.clock_offset_ms)
    except OverflowError:
        return timedelta()
    return off if abs(off) < _LIFETIME else timedelta()


def is_wrong(placed_at: datetime, command: Command, received: datetime) -> bool:
    """Whether the desk's clock went so wrong that the times of the order mean little."""
    offset_is_large = abs(command.clock_offset_ms) > SLACK / timedelta(milliseconds=1)
    return offset_is_large or placed_at > received + SLACK
