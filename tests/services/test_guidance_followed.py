"""A whole desk follows a whole centre over a socket: what an administrator publishes arrives."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher

from app.services.central.guidance import GuidanceEditions
from app.services.desk.desk import Desk, DeskParts, open_desk
from app.services.desk.guidance import GuidanceService
from app.services.desk.seat import enrol, open_seat
from app.services.rules.guidance_files import read_guidance
from app.settings import resource_folder
from app.transport.client import HttpCarrier, RemoteCaller, SeatKey
from app.wire.guidance import Guidance
from app.wire.sync import AskStatus
from tests.fakes import CountingIds, FixedClock, InMemoryKeyStore
from tests.guidance_files import AGE, shipped_files, written
from tests.order_desk import OrderCentre
from tests.services.desk.site import REGIONS, NoAddresses, Signal, no_chance


@contextmanager
def a_desk(centre: OrderCentre, url: str, folder: Path) -> Generator[Desk]:
    keys, clock, ids = InMemoryKeyStore(), FixedClock(), CountingIds()
    with closing(HttpCarrier(url)) as carrier:
        caller = RemoteCaller(carrier, clock, ids)
        enrol(folder, centre.code("Desk 9"), keys, caller, ids)
        seat = open_seat(folder, keys)
        caller.use_seat(SeatKey(device_id=seat.identity.device_id, sign=seat.sign))
        parts = DeskParts(
            seat=seat,
            keys=keys,
            centre=caller,
            addresses=NoAddresses(),
            regions=REGIONS,
            clock=clock,
            ids=ids,
            chance=no_chance,
            version="test",
            hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1),
        )
        with closing(open_desk(parts)) as desk:
            yield desk


def held(desk: Desk) -> Guidance:
    return GuidanceService(desk.records.store).get(AskStatus())


@pytest.fixture
def centre(central_url: str) -> Generator[OrderCentre]:
    made = OrderCentre(central_url)
    yield made
    made.close()


def test_a_desk_that_follows_gets_what_is_published(centre: OrderCentre, tmp_path: Path) -> None:
    folder = written(shipped_files(tmp_path / "guidance"), "checklists/age.toml", AGE)
    edition = read_guidance(folder)
    followed = Signal()
    with centre.over_http() as line, a_desk(centre, line.url, tmp_path / "seat") as desk:
        for _ in range(4):
            assert desk.feed.step() == 0.0
        shipped = msgspec.structs.replace(read_guidance(resource_folder()), revision=1)
        assert held(desk) == shipped
        desk.feed.when_followed(followed.happened)
        desk.start()
        centre.administration.write(partial(GuidanceEditions().publish, guidance=edition))
        followed.wait_for(1)
        assert held(desk) == msgspec.structs.replace(edition, revision=2)
