"""The table of the program: rows as they are, no grid, figures at the end, the keyboard first."""

from typing import Generic, TypeVar

from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from app.ui import theme
from app.ui.table_model import RowsModel

Row = TypeVar("Row")
ROW_PX = 29
CELL_PADDING_PX = 10


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
