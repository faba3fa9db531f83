"""The log of a desk: a file that only its owner reads, kept small, without anybody's words.

Our own lines are written as they are, behind the scrubbing net; of what libraries say only who said
it and where is kept. From the start to the end no record of any logger holds a card number. Set up
once, when the program starts.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from typing_extensions import override

from app.adapters.event_log import redact_records, scrubbed

OURS = "readback"
LARGEST_BYTES = 5_000_000
FILES = 10


def start_log(folder: Path) -> logging.Handler:
    """Write the log into `folder` from now on; give the handler to `end_log` at the end."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = _OwnersFile(
        folder / "desk.log", maxBytes=LARGEST_BYTES, backupCount=FILES - 1, encoding="utf-8"
    )
    handler.undo = redact_records()
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger(OURS).setLevel(logging.INFO)
    return handler


def end_log(handler: logging.Handler) -> None:
    """Close the file."""
    logging.getLogger().removeHandler(handler)
    if isinstance(handler, _OwnersFile):
        handler.undo()
    handler.close()


class _OwnersFile(RotatingFileHandler):
    undo: Callable[[], None]
    """Ends the redaction of records."""

    @override
    def _open(self) -> io.TextIOWrapper:
        stream = super()._open()
        if sys.platform != "win32":
            os.fchmod(stream.fileno(), 0o600)
        return stream


class _Lines(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        message = scrubbed(record.getMessage()) if ours else f"at {record.module}:{record.lineno}"
        plain = logging.makeLogRecord({**record.__dict__, "msg": message, "args": None})
        plain.exc_info, plain.exc_text, plain.stack_info = None, None, None
        return super().format(plain)
