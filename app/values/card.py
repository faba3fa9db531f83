"""Finds card numbers in free text, so that they are refused before anything is saved.

Digits count in every script and however they are grouped; what is plainly something else (a bar
code, an order number, a telephone number, a date) does not. Pure: no number is kept or shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from app.values.card_brands import brand_of, card_brand, passes_luhn
from app.values.errors import Refusal
from app.values.order_number import holds as is_order_number

SHORTEST_IN_TEXT = 13
"""Maestro's twelve digits exist in range tables only, and are the length of many other codes."""
LONGEST = 19
_IGNORED = "\x00"
_MASK = "\u2022"
_GROUP = re.compile(r"[0-9](?:\x00*[0-9])*")
_PLAIN_GAP = re.compile(r"[ \t_()\u00a0\u2007\u2009\u202f\-./\u2010-\u2015\u2212]{1,3}")
_TIGHT_GAP = re.compile(r"[\s\-./\\|_*'\u2010-\u2015\u2212\u00b7\u2022\u2219\u30fb]{1,24}")
_GLUED = re.compile(r"[-_]?[^\W_]")
_WIDEST_GAP = 60
_USUAL_LENGTHS = {"unionpay": {16, 17, 18, 19}, "maestro": {16, 18, 19}}
"""Lengths in real use, for numbers in groups; the other brands have few anyway."""
_USUAL_LENGTHS_IN_ODD_GROUPS = {13, 14, 15, 16, 19}
_DATE_SHAPES = {(d, m, y) for d in (1, 2) for m in (1, 2) for y in (2, 4)} | {(4, 2, 2)}
_TIME_STAMP = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])[0-2]\d[0-5]\d[0-5]\d")
_BRITISH_PHONE = re.compile(r"0(?:[1235789]\d{9}|1\d{8}|[58]00\d{6})")
_BRITISH_PHONE_SHAPES = {
    (5, 5),
    (5, 6),
    (4, 6),
    (4, 7),
    (3, 8),
    (3, 4, 4),
    (4, 3, 4),
    (4, 3, 3),
    (5, 3, 3),
}
_AMERICAN_PHONE = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}")
_AMERICAN_PHONE_SHAPES = {(3, 3, 4), (1, 3, 3, 4), (3, 7)}
_QUANTITY = re.compile(r"\d{1,3}|[1-9]\d{2}0")
_ORDER_NUMBER_SHAPES = {(10,), (3, 3, 4)}
_WRITTEN_APART = {
    (4, 6, 5),
    (4, 6, 4),
    (8, 8),
    (8, 7),
    (7, 8),
    (8, 6),
    (12, 4),
    (11, 4),
    (15, 4),
    (4, 4, 8),
    (4, 8, 4),
    (8, 4, 4),
}
"""How card numbers are printed or read out in pieces, apart from groups of four."""


class _Gap(IntEnum):
    """What stands between two groups of digits."""

    PLAIN = 0
    """One or two blanks, dashes, dots or slashes."""
    TIGHT = 1
    """Nothing but separators, line breaks too."""
    LOOSE = 2
    """Words or other signs."""
    BREAK = 3
    """So much, or so firmly joined to letters, that the digits do not belong together."""


@dataclass(frozen=True, slots=True)
class CardLikeDigits:
    """Where a card number stands: (text, start, end) of each group of digits, and whose it is."""

    spans: tuple[tuple[int, int, int], ...]
    brand: str

    @property
    def start(self) -> int:
        """Where it begins in its (first) text."""
        return self.spans[0][1]

    @property
    def end(self) -> int:
        """Where it ends in its (last) text."""
        return self.spans[-1][2]

    @property
    def texts(self) -> tuple[int, ...]:
        """Which of the texts hold a part of it."""
        return tuple(sorted({text for text, _, _ in self.spans}))


@dataclass(slots=True)
class _Group:
    """Digits without a break; `taken` when they are plainly something else."""

    text: int
    start: int
    end: int
    digits: str
    gap: _Gap = _Gap.BREAK
    """What stands between this group and the one before."""
    after_plus: bool = False
    separator: str = ""
    taken: bool = False


