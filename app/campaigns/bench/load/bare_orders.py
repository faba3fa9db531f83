"""What an order costs where nothing is looked after: one raw statement and a commit.

The order, its lines and an audit row; no key, no rules, no check, no read-back, no customer. It is
what PostgreSQL and this machine can do, and so what ours is shown beside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import psycopg

SCHEMA = """
    CREATE TABLE bare_order (order_id uuid PRIMARY KEY, number text UNIQUE, placed_at timestamptz,
                             total_minor bigint, document jsonb);
    CREATE TABLE bare_line (order_id uuid, position int, code text, quantity int, price bigint,
                            PRIMARY KEY (order_id, position));
    CREATE TABLE bare_audit (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz,
                             operation text, subject uuid);
"""
ONE_STATEMENT = """
    WITH given AS (SELECT %(order)s::jsonb AS o), placed AS (
        INSERT INTO bare_order
        SELECT (o->'document'->>'order_id')::uuid, o->>'number', (o->>'placed_at')::timestamptz,
               (o->'totals'->'total'->>'minor')::bigint, o
        FROM given RETURNING order_id
    ), lined AS (
        INSERT INTO bare_line
        SELECT placed.order_id, l.position, l.line->>'code', (l.line->>'quantity')::int,
               (l.line->'told_price'->>'ten_thousandths')::bigint
        FROM placed, given, jsonb_array_elements(o->'document'->'lines')
             WITH ORDINALITY AS l(line, position)
    )
    INSERT INTO bare_audit (at, operation, subject)
    SELECT now(), 'order.place', order_id FROM placed
"""


def make_tables(url: str) -> None:
    """Empty tables, whatever was there."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS bare_order, bare_line, bare_audit")
        connection.execute(SCHEMA)


def stored(url: str) -> tuple[int, int]:
    """How many orders and lines there are."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM bare_order), (SELECT count(*) FROM bare_line)"
        ).fetchone()
    return row if row is not None else (0, 0)


def take_raw(url: str, bodies: Sequence[bytes], connections: int) -> float:
    """Seconds until all orders are committed, one by one, over so many connections."""
    shares = [bodies[at::connections] for at in range(connections)]
    lines = [psycopg.connect(url) for _ in shares]
    threads = [
        threading.Thread(target=_take, args=(line, share), name="raw orders")
        for line, share in zip(lines, shares, strict=True)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return seconds


def _take(connection: psycopg.Connection, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        connection.execute(ONE_STATEMENT, {"order": body.decode()})
        connection.commit()
