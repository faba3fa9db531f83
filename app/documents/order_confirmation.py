"""The confirmation of an order: what the law wants in the customer's hand, on paper or as a file.

A placed order and the company's policy in, the bytes of a PDF out; the desk and the centre both
call it. Pure: no clock, no network, no printer. Any thread; papers are painted one at a time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import groupby, zip_longest
from operator import itemgetter
from pathlib import Path

import segno

from app.documents.changed_order import money_lines, title_of, version_line, write_changes
from app.documents.lettering import SEMIBOLD, Lettering, Style, system_font_folders
from app.documents.line_table import shown, write_lines
from app.documents.payment import link_to_pay, payment_lines
from app.documents.rights import write_beside, write_form, write_rights
from app.documents.sheet import (
    A4,
    ACCENT,
    BODY,
    HAIRLINE,
    INK,
    LABEL,
    LEADING,
    MUTED,
    SMALL,
    STRONG,
    TINT,
    US_LETTER,
    Imprint,
    Layout,
    Sheet,
    print_pages,
)
from app.documents.texts import CancellationForm, Labels, Paper, RegionTexts, texts_of
from app.values.contact import PostalAddress
from app.values.order_number import OrderNumber, grouped, spoken
from app.values.postal import format_lines
from app.values.telephone import shown_phone
from app.values.vocabulary import ProductKind
from app.wire.order_page import VersionOnPaper
from app.wire.orders import OrderLine, PlacedOrder
from app.wire.sync import Company, Policy

_SIZES = {Paper.A4: A4, Paper.LETTER: US_LETTER}


def render(
    placed: PlacedOrder,
    policy: Policy,
    *,
    copy: bool,
    made_at: datetime,
    version: VersionOnPaper | None = None,
    fallback_fonts: tuple[Path, ...] | None = None,
) -> bytes:
    """The confirmation as a PDF; the same input gives the same bytes.

    `copy` marks a reprint, `version` an order that was changed since. `fallback_fonts` are folders
    with fonts for letters that the paper's own typeface lacks; None means those of the system.
    """
    texts = texts_of(placed.document.region)
    folders = system_font_folders() if fallback_fonts is None else fallback_fonts
    sheet = Sheet(Layout(size=_SIZES[texts.paper]), Lettering(folders))
    paper = _Confirmation(placed, policy.company, texts, sheet, version)
    paper.write(made_at if copy else None)
    imprint = Imprint(
        title=f"{paper.title} {grouped(placed.number)}",
        author=policy.company.name,
        subject=texts.labels.order.format(number=grouped(placed.number)),
        language=texts.language,
        made_at=made_at,
    )
    return print_pages(sheet, imprint)


class _Confirmation:
    """Writes one order on a sheet, from the letterhead to the cancellation form."""

    def __init__(
        self,
        placed: PlacedOrder,
        company: Company,
        texts: RegionTexts,
        sheet: Sheet,
        version: VersionOnPaper | None,
    ) -> None:
        self._placed = placed
        self._version = version
        self.title = title_of(version, texts) if version is not None else texts.labels.title
        self._order = placed.document
        self._company = company
        self._texts = texts
        self._labels = texts.labels
        self._sheet = sheet
        self._clean = sheet.lettering.clean
        self._wrap = sheet.lettering.wrap

    def write(self, copied_at: datetime | None) -> None:
        """Everything, in the order in which it is read; `copied_at` None means: the original."""
        sheet = self._sheet
        sheet.enter(self._labels.order.format(number=grouped(self._placed.number)))
        self._letterhead()
        self._title(copied_at)
        self._number()
        if self._version is not None:
            write_changes(sheet, self._version, self._texts)
        self._facts()
        write_lines(sheet, self._order.lines, self._texts)
        self._totals()
        self._notes()
        write_rights(sheet, self._texts, self._company)
        if self._texts.form is not None:
            self._cancellation_form(self._texts.form)
        self._running_heads(is_copy=copied_at is not None)

    def _letterhead(self) -> None:
        sheet, company = self._sheet, self._company
        name = Style(SEMIBOLD, 19, ACCENT)
        sheet.down(15)
        top = sheet.y
        for line in self._wrap(self._clean(company.name), name, sheet.width * 0.5):
            sheet.words(sheet.left, line, name)
            sheet.down(21)
        below_name, sheet.y = sheet.y, top + 3
        tax_number = self._labels.tax_number.format(number=company.tax_number)
        particulars = (
            ", ".join(company.address),
            "  \u00b7  ".join(way for way in (company.phone, company.email) if way),
            company.registration,
            tax_number if company.tax_number else "",
        )
        for text in filter(None, particulars):
            for line in self._wrap(self._clean(text), SMALL, sheet.width * 0.47):
                sheet.words_to(sheet.right, line, SMALL)
                sheet.down(10.6)
        sheet.y = min(below_name + 12, sheet.y + 3)
        sheet.rule(ACCENT, thick=1.2)

    def _title(self, copied_at: datetime | None) -> None:
        sheet = self._sheet
        sheet.down(26)
        sheet.words(sheet.left, self.title, Style(SEMIBOLD, 13, INK))
        if self._version is not None:
            sheet.down(14)
            sheet.words(sheet.left, version_line(self._version, self._texts), SMALL)
            sheet.down(-14 if copied_at is not None else 0)
        if copied_at is None:
            return
        mark = Style(SEMIBOLD, 12, ACCENT)
        made = self._labels.copy_made.format(
            day=self._texts.weekday(self._texts.local_day(copied_at)),
            time=self._texts.local_time(copied_at),
        )
        wide = sheet.lettering.width(self._labels.copy, mark) + 18
        sheet.down(-13)
        sheet.frame(sheet.right - wide, wide, 18, ACCENT)
        sheet.down(13)
        sheet.words_to(sheet.right - 9, self._labels.copy, mark)
        sheet.words_to(sheet.right - wide - 10, made, SMALL)

    def _number(self) -> None:
        """The number large in its groups, said in words, and as a code to scan at returns."""
        sheet, number = self._sheet, self._placed.number
        height, padding = 82, 14
        sheet.down(12)
        sheet.box(sheet.left, sheet.width, height, TINT)
        _draw_code(sheet, number, sheet.right - padding, height - 2 * padding)
        x = sheet.left + padding
        sheet.words(x, self._labels.number, LABEL, rise=-20)
        large = Style(SEMIBOLD, 32, ACCENT)
        for group in grouped(number).split(" "):
            sheet.words(x, group, large, rise=-50)
            x += sheet.lettering.width(group, large) + 13
        sheet.words(sheet.left + padding, spoken(number), Style(size=10.5, colour=MUTED), rise=-68)
        sheet.down(height)

    def _facts(self) -> None:
        """Two rows of three: when, how, what of the payment; who, where to, where the bill goes."""
        self._sheet.down(20)
        self._three_columns(
            (self._labels.ordered, self._ordered()),
            (self._labels.delivery, self._delivery()),
            (self._labels.payment, self._payment()),
        )
        self._sheet.down(8)
        bill_to = self._order.bill_to
        self._three_columns(
            (self._labels.customer, self._customer()),
            (self._labels.deliver_to, self._address(self._order.deliver_to)),
            (
                self._labels.bill_to,
                self._address(bill_to) if bill_to else [self._labels.same_address],
            ),
        )

    def _payment(self) -> list[str]:
        lines = payment_lines(self._placed, self._texts.payment)
        if self._version is not None:
            lines += money_lines(self._version, self._texts.changed)
        return lines

    def _ordered(self) -> list[str]:
        channel: str = getattr(self._texts.channels, self._order.channel.value)
        day = self._texts.weekday(self._texts.local_day(self._placed.placed_at))
        time = self._texts.local_time(self._placed.placed_at)
        return [day, self._labels.channel.format(time=time, channel=channel)]

    def _delivery(self) -> list[str]:
        delivery = self._order.delivery
        if delivery.promised_on is None:
            promise = self._labels.not_promised
        else:
            day = self._texts.weekday(delivery.promised_on)
            is_sent = self._order.deliver_to is not None
            label = self._labels.promised if is_sent else self._labels.ready
            promise = label.format(day=day)
        return [promise, delivery.label or delivery.method]

    def _customer(self) -> list[str]:
        customer = self._order.customer
        if customer is None:
            return [self._labels.no_address]
        phone = shown_phone(customer.phone, self._texts.country) if customer.phone else ""
        if customer.text_relay:
            phone = f"{phone} ({self._labels.text_relay})".strip()
        return [customer.name, phone, customer.email or ""]

    def _address(self, address: PostalAddress | None) -> list[str]:
        """The address as its country writes it; without one, how the goods are handed over.

        An address that names nobody is the customer's own.
        """
        if address is None:
            return [self._order.delivery.label or self._labels.no_address]
        customer = self._order.customer
        if customer is not None and not (address.name or address.organisation):
            address = replace(address, name=customer.name)
        return list(format_lines(address))

    def _three_columns(self, *columns: tuple[str, list[str]]) -> None:
        """Texts beside each other under their labels, line by line: even endless ones fit."""
        sheet, gutter = self._sheet, 18
        width = (sheet.width - 2 * gutter) / 3
        xs = [sheet.left + place * (width + gutter) for place in range(3)]
        sheet.need(4 * LEADING)
        for x, (label, _) in zip(xs, columns, strict=True):
            sheet.words(x, label, LABEL)
        sheet.down(LEADING + 1)
        wrapped = [
            [line for text in texts if text for line in self._wrap(self._clean(text), BODY, width)]
            for _, texts in columns
        ]
        for place, row in enumerate(zip_longest(*wrapped, fillvalue="")):
            sheet.need(LEADING)
            for x, line in zip(xs, row, strict=True):
                sheet.words(x, line, BODY if place else STRONG)
            sheet.down(LEADING)

    def _totals(self) -> None:
        """What it comes to, under the table on the right; what was counted on the left."""
        sheet, labels, totals = self._sheet, self._labels, self._placed.totals
        has_charges = any(line.kind is ProductKind.CHARGE for line in self._order.lines)
        goods = labels.goods_and_charges if has_charges else labels.goods
        amounts = [(goods, totals.goods), (labels.delivery_charge, totals.delivery)]
        if not totals.tax_included:
            amounts.append((labels.tax_added, totals.tax))
        sheet.need(len(amounts) * LEADING + 62)
        sheet.down(4)
        left = sheet.right - 200
        sheet.words(sheet.left, _count(self._order.lines, labels), SMALL, rise=-LEADING)
        for label, amount in amounts:
            sheet.down(LEADING + 1)
            sheet.words(left, label, BODY)
            sheet.words_to(sheet.right, shown(amount), BODY)
        sheet.down(7)
        sheet.rule(ACCENT, thick=0.9, x=left)
        sheet.down(17)
        sheet.words(left, labels.total.format(currency=totals.total.currency.value), STRONG)
        sheet.words_to(sheet.right, shown(totals.total), Style(SEMIBOLD, 15.5, INK))
        if totals.tax_included:
            sheet.down(LEADING + 2)
            included = labels.tax_included.format(tax=shown(totals.tax))
            sheet.words_to(sheet.right, included, SMALL)
        if labels.tax_note:
            sheet.down(LEADING - 2)
            sheet.words_to(sheet.right, labels.tax_note, SMALL)

    def _link(self) -> str:
        """Where the customer may still pay, and until when."""
        link = link_to_pay(self._placed)
        if link is None:
            return ""
        day = self._texts.weekday(self._texts.local_day(link.expires_at))
        return self._texts.payment.link_until.format(url=link.url, day=day)

    def _notes(self) -> None:
        """Where to pay, and what was asked for beside the goods, exactly as it will be followed."""
        sheet, delivery = self._sheet, self._order.delivery
        for label, note in (
            (self._labels.pay_here, self._link()),
            (self._labels.instructions, delivery.instructions),
            (self._labels.gift_message, delivery.gift_message),
        ):
            if note.strip():
                sheet.down(14)
                write_beside(sheet, label, self._clean(note))
        if sheet.lettering.stand_ins_used:
            sheet.down(6)
            sheet.need(LEADING)
            sheet.down(LEADING)
            sheet.words(sheet.left, self._labels.stand_ins, SMALL)

    def _cancellation_form(self, form: CancellationForm) -> None:
        day = self._texts.day(self._texts.local_day(self._placed.placed_at))
        order = form.order_line.format(number=grouped(self._placed.number), day=day)
        write_form(self._sheet, form, self._company, order)

    def _running_heads(self, *, is_copy: bool) -> None:
        """On every page its number; from the second on also whose order it is."""
        sheet, labels = self._sheet, self._labels
        order = labels.order.format(number=grouped(self._placed.number))
        trader = self._wrap(self._clean(self._company.name), SMALL, sheet.width * 0.6)[0]
        for page in range(1, len(sheet.pages) + 1):
            place = labels.page.format(page=page, pages=len(sheet.pages))
            with sheet.at(page, 34):
                sheet.rule(HAIRLINE, thick=0.5, rise=13)
                sheet.words(sheet.left, trader, SMALL)
                sheet.words_to(sheet.right, f"{order}  \u00b7  {place}", SMALL)
            if page > 1:
                with sheet.at(page, sheet.layout.size[1] - 32):
                    sheet.words(sheet.left, f"{self.title} {grouped(self._placed.number)}", SMALL)
                    if is_copy:
                        sheet.words_to(sheet.right, labels.copy, Style(SEMIBOLD, 9, ACCENT))


def _count(lines: tuple[OrderLine, ...], labels: Labels) -> str:
    """`5 lines, 55 items`; charges are lines, but nothing to unpack."""
    items = sum(line.quantity for line in lines if line.kind is ProductKind.GOODS)
    counted_lines = labels.one_line if len(lines) == 1 else labels.lines
    counted_items = labels.one_item if items == 1 else labels.items
    return ", ".join(
        (counted_lines.format(count=f"{len(lines):,}"), counted_items.format(count=f"{items:,}"))
    )


def _draw_code(sheet: Sheet, number: OrderNumber, right: float, side: float) -> None:
    """The number as a QR code that hangs 14 points under the pen; a damaged third can be mended."""
    rows = segno.make_qr(number, version=1, error="h", mask=4, boost_error=False).matrix
    step = side / len(rows)
    left = right - side
    for down, row in enumerate(rows, 1):
        for is_dark, run in groupby(enumerate(row), key=itemgetter(1)):
            places = [place for place, _ in run]
            if is_dark:
                x = left + places[0] * step
                sheet.box(x, len(places) * step, step, INK, drop=14 + (down - 1) * step)
