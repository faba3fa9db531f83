from __future__ import annotations

import pytest
from sqlalchemy import event

from app.services.central.customers import Customers
from app.services.central.order_page import OrderPages
from app.services.central.transaction import Transaction
from app.services.rules.order_story import Told
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.order_life import ChangeState, Fulfilment, OrderAct
from app.values.order_number import OrderNumber
from app.wire.order_changes import BeginChange, PiecesOfLine
from app.wire.order_operations import ASK_ORDER_PAGE, BEGIN_CHANGE
from app.wire.order_page import AskOrderPage, OrderPage
from app.wire.orders import PlacedOrder
from tests.builders import an_id, with_line
from tests.changing_desk import ChangingDesk, quantity
from tests.order_desk import OrderCentre, SendingDesk, regions
from tests.paying_desk import PayingCentre


@pytest.fixture
def csr(either: OrderCentre) -> RemoteCaller:
    return either.signed_in()


def sent(desk: SendingDesk) -> PlacedOrder:
    """Two products and postage, at the centre."""
    placed = desk.placed(
        desk.order(with_line("TEA-1", 3), with_line("CUP-2", 2), with_line("POST", 1))
    )
    desk.send(desk.command(placed))
    return placed


def page_of(csr: RemoteCaller, placed: PlacedOrder) -> OrderPage:
    return csr.call(ASK_ORDER_PAGE, AskOrderPage(order_id=placed.document.order_id))


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def test_the_page_of_a_fresh_order_says_what_its_document_says(
    csr: RemoteCaller, desk: SendingDesk
) -> None:
    placed = sent(desk)
    page = page_of(csr, placed)
    assert page.order.placed == placed
    assert page.fulfilment is Fulfilment.WAITING
    assert [(one.ordered, one.quantity, one.shipped, one.cancelled) for one in page.lines] == [
        (3, 3, 0, 0),
        (2, 2, 0, 0),
        (1, 1, 0, 0),
    ]
    assert page.account.charged == placed.totals.total
    assert page.account.to_pay == placed.totals.total
    assert [one.revision for one in page.versions] == [1]
    assert page.versions[0].total == placed.totals.total
    assert page.editing is None


def test_who_changes_it_is_named_to_everybody_but_themselves(
    paying: PayingCentre,
) -> None:
    desk = ChangingDesk(paying)
    placed = desk.ordered()
    begin = BeginChange(order_id=OrderId(placed.document.order_id), change_id=desk.new_change())
    desk.caller.call(BEGIN_CHANGE, begin)
    assert page_of(desk.caller, placed).editing is None
    seen = page_of(paying.signed_in(), placed).editing
    assert seen is not None
    assert seen.device_id == desk.seat.device_id


def test_an_order_is_found_by_the_number_its_caller_was_told(
    csr: RemoteCaller, desk: SendingDesk
) -> None:
    placed = sent(desk)
    page = csr.call(ASK_ORDER_PAGE, AskOrderPage(number=placed.number))
    assert page.order.placed.document.order_id == placed.document.order_id


def test_an_unknown_order_is_refused_with_its_code(csr: RemoteCaller) -> None:
    with pytest.raises(Refusal) as refused:
        csr.call(ASK_ORDER_PAGE, AskOrderPage(order_id=OrderId(an_id(1))))
    assert refused.value.code == "order_unknown"
    with pytest.raises(Refusal) as refused:
        csr.call(ASK_ORDER_PAGE, AskOrderPage(number=OrderNumber("1234567890")))
    assert refused.value.code == "number_wrong"


def test_pieces_of_a_product_go_to_its_lines_in_their_order(
    local: OrderCentre, desk: SendingDesk
) -> None:
    placed = sent(desk)
    local.run(
        "INSERT INTO stock_level (code, on_hand, reserved, counted_at)"
        " VALUES ('TEA-1', 2, 2, now())"
    )
    local.run(
        "INSERT INTO order_allocation (order_id, code, allocated, back_ordered)"
        " VALUES (:order, 'TEA-1', 2, 1)",
        order=placed.document.order_id,
    )
    page = page_of(local.signed_in(), placed)
    assert (page.lines[0].allocated, page.lines[0].back_ordered) == (2, 1)
    assert (page.lines[1].allocated, page.lines[1].back_ordered) == (0, 0)


def test_counters_and_ledger_win_over_the_document(local: OrderCentre, desk: SendingDesk) -> None:
    placed = sent(desk)
    first, gone = placed.document.lines[0], an_id(77)
    add = (
        "INSERT INTO order_progress (order_id, line_id, kind, code, description, ordered,"
        " cancelled, shipped, delivered, returned)"
        " VALUES (:order, :line, 'goods', :code, 'Was here', :ordered, :cancelled, :shipped, 0, 0)"
    )
    order = placed.document.order_id
    both = {"order": order}
    local.run(add, **both, line=first.line_id, code=first.code, ordered=4, cancelled=1, shipped=2)
    local.run(add, order=order, line=gone, code="CUP-2", ordered=1, cancelled=1, shipped=0)
    owe = (
        "INSERT INTO order_ledger (order_id, revision, part, line_id, quantity, amount_minor,"
        " tax_minor, cause, at) VALUES (:order, 1, 'line', :line, 1, :amount, 0, :cause, now())"
    )
    local.run(owe, order=order, line=first.line_id, amount=1_180, cause="placed")
    local.run(owe, order=order, line=first.line_id, amount=-295, cause="cancelled")
    page = page_of(local.signed_in(), placed)
    line = page.lines[0]
    assert (line.ordered, line.cancelled, line.shipped, line.quantity) == (4, 1, 2, 3)
    assert (line.charged, line.refunded) == (pounds(885), pounds(295))
    assert (page.lines[-1].line_id, page.lines[-1].quantity) == (gone, 0)
    assert page.account.charged == pounds(885)


