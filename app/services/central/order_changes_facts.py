"""An order as it stands when it is to be changed: contents, counters, ledger, payments.

Read-only; the same is asked for a preview, in a snapshot, and for a change, behind the lock of the
order. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.models.central.order import OrderEvent, OrderNumberAlias, OrderVersion, SalesOrder
from app.models.central.order_life import OrderChangeRow, OrderRefund
from app.models.central.people import Person
from app.models.central.stock import OrderAllocation
from app.services.central.installation import Installations
from app.services.central.order_payment import on_account, refunds_of
from app.services.central.order_progress import Counted, counted, ledger_of
from app.services.central.order_refund_rows import tendered
from app.services.central.payment_rows import payments_of
from app.services.central.transaction import Transaction
from app.services.rules.ledger import Entry, owed
from app.services.rules.order_acts import LinePieces, Standing, UndoState, undo_state
from app.services.rules.payments import UNDECIDED
from app.services.rules.refunds import Tendered, held_minor, tenders
from app.services.rules.regions import RegionRules
from app.values.identity import LineId
from app.values.money import Currency, Money
from app.values.order_life import ChangeWhat, OrderState, RefundState
from app.values.vocabulary import ProductKind, Region
from app.wire.message import decode
from app.wire.orders import OrderView, PlacedOrder
from app.wire.payments import Payments
from app.wire.people import PERMISSIONS, Permission
from app.wire.sync import Policy

CHANGED = "changed"
"""Kind of the event that brought an order to another version."""

_UNTOUCHED = {RefundState.DUE, RefundState.UNDONE}


@dataclass(frozen=True, kw_only=True)
class OrderNow:
    """A placed order. `newest` is the change that made its version, None for the first.

    `back_ordered` are pieces by code in capitals. `shipped_then`: how many pieces had left when the
    newest change was made; `state_then`: how the order stood before it.
    """

    row: SalesOrder
    numbers: frozenset[str]
    placed: PlacedOrder
    progress: Mapping[UUID, Counted]
    back_ordered: Mapping[str, int]
    ledger: tuple[Entry, ...]
    payments: Payments
    refunds: tuple[OrderRefund, ...]
    on_account: bool
    newest: OrderChangeRow | None
    shipped_then: int
    state_then: OrderState | None
    policy: Policy
    at: datetime

    @property
    def currency(self) -> Currency:
        """Of all its money."""
        return self.placed.document.currency

    @cached_property
    def tendered(self) -> Tendered:
        """What was paid and what goes back."""
        return tendered(self.payments, self.refunds, self.currency)

    @cached_property
    def held(self) -> Money:
        """What is paid or authorised and stays."""
        return Money(held_minor(tenders(self.tendered, self.currency)), self.currency)

    @cached_property
    def owed(self) -> Money:
        """What it comes to, goodwill taken off."""
        return owed(self.ledger, self.currency)

    @cached_property
    def shipped(self) -> dict[UUID, int]:
        """Pieces by line."""
        return {line_id: one.shipped for line_id, one in self.progress.items()}

    @property
    def can_undo_until(self) -> datetime | None:
        """None where there is no change that could be taken back; an undo itself cannot."""
        newest = self.newest
        if newest is None or newest.what is ChangeWhat.UNDO or newest.settled_at is None:
            return None
        return newest.settled_at + timedelta(minutes=self.policy.undo_minutes)

    @cached_property
    def undo(self) -> UndoState:
        """Whether the newest change can be taken back."""
        of_newest = [
            one for one in self.refunds if self.newest and one.change_id == self.newest.change_id
        ]
        return undo_state(
            self.can_undo_until,
            self.at,
            money_moved=any(one.state not in _UNTOUCHED for one in of_newest),
            goods_moved=sum(self.shipped.values()) != self.shipped_then,
        )

    def standing(self, permissions: frozenset[Permission]) -> Standing:
        """How it stands for somebody with these permissions."""
        return Standing(
            state=self.row.state,
            fulfilment=self.row.fulfilment,
            lines=self._pieces(),
            permissions=permissions,
            is_owing=self.held.minor < self.owed.minor,
            payment_undecided=any(one.state in UNDECIDED for one in self.payments.attempts),
            undo=self.undo,
            region=Region(self.row.region),
        )

    def _pieces(self) -> dict[LineId, LinePieces]:
        """Of several lines of a product the last ones wait for what follows later."""
        waiting, counters = dict(self.back_ordered), self.progress
        found: dict[LineId, LinePieces] = {}
        for line in reversed(self.placed.document.lines):
            count = counters.get(line.line_id) if counters else None
            shipped = count.shipped if count is not None else 0
            is_goods = line.kind is ProductKind.GOODS
            follows = 0
            if waiting and is_goods:
                code = line.code.upper()
                follows = max(0, min(waiting.get(code, 0), line.quantity - shipped))
                waiting[code] = waiting.get(code, 0) - follows
            found[line.line_id] = LinePieces(
                quantity=line.quantity,
                shipped=shipped,
                returned=count.returned if count is not None else 0,
                follows=follows,
                is_goods=is_goods,
            )
        return found


def order_now(
    tx: Transaction,
    row: SalesOrder,
    rules: RegionRules,
    known: OrderView | None = None,
    *,
    record: bool = True,
) -> OrderNow:
    """Everything that a change of the order is judged by; `known`: what was read already.

    `record` as in `version_of`.
    """
    order_id = row.order_id
    placed = known.placed if known else version_of(tx, order_id, row.revision, record=record)
    newest = _newest(tx, row)
    then = _then(tx, newest)
    return OrderNow(
        row=row,
        numbers=frozenset({row.number, *_aliases(tx, order_id)}),
        placed=placed,
        progress=counted(tx, order_id),
        back_ordered=_back_ordered(tx, order_id),
        ledger=ledger_of(tx, order_id, placed.document, rules),
        payments=known.payments if known else payments_of(tx, order_id),
        refunds=refunds_of(tx, order_id),
        on_account=on_account(tx, row.customer_id),
        newest=newest,
        shipped_then=then.get("shipped", 0),
        state_then=OrderState(then["was"]) if "was" in then else None,
        policy=Installations().policy(tx)[1],
        at=tx.at,
    )


def version_of(
    tx: Transaction, order_id: UUID, revision: int, *, record: bool = True
) -> PlacedOrder:
    """The order as it stood at a revision that there is.

    Without the record of its read-back it is read in a third of the time.
    """
    statement = _VERSION.format("v.document" if record else "v.document - 'read_back'")
    values = {"order": order_id, "revision": revision}
    document: str = tx.connection.exec_driver_sql(statement, values).scalar_one()
    return decode(document.encode(), PlacedOrder)


_VERSION = """
    SELECT ({})::text FROM order_version v
    WHERE v.order_id = %(order)s AND v.revision = %(revision)s
