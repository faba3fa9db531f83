"""Makes the card gateway that the service's settings name."""

from __future__ import annotations

from typing import Any

from app.services.central.card_gateway import CardGateway
from app.values.errors import Refusal


def load_gateway(table: dict[str, Any]) -> CardGateway | None:
    """The gateway of `[centre.card_gateway]`; None where there is no such table.

    Raises Refusal `settings_malformed`.
    """
    if not table:
        return None
    raise Refusal("settings_malformed", f"There is no card gateway {table.get('kind', '')}.")
