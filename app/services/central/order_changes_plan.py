"""What a change of an order comes to as the order stands: contents, money, and what is in its way.

Pure: a preview and the change itself are worked out by the same. What may be done, merged, owed and
given back is said by the rules; here they are only brought together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.services.central.order_changes_facts import OrderNow
from app.services.rules.cancelling import cancelled, pieces_cancelled
from app.services.rules.differences import differences, merged
from app.services.rules.ledger import Entry, due, entries, owed
from app.services.rules.order_acts import (
    Act,
    UndoState,
    acts_needed,
    lines_apart,
    may,
    obstacles,
    words_on,
)
from app.services.rules.pricing import totals
from app.services.rules.refunds import Settlement, Tendered, settlement
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason, sentence_for
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.money import Money
from app.values.order_life import ChangeWhat, LedgerCause, OrderAct
from app.wire.order_changes import Amendment, Cancellation, Difference, Obstacle, Undo
from app.wire.orders import OrderDocument, OrderLine, PlacedOrder, Totals
from app.wire.people import Permission

ORDER_CHANGED = "order_changed"
LINE_REUSED = "line_reused"

_CAUSES = {
    ChangeWhat.AMENDMENT: LedgerCause.AMENDED,
    ChangeWhat.CANCELLATION: LedgerCause.CANCELLED,
    ChangeWhat.UNDO: LedgerCause.UNDONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A change as it is asked for.

    `base` is the version it was made from, `previous` the one before the present, where there is
    one. `tendered` are the payments of the order and of the change.
    """

    what: Amendment | Cancellation | Undo
    base: PlacedOrder
    previous: PlacedOrder | None
    tendered: Tendered
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What it comes to; with an obstacle, as far as that can be said."""

    document: OrderDocument
    totals: Totals
    acts: tuple[Act, ...]
    differences: tuple[Difference, ...]
    overtaken: tuple[Difference, ...]
    obstacles: tuple[Obstacle, ...]
    entries: tuple[Entry, ...]
    owed: Money
    settlement: Settlement
    words: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether the order is like that already."""
        return not (self.acts or self.differences or self.entries)


@dataclass(frozen=True, slots=True)
class _Contents:
    """What the order is to be."""

    document: OrderDocument
    overtaken: tuple[Difference, ...] = ()
    obstacle: Obstacle | None = None


def kind_of(what: Amendment | Cancellation | Undo) -> ChangeWhat:
    """The word for it."""
    match what:
        case Amendment():
            return ChangeWhat.AMENDMENT
        case Cancellation():
            return ChangeWhat.CANCELLATION
        case Undo():
            return ChangeWhat.UNDO


def plan(now: OrderNow, asked: Asked, rules: RegionRules) -> Planned:
    """What the change comes to."""
    contents = _contents(now, asked, rules)
    present, wanted = now.placed.document, contents.document
    acts = _acts(asked, present, wanted)
    standing = now.standing(asked.permissions)
    found = [contents.obstacle] if contents.obstacle else list(obstacles(acts, standing))
    new = entries(
        now.ledger,
        due(wanted, rules, _returned(now)),
        now.row.revision + 1,
        _CAUSES[kind_of(asked.what)],
    )
    to_be_owed = owed((*now.ledger, *new), now.currency)
    return Planned(
        document=wanted,
        totals=totals(wanted, rules),
        acts=acts,
        differences=differences(present, wanted),
        overtaken=contents.overtaken,
        obstacles=tuple(found),
        entries=new,
        owed=to_be_owed,
        settlement=settlement(to_be_owed, asked.tendered),
        words=words_on(acts, standing),
    )


def _acts(asked: Asked, present: OrderDocument, wanted: OrderDocument) -> tuple[Act, ...]:
    """A cancellation is one also where it comes to the same as taking lines out."""
    needed = acts_needed(present, wanted)
    match asked.what:
        case Amendment():
            return needed
        case Undo():
            return (Act(act=OrderAct.UNDO),)
        case Cancellation():
            if not wanted.lines:
                return (Act(act=OrderAct.CANCEL_ORDER),)
            return tuple(
                replace(one, act=OrderAct.CANCEL_LINE) for one in needed if one.line_id is not None
            )


def _contents(now: OrderNow, asked: Asked, rules: RegionRules) -> _Contents:
    match asked.what:
        case Amendment():
            return _amended(now, asked.what, asked.base, rules)
        case Cancellation():
            return _cancelled(now, asked.what, asked.base)
        case Undo():
            return _undone(now, asked)


def _amended(now: OrderNow, what: Amendment, base: PlacedOrder, rules: RegionRules) -> _Contents:
    """Theirs and ours together, where they touch other things and not both the money."""
    present = now.placed.document
    both = merged(base.document, present, what.document)
    if both.document is None:
        return _Contents(present, both.overtaken, _clash())
    agreed, come_to = totals(what.document, rules).total, totals(both.document, rules).total
    if come_to != agreed != totals(base.document, rules).total:
        return _Contents(both.document, both.overtaken, _clash())
    return _Contents(both.document, both.overtaken, _impossible(present, both.document))


def _impossible(present: OrderDocument, wanted: OrderDocument) -> Obstacle | None:
    """What nobody may do to an order: counters, stock and money of a line would be another's."""
    was, now = lines_apart(present, wanted)
    both = ((was[line_id][1], line) for line_id, (_, line) in now.items() if line_id in was)
    if any((old.code, old.kind) != (new.code, new.kind) for old, new in both):
        return Obstacle(
            code=LINE_REUSED,
            sentence="A line stays the same product. Please take it off and add the other one.",
        )
    prices = {line.told_price.currency for line in wanted.lines}
    if prices | {wanted.delivery.charge.currency} != {wanted.currency}:
        code = ReviewReason.CURRENCY_MIXED
        return Obstacle(code=code, sentence=sentence_for(code))
    return None


def _cancelled(now: OrderNow, what: Cancellation, base: PlacedOrder) -> _Contents:
    """What is cancelled is to be as it was when it was asked for; the rest may have changed."""
    present = now.placed.document
    overtaken = differences(base.document, present)
    try:
        gone = pieces_cancelled(base.document, what)
        if _lines(base.document, gone) != _lines(present, gone) or (
            not what.lines and len(present.lines) != len(base.document.lines)
        ):
            return _Contents(present, overtaken, _clash())
        return _Contents(cancelled(present, what), overtaken)
    except Refusal as refusal:
        obstacle = Obstacle(code=refusal.code, sentence=refusal.sentence, act=OrderAct.CANCEL_LINE)
        return _Contents(present, overtaken, obstacle)


def _lines(document: OrderDocument, of: dict[LineId, int]) -> dict[LineId, OrderLine]:
    return {line.line_id: line for line in document.lines if line.line_id in of}


def _undone(now: OrderNow, asked: Asked) -> _Contents:
    """As it was before, if the change that is named made the present version."""
    present, newest = now.placed.document, now.newest
    is_newest = (
        isinstance(asked.what, Undo)
        and newest is not None
        and newest.change_id == asked.what.undoes
    )
    if not is_newest or asked.previous is None:
        standing = replace(now.standing(asked.permissions), undo=UndoState.NOTHING)
        return _Contents(present, (), may(OrderAct.UNDO, standing))
    return _Contents(asked.previous.document)


def _returned(now: OrderNow) -> dict[LineId, int]:
    return {LineId(line_id): one.returned for line_id, one in now.progress.items() if one.returned}


def _clash() -> Obstacle:
    return Obstacle(
        code=ORDER_CHANGED,
        sentence="The order was changed by somebody else meanwhile. Please look at it anew.",
    )
