"""Takes changes of orders that have their number: carried out once, or kept for a person to decide.

Nothing that was captured at a desk is turned away. What cannot be carried out as it was asked stays
as an open request with its reasons; it is withdrawn by whoever asks the caller anew, or settled by
a lead. Of two people at once the first has the order's row, the other the difference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import select

from app.models.central.order import SalesOrder
from app.models.central.order_life import OrderChangeRow
from app.services.central import desk_clock
from app.services.central.acceptance import masked
from app.services.central.guidance import GuidanceEditions
from app.services.central.order_changes_applying import Applied, apply
from app.services.central.order_changes_editing import end_edit
from app.services.central.order_changes_facts import (
    OrderNow,
    order_now,
    permissions_of,
    version_of,
)
from app.services.central.order_changes_judging import (
    Judging,
    Told,
    as_placed,
    obstacle,
    payment_obstacles,
)
from app.services.central.order_changes_plan import Asked, Planned, kind_of, plan
from app.services.central.order_facts import place_of
from app.services.central.order_progress import opened
from app.services.central.order_refund_rows import tendered
from app.services.central.payment_rows import lock, payments_of
from app.services.central.settling import in_sequence, settled_before
from app.services.central.transaction import CommandKey, Transaction
from app.services.rules.parked import needs_second
from app.services.rules.payments import brings_money
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.card import mask_card_digits
from app.values.identity import ChangeId, DeviceId
from app.values.order_life import ChangeState
from app.values.vocabulary import Region
from app.wire.message import encode, read_document
from app.wire.order_changes import Amendment, Cancellation, Obstacle, OrderChange, Undo
from app.wire.orders import PlacedOrder
from app.wire.payments import Payments
from app.wire.people import Permission
from app.wire.sync import Command, CommandOutcome, Outcome

ORDER_UNKNOWN = "order_unknown"
VERSION_UNKNOWN = "version_unknown"
NOBODY_KNOWN: frozenset[Permission] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedChange:
    """A change on its way in, as the seat sent it."""

    key: CommandKey
    command: Command
    device_id: DeviceId
    change: OrderChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A change that is to be carried out.

    `told` is as it was sent, `change` as it is kept. `by_lead`: somebody who may looked at it, so
    that only what cannot be done at all stands in the way.
    """

    told: Told
    change: OrderChange
    applied: Applied
    permissions: frozenset[Permission]
    by_lead: bool = False


