"""`readback admin customers` as an administrator types it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
import pytest

from app.cli.program import main
from app.values.identity import CustomerId
from tests.builders import a_customer, changed, with_line
from tests.order_desk import OrderCentre, SendingDesk

Customers = Callable[..., tuple[int, str, str]]


@pytest.fixture
def customers(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Customers:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "customers", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def twins(central_url: str) -> Iterator[tuple[UUID, UUID]]:
    """Two customers by one number; of the first, two calls tell two names."""
    centre = OrderCentre(central_url)
    desk = SendingDesk(centre)
    people = [
        a_customer(name, customer_id=CustomerId(centre.ids.new()), phone="+442079460018")
        for name in ("Ann Lee", "Anne Leigh")
    ]
    for at, customer in enumerate(people):
        desk.send_order(changed(customer=customer)(desk.order(with_line(f"BOX-{at}"))))
    for at, name in enumerate(("Ann Li", "Ann Lea")):
        told = msgspec.structs.replace(people[0], name=name, base_revision=1)
        desk.send_order(changed(customer=told)(desk.order(with_line(f"PEN-{at}"))))
    yield people[0].customer_id, people[1].customer_id
    centre.close()


def test_what_waits_is_merged_taken_back_settled_and_kept_apart(
    customers: Customers, twins: tuple[UUID, UUID]
) -> None:
    one, other = twins
    code, out, _ = customers("tasks")
    twin, changed_by_two = (line.split()[0] for line in out.splitlines() if line[0] != " ")
    assert code == 0
    assert "phone: both have +442079460018" in out
    assert "name: Ann Li holds, Ann Lea was said (the call went by Ann Lee)" in out
    assert customers("merge", str(one), str(other))[0] == 0
    assert "may be one" not in customers("tasks")[1]
    assert customers("unmerge", str(other))[0] == 0
    assert customers("settle", changed_by_two, "--take", "name")[0] == 0
    assert "Ann Lea" in customers("tasks")[1]
    assert customers("keep-apart", twin)[0] == 0
    assert customers("tasks")[2] == "Nothing waits for a decision."


def test_what_makes_no_sense_is_refused_in_words(customers: Customers) -> None:
    nobody = "018f0000-0000-7000-8000-000000000001"
    assert customers("merge", nobody, "somebody")[2].endswith("somebody is no id.")
    assert "not merged" in customers("unmerge", nobody)[2]
    assert "nothing like that" in customers("keep-apart", nobody)[2]
