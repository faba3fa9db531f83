"""What the sandbox says to the published test numbers, always the same."""

from __future__ import annotations

import csv
import itertools
import secrets
from pathlib import Path

import pytest

from app.values.card_brands import passes_luhn
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason
from app.vault.providers.sandbox_cards import SAYINGS
from app.wire.payments import BillingCheck
from app.wire.vault import Attempted
from tests.fakes import FixedClock
from tests.vault.sealing import APPROVED, bound
from tests.vault.vaults import VaultUnderTest, a_move, pounds

MATCH, MISMATCH = CheckResult.MATCH, CheckResult.MISMATCH
UNAVAILABLE, NOT_GIVEN = CheckResult.UNAVAILABLE, CheckResult.NOT_GIVEN

DECLINES = {
    "4000000000000002": DeclineReason.DECLINED,
    "4917300800000000": DeclineReason.DO_NOT_HONOUR,
    "4000000000009995": DeclineReason.INSUFFICIENT_FUNDS,
    "4000000000009987": DeclineReason.LOST_OR_STOLEN,
    "4000000000009979": DeclineReason.LOST_OR_STOLEN,
    "4000000000000069": DeclineReason.EXPIRED_CARD,
    "4000000000000127": DeclineReason.WRONG_CODE,
    "4000000000000119": DeclineReason.PROCESSING_ERROR,
    "4100000000000019": DeclineReason.SUSPECTED_FRAUD,
    "4000000000003220": DeclineReason.NEEDS_CUSTOMER,
    "4242424242424241": DeclineReason.WRONG_NUMBER,
    "4111111111111105": DeclineReason.DO_NOT_HONOUR,
    "4111111111111143": DeclineReason.LOST_OR_STOLEN,
    "4111111111111151": DeclineReason.INSUFFICIENT_FUNDS,
}
CHECKS = {
    APPROVED: (MATCH, MATCH, MATCH),
    "4000000000000010": (MISMATCH, MISMATCH, MATCH),
    "4000000000000028": (MISMATCH, MATCH, MATCH),
    "4000000000000036": (MATCH, MISMATCH, MATCH),
    "4000000000000044": (UNAVAILABLE, UNAVAILABLE, MATCH),
    "4000000000000101": (MATCH, MATCH, MISMATCH),
}


def checks_of(told: Attempted) -> tuple[CheckResult, CheckResult, CheckResult]:
    return told.address_check, told.postcode_check, told.code_check


@pytest.mark.parametrize("place", range(len(DECLINES)))
def test_a_number_that_is_there_to_be_declined_is(vault: VaultUnderTest, place: int) -> None:
    number, reason = list(DECLINES.items())[place]
    told = vault.authorise(number)
    assert (told.state, told.decline) == (AttemptState.DECLINED, reason)
    assert (told.token, told.approved) == ("", None)


@pytest.mark.parametrize("place", range(len(CHECKS)))
def test_a_number_that_is_there_for_the_checks_says_so(vault: VaultUnderTest, place: int) -> None:
    number, wanted = list(CHECKS.items())[place]
    told = vault.authorise(number)
    assert told.state is AttemptState.AUTHORISED
    assert checks_of(told) == wanted


def test_what_was_not_given_is_not_checked(vault: VaultUnderTest) -> None:
    request = vault.request(billing=BillingCheck(), code="")
    assert checks_of(vault.vault.authorise(request)) == (NOT_GIVEN, NOT_GIVEN, NOT_GIVEN)


def test_every_other_published_number_is_approved(vault: VaultUnderTest) -> None:
    others = {"4000000000000341", "4000000000000259", *DECLINES, *CHECKS}
    numbers = [number.decode() for number in SAYINGS if number.decode() not in others]
    for place, number in enumerate(numbers):
        code = "1234" if number.startswith("3") and len(number) == 15 else "123"
        to = bound(order=100 + place, attempt=1_000 + place)
        told = vault.authorise(number, to, code=code)
        assert told.state is AttemptState.AUTHORISED, place
        assert told.approved == to.amount
        assert told.last_four == number[-4:]
        assert told.brand


@pytest.mark.real_data
def test_the_table_has_every_published_number_and_no_other(real_data: Path) -> None:
    with (real_data / "gateway_test_cards.csv").open(encoding="utf-8") as file:
        published = {row["card_number"] for row in csv.DictReader(file)} - {""}
    known = {number.decode() for number in SAYINGS}
    assert known <= published
    assert {number for number in published - known if passes_luhn(number)} == set()


def test_numbers_that_fail_the_check_digit_are_known_only_where_they_were_published_so() -> None:
    wrong = {number.decode() for number in SAYINGS if not passes_luhn(number.decode())}
    assert len(wrong) == 3
    assert wrong <= set(DECLINES)


def test_half_is_approved(vault: VaultUnderTest) -> None:
    told = vault.authorise("4000000000000259", bound(minor=4_999))
    assert (told.state, told.approved) == (AttemptState.AUTHORISED, pounds(2_499))


def test_half_of_a_penny_is_a_penny(vault: VaultUnderTest) -> None:
    assert vault.authorise("4000000000000259", bound(minor=1)).approved == pounds(1)


def test_a_card_is_good_to_the_end_of_its_month(vault: VaultUnderTest, clock: FixedClock) -> None:
    good = vault.authorise(expiry=f"{clock.now():%m%y}")
    over = vault.authorise(to=bound(attempt=102, order=2), expiry="1026")
    assert good.state is AttemptState.AUTHORISED
    assert over.decline is DeclineReason.EXPIRED_CARD


def test_a_code_of_the_wrong_length_for_the_brand_is_wrong(vault: VaultUnderTest) -> None:
    assert vault.authorise("378282246310005").decline is DeclineReason.WRONG_CODE


def test_the_same_card_amount_and_order_within_a_minute_is_a_duplicate(
    vault: VaultUnderTest, clock: FixedClock
) -> None:
    first = vault.authorise()
    twin = vault.authorise(to=bound(attempt=102))
    clock.advance(seconds=61)
    later = vault.authorise(to=bound(attempt=103))
    assert first.state is later.state is AttemptState.AUTHORISED
    assert twin.decline is DeclineReason.DUPLICATE


def test_another_amount_order_or_number_is_no_duplicate(vault: VaultUnderTest) -> None:
    vault.authorise()
    others = [
        vault.authorise(to=bound(attempt=102, minor=5_000)),
        vault.authorise(to=bound(attempt=103, order=2)),
        vault.authorise("4111111111111111", bound(attempt=104)),
    ]
    assert {told.state for told in others} == {AttemptState.AUTHORISED}


def test_what_was_given_back_may_be_charged_again_at_once(vault: VaultUnderTest) -> None:
    vault.vault.void(a_move(vault.authorise(), 1))
    assert vault.authorise(to=bound(attempt=102)).state is AttemptState.AUTHORISED


def test_any_number_that_checks_out_is_approved(vault: VaultUnderTest) -> None:
    told = vault.authorise(made_up_number())
    assert (told.state, told.brand) == (AttemptState.AUTHORISED, "Visa")


def made_up_number() -> str:
    """Another in every run, so that no test number in the program is taken for it."""
    body = "4929" + "".join(str(secrets.randbelow(10)) for _ in range(11))
    return next(body + str(last) for last in itertools.count() if passes_luhn(body + str(last)))
