"""What an administrator does with one person's data: export, correct, restrict, erase; and in time.

Erasing empties documents and rows in place, as the owner of the database; the audit chain holds ids
only, so that it verifies afterwards as before. What tax or proof needs stays, and the answer says
so. Everything of who was merged with a person is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from app.models.central.customer import Customer
from app.models.central.order import OrderEvent, SalesOrder
from app.models.central.privacy import PrivacyRequest
from app.services.central.customer_changes import CustomerChange, change_customer
from app.services.central.customers import family_of
from app.services.central.privacy_rows import (
    ERASED,
    EXPORTED,
    GONE_WITH_PERSON,
    OLD_CONTACTS,
    DocumentRows,
)
from app.services.central.transaction import Transaction
from app.services.rules.erasure import (
    ERASED_NAME,
    erased_change,
    erased_closing,
    erased_entry,
    erased_order,
    is_over,
    kept_until,
    reach_of,
)
from app.services.rules.regions import RegionRules
from app.values.day_words import MONTHS
from app.values.errors import Refusal
from app.values.identity import CustomerId, OrderId
from app.values.order_number import OrderNumber, grouped
from app.values.privacy import PrivacyActKind, Reach
from app.values.vocabulary import Region
from app.wire.message import encode, read_document
from app.wire.order_changes import OrderChange
from app.wire.orders import PlacedOrder
from app.wire.read_back import ClosedCall, ReadBackEntry

AT_ONCE = 100
"""Orders whose time is over, in one transaction."""

CONTACT_YEARS = 6
"""So long somebody may go to court about what was said (Limitation Act 1980, s. 5)."""

_PROOF = (
    "That every checkpoint was asked and agreed stays without what was said: it proves that what"
    " the law wants was told."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased, and in sentences what stays and why."""

    orders: int
    kept: tuple[str, ...]


