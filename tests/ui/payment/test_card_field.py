"""The card field: which keys it takes, and when it takes none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.adapters.card_entry.heap import LibraryHeap
from app.adapters.card_entry.linux import LibraryLocks, LinuxMemory
from app.adapters.card_entry.safe import SystemCardSafe
from app.adapters.card_entry.screen_capture import NoGuard
from app.services.rules.card_check import Standing, check_code, check_number
from app.ui.payment.card_field import CardField
from app.ui.payment.digit_guard import DigitGuard
from app.values.errors import Refusal
from tests.adapters.card_entry.cards import random_number
from tests.ui.payment.typing_cards import (
    AMEX,
    KEY,
    KIND,
    MOD,
    Pane,
    down_and_up,
    kept,
    key_event,
    let_pass,
    noted,
    send,
    shown,
    strike,
)


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[Pane]:
    with shown(qtbot) as made:
        yield made


@pytest.fixture
def number(pane: Pane) -> CardField:
    return pane.number


# ---------------------------------------------------------------- keys


def test_digits_are_taken_one_by_one(number: CardField) -> None:
    digits = random_number()
    changes, whole = noted(number, "changed"), noted(number, "completed")
    strike(number, digits)
    assert kept(number) == digits
    assert number.check.standing is Standing.GOOD
    assert (changes.times, whole.times) == (16, 1)


def test_the_keypad_is_taken_too(number: CardField) -> None:
    QTest.keyClick(number, KEY.Key_7, MOD.KeypadModifier)
    assert kept(number) == [7]


def test_a_french_keyboard_writes_digits_with_shift_only(number: CardField) -> None:
    send(number, key_event(KIND.KeyPress, "&"))
    assert kept(number) == []
    shifted = key_event(KIND.KeyPress, "1", key=KEY.Key_Ampersand, modifiers=MOD.ShiftModifier)
    send(number, shifted)
    assert kept(number) == [1]


@pytest.mark.parametrize("text", ["a", " ", "-", "١", "４", "²", "½", "12"])
def test_what_is_no_plain_digit_is_refused(number: CardField, text: str) -> None:
    refusals = noted(number, "refused")
    send(number, key_event(KIND.KeyPress, text, key=KEY.Key_unknown))
    assert kept(number) == []
    assert refusals.times == 1


def test_of_twenty_five_digits_as_many_are_kept_as_there_is_room(number: CardField) -> None:
    refusals = noted(number, "refused")
    strike(number, [9] * 25)
    assert len(number.digits) == 19
    assert refusals.times == 6


def test_a_digit_more_than_the_brand_has_is_refused(number: CardField) -> None:
    strike(number, [3, 7, *[1] * 14])
    assert len(number.digits) == 15


def test_backspace_takes_the_last_digit_and_of_none_nothing(number: CardField) -> None:
    strike(number, [1, 2])
    for _ in range(3):
        QTest.keyClick(number, KEY.Key_Backspace)
    assert kept(number) == []
    strike(number, [5])
    assert kept(number) == [5]


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [(KEY.Key_Delete, MOD.NoModifier), (KEY.Key_Backspace, MOD.ControlModifier)],
)
def test_one_key_clears_all(number: CardField, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    wipes = noted(number, "wiped")
    strike(number, [1, 2, 3])
    QTest.keyClick(number, key, modifiers)
    assert kept(number) == []
    assert wipes.times == 1


def test_a_held_key_counts_once_where_qt_says_that_it_repeats(number: CardField) -> None:
    repeats = [key_event(KIND.KeyPress, "4", at, repeat=True) for at in (500, 530, 560)]
    send(number, key_event(KIND.KeyPress, "4", 0), *repeats)
    assert kept(number) == [4]


def test_a_held_key_counts_once_where_x11_lets_it_up_in_between(number: CardField) -> None:
    send(number, *down_and_up("4", 1000, 1500))
    for at in (1500, 1530, 1560):
        send(number, *down_and_up("4", at, at + 30))
    assert kept(number) == [4]


def test_a_key_that_is_still_down_is_not_struck_again(number: CardField) -> None:
    send(number, key_event(KIND.KeyPress, "4", 0), key_event(KIND.KeyPress, "4", 40))
    assert kept(number) == [4]


def test_a_burst_within_one_millisecond_is_taken_whole(number: CardField) -> None:
    for _ in range(16):
        send(number, *down_and_up("4", 1000, 1000))
    assert kept(number) == [4] * 16


def test_fast_equal_digits_that_qt_takes_for_repeats_are_taken_all(number: CardField) -> None:
    send(number, *down_and_up("7", 1000, 1001))
    for at in (1001, 1002):
        flagged = (KIND.KeyPress, at), (KIND.KeyRelease, at + 1)
        send(number, *(key_event(kind, "7", ms, repeat=True) for kind, ms in flagged))
    assert kept(number) == [7, 7, 7]


def test_a_held_key_counts_once_where_qt_sends_its_repeats_late(number: CardField) -> None:
    send(number, *down_and_up("4", 1000, 1500))
    for at in (1504, 1534):
        flagged = (KIND.KeyPress, at), (KIND.KeyRelease, at + 26)
        send(number, *(key_event(kind, "4", ms, repeat=True) for kind, ms in flagged))
    assert kept(number) == [4]


def test_the_same_digit_struck_twice_is_taken_twice(number: CardField) -> None:
    send(number, *down_and_up("4", 1000, 1300), *down_and_up("4", 1320, 1400))
    assert kept(number) == [4, 4]


def test_a_key_let_up_elsewhere_is_not_taken_for_a_held_one(qtbot: QtBot, pane: Pane) -> None:
    send(pane.number, key_event(KIND.KeyPress, "4", 0))
    pane.elsewhere.setFocus()
    let_pass(qtbot, 0)
    pane.number.setFocus()
    send(pane.number, key_event(KIND.KeyPress, "4", 900))
    assert kept(pane.number) == [4, 4]


def test_a_key_held_while_the_focus_goes_on_is_not_typed_into_the_next_field(pane: Pane) -> None:
    pane.number.completed.connect(pane.code.setFocus)
    digits = random_number()
    strike(pane.number, digits[:-1])
    last = str(digits[-1])
    send(pane.number, key_event(KIND.KeyPress, last, 1000))
    assert pane.code.hasFocus()
    send(pane.code, key_event(KIND.KeyRelease, last, 1500), key_event(KIND.KeyPress, last, 1500))
    assert kept(pane.code) == []


def test_a_key_that_comes_up_in_the_field_it_was_struck_in_is_free_in_the_next(pane: Pane) -> None:
    pane.number.setFocus()
    QTest.keyPress(pane.number, KEY.Key_2)
    pane.expiry.setFocus()
    QTest.keyRelease(pane.number, KEY.Key_2)
    QTest.keyClick(pane.expiry, KEY.Key_2)
    assert kept(pane.expiry) == [2]


def test_a_longer_number_whose_beginning_checks_out_is_gone_on_with(pane: Pane) -> None:
    """Published by Worldpay: nineteen digits, of which the first sixteen are a number, too."""
    pane.number.setFocus()
    strike(pane.number, [4, 9, 1, 7, 6, 1, *[0] * 10])
    assert pane.number.check.is_complete
    pane.expiry.setFocus()
    pane.number.setFocus()
    strike(pane.number, [0, 0, 3])
    assert len(pane.number.digits) == 19
    assert pane.number.check.standing is Standing.GOOD


def test_the_expiry_and_the_code_follow_their_rules(pane: Pane) -> None:
    pane.expiry.setFocus()
    strike(pane.expiry, [1, 2, 3, 1, 9])
    assert pane.expiry.check.standing is Standing.GOOD
    assert len(pane.expiry.digits) == 4
    pane.code.set_judge(partial(check_code, brand=AMEX))
    pane.code.setFocus()
    strike(pane.code, [1, 2, 3])
    assert pane.code.check.to_go == 1


# ---------------------------------------------------------------- locked


def test_a_locked_field_takes_nothing(number: CardField) -> None:
    strike(number, [1, 2, 3])
    number.lock()
    strike(number, [4, 5])
    assert kept(number) == []
    assert number.is_locked


def test_an_unlocked_field_begins_empty(number: CardField) -> None:
    strike(number, [1, 2])
    number.unlock()
    assert kept(number) == []


def test_what_is_hidden_is_wiped(number: CardField) -> None:
    wipes = noted(number, "wiped")
    strike(number, [1, 2])
    number.hide()
    assert (kept(number), wipes.times) == ([], 1)


def test_without_the_focus_no_key_is_taken(pane: Pane) -> None:
    pane.elsewhere.setFocus()
    send(pane.number, *down_and_up("4", 0, 10))
    assert kept(pane.number) == []


def test_a_field_that_gave_its_memory_back_can_be_unlocked_again(number: CardField) -> None:
    strike(number, [1, 2])
    number.release()
    number.unlock()
    strike(number, [3])
    assert kept(number) == [3]


class NoLocks(LibraryLocks):
    """A system that has no more memory to lock."""

    def mlock(self, address: int, size: int) -> int:
        return -1


def test_where_memory_cannot_be_locked_the_field_stays_locked(qtbot: QtBot) -> None:
    safe = SystemCardSafe(LinuxMemory(NoLocks()), LibraryHeap(), NoGuard())
    field = CardField("Card number", safe, DigitGuard(safe), check_number, room=19)
    qtbot.addWidget(field)
    with pytest.raises(Refusal) as refused:
        field.unlock()
    assert refused.value.code == "memory_not_locked"
    assert field.is_locked
