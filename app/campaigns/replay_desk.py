"""A desk that a replay sits at: opened, signed in, fed, and left when the centre has all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.campaigns.cancellations import Matched
from app.campaigns.desk_waiting import has_catalogue, has_sent_everything, wait_for
from app.campaigns.invoices import Reading
from app.campaigns.replay import Desk as ReplayDesk
from app.campaigns.replay import Replay, ReplayResult, TakenOrder, invoice_of, taken_of
from app.campaigns.replay_cancellations import CancellationReplay
from app.desktop import Setting, open_desk, regions, speech
from app.services.desk.desk import Desk
from app.services.desk.seat_identity import SeatIdentity, read_identity
from app.settings import DeskSettings
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.values.vocabulary import CommandKind
from app.wire import operations
from app.wire.message import decode
from app.wire.orders import PlacedOrder
from app.wire.people import SignIn
from app.wire.sync import AskStatus

CATALOGUE_SECONDS = 120
EMPTY_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a replay sits, and who sits there."""

    settings: DeskSettings
    sign_in: SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is replayed; with `out`, `orders.jsonl` is left there."""

    reading: Reading
    out: Path | None
    tell: Callable[[str], None]


def replayed(place: Place, job: Job) -> ReplayResult:
    """Take every invoice at this desk, and wait until the centre has all of them.

    Raises Refusal `seat_needs_enrolment` or what signing in raises, Fault `desk_stuck`.
    """
    with _opened(place) as (desk, identity):
        return _taken(place, job, desk, identity)[1]


def replayed_and_cancelled(
    place: Place, job: Job, matched: Sequence[Matched]
) -> tuple[ReplayResult, CancellationReplay]:
    """The same, and then take back of these orders what was cancelled of them."""
    with _opened(place) as (desk, identity):
        replay, result = _taken(place, job, desk, identity)
        job.tell(f"Replaying {len(matched):,} cancellations")
        cancelling = CancellationReplay(desk.caller, job.reading.invoices, replay.taken)
        cancelling.run(matched)
        job.tell("Waiting until the central service has every cancellation")
        wait_for(desk, has_sent_everything, EMPTY_SECONDS, "not every cancellation was sent")
        cancelling.ask_again()
        return result, cancelling


def _taken(
    place: Place, job: Job, desk: Desk, identity: SeatIdentity
) -> tuple[Replay, ReplayResult]:
    job.tell("Waiting for the catalogue")
    session = desk.caller.call(operations.SIGN_IN, place.sign_in)
    wait_for(desk, has_catalogue, CATALOGUE_SECONDS, "the catalogue did not arrive")
    before = taken_before(desk)
    reading = _without(job.reading, before)
    job.tell(f"Replaying {len(reading.invoices):,} invoices")
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
    replay.taken.update(before)
    result = replay.run(reading, job.out)
    job.tell("Waiting until the central service has every order")
    wait_for(desk, has_sent_everything, EMPTY_SECONDS, "not every order was sent")
    return replay, result


def taken_before(desk: Desk) -> dict[str, TakenOrder]:
    """Orders that this seat has placed: a replay that was broken off goes on behind them."""
    kind = CommandKind.PLACE_ORDER.value
    with desk.records.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM command WHERE kind = ?", (kind,)).all()
    placed = [decode(row.body, PlacedOrder) for row in rows]
    return {invoice_of(one.document.internal_note): taken_of(one) for one in placed}


def _without(reading: Reading, taken: Collection[str]) -> Reading:
    left = [one for one in reading.invoices if one.number not in taken]
    return replace(reading, invoices=left)


@contextmanager
def _opened(place: Place) -> Iterator[tuple[Desk, SeatIdentity]]:
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
