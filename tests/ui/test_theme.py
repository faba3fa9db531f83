from itertools import product
from string import Template

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.palettes import PALETTES, Palette, Scheme
from app.ui.theme import Text, Tone

TEXT_ROLES = ("text", "muted", "accent", "ok", "warn", "error")
GROUNDS = ("base", "window", "alternate")
PAIRS = (
    *product(TEXT_ROLES, GROUNDS),
    ("ok", "ok_tint"),
    ("warn", "warn_tint"),
    ("error", "error_tint"),
    ("accent", "accent_tint"),
    ("text", "accent_tint"),
    ("muted", "accent_tint"),
    ("text", "error_tint"),
    ("on_accent", "accent"),
    ("bar_text", "bar"),
    ("bar_muted", "bar"),
    ("bar_ok", "bar_ok_tint"),
    ("bar_alarm", "bar_alarm_tint"),
    ("bar_pause", "bar"),
    ("bar_on_pause", "bar_pause"),
)


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    made = QColor(colour)
    red, green, blue = (linear(x) for x in (made.redF(), made.greenF(), made.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", PALETTES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_on_every_ground(scheme: Scheme, text: str, ground: str) -> None:
    palette = PALETTES[scheme]
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("scheme", PALETTES)
@pytest.mark.parametrize("edge", ["border", "accent", "error", "warn"])
def test_the_edge_of_an_input_stands_out(scheme: Scheme, edge: str) -> None:
    palette = PALETTES[scheme]
    assert contrast(getattr(palette, edge), palette.base) >= 3.0


def test_the_style_sheet_names_no_colour_of_its_own() -> None:
    assert "#" not in theme.SHEET


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_the_style_sheet_uses_only_colours_that_exist(palette: Palette) -> None:
    assert "$" not in theme.style_sheet(palette)
    assert Template(theme.SHEET).is_valid()


@pytest.mark.parametrize("scheme", PALETTES)
def test_a_scheme_reaches_the_palette_of_every_widget(
    qapp: QApplication, qtbot: QtBot, scheme: Scheme
) -> None:
    theme.apply(qapp, scheme)
    widget = QWidget()
    qtbot.addWidget(widget)
    assert widget.palette().color(QPalette.ColorRole.Window) == QColor(PALETTES[scheme].window)
    assert theme.colours() is PALETTES[scheme]


def test_without_a_word_from_the_desktop_the_scheme_is_light(qapp: QApplication) -> None:
    theme.apply(qapp, Scheme.SYSTEM)
    assert theme.colours() is PALETTES[Scheme.LIGHT]


def test_a_label_follows_its_tone_and_back(qtbot: QtBot) -> None:
    label = QLabel("late")
    qtbot.addWidget(label)
    theme.dress(label, tone=Tone.WARN)
    label.ensurePolished()
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme.colour(Tone.WARN)
    theme.dress(label, tone=Tone.NORMAL)
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme.colour(Tone.NORMAL)


def test_a_label_changes_its_colour_with_the_scheme(qapp: QApplication, qtbot: QtBot) -> None:
    label = QLabel("fine")
    qtbot.addWidget(label)
    theme.dress(label, tone=Tone.OK)
    label.ensurePolished()
    theme.apply(qapp, Scheme.DARK)
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == "#4cc38a"


@pytest.mark.parametrize("kind", ["step", "primary", "toggle", "plain", "page", ""])
def test_every_button_is_big_enough_to_hit(qtbot: QtBot, kind: str) -> None:
    button = QPushButton("Print")
    qtbot.addWidget(button)
    theme.set_style_properties(button, {"kind": kind})
    button.ensurePolished()
    assert button.sizeHint().height() >= 24


def test_an_input_is_28_pixels_high(qtbot: QtBot) -> None:
    edit = QLineEdit()
    qtbot.addWidget(edit)
    edit.ensurePolished()
    assert edit.sizeHint().height() >= theme.TARGET_PX


def test_the_typeface_comes_with_the_program() -> None:
    assert QFontInfo(theme.font()).family() == theme.FAMILY


def test_figures_stand_under_each_other() -> None:
    for bold in (False, True):
        metrics = QFontMetricsF(theme.table_font(bold=bold))
        assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("0000")


@pytest.mark.parametrize("text", Text)
def test_sizes_of_text_are_in_points(qtbot: QtBot, text: Text) -> None:
    label = QLabel("Aa")
    qtbot.addWidget(label)
    theme.dress(label, text=text)
    label.ensurePolished()
    assert label.font().pointSizeF() >= 8.5


def test_a_widget_without_a_parent_is_never_shown_as_a_window(qtbot: QtBot) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    theme.set_shown(label, False)
    theme.set_shown(label, True)
    assert not label.isVisible()
    assert not label.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
