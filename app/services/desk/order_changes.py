"""Changing an order that has its number: begun as a draft, sent as a command like placing.

Captured in store and journal before anything is told, whether the centre answers or not; then its
answer is waited for a moment. The centre carries it out once, or keeps it as a request. Any lane
but WRITE, because it waits.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import msgspec
from sqlalchemy import Connection

from app.services.desk import change_records
from app.services.desk.change_records import KnownOrder, Outcome
from app.services.desk.checking import Checks
from app.services.desk.commands import Commands, Writing
from app.services.desk.contacts import ContactService
from app.services.desk.drafts import DraftService
from app.services.desk.parking import refuse_handed
from app.services.desk.records import CLOSING, add_entries
from app.services.desk.seat import Seat
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.desk.stock import StockService
from app.services.ports import Centre
from app.services.rules import amending, change_sentences
from app.services.rules.amending import Begun
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Refusal, Unreachable
from app.values.identity import ChangeId, Ids, OrderId
from app.values.money import Money
from app.values.order_life import ChangeState, ContactOutcome, ContactReason
from app.values.vocabulary import CommandKind
from app.wire.guidance import Guidance
from app.wire.order_changes import (
    Amendment,
    BeginAmendment,
    BeginChange,
    Cancellation,
    ChangeOrder,
    ChangeSent,
    LeaveChange,
    OrderChange,
    Undo,
)
from app.wire.order_operations import ASK_ORDER_PAGE, BEGIN_CHANGE, LEAVE_CHANGE
from app.wire.order_page import AskOrderPage, OrderPage
from app.wire.orders import OpenDraft, OrderDocument
from app.wire.read_back import ReadBackEntry

PATIENCE_S = 4.0
"""So long the caller is kept waiting for the centre's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A draft of a change as it is made, what it was made from, and the record so far."""

    document: OrderDocument
    base: OrderDocument
    entries: tuple[ReadBackEntry, ...]


