"""A warehouse that is not there: takes orders by webhook, and reports them as a real one would.

For trials and tests, on loopback only. It keeps its promises (a message that comes again changes
nothing, the highest version holds, a change that comes too late is refused), while its line does
not have to: answers are lost, reports come twice, late and out of order, by chance that repeats.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
from typing_extensions import override

from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import Ids, LineId, OrderId
from app.values.warehouse import HandOverKind, WarehouseAnswer, WarehouseEventKind
from app.wire.message import RefusalView, decode, encode
from app.wire.warehouse import (
    EventTaken,
    GoodsOrder,
    HandOver,
    HandOverAnswer,
    PickedLine,
    ReportFromWarehouse,
    ReportTaken,
    WarehouseEvent,
)
from app.wire.webhook_signature import require_signed, signed_headers

REPORT_PATH = "/v1/warehouse.report"
CARRIER = "Trial Parcels"
LARGEST_BODY = 8 * 1024 * 1024
_OK, _BAD, _UNSIGNED, _AWAY = 200, 400, 401, 503
_ANSWER_S = 10.0
_GLANCE_S = 0.1


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds after an order came until each step is reported, and how the line behaves.

    Of a hundred messages `lose_percent` are not answered and as many reports not sent at first;
    `double_percent` of the reports are sent twice. `shuffled`: those that are due go out in any
    order.
    """

    allocate_s: float = 2.0
    pick_s: float = 6.0
    ship_s: float = 15.0
    deliver_s: float = 45.0
    parcels: int = 1
    lose_percent: int = 0
    double_percent: int = 0
    shuffled: bool = False
    seed: int = 1


@dataclass(slots=True)
class _Kept:
    """An order in the warehouse; `sent` are pieces that have left, by line."""

    order: GoodsOrder
    is_cancelled: bool
    sent: Counter[LineId] = field(default_factory=Counter)
    parcels: int = 0


@dataclass(slots=True)
class _Step:
    """Something that is to happen to an order; an `event` only has to be told (again)."""

    due: float
    order_id: OrderId
    kind: WarehouseEventKind
    parcel: int = 0
    event: WarehouseEvent | None = None


