"""Values, times and names of a read-back in plain words, for the protocol of an order.

The record keeps values as they are compared: minor units, ISO dates, codes. Here they become what a
person reads. What is not understood is shown as it was written, never left out. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from app.services.rules.read_back import COLLECTED, NO_PHONE, SAME, Change
from app.services.rules.regions import RegionRules
from app.values.day_words import MONTHS, WEEKDAYS
from app.values.money import Currency, Money
from app.values.postal import countries
from app.values.telephone import shown_phone
from app.values.vocabulary import (
    CallOutcome,
    Channel,
    CheckpointKind,
    ClosingStep,
    CorrectionCause,
    How,
    PaymentMethod,
    Region,
)
from app.wire.orders import OrderDocument
from app.wire.read_back import Part

_SUMS = {"goods", "delivery", "tax", "total"}
OF_A_CHANGE = frozenset({"was", "held", "cards", "gone"})
"""Parts that what is agreed to has beside its own where it is agreed for a change of an order."""
_NOT_FOR_READERS = OF_A_CHANGE | {
    *("prices", "currency", "kind", "region", "method", "rights", "say"),
}
"""Parts that another part tells in words, or that only machines compare."""

PARTS = {
    "quantity": "Quantity",
    "back_ordered": "To follow later",
    "back_order_on": "Day the rest is expected",
    "code": "Code",
    "description": "Description",
    "name": "Name",
    "phone": "Telephone",
    "email": "E-mail",
    "goods": "Goods",
    "delivery": "Delivery charge",
    "tax": "Tax",
    "total": "Total",
    "street": "Street",
    "dependent_locality": "Locality",
    "city": "Town",
    "area": "County or state",
    "postcode": "Postcode",
    "country": "Country",
    "organisation": "Company",
    "instructions": "Delivery instructions",
    "gift_message": "Gift message",
    "label": "Way of delivery",
    "method": "Way of delivery",
    "promised_on": "Delivery date",
    "payment": "Payment",
    "buyer": "Buyer",
    "told_price": "Price",
    "price": "Price",
    "item": "What was said",
    SAME: "Same as the delivery address",
    COLLECTED: "Collected at the counter",
}
CHECKPOINTS = {
    CheckpointKind.CUSTOMER: "Customer and contact",
    CheckpointKind.LINE: "A line",
    CheckpointKind.PRICE: "Price",
    CheckpointKind.DELIVERY: "Delivery address",
    CheckpointKind.BILLING: "Billing address",
    CheckpointKind.ARRIVAL: "Delivery date",
    CheckpointKind.RIGHTS: "Rights and terms",
    CheckpointKind.EXTRA: "A point of the checklist",
    CheckpointKind.OBLIGATION: "Order with payment",
}
CAUSES = {
    CorrectionCause.MISHEARD: "misheard",
    CorrectionCause.MISTYPED: "mistyped",
    CorrectionCause.CHANGED_MIND: "the caller changed their mind",
    CorrectionCause.CATALOGUE: "the catalogue was wrong",
    CorrectionCause.OTHER: "for another reason",
}
STEPS = {
    ClosingStep.NUMBER_GIVEN: "Number given",
    ClosingStep.NUMBER_SAID_BACK: "Number said back",
    ClosingStep.CONFIRMATION: "How the confirmation comes",
    ClosingStep.IF_LATE: "What happens if it is late",
    ClosingStep.ANYTHING_ELSE: "Anything else today?",
}
OUTCOMES = {
    CallOutcome.ORDER_PLACED: "Order placed",
    CallOutcome.CALL_BACK_PROMISED: "A call back was promised",
    CallOutcome.COMPLAINT_OPENED: "A complaint was opened",
    CallOutcome.CALL_DROPPED: "The call was cut off",
}
CHANNELS = {
    Channel.PHONE: "By telephone",
    Channel.FAX: "By fax",
    Channel.EMAIL: "By e-mail",
    Channel.POST: "By post",
    Channel.COUNTER: "At the counter",
    Channel.WEB_CART: "On the website",
}
PAYMENTS: dict[str, str] = {
    PaymentMethod.CARD: "by card",
    PaymentMethod.PAY_LINK: "by pay link",
    PaymentMethod.INVOICE: "on invoice",
    PaymentMethod.LATER: "collected later",
}
STATES = {
    "accepted": "Accepted",
    "needs_review": "Somebody has to look at it",
    "waiting": "At the desk, not yet at the centre",
}


def how_in_words(how: How, heard: str) -> str:
    """What was answered, and by whom."""
    if how is How.ON_PAPER:
        return "Agrees with the paper."
    if how is How.CALLER_AGREED:
        return "The caller said yes."
    quoted = " and ".join(f"\u201c{one}\u201d" for one in heard.split("; ") if one)
    return f"The caller said {quoted}." if quoted else "The caller said the value."


def part_in_words(part: str) -> str:
    """The name of a value."""
    return PARTS.get(part, part.replace("_", " ").strip().capitalize())


class Words:
    """Puts the values of one order into words."""

    def __init__(
        self, document: OrderDocument, rules: RegionRules, titles: Mapping[str, str]
    ) -> None:
        self._currency: Currency = document.currency
        self._rules = rules
        self._titles = titles
        self._month_first = document.region is Region.US
        self._lines = {str(line.line_id): (at, line) for at, line in enumerate(document.lines, 1)}
        self._countries = dict(countries())

    def about(self, key: str, parts: tuple[Part, ...] = ()) -> str:
        """What a checkpoint is about; a line as it was when it was confirmed, else as it is."""
        kind, _, rest = key.partition(":")
        if kind == "line":
            return self._line(rest, parts)
        if kind == "extra":
            return self._titles.get(rest) or rest.replace("_", " ").capitalize()
        try:
            return CHECKPOINTS[CheckpointKind(kind)]
        except ValueError:
            return key

    def _line(self, line_id: str, parts: tuple[Part, ...]) -> str:
        """With its quantity only where that is known of the very moment."""
        at, line = self._lines.get(line_id, (0, None))
        was = {"code": line.code, "description": line.description} if line is not None else {}
        was |= {part.name: part.value for part in parts}
        name = f"Line {at}" if at else "A line that was taken out"
        product = f"{was.get('code', '')} {was.get('description', '')}".strip()
        if "quantity" in was:
            product = f"{was['quantity']} \u00d7 {product}"
        if "back_ordered" in was:
            product = f"{product}, {was['back_ordered']} to follow later"
        return f"{name}: {product}" if product else name

    def value(self, part: str, value: str) -> str:
        """A value as people write it; `nothing` where there was none."""
        if not value:
            return "nothing"
        if part in _SUMS:
            return self._amount(value)
        if part in {"promised_on", "back_order_on"}:
            return self._iso_day(value)
        if part == "phone":
            no_phone = value == NO_PHONE
            return "no telephone" if no_phone else shown_phone(value, self._rules.phone_region)
        if part == "payment":
            return PAYMENTS.get(value, value)
        return self._countries.get(value, value) if part == "country" else _in_one_line(value)

    def _amount(self, minor: str) -> str:
        if not minor.removeprefix("-").isdecimal():
            return minor
        return str(Money(int(minor), self._currency)).replace("-", "\u2212")

    def change(self, part: str, old: str, new: str) -> str:
        """`Quantity 15 → 50`."""
        name = part_in_words(part)
        return f"{name} {self.value(part, old)} \u2192 {self.value(part, new)}"

    def changes(self, found: tuple[Change, ...]) -> str:
        """All that is worth reading of what changed."""
        told = [one for one in found if one.part not in _NOT_FOR_READERS]
        if not told:
            return "the price of a line" if any(c.part == "prices" for c in found) else ""
        return ", ".join(self.change(one.part, one.old, one.new) for one in told)

    def clock(self, at: datetime) -> str:
        """`14:03:12` where the company is; by the American clock in the United States."""
        local = at.astimezone(self._rules.time_zone)
        if not self._month_first:
            return f"{local:%H:%M:%S}"
        half = "a.m." if local.hour < 12 else "p.m."
        return f"{(local.hour - 1) % 12 + 1}:{local:%M:%S} {half}"

    def local_day(self, at: datetime) -> date:
        """The date of an instant where the company is."""
        return at.astimezone(self._rules.time_zone).date()

    def day(self, day: date) -> str:
        """`Saturday 21 November 2026`, or as Americans write it."""
        month = MONTHS[day.month - 1]
        if self._month_first:
            return f"{WEEKDAYS[day.weekday()]}, {month} {day.day}, {day.year}"
        return f"{WEEKDAYS[day.weekday()]} {day.day} {month} {day.year}"

    def moment(self, at: datetime) -> str:
        """Day and time."""
        return f"{self.day(self.local_day(at))}, {self.clock(at)}"

    def _iso_day(self, value: str) -> str:
        try:
            return self.day(date.fromisoformat(value))
        except ValueError:
            return value


def span_in_words(span: timedelta) -> str:
    """`58 s`, `3 min 42 s`, `1 h 3 min`; under a second is said so."""
    seconds = max(0, round(span.total_seconds()))
    if seconds == 0:
        return "under 1 s"
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def counted(count: int, one: str, many: str) -> str:
    """`1 correction`, `3 corrections`."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def _in_one_line(value: str) -> str:
    return ", ".join(value.split("\n"))
