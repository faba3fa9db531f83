"""Telephone numbers of every country, kept as E.164.

Apart from `contact` because the number plans of the world take 25 ms to load: import it where a
number is parsed or shown, not where one is merely carried.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from app.values.errors import Refusal
from app.values.wording import ascii_digits


class PhoneKind(Enum):
    """What answers at the other end, as far as the number tells."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    MOBILE_OR_LANDLINE = "mobile_or_landline"
    FREEPHONE = "freephone"
    OTHER = "other"
    UNKNOWN = "unknown"


_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.MOBILE_OR_LANDLINE,
    PhoneNumberType.TOLL_FREE: PhoneKind.FREEPHONE,
    PhoneNumberType.UNKNOWN: PhoneKind.UNKNOWN,
}
_REASONS = {
    NumberParseException.INVALID_COUNTRY_CODE: "That country code does not exist.",
    NumberParseException.NOT_A_NUMBER: "That is not a telephone number.",
    NumberParseException.TOO_SHORT_AFTER_IDD: "There are digits missing after the country code.",
    NumberParseException.TOO_SHORT_NSN: "That telephone number is too short.",
    NumberParseException.TOO_LONG: "That telephone number is too long.",
}
_LONGEST_TEXT = 60
"""More is prose, whatever digits stand in it."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that can be dialled, as E.164 (`+447700900412`). Extensions belong in a note."""

    e164: str

    def __str__(self) -> str:
        return self.e164

    @classmethod
    def parse(cls, text: str, region: str) -> PhoneNumber:
        """The number someone typed; `region` (ISO 3166-1) says whose national form is meant.

        Numbers that could be dialled but that no plan lists are accepted: plans change.
        Raises Refusal `phone_malformed`, `phone_extension`, `phone_too_short` or `phone_too_long`.
        """
        written = ascii_digits(text).strip()
        if len(written) > _LONGEST_TEXT:
            raise Refusal("phone_malformed", "That is not a telephone number.", "phone")
        try:
            parsed = phonenumbers.parse(written, region)
        except NumberParseException as cause:
            sentence = _REASONS.get(cause.error_type, "That is not a telephone number.")
            raise Refusal("phone_malformed", sentence, "phone") from cause
        if parsed.extension:
            sentence = "Please put the extension into the notes and keep the number by itself."
            raise Refusal("phone_extension", sentence, "phone")
        _refuse_impossible(parsed)
        return cls(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))

    @property
    def national(self) -> str:
        """As people write it at home: `07700 900412`."""
        return phonenumbers.format_number(self._parsed(), PhoneNumberFormat.NATIONAL)

    @property
    def international(self) -> str:
        """As it is dialled from abroad: `+44 7700 900412`."""
        return phonenumbers.format_number(self._parsed(), PhoneNumberFormat.INTERNATIONAL)

    def shown_in(self, region: str) -> str:
        """National form for a number of that region, international for all others."""
        home = phonenumbers.country_code_for_region(region)
        return self.national if self._parsed().country_code == home else self.international

    @property
    def kind(self) -> PhoneKind:
        """What the number plan says answers there."""
        return _KINDS.get(phonenumbers.number_type(self._parsed()), PhoneKind.OTHER)

    @property
    def is_listed(self) -> bool:
        """Whether the country's number plan knows it; if not, ask for it once more."""
        return phonenumbers.is_valid_number(self._parsed())

    def _parsed(self) -> phonenumbers.PhoneNumber:
        return phonenumbers.parse(self.e164, None)


def _refuse_impossible(number: phonenumbers.PhoneNumber) -> None:
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise Refusal("phone_too_long", "That telephone number has too many digits.", "phone")
    if reason in {
        phonenumbers.ValidationResult.TOO_SHORT,
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    }:
        raise Refusal("phone_too_short", "That telephone number has digits missing.", "phone")
    if reason == phonenumbers.ValidationResult.INVALID_LENGTH:
        raise Refusal("phone_malformed", "No telephone number there has that many digits.", "phone")
    if reason == phonenumbers.ValidationResult.INVALID_COUNTRY_CODE:
        raise Refusal("phone_malformed", "That country code does not exist.", "phone")


def shown_phone(e164: str, region: str) -> str:
    """A stored number for the screen of that region; text that is no number is shown as it is."""
    try:
        return PhoneNumber.parse(e164, region).shown_in(region)
    except Refusal:
        return e164
