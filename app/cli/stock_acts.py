"""`readback admin stock`: how a product stands and who holds it, a count, holds given back."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.cli.acts import Outcome, add_act, add_group, table, when
from app.services.central.stock_counts import set_count, stock_of
from app.services.central.stock_rows import release_expired, release_orders, wrong_sums
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.wire.stock import PIECES_MOST

FOUND_WANTING = 1
UNKNOWN = "unknown"


def add_stock_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "stock", "stock: show, set, release, check")
    show = add_act(group, "show", "how a product stands, and who holds it until when", _show)
    show.add_argument("code", metavar="CODE")
    put = add_act(group, "set", "how many pieces are on hand from now on", _set)
    put.add_argument("code", metavar="CODE")
    put.add_argument("pieces", metavar="PIECES", type=_pieces)
    put.add_argument(
        "--expected-on",
        metavar="DAY",
        type=_day,
        help=f"when more comes, such as 2026-12-01, or {UNKNOWN}; as it was where not given",
    )
    release = add_act(group, "release", "give back what is held for an order", _release)
    which = release.add_mutually_exclusive_group(required=True)
    which.add_argument("order_id", metavar="ORDER-ID", type=UUID, nargs="?")
    which.add_argument("--expired", action="store_true", help="all that ran out, at once")
    check = "whether what is reserved is what holds and orders come to; exit code 1 when not"
    add_act(group, "check", check, _check)


def _show(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    stock = stock_of(tx, arguments.code)
    expected = stock.expected_on.isoformat() if stock.expected_on is not None else ""
    facts = table(
        ("CODE", "ON HAND", "ALLOCATED", "HELD", "LEFT", "BACK ORDERED", "EXPECTED", "COUNTED"),
        [
            (
                stock.code,
                *map(str, (stock.on_hand, stock.allocated, stock.held, stock.left)),
                str(stock.back_ordered),
                expected,
                when(stock.counted_at),
            )
        ],
    )
    holds = table(
        ("PIECES", "UNTIL", "SEAT", "ORDER"),
        [
            (str(hold.quantity), _until(tx, hold.expires_at), hold.seat, str(hold.order_id))
            for hold in stock.holds
        ],
    )
    return Outcome([*facts, "", *holds] if stock.holds else facts)


def _until(tx: Transaction, expires_at: datetime) -> str:
    return f"{when(expires_at)}{' (ran out)' if expires_at <= tx.at else ''}"


def _set(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    day: str | date | None = arguments.expected_on
    if day is None:
        set_count(tx, arguments.code, arguments.pieces)
    else:
        expected_on = day if isinstance(day, date) else None
        set_count(tx, arguments.code, arguments.pieces, expected_on=expected_on)
    stock = stock_of(tx, arguments.code)
    return Outcome(note=f"{stock.code}: {stock.on_hand} on hand, {stock.left} left.")


def _release(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    if arguments.expired:
        given_back = 0
        while pieces := release_expired(tx):
            given_back += pieces
        tx.audit("admin.stock.release", None, pieces=given_back)
        return Outcome(note=f"{given_back} pieces that ran out are given back.")
    given_back = release_orders(tx, [arguments.order_id])
    if not given_back:
        raise Refusal("nothing_held", "Nothing is held for this order.")
    tx.audit("admin.stock.release", arguments.order_id, pieces=given_back)
    return Outcome(note=f"{given_back} pieces are given back.")


def _check(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    wrong = wrong_sums(tx)
    if not wrong:
        return Outcome(["What is reserved is what holds and orders come to."])
    rows = [(w.code, str(w.reserved), str(w.held), str(w.allocated)) for w in wrong]
    return Outcome(table(("CODE", "RESERVED", "HELD", "ALLOCATED"), rows), code=FOUND_WANTING)


def _pieces(text: str) -> int:
    if not text.isdecimal() or int(text) > PIECES_MOST:
        raise argparse.ArgumentTypeError(f"it must be a whole number up to {PIECES_MOST:,}")
    return int(text)


def _day(text: str) -> date | str:
    if text == UNKNOWN:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise argparse.ArgumentTypeError("it must be a day such as 2026-12-01") from cause
