"""A thread that does a step, waits as long as the step says or until it is woken, and repeats.

`stop` ends it cleanly: the step that runs is finished, no other is begun.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_LONGEST_SECONDS = 60.0
_SHORTEST_SECONDS = 0.5


class Worker:
    """Runs `step` again and again; a step returns the seconds to wait, or None until woken."""

    def __init__(self, name: str, step: Callable[[], float | None]) -> None:
        self._step = step
        self._condition = threading.Condition()
        self._is_woken = False
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_stopping(self) -> bool:
        """Whether the running step had better come to an end."""
        return self._is_stopping

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Do the next step now. Any thread."""
        with self._condition:
            self._is_woken = True
            self._condition.notify_all()

    def ask_to_stop(self) -> None:
        """End after the running step; does not wait for it."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify_all()

    def join(self) -> None:
        """Wait until it has ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._is_stopping:
            pause = self._step()
            with self._condition:
                self._condition.wait_for(self._has_reason, timeout=pause)
                self._is_woken = False

    def _has_reason(self) -> bool:
        return self._is_woken or self._is_stopping


class BackOff:
    """Full-jitter waiting: each failure doubles the longest wait, from half a second to a minute.

    `chance` gives numbers from 0 up to 1.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait before the next try."""
        longest = min(_LONGEST_SECONDS, _SHORTEST_SECONDS * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return max(_SHORTEST_SECONDS / 2, self._chance() * longest)

    def succeeded(self) -> None:
        """Start again with short waits."""
        self._failures = 0
