"""PostgreSQL servers that a row may kill, copy, promote and put back; no other row stands on them.

Each listens on a socket folder of its own that stays the same, so that a service's address can name
all of them. Durability is PostgreSQL's own default: every commit is flushed.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.faults.site import Ground
from app.values.errors import Fault

DATABASE = "readback"
STANDBY = "standby"
_GLANCE_S = 0.02
_PATIENCE_S = 60.0


class Cluster:
    """Two places for servers, of which one or both run; a context manager that ends them."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self._ground = ground
        self._folder = folder
        self._servers: dict[int, LocalPostgres] = {}
        self.primary = 0

    def __enter__(self) -> Self:
        try:
            server = self._place(0)
            server.start()
            self._ground.fill(server.ensure_database(DATABASE))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the database on the server that takes writes now."""
        return self._servers[self.primary].url(DATABASE)

    @property
    def address(self) -> str:
        """Address for the service: all servers, and whichever takes writes."""
        hosts = "&".join(f"host={quote(str(self._sockets(place)), safe='')}" for place in range(2))
        user = self.url.removeprefix("postgresql://").partition("@")[0]
        return f"postgresql://{user}@/{DATABASE}?{hosts}&target_session_attrs=read-write"

    def add_standby(self) -> None:
        """Copy the primary to the other place; from now on a commit waits for it, too."""
        place = 1 - self.primary
        standby = self._place(place)
        standby.copy_from(self._servers[self.primary], STANDBY)
        standby.start()
        self.run(f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({STANDBY})'")
        self.run("SELECT pg_reload_conf()")
        _await(self._is_synchronous, "The standby did not become synchronous.")

    def kill_primary(self) -> None:
        """SIGKILL for all of its processes."""
        self._servers.pop(self.primary).kill()

    def promote(self) -> None:
        """The standby takes writes from now on, without one of its own at first."""
        self.primary = 1 - self.primary
        self.run("SELECT pg_promote()")
        self.run("ALTER SYSTEM RESET synchronous_standby_names")
        self.run("SELECT pg_reload_conf()")

    def back_up(self) -> None:
        """Take a base backup of the server that runs, to be put back later."""
        backup = self._place(1 - self.primary)
        backup.copy_from(self._servers[self.primary], STANDBY)

    def put_back(self) -> None:
        """The server is gone; its backup is started in its stead, as a restore does it.

        It is recovered from an archive that holds nothing more, and so begins a new timeline.
        """
        self.kill_primary()
        self.primary = 1 - self.primary
        data = self._folder / f"server-{self.primary}" / "data"
        (data / "standby.signal").rename(data / "recovery.signal")
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write("restore_command = 'false'\n")
        self._servers[self.primary].start()
        _await(self._takes_writes, "The restored server does not take writes.")

    def run(self, statement: str) -> Any:  # noqa: ANN401 - whatever it asks for
        """One statement on the primary, in its database; the first value it gives."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(statement.encode())
            row = done.fetchone() if done.description else None
            return row[0] if row is not None else None

    def stop(self) -> None:
        """End all servers."""
        while self._servers:
            self._servers.popitem()[1].stop()

    def _place(self, place: int) -> LocalPostgres:
        """A server on empty ground, with the programs of the first one."""
        folder = self._folder / f"server-{place}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        programs = self._folder / "server-programs"
        programs.mkdir(exist_ok=True)
        (folder / "server").symlink_to(programs, target_is_directory=True)
        server = LocalPostgres(folder, socket_folder=self._sockets(place))
        self._servers[place] = server
        return server

    def _sockets(self, place: int) -> Path:
        return self._folder / f"s{place}"

    def _is_synchronous(self) -> bool:
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"
        return bool(self.run(query))

    def _takes_writes(self) -> bool:
        return not self.run("SELECT pg_is_in_recovery()")


def _await(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            raise Fault("campaign_stuck", otherwise)
        time.sleep(_GLANCE_S)
