"""E-mail addresses, and the digits telephone numbers are found by."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.contact import EmailAddress, search_digits
from app.values.errors import Refusal


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("m.thompson@example.org", "m.thompson@example.org"),
        (" M.Thompson@EXAMPLE.Org ", "M.Thompson@example.org"),
        ("a+b_c'd@sub.example.co.uk", "a+b_c'd@sub.example.co.uk"),
        ("jörg@müller.example", "jörg@müller.example"),
        ("x@1-2.example", "x@1-2.example"),
    ],
)
def test_an_email_address_is_kept_as_it_was_given(typed: str, kept: str) -> None:
    assert str(EmailAddress.parse(typed)) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "email_incomplete"),
        ("margaret", "email_incomplete"),
        ("@example.org", "email_incomplete"),
        ("margaret@", "email_incomplete"),
        ("margaret@localhost", "email_malformed"),
        ("margaret thompson@example.org", "email_malformed"),
        ("a@b@example.org", "email_malformed"),
        (".a@example.org", "email_malformed"),
        ("a..b@example.org", "email_malformed"),
        ("a@-example.org", "email_malformed"),
        ("a@example-.org", "email_malformed"),
        ("a@exam ple.org", "email_malformed"),
        ("a@example..org", "email_malformed"),
        ("a@example.org,b@example.org", "email_malformed"),
        ("a" * 65 + "@example.org", "email_too_long"),
        ("a" * 10_000, "email_incomplete"),
        ("a@" + "b." * 5_000 + "org", "email_too_long"),
    ],
)
def test_what_is_no_email_address_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        EmailAddress.parse(typed)
    assert refused.value.code == code
    assert refused.value.field == "email"


@given(st.text(max_size=300))
def test_any_text_is_an_email_address_or_a_refusal(text: str) -> None:
    with suppress(Refusal):
        kept = EmailAddress.parse(text)
        assert EmailAddress.parse(str(kept)) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "+44 7700 900412",
        "07700 900412",
        "0044 7700 900412",
        "+44 (0)7700-900412",
        "447700900412",
        "7700900412",
        "07700\u00a0900\u2011412",
        "٠٧٧٠٠ ٩٠٠٤١٢",
        "900412",
        "0412",
        "412",
    ],
)
def test_a_number_is_found_by_any_of_its_endings(typed: str) -> None:
    assert "+447700900412".endswith(search_digits(typed))


@pytest.mark.parametrize("typed", ["(206) 555-0100", "1-206-555-0100", "+1 206 555 0100", "0100"])
def test_an_american_number_is_found_too(typed: str) -> None:
    assert "+12065550100".endswith(search_digits(typed))


def test_a_short_ending_keeps_its_zeros() -> None:
    assert search_digits("0412") == "0412"


@given(st.text(max_size=100))
def test_search_digits_are_digits(text: str) -> None:
    assert set(search_digits(text)) <= set("0123456789")
