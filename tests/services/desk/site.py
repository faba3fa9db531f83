"""A seat in a folder of the test, with a centre beside it, that can be opened again and again."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from argon2 import PasswordHasher

from app.services.desk import memory
from app.services.desk.desk import Desk, DeskParts, open_desk
from app.services.desk.seat import enrol, open_seat
from app.services.desk.seat_identity import read_identity
from app.services.ports import Caller, KeyStore
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.identity import CustomerId, Ids, OrderId, ProductCode
from app.values.vocabulary import CallOutcome, ChangeKind
from app.wire import operations
from app.wire.addresses import AddressSuggestions, LookUpAddress
from app.wire.catalogue import ProductView
from app.wire.guidance import Guidance
from app.wire.orders import OrderDocument, PlacedOrder, PlaceOrder
from app.wire.people import SignIn
from app.wire.read_back import (
    ENTRIES_MOST,
    AskReadBack,
    CloseCall,
    Noted,
    NoteReadBack,
    ReadBackEntry,
)
from app.wire.sync import AskStatus, DeskStatus
from tests.builders import Change, a_customer, an_id, an_order, with_line
from tests.fakes import CountingIds, FixedClock, InMemoryKeyStore
from tests.read_backs import a_guidance, read_back_of
from tests.services.desk.centre import PASSWORD, FakeCentre

REGIONS = load_regions(resource_folder() / "regions")
WAIT_SECONDS = 20.0


class NoAddresses:
    """Knows no address."""

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        return AddressSuggestions(source="nobody")


class Site:
    """One seat and its surroundings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.centre = FakeCentre()
        self.keys: KeyStore = InMemoryKeyStore()
        self.clock = FixedClock()
        self.centre.now = self.clock.now
        self.ids: Ids = CountingIds()
        self.card_root_key = ""
        self.trust_card_key = False
        self._orders = 0

    @contextmanager
    def opened(self) -> Generator[Desk]:
        """The desk without its threads: nothing happens unless the test does it."""
        desk = self.open()
        try:
            yield desk
        finally:
            desk.close()
            self.centre.reopen()

    @contextmanager
    def running(self) -> Generator[Desk]:
        """The desk with its threads."""
        with self.opened() as desk:
            desk.start()
            yield desk

    def open(self) -> Desk:
        if read_identity(self.folder) is None:
            enrol(self.folder, "CODE-1234", self.keys, self.centre, self.ids)
        parts = DeskParts(
            seat=open_seat(self.folder, self.keys),
            keys=self.keys,
            centre=self.centre,
            addresses=NoAddresses(),
            regions=REGIONS,
            clock=self.clock,
            ids=self.ids,
            chance=no_chance,
            version="test",
            card_root_key=self.card_root_key,
            trust_card_key=self.trust_card_key,
            hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1),
        )
        return open_desk(parts)

    def order(self, *changes: Change) -> OrderDocument:
        """An order of its own id that lacks nothing; after the first, of a customer of its own."""
        self._orders += 1
        document = an_order(*(changes or (with_line("TEA-1", 3),)))
        customer = document.customer
        if self._orders > 1 and customer == a_customer():
            customer = a_customer(
                customer_id=CustomerId(an_id(20_000 + self._orders)),
                phone=f"+4420794{self._orders:05}",
            )
        order_id = OrderId(an_id(10_000 + self._orders))
        return msgspec.structs.replace(document, order_id=order_id, customer=customer)


def no_chance() -> float:
    return 0.0


def sign_in(desk: Desk) -> None:
    desk.caller.call(operations.SIGN_IN, SignIn(login="anna", password=PASSWORD))


def ready(desk: Desk) -> Caller:
    """Signed in, with numbers to give out and checklists to go by."""
    sign_in(desk)
    desk.line.step()
    know_checklists(desk)
    return desk.caller


def know_checklists(desk: Desk) -> None:
    """An edition has arrived, unless one had before."""
    with desk.records.store.write() as connection:
        if memory.recalled(connection, memory.GUIDANCE, Guidance) is None:
            memory.remember(connection, memory.GUIDANCE, a_guidance())


def note(caller: Caller, document: OrderDocument, *entries: ReadBackEntry) -> Noted:
    """Notes entries, as many at once as a request takes."""
    noted = Noted(entries=0)
    for at in range(0, len(entries), ENTRIES_MOST):
        request = NoteReadBack(order_id=document.order_id, entries=entries[at : at + ENTRIES_MOST])
        noted = caller.call(operations.NOTE_READ_BACK, request)
    return noted


def record(caller: Caller, document: OrderDocument) -> tuple[ReadBackEntry, ...]:
    """All that is noted about an order."""
    asked = AskReadBack(order_id=document.order_id)
    return caller.call(operations.ASK_READ_BACK, asked).entries


def read_back(caller: Caller, document: OrderDocument) -> None:
    """Reads an order back to a caller who agrees with all of it, unless that has been done."""
    entries = read_back_of(document, REGIONS[document.region])
    if entries[-1] not in record(caller, document):
        note(caller, document, *entries)


def place(caller: Caller, document: OrderDocument) -> PlacedOrder:
    """Reads the order back and places it."""
    read_back(caller, document)
    return place_at_once(caller, document)


def close(
    caller: Caller, document: OrderDocument, outcome: CallOutcome = CallOutcome.ORDER_PLACED
) -> None:
    """Ends the call about an order."""
    caller.call(operations.CLOSE_CALL, CloseCall(order_id=document.order_id, outcome=outcome))


def place_at_once(caller: Caller, document: OrderDocument) -> PlacedOrder:
    return caller.call(operations.PLACE_ORDER, PlaceOrder(document=document))


def status(desk: Desk) -> DeskStatus:
    return desk.caller.call(operations.ASK_STATUS, AskStatus())


def feed_product(centre: FakeCentre, product: ProductView) -> None:
    centre.put(ChangeKind.PRODUCT, ProductCode(product.code), product, product.revision)


class Signal:
    """Lets a test wait until something has happened so many times on another thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def happened(self, *_: object) -> None:
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait_for(self, times: int = 1) -> None:
        with self._condition:
            if not self._condition.wait_for(lambda: self._count >= times, WAIT_SECONDS):
                raise AssertionError(f"waited for {times}, saw {self._count}")
