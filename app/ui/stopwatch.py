"""Times how long an act at a window takes until what it changed is painted; for campaigns.

The script runs on a thread of its own beside the window's real event loop, as a rehearsal's does;
acts and looks happen on the GUI thread. A lap ends when the window has painted and nothing waits in
its queue, so that work behind the painting counts too.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.application import build_application
from app.values.errors import Fault

PATIENCE_S = 30.0
_LOOK = QEvent.Type(QEvent.registerEventType())
_AFTER_ALL_ELSE = -1_000
"""Below the priority of painting, so that the look comes when the queue is empty."""


def the_application() -> QApplication:
    """The application of this process, made when there is none yet."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    return build_application(["readback-bench"], theme.Scheme.LIGHT)


def destroy(*things: QObject) -> None:
    """End these here and now, on the GUI thread, whichever thread lets go of them last."""
    for thing in things:
        shiboken6.delete(thing)


def always() -> bool:
    """Whatever is painted will do."""
    return True


class Stopwatch(QObject):
    """Times laps at one window. Made on the GUI thread, used from the script's thread."""

    _asked = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self._lap: _Lap | None = None
        window.installEventFilter(self)
        self._asked.connect(self._begin, Qt.ConnectionType.QueuedConnection)

    def painted_after(self, act: Callable[[], object], holds: Callable[[], bool] = always) -> float:
        """Milliseconds from the beginning of `act` until a painting after which `holds` is true.

        Raises what `act` raises, or Fault `never_painted` after 30 seconds.
        """
        lap = _Lap(act, holds)
        self._asked.emit(lap)
        return lap.took()

    def key_painted(
        self, target: QWidget, letter: str, holds: Callable[[], bool] = always
    ) -> float:
        """Milliseconds from a key press until it is painted."""
        return self.painted_after(_KeyPress(target, letter), holds)

    def settle(self) -> None:
        """Return when the GUI thread has painted everything and has nothing left to do."""
        self.painted_after(self._look_at_once)

    def _look_at_once(self) -> None:
        if self._lap is not None:
            self._lap.is_painted = True
            self.look()

    @Slot()
    def look(self) -> None:
        """Something changed that may be what is waited for, even if it looks as before."""
        if self._lap is not None and self._lap.is_painted:
            QCoreApplication.postEvent(self, QEvent(_LOOK), _AFTER_ALL_ELSE)

    @Slot(object)
    def _begin(self, lap: "_Lap") -> None:
        self._lap = lap
        lap.begin()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Looks once each painting is over; takes nothing."""
        if event.type() == QEvent.Type.UpdateRequest and self._lap is not None:
            self._lap.is_painted = True
            self.look()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() != _LOOK:
            return super().event(event)
        if self._lap is not None and self._lap.ends_now():
            self._lap = None
        return True


class _KeyPress:
    """One letter, pressed and released."""

    def __init__(self, target: QWidget, letter: str) -> None:
        self._target = target
        self._letter = letter

    def __call__(self) -> None:
        QTest.keyClicks(self._target, self._letter)


class _Lap:
    """One act and the time it took to be seen."""

    def __init__(self, act: Callable[[], object], holds: Callable[[], bool]) -> None:
        self._act = act
        self._holds = holds
        self.is_painted = False
        self._began = 0.0
        self._future: Future[float] = Future()

    def begin(self) -> None:
        """Act; a bug goes to the script and on to the exception hook."""
        self._began = time.perf_counter()
        try:
            self._act()
        except BaseException as bug:
            self._future.set_exception(bug)
            raise

    def ends_now(self) -> bool:
        """Whether what is painted is what was waited for."""
        now = time.perf_counter()
        if self._future.done() or not self._holds():
            return self._future.done()
        self._future.set_result((now - self._began) * 1_000)
        return True

    def took(self) -> float:
        """Wait for the end; milliseconds."""
        try:
            return self._future.result(PATIENCE_S)
        except NotInTime as cause:
            sentence = "The window never painted what was waited for."
            raise Fault("never_painted", sentence) from cause


class BareField(QWidget):
    """A window with one line to type in and nothing else: what a key press costs at the least."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.edit = QLineEdit(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self.edit)
        layout.addStretch(1)
