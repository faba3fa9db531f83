"""The centre's end of the wire: one route for all operations, and what a load balancer asks.

Knows HTTP and nothing of orders. Queries and commands run on the service's threads, waits on the
event loop, sagas on threads of their own; the pool has a connection for each of the first. Ends
gracefully: no new connections, waits are told to answer now, what runs is finished, and nobody is
waited for who only keeps a connection open.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
import uvicorn
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import override

from app.services.central.dispatcher import Answer, Dispatcher, Envelope, status_of
from app.transport.loopback import is_this_machine
from app.transport.openapi import openapi
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids
from app.wire import signed
from app.wire.message import LARGEST_BODY_BYTES, RefusalView, encode
from app.wire.operation import Kind
from app.wire.operations import CENTRAL

T = TypeVar("T")

FINISH_SECONDS = 30
KEEP_ALIVE_SECONDS = 75
"""Longer than usual load balancers keep theirs, so that they close first."""
TLS_CLOSE_SECONDS = 0.5
"""How long a TLS peer may take to say goodbye; asyncio's half a minute would hold up the end."""
BACKLOG = 2048
_JSON = "application/json"
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_UNAVAILABLE = 503


SAGAS_PER_THREAD = 2
"""A saga waits for recorders and banks most of its time, and holds no connection meanwhile."""


class ServiceThreads:
    """The threads that queries, commands and the short looks of waits run on.

    Sagas have threads of their own, and each kind of them has: a bank that takes its time holds up
    no renewal, and no recording that is to be paused or to go on.
    """

    def __init__(self, count: int) -> None:
        self.stopping = asyncio.Event()
        self._limiter = CapacityLimiter(count)
        self._count = count
        self._saga_limiters: dict[str, CapacityLimiter] = {}

    async def run(self, work: Callable[[], T]) -> T:
        """The outcome of `work`, as soon as a thread is free for it."""
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    async def run_saga(self, operation: str, work: Callable[[], T]) -> T:
        """The outcome of a saga, as soon as a thread of its kind of operation is free."""
        kind = operation.partition(".")[0]
        limiter = self._saga_limiters.get(kind)
        if limiter is None:
            limiter = CapacityLimiter(self._count * SAGAS_PER_THREAD)
            self._saga_limiters[kind] = limiter
        return await anyio.to_thread.run_sync(work, limiter=limiter)


class Routes:
    """The ASGI application: the one operation route, documentation and health."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        ready: Callable[[], None],
        threads: ServiceThreads,
        clock: Clock,
        ids: Ids,
        version: str,
    ) -> None:
        """`ready` raises Refusal or Fault while the service could not do its work."""
        self._dispatcher = dispatcher
        self._ready = ready
        self._threads = threads
        self._clock = clock
        self._ids = ids
        self._openapi = json.dumps(openapi(CENTRAL, version)).encode()
        self.application = Starlette(
            routes=[
                Route("/v1/{operation}", self._operation, methods=[signed.METHOD]),
                Route("/openapi.json", self._document, methods=["GET"]),
                Route("/healthz", self._health, methods=["GET"]),
                Route("/readyz", self._readiness, methods=["GET"]),
            ],
            exception_handlers={HTTPException: self._no_such_route},
        )

    async def _operation(self, request: Request) -> Response:
        request_id = self._request_id(request)
        try:
            body = await _body(request)
        except Refusal as refusal:
            return self._response(_refused(refusal), request_id)
        except ClientDisconnect:
            return Response(status_code=400)
        envelope = Envelope(
            operation=request.path_params["operation"],
            headers=request.headers,
            body=body,
            request_id=request_id,
        )
        answer = await self._answer(envelope)
        return self._response(answer, request_id)

    def _request_id(self, request: Request) -> str:
        """As the desk named it, so that its log and ours tell of the same thing; else a new one."""
        named = request.headers.get(signed.REQUEST, "")
        return named if _REQUEST_ID.fullmatch(named) else self._ids.new().hex

    async def _answer(self, envelope: Envelope) -> Answer:
        match self._dispatcher.kind_of(envelope.operation):
            case Kind.WAIT:
                return await self._dispatcher.answer_wait(envelope, self._threads)
            case Kind.SAGA:
                work = partial(self._dispatcher.answer, envelope)
                return await self._threads.run_saga(envelope.operation, work)
            case _:
                return await self._threads.run(partial(self._dispatcher.answer, envelope))

    async def _document(self, request: Request) -> Response:
        del request
        return Response(self._openapi, media_type=_JSON)

    async def _health(self, request: Request) -> Response:
        del request
        return Response(b"{}", media_type=_JSON)

    async def _readiness(self, request: Request) -> Response:
        del request
        try:
            await self._threads.run(self._ready)
        except (Refusal, Fault) as reason:
            view = RefusalView(code=reason.code, sentence=reason.sentence)
            return Response(encode(view), status_code=_UNAVAILABLE, media_type=_JSON)
        return Response(b"{}", media_type=_JSON)

    async def _no_such_route(self, request: Request, problem: Exception) -> Response:
        del request
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        view = RefusalView(code="no_such_route", sentence="There is nothing at this address.")
        return self._response(Answer(status=status, body=encode(view)), self._ids.new().hex)

    def _response(self, answer: Answer, request_id: str) -> Response:
        headers = {
            signed.TIME: str(signed.milliseconds(self._clock.now())),
            signed.REQUEST: request_id,
            "cache-control": "no-store",
        }
        return Response(answer.body, answer.status, headers, media_type=_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen, and how it is kept private."""

    address: str
    certificate: Path | None = None
    certificate_key: Path | None = None
    behind_tls_proxy: bool = False

    def host_and_port(self) -> tuple[str, int]:
        """Raises Refusal `listen_malformed`."""
        return host_and_port(self.address)

    def require_private(self) -> None:
        """Raises Refusal `listen_needs_tls` or that the certificate is not as it should be."""
        if (self.certificate is None) != (self.certificate_key is None):
            raise Refusal("certificate_incomplete", "A certificate and its key go together.")
        if self.certificate is not None:
            _require_readable(self.certificate, self.certificate_key)
        host, _ = self.host_and_port()
        if self.certificate is None and not self.behind_tls_proxy and not is_this_machine(host):
            raise Refusal(
                "listen_needs_tls",
                f"To listen on {host}, give a certificate and its key, or say that a proxy"
                " in front of the service does TLS.",
            )


