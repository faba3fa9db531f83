"""No thread of a desk stands still or dies unnoticed, and nothing is lost or done twice by that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.services.desk.line import LONGEST_SECONDS
from app.services.desk.standing import Standing
from app.services.desk.watchdog import TOLD_SECONDS, Watchdog
from app.services.desk.worker import BackOff, LeftBehind, Worker
from app.values.vocabulary import CommandState
from app.wire.sync import SendCommands
from tests.fakes import CountingIds, FixedClock
from tests.services.desk.sending import states
from tests.services.desk.site import WAIT_SECONDS, Signal, Site, no_chance, place, ready, status

DOING = "sending orders"
LONGEST = 60.0


class Bench:
    """A watchdog over one worker, with a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.standing = Standing(self.clock)
        self.watchdog = Watchdog(self.standing, self.clock, CountingIds())
        self._workers: list[Worker] = []
        self.freed = threading.Event()

    def minding(
        self,
        step: Callable[[], float | None],
        *,
        can_restart: bool = True,
    ) -> Worker:
        bug = self.watchdog.bug_in(DOING, BackOff(no_chance))
        worker = Worker("under test", step, self.clock, bug)
        self.watchdog.mind(worker, DOING, LONGEST, can_restart=can_restart)
        self._workers.append(worker)
        worker.start()
        return worker

    def stand_still(self) -> None:
        self.clock.advance(seconds=LONGEST + 1)
        self.watchdog.look()

    def close(self) -> None:
        self.freed.set()
        for worker in self._workers:
            worker.ask_to_stop()
            worker.join()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


class Hanging:
    """A step that hangs so many times and works from then on."""

    def __init__(self, bench: Bench, times: int = 1) -> None:
        self._bench = bench
        self._times = times
        self.begun = Signal()
        self.done = Signal()

    def __call__(self) -> float | None:
        self._times -= 1
        hangs = self._times >= 0
        self.begun.happened()
        if hangs:
            assert self._bench.freed.wait(WAIT_SECONDS)
        self.done.happened()
        return None


class Failing:
    """A step with a bug in it, once."""

    def __init__(self, problem: BaseException) -> None:
        self._problem: BaseException | None = problem
        self.done = Signal()

    def __call__(self) -> float | None:
        problem, self._problem = self._problem, None
        if problem is not None:
            raise problem
        self.done.happened()
        return None


