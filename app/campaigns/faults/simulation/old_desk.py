"""A desk of an older version: sends what today's desk would refuse, straight from its key.

A card number in a free text, a total that does not add up, a product that was never there. The
centre has to take all of it, mask the digits, and say what is to be looked at. It sends the same
bytes until it has an answer, and again when the centre was restored.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cache
from hashlib import sha256

from msgspec import Raw
from msgspec.structs import replace

from app.campaigns.faults.simulation.acts import Acts
from app.campaigns.faults.simulation.network import DeskLine
from app.campaigns.faults.simulation.orders import Teller, agreement, begun, wishes, with_product
from app.campaigns.faults.simulation.scenery import Scenery
from app.campaigns.faults.simulation.schedule import SeededIds, VirtualClock
from app.campaigns.faults.simulation.seats import Secrets
from app.services.desk.seat import open_seat
from app.services.rules.guidance_files import read_guidance
from app.services.rules.pricing import totals
from app.settings import resource_folder
from app.transport.client import RemoteCaller, SeatKey
from app.values.errors import Fault, Refusal
from app.values.identity import CommandId, CustomerId, OrderId, PersonId, ProductCode
from app.values.money import Currency, Money, UnitPrice
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind
from app.wire.catalogue import ProductView, QuantityBreak
from app.wire.guidance import Guidance
from app.wire.message import encode
from app.wire.operations import LEASE_NUMBERS, SEND_COMMANDS
from app.wire.orders import OrderDocument, PlacedOrder, Totals
from app.wire.sync import Command, LeaseNumbers, Outcome, SendCommands

CARD_DIGITS = "4242424242424242"
"""A test number of every payment provider; it fits Luhn and belongs to nobody."""

_CARD = "4242 4242 4242 4242"
_AGAIN_MS = (1_000, 20_000)
_ORDERS = 3


class OldDesk:
    """The older desk of one simulation; in some seeds it is switched off."""

    def __init__(self, world: Scenery, acts: Acts, name: str) -> None:
        self.name = name
        self._world = world
        self._acts = acts
        self._schedule = world.schedule
        self._chance = world.chance
        self._ids = SeededIds(world.schedule, 40, world.seed)
        self._work: Iterator[int] | None = None
        self.sent: dict[OrderId, PlacedOrder] = {}
        self.commands: list[Command] = []
        self.outcomes: dict[CommandId, Outcome] = {}
        self.reasons: dict[OrderId, str] = {}
        folder = world.stage.seat_folder(name, world.folder)
        self._seat = open_seat(folder, Secrets(world.stage.keys[name]))
        self.device_id = self._seat.identity.device_id
        line = DeskLine(world.network, name, _runs_on)
        self.caller = RemoteCaller(line, VirtualClock(world.schedule), self._ids)
        self.caller.use_seat(SeatKey(device_id=self.device_id, sign=self._seat.sign))
        acts.when_restored.append(self._restored)

    @property
    def is_done(self) -> bool:
        """Whether everything it sent was answered."""
        return self._work is None

    def begin(self) -> None:
        """In every third seed."""
        if self._chance.below(3) == 0:
            self._work = self._day()
            self._go_on(self._chance.between(1_000, 30_000))

    def close(self) -> None:
        """Let go of the seat."""
        self._seat.close()

    def _go_on(self, after_ms: int) -> None:
        self._schedule.after(after_ms, f"{self.name} line", self._act)

    def _act(self) -> None:
        if self._work is None:
            return
        try:
            pause = next(self._work)
        except StopIteration:
            self._work = None
            return
        self._go_on(pause)

    def _day(self) -> Iterator[int]:
        numbers = yield from self._leased()
        person = self._somebody()
        for place in range(_ORDERS):
            placed = self._order(place, numbers[place], person)
            self.sent[placed.document.order_id] = placed
            self.commands.append(self._command(place + 1, placed, person))
        yield from self._all_sent()

    def _all_sent(self) -> Iterator[int]:
        while waiting := [one for one in self.commands if one.command_id not in self.outcomes]:
            self._send(waiting)
            yield self._chance.between(*_AGAIN_MS)

    def _restored(self) -> None:
        """The centre has another epoch: like every desk this one sends again what it sent."""
        self.outcomes.clear()
        if self._work is None and self.commands:
            self._work = self._all_sent()
            self._go_on(self._chance.between(*_AGAIN_MS))

    def _leased(self) -> Generator[int, None, tuple[OrderNumber, ...]]:
        while True:
            try:
                return self.caller.call(LEASE_NUMBERS, LeaseNumbers(count=_ORDERS)).numbers
            except (Fault, Refusal):
                yield self._chance.between(*_AGAIN_MS)

    def _send(self, commands: list[Command]) -> None:
        """Keep what is answered."""
        try:
            answer = self.caller.call(SEND_COMMANDS, SendCommands(commands=tuple(commands)))
        except (Fault, Refusal):
            return
        for outcome in answer.outcomes:
            if outcome.outcome is not Outcome.RETRY_LATER:
                self.outcomes[outcome.command_id] = outcome.first or outcome.outcome

    def _order(self, place: int, number: OrderNumber, person: PersonId) -> PlacedOrder:
        teller = Teller(
            person_id=person,
            device_id=self.device_id,
            started_at=self._world.clock.now(),
            order_id=OrderId(self._ids.new()),
            customer_id=CustomerId(self._ids.new()),
            base_revision=None,
        )
        document = begun(next(wishes(self._chance, 1)), teller)
        code = "NEVER-THERE" if place == 2 else "TEA-1"
        now = self._world.clock.now()
        document = with_product(document, _product(code), 2, self._ids, now)
        if place == 0:
            document = self._with_card(document)
        rules = self._world.stage.regions[document.region]
        sums = totals(document, rules)
        reason = ("card_digits_masked", "totals_differ", "product_unknown")[place]
        self.reasons[document.order_id] = reason
        return PlacedOrder(
            number=number,
            document=document,
            totals=_too_much(sums) if place == 1 else sums,
            placed_at=now,
            placed_by=person,
            guidance=1,
            read_back=agreement(document, rules, _edition(), now, person),
        )

    def _with_card(self, document: OrderDocument) -> OrderDocument:
        field = self._chance.below(3)
        text = f"The card is {_CARD}, please."
        if field == 0:
            return replace(document, internal_note=text)
        if field == 1:
            return replace(document, delivery=replace(document.delivery, instructions=text))
        return replace(document, delivery=replace(document.delivery, gift_message=text))

    def _command(self, sequence: int, placed: PlacedOrder, person: PersonId) -> Command:
        body = encode(placed)
        return Command(
            command_id=CommandId(self._ids.new()),
            incarnation=self._seat.identity.incarnation,
            sequence=sequence,
            kind=CommandKind.PLACE_ORDER,
            person_id=person,
            captured_at=self._world.clock.now(),
            body=Raw(body),
            sha256=sha256(body).hexdigest(),
        )

    def _somebody(self) -> PersonId:
        return PersonId(self._acts.people()[0])


@cache
def _edition() -> Guidance:
    """The first edition, as it comes with the program; reading it takes longer than a call."""
    return replace(read_guidance(resource_folder()), revision=1)


def _runs_on() -> None:
    """This one never crashes."""


def _too_much(sums: Totals) -> Totals:
    more = Money(100, sums.total.currency)
    return replace(sums, goods=sums.goods + more, total=sums.total + more)


def _product(code: str) -> ProductView:
    price = UnitPrice(29_500, Currency.GBP)
    return ProductView(
        code=ProductCode(code),
        description=f"Description of {code}",
        breaks=(QuantityBreak(from_quantity=1, price=price),),
        price_version=1,
        revision=1,
    )
