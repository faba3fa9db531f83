"""What callers of the simulation want, by the seed, and the record of a read-back they agree to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from msgspec.structs import replace

from app.campaigns.faults.simulation.schedule import Chance
from app.services.rules.pricing import line_for, totals
from app.services.rules.read_back import Checkpoint, Checkpoints
from app.services.rules.regions import RegionRules
from app.values.contact import PostalAddress
from app.values.identity import CustomerId, DeviceId, Ids, LineId, OrderId, PersonId
from app.values.money import Currency, Money
from app.values.vocabulary import AnsweredBy, Channel, How, OrderType, Priority, Region
from app.wire.catalogue import ProductView
from app.wire.guidance import Guidance
from app.wire.orders import Delivery, OrderCustomer, OrderDocument
from app.wire.read_back import Asked, Began, Confirmed, ReadBackEntry

CODES = ("TEA-1", "CUP-2", "POT-3", "TIN-4", "TRAY-5", "RARE-6", "RARE-7")
TRACKED = {"TRAY-5": 60, "RARE-6": 9, "RARE-7": 4}
"""Pieces on hand when a simulation begins; the others are not tracked."""

CHARGE = "POST"
_CALLERS = (
    ("Margaret Thompson", "+447700900412", "14 Mill Lane", "Leeds", "LS6 3AA"),
    ("Ali Rahman", "+447700900101", "2 High Street", "York", "YO1 7HH"),
    ("Siân Jones", "+447700900202", "Flat 5, 9 Park Road", "Cardiff", "CF10 1EP"),
    ("Zoë O'Neill", "+447700900303", "31 Station Road", "Leeds", "LS1 4DY"),
    ("José García", "+447700900404", "7 Church Close", "Bristol", "BS1 4DJ"),
    ("Wei Chen", "+447700900505", "88 Queen Street", "London", "EC4N 1SR"),
)
_NOTES = ("", "", "Leave with the neighbour.", "Ring twice, the bell is weak.", "Blue door.")
_AGAIN_IN_THOUSAND = 160
_GIFTS = ("", "", "", "Happy birthday, Mum!")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one caller wants; `second` is another quantity of the first line, asked for midway."""

    caller: int
    new_address: str
    items: tuple[tuple[str, int], ...]
    second: int
    instructions: str
    gift: str
    is_urgent: bool
    pauses: tuple[int, ...]
    is_given_up: bool


def wishes(chance: Chance, count: int) -> Iterator[Wish]:
    """So many callers; some ring again at once and want the same once more."""
    last: Wish | None = None
    for _ in range(count):
        if last is not None and chance.happens(_AGAIN_IN_THOUSAND):
            yield dataclasses.replace(last, second=0, is_given_up=False)
            continue
        codes = list(CODES)
        items = []
        for _ in range(chance.between(1, 4)):
            code = codes.pop(chance.below(len(codes)))
            items.append((code, chance.between(1, 4 if code.startswith("RARE") else 24)))
        if chance.happens(250):
            items.append((CHARGE, 1))
        last = Wish(
            caller=chance.below(len(_CALLERS)),
            new_address="" if chance.happens(800) else f"{chance.between(1, 99)} New Street",
            items=tuple(items),
            second=chance.between(1, 5) if chance.happens(400) else 0,
            instructions=chance.one_of(_NOTES),
            gift=chance.one_of(_GIFTS),
            is_urgent=chance.happens(100),
            pauses=tuple(chance.between(100, 3_000) for _ in range(6)),
            is_given_up=chance.happens(60),
        )
        yield last


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Who writes the order down, where, and when the caller rang."""

    person_id: PersonId
    device_id: DeviceId
    started_at: datetime
    order_id: OrderId
    customer_id: CustomerId
    base_revision: int | None


def begun(wish: Wish, teller: Teller) -> OrderDocument:
    """The order of a caller before the first line."""
    name, phone, street, city, postcode = _CALLERS[wish.caller]
    address = PostalAddress(
        country="GB", street=(wish.new_address or street,), city=city, postcode=postcode
    )
    return OrderDocument(
        order_id=teller.order_id,
        region=Region.GB,
        currency=Currency.GBP,
        channel=Channel.PHONE,
        order_type=OrderType.GIFT if wish.gift else OrderType.NEW,
        priority=Priority.URGENT if wish.is_urgent else Priority.NORMAL,
        taken_by=teller.person_id,
        device_id=teller.device_id,
        started_at=teller.started_at,
        caller_number=phone,
        customer=OrderCustomer(
            customer_id=teller.customer_id,
            base_revision=teller.base_revision,
            name=name,
            phone=phone,
        ),
        deliver_to=address,
        delivery=Delivery(
            method="standard",
            label="Standard",
            charge=Money(495, Currency.GBP),
            promised_on=date(2026, 11, 25),
            instructions=wish.instructions,
            gift_message=wish.gift,
        ),
    )


def phone_of(caller: int) -> str:
    """How a caller is found."""
    return _CALLERS[caller][1]


def with_product(
    document: OrderDocument, product: ProductView, quantity: int, ids: Ids, now: datetime
) -> OrderDocument:
    """The order with one line more. Raises Refusal `product_withdrawn`."""
    line = line_for(product, quantity, line_id=LineId(ids.new()), now=now)
    return replace(document, lines=(*document.lines, line))


def agreement(
    document: OrderDocument,
    rules: RegionRules,
    guidance: Guidance,
    at: datetime,
    by: PersonId,
) -> tuple[ReadBackEntry, ...]:
    """The record of a read-back in which the caller agreed to everything at once."""
    entries: list[ReadBackEntry] = [Began(at=at, by=by, guidance=guidance.revision)]
    for point in Checkpoints(rules, guidance.checklists).of(document, totals(document, rules)):
        said = f"A sentence about {point.kind.value}."
        entries.append(Asked(checkpoint=point.key, sha256=point.sha256, said=said, at=at, by=by))
        entries.append(_answer(point, at, by))
    return tuple(entries)


def _answer(point: Checkpoint, at: datetime, by: PersonId) -> Confirmed:
    how = How.CALLER_SPOKE if point.must_speak else How.CALLER_AGREED
    if point.answered_by is AnsweredBy.PAPER:
        how = How.ON_PAPER
    return Confirmed(
        checkpoint=point.key,
        sha256=point.sha256,
        parts=point.parts,
        how=how,
        heard=" ".join(one.value for one in point.must_speak),
        took_ms=2_000,
        at=at,
        by=by,
    )
