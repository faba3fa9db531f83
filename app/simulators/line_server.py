"""A small TCP server on loopback that speaks in lines; one thread per connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Generator

LARGEST_LINE = 65_536


class Connection:
    """One client. Sending is safe from every thread."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = threading.Lock()

    def send(self, said: bytes) -> None:
        """To a client that is gone it goes nowhere."""
        with self._lock, contextlib.suppress(OSError):
            self._line.sendall(said)

    def lines(self) -> Generator[str]:
        """What the client says, line by line, until it hangs up."""
        with contextlib.suppress(OSError), self._line.makefile("rb") as reading:
            while line := reading.readline(LARGEST_LINE):
                yield line.decode("utf-8", "replace").rstrip("\r\n")

    def hang_up(self) -> None:
        """Wake whoever reads."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)


class LineServer:
    """Listens on 127.0.0.1 from the moment it is made; `port` 0 takes a free one."""

    def __init__(
        self,
        name: str,
        serve: Callable[[Connection], None],
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Raises OSError where the port is taken."""
        self._tls = tls
        self._name = name
        self._serve = serve
        self._lock = threading.Lock()
        self._open: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._is_closing = False
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name=name, daemon=True)
        self._accepting.start()

    def hang_up(self) -> None:
        """End every connection; new ones are welcome."""
        with self._lock:
            found = tuple(self._open)
        for connection in found:
            connection.hang_up()

    def close(self) -> None:
        """End all of it."""
        self._is_closing = True
        # Closing alone does not wake a thread that accepts.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                if self._is_closing:
                    line.close()
                    return
                thread = threading.Thread(
                    target=self._talk, args=(line,), name=f"{self._name} client", daemon=True
                )
                self._threads = [each for each in self._threads if each.is_alive()] + [thread]
                thread.start()

    def _talk(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            line = self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted
        except OSError:
            accepted.close()
            return
        connection = Connection(line)
        with self._lock:
            self._open.add(connection)
        if self._is_closing:
            connection.hang_up()
        try:
            with line:
                self._serve(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
