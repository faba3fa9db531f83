import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QMessageLogContext, QtMsgType
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.application import FaultHook, load_translations, log_qt_message
from app.ui.notices import Incidents
from app.values.errors import Fault, Refusal
from app.values.identity import SystemIds

START = """
from app.ui.application import build_application
from app.ui.theme import Scheme, colours
application = build_application(["readback-desk"], Scheme.DARK)
print(application.font().family(), colours().window)
"""


class Shown:
    """What the hook has shown."""

    def __init__(self) -> None:
        self.faults: list[Refusal | Fault] = []

    def show(self, fault: Refusal | Fault) -> None:
        self.faults.append(fault)

    def anything(self) -> bool:
        return bool(self.faults)


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def hook(qapp: QApplication, shown: Shown) -> Generator[FaultHook]:
    before = sys.excepthook, threading.excepthook
    made = FaultHook(Incidents(SystemIds()), shown.show)
    made.install()
    yield made
    made.uninstall()
    sys.excepthook, threading.excepthook = before


def break_down() -> None:
    raise ZeroDivisionError("Margaret Thompson")


def test_the_application_starts_dressed_and_with_its_typeface() -> None:
    started = subprocess.run(
        [sys.executable, "-c", START],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert started.stdout.strip() == "Source Sans Pro #1E2125"


def test_what_nobody_caught_becomes_a_fault_on_screen(
    hook: FaultHook, shown: Shown, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    error = ZeroDivisionError("Margaret Thompson")
    sys.excepthook(type(error), error, None)
    qtbot.waitUntil(shown.anything)
    assert isinstance(shown.faults[0], Fault)
    assert shown.faults[0].incident is not None
    assert "Margaret" not in caplog.text


def test_an_error_on_another_thread_is_shown_too(
    hook: FaultHook, shown: Shown, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    thread = threading.Thread(target=break_down)
    thread.start()
    thread.join()
    qtbot.waitUntil(shown.anything)
    assert "ZeroDivisionError at" in caplog.text
    assert "break_down:" in caplog.text


def test_the_hooks_are_given_back(hook: FaultHook) -> None:
    hook.uninstall()
    assert sys.excepthook is sys.__excepthook__
    assert threading.excepthook is threading.__excepthook__


@pytest.mark.parametrize(
    ("kind", "level"), [(QtMsgType.QtWarningMsg, "WARNING"), (QtMsgType.QtInfoMsg, "INFO")]
)
def test_what_qt_says_goes_into_the_log(
    kind: QtMsgType, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "readback.qt")
    log_qt_message(kind, QMessageLogContext(), "the plugin is tired")
    assert caplog.records[-1].levelname == level
    assert "the plugin is tired" in caplog.text


def test_without_a_translation_the_program_speaks_english(
    qapp: QApplication, tmp_path: Path
) -> None:
    assert load_translations(qapp, QLocale("cy_GB"), tmp_path) == []
