"""What may still be done with an order that has its number."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from app.services.rules.order_act_table import TABLE
from app.services.rules.order_acts import (
    Act,
    LinePieces,
    Standing,
    UndoState,
    acts_needed,
    acts_of,
    all_acts,
    may,
    obstacles,
    tells_warehouse,
    undo_state,
    words_on,
)
from app.values.identity import ChangeId, LineId
from app.values.money import Currency, Money
from app.values.order_life import CancelReason, Fulfilment, OrderAct, OrderState
from app.values.vocabulary import OrderType, PaymentMethod, Priority, Region, Role
from app.wire.order_changes import Amendment, Cancellation, PiecesOfLine, Undo
from app.wire.orders import OrderDocument, Totals
from app.wire.people import PERMISSIONS, Permission
from tests.builders import (
    A_MORNING,
    a_customer,
    a_price,
    an_address,
    an_id,
    an_order,
    with_charge,
    with_line,
)

MUG, CLOCK = LineId(an_id(1)), LineId(an_id(2))
LEAD = PERMISSIONS[Role.TEAM_LEAD]
LEFT = (Fulfilment.SHIPPED, Fulfilment.DELIVERED, Fulfilment.COMPLETED)


def standing(fulfilment: Fulfilment = Fulfilment.WAITING, **different: object) -> Standing:
    usual: dict[str, object] = {
        "lines": {MUG: LinePieces(quantity=6)},
        "is_owing": True,
        "undo": UndoState.POSSIBLE,
        "permissions": LEAD,
    }
    return Standing(fulfilment=fulfilment, **(usual | different))  # type: ignore[arg-type] # named


def code(act: OrderAct | Act, how: Standing) -> str:
    found = may(act, how)
    return found.code if found is not None else ""


def allowed(how: Standing) -> set[OrderAct]:
    return {one.act for one in all_acts(how) if not one.obstacle}


# ---------------------------------------------------------------- the table


def test_every_act_has_its_rule_however_far_the_warehouse_is() -> None:
    assert set(TABLE) == set(Fulfilment)
    assert all(set(row) == set(OrderAct) for row in TABLE.values())


@pytest.mark.parametrize("by", [Fulfilment.WAITING, Fulfilment.ALLOCATED])
def test_before_anything_is_packed_everything_can_be_done(by: Fulfilment) -> None:
    assert allowed(standing(by)) == set(OrderAct)


def test_the_warehouse_is_told_of_what_it_has_already() -> None:
    acts = [Act(act=OrderAct.ADDRESS)]

    assert not tells_warehouse(acts, Fulfilment.WAITING)
    assert tells_warehouse(acts, Fulfilment.ALLOCATED)
    assert not tells_warehouse([Act(act=OrderAct.BILLING)], Fulfilment.ALLOCATED)


def test_a_parcel_that_is_being_packed_is_left_alone() -> None:
    assert allowed(standing(Fulfilment.PICKING)) == {
        OrderAct.QUANTITY_MORE,
        OrderAct.ADD_LINE,
        OrderAct.PRICE,
        OrderAct.BILLING,
        OrderAct.CONTACT,
        OrderAct.NOTES,
        OrderAct.PAYMENT,
        OrderAct.UNDO,
        OrderAct.GOODWILL,
        OrderAct.COLLECT,
    }
    assert code(OrderAct.CANCEL_ORDER, standing(Fulfilment.PICKING)) == "order_shipping"


def test_what_is_added_behind_a_parcel_follows_and_the_caller_is_told() -> None:
    acts = [Act(act=OrderAct.ADD_LINE), Act(act=OrderAct.QUANTITY_MORE)]

    assert words_on(acts, standing(Fulfilment.ALLOCATED)) == ()
    assert words_on(acts, standing(Fulfilment.PICKING)) == (
        "A parcel is on its way already, so this follows in a parcel of its own.",
    )


@pytest.mark.parametrize("by", LEFT)
def test_once_all_has_left_nothing_of_the_goods_can_be_changed_but_goodwill_can_be_given(
    by: Fulfilment,
) -> None:
    assert allowed(standing(by, is_owing=False)) == {
        OrderAct.BILLING,
        OrderAct.CONTACT,
        OrderAct.NOTES,
        OrderAct.UNDO,
        OrderAct.GOODWILL,
    }
    obstacle = may(OrderAct.CANCEL_LINE, standing(by))
    assert obstacle is not None
    assert "sent back" in obstacle.sentence


@pytest.mark.parametrize("by", LEFT)
def test_what_is_open_of_an_order_that_has_left_is_paid_in_any_way(by: Fulfilment) -> None:
    owing = standing(by, is_owing=True)
    assert {OrderAct.COLLECT, OrderAct.PAYMENT} <= allowed(owing)


def test_a_cancelled_order_can_only_be_brought_back() -> None:
    assert allowed(standing(state=OrderState.CANCELLED)) == {OrderAct.UNDO}


def test_an_order_that_waits_for_a_look_can_be_changed() -> None:
    assert allowed(standing(state=OrderState.NEEDS_REVIEW)) == set(OrderAct)


# ---------------------------------------------------------------- pieces that left


@pytest.mark.parametrize(
    ("by", "line", "wanted", "expected"),
    [
        (Fulfilment.PART_SHIPPED, LinePieces(quantity=6, shipped=4), 4, ""),
        (Fulfilment.PART_SHIPPED, LinePieces(quantity=6, shipped=4), 3, "pieces_left"),
        (Fulfilment.PART_SHIPPED, LinePieces(quantity=6), 0, ""),
        (Fulfilment.PICKING, LinePieces(quantity=6, follows=2), 4, ""),
        (Fulfilment.PICKING, LinePieces(quantity=6, follows=2), 3, "order_shipping"),
        (Fulfilment.PICKING, LinePieces(quantity=1, is_goods=False), 0, ""),
        (Fulfilment.ALLOCATED, LinePieces(quantity=6), 0, ""),
    ],
)
def test_pieces_that_left_or_are_being_packed_cannot_be_fewer(
    by: Fulfilment, line: LinePieces, wanted: int, expected: str
) -> None:
    act = Act(act=OrderAct.CANCEL_LINE, line_id=MUG, number=1, name="MUG", quantity=wanted)

    assert code(act, standing(by, lines={MUG: line})) == expected


def test_a_sentence_says_how_many_are_gone_of_what() -> None:
    act = Act(act=OrderAct.QUANTITY_LESS, line_id=MUG, number=1, name="BLUE MUG", quantity=2)
    lines = {MUG: LinePieces(quantity=6, shipped=4)}

    obstacle = may(act, standing(Fulfilment.PART_SHIPPED, lines=lines))

    assert obstacle is not None
    assert obstacle.sentence == (
        "Of the blue mug 4 have left already, so it cannot be fewer. What arrives can be sent back."
    )


def test_where_every_piece_left_with_the_first_parcel_nothing_can_be_cancelled() -> None:
    lines = {MUG: LinePieces(quantity=6, shipped=6), CLOCK: LinePieces(quantity=2, shipped=1)}
    how = standing(Fulfilment.PART_SHIPPED, lines=lines)

    assert code(OrderAct.CANCEL_LINE, how) == ""
    assert code(OrderAct.PRICE, how) == "pieces_left"
    only = standing(Fulfilment.PART_SHIPPED, lines={MUG: lines[MUG]})
    assert code(OrderAct.CANCEL_LINE, only) == "order_shipped"


def test_of_a_line_that_left_in_part_the_price_stays() -> None:
    lines = {MUG: LinePieces(quantity=6, shipped=1), CLOCK: LinePieces(quantity=2)}
    how = standing(Fulfilment.PART_SHIPPED, lines=lines)

    assert code(Act(act=OrderAct.PRICE, line_id=MUG, name="MUG"), how) == "pieces_left"
    assert code(Act(act=OrderAct.PRICE, line_id=CLOCK, name="CLOCK"), how) == ""


def test_the_rest_may_go_elsewhere_unless_another_tax_holds_there() -> None:
    how = standing(Fulfilment.PART_SHIPPED)

    assert code(Act(act=OrderAct.ADDRESS), how) == ""
    assert code(Act(act=OrderAct.ADDRESS, other_tax=True), how) == "order_shipping"
    assert code(OrderAct.CANCEL_ORDER, how) == "order_shipping"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (Fulfilment.ALLOCATED, ""),
        (Fulfilment.PICKING, "order_shipping"),
        (Fulfilment.PART_SHIPPED, ""),
        (Fulfilment.DELIVERED, "order_shipped"),
    ],
)
def test_what_stands_on_the_parcel_is_no_mere_note(by: Fulfilment, expected: str) -> None:
    assert code(Act(act=OrderAct.NOTES, on_parcel=True), standing(by)) == expected
    assert code(Act(act=OrderAct.NOTES), standing(by)) == ""


# ---------------------------------------------------------------- who asks, and money


def test_a_price_below_the_list_and_goodwill_need_a_lead() -> None:
    csr = standing(permissions=PERMISSIONS[Role.CSR])
    cheaper = Act(act=OrderAct.PRICE, line_id=MUG, below_list=True)

    assert (code(cheaper, csr), code(OrderAct.GOODWILL, csr)) == ("needs_lead", "needs_lead")
    assert code(Act(act=OrderAct.PRICE, line_id=MUG), csr) == ""
    assert code(cheaper, standing()) == ""


def test_who_takes_no_orders_changes_none() -> None:
    how = standing(permissions=frozenset({Permission.ADMINISTER}))

    assert allowed(how) == {OrderAct.COLLECT}


def test_nothing_more_is_charged_while_a_bank_has_not_answered() -> None:
    how = standing(payment_undecided=True)

    assert code(OrderAct.COLLECT, how) == code(OrderAct.PAYMENT, how) == "payment_open"
    assert code(OrderAct.CANCEL_ORDER, how) == ""


def test_what_is_paid_is_not_collected() -> None:
    assert code(OrderAct.COLLECT, standing(is_owing=False)) == "nothing_to_pay"


@pytest.mark.parametrize("state", [one for one in UndoState if one is not UndoState.POSSIBLE])
def test_what_cannot_be_undone_says_why(state: UndoState) -> None:
    assert code(OrderAct.UNDO, standing(undo=state)) == f"undo_{state.value}"


@pytest.mark.parametrize(
    ("after", "money", "goods", "expected"),
    [
        (14, False, False, UndoState.POSSIBLE),
        (16, False, False, UndoState.TOO_LATE),
        (14, True, False, UndoState.MONEY_MOVED),
        (14, True, True, UndoState.GOODS_MOVED),
    ],
)
def test_a_change_can_be_undone_for_a_while(
    after: int, money: bool, goods: bool, expected: UndoState
) -> None:
    until, now = A_MORNING + timedelta(minutes=15), A_MORNING + timedelta(minutes=after)

    assert undo_state(until, now, money_moved=money, goods_moved=goods) is expected
    nothing = undo_state(None, now, money_moved=False, goods_moved=False)
    assert nothing is UndoState.NOTHING


def test_an_american_hears_it_in_their_english() -> None:
    obstacle = may(OrderAct.PRICE, standing(state=OrderState.CANCELLED, region=Region.US))

    assert obstacle is not None
    assert "canceled" in obstacle.sentence


# ---------------------------------------------------------------- what a change needs


def an_order_of_two() -> OrderDocument:
    return an_order(with_line("MUG", 6), with_line("CLOCK", 2))


def needed(after: OrderDocument) -> list[OrderAct]:
    return [one.act for one in acts_needed(an_order_of_two(), after)]


def with_first_line(**different: object) -> OrderDocument:
    order = an_order_of_two()
    first = replace(order.lines[0], **different)
    return replace(order, lines=(first, *order.lines[1:]))


def test_an_order_that_stayed_needs_nothing() -> None:
    later = replace(an_order_of_two(), started_at=A_MORNING + timedelta(days=1), caller_number="x")

    assert needed(later) == []


@pytest.mark.parametrize(
    ("different", "expected"),
    [
        ({"quantity": 7}, [OrderAct.QUANTITY_MORE]),
        ({"quantity": 5}, [OrderAct.QUANTITY_LESS]),
        ({"told_price": a_price("2.00")}, [OrderAct.PRICE]),
        (
            {"quantity": 12, "list_price": a_price("2.55"), "told_price": a_price("2.55")},
            [OrderAct.QUANTITY_MORE],
        ),
        ({"back_ordered": 2, "back_order_on": date(2026, 12, 4)}, [OrderAct.DATE]),
        ({"code": "CUP"}, [OrderAct.REMOVE_LINE, OrderAct.ADD_LINE]),
        ({"price_version": 2, "quoted_at": A_MORNING + timedelta(days=1)}, []),
    ],
    ids=["more", "fewer", "price", "quantity price", "later", "another product", "quoted anew"],
)
def test_what_became_of_a_line_is_an_act(
    different: dict[str, object], expected: list[OrderAct]
) -> None:
    assert needed(with_first_line(**different)) == expected


def test_a_line_that_comes_cheaper_than_the_list_needs_both() -> None:
    cheap = with_line("CUP", 1, "2.95", told="1.00", told_reason="damaged", line_id=an_id(3))
    order = cheap(an_order_of_two())

    found = acts_needed(an_order_of_two(), order)

    assert [(one.act, one.below_list) for one in found] == [
        (OrderAct.ADD_LINE, False),
        (OrderAct.PRICE, True),
    ]


def test_each_thing_beside_the_lines_is_an_act_of_its_own() -> None:
    order = an_order_of_two()
    delivery = replace(
        order.delivery,
        method="next_day",
        charge=Money(795, Currency.GBP),
        promised_on=date(2026, 11, 23),
        gift_message="For you",
    )
    changed = replace(
        order,
        customer=a_customer(phone="+447700900413"),
        deliver_to=an_address("US"),
        bill_to=an_address(),
        delivery=delivery,
        payment=PaymentMethod.CARD,
    )

    found = {one.act: one for one in acts_needed(order, changed)}

    assert list(found) == [
        OrderAct.CONTACT,
        OrderAct.ADDRESS,
        OrderAct.BILLING,
        OrderAct.METHOD,
        OrderAct.DATE,
        OrderAct.NOTES,
        OrderAct.PAYMENT,
    ]
    assert found[OrderAct.ADDRESS].other_tax
    assert found[OrderAct.NOTES].on_parcel


@pytest.mark.parametrize(
    "different",
    [
        {"internal_note": "Rang twice."},
        {"priority": Priority.URGENT},
        {"order_type": OrderType.TRADE},
    ],
)
def test_what_only_we_read_is_a_note_beside_the_parcel(different: dict[str, object]) -> None:
    order = an_order_of_two()

    found = acts_needed(order, replace(order, **different))

    assert [(one.act, one.on_parcel) for one in found] == [(OrderAct.NOTES, False)]


@pytest.mark.parametrize("left", [(), ("POST",)])
def test_an_order_without_anything_left_is_a_cancellation_to_be_asked_about(
    left: tuple[str, ...],
) -> None:
    order = an_order(with_line("MUG", 6), with_charge())
    emptied = replace(order, lines=tuple(one for one in order.lines if one.code in left))

    found = acts_needed(order, emptied)

    assert [(one.act, one.empties) for one in found] == [(OrderAct.CANCEL_ORDER, True)]
    asked = obstacles(found, standing())
    assert [one.code for one in asked] == ["order_emptied"]
    assert asked[0].sentence.endswith("Shall I cancel it as a whole?")


def test_a_cancellation_needs_the_acts_of_its_lines() -> None:
    pieces = (
        PiecesOfLine(line_id=MUG, quantity=1),
        PiecesOfLine(line_id=MUG, quantity=2),
        PiecesOfLine(line_id=LineId(an_id(9)), quantity=1),
    )
    some = Cancellation(lines=pieces, reason=CancelReason.CHANGED_MIND)

    found = acts_of(some, an_order_of_two())

    assert [(one.act, one.number, one.quantity) for one in found] == [
        (OrderAct.CANCEL_LINE, 1, 3),
        (OrderAct.CANCEL_LINE, 0, 0),
    ]
    whole = acts_of(Cancellation(reason=CancelReason.OTHER), an_order_of_two())
    assert [one.act for one in whole] == [OrderAct.CANCEL_ORDER]
    undo = acts_of(Undo(undoes=ChangeId(an_id(3))), an_order_of_two())
    assert [one.act for one in undo] == [OrderAct.UNDO]


def test_an_amendment_needs_what_makes_it_other() -> None:
    nothing = Money(0, Currency.GBP)
    totals = Totals(goods=nothing, delivery=nothing, tax=nothing, tax_included=True, total=nothing)
    amendment = Amendment(document=with_first_line(quantity=9), totals=totals)

    found = acts_of(amendment, an_order_of_two())

    assert [one.act for one in found] == [OrderAct.QUANTITY_MORE]


def test_the_same_obstacle_is_said_once() -> None:
    acts = [Act(act=OrderAct.ADDRESS), Act(act=OrderAct.DATE), Act(act=OrderAct.NOTES)]

    found = obstacles(acts, standing(Fulfilment.PICKING))

    assert [one.code for one in found] == ["order_shipping"]
