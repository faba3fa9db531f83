"""Proves people at this desk while the centre is away: those who signed in here lately.

Against a verifier in the encrypted store, never a password; ten wrong ones lock a person out for
half an hour. Any lane. Source: PCI DSS 4.0.1, 8.3.4.
"""

from __future__ import annotations

from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.tables import PersonRow
from app.services.desk import memory
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import PersonId
from app.wire.people import PERMISSIONS, Permission, PersonView
from app.wire.sync import Policy

TRIES_MOST = 10
LOCKED_FOR = timedelta(minutes=30)
_OFFLINE_HOURS = 72


class Verifiers:
    """The people of one seat."""

    def __init__(self, store: DeskStore, clock: Clock, hasher: PasswordHasher) -> None:
        self._store = store
        self._clock = clock
        self._hasher = hasher

    def latest(self, most: int) -> tuple[PersonView, ...]:
        """Who signed in here, latest first."""
        query = select(PersonRow.__table__).order_by(PersonRow.signed_in_at.desc())
        with self._store.read() as connection:
            return tuple(map(_person, connection.execute(query.limit(most))))

    def prove(self, login: str, password: str, needed: Permission | None = None) -> PersonView:
        """The person, if they are known here and may do what is needed; else a try is lost.

        Raises Refusal `offline_unknown`, `offline_too_long`, `locked_out`, `password_wrong` or
        `not_a_lead`.
        """
        row = self._take_try(login)
        if not self._is_right(row.verifier, password):
            raise Refusal("password_wrong", "That name or password is not right.", "password")
        if needed is not None and needed not in PERMISSIONS[row.role]:
            raise Refusal(
                "not_a_lead", "Only a team lead may do this. Please ask yours to sign in.", "login"
            )
        with self._store.write() as connection:
            connection.execute(
                update(PersonRow)
                .where(PersonRow.login == login)
                .values(failures=0, locked_until=None)
            )
        return _person(row)

    def remember(self, login: str, password: str, person: PersonView) -> None:
        """Keep what it takes to prove this person again while the centre is away."""
        with self._store.read() as connection:
            query = select(PersonRow.verifier).where(PersonRow.login == login)
            verifier = connection.execute(query).scalar_one_or_none()
        if not self._is_right(verifier, password):
            verifier = self._hasher.hash(password)
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

    def forget_if_right(self, login: str, password: str) -> None:
        """A password the centre turns down must not open the door when it is away."""
        with self._store.read() as connection:
            query = select(PersonRow.verifier).where(PersonRow.login == login)
            verifier = connection.execute(query).scalar_one_or_none()
        if self._is_right(verifier, password):
            with self._store.write() as connection:
                connection.execute(
                    update(PersonRow).where(PersonRow.login == login).values(verifier=None)
                )

    def _take_try(self, login: str) -> Row[tuple[object, ...]]:
        """Count a try before it is judged, so that pulling the plug gains none."""
        now = self._clock.now()
        with self._store.write() as connection:
            query = select(PersonRow.__table__).where(PersonRow.login == login)
            row = connection.execute(query).one_or_none()
            if row is None or row.verifier is None:
                raise _refusal("offline_unknown")
            policy = memory.recalled(connection, memory.POLICY, Policy)
            hours = policy.offline_sign_in_hours if policy else _OFFLINE_HOURS
            if not timedelta() <= now - row.signed_in_at <= timedelta(hours=hours):
                raise _refusal("offline_too_long")
            if row.locked_until is not None and now < row.locked_until:
                raise _refusal("locked_out")
            failures = 1 if row.locked_until is not None else row.failures + 1
            locked_until = now + LOCKED_FOR if failures >= TRIES_MOST else None
            connection.execute(
                update(PersonRow)
                .where(PersonRow.login == login)
                .values(failures=failures, locked_until=locked_until)
            )
        return row

    def _is_right(self, verifier: str | None, password: str) -> bool:
        try:
            return verifier is not None and self._hasher.verify(verifier, password)
        except (VerificationError, InvalidHashError):
            return False


_SENTENCES = {
    "offline_unknown": "The central service is away, and you have not signed in here lately.",
    "offline_too_long": "The central service is away, and your last sign-in here is too old.",
    "locked_out": "Too many wrong passwords. Please try again in half an hour.",
}


def _refusal(code: str) -> Refusal:
    return Refusal(code, _SENTENCES[code], "login")


def _person(row: Row[tuple[object, ...]]) -> PersonView:
    return PersonView(
        person_id=PersonId(row.person_id),
        login=row.login,
        name=row.name,
        role=row.role,
        team=row.team,
    )