def host_and_port(address: str) -> tuple[str, int]:
    """Raises Refusal `listen_malformed`."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise Refusal("listen_malformed", "Say where to listen as HOST:PORT.")
    return host.strip("[]"), int(port)


class HttpServer:
    """Serves an application until it is told to stop."""

    def __init__(self, routes: Routes, threads: ServiceThreads, listening: Listening) -> None:
        """Raises Refusal when it may not or cannot listen there."""
        listening.require_private()
        self._socket = _bound(*listening.host_and_port())
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            routes.application,
            http="httptools",
            ws="none",
            loop="app.transport.server:service_loop",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=FINISH_SECONDS,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.certificate_key,
        )
        self._server = _Server(config, threads.stopping)

    def close(self) -> None:
        """Let the socket go; for when it never ran."""
        self._socket.close()

    def run(self) -> None:
        """Serve on this thread until `stop`, SIGTERM or SIGINT."""
        self._server.run(sockets=[self._socket])

    def wait_until_started(self, seconds: float) -> bool:
        """Whether it answers by then."""
        return self._server.is_up.wait(seconds)

    def stop(self) -> None:
        """Finish what runs and end; from any thread."""
        self._server.should_exit = True


class _Loop(asyncio.SelectorEventLoop if os.name == "posix" else asyncio.ProactorEventLoop):  # type: ignore[misc]  # the system's own
    """Gives up soon on TLS peers that do not answer a goodbye; uvicorn offers no way to say so."""

    @override
    async def create_server(self, *args: Any, **named: Any) -> asyncio.Server:
        if named.get("ssl") is not None:
            named.setdefault("ssl_shutdown_timeout", TLS_CLOSE_SECONDS)
        server: asyncio.Server = await super().create_server(*args, **named)
        return server


def service_loop() -> asyncio.AbstractEventLoop:
    """A loop for the server."""
    return _Loop()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._stopping = stopping

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Before uvicorn waits for connections to end: waits would hold them for half a minute.
        self._stopping.set()
        await super().shutdown(sockets)


def _require_readable(certificate: Path, key: Path | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as cause:
        raise Refusal(
            "certificate_unreadable", f"The certificate {certificate} and its key do not work."
        ) from cause


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio looks for it before it switches off Nagle's algorithm;
    # without that every answer waits 40 ms for the other side's delayed acknowledgement.
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


async def _body(request: Request) -> bytes:
    """The body, read no further than it may be long. Raises Refusal `body_too_large`."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > LARGEST_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refusal:
    return Refusal("body_too_large", "That is too much at once.")


def _refused(refusal: Refusal) -> Answer:
    view = RefusalView(code=refusal.code, sentence=refusal.sentence, field=refusal.field)
    return Answer(status=status_of(refusal.code), body=encode(view))
