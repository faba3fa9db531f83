"""Many desks want the last pieces of one product at the same instant, and some of them are offline.

Who is online holds a piece or is told before there is a number; who is offline takes the order, and
it comes in as a back-order that a person looks at. However they race, exactly the pieces that there
are get allocated. Each race is about a product of its own. The desks are real ones without windows,
each raced on a thread.
"""

from __future__ import annotations

import csv
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

import psycopg
from argon2 import PasswordHasher

from app.campaigns.faults.calls import Call, CallLine, CallTaker, documents, notings
from app.campaigns.faults.desk_program import LOGIN, PASSWORD
from app.campaigns.faults.ledger import DeskLog, Shown, count
from app.campaigns.faults.proxy import Mischief, Proxy
from app.campaigns.faults.site import (
    Centre,
    Ground,
    SeatPlace,
    enrolled_seat,
)
from app.campaigns.faults.table import RowResult, counted
from app.desktop import Setting, open_desk, regions
from app.services.desk.seat_identity import read_identity
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import ProductCode, SystemIds
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.orders import NumberShown, OrderDocument, PlaceOrder
from app.wire.people import SignIn
from app.wire.stock import HoldStock, WantedStock
from app.wire.stock_operations import KEEP_STOCK
from app.wire.sync import AskStatus

REPLICAS = 2
_PRICE = 29_500
_SHORT = "stock_short"
_PATIENCE_S = 90.0
_GLANCE_S = 0.05
_SERIALS = 10_000


class Racing:
    """Row `racing`."""

    name: ClassVar[str] = "racing"
    fault: ClassVar[str] = "50 desks race for 10 pieces of one product, a fifth of them offline"
    rounds: ClassVar[int] = 100
    rounds_short: ClassVar[int] = 2

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._desks, self._pieces = (10, 3) if ground.is_short else (50, 10)

    def run(self, rounds: int, seed: int) -> RowResult:
        """Race so many times."""
        url, folder = self._ground.database(), self._ground.own_folder(self.name)
        self._ground.import_list(url, self._price_list(folder, rounds, seed))
        with (
            Centre(folder, url, REPLICAS) as centre,
            Proxy(centre.ports) as line,
            Proxy(centre.ports, mischief=(Mischief.DROPPED_BEFORE,)) as cut,
            ExitStack() as ends,
        ):
            racers = [
                ends.enter_context(_Racer(seat, (cut if place % 5 == 0 else line).address, place))
                for place, seat in enumerate(self._seats(folder, url, centre))
            ]
            race = _Race(self._ground, url, cut, racers)
            problems: Counter[str] = Counter()
            with ThreadPoolExecutor(len(racers), "racer") as threads:
                for place in range(rounds):
                    problems.update(race.run(threads, _code(seed, place), self._pieces))
        found = count(url, [racer.log for racer in racers])
        notes = (
            f"{self._desks} desks for {self._pieces} pieces each time",
            f"{race.told:,} times a desk was told before there was a number",
            f"{race.offline:,} orders of offline desks came in as back-orders to look at",
            *(f"{times:,} times: {problem}" for problem, times in problems.most_common()),
        )
        return counted(self, rounds, found, notes, holds=not problems)

    def _seats(self, folder: Path, url: str, centre: Centre) -> list[SeatPlace]:
        return [
            enrolled_seat(folder, f"desk-{place}", url, centre.address())
            for place in range(self._desks)
        ]

    def _price_list(self, folder: Path, rounds: int, seed: int) -> Path:
        prices = folder / "prices.csv"
        with prices.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("code", "description", "price", "stock"))
            for place in range(rounds):
                writer.writerow((_code(seed, place), "The last of them", "2.95", self._pieces))
        return prices


def _code(seed: int, place: int) -> str:
    return f"RACE-{seed}-{place:04d}"


