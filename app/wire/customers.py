"""Customers: found by telephone, name or postcode, shown with addresses and last orders."""

from __future__ import annotations

from enum import StrEnum

from app.values.contact import PostalAddress
from app.values.identity import AddressId, CustomerId, OrderId
from app.values.money import Money
from app.values.order_number import OrderNumber
from app.wire.message import Instant, PageRows, Request, ShortText, View


class AddressView(View, frozen=True, kw_only=True):
    """An address a customer has used, newest first in lists."""

    address_id: AddressId
    address: PostalAddress


class CustomerView(View, frozen=True, kw_only=True):
    """A customer as the centre knows them; telephone numbers in E.164, no e-mail is an answer.

    `on_account`: may be sent an invoice. `merged` are other ids they had, whose telephone numbers,
    addresses and orders are shown here. What waits for a lead: `twins` are the names of customers
    who may be the same one, `unsure` the fields that two calls told differently.
    """

    customer_id: CustomerId
    revision: int
    name: str
    phones: tuple[str, ...] = ()
    email: str | None = None
    text_relay: bool = False
    on_account: bool = False
    addresses: tuple[AddressView, ...] = ()
    merged: tuple[CustomerId, ...] = ()
    twins: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


class FindCustomers(Request, frozen=True, kw_only=True):
    """By telephone digits (any ending), name or postcode, whichever the text looks like."""

    text: ShortText
    limit: PageRows = 20


class FoundBy(StrEnum):
    """How the text was understood."""

    PHONE = "phone"
    NAME = "name"
    POSTCODE = "postcode"


class CustomersFound(View, frozen=True, kw_only=True):
    """Best matches first; `more` when the list was cut."""

    text: str
    found_by: FoundBy
    customers: tuple[CustomerView, ...]
    more: bool = False


class LastOrdersOf(Request, frozen=True, kw_only=True):
    """The newest orders of one customer."""

    customer_id: CustomerId
    limit: PageRows = 3


class OrderSummary(View, frozen=True, kw_only=True):
    """One past order in a line."""

    order_id: OrderId
    number: OrderNumber
    placed_at: Instant
    line_count: int
    total: Money
    state: str


class LastOrders(View, frozen=True, kw_only=True):
    """Newest first."""

    orders: tuple[OrderSummary, ...]


class GetOrder(Request, frozen=True, kw_only=True):
    """One order by its id, or by the number the caller was told."""

    order_id: OrderId | None = None
    number: OrderNumber | None = None
