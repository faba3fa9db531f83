"""A program's log: one JSON object per event and line, of allowed facts only.

The list of allowed facts is the guard: ids, codes, counts and places in the code; never a name, an
address, a digit of a card or the body of a message. A second net masks whatever looks like a card
number, an e-mail address or a long run of digits in a text that got through, and a third stands
behind every handler of `logging`, whoever added it. Safe to share between threads.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from typing import TextIO, TypeVar

from app.services.ports import EventLog
from app.values.card import mask_card_digits
from app.values.clock import Clock

T = TypeVar("T")

ALLOWED = frozenset(
    {
        "code",
        "command_id",
        "count",
        "device_id",
        "digest",
        "error",
        "incident",
        "kind",
        "level",
        "listen",
        "logger",
        "ms",
        "operation",
        "person_id",
        "place",
        "position",
        "repeated",
        "request_id",
        "seconds",
        "state",
        "status",
        "threads",
        "version",
        "waiting",
        "where",
    }
)
LONGEST = 400
_MASK = "[removed]"
_CARD_LENGTHS = range(13, 20)
_DIGIT_RUN = re.compile(r"\d(?:[ -]?\d){12,}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,}")


class JsonLog:
    """Writes events to a stream; each line is whole, whoever else writes."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()

    def write(self, event: str, **facts: str | float | None) -> None:
        """One event; facts that are not allowed are dropped and counted."""
        allowed = {name: facts[name] for name in facts.keys() & ALLOWED if facts[name] is not None}
        line: dict[str, str | float | None] = {"at": self._now(), "event": event}
        line.update((name, scrubbed(value)) for name, value in sorted(allowed.items()))
        dropped = len(facts.keys() - ALLOWED)
        if dropped:
            line["dropped"] = dropped
        with self._lock:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds")


class LibraryLog(logging.Handler):
    """Turns what libraries log into events: who logged, how grave, where; never their words."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One event for a record."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log.write(
            "library",
            logger=record.name,
            level=record.levelname,
            place=f"{record.module}:{record.lineno}",
            error=kind,
        )


def scrubbed(value: T) -> T | str:
    """A text without card numbers and e-mail addresses, cut to its longest length; else the value.

    The second net only: what is logged should hold neither.
    """
    if not isinstance(value, str):
        return value
    if _UUID.fullmatch(value):
        return value
    return _EMAIL.sub(_MASK, without_card_digits(value))[:LONGEST]


def without_card_digits(text: str) -> str:
    """A text in which no card number stands, however it is grouped or what it is glued to."""
    return mask_card_digits(_DIGIT_RUN.sub(_masked_run, text))


def redact_records() -> Callable[[], None]:
    """Take card digits out of every record of `logging` as it is made; what is given undoes it.

    Behind all handlers, those of libraries and of a person's own settings too. A record is left as
    it is where it holds none, because some formatters look into its arguments. Tracebacks are
    redacted as texts, and never hold local variables.
    """
    make = logging.getLogRecordFactory()

    def made(*args: object, **named: object) -> logging.LogRecord:
        return _redacted(make(*args, **named))

    logging.setLogRecordFactory(made)

    def undo() -> None:
        logging.setLogRecordFactory(make)

    return undo


def _redacted(record: logging.LogRecord) -> logging.LogRecord:
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # logging says so itself when the record is written, with args
        said = ""
        record.msg, record.args = "a log message did not fit its arguments", ()
    clean = without_card_digits(said)
    if clean != said:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0] is not None:
        # Formatters take this text rather than make their own.
        record.exc_text = without_card_digits(_TRACEBACKS.formatException(record.exc_info))
    return record


_TRACEBACKS = logging.Formatter()


def _masked_run(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    windows = (
        digits[start : start + size]
        for size in _CARD_LENGTHS
        for start in range(len(digits) - size + 1)
    )
    return _MASK if any(_luhn_holds(window) for window in windows) else found.group()


def _luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
