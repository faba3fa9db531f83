"""What a seed is played on: time, chance, a database, two replicas, the network between, the desks.

Whoever acts in a seed is handed this; what they do with it is theirs.
"""

from __future__ import annotations

from app.campaigns.faults.simulation.ledger import Seen
from app.campaigns.faults.simulation.network import Network
from app.campaigns.faults.simulation.replicas import Log, Replica
from app.campaigns.faults.simulation.schedule import Chance, Schedule, SeededIds, VirtualClock
from app.campaigns.faults.simulation.seats import SimulatedSeat
from app.campaigns.faults.simulation.stage import Planted, Stage


class Scenery:
    """The scenery of one seed; the desks come later."""

    def __init__(self, stage: Stage, seed: int, planted: Planted) -> None:
        self.stage = stage
        self.seed = seed
        self.planted = planted
        self.schedule = Schedule()
        self.chance = Chance(seed)
        self.seen = Seen(self.schedule)
        self.log = Log()
        self.clock = VirtualClock(self.schedule)
        self.database = stage.database()
        self.url = stage.server.url(self.database)
        self.folder = stage.folder(f"seed-{seed}")
        self.replicas = tuple(
            Replica(
                f"replica {number}",
                self.url,
                self.clock,
                SeededIds(self.schedule, number, seed),
                self.log,
                planted.replica,
            )
            for number in (1, 2)
        )
        self.network = Network(self.schedule, self.chance, self.replicas, self.clock)
        self.network.witness = self.seen
        self.seats: list[SimulatedSeat] = []