def test_a_bug_is_told_with_an_incident_number_that_is_in_the_log_without_its_words(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    step = Failing(ValueError("Margaret Thompson"))
    bench.minding(step)
    step.done.wait_for(1)
    sentence = bench.standing.sentence()
    assert "went wrong" in sentence
    number = sentence.partition("Incident ")[2].rstrip(".")
    assert f"incident={number}" in caplog.text
    assert "Margaret" not in caplog.text


def test_after_a_minute_without_trouble_nothing_is_told_any_more(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    step = Failing(ValueError("once"))
    bench.minding(step)
    step.done.wait_for(1)
    bench.watchdog.look()
    assert bench.standing.sentence()
    bench.clock.advance(seconds=TOLD_SECONDS)
    bench.watchdog.look()
    assert bench.standing.sentence() == ""
    assert caplog.records


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.usefixtures("caplog")
def test_a_thread_that_died_is_noticed_and_another_goes_on(bench: Bench) -> None:
    step = Failing(SystemExit())
    worker = bench.minding(step)
    worker.await_end(WAIT_SECONDS)
    assert worker.is_dead
    bench.watchdog.look()
    step.done.wait_for(1)
    assert "started anew" in bench.standing.sentence()


@pytest.mark.usefixtures("caplog")
def test_a_step_that_hangs_is_left_behind_and_another_thread_goes_on(bench: Bench) -> None:
    step = Hanging(bench)
    bench.minding(step)
    step.begun.wait_for(1)
    bench.watchdog.look()
    assert bench.standing.sentence() == ""
    bench.stand_still()
    step.done.wait_for(1)
    assert "stood still" in bench.standing.sentence()


@pytest.mark.usefixtures("caplog")
def test_who_was_left_behind_learns_of_it_at_the_next_word(bench: Bench) -> None:
    learnt: list[bool] = []
    workers: list[Worker] = []
    step = Hanging(bench)

    def hang_and_ask() -> float | None:
        step()
        try:
            workers[0].progress()
        except LeftBehind:
            learnt.append(True)
            raise
        return None

    workers.append(bench.minding(hang_and_ask))
    step.begun.wait_for(1)
    bench.stand_still()
    step.done.wait_for(1)
    bench.close()
    assert learnt == [True]


def test_a_long_step_that_comes_along_is_left_alone(bench: Bench) -> None:
    step = Hanging(bench)
    worker = bench.minding(step)
    step.begun.wait_for(1)
    for _ in range(5):
        bench.clock.advance(seconds=LONGEST - 1)
        worker.progress()
        bench.watchdog.look()
    assert bench.standing.sentence() == ""


@pytest.mark.usefixtures("caplog")
def test_what_hangs_again_and_again_is_said_to_need_a_restart_of_the_program(bench: Bench) -> None:
    step = Hanging(bench, times=9)
    bench.minding(step)
    for times in range(1, 5):
        step.begun.wait_for(times)
        bench.stand_still()
    assert "close Readback and start it again" in bench.standing.sentence()


def test_what_must_not_run_twice_at_once_is_only_told(bench: Bench) -> None:
    step = Hanging(bench)
    bench.minding(step, can_restart=False)
    step.begun.wait_for(1)
    bench.stand_still()
    assert "close Readback and start it again" in bench.standing.sentence()


class NeverAnswers:
    """The centre takes a batch and does not answer, once; the next one it answers."""

    def __init__(self) -> None:
        self.freed = threading.Event()
        self.taken, self.answered, self.late = Signal(), Signal(), Signal()
        self._is_first = True

    def __call__(self, operation: str) -> None:
        if operation != "commands.send":
            return
        if self._is_first:
            self._is_first = False
            self.taken.happened()
            assert self.freed.wait(WAIT_SECONDS)
            self.late.happened()
        else:
            self.answered.happened()


@pytest.mark.usefixtures("caplog")
def test_a_centre_that_never_answers_does_not_stop_a_desk_from_sending(tmp_path: Path) -> None:
    site, silence = Site(tmp_path / "seat"), NeverAnswers()
    with site.running() as desk:
        caller = ready(desk)
        site.centre.after_call = silence
        place(caller, site.order())
        silence.taken.wait_for(1)
        site.clock.advance(seconds=LONGEST_SECONDS + 1)
        silence.answered.wait_for(1)
        assert "stood still while it was sending orders" in status(desk).sentence
        silence.freed.set()
        silence.late.wait_for(1)
        place(caller, site.order())
        silence.answered.wait_for(2)
    assert len(site.centre.orders) == 2
    with site.opened() as desk:
        assert set(states(desk)) <= {CommandState.ACKED, CommandState.SETTLED}


@pytest.mark.usefixtures("caplog")
def test_a_bug_in_the_sender_is_told_in_the_bar_and_the_order_goes_all_the_same(
    tmp_path: Path,
) -> None:
    site, sent = Site(tmp_path / "seat"), Signal()
    with site.running() as desk:
        caller = ready(desk)
        site.centre.after_call = Buggy(sent)
        place(caller, site.order())
        sent.wait_for(1)
        assert "Incident " in status(desk).sentence
    assert len(site.centre.orders) == 1


class Buggy:
    """Breaks what sends, once."""

    def __init__(self, sent: Signal) -> None:
        self._sent = sent
        self._is_first = True

    def __call__(self, operation: str) -> None:
        if operation != "commands.send":
            return
        if self._is_first:
            self._is_first = False
            raise RuntimeError(SendCommands.__name__)
        self._sent.happened()