class OrderChangeService:
    """The changes made at one seat."""

    def __init__(  # noqa: PLR0913 - what a change is held against, given by name
        self,
        commands: Commands,
        *,
        drafts: DraftService,
        checks: Checks,
        stock: StockService,
        contacts: ContactService,
        centre: Centre,
        seat: Seat,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
        ids: Ids,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._commands = commands
        self._store = commands.records.store
        self._drafts = drafts
        self._checks = checks
        self._stock = stock
        self._contacts = contacts
        self._centre = centre
        self._seat = seat
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock
        self._ids = ids
        self.patience_s = patience_s
        self._answered = threading.Condition()
        self._to_leave: dict[ChangeId, OrderId] = {}

    def begin(self, request: BeginAmendment) -> OrderDocument:
        """A draft of the order as it now stands; one of this seat that is open is gone on with.

        Raises Refusal `order_unknown`, `change_on_its_way`, `draft_handed_over`, or the centre's,
        with the reason where nothing can be changed any more.
        """
        with self._store.read() as connection:
            existing = change_records.open_draft_of(connection, request.order_id)
        if existing is not None and existing.order_id != request.change_id:
            return self._drafts.open(OpenDraft(order_id=OrderId(existing.order_id)))
        change_id = ChangeId(existing.order_id if existing else self._ids.new())
        begun = Begun(
            change_id=change_id,
            person_id=self._signed_in.session.person.person_id,
            device_id=self._seat.identity.device_id,
            at=self._clock.now(),
        )
        made = self._made(request.order_id, begun)
        return self._taken_in(existing, made) if existing else self._kept(made)

    def change(self, request: ChangeOrder) -> ChangeSent:
        """Send a change; it is on the disk twice when the centre is asked.

        Asked again under the same id it gives what came of it by now. Of an amendment raises
        Refusal as placing does, and `nothing_changed`; of others `card_digits`.
        """
        guidance = self._checks.guidance()
        with self._store.read() as connection:
            change = change_records.sent_before(connection, request.change_id)
        if change is None:
            change = self._captured(request, guidance)
        return self._told(change)

    def heard(self) -> None:
        """The centre has answered for something."""
        with self._answered:
            self._answered.notify_all()

    def given_up(self, order_id: OrderId) -> None:
        """A draft was given up; of a change colleagues are told that nobody is at it any more."""
        with self._store.read() as connection:
            changed = change_records.order_of(connection, order_id)
        if changed is not None:
            self._to_leave[ChangeId(order_id)] = changed

    def tell_left(self) -> None:
        """Tell what was given up; a job of the line. Raises Unreachable."""
        for change_id, order_id in list(self._to_leave.items()):
            # Refused: it is over by itself after half an hour.
            with suppress(Refusal):
                self._centre.call(LEAVE_CHANGE, LeaveChange(order_id=order_id, change_id=change_id))
            self._to_leave.pop(change_id, None)

    def _captured(self, request: ChangeOrder, guidance: Guidance) -> OrderChange:
        """On the disk twice; from here on nothing of it is lost."""
        if request.what is None:
            draft = self._ready_draft(request.change_id)
            with self._commands.writing() as writing:
                change = self._amendment(writing, request, draft, guidance)
                _keep(writing, change)
            self._stock.forget(OrderId(request.change_id))
            return change
        if isinstance(request.what, Cancellation):
            refuse_card_digits(request.what.note, "note")
        with self._commands.writing() as writing:
            change = self._asked(writing, request, request.what)
            _keep(writing, change)
        return change

    def _made(self, order_id: OrderId, begun: Begun) -> _Draft:
        """From the centre's page; while it is away from what this seat has itself."""
        page = self._page(order_id)
        if page is None:
            return self._from_own(order_id, begun)
        why = amending.is_locked(page)
        if why:
            raise Refusal("change_locked", why)
        placed = page.order.placed
        return _Draft(
            document=amending.from_page(page, begun, self._also_by(order_id, begun.change_id)),
            base=placed.document,
            entries=placed.read_back,
        )

    def _also_by(self, order_id: OrderId, change_id: ChangeId) -> str:
        """Who else is changing the order; colleagues hear that it is changed here."""
        with suppress(Refusal, Unreachable):
            begun = BeginChange(order_id=order_id, change_id=change_id)
            return self._centre.call(BEGIN_CHANGE, begun).by
        return ""

    def _page(self, order_id: OrderId) -> OrderPage | None:
        """None: the centre does not answer, or does not know who is signed in."""
        if self._signed_in.session.offline:
            return None
        try:
            page = self._centre.call(ASK_ORDER_PAGE, AskOrderPage(order_id=order_id))
        except Unreachable:
            self._standing.missed()
            return None
        self._standing.heard()
        return page

    def _from_own(self, order_id: OrderId, begun: Begun) -> _Draft:
        with self._store.read() as connection:
            known = change_records.known_order(connection, order_id)
        if known is None:
            raise Refusal(
                "order_unknown",
                "The central service does not answer, and this order was not placed at this desk. "
                "It can be changed as soon as the service is back; please offer to call back.",
            )
        if known.is_on_its_way:
            raise Refusal(
                "change_on_its_way",
                "Another change of this order is on its way, and the central service does not "
                "answer. It can be changed as soon as the service is back.",
            )
        placed = known.placed
        return _Draft(
            document=amending.from_own(placed, known.revision, _held(known), begun),
            base=placed.document,
            entries=placed.read_back,
        )

    def _kept(self, made: _Draft) -> OrderDocument:
        """A new draft, with the record of the order so far under its id."""
        before = [one for one in made.entries if not isinstance(one, CLOSING)]
        draft = made.document
        with self._store.write() as connection:
            self._write(connection, made)
            add_entries(connection, draft.order_id, 0, before)
        return draft

    def _taken_in(self, mine: OrderDocument, made: _Draft) -> OrderDocument:
        """The draft that was begun, on the order as it is by now; its own record goes on."""
        with self._store.write() as connection:
            base = change_records.base_of(connection, mine.order_id)
            document = amending.taking_in(mine, base or made.base, made.document)
            made = _Draft(document=document, base=made.base, entries=made.entries)
            self._write(connection, made)
        return made.document

    def _write(self, connection: Connection, made: _Draft) -> None:
        amends = made.document.amends
        if amends is not None:
            self._drafts.keep(connection, made.document)
            change_records.note_begun(connection, amends, made.document, made.base)

    def _ready_draft(self, change_id: ChangeId) -> OrderDocument:
        """The draft as it is kept, under its own id. Raises Refusal."""
        draft = self._drafts.open(OpenDraft(order_id=OrderId(change_id)))
        if draft.amends is None:
            raise Refusal("not_a_change", "This draft is a new order, and no change of one.")
        self._checks.refuse_unready(draft, "this change can be made")
        return draft

    def _amendment(
        self, writing: Writing, request: ChangeOrder, draft: OrderDocument, guidance: Guidance
    ) -> OrderChange:
        refuse_handed(writing.connection, request.change_id)
        passed = self._checks.passed(writing.connection, draft, guidance)
        amends = draft.amends
        if amends is None:
            raise Refusal("not_a_change", "This draft is a new order, and no change of one.")
        tenders = passed.tenders
        if not amending.is_changed(draft, tenders.attempts, tenders.links):
            raise Refusal("nothing_changed", "Nothing of the order has been changed yet.")
        first = change_records.base_of(writing.connection, request.change_id)
        what = Amendment(
            document=amending.sent_as(draft, amends, first),
            totals=passed.totals,
            guidance=passed.guidance,
            read_back=passed.entries,
            attempts=tenders.attempts,
            links=tenders.links,
        )
        named = msgspec.structs.replace(
            request,
            order_id=amends.order_id,
            number=amends.number,
            base_revision=amends.revision,
        )
        return self._asked(writing, named, what)

    def _asked(
        self, writing: Writing, request: ChangeOrder, what: Amendment | Cancellation | Undo
    ) -> OrderChange:
        reason, outcome = _ABOUT.get(type(what), _CHANGED)
        contact_id = self._contacts.changed(writing.connection, request.order_id, reason, outcome)
        return OrderChange(
            change_id=request.change_id,
            order_id=request.order_id,
            number=request.number,
            base_revision=request.base_revision,
            what=what,
            contact_id=request.contact_id or contact_id,
            asked_at=self._clock.now(),
            asked_by=self._signed_in.session.person.person_id,
        )

    def _told(self, change: OrderChange) -> ChangeSent:
        """What came of it, after waiting a moment where the centre answers."""
        outcome = self._awaited(change.change_id)
        if outcome.state is ChangeState.APPLIED:
            sentence = outcome.sentence or change_sentences.done_sentence(
                change.what, change.number
            )
        elif outcome.state is not None:
            sentence = change_sentences.kept_sentence(outcome.state, outcome.sentence)
        else:
            sentence = change_sentences.on_its_way_sentence(
                online=self._standing.is_online, is_stuck=outcome.is_stuck
            )
        return ChangeSent(
            change_id=change.change_id,
            state=outcome.state,
            sentence=sentence,
            reasons=outcome.reasons,
        )

    def _awaited(self, change_id: ChangeId) -> Outcome:
        with self._answered:
            self._answered.wait_for(
                partial(self._is_told, change_id),
                timeout=self.patience_s if self._standing.is_online else 0,
            )
        return self._outcome(change_id)

    def _is_told(self, change_id: ChangeId) -> bool:
        """Also where the centre was lost meanwhile: then nobody answers in time."""
        found = self._outcome(change_id)
        return found.state is not None or found.is_stuck or not self._standing.is_online

    def _outcome(self, change_id: ChangeId) -> Outcome:
        with self._store.read() as connection:
            return change_records.outcome_of(connection, change_id)


_CHANGED = (ContactReason.CHANGE, ContactOutcome.ORDER_CHANGED)
_ABOUT: dict[type, tuple[ContactReason, ContactOutcome]] = {
    Cancellation: (ContactReason.CANCEL, ContactOutcome.ORDER_CANCELLED),
}


def _keep(writing: Writing, change: OrderChange) -> None:
    position = writing.capture(
        CommandKind.CHANGE_ORDER,
        change.order_id,
        change,
        person_id=change.asked_by,
        at=change.asked_at,
    )
    change_records.insert_change(writing.connection, position, change)


def _held(known: KnownOrder) -> Money:
    """What is held of an order, as far as this seat knows."""
    placed = known.placed
    held = Money(0, placed.totals.total.currency)
    held = amending.held_of(held, placed.totals.total, placed.attempts, placed.links)
    for change in known.changes:
        held = amending.held_of(held, change.totals.total, change.attempts, change.links)
    return held
