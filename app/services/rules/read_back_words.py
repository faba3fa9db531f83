"""Names of checkpoints in plain words, for the sentence that tells what is still open. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.services.rules.read_back import Checkpoint, Standing, State
from app.values.vocabulary import CheckpointKind
from app.wire.orders import OrderDocument

NAMED_MOST = 6
"""Of a thousand open lines only the first are named."""

_NAMES = {
    CheckpointKind.CUSTOMER: "customer",
    CheckpointKind.PRICE: "price",
    CheckpointKind.DELIVERY: "delivery address",
    CheckpointKind.BILLING: "billing address",
    CheckpointKind.ARRIVAL: "delivery date",
    CheckpointKind.RIGHTS: "rights",
    CheckpointKind.OBLIGATION: "order with obligation to pay",
}


def name_of(point: Checkpoint, document: OrderDocument) -> str:
    """What a checkpoint is called within a sentence; a line by its place in the order."""
    if point.kind is CheckpointKind.EXTRA:
        return point.item.title or point.item.key
    if point.kind is not CheckpointKind.LINE:
        return _NAMES[point.kind]
    ids = [line.line_id for line in document.lines]
    return f"line {ids.index(point.line_id) + 1}" if point.line_id in ids else "a line"


def open_sentence(open_ones: Sequence[Standing], document: OrderDocument) -> str:
    """What keeps an order from being placed; what was changed since it was agreed says so."""
    names = [_with_state(one, document) for one in open_ones[:NAMED_MOST]]
    left = len(open_ones) - len(names)
    named = ", ".join(names) + (f" and {left:,} more" if left else "")
    return f"The read-back is not finished: {named}."


def _with_state(one: Standing, document: OrderDocument) -> str:
    name = name_of(one.checkpoint, document)
    return f"{name} (changed)" if one.state is State.STALE else name
