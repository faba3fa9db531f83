"""A CSV file from outside (plain or gzip), row by row, with plain words for what is wrong with it.

Every value is text: codes keep leading zeros, `NA` is Namibia. Rows are numbered as a spreadsheet
numbers them, the header being row 1. Runs on whatever thread asked for the import; holds one row at
a time.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, Self, cast

from app.values.errors import Refusal

Progress = Callable[[str, int, int], None]
"""Told the step in words, how much is done and how much there is (bytes while reading, else rows).
"""

_DELIMITERS = ",;\t|"
_HEAD_BYTES = 8_192
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ROWS_PER_STEP = 5_000


def no_progress(step: str, done: int, total: int) -> None:
    """For callers that watch nothing."""


class Row(NamedTuple):
    """One row; `number` as a spreadsheet shows it."""

    number: int
    values: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something an import wants, and the column names it is known by, the likeliest first.

    Its own name comes before all others, unless it stands among them.
    """

    name: str
    aliases: tuple[str, ...]
    required: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Every name, the likeliest first."""
        own = () if self.name in self.aliases else (self.name,)
        return (*own, *self.aliases)


class TableFile:
    """An open CSV file; use as a context manager, read `header`, then `rows()` once."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        """Opens the file and reads its header.

        Raises Refusal `file_missing`, `file_empty`, `file_not_text`, `file_damaged`,
        `file_encoding`.
        """
        self._path = path
        self.name = path.name
        self.rows_read = 0
        self._raw, self._size = _open(path)
        try:
            self._compressed = self._raw.read(len(_GZIP)) == _GZIP
            self._raw.seek(0)
            with self._plain_words(row=1):
                self._text = self._as_text(encoding)
                first = self._text.readline()
                delimiter = max(_DELIMITERS, key=first.count)
                self._text.seek(0)
                self._reader = csv.reader(self._text, delimiter=delimiter)
                self.header = tuple(name.strip() for name in next(self._reader, ()))
            if not any(self.header):
                raise Refusal("file_empty", f"{path.name} has no header row.")
        except Refusal:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    def rows(self, progress: Progress = no_progress) -> Iterator[Row]:
        """Every row after the header, blank ones passed over; raises as the constructor does."""
        number = 1
        with self._plain_words(row=lambda: number):
            for values in self._reader:
                number += 1
                if number % _ROWS_PER_STEP == 0:
                    progress("reading", self._raw.tell(), self._size)
                if any(values):
                    self.rows_read += 1
                    yield Row(number, values)
        progress("reading", self._size, self._size)

    def _as_text(self, encoding: str | None) -> io.TextIOWrapper:
        stream = self._raw
        if self._compressed:
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw))
        head = stream.read(_HEAD_BYTES)
        stream.seek(0)
        _refuse_what_is_no_text(self._path.name, head)
        chosen = encoding or ("utf-16" if head.startswith(_UTF_16) else "utf-8-sig")
        try:
            return io.TextIOWrapper(stream, encoding=chosen, newline="")
        except LookupError as cause:
            raise Refusal("file_encoding", f"No text encoding is called {chosen}.") from cause

    def _plain_words(self, row: int | Callable[[], int]) -> _PlainWords:
        return _PlainWords(self._path.name, row)


class _PlainWords:
    """Turns what the readers below raise into a Refusal that names the file and the row."""

    def __init__(self, name: str, row: int | Callable[[], int]) -> None:
        self._name = name
        self._row = row

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is None:
            return
        row = self._row() if callable(self._row) else self._row
        match error:
            case EOFError():
                raise Refusal(
                    "file_damaged", f"{self._name} ends too early: it was cut off after row {row}."
                ) from error
            case gzip.BadGzipFile() | zlib.error():
                raise Refusal(
                    "file_damaged",
                    f"{self._name} is damaged: it cannot be unpacked after row {row}.",
                ) from error
            case UnicodeError():
                raise Refusal(
                    "file_encoding",
                    f"{self._name} is not UTF-8 text (after row {row})."
                    " If a spreadsheet saved it, say --encoding cp1252.",
                ) from error
            case csv.Error():
                raise Refusal(
                    "file_damaged",
                    f"{self._name} cannot be read after row {row}: a quotation mark is not closed.",
                ) from error


def _open(path: Path) -> tuple[IO[bytes], int]:
    try:
        raw = path.open("rb")
        size = path.stat().st_size
    except OSError as cause:
        raise Refusal("file_missing", f"{path} cannot be opened: {cause.strerror}.") from cause
    if not size:
        raw.close()
        raise Refusal("file_empty", f"{path.name} is empty.")
    return raw, size


def _refuse_what_is_no_text(name: str, head: bytes) -> None:
    if not head.strip():
        raise Refusal("file_empty", f"{name} is empty.")
    if head.startswith((_ZIP, _OLD_OFFICE)):
        raise Refusal("file_not_text", f"{name} is a workbook or an archive. Save it as CSV first.")
    if head.startswith(_PDF):
        raise Refusal("file_not_text", f"{name} is a PDF. A CSV file is needed.")
    if b"\0" in head and not head.startswith(_UTF_16):
        raise Refusal("file_not_text", f"{name} is not a text file. A CSV file is needed.")


def place_columns(
    header: Sequence[str], fields: Sequence[Field], given: Mapping[str, str]
) -> dict[str, int]:
    """Which column holds which field: as `given` says, else by the names the field is known by.

    An empty column name in `given` means: leave the field out. Raises Refusal `column_unknown`,
    `field_unknown` or `column_missing`.
    """
    positions: dict[str, int] = {}
    for index, name in enumerate(header):
        positions.setdefault(_plain(name), index)
    for name, column in given.items():
        if name not in {field.name for field in fields}:
            known = ", ".join(field.name for field in fields)
            raise Refusal("field_unknown", f"There is no field {name}. There are: {known}.")
        if column and _plain(column) not in positions:
            raise Refusal("column_unknown", f"The file has no column {column}. {_columns(header)}")
    placed: dict[str, int] = {}
    for field in fields:
        names = (given[field.name],) if field.name in given else field.column_names
        found = next((positions[_plain(n)] for n in names if n and _plain(n) in positions), None)
        if found is not None:
            placed[field.name] = found
        elif field.required:
            raise Refusal(
                "column_missing",
                f"No column looks like {field.name}. {_columns(header)}"
                f" Say which it is: --map {field.name}=COLUMN.",
                field.name,
            )
    return placed


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _columns(header: Sequence[str]) -> str:
    return f"Its columns are: {', '.join(header)}."
