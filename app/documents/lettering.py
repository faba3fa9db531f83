"""Words as they are drawn: the typeface, widths, line breaks, and letters that the typeface lacks.

One Lettering serves one paper and is used by one thread; the fonts behind it are loaded once and
only read. Nothing here knows what the paper says.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

import font_source_sans_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from app.documents.right_to_left import clusters, in_drawing_order

REGULAR = "SourceSansPro-Regular"
SEMIBOLD = "SourceSansPro-Semibold"

_TYPEFACE_FOLDER = Path(font_source_sans_pro.font_directory)
_FALLBACKS = (
    "dejavusans.ttf",
    "arial.ttf",
    "arial unicode.ttf",
    "segoeui.ttf",
    "freesans.ttf",
    "notosans-regular.ttf",
    "notosanshebrew-regular.ttf",
    "notosansarabic-regular.ttf",
    "notosansdevanagari-regular.ttf",
    "seguisym.ttf",
    "seguiemj.ttf",
    "notosanssymbols2-regular.ttf",
    "notoemoji-regular.ttf",
    "symbola.ttf",
    "msyh.ttc",
    "yugothr.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "droidsansfallbackfull.ttf",
    "ipag.ttf",
    "nanumgothic.ttf",
)
_SYSTEM_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "${SYSTEMROOT}/Fonts",
    "${LOCALAPPDATA}/Microsoft/Windows/Fonts",
)
_MODIFIERS = frozenset((*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400), *range(0x1F9B0, 0x1F9B4)))
"""Shades of the sign before them; the sign itself is told."""
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff]{2})")
_FLAG_LETTERS = {0x1F1E6 + place: chr(ord("A") + place) for place in range(26)}
_NO_CHARACTER = 0xFFFF
"""The typeface maps this, which is no character, to its empty box."""
_BREAKS_AFTER = frozenset("-/@._,;:&+")


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece of text looks: typeface, size in points, colour."""

    face: str = REGULAR
    size: float = 9
    colour: str = "#1A1D21"


