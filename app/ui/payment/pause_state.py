"""What the desk knows of the pause of a recording, as one frozen picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PauseStage(StrEnum):
    """Where the desk stands; the card fields are open in PAUSED and in no other.

    Source: facts of the recorder, section 5; DESIGN.md, section 7.
    """

    IDLE = "idle"
    PAUSING = "pausing"
    PAUSED = "paused"
    LOCKED = "locked"
    RESUMING = "resuming"
    DONE = "done"
    FAILED = "failed"
    RESUME_UNCONFIRMED = "resume_unconfirmed"


BUSY = frozenset({PauseStage.PAUSING, PauseStage.PAUSED, PauseStage.LOCKED, PauseStage.RESUMING})
"""While one of these lasts no other pause is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseShown:
    """One picture of the pause.

    `sentence` says why it failed, locked or ended; `paused_s` are whole seconds since the recorders
    confirmed, `left_s` those until it locks by itself, once that is near. `needs_reference`: the
    recorder cannot tell the call. `is_doubtful`: a recording may still be paused, or be so late.
    """

    stage: PauseStage = PauseStage.IDLE
    sentence: str = ""
    confirmed_at: datetime | None = None
    recordings: int = 0
    paused_s: int = 0
    left_s: int | None = None
    needs_reference: bool = False
    is_doubtful: bool = False

    @property
    def is_open(self) -> bool:
        """Whether card digits may be typed."""
        return self.stage is PauseStage.PAUSED

    @property
    def is_busy(self) -> bool:
        """Whether a pause is under way."""
        return self.stage in BUSY
