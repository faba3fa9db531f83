"""What may be on a disk after a power cut, worked out from what a program wrote and synced.

Nothing that was not synced is certain: each sector of 512 bytes may be the new one or the old one,
a file may have its old length, and a name may be missing that was not synced with its folder. What
was synced is there. Reads the notes of preloaded.c; writes only the images it is asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path, PurePosixPath

from app.campaigns.dice import Dice
from app.values.errors import Fault

SECTOR_BYTES = 512
_HEAD = struct.Struct("<BBHIQQd")
_SHARES = (0, 1, 5, 9, 10)
"""Of ten unsynced sectors so many have reached the disk; which share it is, is thrown for a cut."""


class Kind(IntEnum):
    """What was done, as preloaded.c numbers it."""

    OPENED = 1
    WRITTEN = 2
    CUT = 3
    SYNCED = 4
    RENAMED = 5
    REMOVED = 6
    MADE_FOLDER = 7
    NOT_UNDERSTOOD = 8


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was done, in the order of the disk; `at` in seconds of the monotonic clock."""

    place: int
    kind: Kind
    path: str
    content: bytes
    offset: int
    began_after: int
    truncates: bool
    at: float


def read_notes(path: Path) -> Iterator[Note]:
    """All notes of a recording. Raises Fault where one cannot be replayed."""
    content = path.read_bytes()
    at = place = 0
    while at + _HEAD.size <= len(content):
        kind, truncates, path_length, length, *rest = _HEAD.unpack_from(content, at)
        start = at + _HEAD.size
        at = start + path_length + length
        if at > len(content):
            return  # the program was killed while it wrote this one
        name = content[start : start + path_length].decode()
        body = content[start + path_length : at]
        note = Note(place, Kind(kind), name, body, rest[0], rest[1], bool(truncates), rest[2])
        if note.kind is Kind.NOT_UNDERSTOOD:
            raise Fault("campaign_stuck", f"A recording holds what cannot be replayed: {name}.")
        yield note
        place += 1


@dataclass(slots=True)
class _File:
    """What of a file is on the disk for certain, and what may be."""

    certain: bytearray = field(default_factory=bytearray)
    unsynced: list[Note] = field(default_factory=list)
    length: int = 0

    def do(self, note: Note) -> None:
        self.unsynced.append(note)
        end = note.offset + len(note.content)
        self.length = max(self.length, end) if note.kind is Kind.WRITTEN else note.offset

    def sync(self, began_after: int) -> None:
        for note in self.unsynced:
            if note.place < began_after:
                _apply(self.certain, note)
        self.unsynced = [note for note in self.unsynced if note.place >= began_after]

    def after_cut(self, dice: Dice, share: int) -> bytes:
        """One of the contents that the file may have after a power cut now."""
        image = bytearray(self.certain)
        for note in self.unsynced:
            for piece in _sectors(note):
                if dice.below(10) < share:
                    _apply(image, piece)
        length = (len(image), len(image), len(self.certain), self.length)[dice.below(4)]
        if self.unsynced and length < len(image):
            del image[length:]
        elif self.unsynced:
            image.extend(bytes(length - len(image)))
        return bytes(image)


@dataclass(frozen=True, slots=True)
class _Naming:
    """A change of a folder: `file` is called `path` now; None where nothing is."""

    place: int
    path: str
    file: _File | None
    before: str = ""


class Disk:
    """The files of one folder as a program wrote them; one thread, forward only."""

    def __init__(self, certain: dict[str, bytes]) -> None:
        """`certain` is what was there before, by path."""
        files = {
            path: _File(bytearray(content), length=len(content))
            for path, content in certain.items()
        }
        self._names = dict(files)
        self._certain_names = files
        self._namings: list[_Naming] = []

    def do(self, note: Note) -> None:
        """Go on by one note. Raises Fault where it does not fit what was before."""
        match note.kind:
            case Kind.OPENED:
                self._open(note)
            case Kind.WRITTEN | Kind.CUT:
                self._file(note.path).do(note)
            case Kind.SYNCED:
                self._sync(note)
            case Kind.RENAMED:
                self._rename(note)
            case Kind.REMOVED:
                self._names.pop(note.path, None)
                self._namings.append(_Naming(note.place, note.path, None))
            case _:
                pass

    def after_cut(self, dice: Dice) -> dict[str, bytes]:
        """One of the states the folder may be in after a power cut now, by path."""
        share = _SHARES[dice.below(len(_SHARES))]
        names = dict(self._certain_names)
        # A folder's changes reach the disk in their order.
        kept = dice.below(len(self._namings) + 1)
        for naming in self._namings[:kept]:
            _name(names, naming)
        return {path: file.after_cut(dice, share) for path, file in names.items()}

    def _file(self, path: str) -> _File:
        file = self._names.get(path)
        if file is None:
            raise Fault("campaign_stuck", f"A recording writes to {path}, which is not there.")
        return file

    def _open(self, note: Note) -> None:
        known = self._names.get(note.path)
        if known is None:
            file = self._names[note.path] = _File()
            self._namings.append(_Naming(note.place, note.path, file))
        elif note.truncates:
            known.do(note)

    def _rename(self, note: Note) -> None:
        to = note.content.decode()
        file = self._names.pop(note.path, None)
        if file is None:
            raise Fault("campaign_stuck", f"A recording renames {note.path}, which is not there.")
        self._names[to] = file
        self._namings.append(_Naming(note.place, to, file, before=note.path))

    def _sync(self, note: Note) -> None:
        if note.path in self._names:
            self._names[note.path].sync(note.began_after)
            return
        rest = []
        for naming in self._namings:
            is_its = str(PurePosixPath(naming.path).parent) == note.path
            if is_its and naming.place < note.began_after:
                _name(self._certain_names, naming)
            else:
                rest.append(naming)
        self._namings = rest


def _name(names: dict[str, _File], naming: _Naming) -> None:
    if naming.before:
        names.pop(naming.before, None)
    if naming.file is None:
        names.pop(naming.path, None)
    else:
        names[naming.path] = naming.file


def _apply(content: bytearray, note: Note) -> None:
    """Write or cut; a gap is filled with zeros, as a file system does."""
    if note.kind is not Kind.WRITTEN:
        del content[note.offset :]
    if len(content) < note.offset:
        content.extend(bytes(note.offset - len(content)))
    content[note.offset : note.offset + len(note.content)] = note.content


def _sectors(note: Note) -> Iterator[Note]:
    """The note in pieces that reach the disk or do not, each as a whole."""
    if note.kind is not Kind.WRITTEN:
        yield note
        return
    at, end = note.offset, note.offset + len(note.content)
    while at < end:
        behind = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        piece = note.content[at - note.offset : behind - note.offset]
        yield Note(note.place, note.kind, note.path, piece, at, 0, truncates=False, at=note.at)
        at = behind