"""


def permissions_of(tx: Transaction, person_id: UUID) -> frozenset[Permission] | None:
    """What a person may do; None for one nobody knows, or who may no longer sign in."""
    person = tx.session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        return None
    return PERMISSIONS[person.role]


def _aliases(tx: Transaction, order_id: UUID) -> Iterable[str]:
    told = select(OrderNumberAlias.number).where(OrderNumberAlias.order_id == order_id)
    return tx.session.scalars(told)


def _back_ordered(tx: Transaction, order_id: UUID) -> dict[str, int]:
    rows = select(OrderAllocation.code, OrderAllocation.back_ordered).where(
        OrderAllocation.order_id == order_id, OrderAllocation.back_ordered > 0
    )
    return {code.upper(): pieces for code, pieces in tx.session.execute(rows)}


def _newest(tx: Transaction, row: SalesOrder) -> OrderChangeRow | None:
    made_by = select(OrderVersion.change_id).where(
        OrderVersion.order_id == row.order_id, OrderVersion.revision == row.revision
    )
    change_id = tx.session.scalars(made_by).one()
    return tx.session.get(OrderChangeRow, change_id) if change_id else None


def _then(tx: Transaction, newest: OrderChangeRow | None) -> dict[str, Any]:
    """What was noted when the newest change was made."""
    if newest is None:
        return {}
    facts = select(OrderEvent.facts).where(
        OrderEvent.order_id == newest.order_id,
        OrderEvent.kind == CHANGED,
        OrderEvent.facts["change"].astext == str(newest.change_id),
    )
    return tx.session.scalars(facts).first() or {}
