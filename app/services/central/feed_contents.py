"""What the change feed tells of: the things themselves, by key or in pages, as they now stand.

Read in the transaction that is given; nothing here knows of cursors. What belongs to one seat is
read for the seat that asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Raw

from app.services.central.installation import POLICY_KEY
from app.services.central.order_decisions import decisions, decisions_after
from app.services.central.transaction import Transaction
from app.values.identity import DeviceId, ProductCode
from app.values.money import Currency, UnitPrice
from app.values.vocabulary import ChangeKind, ProductKind, TaxCategory
from app.wire.catalogue import ProductView, QuantityBreak
from app.wire.guidance import GUIDANCE_KEY
from app.wire.message import View, encode
from app.wire.stock import StockLevel
from app.wire.sync import Change, TakeSnapshot, Town

TOWN_SEPARATOR = " "


def snapshot_rows(tx: Transaction, request: TakeSnapshot, seat: DeviceId) -> list[Change]:
    """One more than the page holds, where there are more."""
    limit = request.limit + 1
    match request.kind:
        case ChangeKind.PRODUCT:
            page = "code > %(after)s ORDER BY code LIMIT %(limit)s"
            return _products(tx, page, after=request.after, limit=limit)
        case ChangeKind.TOWN:
            return _towns_after(tx, request.after, limit)
        case ChangeKind.POLICY:
            return [change for change in _policy(tx) if change.key > request.after]
        case ChangeKind.GUIDANCE:
            return [change for change in _guidance(tx) if change.key > request.after]
        case ChangeKind.STOCK:
            page = " AND code > %(after)s ORDER BY code LIMIT %(limit)s"
            return _stock(tx, page, after=request.after, limit=limit)
        case ChangeKind.ORDER:
            return decisions_after(tx, seat, request.after, limit)


def held(
    tx: Transaction, wanted: Iterable[tuple[ChangeKind, str]], seat: DeviceId | None
) -> dict[tuple[ChangeKind, str], Change]:
    """The things as they now stand, by kind and key."""
    keys: dict[ChangeKind, list[str]] = {kind: [] for kind in ChangeKind}
    for kind, key in wanted:
        keys[kind].append(key)
    found: list[Change] = []
    if keys[ChangeKind.PRODUCT]:
        found += _products(tx, "code = ANY (%(codes)s)", codes=keys[ChangeKind.PRODUCT])
    if keys[ChangeKind.TOWN]:
        pairs = [key.partition(TOWN_SEPARATOR) for key in keys[ChangeKind.TOWN]]
        found += _towns(
            tx,
            "(country, postcode) IN"
            " (SELECT * FROM unnest(%(countries)s::text[], %(postcodes)s::text[]))",
            countries=[country for country, _, _ in pairs],
            postcodes=[postcode for _, _, postcode in pairs],
        )
    if keys[ChangeKind.POLICY]:
        found += _policy(tx)
    if keys[ChangeKind.GUIDANCE]:
        found += _guidance(tx)
    if keys[ChangeKind.STOCK]:
        found += _stock(tx, " AND code = ANY (%(codes)s)", codes=keys[ChangeKind.STOCK])
    if keys[ChangeKind.ORDER] and seat is not None:
        found += decisions(tx, seat, keys[ChangeKind.ORDER])
    return {(change.kind, change.key): change for change in found}


def gone(kind: ChangeKind, key: str, revision: int) -> Change:
    """What is not there any more."""
    return Change(kind=kind, key=key, revision=revision, deleted=True, document=Raw(b"null"))


_PRODUCTS = """
    WITH p AS MATERIALIZED (SELECT * FROM product WHERE {})
    SELECT p.code, p.description, p.kind, p.tax_category, p.price_version, p.typical_quantity,
           p.withdrawn, p.revision, r.currency, b.quantities, b.prices,
           s.on_hand - s.reserved, s.counted_at
    FROM p
    JOIN price r ON r.code = p.code AND r.version = p.price_version
    JOIN LATERAL (
        SELECT array_agg(from_quantity ORDER BY from_quantity) AS quantities,
               array_agg(unit_price ORDER BY from_quantity) AS prices
        FROM price_break WHERE code = p.code AND version = p.price_version
    ) b ON b.quantities IS NOT NULL
    LEFT JOIN stock_level s ON s.code = p.code
    ORDER BY p.code
