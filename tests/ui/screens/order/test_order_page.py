"""The order page by keys: what is shown, what can be done, and what is kept back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.ui import formatting, theme
from app.ui.order_watch import ASKED_EVERY
from app.ui.screens.order import words
from app.values.errors import Unreachable
from app.values.money import Currency, Money
from app.values.order_life import Fulfilment, IdentityLevel, OrderAct
from app.wire.operations import MAKE_PAPER
from app.wire.order_operations import ASK_ORDER_PAGE
from app.wire.order_page import Editing, Happened, LineStanding, MayDo, OrderPage
from tests.builders import (
    A_MORNING,
    a_customer,
    an_address,
    an_order,
    changed,
    delivered_to,
    with_line,
)
from tests.ui.looks import nameless, too_small
from tests.ui.screens.fake_orders import fresh
from tests.ui.stage import open_order_page, place_an_order

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.screens.order.screen import OrderScreen
    from app.wire.orders import PlacedOrder
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

AWAY = Unreachable("unreachable", "The central service does not answer.")


@pytest.fixture
def placed(desk: FakeDesk) -> PlacedOrder:
    """An order of two lines that the centre has."""
    order = an_order(
        with_line("47566", 3, "4.95"),
        with_line("22423", 2, "12.75"),
        delivered_to(an_address()),
        changed(customer=a_customer(), internal_note="Ring twice."),
    )
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    found = desk.orders[order.order_id]
    desk.orders[order.order_id] = msgspec.structs.replace(
        found, document=msgspec.structs.replace(found.document, customer=a_customer())
    )
    return desk.orders[order.order_id]


def tell(desk: FakeDesk, placed: PlacedOrder, **different: Any) -> OrderPage:  # noqa: ANN401 - whatever field a test names
    """The page of the order with something else than at first."""
    order_id = placed.document.order_id
    page = desk.pages.get(order_id) or fresh(placed)
    desk.pages[order_id] = msgspec.structs.replace(page, **different)
    return desk.pages[order_id]


def show_whose_it_is(hands: Hands, window: MainWindow, placed: PlacedOrder) -> None:
    """The caller answers until everything may be told."""
    assert window.order_identity.box.answer.isVisible()
    for answer in (placed.number, "LS6 3AA", "Margaret Thompson"):
        if not window.pages.order.table.isVisible():
            hands.write(answer)
            hands.enter()


@pytest.fixture
def order(on_call: Hands, window: MainWindow, placed: PlacedOrder) -> Hands:
    """The page of the order in view, asked for by its number."""
    open_order_page(on_call, placed.number)
    show_whose_it_is(on_call, window, placed)
    assert window.pages.currentWidget() is window.pages.order
    return on_call


def hear(window: MainWindow, desk: FakeDesk) -> None:
    """The desk was told something about its orders."""
    desk.decided += 1
    window.status.ask()


def page(window: MainWindow) -> OrderScreen:
    return window.pages.order


def words_on(widget: QWidget) -> str:
    shown = [one.text() for one in widget.findChildren(QLabel) if one.isVisible()]
    return "\n".join(shown)


def test_it_is_found_by_its_number_and_the_keyboard_is_in_the_lines(
    order: Hands, window: MainWindow, placed: PlacedOrder
) -> None:
    assert order.place() == "Lines"
    shown = words_on(page(window))
    assert page(window).header.shown_number().replace(" ", "") == placed.number
    for said in ("Accepted", "Not at the warehouse yet", "Dana Okafor", "Margaret Thompson"):
        assert said in shown
    assert "Ring twice." in shown
    assert [one.quantity for one in page(window).table.rows().rows()] == [3, 2]
    assert "The order was placed by telephone" in page(window).story.toPlainText()


def test_esc_comes_back_to_the_call_where_it_was(order: Hands, window: MainWindow) -> None:
    order.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.call_screen


def test_a_slip_in_the_number_is_told_beside_it(
    on_call: Hands, window: MainWindow, placed: PlacedOrder
) -> None:
    window.trips.ask_for_order()
    last = "0" if placed.number[-1] != "0" else "1"
    on_call.write(placed.number[:-1] + last)
    on_call.enter()
    problem = page(window).header.number.message()
    assert problem is not None
    assert problem.sentence
    assert on_call.place() == "Order number"


def test_what_can_be_done_has_its_key_and_what_cannot_its_reason(
    order: Hands, window: MainWindow
) -> None:
    told = dict(page(window).acts.told())
    assert {"Change the order", "Cancel it or a part"} <= told.keys()
    assert told["Take the last change back"] == (
        "There is no change of this order that could be taken back."
    )


def test_single_letters_ask_for_the_change_and_the_cancellation(
    order: Hands, window: MainWindow
) -> None:
    asked: list[tuple[str, OrderPage]] = []
    presenter = window.pages.order._presenter  # noqa: SLF001 - whom the window made

    def amend(one: OrderPage) -> None:
        asked.append(("amend", one))

    def cancel(one: OrderPage) -> None:
        asked.append(("cancel", one))

    presenter.amend_asked.disconnect()
    presenter.cancel_asked.disconnect()
    presenter.amend_asked.connect(amend)
    presenter.cancel_asked.connect(cancel)
    order.press(Qt.Key.Key_A)
    order.press(Qt.Key.Key_X)
    assert [name for name, _page in asked] == ["amend", "cancel"]
    assert asked[0][1] == presenter.state.page


def test_what_cannot_be_done_is_said_instead(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    gone = "The order has left already, so nothing can be added."
    tell(desk, placed, may=tuple(MayDo(act=act, obstacle=gone) for act in OrderAct))
    open_order_page(on_call, placed.number)
    show_whose_it_is(on_call, window, placed)
    assert not page(window).amend_button.isEnabled()
    assert page(window).amend_button.toolTip() == gone
    on_call.press(Qt.Key.Key_A)
    assert window.notices.notices()[-1].sentence == gone
    assert window.pages.currentWidget() is window.pages.order


def test_f6_goes_to_the_story_and_back(order: Hands) -> None:
    order.press(Qt.Key.Key_F6)
    assert order.place() == "What happened"
    order.press(Qt.Key.Key_F6)
    assert order.place() == "Lines"


def test_the_read_back_is_a_side_trip(order: Hands, window: MainWindow) -> None:
    order.ctrl(Qt.Key.Key_I)
    assert window.pages.currentWidget() is window.protocol_screen
    order.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.order
    assert order.place() == "Lines"


def test_the_confirmation_is_made_of_the_version_that_is_shown(
    on_call: Hands,
    window: MainWindow,
    desk: FakeDesk,
    placed: PlacedOrder,
    opened: list[str],
) -> None:
    view = msgspec.structs.replace(fresh(placed).order, revision=3)
    tell(desk, placed, order=view)
    open_order_page(on_call, placed.number)
    show_whose_it_is(on_call, window, placed)
    assert "Version 3" in words_on(page(window))
    on_call.ctrl(Qt.Key.Key_O)
    assert [(one.placed, one.revision) for one in desk.printed_orders] == [(placed, 3)]
    assert len(opened) == 1


def test_a_colleague_who_is_changing_it_is_named(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    editing = Editing(by="Ada Byron", device_id=placed.document.device_id, since=A_MORNING)
    tell(desk, placed, editing=editing)
    open_order_page(on_call, placed.number)
    show_whose_it_is(on_call, window, placed)
    assert "Ada Byron is changing it" in words_on(page(window))


def test_f5_asks_again_and_shows_what_happened_meanwhile(
    order: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    tell(desk, placed, fulfilment=Fulfilment.SHIPPED)
    order.press(Qt.Key.Key_F5)
    assert "Sent" in words_on(page(window))
    assert order.place() == "Lines"


class TestItFollowsByItself:
    @pytest.fixture
    def sent(self, order: Hands, desk: FakeDesk, placed: PlacedOrder) -> Hands:
        """Something happened to the order that nobody at the window knows of yet."""
        tell(
            desk,
            placed,
            fulfilment=Fulfilment.SHIPPED,
            timeline=(*fresh(placed).timeline, _row("2 pieces were sent.")),
        )
        return order

    def test_what_the_desk_hears_of_its_orders_brings_the_page_up_to_date(
        self, sent: Hands, window: MainWindow, desk: FakeDesk, clock: FixedClock
    ) -> None:
        hear(window, desk)
        assert "Sent" in words_on(page(window))
        assert page(window).header.sentence() == f"Changed at {formatting.clock_time(clock.now())}"
        assert sent.place() == "Lines"

    def test_of_orders_of_other_desks_it_is_asked_now_and_then(
        self, sent: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        asked = desk.calls[ASK_ORDER_PAGE.name]
        for _ in range(3 * ASKED_EVERY):
            window.status.ask()
        assert desk.calls[ASK_ORDER_PAGE.name] - asked == 3
        assert "Sent" in words_on(page(window))
        sent.press(Qt.Key.Key_F5)
        assert page(window).header.sentence() == ""

    def test_nothing_is_asked_out_of_view_and_at_once_when_it_is_looked_at_again(
        self, sent: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        sent.ctrl(Qt.Key.Key_I)
        asked = desk.calls[ASK_ORDER_PAGE.name]
        desk.decided += 1
        for _ in range(2 * ASKED_EVERY):
            window.status.ask()
        assert desk.calls[ASK_ORDER_PAGE.name] == asked
        sent.press(Qt.Key.Key_Escape)
        window.status.ask()
        assert desk.calls[ASK_ORDER_PAGE.name] == asked + 1
        assert "Sent" in words_on(page(window))

    def test_what_is_as_it_was_is_not_told(
        self, order: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
    ) -> None:
        late = "It is too late for that."
        tell(desk, placed, may=tuple(MayDo(act=act, obstacle=late) for act in OrderAct))
        hear(window, desk)
        assert page(window).header.sentence() == ""
        order.press(Qt.Key.Key_A)
        assert window.notices.notices()[-1].sentence == late

    def test_when_nobody_answers_everything_stays_as_it_is(
        self, sent: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        shown = words_on(page(window))
        desk.broken[ASK_ORDER_PAGE.name] = AWAY
        hear(window, desk)
        assert words_on(page(window)) == shown
        assert sent.place() == "Lines"

    def test_the_chosen_line_and_what_is_marked_in_the_story_stay(
        self, sent: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        sent.press(Qt.Key.Key_Down)
        story = page(window).story
        assert story.find("The order was placed")
        hear(window, desk)
        assert "2 pieces were sent." in story.toPlainText()
        assert page(window).table.currentIndex().row() == 1
        assert story.textCursor().selectedText() == "The order was placed"

    def test_where_somebody_reads_in_a_long_story_it_does_not_move(
        self, order: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
    ) -> None:
        rows = tuple(_row(f"Row {at}.") for at in range(80))
        tell(desk, placed, timeline=rows)
        order.press(Qt.Key.Key_F5)
        story = page(window).story
        bar = story.verticalScrollBar()
        bar.setValue(bar.maximum() // 2)
        read = story.cursorForPosition(QPoint(80, 4)).block().text()
        tell(desk, placed, timeline=(*rows, _row("One more.")))
        hear(window, desk)
        assert "One more." in story.toPlainText()
        assert read.startswith("Row ")
        assert story.cursorForPosition(QPoint(80, 4)).block().text() == read

    def test_a_cancellation_that_is_being_chosen_stays_open_with_the_keyboard(
        self, sent: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        sent.press(Qt.Key.Key_X)
        before, place = window.changing.cancelling.state, sent.place()
        hear(window, desk)
        assert window.changing.cancelling.state == before
        assert sent.place() == place


class TestWithoutTheCentre:
    def test_an_order_of_this_desk_is_shown_as_the_desk_holds_it_and_that_is_said(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
    ) -> None:
        desk.broken[ASK_ORDER_PAGE.name] = AWAY
        window.trips.show_order_of(placed)
        assert AWAY.sentence in page(window).header.sentence()
        assert "this desk itself holds" in page(window).header.sentence()
        assert len(page(window).table.rows().rows()) == 2
        on_call.ctrl(Qt.Key.Key_O)
        assert desk.calls[MAKE_PAPER.name] == 1

    def test_of_another_order_it_is_said_that_it_cannot_be_asked_now(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
    ) -> None:
        desk.broken[ASK_ORDER_PAGE.name] = AWAY
        window.trips.ask_for_order()
        on_call.write(placed.number)
        on_call.enter()
        problem = page(window).header.number.message()
        assert problem is not None
        assert problem.sentence == AWAY.sentence

    def test_what_is_shown_stays_when_the_centre_goes_away(
        self, order: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        desk.broken[ASK_ORDER_PAGE.name] = AWAY
        order.press(Qt.Key.Key_F5)
        assert AWAY.sentence in page(window).header.sentence()
        assert len(page(window).table.rows().rows()) == 2


class TestBeforeWhoIsCallingIsKnown:
    @pytest.fixture
    def kept_back(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
    ) -> OrderScreen:
        shipped = Happened(at=A_MORNING, kind="shipment", sentence="2 pieces were delivered.")
        tell(desk, placed, timeline=(*fresh(placed).timeline, shipped))
        open_order_page(on_call, placed.number)
        return page(window)

    def test_how_far_it_is_may_be_said_and_nothing_personal(self, kept_back: OrderScreen) -> None:
        kept_back._presenter.set_level(IdentityLevel.STATE)  # noqa: SLF001 - whom the window made
        shown = words_on(kept_back)
        assert "Not at the warehouse yet" in shown
        for personal in ("Margaret Thompson", "Mill Lane", "\u00a3", "Ring twice."):
            assert personal not in shown
        assert kept_back.table.rows().rows() == ()
        assert kept_back.story.toPlainText().strip().endswith("2 pieces were delivered.")
        assert "placed" not in kept_back.story.toPlainText()
        assert not kept_back.amend_button.isEnabled()

    def test_before_anything_is_shown_not_even_the_number_stands_there(
        self, kept_back: OrderScreen
    ) -> None:
        kept_back._presenter.set_level(IdentityLevel.NOTHING)  # noqa: SLF001 - whom the window made
        shown = words_on(kept_back)
        assert "Accepted" not in shown
        assert kept_back.story.toPlainText() == ""
        assert kept_back.header.shown_number() == ""


def _row(sentence: str) -> Happened:
    return Happened(at=A_MORNING + timedelta(days=1), kind="shipment", sentence=sentence)


class TestHowLinesStand:
    def line(self, placed: PlacedOrder, **different: Any) -> LineStanding:  # noqa: ANN401 - whatever field a test names
        return msgspec.structs.replace(fresh(placed).lines[0], **different)

    @pytest.mark.parametrize(
        ("pieces", "told"),
        [
            ({}, "Not sent yet"),
            ({"allocated": 3}, "Set aside"),
            ({"allocated": 1, "back_ordered": 2}, "1 set aside, 2 to follow"),
            ({"shipped": 3}, "Sent"),
            ({"shipped": 2, "delivered": 1, "allocated": 1}, "1 delivered, 1 sent, 1 set aside"),
            ({"shipped": 3, "delivered": 3}, "Delivered"),
            ({"quantity": 0, "cancelled": 3}, "Cancelled"),
            ({"quantity": 2, "cancelled": 1}, "2 not sent yet, 1 cancelled"),
        ],
        ids=["fresh", "set aside", "to follow", "sent", "mixed", "delivered", "gone", "in part"],
    )
    def test_only_counters_that_are_not_zero_are_told(
        self, placed: PlacedOrder, pieces: dict[str, int], told: str
    ) -> None:
        assert words.stands(self.line(placed, **pieces)) == told

    def test_all_counters_are_there_for_who_wants_them(self, placed: PlacedOrder) -> None:
        told = words.all_counters(self.line(placed, refunded=Money(200, Currency.GBP)))
        assert told.startswith("ordered 3, set aside 0, to follow 0, sent 0, delivered 0")
        assert told.endswith("refunded \u00a32.00")


@pytest.mark.parametrize("size", [(1366, 768), (1000, 700), (683, 384)], ids=["wide", "two", "low"])
def test_it_holds_at_every_size(
    order: Hands, window: MainWindow, size: tuple[int, int], qapp: QApplication
) -> None:
    window.resize(*size)
    qapp.processEvents()
    assert (window.width(), window.height()) == size
    assert nameless(page(window)) == []
    assert too_small(page(window)) == []
    assert not page(window)._scroll.horizontalScrollBar().isVisible()  # noqa: SLF001 - no other sign of it


def test_few_lines_lie_whole_in_their_card(
    order: Hands, window: MainWindow, qapp: QApplication
) -> None:
    window.resize(1366, 768)
    qapp.processEvents()
    table = page(window).table
    card = table.parentWidget()
    assert table.rows().rowCount() == 2
    assert card is not None
    assert card.rect().contains(table.geometry())
    assert table.minimumHeight() == table.maximumHeight()


def test_other_colours_write_the_story_anew(
    order: Hands, window: MainWindow, qapp: QApplication
) -> None:
    light = page(window).story.toHtml()
    theme.apply(qapp, theme.Scheme.DARK)
    assert page(window).story.toHtml() != light


def test_another_order_begins_at_its_top(
    order: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    late = A_MORNING + timedelta(days=1)
    rows = tuple(Happened(at=late, kind="call", sentence=f"Row {at}.") for at in range(80))
    tell(desk, placed, timeline=rows)
    order.press(Qt.Key.Key_F5)
    bar = page(window).story.verticalScrollBar()
    bar.setValue(bar.maximum())
    other = an_order(with_line("47566", 1, "4.95"))
    desk.has_ordered(desk.customers[0], other, days_ago=1)
    window.trips.show_order_of(desk.orders[other.order_id])
    assert bar.value() == 0


def test_from_the_number_just_given_its_page_is_one_command_away(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    place_an_order(on_call, window)
    placed = window.placed.state.placed
    assert placed is not None
    on_call.ctrl(Qt.Key.Key_K)
    on_call.write("order page of 0" if placed.number.startswith("0") else "order page of ")
    on_call.enter()
    assert window.pages.currentWidget() is window.pages.order
    assert page(window).header.shown_number().replace(" ", "") == placed.number
    on_call.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.placed_screen
