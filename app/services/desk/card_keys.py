"""Which key card data are sealed to: only one that the root key of the card vault has signed.

The root key comes with the desk's settings, or is the policy's at first sight and remembered, so
that the centre cannot put another in its place unnoticed. Any lane.
"""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.services.desk import memory
from app.services.rules.card_keys import signed_part
from app.store.desk import DeskStore
from app.values.errors import Refusal
from app.wire.payments import CardKey
from app.wire.sync import Policy


class RootKey:
    """The vault's root key as this seat knows it. `given`: from its settings, else empty."""

    def __init__(self, store: DeskStore, given: str) -> None:
        self._store = store
        self._given = given

    def trust_again(self) -> None:
        """Take the policy's root key at its next sight, whatever was remembered."""
        with self._store.write() as connection:
            memory.remember(connection, memory.CARD_ROOT_KEY, "")

    def pinned(self) -> str:
        """The root key to go by, in base64url.

        Raises Refusal `no_cards` where there is none, `card_key_changed` where the policy has
        another one than before.
        """
        if self._given:
            return self._given
        with self._store.read() as connection:
            policy = memory.recalled(connection, memory.POLICY, Policy)
            known = memory.recalled(connection, memory.CARD_ROOT_KEY, str)
        if policy is None or not policy.card_root_key:
            raise Refusal(
                "no_cards",
                "No card can be taken here: there is no card vault. Please choose another way to "
                "pay.",
            )
        if known and known != policy.card_root_key:
            raise Refusal(
                "card_key_changed",
                "The root key of the card vault is another one than before, so no card is taken at "
                "this desk. Please tell your administrator.",
            )
        if not known:
            with self._store.write() as connection:
                memory.remember(connection, memory.CARD_ROOT_KEY, policy.card_root_key)
        return policy.card_root_key


def require_trusted(key: CardKey, root_key: str, now: datetime) -> None:
    """Raises Refusal `card_key_untrusted` or `card_key_out_of_date`; `now` is the centre's time."""
    try:
        root = Ed25519PublicKey.from_public_bytes(_bytes(root_key))
        root.verify(_bytes(key.signature), signed_part(key))
    except (ValueError, InvalidSignature) as cause:
        raise Refusal(
            "card_key_untrusted",
            "The key for card details is not signed by the card vault, so no card is taken. Please "
            "tell your administrator.",
        ) from cause
    if not key.not_before <= now < key.expires_at:
        raise Refusal(
            "card_key_out_of_date",
            "The key for card details is not valid today, so no card is taken. Please tell your "
            "administrator.",
        )


def _bytes(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
