"""Work that a replica does by itself: tried again after trouble, known to be dead after a bug."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from app.services.central.background import Background
from app.values.errors import Fault
from tests.centre import ListLog


class Work:
    """Does what it is told, one step a round."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self._steps = list(steps)
        self.is_done = threading.Event()

    def __call__(self) -> None:
        if not self._steps:
            self.is_done.set()
            return
        self._steps.pop(0)()


def away() -> None:
    raise Fault("database_away", "The central database does not answer.")


def stumble() -> None:
    raise KeyError("Ada Lovelace")


def test_trouble_is_logged_and_tried_again() -> None:
    work, log = Work(away, away), ListLog()
    background = Background("toy", 0.001, work, log)
    background.start()
    assert work.is_done.wait(10)
    background.require_alive()
    background.stop()
    assert [event["code"] for event in log.named("background_failed")] == ["database_away"] * 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_ends_it_and_that_is_known() -> None:
    log = ListLog()
    background = Background("toy", 0.001, Work(stumble), log)
    background.start()
    background.stop()
    with pytest.raises(Fault) as fault:
        background.require_alive()
    assert fault.value.code == "background_ended"
    assert log.named("background_ended") == [
        {"event": "background_ended", "operation": "toy", "error": "KeyError"}
    ]


def test_stopping_before_starting_is_nothing() -> None:
    Background("toy", 1.0, Work(), ListLog()).stop()
