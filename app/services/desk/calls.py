"""Ends the call about a placed order: how it ended goes to the centre as a command of its own."""

from __future__ import annotations

from app.values.errors import Fault
from app.wire.message import Nothing
from app.wire.read_back import CloseCall


class CallService:
    """The calls of one seat."""

    def close(self, request: CloseCall) -> Nothing:
        """Note how the call ended."""
        raise Fault("not_there", str(request.order_id))
