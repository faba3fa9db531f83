"""Makes the warehouse that the service's settings name: by webhook, by files, or both."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from app.adapters.warehouse_files import FileFormat, WarehouseFiles
from app.adapters.warehouse_webhook import ANSWER_S, WarehouseWebhook
from app.services.central.warehouse import LOOK_SECONDS, WarehouseParts
from app.services.central.warehouse_line import WarehouseLine
from app.values.clock import Clock
from app.values.errors import Refusal
from app.wire.warehouse import HandOver, HandOverAnswer
from app.wire.webhook_signature import parse_secrets


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[centre.warehouse]`; orders that came before `since` are not for it."""

    since: Annotated[datetime, Meta(tz=True)]
    url: str = ""
    secret_file: str = ""
    folder: str = ""
    formats: tuple[FileFormat, ...] = (FileFormat.JSON, FileFormat.CSV)
    answer_s: Annotated[float, Meta(gt=0, le=60)] = ANSWER_S
    look_s: Annotated[float, Meta(gt=0)] = LOOK_SECONDS


class _Both:
    """By webhook, and as a file once the webhook was taken."""

    def __init__(self, webhook: WarehouseLine, files: WarehouseLine) -> None:
        self._webhook = webhook
        self._files = files

    def tell(self, message: HandOver, position: int) -> HandOverAnswer:
        """The answer of the webhook."""
        answer = self._webhook.tell(message, position)
        self._files.tell(message, position)
        return answer

    def close(self) -> None:
        """Let both go."""
        self._webhook.close()
        self._files.close()


def load_warehouse(table: dict[str, Any], clock: Clock) -> WarehouseParts | None:
    """The warehouse of `[centre.warehouse]`; None where there is no such table.

    Raises Refusal `settings_malformed`.
    """
    if not table:
        return None
    try:
        told = msgspec.convert(table, _Table)
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"[centre.warehouse] {cause}.") from cause
    keys = _keys(told.secret_file) if told.secret_file else ()
    lines: list[WarehouseLine] = []
    if told.url:
        if not keys:
            raise _malformed("an address needs a secret_file")
        lines.append(WarehouseWebhook(told.url, keys, clock, told.answer_s))
    if told.folder:
        lines.append(WarehouseFiles(Path(told.folder).expanduser(), told.formats))
    if not lines:
        raise _malformed("names neither an address (url) nor a folder")
    line = lines[0] if len(lines) == 1 else _Both(*lines)
    return WarehouseParts(line=line, keys=keys, since=told.since, look_s=told.look_s)


def _keys(path: str) -> tuple[bytes, ...]:
    try:
        return parse_secrets(Path(path).expanduser().read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as cause:
        raise _malformed(f"the secret file {path} cannot be read") from cause


def _malformed(what: str) -> Refusal:
    return Refusal("settings_malformed", f"[centre.warehouse] {what}.")