class _Racer:
    """A desk, opened and signed in; a context manager that closes it."""

    def __init__(self, seat: SeatPlace, centre_url: str, place: int) -> None:
        self.is_offline = place % 5 == 0
        self.log = seat.log
        self._settings = seat.settings(centre_url)
        self._serial = place * _SERIALS

    def __enter__(self) -> Self:
        hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        self._desk = open_desk(Setting(settings=self._settings, hasher=hasher))
        self._ends = ExitStack()
        self._ends.callback(self._desk.close)
        try:
            self._log = self._ends.enter_context(DeskLog(self.log))
            self._desk.start()
            self._taker = self._signed_in()
            self._await_numbers()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(self, *problem: object) -> None:
        self._ends.close()

    def race(self, code: str, start: threading.Barrier) -> str:
        """Take one call for one piece: `placed`, `told`, or what else came of it."""
        self._serial += 1
        name = f"{self.log.name}/{code}"
        call = Call(self._serial, (CallLine(code, "The last of them", 1, _PRICE),))
        *_, document = documents(self._taker, call, name, SystemClock().now())
        caller = self._desk.caller
        for noting in notings(caller, self._taker, document):
            caller.call(operations.NOTE_READ_BACK, noting)
        start.wait(_PATIENCE_S)
        wanted = WantedStock(code=ProductCode(code), quantity=1)
        hold = HoldStock(order_id=document.order_id, wanted=(wanted,))
        standing = caller.call(KEEP_STOCK, hold).standings[0]
        if standing.confirmed == self.is_offline:
            return f"an offline desk: {self.is_offline}, confirmed: {standing.confirmed}"
        return self._placed(name, document, is_short=standing.short > 0)

    def _placed(self, name: str, document: OrderDocument, *, is_short: bool) -> str:
        """Placing is refused to who is short, and to nobody else."""
        caller = self._desk.caller
        try:
            placed = caller.call(operations.PLACE_ORDER, PlaceOrder(document=document))
        except Refusal as refusal:
            return "told" if is_short and refusal.code == _SHORT else f"refused: {refusal.code}"
        shown = Shown(
            name, str(document.order_id), placed.number, placed.totals.total.minor, lines=1
        )
        self._log.write(shown)
        caller.call(operations.NUMBER_SHOWN, NumberShown(order_id=document.order_id))
        return "a number was given for a piece that was short" if is_short else "placed"

    def has_sent_everything(self) -> bool:
        """Whether nothing waits in its outbox."""
        return self._desk.caller.call(operations.ASK_STATUS, AskStatus()).waiting == 0

    def _signed_in(self) -> CallTaker:
        identity = read_identity(self._settings.seat_folder)
        if identity is None:
            raise Fault("campaign_stuck", "The seat is not enrolled.")
        who = SignIn(login=LOGIN, password=PASSWORD)
        session = self._desk.caller.call(operations.SIGN_IN, who)
        return CallTaker(
            person_id=session.person.person_id,
            device_id=identity.device_id,
            rules=regions()[Region.GB],
            ids=SystemIds(),
        )

    def _await_numbers(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not self._has_all_it_needs():
            if time.monotonic() > until:
                raise Fault("campaign_stuck", "Numbers and checklists did not arrive.")
            time.sleep(_GLANCE_S)

    def _has_all_it_needs(self) -> bool:
        try:
            self._desk.caller.call(operations.GET_GUIDANCE, AskStatus())
        except Fault:
            return False
        return self._desk.caller.call(operations.ASK_STATUS, AskStatus()).numbers_left > 0


class _Race:
    """Races one after the other; counts what it needs of each in PostgreSQL."""

    def __init__(self, ground: Ground, url: str, cut: Proxy, racers: Sequence[_Racer]) -> None:
        self._ground = ground
        self._url = url
        self._cut = cut
        self._racers = racers
        self._apart = sum(racer.is_offline for racer in racers)
        self.told = self.offline = 0

    def run(self, threads: ThreadPoolExecutor, code: str, pieces: int) -> list[str]:
        """One race; what did not hold, in words. Raises Fault `campaign_stuck`."""
        self._cut.trouble(100)
        start = threading.Barrier(len(self._racers))
        try:
            outcomes = Counter(threads.map(partial(_raced, code, start), self._racers))
        finally:
            self._cut.heal()
        self._await_all_sent()
        self.told += outcomes.pop("told", 0)
        placed, wanted = outcomes.pop("placed", 0), pieces + self._apart
        problems = list(outcomes.elements())
        if placed != wanted:
            problems.append(f"{placed} orders were placed and not {wanted}")
        return problems + self._counted(code, pieces)

    def _counted(self, code: str, pieces: int) -> list[str]:
        with psycopg.connect(self._url) as connection:
            found = connection.execute(_OUTCOME, {"code": code}).fetchone()
        allocated, to_look_at, odd = found or (0, 0, 0)
        self.offline += to_look_at
        problems = []
        if allocated != pieces:
            problems.append(f"{allocated} pieces were allocated and not {pieces}")
        if to_look_at != self._apart:
            problems.append(f"{to_look_at} orders are to be looked at and not {self._apart}")
        if odd:
            problems.append(f"{odd} orders are neither whole nor a back-order to look at")
        return problems

    def _await_all_sent(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not all(racer.has_sent_everything() for racer in self._racers):
            if time.monotonic() > until:
                raise Fault("campaign_stuck", "Not every desk could send its order.")
            time.sleep(_GLANCE_S)


def _raced(code: str, start: threading.Barrier, racer: _Racer) -> str:
    return racer.race(code, start)


_OUTCOME = """
    SELECT coalesce(sum(a.allocated), 0),
           count(*) FILTER (WHERE a.back_ordered = 1 AND o.state = 'needs_review'
                            AND array_to_string(o.review_reasons, ' ') LIKE '%%stock_short%%'),
           count(*) FILTER (WHERE (a.allocated, a.back_ordered) NOT IN ((1, 0), (0, 1)))
    FROM order_allocation a JOIN sales_order o USING (order_id) WHERE a.code = %(code)s
"""
