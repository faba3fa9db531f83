"""Customers and their orders as a CSR asks for them.

Searches only ever answer a question, never list everyone; how they find is in `customer_search`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.models.central.clash import CustomerTask
from app.models.central.customer import Address, Customer, CustomerPhone
from app.models.central.order import OrderNumberAlias, OrderVersion, SalesOrder
from app.models.central.people import Person
from app.models.central.read_back import CallClosing
from app.services.central.customer_search import search
from app.services.central.payment_rows import payments_of
from app.services.central.transaction import Actor, Handlers, Transaction
from app.services.rules.protocol import people_in
from app.values.contact import PostalAddress
from app.values.errors import Refusal
from app.values.identity import AddressId, CustomerId, OrderId, PersonId
from app.values.money import Money
from app.values.order_number import OrderNumber, holds
from app.values.vocabulary import CustomerTaskKind
from app.values.wording import ascii_digits
from app.wire import operations
from app.wire.customers import (
    AddressView,
    CustomersFound,
    CustomerView,
    FindCustomers,
    GetOrder,
    LastOrders,
    LastOrdersOf,
    OrderSummary,
)
from app.wire.message import decode, encode
from app.wire.orders import OrderView, PersonNamed, PlacedOrder
from app.wire.read_back import ClosedCall

ADDRESSES_SHOWN = 20


def address_digest(address: PostalAddress) -> bytes:
    """SHA-256 of the address; the same address of one customer is kept once."""
    return hashlib.sha256(encode(address)).digest()


class Customers:
    """Answers what a CSR asks about customers and past orders."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.FIND_CUSTOMERS, self.find)
        handlers.add(operations.LAST_ORDERS, self.last_orders)
        handlers.add(operations.GET_ORDER, self.order)

    def find(self, tx: Transaction, actor: Actor, request: FindCustomers) -> CustomersFound:
        """Customers, the ones active last first; nothing for a text too short to mean anyone."""
        del actor
        found = search(tx, request.text, request.limit)
        return CustomersFound(
            text=request.text,
            found_by=found.found_by,
            customers=_views(tx, found.customers),
            more=found.more,
        )

    def last_orders(self, tx: Transaction, actor: Actor, request: LastOrdersOf) -> LastOrders:
        """The newest orders of a customer and of who was merged with them; none of nobody."""
        del actor
        newest = (
            select(SalesOrder)
            .where(SalesOrder.customer_id.in_(family_of(tx, request.customer_id)))
            .order_by(SalesOrder.placed_at.desc(), SalesOrder.order_id.desc())
            .limit(request.limit)
        )
        return LastOrders(orders=tuple(map(_summary, tx.session.scalars(newest))))

    def order(self, tx: Transaction, actor: Actor, request: GetOrder) -> OrderView:
        """An order as it now stands, with how the call about it ended.

        Raises Refusal `order_unnamed`, `number_wrong` or `order_unknown`.
        """
        del actor
        return self.order_view(tx, request)

    def order_view(self, tx: Transaction, request: GetOrder) -> OrderView:
        """The same for the command line, where nobody is signed in."""
        order_id = request.order_id or _order_of_number(tx, request.number or "")
        found = tx.session.execute(_ORDER.where(SalesOrder.order_id == order_id)).one_or_none()
        if found is None:
            raise Refusal("order_unknown", "There is no such order here.", "order_id")
        document, revision, state, reasons, ending = found
        placed = decode(document.encode(), PlacedOrder)
        closed = decode(ending.encode(), ClosedCall) if ending is not None else None
        return OrderView(
            placed=placed,
            revision=revision,
            state=state.value,
            review_reasons=tuple(reasons),
            closed=closed,
            payments=payments_of(tx, placed.document.order_id),
            people=_people(tx, people_in(placed, closed)),
        )


def _people(tx: Transaction, people: Collection[PersonId]) -> tuple[PersonNamed, ...]:
    """Who they are; who was never known here is left out."""
    query = select(Person.person_id, Person.name).where(Person.person_id.in_(people))
    return tuple(
        PersonNamed(person_id=PersonId(person_id), name=name)
        for person_id, name in tx.session.execute(query.order_by(Person.name, Person.person_id))
    )


