"""Looks at the pages of a store and its write-ahead log one by one, beside SQLite.

SQLite gives a page whose seal is broken as zeros where it is the end of a long row, and passes over
all of a log behind its first broken frame without a word; here both are found. Reads files as
bytes, changes none but the copy it is asked for. Any thread.
Source: sqlite.org/fileformat2.html, 4; SQLCipher 4: AES-256-CBC, HMAC-SHA512, 80 bytes a page.
"""

from __future__ import annotations

import hashlib
import hmac
import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

PAGE_BYTES = 4096
LOG_SUFFIX = "-wal"
_SALT_BYTES = 16
_SEAL_BYTES = 64
_HEAD = struct.Struct(">8I")
_FRAME_HEAD = struct.Struct(">6I")
_FRAME_BYTES = _FRAME_HEAD.size + PAGE_BYTES
_LITTLE_ENDIAN, _FORMAT = 0x377F0682, 3007000
_NOTHING = bytes(PAGE_BYTES)
_WORD = 0xFFFFFFFF


class LogState(StrEnum):
    """How far a write-ahead log can be gone by."""

    WHOLE = "whole"
    UNFINISHED = "unfinished"
    """The last change in it ends in the middle, as a power cut leaves it."""
    DAMAGED = "damaged"
    """A change is broken that was on the disk once."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """One page as a change wrote it; `ends_change` counts the file's pages where a change ends."""

    number: int
    ends_change: int
    salts: tuple[int, int]
    page: bytes
    is_sealed: bool


class _Seals:
    """Checks the seals of one file's pages."""

    def __init__(self, salt: bytes, key: bytes) -> None:
        seal_salt = bytes(byte ^ 0x3A for byte in salt)
        self._key = hashlib.pbkdf2_hmac("sha512", key, seal_salt, 2, 32)

    def hold(self, page: bytes, number: int) -> bool:
        """Whether the page is as it was written, and in its place."""
        start = _SALT_BYTES if number == 1 else 0
        sealed = page[start:-_SEAL_BYTES] + struct.pack("<I", number)
        made = hmac.digest(self._key, sealed, "sha512")
        return len(page) == PAGE_BYTES and hmac.compare_digest(made, page[-_SEAL_BYTES:])


def damaged_pages(path: Path, key: bytes, frames_taken: int) -> tuple[int, ...]:
    """Pages of the file, from 1, that are not as they were written.

    Those among the first `frames_taken` frames of the log are read from there and may be torn.
    """
    content = path.read_bytes()
    seals = _Seals(content[:_SALT_BYTES], key)
    in_log = {frame.number for frame in _frames(_log_of(path), seals)[:frames_taken]}
    pages = (
        (at // PAGE_BYTES + 1, content[at : at + PAGE_BYTES])
        for at in range(0, len(content), PAGE_BYTES)
    )
    return tuple(
        number
        for number, page in pages
        # A page that was never written is blank and belongs to nobody yet.
        if number not in in_log and page != _NOTHING and not seals.hold(page, number)
    )


def log_state(path: Path, key: bytes, frames_taken: int) -> LogState:
    """What is behind the frames of the log that SQLite goes by.

    Each change is on the disk before the next begins, so that a power cut breaks one at most.
    """
    log = _log_of(path)
    frames = _own_frames(log, _seals_of(path, key))
    if frames and not _head_is_whole(log):
        return LogState.DAMAGED
    rest = frames[frames_taken:]
    ends = [place for place, frame in enumerate(rest) if frame.ends_change]
    if not ends:
        return LogState.UNFINISHED if rest or _ends_within_a_frame(log) else LogState.WHOLE
    first_change = rest[: ends[0] + 1]
    # Whatever is torn is torn in its pages: a whole change that is passed over was damaged later.
    if len(ends) > 1 or all(frame.is_sealed for frame in first_change):
        return LogState.DAMAGED
    return LogState.UNFINISHED


def copy_mended(path: Path, key: bytes, to: Path) -> None:
    """Copy the file, with a log beside it of all frames that are whole, up to the last change."""
    shutil.copyfile(path, to)
    log = _log_of(path)
    frames = [frame for frame in _own_frames(log, _seals_of(path, key)) if frame.is_sealed]
    while frames and not frames[-1].ends_change:
        frames.pop()
    if frames:
        to.with_name(to.name + LOG_SUFFIX).write_bytes(b"".join(_log_with(frames)))


def has_log(path: Path) -> bool:
    """Whether the program that had the store open did not come to an orderly end."""
    return bool(_log_of(path))


def _log_of(path: Path) -> bytes:
    log = path.with_name(path.name + LOG_SUFFIX)
    return log.read_bytes() if log.exists() else b""


def _seals_of(path: Path, key: bytes) -> _Seals:
    with path.open("rb") as file:
        return _Seals(file.read(_SALT_BYTES), key)


def _frames(log: bytes, seals: _Seals) -> list[_Frame]:
    """All frames, also those of before the log was begun anew."""
    return list(_each_frame(log, seals))


def _own_frames(log: bytes, seals: _Seals) -> list[_Frame]:
    """The frames since the log was begun: one of another time ends them, unless more follow."""
    frames = _frames(log, seals)
    salts = _salts(log, frames)
    last = max((place for place, f in enumerate(frames) if f.salts == salts), default=-1)
    return frames[: last + 1]


def _each_frame(log: bytes, seals: _Seals) -> Iterator[_Frame]:
    for at in range(_HEAD.size, len(log) - _FRAME_BYTES + 1, _FRAME_BYTES):
        number, ends_change, *salts, _, _ = _FRAME_HEAD.unpack_from(log, at)
        page = log[at + _FRAME_HEAD.size : at + _FRAME_BYTES]
        yield _Frame(number, ends_change, (salts[0], salts[1]), page, seals.hold(page, number))


def _ends_within_a_frame(log: bytes) -> bool:
    return len(log) > _HEAD.size and (len(log) - _HEAD.size) % _FRAME_BYTES > 0


def _salts(log: bytes, frames: Iterable[_Frame]) -> tuple[int, int] | None:
    """What marks the frames of now: the head says it, or where that is broken, the first frame."""
    if _head_is_whole(log):
        head = _HEAD.unpack_from(log)
        return head[4], head[5]
    return next((frame.salts for frame in frames if frame.is_sealed), None)


def _head_is_whole(log: bytes) -> bool:
    if len(log) < _HEAD.size:
        return False
    head = _HEAD.unpack_from(log)
    return head[0] & ~1 == _LITTLE_ENDIAN and _sums(log[:24], (0, 0), head[0]) == head[6:]


def _log_with(frames: list[_Frame]) -> Iterator[bytes]:
    """A log of these frames, its sums worked out anew."""
    head = struct.pack(">6I", _LITTLE_ENDIAN, _FORMAT, PAGE_BYTES, 0, 1, 2)
    sums = _sums(head, (0, 0), _LITTLE_ENDIAN)
    yield head + struct.pack(">2I", *sums)
    for frame in frames:
        place = struct.pack(">2I", frame.number, frame.ends_change)
        sums = _sums(place + frame.page, sums, _LITTLE_ENDIAN)
        yield place + struct.pack(">4I", 1, 2, *sums) + frame.page


def _sums(content: bytes, before: tuple[int, int], magic: int) -> tuple[int, int]:
    """The two running sums of the log's format, over pairs of words."""
    order = ">" if magic & 1 else "<"
    first, second = before
    for one, two in struct.iter_unpack(f"{order}2I", content):
        first = (first + one + second) & _WORD
        second = (second + two + first) & _WORD
    return first, second
