"""The vault's end of its HTTP contract (`wire/vault.py`), and the sandbox's pay page.

Knows HTTP and who may come in. Bodies are never logged: they hold envelopes. What blocks runs on
worker threads; routes run on the event loop.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from app.services.ports import EventLog
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids
from app.vault.links import Button, PayPages
from app.vault.pay_page import HEADERS, PATH, Page
from app.vault.vault import Vault
from app.wire.message import Nothing, RefusalView, decode, encode
from app.wire.vault import AskAttempted, AskLink, Authorise, MoveMoney, OfferLink

T = TypeVar("T")

LARGEST_BODY_BYTES = 16 * 1024
THREADS = 32
MARK = "readback-vault"
"""Header of every answer of a vault: what has none comes from something in between."""
_JSON = "application/json"
_STATUS = {
    "unauthorised": 401,
    "no_such_route": 404,
    "attempt_unknown": 404,
    "link_unknown": 404,
    "malformed": 400,
    "body_too_large": 413,
}
_UNPROCESSABLE = 422
_BROKEN = 500

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Operation:
    """One route: what is asked, and what of the vault answers."""

    request: type[Any]
    answer: Callable[[Any], object]


class Application:
    """The ASGI application."""

    def __init__(
        self,
        vault: Vault,
        token: bytes,
        surroundings: tuple[Clock, Ids, EventLog],
        pages: PayPages | None = None,
    ) -> None:
        """`pages`: those of the sandbox."""
        self._token = _digest(token)
        self._clock, self._ids, self._log = surroundings
        self._pages = pages
        self._limiter = CapacityLimiter(THREADS)
        self._operations = _operations(vault)
        routes = [
            Route("/v1/{operation}", self._operation, methods=["POST"]),
            Route("/healthz", self._health, methods=["GET"]),
        ]
        if pages is not None:
            routes += [
                Route(f"{PATH}/{{token}}", partial(self._open, pages), methods=["GET"]),
                Route(
                    f"{PATH}/{{token}}/{{button}}", partial(self._press, pages), methods=["POST"]
                ),
            ]
        self.asgi = Starlette(
            routes=routes,
            exception_handlers={HTTPException: self._no_such_route, Exception: self._broken},
        )

    async def _operation(self, request: Request) -> Response:
        started = self._clock.monotonic()
        name = request.path_params["operation"]
        try:
            response, code = await self._answered(name, request), None
        except Refusal as refusal:
            status = _STATUS.get(refusal.code, _UNPROCESSABLE)
            response, code = _said_against(refusal, status), refusal.code
        except Fault as fault:
            response, code = self._fault(name, fault), fault.code
        except ClientDisconnect:
            return Response(status_code=400)
        self._log.write(
            "request",
            operation=name if name in self._operations else None,
            status=response.status_code,
            code=code,
            ms=round((self._clock.monotonic() - started) * 1000, 1),
        )
        return response

    async def _answered(self, name: str, request: Request) -> Response:
        self._require_known(request)
        operation = self._operations.get(name)
        if operation is None:
            raise Refusal("no_such_route", "There is nothing at this address.")
        body = await _body(request)
        asked = decode(body, operation.request)
        view = await self._run(partial(operation.answer, asked))
        return _response(encode(view), 200)

    async def _run(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    def _require_known(self, request: Request) -> None:
        """Compared by digest, so that neither its content nor its length shows in the time."""
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        given = _digest(shown.strip().encode("utf-8", "surrogateescape"))
        if kind.lower() != "bearer" or not hmac.compare_digest(given, self._token):
            raise Refusal("unauthorised", "The card vault does not know who is asking.")

    def _fault(self, name: str, fault: Fault) -> Response:
        incident = self._ids.new().hex[-8:]
        self._log.write("fault", operation=name, code=fault.code, incident=incident)
        view = RefusalView(code=fault.code, sentence=fault.sentence, incident=incident)
        return _response(encode(view), _BROKEN)

    async def _health(self, request: Request) -> Response:
        del request
        return _response(b"{}", 200)

    async def _open(self, pages: PayPages, request: Request) -> Response:
        return _page(await self._run(partial(pages.open, request.path_params["token"])))

    async def _press(self, pages: PayPages, request: Request) -> Response:
        try:
            button = Button(request.path_params["button"])
        except ValueError:
            raise HTTPException(404) from None
        return _page(await self._run(partial(pages.press, request.path_params["token"], button)))

    async def _no_such_route(self, request: Request, problem: Exception) -> Response:
        del request
        status = problem.status_code if isinstance(problem, HTTPException) else _BROKEN
        return _said_against(Refusal("no_such_route", "There is nothing at this address."), status)

    async def _broken(self, request: Request, problem: Exception) -> Response:
        """A bug; only its kind is told."""
        del request
        incident = self._ids.new().hex[-8:]
        self._log.write("fault", error=type(problem).__name__, incident=incident)
        view = RefusalView(code="fault", sentence="The card vault is broken.", incident=incident)
        return _response(encode(view), _BROKEN)


def _operations(vault: Vault) -> dict[str, _Operation]:
    return {
        "keys": _Operation(Nothing, partial(_ask_nothing, vault.keys)),
        "authorise": _Operation(Authorise, vault.authorise),
        "attempt": _Operation(AskAttempted, vault.attempt),
        "capture": _Operation(MoveMoney, vault.capture),
        "void": _Operation(MoveMoney, vault.void),
        "refund": _Operation(MoveMoney, vault.refund),
        "offer_link": _Operation(OfferLink, vault.offer_link),
        "link": _Operation(AskLink, vault.link),
        "cancel_link": _Operation(AskLink, vault.cancel_link),
    }


async def _body(request: Request) -> bytes:
    """The body, read no further than it may be long. Raises Refusal `body_too_large`."""
    body = bytearray()
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > LARGEST_BODY_BYTES:
        raise _too_large()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refusal:
    return Refusal("body_too_large", "That is too much at once.")


def _said_against(refusal: Refusal, status: int) -> Response:
    view = RefusalView(code=refusal.code, sentence=refusal.sentence, field=refusal.field)
    return _response(encode(view), status)


def _response(body: bytes, status: int) -> Response:
    headers = {MARK: "1", "cache-control": "no-store"}
    return Response(body, status, headers, media_type=_JSON)


def _page(page: Page) -> Response:
    return Response(page.html, page.status, HEADERS, media_type="text/html")


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _ask_nothing(answer: Callable[[], object], asked: Nothing) -> object:
    del asked
    return answer()
