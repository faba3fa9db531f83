"""Drafts that one CSR hands to another: offered, claimed once, or the giver's again.

A copy waits here until the colleague's seat has it on its disk; what stays are ids and instants.
All about one order is decided under the lock that its payments are decided under, so that no card
is asked for a draft that goes away. What is held of stock moves with the claim. Service threads;
`look_after` in the background.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.models.central.handover import Handover
from app.models.central.payment import CardAttemptRow, PayLinkRow
from app.models.central.people import Person
from app.services.central.card_attempts import NOTHING_HELD
from app.services.central.masking import masked_document, masked_entries
from app.services.central.payment_rows import is_given_up, is_placed, lock
from app.services.central.stock_rows import move_holds
from app.services.central.transaction import Actor, Handlers, Transaction, Transactions
from app.services.rules.payments import IS_PAID, STILL_OPEN
from app.services.rules.pricing import totals
from app.services.rules.regions import RegionRules
from app.values.card import mask_card_digits
from app.values.errors import Refusal
from app.values.identity import HandoverId, OrderId, PersonId
from app.values.vocabulary import HandoverState, Region, Role
from app.wire import handover_operations
from app.wire.handover import (
    AskColleagues,
    AskHandovers,
    AskOffered,
    ClaimDraft,
    ClaimedDraft,
    Colleagues,
    DraftReceived,
    HandoverStanding,
    HandoverStandings,
    OfferDraft,
    Offered,
    OfferedDraft,
    OfferedDrafts,
    TakeBackDraft,
)
from app.wire.message import Nothing, decode, encode, read_document
from app.wire.people import Permission, PersonView

LOOK_SECONDS = 60.0
_TAKES_ORDERS = (Role.CSR, Role.TEAM_LEAD)
_USUAL_HOURS = 24


class Handovers:
    """Answers `people.colleagues` and all about drafts that go from one CSR to another."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self._regions = regions

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(handover_operations.COLLEAGUES, self.colleagues)
        handlers.add(handover_operations.OFFER_DRAFT, self.offer)
        handlers.add(handover_operations.OFFERED_DRAFTS, self.offered)
        handlers.add(handover_operations.CLAIM_DRAFT, self.claim)
        handlers.add(handover_operations.TAKE_BACK_DRAFT, self.take_back)
        handlers.add(handover_operations.DRAFT_RECEIVED, self.received)
        handlers.add(handover_operations.HANDOVER_STANDINGS, self.standings)

    def colleagues(self, tx: Transaction, actor: Actor, request: AskColleagues) -> Colleagues:
        """Everybody else who takes orders, one's own team first."""
        mine = actor.signed_in
        others = (
            select(Person)
            .where(
                Person.person_id != mine.person_id,
                Person.role.in_(_TAKES_ORDERS),
                Person.disabled_at.is_(None),
            )
            .order_by(Person.team != mine.team, func.lower(Person.name), Person.person_id)
            .limit(request.limit)
        )
        return Colleagues(people=tuple(map(_view, tx.session.scalars(others))))

    def offer(self, tx: Transaction, actor: Actor, request: OfferDraft) -> Offered:
        """Keep a copy for a colleague.

        Raises Refusal `other_seat`, `colleague_unknown`, `handover_over`, `order_placed`,
        `order_given_up`, `payment_open` or `already_offered`.
        """
        order_id = request.document.order_id
        tx.about(order_id, handover=str(request.handover_id), to=str(request.to_person))
        if request.document.device_id != actor.seat.device_id:
            raise Refusal("other_seat", "This order belongs to another desk.")
        lock(tx, "payments of", order_id)
        before = _locked(tx, request.handover_id)
        if before is not None:
            return _offered_before(actor, before)
        _require_colleague(tx, actor, request.to_person)
        _require_free(tx, order_id)
        expires_at = tx.at + _life(tx)
        clean = self._masked(request)
        to_name = _name(tx, request.to_person)
        new = insert(Handover).values(
            handover_id=request.handover_id,
            device_id=actor.seat.device_id,
            order_id=order_id,
            from_person=actor.signed_in.person_id,
            to_person=request.to_person,
            state=HandoverState.OFFERED,
            offered_at=tx.at,
            expires_at=expires_at,
            draft=encode(clean),
            summary=decode(encode(self._summary(tx, actor, clean, to_name)), dict[str, Any]),
        )
        if not tx.connection.execute(new.on_conflict_do_nothing()).rowcount:
            raise _over(HandoverState.TAKEN_BACK)  # just now, before the offer arrived
        return Offered(handover_id=request.handover_id, offered_at=tx.at, expires_at=expires_at)

    def offered(self, tx: Transaction, actor: Actor, request: AskOffered) -> OfferedDrafts:
        """What waits for the person who asks, and what they claimed here and have not fetched."""
        rows = tx.session.execute(_waiting(actor).limit(request.limit))
        return OfferedDrafts(drafts=tuple(map(_listed, rows)))

    def claim(self, tx: Transaction, actor: Actor, request: ClaimDraft) -> ClaimedDraft:
        """The first who asks has it, and has it again as long as its copy is needed.

        Raises Refusal `handover_unknown`, `already_claimed`, `handover_over`, `order_placed` or
        `order_given_up`.
        """
        found = tx.session.get(Handover, request.handover_id)
        if found is None or found.order_id is None or not _may_claim(actor, found):
            raise _unknown()
        lock(tx, "payments of", found.order_id)
        row = _locked(tx, request.handover_id)
        if row is None or row.order_id is None:
            raise _unknown()
        tx.about(row.order_id, handover=str(row.handover_id))
        if row.state is HandoverState.CLAIMED:
            return _claimed_before(tx, actor, row)
        if row.state is not HandoverState.OFFERED:
            raise _over(row.state)
        _refuse_ended(tx, row.order_id)
        device_id = actor.seat.device_id
        tx.connection.execute(
            update(Handover)
            .where(Handover.handover_id == row.handover_id)
            .values(
                state=HandoverState.CLAIMED,
                ended_at=tx.at,
                claimed_by=actor.signed_in.person_id,
                claimed_device=device_id,
            )
        )
        moved = move_holds(tx, row.order_id, row.device_id, device_id)
        tx.about(row.order_id, handover=str(row.handover_id), holds=moved)
        return _copy(tx, row)

    def take_back(self, tx: Transaction, actor: Actor, request: TakeBackDraft) -> HandoverStanding:
        """How it stands then: claimed where a colleague was quicker.

        Raises Refusal `handover_unknown`.
        """
        seat = actor.seat.device_id
        tx.about(None, handover=str(request.handover_id))
        never_came = insert(Handover).values(
            handover_id=request.handover_id,
            device_id=seat,
            state=HandoverState.TAKEN_BACK,
            offered_at=tx.at,
            ended_at=tx.at,
        )
        tx.connection.execute(never_came.on_conflict_do_nothing())
        row = _locked(tx, request.handover_id)
        if row is None or row.device_id != seat:
            raise _unknown()
        tx.about(row.order_id, handover=str(row.handover_id))
        if row.state is HandoverState.OFFERED:
            _end(tx, Handover.handover_id == row.handover_id, HandoverState.TAKEN_BACK)
        return self._standings(tx, seat, (request.handover_id,))[0]

    def received(self, tx: Transaction, actor: Actor, request: DraftReceived) -> Nothing:
        """The copy is needed no more."""
        tx.connection.execute(
            update(Handover)
            .where(
                Handover.handover_id == request.handover_id,
                Handover.state == HandoverState.CLAIMED,
                Handover.claimed_device == actor.seat.device_id,
            )
            .values(draft=None, summary=None)
        )
        return Nothing()

    def standings(self, tx: Transaction, actor: Actor, request: AskHandovers) -> HandoverStandings:
        """How those of the seat stand."""
        found = self._standings(tx, actor.seat.device_id, request.handover_ids)
        return HandoverStandings(standings=found)

    def _standings(
        self, tx: Transaction, device_id: UUID, wanted: tuple[HandoverId, ...]
    ) -> tuple[HandoverStanding, ...]:
        rows = tx.session.execute(
            select(Handover, Person.name)
            .outerjoin(Person, Person.person_id == Handover.claimed_by)
            .where(Handover.device_id == device_id, Handover.handover_id.in_(wanted))
            .execution_options(populate_existing=True)
        )
        return tuple(
            HandoverStanding(
                handover_id=HandoverId(row.handover_id),
                state=row.state,
                at=row.ended_at or row.offered_at,
                by_name=name or "",
            )
            for row, name in rows
        )

    def _masked(self, request: OfferDraft) -> OfferDraft:
        """Without card numbers; the desk lets none in, and this is where it is not believed."""
        rules, said = self._regions[request.document.region], request.call_back
        call_back = replace(said, note=mask_card_digits(said.note))
        base = masked_document(request.base, rules) if request.base is not None else None
        return replace(
            request,
            document=masked_document(request.document, rules),
            entries=masked_entries(request.entries, rules),
            call_back=call_back,
            base=base,
        )

    def _summary(
        self, tx: Transaction, actor: Actor, offer: OfferDraft, to_name: str
    ) -> OfferedDraft:
        document = offer.document
        return OfferedDraft(
            handover_id=offer.handover_id,
            order_id=OrderId(document.order_id),
            from_name=_name(tx, actor.signed_in.person_id),
            to_person=offer.to_person,
            to_name=to_name,
            offered_at=tx.at,
            customer_name=document.customer.name if document.customer else "",
            line_count=len(document.lines),
            total=totals(document, self._regions[document.region]).total,
            call_back=offer.call_back,
        )


