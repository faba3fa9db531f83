"""A person decides about an order that waits: stop it, let it go on, or reject it.

What may be decided is `rules/parked`; rejecting is a cancellation like any other. Every decision
locks the order first, leaves an event and tells the seat that took it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import Text, cast, insert, select

from app.models.central.order import OrderEvent, OrderVersion, SalesOrder
from app.models.central.order_life import OrderChangeRow
from app.models.central.people import Person
from app.models.central.worklist import OrderCheck, OrderHold
from app.services.central.guidance import GuidanceEditions
from app.services.central.order_changes import Attempt, OrderChanges
from app.services.central.order_changes_applying import Applied
from app.services.central.order_changes_judging import Told
from app.services.central.order_decisions import decided
from app.services.central.transaction import Actor, Handlers, SignedIn, Transaction
from app.services.central.warehouse_messages import goes_anyway, is_being_told, seen_to
from app.services.rules.parked import Parked, needs_second, refuse_release
from app.values.card import mask_card_digits
from app.values.errors import Refusal
from app.values.identity import ChangeId, DeviceId, OrderId, PersonId, SessionId
from app.values.order_life import ChangeState, ChangeWhat, Fulfilment, OrderState
from app.values.order_number import OrderNumber
from app.values.vocabulary import Role
from app.wire import worklist_operations
from app.wire.message import Nothing, decode
from app.wire.order_changes import Cancellation, OrderChange
from app.wire.orders import PlacedOrder
from app.wire.payments import Payments
from app.wire.people import PERMISSIONS, Permission
from app.wire.worklist import HeldOrder, HoldOrder, LiftHold, RejectOrder, ReleaseOrder

HELD, LIFTED, RELEASED, SEEN_TO = "held", "hold_lifted", "released", "seen_to"
_CHANGED_SINCE = Refusal(
    "order_changed", "The order was changed meanwhile. Look at it as it is now.", "revision"
)


class OrderReview:
    """Answers `orders.hold`, `lift_hold`, `release` and `reject`."""

    def __init__(self, changes: OrderChanges) -> None:
        self._changes = changes
        self._editions = GuidanceEditions()

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(worklist_operations.HOLD_ORDER, self.hold)
        handlers.add(worklist_operations.LIFT_HOLD, self.lift)
        handlers.add(worklist_operations.RELEASE_ORDER, self.release)
        handlers.add(worklist_operations.REJECT_ORDER, self.reject)

    def hold(self, tx: Transaction, actor: Actor, request: HoldOrder) -> HeldOrder:
        """Stop it. Raises Refusal `order_unknown`, `order_cancelled` or `order_shipping`."""
        order = _locked(tx, request.order_id)
        if order.state is OrderState.CANCELLED:
            raise Refusal("order_cancelled", "The order is cancelled: there is nothing to stop.")
        if order.fulfilment is not Fulfilment.WAITING:
            raise Refusal("order_shipping", "The warehouse has this order already.")
        if is_being_told(tx, order.order_id):
            raise Refusal("order_shipping", "The warehouse is being told of this order just now.")
        note = mask_card_digits(request.note)
        standing = tx.session.scalars(_STANDING.where(OrderHold.order_id == order.order_id)).first()
        if standing is None:
            standing = OrderHold(
                hold_id=tx.ids.new(),
                order_id=order.order_id,
                code=request.code,
                note=note,
                held_at=tx.at,
                held_by=actor.signed_in.person_id,
                lifted_at=None,
                lifted_by=None,
            )
            tx.session.add(standing)
        else:
            standing.code, standing.note = request.code, note
        _happened(tx, actor, order, HELD, code=request.code.value)
        return HeldOrder(
            code=standing.code,
            note=standing.note[:200],
            by=_name(tx, standing.held_by),
            since=standing.held_at,
        )

    def lift(self, tx: Transaction, actor: Actor, request: LiftHold) -> Nothing:
        """Let it go on. Raises Refusal `order_unknown`, `not_held` or `hold_of_another`."""
        order = _locked(tx, request.order_id)
        standing = tx.session.scalars(_STANDING.where(OrderHold.order_id == order.order_id)).first()
        if standing is None:
            raise Refusal("not_held", "This order is not stopped.")
        person = actor.signed_in
        if standing.held_by != person.person_id and (
            Permission.REVIEW_ORDERS not in person.permissions
        ):
            who = _name(tx, standing.held_by)
            raise Refusal("hold_of_another", f"{who} stopped this order. They or a lead lift it.")
        standing.lifted_at, standing.lifted_by = tx.at, person.person_id
        _happened(tx, actor, order, LIFTED, code=standing.code.value)
        return Nothing()

    def release(self, tx: Transaction, actor: Actor, request: ReleaseOrder) -> Nothing:
        """Everything odd was looked at. Raises Refusal as `rules.parked.refuse_release`.

        One that is cancelled stays so: somebody saw to it that the warehouse could not stop it.
        """
        order = _locked(tx, request.order_id)
        if order.revision != request.revision:
            raise _CHANGED_SINCE
        person, is_cancelled = actor.signed_in.person_id, order.state is OrderState.CANCELLED
        refuse_release(
            self._parked(tx, order),
            unpaid=request.unpaid,
            by=person,
            took_part=_took_part(tx, order),
        )
        reasons = list(order.review_reasons)
        if not is_cancelled:
            order.state = OrderState.RELEASED
        seen_to(tx, order)
        tx.session.flush()
        tx.connection.execute(
            insert(OrderCheck).values(
                order_id=order.order_id,
                revision=order.revision,
                person_id=person,
                note=mask_card_digits(request.note),
                unpaid=request.unpaid,
                at=tx.at,
            )
        )
        kind = SEEN_TO if is_cancelled else RELEASED
        _happened(tx, actor, order, kind, reasons=reasons, unpaid=request.unpaid)
        return Nothing()

    def reject(self, tx: Transaction, actor: Actor, request: RejectOrder) -> Nothing:
        """Cancel it whole, and give back what was paid. Raises Refusal where it cannot be.

        A hold stays: whoever takes the cancellation back has a stopped order again.
        """
        order = _locked(tx, request.order_id)
        if order.revision != request.revision:
            raise _CHANGED_SINCE
        self._cancel(tx, actor, order, request)
        tx.about(order.order_id, reason=request.reason.value)
        return Nothing()

    def _cancel(
        self, tx: Transaction, actor: Actor, order: SalesOrder, request: RejectOrder
    ) -> None:
        """Carry a cancellation out at once; what cannot be cancelled is refused."""
        person = actor.signed_in
        # On the command line there is no seat: then it counts for the one that took the order.
        device_id = DeviceId(actor.device.device_id if actor.device else order.device_id)
        change = OrderChange(
            change_id=ChangeId(tx.ids.new()),
            order_id=OrderId(order.order_id),
            number=OrderNumber(order.number),
            base_revision=order.revision,
            what=Cancellation(reason=request.reason, note=mask_card_digits(request.note)),
            asked_at=tx.at,
            asked_by=person.person_id,
        )
        row = OrderChangeRow(
            change_id=change.change_id,
            order_id=order.order_id,
            what=ChangeWhat.CANCELLATION,
            base_revision=order.revision,
            revision=None,
            state=ChangeState.OPEN,
            reasons=[],
            document=msgspec.to_builtins(change),
            device_id=device_id,
            person_id=person.person_id,
            captured_at=tx.at,
            received_at=tx.at,
            settled_at=None,
            settled_by=None,
            note="",
        )
        attempt = Attempt(
            told=Told(change=change, device_id=device_id, payments=Payments()),
            change=change,
            applied=Applied(change=change, device_id=device_id, person_id=person.person_id),
            permissions=person.permissions,
            by_lead=True,
        )
        found = self._changes.carry_out(tx, attempt, row)
        if found:
            raise Refusal(found[0].code, found[0].sentence)

    def _parked(self, tx: Transaction, order: SalesOrder) -> Parked:
        hold = tx.session.scalars(_STANDING.where(OrderHold.order_id == order.order_id)).first()
        agreed = select(OrderCheck.unpaid).where(
            OrderCheck.order_id == order.order_id, OrderCheck.unpaid
        )
        return Parked(
            state=order.state,
            fulfilment=order.fulfilment,
            payment=order.payment_state,
            hold=hold.code if hold is not None else None,
            unpaid_agreed=bool(tx.session.execute(agreed.limit(1)).first()),
            needs_second=self._needs_second(tx, order),
            goes_anyway=goes_anyway(tx, order),
        )

    def _needs_second(self, tx: Transaction, order: SalesOrder) -> bool:
        newest = select(cast(OrderVersion.document, Text)).where(
            OrderVersion.order_id == order.order_id, OrderVersion.revision == order.revision
        )
        placed = decode(tx.session.execute(newest).scalar_one().encode(), PlacedOrder)
        edition = self._editions.edition(tx, placed.guidance)
        lists = edition.checklists if edition is not None else ()
        return needs_second(placed.document, placed.totals.total, lists)


_DECIDING = frozenset({Role.TEAM_LEAD, Role.ADMINISTRATOR})


def deciding_as(tx: Transaction, login: str) -> Actor:
    """Whoever decides on the command line, where nobody is signed in.

    Raises Refusal `person_not_found`, `person_disabled` or `permission_missing`.
    """
    named = select(Person).where(Person.login == login.strip().lower())
    person = tx.session.scalars(named).one_or_none()
    if person is None:
        raise Refusal("person_not_found", "Nobody has that sign-in name.", "as")
    if person.disabled_at is not None:
        raise Refusal("person_disabled", f"{person.name} may no longer sign in.", "as")
    if person.role not in _DECIDING:
        raise Refusal("permission_missing", "Only leads and administrators decide this.", "as")
    signed_in = SignedIn(
        person_id=PersonId(person.person_id),
        session_id=SessionId(tx.ids.new()),
        role=person.role,
        team=person.team,
        permissions=PERMISSIONS[Role.TEAM_LEAD] | PERMISSIONS[person.role],
    )
    return Actor(person=signed_in)


_STANDING = select(OrderHold).where(OrderHold.lifted_at.is_(None))


def _locked(tx: Transaction, order_id: UUID) -> SalesOrder:
    order = tx.session.get(SalesOrder, order_id, with_for_update=True)
    if order is None:
        raise Refusal("order_unknown", "There is no such order here.", "order_id")
    return order


def _took_part(tx: Transaction, order: SalesOrder) -> Sequence[PersonId]:
    """Who took, placed or changed it."""
    changed = select(OrderVersion.recorded_by).where(
        OrderVersion.order_id == order.order_id, OrderVersion.recorded_by.is_not(None)
    )
    people = {order.taken_by, order.placed_by, *tx.session.scalars(changed)}
    return [PersonId(one) for one in people if one is not None]


def _name(tx: Transaction, person_id: UUID) -> str:
    return str(tx.session.scalars(select(Person.name).where(Person.person_id == person_id)).one())


def _happened(tx: Transaction, actor: Actor, order: SalesOrder, kind: str, **facts: object) -> None:
    """An event, a word to the seat that took it, and what the audit row is about."""
    tx.session.add(
        OrderEvent(
            order_id=order.order_id,
            kind=kind,
            at=tx.at,
            device_id=actor.device.device_id if actor.device else None,
            person_id=actor.person.person_id if actor.person else None,
            command_id=actor.command_id,
            facts=facts,
        )
    )
    decided(tx, order.order_id)
    tx.about(order.order_id)
