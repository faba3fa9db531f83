import threading
from collections.abc import Generator
from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from app.ui.background import (
    THREADS,
    Background,
    Debounce,
    InlineBackground,
    Lane,
    Latest,
    ThreadedBackground,
)
from app.ui.notices import Incidents
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import SystemIds

REFUSED = Refusal("quantity_zero", "How many would you like?", "quantity")


class Heard:
    """Keeps what was delivered and on which thread."""

    def __init__(self) -> None:
        self.results: list[object] = []
        self.errors: list[Refusal | Fault] = []
        self.threads: set[threading.Thread] = set()

    def then(self, result: object) -> None:
        self.results.append(result)
        self.threads.add(threading.current_thread())

    def failed(self, error: Refusal | Fault) -> None:
        self.errors.append(error)
        self.threads.add(threading.current_thread())

    def anything(self) -> bool:
        return bool(self.results or self.errors)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def lanes(qapp: object) -> Generator[ThreadedBackground]:
    made = ThreadedBackground(Incidents(SystemIds()))
    yield made
    made.close()


@pytest.fixture(params=["threads", "inline"])
def either(request: pytest.FixtureRequest, lanes: ThreadedBackground) -> Background:
    return lanes if request.param == "threads" else InlineBackground(Incidents(SystemIds()))


def refuse() -> None:
    raise REFUSED


def break_down() -> None:
    name_of_a_caller = {"name": "Margaret Thompson"}
    raise KeyError(name_of_a_caller["name"])


def lose_the_line() -> None:
    raise Unreachable("unreachable", "The central service does not answer.")


