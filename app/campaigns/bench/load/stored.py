"""Look-ups among ten thousand, a hundred thousand and a million stored orders.

A few hundred orders come in as always; their rows are then copied by SQL under other ids, numbers,
names, telephones and postcodes. Look-ups go through the service's own handlers, as a desk's do;
those of `finding` are typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import psycopg
from rich.table import Table

from app.campaigns.bench.figures import Figure, spread, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.load.finding import found_orders
from app.campaigns.bench.load.seats import LoadSeat, send_all
from app.campaigns.bench.load.site import LoadSite, heap_as_served, load_site
from app.campaigns.dice import Dice
from app.services.central.customers import Customers
from app.services.central.transaction import NOBODY, Transaction, Transactions
from app.services.rules.regions import RegionRules, load_regions
from app.settings import resource_folder
from app.store.central import CentralStore
from app.values.clock import SystemClock
from app.values.identity import SystemIds
from app.values.order_number import OrderNumber, with_check_digits
from app.values.vocabulary import Region
from app.wire.customers import FindCustomers, GetOrder
from app.wire.sync import COMMANDS_MOST

LOOK_UP_MOST_MS = 50
SIZES = (10_000, 100_000, 1_000_000)
EACH = 300
_SEEDS = 500
_COPIES_AT_ONCE = 50
_WARM_UP = 20
_FORENAMES = ("margaret", "john", "susan", "david", "patricia", "peter", "anne", "alan")
_FAMILIES = 5_000
"""Eight forenames and so many family names: some names are rare and some are everybody's."""

_NUMBER = "lpad(({0})::text, 8, '0') || lpad((98 - ({0}) * 100 % 97)::text, 2, '0')"
"""Check digits as in `values.order_number` (ISO 7064 MOD 97-10)."""
_FAR = 90_000_000
_RENUMBER = f"""
    UPDATE sales_order SET number = {_NUMBER.format("n")}
    FROM (SELECT order_id AS id, {_FAR} + row_number() OVER () AS n FROM sales_order) AS s
    WHERE order_id = id
"""  # noqa: S608 - the names above
_OTHER_ID = "'{0}', md5({0}::text || k)::uuid"
_ORDER_ID = f"""(
    lpad(to_hex(('x' || substr(replace(order_id::text, '-', ''), 1, 12))::bit(48)::bigint
                - k::bigint * {_SEEDS} * 60000), 12, '0')
    || '7' || substr(md5(order_id::text || k), 1, 19)
)::uuid"""
"""The id of a copy: it begins with the time of its call, as long ago as the copy was placed."""
_OTHER_TOTAL = "'goods_minor', goods_minor + n % 9973, 'total_minor', total_minor + n % 9973"
_RARE = "'code', CASE WHEN position = 1 THEN 'RARE' || n / 3 % 30000 ELSE code END"
"""Some products are in few orders; those of the other lines are in very many."""
_DIFFERS = {
    "customer": (
        f"{_OTHER_ID.format('customer_id')}, 'name',"
        f" (ARRAY{list(_FORENAMES)})[1 + n % {len(_FORENAMES)}]"
        f" || ' family' || n / {len(_FORENAMES)} % {_FAMILIES}"
        ", 'email', 'n' || n || '@example.org'"
    ),
    "customer_phone": (
        f"{_OTHER_ID.format('customer_id')}, 'e164', '+448' || lpad(n::text, 9, '0'),"
        " 'digits_reversed', reverse('448' || lpad(n::text, 9, '0'))"
    ),
    "address": (
        f"{_OTHER_ID.format('address_id')}, {_OTHER_ID.format('customer_id')},"
        " 'postcode_folded',"
        " 'LS' || n % 90 || n / 90 % 10 || chr((65 + n / 900 % 26)::int)"
        " || chr((65 + n / 23400 % 26)::int)"
    ),
    "sales_order": (
        f"'order_id', {_ORDER_ID}, {_OTHER_ID.format('customer_id')}, {_OTHER_TOTAL},"
        f" 'number', {_NUMBER.format('n')}, 'placed_at', placed_at - make_interval(mins => n::int)"
    ),
    "order_line": f"'order_id', {_ORDER_ID}, {_RARE}",
    "order_version": (
        f"'order_id', {_ORDER_ID}, 'document',"
        f" jsonb_set(document, '{{document,order_id}}', to_jsonb({_ORDER_ID}))"
    ),
}
"""Of each table, what differs in a copy; all other columns stay, whichever there are."""
_TOKENS = """
    INSERT INTO customer_name_token
    SELECT customer_id, token FROM customer, unnest(string_to_array(lower(name), ' ')) AS token
    ON CONFLICT DO NOTHING
"""