def find_card_number(text: str) -> CardLikeDigits | None:
    """The first card number in a text, or None."""
    return next(_found((text,)), None)


def find_split(*texts: str) -> CardLikeDigits | None:
    """A card number whose digits stand in several fields of one document, in the order given."""
    return next((hit for hit in _found(texts) if len(hit.texts) > 1), None)


def refuse_card_digits(text: str, field: str) -> str:
    """The text itself. Raises Refusal `card_digits` where it holds a card number."""
    if find_card_number(text) is not None:
        raise Refusal(
            "card_digits",
            "That looks like a card number. Please take it out: "
            "card digits go into the card pane only, while the recording is paused.",
            field,
        )
    return text


def mask_card_digits(text: str) -> str:
    """The text with every digit of every card number in it as a bullet."""
    return mask_texts(text)[0]


def mask_texts(*texts: str) -> tuple[str, ...]:
    """The texts without card numbers, those that are split over several of them included."""
    masked = list(texts)
    while hits := list(_found(masked)):
        for hit in hits:
            for at, start, end in hit.spans:
                hidden = "".join(_hidden(c) for c in masked[at][start:end])
                masked[at] = masked[at][:start] + hidden + masked[at][end:]
    return tuple(masked)


def _hidden(character: str) -> str:
    return character if unicodedata.digit(character, None) is None else _MASK


def _found(texts: Sequence[str]) -> Iterator[CardLikeDigits]:
    """Card numbers that do not overlap, in the order of the text."""
    groups = [group for at, text in enumerate(texts) for group in _groups(at, text)]
    if sum(len(group.digits) for group in groups) < SHORTEST_IN_TEXT:
        return
    if not any(_in_one_group(g.digits) or _windows(groups, at) for at, g in enumerate(groups)):
        return
    _take_what_is_something_else(groups)
    first = 0
    while first < len(groups):
        hit, used = _hit_from(groups, first)
        if hit is not None:
            yield hit
        first += used


def _groups(at: int, text: str) -> Iterator[_Group]:
    plain = text if text.isascii() else re.sub(r"[^\x00-\x7f]", _plain_character, text)
    before: int | None = None
    for found in _GROUP.finditer(plain):
        group = _Group(at, found.start(), found.end(), found.group().replace(_IGNORED, ""))
        between = plain[before or 0 : group.start].replace(_IGNORED, "")
        group.after_plus = between.endswith("+")
        if before is not None:
            group.gap, group.separator = _gap(between), between
        elif at:
            group.gap = _Gap.BREAK if _is_glued_before(between) else _Gap.LOOSE
        before = group.end
        yield group


def _plain_character(found: re.Match[str]) -> str:
    """Digits of other scripts as 0 to 9; marks and invisible characters are passed over."""
    character = found.group()
    value = unicodedata.digit(character, None)
    if value is not None:
        return str(value)
    return _IGNORED if unicodedata.category(character) in {"Mn", "Me", "Cf"} else character


def _gap(between: str) -> _Gap:
    if _PLAIN_GAP.fullmatch(between):
        return _Gap.PLAIN
    if _TIGHT_GAP.fullmatch(between):
        return _Gap.TIGHT
    is_code = _GLUED.match(between) or _is_glued_before(between)
    return _Gap.BREAK if is_code or len(between) > _WIDEST_GAP else _Gap.LOOSE


def _is_glued_before(text: str) -> bool:
    """Whether what comes next belongs to a word, as in `TEA-4512`."""
    return _GLUED.match(text[::-1]) is not None


def _take_what_is_something_else(groups: list[_Group]) -> None:
    """Mark telephone numbers, dates, times and order numbers: no card number has a part in them."""
    at = 0
    while at < len(groups):
        size = (
            _international(groups, at)
            or _date(groups, at)
            or _time(groups, at)
            or _phone(groups, at)
            or _order_number(groups, at)
        )
        for group in groups[at : at + size]:
            group.taken = True
        at += size or 1


