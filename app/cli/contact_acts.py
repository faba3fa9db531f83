"""`readback admin contacts`: how well contacts go, in figures with their definitions."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.cli.acts import Outcome, add_act, table
from app.services.central.contact_list import figures_of
from app.services.central.transaction import Transaction
from app.services.rules.contact_figures import ContactFigures, Share
from app.values.errors import Refusal

_USUALLY = timedelta(days=28)
_DEFINITIONS = (
    "Resolved at first contact: of first contacts noted as resolved, those that the same customer "
    "did not follow with another about the same order, else the same topic, within 7 days by any "
    "channel. Dropped calls dialled again within 5 minutes count with the next; contacts whose 7 "
    "days are not over are left out. The interval is Wilson's, 95 %. Handling time: from the "
    "answer until the end was noted. No figure here ranks a person."
)


def add_contact_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    summary = "first contact resolution, handling time and repeats, by reason"
    act = add_act(acts, "contacts", summary, _figures)
    first = "the first day, in UTC (default: 28 days in all)"
    act.add_argument("--from", dest="since", metavar="DAY", type=_day, help=first)
    act.add_argument("--to", dest="until", metavar="DAY", type=_day, help="the last day")


def _figures(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    today = tx.at.astimezone(UTC).date()
    last: date = arguments.until or today
    first: date = arguments.since or last - _USUALLY + timedelta(days=1)
    if first > last:
        raise Refusal("span_wrong", "--from lies after --to.", "from")
    found = figures_of(tx, _midnight(first), _midnight(last + timedelta(days=1)))
    lines = [f"{first} to {last}", *_lines(found)]
    if found.contacts:
        lines += ["", *_by_reason(found)]
    return Outcome(lines, note=_DEFINITIONS)


def _lines(found: ContactFigures) -> list[str]:
    first = found.resolved_first
    rows = [
        ("contacts", f"{found.contacts:,}"),
        ("answered", f"{found.answered:,}"),
        ("dropped and dialled again", f"{found.dialled_again:,}"),
        ("resolved at first contact", _share(first)),
        ("not judged yet", f"{found.too_recent:,}"),
        ("handling time, median", _span(found.handling_p50)),
        ("handling time, 90 % within", _span(found.handling_p90)),
    ]
    width = max(len(name) for name, _ in rows)
    return [f"{name.ljust(width)}  {value}" for name, value in rows]


def _by_reason(found: ContactFigures) -> list[str]:
    rows = [
        (reason.value, f"{count:,}", f"{found.repeats.get(reason, 0):,}")
        for reason, count in Counter(found.by_reason).most_common()
    ]
    return table(("REASON", "CONTACTS", "REPEATS IN 7 DAYS"), rows)


def _share(share: Share) -> str:
    if share.rate is None:
        return "no contact to judge by"
    least, most = share.interval
    rate = f"{share.rate:.1%} ({share.count:,} of {share.of:,}; {least:.1%} to {most:.1%})"
    return rate.replace("%", " %")


def _span(span: timedelta | None) -> str:
    if span is None:
        return "no contact to judge by"
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise argparse.ArgumentTypeError("it must be a day such as 2026-12-01") from cause


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
