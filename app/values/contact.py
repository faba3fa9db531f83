"""How people are reached, and what of it they are found by: digits, words, folded postcodes.

Parsed once at the edge; inside, a value of these types is already tidy. Loads nothing heavy, as
messages import it: telephone numbers live in `telephone`, each country's rules in `postal`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.values.errors import Refusal
from app.values.wording import ascii_digits, text_for_search

LONGEST_EMAIL = 254
"""Source: RFC 5321, 4.5.3.1.3, less the angle brackets."""
LONGEST_LOCAL_PART = 64
_LABEL = re.compile(r"[^\W_](?:[^\W_]|-){0,61}(?<!-)")
_LOCAL_PART = re.compile(r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]+")
LONGEST_TOKEN = 100
_UK_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")
_UK_OUTWARD = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
_UK_PARTIAL = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)\s+(\d[A-Z]?)")
_INWARD_LENGTH = 3
_FULL_NUMBER_DIGITS = 9
"""From this many digits on, leading zeros belong to the trunk or international prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where post goes; one value, never mixed field by field.

    `country` is ISO 3166-1 alpha-2; `area` is state, county or province as the country's format
    wants it.
    """

    country: str
    name: str = ""
    organisation: str = ""
    street: tuple[str, ...] = ()
    dependent_locality: str = ""
    city: str = ""
    area: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as it was given, the domain in small letters; whether mail arrives is open."""

    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> EmailAddress:
        """The address someone typed.

        Raises Refusal `email_malformed`, `email_incomplete` or `email_too_long`.
        """
        cleaned = text.strip()
        local, at, domain = cleaned.rpartition("@")
        if not at or not local or not domain:
            raise Refusal(
                "email_incomplete", "An e-mail address has a name, an @ and a domain.", "email"
            )
        if len(cleaned) > LONGEST_EMAIL or len(local) > LONGEST_LOCAL_PART:
            raise Refusal("email_too_long", "That e-mail address is too long.", "email")
        if not _is_local_part(local) or not _is_domain(domain):
            raise Refusal(
                "email_malformed",
                "A character of that e-mail address is out of place. Could you spell it?",
                "email",
            )
        return cls(f"{local}@{domain.lower()}")


def _is_local_part(text: str) -> bool:
    dots_are_inside = not text.startswith(".") and not text.endswith(".") and ".." not in text
    return dots_are_inside and _LOCAL_PART.fullmatch(text) is not None


def _is_domain(text: str) -> bool:
    labels = text.split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)


def search_digits(text: str) -> str:
    """The digits that the E.164 number of a caller ends in, whichever way its start was written.

    Blanks, signs and brackets go; so do the international and trunk prefix of a whole number, which
    E.164 does not hold (`00`, `0`, the `(0)` in `+44 (0)113`) and the British country code. A short
    ending is kept as it is: `0412` finds numbers that end in 0412.
    """
    digits = "".join(c for c in ascii_digits(text) if c in "0123456789")
    if len(digits) < _FULL_NUMBER_DIGITS:
        return digits
    national = digits.lstrip("0")
    if national.startswith("44") and len(national) > _FULL_NUMBER_DIGITS:
        national = national[2:].lstrip("0")
    return national


def contact_keys(phone: str | None, email: str | None) -> tuple[str, ...]:
    """What a person is told by: their number in E.164, their e-mail address folded."""
    keys = [f"tel:{phone}"] if phone and phone.startswith("+") else []
    if email and "@" in email:
        keys.append(f"mail:{email.strip().lower()}")
    return tuple(keys)


def name_tokens(name: str) -> tuple[str, ...]:
    """The words a name is found by, folded, each once."""
    words = dict.fromkeys(text_for_search(name).split())
    return tuple(word[:LONGEST_TOKEN] for word in words)


def folded_postcode(postcode: str) -> str:
    """Capitals and digits only, as postcodes are compared."""
    return "".join(c for c in ascii_digits(postcode).upper() if c.isalnum())[:LONGEST_TOKEN]


def uk_postcode_pattern(text: str) -> str:
    """LIKE pattern of folded postcodes when the text is one or the beginning of one, else empty.

    `text` is in capitals.
    """
    if _UK_POSTCODE.fullmatch(folded_postcode(text)):
        return folded_postcode(text)
    if _UK_OUTWARD.fullmatch(text):
        return text + "_" * _INWARD_LENGTH
    partial = _UK_PARTIAL.fullmatch(text)
    if partial:
        return partial[1] + partial[2].ljust(_INWARD_LENGTH, "_")
    return ""
