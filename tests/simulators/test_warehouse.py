"""The stand-in warehouse, and a real centre with it: orders until delivery, on bad lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace

from app.adapters.warehouse_webhook import WarehouseWebhook
from app.campaigns.faults.proxy import Mischief, Proxy
from app.services.central.warehouse import Warehouse, WarehouseParts
from app.simulators.warehouse import Pace, Reporter, StandInWarehouse, WarehouseServer
from app.values.errors import Refusal, Unreachable
from app.values.warehouse import HandOverKind, WarehouseAnswer
from app.values.warehouse import WarehouseEventKind as Kind
from tests.builders import A_MORNING, with_line
from tests.fakes import CountingIds, FixedClock
from tests.order_desk import regions
from tests.paying_desk import PayingCentre
from tests.stocked_desk import sums_that_are_wrong
from tests.warehouses import KEY, Warehoused, a_message

QUICK = Pace(allocate_s=1, pick_s=2, ship_s=3, deliver_s=4, parcels=2)
BAD = (
    *(Mischief.DROPPED_BEFORE, Mischief.DROPPED_AFTER, Mischief.HALF_ANSWER, Mischief.DOUBLED),
    *(Mischief.ERROR_500, Mischief.ERROR_503, Mischief.PORTAL),
)
ROUNDS_MOST = 200


class TestTheStandIn:
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()

    @pytest.fixture
    def warehouse(self, clock: FixedClock) -> StandInWarehouse:
        return StandInWarehouse(QUICK, clock, CountingIds())

    def test_reports_each_step_when_its_time_has_come(
        self, warehouse: StandInWarehouse, clock: FixedClock
    ) -> None:
        warehouse.take(a_message())
        told: list[Kind] = []
        while not warehouse.is_idle:
            clock.advance(seconds=1)
            told += [event.kind for event in warehouse.due()]
        steps = [Kind.SHIPPED, Kind.SHIPPED, Kind.DELIVERED, Kind.DELIVERED]
        assert told == [Kind.ALLOCATED, Kind.PICKING, *steps]
        assert sum(warehouse.packed.values()) == 3

    def test_takes_the_same_message_and_an_older_version_once(
        self, warehouse: StandInWarehouse, clock: FixedClock
    ) -> None:
        warehouse.take(a_message(version=2, tea=2))
        assert warehouse.take(a_message(version=2, tea=2)).answer is WarehouseAnswer.ACCEPTED
        warehouse.take(a_message(version=1, tea=9, name="m-0"))
        clock.advance(minutes=1)
        warehouse.due()
        assert sum(warehouse.packed.values()) == 2

    def test_sends_nothing_of_what_was_cancelled_in_time(
        self, warehouse: StandInWarehouse, clock: FixedClock
    ) -> None:
        warehouse.take(a_message())
        cancelled = a_message(version=2, kind=HandOverKind.CANCELLED, name="m-2")
        cancelled = replace(cancelled, order=replace(cancelled.order, lines=()))
        assert warehouse.take(cancelled).answer is WarehouseAnswer.ACCEPTED
        clock.advance(minutes=1)
        assert warehouse.due() == []

    def test_says_too_late_of_what_has_left(
        self, warehouse: StandInWarehouse, clock: FixedClock
    ) -> None:
        warehouse.take(a_message())
        clock.advance(minutes=1)
        warehouse.due()
        fewer = a_message(version=2, kind=HandOverKind.CHANGED, tea=1, name="m-2")
        assert warehouse.take(fewer).answer is WarehouseAnswer.TOO_LATE


def test_a_webhook_is_answered_only_where_it_is_signed_with_the_secret() -> None:
    clock = FixedClock()
    warehouse = StandInWarehouse(QUICK, clock, CountingIds())
    with closing(WarehouseServer(warehouse, QUICK, [KEY], clock)) as server:
        with closing(WarehouseWebhook(server.url, [b"x" * 32, KEY], clock)) as line:
            answer = line.tell(a_message(), 1)
        with (
            closing(WarehouseWebhook(server.url, [b"x" * 32], clock)) as line,
            pytest.raises(Unreachable, match="warehouse_401"),
        ):
            line.tell(a_message(), 1)
    assert (answer.id, answer.answer) == ("m-1", WarehouseAnswer.ACCEPTED)


@pytest.mark.parametrize("url", ["http://wms.example/orders", "ftp://wms.example", "nowhere"])
def test_a_webhook_goes_nowhere_in_clear(url: str) -> None:
    with pytest.raises(Refusal, match="settings_malformed"):
        WarehouseWebhook(url, [KEY], FixedClock())


@pytest.fixture
def centre(central_url: str) -> Iterator[PayingCentre]:
    made = PayingCentre(central_url)
    yield made
    made.close()


def until(done: Callable[[], bool], step: Callable[[], None]) -> None:
    for _ in range(ROUNDS_MOST):
        if done():
            return
        step()
    pytest.fail("It never came so far.")


def test_orders_are_sent_once_and_paid_to_the_penny_whatever_the_lines_do(
    centre: PayingCentre,
) -> None:
    """Placed, handed over, part shipped, the rest shipped, delivered: nothing twice, all paid."""
    site, clock = Warehoused(centre), centre.clock
    placed = [site.placed(with_line("TEA-1", 3), with_line("CUP-2", 2)) for _ in range(2)]
    pace = replace(QUICK, lose_percent=20, double_percent=30, shuffled=True)
    warehouse = StandInWarehouse(pace, clock, centre.ids)
    with (
        centre.over_http() as carrier,
        closing(WarehouseServer(warehouse, pace, [KEY], clock)) as server,
        Proxy([server.port], seed=3, share_percent=40, mischief=BAD) as to_warehouse,
        Proxy(
            [int(carrier.url.rpartition(":")[2])], seed=5, share_percent=40, mischief=BAD
        ) as home,
        closing(Reporter(warehouse, pace, home.address, [KEY], clock, centre.ids)) as reporter,
        closing(WarehouseWebhook(f"{to_warehouse.address}/orders", [KEY], clock)) as line,
    ):
        parts = WarehouseParts(line=line, keys=[KEY], since=A_MORNING)
        movements = centre.payments.movements
        service = Warehouse(centre.transactions, regions(), parts, movements, clock, centre.log)

        def step() -> None:
            clock.advance(seconds=30)
            service.hand_over()
            reporter.step()
            service.finish()

        until(lambda: all(site.order(one).fulfilment == "delivered" for one in placed), step)
        until(lambda: warehouse.is_idle, step)
        seen = {kind for proxy in (to_warehouse, home) for kind in proxy.done}
    assert len(seen) > 4
    assert sum(warehouse.packed.values()) == 10
    assert len(warehouse.messages) == 2
    for one in placed:
        assert site.shipped(one) == {"TEA-1": (3, 3, 0), "CUP-2": (2, 2, 0)}
        assert site.captured(one) == one.totals.total.minor
        assert site.order(one).payment_state == "paid"
    assert sums_that_are_wrong(centre) == ()
    levels = centre.rows("SELECT code, on_hand, reserved FROM stock_level ORDER BY code")
    assert [tuple(row) for row in levels] == [("CUP-2", 16, 0), ("TEA-1", 14, 0)]
