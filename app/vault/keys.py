"""The vault's keys: one root key that signs, and card keys that open envelopes.

`root.key` is only needed to make card keys and may be kept elsewhere; `serve` needs the signed card
keys and the public half. A card key is taken out of the folder when no envelope sealed to it can
still be on its way. Any thread.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.services.rules.card_keys import signed_part, to_sign
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids
from app.vault.private_files import (
    make_private_folder,
    read_private,
    require_private,
    write_private,
)
from app.wire.message import decode, encode
from app.wire.payments import CardKey
from app.wire.vault import CardKeys

RSA_BITS = 3072
PUBLIC_EXPONENT = 65_537
USUAL_LIFE = timedelta(days=90)
BACKDATED = timedelta(minutes=10)
"""So that a desk whose clock is a little slow takes a new key at once."""
ROOT_FILE = "root.key"
ROOT_PUBLIC_FILE = "root.pub"
TOKEN_FILE = "token"  # noqa: S105 - the name of the file, not what is in it


@dataclass(frozen=True, slots=True, repr=False)
class _Pair:
    """A card key as it is offered, and what opens envelopes sealed to it."""

    offered: CardKey
    private: RSAPrivateKey


class KeyFolder:
    """The keys in a folder that only the vault's account can read."""

    def __init__(self, folder: Path, clock: Clock, grace: timedelta = timedelta(hours=1)) -> None:
        """`grace`: for how long after its end a key still opens envelopes on their way."""
        self._folder = folder
        self._clock = clock
        self._grace = grace
        self._lock = threading.Lock()
        self._pairs: dict[str, _Pair] = {}

    def create(self, ids: Ids, life: timedelta = USUAL_LIFE) -> CardKey:
        """Root key, token and the first card key. Raises Refusal `vault_exists`."""
        make_private_folder(self._folder)
        if (self._folder / ROOT_PUBLIC_FILE).exists():
            raise Refusal("vault_exists", f"There is a vault in {self._folder} already.")
        root = Ed25519PrivateKey.generate()
        write_private(self._folder / ROOT_FILE, _pem(root))
        write_private(self._folder / TOKEN_FILE, secrets.token_urlsafe(32).encode())
        public = root.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        write_private(self._folder / ROOT_PUBLIC_FILE, base64url(public).encode())
        return self.rotate(ids, life)

    def root_key(self) -> str:
        """The public root key that desks pin: Ed25519, base64url. Raises Refusal `vault_absent`."""
        path = self._folder / ROOT_PUBLIC_FILE
        if not path.exists():
            raise Refusal(
                "vault_absent", f"There is no vault in {self._folder}. Run readback vault init."
            )
        require_private(self._folder)
        return read_private(path).decode("ascii", errors="replace").strip()

    def token(self) -> bytes:
        """What the central service shows to be let in."""
        return read_private(self._folder / TOKEN_FILE).strip()

    def rotate(self, ids: Ids, life: timedelta = USUAL_LIFE, root: Path | None = None) -> CardKey:
        """A new card key, which is offered first from now on; `root`: where the root key lies."""
        private = generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=RSA_BITS)
        now = self._clock.now().replace(microsecond=0)
        kid = f"card-{now:%Y%m%d}-{ids.new().hex[-8:]}"
        key = self.sign(kid, private.public_key(), now + life, root)
        make_private_folder(self._folder / "keys")
        write_private(self._pem_of(kid), _pem(private))
        # Its note is what makes it a card key: a crash before this leaves nothing that is offered.
        write_private(self._note_of(kid), encode(key))
        self._refresh()
        return key

    def sign(
        self, kid: str, public: RSAPublicKey, expires_at: datetime, root: Path | None = None
    ) -> CardKey:
        """A key that desks may seal to, ours or a gateway's own. Raises `root_key_wrong`."""
        numbers = public.public_numbers()
        modulus, exponent = base64url(_bytes_of(numbers.n)), base64url(_bytes_of(numbers.e))
        not_before = self._clock.now().replace(microsecond=0) - BACKDATED
        signature = self._root(root).sign(to_sign(kid, modulus, exponent, not_before, expires_at))
        return CardKey(
            kid=kid,
            modulus=modulus,
            exponent=exponent,
            not_before=not_before,
            expires_at=expires_at,
            signature=base64url(signature),
        )

    def offered(self) -> CardKeys:
        """What may be sealed to now, the newest first. Raises Fault `card_keys_expired`."""
        self._refresh()
        now = self._clock.now()
        with self._lock:
            keys = [pair.offered for pair in self._pairs.values()]
        valid = [key for key in keys if key.not_before <= now < key.expires_at]
        if not valid:
            raise Fault(
                "card_keys_expired",
                "The vault has no card key that is still good. Please run readback vault rotate.",
            )
        return CardKeys(keys=tuple(sorted(valid, key=_age, reverse=True)), root_key=self.root_key())

    def private(self, kid: str) -> RSAPrivateKey:
        """What opens envelopes sealed to a key. Raises Refusal `envelope_key_unknown`."""
        with self._lock:
            pair = self._pairs.get(kid)
        if pair is None:
            self._refresh()
            with self._lock:
                pair = self._pairs.get(kid)
        if pair is None or self._is_over(pair.offered):
            raise Refusal(
                "envelope_key_unknown",
                "The card was sealed with a key that is no longer in use. Please take it again.",
            )
        return pair.private

    def _root(self, path: Path | None) -> Ed25519PrivateKey:
        place = path or self._folder / ROOT_FILE
        wanted = self.root_key()
        root = _loaded(read_private(place), place)
        if isinstance(root, Ed25519PrivateKey):
            public = root.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            if base64url(public) == wanted:
                return root
        raise Refusal("root_key_wrong", f"{place} is not the root key of this vault.")

    def _refresh(self) -> None:
        """Take in keys that were made since, and take away those that are over."""
        with self._lock:
            for note in sorted((self._folder / "keys").glob("*.json")):
                if note.stem not in self._pairs:
                    self._take_in(note)
            for kid in [k for k, pair in self._pairs.items() if self._is_over(pair.offered)]:
                del self._pairs[kid]

    def _take_in(self, note: Path) -> None:
        key = decode(read_private(note), CardKey)
        if self._is_over(key):
            note.unlink(missing_ok=True)
            self._pem_of(key.kid).unlink(missing_ok=True)
            return
        private = _loaded(read_private(self._pem_of(note.stem)), self._pem_of(note.stem))
        if not isinstance(private, RSAPrivateKey) or not self._is_ours(key, private, note.stem):
            raise Fault("card_key_forged", f"The card key {note.stem} is not one of this vault's.")
        self._pairs[key.kid] = _Pair(key, private)

    def _is_ours(self, key: CardKey, private: RSAPrivateKey, kid: str) -> bool:
        numbers = private.public_key().public_numbers()
        try:
            root = Ed25519PublicKey.from_public_bytes(from_base64url(self.root_key()))
            root.verify(from_base64url(key.signature), signed_part(key))
        except (InvalidSignature, ValueError):
            return False
        return key.kid == kid and key.modulus == base64url(_bytes_of(numbers.n))

    def _is_over(self, key: CardKey) -> bool:
        return self._clock.now() >= key.expires_at + self._grace

    def _pem_of(self, kid: str) -> Path:
        return self._folder / "keys" / f"{kid}.pem"

    def _note_of(self, kid: str) -> Path:
        return self._folder / "keys" / f"{kid}.json"


def base64url(content: bytes) -> str:
    """Without padding. Source: RFC 7515, 2."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Raises ValueError for anything but the one way to write those bytes."""
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as cause:
        raise ValueError("not base64url") from cause
    if base64url(content) != text:
        raise ValueError("not base64url")
    return content


def _pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _loaded(pem: bytes, path: Path) -> object:
    try:
        return load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise Fault("vault_folder_broken", f"{path} is not a private key.") from cause


def _bytes_of(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _age(key: CardKey) -> tuple[datetime, str]:
    return key.not_before, key.kid
