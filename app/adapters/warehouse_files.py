"""A warehouse that takes files: each message once as JSON and, if wanted, as CSV, in a folder.

A file is there whole or not at all: it is written under a name that begins with a dot and then
renamed. Names begin with a number that grows, so that files in the order of their names are in the
order of the messages. A file that the warehouse has moved to `taken` is not written again. The
formats are described in docs/warehouse.md. Used by one thread at a time.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from app.values.errors import Refusal, Unreachable
from app.values.warehouse import WarehouseAnswer
from app.wire.message import encode
from app.wire.warehouse import GoodsLine, HandOver, HandOverAnswer

TAKEN = "taken"
_READABLE = 0o640


class FileFormat(StrEnum):
    """How a message is written; also the ending of the file's name."""

    JSON = "json"
    CSV = "csv"


class WarehouseFiles:
    """Implements WarehouseLine. The answer comes as a report: a folder says only `received`."""

    def __init__(self, folder: Path, formats: Sequence[FileFormat]) -> None:
        """Raises Refusal `settings_malformed` where there is no such folder, or no format."""
        if not folder.is_dir():
            sentence = f"[centre.warehouse] there is no folder {folder}."
            raise Refusal("settings_malformed", sentence)
        if not formats:
            sentence = "[centre.warehouse] formats names no format."
            raise Refusal("settings_malformed", sentence)
        self._folder = folder
        self._formats = tuple(dict.fromkeys(formats))

    def tell(self, message: HandOver, position: int) -> HandOverAnswer:
        """Written and on the disk. Raises Unreachable where that cannot be done."""
        stem = f"{position:012d}-{message.order.number}-v{message.order.version}-{message.id}"
        try:
            for form in self._formats:
                _write_once(self._folder, f"{stem}.{form.value}", _WRITTEN[form](message))
        except OSError as cause:
            sentence = "The file for the warehouse could not be written."
            raise Unreachable("warehouse_folder", sentence) from cause
        return HandOverAnswer(id=message.id, answer=WarehouseAnswer.RECEIVED)

    def close(self) -> None:
        """Nothing to let go."""


def _write_once(folder: Path, name: str, content: bytes) -> None:
    if (folder / TAKEN / name).exists() or (folder / name).exists():
        return
    fresh = folder / f".{name}.new"
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READABLE)
    with os.fdopen(file, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(folder / name)
    if os.name == "posix":
        handle_of_folder = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle_of_folder)
        finally:
            os.close(handle_of_folder)


COLUMNS = (
    *("message_id", "type", "timestamp", "order_id", "number", "version", "region", "priority"),
    *("placed_at", "promised_on", "method", "method_label", "name", "organisation", "street"),
    *("dependent_locality", "city", "area", "postcode", "country", "phone", "instructions"),
    *("gift_message", "line_id", "position", "code", "description", "quantity", "back_ordered"),
    "back_order_on",
)
"""One row per line, with the order in each; a cancelled order has one row without a line."""


def as_csv(message: HandOver) -> bytes:
    """UTF-8 with a header, fields quoted where they need it, rows ending in CR LF (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    order = _order_columns(message)
    for line in _line_columns(message.order.lines):
        writer.writerow(order | line)
    return text.getvalue().encode("utf-8")


def _order_columns(message: HandOver) -> dict[str, str]:
    order = message.order
    to = order.deliver_to
    columns = {
        "message_id": message.id,
        "type": message.type.value,
        "timestamp": message.timestamp.isoformat(),
        "order_id": str(order.order_id),
        "number": order.number,
        "version": str(order.version),
        "region": order.region.value,
        "priority": order.priority.value,
        "placed_at": order.placed_at.isoformat(),
        "promised_on": order.promised_on.isoformat() if order.promised_on else "",
        "method": order.method,
        "method_label": order.method_label,
        "phone": order.phone,
        "instructions": order.instructions,
        "gift_message": order.gift_message,
    }
    if to is not None:
        columns |= {
            "name": to.name,
            "organisation": to.organisation,
            "street": "\n".join(to.street),
            "dependent_locality": to.dependent_locality,
            "city": to.city,
            "area": to.area,
            "postcode": to.postcode,
            "country": to.country,
        }
    return columns


def _line_columns(lines: Sequence[GoodsLine]) -> Iterator[dict[str, str]]:
    if not lines:
        yield {}
    for line in lines:
        yield {
            "line_id": str(line.line_id),
            "position": str(line.position),
            "code": line.code,
            "description": line.description,
            "quantity": str(line.quantity),
            "back_ordered": str(line.back_ordered),
            "back_order_on": line.back_order_on.isoformat() if line.back_order_on else "",
        }


_WRITTEN: dict[FileFormat, Callable[[HandOver], bytes]] = {
    FileFormat.JSON: encode,
    FileFormat.CSV: as_csv,
}
