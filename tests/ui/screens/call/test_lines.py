"""Intents on the lines: what is refused, what stays, and what is asked."""

from __future__ import annotations

import pytest

from app.ui.notices import Notice
from app.ui.screens.call.line_book import Stock
from app.ui.screens.call.lines import LineField
from app.ui.screens.call.presenter import CallPresenter
from app.values.identity import LineId
from app.values.money import UnitPrice
from app.wire.orders import OrderLine
from tests.builders import a_price, a_product
from tests.ui.screens.fake_desk import FakeDesk


@pytest.fixture
def line(call: CallPresenter, desk: FakeDesk) -> LineId:
    line_id = call.lines.add_product(desk.products["22720"])
    assert line_id is not None
    return line_id


def only_line(call: CallPresenter) -> OrderLine:
    (line,) = call.order.document.lines
    return line


def stock_of(call: CallPresenter) -> tuple[Stock, int | None]:
    row = call.lines.state.rows[0]
    return row.stock, row.available


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0", "A quantity is one or more."),
        ("-3", "A quantity is one or more."),
        ("1.5", "We can only send whole pieces."),
        ("many", "A quantity is a whole number."),
    ],
)
def test_a_quantity_that_cannot_be_is_refused_beside_its_field(
    call: CallPresenter, line: LineId, typed: str, sentence: str
) -> None:
    assert not call.lines.set_quantity(line, typed)
    problem = call.lines.state.problem
    assert problem is not None
    assert problem.field is LineField.QUANTITY
    assert problem.is_error
    assert problem.sentence == sentence
    assert only_line(call).quantity == 1


def test_an_odd_quantity_is_a_warning_while_it_is_typed_and_is_taken(
    call: CallPresenter, line: LineId
) -> None:
    call.lines.check_typed_quantity("80995")
    problem = call.lines.state.problem
    assert problem is not None
    assert not problem.is_error
    assert call.lines.set_quantity(line, "80,995")
    assert only_line(call).quantity == 80_995
    assert call.lines.state.rows[0].unusual


def test_a_price_step_follows_the_quantity(call: CallPresenter, line: LineId) -> None:
    call.lines.set_quantity(line, "12")
    assert only_line(call).told_price == a_price("4.25")


def test_a_price_told_for_a_reason_stays_when_the_quantity_changes(
    call: CallPresenter, line: LineId
) -> None:
    assert call.lines.set_price(line, "4.00", "price match")
    call.lines.set_quantity(line, "12")
    told = only_line(call)
    assert (told.told_price, told.told_reason) == (a_price("4.00"), "price match")
    assert told.list_price == a_price("4.25")


def test_another_price_wants_a_reason(call: CallPresenter, line: LineId) -> None:
    assert not call.lines.set_price(line, "4.00", " ")
    problem = call.lines.state.problem
    assert problem is not None
    assert problem.field is LineField.REASON
    assert only_line(call).told_price == a_price("4.95")


def test_a_price_of_nothing_is_a_price(call: CallPresenter, line: LineId) -> None:
    assert call.lines.set_price(line, "0", "replacement")
    assert only_line(call).told_price == UnitPrice(0, a_price().currency)


@pytest.mark.parametrize("typed", ["-1", "a lot", "0.00001"])
def test_a_price_that_cannot_be_is_refused_beside_its_field(
    call: CallPresenter, line: LineId, typed: str
) -> None:
    assert not call.lines.set_price(line, typed, "because")
    problem = call.lines.state.problem
    assert problem is not None
    assert problem.field is LineField.PRICE


def test_card_digits_are_no_reason(call: CallPresenter, line: LineId) -> None:
    assert not call.lines.set_price(line, "4.00", "4242424242424242")
    assert only_line(call).told_reason == ""


def test_the_same_code_again_asks_and_adds_nothing_by_itself(
    call: CallPresenter, desk: FakeDesk, line: LineId
) -> None:
    assert call.lines.add_product(desk.products["22720"], 3) is None
    question = call.lines.state.question
    assert question is not None
    assert question.row.line_id == line
    assert len(call.order.document.lines) == 1


def test_merging_adds_to_the_line_that_is_there(
    call: CallPresenter, desk: FakeDesk, line: LineId
) -> None:
    call.lines.set_quantity(line, "2")
    call.lines.add_product(desk.products["22720"], 3)
    call.lines.merge()
    assert only_line(call).quantity == 5


def test_merging_without_a_quantity_opens_the_quantity_in_all(
    call: CallPresenter, desk: FakeDesk, line: LineId
) -> None:
    call.lines.set_quantity(line, "2")
    call.lines.add_product(desk.products["22720"])
    call.lines.merge()
    state = call.lines.state
    assert state.editing is not None
    assert state.suggested_quantity == 3
    assert only_line(call).quantity == 3


def test_keeping_makes_a_line_of_its_own(call: CallPresenter, desk: FakeDesk, line: LineId) -> None:
    call.lines.add_product(desk.products["22720"], 3)
    call.lines.keep_as_new_line()
    assert [row.quantity for row in call.order.document.lines] == [1, 3]


def test_leaving_the_question_changes_nothing(
    call: CallPresenter, desk: FakeDesk, line: LineId
) -> None:
    call.lines.add_product(desk.products["22720"], 3)
    call.lines.leave_question()
    assert only_line(call).quantity == 1
    assert call.lines.state.question is None


def test_one_undo_takes_a_line_with_its_quantity_back(call: CallPresenter, line: LineId) -> None:
    call.lines.set_quantity(line, "7")
    call.lines.stop_editing()
    call.undo()
    assert not call.order.document.lines


def test_a_removed_line_comes_back_in_its_place(call: CallPresenter, desk: FakeDesk) -> None:
    for code in ("22423", "47566", "84879"):
        call.lines.add_product(desk.products[code.casefold()], 1)
    call.lines.remove(call.order.document.lines[1].line_id)
    assert [row.number for row in call.lines.state.rows] == [1, 2]
    call.undo()
    assert [row.line.code for row in call.lines.state.rows] == ["22423", "47566", "84879"]


def test_stock_that_is_short_is_told_on_the_line(call: CallPresenter, desk: FakeDesk) -> None:
    desk.stock.level("84879", 11)
    line_id = call.lines.add_product(desk.products["84879"])
    assert line_id is not None
    assert stock_of(call) == (Stock.ENOUGH, 11)
    call.lines.set_quantity(line_id, "16")
    assert stock_of(call) == (Stock.SHORT, 11)


def test_a_withdrawn_product_is_not_added(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    call.add_product(desk.products["71053"])
    assert not call.order.document.lines
    assert "71053" in notices[-1].sentence


def test_the_five_thousandth_line_is_the_last(call: CallPresenter, notices: list[Notice]) -> None:
    products = tuple((a_product(f"N{number}"), 1) for number in range(5_000))
    call.lines.add_lines(products)
    call.add_product(a_product("ONE-MORE"))
    assert len(call.order.document.lines) == 5_000
    assert "5,000" in notices[-1].sentence
