"""Telephone numbers: kept as E.164, shown as people write them at home."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.errors import Refusal
from app.values.telephone import PhoneKind, PhoneNumber, shown_phone


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("07700 900412", "GB", "+447700900412"),
        ("+44 (0)7700 900412", "US", "+447700900412"),
        ("00 44 7700 900412", "GB", "+447700900412"),
        ("(206) 555-0100", "US", "+12065550100"),
        ("206.555.0100", "US", "+12065550100"),
        ("+1 206 555 0100", "GB", "+12065550100"),
        ("٠٧٧٠٠٩٠٠٤١٢", "GB", "+447700900412"),
        ("０７７００９００４１２", "GB", "+447700900412"),
        ("0800 1111", "GB", "+448001111"),
        ("+49 171 1234567", "GB", "+491711234567"),
    ],
)
def test_a_number_is_kept_as_e164(typed: str, region: str, e164: str) -> None:
    assert PhoneNumber.parse(typed, region).e164 == e164


def test_a_number_is_shown_at_home_and_abroad() -> None:
    number = PhoneNumber.parse("01134960000", "GB")
    assert number.national == "0113 496 0000"
    assert number.international == "+44 113 496 0000"
    assert number.shown_in("GB") == "0113 496 0000"
    assert number.shown_in("US") == "+44 113 496 0000"


def test_a_number_that_could_be_dialled_but_that_no_plan_lists_is_accepted() -> None:
    number = PhoneNumber.parse("01632 960123", "GB")
    assert not number.is_listed
    assert number.kind is PhoneKind.UNKNOWN


@pytest.mark.parametrize(
    ("typed", "region", "kind"),
    [
        ("07911 123456", "GB", PhoneKind.MOBILE),
        ("0113 496 0000", "GB", PhoneKind.LANDLINE),
        ("0800 1111", "GB", PhoneKind.FREEPHONE),
        ("206 555 0100", "US", PhoneKind.MOBILE_OR_LANDLINE),
        ("0906 701 1234", "GB", PhoneKind.OTHER),
    ],
)
def test_a_number_tells_what_answers(typed: str, region: str, kind: PhoneKind) -> None:
    assert PhoneNumber.parse(typed, region).kind is kind


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone_malformed"),
        ("ring my daughter", "phone_malformed"),
        ("+999 123456", "phone_malformed"),
        ("+44", "phone_malformed"),
        ("123", "phone_too_short"),
        ("07700 9004121234", "phone_too_long"),
        ("0113 496 0000 ext 12", "phone_extension"),
        ("9" * 10_000, "phone_malformed"),
        ("📞" * 1_000, "phone_malformed"),
    ],
)
def test_what_cannot_be_dialled_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        PhoneNumber.parse(typed, "GB")
    assert refused.value.code == code
    assert refused.value.field == "phone"
    assert refused.value.sentence.endswith(".")


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    with suppress(Refusal):
        number = PhoneNumber.parse(text, "GB")
        assert PhoneNumber.parse(number.e164, "US") == number


def test_a_stored_text_that_is_no_number_is_shown_as_it_is() -> None:
    assert shown_phone("+447700900412", "GB") == "07700 900412"
    assert shown_phone("none given", "GB") == "none given"
