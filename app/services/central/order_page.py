"""The page of one order: everything about it after it was placed, in one read-only snapshot.

A fixed number of statements, however long the order is and however much happened to it. What it
means is worked out by the rules `order_standing`, `order_story` and `order_acts`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.models.central.contact import ContactRow
from app.models.central.order import OrderEvent, OrderVersion, SalesOrder
from app.models.central.order_life import (
    LedgerEntry,
    OrderChangeRow,
    OrderEdit,
    OrderProgress,
    OrderRefund,
)
from app.models.central.payment import CardMovement
from app.models.central.people import Device, Person
from app.models.central.recording import RecordingLease
from app.models.central.stock import OrderAllocation
from app.services.central.contacts import is_about, level_shown
from app.services.central.customers import Customers
from app.services.central.transaction import Actor, Handlers, Transaction
from app.services.rules.order_acts import Standing, UndoState, all_acts, undo_state
from app.services.rules.order_standing import (
    Counters,
    Owed,
    account_of,
    is_undecided,
    lines_of,
    pieces_of,
)
from app.services.rules.order_story import Event, Known, Movement, pause_end_words, story_of
from app.values.identity import (
    AttemptId,
    ChangeId,
    ContactId,
    DeviceId,
    LineId,
    LinkId,
    PersonId,
    ProductCode,
    RefundId,
)
from app.values.money import Currency, Money
from app.values.order_life import ChangeState, IdentityLevel
from app.wire.customers import GetOrder
from app.wire.order_changes import ChangeView, RefundView
from app.wire.order_operations import ASK_ORDER_PAGE
from app.wire.order_page import (
    AskOrderPage,
    ContactView,
    Editing,
    OrderPage,
    RecordingGap,
    VersionSummary,
)
from app.wire.orders import OrderView
from app.wire.people import Permission

ROWS_MOST = 200
"""Of each kind of thing that can happen to an order; the newest are shown where there are more."""

VERSIONS_MOST = 100
EVERYTHING = frozenset(Permission)


class OrderPages:
    """Answers what is asked about one order."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(ASK_ORDER_PAGE, self.answer)

    def answer(self, tx: Transaction, actor: Actor, request: AskOrderPage) -> OrderPage:
        """The page; raises Refusal `order_unnamed`, `number_wrong` or `order_unknown`."""
        return self.page(tx, request, actor.signed_in.permissions)

    def page(
        self,
        tx: Transaction,
        request: AskOrderPage,
        permissions: frozenset[Permission] = EVERYTHING,
    ) -> OrderPage:
        """The same for the command line, where nobody is signed in."""
        asked = GetOrder(order_id=request.order_id, number=request.number)
        order = self._customers.order_view(tx, asked)
        return _page(tx, order, permissions)


def _page(tx: Transaction, order: OrderView, permissions: frozenset[Permission]) -> OrderPage:
    document = order.placed.document
    row = tx.session.get_one(SalesOrder, document.order_id)
    rows = _Rows(tx, row)
    versions, changes, refunds = rows.versions(), rows.changes(), rows.refunds()
    contacts, gaps, ledger = rows.contacts(), rows.gaps(changes), rows.ledger()
    lines = lines_of(document, rows.counters(), rows.stock(), ledger)
    account = account_of(order.placed.totals, order.payments, ledger, refunds)
    events, movements = rows.events(), rows.movements(order)
    closed_by = order.closed.closed_by if order.closed is not None else None
    people: list[UUID | None] = [order.placed.placed_by, closed_by]
    people += [one.person for one in events] + [one.person for one in movements]
    people += [one.by for one in versions] + [one.by for one in changes]
    known = Known(
        order=order,
        received_at=row.received_at,
        events=events,
        versions=versions,
        changes=changes,
        refunds=refunds,
        contacts=contacts,
        gaps=gaps,
        movements=movements,
        people=_names(tx, people),
        seats=_seats(tx, (document.device_id, *(one.seat for one in events))),
    )
    standing = Standing(
        state=row.state,
        fulfilment=row.fulfilment,
        lines={one.line_id: pieces_of(one) for one in lines if one.quantity},
        permissions=permissions,
        is_owing=account.to_pay.minor > 0,
        payment_undecided=is_undecided(order.payments),
        undo=_undo(changes, tx.at),
        region=document.region,
    )
    return OrderPage(
        order=order,
        fulfilment=row.fulfilment,
        lines=lines,
        account=account,
        may=all_acts(standing),
        versions=versions,
        changes=changes,
        refunds=refunds,
        shipments=known.shipments,
        contacts=contacts,
        gaps=gaps,
        timeline=story_of(known),
        editing=rows.editing(),
    )


