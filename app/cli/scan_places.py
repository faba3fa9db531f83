"""`readback scan places`: orders with known test numbers through a whole trial, then a search.

Looks into everything that the trial keeps and sends, encrypted stores opened with their key, and
plants a number in each place afterwards to prove that it would have been found.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from app.campaigns.card_scan.encodings import Sought
from app.campaigns.card_scan.numbers import card_number
from app.campaigns.card_scan.paid_orders import PaidOrders, known_numbers, made_up_calls
from app.campaigns.card_scan.places import Place, Searched, files_in, search_place
from app.campaigns.card_scan.wire_tap import WireTap
from app.campaigns.desk_waiting import has_catalogue, has_sent_everything, wait_for
from app.campaigns.replay import Desk as ReplayDesk
from app.demo.command import Told
from app.demo.trial import PASSWORD, Trial
from app.desktop import Setting, enrol, key_store, open_desk, regions, speech
from app.documents.evidence_report import EvidenceReport, render_evidence
from app.documents.order_confirmation import render
from app.services.desk.desk import Desk
from app.services.desk.recovery import JOURNAL, STORE
from app.services.desk.seat import STORE_KEY
from app.services.desk.seat_identity import read_identity
from app.settings import DeskSettings
from app.store.desk import connect_read_only, open_store
from app.store.journal import open_journal, read_journal
from app.transport.client import HttpCarrier
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import SystemIds
from app.values.vocabulary import ChangeKind, ProductKind
from app.wire import operations
from app.wire.catalogue import ProductView
from app.wire.message import PAGE_ROWS_MOST, decode
from app.wire.people import SignIn
from app.wire.sync import AskStatus, TakeSnapshot

FOUND_WANTING = 1
LOGIN = "dana"
SEAT_NAME = "Scanned desk"
_PATIENCE_S = 120.0
_NARROWEST = 110
_PLANTED = "planted"


def scan_places(orders: int) -> int:
    """Take the orders, search, plant, search again; the exit code."""
    with (
        Told() as told,
        tempfile.TemporaryDirectory(prefix="readback-scan-") as name,
        ExitStack() as running,
    ):
        folder = Path(name)
        if sys.platform != "win32":
            folder.chmod(0o711)  # the database runs under an account of its own
        trial = running.enter_context(Trial(folder / "trial", told.telling))
        tap = running.enter_context(WireTap(trial.centre_url))
        told.step(f"Taking {orders:,} orders, each with two cards")
        site = _Site(folder, trial, tap)
        typed = site.take(orders)
        told.step(f"Searching for what was typed with {typed:,} cards")
        known = known_numbers()
        clean = [search_place(place, known) for place in site.places()]
        told.step("Planting a number in each place, and searching again")
        planted = Sought(_PLANTED, card_number(secrets.SystemRandom().random))
        site.plant("".join(map(str, planted.digits)))
        controls = [search_place(place, (planted,)) for place in site.places()]
    Console(width=max(Console().width, _NARROWEST)).print(_table(clean, controls))
    holds = all(not one.found for one in clean) and all(one.found for one in controls)
    return 0 if holds else FOUND_WANTING


@dataclass(slots=True)
class _Site:
    """A trial that orders were taken in, and what of it is searched."""

    folder: Path
    trial: Trial
    tap: WireTap

    @property
    def _settings(self) -> DeskSettings:
        seat = self.trial.seat_folder
        return DeskSettings(
            centre_url=self.tap.url, seat_folder=seat, key_file=seat / "trial-keys.json"
        )

    @property
    def _papers(self) -> Path:
        return self.folder / "papers"

    def take(self, count: int) -> int:
        """Take the orders; how many cards were typed."""
        enrol(self._settings, self.trial.enrolment_code(SEAT_NAME))
        identity = read_identity(self._settings.seat_folder)
        if identity is None:
            raise Refusal("seat_needs_enrolment", "The seat could not be made known.")
        with closing(open_desk(Setting(settings=self._settings))) as desk:
            desk.start()
            session = desk.caller.call(operations.SIGN_IN, SignIn(login=LOGIN, password=PASSWORD))
            wait_for(desk, has_catalogue, _PATIENCE_S, "the catalogue did not arrive")
            replay = PaidOrders(
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
            result = replay.run(made_up_calls(_goods(desk), count))
            if result.orders != count:
                raise Fault("scan_stuck", f"Not every order was placed: {result.refused}.")
            wait_for(desk, has_sent_everything, _PATIENCE_S, "not every order was sent")
            self._print(desk, replay)
        return replay.cards_typed

    def places(self) -> tuple[Place, ...]:
        """Everywhere that a number could be."""
        trial, seat = self.folder / "trial", self._settings.seat_folder
        data, cards = trial / "postgres" / "data", trial / "cards"
        return (
            Place("database: every table, as text", self._tables),
            Place("database: write-ahead log", lambda: files_in(data / "pg_wal")),
            Place("database: its other files", lambda: files_in(data, data / "pg_wal")),
            Place("desk: store, opened", self._store),
            Place("desk: journal, opened", self._journal),
            Place("desk: its folder, logs among it", lambda: files_in(seat)),
            Place("vault: its folder and log", lambda: files_in(cards, trial / "cards/recordings")),
            Place("recordings and their notes", lambda: files_in(self.trial.recordings)),
            Place("service: log", lambda: iter([(trial / "service.log").read_bytes()])),
            Place("confirmations as PDF", lambda: files_in(self._papers)),
            Place("the line between desk and centre", lambda: iter([self.tap.heard])),
        )

    def plant(self, number: str) -> None:
        """Put a number everywhere that is searched."""
        with psycopg.connect(self.trial.database_url, autocommit=True) as database:
            database.execute("CREATE TABLE planted (number text)")
            database.execute("INSERT INTO planted VALUES (%s)", (number,))
            database.execute("CHECKPOINT")
        key = self._store_key()
        with (
            closing(open_store(self._settings.seat_folder / STORE, key, SystemClock())) as store,
            store.write() as connection,
        ):
            connection.exec_driver_sql("CREATE TABLE planted (number TEXT)")
            connection.exec_driver_sql("INSERT INTO planted VALUES (?)", (number,))
        path = self._settings.seat_folder / JOURNAL
        with closing(open_journal(path, key, read_journal(path, key).end)) as journal:
            journal.append(number.encode())
        for folder in (
            self._settings.seat_folder / "logs",
            self.trial.recordings.parent / "vault",
            self.trial.recordings,
        ):
            folder.mkdir(exist_ok=True)
            (folder / "planted.log").write_text(number, encoding="utf-8")
        (self._papers / "planted.pdf").write_bytes(_paper_with(number))
        with (self.folder / "trial" / "service.log").open("a", encoding="utf-8") as log:
            log.write(number)
        with closing(HttpCarrier(self.tap.url)) as carrier:
            carrier.post("/v1/planted", {}, number.encode(), 5)

    def _tables(self) -> Iterator[bytes]:
        """Rows as text, because the database's own files may hold them packed."""
        named = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname <> ALL(%s)"
        with psycopg.connect(self.trial.database_url) as database:
            hidden = (["pg_catalog", "information_schema"],)
            for table in database.execute(named, hidden).fetchall():
                statement = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*table))
                with database.cursor().copy(statement) as rows:
                    yield b"".join(map(bytes, rows))

    def _store(self) -> Iterator[bytes]:
        connection = connect_read_only(self._settings.seat_folder / STORE, self._store_key())
        try:
            named = "SELECT name FROM sqlite_schema WHERE type = 'table'"
            for (table,) in connection.execute(named).fetchall():
                rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - its own name
                yield b"\n".join(_as_bytes(value) for row in rows for value in row)
        finally:
            connection.close()

    def _journal(self) -> Iterator[bytes]:
        yield from read_journal(self._settings.seat_folder / JOURNAL, self._store_key()).records

    def _store_key(self) -> bytes:
        key = key_store(self._settings).get(STORE_KEY)
        if key is None:
            raise Fault("scan_stuck", "The desk has no key for its store.")
        return key

    def _print(self, desk: Desk, replay: PaidOrders) -> None:
        policy = desk.caller.call(operations.GET_POLICY, AskStatus())
        self._papers.mkdir()
        for placed in replay.orders:
            paper = render(placed, policy, copy=False, made_at=placed.placed_at)
            (self._papers / f"{placed.number}.pdf").write_bytes(paper)


def _paper_with(words: str) -> bytes:
    """Words on a paper as the confirmations are made: packed."""
    report = EvidenceReport(
        company=_PLANTED,
        since=None,
        until=None,
        head="",
        rows=0,
        findings=(words,),
        captures=(),
    )
    return render_evidence(report, made_at=SystemClock().now())


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _goods(desk: Desk) -> list[ProductView]:
    page = desk.caller.call(
        operations.TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.PRODUCT, limit=PAGE_ROWS_MOST)
    )
    products = [decode(row.document, ProductView) for row in page.rows]
    goods = [one for one in products if one.kind is ProductKind.GOODS and not one.withdrawn]
    return goods[:40]


def _table(clean: Sequence[Searched], controls: Sequence[Searched]) -> Table:
    table = Table()
    for head in ("place", "pieces", "MB", "card numbers", "control"):
        table.add_column(head, justify="left" if head == "place" else "right")
    for one, control in zip(clean, controls, strict=True):
        table.add_row(
            one.name,
            f"{one.pieces:,}",
            f"{one.size / 1_000_000:.1f}",
            str(sum(one.found.values())),
            "found" if control.found else "NOT FOUND",
        )
    return table
