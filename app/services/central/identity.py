"""Who asks: proves seat and person of every request, and opens and closes sessions.

A request is signed with the key of its seat (`wire/signed.py`); a person's session belongs to one
seat and is worth nothing at another. Runs on service threads, inside the dispatcher's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import ColumnElement, Row, and_, bindparam, insert, select, update

from app.models.central.people import Credential, Device, Person, SessionRow
from app.services.central.passwords import Passwords
from app.services.central.transaction import (
    Actor,
    Handlers,
    KeptRefusal,
    Seat,
    SignedIn,
    Transaction,
)
from app.values.errors import Refusal
from app.values.identity import DeviceId, Incarnation, PersonId, SessionId
from app.wire import operations
from app.wire.message import Nothing
from app.wire.operation import Signer
from app.wire.people import PERMISSIONS, PersonView, Session, SignIn, SignOut
from app.wire.signed import CLOCK_TOLERANCE_MS, Head, milliseconds
from app.wire.webhook_signature import require_signed

TRIES_MOST = 10
LOCK_OUT = timedelta(minutes=30)
"""PCI DSS 8.3.4: at most ten tries, then half an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came with a request to prove who asks."""

    head: Head
    signature: bytes
    path: str
    body: bytes


class Identity:
    """Proves who asks, and signs people in and out."""

    def __init__(self, passwords: Passwords, session_hours: int) -> None:
        self._passwords = passwords
        self._warehouse_keys: tuple[bytes, ...] = ()
        self._session_life = timedelta(hours=session_hours)

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.SIGN_IN_AT_CENTRE, self.sign_in)
        handlers.add(operations.SIGN_OUT_AT_CENTRE, self.sign_out)

    def prove(self, tx: Transaction, signer: Signer, proof: Proof) -> Actor:
        """Who asks, as far as `signer` demands it.

        Raises Refusal `device_unknown`, `device_revoked`, `signature_wrong`, `clock_wrong` or
        `session_over`.
        """
        row = _known(tx, proof.head)
        seat = _proved_seat(row, proof)
        if abs(milliseconds(tx.at) - proof.head.at_ms) > CLOCK_TOLERANCE_MS:
            raise Refusal("clock_wrong", "This computer's clock is not right.")
        person = _proved_person(tx, row) if signer is Signer.PERSON else None
        return Actor(device=seat, person=person, command_id=proof.head.key)

    def believe_warehouse(self, keys: Sequence[bytes]) -> None:
        """Whoever signs with one of these is the warehouse; nobody is until then."""
        self._warehouse_keys = tuple(keys)

    def require_warehouse(self, tx: Transaction, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Refusal `unsigned`, `signature_wrong` or `clock_wrong`."""
        require_signed(self._warehouse_keys, headers, body, tx.at)

    def sign_in(self, tx: Transaction, actor: Actor, request: SignIn) -> Session:
        """Open a session at the asking seat.

        Raises Refusal `sign_in_wrong` or `locked_out`.
        """
        person = self.require_person(tx, request.login, request.password)
        return self._open(tx, actor.seat, person)

    def require_person(self, tx: Transaction, login: str, password: str) -> Person:
        """Whose name and password these are; what was tried in vain is counted and audited.

        Raises Refusal `sign_in_wrong` or `locked_out`.
        """
        with self._passwords.turn():
            person, credential = _by_login(tx, login.strip().lower())
            kept = credential.password_hash if credential is not None else None
            right = self._passwords.matches(kept, password)
            if person is None or credential is None:
                raise _wrong()
            tx.about(person.person_id)
            if credential.locked_until is not None and credential.locked_until > tx.at:
                raise _locked_out()
            if not right:
                raise _failure(tx, credential)
            renewed = self._passwords.renewed(credential.password_hash, password)
        credential.password_hash = renewed or credential.password_hash
        credential.failed_tries = 0
        credential.locked_until = None
        return person

    def sign_out(self, tx: Transaction, actor: Actor, request: SignOut) -> Nothing:
        """Close the session that asks."""
        del request
        close_sessions(tx, SessionRow.session_id == actor.signed_in.session_id)
        tx.about(actor.signed_in.person_id)
        return Nothing()

    def _open(self, tx: Transaction, seat: Seat, person: Person) -> Session:
        close_sessions(
            tx,
            and_(SessionRow.person_id == person.person_id, SessionRow.device_id == seat.device_id),
        )
        token = secrets.token_urlsafe(32)
        session_id = SessionId(tx.ids.new())
        expires_at = tx.at + self._session_life
        tx.connection.execute(
            insert(SessionRow).values(
                session_id=session_id,
                token_hash=token_hash(token),
                person_id=person.person_id,
                device_id=seat.device_id,
                opened_at=tx.at,
                expires_at=expires_at,
            )
        )
        return Session(
            session_id=session_id,
            token=token,
            person=view_of(person),
            permissions=PERMISSIONS[person.role],
            expires_at=expires_at,
        )