def _undo(changes: Sequence[ChangeView], now: datetime) -> UndoState:
    """Whether the last change that was made can be taken back."""
    made = [one for one in changes if one.state is ChangeState.APPLIED]
    until = made[-1].can_undo_until if made else None
    return undo_state(until, now, money_moved=False, goods_moved=False)


class _Rows:
    """The rows of one order, each kind with one statement."""

    def __init__(self, tx: Transaction, row: SalesOrder) -> None:
        self._tx = tx
        self._order: UUID = row.order_id
        self._currency: Currency = row.currency

    def counters(self) -> tuple[Counters, ...]:
        rows = select(OrderProgress).where(OrderProgress.order_id == self._order)
        return tuple(
            Counters(
                line_id=LineId(one.line_id),
                kind=one.kind,
                code=ProductCode(one.code),
                description=one.description,
                ordered=one.ordered,
                cancelled=one.cancelled,
                shipped=one.shipped,
                delivered=one.delivered,
                returned=one.returned,
            )
            for one in self._tx.session.scalars(rows.order_by(OrderProgress.line_id))
        )

    def stock(self) -> dict[ProductCode, tuple[int, int]]:
        rows = select(
            OrderAllocation.code, OrderAllocation.allocated, OrderAllocation.back_ordered
        ).where(OrderAllocation.order_id == self._order)
        return {
            ProductCode(code): (allocated, back_ordered)
            for code, allocated, back_ordered in self._tx.session.execute(rows)
        }

    def ledger(self) -> tuple[Owed, ...]:
        amount = LedgerEntry.amount_minor
        rows = (
            select(
                LedgerEntry.part,
                LedgerEntry.line_id,
                func.sum(amount),
                func.sum(case((amount < 0, amount), else_=0)),
            )
            .where(LedgerEntry.order_id == self._order)
            .group_by(LedgerEntry.part, LedgerEntry.line_id)
        )
        return tuple(
            Owed(
                part=part,
                line_id=LineId(line_id) if line_id is not None else None,
                amount=int(whole),
                credited=int(credited),
            )
            for part, line_id, whole, credited in self._tx.session.execute(rows)
        )

    def versions(self) -> tuple[VersionSummary, ...]:
        document = cast(OrderVersion.document, JSONB)
        rows = (
            select(
                OrderVersion.revision,
                OrderVersion.recorded_at,
                OrderVersion.recorded_by,
                OrderVersion.change_id,
                cast(document["totals"]["total"]["minor"], Text),
                document["document"]["delivery"]["promised_on"].astext,
            )
            .where(OrderVersion.order_id == self._order)
            .order_by(OrderVersion.revision.desc())
            .limit(VERSIONS_MOST)
        )
        return tuple(
            VersionSummary(
                revision=revision,
                at=at,
                by=PersonId(by) if by is not None else None,
                total=Money(int(total), self._currency),
                promised_on=date.fromisoformat(promised_on) if promised_on else None,
                change_id=ChangeId(change_id) if change_id is not None else None,
            )
            for revision, at, by, change_id, total, promised_on in reversed(
                self._tx.session.execute(rows).all()
            )
        )

    def refunds(self) -> tuple[RefundView, ...]:
        rows = (
            select(OrderRefund)
            .where(OrderRefund.order_id == self._order)
            .order_by(OrderRefund.asked_at.desc(), OrderRefund.refund_id)
            .limit(ROWS_MOST)
        )
        return tuple(map(self._refund, reversed(self._tx.session.scalars(rows).all())))

    def _refund(self, row: OrderRefund) -> RefundView:
        return RefundView(
            refund_id=RefundId(row.refund_id),
            way=row.way,
            amount=Money(row.amount_minor, self._currency),
            state=row.state,
            attempt_id=AttemptId(row.attempt_id) if row.attempt_id is not None else None,
            link_id=LinkId(row.link_id) if row.link_id is not None else None,
            reason=row.reason,
            sentence=row.refusal_sentence,
            at=row.asked_at,
            due_at=row.due_at,
            settled_at=row.settled_at,
        )

    def events(self) -> tuple[Event, ...]:
        rows = (
            select(OrderEvent)
            .where(OrderEvent.order_id == self._order)
            .order_by(OrderEvent.seq.desc())
            .limit(ROWS_MOST)
        )
        return tuple(
            Event(
                kind=one.kind,
                at=one.at,
                person=one.person_id,
                seat=one.device_id,
                facts=one.facts,
            )
            for one in reversed(self._tx.session.scalars(rows).all())
        )

    def movements(self, order: OrderView) -> tuple[Movement, ...]:
        attempts = [one.attempt_id for one in order.payments.attempts]
        if not attempts:
            return ()
        rows = (
            select(CardMovement)
            .where(CardMovement.attempt_id.in_(attempts))
            .order_by(CardMovement.asked_at.desc(), CardMovement.movement_id)
            .limit(ROWS_MOST)
        )
        return tuple(map(self._movement, reversed(self._tx.session.scalars(rows).all())))

    def _movement(self, row: CardMovement) -> Movement:
        amount = row.amount_minor
        return Movement(
            kind=row.kind.value,
            state=row.state.value,
            attempt_id=row.attempt_id,
            amount=Money(amount, self._currency) if amount is not None else None,
            at=row.settled_at or row.asked_at,
            person=row.person_id,
            refusal=row.refusal_sentence,
        )

    def contacts(self) -> tuple[ContactView, ...]:
        rows = (
            select(ContactRow, Person.name, level_shown(self._order))
            .outerjoin(Person, Person.person_id == ContactRow.person_id)
            .where(is_about(self._order))
            .order_by(ContactRow.started_at.desc(), ContactRow.contact_id)
            .limit(ROWS_MOST)
        )
        return tuple(
            ContactView(
                contact_id=ContactId(row.contact_id),
                channel=row.channel,
                reason=row.reason,
                outcome=row.outcome,
                resolved=row.resolved,
                started_at=row.started_at,
                ended_at=row.ended_at,
                by=name or "",
                note=row.note,
                level=level or IdentityLevel.NOTHING,
            )
            for row, name, level in reversed(self._tx.session.execute(rows).all())
        )

    def gaps(self, changes: Iterable[ChangeView]) -> tuple[RecordingGap, ...]:
        """Of the order's own calls, and of those in which it was changed."""
        calls = (self._order, *(one.change_id for one in changes))
        rows = (
            select(RecordingLease)
            .where(RecordingLease.order_id.in_(calls), RecordingLease.held_at.is_not(None))
            .order_by(RecordingLease.held_at.desc(), RecordingLease.lease_id)
            .limit(ROWS_MOST)
        )
        return tuple(map(_gap, reversed(self._tx.session.scalars(rows).all())))

    def editing(self) -> Editing | None:
        """Who is changing it just now, whoever came last."""
        rows = (
            select(OrderEdit, Person.name)
            .outerjoin(Person, Person.person_id == OrderEdit.person_id)
            .where(OrderEdit.order_id == self._order, OrderEdit.until > self._tx.at)
        )
        found = self._tx.session.execute(rows).one_or_none()
        if found is None:
            return None
        row, name = found
        return Editing(by=name or "", device_id=DeviceId(row.device_id), since=row.since)

    def changes(self) -> tuple[ChangeView, ...]:
        rows = (
            select(OrderChangeRow)
            .where(OrderChangeRow.order_id == self._order)
            .order_by(OrderChangeRow.received_at.desc(), OrderChangeRow.change_id)
            .limit(ROWS_MOST)
        )
        return tuple(map(_change, reversed(self._tx.session.scalars(rows).all())))


def _gap(row: RecordingLease) -> RecordingGap:
    return RecordingGap(
        paused_at=row.held_at or row.requested_at,
        resumed_at=row.resumed_at,
        ended_as=pause_end_words(row.end_reason),
    )


def _change(row: OrderChangeRow) -> ChangeView:
    return ChangeView(
        change_id=ChangeId(row.change_id),
        what=row.what,
        state=row.state,
        base_revision=row.base_revision,
        revision=row.revision,
        reasons=tuple(row.reasons),
        differences=(),
        at=row.captured_at,
        by=PersonId(row.person_id),
    )


def _names(tx: Transaction, known: Iterable[UUID | None]) -> dict[UUID, str]:
    people = {one for one in known if one is not None}
    rows = select(Person.person_id, Person.name).where(Person.person_id.in_(people))
    return {row.person_id: row.name for row in tx.session.execute(rows)}


def _seats(tx: Transaction, known: Iterable[UUID | None]) -> dict[UUID, str]:
    seats = {one for one in known if one is not None}
    rows = select(Device.device_id, Device.name).where(Device.device_id.in_(seats))
    return {row.device_id: row.name for row in tx.session.execute(rows)}
