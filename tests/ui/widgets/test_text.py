import pytest
from pytestqt.qtbot import QtBot

from app.ui.shortcuts import Action
from app.ui.widgets.text import (
    BigNumber,
    ElidedLabel,
    KeyBadge,
    Part,
    as_rich_text,
    caps,
    plain,
    wrapped,
)
from app.values.order_number import OrderNumber

NAMES = (
    "Zoë 🎉 O’Neill-Straße",
    "שלמה בן־דוד",
    "شركة النور للتجارة العامة",
    "Z̴̢a̷l̶g̸o̵ e\u0301lodie \u200bjoined",
    '<b>Robert</b> & "sons"',
)


def test_bold_parts_cannot_be_forged_by_what_people_typed() -> None:
    parts = (Part("<i>two</i> & "), Part("fifteen", strong=True))
    assert as_rich_text(parts) == "&lt;i&gt;two&lt;/i&gt; &amp; <b>fifteen</b>"
    assert plain(parts) == "<i>two</i> & fifteen"


def test_a_heading_is_in_capitals_for_eyes_only(qtbot: QtBot) -> None:
    heading = caps("Order lines")
    qtbot.addWidget(heading)
    assert heading.text() == "ORDER LINES"
    assert heading.accessibleName() == "Order lines"


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_shown_and_is_kept_whole(qtbot: QtBot, name: str) -> None:
    label = ElidedLabel(name)
    qtbot.addWidget(label)
    label.resize(60, 24)
    label.show()
    image = label.grab().toImage()
    ground = image.pixelColor(image.width() - 1, 0)
    pixels = {
        image.pixelColor(x, y).rgb() for x in range(image.width()) for y in range(image.height())
    }
    assert label.text() == name
    assert pixels - {ground.rgb()}


def test_a_long_text_is_cut_and_told_whole_as_a_tool_tip(qtbot: QtBot) -> None:
    label = ElidedLabel("Flat 2, 14 Mill Lane, Upper Langwith")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.is_cut()
    assert label.toolTip() == label.text()
    label.resize(600, 20)
    assert not label.is_cut()
    assert label.toolTip() == ""


def test_a_long_text_does_not_widen_the_window(qtbot: QtBot) -> None:
    label = ElidedLabel("x" * 5000)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 60


def test_text_that_wraps_takes_the_width_it_is_given(qtbot: QtBot) -> None:
    label = wrapped("That postcode is not complete. " * 5)
    qtbot.addWidget(label)
    assert label.heightForWidth(120) > label.heightForWidth(600)


def test_a_badge_shows_the_key_and_says_that_it_is_one(qtbot: QtBot) -> None:
    badge = KeyBadge(Action.CUSTOMER)
    qtbot.addWidget(badge)
    assert badge.text() == "F2"
    assert badge.accessibleName() == "Key F2"


def test_an_order_number_is_shown_large_and_read_digit_by_digit(qtbot: QtBot) -> None:
    number = BigNumber()
    qtbot.addWidget(number)
    number.show_number(OrderNumber("4173029823"))
    assert number.shown() == "417 302 9823"
    assert number.words() == "four one seven, three zero two, nine eight two three"
