"""`readback admin privacy` as an administrator types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.cli.program import main
from tests.order_desk import OrderCentre, SendingDesk

Privacy = Callable[..., tuple[int, str, str]]


@pytest.fixture
def privacy(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Privacy:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "privacy", *words])
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
    privacy: Privacy, centre: OrderCentre, customer: UUID, tmp_path: Path
) -> None:
    file = tmp_path / "person.json"
    code, out, _ = privacy("find", "thompson")
    assert (code, out.split()[0]) == (0, str(customer))
    assert privacy("export", str(customer), str(file))[0] == 0
    assert json.loads(file.read_bytes())["customers"][0]["name"] == "Margaret Thompson"
    assert file.stat().st_mode & 0o077 == 0
    assert "is there already" in privacy("export", str(customer), str(file))[2]

    assert privacy("correct", str(customer), "--name", "Margaret Thomson")[0] == 0
    assert "Margaret Thomson" in privacy("find", "thomson")[1]

    assert privacy("restrict", str(customer))[0] == 0
    assert "Nobody is found" in privacy("find", "thomson")[2]
    assert str(customer) in privacy("restricted")[1]
    assert privacy("lift", str(customer))[0] == 0

    code, _, said = privacy("erase", str(customer))
    assert code != 0
    assert "Not everything is sent yet" in said
    centre.run("UPDATE sales_order SET fulfilment = 'delivered'")
    code, out, said = privacy("erase", str(customer))
    assert (code, said) == (0, "Nothing was erased yet. Say --yes to do it.")
    assert "Stays: Name and addresses of order" in out
    assert privacy("erase", str(customer), "--yes")[0] == 0
    assert centre.rows("SELECT name FROM customer") == [("Erased",)]
    assert "0 orders were kept" in privacy("keep")[2]


def test_what_is_no_customer_is_said(privacy: Privacy, centre: OrderCentre) -> None:
    assert "no id of a customer" in privacy("restrict", "Thompson")[2]
    assert "no such customer" in privacy("erase", str(centre.ids.new()))[2]
    assert "Nobody's data are restricted" in privacy("restricted")[2]
