"""The record of the read-back of each order at this desk: kept entry by entry, never changed.

Each answer is one transaction, so that losing power costs at most the one being typed. Does not
judge how a checkpoint stands: that is asked when the order is placed. Any lane.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, Uuid, bindparam, func, select, text

from app.models.desk.tables import (
    ENDS_CALL,
    CommandRow,
    DraftRow,
    PlacedOrderRow,
    ReadBackEntryRow,
)
from app.services.desk.parking import refuse_handed
from app.services.desk.records import CLOSING, add_entries, entries_of
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.desk.verifiers import Verifiers
from app.services.ports import Centre
from app.store.desk import DeskStore
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, OrderId, OverrideId
from app.values.vocabulary import DraftState
from app.values.wording import tidy
from app.wire.operations import AUTHORISE_OVERRIDE
from app.wire.people import Permission, PersonView
from app.wire.read_back import (
    AskReadBack,
    AuthoriseOverride,
    Noted,
    NoteReadBack,
    Overridden,
    OverrideReadBack,
    ReadBackEntry,
    ReadBackKept,
)

_TYPED = ("heard", "note", "old", "new", "said", "reason")
"""Fields of entries that hold free text; the parts of a confirmation stand in the document."""

_WRONG_PASSWORD = "sign_in_wrong"  # noqa: S105 - the centre's code for it
_ABOUT = bindparam("wanted", type_=Uuid())
_STAGE: Select[Any] = select(
    select(DraftRow.state).where(DraftRow.order_id == _ABOUT).scalar_subquery().label("draft"),
    select(CommandRow.position)
    .where(text(ENDS_CALL), CommandRow.order_id == _ABOUT)
    .scalar_subquery()
    .label("ended"),
    select(PlacedOrderRow.position)
    .where(PlacedOrderRow.order_id == _ABOUT)
    .scalar_subquery()
    .label("placed"),
    select(func.max(ReadBackEntryRow.position))
    .where(ReadBackEntryRow.order_id == _ABOUT)
    .scalar_subquery()
    .label("last"),
    select(func.count())
    .where(ReadBackEntryRow.order_id == _ABOUT)
    .scalar_subquery()
    .label("entries"),
)


class ReadBackService:
    """The read-backs of one seat."""

    def __init__(
        self,
        store: DeskStore,
        verifiers: Verifiers,
        centre: Centre,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._verifiers = verifiers
        self._centre = centre
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock
        self._ids = ids

    def note(self, request: NoteReadBack) -> Noted:
        """Keep entries of the person signed in; they are on the disk when this returns.

        Raises Refusal `other_person`, `override_needs_lead`, `card_digits`, `draft_closed`,
        `already_placed`, `not_placed` or `call_ended`.
        """
        person_id = self._signed_in.session.person.person_id
        for entry in request.entries:
            if entry.by != person_id:
                raise Refusal(
                    "other_person", "Somebody else is signed in now. Please ask this again."
                )
            if isinstance(entry, Overridden):
                raise Refusal("override_needs_lead", "Only a team lead can let the read-back pass.")
            _refuse_cards(entry)
        return self._keep(request.order_id, request.entries)

    def of(self, request: AskReadBack) -> ReadBackKept:
        """All entries of an order."""
        with self._store.read() as connection:
            return ReadBackKept(entries=entries_of(connection, request.order_id))

    def override(self, request: OverrideReadBack) -> Overridden:
        """Let checkpoints pass in the name of a lead who signs in here, for this one thing.

        Raises Refusal: the centre's, `card_digits`, `reason_missing` or `not_a_lead`; while the
        centre is away what signing in raises; what `note` raises about the order.
        """
        person_id = self._signed_in.session.person.person_id
        reason = tidy(request.reason)
        if not reason:
            raise Refusal("reason_missing", "Please say why the order may pass.", "reason")
        refuse_card_digits(reason, "reason")
        with self._store.read() as connection:
            _refuse_untimely(_stage(connection, request.order_id), closing=False)
        override_id = OverrideId(self._ids.new())
        lead, offline = self._lead(request, override_id)
        entry = Overridden(
            at=self._clock.now(),
            by=person_id,
            override_id=override_id,
            checkpoints=request.checkpoints,
            reason=reason,
            lead=lead.person_id,
            lead_name=lead.name,
            offline=offline,
        )
        self._keep(request.order_id, (entry,))
        return entry

    def _keep(self, order_id: OrderId, entries: tuple[ReadBackEntry, ...]) -> Noted:
        with self._store.write() as connection:
            stage = _stage(connection, order_id)
            refuse_handed(connection, order_id)
            for entry in entries:
                _refuse_untimely(stage, closing=isinstance(entry, CLOSING))
            add_entries(connection, order_id, stage.last or 0, entries)
        return Noted(entries=stage.entries + len(entries))

    def _lead(self, request: OverrideReadBack, override_id: OverrideId) -> tuple[PersonView, bool]:
        """The lead who answers for it, and whether the centre could not be asked."""
        login = request.login.strip().lower()
        if self._signed_in.session.offline:
            # The centre hears only whom it let in itself.
            return self._proved_here(login, request.password), True
        asked = AuthoriseOverride(
            override_id=override_id,
            order_id=request.order_id,
            checkpoints=request.checkpoints,
            reason=request.reason,
            login=request.login,
            password=request.password,
        )
        try:
            authorised = self._centre.call(AUTHORISE_OVERRIDE, asked)
        except Refusal as refusal:
            self._standing.heard()
            if refusal.code == _WRONG_PASSWORD:
                self._verifiers.forget_if_right(login, request.password)
            raise
        except Fault:
            self._standing.missed()
            return self._proved_here(login, request.password), True
        self._standing.heard()
        return authorised.lead, False

    def _proved_here(self, login: str, password: str) -> PersonView:
        return self._verifiers.prove(login, password, Permission.REVIEW_ORDERS)


def _stage(connection: Connection, order_id: OrderId) -> Row[Any]:
    """How far an order has come, and how many entries it has."""
    return connection.execute(_STAGE, {"wanted": order_id}).one()


def _refuse_untimely(stage: Row[Any], *, closing: bool) -> None:
    """Before an order is placed it is read back, afterwards its call is closed, once."""
    is_placed = stage.placed is not None or stage.draft is DraftState.PLACED
    if stage.draft is DraftState.VOIDED:
        raise Refusal("draft_closed", "This order was given up; nothing can be noted about it.")
    if stage.ended is not None:
        raise Refusal("call_ended", "The call about this order has been ended.")
    if is_placed and not closing:
        raise Refusal("already_placed", "This order has been placed; its read-back is finished.")
    if closing and not is_placed:
        raise Refusal("not_placed", "This order has not been placed yet.")


def _refuse_cards(entry: ReadBackEntry) -> None:
    for name in _TYPED:
        refuse_card_digits(getattr(entry, name, ""), name)
