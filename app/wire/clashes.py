"""What can clash: like orders of a customer within minutes, and customers who may be one.

Merges and decisions are a lead's; all of them can be taken back.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from app.values.identity import CustomerId, OrderId, ProductCode
from app.values.order_number import OrderNumber
from app.values.vocabulary import CustomerTaskKind
from app.wire.customers import CustomerView
from app.wire.message import Instant, PageRows, Request, ShortText, View
from app.wire.orders import LINES_MOST, OrderDocument

LIKE_ORDERS_MOST = 5


class ComparedItem(View, frozen=True, kw_only=True):
    """So many pieces of a product, over all lines of an order."""

    code: ProductCode
    quantity: int


class AskSimilar(Request, frozen=True, kw_only=True):
    """Orders like this one that came shortly before; `phone` in E.164 or empty."""

    order_id: OrderId
    customer_id: CustomerId | None = None
    phone: ShortText = ""
    email: ShortText | None = None
    items: Annotated[tuple[ComparedItem, ...], Meta(max_length=LINES_MOST)]


class AskLikeOrders(Request, frozen=True, kw_only=True):
    """Orders like this document, at this desk and at the centre where it answers in time."""

    document: OrderDocument


class SameItem(View, frozen=True, kw_only=True):
    """A product of both orders; `there` is the quantity in the order that came before."""

    code: ProductCode
    here: int
    there: int


class LikeOrder(View, frozen=True, kw_only=True):
    """An order that may be the same; `taken_by` is a name, empty where nobody knows it.

    `products` is how many it has, `same` those that this order has too.
    """

    order_id: OrderId
    number: OrderNumber
    placed_at: Instant
    taken_by: str
    products: int
    same: tuple[SameItem, ...]


class LikeOrders(View, frozen=True, kw_only=True):
    """The newest first; `centre_answered` False: only those of this desk."""

    orders: tuple[LikeOrder, ...] = ()
    centre_answered: bool = True


class ListCustomerTasks(Request, frozen=True, kw_only=True):
    """What waits for a decision about customers, the oldest first; `after` the last one seen."""

    after: UUID | None = None
    limit: PageRows = 50


class FieldTold(View, frozen=True, kw_only=True):
    """A field of a customer: what the call went by, what holds now, what was said on the call.

    Of twins only `present`: what both have.
    """

    field: str
    base: str | None = None
    present: str | None = None
    said: str | None = None


class CustomerTask(View, frozen=True, kw_only=True):
    """One decision. `customer` and `other` are whom they are found under by now."""

    task_id: UUID
    kind: CustomerTaskKind
    opened_at: Instant
    customer: CustomerView
    other: CustomerView | None = None
    order_number: OrderNumber | None = None
    fields: tuple[FieldTold, ...] = ()


class CustomerTasks(View, frozen=True, kw_only=True):
    """One page; `more` when there are later ones."""

    tasks: tuple[CustomerTask, ...]
    more: bool = False


class MergeCustomers(Request, frozen=True, kw_only=True):
    """Find a customer, and all who were merged into them, under another from now on."""

    customer_id: CustomerId
    survivor_id: CustomerId


class UnmergeCustomer(Request, frozen=True, kw_only=True):
    """Take a merge back: everything is as it was, orders stay where they were placed."""

    customer_id: CustomerId


class KeepApart(Request, frozen=True, kw_only=True):
    """Two are not one: they are not asked about again."""

    task_id: UUID


class SettleCustomerTask(Request, frozen=True, kw_only=True):
    """Take what was said on the call for these fields, and leave what holds for the others.

    May be decided again.
    """

    task_id: UUID
    take: Annotated[tuple[ShortText, ...], Meta(max_length=10)] = ()