def _order_of_number(tx: Transaction, number: str) -> UUID | None:
    """The order that has the number, else the newest one whose caller was told it."""
    digits = "".join(c for c in ascii_digits(number) if c.isdecimal())
    if not digits:
        raise Refusal("order_unnamed", "Please say which order: its number has ten digits.")
    # Two questions, each by its index: asked as one they go through every order there is.
    has = select(SalesOrder.order_id).where(SalesOrder.number == digits)
    told = (
        select(SalesOrder.order_id)
        .join(OrderNumberAlias, OrderNumberAlias.order_id == SalesOrder.order_id)
        .where(OrderNumberAlias.number == digits)
        .order_by(SalesOrder.received_at.desc())
        .limit(1)
    )
    found = tx.session.scalar(has) or tx.session.scalar(told)
    if found is None and not holds(OrderNumber(digits)):
        raise Refusal(
            "number_wrong",
            "That is no order number: a digit is missing or wrong. Please ask for it again.",
            "number",
        )
    return found


# Of several ends of a call the one from the order's own seat counts, then the latest.
_CLOSED = (
    select(cast(CallClosing.document, Text))
    .where(CallClosing.order_id == SalesOrder.order_id)
    .order_by((CallClosing.device_id == SalesOrder.device_id).desc(), CallClosing.closed_at.desc())
    .limit(1)
    .scalar_subquery()
)
_ORDER = select(
    cast(OrderVersion.document, Text),
    SalesOrder.revision,
    SalesOrder.state,
    SalesOrder.review_reasons,
    _CLOSED,
).join(
    OrderVersion,
    (OrderVersion.order_id == SalesOrder.order_id) & (OrderVersion.revision == SalesOrder.revision),
)


def family_of(tx: Transaction, customer: UUID) -> Sequence[UUID]:
    """All ids of a customer: whom they are found under, and everyone found there."""
    under = select(func.coalesce(Customer.merged_into, Customer.customer_id)).where(
        Customer.customer_id == customer
    )
    root = tx.session.execute(under).scalar_one_or_none() or customer
    merged = select(Customer.customer_id).where(Customer.merged_into == root)
    return (root, *tx.session.execute(merged).scalars())


def customer_views(tx: Transaction, customers: Collection[UUID]) -> tuple[CustomerView, ...]:
    """Customers by their ids, in the order of those."""
    rows = (
        select(Customer).where(Customer.customer_id.in_(customers)).order_by(Customer.customer_id)
    )
    return _views(tx, tx.session.scalars(rows).all())


def _views(tx: Transaction, rows: Sequence[Customer]) -> tuple[CustomerView, ...]:
    ids = [row.customer_id for row in rows]
    merged = select(Customer.customer_id, Customer.merged_into).where(Customer.merged_into.in_(ids))
    roots = {found.customer_id: found.merged_into for found in tx.session.execute(merged)}
    known_as: dict[UUID, list[CustomerId]] = defaultdict(list)
    for customer, root in sorted(roots.items()):
        known_as[root].append(CustomerId(customer))
    roots |= {customer: customer for customer in ids}
    phones = _phones_of(tx, roots)
    addresses = _addresses_of(tx, roots)
    doubts = _doubts_about(tx, roots)
    return tuple(
        CustomerView(
            customer_id=CustomerId(row.customer_id),
            revision=row.revision,
            name=row.name,
            phones=tuple(phones[row.customer_id]),
            email=row.email,
            text_relay=row.text_relay,
            on_account=row.on_account,
            addresses=tuple(addresses[row.customer_id]),
            merged=tuple(known_as[row.customer_id]),
            twins=tuple(doubts[row.customer_id].twins),
            unsure=tuple(doubts[row.customer_id].unsure),
        )
        for row in rows
    )


Roots = Mapping[UUID, UUID]
"""Whom a customer is found under; themselves where they were not merged."""


