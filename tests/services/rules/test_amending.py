"""A change of a placed order: what is due for it, what the caller agrees to, what is said."""

from __future__ import annotations

import msgspec

from app.services.rules.amending import (
    allocated,
    digest_of,
    held_of,
    is_changed,
    locked_why,
    sent_as,
)
from app.services.rules.payments import Cover, covered
from app.services.rules.pricing import totals
from app.services.rules.read_back import Change, Standing, State
from app.services.rules.speech_changes import change_notice, changed_words
from app.values.identity import OrderId, ProductCode
from app.values.money import Currency, Money
from app.values.order_life import OrderAct
from app.values.order_number import OrderNumber
from app.values.vocabulary import AttemptState, CheckpointKind, PaymentMethod
from app.wire.orders import Amends, LineBefore, Locked, OrderDocument, ProductPieces
from app.wire.payments import CardAttempt
from tests.builders import a_link, an_attempt, an_id, an_order, changed, with_line
from tests.services.rules.speaking import book_of, point_of, rules_of, said_of

ORIGINAL = an_order(
    with_line("TEA-1", 3), with_line("TEA-2", 1), changed(payment=PaymentMethod.CARD)
)


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def amended(held: int, *, was: int = 1_675, cards: tuple[str, ...] = ("4242",)) -> OrderDocument:
    """The draft of a change of an order for 16.75 with two lines, as it begins."""
    amends = Amends(
        order_id=OrderId(ORIGINAL.order_id),
        number=OrderNumber("4173029823"),
        revision=1,
        total=pounds(was),
        held=pounds(held),
        last_fours=cards,
        allocated=(ProductPieces(code=ProductCode("TEA-1"), pieces=3),),
        lines=tuple(
            LineBefore(line_id=one.line_id, description=one.description, quantity=one.quantity)
            for one in ORIGINAL.lines
        ),
        locked=(Locked(act=OrderAct.ADDRESS, sentence="A parcel is on its way."),),
        sha256=digest_of(ORIGINAL),
    )
    return msgspec.structs.replace(ORIGINAL, order_id=OrderId(an_id(77)), amends=amends)


def with_quantity(document: OrderDocument, quantity: int) -> OrderDocument:
    first, *rest = document.lines
    return msgspec.structs.replace(
        document, lines=(msgspec.structs.replace(first, quantity=quantity), *rest)
    )


def cover(document: OrderDocument, *attempts: CardAttempt) -> Cover:
    return covered(document, totals(document, rules_of(document.region)), attempts, ())


def agreed_to(document: OrderDocument) -> str:
    return " ".join(said_of(document, CheckpointKind.OBLIGATION))


def test_what_an_order_holds_already_counts_as_paid() -> None:
    found = cover(amended(1_675))
    assert (found.is_open, found.due, found.left, found.goes_back) == (
        False,
        pounds(0),
        pounds(0),
        pounds(0),
    )


def test_only_the_difference_is_taken_from_a_card() -> None:
    document = with_quantity(amended(1_675), 5)
    found = cover(document)
    assert (found.code, found.due) == ("payment_open", pounds(590))
    assert "£5.90 to pay" in found.sentence
    assert not cover(document, an_attempt(amount=pounds(590))).is_open
    too_much = cover(document, an_attempt(amount=pounds(700)))
    assert too_much.code == "payment_amount_differs"
    assert "£5.90 is to be paid for the change" in too_much.sentence


def test_less_is_no_payment_and_says_what_goes_back() -> None:
    found = cover(with_quantity(amended(1_675), 1))
    assert (found.is_open, found.goes_back, found.left) == (False, pounds(590), pounds(0))


def test_a_change_is_one_only_when_something_is_other() -> None:
    document = amended(1_675)
    assert not is_changed(document, (), ())
    assert is_changed(with_quantity(document, 5), (), ())
    assert not is_changed(with_quantity(with_quantity(document, 5), 3), (), ())
    assert not is_changed(ORIGINAL, (), ())


def test_money_for_what_is_open_is_a_change_too() -> None:
    document = amended(0)
    assert is_changed(document, [an_attempt(amount=pounds(1_675))], ())
    declined = an_attempt(amount=pounds(1_675), state=AttemptState.DECLINED)
    assert not is_changed(document, [declined], ())


