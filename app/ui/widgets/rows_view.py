"""The table of the program: rows as they are, no grid, figures at the end, the keyboard first."""

from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui import theme
from app.ui.table_model import RowsModel

Row = TypeVar("Row")
ROW_PX = 29
CELL_PADDING_PX = 10
LEAST_CHARS = 18
EDGE_PX = 3


class _CursorDelegate(QStyledItemDelegate):
    """Marks the row of the cursor at its edge: the tint alone is too faint to find it by."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        if option.state & QStyle.StateFlag.State_Selected:
            edge = QRect(option.rect.topLeft(), QSize(EDGE_PX, option.rect.height()))
            painter.fillRect(edge, theme.colour(theme.Tone.INFO))


class RowsView(QTableView, Generic[Row]):
    """Shows a RowsModel. Tab leaves the table, the arrows move within it, whole rows are chosen."""

    def __init__(self, name: str, rows: RowsModel[Row], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.setModel(rows)
        self.setAccessibleName(name)
        self.setFont(theme.table_font(bold=False))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegateForColumn(0, _CursorDelegate(self))
        self._set_up_headers()

    def _set_up_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.verticalHeader().setMinimumSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(24)
        metrics = self.fontMetrics()
        for at, column in enumerate(self._rows.columns):
            if column.chars:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Fixed)
                width = metrics.horizontalAdvance("0") * column.chars + CELL_PADDING_PX
                header.resizeSection(at, width)
            else:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Hide columns that give way until the stretching one is wide enough to be read."""
        columns = self._rows.columns
        digit = self.fontMetrics().horizontalAdvance("0")
        widths = {at: digit * c.chars + CELL_PADDING_PX for at, c in enumerate(columns) if c.chars}
        room = self.viewport().width() - sum(widths.values())
        least = digit * LEAST_CHARS if len(widths) < len(columns) else 0
        giving = [at for at, column in enumerate(columns) if column.gives_way]
        for at in sorted(giving, key=self._gives_way, reverse=True):
            hide = room < least
            room += widths[at] if hide else 0
            if self.isColumnHidden(at) is not hide:
                self.setColumnHidden(at, hide)

    def _gives_way(self, at: int) -> int:
        return self._rows.columns[at].gives_way

    def rows(self) -> RowsModel[Row]:
        """What is shown."""
        return self._rows

    def chosen_row(self) -> Row | None:
        """The row the cursor is on."""
        index = self.currentIndex()
        return self._rows.row_at(index.row()) if index.isValid() else None

    def choose(self, position: int) -> None:
        """Put the cursor on a row and bring it into view; outside the table nothing is chosen."""
        if 0 <= position < self._rows.rowCount():
            self.setCurrentIndex(self._rows.index(position, 0))
            self.scrollTo(self.currentIndex())
        else:
            self.clearSelection()
            self.setCurrentIndex(self._rows.index(-1, -1))
