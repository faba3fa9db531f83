"""Drives the real window by key events, as a person would, for the demo without a display.

The script runs on a thread of its own and reads top to bottom; keys, looks and pictures happen on
the GUI thread, between the window's own events. Nothing here reaches past the window.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.values.errors import Fault

T = TypeVar("T")
PATIENCE_S = 30.0
_GLANCE_S = 0.01


class Rehearsal(QObject):
    """Hands and eyes at one window. Made on the GUI thread, used from the script's thread."""

    _asked = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self._window = window
        self._asked.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def press(self, keys: str) -> None:
        """Press a key as the table of keys writes it: `F2`, `Ctrl+Return`, `Down`."""
        chord = QKeySequence(keys)[0]  # type: ignore[index] # missing in Qt's stubs
        self.see(lambda: QTest.keyClick(self._target(), chord.key(), chord.keyboardModifiers()))

    def write(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.see(lambda: QTest.keyClicks(self._target(), text))

    def see(self, look: Callable[[], T]) -> T:
        """The answer of `look`, called on the GUI thread."""
        errand = _Errand(look)
        self._asked.emit(errand)
        return errand.answer()

    def tell(self, act: Callable[[], object]) -> None:
        """Have something done on the GUI thread, without waiting for it."""
        self._asked.emit(_Errand(act))

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Return as soon as `holds` is true on the GUI thread.

        Raises Fault `rehearsal_stuck` naming `what` after 30 seconds.
        """
        until = time.monotonic() + PATIENCE_S
        while not self.see(holds):
            if time.monotonic() > until:
                raise Fault("rehearsal_stuck", f"The window never came so far: {what}.")
            time.sleep(_GLANCE_S)

    def picture(self, file: Path) -> None:
        """Write the window as it now looks to a PNG file."""
        if not self.see(lambda: self._window.grab().save(str(file))):
            raise Fault("picture_not_written", f"The picture {file} could not be written.")

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self._window

    @Slot(object)
    def _do(self, errand: "_Errand[object]") -> None:
        errand.run()


class _Errand(Generic[T]):
    """One thing to do on the GUI thread, and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._answers: list[T] = []
        self._done = threading.Event()

    def run(self) -> None:
        """Do it; a bug goes on to the exception hook of the window, as a bug in a slot does."""
        try:
            self._answers.append(self._work())
        finally:
            self._done.set()

    def answer(self) -> T:
        """Wait for it. Raises Fault `rehearsal_failed` when it ended in a bug."""
        self._done.wait()
        if not self._answers:
            raise Fault("rehearsal_failed", "A step of the rehearsal failed; the log says where.")
        return self._answers[0]


def perform(script: Callable[[], None], then: Callable[[Future[None]], None]) -> None:
    """Run a script beside the event loop; `then` gets its outcome on the script's thread."""
    performer = ThreadPoolExecutor(1, thread_name_prefix="rehearsal")
    performer.submit(script).add_done_callback(then)
    performer.shutdown(wait=False)