def test_what_cannot_be_done_has_a_sentence(local: OrderCentre, desk: SendingDesk) -> None:
    placed = sent(desk)
    csr = local.signed_in()
    may = {one.act: one.obstacle for one in page_of(csr, placed).may}
    assert may[OrderAct.CANCEL_ORDER] == ""
    assert may[OrderAct.UNDO]
    local.run("UPDATE sales_order SET state = 'cancelled'")
    may = {one.act: one.obstacle for one in page_of(csr, placed).may}
    assert "cancelled" in may[OrderAct.QUANTITY_MORE]


def test_the_story_tells_who_did_what_where(local: OrderCentre, desk: SendingDesk) -> None:
    placed = sent(desk)
    desk.send(desk.command(desk.closed(placed)))
    story = page_of(local.signed_in(), placed).timeline
    first = next(row for row in story if row.kind == Told.PLACED)
    assert first.sentence.startswith("The order was placed by telephone: 3 lines, \u00a3")
    assert first.by
    assert first.seat == "Desk 1"
    ended = next(row for row in story if row.kind == Told.CALL)
    assert ended.sentence == "The call ended. Order placed."
    assert ended.by


def test_an_order_that_came_late_says_so(local: OrderCentre, desk: SendingDesk) -> None:
    local.clock.advance(hours=2)
    placed = sent(desk)
    late = [row for row in page_of(local.signed_in(), placed).timeline if "reached" in row.sentence]
    assert [row.by for row in late] == [""]
    assert late[0].sentence.startswith("The order reached the centre, ")


def test_the_page_of_a_long_order_takes_as_many_statements_as_that_of_a_short_one(
    local: OrderCentre, desk: SendingDesk
) -> None:
    short, long = sent(desk), desk.placed(desk.order(*(with_line("TEA-1", 1) for _ in range(60))))
    desk.send(desk.command(long))
    assert statements(local, short) == statements(local, long)


def statements(centre: OrderCentre, placed: PlacedOrder) -> int:
    """How many an order's page takes."""
    counted: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    def read(tx: Transaction) -> None:
        event.listen(tx.connection.engine, "before_cursor_execute", count)
        try:
            OrderPages(Customers(), regions()).page(
                tx, AskOrderPage(order_id=placed.document.order_id)
            )
        finally:
            event.remove(tx.connection.engine, "before_cursor_execute", count)

    centre.transactions.read(read)
    return len(counted)


class TestAfterChanges:
    @pytest.fixture
    def desk(self, paying: PayingCentre) -> ChangingDesk:
        return ChangingDesk(paying)

    def test_each_is_told_with_what_differed_and_only_the_newest_can_be_taken_back(
        self, desk: ChangingDesk
    ) -> None:
        order = desk.ordered(with_line("TEA-1", 5), with_line("CUP-2", 2))
        desk.amend(order, quantity("TEA-1", 3))
        pieces = PiecesOfLine(line_id=order.document.lines[1].line_id, quantity=1)
        desk.cancel(order, pieces)
        page = page_of(desk.centre.signed_in(), order)
        told = [row.sentence for row in page.timeline if row.kind == Told.CHANGE]
        assert told[0].startswith("The order was changed (version 2): Line 1")
        assert "5 \u2192 3" in told[0]
        assert told[1].startswith("A part of the order was cancelled (version 3): Line 2")
        assert [one.revision for one in page.versions] == [1, 2, 3]
        assert [one.can_undo_until is not None for one in page.changes] == [False, True]
        assert page.lines[0].quantity == 3
        assert (page.lines[1].ordered, page.lines[1].cancelled) == (2, 1)
        may = {one.act: one.obstacle for one in page.may}
        assert may[OrderAct.UNDO] == ""

    def test_a_request_is_told_with_what_was_asked_for(self, desk: ChangingDesk) -> None:
        order = desk.ordered(with_line("TEA-1", 5))
        desk.centre.run("UPDATE sales_order SET fulfilment = 'shipped'")
        desk.amend(order, quantity("TEA-1", 3))
        page = page_of(desk.centre.signed_in(), order)
        assert page.changes[0].state is ChangeState.OPEN
        (told,) = [row.sentence for row in page.timeline if row.kind == Told.CHANGE]
        assert told.startswith("It was asked that the order be changed: Line 1")
        assert "A person decides: " in told
