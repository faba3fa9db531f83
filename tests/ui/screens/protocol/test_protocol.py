"""How an order was read back: found, shown, printed, and left again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.services.rules.protocol import protocol_of
from app.ui import theme
from app.ui.screens.protocol import page
from app.ui.screens.protocol.presenter import ProtocolPresenter, ProtocolState
from app.values.errors import Fault
from app.values.order_life import IdentityLevel
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.orders import OrderView
from app.wire.protocol import Mark, ReadBackProtocol
from app.wire.read_back import Told
from tests.read_back_story import NUMBER, OTHER_NUMBER, SLIP, a_story
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_desk import a_person, the_regions
from tests.ui.screens.placed_orders import Shelf
from tests.ui.stage import Hands, place_an_order

if TYPE_CHECKING:
    from app.ui.background import InlineBackground
    from app.ui.main_window import MainWindow
    from app.ui.notices import Notice
    from tests.ui.screens.fake_desk import FakeDesk

BRITAIN = the_regions()[Region.GB]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def protocol(desk: FakeDesk, inline: InlineBackground, shelf: Shelf) -> ProtocolPresenter:
    return ProtocolPresenter(desk, inline, shelf, shelf, the_regions())


@pytest.fixture
def story(desk: FakeDesk) -> OrderView:
    """An order with a long story, at the centre."""
    view = a_story(BRITAIN)
    desk.orders[view.placed.document.order_id] = view.placed
    desk.review_reasons = view.review_reasons
    return view


def facts(shown: ReadBackProtocol | None) -> dict[str, str]:
    assert shown is not None
    return {fact.name: fact.value for fact in shown.facts}


def shown_text(window: MainWindow) -> str:
    return window.protocol_screen.text.toPlainText()


def test_an_order_is_found_by_its_number(protocol: ProtocolPresenter, story: OrderView) -> None:
    protocol.ask()
    protocol.type_number("417 302 9823")
    protocol.find()
    assert facts(protocol.state.protocol)["Customer"] == "Margaret Thompson"
    assert protocol.state.protocol is not None
    assert protocol.state.protocol.reasons == (
        "The customer was changed elsewhere during the call.",
    )
    assert not protocol.state.loading


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SLIP, "One of those digits is wrong. Could you read me the number once more?"),
        ("417", "An order number has ten digits."),
        (OTHER_NUMBER, "There is no such order here."),
    ],
)
def test_a_number_that_leads_nowhere_is_told_beside_the_field(
    protocol: ProtocolPresenter, story: OrderView, text: str, sentence: str
) -> None:
    protocol.ask()
    protocol.type_number(text)
    protocol.find()
    assert protocol.state.problem == sentence
    assert protocol.state.protocol is None


def test_without_the_centre_an_order_from_elsewhere_is_not_found(
    protocol: ProtocolPresenter, desk: FakeDesk, story: OrderView
) -> None:
    desk.offline = True
    protocol.show_order(story.placed.document.order_id, NUMBER)
    assert protocol.state.problem == "The central service does not answer."


def test_an_order_placed_here_is_shown_from_the_desks_own_record_while_the_centre_is_away(
    protocol: ProtocolPresenter, desk: FakeDesk, story: OrderView
) -> None:
    desk.offline = True
    assert story.closed is not None
    order_id = story.placed.document.order_id
    desk.notes[order_id] = [*story.placed.read_back, *story.closed.entries]
    bare = msgspec.structs.replace(story.placed, read_back=())
    protocol.show_placed(bare, a_person())
    told = facts(protocol.state.protocol)
    assert told["Taken by"] == "Dana Okafor"
    assert told["State"] == "At the desk, not yet at the centre"
    assert protocol.state.protocol is not None
    assert [section.heading for section in protocol.state.protocol.sections] == [
        "Read-back",
        "Before hanging up",
    ]
    assert protocol.state.away == "The central service does not answer."


def test_what_the_centre_knows_replaces_what_the_desk_held(
    protocol: ProtocolPresenter, story: OrderView
) -> None:
    protocol.show_placed(story.placed, a_person())
    assert facts(protocol.state.protocol)["State"] == "Accepted"
    assert protocol.state.protocol is not None
    assert protocol.state.protocol.reasons
    assert protocol.state.away == ""


def test_an_order_the_centre_has_not_taken_yet_is_shown_as_it_stands_here(
    protocol: ProtocolPresenter, desk: FakeDesk, story: OrderView
) -> None:
    desk.orders.clear()
    protocol.show_placed(story.placed, a_person())
    assert facts(protocol.state.protocol)["State"] == "At the desk, not yet at the centre"
    assert protocol.state.away == ""


def test_a_desk_that_cannot_read_its_record_says_so(
    protocol: ProtocolPresenter,
    desk: FakeDesk,
    story: OrderView,
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[Notice] = []
    protocol.notice.connect(heard.append)
    desk.broken[operations.ASK_READ_BACK.name] = Fault("store_broken", "The store is damaged.")
    protocol.show_placed(story.placed, a_person())
    assert [notice.sentence for notice in heard] == ["The store is damaged."]
    assert not protocol.state.loading
    assert "code=store_broken" in caplog.text


def test_the_paper_is_of_what_is_shown(
    protocol: ProtocolPresenter, desk: FakeDesk, shelf: Shelf, story: OrderView
) -> None:
    protocol.show_order(story.placed.document.order_id, NUMBER)
    protocol.show_pdf()
    protocol.print_paper()
    assert desk.printed == [protocol.state.protocol]
    assert shelf.taken == ["/nowhere/read-back.pdf"] * 2


def test_nothing_is_printed_while_nothing_is_shown(
    protocol: ProtocolPresenter, desk: FakeDesk
) -> None:
    protocol.ask()
    protocol.print_paper()
    assert desk.printed == []


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
def test_the_page_says_everything_with_its_drawings(
    qapp: QApplication, scheme: theme.Scheme
) -> None:
    theme.apply(qapp, scheme)
    document = QTextDocument()
    page.begin(document, 1.0)
    document.setHtml(page.html_of(protocol_of(a_story(BRITAIN), BRITAIN)))
    text = document.toPlainText()
    for words in (
        "Quantity 15 \u2192 50, misheard.",
        "Line 2: 50 \u00d7 47566 Party bunting",
        "Before hanging up",
        "The customer was changed elsewhere during the call.",
    ):
        assert words in text
    assert text.count("\ufffc") >= len([mark for mark in Mark if mark.is_notable])


def test_a_long_read_back_is_written_between_other_events_and_whole_in_the_end(
    window: MainWindow, qtbot: QtBot, story: OrderView
) -> None:
    short = protocol_of(story, BRITAIN)
    first, *others = short.sections
    rows = tuple(msgspec.structs.replace(first.rows[0], about=f"Row {at}.") for at in range(200))
    long = msgspec.structs.replace(
        short, sections=(msgspec.structs.replace(first, rows=rows), *others)
    )
    window.protocol_screen.show_state(ProtocolState(protocol=long))
    assert "Row 0." in shown_text(window)
    assert "Row 199." not in shown_text(window)
    qtbot.waitUntil(partial(told_at_the_end, window, others[-1].rows[-1].about))
    text = shown_text(window)
    assert all(f"Row {at}." in text for at in range(200))
    assert window.protocol_screen.text.verticalScrollBar().value() == 0


def told_at_the_end(window: MainWindow, words: str) -> bool:
    return words in shown_text(window).splitlines()[-4:]


def test_another_order_stops_the_long_one_that_is_being_written(
    window: MainWindow, qtbot: QtBot, story: OrderView
) -> None:
    short = protocol_of(story, BRITAIN)
    first = short.sections[0]
    rows = tuple(msgspec.structs.replace(first.rows[0], about=f"Row {at}.") for at in range(200))
    long = msgspec.structs.replace(short, sections=(msgspec.structs.replace(first, rows=rows),))
    screen = window.protocol_screen
    screen.show_state(ProtocolState(protocol=long))
    screen.show_state(ProtocolState(protocol=short))
    qtbot.waitUntil(partial(told_at_the_end, window, short.sections[-1].rows[-1].about))
    assert "Row 0." not in shown_text(window)


def test_what_was_typed_cannot_become_markup(story: OrderView) -> None:
    told = next(e for e in story.placed.read_back if hasattr(e, "said"))
    nasty = msgspec.structs.replace(told, said="<img src=x><b>bold</b>")
    placed = msgspec.structs.replace(story.placed, read_back=(nasty,))
    html = page.html_of(protocol_of(msgspec.structs.replace(story, placed=placed), BRITAIN))
    assert "<img src=x>" not in html
    assert "&lt;b&gt;bold" in html


def test_the_key_of_the_placed_page_opens_its_read_back_and_esc_goes_back(
    on_call: Hands, window: MainWindow
) -> None:
    place_an_order(on_call, window)
    on_call.write("4173029832")
    on_call.ctrl(Qt.Key.Key_I)
    assert window.pages.currentWidget() is window.protocol_screen
    assert "Number said back" in shown_text(window)
    assert "the check digits show a slip" in shown_text(window)
    on_call.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.placed_screen
    assert on_call.place() == "The caller says it back"


def test_a_last_order_is_opened_by_enter_and_the_call_goes_on_where_it_was(
    on_call: Hands, window: MainWindow, a_past_order: None
) -> None:
    on_call.write("0412")
    on_call.enter()
    row = window.call_screen.last_orders.rows()[0]
    row.setFocus()
    on_call.enter()
    assert window.pages.currentWidget() is window.pages.order
    assert "On call  00:00" in window.bar.told()
    window.pages.order._presenter.set_level(IdentityLevel.ALL)  # noqa: SLF001 - whom the window made
    on_call.ctrl(Qt.Key.Key_I)
    assert window.pages.currentWidget() is window.protocol_screen
    assert "Margaret Thompson" in shown_text(window)
    on_call.press(Qt.Key.Key_Escape)
    on_call.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.call_screen
    assert QApplication.focusWidget() is row


def test_the_palette_asks_for_a_number_and_a_slip_is_told(
    on_call: Hands, window: MainWindow, story: OrderView
) -> None:
    on_call.ctrl(Qt.Key.Key_K)
    on_call.write("read-back of")
    on_call.enter()
    assert on_call.place() == "Order number"
    on_call.write(SLIP)
    on_call.enter()
    found = window.protocol_screen.number.message()
    assert found is not None
    assert found.sentence.startswith("One of those digits is wrong.")
    on_call.ctrl(Qt.Key.Key_A)
    on_call.write(NUMBER)
    on_call.enter()
    assert "Why somebody has to look at it" in shown_text(window)


def test_other_colours_write_the_page_anew(
    on_call: Hands, window: MainWindow, story: OrderView, qapp: QApplication
) -> None:
    window.protocol.show_order(story.placed.document.order_id, NUMBER)
    light = window.protocol_screen.text.toHtml()
    theme.apply(qapp, theme.Scheme.DARK)
    assert window.protocol_screen.text.toHtml() != light
    assert "Party bunting" in shown_text(window)


def test_everything_has_a_name_and_a_size(
    on_call: Hands, window: MainWindow, story: OrderView
) -> None:
    window.trips.ask_for_protocol()
    window.protocol.show_order(story.placed.document.order_id, NUMBER)
    QApplication.processEvents()
    screen = window.protocol_screen
    assert nameless(screen) == []
    assert too_small(screen) == []
    assert cut_off(screen) == []


def test_no_key_opens_a_read_back_behind_a_lock(on_call: Hands, window: MainWindow) -> None:
    window.lock()
    window.trips.ask_for_protocol()
    assert window.is_locked


def test_a_step_said_later_is_in_the_protocol_at_once(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    place_an_order(on_call, window)
    on_call.write("4173029823")
    on_call.ctrl(Qt.Key.Key_I)
    assert any(isinstance(e, Told) for entries in desk.notes.values() for e in entries)
    assert "Number given" in shown_text(window)
