import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.ui.icons import ICON_FOLDER, Icon, IconLabel, button_icon, drawing

RED = QColor("#FF0000")


def inked(icon: Icon) -> list[QColor]:
    image = drawing(icon, RED, 16, 3.0).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return [pixel for pixel in pixels if pixel.alpha() > 250]


def test_every_drawing_has_a_file_and_every_file_a_name() -> None:
    assert {path.stem for path in ICON_FOLDER.glob("*.svg")} == set(Icon)


@pytest.mark.parametrize("icon", Icon)
def test_a_drawing_is_seen_and_takes_the_colour_it_is_given(icon: Icon) -> None:
    pixels = inked(icon)
    assert len(pixels) > 6
    assert {pixel.name() for pixel in pixels} == {RED.name()}


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_drawing_is_sharp_at_every_screen_scale(ratio: float) -> None:
    pixmap = drawing(Icon.CHECK, RED, 16, ratio)
    assert pixmap.width() == round(16 * ratio)
    assert pixmap.deviceIndependentSize().width() == pytest.approx(16)


def test_a_drawing_is_made_once() -> None:
    assert drawing(Icon.CHECK, RED) is drawing(Icon.CHECK, RED)


def test_states_that_matter_differ_in_shape_not_only_in_colour() -> None:
    states = (Icon.CHECK, Icon.WARNING, Icon.ERROR, Icon.STALE, Icon.OPEN, Icon.CURRENT)
    shapes = {drawing(icon, RED).toImage().cacheKey() for icon in states}
    alphas = {bytes(drawing(icon, RED).toImage().constBits()) for icon in states}
    assert len(shapes) == len(alphas) == len(states)


def test_a_button_icon_is_made_of_drawings() -> None:
    assert not button_icon(Icon.PRINT, RED).isNull()


def test_an_icon_label_without_an_icon_takes_no_room(qtbot: QtBot) -> None:
    label = IconLabel()
    qtbot.addWidget(label)
    assert label.isHidden()
    label.show_icon(Icon.CHECK)
    assert label.icon() is Icon.CHECK


def test_an_icon_label_paints_in_its_text_colour(qtbot: QtBot) -> None:
    label = IconLabel(Icon.RECORDING, 16)
    qtbot.addWidget(label)
    palette = label.palette()
    palette.setColor(label.foregroundRole(), RED)
    label.setPalette(palette)
    assert label.grab().toImage().pixelColor(8, 8) == RED
