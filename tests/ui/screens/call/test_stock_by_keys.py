"""A shortage on the call screen, settled with keys, and what stands on the screen meanwhile."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.services.rules.stock_words import Offer
from app.ui.main_window import MainWindow
from app.wire.orders import OrderLine
from tests.builders import a_product
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands, read_back

BIRDS = "84879"
SIZES = [(1366, 768), (1093, 614), (911, 512), (683, 384)]


def take_sixteen(hands: Hands, desk: FakeDesk) -> None:
    """A known customer wants sixteen; there are eleven."""
    desk.stock.level(BIRDS, 11, date(2026, 11, 30))
    hands.write("0412")
    hands.enter()
    hands.press(Qt.Key.Key_F3)
    hands.write(BIRDS)
    hands.enter()
    hands.write("16")
    hands.enter()


def the_line(window: MainWindow) -> OrderLine:
    (line,) = window.call.order.document.lines
    return line


def test_a_shortage_comes_without_taking_the_keyboard(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take_sixteen(on_call, desk)
    assert on_call.place() == "Find an item"
    assert window.call_screen.items.shortage.title().startswith("Line 1, 84879: 11 of 16 held")


def test_one_key_takes_what_is_held(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    take_sixteen(on_call, desk)
    on_call.ctrl(Qt.Key.Key_J)
    assert the_line(window).quantity == 11
    assert not window.call_screen.items.shortage.isVisible()
    assert on_call.place() == "Find an item"


def test_one_key_lets_the_rest_follow_and_the_read_back_says_so(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take_sixteen(on_call, desk)
    on_call.ctrl(Qt.Key.Key_G)
    assert (the_line(window).quantity, the_line(window).back_ordered) == (16, 5)
    read_back(window.call)
    on_call.ctrl(Qt.Key.Key_Return)
    placed = window.placed.state.placed
    assert placed is not None
    assert placed.document.lines[0].back_ordered == 5


def test_one_key_looks_for_something_else_and_arrows_choose_it(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.products["84880"] = a_product("84880", description="White bird ornament", available=40)
    desk.stock.learn((desk.products["84880"],))
    take_sixteen(on_call, desk)
    on_call.ctrl(Qt.Key.Key_U)
    assert on_call.place() == "Find an item"
    on_call.press(Qt.Key.Key_Down)
    on_call.enter()
    assert (the_line(window).code, the_line(window).quantity) == ("84880", 16)


def test_what_is_typed_into_the_open_line_counts_before_a_way_out_is_taken(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take_sixteen(on_call, desk)
    on_call.press(Qt.Key.Key_Down)
    on_call.enter()
    on_call.write("14")
    on_call.ctrl(Qt.Key.Key_G)
    assert (the_line(window).quantity, the_line(window).back_ordered) == (14, 3)


def test_the_buttons_are_reached_and_pressed_without_the_mouse(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take_sixteen(on_call, desk)
    box = window.call_screen.items.shortage
    box.buttons[Offer.TAKE].setFocus()
    on_call.press(Qt.Key.Key_Right)
    on_call.enter()
    assert the_line(window).back_ordered == 5
    assert on_call.place() == "Find an item"


def test_the_keys_of_a_shortage_do_nothing_without_one(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("47566")
    on_call.enter()
    on_call.enter()
    before = window.call.order.document
    for key in (Qt.Key.Key_J, Qt.Key.Key_G, Qt.Key.Key_U):
        on_call.ctrl(key)
    assert window.call.order.document is before


def test_an_order_that_is_short_is_not_placed_and_says_why(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take_sixteen(on_call, desk)
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is None
    assert "what to do about line 1, 5 short" in window.call.state.reason_why_not


def is_whole(words: QLabel) -> bool:
    return words.height() >= words.heightForWidth(words.width())


@pytest.mark.parametrize("size", SIZES, ids=["1366", "1093", "911", "683"])
def test_a_shortage_is_whole_at_every_size(
    on_call: Hands, window: MainWindow, desk: FakeDesk, size: tuple[int, int], qtbot: QtBot
) -> None:
    window.resize(*size)
    take_sixteen(on_call, desk)
    box = window.call_screen.items.shortage
    assert box.isVisible()
    wrapped = [one for one in box.findChildren(QLabel) if one.isVisible() and one.wordWrap()]
    for words in wrapped:
        qtbot.waitUntil(partial(is_whole, words))
    for button in box.buttons.values():
        assert button.isVisible()
        assert button.width() >= button.sizeHint().width()
        assert button.accessibleDescription().startswith("Say: ")
        assert box.rect().contains(button.geometry())


def test_what_is_found_tells_what_a_colleague_holds(
    on_call: Hands, window: MainWindow, desk: FakeDesk, qtbot: QtBot
) -> None:
    desk.stock.level(BIRDS, 3)
    desk.stock.colleague(BIRDS, 1, timedelta(minutes=3, seconds=10))
    on_call.press(Qt.Key.Key_F3)
    on_call.write(BIRDS)
    field = window.call_screen.items.field.edit
    words = "2 left, 1 held by a colleague, 3:10 to go"
    qtbot.waitUntil(lambda: words in field.accessibleDescription())


def test_the_open_line_tells_what_it_can_have(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.stock.level(BIRDS, 3)
    on_call.press(Qt.Key.Key_F3)
    on_call.write(BIRDS)
    on_call.enter()
    said = [label.text() for label in window.call_screen.items.editor.findChildren(QLabel)]
    assert "1 held for this call; 2 more left" in said
