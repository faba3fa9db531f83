"""A lead gives something for the trouble on the page of an order, by keys, and never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PySide6.QtCore import Qt

from app.ui.screens.order.goodwill_presenter import GoodwillStage, GoodwillState
from app.values.errors import Fault, Refusal
from app.values.money import Currency, Money
from app.values.order_life import OrderAct
from app.values.vocabulary import AttemptState
from app.wire.order_operations import ASK_ORDER_PAGE, GIVE_GOODWILL
from app.wire.order_page import MayDo, OrderPage
from app.wire.payments import Payments
from tests.builders import a_link, an_address, an_attempt, an_order, delivered_to, with_line
from tests.ui.screens.fake_changes import show_whose_it_is
from tests.ui.screens.fake_orders import fresh
from tests.ui.stage import open_order_page

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.screens.order.goodwill_panel import GoodwillPanel
    from app.wire.orders import PlacedOrder
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

FOR_A_LEAD = "That is for a lead to decide. I can pass it on."
ANYTHING = tuple(MayDo(act=act) for act in OrderAct)
TOTAL = Money(3 * 495 + 2 * 1_275 + 495, Currency.GBP)
NOTHING = Money(0, Currency.GBP)


@pytest.fixture
def placed(desk: FakeDesk) -> PlacedOrder:
    """An order of which nothing is paid; who is signed in may do anything."""
    order = an_order(
        with_line("47566", 3, "4.95"), with_line("22423", 2, "12.75"), delivered_to(an_address())
    )
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    found = desk.orders[order.order_id]
    tell(desk, found, may=ANYTHING)
    return found


def tell(desk: FakeDesk, placed: PlacedOrder, **different: Any) -> OrderPage:  # noqa: ANN401 - whatever field a test names
    order_id = placed.document.order_id
    page = desk.pages.get(order_id) or fresh(placed)
    desk.pages[order_id] = msgspec.structs.replace(page, **different)
    return desk.pages[order_id]


def pay(desk: FakeDesk, placed: PlacedOrder, payments: Payments, to_pay: Money = NOTHING) -> None:
    page = tell(desk, placed)
    tell(
        desk,
        placed,
        order=msgspec.structs.replace(page.order, payments=payments),
        account=msgspec.structs.replace(page.account, to_pay=to_pay),
    )


@pytest.fixture
def on_page(on_call: Hands, window: MainWindow, placed: PlacedOrder) -> Hands:
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    return on_call


@pytest.fixture
def giving(on_page: Hands, window: MainWindow) -> Hands:
    """V on the page of the order."""
    on_page.press(Qt.Key.Key_V)
    assert state(window).stage is GoodwillStage.WRITING
    return on_page


def state(window: MainWindow) -> GoodwillState:
    return window.changing.giving.state


def panel(window: MainWindow) -> GoodwillPanel:
    found = window.changing._goodwill_panel  # noqa: SLF001 - made once it is wanted
    assert found is not None
    return found


def write(hands: Hands, amount: str, reason: str = "It came late.") -> None:
    hands.write(amount)
    hands.enter()
    hands.write(reason)


@pytest.mark.parametrize("typed", ["5", "5.00", "£5"])
def test_an_amount_as_people_type_it_and_a_reason_are_given_with_ctrl_enter(
    giving: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder, typed: str
) -> None:
    assert giving.place() == "Amount"
    write(giving, typed)
    asked = desk.calls[ASK_ORDER_PAGE.name]
    giving.ctrl(Qt.Key.Key_Return)
    (given,) = desk.goodwills.values()
    assert given.order_id == placed.document.order_id
    assert (given.amount, given.reason) == (Money(500, Currency.GBP), "It came late.")
    assert state(window).stage is GoodwillStage.DONE
    assert state(window).told == "£5.00 is given: £5.00 is sent back by a person, by hand."
    assert desk.calls[ASK_ORDER_PAGE.name] == asked + 1


@pytest.mark.parametrize(
    ("typed", "reason", "why"),
    [
        ("", "Late", "Please say how much is given."),
        ("0", "Late", "Please say how much is given."),
        ("five", "Late", "That is not an amount."),
        ("$5", "Late", "Amounts of this order are in GBP."),
        ("4.755", "Late", "An amount has at most two decimal places."),
        ("5", "   ", "Please say what it is given for."),
        ("1000", "Late", f"That is more than the order comes to: {TOTAL} is left of it."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_sent(
    giving: Hands, window: MainWindow, desk: FakeDesk, typed: str, reason: str, why: str
) -> None:
    write(giving, typed, reason)
    assert panel(window).do_button.toolTip() == why
    giving.ctrl(Qt.Key.Key_Return)
    assert panel(window).problem() == why
    assert not desk.goodwill_asked


TAKEN = an_attempt(
    TOTAL, AttemptState.CAPTURED, captured=TOTAL, refunded=NOTHING, brand="Visa", last_four="4242"
)
HELD = an_attempt(TOTAL, brand="Visa", last_four="4242")


@pytest.mark.parametrize(
    ("payments", "to_pay", "said"),
    [
        (Payments(attempts=(TAKEN,)), NOTHING, "£4.75 goes back to Visa ending 4242"),
        (
            Payments(attempts=(HELD,)),
            NOTHING,
            "£4.75 of what Visa ending 4242 has authorised is not taken",
        ),
        (Payments(), TOTAL, "£4.75 is taken off what is still to be paid"),
        (
            Payments(attempts=(TAKEN,)),
            Money(75, Currency.GBP),
            "£4.00 goes back to Visa ending 4242; £0.75 is taken off what is still to be paid",
        ),
    ],
)
def test_what_will_happen_is_said_as_far_as_the_account_tells(
    on_call: Hands,
    window: MainWindow,
    desk: FakeDesk,
    placed: PlacedOrder,
    payments: Payments,
    to_pay: Money,
    said: str,
) -> None:
    pay(desk, placed, payments, to_pay)
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    on_call.press(Qt.Key.Key_V)
    on_call.write("4.75")
    assert state(window).foretold == f"As the account stands, {said}."


def test_where_the_page_does_not_tell_how_it_goes_back_nothing_is_promised(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    pay(desk, placed, Payments(links=(a_link(),)))
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    on_call.press(Qt.Key.Key_V)
    on_call.write("4.75")
    assert state(window).foretold == "£4.75 is given. How it goes back is not known here."


def test_a_refusal_is_said_in_the_panel_which_stays_open(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.broken[GIVE_GOODWILL.name] = Refusal("order_cancelled", "This order is cancelled.")
    write(giving, "5")
    giving.ctrl(Qt.Key.Key_Return)
    assert (state(window).stage, state(window).amount_text) == (GoodwillStage.WRITING, "5")
    assert panel(window).problem() == "This order is cancelled."
    giving.write(" Sorry.")
    assert panel(window).problem() == ""


def test_while_it_is_sent_the_button_says_so_and_the_key_does_nothing(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    write(giving, "5")
    seen: list[str] = []

    def press_again() -> None:
        seen.append(panel(window).do_button.words())
        giving.ctrl(Qt.Key.Key_Return)
        giving.write("!")

    desk.meanwhile = press_again
    giving.ctrl(Qt.Key.Key_Return)
    assert seen == ["One moment \u2026"]
    (asked,) = desk.goodwill_asked
    assert asked.reason == "It came late."


def test_an_answer_that_is_lost_and_the_key_once_more_give_it_once(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    write(giving, "5")
    desk.lose_answer = True
    giving.ctrl(Qt.Key.Key_Return)
    assert state(window).is_unsure
    assert "does not give it twice" in panel(window).problem()
    giving.ctrl(Qt.Key.Key_Return)
    assert state(window).stage is GoodwillStage.DONE
    assert len(desk.goodwill_asked) == 2
    assert len(desk.goodwills) == 1


def test_it_is_gone_on_with_though_the_panel_was_closed_meanwhile(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    write(giving, "5")
    desk.lose_answer = True
    giving.ctrl(Qt.Key.Key_Return)
    giving.press(Qt.Key.Key_Escape)
    giving.press(Qt.Key.Key_V)
    assert (state(window).amount_text, state(window).reason) == ("£5.00", "It came late.")
    giving.ctrl(Qt.Key.Key_Return)
    assert len(desk.goodwills) == 1


def test_another_amount_after_a_lost_answer_is_told_what_was_given(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    write(giving, "5")
    desk.lose_answer = True
    giving.ctrl(Qt.Key.Key_Return)
    window.changing.giving.set_amount("4")
    giving.ctrl(Qt.Key.Key_Return)
    assert state(window).stage is GoodwillStage.DONE
    assert state(window).told == "£5.00 was given already, and nothing more is given now."
    assert len(desk.goodwills) == 1


def test_a_refusal_after_a_lost_answer_does_not_make_a_second_one_of_it(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    write(giving, "5")
    desk.lose_answer = True
    giving.ctrl(Qt.Key.Key_Return)
    desk.broken[GIVE_GOODWILL.name] = Refusal(
        "permission_missing", "You are not allowed to do this."
    )
    giving.ctrl(Qt.Key.Key_Return)
    del desk.broken[GIVE_GOODWILL.name]
    giving.ctrl(Qt.Key.Key_Return)
    assert state(window).stage is GoodwillStage.DONE
    assert len(desk.goodwills) == 1


def test_a_fault_leaves_it_open_whether_it_was_given(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.broken[GIVE_GOODWILL.name] = Fault("broken", "Something broke.", "K7Q2")
    write(giving, "5")
    giving.ctrl(Qt.Key.Key_Return)
    assert state(window).is_unsure
    assert window.notices.notices()[-1].incident == "K7Q2"


def test_two_on_purpose_are_two(giving: Hands, desk: FakeDesk) -> None:
    for _ in range(2):
        write(giving, "5")
        giving.ctrl(Qt.Key.Key_Return)
        giving.press(Qt.Key.Key_Escape)
        giving.press(Qt.Key.Key_V)
    assert len(desk.goodwills) == 2


def test_what_comes_of_it_is_told_though_the_panel_was_put_away(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    def look_again() -> None:
        giving.press(Qt.Key.Key_Escape)
        giving.press(Qt.Key.Key_V)
        assert state(window).stage is GoodwillStage.SENDING
        giving.press(Qt.Key.Key_Escape)

    desk.meanwhile = look_again
    write(giving, "5")
    giving.ctrl(Qt.Key.Key_Return)
    assert state(window).stage is GoodwillStage.CLOSED
    assert window.notices.notices()[-1].sentence.startswith("£5.00 is given")


def test_esc_leaves_the_panel_and_then_the_page(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    giving.press(Qt.Key.Key_Escape)
    assert state(window).stage is GoodwillStage.CLOSED
    assert window.pages.currentWidget() is window.pages.order
    assert giving.place() == "Lines"
    giving.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.call_screen
    assert not desk.goodwill_asked


def test_it_closes_when_another_order_is_shown(
    giving: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    order = an_order(with_line("47566", 1, "4.95"), delivered_to(an_address()))
    other = msgspec.structs.replace(order, order_id=window.changing._means.ids.new())  # noqa: SLF001 - another id
    desk.has_ordered(desk.customers[0], other, days_ago=0)
    window.trips.show_order_of(desk.orders[other.order_id])
    assert state(window).stage is GoodwillStage.CLOSED


def test_one_panel_at_a_time_is_open(giving: Hands, window: MainWindow) -> None:
    window.pages.order.table.setFocus()
    giving.press(Qt.Key.Key_X)
    assert state(window).stage is GoodwillStage.CLOSED
    cancelling = window.changing.cancelling
    window.pages.order.story.setFocus()
    giving.press(Qt.Key.Key_V)
    assert state(window).stage is GoodwillStage.WRITING
    assert cancelling.state.stage.value == "closed"
    assert giving.place() == "Amount"
    giving.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.order


def test_whom_it_is_not_allowed_is_told_why(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    may = [MayDo(act=OrderAct.GOODWILL, obstacle=FOR_A_LEAD)]
    tell(desk, placed, may=(*ANYTHING[:1], *may))
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    on_call.press(Qt.Key.Key_V)
    assert state(window).stage is GoodwillStage.CLOSED
    assert window.notices.notices()[-1].sentence == FOR_A_LEAD
    (command,) = [c for c in window.pages.order.commands() if c.title == "Give goodwill"]
    assert command.reason_why_not == FOR_A_LEAD


def test_below_many_lines_it_is_brought_into_view(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    lines = [with_line("47566", 1 + at, "4.95") for at in range(30)]
    order = an_order(*lines, delivered_to(an_address()))
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    placed = desk.orders[order.order_id]
    tell(desk, placed, may=ANYTHING)
    window.resize(1_366, 768)
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    on_call.press(Qt.Key.Key_V)
    button = panel(window).do_button
    assert button.visibleRegion().boundingRect() == button.rect()


def test_what_can_be_done_names_the_key(giving: Hands, window: MainWindow) -> None:
    assert ("Give goodwill", "") in window.pages.order.acts.told()
