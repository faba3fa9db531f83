"""How the lines of a placed order stand, piece by piece, and its money. Pure.

From the counters and the ledger of the order; where nothing happened since it was placed there are
none of either, and document and allocation say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.services.rules.order_acts import LinePieces, Standing, all_acts
from app.services.rules.order_story import Known, story_of
from app.services.rules.payments import HOLDS_MONEY, IS_PAID, UNDECIDED, held
from app.values.identity import LineId, ProductCode
from app.values.money import Money, UnitPrice, total_of
from app.values.order_life import Fulfilment, LedgerPart, RefundState, RefundWay
from app.values.vocabulary import AttemptState, ProductKind
from app.wire.order_changes import RefundView
from app.wire.order_page import Account, LineStanding, OrderPage
from app.wire.orders import OrderDocument, OrderLine, OrderView, PlacedOrder, Totals
from app.wire.payments import Payments

_ON_ITS_WAY = frozenset({RefundState.DUE, RefundState.STARTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What became of a line's pieces since the order was placed."""

    line_id: LineId
    kind: ProductKind
    code: ProductCode
    description: str
    ordered: int
    cancelled: int
    shipped: int
    delivered: int
    returned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Entries of the ledger for one part (and line), added up; `credited` is of those below 0."""

    part: LedgerPart
    line_id: LineId | None
    amount: int
    credited: int


@dataclass(slots=True)
class _Stock:
    """Pieces of one product that are set aside or follow later, not given to a line yet."""

    allocated: int
    back_ordered: int


def lines_of(
    document: OrderDocument,
    counters: Sequence[Counters],
    stock: Mapping[ProductCode, tuple[int, int]],
    ledger: Iterable[Owed],
) -> tuple[LineStanding, ...]:
    """Every line there is or was, those that are gone at the end.

    `stock` says of each tracked product what is set aside and what is on back order, all lines
    together: it goes to the lines in their order.
    """
    lines = {line.line_id: line for line in document.lines}
    counted = {one.line_id: one for one in counters}
    owed = {one.line_id: one for one in ledger if one.part is LedgerPart.LINE}
    left = {code: _Stock(*pieces) for code, pieces in stock.items()}
    ordered = [counted.get(line.line_id) or _untouched(line) for line in document.lines]
    gone = [one for one in counters if one.line_id not in lines]
    return tuple(
        _standing(position, one, lines.get(one.line_id), left, owed.get(one.line_id), document)
        for position, one in enumerate((*ordered, *gone), 1)
    )


def _untouched(line: OrderLine) -> Counters:
    return Counters(
        line_id=line.line_id,
        kind=line.kind,
        code=line.code,
        description=line.description,
        ordered=line.quantity,
        cancelled=0,
        shipped=0,
        delivered=0,
        returned=0,
    )


def _standing(
    position: int,
    one: Counters,
    line: OrderLine | None,
    left: dict[ProductCode, _Stock],
    owed: Owed | None,
    document: OrderDocument,
) -> LineStanding:
    quantity = one.ordered - one.cancelled if line is not None else 0
    open_pieces = max(0, quantity - one.shipped)
    allocated, back_ordered = _share(open_pieces, line, left.get(one.code))
    currency = document.currency
    charged = line.total.minor if line is not None else 0
    if owed is not None:
        charged = owed.amount
    return LineStanding(
        line_id=one.line_id,
        position=position,
        kind=one.kind,
        code=one.code,
        description=line.description if line is not None else one.description,
        price=line.told_price if line is not None else UnitPrice(0, currency),
        quantity=quantity,
        ordered=one.ordered,
        allocated=allocated,
        back_ordered=back_ordered,
        shipped=one.shipped,
        delivered=one.delivered,
        returned=one.returned,
        cancelled=one.cancelled,
        charged=Money(charged, currency),
        refunded=Money(-owed.credited if owed is not None else 0, currency),
    )


def _share(wanted: int, line: OrderLine | None, stock: _Stock | None) -> tuple[int, int]:
    """What of a product's pieces is this line's; an untracked product has only its own word."""
    if stock is None:
        return 0, min(wanted, line.back_ordered if line is not None else 0)
    allocated = min(wanted, stock.allocated)
    stock.allocated -= allocated
    back_ordered = min(wanted - allocated, stock.back_ordered)
    stock.back_ordered -= back_ordered
    return allocated, back_ordered


def account_of(
    totals: Totals,
    payments: Payments,
    ledger: Collection[Owed],
    refunds: Iterable[RefundView],
) -> Account:
    """What the order comes to, what is approved, taken and given back, and what is left of it.

    Money that was given for an inconvenience is counted as `goodwill`, not as less to be charged.
    """
    currency = totals.total.currency
    parts: dict[LedgerPart, int] = defaultdict(int)
    for one in ledger:
        parts[one.part] += one.amount
    goodwill = Money(-parts.pop(LedgerPart.GOODWILL, 0), currency)
    charged = Money(sum(parts.values()), currency) if parts else totals.total
    sums: dict[tuple[RefundWay, bool], int] = defaultdict(int)
    for refund in refunds:
        if refund.state in _ON_ITS_WAY:
            sums[refund.way, False] += refund.amount.minor
        elif refund.state is RefundState.DONE:
            sums[refund.way, True] += refund.amount.minor
    returning = Money(sum(minor for (_way, done), minor in sums.items() if not done), currency)
    by_hand = Money(sums[RefundWay.BY_HAND, True], currency)
    released = Money(sums[RefundWay.RELEASE, True], currency)
    standing = [one for one in payments.attempts if one.state in HOLDS_MONEY]
    approved = total_of((held(one) for one in standing), currency)
    nothing = Money(0, currency)
    on_cards = total_of((one.captured or nothing for one in standing), currency)
    sent_back = total_of((one.refunded or nothing for one in standing), currency)
    links = total_of((one.amount for one in payments.links if one.state in IS_PAID), currency)
    taken = on_cards + links
    refunded = sent_back + by_hand
    authorised = Money(max(0, (approved + sent_back - on_cards - released).minor), currency)
    covered = authorised + taken - refunded - returning
    lacks = charged - goodwill - covered
    return Account(
        charged=charged,
        authorised=authorised,
        taken=taken,
        refunded=refunded,
        returning=returning,
        goodwill=goodwill,
        to_pay=lacks if lacks.minor > 0 else nothing,
        to_refund=nothing - lacks if lacks.minor < 0 else nothing,
    )


def page_at_desk(placed: PlacedOrder) -> OrderPage:
    """The page of an order as far as the desk that placed it knows: nothing happened to it yet."""
    document, nothing = placed.document, ()
    payments = Payments(attempts=placed.attempts, links=placed.links)
    order = OrderView(placed=placed, revision=0, state="waiting", payments=payments)
    lines = lines_of(document, nothing, {}, nothing)
    account = account_of(placed.totals, payments, nothing, nothing)
    standing = Standing(
        lines={one.line_id: pieces_of(one) for one in lines},
        is_owing=account.to_pay.minor > 0,
        payment_undecided=is_undecided(payments),
        region=document.region,
    )
    known = Known(order=order, received_at=placed.placed_at)
    return OrderPage(
        order=order,
        fulfilment=Fulfilment.WAITING,
        lines=lines,
        account=account,
        may=all_acts(standing),
        timeline=story_of(known),
    )


def pieces_of(line: LineStanding) -> LinePieces:
    """The line as the rules of what may be done see it."""
    return LinePieces(
        quantity=line.quantity,
        shipped=line.shipped,
        returned=line.returned,
        follows=line.back_ordered,
        is_goods=line.kind is ProductKind.GOODS,
    )


def is_undecided(payments: Payments) -> bool:
    """Whether a bank has not answered yet."""
    return any(
        one.state in UNDECIDED or (one.state is AttemptState.VOIDING and one.approved is None)
        for one in payments.attempts
    )
