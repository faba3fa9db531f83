"""What a line costs and what an order comes to.

Pure, integers only, and quick enough for every key press: a total is one pass over the lines.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from app.services.rules.regions import RegionRules, TaxMethod
from app.services.rules.tax import TaxDue, tax_due
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.money import Money, UnitPrice
from app.values.quantity import check_quantity
from app.values.vocabulary import TaxCategory
from app.wire.catalogue import ProductView, QuantityBreak
from app.wire.orders import OrderDocument, OrderLine, Totals


def unit_price_for(product: ProductView, quantity: int) -> UnitPrice:
    """The list price of one piece when so many are bought."""
    reached = [b for b in product.breaks if b.from_quantity <= quantity]
    return max(reached or product.breaks[:1], key=_from_quantity).price


def _from_quantity(quantity_break: QuantityBreak) -> int:
    return quantity_break.from_quantity


def next_break(product: ProductView, quantity: int) -> QuantityBreak | None:
    """The next quantity at which a piece costs something else, for "from 12 they are ..."."""
    ahead = [b for b in product.breaks if b.from_quantity > quantity]
    return min(ahead, key=_from_quantity, default=None)


def line_for(product: ProductView, quantity: int, *, line_id: LineId, now: datetime) -> OrderLine:
    """A new line at the list price of the moment.

    Raises Refusal `product_withdrawn`, or one of `check_quantity`.
    """
    if product.withdrawn:
        raise Refusal("product_withdrawn", f"{product.code} is no longer sold.", "code")
    price = unit_price_for(product, check_quantity(quantity))
    return OrderLine(
        line_id=line_id,
        kind=product.kind,
        code=product.code,
        description=product.description,
        quantity=quantity,
        list_price=price,
        price_version=product.price_version,
        told_price=price,
        tax_category=product.tax_category,
        quoted_at=now,
    )


def is_overridden(line: OrderLine) -> bool:
    """Whether the caller was told another price than the list's, which may be nothing at all."""
    return line.told_price != line.list_price or bool(line.told_reason)


def with_quantity(
    line: OrderLine, product: ProductView, quantity: int, *, now: datetime | None = None
) -> OrderLine:
    """The line with another quantity, and the list price that goes with it.

    A told price that someone set by hand stays as it is, reason and all. Where the list has changed
    since the line was quoted it is quoted anew, at `now` if that is given.
    Raises Refusal of `check_quantity`.
    """
    list_price = unit_price_for(product, check_quantity(quantity))
    quoted_anew = now is not None and product.price_version != line.price_version
    return msgspec.structs.replace(
        line,
        quantity=quantity,
        list_price=list_price,
        price_version=product.price_version,
        told_price=line.told_price if is_overridden(line) else list_price,
        quoted_at=now if quoted_anew else line.quoted_at,
    )


def with_told_price(line: OrderLine, price: UnitPrice, reason: str) -> OrderLine:
    """The line at a price that was agreed with the caller.

    Raises Refusal `price_reason_missing` where it differs from the list and nobody says why.
    """
    told_reason = reason.strip()
    if price != line.list_price and not told_reason:
        sentence = "Another price than the list's needs a reason."
        raise Refusal("price_reason_missing", sentence, "told_reason")
    return msgspec.structs.replace(line, told_price=price, told_reason=told_reason)


def totals(
    document: OrderDocument, rules: RegionRules, goods: dict[TaxCategory, int] | None = None
) -> Totals:
    """Goods (all lines, charges too), delivery, tax and what is to be paid.

    `goods` are the sums of the lines where they are known already, so that the lines are not read.
    """
    goods = _minor_by_category(document) if goods is None else goods
    goods_minor = sum(goods.values())
    delivery = document.delivery.charge
    tax = order_tax(document, rules, goods)
    is_included = rules.tax.method is TaxMethod.INCLUDED
    total = goods_minor + delivery.minor + (0 if is_included else tax.minor)
    currency = document.currency
    return Totals(
        goods=Money(goods_minor, currency),
        delivery=delivery,
        tax=Money(tax.minor, currency),
        tax_included=is_included,
        total=Money(total, currency),
    )


def order_tax(
    document: OrderDocument, rules: RegionRules, goods: dict[TaxCategory, int] | None = None
) -> TaxDue:
    """The order's tax and how sure it is; by the rates of the local day on which it was begun."""
    sums = _minor_by_category(document) if goods is None else goods
    return tax_due(
        rules, sums, document.delivery.charge.minor, document.deliver_to, tax_day(document, rules)
    )


def tax_day(document: OrderDocument, rules: RegionRules) -> date:
    """The local day on which the order was begun."""
    return document.started_at.astimezone(rules.time_zone).date()


def _minor_by_category(document: OrderDocument) -> dict[TaxCategory, int]:
    """Line totals summed by tax category; each is rounded half up once, as `OrderLine.total` is."""
    sums: dict[TaxCategory, int] = {}
    category, sum_so_far = TaxCategory.STANDARD, 0
    for line in document.lines:
        if line.tax_category is not category:  # hashing an enum per line would take half the time
            sums[category] = sums.get(category, 0) + sum_so_far
            category, sum_so_far = line.tax_category, 0
        sum_so_far += line.told_price.minor_of(line.quantity)
    sums[category] = sums.get(category, 0) + sum_so_far
    return sums
