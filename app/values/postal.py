"""Postal addresses by the rules of their country: the fields, their order, and what does not fit.

Pure. Whoever holds a table of places hands in a Place, so that the city can be compared too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

from app.values.contact import PostalAddress
from app.values.countries import country_name, country_names
from app.values.postal_rules import (
    FIELD_KEYS,
    AddressField,
    CountryRules,
    odd_british_postcode,
    one_slip_away,
    plain_postcode,
    rules_of,
    with_leading_zeros,
)
from app.values.wording import text_for_search, tidy

LONGEST_FIELD = 200
STREET_LINES_MOST = 5

_SHORT_WORDS = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "north": "n"}
_SHORT_WORDS |= {"south": "s", "east": "e", "west": "w", "heights": "hts", "and": ""}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong or odd in one field, and what to put there where that is plain."""

    field: str
    code: str
    sentence: str
    is_error: bool
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """The address in its tidy form, and what does not fit it."""

    address: PostalAddress
    problems: tuple[FieldProblem, ...] = ()

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """What must be mended before the address can be used."""
        return tuple(p for p in self.problems if p.is_error)

    @property
    def warnings(self) -> tuple[FieldProblem, ...]:
        """What to ask the caller about."""
        return tuple(p for p in self.problems if not p.is_error)

    @property
    def is_valid(self) -> bool:
        """Nothing stands in the way of posting to it."""
        return not self.errors


@dataclass(frozen=True, slots=True)
class Place:
    """What a postcode is known to belong to; `other_cities` are further names the post accepts."""

    city: str
    area: str = ""
    other_cities: tuple[str, ...] = ()

    def holds_city(self, city: str) -> bool:
        """Whether the name is one of the place's, however it is abbreviated."""
        return _city_key(city) in {_city_key(name) for name in (self.city, *self.other_cities)}


def countries() -> tuple[tuple[str, str], ...]:
    """Code and English name of every country an address can be in, by name."""
    return tuple(country_names().items())


def address_fields(country: str) -> tuple[AddressField, ...]:
    """The fields of the country's addresses, in the order people there write them."""
    return rules_of(country).fields


def check_address(address: PostalAddress, place: Place | None = None) -> AddressCheck:
    """The address tidied, and what does not fit; `place` is what the postcode is known to be."""
    tidied = _tidied(address)
    if tidied.country not in country_names():
        sentence = "I do not know that country. Which country is it going to?"
        return AddressCheck(tidied, (FieldProblem("country", "country_unknown", sentence, True),))  # noqa: FBT003 - named by the class
    rules = rules_of(tidied.country)
    tidied, area_problems = _with_area(tidied, rules)
    tidied, postcode_problems = _with_postcode(tidied, rules, place)
    problems = chain(
        _missing_fields(tidied, rules),
        _long_fields(tidied),
        area_problems,
        postcode_problems,
        _city_problems(tidied, place),
    )
    return AddressCheck(tidied, tuple(problems))


def format_lines(address: PostalAddress, *, home: str = "") -> tuple[str, ...]:
    """The address line by line as its country writes it; the country last, unless it is `home`."""
    rules = rules_of(address.country)
    values = {letter: _text_of(address, key) for letter, key in FIELD_KEYS.items()}
    lines: list[str] = []
    for line in rules.layout_for("".join(values.values())):
        if line == ("%A",):
            lines.extend(address.street)
        elif written := _written_line(line, values):
            lines.append(written)
    if address.country != home:
        lines.append(country_name(address.country))
    return tuple(line for line in lines if line)


def outward_code(postcode: str) -> str:
    """The part of a British postcode that names the district (`LS1` of `LS1 1AA`), else nothing.

    It is known before the end is typed: what stands before the blank is taken for it.
    """
    first_word = postcode.strip().partition(" ")[0]
    for whole in (postcode, f"{first_word}1AA"):
        fitted = rules_of("GB").fitted_postcode(whole)
        if fitted:
            return fitted.partition(" ")[0]
    return ""


def normal_postcode(country: str, postcode: str) -> str | None:
    """The postcode as the country writes it, or None where it does not fit."""
    if country not in country_names():
        return None
    return rules_of(country).fitted_postcode(postcode)


def _written_line(tokens: tuple[str, ...], values: dict[str, str]) -> str:
    """One line; what stands between two fields is left out where one of them is empty."""
    if not any(token.startswith("%") for token in tokens):
        return "".join(tokens)
    written, waiting = "", ""
    for token in tokens:
        if not token.startswith("%"):
            waiting = token
            continue
        value = values.get(token[1], "")
        if value:
            written += (waiting if written else waiting.lstrip(" ,-")) + value
            waiting = ""
    return written.strip()


def _text_of(address: PostalAddress, key: str) -> str:
    value: str | tuple[str, ...] = getattr(address, key)
    return value if isinstance(value, str) else ", ".join(value)


def _tidied(address: PostalAddress) -> PostalAddress:
    street = (tidy(line) for text in address.street for line in text.splitlines())
    country = tidy(address.country).upper()
    return PostalAddress(
        country="GB" if country == "UK" else country,
        name=tidy(address.name),
        organisation=tidy(address.organisation),
        street=tuple(line for line in street if line),
        dependent_locality=tidy(address.dependent_locality),
        city=tidy(address.city),
        area=tidy(address.area),
        postcode=plain_postcode(address.postcode),
    )


