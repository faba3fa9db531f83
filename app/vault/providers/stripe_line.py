"""The line to Stripe's API: form bodies, one key per request that makes it repeatable.

The one body that holds card digits is built in place, sent from where it is, and overwritten; all
others go by the usual client. Any thread.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx2
import msgspec
import truststore

from app.values.errors import Refusal, Unreachable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
_LARGEST_ANSWER = 1_000_000
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class StripeAnswer:
    """Status and content of an answer."""

    status: int
    content: dict[str, Any]

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def is_certain(self) -> bool:
        """Whether a refusal says that nothing was done: a broken or busy server does not."""
        return 400 <= self.status < 500 and self.status not in {409, 429}

    @property
    def problem(self) -> str:
        """Stripe's code for what is wrong: the bank's own where there is one."""
        error = self.content.get("error") or {}
        return str(error.get("decline_code") or error.get("code") or "")


class StripeLine:
    """Asks Stripe. Raises Unreachable where nobody knows what came of it."""

    def __init__(self, secret: str, url: str) -> None:
        """Raises Refusal `provider_url_wrong`: https, or plain on this machine."""
        self._at = httpx2.URL(url)
        if self._at.scheme != "https" and self._at.host not in _LOCAL:
            raise Refusal("provider_url_wrong", "Stripe's address has to begin with https://.")
        self._authorization = f"Bearer {secret}"
        self._context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = httpx2.Client(
            base_url=url,
            verify=self._context,
            trust_env=False,
            follow_redirects=False,
            headers={"authorization": self._authorization},
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        )

    def post(self, path: str, fields: Mapping[str, str | int], key: str) -> StripeAnswer:
        """Raises Unreachable."""
        headers = {"content-type": _FORM, "idempotency-key": key}
        return self._ask("POST", path, headers, urlencode(fields).encode())

    def get(self, path: str) -> StripeAnswer:
        """Raises Unreachable."""
        return self._ask("GET", path, {}, b"")

    def post_card(
        self, path: str, card: Sequence[tuple[str, memoryview]], about: Mapping[str, str], key: str
    ) -> StripeAnswer:
        """Fields of a card, which are digits, and what goes along. Raises Unreachable."""
        pieces: list[bytes | memoryview] = [urlencode(about).encode()]
        for name, digits in card:
            pieces += [f"&{quote_plus(name)}=".encode(), digits]
        body = bytearray(sum(len(piece) for piece in pieces))
        try:
            place, whole = 0, memoryview(body)
            for piece in pieces:
                whole[place : place + len(piece)] = piece
                place += len(piece)
            return self._send(path, body, key)
        finally:
            for place in range(len(body)):
                body[place] = 0

    def close(self) -> None:
        """Let connections go."""
        self._client.close()

    def _send(self, path: str, body: bytearray, key: str) -> StripeAnswer:
        """By the standard library, which sends a bytearray as it lies and copies none of it."""
        line = self._connection()
        headers = {
            "authorization": self._authorization,
            "content-type": _FORM,
            "idempotency-key": key,
        }
        try:
            line.request("POST", path, body=body, headers=headers)
            reply = line.getresponse()
            return _read(reply.status, reply.read(_LARGEST_ANSWER))
        except (OSError, http.client.HTTPException) as cause:
            raise _silent() from cause
        finally:
            line.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._at.host, self._at.port
        if self._at.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=ANSWER_SECONDS, context=self._context
            )
        return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> StripeAnswer:
        try:
            reply = self._client.request(method, path, headers=headers, content=body)
        except httpx2.HTTPError as cause:
            raise _silent() from cause
        return _read(reply.status_code, reply.content)


def _read(status: int, content: bytes) -> StripeAnswer:
    try:
        return StripeAnswer(status, msgspec.json.decode(content, type=dict[str, Any]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        if status < 400:
            raise _silent() from None
        return StripeAnswer(status, {})


def _silent() -> Unreachable:
    return Unreachable("provider_silent", "The card provider did not answer in time.")
