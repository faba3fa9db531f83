"""What papers say in a region: labels, rights, dates and times.

The words are in resources/documents; the clock and country of a region in resources/regions, where
everyone reads them. Pure once a file is read; a file is read once. Any thread.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.values.day_words import MONTHS, WEEKDAYS
from app.values.vocabulary import Region
from app.wire.sync import Company

_RESOURCES = Path(__file__).parents[2] / "resources"


class Paper(StrEnum):
    """Sheets that printers hold."""

    A4 = "a4"
    LETTER = "letter"


class DateStyle(StrEnum):
    """`21 November 2026 at 14:11`, or `November 21, 2026 at 2:11 p.m.`."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a region's file; a missing or misspelt key is refused when it is read."""


class Labels(Text, frozen=True):
    """Short words beside figures; braces are filled in by the paper."""

    title: str
    order: str
    number: str
    copy: str
    copy_made: str
    ordered: str
    channel: str
    delivery: str
    promised: str
    ready: str
    not_promised: str
    payment: str
    pay_here: str
    customer: str
    text_relay: str
    deliver_to: str
    bill_to: str
    same_address: str
    no_address: str
    line_number: str
    code: str
    description: str
    quantity: str
    unit_price: str
    line_total: str
    charge: str
    follows_on: str
    follows_some_day: str
    one_line: str
    lines: str
    one_item: str
    items: str
    goods: str
    goods_and_charges: str
    delivery_charge: str
    tax_added: str
    total: str
    tax_included: str
    tax_note: str
    instructions: str
    gift_message: str
    stand_ins: str
    tax_number: str
    page: str


class ChangedTexts(Text, frozen=True):
    """What is other on the paper of an order that was changed."""

    title: str
    title_cancelled: str
    version: str
    new: str
    cancelled: str
    none: str
    more: str
    goes_back: str
    goes_back_to_card: str
    refunded: str


class PaymentTexts(Text, frozen=True):
    """How an order is paid for; `rest` where something else was paid or authorised before."""

    card: str
    card_ending: str
    authorised: str
    taken: str
    link_open: str
    link_paid: str
    link_until: str
    on_account: str
    on_account_rest: str
    outstanding: str
    outstanding_rest: str
    nothing: str


class ProtocolLabels(Text, frozen=True):
    """The words around a read-back that was written down."""

    title: str
    order: str
    made: str
    notable: str
    nothing_notable: str
    reasons: str
    time: str
    about: str
    what: str
    took: str
    page: str


class Channels(Text, frozen=True):
    """How an order reached us, behind its date."""

    phone: str
    fax: str
    email: str
    post: str
    counter: str
    web_cart: str


class Reach(Text, frozen=True):
    """The ways to reach the company, said in a sentence."""

    phone: str
    email: str
    address: str
    joined_by: str


class Section(Text, frozen=True):
    """One right under its heading."""

    heading: str
    text: str


class Rights(Text, frozen=True):
    """What the law gives the customer."""

    heading: str
    sections: tuple[Section, ...]


class CancellationForm(Text, frozen=True):
    """The form that goes with a right to cancel."""

    heading: str
    intro: str
    to: str
    notice: str
    order: str
    order_line: str
    received: str
    name: str
    address: str
    signature: str
    date: str
    delete: str


class RegionTexts(Text, frozen=True):
    """Everything a paper says in one region. A region without a right to cancel has no form.

    An empty `time_zone_name` stands for the zone's own abbreviation, which differs in summer.
    """

    language: str
    paper: Paper
    date_style: DateStyle
    time_zone_name: str
    time_zone: str
    country: str
    labels: Labels
    payment: PaymentTexts
    changed: ChangedTexts
    protocol: ProtocolLabels
    channels: Channels
    reach: Reach
    rights: Rights
    form: CancellationForm | None = None

    def day(self, day: date) -> str:
        """`21 November 2026` or `November 21, 2026`."""
        month = MONTHS[day.month - 1]
        if self.date_style is DateStyle.DAY_FIRST:
            return f"{day.day} {month} {day.year}"
        return f"{month} {day.day}, {day.year}"

    def weekday(self, day: date) -> str:
        """The day with its weekday, so that a slip of one figure shows."""
        comma = "," if self.date_style is DateStyle.MONTH_FIRST else ""
        return f"{WEEKDAYS[day.weekday()]}{comma} {self.day(day)}"

    def local_day(self, instant: datetime) -> date:
        """The date of an instant where the company is."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    def local_time(self, instant: datetime) -> str:
        """The company's clock, which is named: `14:11 UK time`, `9:11 a.m. EST`."""
        local = instant.astimezone(ZoneInfo(self.time_zone))
        zone = self.time_zone_name or local.tzname() or self.time_zone
        if self.date_style is DateStyle.DAY_FIRST:
            return f"{local:%H:%M} {zone}"
        half = "a.m." if local.hour < 12 else "p.m."
        return f"{(local.hour - 1) % 12 + 1}:{local:%M} {half} {zone}"

    def ways_to_reach(self, company: Company) -> str:
        """`by telephone on ..., by e-mail to ... or by letter to ...`, as far as there are."""
        ways = []
        if company.phone:
            ways.append(self.reach.phone.format(phone=company.phone))
        if company.email:
            ways.append(self.reach.email.format(email=company.email))
        if company.address:
            ways.append(self.reach.address.format(address=", ".join(company.address)))
        but_the_last = ", ".join(ways[:-1])
        return self.reach.joined_by.join(filter(None, (but_the_last, *ways[-1:])))


@cache
def texts_of(region: Region) -> RegionTexts:
    """The texts of a region, read once."""
    rules = _read("regions", region)
    shared = {"time_zone": rules["time_zone"], "country": rules["country"]}
    return msgspec.convert(_read("documents", region) | shared, RegionTexts)


def _read(folder: str, region: Region) -> dict[str, Any]:
    path = _RESOURCES / folder / f"{region.value}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
