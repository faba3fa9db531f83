"""Contacts of the small desk for screens: as far as they have come, and as they ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from app.values.identity import ContactId
from app.values.order_life import ContactOutcome, ContactReason
from app.wire.contact_operations import END_CONTACT, NOTE_CONTACT
from app.wire.contacts import EndContact, NoteContact, OpenContact
from app.wire.message import Nothing


class FakeContacts:
    """`contacts` are all that began, in their order; `ended` those that are over."""

    def __init__(self) -> None:
        self.contacts: dict[ContactId, OpenContact] = {}
        self.ended: list[EndContact] = []

    def contact_handlers(self) -> dict[str, Callable[[Any], Any]]:
        return {NOTE_CONTACT.name: self._note_contact, END_CONTACT.name: self._end_contact}

    def contact_came_to(self, reason: ContactReason, outcome: ContactOutcome) -> None:
        """Something was changed in the contact that goes on, as the desk notes it."""
        last = list(self.contacts.values())[-1]
        known = msgspec.structs.replace(last, reason=reason, outcome=outcome)
        self.contacts[last.contact_id] = known

    def _note_contact(self, request: NoteContact) -> OpenContact:
        before = self.contacts.get(request.contact_id) or OpenContact(
            contact_id=request.contact_id,
            started_at=request.started_at,
            answered_at=request.answered_at,
            noted_at=request.started_at,
        )
        self.contacts[request.contact_id] = msgspec.structs.replace(
            before,
            channel=request.channel or before.channel,
            caller_number=request.caller_number or before.caller_number,
            customer_id=request.customer_id or before.customer_id,
            orders=tuple(dict.fromkeys((*before.orders, *request.orders))),
            checks=(*before.checks, *request.checks),
            reason=request.reason or before.reason,
            outcome=request.outcome or before.outcome,
        )
        return self.contacts[request.contact_id]

    def _end_contact(self, request: EndContact) -> Nothing:
        self.ended.append(request)
        return Nothing()
