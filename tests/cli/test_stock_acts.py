"""`readback admin stock` as an administrator types it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from app.cli.program import main
from app.values.clock import SystemClock
from tests.order_desk import OrderCentre
from tests.stocked_desk import StockedDesk, count, reserved

StockAct = Callable[..., tuple[int, str, str]]


@pytest.fixture
def stock(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> StockAct:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "stock", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def desk(central_url: str) -> Iterator[StockedDesk]:
    centre = OrderCentre(central_url)
    centre.clock.set(SystemClock().now())  # the command line goes by the real one
    yield StockedDesk(centre)
    centre.close()


def test_a_count_is_set_and_shown(desk: StockedDesk, stock: StockAct) -> None:
    assert stock("set", "tea-1", "40", "--expected-on", "2026-12-01") == (
        0,
        "",
        "TEA-1: 40 on hand, 40 left.",
    )
    head, row = stock("show", "TEA-1")[1].splitlines()
    assert head.split()[:3] == ["CODE", "ON", "HAND"]
    assert row.split()[:7] == ["TEA-1", "40", "0", "0", "40", "0", "2026-12-01"]
    assert desk.ask("TEA-1")[0].expected_on == date(2026, 12, 1)


def test_a_count_leaves_the_day_and_what_is_spoken_for(desk: StockedDesk, stock: StockAct) -> None:
    stock("set", "TEA-1", "40", "--expected-on", "2026-12-01")
    desk.hold(desk.tea(4), tea=4)
    assert stock("set", "TEA-1", "30")[2] == "TEA-1: 30 on hand, 26 left."
    assert "2026-12-01" in stock("show", "TEA-1")[1]
    stock("set", "TEA-1", "30", "--expected-on", "unknown")
    assert "2026-12-01" not in stock("show", "TEA-1")[1]


def test_a_count_is_audited_and_told_to_desks_of_before(desk: StockedDesk, stock: StockAct) -> None:
    stock("set", "TEA-1", "40")
    audited = desk.centre.rows("SELECT facts FROM audit WHERE operation = 'admin.stock.set'")
    assert [row.facts for row in audited] == [{"code": "TEA-1", "on_hand": 40}]
    told = desk.centre.rows("SELECT revision FROM change WHERE key = 'TEA-1' ORDER BY seq")
    assert [row.revision for row in told] == [1, 2]


def test_it_is_told_who_holds_what_until_when(desk: StockedDesk, stock: StockAct) -> None:
    count(desk.centre, "TEA-1", 10)
    order = desk.tea(3)
    desk.hold(order, tea=3)
    desk.send_order(desk.tea(2))
    text = stock("show", "TEA-1")[1]
    assert text.splitlines()[1].split()[1:5] == ["10", "2", "3", "5"]
    held = text.splitlines()[-1]
    assert held.startswith("3 ")
    assert held.endswith(f"Desk 1  {order.order_id}")
    assert "ran out" not in held


def test_what_is_held_for_an_order_is_given_back(desk: StockedDesk, stock: StockAct) -> None:
    count(desk.centre, "TEA-1", 10)
    order = desk.tea(3)
    desk.hold(order, tea=3)
    assert stock("release", str(order.order_id)) == (0, "", "3 pieces are given back.")
    assert stock("release", str(order.order_id))[::2] == (
        1,
        "readback: Nothing is held for this order.",
    )
    assert reserved(desk.centre) == 0


def test_all_that_ran_out_is_given_back(desk: StockedDesk, stock: StockAct) -> None:
    count(desk.centre, "TEA-1", 10)
    desk.hold(desk.tea(3), tea=3)
    assert stock("release", "--expired")[2] == "0 pieces that ran out are given back."
    desk.centre.run("UPDATE stock_hold SET expires_at = '2026-01-01Z'")
    assert "ran out" in stock("show", "TEA-1")[1]
    assert stock("release", "--expired")[2] == "3 pieces that ran out are given back."
    assert reserved(desk.centre) == 0


def test_sums_are_checked(desk: StockedDesk, stock: StockAct) -> None:
    count(desk.centre, "TEA-1", 10)
    desk.hold(desk.tea(3), tea=3)
    assert stock("check") == (0, "What is reserved is what holds and orders come to.", "")
    desk.centre.run("UPDATE stock_level SET reserved = 5")
    code, out, _ = stock("check")
    assert (code, out.splitlines()[1].split()) == (1, ["TEA-1", "5", "3", "0"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "NOPE"), "No product has the code NOPE."),
        (("show", "TEA-1"), "Nobody counts TEA-1: it is not tracked."),
    ],
)
def test_what_is_not_there_is_said_in_words(
    desk: StockedDesk, stock: StockAct, words: tuple[str, ...], sentence: str
) -> None:
    assert desk.ask("TEA-1")[0].tracked is False
    assert stock(*words)[::2] == (1, f"readback: {sentence}")


@pytest.mark.parametrize(
    "words",
    [("set", "TEA-1", "some"), ("set", "TEA-1", "4", "--expected-on", "soon"), ("release",)],
)
def test_a_slip_of_the_finger_is_refused(stock: StockAct, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        stock(*words)
