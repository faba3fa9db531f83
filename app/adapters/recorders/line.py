"""A TCP line to a telephone exchange that is made again whenever it breaks.

One thread of its own connects, reads and writes, so that TLS is never used by two threads at once.
It knows nothing of what is said: a Talk does, and is called on that thread. A line is never dropped
because an answer is late: what was sent is still waiting there and is to be undone in its order.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Protocol

from app.services.central.recorder import RecorderProblem

RETRY_FIRST_S = 0.1
RETRY_LONGEST_S = 15.0
DEAD_AFTER_MS = 10_000
"""The other machine has confirmed nothing for so long: it is gone, not slow."""
LARGEST_READ = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the exchange listens."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


class LineLost(Exception):  # noqa: N818 - a line is lost
    """The line has to be made anew."""


class Talk(Protocol):
    """What is said on a line; all methods are called on the line's thread."""

    def opened(self) -> None:
        """A new line is there; nothing was said on it yet."""
        ...

    def received(self, heard: bytes) -> None:
        """Some bytes came. Raises LineLost where they make no sense."""
        ...

    def quiet(self) -> None:
        """Nothing came for a while."""
        ...

    def broken(self) -> None:
        """The line is gone; told once for each `opened`."""
        ...


class Line:
    """Keeps a connection to one address for as long as it is open."""

    def __init__(self, address: Address, talk: Talk, connect_s: float, quiet_s: float) -> None:
        self._address = address
        self._talk = talk
        self._connect_s = connect_s
        self._quiet_s = quiet_s
        self._lock = threading.Lock()
        self._outgoing = bytearray()
        self._wake: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._retry_s = RETRY_FIRST_S
        self._is_untrusted = False

    def start(self, name: str) -> None:
        """Begin to connect; again does nothing."""
        with self._lock:
            if self._thread is not None or self._closing.is_set():
                return
            self._thread = threading.Thread(target=self._keep, name=name, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the line and its thread."""
        self._closing.set()
        self._nudge()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def settled(self) -> None:
        """The other side has let us in: after the next break try again at once."""
        self._retry_s = RETRY_FIRST_S

    def send(self, said: bytes) -> None:
        """Say it as soon as possible. Raises RecorderProblem `recorder_away`."""
        with self._lock:
            if self._wake is None:
                raise self.away()
            self._outgoing += said
        self._nudge()

    def away(self) -> RecorderProblem:
        """The problem of a recorder that cannot be reached: nothing was asked of it."""
        if self._is_untrusted:
            return RecorderProblem(
                "recorder_untrusted",
                "The call recorder shows a certificate that this service does not trust.",
            )
        return RecorderProblem(
            "recorder_away", "The call recorder cannot be reached at the moment."
        )

    def _nudge(self) -> None:
        with self._lock:
            if self._wake is not None:
                # A full pipe wakes as well as one more byte would.
                with contextlib.suppress(BlockingIOError):
                    self._wake.send(b"!")

    def _keep(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(OSError, LineLost):
                self._serve(self._connected())
            self._closing.wait(self._retry_s)
            self._retry_s = min(self._retry_s * 2, RETRY_LONGEST_S)

    def _connected(self) -> socket.socket:
        there = self._address
        plain = socket.create_connection((there.host, there.port), timeout=self._connect_s)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER_MS)
            line = plain
            if there.tls is not None:
                line = there.tls.wrap_socket(plain, server_hostname=there.host)
            self._is_untrusted = False
            return line
        except OSError as cause:
            self._is_untrusted = isinstance(cause, ssl.SSLCertVerificationError)
            plain.close()
            raise

    def _serve(self, line: socket.socket) -> None:
        asleep, wake = socket.socketpair()
        with line, asleep, wake, selectors.DefaultSelector() as waiting:
            for each in (line, asleep, wake):
                each.settimeout(0)
            with self._lock:
                self._outgoing.clear()
                self._wake = wake
            waiting.register(line, selectors.EVENT_READ)
            waiting.register(asleep, selectors.EVENT_READ)
            try:
                self._talk.opened()
                while not self._closing.is_set():
                    self._one_round(line, asleep, waiting)
            finally:
                with self._lock:
                    self._wake = None
                self._talk.broken()

    def _one_round(
        self, line: socket.socket, asleep: socket.socket, waiting: selectors.BaseSelector
    ) -> None:
        blocked = self._write(line)
        interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
        waiting.modify(line, interest)
        ready = {key.fileobj for key, _ in waiting.select(self._quiet_s)}
        if not ready:
            self._talk.quiet()
        if asleep in ready:
            asleep.recv(LARGEST_READ)
        if line in ready:
            self._read(line)

    def _write(self, line: socket.socket) -> bool:
        """Whether something is left that the other side does not take yet."""
        with self._lock:
            said = bytes(self._outgoing)
        while said:
            try:
                taken = line.send(said)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return True
            said = said[taken:]
            with self._lock:
                del self._outgoing[:taken]
        return False

    def _read(self, line: socket.socket) -> None:
        while True:
            try:
                heard = line.recv(LARGEST_READ)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if not heard:
                raise LineLost
            self._talk.received(heard)
