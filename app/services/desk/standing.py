"""How the desk stands: whether the centre answers, and what people should be told.

Any thread may say something here; the call bar reads it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from app.values.clock import Clock

_AWAY = "The central service does not answer. Orders go on; they are sent when it is back."


class Standing:
    """Shared by everything that hears from the centre. Waits for nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._is_online = False
        self._was_asked = False
        self._away_since: datetime | None = None
        self._sentences: dict[str, str] = {}
        self._when_back: list[Callable[[], None]] = []
        self._when_lost: list[Callable[[], None]] = []

    @property
    def is_online(self) -> bool:
        """Whether the centre answered when last asked."""
        return self._is_online

    @property
    def away_since(self) -> datetime | None:
        """When the centre was first missed, while it does not answer; as far as this run knows."""
        return self._away_since

    def when_back(self, listener: Callable[[], None]) -> None:
        """Call `listener` each time the centre answers again, on the thread that noticed."""
        self._when_back.append(listener)

    def when_lost(self, listener: Callable[[], None]) -> None:
        """Call `listener` each time the centre answers no more, on the thread that noticed."""
        self._when_lost.append(listener)

    def heard(self) -> None:
        """The centre answered."""
        with self._lock:
            is_back = not self._is_online
            self._is_online = self._was_asked = True
            self._away_since = None
        if is_back:
            for listener in self._when_back:
                listener()

    def missed(self) -> None:
        """The centre did not answer."""
        with self._lock:
            is_lost = self._is_online
            self._is_online = False
            self._was_asked = True
            self._away_since = self._away_since or self._clock.now()
        if is_lost:
            for listener in self._when_lost:
                listener()

    def say(self, topic: str, sentence: str) -> None:
        """Tell people something about a topic until there is something else, or nothing, to say."""
        with self._lock:
            if sentence:
                self._sentences[topic] = sentence
            else:
                self._sentences.pop(topic, None)

    def sentence(self) -> str:
        """All that should be told now; empty when everything is as it should be."""
        with self._lock:
            away = [_AWAY] if self._was_asked and not self._is_online else []
            return " ".join(dict.fromkeys([*self._sentences.values(), *away]))