def test_pieces_the_order_has_need_not_be_held_again() -> None:
    document = amended(1_675)
    assert allocated(document, ProductCode("TEA-1")) == 3
    assert allocated(document, ProductCode("TEA-2")) == 0
    assert allocated(ORIGINAL, ProductCode("TEA-1")) == 0


def test_what_is_locked_says_why_and_of_two_acts_one_is_enough() -> None:
    document = amended(1_675)
    assert locked_why(document, OrderAct.ADDRESS) == "A parcel is on its way."
    assert locked_why(document, OrderAct.ADDRESS, OrderAct.DATE) == ""
    assert locked_why(ORIGINAL, OrderAct.ADDRESS) == ""


def test_it_is_sent_under_the_orders_own_id_by_who_took_it() -> None:
    document = amended(1_675)
    assert document.amends is not None
    sent = sent_as(document, document.amends, ORIGINAL)
    assert (sent.order_id, sent.taken_by, sent.amends) == (
        ORIGINAL.order_id,
        ORIGINAL.taken_by,
        document.amends,
    )


def test_what_is_held_after_a_change_is_never_more_than_it_comes_to() -> None:
    assert held_of(pounds(1_675), pounds(1_000), (), ()) == pounds(1_000)
    more = held_of(pounds(1_000), pounds(2_000), (an_attempt(amount=pounds(600)),), (a_link(),))
    assert more == pounds(1_600)


def test_the_agreement_of_an_ordinary_order_covers_what_it_always_did() -> None:
    point = point_of(ORIGINAL, CheckpointKind.OBLIGATION)
    assert [part.name for part in point.parts] == ["total", "currency", "payment"]


def test_the_caller_agrees_to_old_and_new_and_to_where_the_money_goes() -> None:
    before = point_of(amended(1_675), CheckpointKind.OBLIGATION)
    for other in (amended(1_600), amended(1_675, was=1_600), amended(1_675, cards=("1111",))):
        assert point_of(other, CheckpointKind.OBLIGATION).sha256 != before.sha256
    fewer = msgspec.structs.replace(amended(1_675), lines=ORIGINAL.lines[:1])
    assert point_of(fewer, CheckpointKind.OBLIGATION).sha256 != before.sha256


def test_more_is_said_with_the_total_what_is_paid_and_what_is_to_pay() -> None:
    assert agreed_to(with_quantity(amended(1_675), 5)) == (
        "The new total is twenty-two pounds sixty-five. You have paid sixteen pounds "
        "seventy-five. So five pounds ninety is to pay, by card. Shall I change the order now, "
        "with the obligation to pay?"
    )


def test_less_goes_back_to_the_card_by_its_last_digits() -> None:
    said = agreed_to(with_quantity(amended(1_675), 1))
    assert "So five pounds ninety goes back to your card ending four two four two." in said
    assert said.endswith("Shall I change the order like that?")
    two_cards = with_quantity(amended(1_675, cards=("4242", "1111")), 1)
    assert "So five pounds ninety goes back the way you paid." in agreed_to(two_cards)


def test_the_same_total_is_said_once_and_a_line_that_is_taken_off_by_name() -> None:
    assert agreed_to(amended(1_675)) == (
        "The total stays at sixteen pounds seventy-five. So there is nothing to pay. "
        "Shall I change the order like that?"
    )
    fewer = msgspec.structs.replace(amended(1_675), lines=ORIGINAL.lines[:1])
    assert agreed_to(fewer).startswith("The description of TEA-2 is taken off. The new total")


def test_what_a_change_adds_to_the_agreement_is_not_told_twice() -> None:
    point = point_of(amended(1_675), CheckpointKind.OBLIGATION)
    stale = Standing(
        checkpoint=point,
        state=State.STALE,
        changes=(Change("was", "", "1675"), Change("held", "", "1675")),
    )
    book, document = book_of(ORIGINAL.region), amended(1_675)
    sums = totals(document, rules_of(document.region))
    assert changed_words(stale, document, sums, book) == ""
    assert change_notice(stale, book) == "Order with payment changed, ask again."
