import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton, PrimaryButton, StepButton, ToggleChip


@pytest.mark.parametrize("kind", [StepButton, PrimaryButton, PlainButton])
def test_a_button_says_what_it_does_and_by_which_key(qtbot: QtBot, kind: type[StepButton]) -> None:
    button = kind("Take card", Action.CARD)
    qtbot.addWidget(button)
    assert button.text().split() == ["Take", "card", "F9"]
    assert button.accessibleName() == button.words() == "Take card"


def test_a_button_can_say_something_else_and_keeps_its_key(qtbot: QtBot) -> None:
    button = PrimaryButton("Authorise", Action.COMMIT)
    qtbot.addWidget(button)
    button.set_words("Authorise £278.21")
    assert button.words() == "Authorise £278.21"
    assert button.text().endswith("Ctrl+Enter")


def test_a_button_that_is_not_allowed_says_why(qtbot: QtBot) -> None:
    button = PrimaryButton("Take card", Action.CARD)
    qtbot.addWidget(button)
    button.allow("5 checkpoints are left before payment.")
    assert not button.isEnabled()
    assert button.toolTip() == button.accessibleDescription()
    button.allow()
    assert button.isEnabled()
    assert button.toolTip() == ""


def test_the_focus_is_seen_on_a_button_in_the_accent_colour(qtbot: QtBot) -> None:
    window = QWidget()
    button, other = PrimaryButton("Place order"), StepButton("Print")
    layout = QVBoxLayout(window)
    layout.addWidget(button)
    layout.addWidget(other)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    other.setFocus()
    calm = button.grab().toImage()
    button.setFocus()
    ringed = button.grab().toImage()
    middle = calm.width() // 2
    ring = {ringed.pixelColor(middle, y).name() for y in range(3, 6)}
    assert theme.colours().on_accent.lower() in ring
    assert calm != ringed


def test_a_toggle_shows_a_tick_when_it_is_on(qtbot: QtBot) -> None:
    chip = ToggleChip("Misheard")
    qtbot.addWidget(chip)
    assert chip.icon().isNull()
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert chip.isChecked()
    assert not chip.icon().isNull()
    assert chip.accessibleName() == "Misheard"


def test_one_of_many_takes_the_mark_from_the_others(qtbot: QtBot) -> None:
    window = QWidget()
    layout = QVBoxLayout(window)
    chips = [ToggleChip(words, one_of_many=True) for words in ("Order placed", "Call back")]
    for chip in chips:
        layout.addWidget(chip)
    qtbot.addWidget(window)
    chips[0].click()
    chips[1].click()
    assert [chip.isChecked() for chip in chips] == [False, True]
    assert not chips[0].icon().isNull()
