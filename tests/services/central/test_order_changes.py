"""Changes of orders that have their number: carried out once, or kept for a person."""

from __future__ import annotations

import pytest

from app.values.order_life import OrderState
from app.wire.sync import Outcome
from tests.builders import with_line
from tests.changing_desk import ChangingDesk, quantity
from tests.order_desk import stored_order
from tests.paying_desk import PayingCentre


@pytest.fixture
def centre(paying: PayingCentre) -> PayingCentre:
    return paying


@pytest.fixture
def desk(centre: PayingCentre) -> ChangingDesk:
    return ChangingDesk(centre)


def ledger(desk: ChangingDesk, order_id: object) -> int:
    rows = desk.centre.rows(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM order_ledger WHERE order_id = :id",
        id=order_id,
    )
    return int(rows[0][0])


class TestAnAmendment:
    def test_makes_another_version_of_the_same_number(self, desk: ChangingDesk) -> None:
        order = desk.ordered()
        outcome = desk.amend(order, quantity("TEA-1", 3), with_line("CUP-2", 1))
        assert (outcome.outcome, outcome.reasons, outcome.sentence) == (Outcome.ACCEPTED, (), "")
        view = desk.view(order)
        assert (view.revision, view.placed.number) == (2, order.number)
        assert [line.quantity for line in view.placed.document.lines] == [3, 1]
        row = stored_order(desk.centre, order.document.order_id)
        assert (row["total_minor"], row["line_count"]) == (4 * 295 + 495, 2)
        assert ledger(desk, order.document.order_id) == row["total_minor"]
        assert row["state"] == OrderState.ACCEPTED
