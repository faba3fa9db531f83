"""The call screen driven by key events, as a CSR would."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from app.ui.screens.call.customer_state import Mode
from app.ui.screens.call.state import Phase
from app.ui.widgets.fields import ChoiceField
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands, read_back

FIVE_LINES = (("22423", "12"), ("47566", "15"), ("84879", "16"), ("20725", "10"), ("22720", "2"))
NEEDED_KEYS = 120
MOST_KEYS = 140
"""For a new customer and five lines. Source: facts/ux-and-law.md, sections 2 and 7."""


def take_lines(hands: Hands) -> None:
    for code, quantity in FIVE_LINES:
        hands.write(code)
        hands.enter()
        hands.write(quantity)
        hands.enter()


def test_a_whole_order_of_a_new_customer_takes_few_keys(on_call: Hands, window: MainWindow) -> None:
    on_call.write("Eleanor Whitcombe")
    on_call.enter()
    on_call.write("07700900123")
    on_call.enter()
    on_call.write("e.whitcombe@example.org")
    on_call.enter()
    take_lines(on_call)
    on_call.enter()
    on_call.write("ls63aa")
    on_call.enter()
    on_call.write("14")
    on_call.enter()
    on_call.write("Mill Lane")
    on_call.enter()
    read_back(window.call)
    on_call.ctrl(Qt.Key.Key_Return)
    placed = window.placed.state.placed
    assert placed is not None
    assert [line.quantity for line in placed.document.lines] == [12, 15, 16, 10, 2]
    assert placed.document.deliver_to is not None
    assert placed.document.deliver_to.city == "Leeds"
    assert on_call.keys == NEEDED_KEYS <= MOST_KEYS


def test_a_known_customer_is_chosen_by_the_last_digits_and_enter(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.write("0412")
    on_call.enter()
    document = window.call.order.document
    assert document.customer is not None
    assert document.customer.name == "Margaret Thompson"
    assert document.deliver_to is not None
    assert on_call.place() == "Find an item"


def test_a_line_takes_its_code_enter_its_quantity_enter(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.keys = 0
    on_call.write("85123A")
    on_call.enter()
    assert on_call.place() == "Quantity"
    on_call.write("7")
    on_call.enter()
    assert on_call.keys == 9
    assert on_call.place() == "Find an item"
    assert window.call.order.document.lines[0].quantity == 7


def test_a_code_that_was_refused_is_replaced_by_the_next(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("99999")
    on_call.enter()
    on_call.write("47566")
    on_call.enter()
    assert [line.code for line in window.call.order.document.lines] == ["47566"]


def test_a_told_price_and_its_reason_are_typed_without_the_mouse(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("47566")
    on_call.enter()
    on_call.write("3")
    on_call.press(Qt.Key.Key_Tab)
    on_call.write("4.50")
    on_call.enter()
    assert on_call.place() == "Reason"
    on_call.write("price match")
    on_call.enter()
    (line,) = window.call.order.document.lines
    assert (line.quantity, str(line.told_price), line.told_reason) == (3, "£4.50", "price match")
    assert on_call.place() == "Find an item"


def test_a_line_is_changed_from_the_table(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F3)
    for code in ("47566", "22423"):
        on_call.write(code)
        on_call.enter()
        on_call.enter()
    on_call.press(Qt.Key.Key_Down)
    on_call.press(Qt.Key.Key_Up)
    on_call.press(Qt.Key.Key_Down)
    on_call.enter()
    on_call.write("9")
    on_call.enter()
    assert sorted(line.quantity for line in window.call.order.document.lines) == [1, 9]


def test_what_was_marked_is_heard(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("hanging")
    on_call.press(Qt.Key.Key_Down)
    heard = window.call_screen.items.field.edit.accessibleDescription()
    assert "21733" in heard
    assert "sound alike" in heard


def test_a_refused_quantity_keeps_the_keyboard_with_its_sentence(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("85123A")
    on_call.enter()
    on_call.write("0")
    on_call.enter()
    assert on_call.place() == "Quantity"
    problem = window.call.lines.state.problem
    assert problem is not None
    assert problem.sentence in window.call_screen.items.editor.quantity.edit.accessibleDescription()


def test_the_same_code_twice_asks_and_enter_puts_them_together(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    for quantity in ("3", "5"):
        on_call.write("47566")
        on_call.enter()
        if window.call.lines.state.question is not None:
            on_call.enter()
        on_call.write(quantity)
        on_call.enter()
    lines = window.call.order.document.lines
    assert [(line.code, line.quantity) for line in lines] == [("47566", 5)]


def test_ctrl_z_takes_back_the_last_line_from_any_field(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("47566")
    on_call.enter()
    on_call.write("3")
    on_call.enter()
    on_call.press(Qt.Key.Key_F7)
    on_call.ctrl(Qt.Key.Key_Z)
    assert not window.call.order.document.lines
    on_call.ctrl(Qt.Key.Key_Y)
    assert len(window.call.order.document.lines) == 1


def test_ctrl_d_and_ctrl_del_act_on_the_line_under_the_cursor(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("47566")
    on_call.enter()
    on_call.write("3")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_D)
    assert [line.quantity for line in window.call.order.document.lines] == [3, 3]
    on_call.press(Qt.Key.Key_Escape)
    on_call.ctrl(Qt.Key.Key_Delete)
    assert len(window.call.order.document.lines) == 1


def test_f6_goes_round_the_panes_in_the_order_of_the_talk(
    on_call: Hands, window: MainWindow
) -> None:
    places = []
    for _ in range(5):
        on_call.press(Qt.Key.Key_F6)
        places.append(on_call.place())
    assert places == [
        "Find an item",
        "Postcode",
        "Delivery instructions",
        "Read-back",
        "Telephone, name or postcode",
    ]


def test_tab_goes_through_the_address_as_it_stands(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F4)
    reached: list[str] = []
    while not reached or reached[-1] != "-country":
        on_call.press(Qt.Key.Key_Tab)
        here = QApplication.focusWidget()
        parent = here.parentWidget() if here is not None else None
        reached.append(parent.objectName() if parent is not None else "")
        assert len(reached) < 10
    assert reached == [
        "-house",
        "-name",
        "-organisation",
        "-street-1",
        "-street-2",
        "-city",
        "-country",
    ]


def test_enter_leads_to_an_area_that_is_still_to_be_chosen(
    on_call: Hands, window: MainWindow
) -> None:
    form = window.call_screen.delivery.form
    on_call.press(Qt.Key.Key_F4)
    window.call.delivery_address.set_country("HK")
    on_call.press(Qt.Key.Key_F4)
    area = form.findChild(ChoiceField, "-area")
    assert area is not None
    assert area.edit.hasFocus()


def test_escape_leaves_a_form_and_keeps_what_was_typed(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F4)
    on_call.write("LS6 3AA")
    on_call.press(Qt.Key.Key_Escape)
    address = window.call.order.document.deliver_to
    assert address is not None
    assert address.postcode == "LS6 3AA"
    assert not window.call.delivery_address.state.editing


def test_ctrl_enter_says_what_is_missing_and_places_nothing(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.ctrl(Qt.Key.Key_Return)
    assert not desk.orders
    (notice,) = window.notices.notices()
    assert "customer name" in notice.sentence
    assert not window.call_screen.side.place.isEnabled()


def test_enter_in_an_empty_finder_goes_to_what_is_missing(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.enter()
    assert on_call.place() == "Telephone, name or postcode"


def test_card_digits_in_the_note_are_masked_in_the_field_and_in_the_order(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.press(Qt.Key.Key_F7)
    on_call.write("card 4242 4242 4242 4242")
    instructions = window.call.order.document.delivery.instructions
    assert "4242" not in instructions
    assert instructions.startswith("card ")
    assert "4242" not in window.call_screen.notes.fields["instructions"].text()  # type: ignore[index] # the enum is its value
    window.call.keeper.save_now()
    assert all(b"4242" not in body for body in desk.drafts.values())


def test_offline_a_customer_is_typed_in_by_the_same_enter(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.offline = True
    on_call.write("Peter Marsh")
    on_call.enter()
    state = window.call.customer.state
    assert state.mode is Mode.TYPING
    assert state.customer is not None
    assert state.customer.name == "Peter Marsh"
    assert on_call.place() == "Telephone"


def test_a_repeated_order_is_asked_about_and_told_in_a_notice(
    on_call: Hands, window: MainWindow, desk: FakeDesk, a_past_order: None
) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_R)
    assert window.call.state.asking_to_repeat is not None
    on_call.enter()
    codes = [line.code for line in window.call.order.document.lines]
    assert codes == ["22423", "47566"]
    (notice,) = window.notices.notices()
    assert "1 costs more than then" in notice.sentence
    assert "OLD-1" in notice.sentence


def test_a_second_call_begins_empty_after_the_first_is_placed(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.write("0412")
    on_call.enter()
    take_lines(on_call)
    read_back(window.call)
    for _ in ("place it", "end the call", "end it though steps are open"):
        on_call.ctrl(Qt.Key.Key_Return)
    assert window.call.state.phase is Phase.TAKING
    assert not window.call.order.document.lines
    assert window.call.order.document.deliver_to is None
    assert on_call.place() == "Telephone, name or postcode"


def test_a_quantity_typed_without_enter_counts_when_the_order_is_placed(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.write("85123A")
    on_call.enter()
    on_call.write("7")
    on_call.ctrl(Qt.Key.Key_Return)
    read_back(window.call)
    on_call.ctrl(Qt.Key.Key_Return)
    placed = window.placed.state.placed
    assert placed is not None
    assert [line.quantity for line in placed.document.lines] == [7]


def test_a_quantity_that_is_refused_keeps_the_order_from_being_placed(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.write("85123A")
    on_call.enter()
    on_call.write("0")
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is None
    assert on_call.place() == "Quantity"


def test_a_price_typed_without_a_reason_keeps_the_order_from_being_placed(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.write("0412")
    on_call.enter()
    on_call.write("85123A")
    on_call.enter()
    on_call.press(Qt.Key.Key_Tab)
    on_call.write("1.00")
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is None
    assert on_call.place() == "Reason"


def test_leaving_the_quantity_for_another_pane_keeps_what_was_typed(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F3)
    on_call.write("85123A")
    on_call.enter()
    on_call.write("7")
    on_call.press(Qt.Key.Key_F4)
    assert window.call.order.document.lines[0].quantity == 7


def test_what_a_wrong_town_should_be_is_one_key_away(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F4)
    on_call.write("LS6 3AA")
    on_call.enter()
    window.call.delivery_address.set_text("city", "York")
    window.call.delivery_address.finish_field("city")
    use = window.call_screen.delivery.form.use
    assert use.isVisible()
    assert use.words() == "Use Leeds"
    use.setFocus()
    on_call.enter()
    address = window.call.order.document.deliver_to
    assert address is not None
    assert address.city == "Leeds"


def test_what_is_odd_about_an_order_is_asked_about_and_stands_in_nobodys_way(
    on_call: Hands, window: MainWindow, desk: FakeDesk, qtbot: QtBot
) -> None:
    desk.stock.level("47566", 100_000)
    on_call.write("0412")
    on_call.enter()
    on_call.write("47566")
    on_call.enter()
    on_call.write("80995")
    on_call.enter()
    qtbot.waitUntil(lambda: bool(window.call.state.cautions))
    assert "80,995" in window.call.state.cautions[0].sentence
    assert window.call.state.is_complete
