"""A stand-in for the central service and the vault behind it: takes one envelope and holds it.

Its private key opens the envelope, so that a scan can look for the content key too, and knows that
what was typed was what was sealed. Loopback only; a thread of its own.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from typing_extensions import override

from app.values.clock import Clock
from app.values.errors import Fault
from app.wire.payments import CardKey

KEY_BITS = 2_048
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope, opened. Shows nothing of it."""

    content_key: bytes = field(repr=False)
    number: bytes = field(repr=False)
    code: bytes = field(repr=False)


class HoldingGateway:
    """Answers each request as it is told, once it is told."""

    def __init__(self, clock: Clock) -> None:
        self._private = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
        self._clock = clock
        self._lock = threading.Condition()
        self._bodies: list[bytes] = []
        self._answers: list[tuple[int, bytes] | None] = []
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self.answer_to))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="gateway")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.answer(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def bodies(self) -> tuple[bytes, ...]:
        """Everything that was sent to it."""
        with self._lock:
            return tuple(self._bodies)

    def key(self) -> CardKey:
        """What cards are sealed to."""
        numbers = self._private.public_key().public_numbers()
        now = self._clock.now()
        return CardKey(
            kid="scan",
            modulus=_base64url(numbers.n.to_bytes(KEY_BITS // 8, "big")),
            exponent=_base64url(numbers.e.to_bytes(3, "big")),
            not_before=now,
            expires_at=now + timedelta(hours=1),
            signature="",
        )

    def envelope(self, count: int) -> Opened:
        """The envelope that was sent as the `count`th. Raises Fault `nothing_sent`."""
        with self._lock:
            if not self._lock.wait_for(partial(self._has, count), PATIENCE_S):
                raise Fault("nothing_sent", "The card was typed, but no envelope was sent.")
            body = self._bodies[count - 1]
        return self._open(json.loads(body)["envelope"])

    def answer(self, reply: tuple[int, bytes] | None) -> None:
        """Answer the next request so; None: break the line."""
        with self._lock:
            self._answers.append(reply)
            self._lock.notify_all()

    def answer_to(self, body: bytes) -> tuple[int, bytes] | None:
        """For a request that has come: waits until it is told what to answer."""
        with self._lock:
            self._bodies.append(body)
            count = len(self._bodies)
            self._lock.notify_all()
            if not self._lock.wait_for(partial(self._knows, count), PATIENCE_S):
                return None
            return self._answers[count - 1]

    def _has(self, count: int) -> bool:
        return len(self._bodies) >= count

    def _knows(self, count: int) -> bool:
        return len(self._answers) >= count

    def _open(self, envelope: str) -> Opened:
        protected, wrapped, nonce, content, tag = envelope.split(".")
        oaep = OAEP(MGF1(SHA256()), SHA256(), None)
        content_key = self._private.decrypt(_from_base64url(wrapped), oaep)
        sealed = _from_base64url(content) + _from_base64url(tag)
        plain = AESGCM(content_key).decrypt(_from_base64url(nonce), sealed, protected.encode())
        card = json.loads(plain)
        return Opened(content_key, _values(card["pan"]), _values(card["code"]))


class _Server(ThreadingHTTPServer):
    """Says nothing of those who hang up."""

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Part of a story."""


class _Handler(BaseHTTPRequestHandler):
    """Reads a body, and answers what it is told."""

    protocol_version = "HTTP/1.1"

    def __init__(
        self, answer_to: Callable[[bytes], tuple[int, bytes] | None], *given: object
    ) -> None:
        self._answer_to = answer_to
        super().__init__(*given)  # type: ignore[arg-type] # what the server hands to its handlers

    def do_POST(self) -> None:
        """A request of any path."""
        reply = self._answer_to(self.rfile.read(int(self.headers["Content-Length"])))
        if reply is None:
            self.close_connection = True
            return
        status, body = reply
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _values(text: str) -> bytes:
    return bytes(int(digit) for digit in text)


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
