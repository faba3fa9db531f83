"""Composition root of the central service: the only place that knows all of it.

Builds store, services, dispatcher and server from settings, starts what runs in the background, and
ends all of it in order. A new service is added to `_services`, and nothing else here changes.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol, TypeVar

import msgspec

from app.adapters.card_gateway.loading import load_gateway
from app.adapters.event_log import JsonLog, LibraryLog
from app.adapters.recorders.loading import load_recorders
from app.adapters.warehouse_loading import load_warehouse
from app.services.central.answers import Answers
from app.services.central.audit import AuditChain
from app.services.central.background import Background
from app.services.central.customers import Customers
from app.services.central.dispatcher import Dispatcher
from app.services.central.feed import ChangeFeed
from app.services.central.feed_age import keep_age
from app.services.central.handovers import LOOK_SECONDS as HANDOVER_SECONDS
from app.services.central.handovers import Handovers, HandoverWatch
from app.services.central.identity import Identity
from app.services.central.installation import Installations
from app.services.central.intake import Intake
from app.services.central.measures import Measures
from app.services.central.merging import Merging
from app.services.central.number_leases import NumberLeases
from app.services.central.order_changes import OrderChanges
from app.services.central.order_changes_requests import LOOK_SECONDS as CHANGE_SECONDS
from app.services.central.order_changes_requests import ChangeRequests, ChangeWatch
from app.services.central.order_page import OrderPages
from app.services.central.order_refunds import REFUND_SECONDS, OrderRefunds, RefundWatch
from app.services.central.order_review import OrderReview
from app.services.central.order_search import OrderSearch
from app.services.central.passwords import Passwords
from app.services.central.pause_settings import PauseSettings, PauseTable
from app.services.central.payments import CardPayments, PaymentSettings
from app.services.central.read_back import Overrides
from app.services.central.recording import Pauses
from app.services.central.seats import Seats
from app.services.central.similar_orders import SimilarOrders
from app.services.central.stock import Stock
from app.services.central.stock_watch import STOCK_SECONDS, StockWatch
from app.services.central.transaction import Handlers, Transaction, Transactions
from app.services.central.warehouse import MONEY_SECONDS, Warehouse
from app.services.central.worklist import Worklist
from app.services.ports import EventLog
from app.services.rules.guidance_files import read_guidance
from app.services.rules.regions import load_regions
from app.settings import APPLICATION, CentreSettings, resource_folder
from app.store.central import OWNER_ROLE, CentralStore, require_service_role
from app.store.migrations.central.migrate import migrate, require_current, schema_state
from app.transport.metrics import MetricsServer
from app.transport.server import HttpServer, Listening, Routes, ServiceThreads
from app.values.clock import Clock, SystemClock
from app.values.errors import Refusal
from app.values.identity import Ids, SystemIds
from app.wire.operations import CENTRAL

SEAL_SECONDS = 2.0
LOOK_SECONDS = 5.0
FEED_AGE_SECONDS = 600.0
MORE_CONNECTIONS = 12

S = TypeVar("S", PauseSettings, PaymentSettings)


class Service(Protocol):
    """A service as this root sees it."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        ...


