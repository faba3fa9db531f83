"""`readback admin person-data` as an administrator types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.cli.program import main
from tests.order_desk import OrderCentre, SendingDesk

PersonData = Callable[..., tuple[int, str, str]]


@pytest.fixture
def person_data(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> PersonData:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "person-data", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def centre(central_url: str) -> Iterator[OrderCentre]:
    made = OrderCentre(central_url)
    yield made
    made.close()


@pytest.fixture
def customer(centre: OrderCentre) -> UUID:
    """Somebody who has an order."""
    desk = SendingDesk(centre)
    placed = desk.placed()
    desk.send(desk.command(placed))
    known = placed.document.customer
    assert known is not None
    return known.customer_id


def test_somebody_is_found_exported_corrected_restricted_and_erased(
    person_data: PersonData, centre: OrderCentre, customer: UUID, tmp_path: Path
) -> None:
    file = tmp_path / "person.json"
    code, out, _ = person_data("find", "thompson")
    assert (code, out.split()[0]) == (0, str(customer))
    assert person_data("export", str(customer), str(file))[0] == 0
    assert json.loads(file.read_bytes())["customers"][0]["name"] == "Margaret Thompson"
    assert file.stat().st_mode & 0o077 == 0
    assert "is there already" in person_data("export", str(customer), str(file))[2]

    assert person_data("correct", str(customer), "--name", "Margaret Thomson")[0] == 0
    assert "Margaret Thomson" in person_data("find", "thomson")[1]

    assert person_data("restrict", str(customer))[0] == 0
    assert "Nobody is found" in person_data("find", "thomson")[2]
    assert str(customer) in person_data("restricted")[1]
    assert person_data("lift", str(customer))[0] == 0

    code, _, said = person_data("erase", str(customer))
    assert code != 0
    assert "Not everything is sent yet" in said
    centre.run("UPDATE sales_order SET fulfilment = 'delivered'")
    code, out, said = person_data("erase", str(customer))
    assert (code, said) == (0, "Nothing was erased yet. Say --yes to do it.")
    assert "Stays: Name and addresses of order" in out
    assert person_data("erase", str(customer), "--yes")[0] == 0
    assert centre.rows("SELECT name FROM customer") == [("Erased",)]
    assert "0 orders were kept" in person_data("keep")[2]


def test_what_is_no_customer_is_said(person_data: PersonData, centre: OrderCentre) -> None:
    assert "no id of a customer" in person_data("restrict", "Thompson")[2]
    assert "no such customer" in person_data("erase", str(centre.ids.new()))[2]
    assert "Nobody's data are restricted" in person_data("restricted")[2]
