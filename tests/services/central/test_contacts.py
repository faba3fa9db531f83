"""Conversations as they ended: kept once, whatever they name, whatever comes first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from app.values.identity import ContactId, CustomerId, OrderId
from app.values.order_life import (
    ContactOutcome,
    ContactReason,
    IdentityFact,
    IdentityLevel,
)
from app.values.vocabulary import CommandKind
from app.wire.contacts import Contact, IdentityChecked
from app.wire.message import encode
from app.wire.sync import Command, Outcome
from tests.builders import A_MORNING
from tests.order_desk import OrderCentre, SendingDesk

CARD = "4242 4242 4242 4242"


def a_contact(desk: SendingDesk, **different: Any) -> Contact:  # noqa: ANN401 - fields of Contact, as msgspec takes them
    """Somebody asked where their order is, for four minutes."""
    contact = Contact(
        contact_id=ContactId(desk.centre.ids.new()),
        caller_number="+44 113 496 0000",
        reason=ContactReason.WHERE_IS_IT,
        outcome=ContactOutcome.ANSWERED,
        resolved=True,
        started_at=A_MORNING,
        answered_at=A_MORNING + timedelta(seconds=5),
        ended_at=A_MORNING + timedelta(minutes=4),
    )
    return replace(contact, **different)


def note_of(desk: SendingDesk, contact: Contact, **different: Any) -> Command:  # noqa: ANN401 - fields of Command
    return desk.command(encode(contact), kind=CommandKind.NOTE_CONTACT, **different)


def contacts(centre: OrderCentre) -> list[Any]:
    return centre.rows("SELECT * FROM contact ORDER BY started_at, contact_id")


def oddities(centre: OrderCentre) -> list[str | None]:
    rows = centre.rows("SELECT facts FROM audit WHERE operation = 'contact.note' ORDER BY seq")
    return [row.facts.get("odd") for row in rows]


class TestAContact:
    def test_without_an_order_is_kept_whole_and_audited(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        contact = a_contact(desk, note="Rings back.")
        command = note_of(desk, contact)
        assert desk.send(command)[0].outcome is Outcome.ACCEPTED
        (row,) = contacts(either)
        assert (row.contact_id, row.reason, row.outcome, row.resolved, row.note) == (
            contact.contact_id,
            "where_is_it",
            "answered",
            True,
            "Rings back.",
        )
        assert (row.started_at, row.answered_at, row.ended_at) == (
            contact.started_at,
            contact.answered_at,
            contact.ended_at,
        )
        assert (row.order_id, row.device_id) == (None, desk.seat.device_id)
        audited = either.rows("SELECT * FROM audit WHERE operation = 'contact.note'")[0]
        assert (audited.subject, audited.person_id) == (contact.contact_id, desk.person)
        assert audited.facts == {"reason": "where_is_it", "noted_as": "answered"}

    def test_keeps_what_was_asked_and_right_and_never_an_answer(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        order_id = placed.document.order_id
        check = IdentityChecked(
            order_id=order_id,
            asked=(IdentityFact.ORDER_NUMBER, IdentityFact.POSTCODE),
            passed=(IdentityFact.ORDER_NUMBER,),
            level=IdentityLevel.STATE,
            wrong=1,
            at=A_MORNING,
        )
        contact = a_contact(desk, orders=(order_id,), checks=(check,))
        desk.send(desk.command(placed), note_of(desk, contact))
        (row,) = desk.centre.rows("SELECT * FROM identity_check")
        assert (row.order_id, row.asked, row.passed, row.level, row.wrong, row.at) == (
            order_id,
            ["order_number", "postcode"],
            ["order_number"],
            "state",
            1,
            A_MORNING,
        )

    def test_is_the_customer_s_of_the_order_it_was_about(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        contact = a_contact(desk, orders=(placed.document.order_id,))
        desk.send(desk.command(placed), note_of(desk, contact))
        assert placed.document.customer is not None
        row = contacts(desk.centre)[-1]
        assert row.customer_id == placed.document.customer.customer_id


class TestAnOrderPlacedInAContact:
    def test_makes_its_row_and_the_end_completes_it(self, desk: SendingDesk) -> None:
        contact = a_contact(desk, reason=ContactReason.NEW_ORDER)
        placed = desk.placed(contact_id=contact.contact_id)
        desk.send(desk.command(placed))
        (begun,) = contacts(desk.centre)
        assert (begun.contact_id, begun.reason, begun.ended_at) == (contact.contact_id, None, None)
        ended = replace(contact, orders=(placed.document.order_id,))
        desk.send(note_of(desk, ended))
        (row,) = contacts(desk.centre)
        assert (row.order_id, row.reason, row.ended_at) == (
            placed.document.order_id,
            "new_order",
            contact.ended_at,
        )

    def test_that_comes_after_the_contact_changes_nothing_of_it(self, desk: SendingDesk) -> None:
        contact = a_contact(desk, reason=ContactReason.NEW_ORDER)
        placed = desk.placed(contact_id=contact.contact_id)
        ended = replace(contact, orders=(placed.document.order_id,))
        desk.send(note_of(desk, ended), desk.command(placed))
        (row,) = contacts(desk.centre)
        assert (row.reason, row.ended_at) == ("new_order", contact.ended_at)
        (about,) = desk.centre.rows("SELECT order_id FROM contact_order")
        assert about.order_id == placed.document.order_id
        assert oddities(desk.centre) == ["order_unknown"]

    def test_two_in_one_contact_are_kept_together(self, desk: SendingDesk) -> None:
        contact_id = ContactId(desk.centre.ids.new())
        orders = [desk.placed(contact_id=contact_id) for _ in range(2)]
        outcomes = desk.send(*(desk.command(placed) for placed in orders))
        assert [one.outcome for one in outcomes] == [Outcome.ACCEPTED] * 2
        assert len(contacts(desk.centre)) == 1

    def test_of_a_desk_that_knew_of_none_was_all_there_was_of_one(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed))
        (row,) = contacts(desk.centre)
        assert (row.reason, row.outcome, row.resolved) == ("new_order", "order_placed", True)
        assert row.order_id == placed.document.order_id


class TestOutOfTheOrdinary:
    def test_sent_again_it_gives_the_same_answer_and_is_kept_once(self, desk: SendingDesk) -> None:
        command = note_of(desk, a_contact(desk))
        first, again = desk.send(command)[0], desk.send(command)[0]
        assert again == replace(first, outcome=Outcome.REPLAYED, first=Outcome.ACCEPTED)
        assert len(contacts(desk.centre)) == 1

    def test_the_first_word_counts(self, desk: SendingDesk) -> None:
        contact = a_contact(desk)
        later = replace(contact, reason=ContactReason.COMPLAINT, note="No.")
        desk.send(note_of(desk, contact), note_of(desk, later))
        (row,) = contacts(desk.centre)
        assert (row.reason, row.note) == ("where_is_it", "")
        assert oddities(desk.centre) == [None, "noted_before"]

    def test_under_the_id_of_another_seat_s_it_is_kept_beside_it(self, local: OrderCentre) -> None:
        first, second = SendingDesk(local, "Desk 1"), SendingDesk(local, "Desk 2", login="bea")
        contact = a_contact(first)
        first.send(note_of(first, contact))
        second.send(note_of(second, replace(contact, note="Theirs.")))
        assert [row.note for row in contacts(local) if row.contact_id == contact.contact_id] == [""]
        assert len(contacts(local)) == 2
        assert oddities(local) == [None, "other_seat"]

    def test_whatever_it_names_it_is_kept(self, desk: SendingDesk) -> None:
        new_id = desk.centre.ids.new
        contact = a_contact(
            desk, customer_id=CustomerId(new_id()), orders=(OrderId(new_id()), OrderId(new_id()))
        )
        command = note_of(desk, contact, incarnation=new_id(), person_id=new_id())
        assert desk.send(command)[0].outcome is Outcome.ACCEPTED
        assert contacts(desk.centre)[0].customer_id is None
        assert len(desk.centre.rows("SELECT * FROM contact_order")) == 2
        assert oddities(desk.centre) == [
            "incarnation_unknown,person_unknown,customer_unknown,order_unknown"
        ]

    def test_card_digits_are_masked_and_a_telephone_number_stays(self, desk: SendingDesk) -> None:
        check = IdentityChecked(
            asked=(), passed=(), level=IdentityLevel.NOTHING, skipped=f"{CARD}.", at=A_MORNING
        )
        contact = a_contact(desk, note=f"card {CARD}", checks=(check,))
        desk.send(note_of(desk, contact))
        kept = desk.centre.text_in("contact", "identity_check")
        assert "4242 4242" not in kept
        assert "+44 113 496 0000" in kept
        assert oddities(desk.centre) == ["card_digits_masked"]

    def test_times_that_make_no_sense_are_put_in_order(self, desk: SendingDesk) -> None:
        before = A_MORNING - timedelta(hours=1)
        desk.send(note_of(desk, a_contact(desk, answered_at=before, ended_at=before)))
        (row,) = contacts(desk.centre)
        assert row.started_at == row.answered_at == row.ended_at == A_MORNING

    def test_has_the_instants_of_the_centres_clock(self, desk: SendingDesk) -> None:
        desk.send(note_of(desk, a_contact(desk), clock_offset_ms=-30_000))
        (row,) = contacts(desk.centre)
        assert row.started_at == A_MORNING - timedelta(seconds=30)
