"""Orders to print, and what stands on the papers made of them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.documents.order_confirmation import render
from app.values.money import Currency, Money, total_of
from app.values.order_number import with_check_digits
from app.values.vocabulary import Region
from app.wire.order_page import VersionOnPaper
from app.wire.orders import PlacedOrder, Totals
from app.wire.sync import Company, Policy
from tests.builders import Change, an_order, with_charge, with_line

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

FIVE_LINES = (
    with_line("22423", 12, "12.75", description="Regency cakestand, 3 tier"),
    with_line("47566", 15, "4.95", description="Party bunting"),
    with_line("84879", 16, "1.69", description="Assorted colour bird ornament"),
    with_line("20725", 10, "0.001", description="Lunch bag red retrospot"),
    with_charge("POST", "3.50", description="Extra carriage"),
)


def placed(*changes: Change, region: Region = Region.GB, payload: int = 41730298) -> PlacedOrder:
    """A placed order; British prices hold a sixth of tax, six per cent comes on American ones."""
    document = an_order(*changes, region=region)
    goods = total_of((line.total for line in document.lines), document.currency)
    before_tax = goods + document.delivery.charge
    in_britain = region is Region.GB
    tax = Money(before_tax.minor // 6 if in_britain else goods.minor * 6 // 100, document.currency)
    return PlacedOrder(
        number=with_check_digits(payload),
        document=document,
        totals=Totals(
            goods=goods,
            delivery=document.delivery.charge,
            tax=tax,
            tax_included=in_britain,
            total=before_tax if in_britain else before_tax + tax,
        ),
        placed_at=PLACED_AT,
        placed_by=document.taken_by,
    )


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
        version: VersionOnPaper | None = None,
        fonts: tuple[Path, ...] = NO_FONTS,
    ) -> Printed:
        pdf = render(
            order, policy, copy=copy, made_at=PRINTED_AT, version=version, fallback_fonts=fonts
        )
        path = self._folder / "paper.pdf"
        path.write_bytes(pdf)
        text = subprocess.run(
            [self._pdftotext, "-layout", "-enc", "UTF-8", str(path), "-"],
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout
        return Printed(tuple(text.split("\f")[:-1]))
