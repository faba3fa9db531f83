"""The desk's second copy of its commands: one append-only file, each record sealed and fsynced.

Records are sealed with AES-256-GCM under a key derived from the store key; file id and position are
bound in, so that a record can be neither changed, moved nor taken out unseen. What a record says is
none of this module's business. Any thread may append; appends take turns.
"""

from __future__ import annotations

import os
import secrets
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.values.errors import Fault

_MAGIC = b"RBJOURN1"
_FILE_ID_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + _FILE_ID_BYTES
_LENGTH = struct.Struct(">I")
_BOUND = struct.Struct(">16sQ")
_NONCE_BYTES = 12
_TAG_BYTES = 16
_LARGEST_RECORD_BYTES = 16 * 1024 * 1024
_SHORTEST_SEALED = _NONCE_BYTES + _TAG_BYTES
_LONGEST_SEALED = _SHORTEST_SEALED + _LARGEST_RECORD_BYTES
_LOST_IN_A_ROW = 8
"""How many neighbouring records may be gone before reading on is given up."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a journal: behind `records` whole records, `offset` bytes from the start."""

    file_id: str
    records: int
    offset: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal holds.

    `damaged` are the positions, from 1, of records that were changed, moved or taken out. `rest`
    are bytes behind the last record: where nothing is damaged, they were left by a write that never
    finished and hold nothing that was acknowledged.
    """

    records: tuple[bytes, ...]
    end: Mark
    rest: bytes = b""
    damaged: tuple[int, ...] = ()


class JournalUnreadable(Exception):  # noqa: N818 - a state of the file, mended by setting it aside
    """The file is no journal: its head is missing or damaged."""


class Journal:
    """An opened journal, ready to be added to."""

    def __init__(self, path: Path, cipher: AESGCM, end: Mark) -> None:
        self._path = path
        self._cipher = cipher
        self._end = end
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))

    @property
    def end(self) -> Mark:
        """Where the next record goes."""
        return self._end

    def append(self, record: bytes) -> None:
        """Add a record; it is on the disk when this returns. Raises Fault `journal_unwritable`."""
        self._add(record)
        self.flush()

    def append_lazily(self, record: bytes) -> None:
        """Add a record that may be lost with the power until `flush`.

        Raises Fault `journal_unwritable`.
        """
        self._add(record)

    def flush(self) -> None:
        """Have everything on the disk. Raises Fault `journal_unwritable`."""
        try:
            _sync(self._file)
        except OSError as cause:
            raise Fault("journal_unwritable", _UNWRITABLE) from cause

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _add(self, record: bytes) -> None:
        with self._lock:
            end = self._end
            sealed = _sealed(self._cipher, end, record)
            try:
                _write_all(self._file, sealed, end.offset)
            except OSError as cause:
                raise Fault("journal_unwritable", _UNWRITABLE) from cause
            self._end = Mark(end.file_id, end.records + 1, end.offset + len(sealed))


_UNWRITABLE = (
    "The second copy of this order could not be written. Is the disk of this computer full?"
)


def create_journal(path: Path, key: bytes) -> Journal:
    """Start a journal in a new file, file and folder on disk. Raises FileExistsError."""
    file_id = secrets.token_bytes(_FILE_ID_BYTES)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(file, _MAGIC + file_id)
        os.fsync(file)
    finally:
        os.close(file)
    sync_folder(path.parent)
    return Journal(path, _cipher(key, file_id), Mark(file_id.hex(), 0, _HEADER_BYTES))


def read_journal(path: Path, key: bytes) -> Reading:
    """Everything the journal holds, each record checked. Raises JournalUnreadable."""
    content = path.read_bytes()
    if len(content) < _HEADER_BYTES or not content.startswith(_MAGIC):
        raise JournalUnreadable(path.name)
    file_id = content[len(_MAGIC) : _HEADER_BYTES]
    return _read(content, _cipher(key, file_id), file_id.hex())


def open_journal(path: Path, key: bytes, end: Mark) -> Journal:
    """The journal, to be added to behind `end`; what a torn write left there is cut off."""
    journal = Journal(path, _cipher(key, bytes.fromhex(end.file_id)), end)
    if path.stat().st_size > end.offset:
        os.truncate(path, end.offset)
        journal.flush()
    return journal


def records_at_most(path: Path) -> int:
    """How many records a file that no key opens may hold: as its lengths say, or the bound."""
    content = path.read_bytes()[_HEADER_BYTES:]
    count, offset = 0, 0
    while (frame := _frame(content, offset)) is not None:
        count += 1
        offset += _LENGTH.size + len(frame)
    return count + len(content[offset:]) // (_LENGTH.size + _SHORTEST_SEALED) + 1


def sync_folder(folder: Path) -> None:
    """Make the folder's list of names durable, where the operating system needs that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cipher(key: bytes, file_id: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=file_id, info=b"readback desk journal")
    return AESGCM(derived.derive(key))


