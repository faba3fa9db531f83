"""Who is signed in at this desk, and letting them in while the centre is away.

The centre decides. While it is away, only those get in who signed in here lately, against a
verifier in the encrypted store; ten wrong passwords lock them out for half an hour.
Source: PCI DSS 4.0.1, 8.3.4.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.tables import PersonRow
from app.services.desk import memory
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, PersonId, SessionId
from app.wire.message import Nothing
from app.wire.operations import SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE, Operation, Signer
from app.wire.people import (
    OfferSignIn,
    Permission,
    PersonView,
    Session,
    SignIn,
    SignInOffer,
    SignOut,
)
from app.wire.sync import Policy

TRIES_MOST = 10
LOCKED_FOR = timedelta(minutes=30)
OFFLINE_SESSION = timedelta(hours=12)
_OFFLINE_HOURS = 72
_OFFERED_MOST = 20
_OFFLINE_PERMISSIONS = frozenset({Permission.TAKE_ORDERS})


class SignedIn:
    """The session of this desk, if any; shared by all that must know who asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """Who is signed in. Raises Refusal `not_signed_in`."""
        with self._lock:
            if self._session is None:
                raise Refusal("not_signed_in", "Please sign in first.")
            return self._session

    def begin(self, session: Session | None) -> None:
        """Someone else, or nobody, is signed in from now on."""
        with self._lock:
            self._session = session

    def allow(self, operation: Operation[Any, Any], *, even_late: bool = False) -> None:
        """Let an operation pass; `even_late` when the session has run out, too.

        Raises Refusal `not_signed_in`, `session_over` or `permission_missing`.
        """
        if operation.signer is not Signer.PERSON:
            return
        session = self.session
        if session.expires_at <= self._clock.now() and not even_late:
            raise Refusal("session_over", "Your sign-in has run out. Please sign in again.")
        if operation.permission and operation.permission not in session.permissions:
            raise Refusal(
                "permission_missing", "You are not allowed to do this. Please ask your lead."
            )


