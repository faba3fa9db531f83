"""What is left of an order after pieces, lines or all of it were cancelled."""

from __future__ import annotations

from datetime import date

import pytest

from app.services.rules.cancelling import cancelled, pieces_cancelled
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.order_life import CancelReason
from app.wire.order_changes import Cancellation, PiecesOfLine
from tests.builders import an_id, an_order, with_charge, with_line

MUG, CLOCK = LineId(an_id(1)), LineId(an_id(2))


def of(*lines: tuple[LineId, int]) -> Cancellation:
    pieces = tuple(PiecesOfLine(line_id=line, quantity=quantity) for line, quantity in lines)
    return Cancellation(lines=pieces, reason=CancelReason.CHANGED_MIND)


def test_fewer_pieces_keep_their_price() -> None:
    order = an_order(with_line("MUG", 12, "2.95", told="2.55", told_reason="from 12"))

    left = cancelled(order, of((MUG, 11)))

    assert [(line.quantity, str(line.told_price)) for line in left.lines] == [(1, "£2.55")]
    assert left.delivery == order.delivery


def test_a_line_without_pieces_is_gone() -> None:
    left = cancelled(an_order(with_line("MUG", 2), with_line("CLOCK")), of((MUG, 1), (MUG, 1)))

    assert [line.line_id for line in left.lines] == [CLOCK]


def test_pieces_that_follow_later_go_first() -> None:
    rest = date(2026, 12, 4)
    order = an_order(with_line("MUG", 10, back_ordered=4, back_order_on=rest))

    fewer = cancelled(order, of((MUG, 3))).lines[0]
    all_here = cancelled(order, of((MUG, 4))).lines[0]

    assert (fewer.quantity, fewer.back_ordered, fewer.back_order_on) == (7, 1, rest)
    assert (all_here.quantity, all_here.back_ordered, all_here.back_order_on) == (6, 0, None)


@pytest.mark.parametrize("what", [of(), of((MUG, 2))], ids=["whole", "all goods"])
def test_where_no_goods_are_left_nobody_pays_postage_or_delivery(what: Cancellation) -> None:
    left = cancelled(an_order(with_line("MUG", 2), with_charge()), what)

    assert (left.lines, left.delivery.charge.minor) == ((), 0)


def test_a_charge_alone_can_be_cancelled() -> None:
    left = cancelled(an_order(with_line("MUG", 2), with_charge()), of((CLOCK, 1)))

    assert [line.code for line in left.lines] == ["MUG"]


def test_more_than_there_is_cannot_be_cancelled() -> None:
    with pytest.raises(Refusal) as refused:
        pieces_cancelled(an_order(with_line("MUG", 2)), of((MUG, 1), (MUG, 2)))

    assert (refused.value.code, refused.value.field) == ("too_many_pieces", "lines")


def test_a_line_that_is_gone_cannot_be_cancelled() -> None:
    with pytest.raises(Refusal) as refused:
        cancelled(an_order(with_line("MUG", 2)), of((CLOCK, 1)))

    assert refused.value.code == "line_unknown"
