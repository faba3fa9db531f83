"""Work that a replica does by itself every so often: sealing the audit, watching the feed.

One plain thread per work. A machine that is away for a moment is tried again; anything else is a
bug: it is logged, the thread ends, and the service says that it is no longer ready, so that it is
restarted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from app.services.central.measures import Measures
from app.services.ports import EventLog
from app.values.errors import Fault, Refusal

STOP_SECONDS = 30.0


class Background:
    """Does one work every `seconds` until it is stopped."""

    def __init__(
        self,
        name: str,
        seconds: float,
        work: Callable[[], None],
        log: EventLog,
        measures: Measures | None = None,
    ) -> None:
        """`measures` counts what fails."""
        self._measures = measures or Measures()
        self.name = name
        self.seconds = seconds
        self._work = work
        self._log = log
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let the work that runs finish, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def require_alive(self) -> None:
        """Raises Fault `background_ended` when a bug has ended it, or it never began."""
        if not self._thread.is_alive():
            raise Fault("background_ended", "A part of the service has ended by itself.")

    def _run(self) -> None:
        while True:
            self.once()
            if self._stop.wait(self.seconds):
                return

    def once(self) -> None:
        """Do it now, on this thread. A bug is logged and raised again."""
        try:
            self._work()
        except (Fault, Refusal) as problem:
            self._measures.failed(self.name)
            self._log.write("background_failed", operation=self.name, code=problem.code)
        except SQLAlchemyError as problem:
            kind = type(problem).__name__
            self._measures.failed(self.name)
            self._log.write("background_failed", operation=self.name, error=kind)
        except BaseException as bug:
            self._measures.failed(self.name)
            self._log.write("background_ended", operation=self.name, error=type(bug).__name__)
            raise
