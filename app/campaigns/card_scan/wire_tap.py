"""Keeps everything that goes over a line between two programs: a way through, on loopback.

For a scan of what leaves the desk. One thread per direction of a connection.
"""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_READ = 65_536
_GLANCE_S = 0.2


class WireTap:
    """Listens on a port of its own and hands on to a service; a context manager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._there = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._lock = threading.Lock()
        self._heard = bytearray()
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._is_ending = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_GLANCE_S)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_ending = True
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        self._listener.close()

    @property
    def heard(self) -> bytes:
        """Both directions of all connections, as they came."""
        with self._lock:
            return bytes(self._heard)

    def _accept(self) -> None:
        while not self._is_ending:
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            near.settimeout(None)
            self._start(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        with ExitStack() as ends:
            ends.enter_context(near)
            with suppress(OSError):
                far = ends.enter_context(socket.create_connection(self._there))
                with self._lock:
                    self._lines += [near, far]
                back = self._start(self._hand_on, far, near)
                self._hand_on(near, far)
                back.join()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(_READ):
                with self._lock:
                    self._heard += content
                target.sendall(content)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _start(self, work: object, *given: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=given, name="wire tap")  # type: ignore[arg-type] # one of the three above
        self._threads.append(thread)
        thread.start()
        return thread
