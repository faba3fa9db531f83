"""What an administrator sees and says of stock: how a product stands, who holds it, a new count.

Part of the transaction it is given, as the owner role. Counting never touches what is spoken for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.models.central.catalogue import Product, StockLevel
from app.models.central.people import Device
from app.models.central.stock import OrderAllocation, StockHold
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.vocabulary import ChangeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFor:
    """Pieces that a seat holds for an order."""

    order_id: UUID
    seat: str
    quantity: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductStock:
    """A tracked product; `holds` by when they run out."""

    code: str
    on_hand: int
    reserved: int
    allocated: int
    back_ordered: int
    expected_on: date | None
    counted_at: datetime
    holds: tuple[HeldFor, ...]

    @property
    def held(self) -> int:
        """Pieces held for calls."""
        return sum(hold.quantity for hold in self.holds)

    @property
    def left(self) -> int:
        """What nobody holds nor has."""
        return self.on_hand - self.reserved


def stock_of(tx: Transaction, code: str) -> ProductStock:
    """How a product stands. Raises Refusal `product_unknown` or `stock_untracked`."""
    product = _product(tx, code)
    level = tx.session.get(StockLevel, product.code)
    if level is None:
        raise Refusal("stock_untracked", f"Nobody counts {product.code}: it is not tracked.")
    allocated, back_ordered = tx.session.execute(
        select(
            func.coalesce(func.sum(OrderAllocation.allocated), 0),
            func.coalesce(func.sum(OrderAllocation.back_ordered), 0),
        ).where(OrderAllocation.code == product.code)
    ).one()
    holds = tx.session.execute(
        select(StockHold, Device.name)
        .join(Device, Device.device_id == StockHold.device_id, isouter=True)
        .where(StockHold.code == product.code)
        .order_by(StockHold.expires_at, StockHold.order_id)
    )
    return ProductStock(
        code=level.code,
        on_hand=level.on_hand,
        reserved=level.reserved,
        allocated=int(allocated),
        back_ordered=int(back_ordered),
        expected_on=level.expected_on,
        counted_at=level.counted_at,
        holds=tuple(
            HeldFor(
                order_id=hold.order_id,
                seat=seat or str(hold.device_id),
                quantity=hold.quantity,
                expires_at=hold.expires_at,
            )
            for hold, seat in holds
        ),
    )


def set_count(tx: Transaction, code: str, on_hand: int, **more: date | None) -> None:
    """So many pieces are on hand; the product is tracked from now on.

    `expected_on=...` says when more comes, None that nobody knows; left out it stays as it was.
    Raises Refusal `product_unknown`.
    """
    product = _product(tx, code)
    counted = {"on_hand": on_hand, "counted_at": tx.at, **more}
    tx.connection.execute(
        insert(StockLevel)
        .values(code=product.code, reserved=0, **counted)
        .on_conflict_do_update(index_elements=[StockLevel.code], set_=counted)
    )
    # Desks of before know stock from the product; the others are told by the watch.
    revision = tx.connection.execute(
        update(Product)
        .where(Product.code == product.code)
        .values(revision=Product.revision + 1, updated_at=tx.at)
        .returning(Product.revision)
    ).scalar_one()
    tx.changed(ChangeKind.PRODUCT, product.code, revision)
    tx.audit("admin.stock.set", None, code=product.code, on_hand=on_hand)


def _product(tx: Transaction, code: str) -> Product:
    found = tx.session.scalars(
        select(Product).where(func.upper(Product.code) == code.strip().upper())
    ).all()
    if not found:
        raise Refusal("product_unknown", f"No product has the code {code}.")
    return next((product for product in found if product.code == code), found[0])
