"""Orders to print, and what stands on the papers made of them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.documents.order_confirmation import render
from app.values.contact import PostalAddress
from app.values.identity import CustomerId, DeviceId, LineId, OrderId, PersonId, ProductCode
from app.values.money import Currency, Money, parse_unit_price, total_of
from app.values.order_number import with_check_digits
from app.wire.catalogue import ProductKind
from app.wire.orders import (
    Delivery,
    OrderCustomer,
    OrderDocument,
    OrderLine,
    PlacedOrder,
    Region,
    Totals,
)
from app.wire.sync import Company, Policy

PLACED_AT = datetime(2026, 11, 21, 14, 11, tzinfo=UTC)
PRINTED_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NO_FONTS: tuple[Path, ...] = ()

GB = Policy(
    company=Company(
        name="Fallow & Finch",
        address=("Old Granary", "3 Mill Yard", "Ludlow", "SY8 1AA"),
        phone="01632 960144",
        email="orders@fallowandfinch.example",
        registration="Registered in England and Wales, no. 00000000",
        tax_number="GB 000 0000 00",
    )
)
US = msgspec.structs.replace(GB, region=Region.US, currency=Currency.USD)
LEEDS = PostalAddress(
    country="GB",
    name="Margaret Thompson",
    street=("Flat 2", "14 Mill Lane"),
    city="Leeds",
    postcode="LS6 3AA",
)
SEATTLE = PostalAddress(
    country="US",
    name="Dwight Alvarez",
    street=("1200 5th Ave",),
    city="Seattle",
    area="WA",
    postcode="98101",
)


def a_line(
    code: str,
    description: str,
    quantity: int = 1,
    price: str = "2.95",
    kind: ProductKind = ProductKind.GOODS,
    currency: Currency = Currency.GBP,
) -> OrderLine:
    told = parse_unit_price(price, currency)
    return OrderLine(
        line_id=LineId(UUID(int=1)),
        kind=kind,
        code=ProductCode(code),
        description=description,
        quantity=quantity,
        list_price=told,
        price_version=1,
        told_price=told,
        quoted_at=PLACED_AT,
    )


FIVE_LINES = (
    a_line("22423", "Regency cakestand, 3 tier", 12, "12.75"),
    a_line("47566", "Party bunting", 15, "4.95"),
    a_line("84879", "Assorted colour bird ornament", 16, "1.69"),
    a_line("20725", "Lunch bag red retrospot", 10, "0.001"),
    a_line("POST", "Extra carriage", 1, "3.50", ProductKind.CHARGE),
)


def an_order(*lines: OrderLine, payload: int = 41730298, **changes: Any) -> PlacedOrder:  # noqa: ANN401 - fields of OrderDocument
    """A placed order; `changes` replace fields of its document."""
    document = OrderDocument(
        order_id=OrderId(UUID(int=2)),
        region=Region.GB,
        currency=Currency.GBP,
        taken_by=PersonId(UUID(int=3)),
        device_id=DeviceId(UUID(int=4)),
        started_at=PLACED_AT,
        customer=OrderCustomer(
            customer_id=CustomerId(UUID(int=5)),
            name="Margaret Thompson",
            phone="+447700900412",
            email="m.thompson@example.org",
        ),
        deliver_to=LEEDS,
        delivery=Delivery(
            method="standard",
            label="Standard delivery",
            charge=Money(495, Currency.GBP),
            promised_on=date(2026, 11, 24),
        ),
        lines=lines or FIVE_LINES,
    )
    return placed(msgspec.structs.replace(document, **changes), payload)


def an_american_order(*lines: OrderLine, **changes: Any) -> PlacedOrder:  # noqa: ANN401 - fields of OrderDocument
    document = an_order(*lines).document
    american: dict[str, Any] = {
        "region": Region.US,
        "currency": Currency.USD,
        "deliver_to": SEATTLE,
        "delivery": msgspec.structs.replace(document.delivery, charge=Money(895, Currency.USD)),
        "lines": lines or (a_line("22423", "Cakestand", 3, "12.75", currency=Currency.USD),),
    }
    return placed(msgspec.structs.replace(document, **(american | changes)))


def placed(document: OrderDocument, payload: int = 41730298) -> PlacedOrder:
    """The document with totals; British prices hold a sixth of tax, 6 % comes on American ones."""
    goods = total_of((line.total for line in document.lines), document.currency)
    before_tax = goods + document.delivery.charge
    is_british = document.region is Region.GB
    tax = Money(before_tax.minor // 6 if is_british else goods.minor * 6 // 100, document.currency)
    return PlacedOrder(
        number=with_check_digits(payload),
        document=document,
        totals=Totals(
            goods=goods,
            delivery=document.delivery.charge,
            tax=tax,
            tax_included=is_british,
            total=before_tax if is_british else before_tax + tax,
        ),
        placed_at=PLACED_AT,
        placed_by=document.taken_by,
    )


def with_delivery(order: PlacedOrder, **changes: Any) -> PlacedOrder:  # noqa: ANN401 - fields of Delivery
    delivery = msgspec.structs.replace(order.document.delivery, **changes)
    return placed(msgspec.structs.replace(order.document, delivery=delivery))


@dataclass(frozen=True)
class Printed:
    """A paper as a reader sees it: its pages as text, lines as they stand side by side."""

    pages: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.pages)

    @property
    def words(self) -> str:
        """All text with single blanks, however it was broken into lines."""
        return " ".join(self.text.split())

    def row(self, pattern: str) -> re.Match[str]:
        found = re.search(pattern, self.text, re.MULTILINE)
        assert found, f"{pattern} is not on the paper:\n{self.text}"
        return found


class Printer:
    """Renders orders and reads them back with pdftotext."""

    def __init__(self, pdftotext: str, folder: Path) -> None:
        self._pdftotext = pdftotext
        self._folder = folder

    def prints(
        self,
        order: PlacedOrder,
        policy: Policy = GB,
        *,
        copy: bool = False,
        fonts: tuple[Path, ...] = NO_FONTS,
    ) -> Printed:
        pdf = render(order, policy, copy=copy, made_at=PRINTED_AT, fallback_fonts=fonts)
        path = self._folder / "paper.pdf"
        path.write_bytes(pdf)
        text = subprocess.run(
            [self._pdftotext, "-layout", "-enc", "UTF-8", str(path), "-"],
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout
        return Printed(tuple(text.split("\f")[:-1]))
