"""Takes real cancellations back from orders that were replayed, as a CSR does who is asked for it.

Each goes as the command that the screen sends: captured at the desk, carried out by the central
service. What an order comes to then is worked out from the file alone, and PostgreSQL is asked.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid5

import msgspec
import psycopg

from app.campaigns.cancellations import Matched, Taken, reasons
from app.campaigns.invoices import Invoice
from app.campaigns.replay import ReplayResult, TakenOrder, invoice_of, quantiles
from app.services.ports import Caller
from app.values.identity import ChangeId
from app.values.order_life import CancelReason, ChangeState, OrderState
from app.wire.order_changes import Cancellation, ChangeOrder, ChangeSent, PiecesOfLine
from app.wire.order_operations import CHANGE_ORDER

NOTE = "Replay of cancellation {number}; why it came is not in the file."
NOT_REPLAYED = "its sale is none of those that were replayed"
GONE = "the order was gone already with the last of its goods"
_PER_PENNY = 100
_ORDERS = """
    SELECT v.document->'document'->>'internal_note', o.state, o.line_count, o.goods_minor,
           o.total_minor - o.delivery_minor,
           (SELECT coalesce(sum(l.total_minor), 0) FROM order_line l
            WHERE l.order_id = o.order_id),
           (SELECT coalesce(sum(p.cancelled), 0) FROM order_progress p
            WHERE p.order_id = o.order_id),
           (SELECT sum(e.amount_minor) FROM order_ledger e WHERE e.order_id = o.order_id)
           - o.total_minor
    FROM sales_order o JOIN order_version v ON v.order_id = o.order_id AND v.revision = 1
"""


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay of cancellations prints; invoices, lines and pieces are those of the file.

    `named` counts lines that belong to no sale by the reason, `not_sent` changes that could not be
    asked for, `kept` those that the centre kept as a request, by its reason.
    """

    invoices: int
    whole: int
    in_part: int
    of_no_sale: int
    lines: int
    pieces: int
    pieces_of_no_sale: int
    named: dict[str, int]
    changes: int
    carried_out: int
    kept: dict[str, int]
    not_sent: dict[str, int]
    orders_gone: int
    change_ms: dict[str, float]
    changes_per_second: float


