"""Enrolled seats that send orders made, numbered, read back and signed beforehand.

Everything a desk does is done before the clock runs: what is left is bytes on a line. A signature
holds for five minutes, so requests are made just before they are sent.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from msgspec import Raw

from app.adapters.key_file import KeyFile
from app.campaigns.bench.answering import answered
from app.campaigns.bench.given import require
from app.campaigns.bench.load.http_line import HttpLine, whole_request
from app.campaigns.bench.load.site import LoadSite
from app.campaigns.bench.orders import Taker, order_taken_by
from app.services.desk.seat import Seat, enrol, open_seat
from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoints
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.transport.client import HttpCarrier, RemoteCaller, SeatKey
from app.values.clock import SystemClock
from app.values.identity import CommandId, SystemIds
from app.values.order_number import OrderNumber
from app.values.vocabulary import ChangeKind, CommandKind, ProductKind, Region
from app.wire.catalogue import ProductView
from app.wire.guidance import Guidance
from app.wire.message import decode, encode
from app.wire.operation import Operation
from app.wire.operations import LEASE_NUMBERS, SEND_COMMANDS, TAKE_SNAPSHOT
from app.wire.orders import PlacedOrder
from app.wire.signed import Head, milliseconds, path_of
from app.wire.sync import (
    Command,
    CommandOutcome,
    CommandOutcomes,
    LeaseNumbers,
    Outcome,
    SendCommands,
    TakeSnapshot,
)

LINES = 5
_LEASED_MOST = 1_000
_PHONES = count(1)
_OK = 200


class LoadSeat:
    """One seat; orders it makes are of new customers, each with a telephone number of their own."""

    def __init__(self, site: LoadSite, name: str) -> None:
        self._clock, self._ids = SystemClock(), SystemIds()
        folder = site.folder / name
        keys = KeyFile(folder.with_suffix(".keys"))
        carrier = HttpCarrier(f"http://127.0.0.1:{site.port}")
        self.caller = RemoteCaller(carrier, self._clock, self._ids)
        enrol(folder, site.code(name), keys, self.caller, self._ids)
        self._seat: Seat = open_seat(folder, keys)
        self.device_id = self._seat.identity.device_id
        self.caller.use_seat(SeatKey(device_id=self.device_id, sign=self._seat.sign))
        self._person_id = site.person_id
        self._rules = load_regions(resource_folder() / "regions")[Region.GB]
        self._sequence = 0
        self._numbers: list[OrderNumber] = []
        self._listed: list[ProductView] = []
        self._guidance: Guidance | None = None

    def close(self) -> None:
        """Hang up and let the seat go."""
        self.caller.close()
        self._seat.close()

    def placed(self, orders: int, lines: int = LINES) -> list[PlacedOrder]:
        """So many orders of so many lines with their numbers and their read-back."""
        self._learn(orders)
        return [self._placed(lines) for _ in range(orders)]

    def commands(self, placed: Sequence[PlacedOrder]) -> list[Command]:
        """The orders as an outbox holds them."""
        return [self._command(order) for order in placed]

    def requests(self, commands: Sequence[Command], per_request: int) -> list[bytes]:
        """Signed requests of so many commands each."""
        batches = [
            tuple(commands[first : first + per_request])
            for first in range(0, len(commands), per_request)
        ]
        return [
            self.signed(SEND_COMMANDS, encode(SendCommands(commands=batch))) for batch in batches
        ]

    def signed(self, operation: Operation[Any, Any], body: bytes) -> bytes:
        """A request of this seat, as it goes over the line."""
        path = path_of(operation.name)
        head = Head(
            device_id=self.device_id,
            at_ms=milliseconds(self._clock.now()),
            nonce=self._ids.new().hex,
        )
        headers = head.headers(self._seat.sign(head.to_sign(path, body)))
        return whole_request(path, {"content-type": "application/json", **headers}, body)

    def _learn(self, orders: int) -> None:
        while len(self._numbers) < orders:
            most = min(orders - len(self._numbers), _LEASED_MOST)
            self._numbers += self.caller.call(LEASE_NUMBERS, LeaseNumbers(count=most)).numbers
        if self._guidance is None:
            (edition,) = self._snapshot(ChangeKind.GUIDANCE)
            self._guidance = decode(edition, Guidance)
            views = [decode(row, ProductView) for row in self._snapshot(ChangeKind.PRODUCT)]
            self._listed = [view for view in views if view.kind is ProductKind.GOODS]

    def _snapshot(self, kind: ChangeKind) -> list[bytes]:
        page = self.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=kind))
        return [bytes(row.document) for row in page.rows]

    def _placed(self, lines: int) -> PlacedOrder:
        taker = Taker(
            person_id=self._person_id,
            device_id=self.device_id,
            rules=self._rules,
            clock=self._clock,
            ids=self._ids,
        )
        guidance = self._guidance
        require(guidance is not None, "The seat does not know the checklists.")
        at = next(_PHONES)
        listed = [self._listed[(at * lines + n) % len(self._listed)] for n in range(lines)]
        document = order_taken_by(taker, listed, lines, phone=f"+447{at:09}")
        checklists = guidance.checklists if guidance is not None else ()
        points = Checkpoints(self._rules, checklists)
        return PlacedOrder(
            number=self._numbers.pop(),
            document=document,
            totals=totals(document, self._rules),
            placed_at=self._clock.now(),
            placed_by=self._person_id,
            guidance=guidance.revision if guidance is not None else 0,
            read_back=tuple(answered(points, document, self._rules, self._person_id, self._clock)),
        )

    def _command(self, placed: PlacedOrder) -> Command:
        self._sequence += 1
        body = encode(placed)
        return Command(
            command_id=CommandId(self._ids.new()),
            incarnation=self._seat.identity.incarnation,
            sequence=self._sequence,
            kind=CommandKind.PLACE_ORDER,
            person_id=self._person_id,
            captured_at=placed.placed_at,
            body=Raw(body),
            sha256=hashlib.sha256(body).hexdigest(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of sending: seconds until the last answer, and milliseconds of each request."""

    seconds: float
    request_ms: tuple[float, ...]
    answers: tuple[bytes, ...]

    def require_accepted(self, orders: int) -> None:
        """Raises Fault `bench_rejected` unless so many commands were accepted as they were."""
        outcomes = list(_outcomes(self.answers))
        odd = [one for one in outcomes if one.outcome is not Outcome.ACCEPTED]
        require(len(outcomes) == orders, f"{len(outcomes)} of {orders} commands were answered.")
        require(not odd, f"{len(odd)} commands were not accepted, one for {_why(odd)}.")


