"""I1 to I12 at the end of a seed, by plain SQL and by what the simulation saw itself.

Nothing here asks the program how it is doing: the centre's tables, the desks' files and the list of
numbers that callers heard are held against each other.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Raw
from msgspec.structs import replace

from app.campaigns.faults.simulation.cast import Cast
from app.campaigns.faults.simulation.old_desk import CARD_DIGITS
from app.campaigns.faults.simulation.seats import CATALOGUE, REPLICA, SimulatedSeat
from app.services.central.audit import AuditChain
from app.services.desk.recovery import STORE
from app.store.desk import connect_read_only
from app.values.errors import Fault, Refusal
from app.wire.message import encode
from app.wire.operations import SEND_COMMANDS
from app.wire.orders import PlacedOrder
from app.wire.sync import Command, Outcome, SendCommands

_TAKEN = ("acked", "settled", "needs_review")
_DONE = ("settled", "needs_review")
_TEXTS = (
    *("sales_order", "order_line", "order_version", "order_event", "read_back_entry"),
    *("customer", "customer_name_token", "address", "contact", "audit", "change"),
    *("applied_command", "call_closing", "identity_check"),
)


def all_is_settled(world: Cast) -> bool:
    """Whether every desk has followed the feed past what it sent."""
    return all(_is_settled(seat) for seat in world.seats) and not any(
        _behind(world, seat) for seat in world.seats
    )


def check(world: Cast) -> None:
    """All of them; what does not hold is told to the world's ledger."""
    centre = world.acts.connection()
    for broken in (
        *_orders(world, centre),
        *_numbers(centre),
        *_commands(world, centre),
        *_order_of_commands(centre),
        *_totals(centre),
        *_feeds(world),
        *_stock(centre),
        *_audit(world, centre),
        *_cards(world, centre),
        *_probes(world, centre),
        *(f"bug at the centre: {fault}" for fault in world.log.faults),
    ):
        world.seen.broken(broken)


def _orders(world: Cast, centre: psycopg.Connection) -> Iterator[str]:
    """I2: what was shown is at the centre exactly once, and nothing is there that nobody placed."""
    seen = world.seen
    kept = {row[0]: _Kept(*row) for row in centre.execute(_ORDERS)}
    times: Counter[str] = Counter()
    for one in kept.values():
        times.update(one.numbers)
    expected = {order_id: placed for order_id, (_, placed) in seen.shown.items()}
    expected |= seen.placed | world.old_desk.sent
    for order_id, placed in expected.items():
        found = kept.get(order_id)
        if times[placed.number] > 1:
            seen.counts["twice"] += 1
            yield f"I2: number {placed.number} is at the centre {times[placed.number]} times"
        if found is None:
            seen.counts["lost"] += 1
            yield f"I2: order {placed.number} of {order_id} was placed and is not at the centre"
        else:
            yield from _compared(world, found, placed)
    known = set(expected) | {order_id for seat in world.seats for order_id in _placed_in(seat)}
    for order_id in kept.keys() - known:
        seen.counts["twice"] += 1
        yield f"I2: order {kept[order_id].number} is at the centre and no desk placed it"
    for order_id in seen.given_up_orders & kept.keys():
        yield f"I2: order {order_id} was given up and is at the centre"


@dataclass(frozen=True, slots=True)
class _Kept:
    """An order as the centre has it."""

    order_id: UUID
    number: str
    total: int
    line_count: int
    aliases: list[str]
    lines: list[list[Any]] | None

    @property
    def numbers(self) -> set[str]:
        return {self.number, *self.aliases}


def _compared(world: Cast, kept: _Kept, placed: PlacedOrder) -> Iterator[str]:
    number, total = placed.number, placed.totals.total.minor
    if number not in kept.numbers:
        yield f"I2: order {kept.order_id} was told as {number} and is kept as {kept.number}"
    if kept.total != total:
        world.seen.counts["wrong total"] += 1
        yield f"I9: order {number} was told {total} and is kept with {kept.total}"
    lines = [[line.code, line.quantity] for line in placed.document.lines]
    if kept.line_count != len(lines) or kept.lines != lines:
        yield f"I2: order {number} is not kept line for line"


