"""A vault with its socket on loopback, on a thread of the test."""

from __future__ import annotations

import io
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from app.adapters.event_log import JsonLog
from app.card_vault import VaultProgram
from app.settings import VaultSettings
from app.values.clock import Clock
from app.values.identity import SystemIds


class Served:
    """A vault that listens, and what it logged."""

    def __init__(self, program: VaultProgram, folder: Path, log: io.StringIO) -> None:
        self.url = program.server.url
        self.root_key = program.root_key
        self.folder = folder
        self.token = (folder / "token").read_text()
        self._log = log

    @property
    def log(self) -> str:
        return self._log.getvalue()


@contextmanager
def served(folder: Path, clock: Clock) -> Generator[Served]:
    log = io.StringIO()
    settings = VaultSettings(listen="127.0.0.1:0", sandbox={"late_seconds": 0})
    program = VaultProgram(folder, settings, (clock, SystemIds(), JsonLog(log, clock)))
    serving = threading.Thread(target=program.run, name="vault")
    serving.start()
    try:
        assert program.server.is_up.wait(20)
        # Its worker thread begins here and not in the first test of several that share a vault.
        httpx2.post(f"{program.server.url}/pay/nowhere/pay", trust_env=False)
        yield Served(program, folder, log)
    finally:
        program.server.stop()
        serving.join()
        program.close()
