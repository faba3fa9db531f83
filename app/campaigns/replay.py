"""Plays real invoices through the presenters and services that the screen uses, without widgets.

The scripted caller says what the file says; the CSR's part is done through the same intents that
keys call. The services know nothing of a replay: what they would refuse on screen is refused here
and named in the result.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.campaigns.bench.figures import Spread, spread
from app.campaigns.invoices import Invoice, InvoiceLine, Reading
from app.campaigns.scripted_caller import ScriptedCaller, ScriptedCallers
from app.services.ports import Caller
from app.services.rules.regions import RegionRules
from app.services.rules.speech_book import SpeechBook
from app.ui.background import InlineBackground
from app.ui.notices import Incidents, Notice
from app.ui.screens.call.delivery import Words
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.call.presenter import CallPresenter, Pace
from app.values.clock import Clock
from app.values.errors import Fault
from app.values.identity import DeviceId, Ids, LineId, OrderId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import Channel, ProductKind, Region
from app.wire import operations
from app.wire.message import encode
from app.wire.orders import NumberShown, PlacedOrder
from app.wire.sync import Policy

REASON = "replay"
"""Why a told price differs from the list: it is the one the invoice was paid with."""
MARK = "Replay of invoice {invoice}: the caller was scripted, and so were all answers."
_BEFORE, _, _BEHIND = MARK.partition("{invoice}")


class ReplayedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One row of orders.jsonl."""

    invoice: str
    number: str
    lines: int
    goods_minor: int


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay prints. `refused` counts invoices by the sentence that stopped them.

    `confirmations` are answers by one key, `spoken` those that were typed and compared. For
    `like_orders` the desk asked first whether they were placed before.
    """

    orders: int
    lines: int
    refused: dict[str, int]
    goods_minor: int
    orders_per_second: float
    place_ms: dict[str, float]
    confirmations: int
    spoken: int
    like_orders: int
    read_back_ms: dict[str, float]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class TakenOrder:
    """An order that was placed; its lines in the order of the invoice."""

    order_id: OrderId
    number: OrderNumber
    line_ids: tuple[LineId, ...]
    are_goods: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk that a replay sits at, with somebody signed in."""

    caller: Caller
    person_id: PersonId
    device_id: DeviceId
    policy: Policy
    regions: Mapping[Region, RegionRules]
    clock: Clock
    ids: Ids
    speech: Mapping[Region, SpeechBook]


@dataclass(slots=True)
class _Tally:
    rows: list[ReplayedOrder] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    place_ms: list[float] = field(default_factory=list)
    read_back_ms: list[float] = field(default_factory=list)
    confirmations: int = 0
    spoken: int = 0
    like_orders: int = 0


