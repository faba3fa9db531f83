"""What may still be done with an order that has its number, asked by everyone. Pure.

Page, preview, intake and screens ask here; no rule of this kind stands anywhere else. How far the
warehouse is decides most (`order_act_table`); state, pieces that left, permission and open payments
the rest. What is not allowed has a sentence that may be read aloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import zip_longest

from app.services.rules.order_act_table import (
    FIRST_LEFT,
    LEFT_AS_IT_IS,
    LEFT_PRICE,
    PACKED,
    rule_for,
)
from app.services.rules.payments import in_region
from app.services.rules.pricing import is_overridden
from app.services.rules.spoken_words import description_words
from app.values.contact import PostalAddress
from app.values.identity import LineId
from app.values.order_life import Fulfilment, OrderAct, OrderState
from app.values.vocabulary import ProductKind, Region
from app.wire.order_changes import Amendment, Cancellation, Obstacle, Undo
from app.wire.order_page import MayDo
from app.wire.orders import OrderCustomer, OrderDocument, OrderLine
from app.wire.people import Permission


class UndoState(Enum):
    """Whether the last change can be taken back."""

    POSSIBLE = "possible"
    NOTHING = "nothing"
    TOO_LATE = "too_late"
    MONEY_MOVED = "money_moved"
    GOODS_MOVED = "goods_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePieces:
    """Pieces of a line. `quantity` is ordered - cancelled, so it holds what was shipped.

    `follows` are on back order, so they are in no parcel that is being packed.
    """

    quantity: int
    shipped: int = 0
    returned: int = 0
    follows: int = 0
    is_goods: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an order stands, and who asks.

    `is_owing`: something is still to be paid. `payment_undecided`: a bank has not answered yet.
    """

    state: OrderState = OrderState.ACCEPTED
    fulfilment: Fulfilment = Fulfilment.WAITING
    lines: Mapping[LineId, LinePieces] = field(default_factory=dict)
    permissions: frozenset[Permission] = frozenset({Permission.TAKE_ORDERS})
    is_owing: bool = False
    payment_undecided: bool = False
    undo: UndoState = UndoState.NOTHING
    region: Region = Region.GB


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act that a change needs. Of a line: its place from 1, and how many pieces it then has.

    `below_list`: cheaper than the list, by somebody's word. `on_parcel`: it is written on or put
    into the parcel. `other_tax`: the goods go where another tax may hold. `empties`: nothing of the
    order would be left.
    """

    act: OrderAct
    line_id: LineId | None = None
    number: int = 0
    name: str = ""
    quantity: int = 0
    below_list: bool = False
    on_parcel: bool = False
    other_tax: bool = False
    empties: bool = False


_UNDO_SENTENCES = {
    UndoState.NOTHING: "There is no change of this order that could be taken back.",
    UndoState.TOO_LATE: "That is too long ago to be taken back. It can be changed anew instead.",
    UndoState.MONEY_MOVED: "Money has moved for it already, so it cannot be taken back. "
    "It can be changed anew instead.",
    UndoState.GOODS_MOVED: "Goods have moved since then, so it cannot be taken back.",
}


_NEEDS_LEAD = frozenset({OrderAct.GOODWILL})
_ANYONES = frozenset({OrderAct.GOODWILL, OrderAct.COLLECT})
"""What needs no right to take orders."""


def tells_warehouse(acts: Iterable[Act], fulfilment: Fulfilment) -> bool:
    """Whether the warehouse has to hear of a change that needs these acts."""
    return any(rule_for(one.act, fulfilment).tells_warehouse for one in acts)


def may(act: OrderAct | Act, standing: Standing) -> Obstacle | None:
    """Why something cannot be done now; None: it can.

    Of a bare act: whether there is anything at all that it could be done to.
    """
    wanted = act if isinstance(act, Act) else None
    kind = act.act if isinstance(act, Act) else act
    found = _obstacle(kind, wanted, standing)
    if found is None:
        return None
    code, sentence = found
    return Obstacle(code=code, sentence=in_region(sentence, standing.region), act=kind)


def all_acts(standing: Standing) -> tuple[MayDo, ...]:
    """Every act, and why it cannot be done now where it cannot."""
    found = []
    for act in OrderAct:
        obstacle = may(act, standing)
        found.append(MayDo(act=act, obstacle=obstacle.sentence if obstacle else ""))
    return tuple(found)


def obstacles(acts: Iterable[Act], standing: Standing) -> tuple[Obstacle, ...]:
    """All that stands in the way of a change, each sentence once."""
    found: dict[tuple[str, str], Obstacle] = {}
    for act in acts:
        obstacle = may(act, standing)
        if obstacle is not None:
            found.setdefault((obstacle.code, obstacle.sentence), obstacle)
    return tuple(found.values())


def words_on(acts: Iterable[Act], standing: Standing) -> tuple[str, ...]:
    """What the caller should know of what is allowed: that it follows in another parcel."""
    said = [rule_for(one.act, standing.fulfilment).say for one in acts]
    return tuple(in_region(one, standing.region) for one in dict.fromkeys(filter(None, said)))


def undo_state(
    until: datetime | None, now: datetime, *, money_moved: bool, goods_moved: bool
) -> UndoState:
    """Whether a change that could be undone `until` then still can."""
    if until is None:
        return UndoState.NOTHING
    if goods_moved:
        return UndoState.GOODS_MOVED
    if money_moved:
        return UndoState.MONEY_MOVED
    return UndoState.TOO_LATE if now > until else UndoState.POSSIBLE


def acts_of(what: Amendment | Cancellation | Undo, document: OrderDocument) -> tuple[Act, ...]:
    """The acts that a change of an order needs."""
    match what:
        case Amendment():
            return acts_needed(document, what.document)
        case Cancellation():
            return _acts_of_cancellation(what, document)
        case Undo():
            return (Act(act=OrderAct.UNDO),)


def acts_needed(before: OrderDocument, after: OrderDocument) -> tuple[Act, ...]:
    """The acts that make the one document the other; empty where nothing differs.

    An order without anything left is a cancellation: one act that says so.
    """
    if before.lines and not _has_goods_left(before, after):
        return (Act(act=OrderAct.CANCEL_ORDER, empties=True),)
    return (*_acts_on_lines(before, after), *_acts_beside_lines(before, after))


def fixed_pieces(line: LinePieces, fulfilment: Fulfilment) -> int:
    """How many pieces of a line can no longer be kept back."""
    if fulfilment in {Fulfilment.SHIPPED, Fulfilment.DELIVERED, Fulfilment.COMPLETED}:
        return line.quantity
    if fulfilment is Fulfilment.PICKING and line.is_goods:
        return max(line.shipped, line.quantity - line.follows)
    return line.shipped


# ---------------------------------------------------------------- what stands in the way


def _obstacle(kind: OrderAct, wanted: Act | None, standing: Standing) -> tuple[str, str] | None:
    return (
        _by_person(kind, wanted, standing)
        or _by_state(kind, standing)
        or _by_table(kind, wanted, standing)
        or _by_payment(kind, standing)
        or _by_undo(kind, standing)
    )


def _by_person(kind: OrderAct, wanted: Act | None, standing: Standing) -> tuple[str, str] | None:
    if kind not in _ANYONES and Permission.TAKE_ORDERS not in standing.permissions:
        return "not_permitted", "Your role may not change orders."
    if Permission.REVIEW_ORDERS in standing.permissions:
        return None
    if kind in _NEEDS_LEAD:
        return "needs_lead", "That is for a lead to decide. I can pass it on."
    if wanted is not None and wanted.below_list:
        return "needs_lead", "A price below the list needs a lead. I can pass it on."
    return None


def _by_state(kind: OrderAct, standing: Standing) -> tuple[str, str] | None:
    if standing.state is OrderState.CANCELLED and kind is not OrderAct.UNDO:
        return "order_cancelled", "This order is cancelled. I can take a new one for you."
    return None


def _by_table(kind: OrderAct, wanted: Act | None, standing: Standing) -> tuple[str, str] | None:
    if kind is OrderAct.PAYMENT and standing.is_owing:
        return None  # what is still open is paid in whatever way the customer has by now
    rule = rule_for(kind, standing.fulfilment)
    if rule.code:
        return rule.code, rule.sentence
    if wanted is None:
        return _nothing_loose(kind, standing) if rule.loose else None
    if wanted.empties:
        sentence = "Nothing would be left of the order. Shall I cancel it as a whole?"
        return "order_emptied", sentence
    if wanted.line_id is not None and wanted.line_id in standing.lines:
        return _too_few(kind, wanted, standing)
    return _on_the_parcel(kind, wanted, standing)


def _nothing_loose(kind: OrderAct, standing: Standing) -> tuple[str, str] | None:
    """Where every single piece is in a parcel, nothing can be taken out."""
    by = standing.fulfilment
    if kind is OrderAct.PRICE:
        is_left = all(one.shipped for one in standing.lines.values())
        return ("pieces_left", LEFT_PRICE.sentence) if is_left else None
    if any(one.quantity > fixed_pieces(one, by) for one in standing.lines.values()):
        return None
    shipping = by is Fulfilment.PICKING
    return (PACKED.code, PACKED.sentence) if shipping else ("order_shipped", _ALL_LEFT)


_ALL_LEFT = "All of it has left already. It can be sent back instead."


def _too_few(kind: OrderAct, wanted: Act, standing: Standing) -> tuple[str, str] | None:
    line = standing.lines[wanted.line_id] if wanted.line_id else LinePieces(quantity=0)
    fixed = fixed_pieces(line, standing.fulfilment)
    name = description_words(wanted.name) or f"line {wanted.number}"
    if kind is OrderAct.PRICE:
        if not line.shipped:
            return None
        return "pieces_left", f"Of the {name} some have left already, so their price stays."
    if kind not in _FEWER or wanted.quantity >= fixed:
        return None
    left = "has" if fixed == 1 else "have"
    if standing.fulfilment is Fulfilment.PICKING and fixed > line.shipped:
        packed = f"Of the {name} {fixed} {'is' if fixed == 1 else 'are'} being packed just now"
        no_longer = "so it can no longer be fewer for certain. I can pass it on as a request."
        return PACKED.code, f"{packed}, {no_longer}"
    sentence = f"Of the {name} {fixed} {left} left already, so it cannot be fewer."
    return "pieces_left", f"{sentence} What arrives can be sent back."


_FEWER = frozenset({OrderAct.QUANTITY_LESS, OrderAct.REMOVE_LINE, OrderAct.CANCEL_LINE})
_MOVING = frozenset({Fulfilment.PICKING, Fulfilment.PART_SHIPPED})


def _on_the_parcel(kind: OrderAct, wanted: Act, standing: Standing) -> tuple[str, str] | None:
    by = standing.fulfilment
    if kind is OrderAct.NOTES and wanted.on_parcel:
        if by is Fulfilment.PICKING:
            return PACKED.code, PACKED.sentence
        if by in {Fulfilment.SHIPPED, Fulfilment.DELIVERED, Fulfilment.COMPLETED}:
            return LEFT_AS_IT_IS.code, LEFT_AS_IT_IS.sentence
    if kind is OrderAct.ADDRESS and wanted.other_tax and by is Fulfilment.PART_SHIPPED:
        return FIRST_LEFT.code, _OTHER_TAX
    return None


_OTHER_TAX = (
    "A part of the order has left already, and where the rest is to go another tax holds. "
    "I can cancel what has not left and take a new order for it."
)


def _by_payment(kind: OrderAct, standing: Standing) -> tuple[str, str] | None:
    if kind not in {OrderAct.PAYMENT, OrderAct.COLLECT}:
        return None
    if standing.payment_undecided:
        return "payment_open", "The bank has not answered yet, so nothing more is charged now."
    if kind is OrderAct.COLLECT and not standing.is_owing:
        return "nothing_to_pay", "Nothing is left to be paid of this order."
    return None


def _by_undo(kind: OrderAct, standing: Standing) -> tuple[str, str] | None:
    if kind is not OrderAct.UNDO or standing.undo is UndoState.POSSIBLE:
        return None
    return f"undo_{standing.undo.value}", _UNDO_SENTENCES[standing.undo]


# ---------------------------------------------------------------- what a change needs


def _has_goods_left(before: OrderDocument, after: OrderDocument) -> bool:
    """Whether something is left; postage alone is nothing where there were goods."""
    had_goods = any(line.kind is ProductKind.GOODS for line in before.lines)
    return any(line.kind is ProductKind.GOODS or not had_goods for line in after.lines)


NumberedLine = tuple[int, OrderLine]


def lines_apart(
    before: OrderDocument, after: OrderDocument
) -> tuple[dict[LineId, NumberedLine], dict[LineId, NumberedLine]]:
    """The lines of both with their numbers from 1, without those that stand as they stood.

    Of a long order most do, and to look each one up by its id is most of the work.
    """
    pairs = enumerate(zip_longest(before.lines, after.lines), 1)
    apart = [(number, old, new) for number, (old, new) in pairs if old != new]
    return (
        {old.line_id: (number, old) for number, old, _ in apart if old is not None},
        {new.line_id: (number, new) for number, _, new in apart if new is not None},
    )


def _acts_on_lines(before: OrderDocument, after: OrderDocument) -> Iterator[Act]:
    was, now = lines_apart(before, after)
    for line_id, (number, line) in was.items():
        if line_id not in now:
            yield _on_line(OrderAct.REMOVE_LINE, number, line, 0)
    for line_id, (number, line) in now.items():
        if line_id not in was:
            yield _on_line(OrderAct.ADD_LINE, number, line, line.quantity)
            if _is_below_list(line):
                yield _on_line(OrderAct.PRICE, number, line, line.quantity)
        elif line != was[line_id][1]:
            yield from _acts_on_line(number, was[line_id][1], line)


def _acts_on_line(number: int, before: OrderLine, after: OrderLine) -> Iterator[Act]:
    if after.code != before.code or after.kind is not before.kind:
        yield _on_line(OrderAct.REMOVE_LINE, number, before, 0)
        yield _on_line(OrderAct.ADD_LINE, number, after, after.quantity)
    elif after.quantity > before.quantity:
        yield _on_line(OrderAct.QUANTITY_MORE, number, after, after.quantity)
    elif after.quantity < before.quantity:
        yield _on_line(OrderAct.QUANTITY_LESS, number, after, after.quantity)
    elif (after.back_ordered, after.back_order_on) != (before.back_ordered, before.back_order_on):
        yield _on_line(OrderAct.DATE, number, after, after.quantity)
    by_list = not is_overridden(after) and after.quantity != before.quantity
    if after.told_price != before.told_price and not by_list:
        yield _on_line(OrderAct.PRICE, number, after, after.quantity)


def _on_line(act: OrderAct, number: int, line: OrderLine, quantity: int) -> Act:
    return Act(
        act=act,
        line_id=line.line_id,
        number=number,
        name=line.description or line.code,
        quantity=quantity,
        below_list=act is OrderAct.PRICE and _is_below_list(line),
    )


def _is_below_list(line: OrderLine) -> bool:
    return line.told_price < line.list_price


def _acts_beside_lines(before: OrderDocument, after: OrderDocument) -> Iterator[Act]:
    if _who(before.customer) != _who(after.customer):
        yield Act(act=OrderAct.CONTACT)
    if before.deliver_to != after.deliver_to:
        other_tax = _tax_place(before.deliver_to) != _tax_place(after.deliver_to)
        yield Act(act=OrderAct.ADDRESS, other_tax=other_tax)
    if before.bill_to != after.bill_to:
        yield Act(act=OrderAct.BILLING)
    was, now = before.delivery, after.delivery
    if (was.method, was.label, was.charge) != (now.method, now.label, now.charge):
        yield Act(act=OrderAct.METHOD)
    if was.promised_on != now.promised_on:
        yield Act(act=OrderAct.DATE)
    on_parcel = (was.instructions, was.gift_message) != (now.instructions, now.gift_message)
    if on_parcel or _beside_the_parcel(before) != _beside_the_parcel(after):
        yield Act(act=OrderAct.NOTES, on_parcel=on_parcel)
    if before.payment is not after.payment:
        yield Act(act=OrderAct.PAYMENT)


def _beside_the_parcel(document: OrderDocument) -> tuple[object, ...]:
    return document.internal_note, document.priority, document.order_type


def _who(customer: OrderCustomer | None) -> tuple[object, ...]:
    if customer is None:
        return ()
    return (
        customer.customer_id,
        customer.name,
        customer.phone,
        customer.no_phone,
        customer.email,
        customer.text_relay,
    )


def _tax_place(address: PostalAddress | None) -> tuple[str, str]:
    return (address.country, address.area) if address else ("", "")


def _acts_of_cancellation(what: Cancellation, document: OrderDocument) -> tuple[Act, ...]:
    if not what.lines:
        return (Act(act=OrderAct.CANCEL_ORDER),)
    lines = {line.line_id: (number, line) for number, line in enumerate(document.lines, 1)}
    fewer: dict[LineId, int] = {}
    for piece in what.lines:
        fewer[piece.line_id] = fewer.get(piece.line_id, 0) + piece.quantity
    return tuple(
        _on_line(OrderAct.CANCEL_LINE, *lines[line_id], max(lines[line_id][1].quantity - gone, 0))
        if line_id in lines
        else Act(act=OrderAct.CANCEL_LINE, line_id=line_id)
        for line_id, gone in fewer.items()
    )