class SignInService:
    """Signing in and out at one desk. `offer` adds the people and the banner of a trial."""

    def __init__(
        self,
        store: DeskStore,
        centre: Centre,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
        ids: Ids,
        offer: SignInOffer,
        hasher: PasswordHasher,
    ) -> None:
        self._store = store
        self._centre = centre
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock
        self._ids = ids
        self._offer = offer
        self._hasher = hasher

    def offer(self, request: OfferSignIn) -> SignInOffer:
        """Who signed in here, latest first, then the people of a trial."""
        del request
        query = select(PersonRow.__table__).order_by(PersonRow.signed_in_at.desc())
        with self._store.read() as connection:
            rows = connection.execute(query.limit(_OFFERED_MOST)).all()
        people = [_person(row) for row in rows]
        known = {person.login for person in people}
        people += [person for person in self._offer.people if person.login not in known]
        return msgspec.structs.replace(self._offer, people=tuple(people))

    def sign_in(self, request: SignIn) -> Session:
        """Let a person in.

        Raises the centre's Refusal; while it is away `offline_unknown`, `offline_too_long`,
        `password_wrong` or `locked_out`.
        """
        login = request.login.strip().lower()
        try:
            session = self._centre.call(SIGN_IN_AT_CENTRE, request)
        except Refusal:
            self._standing.heard()
            self._forget_if_right(login, request.password)
            raise
        except Fault:
            self._standing.missed()
            session = self._sign_in_offline(login, request.password)
        else:
            self._standing.heard()
            self._remember(login, request.password, session)
        self._centre.use_session(session.token or None)
        self._signed_in.begin(session)
        return session

    def sign_out(self, request: SignOut) -> Nothing:
        """End the session, at the centre too if it answers; what waits is sent all the same."""
        try:
            if not self._signed_in.session.offline:
                self._centre.call(SIGN_OUT_AT_CENTRE, request)
        except (Fault, Refusal):
            pass  # the centre ends it by itself when it has run out
        self._centre.use_session(None)
        self._signed_in.begin(None)
        return Nothing()

    def _sign_in_offline(self, login: str, password: str) -> Session:
        row = self._take_try(login)
        if not self._is_right(row.verifier, password):
            raise Refusal("password_wrong", "That name or password is not right.", "password")
        with self._store.write() as connection:
            connection.execute(
                update(PersonRow)
                .where(PersonRow.login == login)
                .values(failures=0, locked_until=None)
            )
        return Session(
            session_id=SessionId(self._ids.new()),
            token="",
            person=_person(row),
            permissions=_OFFLINE_PERMISSIONS,
            expires_at=self._clock.now() + OFFLINE_SESSION,
            offline=True,
        )

    def _take_try(self, login: str) -> Row[tuple[object, ...]]:
        """Count a try before it is judged, so that pulling the plug gains none."""
        now = self._clock.now()
        with self._store.write() as connection:
            query = select(PersonRow.__table__).where(PersonRow.login == login)
            row = connection.execute(query).one_or_none()
            if row is None or row.verifier is None:
                raise _offline_refusal("offline_unknown")
            policy = memory.recalled(connection, memory.POLICY, Policy)
            hours = policy.offline_sign_in_hours if policy else _OFFLINE_HOURS
            if not timedelta() <= now - row.signed_in_at <= timedelta(hours=hours):
                raise _offline_refusal("offline_too_long")
            if row.locked_until is not None and now < row.locked_until:
                raise _offline_refusal("locked_out")
            failures = 1 if row.locked_until is not None else row.failures + 1
            locked_until = now + LOCKED_FOR if failures >= TRIES_MOST else None
            connection.execute(
                update(PersonRow)
                .where(PersonRow.login == login)
                .values(failures=failures, locked_until=locked_until)
            )
        return row

    def _remember(self, login: str, password: str, session: Session) -> None:
        """Keep what it takes to let this person in again while the centre is away."""
        with self._store.read() as connection:
            query = select(PersonRow.verifier).where(PersonRow.login == login)
            verifier = connection.execute(query).scalar_one_or_none()
        if not self._is_right(verifier, password):
            verifier = self._hasher.hash(password)
        person = session.person
        values = {
            "person_id": person.person_id,
            "name": person.name,
            "role": person.role,
            "team": person.team,
            "verifier": verifier,
            "signed_in_at": self._clock.now(),
            "failures": 0,
            "locked_until": None,
        }
        with self._store.write() as connection:
            connection.execute(
                delete(PersonRow).where(
                    PersonRow.person_id == person.person_id, PersonRow.login != login
                )
            )
            connection.execute(
                insert(PersonRow)
                .values(login=login, **values)
                .on_conflict_do_update(index_elements=["login"], set_=values)
            )

    def _forget_if_right(self, login: str, password: str) -> None:
        """A password the centre turns down must not open the door when it is away."""
        with self._store.read() as connection:
            query = select(PersonRow.verifier).where(PersonRow.login == login)
            verifier = connection.execute(query).scalar_one_or_none()
        if self._is_right(verifier, password):
            with self._store.write() as connection:
                connection.execute(
                    update(PersonRow).where(PersonRow.login == login).values(verifier=None)
                )

    def _is_right(self, verifier: str | None, password: str) -> bool:
        try:
            return verifier is not None and self._hasher.verify(verifier, password)
        except (VerificationError, InvalidHashError):
            return False


_OFFLINE_SENTENCES = {
    "offline_unknown": "The central service is away, and you have not signed in here lately.",
    "offline_too_long": "The central service is away, and your last sign-in here is too old.",
    "locked_out": "Too many wrong passwords. Please try again in half an hour.",
}


def _offline_refusal(code: str) -> Refusal:
    return Refusal(code, _OFFLINE_SENTENCES[code], "login")


def _person(row: Row[tuple[object, ...]]) -> PersonView:
    return PersonView(
        person_id=PersonId(row.person_id),
        login=row.login,
        name=row.name,
        role=row.role,
        team=row.team,
    )
