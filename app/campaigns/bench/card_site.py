"""A whole installation for benches of the card: database, recorder, vault, service, desks.

All of it is real and in processes of its own on loopback; only the telephone is simulated and the
bank is the sandbox of the vault.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from app.adapters.child_program import ChildProgram
from app.adapters.local_card_parts import LocalCardParts, free_port
from app.adapters.local_postgres import LocalPostgres
from app.campaigns.bench.given import Given, require
from app.central import administration, prepare_database
from app.desktop import Setting, enrol, open_desk
from app.services.central.installation import Installations, read_policy
from app.services.central.passwords import Passwords
from app.services.central.people import NewPerson, People
from app.services.central.seats import Seats
from app.services.central.transaction import Transaction
from app.services.desk.desk import Desk
from app.settings import DeskSettings, resource_folder
from app.values.clock import SystemClock
from app.values.identity import PersonId, SystemIds
from app.values.vocabulary import Role
from app.wire import operations
from app.wire.people import SignIn
from app.wire.sync import AskStatus

LOGIN = "bench"
PASSWORD = "only for measuring"  # noqa: S105 - opens nothing
_FIRST_EXTENSION = 201
_PATIENCE_S = 60.0
_GLANCE_S = 0.05


@dataclass(frozen=True, slots=True)
class CardSeat:
    """An open desk at an extension on which a call is being recorded."""

    desk: Desk
    person_id: PersonId


@contextmanager
def card_site(given: Given, seats: int) -> Generator[tuple[CardSeat, ...]]:
    """So many desks, each on a call of its own, with somebody signed in."""
    extensions = [str(_FIRST_EXTENSION + number) for number in range(seats)]
    with ExitStack() as ends:
        postgres = ends.enter_context(LocalPostgres(given.folder / "postgres"))
        url = postgres.ensure_database("bench")
        parts = LocalCardParts(given.folder / "cards", dict.fromkeys(extensions, "01632 960142"))
        ends.callback(parts.stop)
        parts.start()
        codes = _prepared(url, parts.root_key, extensions)
        centre_url = _served(given.folder, url, parts.settings, ends)
        yield tuple(
            _seat(given.folder / f"seat {extension}", centre_url, code, ends)
            for extension, code in zip(extensions, codes, strict=True)
        )


def _prepared(url: str, root_key: str, extensions: list[str]) -> list[str]:
    """A database with one person and a policy; a code for each seat."""
    clock, ids = SystemClock(), SystemIds()
    prepare_database(url, clock, ids)
    with administration(url, clock, ids) as transactions:
        transactions.write(partial(_set_up, root_key=root_key))
        return [
            transactions.write(partial(Seats().issue_code, name=f"Desk {at}", extension=at))
            for at in extensions
        ]


def _set_up(tx: Transaction, root_key: str) -> None:
    policy = read_policy(resource_folder() / "sample" / "policy.toml")
    Installations().set_policy(tx, msgspec.structs.replace(policy, card_root_key=root_key))
    new = NewPerson(login=LOGIN, name="Bench", role=Role.CSR, team="", password=PASSWORD)
    People(Passwords()).add(tx, new)


def _served(folder: Path, url: str, settings: str, ends: ExitStack) -> str:
    """The address of a central service that answers."""
    path = folder / "centre.toml"
    path.write_text(settings, encoding="utf-8")
    listen = f"127.0.0.1:{free_port()}"
    words = ("app", "serve", "--end-with-input", "--listen", listen, "--settings", str(path))
    environment = {**os.environ, "READBACK_DATABASE_URL": url}
    service = ends.enter_context(ChildProgram(words, folder / "service.log", environment))
    service.until_ready(f"http://{listen}/readyz")
    return f"http://{listen}"


def _seat(folder: Path, centre_url: str, code: str, ends: ExitStack) -> CardSeat:
    settings = DeskSettings(
        centre_url=centre_url, seat_folder=folder, key_file=folder / "bench-keys.json"
    )
    enrol(settings, code)
    desk = open_desk(Setting(settings=settings))
    ends.callback(desk.close)
    desk.start()
    until = time.monotonic() + _PATIENCE_S
    while desk.caller.call(operations.ASK_STATUS, AskStatus()).numbers_left == 0:
        require(time.monotonic() < until, "A desk got no order numbers.")
        time.sleep(_GLANCE_S)
    session = desk.caller.call(operations.SIGN_IN, SignIn(login=LOGIN, password=PASSWORD))
    return CardSeat(desk, session.person.person_id)
