"""Whatever comes between F9 and the bank: it is wiped, locked and released, and opens to nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from app.ui.main_window import MainWindow
from app.values.vocabulary import AttemptState, CallEventKind
from tests.fakes import FixedClock
from tests.ui.payment.fakes import ACQUIRE, RENEW, TAKE_CARD, WATCH, ByHand, OpenSafe, away
from tests.ui.screens.card_on_call import EXPIRY, VISA, digits, is_shut, pane
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands


@pytest.fixture
def inline() -> ByHand:
    """Lanes in which a test holds back what it likes."""
    return ByHand()


Act = Callable[[MainWindow, Hands, FakeDesk, ByHand, FixedClock], None]


def _deactivated(window: MainWindow, *_: object) -> None:
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))


def _behind(window: MainWindow, *_: object) -> None:
    pane(window)._follow_application(Qt.ApplicationState.ApplicationInactive)  # noqa: SLF001 - offscreen has no other program


def _other_pane(_window: MainWindow, hands: Hands, *_: object) -> None:
    hands.press(Qt.Key.Key_F2)


def _items(_window: MainWindow, hands: Hands, *_: object) -> None:
    hands.press(Qt.Key.Key_F3)


def _palette(_window: MainWindow, hands: Hands, *_: object) -> None:
    hands.ctrl(Qt.Key.Key_K)


def _lock(_window: MainWindow, hands: Hands, *_: object) -> None:
    hands.ctrl(Qt.Key.Key_L)


def _sign_out(window: MainWindow, *_: object) -> None:
    window.sign_out()


def _idle_lock(window: MainWindow, _h: Hands, _d: FakeDesk, _l: ByHand, clock: FixedClock) -> None:
    clock.advance(minutes=16)
    window.on_tick()


def _drafts(_window: MainWindow, hands: Hands, *_: object) -> None:
    hands.ctrl(Qt.Key.Key_B)


def _new_order(_window: MainWindow, hands: Hands, *_: object) -> None:
    hands.ctrl(Qt.Key.Key_N)


def _close(window: MainWindow, *_: object) -> None:
    window.close()


def _broken(window: MainWindow, *_: object) -> None:
    window.end_card_entry()


def _call_event(kind: CallEventKind) -> Act:
    def happens(_w: MainWindow, _h: Hands, desk: FakeDesk, lanes: ByHand, _c: FixedClock) -> None:
        desk.cards.happens(kind)
        if lanes.waiting(WATCH):
            lanes.answer(WATCH)

    return happens


def _service_gone(_w: MainWindow, _h: Hands, desk: FakeDesk, lanes: ByHand, _c: FixedClock) -> None:
    desk.cards.broken[WATCH] = away()
    if lanes.waiting(WATCH):
        lanes.answer(WATCH)


def _late_renewal(
    window: MainWindow, _h: Hands, desk: FakeDesk, _l: ByHand, clock: FixedClock
) -> None:
    desk.cards.broken[RENEW] = away()
    for _ in range(18):
        clock.advance(seconds=1)
        window.call.payment.pause.on_tick()


WHATEVER: dict[str, Act] = {
    "another window": _deactivated,
    "another program": _behind,
    "another pane": _other_pane,
    "the order lines": _items,
    "the palette": _palette,
    "lock": _lock,
    "sign out": _sign_out,
    "idle": _idle_lock,
    "drafts": _drafts,
    "a new order": _new_order,
    "close": _close,
    "something broken": _broken,
    "hangup": _call_event(CallEventKind.HANGUP),
    "transfer": _call_event(CallEventKind.TRANSFER),
    "hold": _call_event(CallEventKind.HOLD),
    "recorder lost": _call_event(CallEventKind.RECORDER_LOST),
    "service gone": _service_gone,
    "late renewal": _late_renewal,
}


@pytest.mark.parametrize("what", WHATEVER)
def test_whatever_comes_in_between_wipes_locks_and_releases(
    paused: Hands,
    window: MainWindow,
    desk: FakeDesk,
    inline: ByHand,
    clock: FixedClock,
    safe: OpenSafe,
    what: str,
) -> None:
    digits(window, VISA)
    WHATEVER[what](window, paused, desk, inline, clock)
    assert is_shut(window, safe, desk)
    assert not window.call.payment.pause.state.is_open


@pytest.mark.parametrize("what", ["another window", "another pane", "lock", "sign out", "close"])
def test_a_pause_that_is_confirmed_too_late_opens_to_nobody(
    agreed: Hands,
    window: MainWindow,
    desk: FakeDesk,
    inline: ByHand,
    clock: FixedClock,
    safe: OpenSafe,
    what: str,
) -> None:
    inline.hold(ACQUIRE)
    agreed.press(Qt.Key.Key_F9)
    WHATEVER[what](window, agreed, desk, inline, clock)
    inline.answer(ACQUIRE)
    assert is_shut(window, safe, desk)
    assert not window.call.payment.pause.state.is_open


def test_an_answer_that_does_not_come_leads_to_asking_again(
    paused: Hands, window: MainWindow, inline: ByHand, desk: FakeDesk
) -> None:
    desk.cards.outcome = {"state": AttemptState.UNKNOWN}
    inline.hold(TAKE_CARD)
    digits(window, VISA + EXPIRY + "123")
    paused.ctrl(Qt.Key.Key_Return)
    inline.answer(TAKE_CARD)
    assert paused.place() == "Ask again how it stands"
