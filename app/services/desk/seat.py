"""A seat: who this desk is to the centre, and that only one program at a time is it.

Enrolment makes the device key and asks the centre once; opening a seat needs no network. The
identity is no secret and lies beside the store; the device key lies in the key store.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.services.desk.seat_identity import IDENTITY_FILE, SeatIdentity, read_identity
from app.services.ports import Caller, KeyStore
from app.store.file_lock import hold
from app.store.journal import sync_folder
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, Incarnation
from app.wire.message import encode
from app.wire.operations import ENROL_DEVICE
from app.wire.people import Enrol

DEVICE_KEY = "device-key"
STORE_KEY = "store-key"
_LOCK = "seat.lock"


class Seat:
    """A seat that this program holds until `close`."""

    def __init__(
        self, folder: Path, identity: SeatIdentity, key: ec.EllipticCurvePrivateKey, lock: int
    ) -> None:
        self.folder = folder
        self.identity = identity
        self._key = key
        self._lock = lock

    def sign(self, message: bytes) -> bytes:
        """ECDSA signature with SHA-256 (P-256, DER). Any thread."""
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))

    def close(self) -> None:
        """Let another program have the seat."""
        os.close(self._lock)


def enrol(folder: Path, code: str, keys: KeyStore, centre: Caller, ids: Ids) -> SeatIdentity:
    """Make this folder a seat, with the one-time code of an administrator.

    What waits there from an earlier enrolment is kept and sent as the new seat. Raises the centre's
    Refusal, Unreachable, or Fault `keyring_unavailable`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    incarnation = Incarnation(ids.new())
    request = Enrol(code=code.strip(), public_key=public.decode("ascii"), incarnation=incarnation)
    enrolled = centre.call(ENROL_DEVICE, request)
    identity = SeatIdentity(
        device_id=enrolled.device_id,
        incarnation=incarnation,
        name=enrolled.name,
        extension=enrolled.extension,
        escrow_public_key=enrolled.escrow_public_key,
    )
    private = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    keys.put(DEVICE_KEY, private)
    write_durably(folder / IDENTITY_FILE, encode(identity))
    return identity


def open_seat(folder: Path, keys: KeyStore) -> Seat:
    """Take the seat.

    Raises Refusal `seat_needs_enrolment` or `seat_in_use`, or Fault `keyring_unavailable`.
    """
    identity = read_identity(folder)
    if identity is None:
        raise _needs_enrolment()
    key = _device_key(keys)
    return Seat(folder, identity, key, _locked(folder / _LOCK))


def write_durably(path: Path, content: bytes) -> None:
    """Put a small file in place whole or not at all, for its owner only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def _device_key(keys: KeyStore) -> ec.EllipticCurvePrivateKey:
    raw = keys.get(DEVICE_KEY)
    if raw is None:
        raise _needs_enrolment()
    try:
        key = serialization.load_der_private_key(raw, password=None)
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise _needs_enrolment() from cause
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _needs_enrolment()
    return key


def _needs_enrolment() -> Refusal:
    return Refusal(
        "seat_needs_enrolment",
        "The central service does not know this desk yet. Please ask an administrator for a code.",
        "code",
    )


def _locked(path: Path) -> int:
    """An open file that no second program can lock while this one lives."""
    try:
        held = hold(path)
    except OSError as cause:
        raise Fault("seat_unusable", "The folder of this desk cannot be locked.") from cause
    if held is None:
        raise Refusal("seat_in_use", "Readback is already open at this seat.")
    return held
