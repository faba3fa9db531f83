"""The conversation that goes on: begun by the first thing that is done in it, kept, and ended.

Everything known is written on the WRITE lane at once. At its end it is asked what it was about and
came to, with the likeliest chosen; one that is simply left ends as the likeliest. Touches no
widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from msgspec.structs import replace as struct_replace
from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules.contacts import Ending, OnScreen, likeliest, resolves
from app.ui.background import Background, Lane
from app.ui.notices import notice_of
from app.values.card import find_card_number, mask_card_digits
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import ContactId, CustomerId, Ids, OrderId
from app.values.order_life import ContactOutcome, ContactReason
from app.values.vocabulary import Channel
from app.wire.contact_operations import END_CONTACT, NOTE_CONTACT
from app.wire.contacts import EndContact, IdentityChecked, NoteContact, OpenContact
from app.wire.message import Nothing

LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactState:
    """`contact` is the one that goes on, as far as it is known here.

    While `asking`, `ending` is what Enter would say; `about_outcome`: the digits choose the outcome
    now. `note_problem` tells why a part of the note was taken out.
    """

    contact: OpenContact | None = None
    asking: bool = False
    ending: Ending | None = None
    about_outcome: bool = False
    note: str = ""
    note_problem: str = ""


class ContactPresenter(QObject):
    """Holds one ContactState."""

    state_changed = Signal(object)
    notice = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        clock: Clock,
        ids: Ids,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._ids = ids
        self._since: datetime | None = None
        self._ends_with_order = False
        self._is_chosen = False
        self._go_on: Callable[[], object] | None = None
        self.screen: Callable[[], OnScreen] = OnScreen
        self._state = ContactState()

    @property
    def state(self) -> ContactState:
        """What is shown now."""
        return self._state

    @property
    def contact_id(self) -> ContactId | None:
        """The conversation that goes on, if one does."""
        contact = self._state.contact
        return None if contact is None else contact.contact_id

    def expect(self) -> None:
        """Somebody is on the line from now on; it becomes a contact by whatever is done first."""
        self._since = self._clock.now()

    def touch(self) -> None:
        """Something was done for a caller."""
        if self._state.contact is None:
            self._note()

    def rung_by(self, number: str) -> None:
        """The telephone says who is on the line."""
        contact = self._state.contact
        if contact is None or (number and contact.caller_number != number):
            self._note(caller_number=number)

    def of_customer(self, customer_id: CustomerId) -> None:
        """Who it is."""
        contact = self._state.contact
        if contact is None or contact.customer_id != customer_id:
            self._note(customer_id=customer_id)

    def came_by(self, channel: Channel) -> None:
        """How it reached us, where that is not the telephone."""
        contact = self._state.contact
        if contact is None or contact.channel is not channel:
            self._note(channel=channel)

    def about(self, order_id: OrderId, customer_id: CustomerId | None = None) -> None:
        """An order that was spoken of."""
        contact = self._state.contact
        if contact is None or order_id not in contact.orders:
            self._note(orders=(order_id,), customer_id=customer_id)

    def checked(self, check: IdentityChecked) -> None:
        """How it was made sure whose order it is; the latest word about an order counts."""
        self._note(checks=(check,))

    def looks_like(self, reason: ContactReason, outcome: ContactOutcome | None = None) -> None:
        """What it is about, as far as can be told by what is done."""
        self._note(reason=reason, outcome=outcome)

    def ends_with_order(self) -> None:
        """An order was placed: what its call came to is what this contact came to."""
        self._ends_with_order = True

    def is_over(self) -> None:
        """The desk has ended it with the call of its order."""
        self._forget()

    def asks_before(self, go_on: Callable[[], object]) -> bool:
        """Whether something stands in the way of what ends a contact, and comes back by `go_on`.

        Asked a second time it takes what is chosen: the same key twice ends a call.
        """
        contact = self._state.contact
        if contact is None or self._ends_with_order:
            return False
        self._go_on = go_on
        if self._state.asking:
            self.confirm()
        else:
            self._is_chosen = False
            ending = likeliest(contact, self.screen())
            self._show(ContactState(contact=contact, asking=True, ending=ending))
            self._note()  # the desk may know more: what was changed or placed in it
        return True

    def stay(self) -> None:
        """The conversation goes on."""
        self._go_on = None
        if self._state.asking:
            self._show(ContactState(contact=self._state.contact))

    def choose_reason(self, reason: ContactReason) -> None:
        """What it was about."""
        ending = self._state.ending
        if ending is not None:
            self._is_chosen = True
            chosen = replace(ending, reason=reason)
            self._show(replace(self._state, ending=chosen, about_outcome=True))

    def choose_outcome(self, outcome: ContactOutcome) -> None:
        """What came of it; whether that settles it follows, until somebody says otherwise."""
        ending = self._state.ending
        if ending is not None:
            self._is_chosen = True
            chosen = replace(ending, outcome=outcome, resolved=resolves(outcome))
            self._show(replace(self._state, ending=chosen, about_outcome=True))

    def turn_resolved(self) -> None:
        """It is settled after all, or is not."""
        ending = self._state.ending
        if ending is not None:
            self._is_chosen = True
            self._show(replace(self._state, ending=replace(ending, resolved=not ending.resolved)))

    def turn_to(self, *, outcome: bool) -> None:
        """Which of the two lists the digits choose from."""
        self._show(replace(self._state, about_outcome=outcome))

    def set_note(self, text: str) -> None:
        """A few words; card digits do not stay."""
        problem = ""
        if find_card_number(text) is not None:
            text = mask_card_digits(text)
            problem = self.tr("That looked like a card number, so it was taken out.")
        self._show(replace(self._state, note=text[:LONGEST_NOTE], note_problem=problem))

    def confirm(self) -> None:
        """End it as it is chosen, and go on with what was asked for."""
        state, go_on = self._state, self._go_on
        if state.ending is None:
            return
        self._end(state.ending, state.note.strip())
        if go_on is not None:
            go_on()

    def end_as(self, reason: ContactReason, outcome: ContactOutcome) -> None:
        """End it without a question: what was done says it all."""
        if self._state.contact is not None and not self._ends_with_order:
            self._end(Ending(reason=reason, outcome=outcome, resolved=resolves(outcome)))

    def leave(self) -> None:
        """Whoever it was is gone and nobody can be asked: it ends as the likeliest."""
        contact = self._state.contact
        if contact is not None and not self._ends_with_order:
            self._end(self._state.ending or likeliest(contact, self.screen()))

    def _note(
        self,
        *,
        channel: Channel | None = None,
        caller_number: str = "",
        customer_id: CustomerId | None = None,
        orders: tuple[OrderId, ...] = (),
        checks: tuple[IdentityChecked, ...] = (),
        reason: ContactReason | None = None,
        outcome: ContactOutcome | None = None,
    ) -> None:
        contact = self._state.contact or self._begun()
        request = NoteContact(
            contact_id=contact.contact_id,
            started_at=contact.started_at,
            answered_at=contact.answered_at,
            channel=channel,
            caller_number=caller_number,
            customer_id=customer_id,
            orders=orders,
            checks=checks,
            reason=reason,
            outcome=outcome,
        )
        self._show(replace(self._state, contact=_with(contact, request)))
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, NOTE_CONTACT, request),
            owner=self,
            then=self._learn,
            failed=self._complain,
        )

    def _begun(self) -> OpenContact:
        now = self._clock.now()
        start = self._since or now
        self._since = None
        self._ends_with_order = False
        return OpenContact(
            contact_id=ContactId(self._ids.new()),
            started_at=start,
            answered_at=start,
            noted_at=now,
        )

    def _learn(self, kept: OpenContact) -> None:
        """As the desk has it; what was changed or placed in it is told there."""
        state = self._state
        if state.contact is None or kept.contact_id != state.contact.contact_id:
            return
        if kept.ended_at is not None:
            self._forget()
            return
        state = replace(state, contact=kept)
        if state.asking and not self._is_chosen:
            state = replace(state, ending=likeliest(kept, self.screen()))
        self._show(state)

    def _end(self, ending: Ending, note: str = "") -> None:
        contact_id = self.contact_id
        self._forget()
        if contact_id is None:
            return
        request = EndContact(
            contact_id=contact_id,
            reason=ending.reason,
            outcome=ending.outcome,
            resolved=ending.resolved,
            note=note,
        )
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, END_CONTACT, request),
            owner=self,
            then=self._ended,
            failed=self._complain,
        )

    def _ended(self, _done: Nothing) -> None:
        """It is on the disk twice, and on its way."""

    def _forget(self) -> None:
        self._since = None
        self._go_on = None
        self._ends_with_order = False
        self._show(ContactState())

    def _complain(self, error: Refusal | Fault) -> None:
        """The desk keeps what it has of it, and ends it at its next start."""
        if isinstance(error, Fault):
            self.notice.emit(notice_of(error))

    def _show(self, state: ContactState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _with(contact: OpenContact, request: NoteContact) -> OpenContact:
    """As it will be kept, so that nothing is written twice meanwhile."""
    return struct_replace(
        contact,
        channel=request.channel or contact.channel,
        caller_number=request.caller_number or contact.caller_number,
        customer_id=request.customer_id or contact.customer_id,
        orders=tuple(dict.fromkeys((*contact.orders, *request.orders))),
        checks=(*contact.checks, *request.checks),
    )