"""
_TOWNS = "SELECT country, postcode, city, area, revision FROM town WHERE "


def _products(tx: Transaction, where: str, **values: object) -> list[Change]:
    rows = tx.connection.exec_driver_sql(_PRODUCTS.format(where), values)
    return [_change(ChangeKind.PRODUCT, row[0], row[7], _product(row)) for row in rows]


def _product(row: Sequence[Any]) -> ProductView:
    code, description, kind, tax_category, price_version, typical, withdrawn, revision = row[:8]
    currency, quantities, prices, available, counted_at = row[8:]
    money = Currency(currency)
    return ProductView(
        code=ProductCode(code),
        description=description,
        kind=ProductKind(kind),
        breaks=tuple(
            QuantityBreak(from_quantity=quantity, price=UnitPrice(price, money))
            for quantity, price in zip(quantities, prices, strict=True)
        ),
        price_version=price_version,
        tax_category=TaxCategory(tax_category),
        typical_quantity=typical,
        withdrawn=withdrawn,
        available=available,
        available_at=counted_at,
        revision=revision,
    )


def _towns_after(tx: Transaction, after: str, limit: int) -> list[Change]:
    country, _, postcode = after.partition(TOWN_SEPARATOR)
    page = "(country, postcode) > (%(country)s, %(postcode)s)"
    order = " ORDER BY country, postcode LIMIT %(limit)s"
    return _towns(tx, page + order, country=country, postcode=postcode, limit=limit)


def _towns(tx: Transaction, where: str, **values: object) -> list[Change]:
    rows = tx.connection.exec_driver_sql(_TOWNS + where, values)
    return [
        _change(
            ChangeKind.TOWN,
            f"{country}{TOWN_SEPARATOR}{postcode}",
            revision,
            Town(country=country, postcode=postcode, city=city, area=area),
        )
        for country, postcode, city, area, revision in rows
    ]


_STOCK = """
    SELECT code, told, told_at, told_expected_on, revision FROM stock_level
    WHERE told IS NOT NULL
"""


def _stock(tx: Transaction, where: str, **values: object) -> list[Change]:
    """Levels as desks were told of them last."""
    return [
        _change(
            ChangeKind.STOCK,
            code,
            revision,
            StockLevel(
                code=ProductCode(code),
                available=told,
                as_of=at,
                expected_on=expected_on,
                revision=revision,
            ),
        )
        for code, told, at, expected_on, revision in tx.connection.exec_driver_sql(
            _STOCK + where, values
        )
    ]


_POLICY = "SELECT revision, document::text FROM policy ORDER BY revision DESC LIMIT 1"
_GUIDANCE = "SELECT revision, document::text FROM guidance_version ORDER BY revision DESC LIMIT 1"


def _policy(tx: Transaction) -> list[Change]:
    """The policy that holds."""
    return _newest(tx, _POLICY, ChangeKind.POLICY, POLICY_KEY)


def _guidance(tx: Transaction) -> list[Change]:
    """The edition that holds."""
    return _newest(tx, _GUIDANCE, ChangeKind.GUIDANCE, GUIDANCE_KEY)


def _newest(tx: Transaction, query: str, kind: ChangeKind, key: str) -> list[Change]:
    return [
        Change(kind=kind, key=key, revision=revision, document=Raw(document.encode()))
        for revision, document in tx.connection.exec_driver_sql(query)
    ]


def _change(kind: ChangeKind, key: str, revision: int, document: View) -> Change:
    return Change(kind=kind, key=key, revision=revision, document=Raw(encode(document)))
