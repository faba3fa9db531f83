"""Makes the card gateway that the service's settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from app.adapters.card_gateway.line import ANSWER_SECONDS, GatewayLine, read_token
from app.adapters.card_gateway.passthrough import PassthroughGateway
from app.adapters.card_gateway.vault import VaultGateway
from app.services.central.card_gateway import CardGateway
from app.values.clock import Clock, SystemClock
from app.values.errors import Refusal


class _VaultTable(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="vault",
):
    """A card vault; `root_key` pins the only one whose keys are handed on."""

    url: str
    token_file: str
    name: str = "vault"
    root_key: str = ""
    answer_s: float = ANSWER_SECONDS


class _PassthroughTable(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="passthrough",
):
    """A gateway that opens envelopes itself; `keys_file` is what `readback vault sign` printed."""

    url: str
    token_file: str
    keys_file: str
    name: str = "gateway"
    answer_s: float = ANSWER_SECONDS


def load_gateway(table: dict[str, Any], clock: Clock | None = None) -> CardGateway | None:
    """The gateway of `[centre.card_gateway]`; None where there is no such table.

    Raises Refusal `settings_malformed`.
    """
    if not table:
        return None
    try:
        told: _VaultTable | _PassthroughTable = msgspec.convert(
            table,
            _VaultTable | _PassthroughTable,
        )
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"[centre.card_gateway] {cause}.") from cause
    line = GatewayLine(told.url, read_token(_path(told.token_file)), told.answer_s)
    used = clock or SystemClock()
    if isinstance(told, _VaultTable):
        return VaultGateway(told.name, line, used, told.root_key)
    return PassthroughGateway(told.name, line, used, _path(told.keys_file))


def _path(text: str) -> Path:
    return Path(text).expanduser()