class Lettering:
    """Measures, breaks and prepares the texts of one paper."""

    def __init__(self, fallback_folders: tuple[Path, ...]) -> None:
        self._folders = fallback_folders
        self._widths: dict[str, dict[int, int]] = {
            face: _typeface(face).face.charWidths for face in (REGULAR, SEMIBOLD)
        }
        self._fonts: dict[str, TTFont | None] = {}
        self.stand_ins_used = False

    def clean(self, text: str) -> str:
        """The text in letters that can be drawn, on one line or several.

        Control characters go; a sign that no font has becomes its name or number in brackets.
        """
        if text.isascii() and text.isprintable():
            return text
        kept = "".join(map(_kept, unicodedata.normalize("NFC", text)))
        drawable = [(c, c == "\n" or self._font_for(c) is not None) for c in clusters(kept)]
        if all(has_font for _, has_font in drawable):
            return kept
        self.stand_ins_used = True
        parts = groupby(drawable, key=lambda pair: pair[1])
        return "".join(
            word if has_font else _stand_in(word)
            for has_font, run in parts
            for word in ["".join(cluster for cluster, _ in run)]
        )

    def width(self, text: str, style: Style) -> float:
        """Points that a clean text takes on one line."""
        widths = self._widths[style.face]
        try:
            units = sum([widths[ord(c)] for c in text])
        except KeyError:
            units = sum(self._cluster_width(c, style.face) for c in clusters(text))
        return units * style.size / 1000

    def wrap(self, text: str, style: Style, width: float) -> list[str]:
        """A clean text in lines no wider than `width`; words longer than a line are broken."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            whole = " ".join(paragraph.split())
            if self.width(whole, style) <= width:
                is_second_blank = not whole and lines[-1:] == [""]
                lines += [] if is_second_blank else [whole]
            else:
                lines += self._fill(whole.split(" "), style, width)
        while len(lines) > 1 and not lines[-1]:
            lines.pop()
        return lines

    def runs(self, line: str, style: Style) -> list[tuple[str, str]]:
        """One line, left to right, as (font name, letters); odd letters in a font that has them."""
        widths = self._widths[style.face]
        if line.isascii() or all(ord(c) in widths for c in line):
            return [(style.face, line)]
        drawn = in_drawing_order(line, self._has_glyph)
        named = [(self._font_name(c, style.face), c) for c in clusters(drawn)]
        return [
            (name, "".join(c for _, c in run)) for name, run in groupby(named, key=itemgetter(0))
        ]

    def _fill(self, words: list[str], style: Style, width: float) -> Iterator[str]:
        """Greedy lines of the words."""
        blank = self.width(" ", style)
        line: list[str] = []
        used = 0.0
        for word in words:
            for piece in self._pieces(word, style, width):
                wide = self.width(piece, style)
                if line and used + blank + wide > width:
                    yield " ".join(line)
                    line, used = [], 0.0
                used += wide + (blank if line else 0)
                line.append(piece)
        yield " ".join(line)

    def _pieces(self, word: str, style: Style, width: float) -> Iterator[str]:
        """The word itself, or parts that fit a line, cut behind a dash or point if there is one."""
        if self.width(word, style) <= width:
            yield word
            return
        part: list[str] = []
        used = 0.0
        for letter in clusters(word):
            wide = self.width(letter, style)
            if part and used + wide > width:
                cut = next((i for i in range(len(part), 0, -1) if part[i - 1] in _BREAKS_AFTER), 0)
                cut = cut if cut > len(part) // 2 else len(part)
                yield "".join(part[:cut])
                part = part[cut:]
                used = sum(self.width(c, style) for c in part)
            part.append(letter)
            used += wide
        yield "".join(part)

    def _cluster_width(self, cluster: str, face: str) -> int:
        font = self._font_for(cluster)
        if font is None or font.fontName == REGULAR:
            widths = self._widths[face]
        else:
            widths = font.face.charWidths
        return sum(widths.get(ord(c), 0) for c in cluster)

    def _font_name(self, cluster: str, face: str) -> str:
        """The face asked for, or the fallback when only that can draw the letter."""
        font = self._font_for(cluster)
        return face if font is None or font.fontName == REGULAR else font.fontName

    def _has_glyph(self, letter: str) -> bool:
        return self._font_for(letter) is not None

    def _font_for(self, cluster: str) -> TTFont | None:
        """The first font that has a letter and all its marks."""
        if cluster not in self._fonts:
            candidates = chain([_typeface(REGULAR)], _fallbacks(self._folders))
            self._fonts[cluster] = next((f for f in candidates if _covers(f, cluster)), None)
        return self._fonts[cluster]


def system_font_folders() -> tuple[Path, ...]:
    """Where operating systems keep fonts, those that exist here."""
    places = (Path(os.path.expandvars(place)).expanduser() for place in _SYSTEM_FONT_FOLDERS)
    return tuple(place for place in places if place.is_dir())


def _kept(letter: str) -> str:
    """The letter, or what a control character comes to: a new line, a blank or nothing."""
    if letter in "\n\u2028\u2029":
        return "\n"
    category = unicodedata.category(letter)
    if letter == "\t" or category == "Zs":
        return " "
    is_silent = category in {"Cc", "Cf", "Cs"} or ord(letter) in _MODIFIERS
    return "" if is_silent else letter


def _stand_in(run: str) -> str:
    """Letters without a font in brackets: flags by country, symbols by name, others by number."""
    parts = _FLAG.split(run)
    parts[1::2] = [f"[{flag.translate(_FLAG_LETTERS)}]" for flag in parts[1::2]]
    parts[::2] = [_name_or_number(part) for part in parts[::2]]
    return "".join(parts)


def _name_or_number(run: str) -> str:
    words = groupby(run, key=lambda c: unicodedata.category(c)[0] == "S")
    return "".join(
        "".join(f"[{unicodedata.name(c, f'U+{ord(c):04X}').lower()}]" for c in part)
        if is_symbol
        else "[" + " ".join(f"U+{ord(c):04X}" for c in part) + "]"
        for is_symbol, part in words
    )


def _covers(font: TTFont, cluster: str) -> bool:
    glyphs = font.face.charToGlyph
    return all(ord(c) in glyphs and ord(c) != _NO_CHARACTER for c in cluster)


@cache
def _typeface(face: str) -> TTFont:
    return _registered(face, _TYPEFACE_FOLDER / f"{face}.ttf")


def _fallbacks(folders: tuple[Path, ...]) -> Iterator[TTFont]:
    """Fallback fonts of this machine, best first; each is read when it is first asked."""
    for path in _fallback_files(folders):
        font = _fallback(path)
        if font is not None:
            yield font


@cache
def _fallback_files(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    found = {
        path.name.lower(): path
        for folder in reversed(folders)
        for path in sorted(folder.rglob("*.tt[fc]"))
    }
    return tuple(found[name] for name in _FALLBACKS if name in found)


@cache
def _fallback(path: Path) -> TTFont | None:
    """A font of the machine, or None where it may not be embedded or has no outlines we can use."""
    try:
        return _registered(f"fallback:{path.stem}", path)
    except TTFError:
        return None


def _registered(name: str, path: Path) -> TTFont:
    font = TTFont(name, str(path))
    pdfmetrics.registerFont(font)
    return font
