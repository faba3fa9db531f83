"""Cancellations are asked for like a CSR does it, and what they come to is worked out apart."""

from __future__ import annotations

from typing import Any

from app.campaigns.cancellations import Matched, Named, Taken, Why
from app.campaigns.invoices import Invoice, InvoiceLine
from app.campaigns.replay import TakenOrder
from app.campaigns.replay_cancellations import (
    GONE,
    NOT_REPLAYED,
    CancellationReplay,
    table,
)
from app.values.identity import LineId, OrderId
from app.values.money import Currency, parse_unit_price
from app.values.order_life import ChangeState
from app.values.order_number import OrderNumber
from app.wire.operation import Operation
from app.wire.order_changes import Cancellation, ChangeOrder, ChangeSent
from tests.builders import A_MORNING, an_id


class Line:
    """The desk's answers, one after another; the last one again and again."""

    def __init__(self, *states: ChangeState | None) -> None:
        self._states = list(states) or [ChangeState.APPLIED]
        self.asked: list[ChangeOrder] = []

    def call(self, operation: Operation[Any, Any], request: Any) -> Any:  # noqa: ANN401 - a Caller
        assert operation.name == "orders.change"
        self.asked.append(request)
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        reasons = ("order_shipping",) if state is ChangeState.OPEN else ()
        return ChangeSent(
            change_id=request.change_id, state=state, sentence="Words.", reasons=reasons
        )

    @property
    def pieces(self) -> list[list[tuple[int, int]]]:
        """What was asked for: the place of each line and its pieces; nothing: all of it."""
        found = []
        for one in self.asked:
            assert isinstance(one.what, Cancellation)
            found.append([(one.line_id.int & 0xF, one.quantity) for one in one.what.lines])
        return found


def a_line(code: str, quantity: int, price: str = "0.335") -> InvoiceLine:
    return InvoiceLine(code, code, quantity, parse_unit_price(price, Currency.GBP))


SALE = Invoice("1", "17850", "GB", A_MORNING, (a_line("MUG", 6), a_line("POST", 1, "18.00")))
TAKEN = TakenOrder(
    order_id=OrderId(an_id(500)),
    number=OrderNumber("4173029823"),
    line_ids=(LineId(an_id(1)), LineId(an_id(2))),
    are_goods=(True, False),
)


def a_cancellation(number: str, *taken: Taken, named: tuple[Named, ...] = ()) -> Matched:
    return Matched(number, len(taken) + len(named), taken, named)


def a_replay(line: Line, *matched: Matched) -> CancellationReplay:
    replay = CancellationReplay(line, [SALE], {"1": TAKEN})
    replay.run(matched)
    return replay


def test_pieces_are_asked_for_by_line_and_each_change_follows_the_version_before() -> None:
    line = Line()

    replay = a_replay(
        line, a_cancellation("C2", Taken("1", 0, 2)), a_cancellation("C3", Taken("1", 0, 1))
    )

    assert line.pieces == [[(1, 2)], [(1, 1)]]
    assert [one.base_revision for one in line.asked] == [1, 2]
    assert (replay.result.changes, replay.result.carried_out) == (2, 2)


def test_the_last_pieces_are_the_whole_order() -> None:
    line = Line()

    replay = a_replay(line, a_cancellation("C2", Taken("1", 0, 6), Taken("1", 1, 1)))

    assert line.pieces == [[]]
    assert replay.result.orders_gone == 1


def test_postage_goes_with_the_last_goods_and_is_not_asked_for_again() -> None:
    line = Line()

    replay = a_replay(
        line, a_cancellation("C2", Taken("1", 0, 6)), a_cancellation("C3", Taken("1", 1, 1))
    )

    assert line.pieces == [[(1, 6)]]
    assert replay.result.not_sent == {GONE: 1}


def test_sales_that_were_not_replayed_are_counted() -> None:
    replay = a_replay(Line(), a_cancellation("C2", Taken("7", 0, 1)))

    assert replay.result.not_sent == {NOT_REPLAYED: 1}


def test_what_is_kept_as_a_request_takes_nothing_back() -> None:
    line = Line(ChangeState.OPEN, ChangeState.APPLIED)

    replay = a_replay(
        line, a_cancellation("C2", Taken("1", 0, 6)), a_cancellation("C3", Taken("1", 0, 2))
    )

    assert replay.result.kept == {"order_shipping": 1}
    assert [one.base_revision for one in line.asked] == [1, 1]
    assert replay.result.orders_gone == 0


def test_what_was_not_answered_is_asked_again_under_its_id() -> None:
    line = Line(None, ChangeState.APPLIED)
    replay = a_replay(line, a_cancellation("C2", Taken("1", 0, 6)))
    assert replay.result.carried_out == 0

    replay.ask_again()

    assert line.asked[0] == line.asked[1]
    assert (replay.result.carried_out, replay.result.changes) == (1, 1)


def test_who_asks_again_from_the_start_asks_under_the_same_ids() -> None:
    line = Line()

    for _ in range(2):
        a_replay(line, a_cancellation("C2", Taken("1", 0, 2)))
    a_replay(line, a_cancellation("C3", Taken("1", 0, 2)))

    first, again, other = (one.change_id for one in line.asked)
    assert first == again != other


def test_the_table_names_every_reason() -> None:
    named = (Named("MUG", 3, Why.MORE),)
    replay = a_replay(Line(), a_cancellation("C2", Taken("1", 0, 6), named=named))

    rows = table(replay.result)

    assert "        1  of them matched in part" in rows
    assert f"        1  line: {Why.MORE.value}" in rows
    assert all(len(row) < 72 for row in rows)
