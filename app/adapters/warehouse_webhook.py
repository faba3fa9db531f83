"""A warehouse that is told by webhook: one signed POST per message, and what counts as an answer.

The contract is in docs/warehouse.md. Only an answer of 2xx that names the message and says what
became of it counts; anything else (a portal's page, half an answer, silence) is Unreachable, and
the same message is sent again under its id. Blocks; used by one thread at a time.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import httpx2
import truststore

from app.adapters.recorders.options import is_this_machine
from app.values.clock import Clock
from app.values.errors import Refusal, Unreachable
from app.wire.message import decode, encode
from app.wire.warehouse import HandOver, HandOverAnswer
from app.wire.webhook_signature import signed_headers

CONNECT_S = 3.0
ANSWER_S = 10.0
LARGEST_ANSWER = 100_000
_TAKEN = range(200, 300)
_REFUSED = range(400, 500)
_ABOUT_ALL = {401, 403, 404, 408, 425, 429}
"""Words of the protocol that are about the address, the secret or the moment, not the message."""


class WarehouseWebhook:
    """Implements WarehouseLine."""

    def __init__(
        self, url: str, keys: Sequence[bytes], clock: Clock, answer_s: float = ANSWER_S
    ) -> None:
        """Raises Refusal `settings_malformed`: https, or plain on this machine."""
        _require_safe(url)
        self._url = url
        self._keys = tuple(keys)
        self._clock = clock
        self._client = httpx2.Client(
            verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            follow_redirects=False,
            headers={"content-type": "application/json"},
            limits=httpx2.Limits(max_connections=2),
            timeout=httpx2.Timeout(answer_s, connect=CONNECT_S),
        )

    def tell(self, message: HandOver, position: int) -> HandOverAnswer:
        """Its answer. Raises Unreachable, or Refusal where it does not take this very message."""
        del position
        body = encode(message)
        # Signed anew each time: the warehouse takes no signature that is minutes old.
        headers = signed_headers(self._keys, message.id, self._clock.now(), body)
        try:
            reply = self._client.post(self._url, content=body, headers=headers)
        except (httpx2.HTTPError, RuntimeError) as cause:
            # RuntimeError: the client was closed by a service that ends.
            raise Unreachable("warehouse_away", "The warehouse did not answer.") from cause
        if reply.status_code not in _TAKEN:
            sentence = f"The warehouse answered with the status {reply.status_code}."
            kind = Refusal if _is_about_this(reply.status_code) else Unreachable
            raise kind(f"warehouse_{reply.status_code}", sentence)
        return _answer(reply.content, message.id)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()


def _is_about_this(status: int) -> bool:
    return status in _REFUSED and status not in _ABOUT_ALL


def _answer(content: bytes, message_id: str) -> HandOverAnswer:
    unclear = Unreachable("warehouse_unclear", "The warehouse's answer could not be understood.")
    if len(content) > LARGEST_ANSWER:
        raise unclear
    try:
        answer = decode(content, HandOverAnswer)
    except Refusal as cause:
        raise unclear from cause
    if answer.id != message_id:
        raise unclear
    return answer


def _require_safe(url: str) -> None:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as cause:
        raise Refusal("settings_malformed", f"[centre.warehouse] {url} is no address.") from cause
    if parsed.scheme == "https" and parsed.host:
        return
    if parsed.scheme != "http" or not is_this_machine(parsed.host):
        raise Refusal(
            "settings_malformed",
            "[centre.warehouse] the warehouse's address has to begin with https://.",
        )
