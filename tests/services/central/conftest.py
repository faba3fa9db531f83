"""One database for all tests of a module that only need it empty: making one takes a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from app.adapters.local_postgres import LocalPostgres
from app.services.central.pause_settings import PauseSettings
from app.services.central.recorder import Recorder
from tests.central_fixtures import Databases
from tests.order_desk import OrderCentre, SendingDesk
from tests.paying_desk import PayingCentre
from tests.recorded_calls import CardDesk, MakeCentre, RecordedCentre
from tests.recorders import FakeRecorder
from tests.services.central.following import Follower


@pytest.fixture(scope="module")
def shared_centre(postgres_server: LocalPostgres, central_template: str) -> Iterator[OrderCentre]:
    """A centre over a database of this module."""
    databases = Databases(postgres_server)
    centre = OrderCentre(databases.make(central_template))
    yield centre
    centre.close()
    databases.drop_all()


@pytest.fixture
def local(shared_centre: OrderCentre) -> OrderCentre:
    """A centre without orders, customers, imports or leases, in process."""
    shared_centre.empty()
    return shared_centre


@pytest.fixture(params=["in process", "over HTTP"])
def either(request: pytest.FixtureRequest, local: OrderCentre) -> Iterator[OrderCentre]:
    """As `local`, once in process and once over a socket."""
    if request.param == "in process":
        yield local
    else:
        with local.over_http():
            yield local


@pytest.fixture
def desk(local: OrderCentre) -> SendingDesk:
    """A seat that sends orders to `local`."""
    return SendingDesk(local)


@pytest.fixture
def follower(either: OrderCentre) -> Follower:
    """A desk that follows the feed of `either`."""
    return Follower(either)


@pytest.fixture
def writers(local: OrderCentre) -> Iterator[Callable[[], psycopg.Connection]]:
    """Connections whose transactions a test holds open as long as it likes."""
    made: list[psycopg.Connection] = []

    def connect() -> psycopg.Connection:
        made.append(psycopg.connect(local.url))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


@pytest.fixture(scope="module")
def shared_paying(postgres_server: LocalPostgres, central_template: str) -> Iterator[PayingCentre]:
    """A centre with a card gateway, over a database of this module."""
    databases = Databases(postgres_server)
    centre = PayingCentre(databases.make(central_template))
    yield centre
    centre.close()
    databases.drop_all()


@pytest.fixture
def paying(shared_paying: PayingCentre) -> PayingCentre:
    """A centre with a card gateway, without orders and payments, in process."""
    shared_paying.empty()
    return shared_paying


@pytest.fixture(params=["in process", "over HTTP"])
def paying_either(request: pytest.FixtureRequest, paying: PayingCentre) -> Iterator[PayingCentre]:
    """As `paying`, once in process and once over a socket."""
    if request.param == "in process":
        yield paying
    else:
        with paying.over_http():
            yield paying


@pytest.fixture(scope="module")
def recorded_url(postgres_server: LocalPostgres, central_template: str) -> Iterator[str]:
    """A database of this module for pauses of the recording."""
    databases = Databases(postgres_server)
    yield databases.make(central_template)
    databases.drop_all()


@pytest.fixture
def make(recorded_url: str) -> Iterator[MakeCentre]:
    """Makes a centre with these recorders, where nothing was paused yet."""
    made: list[RecordedCentre] = []

    def build(*recorders: Recorder, settings: PauseSettings | None = None) -> RecordedCentre:
        centre = RecordedCentre(recorded_url, *recorders, settings=settings)
        made.append(centre)
        centre.empty()
        return centre

    yield build
    for centre in made:
        centre.close()


@pytest.fixture
def pbx() -> FakeRecorder:
    """A recorder with one call at extension 100, recorded on both legs."""
    recorder = FakeRecorder()
    recorder.ring("100", "call-1", "leg-1", "leg-2", caller="+442079460123")
    return recorder


@pytest.fixture(params=["in process", "over HTTP"])
def card_desk(
    request: pytest.FixtureRequest, make: MakeCentre, pbx: FakeRecorder
) -> Iterator[CardDesk]:
    """A seat at extension 100, in process and over a socket."""
    centre = make(pbx)
    if request.param == "in process":
        yield CardDesk(centre)
    else:
        with centre.over_http():
            yield CardDesk(centre)