def _missing_fields(address: PostalAddress, rules: CountryRules) -> list[FieldProblem]:
    return [
        FieldProblem(
            field.key,
            "required",
            f"The {_spoken_label(field.label)} is missing.",
            is_error=True,
        )
        for field in rules.fields
        if field.required and not getattr(address, field.key)
    ]


def _spoken_label(label: str) -> str:
    return label if label[:2].isupper() or label == "Eircode" else label[0].lower() + label[1:]


def _long_fields(address: PostalAddress) -> list[FieldProblem]:
    sentence = f"A line of an address has at most {LONGEST_FIELD} characters."
    found = [
        FieldProblem(key, "too_long", sentence, is_error=True)
        for key in FIELD_KEYS.values()
        if key != "street" and len(getattr(address, key)) > LONGEST_FIELD
    ]
    if any(len(line) > LONGEST_FIELD for line in address.street):
        found.append(FieldProblem("street", "too_long", sentence, is_error=True))
    if len(address.street) > STREET_LINES_MOST:
        sentence = f"The street has at most {STREET_LINES_MOST} lines."
        found.append(FieldProblem("street", "too_long", sentence, is_error=True))
    return found


def _with_area(
    address: PostalAddress, rules: CountryRules
) -> tuple[PostalAddress, list[FieldProblem]]:
    """The area by its code; an area nobody knows is an error where the country wants one."""
    if not address.area or not rules.area_keys:
        return address, []
    written = text_for_search(address.area)
    key = rules.area_keys.get(written) or rules.area_keys.get(written.removeprefix("county "))
    if key:
        return replace(address, area=key), []
    label, required = _spoken_label(rules.label("S")), "area" in rules.required
    sentence = f"I do not know that {label}. Which {label} is it in?"
    return address, [FieldProblem("area", "area_unknown", sentence, is_error=required)]


def _with_postcode(
    address: PostalAddress, rules: CountryRules, place: Place | None
) -> tuple[PostalAddress, list[FieldProblem]]:
    if not address.postcode:
        return address, []
    fitted = rules.fitted_postcode(address.postcode)
    if rules.country == "GB" and (odd := odd_british_postcode(address.postcode, fitted)):
        return replace(address, postcode=odd), [_unlikely(odd, rules)]
    if fitted is not None:
        return _checked_against_area(replace(address, postcode=fitted), rules, place)
    completed = with_leading_zeros(address.postcode, rules)
    label = rules.label("Z")
    starts = rules.area_patterns.get(address.area)
    if completed and starts and starts.match(completed):
        sentence = f"The {label} lost a leading zero; I made it {completed}. Is that right?"
        problem = FieldProblem("postcode", "postcode_leading_zero", sentence, False, completed)  # noqa: FBT003 - named by the class
        return replace(address, postcode=completed), [problem]
    sentence = _misfit_sentence(address.postcode, rules)
    suggestion = completed or one_slip_away(address.postcode, rules)
    return address, [
        FieldProblem(
            "postcode", "postcode_malformed", sentence, is_error=True, suggestion=suggestion
        )
    ]


def _unlikely(postcode: str, rules: CountryRules) -> FieldProblem:
    sentence = f"{postcode} is an unlikely postcode. Could you spell it for me?"
    suggestion = one_slip_away(postcode, rules)
    return FieldProblem(
        "postcode", "postcode_unlikely", sentence, is_error=False, suggestion=suggestion
    )


def _misfit_sentence(postcode: str, rules: CountryRules) -> str:
    label = _spoken_label(rules.label("Z"))
    for other in ("GB", "US"):
        if other != rules.country and rules_of(other).fitted_postcode(postcode):
            return f"That {label} is one of {_the(other)}. Which country is it going to?"
    return f"That {label} does not fit {_the(rules.country)}. Could you give me it again?"


def _the(country: str) -> str:
    name = country_name(country)
    return f"the {name}" if name.startswith("United ") or name.endswith(" Islands") else name


def _checked_against_area(
    address: PostalAddress, rules: CountryRules, place: Place | None
) -> tuple[PostalAddress, list[FieldProblem]]:
    starts = rules.area_patterns.get(address.area)
    known_there = place is not None and place.area == address.area
    if starts is None or known_there or starts.match(address.postcode):
        return address, []
    label, area = rules.label("Z"), rules.area_names[address.area]
    kind = _spoken_label(rules.label("S"))
    problem = FieldProblem(
        "area",
        "area_misfit",
        f"That {_spoken_label(label)} is not in {area}. Which {kind} is it in?",
        is_error="area" in rules.required,
        suggestion=rules.area_of(address.postcode) or "",
    )
    return address, [problem]


def _city_problems(address: PostalAddress, place: Place | None) -> list[FieldProblem]:
    if place is None or not place.city or not address.city or place.holds_city(address.city):
        return []
    sentence = f"The postcode belongs to {place.city}. Which town is it going to?"
    return [FieldProblem("city", "city_misfit", sentence, is_error=False, suggestion=place.city)]


def _city_key(city: str) -> str:
    return "".join(_SHORT_WORDS.get(word, word) for word in text_for_search(city).split())
