"""The frame: who comes in, what stays behind a lock, what is written before it closes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from app.ui import theme
from app.ui.main_window import MainWindow
from app.ui.notices import Kind, Notice
from app.ui.screens.call.state import Phase
from app.values.errors import Refusal
from app.values.identity import PersonId
from app.values.vocabulary import Role
from app.wire import operations
from tests.builders import an_id, an_order, with_line
from tests.ui.screens.fake_desk import PASSWORD, a_person
from tests.ui.stage import place_an_order, read_back

if TYPE_CHECKING:
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

SIZES = ((1920, 1080), (1366, 768), (1093, 614), (911, 512), (683, 384))
TARGET_PX = 24
"""Source: WCAG 2.2, 2.5.8."""


def sign_in_as(hands: Hands, login: str, password: str = PASSWORD) -> None:
    hands.press(Qt.Key.Key_Tab)
    hands.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    hands.write(login)
    hands.enter()
    hands.write(password)
    hands.enter()


def in_view(window: MainWindow) -> QWidget:
    page = window.pages.currentWidget()
    assert page is not None
    return page


def test_a_person_is_picked_with_the_keyboard_and_signs_in(
    hands: Hands, window: MainWindow
) -> None:
    hands.enter()
    assert hands.place() == "Password"
    hands.write(PASSWORD)
    hands.enter()
    assert in_view(window) is window.call_screen
    assert hands.place() == "Telephone, name or postcode"


def test_a_wrong_password_is_told_beside_the_field_and_leaves_it(
    hands: Hands, window: MainWindow
) -> None:
    hands.enter()
    hands.write("guess")
    hands.enter()
    field = window.sign_in_screen.password
    assert field.text() == ""
    message = field.message()
    assert message is not None
    assert message.sentence == "Login or password is wrong."
    assert hands.place() == "Password"


def test_a_password_may_be_pasted(hands: Hands, window: MainWindow) -> None:
    hands.enter()
    QApplication.clipboard().setText(PASSWORD)
    hands.ctrl(Qt.Key.Key_V)
    hands.enter()
    assert window.session is not None


def test_the_banner_of_a_trial_is_shown(window: MainWindow, desk: FakeDesk) -> None:
    desk.banner = "The key of this seat lies in a file."
    window.sign_in.begin()
    labels = [part.text() for part in window.sign_in_screen.findChildren(QLabel)]
    assert desk.banner in labels


def test_an_offline_sign_in_is_flagged(hands: Hands, window: MainWindow, desk: FakeDesk) -> None:
    desk.offline = True
    hands.enter()
    hands.write(PASSWORD)
    hands.enter()
    assert "signed in offline" in [part.text() for part in window.bar.findChildren(QLabel)]


def test_an_administrator_takes_no_orders(hands: Hands, window: MainWindow, desk: FakeDesk) -> None:
    desk.people = [a_person("Ada Admin", Role.ADMINISTRATOR)]
    window.sign_in.begin()
    sign_in_as(hands, "ada")
    assert in_view(window) is window.sign_in_screen
    assert "no orders" in window.sign_in.state.login_sentence


def test_a_lock_keeps_the_form_for_the_same_person(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.write("Eleanor")
    on_call.enter()
    on_call.write("07700")
    on_call.ctrl(Qt.Key.Key_L)
    assert in_view(window) is window.sign_in_screen
    assert on_call.place() == "Password"
    on_call.write(PASSWORD)
    on_call.enter()
    assert in_view(window) is window.call_screen
    assert window.call.customer.state.phone_text == "07700"


def test_behind_a_lock_nothing_of_the_caller_is_to_be_seen(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_L)
    shown = [part.text() for part in window.findChildren(QLabel) if part.isVisible()]
    assert not [text for text in shown if "Margaret" in text]


@pytest.mark.parametrize(
    "key", [Qt.Key.Key_B, Qt.Key.Key_N, Qt.Key.Key_Return, Qt.Key.Key_O, Qt.Key.Key_Z]
)
def test_no_key_leads_past_a_lock(on_call: Hands, window: MainWindow, key: Qt.Key) -> None:
    on_call.write("0412")
    on_call.enter()
    before = window.call.order.document
    on_call.ctrl(Qt.Key.Key_L)
    on_call.ctrl(key)
    assert in_view(window) is window.sign_in_screen
    assert window.call.order.document is before
    assert "Sign out" not in [command.title for command in window.commands()]


def test_a_sign_in_that_runs_out_locks_and_loses_nothing(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.write("Eleanor")
    on_call.enter()
    over = Refusal("session_over", "Your sign-in has run out. Please sign in again.")
    desk.broken[operations.SAVE_DRAFT.name] = over
    desk.broken[operations.FIND_PRODUCTS.name] = over
    on_call.press(Qt.Key.Key_F3)
    on_call.write("4")
    assert in_view(window) is window.sign_in_screen
    assert window.sign_in.state.login_sentence == over.sentence
    desk.broken.clear()
    on_call.write(PASSWORD)
    on_call.enter()
    document = window.call.order.document
    assert document.customer is not None
    assert desk.draft(document.order_id) == document


def test_what_waits_from_before_is_told_after_signing_in(
    hands: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.has_ordered(desk.customers[0], an_order(with_line()), days_ago=0)
    desk.shown.clear()
    hands.enter()
    hands.write(PASSWORD)
    hands.enter()
    (notice,) = window.notices.notices()
    assert notice.sentence == "1 order was placed and its number not given yet: Ctrl+B."


def test_a_sentence_of_the_desk_is_told_once(window: MainWindow, desk: FakeDesk) -> None:
    desk.sentence = "The order store was damaged and has been rebuilt."
    window.status.ask()
    window.status.ask()
    assert [notice.sentence for notice in window.notices.notices()] == [desk.sentence]


def test_idle_minutes_lock_the_window(
    on_call: Hands, window: MainWindow, clock: FixedClock
) -> None:
    clock.advance(minutes=14)
    window.on_tick()
    assert in_view(window) is window.call_screen
    clock.advance(minutes=2)
    window.on_tick()
    assert in_view(window) is window.sign_in_screen


def test_another_person_finds_no_order_of_the_first_who_finds_it_as_a_draft(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    other = msgspec.structs.replace(a_person("Sam Lead"), person_id=PersonId(an_id(701)))
    desk.people.append(other)
    on_call.write("0412")
    on_call.enter()
    first = window.call.order.document
    on_call.ctrl(Qt.Key.Key_L)
    window.sign_in.set_login("sam")
    on_call.write(PASSWORD)
    on_call.enter()
    assert window.call.order.document.taken_by == other.person_id
    assert window.call.order.document.customer is None
    assert desk.draft(first.order_id) == first


def test_signing_out_makes_a_draft_of_the_order(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.write("0412")
    on_call.enter()
    order_id = window.call.order.document.order_id
    window.sign_out()
    assert order_id in desk.drafts
    on_call.enter()  # what came of the call is asked first
    assert window.session is None


def test_an_order_placed_behind_a_lock_gives_its_number_to_who_comes_back(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    place_an_order(on_call, window)
    (placed,) = desk.orders.values()
    window.new_call()
    window.lock()
    window.call.placed.emit(placed)
    assert in_view(window) is window.sign_in_screen
    on_call.write(PASSWORD)
    on_call.enter()
    assert in_view(window) is window.placed_screen


def test_closing_writes_what_was_typed(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    on_call.press(Qt.Key.Key_F7)
    on_call.write("Ring twice")
    order_id = window.call.order.document.order_id
    window.close()
    assert desk.draft(order_id).delivery.instructions == "Ring twice"


def test_a_draft_is_resumed_from_the_list(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.write("0412")
    on_call.enter()
    first = window.call.order.document.order_id
    on_call.ctrl(Qt.Key.Key_N)
    on_call.ctrl(Qt.Key.Key_B)
    assert in_view(window) is window.drafts_screen
    on_call.enter()
    assert in_view(window) is window.call_screen
    assert window.call.order.document.order_id == first


def test_the_list_opens_at_the_order_put_away_last(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_B)
    on_call.ctrl(Qt.Key.Key_N)
    on_call.write("0412")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_B)
    assert window.drafts_screen.drafts.currentIndex().row() == 0


def test_a_number_that_was_not_given_is_given_from_the_list(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    order = an_order(with_line())
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    desk.shown.clear()
    on_call.ctrl(Qt.Key.Key_B)
    on_call.enter()
    assert in_view(window) is window.placed_screen
    QApplication.processEvents()
    assert desk.shown == [order.order_id]


def test_giving_a_draft_up_asks_why(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_B)
    on_call.ctrl(Qt.Key.Key_Delete)
    on_call.enter()
    assert desk.drafts
    on_call.write("Wrong number")
    on_call.enter()
    assert list(desk.voided.values()) == ["Wrong number"]
    assert not desk.drafts


def test_the_call_bar_tells_how_the_desk_stands(window: MainWindow, desk: FakeDesk) -> None:
    window.status.ask()
    assert "In sync" in words_of_bar(window)
    desk.offline = True
    window.status.ask()
    assert "Working offline" in words_of_bar(window)


def test_being_offline_is_no_notice_and_no_dialog(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.offline = True
    window.status.ask()
    on_call.write("Peter")
    on_call.enter()
    assert not window.notices.notices()
    assert QApplication.activeModalWidget() is None


def test_the_timer_runs_with_the_call(
    on_call: Hands, window: MainWindow, clock: FixedClock
) -> None:
    clock.advance(minutes=3, seconds=42)
    window.on_tick()
    assert "On call  03:42" in words_of_bar(window)


def test_the_palette_trains_the_keys_and_runs_them(on_call: Hands, window: MainWindow) -> None:
    on_call.ctrl(Qt.Key.Key_K)
    on_call.write("fax")
    on_call.enter()
    assert window.call.order.document.channel.value == "fax"
    titles = {command.title: command.key() for command in window.commands()}
    assert titles["Place order"] == "Ctrl+Enter"


def words_of_bar(window: MainWindow) -> list[str]:
    return [part.text() for part in window.bar.findChildren(QLabel)]


def test_the_number_is_shown_said_and_noted_when_an_order_is_placed(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    place_an_order(on_call, window)
    (placed,) = desk.orders.values()
    assert in_view(window) is window.placed_screen
    QApplication.processEvents()
    assert desk.shown == [placed.document.order_id]
    assert window.placed.state.number_is_safe


def test_the_pdf_is_opened_by_its_key(
    on_call: Hands, window: MainWindow, opened: list[str]
) -> None:
    place_an_order(on_call, window)
    on_call.ctrl(Qt.Key.Key_O)
    assert opened == ["/nowhere/confirmation.pdf"]


def test_without_a_printer_the_pdf_is_offered_in_words(on_call: Hands, window: MainWindow) -> None:
    place_an_order(on_call, window)
    on_call.ctrl(Qt.Key.Key_P)
    (notice,) = window.notices.notices()
    assert "no printer" in notice.sentence
    assert "PDF" in notice.sentence


def test_a_refused_order_stays_on_the_screen(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    refusal = Refusal("no_numbers", "There is no order number left at this desk.")
    desk.broken[operations.PLACE_ORDER.name] = refusal
    place_an_order(on_call, window)
    assert in_view(window) is window.call_screen
    assert window.call.state.phase is Phase.TAKING
    assert window.notices.notices()[0].sentence == refusal.sentence


def test_what_was_said_of_an_order_goes_with_it(on_call: Hands, window: MainWindow) -> None:
    window.notices.show_notice(Notice(kind=Kind.WARN, sentence="The read-back is not finished."))
    place_an_order(on_call, window)
    assert in_view(window) is window.placed_screen
    assert not window.notices.notices()


def focusable(window: QWidget) -> list[QWidget]:
    parts = window.findChildren(QWidget)
    return [
        part
        for part in parts
        if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def name_of(part: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(part)
    return "" if interface is None else interface.text(QAccessible.Text.Name)


@pytest.mark.parametrize("key", [Qt.Key.Key_F2, Qt.Key.Key_F3, Qt.Key.Key_F4, Qt.Key.Key_F7])
def test_everything_that_takes_the_keyboard_has_a_name_and_size(
    on_call: Hands, window: MainWindow, key: Qt.Key
) -> None:
    on_call.press(key)
    for part in focusable(window):
        assert name_of(part), part
        if isinstance(part, QLineEdit | QAbstractButton | QComboBox):
            assert part.height() >= TARGET_PX, (part, part.accessibleName())


def test_the_sign_in_and_the_placed_page_are_named_too(on_call: Hands, window: MainWindow) -> None:
    place_an_order(on_call, window)
    assert all(name_of(part) for part in focusable(window))
    on_call.ctrl(Qt.Key.Key_L)
    assert all(name_of(part) for part in focusable(window))


def test_tab_goes_round_and_comes_back(on_call: Hands, window: MainWindow) -> None:
    first = QApplication.focusWidget()
    seen = []
    for _ in range(60):
        on_call.press(Qt.Key.Key_Tab)
        here = QApplication.focusWidget()
        if here is first:
            break
        seen.append(here)
    assert QApplication.focusWidget() is first
    assert len(seen) == len(set(seen))
    assert window.call_screen.items.field.edit in seen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
def test_every_screen_holds_at_every_size(
    on_call: Hands,
    window: MainWindow,
    size: tuple[int, int],
    scheme: theme.Scheme,
    qapp: QApplication,
) -> None:
    theme.apply(qapp, scheme)
    window.resize(*size)
    on_call.write("0412")
    on_call.enter()
    for code in ("47566", "22423", "84879"):
        on_call.write(code)
        on_call.enter()
        on_call.enter()
    for key in (Qt.Key.Key_F2, Qt.Key.Key_F3, Qt.Key.Key_F4, Qt.Key.Key_F7, Qt.Key.Key_F8):
        on_call.press(key)
        assert (window.width(), window.height()) == size
        here = QApplication.focusWidget()
        assert here is not None
        assert not here.visibleRegion().isEmpty(), (key, here.accessibleName())
        assert not overlapping(window)
    read_back(window.call)
    on_call.ctrl(Qt.Key.Key_Return)
    assert in_view(window) is window.placed_screen
    assert not overlapping(window)
    on_call.write("4173029832")
    on_call.ctrl(Qt.Key.Key_Return)
    assert not overlapping(window)
    on_call.ctrl(Qt.Key.Key_I)
    assert in_view(window) is window.protocol_screen
    assert not overlapping(window)


def overlapping(window: QWidget) -> list[tuple[str, str]]:
    """Inputs and buttons of one parent that lie over each other."""
    found = []
    for parent in [window, *window.findChildren(QWidget)]:
        if isinstance(parent, QAbstractScrollArea):
            continue
        parts = [
            child
            for child in parent.children()
            if isinstance(child, QLineEdit | QAbstractButton | QComboBox | QLabel)
            and child.isVisible()
        ]
        found += [
            (one.accessibleName() or one.objectName(), other.accessibleName() or other.objectName())
            for one, other in itertools.combinations(parts, 2)
            if one.geometry().adjusted(1, 1, -1, -1).intersects(other.geometry())
        ]
    return found
