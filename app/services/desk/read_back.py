"""The record of the read-back of each order at this desk: kept entry by entry, never changed."""

from __future__ import annotations

from app.values.errors import Fault
from app.wire.read_back import (
    AskReadBack,
    Noted,
    NoteReadBack,
    Overridden,
    OverrideReadBack,
    ReadBackKept,
)


class ReadBackService:
    """The read-backs of one seat."""

    def note(self, request: NoteReadBack) -> Noted:
        """Keep entries."""
        raise Fault("not_there", str(request.order_id))

    def of(self, request: AskReadBack) -> ReadBackKept:
        """All entries of an order."""
        raise Fault("not_there", str(request.order_id))

    def override(self, request: OverrideReadBack) -> Overridden:
        """Let checkpoints pass in a lead's name."""
        raise Fault("not_there", str(request.order_id))
