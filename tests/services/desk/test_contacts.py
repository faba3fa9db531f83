"""Conversations at a desk: on the disk from the first word, kept twice at their end, never lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models.desk.contact import ContactRow
from app.models.desk.tables import CommandRow
from app.services.desk.desk import Desk
from app.services.desk.housekeeping import KEPT
from app.services.desk.recovery import STORE
from app.services.ports import Caller
from app.values.errors import Refusal
from app.values.identity import ContactId, CustomerId, OrderId
from app.values.order_life import ContactOutcome, ContactReason, IdentityFact, IdentityLevel
from app.values.vocabulary import CallOutcome, CommandKind
from app.wire import operations
from app.wire.contact_operations import END_CONTACT, NOTE_CONTACT
from app.wire.contacts import Contact, EndContact, IdentityChecked, NoteContact, OpenContact
from app.wire.message import decode
from app.wire.orders import NumberShown
from tests.builders import A_MORNING, an_id
from tests.services.desk.site import Site, close, place, ready

CALL = ContactId(an_id(900))
AN_ORDER = OrderId(an_id(901))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def begin(caller: Caller, contact_id: ContactId = CALL, **known: Any) -> OpenContact:  # noqa: ANN401 - fields of NoteContact
    request = NoteContact(contact_id=contact_id, started_at=A_MORNING, **known)
    return caller.call(NOTE_CONTACT, request)


def end(caller: Caller, **different: Any) -> None:  # noqa: ANN401 - fields of EndContact
    said: dict[str, Any] = {
        "reason": ContactReason.WHERE_IS_IT,
        "outcome": ContactOutcome.ANSWERED,
        "resolved": True,
    }
    caller.call(END_CONTACT, EndContact(contact_id=CALL, **(said | different)))


def captured(desk: Desk) -> list[Contact]:
    query = select(CommandRow.body).where(CommandRow.kind == CommandKind.NOTE_CONTACT)
    with desk.records.store.read() as connection:
        bodies = connection.execute(query.order_by(CommandRow.position)).scalars().all()
    return [decode(body, Contact) for body in bodies]


def a_check(**different: Any) -> IdentityChecked:  # noqa: ANN401 - fields of IdentityChecked
    said: dict[str, Any] = {
        "order_id": AN_ORDER,
        "asked": (IdentityFact.ORDER_NUMBER,),
        "passed": (),
        "level": IdentityLevel.NOTHING,
        "at": A_MORNING,
    }
    return IdentityChecked(**(said | different))


def test_what_becomes_known_is_added_up(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller, orders=(AN_ORDER,), checks=(a_check(),))
        other = OrderId(an_id(902))
        better = a_check(passed=(IdentityFact.ORDER_NUMBER,), level=IdentityLevel.STATE)
        begin(caller, caller_number="+441134960000", customer_id=CustomerId(an_id(3)))
        known = begin(caller, orders=(other, AN_ORDER), checks=(better,))
    assert (known.caller_number, known.customer_id) == ("+441134960000", an_id(3))
    assert known.orders == (AN_ORDER, other)
    assert known.checks == (better,)


def test_its_end_is_a_command_with_all_that_is_known(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller, orders=(AN_ORDER,))
        site.clock.advance(minutes=4)
        end(caller, note=" Rings back. ")
        (contact,) = captured(desk)
        with desk.records.store.read() as connection:
            row = connection.execute(select(CommandRow.__table__)).one()
    assert contact == Contact(
        contact_id=CALL,
        orders=(AN_ORDER,),
        reason=ContactReason.WHERE_IS_IT,
        outcome=ContactOutcome.ANSWERED,
        resolved=True,
        note="Rings back.",
        started_at=A_MORNING,
        answered_at=A_MORNING,
        ended_at=A_MORNING + timedelta(minutes=4),
    )
    assert (row.order_id, row.kind) == (CALL, CommandKind.NOTE_CONTACT)


def test_twice_is_the_same_as_once_and_nothing_is_added_later(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller)
        end(caller)
        end(caller, reason=ContactReason.COMPLAINT)
        known = begin(caller, orders=(AN_ORDER,))
        assert [one.reason for one in captured(desk)] == [ContactReason.WHERE_IS_IT]
    assert (known.orders, known.ended_at) == ((), site.clock.now())


def test_one_that_never_began_is_refused_and_so_are_card_digits(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal, match="no such contact"):
            end(caller)
        begin(caller)
        with pytest.raises(Refusal) as refused:
            end(caller, note="4111 1111 1111 1111")
        assert captured(desk) == []
    assert (refused.value.code, refused.value.field) == ("card_digits", "note")


def test_an_order_placed_in_it_names_it_and_its_end_is_the_end_of_the_call(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller, reason=ContactReason.PRODUCT_QUESTION)
        placed = place(caller, site.order())
        close(caller, placed.document)
        (contact,) = captured(desk)
    assert placed.contact_id == CALL
    assert contact.orders == (placed.document.order_id,)
    assert (contact.reason, contact.outcome, contact.resolved) == (
        ContactReason.NEW_ORDER,
        ContactOutcome.ORDER_PLACED,
        True,
    )


def test_the_end_of_a_call_says_what_came_of_its_contact(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller)
        close(caller, place(caller, site.order()).document, CallOutcome.COMPLAINT_OPENED)
        (contact,) = captured(desk)
    assert (contact.reason, contact.outcome) == (ContactReason.COMPLAINT, ContactOutcome.PASSED_ON)


def test_an_order_without_a_contact_names_none(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        assert place(caller, site.order()).contact_id is None
        begin(caller)
        end(caller)
        assert place(caller, site.order()).contact_id is None


def test_one_that_a_killed_program_left_is_ended_as_dropped_at_the_next_start(site: Site) -> None:
    with site.opened() as desk:
        site.clock.advance(minutes=3)
        begin(ready(desk), reason=ContactReason.CHANGE, checks=(a_check(),))
    site.clock.advance(hours=14)
    with site.opened() as desk:
        (contact,) = captured(desk)
    assert (contact.outcome, contact.resolved) == (ContactOutcome.CALL_DROPPED, False)
    assert (contact.reason, contact.checks) == (ContactReason.CHANGE, (a_check(),))
    assert contact.ended_at == A_MORNING + timedelta(minutes=3)
    with site.opened() as desk:
        assert len(captured(desk)) == 1


def test_one_whose_number_was_not_shown_yet_goes_on_after_a_start(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller)
        document = place(caller, site.order()).document
    with site.opened() as desk:
        assert captured(desk) == []
        caller = ready(desk)
        caller.call(operations.NUMBER_SHOWN, NumberShown(order_id=document.order_id))
        close(caller, document)
        assert [one.outcome for one in captured(desk)] == [ContactOutcome.ORDER_PLACED]


def test_a_lost_store_gets_it_back_from_the_journal_once(site: Site) -> None:
    with site.opened() as desk:
        begin(ready(desk))
        end(desk.caller)
        kept = captured(desk)
    (site.folder / STORE).unlink()
    with site.opened() as desk:
        assert captured(desk) == kept
        assert "the note of 1 contact" in " ".join(desk.records.sentences).lower()


def test_a_store_of_before_its_end_does_not_end_it_again(site: Site) -> None:
    with site.opened() as desk:
        begin(ready(desk))
    before = (site.folder / STORE).read_bytes()
    with site.opened() as desk:
        kept = captured(desk)
    (site.folder / STORE).write_bytes(before)
    with site.opened() as desk:
        assert captured(desk) == kept


def test_it_is_forgotten_when_it_has_long_gone(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        begin(caller)
        end(caller)
        for days in (0, KEPT.days + 1):
            site.clock.advance(days=days)
            desk.line.step()
        assert len(site.centre.contacts) == 1
        with desk.records.store.read() as connection:
            assert connection.execute(select(ContactRow.contact_id)).all() == []
