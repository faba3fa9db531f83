"""Programs of their own that place orders or note answers until they are killed, and tell of it."""

from __future__ import annotations

from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from app.adapters.key_file import KeyFile
from app.values.identity import CustomerId, OrderId, SystemIds
from app.wire.orders import OrderDocument
from app.wire.read_back import Asked
from tests.builders import A_MORNING, a_customer
from tests.read_backs import A_CSR
from tests.services.desk.site import Site, note, place, sign_in


def a_site(folder: Path) -> Site:
    """The seat as both programs know it: keys in a file, ids of the machine."""
    site = Site(folder / "seat")
    site.keys = KeyFile(folder / "keys.json")
    site.ids = SystemIds()
    return site


def place_until_killed(folder: Path, told: Connection) -> None:
    site = a_site(folder)
    with site.opened() as desk:
        sign_in(desk)
        site.centre.go_away()
        for _ in count():
            document = an_order_of_somebody_new(site)
            told.send(place(desk.caller, document).number)


def an_order_of_somebody_new(site: Site) -> OrderDocument:
    """Of a customer whom no program before this one has had."""
    customer_id = CustomerId(site.ids.new())
    phone = f"+4420{customer_id.int % 10**8:08}"
    customer = a_customer(customer_id=customer_id, phone=phone)
    order_id = OrderId(site.ids.new())
    return msgspec.structs.replace(site.order(), order_id=order_id, customer=customer)


def answer_until_killed(folder: Path, told: Connection) -> None:
    """Notes one answer after the other about the same order, and tells how many are kept."""
    site = a_site(folder)
    document = site.order()
    with site.opened() as desk:
        sign_in(desk)
        for said in count(1):
            noted = note(desk.caller, document, an_asking_of(said))
            told.send((said, noted.entries))


def an_asking_of(number: int) -> Asked:
    """A sentence that is like no other."""
    said = f"Sentence {number}"
    return Asked(checkpoint="price", sha256="0" * 64, said=said, at=A_MORNING, by=A_CSR)
