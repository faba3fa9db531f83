"""The checkpoints of an order, and how each one stands: pure, from the document and the record.

Each checkpoint covers named values and has the SHA-256 of exactly those. A confirmation holds for
its digest and nothing else, so an edit makes stale just what it touches. The desk asks before it
places, the centre works the same out again from what arrives.

Source of the rules: DESIGN.md section 6.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from app.services.rules.checklists import ChosenItems, items_for
from app.services.rules.regions import RegionRules
from app.values.contact import PostalAddress
from app.values.identity import LineId
from app.values.vocabulary import AnsweredBy, CheckpointKind, How, OrderType, ProductKind
from app.wire.guidance import Checklist, ChecklistItem
from app.wire.orders import OrderDocument, OrderLine, Totals
from app.wire.read_back import (
    Asked,
    Confirmed,
    Corrected,
    NotMatched,
    Overridden,
    Part,
    ReadBackEntry,
    Stood,
)

SPOKEN_FROM = 10
"""Quantities from here on are spoken by the caller; every teen and every -ty is among them."""

SAME, COLLECTED, NO_PHONE = "same", "collected", "no_phone"
_YES = "yes"
_FLAT_BELOW = frozenset({"US", "CA", "PR"})
_UNITS = (
    "flat|unit|apartment|apt|suite|ste|floor|room|rm|studio|office|box|level|block|building|bldg"
    "|space|spc"
)
_NUMBER_IN_STREET = re.compile(
    rf"(?P<unit>\b(?:{_UNITS})\b[.:]?\s*(?:no\.?\s*)?|\#\s*)?"
    r"(?<!\w)(?<!\d\.)(?P<number>\d+[a-z]?(?:\s*[-/\u2013]\s*\d+[a-z]?)*)(?!\w|\.\d)",
    re.IGNORECASE,
)
"""A number, and the word before it where it is that of a flat; `42nd` is none."""


class Spoken(StrEnum):
    """What kind of value the caller has to speak."""

    QUANTITY = "quantity"
    WORDS = "words"
    POSTCODE = "postcode"
    HOUSE = "house"
    CITY = "city"


class State(StrEnum):
    """How a checkpoint stands. CORRECTED holds as CONFIRMED does: it was put right, then agreed."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    STALE = "stale"
    OVERRIDDEN = "overridden"

    @property
    def holds(self) -> bool:
        """Whether the order may be placed as far as this checkpoint goes."""
        return self in _HOLDING


