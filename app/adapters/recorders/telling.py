"""Hands events of a recorder to whoever listens, in their order, on a thread of its own.

The thread that reads the line must not do it: a listener pauses recordings, and waits for answers
that only that thread can read.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from app.services.central.recorder import RecorderEvent, RecorderProblem

Listener = Callable[[RecorderEvent], None]


class Teller:
    """Tells one listener; events before there is one are let go."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._events: queue.SimpleQueue[RecorderEvent | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def listen(self, listener: Listener) -> None:
        """Tell this listener from now on; one per recorder."""
        if self._thread is not None:
            raise RuntimeError("this recorder has a listener already")
        self._thread = threading.Thread(
            target=self._tell, args=(listener,), name=self._name, daemon=True
        )
        self._thread.start()

    def tell(self, event: RecorderEvent) -> None:
        """From any thread; returns at once."""
        if self._thread is not None:
            self._events.put(event)

    def require_alive(self) -> None:
        """Raises RecorderProblem `recorder_unwatched` once the listener has ended by a fault."""
        if self._thread is not None and not self._thread.is_alive():
            raise RecorderProblem(
                "recorder_unwatched", "What happens to this call can no longer be followed."
            )

    def close(self) -> None:
        """Tell what is left, then end."""
        self._events.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _tell(self, listener: Listener) -> None:
        while (event := self._events.get()) is not None:
            listener(event)
