"""Orders for the benches: whole and right, with as many lines as are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import msgspec

from app.campaigns.bench.answering import answered
from app.campaigns.bench.desk import BenchDesk
from app.campaigns.bench.given import Given
from app.campaigns.bench.products import products
from app.services.rules import pricing
from app.services.rules.read_back import Checkpoints
from app.services.rules.regions import RegionRules
from app.services.rules.shipping_dates import promised_on
from app.values.clock import Clock
from app.values.contact import PostalAddress
from app.values.errors import Fault
from app.values.identity import CustomerId, DeviceId, Ids, LineId, OrderId, PersonId
from app.values.vocabulary import ProductKind, Region
from app.wire import operations
from app.wire.catalogue import ProductView
from app.wire.orders import Delivery, OrderCustomer, OrderDocument, OrderLine
from app.wire.read_back import ENTRIES_MOST, NoteReadBack
from app.wire.sync import AskStatus

_METHOD = "standard"
_PHONES = count(4_960_000)


def goods(given: Given, count: int) -> list[ProductView]:
    """So many products that are goods, in the order of their codes."""
    found = (product for product in products(2 * count, given.data) if _is_goods(product))
    return sorted(islice(found, count), key=_by_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Who takes an order, and where."""

    person_id: PersonId
    device_id: DeviceId
    rules: RegionRules
    clock: Clock
    ids: Ids


def an_order(at: BenchDesk, listed: Sequence[ProductView], lines: int) -> OrderDocument:
    """An order that lacks nothing, with quantities of one to six, of a customer of its own."""
    taker = Taker(
        person_id=at.person.person_id,
        device_id=at.device_id,
        rules=at.regions[Region.GB],
        clock=at.clock,
        ids=at.ids,
    )
    return order_taken_by(taker, listed, lines, phone=f"+44113{next(_PHONES):07}")


def order_taken_by(
    at: Taker, listed: Sequence[ProductView], lines: int, phone: str
) -> OrderDocument:
    """The same, of a new customer with this telephone number."""
    rules = at.rules
    method = rules.method(_METHOD)
    if method is None:
        raise Fault("bench_rejected", f"The region has no delivery method {_METHOD}.")
    return OrderDocument(
        order_id=OrderId(at.ids.new()),
        region=Region.GB,
        currency=rules.currency,
        taken_by=at.person_id,
        device_id=at.device_id,
        started_at=at.clock.now(),
        customer=OrderCustomer(
            customer_id=CustomerId(at.ids.new()), name="Margaret Thompson", phone=phone
        ),
        deliver_to=PostalAddress(
            country="GB",
            name="Margaret Thompson",
            street=("14 Mill Lane",),
            city="Leeds",
            postcode="LS6 3AA",
        ),
        delivery=Delivery(
            method=method.code,
            label=method.label,
            charge=method.charge,
            promised_on=promised_on(method, at.clock.now(), rules),
        ),
        lines=tuple(_lines(at, listed, lines)),
    )


def read_back(at: BenchDesk, document: OrderDocument) -> None:
    """Read the order back at the desk, as it has to be before it is placed."""
    guidance = at.caller.call(operations.GET_GUIDANCE, AskStatus())
    rules = at.regions[document.region]
    checkpoints = Checkpoints(rules, guidance.checklists)
    entries = tuple(answered(checkpoints, document, rules, at.person.person_id, at.clock))
    for first in range(0, len(entries), ENTRIES_MOST):
        some = entries[first : first + ENTRIES_MOST]
        noting = NoteReadBack(order_id=document.order_id, entries=some)
        at.caller.call(operations.NOTE_READ_BACK, noting)


def with_other_quantity(document: OrderDocument, place: int, quantity: int) -> OrderDocument:
    """The order after one quantity was changed."""
    line = msgspec.structs.replace(document.lines[place], quantity=quantity)
    lines = (*document.lines[:place], line, *document.lines[place + 1 :])
    return msgspec.structs.replace(document, lines=lines)


def _lines(at: Taker, listed: Sequence[ProductView], count: int) -> Iterator[OrderLine]:
    for place in range(count):
        yield pricing.line_for(
            listed[place % len(listed)],
            1 + place % 6,
            line_id=LineId(at.ids.new()),
            now=at.clock.now(),
        )


def _is_goods(product: ProductView) -> bool:
    return product.kind is ProductKind.GOODS


def _by_code(product: ProductView) -> str:
    return product.code
