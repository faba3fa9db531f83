"""The desk's way to the central service: one signed POST per operation.

Blocks; used from the NETWORK lanes by several threads at once. Whatever is not clearly an answer of
the centre (a captive portal, a proxy's page, a broken line) is Unreachable: the outcome is unknown,
and the same command may be sent again under the same key.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx2
import truststore

from app.transport.loopback import is_this_machine
from app.values.clock import Clock
from app.values.errors import Refusal, Unreachable
from app.values.identity import CommandId, DeviceId, Ids
from app.wire.message import RefusalView, decode, encode
from app.wire.operation import Kind, Operation, Signer
from app.wire.signed import KEY, REQUEST, TIME, Head, instant_of, milliseconds, path_of
from app.wire.sync import WAIT_SECONDS_MOST

Q = TypeVar("Q")
A = TypeVar("A")

CONNECT_SECONDS = 5.0
CONNECTIONS = 8
_BROKEN = "connection_broken"
_OK = 200
_REFUSED = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatKey:
    """An enrolled seat and what signs for it: ECDSA over P-256 with SHA-256, DER."""

    device_id: DeviceId
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Carrier(Protocol):
    """Takes a request to the centre and brings its reply."""

    def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
        """Raises Unreachable; code `connection_broken` means that one more try is worth it."""
        ...

    def close(self) -> None:
        """Carry nothing more; requests under way raise Unreachable at once."""
        ...


class RemoteCaller:
    """Asks the centre. Implements `ports.Centre`."""

    def __init__(self, carrier: Carrier, clock: Clock, ids: Ids) -> None:
        self._carrier = carrier
        self._clock = clock
        self._ids = ids
        self._seat: SeatKey | None = None
        self._session: str | None = None
        self._offset_ms = 0
        self._learned: tuple[int, float] | None = None

    @property
    def clock_offset_ms(self) -> int:
        """The centre's time minus this computer's, as last heard.

        A clock on the wall that was set since is noticed: from then on time was only measured.
        """
        if self._learned is None:
            return 0
        centre_ms, at = self._learned
        passed_ms = round((self._clock.monotonic() - at) * 1_000)
        return centre_ms + passed_ms - milliseconds(self._clock.now())

    def use_seat(self, seat: SeatKey) -> None:
        """Sign as this seat from now on."""
        self._seat = seat

    def use_session(self, token: str | None) -> None:
        """Send this person's token with requests that a person makes."""
        self._session = token

    def close(self) -> None:
        """End at once: requests under way (a long poll) and later ones raise Unreachable."""
        self._carrier.close()

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """The centre's answer. Raises Refusal or Unreachable."""
        body = encode(request)
        keyed = operation.kind is Kind.COMMAND and operation.keyed
        key = CommandId(self._ids.new()) if keyed else None
        reply = self._posted(operation, body, key)
        if _is_refusal(reply, "clock_wrong"):
            # The refusal has told the centre's time; sign once more with it.
            reply = self._posted(operation, body, key)
        return _read(reply, operation)

    def _posted(self, operation: Operation[Any, Any], body: bytes, key: CommandId | None) -> Reply:
        try:
            return self._post(operation, body, key)
        except Unreachable as away:
            if away.code != _BROKEN:
                raise
            return self._post(operation, body, key)

    def _post(self, operation: Operation[Any, Any], body: bytes, key: CommandId | None) -> Reply:
        path = path_of(operation.name)
        headers = self._headers(operation, path, body, key)
        wait = WAIT_SECONDS_MOST if operation.kind is Kind.WAIT else 0.0
        sent_ms, started = milliseconds(self._clock.now()), self._clock.monotonic()
        reply = self._carrier.post(path, headers, body, operation.patience_s + wait)
        if TIME in reply.headers and operation.kind is not Kind.WAIT:
            half_way_ms = round((self._clock.monotonic() - started) * 500)
            self._learn_time(reply.headers[TIME], sent_ms, half_way_ms)
        return reply

    def _headers(
        self, operation: Operation[Any, Any], path: str, body: bytes, key: CommandId | None
    ) -> dict[str, str]:
        name = self._ids.new().hex
        common = {"content-type": "application/json", REQUEST: name}
        if operation.signer is Signer.NOBODY:
            return common if key is None else common | {KEY: str(key)}
        seat = self._seat
        if seat is None:
            raise Refusal("not_enrolled", "This seat has to be enrolled first.")
        head = Head(
            device_id=seat.device_id,
            at_ms=milliseconds(self._clock.now()) + self._offset_ms,
            nonce=name,
            session=self._session if operation.signer is Signer.PERSON else None,
            key=key,
        )
        return common | head.headers(seat.sign(head.to_sign(path, body)))

    def _learn_time(self, told: str, sent_ms: int, half_way_ms: int) -> None:
        """The centre told its time half way between the sending and now."""
        try:
            centre_ms = milliseconds(instant_of(told))
            self._offset_ms = centre_ms - sent_ms - half_way_ms
            self._learned = centre_ms + half_way_ms, self._clock.monotonic()
        except Refusal:
            return


