"""`readback admin order` as an administrator types it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from app.cli.order_acts import as_text
from app.cli.program import main
from app.services.rules.protocol import protocol_of
from app.services.rules.regions import load_region
from app.settings import resource_folder
from tests.order_desk import OrderCentre, SendingDesk
from tests.read_back_story import OTHER_NUMBER, SLIP, a_story

Order = Callable[..., tuple[int, str, str]]


@pytest.fixture
def order(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Order:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "order", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def test_the_protocol_is_told_in_lines() -> None:
    rules = load_region(resource_folder() / "regions" / "gb.toml")
    text = "\n".join(as_text(protocol_of(a_story(rules), rules)))
    assert "Order 417 302 9823" in text
    assert "WHY SOMEBODY HAS TO LOOK AT IT" in text
    assert "10:31:14  Line 2: 50 \u00d7 47566 Party bunting  (4 s)" in text
    assert "    Quantity 15 \u2192 50, misheard." in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_call_without_trouble_is_told_so() -> None:
    rules = load_region(resource_folder() / "regions" / "gb.toml")
    quiet = msgspec.structs.replace(protocol_of(a_story(rules), rules), notable=(), reasons=())
    text = "\n".join(as_text(quiet))
    assert "Nothing: all was right at once." in text
    assert "WHY" not in text


def test_an_order_is_told_by_its_number(central_url: str, order: Order) -> None:
    centre = OrderCentre(central_url)
    desk = SendingDesk(centre)
    placed = desk.placed()
    desk.send(desk.command(placed))
    centre.close()
    code, out, _ = order("protocol", placed.number)
    assert code == 0
    assert "Customer and contact" in out
    assert out.startswith("Order ")
    code, out, _ = order("show", placed.number)
    assert code == 0
    for told in (
        "version 1",
        "2 at \u00a32.95: \u00a35.90; 2 ordered",
        f"Charged: {placed.totals.total}",
        "undo: There is no change of this order that could be taken back.",
        "The order was placed by telephone: 1 line",
    ):
        assert told in out


def test_a_slip_and_a_number_nobody_has_are_told_in_words(order: Order) -> None:
    assert order("protocol", SLIP)[0] == 1
    assert "One of those digits is wrong." in order("protocol", SLIP)[2]
    assert "There is no such order here." in order("protocol", OTHER_NUMBER)[2]
