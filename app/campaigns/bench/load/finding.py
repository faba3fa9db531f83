"""Finding stored orders by everything a caller may know of them, and opening the page of one.

What is sought is typed: each text is read as a desk reads it and answered by the service's own
handler. The bare thing is the one look-up that cannot be done without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import psycopg
from psycopg.rows import DictRow, dict_row

from app.campaigns.bench.figures import timed
from app.campaigns.bench.given import require
from app.services.central.customers import Customers
from app.services.central.order_page import OrderPages
from app.services.central.order_search import OrderSearch
from app.services.central.transaction import NOBODY, Transaction, Transactions
from app.services.rules.order_query import read_query
from app.services.rules.regions import RegionRules
from app.values.order_number import OrderNumber
from app.values.vocabulary import Region
from app.wire.order_page import AskOrderPage
from app.wire.order_search import FindOrders

_SOUGHT = """
    SELECT o.number, p.e164, c.name, c.email, a.postcode_folded, o.total_minor, o.placed_at,
           first.code AS rare, second.code AS usual
    FROM sales_order o
    JOIN customer c USING (customer_id)
    JOIN LATERAL (SELECT e164 FROM customer_phone WHERE customer_id = c.customer_id LIMIT 1) p
        ON true
    JOIN LATERAL (SELECT postcode_folded FROM address WHERE customer_id = c.customer_id LIMIT 1) a
        ON true
    JOIN order_line first ON first.order_id = o.order_id AND first.position = 1
    JOIN order_line second ON second.order_id = o.order_id AND second.position = 2
    WHERE o.number = ANY(%s)
"""
_BARE = {
    "number": "SELECT * FROM sales_order WHERE number = %(number)s",
    "phone": """
        SELECT o.* FROM customer_phone p JOIN sales_order o USING (customer_id)
        WHERE p.digits_reversed LIKE reverse(substr(%(e164)s, 2)) || '%%'
        ORDER BY o.placed_at DESC LIMIT 25
    """,
}


def _forename(one: DictRow) -> str:
    return str(one["name"]).split(" ")[0]


def _day(one: DictRow) -> str:
    placed_at: datetime = one["placed_at"]
    return f"{placed_at.astimezone(UTC):%Y-%m-%d}"


def _total(one: DictRow) -> str:
    whole, part = divmod(one["total_minor"], 100)
    return f"{whole}.{part:02}"


_TYPED: Mapping[str, Callable[[DictRow], str]] = {
    "number": lambda one: str(one["number"]),
    "phone": lambda one: str(one["e164"]),
    "phone ending": lambda one: str(one["e164"])[-4:],
    "name": lambda one: str(one["name"]),
    "forename": _forename,
    "postcode": lambda one: str(one["postcode_folded"]),
    "e-mail": lambda one: str(one["email"]),
    "product": lambda one: f"item:{one['rare']}",
    "usual product": lambda one: f"item:{one['usual']}",
    "total": _total,
    "day": _day,
    "forename and product": lambda one: f"name:{_forename(one)} item:{one['usual']}",
    "forename and day": lambda one: f"{_forename(one)} {_day(one)}",
    "wrong digit": lambda one: _wrong(str(one["number"])),
}
"""What is typed to find an order, by the words of the figure."""


def _wrong(number: str) -> str:
    return f"{number[:3]}{(int(number[3]) + 1) % 10}{number[4:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`each` searches of every kind, after `warm_up`; `bare` milliseconds by the same words."""

    samples: Mapping[str, list[float]]
    bare: Mapping[str, list[float]]


def found_orders(
    url: str,
    transactions: Transactions,
    regions: Mapping[Region, RegionRules],
    numbers: Sequence[OrderNumber],
    warm_up: int,
) -> Finding:
    """Find each of the orders by each of its keys, and open their pages."""
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
        sought = connection.execute(_SOUGHT.encode(), [list(numbers)]).fetchall()
        bare = {
            f"find by {name}": [timed(partial(_bare, connection, name, one))[0] for one in sought]
            for name in _BARE
        }
    require(len(sought) > warm_up, "There are too few orders with two lines.")
    samples = {
        f"find by {name}": list(_timed(transactions, partial(_found, words), sought))[warm_up:]
        for name, words in _TYPED.items()
    }
    opens = partial(_opened, OrderPages(Customers(), regions))
    samples["open the page"] = list(_timed(transactions, opens, sought))[warm_up:]
    return Finding(samples=samples, bare=bare)


def _timed(
    transactions: Transactions,
    look: Callable[[DictRow, Transaction], int],
    sought: Sequence[DictRow],
) -> Iterator[float]:
    for one in sought:
        took, found = timed(partial(transactions.read, partial(look, one)))
        require(found > 0, "A search found nothing.")
        yield took


def _found(words: Callable[[DictRow], str], one: DictRow, tx: Transaction) -> int:
    """As a desk asks; an order that is one slip away counts as found.

    So does a page that says how far back it came: more orders are not looked through at once.
    """
    query = read_query(words(one), date(2026, 11, 22), Region.GB)
    request = FindOrders(readings=query.readings, slip_of=query.slip_of)
    found = OrderSearch().find(tx, NOBODY, request)
    return len(found.orders) + len(found.offers) + int(found.more is not None)


def _opened(pages: OrderPages, one: DictRow, tx: Transaction) -> int:
    return len(pages.page(tx, AskOrderPage(number=OrderNumber(one["number"]))).lines)


def _bare(connection: psycopg.Connection[DictRow], name: str, one: DictRow) -> None:
    connection.execute(_BARE[name].encode(), one).fetchall()