def _numbers(centre: psycopg.Connection) -> Iterator[str]:
    """I5: a number belongs to one order, for ever."""
    for number, count in centre.execute(_CLASHES):
        yield f"I5: number {number} belongs to {count} orders"


def _commands(world: Cast, centre: psycopg.Connection) -> Iterator[str]:
    """I3, I10: each command was applied once, under the id it was captured with, and is done."""
    applied = Counter(row[0] for row in centre.execute(_APPLIED))
    captured: set[UUID] = {command.command_id for command in world.old_desk.commands}
    for seat in world.seats:
        for command_id, state, kind in _captured_in(seat):
            captured.add(command_id)
            if state in _TAKEN and not applied[command_id]:
                world.seen.counts["lost"] += 1
                yield f"I2: {seat.name} counts {kind} {command_id} as taken; the centre has it not"
            if state not in _DONE:
                yield f"I10: {seat.name} has {kind} {command_id} in state {state} at the end"
    for command_id in applied.keys() - captured:
        yield f"I3: the centre applied {command_id}, which no desk captured"
    for command_id, count in applied.items():
        if count > 1:
            yield f"I3: the centre applied {command_id} {count} times"


def _order_of_commands(centre: psycopg.Connection) -> Iterator[str]:
    """I4: of one order, what was done first is applied first.

    A command made by a clock that was more than ten minutes out and not known to be waits for none
    before it: nobody could say for how long.
    """
    for order_id, first, then in centre.execute(_OUT_OF_ORDER):
        yield f"I4: {order_id}: {then} was applied before {first}"


def _totals(centre: psycopg.Connection) -> Iterator[str]:
    """I9: totals are those of the lines, or a person looks at the order."""
    for number, told, lines in centre.execute(_WRONG_TOTALS):
        yield f"I9: order {number} is kept with goods of {told}, its lines come to {lines}"


def _feeds(world: Cast) -> Iterator[str]:
    """I6: every desk has what the centre has; I7: nothing was settled that it had not seen."""
    for seat in world.seats:
        yield from (f"I6: {seat.name} {difference}" for difference in _behind(world, seat))


def _stock(centre: psycopg.Connection) -> Iterator[str]:
    """Never more spoken for than there is a reason for, and no more allocated than was wanted."""
    for code, reserved, holds, allocated in centre.execute(_RESERVED):
        if reserved != holds + allocated:
            yield f"stock: {code} has {reserved} reserved, {holds} held and {allocated} allocated"
    for code, order_id, allocated, back_ordered, wanted in centre.execute(_ALLOCATED):
        if allocated + back_ordered != wanted:
            yield (
                f"stock: {order_id} wants {wanted} of {code} and has {allocated},"
                f" {back_ordered} follow"
            )


def _audit(world: Cast, centre: psycopg.Connection) -> Iterator[str]:
    """I11: each effect has its row, and the chain verifies."""
    for what, subject, count in centre.execute(_AUDITED):
        if count != 1:
            yield f"I11: {what} {subject} has {count} audit rows"
    chain = AuditChain()
    while world.acts.owner.write(chain.seal) is not None:
        pass
    verdict = world.acts.owner.read(chain.verify)
    if not verdict.holds or verdict.unsealed:
        yield f"I11: the audit chain: {verdict.sentence or 'rows are left unsealed'}"


def _cards(world: Cast, centre: psycopg.Connection) -> Iterator[str]:
    """I8: no digit of a card at the centre, in its log or at a desk; the order is looked at."""
    for order_id, reason in world.old_desk.reasons.items():
        row = centre.execute(
            "SELECT state, review_reasons FROM sales_order WHERE order_id = %s", (order_id,)
        ).fetchone()
        if row is not None and (row[0] != "needs_review" or reason not in row[1]):
            yield f"I8: {order_id} is {row[0]} for {row[1]}, not to be looked at for {reason}"
    for table in _TEXTS:
        query = (
            f"SELECT count(*) FROM {table} t WHERE regexp_replace(t::text, '[ -]', '', 'g') LIKE %s"  # noqa: S608 - tables named above
        )
        found = centre.execute(query, (f"%{CARD_DIGITS}%",)).fetchone()
        if found is not None and found[0]:
            yield f"I8: {found[0]} rows of {table} hold the digits of a card"
    if any(CARD_DIGITS in line.replace(" ", "") for line in world.log.text):
        yield "I8: the log holds the digits of a card"


