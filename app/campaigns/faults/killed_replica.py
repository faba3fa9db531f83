"""A replica of the central service is killed under load, over and over, while another one runs.

The desks reach them through a plain load balancer. Each kill is one round; the killed replica
starts again, and has to be ready before the next kill.
"""

from __future__ import annotations

import time
from typing import ClassVar

from app.campaigns.dice import Dice
from app.campaigns.faults.ledger import count
from app.campaigns.faults.proxy import Proxy
from app.campaigns.faults.shift import Shift
from app.campaigns.faults.site import Centre, Ground, enrolled_seat
from app.campaigns.faults.table import RowResult, counted

REPLICAS = 2
DESKS, DESKS_SHORT = 3, 2
_LONGEST_LIFE_MS = 1_000


class KilledReplica:
    """Row `killed-replica`."""

    name: ClassVar[str] = "killed-replica"
    fault: ClassVar[str] = "kill -9 of one of two replicas of the service under load"
    rounds: ClassVar[int] = 200
    rounds_short: ClassVar[int] = 2

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Kill so many replicas."""
        url, folder = self._ground.database(), self._ground.own_folder(self.name)
        dice = Dice(seed)
        desks = DESKS_SHORT if self._ground.is_short else DESKS
        with Centre(folder, url, REPLICAS) as centre, Proxy(centre.ports) as balancer:
            seats = [
                enrolled_seat(folder, f"desk-{place}", url, balancer.address)
                for place in range(desks)
            ]
            with Shift(self._ground, seats, balancer.address, seed) as shift:
                for _ in range(rounds):
                    shift.await_shown(1)
                    time.sleep(dice.below(_LONGEST_LIFE_MS) / 1_000)
                    place = dice.below(REPLICAS)
                    centre.kill(place)
                    shift.await_shown(1)
                    centre.start(place)
                    centre.await_ready(place)
                    shift.require_alive()
                problems = shift.finish()
        found = count(url, shift.logs)
        notes = (
            f"{desks} desks, all sent {shift.drained_s:.1f} s after the last kill",
            *problems,
        )
        return counted(self, rounds, found, notes, holds=not problems)
