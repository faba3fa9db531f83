"""Products and prices from a file: a plain price list, or order lines that products are told from.

The file says what it lists; products it does not list stay as they are. A price that differs
becomes a new version, kept beside the old ones; a product that is the same as before is not
touched, so that running an import again changes nothing and wakes no desk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import select

from app.models.central.catalogue import PolicyVersion
from app.services.central.imports import price_list, sale_history
from app.services.central.imports.options import FileOptions
from app.services.central.imports.price_list import ListedProduct, PriceList
from app.services.central.imports.rejects import Counts, ImportSummary, Rejects
from app.services.central.imports.sale_history import CHARGE_CODES, SaleHistory
from app.services.central.imports.staging import counted, run, stage, take_turns
from app.services.central.imports.table_file import (
    Progress,
    TableFile,
    no_progress,
    place_columns,
)
from app.services.central.transaction import Transaction, Transactions
from app.values.errors import Refusal
from app.values.money import Currency

COLUMNS = {
    "code": "text NOT NULL",
    "description": "text NOT NULL",
    "kind": "text",
    "tax_category": "text",
    "withdrawn": "boolean",
    "typical_quantity": "bigint",
    "currency": "text NOT NULL",
    "quantities": "bigint[] NOT NULL",
    "prices": "bigint[] NOT NULL",
    "on_hand": "bigint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueOptions(FileOptions):
    """`currency` None: the currency of the policy. `charge_codes` are codes that are only money."""

    currency: Currency | None = None
    charge_codes: frozenset[str] = frozenset()


def import_catalogue(
    transactions: Transactions,
    path: Path,
    options: CatalogueOptions | None = None,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Take in the products of a file.

    Raises Refusal for a file that cannot be read or lacks columns; then nothing was changed.
    """
    chosen = options or CatalogueOptions()
    currency = chosen.currency or transactions.read(policy_currency)
    return transactions.write(partial(_take_in, path, chosen, currency, progress))


def policy_currency(tx: Transaction) -> Currency:
    """The currency that the newest policy names; pounds where there is none."""
    newest = select(PolicyVersion.document).order_by(PolicyVersion.revision.desc()).limit(1)
    document = tx.session.execute(newest).scalar_one_or_none()
    return Currency(document["currency"]) if document and "currency" in document else Currency.GBP


def _take_in(
    path: Path, options: CatalogueOptions, currency: Currency, progress: Progress, tx: Transaction
) -> ImportSummary:
    with (
        TableFile(path, options.encoding) as file,
        Rejects(options.rejects, file.header) as rejects,
    ):
        if _holds_order_lines(file.header, options.columns):
            products = _from_order_lines(file, options, currency, rejects, progress)
            notes: tuple[str, ...] = ("Products were told from order lines.",)
        else:
            products = _from_price_list(file, options, currency, rejects, progress)
            notes = ()
        take_turns(tx)
        staged = stage(tx, "incoming", COLUMNS, map(_staged, products), progress)
        progress("comparing", staged, staged)
        counts = _settle(tx)
        tx.audit("import.catalogue", None, **counts._asdict(), rows=file.rows_read)
        return rejects.summary(file, counts, [*notes, f"Prices were taken as {currency}."])


def _holds_order_lines(header: Sequence[str], given: Mapping[str, str]) -> bool:
    try:
        place_columns(header, sale_history.FIELDS, given)
    except Refusal:
        return False
    return True


def _from_order_lines(
    file: TableFile,
    options: CatalogueOptions,
    currency: Currency,
    rejects: Rejects,
    progress: Progress,
) -> Iterator[ListedProduct]:
    """Reads the whole file before the database hears of it."""
    columns = place_columns(file.header, sale_history.FIELDS, options.columns)
    history = SaleHistory(columns, len(file.header), currency, CHARGE_CODES | options.charge_codes)
    history.gather(file.rows(progress), rejects)
    return history.products()


def _from_price_list(
    file: TableFile,
    options: CatalogueOptions,
    currency: Currency,
    rejects: Rejects,
    progress: Progress,
) -> Iterator[ListedProduct]:
    columns = place_columns(file.header, price_list.FIELDS, options.columns)
    prices = PriceList(columns, len(file.header), currency, options.charge_codes)
    return prices.read(file.rows(progress), rejects)


def _staged(product: ListedProduct) -> Sequence[object]:
    return (
        product.code,
        product.description,
        product.kind,
        product.tax_category,
        product.withdrawn,
        product.typical_quantity,
        product.breaks[0][1].currency,
        [quantity for quantity, _ in product.breaks],
        [price.ten_thousandths for _, price in product.breaks],
        product.stock,
    )


