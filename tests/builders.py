"""Readable test data: a builder gives something whole and right, arguments say what differs.

`an_order(with_line("TEA-1", 3), delivered_to(an_address(postcode="LS1 1AA")))`
"""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.values.contact import PostalAddress
from app.values.identity import (
    AttemptId,
    CustomerId,
    DeviceId,
    LineId,
    LinkId,
    OrderId,
    PersonId,
    ProductCode,
    uuid7,
)
from app.values.money import Currency, Money, UnitPrice, parse_unit_price
from app.values.vocabulary import AttemptState, LinkState, ProductKind, Region, TaxCategory
from app.wire.catalogue import ProductView, QuantityBreak
from app.wire.orders import Delivery, OrderCustomer, OrderDocument, OrderLine
from app.wire.payments import CardAttempt, PayLink

A_MORNING = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
"""A Friday, before every cut-off."""

Change = Callable[[OrderDocument], OrderDocument]


def an_id(number: int = 1) -> UUID:
    """The same id for the same number, sorted by it."""
    return uuid7(1_790_000_000_000 + number, 0, number)


def a_price(text: str = "2.95", currency: Currency = Currency.GBP) -> UnitPrice:
    return parse_unit_price(text, currency)


def a_product(code: str = "TEA-1", price: str = "2.95", **different: Any) -> ProductView:
    """A product; `breaks={12: "2.55"}` adds prices from a quantity on."""
    currency = different.pop("currency", Currency.GBP)
    prices = {1: price, **different.pop("breaks", {})}
    product = ProductView(
        code=ProductCode(code),
        description=different.pop("description", f"Description of {code}"),
        breaks=tuple(
            QuantityBreak(from_quantity=quantity, price=a_price(text, currency))
            for quantity, text in sorted(prices.items())
        ),
        price_version=1,
        revision=1,
    )
    return msgspec.structs.replace(product, **different)


def an_address(country: str = "GB", **different: Any) -> PostalAddress:
    """A whole, right address in the country: Great Britain or the United States."""
    usual: dict[str, dict[str, Any]] = {
        "GB": {"street": ("Flat 2", "14 Mill Lane"), "city": "Leeds", "postcode": "LS6 3AA"},
        "US": {"street": ("340 W Market",), "city": "Boston", "area": "MA", "postcode": "02128"},
    }
    return PostalAddress(country=country, **(usual.get(country, {}) | different))


def a_customer(name: str = "Margaret Thompson", **different: Any) -> OrderCustomer:
    customer = OrderCustomer(customer_id=CustomerId(an_id(900)), name=name, phone="+447700900412")
    return msgspec.structs.replace(customer, **different)


def a_line(
    code: str = "TEA-1", quantity: int = 1, price: str = "2.95", **different: Any
) -> OrderLine:
    """A line at its list price; `told="2.00"` with `told_reason` sets another."""
    currency = different.pop("currency", Currency.GBP)
    list_price = a_price(price, currency)
    told = different.pop("told", None)
    line = OrderLine(
        line_id=LineId(an_id(1)),
        code=ProductCode(code),
        description=f"Description of {code}",
        quantity=quantity,
        list_price=list_price,
        price_version=1,
        told_price=a_price(told, currency) if told is not None else list_price,
        quoted_at=A_MORNING,
    )
    return msgspec.structs.replace(line, **different)


def an_order(*changes: Change, region: Region = Region.GB) -> OrderDocument:
    """An order that lacks nothing but lines, unless a change says otherwise."""
    in_britain = region is Region.GB
    currency = Currency.GBP if in_britain else Currency.USD
    order = OrderDocument(
        order_id=OrderId(an_id(500)),
        region=region,
        currency=currency,
        taken_by=PersonId(an_id(700)),
        device_id=DeviceId(an_id(800)),
        started_at=A_MORNING,
        customer=a_customer(),
        deliver_to=an_address("GB" if in_britain else "US"),
        delivery=Delivery(
            method="standard" if in_britain else "ground",
            label="Standard" if in_britain else "Ground",
            charge=Money(495 if in_britain else 795, currency),
            promised_on=date(2026, 11, 24) if in_britain else date(2026, 11, 30),
        ),
    )
    for change in changes:
        order = change(order)
    return order


def with_line(
    code: str = "TEA-1", quantity: int = 1, price: str = "2.95", **different: Any
) -> Change:
    """Adds a line in the order's currency, with an id of its own."""

    def change(order: OrderDocument) -> OrderDocument:
        own = {"line_id": LineId(an_id(len(order.lines) + 1)), "currency": order.currency}
        line = a_line(code, quantity, price, **(own | different))
        return msgspec.structs.replace(order, lines=(*order.lines, line))

    return change


def with_charge(code: str = "POST", price: str = "18.00", **different: Any) -> Change:
    """Adds a line that is only money."""
    return with_line(code, **({"price": price, "kind": ProductKind.CHARGE} | different))


def zero_rated(code: str = "BOOK-1", quantity: int = 1, price: str = "2.95") -> Change:
    """Adds a line without tax."""
    return with_line(code, quantity, price, tax_category=TaxCategory.ZERO)


def delivered_to(address: PostalAddress | None) -> Change:
    return changed(deliver_to=address)


def billed_to(address: PostalAddress | None) -> Change:
    return changed(bill_to=address)


def without_customer(order: OrderDocument) -> OrderDocument:
    return msgspec.structs.replace(order, customer=None)


def an_attempt(
    amount: Money | None = None, state: AttemptState = AttemptState.AUTHORISED, **different: Any
) -> CardAttempt:
    """A card that was authorised; `number=2` makes it the second of the order."""
    number = different.pop("number", 1)
    is_decided = state not in {AttemptState.STARTED, AttemptState.UNKNOWN, AttemptState.FAILED}
    is_approved = is_decided and state is not AttemptState.DECLINED
    amount = amount or Money(1_380, Currency.GBP)
    attempt = CardAttempt(
        attempt_id=AttemptId(an_id(5_000 + number)),
        order_id=OrderId(an_id(500)),
        state=state,
        amount=amount,
        approved=amount if is_approved else None,
        brand="Visa" if is_decided else "",
        last_four="4242" if is_decided else "",
        at=A_MORNING,
    )
    return msgspec.structs.replace(attempt, **different)


def a_link(
    amount: Money | None = None, state: LinkState = LinkState.SENT, **different: Any
) -> PayLink:
    """A pay link that was sent by e-mail; `number=2` makes it the second of the order."""
    number = different.pop("number", 1)
    link = PayLink(
        link_id=LinkId(an_id(6_000 + number)),
        order_id=OrderId(an_id(500)),
        state=state,
        amount=amount or Money(1_380, Currency.GBP),
        url=f"https://pay.example.org/l/{'abcdefgh'[number]}7Kq",
        send_to="m.thompson@example.org",
        sent_at=A_MORNING,
        expires_at=A_MORNING + timedelta(hours=72),
    )
    return msgspec.structs.replace(link, **different)


def changed(**different: Any) -> Change:
    """Sets fields of the document."""

    def change(order: OrderDocument) -> OrderDocument:
        return msgspec.structs.replace(order, **different)

    return change


def with_delivery(**different: Any) -> Change:
    """Sets fields of the delivery."""

    def change(order: OrderDocument) -> OrderDocument:
        delivery = msgspec.structs.replace(order.delivery, **different)
        return msgspec.structs.replace(order, delivery=delivery)

    return change
