"""How lines stand piece by piece, and the page of an order that only its desk knows."""

from __future__ import annotations

import msgspec

from app.services.rules.ledger import LineSums
from app.services.rules.order_standing import Counters, lines_of, page_at_desk
from app.services.rules.regions import RegionRules
from app.values.identity import LineId, ProductCode
from app.values.money import Currency, Money
from app.values.order_life import OrderAct
from app.values.vocabulary import ProductKind
from app.wire.order_page import LineStanding
from app.wire.orders import OrderDocument, PersonNamed
from tests.builders import an_id, an_order, with_line
from tests.read_back_story import a_story


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def counted(document: OrderDocument, at: int, **pieces: int) -> Counters:
    """The counters of a line, of which all else is as when it was placed."""
    line = document.lines[at]
    counts = {"ordered": line.quantity, "cancelled": 0, "shipped": 0, "delivered": 0, "returned": 0}
    return Counters(
        line_id=line.line_id,
        kind=line.kind,
        code=line.code,
        description=line.description,
        **(counts | pieces),
    )


def pieces(lines: tuple[LineStanding, ...]) -> list[tuple[int, int, int]]:
    return [(one.quantity, one.allocated, one.back_ordered) for one in lines]


TWICE = an_order(with_line("TEA-1", 4, "2.95"), with_line("TEA-1", 3, "2.95"))


def test_without_counters_the_document_says_how_lines_stand() -> None:
    lines = lines_of(TWICE, (), {}, {})
    assert pieces(lines) == [(4, 0, 0), (3, 0, 0)]
    assert [one.charged for one in lines] == [pounds(1_180), pounds(885)]


def test_what_is_set_aside_of_a_product_goes_to_its_lines_in_their_order() -> None:
    lines = lines_of(TWICE, (), {ProductCode("TEA-1"): (5, 2)}, {})
    assert pieces(lines) == [(4, 4, 0), (3, 1, 2)]


def test_pieces_that_left_need_nothing_set_aside() -> None:
    counters = (counted(TWICE, 0, shipped=3), counted(TWICE, 1))
    lines = lines_of(TWICE, counters, {ProductCode("TEA-1"): (4, 0)}, {})
    assert pieces(lines) == [(4, 1, 0), (3, 3, 0)]


def test_a_line_that_is_gone_stands_at_the_end_with_what_was_credited_for_it() -> None:
    gone = LineId(an_id(901))
    counters = (
        counted(TWICE, 0),
        counted(TWICE, 1),
        Counters(
            line_id=gone,
            kind=ProductKind.GOODS,
            code=ProductCode("CUP-2"),
            description="Mug",
            ordered=2,
            cancelled=2,
            shipped=0,
            delivered=0,
            returned=0,
        ),
    )
    sums = {gone: LineSums(quantity=0, charged=590, credited=590)}
    last = lines_of(TWICE, counters, {}, sums)[-1]
    assert (last.position, last.quantity, last.cancelled) == (3, 0, 2)
    assert (last.charged, last.refunded) == (pounds(0), pounds(590))
    assert last.description == "Mug"


def test_the_page_at_the_desk_says_what_the_desk_knows(britain: RegionRules) -> None:
    placed = a_story(britain).placed
    people = (PersonNamed(person_id=placed.placed_by, name="Dana Okafor"),)
    page = page_at_desk(placed, britain, people)
    assert page.order.state == "waiting"
    assert page.account.charged == placed.totals.total
    assert [one.quantity for one in page.lines] == [one.quantity for one in placed.document.lines]
    assert page.timeline[0].by == "Dana Okafor"
    may = {one.act: one.obstacle for one in page.may}
    assert may[OrderAct.CANCEL_ORDER] == ""


def test_what_is_paid_counts_on_the_page_at_the_desk(britain: RegionRules) -> None:
    placed = a_story(britain).placed
    unpaid = msgspec.structs.replace(placed, attempts=(), links=())
    assert page_at_desk(unpaid, britain).account.to_pay == placed.totals.total
