"""Desks and replicas behind a line that drops, delays, doubles, cuts and reorders.

A round is one request that something was done to. At the end the line is well again, and everything
has to be sent within the time that reliability I10 allows.
"""

from __future__ import annotations

import time
from typing import ClassVar

from app.campaigns.faults.ledger import count
from app.campaigns.faults.proxy import Proxy
from app.campaigns.faults.shift import Shift
from app.campaigns.faults.site import Centre, Ground, enrolled_seat
from app.campaigns.faults.table import RowResult, counted
from app.values.errors import Fault

REPLICAS = 2
DESKS, DESKS_SHORT = 4, 2
SHARE_PERCENT = 40
_ROUND_S = 10.0
_LEAST_S = 60.0
_GLANCE_S = 0.1


class BadLine:
    """Row `bad-line`."""

    name: ClassVar[str] = "bad-line"
    fault: ClassVar[str] = "an HTTP proxy drops, delays, doubles, cuts and reorders requests"
    rounds: ClassVar[int] = 1_000
    rounds_short: ClassVar[int] = 20

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Mistreat so many requests."""
        desks = DESKS_SHORT if self._ground.is_short else DESKS
        url, folder = self._ground.database(), self._ground.own_folder(self.name)
        with (
            Centre(folder, url, REPLICAS) as centre,
            Proxy(centre.ports, seed=seed, share_percent=SHARE_PERCENT) as proxy,
        ):
            seats = [
                enrolled_seat(folder, f"desk-{place}", url, centre.address())
                for place in range(desks)
            ]
            with Shift(self._ground, seats, proxy.address, seed) as shift:
                _mistreat(proxy, shift, rounds)
                proxy.heal()
                problems = shift.finish()
        found = count(url, shift.logs)
        done = ", ".join(f"{times:,} {kind.value}" for kind, times in proxy.done.most_common())
        notes = (
            f"{desks} desks, {proxy.requests:,} requests: {done}",
            f"all sent {shift.drained_s:.1f} s after the line was well again",
            *problems,
        )
        return counted(self, rounds, found, notes, holds=not problems)


def _mistreat(proxy: Proxy, shift: Shift, rounds: int) -> None:
    """Until so many requests were mistreated. Raises Fault `campaign_stuck`."""
    until = time.monotonic() + _LEAST_S + _ROUND_S * rounds
    while proxy.done.total() < rounds:
        shift.require_alive()
        if time.monotonic() > until:
            raise Fault("campaign_stuck", "The desks hardly ask for anything any more.")
        time.sleep(_GLANCE_S)