def _runs(groups: list[_Group], at: int, most: int) -> Iterator[tuple[tuple[int, ...], str]]:
    """Growing runs of groups that only blanks or dashes part: sizes of the groups, and digits."""
    shape: tuple[int, ...] = ()
    digits = ""
    for group in groups[at : at + most]:
        if shape and group.gap is not _Gap.PLAIN:
            return
        shape, digits = (*shape, len(group.digits)), digits + group.digits
        yield shape, digits


def _international(groups: list[_Group], at: int) -> int:
    """How many groups after a plus sign are a telephone number: all that follow, or none."""
    if not groups[at].after_plus:
        return 0
    shape, digits = list(_runs(groups, at, 12))[-1]
    return len(shape) if 7 <= len(digits) <= 15 else 0


def _phone(groups: list[_Group], at: int) -> int:
    """How many groups are a telephone number in the way it is written in Britain or America."""
    begins = _begins_a_number(groups, at)
    for shape, digits in _runs(groups, at, 5):
        if len(digits) > 11:
            return 0
        if _BRITISH_PHONE.fullmatch(digits) and (begins or shape in _BRITISH_PHONE_SHAPES):
            return len(shape)
        if _AMERICAN_PHONE.fullmatch(digits) and (
            shape in _AMERICAN_PHONE_SHAPES
            or (len(shape) == 1 and at + 1 < len(groups) and _phone(groups, at + 1))
        ):
            return len(shape)
    return 0


def _order_number(groups: list[_Group], at: int) -> int:
    for shape, digits in _runs(groups, at, 3):
        if shape in _ORDER_NUMBER_SHAPES and is_order_number(digits):
            return len(shape)
    return 0


def _date(groups: list[_Group], at: int) -> int:
    """Three when a day, a month and a year stand alone between separators of one kind."""
    parts = groups[at : at + 3]
    shape = tuple(len(part.digits) for part in parts)
    if shape not in _DATE_SHAPES or parts[1].separator not in {"/", ".", "-"}:
        return 0
    separators = [group.separator for group in groups[at : at + 4]]
    if separators[1:].count(separators[1]) != 2 or separators[0] == separators[1]:
        return 0
    year_first = shape[0] == 4
    first, second = (int(part.digits) for part in (parts[1:] if year_first else parts[:2]))
    return 3 if 1 <= min(first, second) <= 12 and 1 <= max(first, second) <= 31 else 0


def _time(groups: list[_Group], at: int) -> int:
    """How many groups are hours, minutes and seconds: with colons, or with dots behind a date."""
    if _TIME_STAMP.fullmatch(groups[at].digits):
        return 1
    size = 0
    for size, group in enumerate(groups[at : at + 3]):
        after_date = at > 0 and groups[at - 1].taken
        signs = {":", "."} if after_date else {":"}
        below = 60 if size else 24
        if (
            len(group.digits) > 2
            or int(group.digits) >= below
            or (size and group.separator not in signs)
        ):
            break
    else:
        size += 1
    return size if size > 1 else 0


def _begins_a_number(groups: list[_Group], at: int) -> bool:
    return at == 0 or groups[at].gap > _Gap.PLAIN or groups[at - 1].taken


def _hit_from(groups: list[_Group], first: int) -> tuple[CardLikeDigits | None, int]:
    """The longest card number that begins with a group, and how many groups to go on by."""
    if groups[first].taken:
        return None, 1
    found, size = _in_one_group(groups[first].digits), 1
    for window, brand in _windows(groups, first):
        if _is_written_as_card(groups, first, window):
            found, size = brand, len(window)
    if not found:
        return None, 1
    spans = tuple((g.text, g.start, g.end) for g in groups[first : first + size])
    return CardLikeDigits(spans, found), size


def _in_one_group(digits: str) -> str:
    """The brand of unbroken digits; a security code or expiry date may stand behind them."""
    if len(digits) < SHORTEST_IN_TEXT or _is_gtin(digits):
        return ""
    if len(digits) <= LONGEST and (brand := card_brand(digits)):
        return brand.code
    if len(digits) >= LONGEST:
        for length in (16, 15, 14):
            brand = card_brand(digits[:length])
            if brand and brand.code != "maestro":
                return brand.code
    return ""


