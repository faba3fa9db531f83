"""Hebrew, Arabic and their neighbours in the order in which a line is drawn, left to right.

The part of the Unicode bidirectional algorithm that names, addresses and short notes need; explicit
embeddings are taken out before (lettering). Pure functions, any thread.
Source: Unicode Standard Annex 9 (rules P2 to L4); Arabic joining by Unicode's presentation forms.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby

_STRONG = {"L": "L", "R": "R", "AL": "R"}
_NUMBERS = frozenset({"EN", "AN"})
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_LAM = "\u0644"
_FORM_NAMES = ("<isolated>", "<final>", "<initial>", "<medial>")


def has_right_to_left(text: str) -> bool:
    """Whether any letter runs from right to left; most text answers at once."""
    return not text.isascii() and any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text)


def clusters(text: str) -> Iterator[str]:
    """The letters of a text, each with the combining marks that belong on it; never torn apart."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not unicodedata.category(text[index]).startswith("M"):
            yield text[start:index]
            start = index


def in_drawing_order(line: str, has_glyph: Callable[[str], bool]) -> str:
    """One line as it is drawn, left to right; Arabic letters joined where the font can."""
    if not has_right_to_left(line):
        return line
    letters = list(clusters(_joined(line, has_glyph)))
    base = _base_level(letters)
    levels = _levels(letters, base)
    for level in range(max(levels), 0, -1):
        _reverse_runs(letters, levels, level)
    return "".join(
        letter.translate(_MIRRORED) if level % 2 else letter
        for letter, level in zip(letters, levels, strict=True)
    )


def _base_level(letters: list[str]) -> int:
    """1 when the first strong letter runs from right to left (rules P2 and P3)."""
    strong = (_STRONG[_bidi(letter)] for letter in letters if _bidi(letter) in _STRONG)
    return int(next(strong, "L") == "R")


def _bidi(letter: str) -> str:
    return unicodedata.bidirectional(letter[0])


def _levels(letters: list[str], base: int) -> list[int]:
    """Level per letter: 0 left to right, 1 right to left, 2 numbers and Latin inside that."""
    kinds = _with_neutrals_settled(_kinds(letters, base), base)
    left_level = 2 if base else 0
    return [{"L": left_level, "R": 1, "N": 2}.get(kind, base) for kind in kinds]


def _kinds(letters: list[str], base: int) -> list[str]:
    """`L`, `R`, `N` (a number in right-to-left text) or `-` (takes its neighbours' direction)."""
    kinds: list[str] = []
    last_strong = "R" if base else "L"
    for index, letter in enumerate(letters):
        bidi = _bidi(letter)
        if bidi in _STRONG:
            last_strong = _STRONG[bidi]
            kinds.append(last_strong)
        elif bidi in _NUMBERS or _joins_numbers(letters, index):
            kinds.append("N" if last_strong == "R" else "L")
        else:
            kinds.append("-")
    return kinds


def _joins_numbers(letters: list[str], index: int) -> bool:
    """A single point, comma, dash or colon between two digits belongs to the number (rule W4)."""
    return (
        _bidi(letters[index]) in {"CS", "ES"}
        and 0 < index < len(letters) - 1
        and _bidi(letters[index - 1]) in _NUMBERS
        and _bidi(letters[index + 1]) in _NUMBERS
    )


def _with_neutrals_settled(kinds: list[str], base: int) -> list[str]:
    """Blanks and points between two of one direction go with it, others with the line (N1, N2)."""
    around = "R" if base else "L"
    settled: list[str] = []
    for kind, run in groupby(kinds):
        length = len(list(run))
        if kind == "-":
            before = _direction(settled[-1]) if settled else around
            following = len(settled) + length
            after = _direction(kinds[following]) if following < len(kinds) else around
            settled += [before if before == after else around] * length
        else:
            settled += [kind] * length
    return settled


def _direction(kind: str) -> str:
    return "R" if kind == "N" else kind


def _reverse_runs(letters: list[str], levels: list[int], level: int) -> None:
    """Turn round every run at or above a level, letters and levels alike (rule L2)."""
    start = 0
    for high, run in groupby([at >= level for at in levels]):
        end = start + len(list(run))
        if high:
            letters[start:end] = letters[start:end][::-1]
            levels[start:end] = levels[start:end][::-1]
        start = end


@cache
def _arabic_forms() -> dict[str, dict[str, str]]:
    """Presentation forms by letter (or lam and alef) and place, from the Unicode database."""
    forms: dict[str, dict[str, str]] = {}
    for code in range(0xFB50, 0xFEFD):
        place, *parts = unicodedata.decomposition(chr(code)).split(" ")
        letters = "".join(chr(int(part, 16)) for part in parts)
        is_one_shape = len(letters) == 1 or (len(letters) == 2 and letters[0] == _LAM)
        if place in _FORM_NAMES and is_one_shape:
            forms.setdefault(letters, {}).setdefault(place, chr(code))
    return forms


def _joined(line: str, has_glyph: Callable[[str], bool]) -> str:
    """Arabic letters in the shape their neighbours ask for; as they are where the font lacks it."""
    units = _lam_alef_units(line, has_glyph)
    letters = [index for index, unit in enumerate(units) if not unicodedata.combining(unit[0])]
    for position, index in enumerate(letters):
        before = units[letters[position - 1]] if position else ""
        after = units[letters[position + 1]] if position + 1 < len(letters) else ""
        units[index] = _shape(units[index], before, after, has_glyph)
    return "".join(units)


def _lam_alef_units(line: str, has_glyph: Callable[[str], bool]) -> list[str]:
    """Single letters, but lam and alef as one unit where the font draws them as one."""
    forms = _arabic_forms()
    units: list[str] = []
    for letter in line:
        pair = (units[-1] + letter) if units else letter
        if len(pair) == 2 and pair in forms and all(map(has_glyph, forms[pair].values())):
            units[-1] = pair
        else:
            units.append(letter)
    return units


def _shape(unit: str, before: str, after: str, has_glyph: Callable[[str], bool]) -> str:
    from_before = _joins_next(before) and "<final>" in _arabic_forms().get(unit, {})
    to_after = _joins_next(unit) and "<final>" in _arabic_forms().get(after, {})
    place = _FORM_NAMES[int(from_before) + 2 * int(to_after)]
    shape = _arabic_forms().get(unit, {}).get(place, unit)
    return shape if len(unit) > 1 or has_glyph(shape) else unit


def _joins_next(unit: str) -> bool:
    """Whether a letter reaches out to the next; a shape already chosen counts as its letter."""
    letters = unicodedata.normalize("NFKC", unit)
    return bool(letters) and "<initial>" in _arabic_forms().get(letters, {})