def _services(
    identity: Identity, transactions: Transactions, log: EventLog, measures: Measures
) -> tuple[Service, ...]:
    """Every service that answers operations."""
    regions = load_regions(resource_folder() / "regions")
    leases = NumberLeases()
    return (
        identity,
        Seats(log, leases),
        leases,
        Intake(transactions, regions, leases, measures),
        Customers(),
        OrderSearch(),
        OrderPages(Customers(), regions),
        ChangeRequests(OrderChanges(regions)),
        OrderRefunds(regions),
        Worklist(),
        OrderReview(OrderChanges(regions)),
        Merging(),
        SimilarOrders(),
        Overrides(identity),
        Answers(),
        ChangeFeed(),
        Stock(),
        Handovers(regions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the centre is given from outside; `passwords` decides how dear one is to check."""

    clock: Clock
    ids: Ids
    log: EventLog
    passwords: Passwords


class Central:
    """The central service without its socket."""

    def __init__(
        self, settings: CentreSettings, given: Surroundings, store: CentralStore | None = None
    ) -> None:
        """On a store of its own, unless it is given one.

        Raises Refusal `settings_wrong` or `database_url_malformed`.
        """
        if settings.threads < 1 or settings.session_hours < 1:
            raise Refusal("settings_wrong", "Threads and hours of a session are one or more.")
        # More connections than threads: neither the background nor the short transactions of sagas
        # ever wait for a handler to end.
        self.store = store or CentralStore(
            settings.database_url, settings.threads + MORE_CONNECTIONS
        )
        self.transactions = Transactions(self.store, given.clock, given.ids)
        self._installations = Installations()
        self._chain = AuditChain()
        self._log = given.log
        self.measures = Measures()
        self.measures.watch_pool(settings.threads + MORE_CONNECTIONS, self.store.connections_in_use)
        identity = Identity(given.passwords, settings.session_hours)
        handlers = Handlers()
        self._take_cards(settings, given)
        self._hand_over(settings, given, identity)
        for service in (
            *_services(identity, self.transactions, given.log, self.measures),
            self.pauses,
            self.payments,
            self.warehouse,
        ):
            service.register(handlers)
        self.dispatcher = Dispatcher(
            CENTRAL,
            handlers,
            self.transactions,
            identity,
            given.clock,
            given.ids,
            given.log,
            self.measures,
        )
        self.background = tuple(
            Background(name, seconds, work, given.log, self.measures)
            for name, seconds, work in self._work()
        )

    def _work(self) -> tuple[tuple[str, float, Callable[[], None]], ...]:
        """What runs in the background: its name, how often, and what it does."""
        return (
            ("audit.seal", SEAL_SECONDS, self._seal),
            ("measures.look", LOOK_SECONDS, self._look),
            ("feed.keep_age", FEED_AGE_SECONDS, self._keep_feed_age),
            ("recording.look_after", self._pause.watchdog_s, self.pauses.look_after),
            ("payments.look_after", self._pay.watchdog_s, self.payments.look_after),
            ("warehouse.hand_over", self.warehouse.look_s, self.warehouse.hand_over),
            ("warehouse.money", MONEY_SECONDS, self.warehouse.finish),
            ("stock.look_after", STOCK_SECONDS, StockWatch(self.transactions).look_after),
            ("orders.look_again", CHANGE_SECONDS, self._change_watch().look_after),
            ("orders.refund", REFUND_SECONDS, self._refund_watch().look_after),
            (
                "drafts.look_after",
                HANDOVER_SECONDS,
                HandoverWatch(self.transactions).look_after,
            ),
        )

    def _change_watch(self) -> ChangeWatch:
        regions = load_regions(resource_folder() / "regions")
        return ChangeWatch(self.transactions, OrderChanges(regions))

    def _refund_watch(self) -> RefundWatch:
        return RefundWatch(self.transactions, self.payments, self._log)

    def _take_cards(self, settings: CentreSettings, given: Surroundings) -> None:
        """What the recording and the card payments are made of."""
        self._pause = _part(settings.recording, PauseTable, "recording")
        self._pay = _part(settings.payments, PaymentSettings, "payments")
        recorders = load_recorders(settings.recorders, given.clock)
        gateway = load_gateway(settings.card_gateway)
        self.pauses = Pauses(self.transactions, recorders, self._pause, given.log)
        self.payments = CardPayments(self.transactions, gateway, self._pay, given.log)

    def _hand_over(self, settings: CentreSettings, given: Surroundings, identity: Identity) -> None:
        """What orders go to the warehouse by, and who is believed to be it."""
        parts = load_warehouse(settings.warehouse, given.clock)
        if parts is not None:
            identity.believe_warehouse(parts.keys)
        regions = load_regions(resource_folder() / "regions")
        self.warehouse = Warehouse(
            self.transactions,
            regions,
            parts,
            self.payments.movements,
            given.clock,
            given.log,
            self.measures,
        )

    def require_ready(self) -> None:
        """Raises Refusal or Fault while the database is away or not fit, or a part has ended."""
        self.transactions.read(_require_fit)
        for background in self.background:
            background.require_alive()
        self.pauses.require_alive()

    def start(self) -> None:
        """Begin what runs in the background; raises as `require_ready`, or for a strange database.

        Asked at the start only: replicas that run go on through the promotion of a standby.
        """
        self.transactions.read(_require_fit)
        self.transactions.read(self._installations.require_known_database)
        self.pauses.start()
        for background in self.background:
            background.start()

    def close(self) -> None:
        """End the background and let the database go."""
        self.warehouse.stop()
        for background in self.background:
            background.stop()
        self.pauses.close()
        self.payments.close()
        self.warehouse.close()
        self.store.close()

    def _look(self) -> None:
        self.transactions.read(self.measures.look)

    def _keep_feed_age(self) -> None:
        while self.transactions.write(keep_age):
            pass  # piece by piece, so that nothing is locked for long

    def _seal(self) -> None:
        head = self.transactions.write(self._chain.seal)
        if head is not None:
            self._log.write("audit_sealed", position=head.position, digest=head.digest.hex())


class Serving:
    """The central service with its socket, for as long as it runs."""

    def __init__(self, settings: CentreSettings, given: Surroundings) -> None:
        """Raises Refusal when it may not or cannot listen where the settings say."""
        self.central = Central(settings, given)
        threads = ServiceThreads(settings.threads)
        routes = Routes(
            self.central.dispatcher,
            self.central.require_ready,
            threads,
            given.clock,
            given.ids,
            program_version(),
        )
        listening = Listening(
            address=settings.listen,
            certificate=settings.certificate,
            certificate_key=settings.certificate_key,
            behind_tls_proxy=settings.behind_tls_proxy,
        )
        self.server = HttpServer(routes, threads, listening)
        self.metrics: MetricsServer | None = None
        if settings.metrics_listen:
            registry = self.central.measures.registry
            self.metrics = MetricsServer(settings.metrics_listen, registry)

    def run(self) -> None:
        """Serve on this thread until stopped; raises as `Central.start`."""
        try:
            self.central.start()
            self.server.run()
        finally:
            self.server.close()
            if self.metrics is not None:
                self.metrics.close()
            self.central.close()


def _part(table: dict[str, Any], kind: type[S], name: str) -> S:
    """A table of the settings file. Raises Refusal `settings_malformed`."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"[centre.{name}] {cause}.") from cause


def surroundings() -> Surroundings:
    """The real ones, with the log on standard error."""
    clock = SystemClock()
    return Surroundings(
        clock=clock, ids=SystemIds(), log=JsonLog(sys.stderr, clock), passwords=Passwords()
    )


def serve(settings: CentreSettings) -> None:
    """Run the service until SIGTERM or SIGINT. Raises Refusal or Fault when it cannot start."""
    given = surroundings()
    logging.getLogger().addHandler(LibraryLog(given.log))
    serving = Serving(settings, given)
    # uvicorn has handlers of its own while it runs, and raises the signal once more when it has
    # ended; these are for a signal before that, and let what follows run after it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, partial(_stop, serving.server))
    given.log.write("starting", listen=settings.listen, version=program_version())
    # What the program is made of is not looked through again and again: a collection in the middle
    # of an answer about a long order took three times as long as the answer.
    gc.collect()
    gc.freeze()
    serving.run()
    given.log.write("ended")


def prepare_database(url: str, clock: Clock, ids: Ids) -> str:
    """Migrate a database and make what an installation has once; the version it has then."""
    shipped = read_guidance(resource_folder())
    version_now = migrate(url)
    with administration(url, clock, ids) as transactions:
        transactions.write(partial(Installations().prepare, shipped=shipped))
    return version_now


@contextmanager
def administration(url: str, clock: Clock, ids: Ids) -> Generator[Transactions]:
    """Transactions as the owner role, for the command line. Raises as `require_current`."""
    store = CentralStore(url, connections=1, role=OWNER_ROLE, idle_seconds=0)
    transactions = Transactions(store, clock, ids)
    try:
        transactions.read(_require_current)
        yield transactions
    finally:
        store.close()


def program_version() -> str:
    """The version of this program; `0+checkout` where it runs without being installed."""
    try:
        return version(APPLICATION)
    except PackageNotFoundError:
        return "0+checkout"


def _require_current(tx: Transaction) -> None:
    require_current(schema_state(tx.connection))


def _require_fit(tx: Transaction) -> None:
    require_service_role(tx.connection)
    _require_current(tx)


def _stop(server: HttpServer, number: int, frame: object) -> None:
    del number, frame
    server.stop()