def _probes(world: Cast, centre: psycopg.Connection) -> Iterator[str]:
    """I3: the same once more is a replay; another body under the same id changes nothing."""
    old = world.old_desk
    if not old.commands:
        return
    first = old.commands[0]
    before = _counts(centre)
    world.network.witness = None  # what another body is answered would be taken for the command's
    try:
        again = old.caller.call(SEND_COMMANDS, SendCommands(commands=(first,))).outcomes[0]
        other = old.caller.call(SEND_COMMANDS, SendCommands(commands=(_another(first),)))
    except (Fault, Refusal) as problem:
        yield f"I3: a command sent again was answered {problem}"
        return
    if again.outcome is not Outcome.REPLAYED:
        yield f"I3: a command sent again was {again.outcome}"
    if other.outcomes[0].reasons != ("key_reused",):
        yield f"I3: another body under a known id was {other.outcomes[0].outcome}"
    if _counts(centre) != before:
        yield "I3: a command sent again has changed something"


def _another(command: Command) -> Command:
    body = encode(json.loads(bytes(command.body)) | {"guidance": 0})
    return replace(command, body=Raw(body), sha256=sha256(body).hexdigest())


def _counts(centre: psycopg.Connection) -> list[Any]:
    return centre.execute(
        "SELECT (SELECT count(*) FROM sales_order), (SELECT count(*) FROM order_line),"
        " (SELECT count(*) FROM applied_command), (SELECT count(*) FROM order_event)"
    ).fetchall()


def _captured_in(seat: SimulatedSeat) -> list[tuple[UUID, str, str]]:
    rows = _asked(seat, "SELECT command_id, state, kind FROM command ORDER BY position")
    return [(UUID(command_id), state, kind) for command_id, state, kind in rows]


def _placed_in(seat: SimulatedSeat) -> list[UUID]:
    return [UUID(row[0]) for row in _asked(seat, "SELECT order_id FROM placed_order")]


def _is_settled(seat: SimulatedSeat) -> bool:
    rows = _asked(seat, "SELECT DISTINCT state FROM command")
    return all(row[0] in _DONE for row in rows)


def _asked(seat: SimulatedSeat, query: str) -> list[Any]:
    """What the seat's store holds, read as another program would."""
    connection = connect_read_only(seat.folder / STORE, seat.store_key())
    try:
        rows: list[Any] = connection.execute(query).fetchall()
    finally:
        connection.close()
    return rows


def _behind(world: Cast, seat: SimulatedSeat) -> list[str]:
    """What a desk's copy of products, stock and policy lacks or has otherwise."""
    centre = world.acts.connection()
    products = {row[0]: tuple(row[1:]) for row in centre.execute(_PRODUCTS)}
    stock: dict[str, int] = dict(centre.execute(_AVAILABLE).fetchall())
    policy = centre.execute(_POLICY).fetchone()
    held = _replica(seat)
    kept = {
        code: _product(document) for (kind, code), document in held.items() if kind == "product"
    }
    levels = {
        code: document["available"] for (kind, code), document in held.items() if kind == "stock"
    }
    found = [f"has product {code} otherwise" for code in _different(products, kept)]
    found += [
        f"has the stock of {code} otherwise" for code in levels if levels[code] != stock[code]
    ]
    settings = _asked(seat, "SELECT document FROM setting WHERE name = 'policy'")
    if policy is not None and (not settings or json.loads(settings[0][0]) != policy[0]):
        found.append("has another policy")
    return found


def _different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(code for code in one.keys() | other.keys() if one.get(code) != other.get(code))


def _replica(seat: SimulatedSeat) -> dict[tuple[str, str], Any]:
    path = seat.folder / CATALOGUE / REPLICA
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT kind, key, document FROM replica WHERE NOT deleted")
        return {(kind, key): json.loads(document) for kind, key, document in rows}
    finally:
        connection.close()


