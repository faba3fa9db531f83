"""The outbox screen: what is under way, why, what to do and say; nothing on it deletes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.ui.bar_words import sync_words
from app.ui.icons import Icon
from app.ui.screens.outbox import words
from app.ui.widgets.chip import Chip
from app.values.errors import Fault
from app.values.identity import CommandId, OrderId
from app.values.money import Currency, Money
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind, CommandState
from app.wire.outbox import OUTBOX_ROWS, OutboxEntry, OutboxPlace
from app.wire.outbox_operations import ASK_OUTBOX
from app.wire.sync import DeskStatus
from tests.builders import A_MORNING, an_id, an_order, with_line
from tests.ui.looks import cut_off, nameless, too_small

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

PERSON = {CommandState.NEEDS_REVIEW, CommandState.STUCK, CommandState.QUARANTINED}


def an_entry(position: int, state: CommandState, **different: Any) -> OutboxEntry:  # noqa: ANN401 - whatever field a test names
    entry = OutboxEntry(
        place=OutboxPlace(rank=0 if state in PERSON else 1, position=position),
        command_id=CommandId(an_id(3_000 + position)),
        order_id=OrderId(an_id(4_000 + position)),
        kind=CommandKind.PLACE_ORDER,
        state=state,
        number=OrderNumber("4173029823"),
        customer=f"Caller {position}",
        total=Money(27_821, Currency.GBP),
        taken_at=A_MORNING,
        taken_by="Dana Okafor",
        tries=2,
    )
    return msgspec.structs.replace(entry, **different)


@pytest.fixture
def outbox(on_call: Hands, window: MainWindow, desk: FakeDesk) -> Hands:
    """The outbox in view, with one command in every state."""
    desk.outbox = [an_entry(at, state) for at, state in enumerate(CommandState, 1)]
    on_call.ctrl(Qt.Key.Key_T)
    return on_call


def shown(window: MainWindow) -> list[CommandState]:
    return [row.entry.state for row in window.pages.outbox.table.rows().rows()]


def bar_chip(window: MainWindow) -> Chip:
    return next(chip for chip in window.bar.findChildren(Chip) if "Ctrl+T" in chip.toolTip())


@pytest.mark.usefixtures("outbox")
def test_what_needs_a_person_stands_first_and_what_is_settled_is_left_out(
    window: MainWindow,
) -> None:
    assert shown(window) == [
        CommandState.QUARANTINED,
        CommandState.STUCK,
        CommandState.NEEDS_REVIEW,
        CommandState.ACKED,
        CommandState.SENDING,
        CommandState.PENDING,
        CommandState.CAPTURED,
    ]


def test_what_was_settled_today_is_one_key_away(outbox: Hands, window: MainWindow) -> None:
    outbox.press(Qt.Key.Key_T)
    assert CommandState.SETTLED in shown(window)
    outbox.press(Qt.Key.Key_T)
    assert CommandState.SETTLED not in shown(window)


def test_every_state_has_a_word_and_a_shape_of_its_own() -> None:
    entries = [an_entry(at, state) for at, state in enumerate(CommandState, 1)]
    assert len({words.state_name(entry) for entry in entries}) == len(CommandState)
    assert len({look.icon for look in words.LOOKS.values()}) == len(CommandState)


@pytest.mark.parametrize("state", list(CommandState))
def test_of_every_state_it_is_told_what_to_do_and_what_to_say(state: CommandState) -> None:
    entry = an_entry(1, state)
    assert words.to_do(entry).endswith(".")
    assert "your number holds" in words.to_say(entry)


def test_the_story_follows_the_cursor(outbox: Hands, window: MainWindow, desk: FakeDesk) -> None:
    desk.outbox[4:] = []
    desk.outbox[1] = an_entry(2, CommandState.PENDING, is_held=True)
    outbox.press(Qt.Key.Key_F5)
    outbox.press(Qt.Key.Key_Down)
    outbox.press(Qt.Key.Key_Down)
    why, to_do, _ = window.pages.outbox.story()
    assert why == "It goes after its order, which the central service does not have yet."
    assert "goes by itself" in to_do


def test_an_order_to_be_looked_at_tells_its_reasons_in_sentences() -> None:
    entry = an_entry(1, CommandState.NEEDS_REVIEW, reasons=("customer_changed",))
    assert words.why(entry, online=True) == "The customer was changed elsewhere during the call."


def test_a_cancelled_order_is_not_said_to_hold() -> None:
    entry = an_entry(
        1, CommandState.SETTLED, decision="cancelled", sentence="The caller changed her mind."
    )
    assert words.why(entry, online=True) == (
        "It was looked at, and cancelled. The caller changed her mind."
    )
    assert "number holds" not in words.to_say(entry)


def test_there_is_no_caller_to_tell_of_the_end_of_a_call() -> None:
    entry = an_entry(1, CommandState.PENDING, kind=CommandKind.CLOSE_CALL)
    assert words.to_say(entry) == ""
    assert words.number(entry) == "End of call 417 302 9823"


def test_the_next_try_is_counted_down(clock: FixedClock) -> None:
    entry = an_entry(1, CommandState.PENDING, next_try_at=clock.now() + timedelta(seconds=12))
    assert words.next_try(entry, clock.now()) == "in 12 s"
    assert words.next_try(entry, clock.now() + timedelta(seconds=13)) == "now"


def test_s_sends_now(outbox: Hands, desk: FakeDesk) -> None:
    outbox.press(Qt.Key.Key_S)
    assert desk.sent_now == 1


def test_c_copies_the_details_without_the_caller(outbox: Hands, window: MainWindow) -> None:
    outbox.press(Qt.Key.Key_C)
    copied = QApplication.clipboard().text()
    assert "state: quarantined" in copied
    assert "Caller" not in copied
    assert "278.21" not in copied
    assert "copied" in window.notices.notices()[-1].sentence


def test_enter_opens_the_page_of_the_order_and_esc_comes_back(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.has_ordered(desk.customers[0], an_order(with_line("47566", 3, "4.95")), days_ago=0)
    placed = next(iter(desk.orders.values()))
    order_id = OrderId(placed.document.order_id)
    desk.outbox = [an_entry(1, CommandState.PENDING, order_id=order_id, number=placed.number)]
    outbox.press(Qt.Key.Key_F5)
    outbox.enter()
    assert window.pages.currentWidget() is window.pages.order
    outbox.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.outbox
    outbox.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.call_screen


def test_a_draft_that_was_given_up_cannot_be_opened(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.outbox = [
        an_entry(1, CommandState.PENDING, kind=CommandKind.GIVE_UP_ORDER, number=None, total=None)
    ]
    outbox.press(Qt.Key.Key_F5)
    assert not window.pages.outbox.open_button.isEnabled()
    outbox.enter()
    assert window.pages.currentWidget() is window.pages.outbox


def test_it_is_live_while_it_stands_and_quiet_when_it_does_not(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.outbox = [an_entry(9, CommandState.PENDING)]
    window.status.ask()
    assert shown(window) == [CommandState.PENDING]
    outbox.press(Qt.Key.Key_Escape)
    asked = desk.calls[ASK_OUTBOX.name]
    window.status.ask()
    assert desk.calls[ASK_OUTBOX.name] == asked


def test_the_cursor_stays_on_its_command_while_others_move(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    for _ in range(4):
        outbox.press(Qt.Key.Key_Down)
    chosen = window.outbox.state.chosen
    assert chosen is not None
    desk.outbox.append(an_entry(20, CommandState.STUCK))
    window.status.ask()
    assert window.outbox.state.chosen == chosen
    row = window.pages.outbox.table.chosen_row()
    assert row is not None
    assert row.entry == chosen


def test_more_than_a_page_is_shown_when_it_is_asked_for(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.outbox = [an_entry(at, CommandState.PENDING) for at in range(1, OUTBOX_ROWS + 11)]
    outbox.press(Qt.Key.Key_F5)
    assert len(shown(window)) == OUTBOX_ROWS
    window.pages.outbox.more_button.click()
    assert len(shown(window)) == OUTBOX_ROWS + 10
    assert window.pages.outbox.more_button.isHidden()
    window.status.ask()
    assert len(shown(window)) == OUTBOX_ROWS + 10


def test_an_empty_outbox_says_so(on_call: Hands, window: MainWindow) -> None:
    on_call.ctrl(Qt.Key.Key_T)
    assert window.pages.outbox.summary() == "The central service has everything."


def test_without_the_centre_it_says_where_everything_is(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.offline = True
    outbox.press(Qt.Key.Key_F5)
    summary = window.pages.outbox.summary()
    assert "does not answer: 3 waiting, 3 need a person" in summary
    assert "kept on this computer" in summary


def test_a_desk_that_cannot_read_it_says_so(
    outbox: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.broken[ASK_OUTBOX.name] = Fault("store_damaged", "The orders cannot be read.", "0000-0001")
    outbox.press(Qt.Key.Key_F5)
    assert window.notices.notices()[-1].sentence == "The orders cannot be read."
    window.notices.clear()
    window.status.ask()
    assert not window.notices.notices(), "what is read by itself complains once"
    desk.broken.clear()
    outbox.press(Qt.Key.Key_F5)
    assert len(shown(window)) == 7


def test_the_chip_that_counts_leads_there(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.outbox = [an_entry(1, CommandState.PENDING)]
    QTest.mouseClick(bar_chip(window), Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert window.pages.currentWidget() is window.pages.outbox
    assert on_call.place() == "Outbox"


def test_behind_a_lock_nothing_leads_there(on_call: Hands, window: MainWindow) -> None:
    on_call.ctrl(Qt.Key.Key_L)
    on_call.ctrl(Qt.Key.Key_T)
    QTest.mouseClick(bar_chip(window), Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.sign_in_screen


@pytest.mark.parametrize(
    ("online", "waiting", "needs_person", "told"),
    [
        (True, 0, 1, "1 order needs a person"),
        (True, 3, 1, "3 waiting, 1 needs a person"),
        (True, 3, 2, "3 waiting, 2 need a person"),
        (False, 3, 1, "Working offline: 3 waiting, 1 needs a person"),
        (False, 0, 2, "Working offline: 2 orders need a person"),
    ],
)
def test_the_bar_counts_both(online: bool, waiting: int, needs_person: int, told: str) -> None:
    status = DeskStatus(
        online=online,
        waiting=waiting,
        needs_person=needs_person,
        numbers_left=9,
        products=1,
        catalogue_at=None,
    )
    _, said, icon = sync_words(status)
    assert (said, icon) == (told, Icon.PERSON_NEEDED)


@pytest.mark.usefixtures("outbox")
def test_nothing_on_it_deletes(window: MainWindow) -> None:
    said = [button.text().casefold() for button in window.pages.outbox.findChildren(QPushButton)]
    titles = [command.title.casefold() for command in window.pages.outbox.commands()]
    for word in ("delete", "remove", "discard", "give up", "clear"):
        assert not [text for text in (*said, *titles) if word in text]


@pytest.mark.parametrize("size", [(1366, 768), (683, 384)])
@pytest.mark.usefixtures("outbox")
def test_everything_has_a_name_and_room(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    QApplication.processEvents()
    assert nameless(window.pages.outbox) == []
    assert too_small(window.pages.outbox) == []
    assert cut_off(window.pages.outbox) == []
