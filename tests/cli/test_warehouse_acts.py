"""The warehouse on the command line: reports by hand and from files, and what waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.program import REFUSED, main
from app.values.clock import SystemClock
from app.wire.orders import PlacedOrder
from tests.import_files import Folder
from tests.paying_desk import PayingCentre
from tests.warehouses import SHIPPED, Warehoused

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def site(central_url: str) -> Iterator[Warehoused]:
    centre = PayingCentre(central_url)
    centre.clock.set(SystemClock().now())  # the command line goes by the real one
    yield Warehoused(centre)
    centre.close()


@pytest.fixture
def placed(site: Warehoused) -> PlacedOrder:
    return site.placed()


@pytest.fixture
def run(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def typed(*words: str) -> tuple[int, str, str]:
        code = main(words)
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return typed


def test_what_a_warehouse_cannot_say_is_said_by_hand(
    site: Warehoused, placed: PlacedOrder, run: Run
) -> None:
    act = ("admin", "warehouse")
    said = run(*act, "report", placed.number, "shipped", "--shipment", "A", "--line", "TEA-1=2")
    assert said == (0, "taken", "")
    assert site.shipped(placed)["TEA-1"] == (2, 0, 0)
    code, word, why = run(*act, "report", placed.number, "delivered")
    assert (code, word, why) == (1, "kept", "It names no parcel.")
    code, listed, _ = run(*act, "events")
    assert (code, "It names no parcel." in listed) == (0, True)
    site.line.is_away = True
    site.look()
    assert "order.new" in run(*act, "list")[1]
    site.line.is_away = False
    assert "told again" in run(*act, "resend", placed.number)[2]
    site.centre.clock.set(SystemClock().now())
    site.look()
    assert run(*act, "list")[2] == "The warehouse has taken everything that is for it."
    assert run(*act, "resend", "0000000000")[0] == REFUSED


def test_a_report_that_came_before_its_order_is_tried_again(
    site: Warehoused, placed: PlacedOrder, run: Run
) -> None:
    site.centre.run("UPDATE sales_order SET number = '0000000000'")
    event = site.event(placed, SHIPPED, "A")
    assert site.report(event)[0].outcome.value == "kept"
    site.centre.run("UPDATE sales_order SET number = :n", n=placed.number)
    assert run("admin", "warehouse", "again", event.id)[:2] == (0, "taken")
    assert site.order(placed).fulfilment == "shipped"


def test_reports_of_a_csv_file_are_counted_once(
    site: Warehoused, placed: PlacedOrder, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Folder(tmp_path).file(
        "OrderNumber,status,parcel,sku,qty,ShipDate,TrackingNumber,Courier",
        f"{placed.number},dispatched,A,TEA-1,2,2026-11-20,T-1,Parcels Ltd",
        f"{placed.number},dispatched,A,CUP-2,2,2026-11-20,T-1,Parcels Ltd",
        f"{placed.number},delivered,A,,,2026-11-21T10:00:00Z,,",
        f"{placed.number},dispatched,B,TEA-1,9,2026-11-21,,",
        f"{placed.number},vanished,A,,,2026-11-21,,",
        ",dispatched,A,TEA-1,1,2026-11-21,,",
        f"{placed.number},dispatched,C,TEA-1,some,2026-11-21,,",
        f"{placed.number},dispatched,C,TEA-1,1,yesterday,,",
        name="sent.csv",
    )
    code, said, _ = run("import", "shipments", str(path))
    assert code == 0
    assert said.splitlines()[:3] == [
        "sent.csv: 8 rows, 4 taken, 4 not taken.",
        "Added 3, changed 0, unchanged 0.",
        "Kept for a person, with what could not be true: 1.",
    ]
    again = run("import", "shipments", str(path))[1]
    assert "Added 0, changed 0, unchanged 3." in again
    assert site.shipped(placed) == {"TEA-1": (3, 2, 0), "CUP-2": (2, 2, 0)}
    assert "nothing of this kind is known" in (tmp_path / "sent.rejects.csv").read_text("utf-8")


def test_reports_of_a_json_file_are_those_of_the_wire(
    site: Warehoused, placed: PlacedOrder, run: Run, tmp_path: Path
) -> None:
    event = {"id": "e-1", "kind": "shipped", "at": "2026-11-20T12:00:00Z", "shipment": "A"}
    reports = {"events": [event | {"number": placed.number}, {"id": "e-2"}]}
    path = tmp_path / "sent.json"
    path.write_text(json.dumps(reports), "utf-8")
    code, said, _ = run("import", "shipments", str(path))
    assert code == 0
    assert said.startswith("sent.json: 2 rows, 1 taken, 1 not taken.")
    assert site.order(placed).fulfilment == "shipped"
    path.write_text("[]", "utf-8")
    assert run("import", "shipments", str(path))[0] == REFUSED
