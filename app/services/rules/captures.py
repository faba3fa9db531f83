"""How much of an order's money is taken when goods have left. Pure; minor units.

What is due is worked out for all that was sent so far, not parcel by parcel: so roundings never
drift, and the last parcel takes the rest to the penny. Delivery and other charges are due with the
first parcel. Never more is taken than the customer owes, nor than a bank has approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.values.identity import AttemptId, LineId
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderDocument, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An authorisation: what was approved, and what was taken of it or is being taken."""

    attempt_id: AttemptId
    approved: int
    taken: int

    @property
    def left(self) -> int:
        """What may still be taken of it."""
        return max(self.approved - self.taken, 0)


def due_for(document: OrderDocument, totals: Totals, shipped: Mapping[LineId, int]) -> int:
    """What is due for the pieces that were sent of an order as it now is; nothing for none.

    All of it once no piece of goods is left to be sent, so at once where there are none in it.
    """
    goods = [line for line in document.lines if line.kind is ProductKind.GOODS]
    sent = {line.line_id: min(shipped.get(line.line_id, 0), line.quantity) for line in goods}
    if goods and not any(shipped.values()):
        return 0
    total = max(totals.total.minor, 0)
    if all(sent[line.line_id] == line.quantity for line in goods):
        return total
    value = sum(line.told_price.minor_of(sent[line.line_id]) for line in goods)
    value += sum(
        line.told_price.minor_of(line.quantity)
        for line in document.lines
        if line.kind is ProductKind.CHARGE
    )
    value += totals.delivery.minor
    net = totals.goods.minor + totals.delivery.minor
    if not totals.tax_included and net > 0:
        value += totals.tax.minor * max(value, 0) // net
    return min(max(value, 0), total)


def to_take(due: int, owed: int, taken: int) -> int:
    """What is to be taken now. `owed` is what the whole order comes to after all credits."""
    return max(min(due, owed) - taken, 0)


def split(amount: int, approved: Sequence[Approved]) -> tuple[tuple[AttemptId, int], ...]:
    """Which authorisations an amount is taken of, the oldest first; as far as they reach."""
    found = []
    for one in approved:
        part = min(amount, one.left)
        if part > 0:
            found.append((one.attempt_id, part))
            amount -= part
    return tuple(found)


def reach(approved: Iterable[Approved]) -> int:
    """What could still be taken in all."""
    return sum(one.left for one in approved)
