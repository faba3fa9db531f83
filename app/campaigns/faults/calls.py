"""What callers order in the campaign: invoices of a real file, or made ones where none is given.

A call is plain (it crosses to other processes) and becomes an order document at the desk. Pure, but
for reading the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from app.campaigns.bench.answering import answered
from app.campaigns.dice import Dice
from app.campaigns.faults.ledger import note_of
from app.campaigns.invoices import read_invoices
from app.services.ports import Caller
from app.services.rules.read_back import Checkpoints
from app.services.rules.regions import RegionRules
from app.services.rules.shipping_dates import promised_on
from app.values.clock import SystemClock
from app.values.contact import PostalAddress
from app.values.errors import Fault
from app.values.identity import (
    CustomerId,
    DeviceId,
    Ids,
    LineId,
    OrderId,
    PersonId,
    ProductCode,
)
from app.values.money import UnitPrice
from app.wire import operations
from app.wire.orders import Delivery, OrderCustomer, OrderDocument, OrderLine
from app.wire.read_back import ENTRIES_MOST, NoteReadBack
from app.wire.sync import AskStatus

MADE_CALLS = 200
MADE_PRODUCTS = 40
_METHOD = "standard"
_PLENTY = 10_000_000
_PHONES_FROM = 447_400_000_000


class CallLine(msgspec.Struct, frozen=True):
    """One product a caller wants; `price` in ten-thousandths."""

    code: str
    description: str
    quantity: int
    price: int


class Call(msgspec.Struct, frozen=True):
    """What one caller wants; `place` tells callers apart, so that no two are one customer."""

    place: int
    lines: tuple[CallLine, ...]


def read_calls(path: Path, most: int) -> tuple[Call, ...]:
    """The first invoices of a file, a product once in each. Raises Refusal as `read_invoices`."""
    return tuple(
        Call(place, tuple({line.code: line for line in lines}.values()))
        for place, lines in enumerate(_lines_of(path, most))
    )


def _lines_of(path: Path, most: int) -> Iterator[list[CallLine]]:
    for invoice in read_invoices(path, most).invoices:
        yield [
            CallLine(line.code, line.description, line.quantity, line.price.ten_thousandths)
            for line in invoice.lines
        ]


def made_calls(seed: int) -> tuple[Call, ...]:
    """Calls of one to eight lines, the same for the same seed."""
    dice = Dice(seed)
    return tuple(
        Call(
            place,
            tuple(
                _made_line((place + 7 * at) % MADE_PRODUCTS, 1 + dice.below(9))
                for at in range(1 + dice.below(8))
            ),
        )
        for place in range(MADE_CALLS)
    )


def _made_line(product: int, quantity: int) -> CallLine:
    return CallLine(
        f"FC-{product:03d}",
        f"Product {product:03d} of the campaign",
        quantity,
        9_900 + 1_700 * product,
    )


def write_price_list(calls: Sequence[Call], path: Path) -> None:
    """A price list with every product of the calls, at the price it was sold for first.

    Every other one is counted, and there is plenty of it.
    """
    products: dict[str, CallLine] = {}
    for call in calls:
        for line in call.lines:
            products.setdefault(line.code, line)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "description", "price", "stock"))
        for place, (code, line) in enumerate(products.items()):
            stock = _PLENTY if place % 2 else ""
            writer.writerow((code, line.description or code, f"{line.price / 10_000:.4f}", stock))


class CallTaker(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes documents of calls, and at which seat."""

    person_id: PersonId
    device_id: DeviceId
    rules: RegionRules
    ids: Ids


def documents(taker: CallTaker, call: Call, name: str, now: datetime) -> Iterator[OrderDocument]:
    """The order as it grows line by line; `name` is the call's own in logs and database."""
    document = _begun(taker, call, name, now)
    yield document
    for line in call.lines:
        document = msgspec.structs.replace(
            document, lines=(*document.lines, _order_line(taker, line, now))
        )
        yield document


def notings(caller: Caller, taker: CallTaker, document: OrderDocument) -> Iterator[NoteReadBack]:
    """The read-back of an order whose caller agrees to everything at once."""
    guidance = caller.call(operations.GET_GUIDANCE, AskStatus())
    points = Checkpoints(taker.rules, guidance.checklists)
    entries = tuple(answered(points, document, taker.rules, taker.person_id, SystemClock()))
    for first in range(0, len(entries), ENTRIES_MOST):
        some = entries[first : first + ENTRIES_MOST]
        yield NoteReadBack(order_id=document.order_id, entries=some)


def _begun(taker: CallTaker, call: Call, name: str, now: datetime) -> OrderDocument:
    method = taker.rules.method(_METHOD)
    if method is None:
        raise Fault("campaign_stuck", f"The region has no delivery method {_METHOD}.")
    customer = f"Customer {call.place}"
    return OrderDocument(
        order_id=OrderId(taker.ids.new()),
        region=taker.rules.region,
        currency=taker.rules.currency,
        taken_by=taker.person_id,
        device_id=taker.device_id,
        started_at=now,
        customer=OrderCustomer(
            customer_id=CustomerId(taker.ids.new()),
            name=customer,
            phone=f"+{_PHONES_FROM + call.place}",
        ),
        deliver_to=PostalAddress(
            country="GB",
            name=customer,
            street=("1 Replay Street",),
            city="Leeds",
            postcode="LS1 1UR",
        ),
        delivery=Delivery(
            method=method.code,
            label=method.label,
            charge=method.charge,
            promised_on=promised_on(method, now, taker.rules),
        ),
        internal_note=note_of(name),
    )


def _order_line(taker: CallTaker, line: CallLine, now: datetime) -> OrderLine:
    price = UnitPrice(line.price, taker.rules.currency)
    return OrderLine(
        line_id=LineId(taker.ids.new()),
        code=ProductCode(line.code),
        description=line.description,
        quantity=line.quantity,
        list_price=price,
        price_version=1,
        told_price=price,
        quoted_at=now,
    )
