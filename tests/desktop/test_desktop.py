"""The desk's root: opened by the first question, closed once, and plain about what is wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from app.desktop import DeskProgram, LateDesk, Setting
from app.settings import DeskSettings
from app.ui.first_frame import FirstFrame
from app.ui.screens.enrol.screen import EnrolScreen
from app.values.errors import Fault, Refusal
from app.wire import operations
from app.wire.people import OfferSignIn
from app.wire.sync import AskStatus


class SmallDesk:
    """Stands where an opened desk stands."""

    def __init__(self) -> None:
        self.caller = self
        self.events: list[str] = []

    def call(self, operation: Any, request: Any) -> Any:  # noqa: ANN401 - any operation
        self.events.append(operation.name)
        return request

    def start(self) -> None:
        self.events.append("start")

    def close(self) -> None:
        self.events.append("close")


def a_late_desk(desk: SmallDesk) -> LateDesk:
    def opened() -> Any:  # noqa: ANN401 - in place of a Desk
        desk.events.append("open")
        return desk

    return LateDesk(opened)


def test_a_desk_is_opened_by_its_first_question_and_only_once() -> None:
    desk = SmallDesk()
    late = a_late_desk(desk)
    assert desk.events == []
    lanes = [
        threading.Thread(target=late.call, args=(operations.ASK_STATUS, AskStatus()))
        for _ in range(4)
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    assert desk.events == ["open", "start", *["desk.status"] * 4]


def test_a_closed_desk_answers_nobody() -> None:
    desk = SmallDesk()
    late = a_late_desk(desk)
    late.call(operations.OFFER_SIGN_IN, OfferSignIn())
    late.close()
    late.close()
    assert desk.events[-1] == "close"
    with pytest.raises(Fault, match="is closing"):
        late.call(operations.OFFER_SIGN_IN, OfferSignIn())


def test_a_desk_that_cannot_be_opened_says_why_each_time() -> None:
    def refuse() -> Any:  # noqa: ANN401 - never gives one
        raise Refusal("store_newer", "This desk belongs to a newer version of Readback.")

    late = LateDesk(refuse)
    for _ in range(2):
        with pytest.raises(Refusal, match="newer version"):
            late.call(operations.OFFER_SIGN_IN, OfferSignIn())


def test_a_centre_that_is_away_is_said_in_words(tmp_path: Path) -> None:
    settings = tmp_path / "desk.toml"
    settings.write_text(
        '[desk]\ncentre_url = "http://127.0.0.1:9"\nseat_folder = "seat"\nkey_file = "keys.json"\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "app.desktop", "--settings", str(settings), "--enrol", "AAAA-BBBB"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("readback-desk: ")


class NoApplication:
    """Notes that it was told to end; the real one would end the tests' event loop too."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def exit(self, code: int) -> None:
        self.codes.append(code)


@pytest.fixture
def programs(qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[..., DeskProgram]]:
    """Desks that are started and closed again."""
    started: list[DeskProgram] = []

    def start(
        given: Callable[[], Setting],
        application: Any = qapp,  # noqa: ANN401 - or a small one
    ) -> DeskProgram:
        program = DeskProgram(application, given)
        started.append(program)
        program.start()
        return program

    yield start
    for program in started:
        program.close()
        program.shown.close()


def test_a_desk_nobody_knows_asks_for_its_code(
    programs: Callable[..., DeskProgram],
    qtbot: QtBot,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,  # a window drawn in memory has no size hints, and Qt says so
) -> None:
    settings = DeskSettings(seat_folder=tmp_path / "seat", key_file=tmp_path / "keys.json")
    program = programs(lambda: Setting(settings=settings))
    assert isinstance(program.shown, FirstFrame)

    def asks() -> bool:
        shown = program.shown
        return isinstance(shown, QMainWindow) and isinstance(shown.centralWidget(), EnrolScreen)

    qtbot.waitUntil(asks)


def test_settings_that_are_refused_end_the_desk_in_words(
    programs: Callable[..., DeskProgram], qtbot: QtBot
) -> None:
    def refused() -> Setting:
        raise Refusal("settings_malformed", "desk.toml: [desk] has no setting colour.")

    application = NoApplication()
    program = programs(refused, application)
    qtbot.waitUntil(lambda: bool(application.codes))
    assert application.codes == [1]
    assert isinstance(program.problem, Refusal)