class Privacy:
    """The acts; each in the transaction it is given, with an audit row and a row of its own."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self._regions = regions

    def export(self, tx: Transaction, customer_id: CustomerId) -> bytes:
        """Everything that is kept of a person, as JSON. Raises Refusal `customer_unknown`."""
        ids = _family(tx, customer_id)
        values = {"customers": [str(one) for one in ids]}
        found: dict[str, list[dict[str, Any]]] = {}
        for name, statement in EXPORTED.items():
            rows = tx.connection.exec_driver_sql(statement, values).mappings()
            found[name] = [dict(row) for row in rows]
        _note(tx, PrivacyActKind.EXPORT, customer_id)
        return msgspec.json.format(msgspec.json.encode(found), indent=2)

    def correct(self, tx: Transaction, customer_id: CustomerId, change: CustomerChange) -> None:
        """Another name, e-mail or number from now on; orders that were confirmed stay as they were.

        Raises Refusal `customer_unknown`, `customer_erased` or `nothing_changed`.
        """
        row = _living(tx, customer_id)
        if not change.is_any:
            raise Refusal("nothing_changed", "Say what is to be another way.")
        tx.session.expire(row)
        change_customer(tx, customer_id, change, OrderId(tx.ids.new()))
        _note(tx, PrivacyActKind.CORRECT, customer_id)

    def restrict(self, tx: Transaction, customer_id: CustomerId, *, lift: bool = False) -> None:
        """Only keep a person's data: nobody finds them until it is lifted.

        Raises Refusal `customer_unknown`, `customer_erased`, `restricted` or `not_restricted`.
        """
        row = _living(tx, customer_id)
        if lift and row.restricted_at is None:
            raise Refusal("not_restricted", "This customer is not restricted.")
        if not lift and row.restricted_at is not None:
            raise Refusal("restricted", "This customer is restricted already.")
        for one in _rows(tx, _family(tx, customer_id)):
            one.restricted_at = None if lift else tx.at
        _note(tx, PrivacyActKind.LIFT if lift else PrivacyActKind.RESTRICT, customer_id)

    def restricted(self, tx: Transaction) -> Sequence[UUID]:
        """Whose data are only kept."""
        return tx.session.scalars(
            select(Customer.customer_id).where(Customer.restricted_at.is_not(None))
        ).all()

    def outlook(self, tx: Transaction, customer_id: CustomerId) -> Erased:
        """What erasing would come to. Raises Refusal as `erase`."""
        orders = self._erasable(tx, customer_id)
        return Erased(orders=len(orders), kept=self._kept(orders, tx.at))

    def erase(self, tx: Transaction, customer_id: CustomerId) -> Erased:
        """Erase a person; what has to stay is said.

        Raises Refusal `customer_unknown`, `customer_erased`, `open_order` or `money_open`.
        """
        orders = self._erasable(tx, customer_id)
        for order in orders:
            self._erase_order(tx, order)
        self._erase_customers(tx, _family(tx, customer_id))
        kept = self._kept(orders, tx.at)
        _note(tx, PrivacyActKind.ERASE, customer_id, kept)
        return Erased(orders=len(orders), kept=kept)

    def sweep(self, tx: Transaction) -> Erased:
        """Some of the orders whose time is over lose all names, and so do customers without others.

        Conversations lose who rang and what was noted. To be called until it erases nothing.
        """
        first_of_year = datetime(tx.at.year - CONTACT_YEARS, 1, 1, tzinfo=tx.at.tzinfo)
        tx.connection.exec_driver_sql(OLD_CONTACTS, {"before": first_of_year})
        orders = [
            order
            for order in tx.session.scalars(_long_ago(tx.at)).all()
            if self._reach(order, tx.at) is Reach.ALL
        ][:AT_ONCE]
        for order in orders:
            self._erase_order(tx, order)
        left = {one.customer_id for one in orders if one.customer_id is not None}
        gone = [one for one in left if not _has_other_orders(tx, one)]
        self._erase_customers(tx, gone)
        if orders:
            _note(tx, PrivacyActKind.KEPT_LONG_ENOUGH, None, orders=len(orders))
        return Erased(orders=len(orders), kept=())

    def _reach(self, order: SalesOrder, at: datetime) -> Reach:
        rules = self._regions[order.region]
        return reach_of(order.placed_at, at.astimezone(rules.time_zone).date(), rules)

    def _erasable(self, tx: Transaction, customer_id: CustomerId) -> Sequence[SalesOrder]:
        _living(tx, customer_id)
        orders = _orders_of(tx, _family(tx, customer_id))
        _refuse_open(tx, orders)
        return orders

    def _kept(self, orders: Sequence[SalesOrder], at: datetime) -> tuple[str, ...]:
        stay = [one for one in orders if self._reach(one, at) is Reach.BUT_INVOICE]
        return (*map(self._why, stay), *([_PROOF] if orders else []))

    def _why(self, order: SalesOrder) -> str:
        until = kept_until(order.placed_at, self._regions[order.region])
        day = f"{until.day} {MONTHS[until.month - 1]} {until.year}"
        number = grouped(OrderNumber(order.number))
        return f"Name and addresses of order {number} stay until {day}: tax records need them."

    def _erase_order(self, tx: Transaction, order: SalesOrder) -> None:
        reach = self._reach(order, tx.at)
        rows = DocumentRows(tx, order.order_id)
        rows.each("order_version", "revision", _reading(PlacedOrder, _order(reach)))
        rows.each("order_change", "change_id", _reading(OrderChange, _change(reach)))
        rows.each("read_back_entry", "position", _reading(ReadBackEntry, erased_entry))
        rows.each("call_closing", "command_id", _reading(ClosedCall, erased_closing))
        for statement in ERASED:
            tx.connection.exec_driver_sql(statement, {"order": order.order_id})
        tx.session.add(
            OrderEvent(
                order_id=order.order_id,
                kind="erased",
                at=tx.at,
                device_id=None,
                person_id=None,
                command_id=None,
                facts={"reach": reach.value},
            )
        )

    def _erase_customers(self, tx: Transaction, ids: Sequence[UUID]) -> None:
        tx.session.flush()
        for statement in GONE_WITH_PERSON:
            tx.connection.exec_driver_sql(statement, {"customers": [str(one) for one in ids]})
        for row in _rows(tx, ids):
            row.name, row.email = ERASED_NAME, None
            row.text_relay, row.on_account = False, False
            row.revision, row.updated_at, row.erased_at = row.revision + 1, tx.at, tx.at


def _reading(kind: Any, erase: Callable[[T], T]) -> Callable[[Any], str]:  # noqa: ANN401 - a message type
    """The JSON of a document after it was erased."""

    def erased(document: Any) -> str:  # noqa: ANN401 - as the database reads JSON
        return encode(erase(read_document(document, kind))).decode()

    return erased


def _order(reach: Reach) -> Callable[[PlacedOrder], PlacedOrder]:
    def erase(placed: PlacedOrder) -> PlacedOrder:
        return erased_order(placed, reach)

    return erase


def _change(reach: Reach) -> Callable[[OrderChange], OrderChange]:
    def erase(change: OrderChange) -> OrderChange:
        return erased_change(change, reach)

    return erase


def _family(tx: Transaction, customer_id: CustomerId) -> Sequence[UUID]:
    if tx.session.get(Customer, customer_id) is None:
        raise Refusal("customer_unknown", "There is no such customer.")
    return family_of(tx, customer_id)


def _living(tx: Transaction, customer_id: CustomerId) -> Customer:
    row = tx.session.get(Customer, customer_id, with_for_update=True)
    if row is None:
        raise Refusal("customer_unknown", "There is no such customer.")
    if row.erased_at is not None:
        raise Refusal("customer_erased", "The data of this customer were erased.")
    return row


def _rows(tx: Transaction, ids: Sequence[UUID]) -> Sequence[Customer]:
    query = select(Customer).where(Customer.customer_id.in_(ids)).order_by(Customer.customer_id)
    return tx.session.scalars(query.with_for_update()).all()


def _orders_of(tx: Transaction, ids: Sequence[UUID]) -> Sequence[SalesOrder]:
    query = select(SalesOrder).where(SalesOrder.customer_id.in_(ids))
    return tx.session.scalars(query.order_by(SalesOrder.order_id).with_for_update()).all()


def _long_ago(at: datetime) -> Any:  # noqa: ANN401 - a statement of SQLAlchemy
    """Orders of years before, whose names were not all erased."""
    erased = select(OrderEvent.order_id).where(
        OrderEvent.order_id == SalesOrder.order_id,
        OrderEvent.kind == "erased",
        OrderEvent.facts["reach"].astext == Reach.ALL.value,
    )
    first_of_year = datetime(at.year, 1, 1, tzinfo=ZoneInfo("UTC"))
    return (
        select(SalesOrder)
        .where(SalesOrder.placed_at < first_of_year, ~erased.exists())
        .order_by(SalesOrder.placed_at)
        .limit(AT_ONCE * 10)
        .with_for_update(skip_locked=True)
    )


def _has_other_orders(tx: Transaction, customer_id: UUID) -> bool:
    """Whether a customer has orders whose names stay."""
    tx.session.flush()
    erased = select(OrderEvent.order_id).where(
        OrderEvent.order_id == SalesOrder.order_id,
        OrderEvent.kind == "erased",
        OrderEvent.facts["reach"].astext == Reach.ALL.value,
    )
    ids = family_of(tx, CustomerId(customer_id))
    other = select(SalesOrder.order_id).where(SalesOrder.customer_id.in_(ids), ~erased.exists())
    return tx.session.execute(other.limit(1)).first() is not None


def _refuse_open(tx: Transaction, orders: Sequence[SalesOrder]) -> None:
    running = [one for one in orders if not is_over(one.state, one.fulfilment)]
    if running:
        named = ", ".join(grouped(OrderNumber(one.number)) for one in running[:3])
        more = f" and {len(running) - 3} more" if len(running) > 3 else ""
        raise Refusal(
            "open_order",
            f"Not everything is sent yet: {named}{more}. Restrict the customer until it is, or"
            " cancel it first.",
        )
    open_money = tx.connection.exec_driver_sql(
        "SELECT count(*) FROM order_refund WHERE order_id = ANY (%(orders)s::uuid[])"
        " AND state IN ('due', 'started')",
        {"orders": [str(one.order_id) for one in orders]},
    ).scalar_one()
    if open_money:
        raise Refusal(
            "money_open", "Money is still on its way back to this customer. Wait until it is there."
        )


def _note(
    tx: Transaction,
    kind: PrivacyActKind,
    customer_id: CustomerId | None,
    kept: tuple[str, ...] = (),
    orders: int | None = None,
) -> None:
    tx.session.add(
        PrivacyRequest(
            request_id=tx.ids.new(),
            kind=kind,
            customer_id=customer_id,
            kept=list(kept),
            note="",
            at=tx.at,
        )
    )
    tx.audit(f"admin.privacy.{kind.value}", customer_id, orders=orders)
