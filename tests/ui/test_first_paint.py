"""The first painting of a window is told once, after it is whole."""

import subprocess
import sys

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui.first_paint import FirstPaint


def test_a_window_tells_once_that_it_is_painted(qtbot: QtBot) -> None:
    told: list[str] = []
    window = QWidget()
    qtbot.addWidget(window)
    QLabel("Order lines", window)

    def tell() -> None:
        told.append("painted")

    FirstPaint(window, tell)
    window.show()
    qtbot.waitUntil(lambda: bool(told))
    window.repaint()
    assert told == ["painted"]


def test_a_window_that_is_not_shown_tells_nothing(qtbot: QtBot) -> None:
    told: list[str] = []
    window = QWidget()
    qtbot.addWidget(window)
    FirstPaint(window, told.clear)
    assert told == []


def test_the_empty_window_says_when_it_is_painted() -> None:
    command = [sys.executable, "-m", "app.ui.empty_window"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        said = program.stdout.readline()
        program.terminate()
    assert said == b"painted\n"
