"""The keys of a question that comes by itself: Enter, also of the number pad, is no answer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.screens.call.change_box import ChangeBox

NONE, KEYPAD = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Return, NONE, []),
        (Qt.Key.Key_Enter, KEYPAD, []),
        (Qt.Key.Key_T, NONE, ["gone on"]),
        (Qt.Key.Key_Escape, NONE, ["left"]),
        (Qt.Key.Key_Space, NONE, ["gone on"]),
    ],
    ids=["Enter", "Enter of the number pad", "T", "Esc", "space bar"],
)
def test_a_question_is_answered_by_its_own_keys(
    qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier, expected: list[str]
) -> None:
    box = ChangeBox()
    qtbot.addWidget(box)
    said: list[str] = []

    def gone_on() -> None:
        said.append("gone on")

    def left() -> None:
        said.append("left")

    box.gone_on.connect(gone_on)
    box.left.connect(left)
    box.show()
    QTest.keyClick(box.go_on, key, modifier)
    assert said == expected