class HandoverWatch:
    """Gives back what nobody took in time."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def look_after(self) -> None:
        """End offers that are over, and copies that nobody fetched."""
        self._transactions.write(end_overdue)


def end_overdue(tx: Transaction) -> int:
    """Offers whose time is over, and claims that were never fetched, are the giver's; how many."""
    overdue = and_(Handover.draft.is_not(None), Handover.expires_at <= tx.at)
    ended = tx.connection.execute(
        select(Handover.handover_id, Handover.order_id)
        .where(overdue)
        .order_by(Handover.handover_id)
        .with_for_update(skip_locked=True)
    ).all()
    _end(tx, Handover.handover_id.in_([row.handover_id for row in ended]), HandoverState.EXPIRED)
    for row in ended:
        tx.audit("drafts.expire", row.order_id, handover=str(row.handover_id))
    return len(ended)


_LIFE = text("SELECT (document->>'quote_hours')::int FROM policy ORDER BY revision DESC LIMIT 1")


def _life(tx: Transaction) -> timedelta:
    """As long as the caller was promised the prices; whoever gave it has it again afterwards."""
    return timedelta(hours=tx.connection.execute(_LIFE).scalar() or _USUAL_HOURS)


def _view(person: Person) -> PersonView:
    return PersonView(
        person_id=PersonId(person.person_id),
        login=person.login,
        name=person.name,
        role=person.role,
        team=person.team,
    )


