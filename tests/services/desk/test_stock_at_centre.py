"""Two real desks and a real centre: what one holds the other sees, to the last piece."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher

from app.services.desk.desk import Desk, DeskParts, open_desk
from app.services.desk.seat import enrol, open_seat
from app.services.desk.seat_identity import read_identity
from app.services.ports import Caller
from app.transport.client import SeatKey
from app.values.errors import Refusal
from app.values.identity import CustomerId, OrderId, PersonId, ProductCode
from app.wire import operations
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.people import SignIn, SignOut
from app.wire.stock import AskStock, HoldStock, StockStanding, WantedStock
from app.wire.stock_operations import KEEP_STOCK, LOOK_UP_STOCK
from tests.builders import a_customer, an_order, changed, with_line
from tests.centre import PASSWORD
from tests.fakes import InMemoryKeyStore
from tests.order_desk import OrderCentre
from tests.read_backs import read_back_of
from tests.services.desk.site import (
    REGIONS,
    NoAddresses,
    know_checklists,
    no_chance,
    note,
    place_at_once,
)
from tests.stocked_desk import allocations, count, reserved

TEA = ProductCode("TEA-1")


@pytest.fixture
def centre(central_url: str) -> Iterator[OrderCentre]:
    made = OrderCentre(central_url)
    yield made
    made.close()


@contextmanager
def a_desk(centre: OrderCentre, folder: Path, login: str) -> Generator[Desk]:
    """A desk whose CSR is signed in, with numbers and checklists."""
    keys, caller = InMemoryKeyStore(), centre.caller()
    enrol(folder, centre.code(login), keys, caller, centre.ids)
    seat = open_seat(folder, keys)
    caller.use_seat(SeatKey(device_id=seat.identity.device_id, sign=seat.sign))
    parts = DeskParts(
        seat=seat,
        keys=keys,
        centre=caller,
        addresses=NoAddresses(),
        regions=REGIONS,
        clock=centre.clock,
        ids=centre.ids,
        chance=no_chance,
        version="test",
        hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1),
    )
    desk = open_desk(parts)
    try:
        centre.person(login)
        desk.caller.call(operations.SIGN_IN, SignIn(login=login, password=PASSWORD))
        desk.line.step()
        know_checklists(desk)
        yield desk
    finally:
        desk.close()


def an_order_at(folder: Path, centre: OrderCentre, quantity: int) -> OrderDocument:
    """An order at a seat, of a customer of its own."""
    identity = read_identity(folder)
    assert identity is not None
    number = centre.ids.new()
    customer = a_customer(
        customer_id=CustomerId(number), phone=f"+4477009{number.int % 100_000:05}"
    )
    order = an_order(with_line("TEA-1", quantity), changed(customer=customer))
    return msgspec.structs.replace(
        order, order_id=OrderId(centre.ids.new()), device_id=identity.device_id
    )


def keep(caller: Caller, order: OrderDocument, quantity: int) -> StockStanding:
    wanted = WantedStock(code=TEA, quantity=quantity)
    held = caller.call(KEEP_STOCK, HoldStock(order_id=order.order_id, wanted=(wanted,)))
    return held.standings[0]


def place(desk: Desk, centre: OrderCentre, login: str, order: OrderDocument) -> PlacedOrder:
    """Reads the order back as that person, and places it."""
    known = centre.rows("SELECT person_id FROM person WHERE login = :login", login=login)
    entries = read_back_of(order, REGIONS[order.region], by=PersonId(known[0][0]))
    note(desk.caller, order, *entries)
    return place_at_once(desk.caller, order)


def look(caller: Caller) -> StockStanding:
    return caller.call(LOOK_UP_STOCK, AskStock(codes=(TEA,))).standings[0]


def test_what_one_desk_holds_another_sees_until_it_is_given_back(
    centre: OrderCentre, tmp_path: Path
) -> None:
    count(centre, "TEA-1", 3, expected_on=date(2026, 11, 30))
    with a_desk(centre, tmp_path / "a", "ada") as ada, a_desk(centre, tmp_path / "b", "bob") as bob:
        order = an_order_at(tmp_path / "a", centre, 1)
        assert keep(ada.caller, order, 1).held == 1
        seen = look(bob.caller)
        assert (seen.left, [hold.quantity for hold in seen.colleagues]) == (2, [1])
        ada.caller.call(operations.SIGN_OUT, SignOut())
        ada.line.step()
        seen = look(bob.caller)
        assert (seen.left, seen.colleagues) == (3, ())


def test_who_comes_second_is_told_before_there_is_a_number(
    centre: OrderCentre, tmp_path: Path
) -> None:
    count(centre, "TEA-1", 5, expected_on=date(2026, 11, 30))
    with a_desk(centre, tmp_path / "a", "ada") as ada, a_desk(centre, tmp_path / "b", "bob") as bob:
        first = an_order_at(tmp_path / "a", centre, 4)
        second = an_order_at(tmp_path / "b", centre, 4)
        keep(ada.caller, first, 4)
        standing = keep(bob.caller, second, 4)
        assert (standing.held, standing.short, standing.expected_on) == (1, 3, date(2026, 11, 30))
        with pytest.raises(Refusal) as refused:
            place(bob, centre, "bob", second)
        assert refused.value.code == "stock_short"
        agreed = msgspec.structs.replace(
            second.lines[0], back_ordered=3, back_order_on=standing.expected_on
        )
        placed = place(bob, centre, "bob", msgspec.structs.replace(second, lines=(agreed,)))
        place(ada, centre, "ada", first)
        for desk in (ada, bob):
            desk.line.step()
    assert allocations(centre, placed.document.order_id) == {"TEA-1": (1, 3)}
    assert allocations(centre, first.order_id) == {"TEA-1": (4, 0)}
    assert reserved(centre) == 5
