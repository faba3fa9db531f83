"""Orders as they are spoken: what the product's own rules ask of a line, and how long it takes.

Lookalikes come from a real index, sentences and comparisons from the rules of the read-back; only
the speed of talking and typing is assumed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from app.campaigns.mishearing import Arm, Item, Wish
from app.services.desk.catalogue import CatalogueService
from app.services.rules import pricing
from app.services.rules.guidance_files import read_guidance
from app.services.rules.hearing import heard
from app.services.rules.read_back import Checkpoint, Checkpoints, MustSpeak, spoken_of_line
from app.services.rules.regions import RegionRules, load_regions
from app.services.rules.speech import Turn, turns
from app.services.rules.speech_book import load_speech
from app.settings import resource_folder
from app.store.product_search import ProductIndex
from app.values.contact import PostalAddress
from app.values.errors import Fault
from app.values.identity import CustomerId, DeviceId, LineId, OrderId, PersonId, SystemIds
from app.values.vocabulary import CheckpointKind, Region
from app.wire.catalogue import FindLookalikes, ProductView
from app.wire.message import encode
from app.wire.orders import Delivery, OrderCustomer, OrderDocument, OrderLine, Totals

WORD_S = 1 / 3
"""180 words a minute, a brisk CSR. An assumption; sources on ordinary talk say 150 to 190."""
DIGIT_S = 0.25
"""A digit or a letter word in a row of them. An assumption."""
YES_S = 0.6
KEY_S = 0.2
"""A keystroke at 55 words a minute (Card, Moran, Newell)."""
_LOOKALIKES = 50
_AT = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
_DIGITS = frozenset(
    {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
)


@dataclass(frozen=True, slots=True)
class Talk:
    """Seconds: of a whole read-back, of its lines, and of one line on average."""

    whole: float
    lines: float
    a_line: float


class Shop:
    """A catalogue as callers and CSRs meet it. Keeps what it worked out; one thread."""

    def __init__(self, folder: Path, listed: Sequence[ProductView]) -> None:
        self._ids = SystemIds()
        self._products = {str(product.code): product for product in listed}
        self._rules = load_regions(resource_folder() / "regions")[Region.GB]
        self._book = load_speech(resource_folder() / "speech")[Region.GB]
        self._checklists = read_guidance(resource_folder()).checklists
        self._asked: dict[Wish, tuple[MustSpeak, ...]] = {}
        self._compared: dict[tuple[tuple[MustSpeak, ...], str], bool] = {}
        self.items = self._looked_up(folder, listed)

    def asks(self, record: Wish) -> tuple[MustSpeak, ...]:
        """What the caller has to say about a line that stands so in the record."""
        found = self._asked.get(record)
        if found is None:
            found = self._asked[record] = spoken_of_line(self._line(record))
        return found

    def matches(self, expected: Sequence[MustSpeak], text: str) -> bool:
        """Whether what was typed says what the record holds."""
        key = tuple(expected), text
        found = self._compared.get(key)
        if found is None:
            hearings = heard(expected, text, self._book)
            found = self._compared[key] = all(one.matched is True for one in hearings)
        return found

    def talk(self, arm: Arm, orders: Sequence[Sequence[Wish]]) -> Talk:
        """How long orders take to be read back, on average."""
        if arm is Arm.NONE or not orders:
            return Talk(0.0, 0.0, 0.0)
        whole = lines = 0.0
        count = sum(len(order) for order in orders)
        for wishes in orders:
            document = self._document(wishes)
            totals = pricing.totals(document, self._rules)
            for point in Checkpoints(self._rules, self._checklists).of(document, totals):
                took = self._seconds(arm, point, document, totals)
                whole += took
                lines += took if point.kind is CheckpointKind.LINE else 0.0
        return Talk(whole / len(orders), lines / len(orders), lines / count)

    def _seconds(
        self, arm: Arm, point: Checkpoint, document: OrderDocument, totals: Totals
    ) -> float:
        if arm is Arm.YES_ONLY:
            point = dataclasses.replace(point, must_speak=())
        spoken = {one.part: one.value for one in point.must_speak}
        return sum(
            _said(turn) + _answered(turn, spoken)
            for turn in turns(point, document, totals, self._rules, self._book)
        )

    def _looked_up(self, folder: Path, listed: Sequence[ProductView]) -> Mapping[str, Item]:
        index = ProductIndex(folder / "shop")
        index.put(encode(product) for product in listed)
        index.commit(1)
        catalogue = CatalogueService(index)
        items = {}
        for product in listed:
            asked = FindLookalikes(code=product.code, limit=_LOOKALIKES)
            found = catalogue.lookalikes(asked)
            twins = tuple(str(other.product.code) for other in found.others)
            items[str(product.code)] = Item(
                product.code, product.description, twins, found.must_say
            )
        index.rest()
        return items

    def _line(self, wish: Wish) -> OrderLine:
        product = self._products.get(wish.code)
        if product is None:
            raise Fault("bench_rejected", "The record names a product that is not sold.")
        line = pricing.line_for(product, wish.quantity, line_id=LineId(self._ids.new()), now=_AT)
        item = self.items.get(wish.code)
        return msgspec.structs.replace(line, must_say=item.must_say if item is not None else "")

    def _document(self, wishes: Sequence[Wish]) -> OrderDocument:
        rules: RegionRules = self._rules
        method = rules.methods[0]
        return OrderDocument(
            order_id=OrderId(self._ids.new()),
            region=rules.region,
            currency=rules.currency,
            taken_by=PersonId(self._ids.new()),
            device_id=DeviceId(self._ids.new()),
            started_at=_AT,
            customer=OrderCustomer(
                customer_id=CustomerId(self._ids.new()),
                name="Margaret Thompson",
                phone="+441134960412",
                email="m.thompson@example.org",
            ),
            deliver_to=PostalAddress(
                country="GB", street=("14 Mill Lane",), city="Leeds", postcode="LS6 3AA"
            ),
            delivery=Delivery(
                method=method.code,
                label=method.label,
                charge=method.charge,
                promised_on=date(2026, 11, 24),
            ),
            lines=tuple(map(self._line, wishes)),
        )


def _said(turn: Turn) -> float:
    return sum(_word_seconds(word) for word in turn.text.replace("-", " ").split())


def _word_seconds(word: str) -> float:
    return DIGIT_S if word.strip(".,*").casefold() in _DIGITS else WORD_S


def _answered(turn: Turn, spoken: Mapping[str, str]) -> float:
    """The caller's part and the CSR's keys; both talk at once only where one reads a yes."""
    if not turn.speaks:
        return YES_S + KEY_S
    values = [spoken[part] for part in turn.speaks if part in spoken]
    words = sum(max(len(value.split()), 1) for value in values) + 1
    keys = sum(len(value) for value in values) + len(values)
    return max(words * WORD_S + YES_S, keys * KEY_S) + KEY_S
