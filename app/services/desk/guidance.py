"""Checklists, scripts and answers as the centre last published them, kept in the desk's store.

Asked at each placing and each search: an edition is decoded once and is the same object until
another arrives. Any thread.
"""

from __future__ import annotations

from app.services.desk import memory
from app.store.desk import DeskStore
from app.values.errors import Fault
from app.wire.guidance import Guidance
from app.wire.message import decode
from app.wire.sync import AskStatus


class GuidanceService:
    """The edition that holds at this desk."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store
        self._decoded: tuple[bytes, Guidance] | None = None

    def get(self, request: AskStatus) -> Guidance:
        """The newest edition that arrived. Raises Fault `guidance_unknown`."""
        del request
        with self._store.read() as connection:
            document = memory.written(connection, memory.GUIDANCE)
        if document is None:
            raise Fault(
                "guidance_unknown",
                "The checklists have not arrived from the central service yet. "
                "They come by themselves as soon as it answers.",
            )
        decoded = self._decoded
        if decoded is None or decoded[0] != document:
            decoded = self._decoded = (document, decode(document, Guidance))
        return decoded[1]
