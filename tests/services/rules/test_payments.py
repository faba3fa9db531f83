"""What is paid of an order and what keeps it open; and the words for it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.payment_words import (
    Choice,
    attempt_words,
    card_words,
    check_advice,
    choice_words,
    decline_advice,
    failed_advice,
    link_advice,
    link_words,
    partial_advice,
    unknown_advice,
)
from app.services.rules.payments import Cover, covered, may_take_card
from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoints, standings
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.money import Currency, Money
from app.values.vocabulary import (
    AttemptState,
    CheckpointKind,
    CheckResult,
    DeclineReason,
    LinkState,
    PaymentMethod,
    PaymentState,
    Region,
)
from app.wire.orders import OrderDocument
from app.wire.payments import CardAttempt, PayLink
from app.wire.read_back import ReadBackEntry
from tests.builders import a_customer, a_link, an_attempt, an_order, changed, with_line
from tests.read_backs import a_guidance, read_back_of

REGIONS = load_regions(resource_folder() / "regions")
TOTAL = Money(1_380, Currency.GBP)
LINE = with_line("TEA-1", 3)


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def paid_by(
    payment: PaymentMethod, *attempts: CardAttempt, links: tuple[PayLink, ...] = ()
) -> Cover:
    document = an_order(LINE, changed(payment=payment))
    return covered(document, totals(document, REGIONS[document.region]), attempts, links)


@pytest.mark.parametrize("payment", list(PaymentMethod))
def test_what_nothing_was_done_for_is_outstanding(payment: PaymentMethod) -> None:
    cover = paid_by(payment)
    assert cover.state is PaymentState.OUTSTANDING
    assert cover.left == TOTAL
    assert cover.is_open == (payment is not PaymentMethod.LATER)


def test_an_authorised_card_covers_an_order() -> None:
    cover = paid_by(PaymentMethod.CARD, an_attempt())
    assert (cover.state, cover.code) == (PaymentState.AUTHORISED, "")


def test_a_captured_card_has_paid_it() -> None:
    attempt = an_attempt(state=AttemptState.CAPTURED, captured=TOTAL)
    assert paid_by(PaymentMethod.CARD, attempt).state is PaymentState.PAID


@pytest.mark.parametrize(
    "state",
    [AttemptState.DECLINED, AttemptState.FAILED, AttemptState.VOIDING, AttemptState.VOIDED],
)
def test_what_holds_no_money_covers_nothing(state: AttemptState) -> None:
    cover = paid_by(PaymentMethod.CARD, an_attempt(state=state))
    assert cover.code == "payment_open"
    assert cover.sentence == "No card has been authorised yet for the £13.80 to pay."


@pytest.mark.parametrize("state", [AttemptState.STARTED, AttemptState.UNKNOWN])
def test_what_is_not_known_stands_in_the_way_even_beside_an_authorised_card(
    state: AttemptState,
) -> None:
    cover = paid_by(PaymentMethod.CARD, an_attempt(), an_attempt(state=state, number=2))
    assert cover.code == "payment_open"
    assert cover.sentence.startswith("The bank has not answered for £13.80 yet.")


def test_a_partial_approval_says_what_is_still_to_be_paid() -> None:
    cover = paid_by(PaymentMethod.CARD, an_attempt(approved=pounds(1_000)))
    assert cover.code == "payment_open"
    assert cover.sentence == "£10.00 of £13.80 is authorised; £3.80 is still to be paid."


def test_a_partial_approval_and_another_card_cover_an_order() -> None:
    part = an_attempt(approved=pounds(1_000))
    rest = an_attempt(pounds(380), number=2)
    assert not paid_by(PaymentMethod.CARD, part, rest).is_open


def test_the_rest_is_open_where_the_partial_card_was_given_back() -> None:
    first = an_attempt(state=AttemptState.VOIDED, amount=TOTAL)
    second = an_attempt(amount=pounds(380), approved=pounds(380))
    cover = paid_by(PaymentMethod.CARD, first, second)
    assert (cover.code, cover.left) == ("payment_open", pounds(1_000))


def test_a_partial_approval_and_a_link_cover_an_order() -> None:
    part = an_attempt(approved=pounds(1_000))
    link = a_link(pounds(380))
    cover = paid_by(PaymentMethod.PAY_LINK, part, links=(link,))
    assert (cover.is_open, cover.state) == (False, PaymentState.LINK_SENT)


@pytest.mark.parametrize("minor", [1_379, 1_381, 500, 2_760])
def test_an_amount_that_is_not_the_total_names_both(minor: int) -> None:
    cover = paid_by(PaymentMethod.CARD, an_attempt(pounds(minor)))
    assert cover.code == "payment_amount_differs"
    assert str(pounds(minor)) in cover.sentence
    assert "£13.80" in cover.sentence


@given(st.lists(st.integers(1, 2_000), max_size=4))
def test_cards_cover_an_order_when_they_come_to_its_total_and_only_then(parts: list[int]) -> None:
    attempts = [an_attempt(pounds(part), number=place) for place, part in enumerate(parts, 1)]
    cover = paid_by(PaymentMethod.CARD, *attempts)
    assert cover.is_open == (sum(parts) != TOTAL.minor)
    assert cover.left == TOTAL - cover.approved


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (LinkState.SENT, ""),
        (LinkState.OPENED, ""),
        (LinkState.PAID, ""),
        (LinkState.PAID_TWICE, ""),
        (LinkState.EXPIRED, "payment_open"),
        (LinkState.CANCELLED, "payment_open"),
        (LinkState.REPLACED, "payment_open"),
    ],
)
def test_each_state_of_a_link_has_its_effect(state: LinkState, code: str) -> None:
    assert paid_by(PaymentMethod.PAY_LINK, links=(a_link(state=state),)).code == code


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (LinkState.SENT, PaymentState.LINK_SENT),
        (LinkState.PAID, PaymentState.PAID),
        (LinkState.EXPIRED, PaymentState.OUTSTANDING),
    ],
)
def test_a_link_tells_how_far_the_payment_is(state: LinkState, found: PaymentState) -> None:
    assert paid_by(PaymentMethod.LATER, links=(a_link(state=state),)).state is found


def test_a_link_of_another_amount_has_to_be_sent_anew() -> None:
    cover = paid_by(PaymentMethod.PAY_LINK, links=(a_link(pounds(1_000)),))
    assert cover.sentence == "The pay link is for £10.00, but £13.80 is to be paid. Send a new one."


def test_more_paid_than_it_comes_to_is_no_payment_by_link() -> None:
    paid = a_link(pounds(2_000), LinkState.PAID)
    cover = paid_by(PaymentMethod.PAY_LINK, links=(paid,))
    assert cover.code == "payment_amount_differs"
    assert "£20.00 is paid or authorised" in cover.sentence


def test_money_of_another_currency_covers_nothing() -> None:
    dollars = an_attempt(Money(1_380, Currency.USD))
    assert paid_by(PaymentMethod.CARD, dollars).code == "payment_open"


def test_an_account_covers_an_order_of_a_customer_who_has_one() -> None:
    customer = a_customer(on_account=True)
    document = an_order(LINE, changed(payment=PaymentMethod.INVOICE, customer=customer))
    cover = covered(document, totals(document, REGIONS[document.region]), (), ())
    assert (cover.is_open, cover.state) == (False, PaymentState.ON_ACCOUNT)
    assert paid_by(PaymentMethod.INVOICE).code == "not_on_account"


def test_an_american_refusal_is_american() -> None:
    document = an_order(with_line(), changed(payment=PaymentMethod.CARD), region=Region.US)
    cover = covered(document, totals(document, REGIONS[document.region]), (), ())
    assert cover.sentence.startswith("No card has been authorized yet for the $")


# The card pane


def stand(document: OrderDocument, entries: tuple[ReadBackEntry, ...]) -> str | None:
    rules = REGIONS[document.region]
    points = Checkpoints(rules, a_guidance().checklists).of(document, totals(document, rules))
    return may_take_card(standings(points, entries))


def test_the_card_pane_opens_when_all_is_agreed() -> None:
    document = an_order(LINE, changed(payment=PaymentMethod.CARD))
    assert stand(document, read_back_of(document, REGIONS[document.region])) is None


def test_the_card_pane_stays_closed_before_the_read_back_and_before_the_obligation() -> None:
    document = an_order(LINE, changed(payment=PaymentMethod.CARD))
    entries = read_back_of(document, REGIONS[document.region])
    before = tuple(e for e in entries if getattr(e, "checkpoint", "") != CheckpointKind.OBLIGATION)
    assert stand(document, ()) == (
        "Finish the read-back first: the caller agrees to what they order before they pay."
    )
    assert stand(document, before) == (
        "Ask first whether the order is placed with the obligation to pay."
    )


def test_another_way_to_pay_asks_for_the_obligation_alone() -> None:
    agreed = an_order(LINE, changed(payment=PaymentMethod.CARD))
    entries = read_back_of(agreed, REGIONS[agreed.region])
    for payment in (PaymentMethod.PAY_LINK, PaymentMethod.LATER):
        other = changed(payment=payment)(agreed)
        assert stand(other, entries) == (
            "Ask first whether the order is placed with the obligation to pay."
        )


def test_a_new_total_asks_for_price_and_obligation() -> None:
    agreed = an_order(LINE, changed(payment=PaymentMethod.CARD))
    rules = REGIONS[agreed.region]
    dearer = with_line("TEA-2")(agreed)
    points = Checkpoints(rules, a_guidance().checklists).of(dearer, totals(dearer, rules))
    found = standings(points, read_back_of(agreed, rules))
    stale = {one.checkpoint.kind for one in found if not one.state.holds}
    assert stale == {CheckpointKind.LINE, CheckpointKind.PRICE, CheckpointKind.OBLIGATION}


# The words


BRITISH = an_order(LINE, changed(customer=a_customer(on_account=True)))
AMERICAN = an_order(with_line(), region=Region.US)


@pytest.mark.parametrize("reason", list(DeclineReason))
@pytest.mark.parametrize("document", [BRITISH, AMERICAN], ids=["gb", "us"])
def test_every_decline_has_a_sentence_to_say_and_a_next_choice(
    reason: DeclineReason, document: OrderDocument
) -> None:
    advice = decline_advice(reason, document)
    for sentence in (advice.notice, advice.say):
        assert re.fullmatch(r"[A-Z].*[.?]", sentence)
    assert advice.choices
    assert len(set(advice.choices)) == len(advice.choices)


def test_a_decline_without_a_reason_has_one_all_the_same() -> None:
    assert decline_advice(None, BRITISH) == decline_advice(DeclineReason.DECLINED, BRITISH)


@pytest.mark.parametrize("reason", [DeclineReason.LOST_OR_STOLEN, DeclineReason.SUSPECTED_FRAUD])
def test_the_caller_never_hears_that_a_card_is_reported(reason: DeclineReason) -> None:
    advice = decline_advice(reason, BRITISH)
    assert not re.search("lost|stolen|fraud|police", advice.say, re.IGNORECASE)
    assert Choice.SAME_CARD not in advice.choices


def test_an_account_is_offered_to_those_who_have_one() -> None:
    assert Choice.ON_ACCOUNT in decline_advice(DeclineReason.DECLINED, BRITISH).choices
    assert Choice.ON_ACCOUNT not in decline_advice(DeclineReason.DECLINED, AMERICAN).choices


def test_what_is_not_known_is_asked_for_and_never_tried_again() -> None:
    choices = unknown_advice(BRITISH).choices
    assert choices[0] is Choice.ASK_BANK
    assert Choice.SAME_CARD not in choices
    assert Choice.SAME_CARD in failed_advice(BRITISH).choices


def test_a_partial_approval_names_what_is_left() -> None:
    advice = partial_advice(an_attempt(approved=pounds(1_000)), BRITISH)
    assert advice is not None
    assert "£10.00 of £13.80; £3.80 is still" in advice.notice
    assert partial_advice(an_attempt(), BRITISH) is None
    assert partial_advice(an_attempt(state=AttemptState.DECLINED), BRITISH) is None


def test_each_check_that_does_not_match_has_its_advice() -> None:
    bad = CheckResult.MISMATCH
    attempt = an_attempt(code_check=bad, postcode_check=bad, address_check=bad)
    british, american = check_advice(attempt, BRITISH), check_advice(attempt, AMERICAN)
    assert len(british) == len(american) == 3
    assert "security code" in british[0].notice
    assert british[1].say == "Which postcode do the card's statements go to?"
    assert american[1].say == "Which ZIP code do the card's statements go to?"
    assert all(Choice.GIVE_BACK in one.choices for one in british)


@pytest.mark.parametrize(
    "result", [CheckResult.MATCH, CheckResult.NOT_GIVEN, CheckResult.UNAVAILABLE]
)
def test_a_check_that_says_nothing_against_it_is_not_mentioned(result: CheckResult) -> None:
    attempt = an_attempt(code_check=result, postcode_check=result, address_check=result)
    assert check_advice(attempt, BRITISH) == ()


def test_a_card_that_was_not_taken_is_not_checked() -> None:
    declined = an_attempt(state=AttemptState.DECLINED, code_check=CheckResult.MISMATCH)
    assert check_advice(declined, BRITISH) == ()


@pytest.mark.parametrize("state", list(LinkState))
def test_every_state_of_a_link_is_told(state: LinkState) -> None:
    advice = link_advice(a_link(state=state), TOTAL, BRITISH)
    assert re.fullmatch(r"[A-Z£].*[.?]", advice.notice)
    assert link_words(a_link(state=state), Region.GB).startswith("Pay link for £13.80, ")


def test_a_link_of_another_amount_is_told_first() -> None:
    advice = link_advice(a_link(), pounds(2_000), BRITISH)
    assert advice.notice.startswith("The amount changed: the link is for £13.80")
    assert advice.choices[0] is Choice.PAY_LINK


def test_a_link_that_was_cancelled_is_so_in_both_englishes() -> None:
    link = a_link(state=LinkState.CANCELLED)
    assert link_words(link, Region.GB).endswith("cancelled")
    assert link_words(link, Region.US).endswith("canceled")


@pytest.mark.parametrize("state", list(AttemptState))
def test_every_state_of_an_attempt_is_told_with_its_card_and_amount(state: AttemptState) -> None:
    words = attempt_words(an_attempt(state=state, brand="Visa", last_four="4242"), Region.GB)
    assert words.startswith("Visa ending 4242, £13.80 ")


def test_amounts_that_were_taken_or_refunded_are_told() -> None:
    taken = an_attempt(state=AttemptState.CAPTURED, captured=pounds(500))
    given = an_attempt(state=AttemptState.REFUNDED, captured=TOTAL, refunded=pounds(300))
    assert attempt_words(taken, Region.GB) == "Visa ending 4242, £5.00 paid"
    assert attempt_words(given, Region.GB) == "Visa ending 4242, £3.00 refunded"
    assert attempt_words(an_attempt(), Region.US) == "Visa ending 4242, £13.80 authorized"


def test_no_digit_but_the_last_four_is_told_whatever_a_gateway_calls_the_brand() -> None:
    odd = an_attempt(brand="Visa 411111", last_four="1111")
    assert card_words(odd) == "Visa ending 1111"
    assert card_words(an_attempt(brand="", last_four="1111")) == "Card ending 1111"
    assert card_words(an_attempt(state=AttemptState.UNKNOWN)) == "Card"


def test_every_choice_has_a_name_of_its_own() -> None:
    names = [choice_words(choice) for choice in Choice]
    assert len(set(names)) == len(names)
