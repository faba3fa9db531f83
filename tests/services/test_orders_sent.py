"""A whole desk and a whole centre over a socket: orders read back here hold there, in one go."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest

from app.services.desk.desk import Desk
from app.services.rules.guidance_files import read_guidance
from app.settings import resource_folder
from app.values.identity import CustomerId, DeviceId, OrderId, PersonId
from app.values.vocabulary import CallOutcome
from app.wire import operations
from app.wire.orders import OrderDocument, PlaceOrder
from app.wire.people import SignIn
from app.wire.read_back import CloseCall
from tests.builders import an_id, an_order, with_line
from tests.centre import PASSWORD
from tests.order_desk import OrderCentre
from tests.read_backs import read_back_of
from tests.services.desk.site import REGIONS, note, status
from tests.services.test_guidance_followed import a_desk


@pytest.fixture
def centre(central_url: str) -> Generator[OrderCentre]:
    made = OrderCentre(central_url)
    yield made
    made.close()


def ready(centre: OrderCentre, desk: Desk) -> PersonId:
    """Followed, signed in, and with numbers to give out."""
    for _ in range(4):
        desk.feed.step()
    person = centre.person("anna")
    desk.caller.call(operations.SIGN_IN, SignIn(login="anna", password=PASSWORD))
    desk.line.step()
    return person


def order_of(centre: OrderCentre, person: PersonId, number: int) -> OrderDocument:
    """An order of the desk's own."""
    device = centre.rows("SELECT device_id FROM device WHERE name = 'Desk 9'")[0].device_id
    document = an_order(with_line("TEA-1", 12))
    customer = document.customer
    if customer is not None:
        customer = msgspec.structs.replace(
            customer, customer_id=CustomerId(an_id(20_000 + number)), phone=f"0113496{number:04}"
        )
    return msgspec.structs.replace(
        document,
        customer=customer,
        order_id=OrderId(an_id(10_000 + number)),
        device_id=DeviceId(device),
        taken_by=person,
    )


def take_order(desk: Desk, document: OrderDocument) -> None:
    """Read back by the shipped checklists, placed, and its call ended."""
    shipped = read_guidance(resource_folder())
    rules = REGIONS[document.region]
    note(desk.caller, document, *read_back_of(document, rules, shipped, by=document.taken_by))
    desk.caller.call(operations.PLACE_ORDER, PlaceOrder(document=document))
    ending = CloseCall(order_id=document.order_id, outcome=CallOutcome.ORDER_PLACED)
    desk.caller.call(operations.CLOSE_CALL, ending)


def test_what_was_taken_while_the_centre_was_away_is_taken_by_it_in_one_go(
    centre: OrderCentre, tmp_path: Path
) -> None:
    with centre.over_http() as line, a_desk(centre, line.url, tmp_path / "seat") as desk:
        person = ready(centre, desk)
        for number in range(5):
            take_order(desk, order_of(centre, person, number))
        assert status(desk).waiting == 10

        desk.line.step()

        assert (status(desk).waiting, status(desk).needs_person) == (0, 0)
    assert centre.rows("SELECT DISTINCT state, review_reasons FROM sales_order") == [
        ("accepted", [])
    ]
    assert centre.rows("SELECT count(*) FROM call_closing")[0][0] == 5
