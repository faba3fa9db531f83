"""Counts what was lost or is there twice: the desks' own logs of shown numbers against PostgreSQL.

Independent of the program: the logs are written by whoever shows the number, and the database is
asked in plain SQL. Nothing here calls a service or reads one of its counters.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import psycopg

_NOTE = "fault campaign, call "
"""Stands in the internal note of every order, so that one call's orders can be counted."""


def note_of(call: str) -> str:
    """The internal note of a call's order."""
    return f"{_NOTE}{call}"


def call_of(note: str) -> str:
    """The call an internal note belongs to."""
    return note.removeprefix(_NOTE)


def call_name(log: Path, run: int, place: int) -> str:
    """The call that a process of a desk takes as its so-manieth; no other call has its name."""
    return f"{log.name}/{run}/{place}"


def run_of(call: str) -> int:
    """Which process of its desk took a call first."""
    return int(call.split("/")[1])


class Changed(msgspec.Struct, frozen=True, tag="changed"):
    """The order in hand came to have so many lines; `at` in seconds of the monotonic clock."""

    call: str
    lines: int
    at: float


class Placing(msgspec.Struct, frozen=True, tag="placing"):
    """The order of a call is about to be placed: its draft is written and may be closed."""

    call: str
    at: float = 0.0


class Shown(msgspec.Struct, frozen=True, tag="shown"):
    """The CSR has the number on the screen: from here on the order exists."""

    call: str
    order_id: str
    number: str
    total_minor: int
    lines: int
    at: float = 0.0


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The desk would not place the order of a call, and said why."""

    call: str
    code: str


Entry = Changed | Placing | Shown | Refused
_ENTRY = msgspec.json.Decoder(Entry)


class DeskLog:
    """What one desk's CSR saw, line by line; goes on where an earlier process was killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        # A process that was killed in the middle of a line leaves it torn: it ends here.
        self._leading = b"\n" if os.fstat(self._file).st_size else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def write(self, entry: Entry) -> None:
        """One line; that a number was shown is on the disk when this returns."""
        os.write(self._file, self._leading + msgspec.json.encode(entry) + b"\n")
        self._leading = b""
        if isinstance(entry, Shown):
            os.fsync(self._file)


def read_log(path: Path, last_bytes: int | None = None) -> list[Entry]:
    """All whole lines of a log, or of its end; none where there is no log yet."""
    if not path.exists():
        return []
    entries: list[Entry] = []
    with path.open("rb") as file:
        if last_bytes is not None:
            file.seek(max(0, path.stat().st_size - last_bytes))
        written = file.read()
    for line in written.split(b"\n"):
        if not line:
            continue
        try:
            entries.append(_ENTRY.decode(line))
        except msgspec.DecodeError:
            continue  # torn by a kill: whoever wrote it had not gone on yet
    return entries


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. `torn` are orders of which a part is missing, in words."""

    acknowledged: int
    lost: int
    twice: int
    wrong_total: int
    torn: tuple[str, ...] = ()
    kept: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, changed or torn."""
        return not (self.lost or self.twice or self.wrong_total or self.torn)


def count(url: str, logs: Iterable[Path]) -> Count:
    """Hold the logs of all desks against the database at `url`, read as its superuser."""
    shown = [one for log in logs for one in read_log(log) if isinstance(one, Shown)]
    with psycopg.connect(url) as connection:
        return count_shown(connection, shown)


def count_shown(connection: psycopg.Connection, shown: Sequence[Shown]) -> Count:
    """The same for what was shown; the same order shown twice under one number counts once."""
    told = list({(one.order_id, one.number): one for one in shown}.values())
    connection.execute(_TOLD)
    with connection.cursor().copy("COPY told FROM STDIN") as copy:
        for one in told:
            copy.write_row((one.call, one.order_id, one.number, one.total_minor, one.lines))
    twice = sum(_number(connection, query) for query in (_CALLS_TWICE, _NUMBERS_TWICE))
    twice += sum(times - 1 for times in Counter(one.number for one in told).values())
    torn = tuple(
        f"{found:,} {words}"
        for words, query in _TORN.items()
        if (found := _number(connection, query))
    )
    return Count(
        acknowledged=len(told),
        lost=_number(connection, _LOST),
        twice=twice,
        wrong_total=_number(connection, _WRONG_TOTAL),
        torn=torn,
        kept=_number(connection, "SELECT count(*) FROM sales_order"),
    )


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row is not None else 0


