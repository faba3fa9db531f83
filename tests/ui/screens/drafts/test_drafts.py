"""The list of orders to go on with: urgent first, one key to go on, given away and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.screens.drafts.rows import LOOKS, Stand
from app.ui.widgets.chip import Chip
from app.values.errors import Refusal
from app.values.identity import HandoverId, OrderId, PersonId
from app.values.money import Currency, Money
from app.values.vocabulary import Handing
from app.wire.handover import OfferedDraft
from app.wire.handover_operations import HAND_OVER, TAKE_OVER
from app.wire.message import encode
from app.wire.orders import CallBack, HandedAway, OrderDocument
from tests.builders import A_MORNING, an_id, an_order, with_line
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_desk import DEVICE, a_person

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

SAM = msgspec.structs.replace(a_person("Sam Lee"), person_id=PersonId(an_id(777)))


def an_order_of(number: int) -> OrderDocument:
    return msgspec.structs.replace(
        an_order(with_line("47566", 3, "4.95")),
        order_id=OrderId(an_id(4_000 + number)),
        device_id=DEVICE,
    )


def keep(desk: FakeDesk, number: int, call_back: CallBack | None = None) -> OrderId:
    document = an_order_of(number)
    desk.drafts[document.order_id] = encode(document)
    if call_back is not None:
        desk.call_backs[document.order_id] = call_back
    return OrderId(document.order_id)


def at(minutes: int) -> datetime:
    return A_MORNING + timedelta(minutes=minutes)


def offer(desk: FakeDesk, number: int) -> OfferedDraft:
    document = an_order_of(number)
    offered = OfferedDraft(
        handover_id=HandoverId(an_id(9_000 + number)),
        order_id=OrderId(document.order_id),
        from_name="Sam Lee",
        to_person=a_person().person_id,
        to_name="Dana Okafor",
        offered_at=A_MORNING,
        customer_name="Jane Hill",
        line_count=1,
        total=Money(1_380, Currency.GBP),
    )
    desk.offered[offered] = document
    return offered


@pytest.fixture
def drafts(on_call: Hands, desk: FakeDesk) -> Hands:
    """The list in view, with a draft of every kind."""
    desk.colleagues = (SAM,)
    keep(desk, 1)
    keep(desk, 2, CallBack())
    keep(desk, 3, CallBack(at=at(-5), phone="+447700900412", note="Wants the blue one"))
    keep(desk, 4, CallBack(at=at(30)))
    away, taken = keep(desk, 5, CallBack()), keep(desk, 6, CallBack())
    desk.handed[away] = HandedAway(state=Handing.OFFERED, to_name="Sam Lee", at=A_MORNING)
    desk.handed[taken] = HandedAway(
        state=Handing.TAKEN, to_name="Sam Lee", at=A_MORNING, by_name="Sam Lee"
    )
    offer(desk, 7)
    on_call.ctrl(Qt.Key.Key_B)
    return on_call


def stands(window: MainWindow) -> list[Stand]:
    return [row.stand for row in window.drafts.state.rows]


def choose(window: MainWindow, stand: Stand) -> None:
    window.drafts_screen.drafts.choose(stands(window).index(stand))


@pytest.mark.usefixtures("drafts")
def test_overdue_call_backs_stand_first_and_what_went_away_last(window: MainWindow) -> None:
    assert stands(window)[:2] == [Stand.OVERDUE, Stand.FOR_ME]
    assert stands(window)[-2:] == [Stand.AWAY, Stand.TAKEN]
    assert set(stands(window)) == set(Stand)


@pytest.mark.usefixtures("drafts")
def test_each_says_how_it_stands_in_words_and_a_shape(window: MainWindow) -> None:
    words = {row.stand: row.words for row in window.drafts.state.rows}
    assert words[Stand.OVERDUE].startswith("Overdue: call back ")
    assert words[Stand.FOR_ME].startswith("From Sam Lee, ")
    assert words[Stand.AWAY].startswith("With Sam Lee since ")
    assert words[Stand.TAKEN].startswith("Taken over by Sam Lee ")
    assert len({look.icon for look in LOOKS.values()}) == len(Stand)
    summary = window.drafts_screen.summary()
    assert "1 call back overdue" in summary
    assert "1 handed to you" in summary
    assert "1 with a colleague" in summary


def test_enter_goes_on_with_the_most_urgent(drafts: Hands, window: MainWindow) -> None:
    drafts.enter()
    assert window.pages.currentWidget() is window.call_screen
    assert window.call.order.document.order_id == an_id(4_003)


def test_enter_takes_over_what_a_colleague_offers_and_goes_on(
    drafts: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    choose(window, Stand.FOR_ME)
    assert window.drafts_screen.open_button.words() == "Take it over"
    drafts.enter()
    assert window.call.order.document.order_id == an_id(4_007)
    assert not desk.offered


def test_who_comes_too_late_is_told_who_has_it(
    drafts: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.broken[TAKE_OVER.name] = Refusal("already_claimed", "Lena Hart has taken this order over.")
    choose(window, Stand.FOR_ME)
    drafts.enter()
    assert window.pages.currentWidget() is window.drafts_screen
    assert window.notices.notices()[-1].sentence == "Lena Hart has taken this order over."


def test_h_hands_it_over_and_b_takes_it_back(
    drafts: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    choose(window, Stand.OPEN)
    drafts.press(Qt.Key.Key_H)
    assert drafts.place() == "Who is to have it?"
    drafts.enter()
    order_id = OrderId(an_id(4_001))
    assert desk.handed[order_id].to_name == "Sam Lee"
    rows = window.drafts.state.rows
    at_row = next(i for i, row in enumerate(rows) if row.order_id == order_id)
    assert rows[at_row].stand is Stand.AWAY
    window.drafts_screen.drafts.choose(at_row)
    drafts.press(Qt.Key.Key_B)
    assert order_id not in desk.handed
    assert "yours again" in window.notices.notices()[-1].sentence


def test_without_the_centre_handing_over_is_refused_in_words(
    drafts: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    choose(window, Stand.OPEN)
    drafts.press(Qt.Key.Key_H)
    desk.broken[HAND_OVER.name] = Refusal(
        "handover_needs_centre", "The central service does not answer."
    )
    drafts.enter()
    assert window.notices.notices()[-1].sentence == "The central service does not answer."
    assert window.drafts.state.asking_to_give is None


@pytest.mark.parametrize("stand", [Stand.AWAY, Stand.TAKEN])
def test_what_is_a_colleagues_is_only_read_of(
    drafts: Hands, window: MainWindow, desk: FakeDesk, stand: Stand
) -> None:
    choose(window, stand)
    screen = window.drafts_screen
    assert not screen.void_button.isEnabled()
    assert not screen.hand_button.isEnabled()
    assert screen.back_button.isHidden() == (stand is Stand.TAKEN)
    drafts.enter()
    assert window.pages.currentWidget() is screen
    drafts.press(Qt.Key.Key_H)
    drafts.ctrl(Qt.Key.Key_Delete)
    assert window.drafts.state.asking_to_void is None
    assert window.drafts.state.asking_to_give is None
    assert desk.calls["drafts.open"] == 0


def test_a_draft_is_given_up_for_a_usual_reason(
    drafts: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    choose(window, Stand.OPEN)
    drafts.ctrl(Qt.Key.Key_Delete)
    window.drafts_screen.reasons[1].click()
    assert desk.voided[OrderId(an_id(4_001))] == "Could not be reached"


@pytest.mark.usefixtures("drafts")
def test_what_to_know_is_told_of_the_row_under_the_cursor(window: MainWindow) -> None:
    assert window.drafts_screen.note() == "To know: Wants the blue one"
    choose(window, Stand.OPEN)
    assert window.drafts_screen.note() == ""


def test_from_the_call_it_is_parked_and_handed_over_in_one_go(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.colleagues = (SAM,)
    on_call.write("0412")
    on_call.enter()
    order_id = window.call.order.document.order_id
    on_call.ctrl(Qt.Key.Key_S)
    window.call_screen.park_panel.give_button.click()
    QApplication.processEvents()
    assert window.pages.currentWidget() is window.drafts_screen
    assert on_call.place() == "Who is to have it?"
    on_call.enter()
    assert desk.handed[OrderId(order_id)].to_name == "Sam Lee"


def due_chip(window: MainWindow) -> Chip | None:
    chips = [chip for chip in window.bar.findChildren(Chip) if "Call back" in chip.words()]
    return chips[0] if chips else None


def test_a_due_call_back_is_told_in_the_bar_and_takes_no_keyboard(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    keep(desk, 3, CallBack(at=at(-5)))
    before = on_call.place()
    window.status.ask()
    chip = due_chip(window)
    assert chip is not None
    time = f"{at(-5).astimezone():%H:%M}"
    assert chip.words() == f"Call back Margaret Thompson, {time}"
    assert on_call.place() == before
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.drafts_screen
    on_call.enter()
    window.status.ask()
    assert due_chip(window) is None, "it is in hand"


def test_behind_a_lock_the_bar_names_nobody(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    keep(desk, 3, CallBack(at=at(-5)))
    window.status.ask()
    on_call.ctrl(Qt.Key.Key_L)
    window.status.ask()
    assert due_chip(window) is None


def test_an_order_that_is_offered_is_told_in_the_bar(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    offer(desk, 7)
    on_call.press(Qt.Key.Key_F5)
    window.drafts.ask_offered()
    assert "Sam Lee hands you an order" in window.bar.told()


@pytest.mark.parametrize("size", [(1366, 768), (683, 384)])
@pytest.mark.usefixtures("drafts")
def test_everything_has_a_name_and_room(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    QApplication.processEvents()
    assert nameless(window.drafts_screen) == []
    assert too_small(window.drafts_screen) == []
    assert cut_off(window.drafts_screen) == []
