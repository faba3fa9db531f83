"""What becomes of a product while a caller has it on a line: shown and told, never refused."""

from __future__ import annotations

import msgspec
import pytest

from app.services.rules import readiness
from app.ui.notices import Kind, Notice
from app.ui.screens.call.line_book import LineRow
from app.ui.screens.call.presenter import CallPresenter
from app.values.identity import LineId
from app.wire import operations
from tests.builders import a_price, a_product
from tests.ui.screens.fake_desk import FakeDesk

BUNTING = "47566"


@pytest.fixture
def line_id(call: CallPresenter, desk: FakeDesk) -> LineId:
    """Three of one product, at its price of that moment."""
    made = call.lines.add_product(desk.products[BUNTING], 3)
    assert made is not None
    return made


def becomes(desk: FakeDesk, **parts: object) -> None:
    """The catalogue at the desk holds it in another way from now on."""
    product = desk.products[BUNTING]
    desk.products[BUNTING] = msgspec.structs.replace(
        product, revision=product.revision + 1, **parts
    )


def costs(desk: FakeDesk, price: str) -> None:
    dearer = a_product(BUNTING, price)
    becomes(desk, breaks=dearer.breaks, price_version=desk.products[BUNTING].price_version + 1)


def the_row(call: CallPresenter) -> LineRow:
    (row,) = call.lines.state.rows
    return row


def test_another_price_is_told_once_and_the_quote_holds(
    call: CallPresenter, desk: FakeDesk, line_id: LineId, notices: list[Notice]
) -> None:
    costs(desk, "5.50")
    call.fresh.look_again()
    call.fresh.look_again()
    (notice,) = notices
    assert notice.kind is Kind.INFO
    assert notice.sentence.endswith(
        "costs £5.50 from now on. This caller was told £4.95, and that holds."
    )
    assert the_row(call).new_list_price == a_price("5.50")
    assert the_row(call).line.told_price == a_price("4.95")
    call.lines.set_quantity(line_id, "4")
    assert the_row(call).line.told_price == a_price("4.95")


def test_a_withdrawn_product_is_marked_and_said_and_not_refused(
    call: CallPresenter, desk: FakeDesk, line_id: LineId, notices: list[Notice]
) -> None:
    becomes(desk, withdrawn=True)
    call.fresh.look_again()
    (notice,) = notices
    assert notice.kind is Kind.WARN
    assert "was withdrawn just now. This caller can still have it" in notice.sentence
    assert the_row(call).withdrawn
    assert call.lines.set_quantity(line_id, "5")
    document = call.order.document
    (caution,) = readiness.warnings(document, call.rules, products=call.lines.book.products)
    assert caution.sentence == "Line 1: 47566 was withdrawn from the catalogue."
    assert "gone out of our range" in caution.say


@pytest.mark.usefixtures("line_id")
def test_what_is_as_before_changes_nothing(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    before = call.lines.state
    call.fresh.look_again()
    assert desk.calls[operations.GET_PRODUCT.name] == 1
    assert call.lines.state is before
    assert notices == []


def test_many_changes_at_once_are_counted(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    codes = [code for code, product in desk.products.items() if not product.withdrawn][:3]
    for code in codes:
        call.lines.add_product(desk.products[code], 1)
        desk.products[code] = msgspec.structs.replace(desk.products[code], withdrawn=True)
    call.fresh.look_again()
    (notice,) = notices
    assert notice.sentence.startswith("3 products of this order have just changed.")


def test_without_an_order_nothing_is_looked_up(call: CallPresenter, desk: FakeDesk) -> None:
    call.leave()
    call.fresh.look_again()
    assert desk.calls[operations.GET_PRODUCT.name] == 0
