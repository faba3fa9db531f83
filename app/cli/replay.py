"""`readback replay FILE`: take real invoices as orders, through a desk and a central service.

Without `--central` it starts an installation of its own in a temporary folder and imports the
catalogue from the same file. With `--central` a seat is made known there first, or used again.
With `--with-cancellations` the file's cancellations are matched to its sales, and those sales are
taken as orders and then taken back.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from app.campaigns.cancellations import match, touched
from app.campaigns.invoices import Reading, read_invoices
from app.campaigns.replay import ReplayResult
from app.campaigns.replay_cancellations import ReplayWithCancellations, table
from app.campaigns.replay_desk import Job, Place, replayed, replayed_and_cancelled
from app.campaigns.replay_desks import ManyDesks, ReplayAtDesks, refused
from app.demo.command import Told
from app.demo.trial import PASSWORD, Trial
from app.desktop import enrol
from app.settings import DeskSettings
from app.values.errors import Refusal
from app.wire.message import encode
from app.wire.people import SignIn

SEAT_NAME = "Replay"
LOGIN = "dana"
FAULTS_MOST = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is replayed, how much of it, and where."""
    parser.add_argument("file", metavar="FILE", type=Path, help="csv or csv.gz, Online Retail")
    parser.add_argument("--limit", metavar="N", type=int, help="the first N sale invoices only")
    parser.add_argument("--out", metavar="DIR", type=Path, help="leaves orders.jsonl there")
    parser.add_argument(
        "--folder",
        metavar="DIR",
        type=Path,
        help="keep the installation there, and go on with one that was broken off",
    )
    parser.add_argument(
        "--desks", metavar="N", type=int, default=1, help="so many desks at once, each a process"
    )
    parser.add_argument(
        "--faults",
        metavar="PERCENT",
        type=int,
        default=0,
        help="so many of a hundred requests meet a fault of the line",
    )
    parser.add_argument(
        "--with-cancellations",
        action="store_true",
        help="only sales the file cancels something of, and then what it cancels",
    )
    parser.add_argument("--central", metavar="URL", help="a central service that is running")
    there = parser.add_argument_group("with --central")
    there.add_argument("--seat-folder", metavar="DIR", type=Path, help="the seat to sit at")
    there.add_argument("--enrol", metavar="CODE", help="make the seat known with this code first")
    there.add_argument("--login", metavar="NAME", help="who takes the orders")
    there.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints one JSON object; exit code 1 when an invoice was refused or an order still waits."""
    with Told() as told:
        told.step(f"Reading {arguments.file.name}")
        reading = read_invoices(arguments.file, arguments.limit)
        if not reading.invoices:
            raise Refusal("nothing_to_replay", f"{arguments.file} holds no sale invoice.")
        if arguments.desks > 1 or arguments.faults:
            several = _at_desks(arguments, told)
            print(encode(several).decode())
            return 0 if several.counted.holds and not refused(several.desks) else 1
        if arguments.with_cancellations:
            return _with_cancellations(arguments, reading, told)
        result = _replayed(arguments, reading, told)
    print(encode(result).decode())
    return 1 if result.refused else 0


def _replayed(arguments: argparse.Namespace, reading: Reading, told: Told) -> ReplayResult:
    with _place(arguments, told) as (place, _):
        return replayed(place, Job(reading=reading, out=arguments.out, tell=told.step))


def _with_cancellations(arguments: argparse.Namespace, reading: Reading, told: Told) -> int:
    """Orders first, then what was cancelled of them; exit code 1 where an order came out wrong.

    Only sales that something is taken back of: the others, five in six, would show nothing here.
    """
    told.step("Matching cancellations to sales")
    sales = reading.invoices
    if arguments.limit is not None:
        sales = read_invoices(arguments.file).invoices
    matched = match(sales, reading.cancellations)
    concerned = touched(matched)
    if not any(one.number in concerned for one in reading.invoices):
        raise Refusal("nothing_to_replay", f"Nothing is cancelled of these sales: {arguments.file}")
    reading = replace(
        reading, invoices=[one for one in reading.invoices if one.number in concerned]
    )
    job = Job(reading=reading, out=arguments.out, tell=told.step)
    with _place(arguments, told) as (place, database_url):
        orders, cancelling = replayed_and_cancelled(place, job, matched)
        counted = None
        if database_url is not None:
            told.step("Counting the orders in the database")
            counted = cancelling.counted(database_url)
    result = ReplayWithCancellations(
        orders=orders, cancellations=cancelling.result, counted=counted
    )
    for row in table(result.cancellations):
        told.step(row)
    print(encode(result).decode())
    return 1 if orders.refused or (counted is not None and not counted.holds) else 0


def _at_desks(arguments: argparse.Namespace, told: Told) -> ReplayAtDesks:
    """An installation of its own, several desks, and a proxy between them."""
    if arguments.with_cancellations:
        sentence = "Cancellations are replayed at one desk: leave --desks and --faults."
        raise Refusal("replay_place_wrong", sentence)
    if arguments.central is not None:
        sentence = "Several desks and faults need an installation of their own: leave --central."
        raise Refusal("replay_place_wrong", sentence)
    if arguments.desks < 1 or not 0 <= arguments.faults <= FAULTS_MOST:
        sentence = f"Desks are one or more, and faults from 0 to {FAULTS_MOST} of a hundred."
        raise Refusal("replay_place_wrong", sentence)
    with _own_trial(arguments, told) as (trial, folder):
        replay = ManyDesks(
            file=arguments.file,
            limit=arguments.limit,
            desks=arguments.desks,
            faults=arguments.faults,
            port=int(trial.centre_url.rpartition(":")[2]),
            folder=folder,
            sign_in=SignIn(login=LOGIN, password=PASSWORD),
            code=trial.enrolment_code,
            out=arguments.out,
            tell=told.step,
        )
        return replay.run(trial.database_url)


@contextmanager
def _own_trial(arguments: argparse.Namespace, told: Told) -> Iterator[tuple[Trial, Path]]:
    with ExitStack() as ends:
        folder: Path | None = arguments.folder
        if folder is None:
            made = tempfile.TemporaryDirectory(prefix="readback-replay-")
            folder = Path(ends.enter_context(made))
        folder.mkdir(parents=True, exist_ok=True)
        if sys.platform != "win32":
            folder.chmod(0o711)  # the database runs under an account of its own
        with Trial(folder / "trial", told.telling, arguments.file) as trial:
            yield trial, folder


@contextmanager
def _place(arguments: argparse.Namespace, told: Told) -> Iterator[tuple[Place, str | None]]:
    """Where to sit, and the database behind it where that is our own."""
    if arguments.central is not None:
        yield _given_place(arguments), None
        return
    with _own_trial(arguments, told) as (trial, _):
        settings = DeskSettings(
            centre_url=trial.centre_url,
            seat_folder=trial.seat_folder,
            key_file=trial.seat_folder / "trial-keys.json",
        )
        enrol(settings, trial.enrolment_code(SEAT_NAME))
        place = Place(settings=settings, sign_in=SignIn(login=LOGIN, password=PASSWORD))
        yield place, trial.database_url


def _given_place(arguments: argparse.Namespace) -> Place:
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
    return Place(settings=settings, sign_in=SignIn(login=arguments.login, password=password))
