"""How the lines of a placed order stand, piece by piece, and its money. Pure.

From the counters and the ledger of the order; where nothing happened since it was placed there are
none of either, and document and allocation say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.services.rules.ledger import LineSums, account, due, entries, line_sums
from app.services.rules.order_acts import LinePieces, Standing, all_acts
from app.services.rules.order_story import Known, story_of
from app.services.rules.payments import UNDECIDED
from app.services.rules.refunds import Tendered
from app.services.rules.regions import RegionRules
from app.values.identity import LineId, ProductCode
from app.values.money import Money, UnitPrice
from app.values.order_life import Fulfilment, LedgerCause
from app.values.vocabulary import ProductKind
from app.wire.order_page import LineStanding, OrderPage
from app.wire.orders import OrderDocument, OrderLine, OrderView, PersonNamed, PlacedOrder
from app.wire.payments import Payments


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


@dataclass(slots=True)
class _Stock:
    """Pieces of one product that are set aside or follow later, not given to a line yet."""

    allocated: int
    back_ordered: int


def lines_of(
    document: OrderDocument,
    counters: Sequence[Counters],
    stock: Mapping[ProductCode, tuple[int, int]],
    ledger: Mapping[LineId, LineSums],
) -> tuple[LineStanding, ...]:
    """Every line there is or was, those that are gone at the end.

    `stock` says of each tracked product what is set aside and what is on back order, all lines
    together: it goes to the lines in their order.
    """
    lines = {line.line_id: line for line in document.lines}
    counted = {one.line_id: one for one in counters}
    left = {code: _Stock(*pieces) for code, pieces in stock.items()}
    ordered = [counted.get(line.line_id) or _untouched(line) for line in document.lines]
    gone = [one for one in counters if one.line_id not in lines]
    return tuple(
        _standing(position, one, lines.get(one.line_id), left, ledger.get(one.line_id), document)
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
    owed: LineSums | None,
    document: OrderDocument,
) -> LineStanding:
    quantity = one.ordered - one.cancelled if line is not None else 0
    open_pieces = max(0, quantity - one.shipped)
    allocated, back_ordered = _share(open_pieces, line, left.get(one.code))
    currency = document.currency
    charged, credited = line.total.minor if line is not None else 0, 0
    if owed is not None:
        charged, credited = owed.charged - owed.credited, owed.credited
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
        refunded=Money(credited, currency),
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


def page_at_desk(
    placed: PlacedOrder, rules: RegionRules, people: tuple[PersonNamed, ...] = ()
) -> OrderPage:
    """The page of an order as far as the desk that placed it knows: nothing happened to it yet."""
    document = placed.document
    payments = Payments(attempts=placed.attempts, links=placed.links)
    order = OrderView(placed=placed, revision=0, state="waiting", payments=payments, people=people)
    ledger = entries((), due(document, rules), 1, LedgerCause.PLACED)
    money = account(
        ledger, Tendered(attempts=placed.attempts, links=placed.links), document.currency
    )
    lines = lines_of(document, (), {}, line_sums(ledger))
    standing = Standing(
        lines={one.line_id: pieces_of(one) for one in lines},
        is_owing=money.to_pay.minor > 0,
        payment_undecided=any(one.state in UNDECIDED for one in placed.attempts),
        region=document.region,
    )
    names: dict[UUID, str] = {one.person_id: one.name for one in people}
    return OrderPage(
        order=order,
        fulfilment=Fulfilment.WAITING,
        lines=lines,
        account=money,
        may=all_acts(standing),
        timeline=story_of(Known(order=order, received_at=placed.placed_at, people=names)),
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
