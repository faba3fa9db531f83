"""What happened to an order as rich text: day by day, the newest first, who and where in grey.

Everything is escaped. Colours are those of the theme in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from app.ui import formatting, theme
from app.values.order_life import IdentityLevel
from app.wire.order_page import Happened

_TABLE = '<table width="100%" cellpadding="2" cellspacing="0">'
_IMPERSONAL = frozenset({"shipment", "recording"})
"""Kinds of rows that name neither amounts nor anything of the customer's."""


def rows_for(timeline: Iterable[Happened], level: IdentityLevel) -> tuple[Happened, ...]:
    """What may be seen of a story at this level."""
    if level is IdentityLevel.ALL:
        return tuple(timeline)
    if level is IdentityLevel.NOTHING:
        return ()
    return tuple(row for row in timeline if row.kind in _IMPERSONAL)


def html_of(rows: Iterable[Happened]) -> str:
    """The whole story; empty where there is none."""
    return "".join(_days(rows))


def _days(rows: Iterable[Happened]) -> Iterator[str]:
    muted = theme.colour(theme.Tone.MUTED).name()
    for day, happened in groupby(reversed(tuple(rows)), key=_day):
        yield f'<p style="color:{muted}; margin-top:4px; margin-bottom:0"><b>{escape(day)}</b></p>'
        yield _TABLE + "".join(_row(row, muted) for row in happened) + "</table>"


def _day(row: Happened) -> str:
    return formatting.long_date(row.at.astimezone().date())


def _row(row: Happened, muted: str) -> str:
    who = " \u00b7 ".join(filter(None, (row.by, row.seat)))
    by = f' <span style="color:{muted}">\u2002{escape(who)}</span>' if who else ""
    return (
        f'<tr><td width="52" style="color:{muted}">{formatting.clock_time(row.at)}</td>'
        f"<td>{escape(row.sentence)}{by}</td></tr>"
    )
