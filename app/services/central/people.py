"""People and their roles, as an administrator keeps them.

The last administrator can be neither disabled nor given another role. A change acts at once: every
request asks the database who its person is. Called from the command line; passwords never reach the
audit.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.models.central.people import Credential, Person, SessionRow
from app.services.central.identity import close_sessions
from app.services.central.passwords import Passwords, require_good
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.identity import PersonId
from app.values.vocabulary import Role

_LONGEST_NAME = 200
_GENERATED_GROUPS = 4
_GENERATED_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Someone who is to sign in from now on."""

    login: str
    name: str
    role: Role
    team: str = ""
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person as an administrator sees them."""

    person_id: PersonId
    login: str
    name: str
    role: Role
    team: str
    disabled_at: datetime | None
    locked_until: datetime | None


class People:
    """Adds and changes people."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    def add(self, tx: Transaction, new: NewPerson) -> PersonId:
        """Raises Refusal `login_malformed`, `login_taken` or what `require_good` raises."""
        login, name = new.login.strip().lower(), new.name.strip()
        if not login or not login.isprintable() or " " in login or len(login) > _LONGEST_NAME:
            raise Refusal("login_malformed", "A sign-in name is one word.", "login")
        if tx.session.scalars(select(Person).where(Person.login == login)).one_or_none():
            raise Refusal("login_taken", "Someone already has that sign-in name.", "login")
        require_good(new.password, login, name)
        person_id = PersonId(tx.ids.new())
        tx.session.add(
            Person(
                person_id=person_id,
                login=login,
                name=name or login,
                role=new.role,
                team=new.team.strip(),
                created_at=tx.at,
            )
        )
        tx.session.flush()
        tx.session.add(
            Credential(
                person_id=person_id,
                password_hash=self._passwords.hash(new.password),
                failed_tries=0,
                changed_at=tx.at,
            )
        )
        tx.audit("admin.person.add", person_id, role=new.role.value)
        return person_id

    def disable(self, tx: Transaction, login: str) -> None:
        """Nobody signs in as this person any more; raises Refusal `last_administrator`."""
        person = _named(tx, login)
        _require_other_administrator(tx, person)
        if person.disabled_at is None:
            person.disabled_at = tx.at
        close_sessions(tx, SessionRow.person_id == person.person_id)
        tx.audit("admin.person.disable", person.person_id)

    def reset(self, tx: Transaction, login: str, password: str) -> None:
        """A new password; ends a lock-out, every session, and a disabling."""
        person = _named(tx, login)
        require_good(password, person.login, person.name)
        credential = tx.session.get_one(Credential, person.person_id, with_for_update=True)
        credential.password_hash = self._passwords.hash(password)
        credential.failed_tries = 0
        credential.locked_until = None
        credential.changed_at = tx.at
        person.disabled_at = None
        close_sessions(tx, SessionRow.person_id == person.person_id)
        tx.audit("admin.person.reset", person.person_id)

    def change_role(self, tx: Transaction, login: str, role: Role) -> None:
        """Acts on the person's next request; raises Refusal `last_administrator`."""
        person = _named(tx, login)
        if role is not Role.ADMINISTRATOR:
            _require_other_administrator(tx, person)
        person.role = role
        tx.audit("admin.person.role", person.person_id, role=role.value)

    def change_team(self, tx: Transaction, login: str, team: str) -> None:
        """An empty team is none."""
        person = _named(tx, login)
        person.team = team.strip()
        tx.audit("admin.person.team", person.person_id)

    def all(self, tx: Transaction) -> tuple[PersonLine, ...]:
        """Everyone, by sign-in name."""
        rows = tx.session.execute(
            select(Person, Credential.locked_until)
            .outerjoin(Credential, Credential.person_id == Person.person_id)
            .order_by(Person.login)
        )
        return tuple(
            PersonLine(
                person_id=PersonId(person.person_id),
                login=person.login,
                name=person.name,
                role=person.role,
                team=person.team,
                disabled_at=person.disabled_at,
                locked_until=locked_until,
            )
            for person, locked_until in rows
        )


def generated_password() -> str:
    """A password that is easy to read out and hard to guess (about 79 bits)."""
    groups = (
        "".join(secrets.choice(_GENERATED_ALPHABET) for _ in range(4))
        for _ in range(_GENERATED_GROUPS)
    )
    return "-".join(groups)


def _named(tx: Transaction, login: str) -> Person:
    person = tx.session.scalars(
        select(Person).where(Person.login == login.strip().lower()).with_for_update()
    ).one_or_none()
    if person is None:
        raise Refusal("person_not_found", "Nobody has that sign-in name.", "login")
    return person


def _require_other_administrator(tx: Transaction, person: Person) -> None:
    if person.role is not Role.ADMINISTRATOR or person.disabled_at is not None:
        return
    # All of them are locked in one order, so that two of them cannot be let go at the same moment.
    administrators = tx.session.scalars(
        select(Person.person_id)
        .where(Person.role == Role.ADMINISTRATOR, Person.disabled_at.is_(None))
        .order_by(Person.person_id)
        .with_for_update()
    ).all()
    if set(administrators) <= {person.person_id}:
        raise Refusal(
            "last_administrator",
            "This is the last administrator. Make someone else one first.",
            "login",
        )
