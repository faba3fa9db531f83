"""The vault's socket: loopback, or with a certificate. Runs on the thread that starts it."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from app.values.errors import Refusal

FINISH_SECONDS = 30
BACKLOG = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultAddress:
    """Where to listen."""

    address: str
    certificate: Path | None = None
    certificate_key: Path | None = None

    @property
    def scheme(self) -> str:
        """As in a URL."""
        return "http" if self.certificate is None else "https"

    def host_and_port(self) -> tuple[str, int]:
        """Raises Refusal `listen_malformed`, `listen_needs_tls` or `certificate_unreadable`."""
        host, colon, port = self.address.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65_535:
            raise Refusal("listen_malformed", "Say where to listen as HOST:PORT.")
        if (self.certificate is None) != (self.certificate_key is None):
            raise Refusal("certificate_incomplete", "A certificate and its key go together.")
        host = host.strip("[]")
        if self.certificate is not None:
            _require_readable(self.certificate, self.certificate_key)
        if self.certificate is None and not _is_this_machine(host):
            raise Refusal(
                "listen_needs_tls",
                f"The card vault listens on {host} only with a certificate and its key.",
            )
        return host, int(port)


class VaultServer:
    """Serves an application until it is told to stop."""

    def __init__(self, listening: VaultAddress) -> None:
        """The socket is there when this returns. Raises Refusal when it may not or cannot be."""
        self._listening = listening
        host, port = listening.host_and_port()
        self._socket = _bound(host, port)
        self.url = f"{listening.scheme}://{_in_url(host)}:{self._socket.getsockname()[1]}"
        self._server: _Server | None = None
        self._stop = threading.Event()
        self.is_up = threading.Event()

    def run(self, application: ASGIApp) -> None:
        """Until `stop`, SIGTERM or SIGINT."""
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=FINISH_SECONDS,
            ssl_certfile=self._listening.certificate,
            ssl_keyfile=self._listening.certificate_key,
        )
        self._server = _Server(config, self.is_up)
        if not self._stop.is_set():
            self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Finish what runs and end; from any thread."""
        self._stop.set()
        if self._server is not None:
            self._server.should_exit = True

    def close(self) -> None:
        """Let the socket go."""
        self._socket.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, is_up: threading.Event) -> None:
        super().__init__(config)
        self._is_up = is_up

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._is_up.set()


def _require_readable(certificate: Path, key: Path | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as cause:
        raise Refusal(
            "certificate_unreadable", f"The certificate {certificate} and its key do not work."
        ) from cause


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio switches Nagle's algorithm off, which costs 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        return listening
    except OSError as cause:
        listening.close()
        raise Refusal(
            "listen_failed", f"Cannot listen on {host}:{port}: {cause.strerror}."
        ) from cause
