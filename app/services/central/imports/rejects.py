"""What an import says when it is done: what was taken, what was not and why.

Every row that is not taken goes into the rejects file as it stood, with its number and the reason,
so that it can be mended and imported by itself.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self, TypeVar

from app.services.central.imports.table_file import Row, TableFile
from app.values.errors import Refusal

T = TypeVar("T")


class Counts(NamedTuple):
    """Things of the database (products, customers, towns) that a file spoke of."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What came of a file.

    `taken` rows and the rows of `rejected` (reason to count) are all rows there were. `notes` are
    whole sentences about what was assumed.
    """

    file: str
    rows: int
    taken: int
    rejected: dict[str, int]
    counts: Counts
    rejects_file: Path | None = None
    notes: tuple[str, ...] = ()


class Rejects:
    """Counts rows that are not taken and writes them to a CSV file, made when there are any."""

    def __init__(self, path: Path | None, header: Sequence[str]) -> None:
        """With `path` None rows are counted only. An older file of that name is replaced.

        When the import is given up, nothing was taken and the file goes too.
        """
        self._path = path
        self._header = header
        self._stream: IO[str] | None = None
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            if error is not None and self._path is not None:
                self._path.unlink()

    def add(self, row: Row, kind: str, detail: str = "") -> None:
        """Set a row aside for `kind`, a reason many rows may share; `detail` is what it held."""
        self.counts[kind] += 1
        if self._path is None:
            return
        if self._stream is None:
            self._stream = self._begin(self._path)
        reason = f"{kind}: {detail}" if detail else kind
        csv.writer(self._stream, lineterminator="\n").writerow([row.number, reason, *row.values])

    def summary(self, file: TableFile, counts: Counts, notes: Sequence[str] = ()) -> ImportSummary:
        """What came of the file that was read to its end."""
        return ImportSummary(
            file=file.name,
            rows=file.rows_read,
            taken=file.rows_read - self.counts.total(),
            rejected=dict(self.counts),
            counts=counts,
            rejects_file=self._path if self._stream is not None else None,
            notes=tuple(notes),
        )

    def _begin(self, path: Path) -> IO[str]:
        try:
            stream = path.open("w", encoding="utf-8", newline="")
        except OSError as cause:
            sentence = f"The rejects file {path} cannot be written: {cause.strerror}."
            raise Refusal("rejects_unwritable", sentence) from cause
        csv.writer(stream, lineterminator="\n").writerow(["row", "reason", *self._header])
        return stream


def each_once(
    rows: Iterable[Row],
    read: Callable[[Row], T],
    key: Callable[[T], Hashable],
    rejects: Rejects,
    again: str,
) -> Iterator[T]:
    """What `read` makes of each row.

    Rows that it refuses are set aside in its words, and rows whose key came before as `again`.
    """
    first_rows: dict[Hashable, int] = {}
    for row in rows:
        try:
            made = read(row)
        except Refusal as refusal:
            rejects.add(row, refusal.sentence)
            continue
        earlier = first_rows.setdefault(key(made), row.number)
        if earlier == row.number:
            yield made
        else:
            rejects.add(row, again, f"in row {earlier}")
