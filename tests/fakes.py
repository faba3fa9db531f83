"""Stand-ins at the ports: they behave like the real thing, only smaller."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.values.identity import uuid7
from tests.builders import A_MORNING


class FixedClock:
    """Stands still until it is told to go on."""

    def __init__(self, now: datetime = A_MORNING) -> None:
        self._now = now
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, **by: float) -> None:
        """Goes on by a timedelta's arguments: `advance(minutes=5)`."""
        step = timedelta(**by)
        self._now += step
        self._seconds += step.total_seconds()

    def set(self, now: datetime) -> None:
        """Sets the hands as someone might, back too; stretches of time are not touched by it."""
        self._now = now


class CountingIds:
    """Ids that count up: the same in every run, each later than the one before."""

    def __init__(self, start: int = 0) -> None:
        self._count = start

    def new(self) -> UUID:
        self._count += 1
        return uuid7(1_790_000_000_000 + self._count, 0, self._count)


class InMemoryKeyStore:
    """Keeps secrets for as long as the test runs."""

    def __init__(self, warning: str = "") -> None:
        self._secrets: dict[str, bytes] = {}
        self._warning = warning

    def get(self, name: str) -> bytes | None:
        return self._secrets.get(name)

    def put(self, name: str, secret: bytes) -> None:
        self._secrets[name] = secret

    def warning(self) -> str:
        return self._warning
