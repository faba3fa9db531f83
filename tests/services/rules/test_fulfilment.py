"""How far an order is: any order of reports, any of them ten times, comes to the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import hypothesis.strategies as st
from hypothesis import given

from app.services.rules.fulfilment import (
    Goods,
    Named,
    Pieces,
    Report,
    fulfilment_of,
    is_all_shipped,
    take,
)
from app.values.identity import LineId
from app.values.order_life import Fulfilment
from app.values.warehouse import WarehouseEventKind as Kind
from tests.builders import an_id

TEA, CUP = LineId(an_id(1)), LineId(an_id(2))
ORDER = Goods(lines={TEA: Pieces(ordered=5), CUP: Pieces(ordered=2, cancelled=1)})
IN_ORDER = list(Fulfilment)


def of(line: LineId, quantity: int) -> Named:
    return Named(what="it", quantity=quantity, lines=(line,))


def parcel(name: str, *pieces: Named) -> Report:
    return Report(kind=Kind.SHIPPED, shipment=name, pieces=pieces)


def about(kind: Kind, shipment: str = "") -> Report:
    return Report(kind=kind, shipment=shipment)


def told(reports: Iterable[Report], goods: Goods = ORDER) -> Goods:
    return reduce(lambda so_far, report: take(so_far, report).goods, reports, goods)


STORY = (
    about(Kind.ALLOCATED),
    about(Kind.PICKING),
    parcel("A", of(TEA, 3)),
    about(Kind.DELIVERY_FAILED, "A"),
    about(Kind.DELIVERED, "A"),
    parcel("B", of(TEA, 2), of(CUP, 1)),
    about(Kind.DELIVERED, "B"),
)
REPORTS = (
    *STORY,
    parcel("C", of(TEA, 4)),
    parcel("D", of(CUP, 9), Named(what="hat", quantity=1)),
    about(Kind.RETURNED_TO_SENDER, "C"),
    about(Kind.DELIVERED, "never sent"),
    about(Kind.COULD_NOT_PICK),
    about(Kind.TOO_LATE),
)


def test_an_order_goes_through_its_states() -> None:
    states = [fulfilment_of(told(STORY[:so_far])) for so_far in range(len(STORY) + 1)]
    assert states == [
        Fulfilment.WAITING,
        Fulfilment.ALLOCATED,
        Fulfilment.PICKING,
        Fulfilment.PART_SHIPPED,
        Fulfilment.PART_SHIPPED,
        Fulfilment.PART_SHIPPED,
        Fulfilment.SHIPPED,
        Fulfilment.DELIVERED,
    ]


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=10))
def test_any_order_of_what_is_true_comes_to_the_same(
    reports: list[Report], again: list[Report]
) -> None:
    goods = told([*reports, *again])
    assert goods == told(STORY)
    assert fulfilment_of(goods) is Fulfilment.DELIVERED


@given(st.lists(st.sampled_from(REPORTS), max_size=25))
def test_counters_only_grow_and_never_count_what_cannot_be(reports: list[Report]) -> None:
    goods = ORDER
    for report in reports:
        after = take(goods, report).goods
        for line, now in after.lines.items():
            before = goods.lines[line]
            assert before.shipped <= now.shipped <= now.ordered - now.cancelled
            assert before.delivered <= now.delivered <= now.shipped
            assert before.returned <= now.returned <= now.shipped
        assert IN_ORDER.index(fulfilment_of(after)) >= IN_ORDER.index(fulfilment_of(goods))
        goods = after
    for line, pieces in goods.lines.items():
        counted = sum(parcel.counted.get(line, 0) for parcel in goods.parcels.values())
        assert counted == pieces.shipped


@given(st.permutations(REPORTS))
def test_how_much_was_sent_does_not_depend_on_the_order_of_hearing(reports: list[Report]) -> None:
    shipped = {line: pieces.shipped for line, pieces in told(reports).lines.items()}
    assert shipped == {TEA: 5, CUP: 1}


def test_pieces_that_were_never_ordered_are_named_and_not_counted() -> None:
    taken = take(ORDER, parcel("A", of(TEA, 7), Named(what="hat", quantity=1)))
    assert taken.surplus == {"it": 2}
    assert taken.unknown == ("hat",)
    assert taken.goods.lines[TEA].shipped == 5


def test_a_parcel_that_is_told_otherwise_stands_as_it_was_first_told() -> None:
    goods = told([parcel("A", of(TEA, 3))])
    again = take(goods, parcel("A", of(TEA, 2)))
    assert (again.differs, again.goods) == (True, goods)
    assert not take(goods, parcel("A", of(TEA, 3))).differs


def test_a_code_that_stands_in_two_lines_fills_them_in_their_order() -> None:
    either = Named(what="tea", quantity=6, lines=(CUP, TEA))
    goods = take(ORDER, parcel("A", either)).goods
    assert (goods.lines[CUP].shipped, goods.lines[TEA].shipped) == (1, 5)
    assert not take(goods, parcel("A", either)).differs


def test_a_parcel_without_lines_is_all_that_was_left() -> None:
    goods = told([parcel("A", of(TEA, 3)), parcel("B")])
    assert is_all_shipped(goods)
    assert goods.parcels["B"].counted == {TEA: 2, CUP: 1}
    assert not take(goods, parcel("B")).differs


def test_what_was_heard_of_a_parcel_before_it_holds_with_it() -> None:
    goods = told([about(Kind.DELIVERED, "A"), about(Kind.RETURNED_TO_SENDER, "A")])
    assert fulfilment_of(goods) is Fulfilment.WAITING
    tea = told([parcel("A", of(TEA, 3))], goods).lines[TEA]
    assert (tea.shipped, tea.delivered, tea.returned) == (3, 3, 3)


def test_an_answer_of_the_warehouse_moves_no_goods() -> None:
    assert take(ORDER, about(Kind.TOO_LATE)).goods == ORDER
