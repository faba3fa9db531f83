"""A store of the first version is brought up to this one, with everything that was in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, insert, select
from sqlcipher3 import dbapi2

from app.models.desk.tables import CommandRow, DraftRow, NumberRow, PlacedOrderRow, ReadBackEntryRow
from app.services.desk.desk import Desk
from app.services.desk.records import digest
from app.services.desk.recovery import JOURNAL, STORE
from app.services.desk.seat import STORE_KEY
from app.services.rules.pricing import totals
from app.values.identity import Incarnation, OrderId
from app.values.order_number import with_check_digits
from app.values.vocabulary import CommandKind, CommandState, DraftState
from app.wire import operations
from app.wire.message import encode
from app.wire.orders import ListDrafts, OpenDraft, OrderDocument, PlacedOrder
from tests.builders import A_MORNING, an_id, with_line
from tests.read_backs import A_CSR
from tests.services.desk.site import (
    REGIONS,
    Site,
    close,
    place,
    place_at_once,
    read_back,
    ready,
    record,
    sign_in,
    status,
)
from tests.services.desk.test_recovery import numbers_in_journal, numbers_in_store

SCRIPTS = Path(__file__).parents[3] / "app" / "store" / "migrations" / "desk"
_NEW = {
    "must_say",
    "order_type",
    "priority",
    "payment",
    "guidance",
    "read_back",
    "attempts",
    "links",
    "on_account",
}
"""Fields that messages of the first version did not have."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def as_before(message: object) -> bytes:
    """A message as the first version wrote it."""
    text = json.dumps(_without_new(json.loads(encode(message))), separators=(",", ":"))
    return text.encode()


def _without_new(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_without_new(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_new(one) for name, one in value.items() if name not in _NEW}
    return value


def connected(path: Path, key: bytes) -> dbapi2.Connection:
    connection = dbapi2.connect(str(path), check_same_thread=False)
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def first_tables(connection: Connection) -> None:
    """What the first version's script makes."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


def a_placed_order(document: OrderDocument) -> PlacedOrder:
    return PlacedOrder(
        number=with_check_digits(4_711),
        document=document,
        totals=totals(document, REGIONS[document.region]),
        placed_at=A_MORNING,
        placed_by=A_CSR,
    )


def order_row(placed: PlacedOrder) -> Mapping[str, object]:
    return {
        "position": 1,
        "order_id": placed.document.order_id,
        "number": placed.number,
        "placed_at": A_MORNING,
        "number_shown_at": A_MORNING,
    }


def command_row(placed: PlacedOrder) -> Mapping[str, object]:
    body = as_before(placed)
    return {
        "position": 1,
        "incarnation": Incarnation(an_id(60)),
        "sequence": 1,
        "command_id": an_id(61),
        "order_id": placed.document.order_id,
        "kind": CommandKind.PLACE_ORDER,
        "person_id": A_CSR,
        "captured_at": A_MORNING,
        "clock_offset_ms": 0,
        "body": body,
        "sha256": digest(body),
        "state": CommandState.PENDING,
        "failures": 0,
        "reasons": "",
        "sentence": "",
    }


def draft_row(document: OrderDocument, state: DraftState) -> Mapping[str, object]:
    return {
        "order_id": document.order_id,
        "state": state,
        "document": as_before(document),
        "started_at": A_MORNING,
        "saved_at": A_MORNING,
        "taken_by": A_CSR,
        "void_reason": "",
    }


def with_first_store(site: Site, draft: OrderDocument, placed: PlacedOrder) -> None:
    """The seat as the first version left it: a draft, and an order that waits to be sent."""
    with site.opened():
        pass
    for path in site.folder.glob(f"{STORE}*"):
        path.unlink()
    (site.folder / JOURNAL).unlink()
    key = site.keys.get(STORE_KEY)
    assert key is not None
    path = site.folder / STORE
    engine = create_engine("sqlite://", module=dbapi2, creator=partial(connected, path, key))
    with engine.begin() as connection:
        first_tables(connection)
        connection.execute(insert(CommandRow), [command_row(placed)])
        connection.execute(insert(PlacedOrderRow), [order_row(placed)])
        number = {"number": placed.number, "position": 1, "leased_at": A_MORNING}
        connection.execute(insert(NumberRow), [{**number, "order_id": placed.document.order_id}])
        rows = [draft_row(draft, DraftState.OPEN), draft_row(placed.document, DraftState.PLACED)]
        connection.execute(insert(DraftRow), rows)
    engine.dispose()


def kinds(desk: Desk) -> list[CommandKind]:
    with desk.records.store.read() as connection:
        return list(connection.execute(select(CommandRow.kind)).scalars())


def test_an_old_store_keeps_its_drafts_and_its_placed_orders(site: Site) -> None:
    draft, placed = site.order(with_line("TEA-1", 3)), a_placed_order(site.order())
    with_first_store(site, draft, placed)
    with site.opened() as desk:
        sign_in(desk)
        (listed,) = desk.caller.call(operations.LIST_DRAFTS, ListDrafts()).drafts
        assert listed.order_id == draft.order_id
        request = OpenDraft(order_id=OrderId(draft.order_id))
        assert desk.caller.call(operations.OPEN_DRAFT, request) == draft
        assert desk.place.placed(OrderId(placed.document.order_id)) == placed
        assert status(desk).waiting == 1
    assert numbers_in_journal(site) == {placed.number}


def test_a_copy_of_the_old_store_stays_beside_the_new_one(site: Site) -> None:
    with_first_store(site, site.order(), a_placed_order(site.order()))
    old = (site.folder / STORE).read_bytes()
    with site.opened():
        pass
    (copy,) = site.folder.glob("desk-before-*.store")
    assert copy.read_bytes() == old


def test_an_old_order_is_sent_byte_for_byte_and_its_call_is_not_ended(site: Site) -> None:
    placed = a_placed_order(site.order())
    with_first_store(site, site.order(), placed)
    with site.opened() as desk:
        while desk.outbox.send_batch():
            pass
        site.clock.advance(days=3)
        desk.line.step()
        assert kinds(desk) == [CommandKind.PLACE_ORDER]
    assert list(site.centre.orders.values()) == [placed]


def test_an_old_draft_is_read_back_and_placed(site: Site) -> None:
    draft = site.order(with_line("TEA-1", 3))
    with_first_store(site, draft, a_placed_order(site.order()))
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, draft)
        placed = place_at_once(caller, draft)
        close(caller, draft)
        assert record(caller, draft) == placed.read_back
        assert len(numbers_in_store(desk)) == 2
        assert kinds(desk) == [
            CommandKind.PLACE_ORDER,
            CommandKind.PLACE_ORDER,
            CommandKind.CLOSE_CALL,
        ]


def test_a_store_that_was_brought_up_takes_new_orders_after_a_restart(site: Site) -> None:
    with_first_store(site, site.order(), a_placed_order(site.order()))
    with site.opened():
        pass
    with site.opened() as desk:
        place(ready(desk), site.order())
        with desk.records.store.read() as connection:
            assert connection.execute(select(ReadBackEntryRow.position)).all()
