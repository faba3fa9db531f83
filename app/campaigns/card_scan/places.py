"""Searches what an installation keeps for whole card numbers: files, tables, papers, the line.

Papers are unpacked first, encrypted stores are read with their key by whoever names the place.
Says how much was looked at and how often something was found, never what.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.campaigns.card_scan.encodings import (
    CHUNK,
    OVERLAP,
    Sought,
    search_texts,
    search_whole,
)

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_HEX_TEXT = re.compile(rb"<([0-9A-Fa-f]{4,})>")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that a number could be. `contents` gives it piece by piece."""

    name: str
    contents: Callable[[], Iterator[bytes]]


@dataclass(slots=True)
class Searched:
    """What was found in a place, by the name of a number."""

    name: str
    pieces: int = 0
    size: int = 0
    found: Counter[str] = field(default_factory=Counter)


def search_place(place: Place, sought: Sequence[Sought]) -> Searched:
    """Look at all of it."""
    searched = Searched(place.name)
    for content in place.contents():
        searched.pieces += 1
        searched.size += len(content)
        for form in (content, *unpacked(content)):
            searched.found.update(_whole_numbers(form, sought))
    return searched


def files_in(folder: Path, *but: Path) -> Iterator[bytes]:
    """Every file under a folder, but those under some."""
    for path in sorted(folder.rglob("*")):
        if any(path.is_relative_to(one) for one in but):
            continue
        try:
            if path.is_file():
                yield path.read_bytes()
        except FileNotFoundError:
            continue  # the database removes files of its own accord


def unpacked(content: bytes) -> Iterator[bytes]:
    """What a PDF holds in packed form."""
    if not content.startswith(b"%PDF"):
        return
    for match in _STREAM.finditer(content):
        try:
            plain = zlib.decompressobj().decompress(match[1])
        except zlib.error:
            continue  # a font or a picture of another kind
        yield plain
        for text in _HEX_TEXT.finditer(plain):
            if len(text[1]) % 2 == 0:
                yield bytes.fromhex(text[1].decode())


def _whole_numbers(content: bytes, sought: Sequence[Sought]) -> Counter[str]:
    found: Counter[str] = Counter()
    for at in range(0, len(content), CHUNK):
        window = content[at : at + CHUNK + OVERLAP]
        if not window.strip(b"\0"):
            continue
        for look in (search_whole, search_texts):
            found.update(one.name for one, _ in look(window, sought, CHUNK))
    return found
