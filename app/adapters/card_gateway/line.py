"""The centre's line to what opens envelopes: JSON over HTTPS, a token, and what silence means.

Blocks; used by several threads at once. Whatever is not clearly an answer of the other side is
Unreachable: the outcome is unknown, and the same request may be sent again under its id.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import truststore

from app.values.errors import Refusal, Unreachable

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 30.0
CONNECTIONS = 32
LARGEST_ANSWER = 1_000_000
_UNAUTHORISED = {401, 403}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers with names in small letters, content."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class GatewayLine:
    """Asks one gateway."""

    def __init__(self, url: str, token: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        """Raises Refusal `settings_malformed`: https, or plain on this machine."""
        _require_safe(url)
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            follow_redirects=False,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            limits=httpx2.Limits(max_connections=CONNECTIONS),
            timeout=httpx2.Timeout(answer_seconds, connect=CONNECT_SECONDS),
        )

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises Unreachable, or Refusal `gateway_closed` where our token is not taken."""
        return self._ask("POST", path, body, dict(headers or {}))

    def get(self, path: str) -> Answer:
        """Raises as `post`."""
        return self._ask("GET", path, b"", {})

    def close(self) -> None:
        """Let connections go."""
        self._client.close()

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            reply = self._client.request(method, path, content=body, headers=headers)
        except (httpx2.HTTPError, RuntimeError) as cause:
            # RuntimeError: the client was closed by a service that ends.
            raise away() from cause
        if reply.status_code in _UNAUTHORISED:
            raise Refusal(
                "gateway_closed",
                "Cards cannot be taken: the card gateway does not know this service. Nothing was"
                " taken. Please tell your administrator.",
            )
        return Answer(reply.status_code, reply.headers, reply.content)


def away() -> Unreachable:
    """Nobody knows what came of it."""
    return Unreachable("gateway_away", "The card gateway did not answer.")


def read_token(path: Path) -> str:
    """The token in a file. Raises Refusal `settings_malformed`."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise Refusal("settings_malformed", f"The token file {path} cannot be read.") from cause
    if not token:
        raise Refusal("settings_malformed", f"The token file {path} is empty.")
    return token


def _require_safe(url: str) -> None:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as cause:
        raise Refusal("settings_malformed", f"{url} is not an address.") from cause
    if parsed.scheme == "https" and parsed.host:
        return
    if parsed.scheme != "http" or not _is_this_machine(parsed.host):
        raise Refusal(
            "settings_malformed", "The card gateway's address has to begin with https://."
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
