"""Contacts by the keyboard: begun by what is done, ended in two or three keys, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui.contact_words import OUTCOME_KEYS, OUTCOMES, REASON_KEYS, REASONS
from app.ui.main_window import MainWindow
from app.values.order_life import ContactOutcome, ContactReason
from app.values.vocabulary import Channel
from app.wire.recording import CallOnLine
from tests.ui.stage import place_an_order

if TYPE_CHECKING:
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands


def search(hands: Hands) -> None:
    hands.write("0412")
    hands.enter()


def last(desk: FakeDesk) -> tuple[ContactReason, ContactOutcome, bool]:
    ended = desk.ended[-1]
    return ended.reason, ended.outcome, ended.resolved


def test_every_reason_and_outcome_has_a_word_and_a_key() -> None:
    assert set(REASONS) == set(ContactReason) == set(REASON_KEYS.values())
    assert set(OUTCOMES) == set(ContactOutcome) == set(OUTCOME_KEYS.values())


def test_nothing_done_is_no_contact(on_call: Hands, desk: FakeDesk) -> None:
    on_call.ctrl(Qt.Key.Key_N)
    assert desk.contacts == {}


def test_the_first_thing_done_begins_one_and_tells_who_it_is(
    on_call: Hands, desk: FakeDesk, clock: FixedClock
) -> None:
    on_call.ctrl(Qt.Key.Key_N)
    rang_at = clock.now()
    clock.advance(seconds=20)
    search(on_call)
    (contact,) = desk.contacts.values()
    assert contact.started_at == contact.answered_at == rang_at
    assert contact.customer_id is not None


def test_a_call_that_the_recorder_knows_is_one_and_its_number_is_kept(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    del on_call
    window.call.on_line.found.emit(CallOnLine(reference="c1", caller_number="+441134960000"))
    (contact,) = desk.contacts.values()
    assert contact.caller_number == "+441134960000"
    window.contact.leave()
    window.call.on_line.found.emit(CallOnLine(reference="c1", caller_number="+441134960000"))
    assert len(desk.contacts) == 1


def test_a_fax_is_a_contact_by_fax(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    del on_call
    window.call.set_channel(Channel.FAX)
    (contact,) = desk.contacts.values()
    assert contact.channel is Channel.FAX


class TestAtTheEnd:
    def test_the_likeliest_is_taken_by_one_key_more(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        search(on_call)
        order_id = window.call.order.document.order_id
        on_call.ctrl(Qt.Key.Key_N)
        assert window.contact_panel.is_open()
        assert window.call.order.document.order_id == order_id
        on_call.enter()
        assert not window.contact_panel.is_open()
        assert last(desk) == (ContactReason.OTHER, ContactOutcome.ANSWERED, True)
        assert window.call.order.document.order_id != order_id

    def test_it_is_ended_from_the_page_of_an_order_or_the_list_too(
        self, on_call: Hands, window: MainWindow
    ) -> None:
        search(on_call)
        on_call.ctrl(Qt.Key.Key_F)
        on_call.ctrl(Qt.Key.Key_N)
        assert window.contact_panel.is_open()
        on_call.enter()
        assert window.pages.currentWidget() is window.call_screen

    def test_single_keys_choose_reason_then_outcome(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        search(on_call)
        on_call.ctrl(Qt.Key.Key_N)
        on_call.write("73")
        assert window.contact_panel.outcomes[ContactOutcome.PASSED_ON].isChecked()
        on_call.write("r")
        on_call.enter()
        assert last(desk) == (ContactReason.PAYMENT, ContactOutcome.PASSED_ON, True)

    def test_a_note_is_kept_without_card_digits(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        search(on_call)
        on_call.ctrl(Qt.Key.Key_N)
        on_call.write("n")
        on_call.write("4242 4242 4242 4242 rings back")
        assert window.contact_panel.note.message() is not None
        on_call.enter()
        assert "4242" not in desk.ended[-1].note
        assert desk.ended[-1].note.endswith("rings back")

    def test_the_same_key_twice_ends_it(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        search(on_call)
        on_call.ctrl(Qt.Key.Key_N)
        on_call.ctrl(Qt.Key.Key_N)
        assert len(desk.ended) == 1
        assert window.contact.contact_id is None

    def test_escape_goes_on_with_the_call_where_it_was(
        self, on_call: Hands, window: MainWindow, desk: FakeDesk
    ) -> None:
        search(on_call)
        place = on_call.place()
        on_call.ctrl(Qt.Key.Key_N)
        on_call.press(Qt.Key.Key_Escape)
        assert not window.contact_panel.is_open()
        assert (desk.ended, on_call.place()) == ([], place)
        assert window.contact.contact_id is not None

    def test_what_was_changed_in_it_is_chosen_already(self, on_call: Hands, desk: FakeDesk) -> None:
        search(on_call)
        desk.contact_came_to(ContactReason.CANCEL, ContactOutcome.ORDER_CANCELLED)
        on_call.ctrl(Qt.Key.Key_N)
        on_call.enter()
        assert last(desk) == (ContactReason.CANCEL, ContactOutcome.ORDER_CANCELLED, True)

    def test_signing_out_asks_too(self, on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
        search(on_call)
        window.sign_out()
        assert window.contact_panel.is_open()
        on_call.enter()
        assert window.session is None
        assert len(desk.ended) == 1


def test_a_placed_order_ends_it_without_being_asked_twice(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    place_an_order(on_call, window)
    first = window.contact.contact_id
    for _ in range(2):
        window.placed.end()
    assert window.pages.currentWidget() is window.call_screen
    assert window.contact.contact_id is None
    assert desk.ended == []  # the desk ends it with the call of its order
    search(on_call)
    assert window.contact.contact_id not in {None, first}


def test_a_parked_order_is_a_call_back_that_was_promised(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    search(on_call)
    on_call.ctrl(Qt.Key.Key_S)
    on_call.ctrl(Qt.Key.Key_Return)
    assert last(desk) == (ContactReason.NEW_ORDER, ContactOutcome.CALL_BACK_PROMISED, False)
    assert window.contact.contact_id is None


def test_closing_the_window_ends_what_nobody_can_be_asked_about(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    search(on_call)
    window.close()
    assert len(desk.ended) == 1