class HttpCarrier:
    """Over HTTPS with the operating system's certificates; plain HTTP on this machine only."""

    def __init__(self, url: str, proxy: str | None = None) -> None:
        """Raises Refusal `centre_url_malformed` or `centre_url_insecure`."""
        require_safe_url(url)
        self.url = url
        self._is_closed = False
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            proxy=proxy,
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=CONNECTIONS),
        )

    def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
        """Raises Unreachable."""
        if self._is_closed:
            raise _away()
        try:
            reply = self._client.post(
                path,
                content=body,
                headers=dict(headers),
                timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
                extensions={"trace": self._note_socket},
            )
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as cause:
            if self._is_closed:
                raise _away() from cause
            raise Unreachable(_BROKEN, "The line to the central service broke.") from cause
        except httpx2.HTTPError as cause:
            raise _away() from cause
        return Reply(status=reply.status_code, headers=reply.headers, body=reply.content)

    def close(self) -> None:
        """Let all connections go; who waits for an answer is woken."""
        self._is_closed = True
        for line in list(self._sockets):
            _hang_up(line)
        self._client.close()

    def _note_socket(self, event: str, facts: dict[str, Any]) -> None:
        if event in _CONNECTED:
            line = facts["return_value"].get_extra_info("socket")
            self._sockets.add(line)
            if self._is_closed:  # meanwhile: nobody else would wake who waits on it
                _hang_up(line)


_CONNECTED = {
    "connection.connect_tcp.complete",
    "connection.start_tls.complete",
    "proxy_stream.start_tls.complete",
}


def _hang_up(line: socket.socket) -> None:
    """Closing alone wakes nobody, and a TLS socket's own shutdown upsets its reader."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _away() -> Unreachable:
    return Unreachable("centre_away", "The central service does not answer.")


def require_safe_url(url: str) -> None:
    """Raises Refusal `centre_url_malformed` or `centre_url_insecure`."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as cause:
        raise Refusal("centre_url_malformed", "The centre's address cannot be read.") from cause
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Refusal("centre_url_malformed", "The centre's address begins with https://.")
    if parsed.scheme == "http" and not is_this_machine(parsed.host):
        raise Refusal(
            "centre_url_insecure", "The centre's address must begin with https://, not http://."
        )


def _is_refusal(reply: Reply, code: str) -> bool:
    refusal = _refusal(reply) if reply.status in _REFUSED else None
    return refusal is not None and refusal.code == code


def _refusal(reply: Reply) -> RefusalView | None:
    """What the centre says against it; None when it is not the centre who speaks."""
    if TIME not in reply.headers:
        return None
    try:
        return decode(reply.body, RefusalView)
    except Refusal:
        return None


def _read(reply: Reply, operation: Operation[Q, A]) -> A:
    if reply.status == _OK and TIME in reply.headers:
        try:
            return decode(reply.body, operation.response)
        except Refusal as cause:
            raise _not_the_centre() from cause
    view = _refusal(reply)
    if view is None:
        raise _not_the_centre()
    if reply.status in _REFUSED:
        raise Refusal(view.code, view.sentence, view.field)
    raise Unreachable(view.code, view.sentence, view.incident)


def _not_the_centre() -> Unreachable:
    return Unreachable("not_the_centre", "Something other than the central service answered.")