_JUDGE = """
    CREATE TEMPORARY TABLE judged ON COMMIT DROP AS
    WITH held AS (
        SELECT p.code, r.currency,
               array_agg(b.from_quantity ORDER BY b.from_quantity) AS quantities,
               array_agg(b.unit_price ORDER BY b.from_quantity) AS prices
        FROM product p
        JOIN price r ON r.code = p.code AND r.version = p.price_version
        JOIN price_break b ON b.code = p.code AND b.version = p.price_version
        GROUP BY p.code, r.currency
    ), compared AS (
        SELECT coalesce(p.code, i.code) AS code,
               i.description,
               coalesce(i.kind, p.kind, 'goods') AS kind,
               coalesce(i.tax_category, p.tax_category, 'standard') AS tax_category,
               coalesce(i.withdrawn, p.withdrawn, false) AS withdrawn,
               coalesce(i.typical_quantity, p.typical_quantity) AS typical_quantity,
               i.currency, i.quantities, i.prices, i.on_hand,
               coalesce(p.revision, 0) AS revision,
               coalesce(p.price_version, 0) AS price_version,
               (h.currency, h.quantities, h.prices)
                   IS DISTINCT FROM (i.currency, i.quantities, i.prices) AS repriced,
               i.on_hand IS NOT NULL AND i.on_hand IS DISTINCT FROM s.on_hand AS recounted,
               p.code AS held_code, p.description AS held_description, p.kind AS held_kind,
               p.tax_category AS held_tax_category, p.withdrawn AS held_withdrawn,
               p.typical_quantity AS held_typical_quantity
        FROM incoming i
        LEFT JOIN product p ON upper(p.code) = upper(i.code)
        LEFT JOIN held h ON h.code = p.code
        LEFT JOIN stock_level s ON s.code = p.code
    )
    SELECT code, description, kind, tax_category, withdrawn, typical_quantity, currency,
           quantities, prices, on_hand, revision, price_version, repriced, recounted,
           held_code IS NULL AS is_new,
           repriced OR recounted OR (description, kind, tax_category, withdrawn, typical_quantity)
               IS DISTINCT FROM (held_description, held_kind, held_tax_category,
                                 held_withdrawn, held_typical_quantity) AS differs
    FROM compared
"""
_STEPS = (
    """
    INSERT INTO product (code, description, kind, tax_category, price_version, typical_quantity,
                         withdrawn, revision, updated_at)
    SELECT code, description, kind, tax_category, 1, typical_quantity, withdrawn, 1, :at
    FROM judged WHERE is_new
    """,
    """
    INSERT INTO price (code, version, currency, from_at)
    SELECT code, price_version + 1, currency, :at FROM judged WHERE repriced
    """,
    """
    INSERT INTO price_break (code, version, from_quantity, unit_price)
    SELECT j.code, j.price_version + 1, b.from_quantity, b.unit_price
    FROM judged j, unnest(j.quantities, j.prices) AS b (from_quantity, unit_price)
    WHERE j.repriced
    """,
    """
    UPDATE product p
    SET description = j.description, kind = j.kind, tax_category = j.tax_category,
        typical_quantity = j.typical_quantity, withdrawn = j.withdrawn,
        price_version = j.price_version + CASE WHEN j.repriced THEN 1 ELSE 0 END,
        revision = j.revision + 1, updated_at = :at
    FROM judged j WHERE p.code = j.code AND j.differs AND NOT j.is_new
    """,
    """
    INSERT INTO stock_level (code, on_hand, reserved, counted_at)
    SELECT code, on_hand, 0, :at FROM judged WHERE recounted ORDER BY code
    ON CONFLICT (code) DO UPDATE SET on_hand = excluded.on_hand, counted_at = excluded.counted_at
    """,
    """
    INSERT INTO change (kind, key, revision, deleted)
    SELECT 'product', code, revision + 1, false FROM judged WHERE differs ORDER BY code
    """,
)
_COUNT = """
    SELECT count(*) FILTER (WHERE is_new) AS added,
           count(*) FILTER (WHERE differs AND NOT is_new) AS changed,
           count(*) FILTER (WHERE NOT differs) AS unchanged
    FROM judged
"""


def _settle(tx: Transaction) -> Counts:
    """Set what is staged against what is held; how many products were added, changed, unchanged."""
    run(tx, _JUDGE)
    for step in _STEPS:
        if ":at" in step:
            run(tx, step, at=tx.at)
        else:
            run(tx, step)
    return counted(tx, _COUNT)
