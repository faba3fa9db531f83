"""One model for every table and list: columns described once, rows as a tuple of frozen values.

`set_rows` compares with what is shown and tells the view only what changed, so that a long order is
not rebuilt for one new line and selection and scroll position stay. Runs on the GUI thread.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.ui import theme
from app.ui.icons import Icon, button_icon

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
ROW_ROLE = Role.UserRole
"""The whole frozen row, for delegates and screens."""


class Align(Enum):
    """Where the text of a column stands; figures stand at the end."""

    START = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    CENTRE = Qt.AlignmentFlag.AlignCenter
    END = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def never(_row: object) -> bool:
    """Not a row."""
    return False


def always(_row: object) -> bool:
    """Every row."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column; `chars` is its width in characters, 0 for the one that takes what is left.

    `read` is for screen readers, where they need other words than the eye.
    A column with `gives_way` above 0 is hidden where there is no room, the highest number first.
    """

    title: str
    text: Callable[[Row], str]
    align: Align = Align.START
    chars: int = 0
    gives_way: int = 0
    tone: Callable[[Row], theme.Tone] | None = None
    bold: Callable[[Row], bool] = never
    icon: Callable[[Row], Icon | None] | None = None
    hint: Callable[[Row], str] | None = None
    read: Callable[[Row], str] | None = None


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Shows frozen rows.

    Two rows are equal when nothing about them changed, and have one key when they stand for the
    same thing. Keys are unique.
    """

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        """The columns, left to right."""
        return self._columns

    def rows(self) -> tuple[Row, ...]:
        """What is shown, top to bottom."""
        return tuple(self._rows)

    def row_at(self, number: int) -> Row | None:
        """The row at a position, None outside."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def position_of(self, key: Hashable) -> int:
        """Where the row with a key stands, -1 if it is not shown."""
        return next((at for at, row in enumerate(self._rows) if self._key(row) == key), -1)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, with the fewest signals that are right."""
        old, new = self._rows, list(rows)
        least = min(len(old), len(new))
        start = 0
        while start < least and (old[start] is new[start] or old[start] == new[start]):
            start += 1
        tail = 0
        while tail < least - start and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        self._replace(start, len(old) - tail, new[start : len(new) - tail])

    def _replace(self, start: int, stop: int, new: list[Row]) -> None:
        old_keys = [self._key(row) for row in self._rows[start:stop]]
        new_keys = [self._key(row) for row in new]
        kept = set(old_keys) & set(new_keys)
        in_order = [key for key in old_keys if key in kept] == [
            key for key in new_keys if key in kept
        ]
        if not in_order:
            kept = set()
        self._remove([start + at for at, key in enumerate(old_keys) if key not in kept])
        self._insert([(start + at, new[at]) for at, key in enumerate(new_keys) if key not in kept])
        self._change([(start + at, new[at]) for at, key in enumerate(new_keys) if key in kept])

    def _remove(self, positions: list[int]) -> None:
        for run in reversed(_runs(positions)):
            self.beginRemoveRows(QModelIndex(), run[0], run[-1])
            del self._rows[run[0] : run[-1] + 1]
            self.endRemoveRows()

    def _insert(self, added: list[tuple[int, Row]]) -> None:
        rows = dict(added)
        for run in _runs([at for at, _ in added]):
            self.beginInsertRows(QModelIndex(), run[0], run[-1])
            self._rows[run[0] : run[0]] = [rows[at] for at in run]
            self.endInsertRows()

    def _change(self, present: list[tuple[int, Row]]) -> None:
        changed = {at: row for at, row in present if self._rows[at] != row}
        for run in _runs(list(changed)):
            for at in run:
                self._rows[at] = changed[at]
            last_column = len(self._columns) - 1
            self.dataChanged.emit(self.index(run[0], 0), self.index(run[-1], last_column))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role == Role.DisplayRole:
            return self._columns[section].title
        if role == Role.TextAlignmentRole:
            return self._columns[section].align.value
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        answer = _ANSWERS.get(role)
        if answer is None or not index.isValid() or not index.row() < len(self._rows):
            return None
        return answer(self._columns[index.column()], self._rows[index.row()])


def _words(column: Column[Row], row: Row) -> object:
    return column.text(row)


def _spoken(column: Column[Row], row: Row) -> object:
    words = (column.read or column.text)(row)
    return f"{column.title}: {words}" if column.title else words


def _whole(_column: Column[Row], row: Row) -> object:
    return row


def _alignment(column: Column[Row], _row: Row) -> object:
    return column.align.value


def _colour(column: Column[Row], row: Row) -> object:
    tone = column.tone(row) if column.tone else theme.Tone.NORMAL
    return None if tone is theme.Tone.NORMAL else theme.colour(tone)


def _font(column: Column[Row], row: Row) -> object:
    return theme.table_font(bold=True) if column.bold(row) else None


def _mark(column: Column[Row], row: Row) -> object:
    icon = column.icon(row) if column.icon else None
    if icon is None:
        return None
    return button_icon(icon, theme.colour(column.tone(row) if column.tone else theme.Tone.NORMAL))


def _hint(column: Column[Row], row: Row) -> object:
    return column.hint(row) if column.hint else None


# By the plain number of the role: a view asks for eight roles of every cell it paints.
_ANSWERS: dict[int, Callable[[Column[Any], Any], object]] = {
    int(Role.DisplayRole): _words,
    int(Role.AccessibleTextRole): _spoken,
    int(ROW_ROLE): _whole,
    int(Role.TextAlignmentRole): _alignment,
    int(Role.ForegroundRole): _colour,
    int(Role.FontRole): _font,
    int(Role.DecorationRole): _mark,
    int(Role.ToolTipRole): _hint,
}


def _runs(positions: list[int]) -> list[list[int]]:
    """Positions in ascending order, cut into stretches without a gap."""
    numbered = enumerate(positions)
    grouped = groupby(numbered, key=_distance)
    return [list(map(itemgetter(1), run)) for _, run in grouped]


def _distance(numbered: tuple[int, int]) -> int:
    return numbered[1] - numbered[0]
