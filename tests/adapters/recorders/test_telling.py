"""Events are told in their order, on a thread of their own; one that has ended is noticed."""

from __future__ import annotations

import threading

import pytest

from app.adapters.recorders.telling import Teller
from app.services.central.recorder import RecorderEvent, RecorderProblem
from app.values.vocabulary import CallEventKind


def an_event(number: int) -> RecorderEvent:
    return RecorderEvent(
        recorder="pbx", kind=CallEventKind.HOLD, call=f"c-{number}", identity=f"e-{number}"
    )


def test_what_was_told_is_heard_in_its_order_before_it_ends() -> None:
    heard: list[tuple[str, bool]] = []
    here = threading.current_thread()

    def listener(event: RecorderEvent) -> None:
        heard.append((event.identity, threading.current_thread() is here))

    teller = Teller("events")
    teller.tell(an_event(0))
    teller.listen(listener)
    for number in range(1, 4):
        teller.tell(an_event(number))
    teller.close()
    assert heard == [("e-1", False), ("e-2", False), ("e-3", False)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_has_ended_is_noticed() -> None:
    ended = threading.Event()

    def listener(event: RecorderEvent) -> None:
        ended.set()
        raise RuntimeError(event.identity)

    teller = Teller("events")
    teller.listen(listener)
    teller.require_alive()
    teller.tell(an_event(1))
    teller.close()
    assert ended.is_set()
    with pytest.raises(RecorderProblem) as problem:
        teller.require_alive()
    assert problem.value.code == "recorder_unwatched"


def test_a_second_listener_is_a_bug() -> None:
    teller = Teller("events")
    teller.listen(print)
    with pytest.raises(RuntimeError):
        teller.listen(print)
    teller.close()