class OrderChanges:
    """Decides what becomes of changes; one instance may be asked from any thread."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self.regions = regions
        self._judging = Judging()
        self._editions = GuidanceEditions()

    def decide(self, tx: Transaction, arrived: ArrivedChange) -> CommandOutcome | None:
        """The outcome of the command, for ever the same."""
        key, command = arrived.key, arrived.command
        applied = tx.applied(key.asker, key.command_id)
        place = place_of(tx, command, arrived.device_id)
        before = settled_before(tx, key, command, applied, place)
        if before is not None:
            return before
        lock(tx, "change", arrived.change.change_id)
        row, found = self._kept(tx, arrived)
        outcome = CommandOutcome(
            command_id=command.command_id,
            outcome=Outcome.NEEDS_REVIEW if row.state is ChangeState.OPEN else Outcome.ACCEPTED,
            number=arrived.change.number,
            reasons=tuple(row.reasons) if row.state is ChangeState.OPEN else (),
            sentence=found[0].sentence if found else "",
        )
        tx.remember(in_sequence(key, place), encode(outcome))
        tx.audit(
            key.operation,
            row.order_id,
            row.state.value,
            change=str(row.change_id),
            what=row.what.value,
            revision=row.revision,
            person=str(row.person_id),
            reasons=",".join(row.reasons),
        )
        return outcome

    def carry_out(
        self, tx: Transaction, attempt: Attempt, row: OrderChangeRow
    ) -> tuple[Obstacle, ...]:
        """Carry a change out, and its row says so; else what stands in the way of it."""
        order = opened(tx, row.order_id)
        if order is None:
            return (obstacle(ORDER_UNKNOWN),)
        rules = self.regions[order.region]
        now = order_now(tx, order, rules)
        base_revision = attempt.change.base_revision
        if base_revision > order.revision:
            return (obstacle(VERSION_UNKNOWN),)
        base = now.placed
        if base_revision != order.revision:
            base = version_of(tx, row.order_id, base_revision)
        planned = plan(now, self.asked(tx, now, attempt, base), rules)
        found = planned.obstacles
        if not attempt.by_lead:
            judged = self._judging.obstacles(tx, now, base, attempt.told, rules)
            found += judged + payment_obstacles(now, planned, attempt.told)
        if found:
            return found
        self._apply(tx, now, planned, attempt, row)
        return ()

    def asked(self, tx: Transaction, now: OrderNow, attempt: Attempt, base: PlacedOrder) -> Asked:
        """The change as it is planned, with what was paid for it."""
        paid = attempt.told.payments
        both = Payments(
            attempts=(*now.payments.attempts, *paid.attempts),
            links=(*now.payments.links, *paid.links),
        )
        return Asked(
            what=attempt.change.what,
            base=base,
            previous=previous_of(tx, now, attempt.change.what),
            tendered=tendered(both, now.refunds, now.currency),
            permissions=attempt.permissions,
        )

    def _apply(
        self,
        tx: Transaction,
        now: OrderNow,
        planned: Planned,
        attempt: Attempt,
        row: OrderChangeRow,
    ) -> None:
        paid = attempt.told.payments
        money = planned.settlement.ways or planned.settlement.undo
        is_nothing = not (money or brings_money(paid.attempts, paid.links)) and planned.is_nothing
        row.state, row.reasons = ChangeState.APPLIED, []
        row.revision = now.row.revision + (0 if is_nothing else 1)
        row.settled_at, row.settled_by = tx.at, attempt.applied.person_id
        tx.session.add(row)
        tx.session.flush()
        if not is_nothing:
            reasons = (*attempt.applied.reasons, *self._second_look(tx, planned, attempt))
            applied = dataclasses.replace(attempt.applied, reasons=reasons)
            apply(tx, now, planned, applied, self.regions[now.row.region])
        end_edit(tx, row.order_id, row.change_id)

    def _second_look(
        self, tx: Transaction, planned: Planned, attempt: Attempt
    ) -> list[ReviewReason]:
        """Whether somebody else has to look at what it makes of the order; a lead just did."""
        what = attempt.change.what
        if attempt.by_lead or not isinstance(what, Amendment):
            return []
        edition = self._editions.edition(tx, what.guidance)
        lists = edition.checklists if edition is not None else ()
        is_risky = needs_second(planned.document, planned.totals.total, lists)
        return [ReviewReason.SECOND_PERSON] if is_risky else []

    def attempt_of(
        self, tx: Transaction, row: OrderChangeRow, change: OrderChange | None = None
    ) -> Attempt:
        """A change that is kept, as it would be carried out now."""
        kept = read_document(row.document, OrderChange)
        told = Told(
            change=change or kept,
            device_id=DeviceId(row.device_id),
            # Before the order, as whoever keeps an answer of the bank has its attempt first.
            payments=payments_of(tx, row.change_id, hold=True),
        )
        return Attempt(
            told=told,
            change=replace(kept, change_id=ChangeId(row.change_id)),
            applied=Applied(
                change=replace(kept, change_id=ChangeId(row.change_id)),
                device_id=row.device_id,
                person_id=row.person_id,
            ),
            permissions=permissions_of(tx, row.person_id) or NOBODY_KNOWN,
        )

    def _kept(
        self, tx: Transaction, arrived: ArrivedChange
    ) -> tuple[OrderChangeRow, Sequence[Obstacle]]:
        """The row of the change, carried out or open, and why it is open."""
        change = self._masked(tx, arrived.change)
        before = tx.session.get(OrderChangeRow, change.change_id)
        if before is not None:
            if read_document(before.document, OrderChange) == change:
                return before, [obstacle(reason) for reason in before.reasons]
            row = _row(tx, arrived, change, ChangeId(tx.ids.new()))
            return row, self._open(tx, row, (obstacle("change_sent_twice"),))
        row = _row(tx, arrived, change, change.change_id)
        attempt = self._first_attempt(tx, arrived, change)
        found = self.carry_out(tx, attempt, row)
        return row, self._open(tx, row, found) if found else ()

    def _first_attempt(
        self, tx: Transaction, arrived: ArrivedChange, change: OrderChange
    ) -> Attempt:
        told = Told(
            change=arrived.change,
            device_id=arrived.device_id,
            payments=payments_of(tx, change.change_id, hold=True),
        )
        reasons = () if change is arrived.change else (ReviewReason.CARD_DIGITS_MASKED.value,)
        applied = Applied(
            change=change,
            device_id=arrived.device_id,
            person_id=arrived.command.person_id,
            command_id=arrived.key.command_id,
            clock_off=desk_clock.offset(arrived.command),
            reasons=reasons,
        )
        permissions = permissions_of(tx, arrived.command.person_id) or NOBODY_KNOWN
        return Attempt(told=told, change=change, applied=applied, permissions=permissions)

    def _open(
        self, tx: Transaction, row: OrderChangeRow, found: tuple[Obstacle, ...]
    ) -> tuple[Obstacle, ...]:
        row.reasons = list(dict.fromkeys(one.code for one in found))
        tx.session.add(row)
        tx.session.flush()
        end_edit(tx, row.order_id, row.change_id)
        return found

    def _masked(self, tx: Transaction, change: OrderChange) -> OrderChange:
        """Without card numbers; the same one where there are none."""
        what = change.what
        match what:
            case Amendment():
                rules = self.regions[what.document.region]
                edition = self._editions.edition(tx, what.guidance)
                told = as_placed(change, what)
                clean = masked(told, rules, edition.checklists if edition else None)
                if clean is told:
                    return change
                kept = replace(
                    what,
                    document=clean.document,
                    read_back=clean.read_back,
                    attempts=clean.attempts,
                    links=clean.links,
                )
                return replace(change, what=kept)
            case Cancellation():
                note = mask_card_digits(what.note)
                return (
                    change if note == what.note else replace(change, what=replace(what, note=note))
                )
            case Undo():
                return change


def previous_of(
    tx: Transaction, now: OrderNow, what: Amendment | Cancellation | Undo
) -> PlacedOrder | None:
    """What an undo brings back."""
    if not isinstance(what, Undo) or now.newest is None:
        return None
    return version_of(tx, now.row.order_id, now.row.revision - 1)


def locked_change(tx: Transaction, change_id: UUID) -> OrderChangeRow | None:
    """A change, for as long as the transaction lasts nobody else's to settle."""
    lock(tx, "change", change_id)
    row = select(OrderChangeRow).where(OrderChangeRow.change_id == change_id)
    return tx.session.scalars(row.with_for_update()).one_or_none()


def is_here(tx: Transaction, order_id: UUID) -> bool:
    """Whether the order has come."""
    return tx.session.get(SalesOrder, order_id) is not None


def _row(
    tx: Transaction, arrived: ArrivedChange, change: OrderChange, change_id: ChangeId
) -> OrderChangeRow:
    return OrderChangeRow(
        change_id=change_id,
        order_id=change.order_id,
        what=kind_of(change.what),
        base_revision=change.base_revision,
        revision=None,
        state=ChangeState.OPEN,
        reasons=[],
        document=msgspec.to_builtins(change),
        device_id=arrived.device_id,
        person_id=arrived.command.person_id,
        captured_at=desk_clock.corrected(change.asked_at, arrived.command, tx.at),
        received_at=tx.at,
        settled_at=None,
        settled_by=None,
        note="",
    )