def _name(tx: Transaction, person_id: UUID) -> str:
    person = tx.session.get(Person, person_id)
    return person.name if person is not None else ""


def _locked(tx: Transaction, handover_id: UUID) -> Handover | None:
    return tx.session.get(Handover, handover_id, with_for_update=True, populate_existing=True)


def _offered_before(actor: Actor, row: Handover) -> Offered:
    """The answer once more, where it is the same offer and still stands."""
    if row.device_id != actor.seat.device_id:
        raise _unknown()
    if row.state is not HandoverState.OFFERED or row.expires_at is None:
        raise _over(row.state)
    return Offered(
        handover_id=HandoverId(row.handover_id),
        offered_at=row.offered_at,
        expires_at=row.expires_at,
    )


def _require_colleague(tx: Transaction, actor: Actor, person_id: UUID) -> None:
    person = tx.session.get(Person, person_id)
    takes = person is not None and person.role in _TAKES_ORDERS and person.disabled_at is None
    if not takes or person_id == actor.signed_in.person_id:
        raise Refusal(
            "colleague_unknown", "Nobody else who takes orders is known by that name.", "to_person"
        )


def _require_free(tx: Transaction, order_id: UUID) -> None:
    """Nobody has it on offer, nobody placed it, and no money hangs on it."""
    _refuse_ended(tx, order_id)
    open_offer = select(Handover.handover_id).where(
        Handover.order_id == order_id, Handover.state == HandoverState.OFFERED
    )
    if tx.session.scalars(open_offer).first() is not None:
        raise Refusal("already_offered", "This order is with a colleague already.")
    attempts = select(CardAttemptRow.attempt_id).where(
        CardAttemptRow.order_id == order_id, CardAttemptRow.state.not_in(NOTHING_HELD)
    )
    links = select(PayLinkRow.link_id).where(
        PayLinkRow.order_id == order_id, PayLinkRow.state.in_(STILL_OPEN | IS_PAID)
    )
    if any(tx.session.scalars(query.limit(1)).first() for query in (attempts, links)):
        raise Refusal(
            "payment_open",
            "A payment for this order is under way. Please finish it, or give it back first.",
        )


