"""What a change of a placed order is made from, whether anything was changed, what is sent. Pure.

The draft of a change is an order document with `amends`; the desk makes it, screens read it, the
centre takes it in. What may be changed at all is in `order_acts`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.services.rules.payments import HOLDS_MONEY, brings_money, held
from app.services.rules.stock_words import wanted_now
from app.values.identity import ChangeId, DeviceId, LineId, OrderId, PersonId, ProductCode
from app.values.money import Money
from app.values.order_life import OrderAct
from app.values.vocabulary import ProductKind
from app.wire.message import encode
from app.wire.order_page import LineStanding, OrderPage
from app.wire.orders import (
    Amends,
    LineBefore,
    Locked,
    OrderDocument,
    OrderLine,
    PlacedOrder,
    ProductPieces,
)
from app.wire.payments import CardAttempt, PayLink

ACTS = frozenset(
    {
        OrderAct.QUANTITY_MORE,
        OrderAct.QUANTITY_LESS,
        OrderAct.ADD_LINE,
        OrderAct.REMOVE_LINE,
        OrderAct.ADDRESS,
        OrderAct.BILLING,
        OrderAct.CONTACT,
        OrderAct.DATE,
        OrderAct.METHOD,
        OrderAct.NOTES,
    }
)
"""What an amendment can be about; where none of it is allowed there is nothing to begin."""

_PARTS = (
    "channel",
    "order_type",
    "priority",
    "payment",
    "customer",
    "deliver_to",
    "bill_to",
    "delivery",
    "lines",
    "internal_note",
)
"""The parts of a document that a change can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Who begins a change, where and when; `change_id` becomes the id of the draft."""

    change_id: ChangeId
    person_id: PersonId
    device_id: DeviceId
    at: datetime


def from_page(page: OrderPage, begun: Begun, also_by: str = "") -> OrderDocument:
    """The draft of a change of an order as the centre shows it.

    `also_by` is who else is changing it.
    """
    placed, account = page.order.placed, page.account
    by_line = {line.line_id: line for line in page.lines}
    amends = Amends(
        order_id=OrderId(placed.document.order_id),
        number=placed.number,
        revision=page.order.revision,
        total=placed.totals.total,
        held=account.charged - account.to_pay + account.to_refund,
        last_fours=cards_of((*placed.attempts, *page.order.payments.attempts)),
        promised_on=placed.document.delivery.promised_on,
        allocated=_pieces((line.code, line.allocated + line.shipped) for line in page.lines),
        lines=tuple(_before(line, by_line) for line in placed.document.lines),
        locked=tuple(
            Locked(act=one.act, sentence=one.obstacle) for one in page.may if one.obstacle
        ),
        sha256=digest_of(placed.document),
        also_by=also_by,
    )
    return _draft(placed.document, amends, begun)


def from_own(placed: PlacedOrder, revision: int, held_by_now: Money, begun: Begun) -> OrderDocument:
    """The same while the centre is away, of an order that this desk has itself.

    What is set aside for it is taken to be what it wants: nobody can say otherwise.
    """
    document = placed.document
    amends = Amends(
        order_id=OrderId(document.order_id),
        number=placed.number,
        revision=revision,
        total=placed.totals.total,
        held=held_by_now,
        last_fours=cards_of(placed.attempts),
        promised_on=document.delivery.promised_on,
        allocated=_pieces(
            (line.code, wanted_now(line))
            for line in document.lines
            if line.kind is ProductKind.GOODS
        ),
        lines=tuple(_before(line, {}) for line in document.lines),
        sha256=digest_of(document),
        is_last_known=True,
    )
    return _draft(document, amends, begun)


def _draft(document: OrderDocument, amends: Amends, begun: Begun) -> OrderDocument:
    return msgspec.structs.replace(
        document,
        order_id=OrderId(begun.change_id),
        taken_by=begun.person_id,
        device_id=begun.device_id,
        started_at=begun.at,
        caller_number="",
        amends=amends,
    )


def taking_in(mine: OrderDocument, base: OrderDocument, theirs: OrderDocument) -> OrderDocument:
    """A draft that was begun from `base`, begun anew from `theirs`: what was changed in it stays.

    A line is one value: where both changed it, it is as in the draft.
    """
    kept = {
        name: getattr(mine if getattr(mine, name) != getattr(base, name) else theirs, name)
        for name in _PARTS
        if name != "lines"
    }
    return msgspec.structs.replace(theirs, **kept, lines=_lines_of_both(mine, base, theirs))


def _lines_of_both(
    mine: OrderDocument, base: OrderDocument, theirs: OrderDocument
) -> tuple[OrderLine, ...]:
    """Theirs in their order, with what the draft changed, took off and added."""
    was = {line.line_id: line for line in base.lines}
    here = {line.line_id: line for line in mine.lines}
    there = {line.line_id: line for line in theirs.lines}
    found = [
        _line_of_both(here.get(line.line_id), was.get(line.line_id), line) for line in theirs.lines
    ]
    # What they took off and the draft changed stays: the caller wants it.
    found += [
        line for line in mine.lines if line.line_id not in there and line != was.get(line.line_id)
    ]
    return tuple(line for line in found if line is not None)


def _line_of_both(
    mine: OrderLine | None, base: OrderLine | None, theirs: OrderLine
) -> OrderLine | None:
    if mine == base:
        return theirs
    return mine


def digest_of(document: OrderDocument) -> str:
    """The SHA-256 of all that a change can change, in hex."""
    parts = [getattr(document, name) for name in _PARTS]
    return hashlib.sha256(encode(parts)).hexdigest()


def is_changed(
    document: OrderDocument, attempts: Iterable[CardAttempt], links: Iterable[PayLink]
) -> bool:
    """Whether the draft of a change is another order than the one it began with, or pays for it."""
    if document.amends is None:
        return False
    return brings_money(attempts, links) or digest_of(document) != document.amends.sha256


def sent_as(document: OrderDocument, amends: Amends, first: OrderDocument | None) -> OrderDocument:
    """The draft of a change as it is sent: under the order's own id.

    Who took the order and where stays as in `first`, where this desk knows it.
    """
    known = first or document
    return msgspec.structs.replace(
        document,
        order_id=amends.order_id,
        taken_by=known.taken_by,
        device_id=known.device_id,
        started_at=known.started_at,
        caller_number=known.caller_number,
    )


def locked_why(document: OrderDocument, *acts: OrderAct) -> str:
    """Why none of these can be done to the order any more; empty where one can."""
    if document.amends is None:
        return ""
    why = {one.act: one.sentence for one in document.amends.locked}
    sentences = [why.get(act, "") for act in acts]
    return sentences[0] if sentences and all(sentences) else ""


def is_locked(page: OrderPage) -> str:
    """Why nothing at all can be changed or paid; empty where something can."""
    if any(one.act is OrderAct.COLLECT and not one.obstacle for one in page.may):
        return ""
    of_amending = [one for one in page.may if one.act in ACTS]
    if of_amending and all(one.obstacle for one in of_amending):
        return of_amending[0].obstacle
    return ""


def allocated(document: OrderDocument, code: ProductCode) -> int:
    """Pieces of a product that the order has already, so that they need not be held for it."""
    if document.amends is None:
        return 0
    return sum(one.pieces for one in document.amends.allocated if one.code == code)


def cards_of(attempts: Iterable[CardAttempt]) -> tuple[str, ...]:
    """The last four digits of the cards that hold money, each once."""
    found = (one.last_four for one in attempts if one.state in HOLDS_MONEY and held(one).minor > 0)
    return tuple(dict.fromkeys(filter(None, found)))


def held_of(
    before: Money, total: Money, attempts: Iterable[CardAttempt], links: Iterable[PayLink]
) -> Money:
    """What is held of an order after a change: never more than it comes to, the rest goes back."""
    added = [held(one).minor for one in attempts if one.state in HOLDS_MONEY]
    added += [link.amount.minor for link in links if link.paid_at is not None]
    return Money(min(before.minor + sum(added), total.minor), total.currency)


def _before(line: OrderLine, standings: Mapping[LineId, LineStanding]) -> LineBefore:
    found = standings.get(line.line_id)
    return LineBefore(
        line_id=line.line_id,
        description=line.description,
        quantity=line.quantity,
        shipped=found.shipped if found is not None else 0,
    )


def _pieces(found: Iterable[tuple[ProductCode, int]]) -> tuple[ProductPieces, ...]:
    counted: Counter[ProductCode] = Counter()
    for code, pieces in found:
        counted[code] += pieces
    return tuple(
        ProductPieces(code=code, pieces=pieces) for code, pieces in counted.items() if pieces > 0
    )


def why_not_line(document: OrderDocument, line_id: LineId, quantity: int) -> str:
    """Why a line of a change cannot have so many pieces, in a sentence; empty where it can."""
    amends = document.amends
    if amends is None:
        return ""
    before = next((line for line in amends.lines if line.line_id == line_id), None)
    if before is None:
        return locked_why(document, OrderAct.ADD_LINE) if quantity else ""
    if quantity == before.quantity:
        return ""
    if quantity < before.shipped:
        pieces = "1 has" if before.shipped == 1 else f"{before.shipped:,} have"
        return f"Of this line {pieces} left already, so it cannot be fewer."
    if quantity > before.quantity:
        return locked_why(document, OrderAct.QUANTITY_MORE)
    return locked_why(document, OrderAct.QUANTITY_LESS if quantity else OrderAct.REMOVE_LINE)
