"""`readback admin work` as an administrator types it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.cli.program import main
from app.values.order_number import OrderNumber, grouped
from app.values.vocabulary import Role
from tests.builders import with_line
from tests.order_desk import OrderCentre, SendingDesk

Work = Callable[..., tuple[int, str, str]]


@pytest.fixture
def work(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Work:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "work", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def waiting(central_url: str) -> Iterator[tuple[OrderCentre, OrderNumber]]:
    """An order of a product that nobody knows, a lead and a CSR."""
    centre = OrderCentre(central_url)
    desk = SendingDesk(centre)
    placed = desk.placed(desk.order(with_line("NOPE-9", 1)))
    desk.send(desk.command(placed))
    centre.person("lena", Role.TEAM_LEAD)
    yield centre, placed.number
    centre.close()


def test_an_order_is_listed_stopped_let_go_and_released(
    work: Work, waiting: tuple[OrderCentre, OrderNumber]
) -> None:
    centre, number = waiting
    code, out, err = work("list")
    assert code == 0
    assert out.startswith(f"review  {grouped(number)}")
    assert "A product is not in the catalogue." in out
    assert err.startswith("review 1")
    lena = ("--as", "lena")
    assert work("hold", number, *lena, "--code", "address", "--note", "Which street?")[0] == 0
    assert "Which street?" in work("list", "--kind", "hold")[1]
    assert "Lift the hold first" in work("release", number, *lena, "--unpaid")[2]
    assert work("lift", number, *lena)[0] == 0
    assert "No money is held" in work("release", number, *lena)[2]
    assert work("release", number, *lena, "--unpaid")[2] == f"Order {grouped(number)} goes on."
    assert work("list")[2] == "Nothing needs a person just now."
    (row,) = centre.rows("SELECT facts FROM audit WHERE operation = 'admin.work.release'")
    (lead,) = centre.rows("SELECT person_id FROM person WHERE login = 'lena'")
    assert row.facts == {"person": str(lead.person_id)}
    (event,) = centre.rows("SELECT person_id FROM order_event WHERE kind = 'released'")
    assert event.person_id == lead.person_id


def test_an_order_is_rejected_by_who_may_and_by_nobody_else(
    work: Work, waiting: tuple[OrderCentre, OrderNumber]
) -> None:
    _, number = waiting
    why = ("--reason", "fraud", "--note", "Known stolen card")
    assert "Only leads and administrators" in work("reject", number, "--as", "ada", *why)[2]
    assert "Nobody has that sign-in name" in work("reject", number, "--as", "nobody", *why)[2]
    assert work("reject", number, "--as", "lena", *why)[0] == 0
    assert work("list")[2] == "Nothing needs a person just now."
