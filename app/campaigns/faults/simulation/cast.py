"""A scenery with those who act in it beside the callers: an administrator and an older desk."""

from __future__ import annotations

from app.campaigns.faults.simulation.acts import Acts
from app.campaigns.faults.simulation.old_desk import OldDesk
from app.campaigns.faults.simulation.scenery import Scenery
from app.campaigns.faults.simulation.stage import OLD_DESK, Planted, Stage


class Cast(Scenery):
    """What the checks look at when a seed has been played."""

    def __init__(self, stage: Stage, seed: int, planted: Planted) -> None:
        super().__init__(stage, seed, planted)
        self.acts = Acts(self)
        self.old_desk = OldDesk(self, self.acts, OLD_DESK)