class CancelledCounted(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL holds of them, order by order, against the file."""

    orders: int
    changed: int
    gone: int
    wrong_lines: int
    wrong_goods: int
    wrong_pieces: int
    wrong_ledger: int
    wrong_state: int

    @property
    def holds(self) -> bool:
        """Whether every order is what the file says."""
        return not (
            self.wrong_lines
            or self.wrong_goods
            or self.wrong_pieces
            or self.wrong_ledger
            or self.wrong_state
        )


class ReplayWithCancellations(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay of sales and cancellations prints; `counted` only of a database of its own."""

    orders: ReplayResult
    cancellations: Cancelled
    counted: CancelledCounted | None


@dataclass(slots=True)
class _Order:
    """An order as it should stand, after the file."""

    taken: TakenOrder
    invoice: Invoice
    left: list[int]
    revision: int = 1

    @property
    def is_gone(self) -> bool:
        """Nobody pays postage where no goods are left."""
        had_goods = any(self.taken.are_goods)
        goods = (
            pieces
            for pieces, is_goods in zip(self.left, self.taken.are_goods, strict=True)
            if is_goods or not had_goods
        )
        return not any(goods)

    @property
    def expected(self) -> tuple[int, int, int]:
        """Lines, pence and pieces cancelled, from the file: half up, once per line."""
        left = [0] * len(self.left) if self.is_gone else self.left
        goods = sum(
            (line.price.ten_thousandths * pieces + _PER_PENNY // 2) // _PER_PENNY
            for line, pieces in zip(self.invoice.lines, left, strict=True)
        )
        ordered = sum(line.quantity for line in self.invoice.lines)
        return sum(1 for pieces in left if pieces), goods, ordered - sum(left)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A change that was asked for, and what it takes."""

    request: ChangeOrder
    order: _Order
    taken: tuple[Taken, ...]


@dataclass(slots=True)
class _Tally:
    changes: int = 0
    carried_out: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    not_sent: Counter[str] = field(default_factory=Counter)
    change_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0


class CancellationReplay:
    """One CSR who is rung for every cancellation of a file. `taken` are the orders by invoice."""

    def __init__(
        self,
        caller: Caller,
        invoices: Iterable[Invoice],
        taken: Mapping[str, TakenOrder],
    ) -> None:
        self._caller = caller
        self._orders = {
            one.number: _Order(taken[one.number], one, [line.quantity for line in one.lines])
            for one in invoices
            if one.number in taken
        }
        self._open: list[_Asked] = []
        self._matched: Sequence[Matched] = ()
        self._tally = _Tally()

    def run(self, matched: Sequence[Matched]) -> None:
        """Ask for all of them, in the order of time."""
        self._matched = matched
        began = time.perf_counter()
        for one in matched:
            for invoice, taken in one.by_invoice.items():
                self._take_back(one.number, invoice, taken)
        self._tally.seconds = time.perf_counter() - began

    def ask_again(self) -> None:
        """What became of those that the centre had not answered for."""
        waiting, self._open = self._open, []
        for asked in waiting:
            self._note(asked, self._caller.call(CHANGE_ORDER, asked.request))

    @property
    def result(self) -> Cancelled:
        """What is printed."""
        matched, tally = self._matched, self._tally
        return Cancelled(
            invoices=len(matched),
            whole=sum(not one.named for one in matched),
            in_part=sum(bool(one.named and one.taken) for one in matched),
            of_no_sale=sum(not one.taken for one in matched),
            lines=sum(one.lines for one in matched),
            pieces=sum(taken.pieces for one in matched for taken in one.taken),
            pieces_of_no_sale=sum(named.pieces for one in matched for named in one.named),
            named=reasons(matched),
            changes=tally.changes,
            carried_out=tally.carried_out,
            kept=dict(tally.kept),
            not_sent=dict(tally.not_sent),
            orders_gone=sum(one.is_gone for one in self._orders.values()),
            change_ms=quantiles(tally.change_ms),
            changes_per_second=(round(tally.changes / tally.seconds, 2) if tally.seconds else 0.0),
        )

    def _take_back(self, number: str, invoice: str, taken: tuple[Taken, ...]) -> None:
        order = self._orders.get(invoice)
        if order is None or order.is_gone:
            self._tally.not_sent[NOT_REPLAYED if order is None else GONE] += 1
            return
        asked = _Asked(self._request(number, order, taken), order, taken)
        self._tally.changes += 1
        began = time.perf_counter()
        sent = self._caller.call(CHANGE_ORDER, asked.request)
        self._tally.change_ms.append((time.perf_counter() - began) * 1_000)
        self._note(asked, sent)

    def _request(self, number: str, order: _Order, taken: tuple[Taken, ...]) -> ChangeOrder:
        """The whole order where no piece of it is left afterwards.

        The same cancellation of the same order has the same id, so that a replay which was broken
        off and goes on cancels nothing twice.
        """
        pieces = tuple(
            PiecesOfLine(line_id=order.taken.line_ids[one.line], quantity=one.pieces)
            for one in taken
        )
        is_whole = sum(one.pieces for one in taken) == sum(order.left)
        return ChangeOrder(
            change_id=ChangeId(uuid5(order.taken.order_id, number)),
            order_id=order.taken.order_id,
            number=order.taken.number,
            base_revision=order.revision,
            what=Cancellation(
                lines=() if is_whole else pieces,
                reason=CancelReason.OTHER,
                note=NOTE.format(number=number),
            ),
        )

    def _note(self, asked: _Asked, sent: ChangeSent) -> None:
        if sent.state is None:
            self._open.append(asked)
        elif sent.state is ChangeState.APPLIED:
            self._tally.carried_out += 1
            asked.order.revision += 1
            for one in asked.taken:
                asked.order.left[one.line] -= one.pieces
        else:
            self._tally.kept[", ".join(sent.reasons) or sent.sentence] += 1

    def counted(self, url: str) -> CancelledCounted:
        """Hold the orders of a database against the file."""
        with psycopg.connect(url) as connection:
            rows = connection.execute(_ORDERS).fetchall()
        wrong: Counter[str] = Counter()
        for note, state, lines, goods, rest, of_lines, cancelled, drift in rows:
            order = self._orders.get(invoice_of(note))
            if order is None:
                continue
            expected = order.expected
            wrong["lines"] += lines != expected[0]
            wrong["goods"] += {goods, rest, of_lines} != {expected[1]}
            wrong["pieces"] += cancelled != expected[2]
            wrong["ledger"] += bool(drift)
            wrong["state"] += (state == OrderState.CANCELLED.value) != order.is_gone
        return CancelledCounted(
            orders=len(rows),
            changed=sum(one.revision > 1 for one in self._orders.values()),
            gone=sum(one.is_gone for one in self._orders.values()),
            wrong_lines=wrong["lines"],
            wrong_goods=wrong["goods"],
            wrong_pieces=wrong["pieces"],
            wrong_ledger=wrong["ledger"],
            wrong_state=wrong["state"],
        )


def table(cancelled: Cancelled) -> tuple[str, ...]:
    """The result in lines that people read."""
    rows = (
        (cancelled.invoices, "cancellation invoices in the file"),
        (cancelled.whole, "of them matched to their sales whole"),
        (cancelled.in_part, "of them matched in part"),
        (cancelled.of_no_sale, "of them of no sale in the file"),
        (cancelled.lines, "lines of cancellations"),
        *((count, f"line: {why}") for why, count in cancelled.named.items()),
        (cancelled.pieces, "pieces matched"),
        (cancelled.pieces_of_no_sale, "pieces of no sale"),
        (cancelled.changes, "changes asked for"),
        (cancelled.carried_out, "of them carried out"),
        *((count, f"kept as a request: {why}") for why, count in cancelled.kept.items()),
        *((count, f"not asked for: {why}") for why, count in cancelled.not_sent.items()),
        (cancelled.orders_gone, "orders of which nothing is left"),
    )
    return tuple(f"{count:>9,}  {name}" for count, name in rows)
