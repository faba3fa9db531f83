"""The time, handed to whoever needs it.

The only module that may ask the machine for the time. Instants are aware UTC; tests pass their own
Clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the instant and measures stretches of time."""

    def now(self) -> datetime:
        """Aware UTC instant."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Aware UTC instant."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()