def _refuse_ended(tx: Transaction, order_id: UUID) -> None:
    if is_placed(tx, order_id):
        raise Refusal("order_placed", "This order has been placed already.")
    if is_given_up(tx, order_id):
        raise Refusal("order_given_up", "This order was given up.")


def _may_claim(actor: Actor, row: Handover) -> bool:
    """Whom it is for, and team leads."""
    person = actor.signed_in
    return row.to_person == person.person_id or Permission.REVIEW_ORDERS in person.permissions


def _waiting(actor: Actor) -> Select[tuple[dict[str, Any] | None, HandoverState]]:
    person = actor.signed_in
    for_them: ColumnElement[bool] = Handover.state == HandoverState.OFFERED
    if Permission.REVIEW_ORDERS not in person.permissions:
        for_them = and_(for_them, Handover.to_person == person.person_id)
    not_fetched = and_(
        Handover.state == HandoverState.CLAIMED,
        Handover.claimed_by == person.person_id,
        Handover.claimed_device == actor.seat.device_id,
    )
    return (
        select(Handover.summary, Handover.state)
        .where(Handover.draft.is_not(None), or_(for_them, not_fetched))
        .where(Handover.from_person != person.person_id)
        .order_by(Handover.offered_at, Handover.handover_id)
    )


def _listed(row: Row[tuple[dict[str, Any] | None, HandoverState]]) -> OfferedDraft:
    listed = read_document(row.summary, OfferedDraft)
    return replace(listed, is_claimed=row.state is HandoverState.CLAIMED)


def _claimed_before(tx: Transaction, actor: Actor, row: Handover) -> ClaimedDraft:
    is_same = (row.claimed_by, row.claimed_device) == (
        actor.signed_in.person_id,
        actor.seat.device_id,
    )
    if is_same and row.draft is not None:
        return _copy(tx, row)
    if is_same:
        raise Refusal("already_claimed", "You have taken this order over already.")
    name = _name(tx, row.claimed_by) if row.claimed_by is not None else ""
    raise Refusal("already_claimed", f"{name} has taken this order over.")


def _copy(tx: Transaction, row: Handover) -> ClaimedDraft:
    kept = decode(row.draft or b"", OfferDraft)
    return ClaimedDraft(
        handover_id=HandoverId(row.handover_id),
        from_name=_name(tx, row.from_person) if row.from_person is not None else "",
        document=kept.document,
        entries=kept.entries,
        call_back=kept.call_back,
        base=kept.base,
    )


def _end(tx: Transaction, which: ColumnElement[bool], state: HandoverState) -> None:
    tx.connection.execute(
        update(Handover)
        .where(which)
        .values(
            state=state,
            ended_at=tx.at,
            claimed_by=None,
            claimed_device=None,
            draft=None,
            summary=None,
        )
    )


def _over(state: HandoverState) -> Refusal:
    sentences = {
        HandoverState.CLAIMED: "A colleague has taken this order over.",
        HandoverState.TAKEN_BACK: "This order was taken back by whoever gave it.",
        HandoverState.EXPIRED: "Nobody took this order over in time. It is the giver's again.",
    }
    return Refusal("handover_over", sentences.get(state, "This order is on offer no more."))


def _unknown() -> Refusal:
    return Refusal("handover_unknown", "There is no such order to be taken over.")