# Asked for each line at each key that is typed: made once.
_HOLDING = frozenset({State.CONFIRMED, State.CORRECTED, State.OVERRIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class MustSpeak:
    """A value that the caller has to say; `part` is a part of the checkpoint."""

    part: str
    kind: Spoken
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One thing to be agreed. `line_id` for lines, `item` the row of the checklist it is from."""

    key: str
    kind: CheckpointKind
    parts: tuple[Part, ...]
    sha256: str
    must_speak: tuple[MustSpeak, ...] = ()
    answered_by: AnsweredBy = AnsweredBy.CALLER
    line_id: LineId | None = None
    item: ChecklistItem

    @property
    def stood(self) -> Stood:
        """Key and digest, as the record holds them."""
        return Stood(checkpoint=self.key, sha256=self.sha256)


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is another one than the caller confirmed; empty where there was or is none."""

    part: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A checkpoint and how it stands.

    `changes` are what made it stale; `corrected` tells that it was put right in this read-back.
    """

    checkpoint: Checkpoint
    state: State
    changes: tuple[Change, ...] = ()
    corrected: bool = False
    asked_at: datetime | None = None
    confirmed: Confirmed | None = None


class Checkpoints:
    """Works out the checkpoints of one order again and again; a line that stayed costs nothing.

    Not shared between threads.
    """

    def __init__(self, rules: RegionRules, checklists: Sequence[Checklist]) -> None:
        self._rules = rules
        self._checklists = checklists
        self._lines: dict[LineId, tuple[OrderLine, ChecklistItem, AnsweredBy, Checkpoint]] = {}

    def of(self, document: OrderDocument, totals: Totals) -> tuple[Checkpoint, ...]:
        """All checkpoints in the order of the talk."""
        chosen = items_for(document, totals.total, self._checklists)
        return tuple(
            point
            for item in chosen.items
            for point in self._of_item(item, chosen, document, totals)
        )

    def _of_item(
        self,
        item: ChecklistItem,
        chosen: ChosenItems,
        document: OrderDocument,
        totals: Totals,
    ) -> Iterator[Checkpoint]:
        by = chosen.answered_by
        if item.check is CheckpointKind.LINE:
            for line in document.lines:
                yield self._of_line(line, item, by)
            return
        if item.check is CheckpointKind.EXTRA:
            wanted = f" ({item.caller_says})" if item.caller_says else ""
            values = {"item": item.key, "say": f"{item.say}{wanted}"}
            speak = (
                [MustSpeak(part="item", kind=Spoken.WORDS, value=item.caller_says)]
                if item.caller_says
                else []
            )
            yield _checkpoint(f"extra:{item.key}", item, by, values, speak)
            return
        values = _values(item.check, document, totals, self._rules)
        yield _checkpoint(item.check.value, item, by, values, _spoken(item.check, document, values))

    def _of_line(self, line: OrderLine, item: ChecklistItem, by: AnsweredBy) -> Checkpoint:
        kept = self._lines.get(line.line_id)
        if kept is not None and kept[0] is line and kept[1] is item and kept[2] is by:
            return kept[3]
        point = _line_checkpoint(line, item, by)
        self._lines[line.line_id] = (line, item, by, point)
        return point


def _line_checkpoint(line: OrderLine, item: ChecklistItem, by: AnsweredBy) -> Checkpoint:
    values = {
        "quantity": str(line.quantity),
        "code": line.code,
        "description": line.description,
        "kind": line.kind.value,
    }
    if line.back_ordered:
        values["back_ordered"] = str(line.back_ordered)
        values["back_order_on"] = line.back_order_on.isoformat() if line.back_order_on else ""
    speak = spoken_of_line(line)
    return _checkpoint(line_key(line.line_id), item, by, values, speak, line_id=line.line_id)


def spoken_of_line(line: OrderLine) -> tuple[MustSpeak, ...]:
    """What the caller has to say about a line: how many from ten on, and which of its twins.

    Where they have to speak at all they say both: it costs a word, and small quantities that
    nobody says are what a read-back misses most (`docs/read-back-simulation.md`).
    """
    if line.kind is not ProductKind.GOODS:
        return ()
    if not line.must_say and line.quantity < SPOKEN_FROM:
        return ()
    quantity = MustSpeak(part="quantity", kind=Spoken.QUANTITY, value=str(line.quantity))
    which = MustSpeak(part="description", kind=Spoken.WORDS, value=line.must_say)
    return (quantity, which) if line.must_say else (quantity,)


def line_key(line_id: LineId) -> str:
    """The key of a line's checkpoint."""
    return f"line:{line_id}"


def _checkpoint(
    key: str,
    item: ChecklistItem,
    by: AnsweredBy,
    values: Mapping[str, str],
    speak: Sequence[MustSpeak],
    *,
    line_id: LineId | None = None,
) -> Checkpoint:
    parts = tuple(Part(name=name, value=value) for name, value in values.items())
    covered = msgspec.json.encode([key, *([part.name, part.value] for part in parts)])
    return Checkpoint(
        key=key,
        kind=item.check,
        parts=parts,
        sha256=hashlib.sha256(covered).hexdigest(),
        must_speak=tuple(speak) if by is AnsweredBy.CALLER else (),
        answered_by=by,
        line_id=line_id,
        item=item,
    )


def _values(
    kind: CheckpointKind, document: OrderDocument, totals: Totals, rules: RegionRules
) -> dict[str, str]:
    """The canonical values of a core checkpoint; nothing stands for what is not given."""
    match kind:
        case CheckpointKind.CUSTOMER:
            values = _of_customer(document)
        case CheckpointKind.PRICE:
            values = _of_price(document, totals)
        case CheckpointKind.DELIVERY:
            values = _of_delivery(document, rules)
        case CheckpointKind.BILLING:
            values = _of_billing(document)
        case CheckpointKind.ARRIVAL:
            values = _of_arrival(document)
        case CheckpointKind.RIGHTS:
            values = _of_rights(document, rules)
        case _:
            values = _of_obligation(document, totals)
    return values


def _of_customer(document: OrderDocument) -> dict[str, str]:
    customer = document.customer
    if customer is None:
        return {"name": "", "phone": "", "email": ""}
    phone = customer.phone or (NO_PHONE if customer.no_phone else "")
    return {"name": customer.name, "phone": phone, "email": customer.email or ""}


def _of_price(document: OrderDocument, totals: Totals) -> dict[str, str]:
    prices = ";".join(
        f"{line.line_id}:{line.quantity}:{line.told_price.ten_thousandths}"
        for line in document.lines
    )
    return {
        "goods": str(totals.goods.minor),
        "delivery": str(totals.delivery.minor),
        "tax": str(totals.tax.minor),
        "total": str(totals.total.minor),
        "currency": totals.total.currency.value,
        "prices": hashlib.sha256(prices.encode()).hexdigest(),
    }


def _of_delivery(document: OrderDocument, rules: RegionRules) -> dict[str, str]:
    method = rules.method(document.delivery.method)
    collected = method is not None and not method.needs_address
    where = {COLLECTED: _YES} if collected else _of_address(document.deliver_to)
    return {
        **where,
        "instructions": document.delivery.instructions,
        "gift_message": document.delivery.gift_message,
    }


def _of_billing(document: OrderDocument) -> dict[str, str]:
    if document.bill_to is not None:
        return _of_address(document.bill_to)
    return {SAME: _YES, **_of_address(document.deliver_to)}


def _of_arrival(document: OrderDocument) -> dict[str, str]:
    delivery = document.delivery
    return {
        "method": delivery.method,
        "label": delivery.label,
        "promised_on": delivery.promised_on.isoformat() if delivery.promised_on else "",
    }


def _of_rights(document: OrderDocument, rules: RegionRules) -> dict[str, str]:
    buyer = "trade" if document.order_type is OrderType.TRADE else "consumer"
    return {"region": document.region.value, "buyer": buyer, "rights": " ".join(rules.rights)}


def _of_obligation(document: OrderDocument, totals: Totals) -> dict[str, str]:
    values = {
        "total": str(totals.total.minor),
        "currency": totals.total.currency.value,
        "payment": document.payment.value,
    }
    amends = document.amends
    if amends is None:
        return values
    # Of a change they agree to what is other than before, and to what of it goes where.
    return {
        **values,
        "was": str(amends.total.minor),
        "held": str(amends.held.minor),
        "cards": " ".join(amends.last_fours),
        "gone": " ".join(str(line.line_id) for line in document.taken_off),
    }


def _of_address(address: PostalAddress | None) -> dict[str, str]:
    if address is None:
        return {}
    return {
        "name": address.name,
        "organisation": address.organisation,
        "street": "\n".join(address.street),
        "dependent_locality": address.dependent_locality,
        "city": address.city,
        "area": address.area,
        "postcode": address.postcode,
        "country": address.country,
    }


def _spoken(
    kind: CheckpointKind, document: OrderDocument, values: Mapping[str, str]
) -> list[MustSpeak]:
    """Postcode and house number; the town, if it has one, where the country has no postcodes."""
    address = document.deliver_to
    if kind is not CheckpointKind.DELIVERY or address is None or COLLECTED in values:
        return []
    if address.postcode:
        speak = [MustSpeak(part="postcode", kind=Spoken.POSTCODE, value=address.postcode)]
    elif address.city:
        speak = [MustSpeak(part="city", kind=Spoken.CITY, value=address.city)]
    else:
        speak = []
    house = house_number(address)
    if house:
        speak.append(MustSpeak(part="street", kind=Spoken.HOUSE, value=house))
    return speak


def house_number(address: PostalAddress) -> str:
    """The number of the house, with its letter if it has one; empty for a house with a name.

    In `Flat 2, 14 Mill Lane` it is 14, in `340 W 42nd St Apt 5` it is 340: a number that is neither
    a flat's nor a street's. Where a building with a number stands above the street, the street's
    counts; Americans write the flat below.
    """
    is_below = address.country in _FLAT_BELOW
    for row in address.street if is_below else reversed(address.street):
        for found in _NUMBER_IN_STREET.finditer(row):
            if not found["unit"]:
                return found["number"]
    return ""


@dataclass(slots=True)
class _Trail:
    """What the record says about one key."""

    asked_at: datetime | None = None
    asked_sha256: str = ""
    confirmed: Confirmed | None = None
    overridden_sha256: str = ""
    corrected: bool = False

    def doubt(self, sha256: str) -> None:
        """The caller said something else than they had agreed to: that counts no more."""
        if self.confirmed is not None and self.confirmed.sha256 == sha256:
            self.confirmed = None


def standings(
    checkpoints: Iterable[Checkpoint], entries: Iterable[ReadBackEntry]
) -> tuple[Standing, ...]:
    """How each checkpoint stands. The latest confirmation counts, and only for its digest."""
    trails = _trails(entries)
    nothing = _Trail()
    return tuple(_standing(point, trails.get(point.key, nothing)) for point in checkpoints)


def still_open(found: Iterable[Standing]) -> tuple[Standing, ...]:
    """What stands in the way of placing, in the order of the talk."""
    return tuple(one for one in found if not one.state.holds)


def _trails(entries: Iterable[ReadBackEntry]) -> dict[str, _Trail]:
    trails: dict[str, _Trail] = {}
    for entry in entries:
        match entry:
            case Asked():
                trail = trails.setdefault(entry.checkpoint, _Trail())
                if trail.asked_sha256 != entry.sha256:
                    trail.asked_at, trail.asked_sha256 = entry.at, entry.sha256
            case Confirmed():
                trail = trails.setdefault(entry.checkpoint, _Trail())
                trail.confirmed, trail.overridden_sha256 = _later(trail.confirmed, entry), ""
            case NotMatched():
                trails.setdefault(entry.checkpoint, _Trail()).doubt(entry.sha256)
            case Corrected():
                trails.setdefault(entry.checkpoint, _Trail()).corrected = True
            case Overridden():
                for stood in entry.checkpoints:
                    trail = trails.setdefault(stood.checkpoint, _Trail())
                    trail.overridden_sha256 = stood.sha256
            case _:
                pass
    return trails


def _later(before: Confirmed | None, now: Confirmed) -> Confirmed:
    """The later of two confirmations; what was spoken once stays spoken when it is agreed to."""
    if before is None or before.sha256 != now.sha256 or before.how is not How.CALLER_SPOKE:
        return now
    return before


def _standing(point: Checkpoint, trail: _Trail) -> Standing:
    confirmed = trail.confirmed
    changes: tuple[Change, ...] = ()
    if trail.overridden_sha256 == point.sha256:
        state = State.OVERRIDDEN
    elif confirmed is not None and confirmed.sha256 == point.sha256 and _suffices(point, confirmed):
        state = State.CORRECTED if trail.corrected else State.CONFIRMED
    elif confirmed is not None and confirmed.sha256 != point.sha256:
        state, changes = State.STALE, changes_between(confirmed.parts, point.parts)
    else:
        state = State.ASKED if trail.asked_sha256 == point.sha256 else State.NOT_ASKED
    return Standing(
        checkpoint=point,
        state=state,
        changes=changes,
        corrected=trail.corrected,
        asked_at=trail.asked_at if trail.asked_sha256 == point.sha256 else None,
        confirmed=confirmed,
    )


def _suffices(point: Checkpoint, confirmed: Confirmed) -> bool:
    """A yes is not enough where the value has to be spoken; a paper only where there is one."""
    if point.answered_by is AnsweredBy.PAPER:
        return True
    if point.must_speak:
        return confirmed.how is How.CALLER_SPOKE
    return confirmed.how is not How.ON_PAPER


def changes_between(before: Iterable[Part], now: Iterable[Part]) -> tuple[Change, ...]:
    """What differs, part by part, in the order of the parts."""
    old = {part.name: part.value for part in before}
    new = {part.name: part.value for part in now}
    return tuple(
        Change(name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys((*new, *old))
        if old.get(name, "") != new.get(name, "")
    )
