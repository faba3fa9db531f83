"""What an order is after pieces, lines or all of it were cancelled. Pure.

Prices stay as they were told: who keeps fewer pays for fewer, and a quantity price once told holds.
Whether it may be cancelled at all is asked of `order_acts`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.money import Money
from app.values.vocabulary import ProductKind
from app.wire.order_changes import Cancellation
from app.wire.orders import OrderDocument, OrderLine


def cancelled(document: OrderDocument, what: Cancellation) -> OrderDocument:
    """The document without what is cancelled; without lines where nothing is left to be sent.

    Then delivery costs nothing either, as nothing is delivered. Raises Refusal `line_unknown` or
    `too_many_pieces`.
    """
    fewer = pieces_cancelled(document, what)
    lines = tuple(_left(document.lines, fewer))
    had_goods = any(line.kind is ProductKind.GOODS for line in document.lines)
    if had_goods and not any(line.kind is ProductKind.GOODS for line in lines):
        lines = ()  # nobody pays postage for nothing
    if lines:
        return msgspec.structs.replace(document, lines=lines)
    free = msgspec.structs.replace(document.delivery, charge=Money(0, document.currency))
    return msgspec.structs.replace(document, lines=(), delivery=free)


def pieces_cancelled(document: OrderDocument, what: Cancellation) -> dict[LineId, int]:
    """How many pieces of which line go: of every line all where none is named.

    Raises Refusal `line_unknown` or `too_many_pieces`.
    """
    has = {line.line_id: line for line in document.lines}
    if not what.lines:
        return {line_id: line.quantity for line_id, line in has.items()}
    fewer: dict[LineId, int] = {}
    for piece in what.lines:
        fewer[piece.line_id] = fewer.get(piece.line_id, 0) + piece.quantity
        _require(has.get(piece.line_id), fewer[piece.line_id])
    return fewer


def _require(line: OrderLine | None, wanted: int) -> None:
    if line is None:
        raise Refusal("line_unknown", "That line is no longer part of the order.", "lines")
    if wanted > line.quantity:
        there = f"Of {line.description or line.code} the order has {line.quantity:,} only."
        raise Refusal("too_many_pieces", there, "lines")


def _left(lines: Iterable[OrderLine], fewer: dict[LineId, int]) -> Iterable[OrderLine]:
    """Pieces on back order go first: they are the farthest away."""
    for line in lines:
        gone = fewer.get(line.line_id, 0)
        if not gone:
            yield line
        elif gone < line.quantity:
            later = max(line.back_ordered - gone, 0)
            yield msgspec.structs.replace(
                line,
                quantity=line.quantity - gone,
                back_ordered=later,
                back_order_on=line.back_order_on if later else None,
            )
