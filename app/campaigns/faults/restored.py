"""The centre is restored from a backup that is some minutes old, while desks run on.

Replicas have to refuse the restored database until an administrator says that it is right. Then the
desks send again what the backup lacks, and no number may be given to two orders. Each restore is
one round; the restored server is what the next one is restored from.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from app.adapters.local_card_parts import free_port
from app.campaigns.faults.cluster import Cluster
from app.campaigns.faults.ledger import count
from app.campaigns.faults.programs import Program
from app.campaigns.faults.proxy import Proxy
from app.campaigns.faults.replica_program import ReplicaTask, serve_replica
from app.campaigns.faults.shift import Shift
from app.campaigns.faults.site import Centre, Ground, enrolled_seat, is_ready
from app.campaigns.faults.table import RowResult, counted
from app.values.errors import Fault

DESKS, DESKS_SHORT = 3, 2
AGE_S = 300.0
_SHORT_AGE_S = 2.0
_LEAST_ORDERS = 5
_PACE_MS, _SHORT_PACE_MS = 400, 50
_REFUSES_S = 10.0
_GLANCE_S = 0.1
_EPOCH = "SELECT feed_epoch FROM installation"
_ORDERS = "SELECT count(*) FROM sales_order"


class Restored:
    """Row `restored`."""

    name: ClassVar[str] = "restored"
    fault: ClassVar[str] = "the centre is restored from a backup five minutes old"
    rounds: ClassVar[int] = 3
    rounds_short: ClassVar[int] = 1

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Restore so many times."""
        folder = self._ground.own_folder(self.name)
        problems: list[str] = []
        desks = DESKS_SHORT if self._ground.is_short else DESKS
        with (
            Cluster(self._ground, folder) as cluster,
            Proxy(()) as balancer,
            ExitStack() as ends,
        ):
            with Centre(folder, cluster.url) as centre:
                balancer.use(centre.ports)
                seats = [
                    enrolled_seat(folder, f"desk-{place}", cluster.url, centre.address())
                    for place in range(desks)
                ]
                shift = ends.enter_context(
                    Shift(self._ground, seats, balancer.address, seed, self._pace_ms)
                )
            went_back = [self._restored(cluster, balancer, shift, problems) for _ in range(rounds)]
            with Centre(folder, cluster.url) as centre:
                balancer.use(centre.ports)
                self._ground.say("  waiting until the desks have sent everything")
                problems += shift.finish()
            found = count(cluster.url, shift.logs)
        notes = (
            f"the backup was {self._age_s:.0f} s old and lacked {max(went_back):,} orders at most",
            f"all sent {shift.drained_s:.1f} s after the last restore",
            *problems,
        )
        return counted(self, rounds, found, notes, holds=not problems and min(went_back) > 0)

    @property
    def _pace_ms(self) -> int:
        """In five minutes each desk uses up the numbers it had and leases others."""
        return _SHORT_PACE_MS if self._ground.is_short else _PACE_MS

    @property
    def _age_s(self) -> float:
        return _SHORT_AGE_S if self._ground.is_short else AGE_S

    def _restored(
        self, cluster: Cluster, balancer: Proxy, shift: Shift, problems: list[str]
    ) -> int:
        """How many orders the backup lacked of what the centre had."""
        folder = self._ground.folder / self.name
        with Centre(folder, cluster.url) as centre:
            balancer.use(centre.ports)
            shift.await_shown(_LEAST_ORDERS)
            self._ground.say("  taking a backup")
            cluster.back_up()
            backed_up_at = time.monotonic()
            had_then = int(cluster.run(_ORDERS))
            shift.await_shown(_LEAST_ORDERS)
            while time.monotonic() - backed_up_at < self._age_s:
                shift.require_alive()
                time.sleep(_GLANCE_S)
            had = int(cluster.run(_ORDERS))
            epoch = cluster.run(_EPOCH)
            self._ground.say("  putting the backup back")
            cluster.put_back()
        self._ground.say("  looking whether a replica refuses it")
        if _starts(folder, cluster.url):
            problems.append("A replica took the restored database for the one it knew.")
        self._ground.say("  saying that it is right")
        _say_it_is_right(cluster.url)
        if cluster.run(_EPOCH) == epoch:
            problems.append("The feed has the same epoch after the restore.")
        return had - had_then


def _starts(folder: Path, url: str) -> bool:
    """Whether a replica serves a database that nobody has said is right. Raises Fault."""
    listen = f"127.0.0.1:{free_port()}"
    task = ReplicaTask(database_url=url, listen=listen)
    until = time.monotonic() + _REFUSES_S
    with Program(serve_replica, task, folder / "refusing.log") as replica:
        while replica.is_running:
            if is_ready(f"http://{listen}"):
                return True
            if time.monotonic() > until:
                raise Fault("campaign_stuck", "A replica neither serves nor refuses to.")
            time.sleep(_GLANCE_S)
        if "admin restored" not in replica.complaint():
            raise Fault("campaign_stuck", f"A replica ended otherwise: {replica.complaint()}")
    return False


def _say_it_is_right(url: str) -> None:
    """`readback admin restored`, as an administrator runs it. Raises Fault `program_failed`."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "admin", "restored"],
        env={**os.environ, "READBACK_DATABASE_URL": url},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise Fault("program_failed", f"readback admin restored failed: {done.stderr}")