class StandInWarehouse:
    """The warehouse itself, without its line. Safe to share between threads."""

    def __init__(self, pace: Pace, clock: Clock, ids: Ids) -> None:
        self._pace = pace
        self._clock = clock
        self._ids = ids
        self._lock = threading.Lock()
        self._orders: dict[OrderId, _Kept] = {}
        self._answers: dict[str, HandOverAnswer] = {}
        self._steps: list[_Step] = []
        self._thrown = 0
        self.packed: Counter[tuple[OrderId, LineId]] = Counter()
        """Pieces that really left, for a test to look at."""
        self.messages: Counter[str] = Counter()
        """How often each message came."""

    def take(self, message: HandOver) -> HandOverAnswer:
        """Take a message in, once."""
        with self._lock:
            self.messages[message.id] += 1
            answered = self._answers.get(message.id)
            if answered is None:
                answer, sentence = self._taken(message)
                answered = HandOverAnswer(id=message.id, answer=answer, sentence=sentence)
                self._answers[message.id] = answered
            return answered

    def due(self) -> list[WarehouseEvent]:
        """What is to be reported by now; happens as it is asked for."""
        with self._lock:
            now = self._clock.monotonic()
            ready = sorted((s for s in self._steps if s.due <= now), key=_due)
            self._steps = [step for step in self._steps if step.due > now]
            events = [event for step in ready for event in self._happened(step)]
            if self._pace.shuffled:
                events.sort(key=self._any_place)
            return events

    def tell_again(self, event: WarehouseEvent) -> None:
        """A report that nobody has acknowledged."""
        with self._lock:
            due = self._clock.monotonic() + 1.0
            self._steps.append(_Step(due, OrderId(self._ids.new()), event.kind, event=event))

    def chance(self, percent: int) -> bool:
        """Whether something happens that does so many times of a hundred; the same in every run."""
        self._thrown += 1
        thrown = hashlib.sha256(f"{self._pace.seed}:{self._thrown}".encode()).digest()
        return int.from_bytes(thrown[:4], "big") % 100 < percent

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be reported."""
        with self._lock:
            return not self._steps

    def _taken(self, message: HandOver) -> tuple[WarehouseAnswer, str]:
        order, is_cancelled = message.order, message.type is HandOverKind.CANCELLED
        kept = self._orders.get(order.order_id)
        if kept is None:
            self._orders[order.order_id] = _Kept(order, is_cancelled)
            if not is_cancelled:
                self._plan(order.order_id)
            return WarehouseAnswer.ACCEPTED, ""
        if order.version <= kept.order.version:
            return WarehouseAnswer.ACCEPTED, "A later version is here already."
        wanted = {line.line_id: line.quantity for line in order.lines}
        if any(wanted.get(line, 0) < pieces for line, pieces in kept.sent.items()):
            return WarehouseAnswer.TOO_LATE, "The goods have left."
        kept.order, kept.is_cancelled = order, is_cancelled
        return WarehouseAnswer.ACCEPTED, ""

    def _plan(self, order_id: OrderId) -> None:
        pace, now = self._pace, self._clock.monotonic()
        steps = [
            _Step(now + pace.allocate_s, order_id, WarehouseEventKind.ALLOCATED),
            _Step(now + pace.pick_s, order_id, WarehouseEventKind.PICKING),
        ]
        for parcel in range(1, pace.parcels + 1):
            # The parcels leave one after another, and arrive so.
            ship_s = pace.ship_s * parcel
            steps.append(_Step(now + ship_s, order_id, WarehouseEventKind.SHIPPED, parcel))
            arrives = now + ship_s + pace.deliver_s
            steps.append(_Step(arrives, order_id, WarehouseEventKind.DELIVERED, parcel))
        self._steps += steps

    def _happened(self, step: _Step) -> Sequence[WarehouseEvent]:
        if step.event is not None:
            return (step.event,)
        kept = self._orders[step.order_id]
        if kept.is_cancelled and not kept.sent:
            return ()
        shipment = f"{kept.order.number}-{step.parcel}" if step.parcel else ""
        event = WarehouseEvent(
            id=str(self._ids.new()),
            kind=step.kind,
            at=self._clock.now(),
            order_id=kept.order.order_id,
            number=kept.order.number,
            shipment=shipment,
        )
        if step.kind is WarehouseEventKind.DELIVERED and step.parcel > kept.parcels:
            return ()
        if step.kind is not WarehouseEventKind.SHIPPED:
            return (event,)
        lines = self._pack(kept, step.parcel)
        if not lines:
            return ()
        kept.parcels = step.parcel
        tracking = f"TP{kept.order.number}{step.parcel:02d}"
        sent = msgspec.structs.replace(event, carrier=CARRIER, tracking=tracking, lines=lines)
        return (sent,)

    def _pack(self, kept: _Kept, parcel: int) -> tuple[PickedLine, ...]:
        """Half of what is left, more or less, until the last parcel takes the rest."""
        is_last = parcel >= self._pace.parcels
        lines = []
        for line in kept.order.lines:
            left = line.quantity - kept.sent[line.line_id]
            pieces = left if is_last else (left + 1) // 2
            if pieces > 0:
                kept.sent[line.line_id] += pieces
                self.packed[kept.order.order_id, line.line_id] += pieces
                lines.append(PickedLine(line_id=line.line_id, code=line.code, quantity=pieces))
        return tuple(lines)

    def _any_place(self, event: WarehouseEvent) -> bytes:
        return hashlib.sha256(f"{self._pace.seed}:{event.id}".encode()).digest()


def _due(step: _Step) -> float:
    return step.due


class Reporter:
    """Tells the centre what happened, until it has acknowledged it."""

    def __init__(
        self,
        warehouse: StandInWarehouse,
        pace: Pace,
        centre_url: str,
        keys: Sequence[bytes],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._warehouse = warehouse
        self._pace = pace
        self._url = f"{centre_url.rstrip('/')}{REPORT_PATH}"
        self._keys = tuple(keys)
        self._clock = clock
        self._ids = ids
        self._client = httpx2.Client(trust_env=False, timeout=_ANSWER_S)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warehouse reports")
        self.heard: Counter[str] = Counter()
        """What the centre said became of reports, by the word."""

    def start(self) -> None:
        """Report by itself from now on."""
        self._thread.start()

    def close(self) -> None:
        """Report nothing more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.close()

    def step(self) -> None:
        """Report what is due now."""
        for event in self._warehouse.due():
            if self._warehouse.chance(self._pace.lose_percent):
                self._warehouse.tell_again(event)
                continue
            self._tell(event)
            if self._warehouse.chance(self._pace.double_percent):
                self._tell(event)

    def _tell(self, event: WarehouseEvent) -> None:
        body = encode(ReportFromWarehouse(events=(event,)))
        report_id = str(self._ids.new())
        headers = signed_headers(self._keys, report_id, self._clock.now(), body)
        try:
            reply = self._client.post(self._url, content=body, headers=headers)
            taken: tuple[EventTaken, ...] = (
                decode(reply.content, ReportTaken).events if reply.status_code == _OK else ()
            )
        except (httpx2.HTTPError, Refusal):
            taken = ()
        if not taken:
            self._warehouse.tell_again(event)
        for one in taken:
            self.heard[one.outcome.value] += 1

    def _run(self) -> None:
        while not self._ended.wait(_GLANCE_S):
            self.step()


class WarehouseServer:
    """The warehouse's end of the webhook; listens on 127.0.0.1 from the moment it is made."""

    def __init__(
        self,
        warehouse: StandInWarehouse,
        pace: Pace,
        keys: Sequence[bytes],
        clock: Clock,
        port: int = 0,
    ) -> None:
        """Raises OSError where the port is taken."""
        handler = _handler(_Answering(warehouse, pace, tuple(keys), clock))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = False
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._serve, name="warehouse")
        self._thread.start()

    @property
    def url(self) -> str:
        """Where orders are told."""
        return f"http://127.0.0.1:{self.port}/orders"

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=_GLANCE_S)


@dataclass(frozen=True, slots=True)
class _Answering:
    """Status and body of the answer to a webhook; None: the line breaks."""

    warehouse: StandInWarehouse
    pace: Pace
    keys: tuple[bytes, ...]
    clock: Clock

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        if self.warehouse.chance(self.pace.lose_percent):
            return _AWAY, b"{}"
        status = _UNSIGNED
        try:
            require_signed(self.keys, headers, body, self.clock.now())
            status = _BAD
            message = decode(body, HandOver)
        except Refusal as refusal:
            return status, encode(RefusalView(code=refusal.code, sentence=refusal.sentence))
        answer = self.warehouse.take(message)
        if self.warehouse.chance(self.pace.lose_percent):
            return None
        return _OK, encode(answer)


def _handler(answering: _Answering) -> Callable[..., http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        """One request of the centre."""

        timeout = _ANSWER_S

        def do_POST(self) -> None:
            """Answer, or break off."""
            self.close_connection = True
            length = int(self.headers.get("content-length", "0"))
            if not 0 < length <= LARGEST_BODY:
                self.send_error(_BAD)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = answering.answer(headers, self.rfile.read(length))
            if answer is None:
                return
            status, body = answer
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        @override
        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    return Handler
