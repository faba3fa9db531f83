"""The payment in the protocol: every attempt and link with what came of it."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec

from app.services.rules.protocol import protocol_of
from app.services.rules.regions import RegionRules
from app.values.identity import LeaseId
from app.values.money import Currency, Money
from app.values.vocabulary import (
    AttemptState,
    CheckResult,
    DeclineReason,
    LinkState,
    PaymentState,
)
from app.wire.payments import CardAttempt, PayLink, Payments
from app.wire.protocol import Mark, ProtocolRow, ReadBackProtocol
from tests.builders import A_MORNING, a_link, an_attempt, an_id
from tests.read_back_story import a_story

LEASE = LeaseId(an_id(8_001))


def told(
    britain: RegionRules,
    *attempts: CardAttempt,
    links: tuple[PayLink, ...] = (),
    state: PaymentState | None = None,
) -> ReadBackProtocol:
    payments = Payments(attempts=attempts, links=links, state=state)
    return protocol_of(msgspec.structs.replace(a_story(britain), payments=payments), britain)


def rows(protocol: ReadBackProtocol) -> tuple[ProtocolRow, ...]:
    return next((one.rows for one in protocol.sections if one.heading == "Payment"), ())


def fact(protocol: ReadBackProtocol) -> str:
    return next(one.value for one in protocol.facts if one.name == "Payment")


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def test_a_card_is_told_with_its_amount_and_the_pause_it_was_heard_in(
    britain: RegionRules,
) -> None:
    protocol = told(britain, an_attempt(lease_id=LEASE), state=PaymentState.AUTHORISED)
    (row,) = rows(protocol)
    assert (row.time, row.about) == ("10:30:00", "Visa ending 4242")
    assert [remark.words for remark in row.remarks] == [
        "£13.80 authorised.",
        f"Heard while the recording was paused: pause {LEASE}.",
    ]
    assert row.remarks[0].mark is Mark.GOOD
    assert fact(protocol) == "Authorised: Visa ending 4242"


def test_a_decline_is_told_and_worth_a_look(britain: RegionRules) -> None:
    declined = an_attempt(state=AttemptState.DECLINED, decline=DeclineReason.INSUFFICIENT_FUNDS)
    protocol = told(britain, declined)
    assert rows(protocol)[0].remarks[0].words == (
        "£13.80 was asked for. The bank declined the amount."
    )
    assert any("The bank declined" in remark.words for remark in protocol.notable)


def test_what_was_not_known_given_back_or_never_taken_is_told(britain: RegionRules) -> None:
    states = [
        AttemptState.UNKNOWN,
        AttemptState.FAILED,
        AttemptState.VOIDED,
        AttemptState.VOIDING,
        AttemptState.STARTED,
    ]
    attempts = [an_attempt(state=state, number=at) for at, state in enumerate(states, 1)]
    assert [row.remarks[0].words for row in rows(told(britain, *attempts))] == [
        "£13.80 was asked for. The bank did not answer, so nobody knew whether it was taken.",
        "£13.80 was asked for. Nothing was taken.",
        "£13.80 was given back.",
        "£13.80 is being given back.",
        "£13.80 was asked for. The bank had not answered yet.",
    ]


def test_a_part_of_the_amount_and_a_check_that_failed_are_worth_a_look(
    britain: RegionRules,
) -> None:
    part = an_attempt(approved=pounds(1_000), code_check=CheckResult.MISMATCH)
    (row,) = rows(told(britain, part))
    assert [(remark.mark, remark.words) for remark in row.remarks] == [
        (Mark.CHANGED, "£10.00 authorised of £13.80 that were asked for."),
        (Mark.NOT_MATCHED, "The bank says that the security code does not match."),
    ]


def test_links_are_told_in_the_order_of_time_among_the_cards(britain: RegionRules) -> None:
    later = A_MORNING + timedelta(minutes=5)
    link = a_link(state=LinkState.PAID, sent_at=later)
    next_day = an_attempt(number=2, at=A_MORNING + timedelta(days=1))
    protocol = told(britain, next_day, an_attempt(), links=(link,))
    assert [(row.time, row.about) for row in rows(protocol)] == [
        ("10:30:00", "Visa ending 4242"),
        ("10:35:00", "Pay link"),
        ("Saturday 21 November 2026, 10:30:00", "Visa ending 4242"),
    ]
    assert rows(protocol)[1].remarks[0].words == "For £13.80, paid."


def test_a_link_that_came_to_nothing_is_worth_a_look(britain: RegionRules) -> None:
    for state in (LinkState.EXPIRED, LinkState.REPLACED, LinkState.PAID_TWICE):
        (row,) = rows(told(britain, links=(a_link(state=state),)))
        assert row.remarks[0].mark.is_notable


def test_until_the_centre_has_it_the_protocol_tells_what_the_seat_knew(
    britain: RegionRules,
) -> None:
    view = a_story(britain)
    placed = msgspec.structs.replace(view.placed, attempts=(an_attempt(view.placed.totals.total),))
    protocol = protocol_of(msgspec.structs.replace(view, placed=placed), britain)
    assert fact(protocol) == "Authorised: Visa ending 4242"
    assert len(rows(protocol)) == 1


def test_an_order_without_payments_has_no_part_about_them(britain: RegionRules) -> None:
    protocol = told(britain)
    assert rows(protocol) == ()
    assert fact(protocol) == "Outstanding"


def test_the_protocol_holds_no_digit_of_a_card_but_the_last_four(britain: RegionRules) -> None:
    odd = an_attempt(brand="Visa 4111111111111111", last_four="1111")
    protocol = told(britain, odd)
    words = " ".join(r.words for row in rows(protocol) for r in row.remarks) + fact(protocol)
    assert not re.search("41|11111", words + rows(protocol)[0].about)
