"""The ledger of the fault campaign finds what is planted: that tests the campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import psycopg
import pytest

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.faults.ledger import (
    Changed,
    Count,
    DeskLog,
    Entry,
    Placing,
    Shown,
    call_name,
    count,
    count_shown,
    note_of,
    read_log,
    run_of,
)
from tests.builders import with_line
from tests.central_fixtures import Databases
from tests.order_desk import OrderCentre, SendingDesk

ORDERS = 3


@pytest.fixture(scope="module")
def centre(postgres_server: LocalPostgres, central_template: str) -> Iterator[OrderCentre]:
    databases = Databases(postgres_server)
    centre = OrderCentre(databases.make(central_template))
    yield centre
    centre.close()
    databases.drop_all()


@pytest.fixture(scope="module")
def shown(centre: OrderCentre) -> list[Shown]:
    """Numbers of orders that the centre has."""
    desk = SendingDesk(centre)
    seen = []
    for place in range(ORDERS):
        call = f"call {place}"
        order = msgspec.structs.replace(
            desk.order(with_line("TEA-1", 2 + place), with_line("CUP-2", 1)),
            internal_note=note_of(call),
        )
        placed = desk.placed(order)
        desk.send(desk.command(placed))
        order_id, total = str(order.order_id), placed.totals.total.minor
        seen.append(Shown(call, order_id, placed.number, total, lines=2))
    return seen


@pytest.fixture
def found(centre: OrderCentre) -> Iterator[Callable[..., Count]]:
    """What is counted after something was planted that no program of ours does; then undone."""
    with psycopg.connect(centre.url) as connection:
        connection.execute("SET session_replication_role = replica")

        def counted(shown: Sequence[Shown], *planted: str, **values: str) -> Count:
            for statement in planted:
                connection.execute(statement.encode(), values)
            return count_shown(connection, shown)

        yield counted
        connection.rollback()


Found = Callable[..., Count]


def test_orders_that_are_all_there_once_hold(found: Found, shown: list[Shown]) -> None:
    counted = found(shown)
    assert counted == Count(acknowledged=ORDERS, lost=0, twice=0, wrong_total=0, kept=ORDERS)
    assert counted.holds


def test_an_order_that_is_gone_is_lost(found: Found, shown: list[Shown]) -> None:
    counted = found(
        shown,
        "DELETE FROM order_line WHERE order_id = %(order)s",
        "DELETE FROM order_version WHERE order_id = %(order)s",
        "DELETE FROM order_event WHERE order_id = %(order)s",
        "DELETE FROM sales_order WHERE order_id = %(order)s",
        order=shown[1].order_id,
    )
    assert counted.lost == 1
    assert counted.torn == ("1 commands without their order",)


def test_a_number_that_was_never_sent_is_lost(found: Found, shown: list[Shown]) -> None:
    never_sent = msgspec.structs.replace(shown[0], number="0000000097")
    assert found([*shown, never_sent]).lost == 1


def test_a_call_with_two_orders_is_there_twice(found: Found, shown: list[Shown]) -> None:
    counted = found(
        shown,
        "UPDATE order_version SET document = jsonb_set(document, '{document,internal_note}',"
        " to_jsonb(%(note)s::text)) WHERE order_id = %(order)s",
        note=note_of(shown[0].call),
        order=shown[1].order_id,
    )
    assert counted.twice == 1


def test_a_number_of_two_orders_is_there_twice(found: Found, shown: list[Shown]) -> None:
    alias = "INSERT INTO order_number_alias (order_id, number) VALUES (%(order)s, %(number)s)"
    assert found(shown, alias, order=shown[1].order_id, number=shown[0].number).twice == 1


def test_a_number_told_to_two_callers_is_there_twice(found: Found, shown: list[Shown]) -> None:
    again = msgspec.structs.replace(shown[0], order_id=shown[1].order_id, call=shown[1].call)
    assert found([*shown, again]).twice == 1


def test_the_same_number_shown_again_counts_once(found: Found, shown: list[Shown]) -> None:
    assert found([*shown, shown[0]]).holds


def test_a_total_that_was_changed_is_wrong(found: Found, shown: list[Shown]) -> None:
    counted = found(
        shown,
        "UPDATE sales_order SET total_minor = total_minor + 1, delivery_minor = delivery_minor + 1"
        " WHERE order_id = %(order)s",
        order=shown[0].order_id,
    )
    assert counted.wrong_total == 1


def test_a_line_at_another_price_makes_the_total_wrong(found: Found, shown: list[Shown]) -> None:
    dearer = (
        "UPDATE order_line SET told_price = told_price + 100"
        " WHERE order_id = %(order)s AND position = 1"
    )
    assert found(shown, dearer, order=shown[0].order_id).wrong_total == 1


def test_half_an_order_is_torn(found: Found, shown: list[Shown]) -> None:
    half = "DELETE FROM order_line WHERE order_id = %(order)s AND position = 2"
    counted = found(shown, half, order=shown[0].order_id)
    assert "1 orders without all their lines" in counted.torn
    assert not counted.holds


def test_an_order_without_its_command_is_torn(found: Found, shown: list[Shown]) -> None:
    counted = found(
        shown,
        "DELETE FROM applied_command WHERE command_id = (SELECT command_id FROM order_event"
        " WHERE order_id = %(order)s LIMIT 1)",
        order=shown[0].order_id,
    )
    assert counted.torn == ("1 orders without a command",)


def test_reserved_pieces_that_nobody_has_are_torn(found: Found, shown: list[Shown]) -> None:
    counted = found(
        shown,
        "INSERT INTO stock_level (code, on_hand, reserved, counted_at, revision)"
        " VALUES ('POST', 5, 1, now(), 1)",
    )
    assert counted.torn == (
        "1 products of which other pieces are reserved than are held and allocated",
    )


def test_a_log_is_read_as_it_was_written(tmp_path: Path, centre: OrderCentre) -> None:
    path = tmp_path / "desk.jsonl"
    call = call_name(path, 3, 0)
    lost = Shown(call, "00000000-0000-0000-0000-000000000001", "0000000097", 100, 1)
    entries: list[Entry] = [Changed(call, 1, 0.5), Placing(call), lost]
    with DeskLog(path) as log:
        for entry in entries:
            log.write(entry)
    assert read_log(path) == entries
    assert run_of(call) == 3
    assert count(centre.url, [path]).lost == 1


def test_a_line_torn_by_a_kill_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "desk.jsonl"
    with DeskLog(path) as log:
        log.write(Placing("one"))
    with path.open("ab") as file:
        file.write(b'{"type":"placing","ca')
    with DeskLog(path) as log:
        log.write(Placing("two"))
    assert read_log(path) == [Placing("one"), Placing("two")]
