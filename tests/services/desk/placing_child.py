"""A program of its own that places orders until it is killed, and tells every number it got."""

from __future__ import annotations

from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from app.adapters.key_file import KeyFile
from app.values.identity import OrderId, SystemIds
from tests.services.desk.site import Site, place, sign_in


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
            document = msgspec.structs.replace(site.order(), order_id=OrderId(site.ids.new()))
            told.send(place(desk.caller, document).number)
