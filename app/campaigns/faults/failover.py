"""PostgreSQL is killed under load, and its synchronous standby is promoted in its place.

The replicas of the service and the desks run on: they have to come back by themselves. Each
failover is one round; the promoted server gets a new standby before the next.
"""

from __future__ import annotations

import time
from typing import ClassVar

from app.campaigns.dice import Dice
from app.campaigns.faults.cluster import Cluster
from app.campaigns.faults.ledger import count
from app.campaigns.faults.proxy import Proxy
from app.campaigns.faults.shift import Shift
from app.campaigns.faults.site import Centre, Ground, enrolled_seat
from app.campaigns.faults.table import RowResult, counted
from app.values.errors import Fault

REPLICAS = 2
DESKS, DESKS_SHORT = 3, 2
BACK_S = 30.0
_PATIENCE_S = 120.0
_LONGEST_LIFE_MS = 2_000
_GLANCE_S = 0.05
_ORDERS = "SELECT count(*) FROM sales_order"


class Failover:
    """Row `failover`."""

    name: ClassVar[str] = "failover"
    fault: ClassVar[str] = "kill -9 of PostgreSQL; its synchronous standby is promoted"
    rounds: ClassVar[int] = 20
    rounds_short: ClassVar[int] = 1

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Fail over so many times."""
        folder, dice = self._ground.own_folder(self.name), Dice(seed)
        back_s: list[float] = []
        desks = DESKS_SHORT if self._ground.is_short else DESKS
        with (
            Cluster(self._ground, folder) as cluster,
            Centre(folder, cluster.address, REPLICAS) as centre,
            Proxy(centre.ports) as balancer,
        ):
            seats = [
                enrolled_seat(folder, f"desk-{place}", cluster.url, balancer.address)
                for place in range(desks)
            ]
            with Shift(self._ground, seats, balancer.address, seed) as shift:
                for _ in range(rounds):
                    cluster.add_standby()
                    shift.await_shown(5)
                    time.sleep(dice.below(_LONGEST_LIFE_MS) / 1_000)
                    back_s.append(_failed_over(cluster, shift))
                problems = shift.finish()
            found = count(cluster.url, shift.logs)
        slowest = max(back_s)
        in_time = self._ground.is_short or slowest <= BACK_S
        notes = (
            f"orders were taken again {slowest:.1f} s after the kill at most",
            f"all sent {shift.drained_s:.1f} s after the last failover",
            *problems,
        )
        return counted(self, rounds, found, notes, holds=not problems and in_time)


def _failed_over(cluster: Cluster, shift: Shift) -> float:
    """Seconds from the kill until an order arrived at the promoted server."""
    killed_at = time.monotonic()
    cluster.kill_primary()
    cluster.promote()
    before = int(cluster.run(_ORDERS))
    while int(cluster.run(_ORDERS)) <= before:
        shift.require_alive()
        if time.monotonic() - killed_at > _PATIENCE_S:
            raise Fault("campaign_stuck", "No order has arrived since the failover.")
        time.sleep(_GLANCE_S)
    return time.monotonic() - killed_at
