"""A call is interrupted: one key parks the order, and the screen is free for the next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.ui.notices import Notice
from app.ui.screens.call.parking import read_time
from app.values.errors import Fault, Refusal
from app.wire.handover_operations import PARK_DRAFT
from tests.builders import A_MORNING
from tests.ui.looks import cut_off, nameless, too_small

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.screens.call.presenter import CallPresenter
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

NOON = A_MORNING.astimezone().replace(hour=12, minute=0, second=0, microsecond=0)


def local(days: int, hour: int, minute: int) -> datetime:
    return NOON.replace(hour=hour, minute=minute) + timedelta(days=days)


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("1", NOON + timedelta(minutes=10)),
        ("2", NOON + timedelta(hours=1)),
        ("3", local(1, 9, 0)),
        ("+25", NOON + timedelta(minutes=25)),
        ("in 25 min", NOON + timedelta(minutes=25)),
        ("14:30", local(0, 14, 30)),
        ("1430", local(0, 14, 30)),
        ("at 14.30", local(0, 14, 30)),
        ("9:15", local(1, 9, 15)),
        ("tomorrow", local(1, 9, 0)),
        ("tomorrow 14:30", local(1, 14, 30)),
    ],
    ids=str,
)
def test_a_time_is_read_as_people_type_it(typed: str, at: datetime) -> None:
    assert read_time(typed, NOON) == at


def test_no_time_is_allowed_and_nonsense_is_refused() -> None:
    assert read_time("  ", NOON) is None
    for nonsense in ("25:00", "soon", "14:75", "4"):
        with pytest.raises(Refusal) as refused:
            read_time(nonsense, NOON)
        assert refused.value.code == "time_malformed"


def begin_order(hands: Hands) -> None:
    hands.write("0412")
    hands.enter()
    hands.write("47566")
    hands.enter()
    hands.write("3")
    hands.enter()


def test_ctrl_s_parks_with_a_time_and_frees_the_screen(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    begin_order(on_call)
    order_id = window.call.order.document.order_id
    on_call.ctrl(Qt.Key.Key_S)
    assert window.call_screen.park_panel.is_open()
    assert on_call.place() == "Call back when? Empty: no time"
    on_call.write("2")
    on_call.enter()
    on_call.enter()
    on_call.write("Asked for the blue one")
    on_call.enter()
    assert not window.call_screen.park_panel.is_open()
    call_back = desk.call_backs[order_id]
    assert call_back.at == A_MORNING + timedelta(hours=1)
    assert (call_back.phone, call_back.note) == ("07700 900412", "Asked for the blue one")
    assert desk.draft(order_id).lines[0].quantity == 3
    assert window.call.order.document.order_id != order_id
    assert window.pages.currentWidget() is window.call_screen
    assert "Margaret Thompson is parked" in window.notices.notices()[-1].sentence


def test_ctrl_enter_parks_at_once_without_a_time_and_places_nothing(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    begin_order(on_call)
    order_id = window.call.order.document.order_id
    on_call.ctrl(Qt.Key.Key_S)
    on_call.ctrl(Qt.Key.Key_Return)
    assert desk.call_backs[order_id].at is None
    assert not desk.orders


def test_esc_goes_on_with_the_call_where_it_was(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    begin_order(on_call)
    before = on_call.place()
    on_call.ctrl(Qt.Key.Key_S)
    on_call.press(Qt.Key.Key_Escape)
    assert on_call.place() == before
    assert not window.call_screen.park_panel.is_open()
    assert not window.call.parking.state.open
    assert not desk.call_backs


def test_a_wrong_time_is_said_beside_its_field(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.ctrl(Qt.Key.Key_S)
    on_call.write("soon")
    on_call.ctrl(Qt.Key.Key_Return)
    message = window.call_screen.park_panel.when.message()
    assert message is not None
    assert "no time" in message.sentence
    assert not desk.call_backs


def test_card_digits_in_the_note_are_refused(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.ctrl(Qt.Key.Key_S)
    on_call.enter()
    on_call.enter()
    on_call.write("4111 1111 1111 1111")
    on_call.enter()
    assert window.call_screen.park_panel.is_open()
    assert not desk.call_backs


def test_an_order_that_cannot_be_parked_stays_in_hand_and_is_kept(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    begin_order(on_call)
    order_id = window.call.order.document.order_id
    desk.broken[PARK_DRAFT.name] = Fault("disk_full", "The disk is full.", "0000-0001")
    on_call.ctrl(Qt.Key.Key_S)
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.call.order.document.order_id == order_id
    assert window.notices.notices()[-1].sentence == "The disk is full."
    assert order_id in desk.drafts


def test_a_dropped_line_offers_to_park_and_takes_no_keyboard(
    on_call: Hands, window: MainWindow
) -> None:
    begin_order(on_call)
    before = on_call.place()
    window.call.payment.pause.hung_up.emit()
    assert "Ctrl+S" in window.notices.notices()[-1].sentence
    assert on_call.place() == before


def test_the_number_is_the_callers_before_the_customers(
    call: CallPresenter, notices: list[Notice]
) -> None:
    call.order.know(caller_number="+441134960001")
    call.parking.open()
    assert call.parking.state.phone == "0113 496 0001"
    assert not notices


@pytest.mark.parametrize("size", [(1366, 768), (683, 384)])
def test_the_panel_has_names_and_room(
    on_call: Hands, window: MainWindow, size: tuple[int, int]
) -> None:
    window.resize(*size)
    on_call.ctrl(Qt.Key.Key_S)
    QApplication.processEvents()
    panel = window.call_screen.park_panel
    assert nameless(panel) == []
    assert too_small(panel) == []
    assert cut_off(panel) == []
    for field in (panel.when, panel.phone, panel.note):
        assert field.edit.height() >= field.edit.minimumSizeHint().height()
