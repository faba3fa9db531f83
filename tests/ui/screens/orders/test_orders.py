"""The Orders screen: finding as one types, going further back, and a number with a slip in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication

from app.ui.background import Background, Lane, Question
from app.ui.order_words import AT_DESK, state_look
from app.ui.screens.orders import words
from app.ui.screens.orders.presenter import OrdersPresenter
from app.ui.screens.orders.screen import OrdersScreen
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.order_life import Fulfilment, OrderState
from app.wire.order_search import FoundOrder, Meaning, OrderPlace, OrdersLookedUp, OtherReading
from app.wire.orders import PlacedOrder
from tests.builders import A_MORNING, an_id, an_order, with_line
from tests.fakes import FixedClock
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_order_search import PAGE, a_found
from tests.ui.stage import Hands

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from tests.ui.screens.fake_desk import FakeDesk


@pytest.fixture
def page(
    qapp: QApplication, desk: FakeDesk, inline: Background, clock: FixedClock
) -> Iterator[OrdersScreen]:
    """The screen, asking without a pause; sixty orders of one customer, one of another."""
    del qapp
    desk.found.rows = [*(a_found(at) for at in range(1, 61)), a_found(61, customer_name="Zoe Hall")]
    presenter = OrdersPresenter(desk, inline, clock, search_ms=0)
    screen = OrdersScreen(presenter)
    presenter.setParent(screen)
    screen.resize(1366, 700)
    screen.show()
    screen.activateWindow()
    screen.begin()
    QApplication.processEvents()
    yield screen
    screen.close()
    screen.deleteLater()
    QCoreApplication.sendPostedEvents(screen, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def orders(page: OrdersScreen) -> Hands:
    return Hands(page)


@pytest.fixture
def opened_orders(page: OrdersScreen) -> list[FoundOrder]:
    """The orders that were opened."""
    opened: list[FoundOrder] = []
    page.presenter.order_chosen.connect(opened.append)
    return opened


def known(desk: FakeDesk, at: int, **different: str) -> FoundOrder:
    """One that has a page, too."""
    found = a_found(at, **different)
    document = msgspec.structs.replace(an_order(with_line("22423")), order_id=found.order_id)
    desk.has_ordered(desk.customers[0], document, days_ago=at)
    desk.orders[found.order_id] = msgspec.structs.replace(
        desk.orders[found.order_id], number=found.number
    )
    return found


def shown(page: OrdersScreen) -> tuple[FoundOrder, ...]:
    return page.table.rows().rows()


class TestInTheWindow:
    @pytest.fixture
    def there(self, on_call: Hands, window: MainWindow, desk: FakeDesk) -> Hands:
        """Found from a call, by one key."""
        desk.found.rows = [known(desk, 1, customer_name="Zoe Hall")]
        on_call.ctrl(Qt.Key.Key_F)
        assert on_call.place() == "Find an order"
        presenter = window.pages.orders.presenter
        presenter.search("zoe")
        presenter.refresh()
        return on_call

    def test_enter_leads_to_the_order_and_escape_back(
        self, there: Hands, window: MainWindow
    ) -> None:
        assert window.pages.currentWidget() is window.pages.orders
        there.enter()
        assert window.pages.currentWidget() is window.pages.order
        there.press(Qt.Key.Key_Escape)
        assert window.pages.currentWidget() is window.pages.orders
        there.press(Qt.Key.Key_Escape)
        assert window.pages.currentWidget() is window.call_screen


class TestFinding:
    def test_shows_the_newest_as_one_types(self, orders: Hands, page: OrdersScreen) -> None:
        orders.write("thomp")
        assert [row.number for row in shown(page)] == [
            a_found(at).number for at in range(1, PAGE + 1)
        ]
        summary, warning, _ = page.told()
        assert summary == "The newest 25 orders, found by: Name"
        assert warning == ""

    def test_enter_opens_the_only_order(
        self, orders: Hands, opened_orders: list[FoundOrder]
    ) -> None:
        orders.write("zoe")
        orders.enter()
        assert [one.customer_name for one in opened_orders] == ["Zoe Hall"]

    def test_of_several_none_is_chosen_by_enter_alone(
        self, orders: Hands, opened_orders: list[FoundOrder]
    ) -> None:
        orders.write("thompson")
        orders.enter()
        assert opened_orders == []
        assert orders.place() == "Orders"
        orders.press(Qt.Key.Key_Down)
        orders.enter()
        assert [one.number for one in opened_orders] == [a_found(2).number]

    def test_goes_further_back_below_the_last_row_and_up_to_the_field(
        self, orders: Hands, page: OrdersScreen
    ) -> None:
        orders.write("thompson")
        orders.press(Qt.Key.Key_Down)
        orders.press(Qt.Key.Key_End)
        assert len(shown(page)) == 2 * PAGE
        orders.press(Qt.Key.Key_End)
        assert len({row.order_id for row in shown(page)}) == len(shown(page)) == 60
        orders.press(Qt.Key.Key_Home)
        orders.press(Qt.Key.Key_Up)
        assert orders.place() == "Find an order"

    def test_finds_nothing_in_words(self, orders: Hands, page: OrdersScreen) -> None:
        orders.write("nobody")
        assert "There is no such order." in page.told()[2]

    def test_asks_for_more_where_the_text_says_too_little(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        desk.found.answers["x"] = OrdersLookedUp(text="x")
        orders.write("x")
        assert "Type a little more" in page.told()[2]

    def test_takes_the_text_for_something_else_by_a_key(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        others = (OtherReading(reading=1, meaning=Meaning.PRODUCT),)
        rose = OrdersLookedUp(text="rose", meaning=Meaning.NAME, others=others)
        desk.found.answers["rose"] = rose
        orders.write("rose")
        assert [one.words() for one in page.other_buttons] == ["As: Product"]
        orders.press(
            Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        )
        assert desk.found.requests[-1].reading == 1

    def test_says_how_far_back_it_looked(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        desk.found.answers["mug"] = OrdersLookedUp(
            text="mug",
            meaning=Meaning.PRODUCT,
            searched_to=A_MORNING,
            more=_place(a_found(3)),
        )
        orders.write("mug")
        _, _, below = page.told()
        assert "Looked through all orders back to 10:30, Fri 20 Nov" in below
        orders.press(Qt.Key.Key_PageDown)
        assert desk.found.requests[-1].after == _place(a_found(3))

    def test_a_card_number_is_asked_of_nobody(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        orders.write("4111111111111111")
        assert page.field.text() == ""
        assert "card fields only" in page.told()[1]
        assert all("4111111111111111" not in one.text for one in desk.found.requests)


def _place(order: FoundOrder) -> OrderPlace:
    return OrderPlace(placed_at=order.placed_at, order_id=order.order_id)


class TestANumberWithASlip:
    def test_is_offered_with_words_to_say_and_opens_nothing(
        self, orders: Hands, page: OrdersScreen, opened_orders: list[FoundOrder]
    ) -> None:
        number = a_found(7).number
        orders.write(number[:4] + number[5] + number[4] + number[6:])
        wrong, say = page.slip.words()
        assert "has a wrong digit. One order is a single slip away." in wrong
        assert "digit by digit" in say
        assert number[6:] not in say
        orders.enter()
        assert opened_orders == []

    def test_is_taken_once_the_caller_has_said_it_again(
        self, orders: Hands, page: OrdersScreen, opened_orders: list[FoundOrder]
    ) -> None:
        number = a_found(2).number
        orders.write(number[:4] + str((int(number[4]) + 1) % 10) + number[5:])
        orders.press(Qt.Key.Key_Down)
        assert page.slip.buttons[0].hasFocus()
        orders.press(Qt.Key.Key_Up)
        assert page.field.edit.hasFocus()
        orders.press(Qt.Key.Key_Down)
        orders.enter()
        assert [row.number for row in shown(page)] == [number]
        assert page.slip.isHidden()
        orders.enter()
        assert [one.number for one in opened_orders] == [number]

    def test_of_no_order_is_said_too(self, orders: Hands, page: OrdersScreen) -> None:
        orders.write("4173029832")
        wrong, say = page.slip.words()
        assert wrong == "As an order number 417 302 9832 has a wrong digit."
        assert "digit by digit" in say
        assert page.slip.buttons == ()


class TestWithoutTheCentre:
    def test_it_is_said_that_only_this_desk_was_looked_at(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        sentence = "Only orders that were placed at this desk are looked through."
        own = an_order(with_line("TEA-1"))
        row = a_found(1, order_id=own.order_id, state="", waits_here=True)
        desk.found.answers["ann"] = OrdersLookedUp(
            text="ann", meaning=Meaning.NAME, orders=(row,), only_here=True, sentence=sentence
        )
        orders.write("ann")
        assert page.told()[1] == sentence
        assert words.how_it_stands(shown(page)[0]) == state_look(AT_DESK)

    def test_an_order_that_waits_here_is_opened_from_this_desk(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        row = msgspec.structs.replace(known(desk, 70), state="", waits_here=True)
        desk.found.answers["ann"] = OrdersLookedUp(text="ann", meaning=Meaning.NAME, orders=(row,))
        placed: list[PlacedOrder] = []
        page.presenter.placed_chosen.connect(placed.append)
        orders.write("ann")
        orders.enter()
        assert [one.number for one in placed] == [row.number]

    def test_a_refusal_stands_on_the_screen(
        self, orders: Hands, page: OrdersScreen, desk: FakeDesk
    ) -> None:
        desk.broken["orders.look_up"] = Refusal("permission_missing", "You are not allowed to.")
        orders.write("ann")
        assert page.told()[1] == "You are not allowed to."


_Then = Callable[[object], None]


class Waiting:
    """Keeps what is asked until the test answers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[_Then, Question | None, Callable[[], object]]] = []

    def run(
        self,
        lane: Lane,
        work: Callable[[], object],
        *,
        owner: QObject,
        then: Callable[[object], None],
        failed: Callable[[Refusal | Fault], None],
        question: Question | None = None,
    ) -> None:
        del owner, failed
        assert lane is not Lane.WRITE
        self.asked.append((then, question, work))

    def close(self) -> None:
        """Nothing to end."""

    def answer(self, at: int) -> None:
        then, question, work = self.asked[at]
        if question is None or not question.is_stale():
            then(work())


