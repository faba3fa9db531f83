"""Whether card keys were signed by the root key they come with, and by the one we know. Pure."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.services.rules.card_keys import signed_part
from app.values.errors import Refusal
from app.wire.vault import CardKeys


def require_signed(keys: CardKeys, root_key: str = "") -> None:
    """Raises Refusal `card_keys_wrong`; the desk looks again, and trusts nobody but its policy."""
    try:
        if root_key and keys.root_key != root_key:
            raise InvalidSignature
        root = Ed25519PublicKey.from_public_bytes(_bytes(keys.root_key))
        for key in keys.keys:
            root.verify(_bytes(key.signature), signed_part(key))
    except (InvalidSignature, ValueError) as cause:
        raise Refusal(
            "card_keys_wrong",
            "Cards cannot be taken: the keys of the card gateway do not check out. Please tell your"
            " administrator.",
        ) from cause


def _bytes(text: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as cause:
        raise ValueError("not base64url") from cause