def _sealed(cipher: AESGCM, place: Mark, record: bytes) -> bytes:
    if len(record) > _LARGEST_RECORD_BYTES:
        message = f"a journal record has at most {_LARGEST_RECORD_BYTES} bytes"
        raise ValueError(message)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, record, _bound(place.file_id, place.records + 1))
    return _LENGTH.pack(len(sealed)) + sealed


def _bound(file_id: str, position: int) -> bytes:
    return _BOUND.pack(bytes.fromhex(file_id), position)


def _frame(content: bytes, offset: int) -> bytes | None:
    """The sealed record at an offset; None where its length makes no sense or it is not whole."""
    if offset + _LENGTH.size > len(content):
        return None
    (length,) = _LENGTH.unpack_from(content, offset)
    start = offset + _LENGTH.size
    if not _SHORTEST_SEALED <= length <= _LONGEST_SEALED or start + length > len(content):
        return None
    return content[start : start + length]


def _read(content: bytes, cipher: AESGCM, file_id: str) -> Reading:
    records: list[bytes] = []
    damaged: list[int] = []
    position, offset = 0, _HEADER_BYTES
    while offset < len(content):
        found = _next(content, offset, cipher, file_id, position)
        if found is None:
            break
        damaged += range(position + 1, found.position)
        records.append(found.record)
        position, offset = found.position, found.end
    rest = content[offset:]
    if rest and not _is_torn(rest):
        damaged.append(position + 1)
    return Reading(
        records=tuple(records),
        end=Mark(file_id, position, offset),
        rest=rest,
        damaged=tuple(damaged),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A record that could be opened, its position, and where the next one starts."""

    record: bytes
    position: int
    end: int


def _next(
    content: bytes, offset: int, cipher: AESGCM, file_id: str, position: int
) -> _Found | None:
    """The next record that opens: the one at `offset`, or the first behind what was damaged."""
    for at in range(offset, len(content) - _LENGTH.size):
        frame = _frame(content, at)
        if frame is None:
            continue
        for guess in range(position + 1, position + 1 + _LOST_IN_A_ROW):
            record = _unsealed(cipher, frame, file_id, guess)
            if record is not None:
                return _Found(record, guess, at + _LENGTH.size + len(frame))
    return None


def _unsealed(cipher: AESGCM, frame: bytes, file_id: str, position: int) -> bytes | None:
    nonce, sealed = frame[:_NONCE_BYTES], frame[_NONCE_BYTES:]
    try:
        return cipher.decrypt(nonce, sealed, _bound(file_id, position))
    except InvalidTag:
        return None


def _is_torn(rest: bytes) -> bool:
    """Whether the bytes behind the last record are what one unfinished write leaves.

    That is the front of one record, or blank bytes where the disk got no further.
    """
    if len(rest) < _LENGTH.size or not any(rest):
        return True
    (length,) = _LENGTH.unpack_from(rest)
    plausible: bool = _SHORTEST_SEALED <= length <= _LONGEST_SEALED
    return plausible and _LENGTH.size + length > len(rest)


def _write_all(file: int, content: bytes, offset: int) -> None:
    os.lseek(file, offset, os.SEEK_SET)
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _sync(file: int) -> None:
    if hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:
        os.fsync(file)
