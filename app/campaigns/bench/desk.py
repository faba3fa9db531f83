"""A real desk for a bench: seat, encrypted store, journal and index in a folder of its own.

Somebody is signed in; only the central service is stood in for. Closed, the folder can be opened
again, by another process too.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.adapters.key_file import KeyFile
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.stand_in import StandInCentre
from app.services.desk.desk import Desk, DeskParts, open_desk
from app.services.desk.seat import enrol, open_seat
from app.services.desk.seat_identity import read_identity
from app.services.ports import Caller
from app.services.rules.regions import RegionRules, load_regions
from app.settings import resource_folder
from app.store.product_search import ProductIndex
from app.values.clock import Clock, SystemClock
from app.values.identity import DeviceId, Ids, SystemIds
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.addresses import AddressSuggestions, LookUpAddress
from app.wire.catalogue import ProductView
from app.wire.message import encode
from app.wire.people import PersonView, SignIn
from app.wire.sync import AskStatus

LOGIN = "bench"
PASSWORD = "only for measuring"  # noqa: S105 - opens nothing
PATIENCE_S = 300.0
_ROWS_A_COMMIT = 5_000
_GLANCE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchDesk:
    """An open desk with somebody signed in."""

    desk: Desk
    caller: Caller
    person: PersonView
    device_id: DeviceId
    regions: dict[Region, RegionRules]
    clock: Clock
    ids: Ids


def seat_folder(folder: Path) -> Path:
    """Where the desk of a bench keeps its store."""
    return folder / "seat"


def key_file(folder: Path) -> Path:
    """Where the desk of a bench keeps its keys."""
    return folder / "keys.json"


@contextmanager
def signed_in_desk(folder: Path, products: Sequence[ProductView] = ()) -> Generator[BenchDesk]:
    """Enrol where that was not done yet, open, sign in; nothing goes on behind it until `start`.

    `products` are what the centre would send, in the order of their codes.
    """
    clock, ids = SystemClock(), SystemIds()
    centre, keys = StandInCentre(clock, ids, products), KeyFile(key_file(folder))
    if read_identity(seat_folder(folder)) is None:
        enrol(seat_folder(folder), "bench-code", keys, centre, ids)
    seat = open_seat(seat_folder(folder), keys)
    regions = load_regions(resource_folder() / "regions")
    parts = DeskParts(
        seat=seat,
        keys=keys,
        centre=centre,
        addresses=_NoAddresses(),
        regions=regions,
        clock=clock,
        ids=ids,
        chance=_half,
        version="bench",
    )
    desk = open_desk(parts)
    try:
        signed_in = desk.caller.call(operations.SIGN_IN, SignIn(login=LOGIN, password=PASSWORD))
        yield BenchDesk(
            desk=desk,
            caller=desk.caller,
            person=signed_in.person,
            device_id=seat.identity.device_id,
            regions=regions,
            clock=clock,
            ids=ids,
        )
    finally:
        desk.close()


def follow_the_feed(given: Given, at: BenchDesk, products: int, numbers: int = 1) -> None:
    """Start the desk, and return when it has its products and order numbers.

    Raises Fault `bench_rejected` when that takes five minutes.
    """
    at.desk.start()
    until = time.monotonic() + PATIENCE_S
    while True:
        status = at.caller.call(operations.ASK_STATUS, AskStatus())
        given.progress("following the feed", status.products, products)
        if status.products == products and status.numbers_left >= numbers:
            return
        require(time.monotonic() < until, f"The desk has only {status.products:,} products.")
        time.sleep(_GLANCE_S)


def fill_index(given: Given, products: Iterable[ProductView], count: int) -> None:
    """Put products straight into the index of a desk that is opened later, as the feed would."""
    index = ProductIndex(seat_folder(given.folder) / "catalogue")
    rest, number = iter(products), 0
    while batch := list(islice(rest, _ROWS_A_COMMIT)):
        number += 1
        index.put(encode(product) for product in batch)
        index.commit(number)
        given.progress("filling the index", number * _ROWS_A_COMMIT, count)
    index.rest()
    require(index.count() == count, f"The index holds {index.count():,} products of {count:,}.")


class _NoAddresses:
    """Nobody is asked for an address in a bench."""

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        del request
        return AddressSuggestions()


def _half() -> float:
    return 0.5