class TestAnswersThatComeLate:
    @pytest.fixture
    def waiting(self) -> Waiting:
        return Waiting()

    @pytest.fixture
    def presenter(
        self, qapp: QApplication, desk: FakeDesk, waiting: Waiting, clock: FixedClock
    ) -> OrdersPresenter:
        del qapp
        desk.found.rows = [a_found(1), a_found(2, customer_name="Zoe Hall")]
        background: Background = waiting  # type: ignore[assignment] # generic there, one kind here
        return OrdersPresenter(desk, background, clock, search_ms=0)

    def test_to_an_older_question_are_dropped(
        self, presenter: OrdersPresenter, waiting: Waiting
    ) -> None:
        presenter.search("thomp")
        presenter.search("zoe")
        waiting.answer(1)
        waiting.answer(0)
        assert [row.customer_name for row in presenter.state.orders] == ["Zoe Hall"]

    def test_to_a_field_that_was_emptied_are_dropped(
        self, presenter: OrdersPresenter, waiting: Waiting
    ) -> None:
        presenter.search("thomp")
        presenter.search("")
        waiting.answer(0)
        assert presenter.state.orders == ()

    def test_open_the_only_order_when_enter_came_before(
        self, presenter: OrdersPresenter, waiting: Waiting
    ) -> None:
        chosen: list[FoundOrder] = []
        presenter.order_chosen.connect(chosen.append)
        presenter.search("zoe")
        assert presenter.enter()
        waiting.answer(0)
        assert [one.customer_name for one in chosen] == ["Zoe Hall"]

    def test_open_nothing_when_typing_went_on(
        self, presenter: OrdersPresenter, waiting: Waiting
    ) -> None:
        chosen: list[FoundOrder] = []
        presenter.order_chosen.connect(chosen.append)
        presenter.search("zo")
        presenter.enter()
        presenter.search("zoe")
        waiting.answer(0)
        waiting.answer(1)
        assert chosen == []


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("size", [(1366, 768), (900, 620), (640, 420)])
def test_everything_has_a_name_a_size_and_room(
    orders: Hands, page: OrdersScreen, desk: FakeDesk, size: tuple[int, int]
) -> None:
    states = [*OrderState, "something newer"]
    ways = list(Fulfilment)
    desk.found.rows = [
        a_found(at, state=states[at % len(states)], fulfilment=ways[at % len(ways)])
        for at in range(30)
    ]
    page.resize(*size)
    orders.write("thompson")
    QApplication.processEvents()
    assert nameless(page) == []
    assert too_small(page) == []
    assert cut_off(page) == []
    assert OrderId(an_id(5_000)) == shown(page)[0].order_id