def send_all(port: int, shares: Sequence[Sequence[bytes]]) -> Sent:
    """Send each share over a connection of its own, all at once."""
    lines = [HttpLine(port) for _ in shares]
    found: list[list[tuple[float, bytes]]] = [[] for _ in shares]
    threads = [
        threading.Thread(target=_send, args=(line, share, kept), name="load")
        for line, share, kept in zip(lines, shares, found, strict=True)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    sent = [answer for kept in found for answer in kept]
    require(len(sent) == sum(map(len, shares)), "Not every request was answered.")
    return Sent(
        seconds=seconds,
        request_ms=tuple(ms for ms, _ in sent),
        answers=tuple(body for _, body in sent),
    )


def _send(line: HttpLine, requests: Sequence[bytes], kept: list[tuple[float, bytes]]) -> None:
    for request in requests:
        began = time.perf_counter()
        status, body = line.ask(request)
        if status != _OK:
            return
        kept.append(((time.perf_counter() - began) * 1_000, body))


def _outcomes(answers: Sequence[bytes]) -> Iterator[CommandOutcome]:
    for answer in answers:
        yield from decode(answer, CommandOutcomes).outcomes


def _why(odd: Sequence[CommandOutcome]) -> str:
    return ", ".join(odd[0].reasons) if odd else "nothing"