def _windows(groups: list[_Group], first: int) -> list[tuple[list[_Group], str]]:
    """Two and more groups that together are a card number by range, length and check digit."""
    windows: list[tuple[list[_Group], str]] = []
    brand = brand_of("".join(group.digits for group in groups[first : first + 8])[:8])
    if brand is None or len(groups[first].digits) >= LONGEST:
        return windows
    lengths = _USUAL_LENGTHS.get(brand.code, brand.lengths)
    digits = groups[first].digits
    for end in range(first + 1, len(groups)):
        group = groups[end]
        digits += group.digits
        if group.taken or group.gap is _Gap.BREAK or len(digits) > LONGEST:
            break
        if len(digits) in lengths and len(digits) >= SHORTEST_IN_TEXT and passes_luhn(digits):
            windows.append((groups[first : end + 1], brand.code))
    return windows


def _is_written_as_card(groups: list[_Group], first: int, window: list[_Group]) -> bool:
    """Whether digits are parted as people part card numbers, not as they list other numbers."""
    shape = tuple(len(group.digits) for group in window)
    gaps = [group.gap for group in window[1:]]
    if len(shape) >= 4 and set(shape[:-1]) == {4} and shape[-1] <= 4:
        return shape[-1] > 2 or gaps.count(_Gap.LOOSE) <= 1 or sum(shape) < 15
    if _are_codes(window):
        return False
    if shape in _WRITTEN_APART:
        return True
    if max(gaps) is _Gap.LOOSE or sum(shape) not in _USUAL_LENGTHS_IN_ODD_GROUPS:
        return False
    is_plain = max(gaps) is _Gap.PLAIN
    return _is_cut_evenly(shape) or (is_plain and _stands_alone(groups, first, shape))


def _is_cut_evenly(shape: tuple[int, ...]) -> bool:
    """In two with one long part, in three even parts, or after every so many digits with a rest."""
    if len(shape) == 2:
        return max(shape) >= 8
    if shape == (4, 4, 5):
        return True
    has_rest = (
        shape[0] >= 4 and len(set(shape[:-1])) == 1 and shape[-1] < shape[0] and sum(shape) <= 16
    )
    in_three = len(shape) == 3 and min(shape) >= 4 and not any(size % 2 for size in shape)
    return has_rest or in_three


def _are_codes(window: list[_Group]) -> bool:
    """Bar codes side by side, or a bar code and how many of it."""
    rest = [group.digits for group in window if not _is_gtin(group.digits)]
    return len(rest) < len(window) and all(_QUANTITY.fullmatch(digits) for digits in rest)


def _stands_alone(groups: list[_Group], first: int, shape: tuple[int, ...]) -> bool:
    """Small groups count from the start of a run only: in pairs or threes, or all there is."""
    if not _begins_a_number(groups, first):
        return False
    if shape[0] <= 3 and set(shape[:-1]) == {shape[0]} and shape[-1] <= shape[0]:
        return True
    after = first + len(shape)
    is_all = after == len(groups) or groups[after].taken or groups[after].gap > _Gap.PLAIN
    separators = {group.separator for group in groups[first + 1 : after]}
    is_one_thing = is_all and len(separators) == 1 and len(set(shape)) > 1
    short = sum(size < 4 for size in shape)
    return is_one_thing and short <= 1 and sum(shape) > SHORTEST_IN_TEXT


def _is_gtin(digits: str) -> bool:
    """Whether the digits are a bar code (EAN-8, UPC, EAN-13, GTIN-14) with the right check digit.

    Source: GS1 General Specifications, 7.9.
    """
    if len(digits) not in {8, 12, 13, 14} or len(set(digits)) == 1:
        return False
    tripled = sum(map(int, digits[-2::-2]))
    return (3 * tripled + sum(map(int, digits[-1::-2]))) % 10 == 0
