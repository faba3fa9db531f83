"""Finding orders: what may be asked together, what is answered, and where the next page begins.

The desk reads what was typed (`services.rules.order_query`) into one or more readings, likeliest
first; the centre answers the first that finds something.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.order_life import Fulfilment
from app.values.order_number import OrderNumber
from app.wire.message import Instant, Request, ShortText, View

READINGS_MOST = 12
WORDS_MOST = 6
ROWS_MOST = 100
ROWS = 25

Word = Annotated[str, Meta(min_length=1, max_length=100)]
Words = Annotated[tuple[Word, ...], Meta(max_length=WORDS_MOST)]
Digits = Annotated[str, Meta(pattern=r"^[0-9]*$", max_length=20)]
Rows = Annotated[int, Meta(ge=1, le=ROWS_MOST)]


class Meaning(StrEnum):
    """What a text was taken for."""

    NUMBER = "number"
    PHONE = "phone"
    NAME = "name"
    POSTCODE = "postcode"
    EMAIL = "email"
    PRODUCT = "product"
    TOTAL = "total"
    DAY = "day"
    SEVERAL = "several"


class OrderCriteria(Request, frozen=True, kw_only=True, omit_defaults=True):
    """What holds of an order that is sought, all of it together; what is empty asks nothing.

    `number` is whole; `phone` the digits that a number of the customer ends in; `postcode` a LIKE
    pattern of folded postcodes; `names` begin words of the customer's name; `items` are each the
    code of one product or begin words of its description. `total_minor` without a currency is in
    any.
    """

    meaning: Meaning
    number: Digits = ""
    phone: Digits = ""
    email: ShortText = ""
    postcode: Annotated[str, Meta(pattern=r"^[A-Z0-9]*[_%]*$", max_length=20)] = ""
    names: Words = ()
    items: Words = ()
    total_minor: int | None = None
    currency: Currency | None = None
    placed_from: Instant | None = None
    placed_before: Instant | None = None


class OrderPlace(View, frozen=True, kw_only=True):
    """A place in a list of orders, the newest first: the page that follows begins behind it."""

    placed_at: Instant
    order_id: OrderId


class FindOrders(Request, frozen=True, kw_only=True):
    """Orders by the first of these readings that finds any."""

    readings: Annotated[tuple[OrderCriteria, ...], Meta(min_length=1, max_length=READINGS_MOST)]
    slip_of: Digits = ""
    after: OrderPlace | None = None
    limit: Rows = ROWS


class FoundOrder(View, frozen=True, kw_only=True):
    """One order in a line; `meaning` says what it was found as.

    `told_number`: its caller was told this number, which belonged to another order already.
    `waits_here`: placed at this desk, and not at the centre yet.
    """

    order_id: OrderId
    number: OrderNumber
    placed_at: Instant
    line_count: int
    total: Money
    state: str
    fulfilment: Fulfilment = Fulfilment.WAITING
    customer_name: str = ""
    postcode: str = ""
    meaning: Meaning = Meaning.SEVERAL
    told_number: OrderNumber | None = None
    waits_here: bool = False


class OfferedNumber(View, frozen=True, kw_only=True):
    """An order whose number is one slip away from what was typed; nothing personal is in it."""

    order_id: OrderId
    number: OrderNumber
    placed_at: Instant
    total: Money
    state: str
    fulfilment: Fulfilment = Fulfilment.WAITING


class OrdersFound(View, frozen=True, kw_only=True):
    """The newest first, found by the request's `reading`, counted from 0 (`more` is of it, too).

    `others` are further readings that find something. `more`: where to go on. `searched_to`:
    nothing newer than this is missing, and older ones were not looked at yet.
    """

    meaning: Meaning
    reading: int
    orders: tuple[FoundOrder, ...] = ()
    others: tuple[int, ...] = ()
    more: OrderPlace | None = None
    searched_to: datetime | None = None
    offers: tuple[OfferedNumber, ...] = ()


class LookUpOrders(Request, frozen=True, kw_only=True):
    """Orders by what was typed, asked of the desk, which asks the centre.

    `reading`: only what the text finds when it is read like this (`OtherReading`); a later page
    names the reading of the first.
    """

    text: ShortText
    reading: Annotated[int, Meta(ge=0, lt=READINGS_MOST)] | None = None
    after: OrderPlace | None = None
    limit: Rows = ROWS


class OtherReading(View, frozen=True, kw_only=True):
    """Another way to read a text, which finds something as well."""

    reading: int
    meaning: Meaning


class OrdersLookedUp(View, frozen=True, kw_only=True):
    """What was found. `meaning` None: the text says too little to be looked for.

    `number_slip`: as an order number it would have a wrong digit. `only_here`: the centre does not
    answer, and only orders that were placed at this desk were looked at; `sentence` says so.
    """

    text: str
    meaning: Meaning | None = None
    reading: int = 0
    orders: tuple[FoundOrder, ...] = ()
    others: tuple[OtherReading, ...] = ()
    more: OrderPlace | None = None
    searched_to: datetime | None = None
    offers: tuple[OfferedNumber, ...] = ()
    number_slip: bool = False
    only_here: bool = False
    sentence: str = ""