def stored_orders(
    given: Given, *, sizes: tuple[int, ...] = SIZES, each: int = EACH
) -> tuple[Figure, ...]:
    """The same look-ups at each size, so many of each kind."""
    found: list[Figure] = []
    shown: dict[int, Mapping[str, list[float]]] = {}
    with load_site(given) as site:
        _take_seeds(site)
        present = 1
        for size in sizes:
            given.tell(f"Copying until there are {size:,} orders")
            _copy(given, site, present, size // _SEEDS)
            present = size // _SEEDS
            stored = site.one("SELECT count(*) FROM sales_order")
            require(stored == size, f"There are {stored:,} orders, not {size:,}.")
            with heap_as_served():
                samples, bare = _looked_up(site, size, each)
            shown[size] = samples
            found += [
                within(f"{name} among {size:,} orders", one, LOOK_UP_MOST_MS, bare=bare.get(name))
                for name, one in samples.items()
            ]
            given.show(_table(shown))
    return tuple(found)


def _table(shown: Mapping[int, Mapping[str, list[float]]]) -> Table:
    """One line for each kind of look-up, the sizes side by side."""
    table = Table(title="look-ups at the service, p99 in ms")
    table.add_column("")
    for size in shown:
        table.add_column(f"{size:,} orders", justify="right")
    for name in next(iter(shown.values()), {}):
        table.add_row(name, *(f"{spread(one[name]).p99:.1f}" for one in shown.values()))
    return table


def _take_seeds(site: LoadSite) -> None:
    """Orders that came in as always, set aside to be copied."""
    seat = LoadSeat(site, "seeds")
    try:
        requests = seat.requests(seat.commands(seat.placed(_SEEDS)), COMMANDS_MOST)
        send_all(site.port, [requests]).require_accepted(_SEEDS)
    finally:
        seat.close()
    with psycopg.connect(site.database_url) as connection:
        connection.execute(_RENUMBER.encode())
        for name in _DIFFERS:
            copied = f"CREATE TABLE seed_{name} AS SELECT * FROM {name}"  # noqa: S608 - the names above
            connection.execute(copied.encode())


def _copy(given: Given, site: LoadSite, present: int, wanted: int) -> None:
    """From so many times the seeds to so many; a copy keeps every rule, so no key is asked."""
    with psycopg.connect(site.database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for first in range(present, wanted, _COPIES_AT_ONCE):
            given.progress("copying", first, wanted)
            last = min(first + _COPIES_AT_ONCE, wanted) - 1
            for name, differs in _DIFFERS.items():
                connection.execute(_copying(name, differs, first, last))
            connection.commit()
        connection.execute(_TOKENS)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")  # what was copied is not still being written


def _copying(table: str, differs: str, first: int, last: int) -> bytes:
    return f"""
        INSERT INTO {table}
        SELECT copied.*
        FROM (SELECT *, row_number() OVER (PARTITION BY k) + k * {_SEEDS} AS n
              FROM seed_{table}, generate_series({first}, {last}) AS k) AS s
        CROSS JOIN LATERAL jsonb_populate_record(NULL::{table},
            to_jsonb(s) - '{{n,k}}'::text[] || jsonb_build_object({differs})) AS copied
    """.encode()  # noqa: S608 - the names above


_Samples = Mapping[str, list[float]]


def _looked_up(site: LoadSite, size: int, each: int) -> tuple[_Samples, _Samples]:
    """Milliseconds of each kind of look-up, and bare; every one of them has to find something."""
    store = CentralStore(site.database_url, 1)
    transactions = Transactions(store, SystemClock(), SystemIds())
    dice = Dice(size)
    try:
        samples = {
            name: [_timed(transactions, look_up, dice, size) for _ in range(_WARM_UP + each)]
            for name, look_up in _LOOK_UPS.items()
        }
        numbers = [_some_number(dice, size) for _ in range(_WARM_UP + each)]
        found = found_orders(
            site.database_url, transactions, _regions(), sorted(set(numbers)), _WARM_UP
        )
        warm = {name: every[_WARM_UP:] for name, every in samples.items()}
        return {**warm, **found.samples}, found.bare
    finally:
        store.close()


_LookUp = Callable[[Transaction, Dice, int], int]


def _timed(transactions: Transactions, look_up: _LookUp, dice: Dice, size: int) -> float:
    def looking_up(tx: Transaction) -> int:
        return look_up(tx, dice, size)

    took, found = timed(partial(transactions.read, looking_up))
    require(found > 0, "A look-up found nothing.")
    return took


def _regions() -> Mapping[Region, RegionRules]:
    return load_regions(resource_folder() / "regions")


def _some_number(dice: Dice, size: int) -> OrderNumber:
    return with_check_digits(_SEEDS + 1 + dice.below(size - _SEEDS - 1))


def _by_number(tx: Transaction, dice: Dice, size: int) -> int:
    number = _some_number(dice, size)
    return len(Customers().order(tx, NOBODY, GetOrder(number=number)).placed.document.lines)


def _by_phone(tx: Transaction, dice: Dice, size: int) -> int:
    return _found(tx, f"+448{_SEEDS + 1 + dice.below(size - _SEEDS - 1):09}")


def _by_name(tx: Transaction, dice: Dice, size: int) -> int:
    families = min(_FAMILIES, (size - _SEEDS) // len(_FORENAMES))
    first = _SEEDS // len(_FORENAMES) + 1
    family = first + dice.below(families - first)
    return _found(tx, f"{_FORENAMES[dice.below(len(_FORENAMES))]} family{family}")


def _by_common_name(tx: Transaction, dice: Dice, size: int) -> int:
    del size
    return _found(tx, _FORENAMES[dice.below(len(_FORENAMES))])


def _by_postcode(tx: Transaction, dice: Dice, size: int) -> int:
    n = _SEEDS + 1 + dice.below(size - _SEEDS - 1)
    letters = chr(65 + n // 900 % 26) + chr(65 + n // 23_400 % 26)
    return _found(tx, f"LS{n % 90} {n // 90 % 10}{letters}")


def _found(tx: Transaction, text: str) -> int:
    return len(Customers().find(tx, NOBODY, FindCustomers(text=text)).customers)


_LOOK_UPS: Mapping[str, _LookUp] = {
    "by number": _by_number,
    "by phone": _by_phone,
    "by name": _by_name,
    "by forename alone": _by_common_name,
    "by postcode": _by_postcode,
}
