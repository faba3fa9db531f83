"""How wide the columns of a call are, by the room there is. Pure.

Source: DESIGN.md section 5.
"""

from __future__ import annotations

from enum import Enum

RAIL_PX = 50


class Width(Enum):
    """How much room there is; values are the least effective width in pixels."""

    WIDEST = 1600
    WIDE = 1200
    MEDIUM = 900
    NARROW = 0

    @classmethod
    def of(cls, width_px: int) -> Width:
        """The breakpoint of a width."""
        return next(width for width in cls if width_px >= width.value)


LEFT_PX = {Width.WIDEST: 360, Width.WIDE: 292, Width.MEDIUM: 292}
SIDE_PX = {Width.WIDEST: 380, Width.WIDE: 318, Width.MEDIUM: 292}
ANY_PX = 16_777_215
