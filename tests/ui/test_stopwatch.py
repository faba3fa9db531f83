"""A lap runs from an act until the painting that shows it; the script is told how long it was."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from app.ui.stopwatch import BareField, Stopwatch, destroy
from app.values.errors import Refusal


@pytest.fixture
def bare(qtbot: QtBot) -> BareField:
    window = BareField()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


def lap(qtbot: QtBot, script: Callable[[], float]) -> Future[float]:
    """Run a script beside the event loop, as a campaign does."""
    with ThreadPoolExecutor(1) as performer:
        outcome = performer.submit(script)
        qtbot.waitUntil(outcome.done)
    return outcome


def test_a_key_is_in_the_field_when_its_lap_ends(qtbot: QtBot, bare: BareField) -> None:
    watch = Stopwatch(bare)
    outcome = lap(qtbot, lambda: watch.key_painted(bare.edit, "a"))
    assert outcome.result() > 0
    assert bare.edit.text() == "a"


def test_a_lap_goes_on_until_what_is_waited_for_is_painted(qtbot: QtBot, bare: BareField) -> None:
    watch = Stopwatch(bare)
    looks: list[str] = []

    def holds() -> bool:
        looks.append(bare.edit.text())
        bare.edit.setText("b")  # paints once more
        return len(looks) == 2

    assert lap(qtbot, lambda: watch.key_painted(bare.edit, "a", holds)).result() > 0
    assert looks == ["a", "b"]


def test_what_looks_as_before_ends_a_lap_when_it_is_told(qtbot: QtBot, bare: BareField) -> None:
    watch = Stopwatch(bare)
    answers: list[str] = []

    def holds() -> bool:
        if not answers:
            answers.append("came")
            watch.look()
            return False
        return True

    assert lap(qtbot, lambda: watch.key_painted(bare.edit, "a", holds)).result() > 0


def test_a_window_settles_when_there_is_nothing_to_paint(qtbot: QtBot, bare: BareField) -> None:
    watch = Stopwatch(bare)

    def settle_twice() -> float:
        watch.settle()
        watch.settle()
        return 0

    assert lap(qtbot, settle_twice).done()


def test_an_act_that_is_refused_ends_its_lap(qtbot: QtBot, bare: BareField) -> None:
    watch = Stopwatch(bare)

    def refuse() -> None:
        raise Refusal("code_unknown", "There is no such product.")

    with qtbot.captureExceptions() as caught:
        outcome = lap(qtbot, lambda: watch.painted_after(refuse))
    with pytest.raises(Refusal, match="no such product"):
        outcome.result()
    assert len(caught) == 1


def test_what_was_destroyed_hears_nothing_more(qtbot: QtBot) -> None:
    window = BareField()
    window.show()
    qtbot.waitExposed(window)
    watch = Stopwatch(window)
    destroy(watch, window)
    QCoreApplication.sendPostedEvents()
