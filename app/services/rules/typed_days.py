"""Days as people type them: "yesterday", "Friday", 21/11, 2026-11-21, "21 Nov", and spans of them.

A day without a year is the latest one that is not to come; in the United States the month stands
first. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from app.values.day_words import MONTHS, WEEKDAYS
from app.values.vocabulary import Region

EARLIEST = date(1990, 1, 1)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_YEAR = re.compile(r"\d{4}")
_SPAN = re.compile(r"([^.\u2013]+)(?:\.\.|\u2013)(.+)|([\d/]+)-([\d/]+)")
_LONGEST_DAY = 3
_MONTH_LETTERS = 3
_MONTHS_IN_YEAR = 12
_TO = {"to", "until", "till", "-", "\u2013"}
_SINCE = {"since", "from", "after"}
_BEFORE = {"before", "until", "till"}


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last, both of them in it; None: open on that side."""

    first: date | None
    last: date | None


def read_days(tokens: Sequence[str], today: date, region: Region) -> tuple[Days | None, int]:
    """The days that tokens begin with, and how many tokens say so; None and 0 where none do."""
    words = [token.lower().strip(",") for token in tokens]
    opening = words[0]
    if opening in _SINCE | _BEFORE:
        day, used = _day(words[1:], today, region)
        if day is None:
            return None, 0
        if opening in _BEFORE:
            return Days(None, day - timedelta(days=1)), used + 1
        return _span(day, used + 1, words, today, region)
    whole, used = _usual_span(words, today)
    if whole is None:
        whole, used = _glued(opening, today, region)
    if whole is None:
        day, used = _day(words, today, region)
        if day is not None:
            spanned, all_used = _span(day, used, words, today, region)
            whole, used = (Days(day, day), used) if all_used == used else (spanned, all_used)
    return whole, used


def _glued(word: str, today: date, region: Region) -> tuple[Days | None, int]:
    """`1/11-5/11`, `2026-11-01..2026-11-05`."""
    found = None if _ISO.fullmatch(word) else _SPAN.fullmatch(word)
    parts = [part for part in found.groups() if part] if found else []
    ends = [_day([part], today, region)[0] for part in parts]
    days = [day for day in ends if day is not None]
    return (Days(min(days), max(days)), 1) if ends and len(days) == len(ends) else (None, 0)


def _span(
    first: date, used: int, words: Sequence[str], today: date, region: Region
) -> tuple[Days, int]:
    """From a day on, up to another where one is named behind it."""
    if len(words) > used and words[used] in _TO:
        last, more = _day(words[used + 1 :], today, region)
        if last is not None:
            return _ordered(first, last), used + 1 + more
    return Days(first, None), used


def _ordered(one: date, other: date) -> Days:
    return Days(min(one, other), max(one, other))


def _usual_span(words: Sequence[str], today: date) -> tuple[Days | None, int]:
    """This and last week and month; weeks begin on Mondays."""
    which, what = words[0], words[1] if len(words) > 1 else ""
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    spans = {
        ("this", "week"): Days(monday, today),
        ("last", "week"): Days(monday - timedelta(days=7), monday - timedelta(days=1)),
        ("this", "month"): Days(first, today),
        ("last", "month"): Days(before.replace(day=1), before),
    }
    found = spans.get((which, what))
    return (found, 2) if found else (None, 0)


def _day(words: Sequence[str], today: date, region: Region) -> tuple[date | None, int]:
    if not words:
        return None, 0
    day = _said(words[0], today) or _written(words[0], today, region)
    if day is not None:
        return day, 1
    if words[0] in {"last", "on"} and len(words) > 1:
        day = _said(words[1], today)
        return (day, 2) if day is not None else (None, 0)
    return _with_month(words[:_LONGEST_DAY], today)


def _said(word: str, today: date) -> date | None:
    if word == "today":
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    names = [name.lower() for name in WEEKDAYS]
    if word not in names:
        return None
    return today - timedelta(days=(today.weekday() - names.index(word)) % 7)


def _written(word: str, today: date, region: Region) -> date | None:
    iso = _ISO.fullmatch(word)
    if iso:
        return _made(int(iso[1]), int(iso[2]), int(iso[3]))
    found = _SLASHED.fullmatch(word) or _DOTTED.fullmatch(word)
    if not found:
        return None
    one, two = int(found[1]), int(found[2])
    month_first = region is Region.US
    if max(one, two) > _MONTHS_IN_YEAR:
        month_first = two > _MONTHS_IN_YEAR  # only one of the two can be a month
    day, month = (two, one) if month_first else (one, two)
    return _placed(day, month, found[3], today)


def _with_month(words: Sequence[str], today: date) -> tuple[date | None, int]:
    """`21 nov`, `nov 21st`, `21 november 2026`; a month alone may be somebody's name."""
    for one, two in list(pairwise(words))[:1]:
        for day_word, month_word in ((one, two), (two, one)):
            day, month = _DAY.fullmatch(day_word), _month(month_word)
            if day is None or not month:
                continue
            year = words[2] if len(words) > 2 and _YEAR.fullmatch(words[2]) else None
            return _placed(int(day[1]), month, year, today), 3 if year else 2
    return None, 0


def _month(word: str) -> int:
    """From 1; 0 for no month."""
    if len(word) < _MONTH_LETTERS:
        return 0
    fits = (number for number, name in enumerate(MONTHS, 1) if name.lower().startswith(word))
    return next(fits, 0)


def _placed(day: int, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        return _made(int(year) + (2_000 if len(year) == len("26") else 0), month, day)
    for candidate in range(today.year, today.year - 5, -1):  # 29 February is not in every year
        made = _made(candidate, month, day)
        if made is not None and made <= today:
            return made
    return None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        made = date(year, month, day)
    except ValueError:
        return None
    return made if made >= EARLIEST else None