def _product(document: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
    breaks = [[one["from_quantity"], one["price"]["ten_thousandths"]] for one in document["breaks"]]
    named = (document[name] for name in ("description", "price_version", "withdrawn", "revision"))
    return (*named, breaks)


_ORDERS = """
    SELECT o.order_id, o.number, o.total_minor, o.line_count,
           ARRAY(SELECT a.number FROM order_number_alias a WHERE a.order_id = o.order_id),
           (SELECT json_agg(json_build_array(l.code, l.quantity) ORDER BY l.position)
            FROM order_line l WHERE l.order_id = o.order_id)
    FROM sales_order o
"""
_CLASHES = """
    SELECT number, count(*) FROM (
        SELECT number, order_id FROM sales_order
        UNION SELECT number, order_id FROM order_number_alias
    ) n GROUP BY number HAVING count(*) > 1
"""
_APPLIED = """
    SELECT command_id FROM applied_command WHERE operation IN
        ('order.place', 'call.close', 'order.give_up')
"""
_OUT_OF_ORDER = """
    SELECT c.order_id, 'order.place', 'call.close'
    FROM call_closing c
    JOIN audit late ON late.command_id = c.command_id AND late.operation = 'call.close'
    JOIN order_event e ON e.order_id = c.order_id AND e.kind = 'placed'
    JOIN audit early ON early.command_id = e.command_id AND early.operation = 'order.place'
    WHERE late.seq < early.seq
      AND abs(extract(epoch FROM late.at - c.closed_at)) < 600
"""
_WRONG_TOTALS = """
    SELECT o.number, o.goods_minor, coalesce(l.goods, 0)
    FROM sales_order o
    LEFT JOIN (
        SELECT order_id, sum((quantity * told_price + 50) / 100) AS goods
        FROM order_line GROUP BY order_id
    ) l USING (order_id)
    WHERE NOT 'totals_differ' = ANY (o.review_reasons)
      AND (o.goods_minor <> coalesce(l.goods, 0)
           OR o.total_minor <> o.goods_minor + o.delivery_minor
              + CASE WHEN o.tax_included THEN 0 ELSE o.tax_minor END)
"""
_RESERVED = """
    SELECT s.code, s.reserved,
           coalesce((SELECT sum(quantity) FROM stock_hold h WHERE h.code = s.code), 0),
           coalesce((SELECT sum(allocated) FROM order_allocation a WHERE a.code = s.code), 0)
    FROM stock_level s
"""
_ALLOCATED = """
    SELECT a.code, a.order_id, a.allocated, a.back_ordered,
           (SELECT sum(l.quantity) FROM order_line l
            WHERE l.order_id = a.order_id AND l.code = a.code)
    FROM order_allocation a
"""
_AUDITED = """
    SELECT 'order', o.order_id, count(a.seq) FROM sales_order o
    LEFT JOIN audit a ON a.subject = o.order_id AND a.operation = 'order.place'
        AND a.outcome IN ('accepted', 'needs_review')
    GROUP BY o.order_id
    UNION ALL
    SELECT 'closing', c.command_id, count(a.seq) FROM call_closing c
    LEFT JOIN audit a ON a.command_id = c.command_id AND a.operation = 'call.close'
        AND a.outcome <> 'key_reused'
    GROUP BY c.command_id
    UNION ALL
    SELECT p.operation, p.command_id, count(a.seq) FROM applied_command p
    LEFT JOIN audit a ON a.command_id = p.command_id AND a.operation = p.operation
        AND a.outcome = 'done'
    WHERE p.operation = 'numbers.lease'
    GROUP BY p.operation, p.command_id
"""
_PRODUCTS = """
    SELECT p.code, p.description, p.price_version, p.withdrawn, p.revision,
           (SELECT json_agg(json_build_array(b.from_quantity, b.unit_price)
                            ORDER BY b.from_quantity)
            FROM price_break b WHERE b.code = p.code AND b.version = p.price_version)
    FROM product p
"""
_AVAILABLE = "SELECT code, on_hand - reserved FROM stock_level"
_POLICY = "SELECT document FROM policy ORDER BY revision DESC LIMIT 1"