def test_a_result_comes_back_as_the_very_value(
    either: Background, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    value = ("a", object())
    either.run(Lane.READ, partial(tuple, value), owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(heard.anything)
    assert heard.results[0] is value


def test_a_refusal_is_handed_over_as_it_is(
    either: Background, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    either.run(Lane.WRITE, refuse, owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(heard.anything)
    assert heard.errors == [REFUSED]


def test_a_lost_line_is_not_an_incident(
    either: Background, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    either.run(Lane.NETWORK, lose_the_line, owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(heard.anything)
    assert isinstance(heard.errors[0], Unreachable)


def test_a_bug_becomes_a_fault_whose_log_quotes_nobody(
    either: Background,
    heard: Heard,
    qtbot: QtBot,
    owner: QObject,
    caplog: pytest.LogCaptureFixture,
) -> None:
    either.run(Lane.READ, break_down, owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(heard.anything)
    fault = heard.errors[0]
    assert isinstance(fault, Fault)
    assert fault.incident is not None
    assert fault.incident in caplog.text
    assert "KeyError at" in caplog.text
    assert "Margaret" not in caplog.text


def test_work_runs_off_the_gui_thread_and_its_answer_on_it(
    lanes: ThreadedBackground, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    lanes.run(
        Lane.READ,
        threading.current_thread,
        owner=owner,
        then=heard.then,
        failed=heard.failed,
    )
    qtbot.waitUntil(heard.anything)
    assert heard.results != [threading.current_thread()]
    assert heard.threads == {threading.current_thread()}
    assert QThread.isMainThread()


def test_what_waits_in_one_lane_does_not_hold_another(
    lanes: ThreadedBackground, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    gate = threading.Event()
    lanes.run(Lane.NETWORK, gate.wait, owner=owner, then=heard.then, failed=heard.failed)
    lanes.run(Lane.READ, partial(int, "7"), owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(heard.anything)
    assert heard.results == [7]
    gate.set()


def test_writes_are_done_in_the_order_they_were_asked(
    lanes: ThreadedBackground, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    for number in range(50):
        work = partial(int, number)
        lanes.run(Lane.WRITE, work, owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(partial(has_all, heard, 50))
    assert heard.results == list(range(50))


def has_all(heard: Heard, count: int) -> bool:
    return len(heard.results) == count


def test_an_owner_that_died_hears_nothing(
    lanes: ThreadedBackground, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    doomed = QObject()
    gate = threading.Event()
    lanes.run(Lane.READ, gate.wait, owner=doomed, then=heard.then, failed=heard.failed)
    shiboken6.delete(doomed)
    gate.set()
    lanes.run(Lane.READ, partial(int, "1"), owner=owner, then=heard.then, failed=heard.failed)
    qtbot.waitUntil(heard.anything)
    assert heard.results == [1]


def test_only_the_latest_question_is_answered(
    lanes: ThreadedBackground, heard: Heard, qtbot: QtBot, owner: QObject
) -> None:
    latest, gate = Latest(), threading.Event()
    begun: list[str] = []
    lanes.run(
        Lane.READ,
        gate.wait,
        owner=owner,
        then=heard.then,
        failed=heard.failed,
        question=latest.ask(),
    )
    for text in ("h", "ha", "han"):
        lanes.run(
            Lane.READ,
            partial(remember, begun, text),
            owner=owner,
            then=heard.then,
            failed=heard.failed,
            question=latest.ask(),
        )
    gate.set()
    qtbot.waitUntil(heard.anything)
    assert heard.results == ["han"]
    assert begun == ["han"]


def remember(begun: list[str], text: str) -> str:
    begun.append(text)
    return text


def test_a_forgotten_question_is_not_asked(heard: Heard, owner: QObject) -> None:
    latest = Latest()
    question = latest.ask()
    latest.forget()
    inline = InlineBackground(Incidents(SystemIds()))
    inline.run(
        Lane.READ,
        refuse,
        owner=owner,
        then=heard.then,
        failed=heard.failed,
        question=question,
    )
    assert not heard.anything()


def test_closing_finishes_what_is_to_be_written_and_ends_the_threads(
    heard: Heard, owner: QObject
) -> None:
    made = ThreadedBackground(Incidents(SystemIds()))
    written: list[str] = []
    gate = threading.Event()
    made.run(Lane.WRITE, gate.wait, owner=owner, then=heard.then, failed=heard.failed)
    work = partial(remember, written, "draft")
    made.run(Lane.WRITE, work, owner=owner, then=heard.then, failed=heard.failed)
    gate.set()
    made.close()
    assert written == ["draft"]
    assert not [t for t in threading.enumerate() if t.name.split("-")[0] in set(Lane)]


def test_work_after_the_end_is_dropped(heard: Heard, owner: QObject) -> None:
    made = ThreadedBackground(Incidents(SystemIds()))
    made.close()
    made.run(Lane.READ, refuse, owner=owner, then=heard.then, failed=heard.failed)
    assert not heard.anything()


def test_a_call_that_hangs_does_not_hold_the_program(
    heard: Heard, owner: QObject, caplog: pytest.LogCaptureFixture
) -> None:
    gate, inside = threading.Event(), threading.Event()
    made = ThreadedBackground(Incidents(SystemIds()), patience_s=0.01)
    made.run(
        Lane.NETWORK,
        partial(hang, inside, gate),
        owner=owner,
        then=heard.then,
        failed=heard.failed,
    )
    inside.wait(5)
    made.close()
    assert "lane did not end" in caplog.text
    gate.set()


def hang(inside: threading.Event, gate: threading.Event) -> None:
    inside.set()
    gate.wait(5)


def test_renewals_have_a_thread_of_their_own() -> None:
    assert THREADS == {Lane.READ: 1, Lane.WRITE: 1, Lane.NETWORK: 4, Lane.RENEWAL: 1}


def test_a_debounce_acts_once_when_it_is_quiet(qtbot: QtBot, owner: QObject) -> None:
    acts: list[str] = []
    debounce = Debounce(owner, 20, partial(acts.append, "search"))
    for _ in range(5):
        debounce.poke()
    assert debounce.is_waiting()
    qtbot.waitUntil(partial(is_quiet, debounce))
    assert acts == ["search"]
    assert not debounce.is_waiting()


def is_quiet(debounce: Debounce) -> bool:
    return not debounce.is_waiting()


def test_a_debounce_can_be_hurried_or_called_off(owner: QObject) -> None:
    acts: list[str] = []
    debounce = Debounce(owner, 60_000, partial(acts.append, "save"))
    debounce.flush()
    assert acts == []
    debounce.poke()
    debounce.flush()
    debounce.poke()
    debounce.cancel()
    debounce.flush()
    assert acts == ["save"]


def test_a_debounce_without_delay_needs_no_event_loop(owner: QObject) -> None:
    acts: list[str] = []
    Debounce(owner, 0, partial(acts.append, "now")).poke()
    assert acts == ["now"]