@dataclass(slots=True)
class _Doubts:
    """Each once, in the order they came up."""

    twins: dict[str, None] = field(default_factory=dict)
    unsure: dict[str, None] = field(default_factory=dict)


def _doubts_about(tx: Transaction, roots: Roots) -> dict[UUID, _Doubts]:
    """What waits for a lead's decision about these customers."""
    doubts: dict[UUID, _Doubts] = defaultdict(_Doubts)
    waiting = select(CustomerTask).where(
        CustomerTask.outcome.is_(None),
        or_(CustomerTask.customer_id.in_(roots), CustomerTask.other_id.in_(roots)),
    )
    tasks = tx.session.scalars(waiting.order_by(CustomerTask.task_id)).all()
    names = _names_of(tx, {one for task in tasks for one in _pair(task)})
    for task in tasks:
        for one in filter(roots.__contains__, _pair(task)):
            doubt = doubts[roots[one]]
            if task.kind is CustomerTaskKind.CHANGED:
                doubt.unsure.update((told["field"], None) for told in task.fields)
            doubt.twins.update((names[twin], None) for twin in _pair(task) if twin != one)
    return doubts


def _pair(task: CustomerTask) -> tuple[UUID, ...]:
    return (task.customer_id, task.other_id) if task.other_id is not None else (task.customer_id,)


def _names_of(tx: Transaction, customers: Collection[UUID]) -> dict[UUID, str]:
    """Each under the name they are found by."""
    if not customers:
        return {}
    found_under = aliased(Customer)
    statement = (
        select(Customer.customer_id, found_under.name)
        .join(
            found_under,
            found_under.customer_id == func.coalesce(Customer.merged_into, Customer.customer_id),
        )
        .where(Customer.customer_id.in_(customers))
    )
    return {row.customer_id: row.name for row in tx.session.execute(statement)}


def _phones_of(tx: Transaction, roots: Roots) -> dict[UUID, list[str]]:
    """Their own first, then those of who was merged into them, each once."""
    phones: dict[UUID, list[str]] = defaultdict(list)
    statement = (
        select(CustomerPhone.customer_id, CustomerPhone.e164)
        .where(CustomerPhone.customer_id.in_(roots))
        .order_by(CustomerPhone.position, CustomerPhone.e164)
    )
    found = tx.session.execute(statement).all()
    for customer_id, e164 in sorted(found, key=partial(_is_merged, roots)):
        if e164 not in phones[roots[customer_id]]:
            phones[roots[customer_id]].append(e164)
    return phones


def _is_merged(roots: Roots, row: Row[Any]) -> bool:
    return bool(roots[row.customer_id] != row.customer_id)


def _addresses_of(tx: Transaction, roots: Roots) -> dict[UUID, list[AddressView]]:
    """The newest addresses of each, newest first, each once."""
    addresses: dict[UUID, list[AddressView]] = defaultdict(list)
    seen: set[tuple[UUID, bytes]] = set()
    statement = (
        select(Address)
        .where(Address.customer_id.in_(roots))
        .order_by(Address.last_used_at.desc(), Address.address_id.desc())
    )
    for row in tx.session.scalars(statement):
        root = roots[row.customer_id]
        if len(addresses[root]) < ADDRESSES_SHOWN and (root, row.digest) not in seen:
            seen.add((root, row.digest))
            addresses[root].append(_address_view(row))
    return addresses


def _address_view(row: Address) -> AddressView:
    return AddressView(
        address_id=AddressId(row.address_id),
        address=PostalAddress(
            country=row.country,
            name=row.name,
            organisation=row.organisation,
            street=tuple(row.street),
            dependent_locality=row.dependent_locality,
            city=row.city,
            area=row.area,
            postcode=row.postcode,
        ),
    )


def _summary(row: SalesOrder) -> OrderSummary:
    return OrderSummary(
        order_id=OrderId(row.order_id),
        number=OrderNumber(row.number),
        placed_at=row.placed_at,
        line_count=row.line_count,
        total=Money(row.total_minor, row.currency),
        state=row.state.value,
    )
