"""A keep-alive connection that sends requests made beforehand: the client costs next to nothing.

Knows just enough of HTTP/1.1 for our own servers: answers with a Content-Length.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from app.values.errors import Fault

_PIECE = 65_536
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"content-length:"


def whole_request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST as it goes over the line."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("ascii") + _HEAD_ENDS + body


class HttpLine:
    """One connection to a server on this machine; one request at a time."""

    def __init__(self, port: int, seconds: float = 60.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.send(request)
        return self.answer()

    def send(self, request: bytes) -> None:
        """Without waiting for the answer."""
        self._socket.sendall(request)

    def answer(self) -> tuple[int, bytes]:
        """The next answer on the line."""
        head = self._until(_HEAD_ENDS)
        length = _length_of(head)
        while len(self._rest) < length:
            self._rest += self._received()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(head.split(b" ", 2)[1]), body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._rest:
            self._rest += self._received()
        head, _, self._rest = self._rest.partition(end)
        return head

    def _received(self) -> bytes:
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise Fault("bench_rejected", "The server hung up.")
        return piece


def _length_of(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(_LENGTH):
            return int(line[len(_LENGTH) :])
    raise Fault("bench_rejected", "The server did not say how long its answer is.")
