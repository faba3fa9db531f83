"""A thread that does a step, waits as long as the step says or until it is woken, and repeats.

A bug in a step ends the step, never the thread. A step that hangs is left behind and another thread
goes on in its place. `stop` ends it cleanly: the step that runs is finished, no other is begun.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.values.clock import Clock

_LONGEST_SECONDS = 60.0
_SHORTEST_SECONDS = 0.5
_LEFT_BEHIND_SECONDS = 5.0
"""So long the end of a program waits for a step that was left behind."""


class LeftBehind(Exception):  # noqa: N818 - not in error; another thread has its place
    """The step hung for so long that another thread goes on in its place: it has to end."""


class Worker:
    """Runs `step` again and again; a step returns the seconds to wait, or None until woken.

    `bug` is told of what a step raised and says how long to wait; None lets the thread die of it.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], float | None],
        clock: Clock,
        bug: Callable[[Exception], float] | None = None,
    ) -> None:
        self.name = name
        self._step = step
        self._clock = clock
        self._bug = bug
        self._condition = threading.Condition()
        self._is_woken = False
        self._is_stopping = False
        self._is_started = False
        self._stepping_since: float | None = None
        self._due: float | None = None
        self._left: list[threading.Thread] = []
        self._thread = self._made_thread()

    @property
    def is_stopping(self) -> bool:
        """Whether the running step had better come to an end."""
        return self._is_stopping

    @property
    def is_dead(self) -> bool:
        """Whether its thread has ended though nobody asked for it."""
        return self._is_started and not self._is_stopping and not self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._is_started = True
        self._thread.start()

    def wake(self) -> None:
        """Do the next step now. Any thread."""
        with self._condition:
            self._is_woken = True
            self._condition.notify_all()

    def progress(self) -> None:
        """Say within a step that it comes along. Raises LeftBehind."""
        if threading.current_thread() in self._left:
            raise LeftBehind
        if self._stepping_since is not None:
            self._stepping_since = self._clock.monotonic()

    def stalled_seconds(self) -> float:
        """How long ago the step that runs said that it comes along; 0.0 between steps."""
        since = self._stepping_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def seconds_to_next(self) -> float | None:
        """How long until the next step, while it waits for one."""
        due = self._due
        return None if due is None else max(0.0, due - self._clock.monotonic())

    def restart(self) -> None:
        """Go on with another thread; the one that hangs is left behind. Any thread but its own."""
        with self._condition:
            if self._is_stopping or not self._is_started:
                return
            self._left.append(self._thread)
            self._stepping_since = None
            self._thread = self._made_thread()
            self._thread.start()

    def ask_to_stop(self) -> None:
        """End after the running step; does not wait for it."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify_all()

    def await_end(self, seconds: float) -> None:
        """Wait a while for its present thread to end by itself."""
        self._thread.join(seconds)

    def join(self) -> None:
        """Wait until it has ended; for what was left behind only a while."""
        if self._thread.ident is not None:
            self._thread.join()
        for thread in self._left:
            thread.join(_LEFT_BEHIND_SECONDS)

    def _made_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name=self.name, daemon=True)

    def _run(self) -> None:
        while not self._is_stopping and threading.current_thread() is self._thread:
            self._due, self._stepping_since = None, self._clock.monotonic()
            pause = self._stepped()
            with self._condition:
                if threading.current_thread() is not self._thread:
                    return
                self._stepping_since = None
                self._due = None if pause is None else self._clock.monotonic() + pause
                self._condition.wait_for(self._has_reason, timeout=pause)
                self._is_woken = False

    def _stepped(self) -> float | None:
        try:
            return self._step()
        except LeftBehind:
            return None
        except Exception as bug:
            if self._bug is None:
                raise
            return self._bug(bug)

    def _has_reason(self) -> bool:
        return self._is_woken or self._is_stopping or threading.current_thread() is not self._thread


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