def view_of(person: Person) -> PersonView:
    """A person as colleagues see them."""
    return PersonView(
        person_id=PersonId(person.person_id),
        login=person.login,
        name=person.name,
        role=person.role,
        team=person.team,
    )


def token_hash(token: str) -> bytes:
    """What is kept of a session token; it is random enough for a plain hash."""
    return sha256(token.encode()).digest()


def close_sessions(tx: Transaction, which: ColumnElement[bool]) -> None:
    """Close open sessions; whoever uses one next has to sign in again."""
    tx.connection.execute(
        update(SessionRow).where(SessionRow.closed_at.is_(None), which).values(closed_at=tx.at)
    )


@lru_cache(maxsize=4096)
def public_key_of(pem: str) -> ec.EllipticCurvePublicKey:
    """A P-256 public key. Raises Refusal `public_key_malformed`."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as cause:
        raise Refusal("public_key_malformed", "That is not a public key.", "public_key") from cause
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refusal("public_key_malformed", "A seat's key is on the curve P-256.", "public_key")
    return key


_Known = Row[*tuple[Any, ...]]
_PROOF_COLUMNS = (
    Device.device_id,
    Device.name.label("device_name"),
    Device.extension,
    Device.public_key,
    Device.incarnation,
    Device.revoked_at,
    SessionRow.session_id,
    SessionRow.expires_at,
    Person.person_id,
    Person.role,
    Person.team,
)


# Built once: putting it together takes longer than PostgreSQL needs to answer it.
_PROOF = (
    select(*_PROOF_COLUMNS)
    .select_from(Device)
    .outerjoin(
        SessionRow,
        and_(
            SessionRow.token_hash == bindparam("token_hash"),
            SessionRow.device_id == Device.device_id,
            SessionRow.closed_at.is_(None),
        ),
    )
    .outerjoin(
        Person,
        and_(Person.person_id == SessionRow.person_id, Person.disabled_at.is_(None)),
    )
    .where(Device.device_id == bindparam("asking_device"))
)


def _known(tx: Transaction, head: Head) -> _Known | None:
    """Seat, session and person in one statement; those that do not hold are None."""
    token = token_hash(head.session) if head.session is not None else b""
    values = {"token_hash": token, "asking_device": head.device_id}
    return tx.connection.execute(_PROOF, values).one_or_none()


def _proved_seat(row: _Known | None, proof: Proof) -> Seat:
    if row is None or row.public_key is None:
        raise Refusal("device_unknown", "This seat is not known here. It has to be enrolled first.")
    if row.revoked_at is not None:
        raise Refusal("device_revoked", "This seat was taken out of service by an administrator.")
    signed = proof.head.to_sign(proof.path, proof.body)
    try:
        public_key_of(row.public_key).verify(proof.signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature as cause:
        raise Refusal("signature_wrong", "This seat could not prove who it is.") from cause
    return Seat(
        device_id=DeviceId(row.device_id),
        incarnation=Incarnation(row.incarnation),
        name=row.device_name,
        extension=row.extension,
    )


def _proved_person(tx: Transaction, row: _Known | None) -> SignedIn:
    if row is None or row.person_id is None or row.expires_at <= tx.at:
        raise Refusal("session_over", "Your sign-in has ended. Please sign in again.")
    return SignedIn(
        person_id=PersonId(row.person_id),
        session_id=SessionId(row.session_id),
        role=row.role,
        team=row.team,
        permissions=PERMISSIONS[row.role],
    )


def _by_login(tx: Transaction, login: str) -> tuple[Person | None, Credential | None]:
    """Person and locked credential, or nobody."""
    found = tx.session.execute(
        select(Person, Credential)
        .join(Credential, Credential.person_id == Person.person_id)
        .where(Person.login == login, Person.disabled_at.is_(None))
        .with_for_update(of=Credential)
    ).one_or_none()
    return (found[0], found[1]) if found is not None else (None, None)


def _failure(tx: Transaction, credential: Credential) -> KeptRefusal:
    """Count a wrong password; a lock-out that has passed starts the count again."""
    before = 0 if credential.locked_until is not None else credential.failed_tries
    credential.failed_tries = before + 1
    credential.locked_until = None
    if credential.failed_tries < TRIES_MOST:
        return _wrong()
    credential.locked_until = tx.at + LOCK_OUT
    return _locked_out()


def _wrong() -> KeptRefusal:
    return KeptRefusal("sign_in_wrong", "That name and password do not go together.", "password")


def _locked_out() -> KeptRefusal:
    return KeptRefusal(
        "locked_out",
        "There were too many wrong tries. Please wait half an hour or ask an administrator.",
        "password",
    )