class Replay:
    """One CSR who takes every invoice of a file as a call of its own.

    `taken` are the orders by the number of their invoice.
    """

    def __init__(self, desk: Desk) -> None:
        self.taken: dict[str, TakenOrder] = {}
        self._desk = desk
        self._callers = ScriptedCallers()
        self._said: list[str] = []
        self._placed: list[PlacedOrder] = []
        self._presenter = CallPresenter(
            desk.caller,
            InlineBackground(Incidents(desk.ids)),
            regions=desk.regions,
            clock=desk.clock,
            ids=desk.ids,
            device_id=desk.device_id,
            speech=desk.speech,
            pace=Pace(search_ms=0, save_ms=None, caution_ms=None, note_again_ms=None, tick_ms=None),
        )
        self._presenter.notice.connect(self._hear)
        self._presenter.placed.connect(self._placed.append)

    def run(self, reading: Reading, out: Path | None = None) -> ReplayResult:
        """Take every invoice; with `out`, leave `orders.jsonl` there."""
        tally = _Tally()
        began = time.perf_counter()
        for invoice in reading.invoices:
            self._take(invoice, tally)
        seconds = time.perf_counter() - began
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / "orders.jsonl").write_bytes(b"".join(encode(r) + b"\n" for r in tally.rows))
        return ReplayResult(
            orders=len(tally.rows),
            lines=sum(row.lines for row in tally.rows),
            refused=dict(tally.refused),
            goods_minor=sum(row.goods_minor for row in tally.rows),
            orders_per_second=round(len(tally.rows) / seconds, 2) if seconds else 0.0,
            place_ms=quantiles(tally.place_ms),
            confirmations=tally.confirmations,
            spoken=tally.spoken,
            like_orders=tally.like_orders,
            read_back_ms=quantiles(tally.read_back_ms),
            left_out=dict(reading.left_out),
        )

    def agree_payment(self) -> None:
        """How it is paid stays as the desk proposes it; another replay may say otherwise."""

    def pay(self) -> None:
        """Nothing is paid during the call; another replay may."""

    def _take(self, invoice: Invoice, tally: _Tally) -> None:
        self._said.clear()
        self._placed.clear()
        call = self._presenter
        call.start_call(self._desk.person_id, self._desk.policy)
        caller = self._callers.caller_of(invoice)
        if not caller.phone:
            call.set_channel(Channel.WEB_CART)
        self._ask_who_it_is(caller)
        for line in invoice.lines:
            if not self._add(line):
                self._said.append(f"The line {line.code} could not be added.")
                break
        else:
            self._ask_where_it_goes(caller)
            self._say_who_answered(invoice)
            self.agree_payment()
            self._read_back(tally)
            self.pay()
            self._place(tally)
        if self._placed:
            tally.rows.append(_row(invoice, self._placed[0]))
            self.taken[invoice.number] = taken_of(self._placed[0])
        else:
            self._give_up(tally)

    def _ask_who_it_is(self, caller: ScriptedCaller) -> None:
        """A customer whom the centre knows by telephone is chosen, anyone else typed in."""
        customer = self._presenter.customer
        if caller.phone:
            customer.search(caller.phone)
            if customer.state.rows:
                customer.choose(0)
                return
        customer.type_new()
        customer.set_name(caller.name)
        if caller.phone:
            customer.set_phone(caller.phone)
        else:
            customer.set_no_phone(has_none=True)
        customer.set_no_email(has_none=True)
        customer.finish()

    def _add(self, line: InvoiceLine) -> bool:
        """Type the code, Enter, the quantity, and the price that was told."""
        call = self._presenter
        before = len(call.lines.book.lines)
        call.finder.search(line.code)
        call.finder.enter()
        if call.lines.state.question is not None:
            call.lines.keep_as_new_line()
        if len(call.lines.book.lines) == before:
            return False
        line_id = call.lines.book.lines[-1].line_id
        told = call.lines.set_quantity(line_id, str(line.quantity)) and call.lines.tell_price(
            line_id, line.price, REASON
        )
        call.lines.stop_editing()
        return told

    def _ask_where_it_goes(self, caller: ScriptedCaller) -> None:
        """The address stands already where a known customer's last one was taken over."""
        address = self._presenter.delivery_address
        if self._presenter.order.document.deliver_to is None:
            address.take(caller.address)

    def _say_who_answered(self, invoice: Invoice) -> None:
        """The order says of itself that nobody real agreed to it."""
        note = self._presenter.delivery
        note.set_text(Words.INTERNAL_NOTE, MARK.format(invoice=invoice.number))
        note.finish_text(Words.INTERNAL_NOTE)

    def _read_back(self, tally: _Tally) -> None:
        """F8 and one answer after another; the caller says what the invoice says."""
        guide = self._presenter.read_back
        began = time.perf_counter()
        guide.start()
        while guide.state.stage is Stage.ASKING:
            before = guide.state
            if before.hearing and before.point is not None:
                due = [one.value for one in before.point.must_speak if one.part in before.due]
                guide.hear(" ".join(due))
                tally.spoken += 1
            else:
                guide.confirm()
                tally.confirmations += 1
            if guide.state == before or guide.state.problem:
                self._said.append(guide.state.problem or "The read-back did not go on.")
                break
        tally.read_back_ms.append((time.perf_counter() - began) * 1_000)

    def _place(self, tally: _Tally) -> None:
        began = time.perf_counter()
        self._presenter.place()
        if self._presenter.placing.question is not None:
            # The file has it as an invoice of its own, so the caller says that they want it, too.
            tally.like_orders += 1
            self._presenter.placing.it_is_another()
        took = (time.perf_counter() - began) * 1_000
        if self._placed:
            tally.place_ms.append(took)
            shown = NumberShown(order_id=self._placed[0].document.order_id)
            self._desk.caller.call(operations.NUMBER_SHOWN, shown)

    def _give_up(self, tally: _Tally) -> None:
        missing = self._presenter.state.reason_why_not
        sentence = self._said[-1] if self._said else missing
        if not sentence:
            raise Fault("replay_stuck", "An invoice was neither placed nor refused.")
        tally.refused[sentence] += 1
        self._presenter.leave()

    def _hear(self, notice: Notice) -> None:
        self._said.append(notice.sentence)


def invoice_of(note: str | None) -> str:
    """The number of the invoice that an order's internal note tells of."""
    return (note or "").removeprefix(_BEFORE).removesuffix(_BEHIND)


def quantiles(samples: list[float]) -> dict[str, float]:
    """As results have them."""
    measured = spread(samples) if samples else Spread(0, 0.0, 0.0, 0.0)
    return {
        "p50": round(measured.p50, 3),
        "p95": round(measured.p95, 3),
        "p99": round(measured.p99, 3),
    }


def _row(invoice: Invoice, placed: PlacedOrder) -> ReplayedOrder:
    return ReplayedOrder(
        invoice=invoice.number,
        number=placed.number,
        lines=len(placed.document.lines),
        goods_minor=placed.totals.goods.minor,
    )


def taken_of(placed: PlacedOrder) -> TakenOrder:
    """What a later replay has to know of an order."""
    lines = placed.document.lines
    return TakenOrder(
        order_id=placed.document.order_id,
        number=placed.number,
        line_ids=tuple(line.line_id for line in lines),
        are_goods=tuple(line.kind is ProductKind.GOODS for line in lines),
    )
