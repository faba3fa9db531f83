"""What the customer pane shows: one frozen picture, made by its presenter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.wire.customers import CustomerView, OrderSummary
from app.wire.orders import OrderCustomer


class Mode(StrEnum):
    """What the customer pane shows."""

    SEARCH = "search"
    TYPING = "typing"
    CHOSEN = "chosen"


class CustomerField(StrEnum):
    """Fields of a new customer."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerState:
    """What the customer pane shows.

    `phone_text` and `email_text` are what stands in the fields, right or wrong; `left` are the
    fields the CSR has been in and left.
    """

    mode: Mode = Mode.SEARCH
    text: str = ""
    rows: tuple[CustomerView, ...] = ()
    more: bool = False
    current: int | None = None
    searching: bool = False
    offline: bool = False
    sentence: str = ""
    customer: OrderCustomer | None = None
    known: CustomerView | None = None
    phone_text: str = ""
    email_text: str = ""
    no_email: bool = False
    problems: tuple[tuple[CustomerField, str], ...] = ()
    left: frozenset[CustomerField] = frozenset()
    last_orders: tuple[OrderSummary, ...] = ()
    last_orders_sentence: str = ""

    def problem(self, field: CustomerField) -> str:
        """The sentence beside a field that was left; nobody is told off in the middle of a word."""
        return dict(self.problems).get(field, "") if field in self.left else ""
