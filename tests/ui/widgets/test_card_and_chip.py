import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.icons import Icon, IconLabel
from app.ui.shortcuts import Action
from app.ui.theme import Surface
from app.ui.widgets.card import Box, Card, SayThis
from app.ui.widgets.chip import Chip, ChipKind
from app.ui.widgets.text import Part


def test_a_card_names_itself_and_the_key_that_leads_to_it(qtbot: QtBot) -> None:
    card = Card("Deliver to", Action.DELIVERY)
    qtbot.addWidget(card)
    assert card.title() == card.accessibleName() == "Deliver to"
    assert card.badge is not None
    assert card.badge.text() == "F4"
    card.set_title("Send to")
    assert card.title() == "Send to"


def test_what_is_to_be_said_is_read_without_its_markup(qtbot: QtBot) -> None:
    card = SayThis()
    qtbot.addWidget(card)
    card.say((Part("Line two: "), Part("fifteen", strong=True)), "Wait for the number.")
    assert card.sentence() == "Line two: fifteen"
    assert card.hint() == "Wait for the number."
    assert card.title() == "Say this"


def test_with_nothing_to_say_the_card_is_empty(qtbot: QtBot) -> None:
    card = SayThis()
    qtbot.addWidget(card)
    card.say((Part("Hello"),))
    card.say(())
    assert card.sentence() == ""


def test_a_box_without_words_takes_no_room(qtbot: QtBot) -> None:
    box = Box(Surface.BOX_INFO)
    qtbot.addWidget(box)
    assert all(label.isHidden() for label in box.findChildren(QLabel))
    box.show_words("Missed a digit?", "Ask the caller to repeat it.")
    assert box.words() == ("Missed a digit?", "Ask the caller to repeat it.")
    assert not any(label.isHidden() for label in box.findChildren(QLabel))


@pytest.mark.parametrize("kind", ChipKind)
def test_a_chip_says_its_state_in_words(qtbot: QtBot, kind: ChipKind) -> None:
    chip = Chip(kind, "In sync")
    qtbot.addWidget(chip)
    assert (chip.kind(), chip.words(), chip.accessibleName()) == (kind, "In sync", "In sync")
    assert chip.minimumHeight() >= 24


@pytest.mark.parametrize(
    "kind", [ChipKind.OK, ChipKind.WARN, ChipKind.ERROR, ChipKind.RECORDING, ChipKind.PAUSED]
)
def test_a_chip_that_tells_a_state_has_a_shape_of_its_own(qtbot: QtBot, kind: ChipKind) -> None:
    chip = Chip(kind, "state")
    qtbot.addWidget(chip)
    icon = chip.findChild(IconLabel)
    assert isinstance(icon, IconLabel)
    assert icon.icon() is not None


def test_a_chip_can_be_given_another_shape(qtbot: QtBot) -> None:
    chip = Chip(ChipKind.WARN, "Working offline", Icon.OFFLINE)
    qtbot.addWidget(chip)
    icon = chip.findChild(IconLabel)
    assert isinstance(icon, IconLabel)
    assert icon.icon() is Icon.OFFLINE


def test_a_chip_without_words_is_hidden(qtbot: QtBot) -> None:
    window = QWidget()
    chip = Chip(parent=window)
    QHBoxLayout(window).addWidget(chip)
    qtbot.addWidget(window)
    window.show()
    assert not chip.isVisible()
    chip.show_state(ChipKind.OK, "In sync")
    assert chip.isVisible()


def test_a_chip_changes_the_colour_of_its_words_with_its_state(
    qtbot: QtBot, qapp: QApplication
) -> None:
    chip = Chip(ChipKind.OK, "In sync")
    qtbot.addWidget(chip)
    chip.show()
    chip.show_state(ChipKind.ERROR, "Refused")
    words = chip.findChildren(QLabel)[-1]
    assert words.palette().color(QPalette.ColorRole.WindowText) == theme.colour(theme.Tone.ERROR)


def test_a_longer_sentence_has_its_room_at_once(qtbot: QtBot) -> None:
    column = QWidget()
    qtbot.addWidget(column)
    column.resize(318, 600)
    layout = QVBoxLayout(column)
    card = SayThis(column)
    layout.addWidget(card)
    layout.addStretch(1)
    card.say((Part("Thank you."),))
    column.show()
    QApplication.processEvents()
    before = card.height()
    card.say((Part("Thank you. I am asking your bank for the whole amount now. " * 3),))
    assert card.height() > before
