"""`readback replay FILE`: take real invoices as orders, through a desk and a central service.

Without `--central` it starts an installation of its own in a temporary folder and imports the
catalogue from the same file. With `--central` a seat is made known there first, or used again.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.campaigns.invoices import Reading, read_invoices
from app.campaigns.replay import Desk as ReplayDesk
from app.campaigns.replay import Replay, ReplayResult
from app.demo.command import Told
from app.demo.trial import PASSWORD, Trial
from app.desktop import Setting, enrol, open_desk, regions, speech
from app.services.desk.desk import Desk
from app.services.desk.seat_identity import SeatIdentity, read_identity
from app.settings import DeskSettings
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import SystemIds
from app.wire import operations
from app.wire.message import encode
from app.wire.people import SignIn
from app.wire.sync import AskStatus, DeskStatus

SEAT_NAME = "Replay"
LOGIN = "dana"
CATALOGUE_SECONDS = 120
EMPTY_SECONDS = 600
_GLANCE_SECONDS = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is replayed, how much of it, and where."""
    parser.add_argument("file", metavar="FILE", type=Path, help="csv or csv.gz, Online Retail")
    parser.add_argument("--limit", metavar="N", type=int, help="the first N sale invoices only")
    parser.add_argument("--out", metavar="DIR", type=Path, help="leaves orders.jsonl there")
    parser.add_argument("--central", metavar="URL", help="a central service that is running")
    there = parser.add_argument_group("with --central")
    there.add_argument("--seat-folder", metavar="DIR", type=Path, help="the seat to sit at")
    there.add_argument("--enrol", metavar="CODE", help="make the seat known with this code first")
    there.add_argument("--login", metavar="NAME", help="who takes the orders")
    there.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the replay sits, and who sits there."""

    settings: DeskSettings
    sign_in: SignIn


def run(arguments: argparse.Namespace) -> int:
    """Prints one JSON object; exit code 1 when an invoice was refused or an order still waits."""
    with Told() as told:
        told.step(f"Reading {arguments.file.name}")
        reading = read_invoices(arguments.file, arguments.limit)
        if not reading.invoices:
            raise Refusal("nothing_to_replay", f"{arguments.file} holds no sale invoice.")
        result = _replayed(arguments, reading, told)
    print(encode(result).decode())
    return 1 if result.refused else 0


def _replayed(arguments: argparse.Namespace, reading: Reading, told: Told) -> ReplayResult:
    with _place(arguments, told) as place, _desk(place) as (desk, identity):
        told.step("Waiting for the catalogue")
        session = desk.caller.call(operations.SIGN_IN, place.sign_in)
        _wait_for(desk, _has_catalogue, CATALOGUE_SECONDS, "the catalogue did not arrive")
        told.step(f"Replaying {len(reading.invoices):,} invoices")
        replay = Replay(
            ReplayDesk(
                caller=desk.caller,
                person_id=session.person.person_id,
                device_id=identity.device_id,
                policy=desk.caller.call(operations.GET_POLICY, AskStatus()),
                regions=regions(),
                clock=SystemClock(),
                ids=SystemIds(),
                speech=speech(),
            )
        )
        result = replay.run(reading, arguments.out)
        told.step("Waiting until the central service has every order")
        _wait_for(desk, _has_sent_everything, EMPTY_SECONDS, "not every order was sent")
        return result


@contextmanager
def _place(arguments: argparse.Namespace, told: Told) -> Iterator[_Place]:
    if arguments.central is not None:
        yield _given_place(arguments)
        return
    with tempfile.TemporaryDirectory(prefix="readback-replay-") as name:
        folder = Path(name)
        if sys.platform != "win32":
            folder.chmod(0o711)  # the database runs under an account of its own
        with Trial(folder / "trial", told.telling, arguments.file) as trial:
            settings = DeskSettings(
                centre_url=trial.centre_url,
                seat_folder=trial.seat_folder,
                key_file=trial.seat_folder / "trial-keys.json",
            )
            enrol(settings, trial.enrolment_code(SEAT_NAME))
            yield _Place(settings=settings, sign_in=SignIn(login=LOGIN, password=PASSWORD))


def _given_place(arguments: argparse.Namespace) -> _Place:
    if arguments.seat_folder is None or arguments.login is None:
        sentence = "With --central, say --seat-folder and --login too."
        raise Refusal("replay_place_missing", sentence)
    folder: Path = arguments.seat_folder
    settings = DeskSettings(
        centre_url=arguments.central, seat_folder=folder, key_file=folder / "replay-keys.json"
    )
    if arguments.enrol is not None:
        enrol(settings, arguments.enrol)
    if arguments.password_stdin:
        password = sys.stdin.readline().rstrip(os.linesep)
    else:
        password = getpass.getpass(f"Password of {arguments.login}: ")
    return _Place(settings=settings, sign_in=SignIn(login=arguments.login, password=password))


@contextmanager
def _desk(place: _Place) -> Iterator[tuple[Desk, SeatIdentity]]:
    identity = read_identity(place.settings.seat_folder)
    if identity is None:
        sentence = "This seat is not known to the central service: say --enrol CODE."
        raise Refusal("seat_needs_enrolment", sentence)
    desk = open_desk(Setting(settings=place.settings))
    try:
        desk.start()
        yield desk, identity
    finally:
        desk.close()


def _wait_for(
    desk: Desk, holds: Callable[[DeskStatus], bool], seconds: float, otherwise: str
) -> None:
    clock, pause = SystemClock(), threading.Event()
    until = clock.monotonic() + seconds
    while not holds(desk.caller.call(operations.ASK_STATUS, AskStatus())):
        if clock.monotonic() > until:
            raise Fault("replay_stuck", f"The replay cannot go on: {otherwise}.")
        pause.wait(_GLANCE_SECONDS)


def _has_catalogue(status: DeskStatus) -> bool:
    return status.catalogue_at is not None and status.products > 0 and status.numbers_left > 0


def _has_sent_everything(status: DeskStatus) -> bool:
    return status.waiting == 0
