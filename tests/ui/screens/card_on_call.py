"""What tests of a card on the call screen share: an order that is agreed to, and a pause of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.main_window import MainWindow
from app.ui.payment.card_pane import CardPane
from app.ui.payment.pause_state import PauseStage
from app.values.vocabulary import PaymentMethod
from tests.ui.payment.fakes import ACQUIRE, RELEASE, OpenSafe
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands, read_back

VISA = "4242424242424242"
AMEX = "378282246310005"
EXPIRY = "1229"


def take(hands: Hands) -> None:
    hands.write("0412")
    hands.enter()
    for code, quantity in (("22423", "12"), ("47566", "2")):
        hands.write(code)
        hands.enter()
        hands.write(quantity)
        hands.enter()


def digits(window: MainWindow, text: str) -> None:
    """Strikes digit keys at the window, as the system does."""
    for figure in text:
        QTest.keyClick(window.windowHandle(), Qt.Key(Qt.Key.Key_0.value + int(figure)))
        QApplication.processEvents()


def pane(window: MainWindow) -> CardPane:
    card = window.call_screen.paying.card
    assert card is not None
    return card


def stage(window: MainWindow) -> PauseStage:
    return window.call.payment.pause.state.stage


def said(window: MainWindow) -> str:
    return window.call_screen.side.guide.sentence()


def is_shut(window: MainWindow, safe: OpenSafe, desk: FakeDesk) -> bool:
    """Wiped, locked, and every lease that was asked for released."""
    locked = all(box.field.is_locked for box in pane(window).fields.boxes)
    asked = {one.lease_id for one in desk.cards.asked(ACQUIRE)}
    released = {one.lease_id for one in desk.cards.asked(RELEASE)}
    return locked and safe.is_empty() and asked == released


@pytest.fixture
def agreed(on_call: Hands, window: MainWindow) -> Hands:
    """An order to be paid by card, and all of it is confirmed."""
    take(on_call)
    window.call.set_payment(PaymentMethod.CARD)
    read_back(window.call)
    return on_call


@pytest.fixture
def paused(agreed: Hands, window: MainWindow) -> Hands:
    """F9 was pressed, and the fields are open."""
    agreed.press(Qt.Key.Key_F9)
    assert stage(window) is PauseStage.PAUSED
    return agreed
