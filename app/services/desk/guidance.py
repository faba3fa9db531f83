"""Checklists, scripts and answers as the centre last published them, kept in the desk's store."""

from __future__ import annotations

from app.services.desk import memory
from app.store.desk import DeskStore
from app.values.errors import Fault
from app.wire.guidance import Guidance
from app.wire.sync import AskStatus


class GuidanceService:
    """The edition that holds at this desk."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    def get(self, request: AskStatus) -> Guidance:
        """The newest edition that arrived. Raises Fault `guidance_unknown`."""
        del request
        with self._store.read() as connection:
            found = memory.recalled(connection, memory.GUIDANCE, Guidance)
        if found is None:
            raise Fault(
                "guidance_unknown",
                "The checklists have not arrived from the central service yet. "
                "They come by themselves as soon as it answers.",
            )
        return found