_TOLD = """
    CREATE TEMPORARY TABLE told (
        call text, order_id uuid, number text, total_minor bigint, lines int
    ) ON COMMIT DROP
"""
_KNOWN_NUMBERS = """
    (SELECT order_id, number FROM sales_order
     UNION ALL SELECT order_id, number FROM order_number_alias) known
"""
_LOST = f"""
    SELECT count(*) FROM told WHERE NOT EXISTS (
        SELECT FROM {_KNOWN_NUMBERS}
        WHERE known.order_id = told.order_id AND known.number = told.number)
"""  # noqa: S608 - put together from what stands above
_CALLS_TWICE = """
    SELECT coalesce(sum(orders - 1), 0) FROM (
        SELECT count(DISTINCT order_id) AS orders FROM order_version
        WHERE document->'document'->>'internal_note' LIKE 'fault campaign, call %'
        GROUP BY document->'document'->>'internal_note') calls
"""
_NUMBERS_TWICE = f"""
    SELECT coalesce(sum(orders - 1), 0) FROM (
        SELECT count(DISTINCT order_id) AS orders FROM {_KNOWN_NUMBERS} GROUP BY number) numbers
"""  # noqa: S608 - as above
_WRONG_TOTAL = """
    SELECT count(*) FROM told JOIN sales_order o USING (order_id)
    WHERE o.total_minor <> told.total_minor OR o.line_count <> told.lines OR o.goods_minor <> (
        SELECT coalesce(sum(round(quantity * told_price::numeric / 100)), 0)
        FROM order_line l WHERE l.order_id = o.order_id)
"""
_TORN = {
    "orders without all their lines": """
        SELECT count(*) FROM sales_order o WHERE line_count <> (
            SELECT count(*) FROM order_line l WHERE l.order_id = o.order_id)
    """,
    "orders without their document": """
        SELECT count(*) FROM sales_order o WHERE NOT EXISTS (
            SELECT FROM order_version v
            WHERE v.order_id = o.order_id AND v.revision = 1
              AND jsonb_array_length(v.document->'document'->'lines') = o.line_count)
    """,
    "orders without an event": """
        SELECT count(*) FROM sales_order o WHERE NOT EXISTS (
            SELECT FROM order_event e WHERE e.order_id = o.order_id)
    """,
    "orders without a command": """
        SELECT count(*) FROM sales_order o WHERE NOT EXISTS (
            SELECT FROM order_event e JOIN applied_command c ON c.command_id = e.command_id
            WHERE e.order_id = o.order_id)
    """,
    "commands without their order": """
        SELECT count(*) FROM applied_command c
        WHERE c.operation = 'order.place'
          AND convert_from(c.answer, 'UTF8')::jsonb->>'outcome' <> 'refused_final'
          AND NOT EXISTS (
            SELECT FROM sales_order o
            WHERE o.number = convert_from(c.answer, 'UTF8')::jsonb->>'number')
    """,
    "orders that have or are promised other quantities than they hold": """
        SELECT count(DISTINCT a.order_id) FROM order_allocation a
        WHERE a.allocated + a.back_ordered <> (
            SELECT sum(quantity) FROM order_line l
            WHERE l.order_id = a.order_id AND upper(l.code) = upper(a.code))
    """,
    "orders that have nothing of a product that is counted": """
        SELECT count(DISTINCT l.order_id) FROM order_line l JOIN stock_level s USING (code)
        WHERE l.kind = 'goods' AND NOT EXISTS (
            SELECT FROM order_allocation a WHERE a.order_id = l.order_id AND a.code = l.code)
    """,
    "products of which other pieces are reserved than are held and allocated": """
        SELECT count(*) FROM stock_level s WHERE reserved <>
            (SELECT coalesce(sum(quantity), 0) FROM stock_hold h WHERE h.code = s.code)
            + (SELECT coalesce(sum(allocated), 0) FROM order_allocation a WHERE a.code = s.code)
    """,
    "products of which more is allocated than there is": """
        SELECT count(*) FROM stock_level s WHERE on_hand < (
            SELECT coalesce(sum(allocated), 0) FROM order_allocation a WHERE a.code = s.code)
    """,
    "commands that were refused": """
        SELECT count(*) FROM applied_command c
        WHERE convert_from(c.answer, 'UTF8')::jsonb->>'outcome' = 'refused_final'
    """,
    "audit rows with a key used for two bodies": """
        SELECT count(*) FROM audit WHERE outcome = 'key_reused'
    """,
}
