"""A list of checkpoints: shape, title, and in words how each one stands.

The row that is being asked stands out by itself; the cursor of the keyboard is a ring. Rows are
only shown here, never judged.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui import theme
from app.ui.icons import Icon, drawing
from app.ui.table_model import ROW_ROLE, Column, RowsModel

ROW_PX = 33
LEAST_ROW_PX = 23
BAND_PX = 28
INSET_PX = 8
MARK_PX = 14
RAIL_PX = 44
WIDEST_PX = 16_777_215


class CheckState(StrEnum):
    """How a checkpoint stands."""

    OPEN = "open"
    ASKING = "asking"
    DONE = "done"
    STALE = "stale"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One checkpoint, ready to be read; `words` says how it stands."""

    key: Hashable
    title: str
    state: CheckState
    words: str = ""


_LOOKS = {
    CheckState.OPEN: (Icon.OPEN, theme.Tone.MUTED),
    CheckState.ASKING: (Icon.CURRENT, theme.Tone.INFO),
    CheckState.DONE: (Icon.CHECK, theme.Tone.OK),
    CheckState.STALE: (Icon.STALE, theme.Tone.WARN),
    CheckState.WRONG: (Icon.ERROR, theme.Tone.ERROR),
}


def _read(row: CheckRow) -> str:
    return f"{row.title}: {row.words}" if row.words else row.title


class Checklist(QListView):
    """The read-back checkpoints, or what to do before hanging up.

    `chosen(key)` comes on Enter or a click.
    """

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._rows: RowsModel[CheckRow] = RowsModel(
            [Column(title="", text=_read)], key=_key_of, parent=self
        )
        self.setModel(self._rows)
        self.setItemDelegate(_CheckDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setUniformItemSizes(True)
        self.activated.connect(self._choose)
        self.clicked.connect(self._choose)

    def show_rows(self, rows: Sequence[CheckRow]) -> None:
        """Show other rows and keep the one being asked in view."""
        self._rows.set_rows(rows)
        self._draw_closer()
        for at, row in enumerate(rows):
            if row.state is CheckState.ASKING:
                self.scrollTo(self._rows.index(at, 0))

    def rows(self) -> tuple[CheckRow, ...]:
        """What is shown."""
        return self._rows.rows()

    def set_rail(self, narrow: bool) -> None:
        """Show only shape and number, in a strip of 44 pixels, where the window is narrow."""
        delegate = self.itemDelegate()
        if isinstance(delegate, _CheckDelegate):
            delegate.rail = narrow
        self.setFixedWidth(RAIL_PX) if narrow else self.setMaximumWidth(WIDEST_PX)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._draw_closer()

    def _draw_closer(self) -> None:
        """Rows stand closer together before any of them is out of view."""
        delegate = self.itemDelegate()
        room = self.viewport().height() // max(1, len(self.rows()))
        wanted = max(LEAST_ROW_PX, min(ROW_PX, room))
        if isinstance(delegate, _CheckDelegate) and delegate.row_px != wanted:
            delegate.row_px = wanted
            self.scheduleDelayedItemsLayout()

    def sizeHint(self) -> QSize:
        return QSize(260, ROW_PX * max(1, len(self.rows())) + 4)

    def _choose(self, index: QModelIndex) -> None:
        row = self._rows.row_at(index.row())
        if row is not None:
            self.chosen.emit(row.key)


def _key_of(row: CheckRow) -> Hashable:
    return row.key


class _CheckDelegate(QStyledItemDelegate):
    """Draws a row: mark, title, words at the end."""

    rail = False
    row_px = ROW_PX

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(RAIL_PX, max(self.row_px, option.fontMetrics.height() + 5))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, CheckRow):
            return
        area: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_band(painter, option, row)
        icon, tone = _LOOKS[row.state]
        ratio = painter.device().devicePixelRatioF()
        top = area.top() + (area.height() - MARK_PX) // 2
        painter.drawPixmap(
            area.left() + INSET_PX, top, drawing(icon, theme.colour(tone), MARK_PX, ratio)
        )
        room = area.adjusted(INSET_PX + MARK_PX + 7, 0, -INSET_PX, 0)
        if self.rail:
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, str(index.row() + 1))
        else:
            _paint_words(painter, room, row, theme.colour(tone))
        painter.restore()

    def _paint_band(self, painter: QPainter, option: QStyleOptionViewItem, row: CheckRow) -> None:
        area = QRectF(option.rect)
        band = area.adjusted(1, 2, -1, -3)
        state: QStyle.StateFlag = option.state
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(QColor(theme.colours().accent), 2) if focused else Qt.PenStyle.NoPen)
        asking = row.state is CheckState.ASKING
        painter.setBrush(QColor(theme.colours().accent_tint) if asking else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(band, 4, 4)


def _paint_words(painter: QPainter, room: QRect, row: CheckRow, colour: QColor) -> None:
    stressed = row.state in {CheckState.ASKING, CheckState.STALE, CheckState.WRONG}
    weight = QFont.Weight.DemiBold if stressed else QFont.Weight.Normal
    flags = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(theme.font(9, weight))
    painter.setPen(colour)
    words = painter.fontMetrics().elidedText(
        row.words, Qt.TextElideMode.ElideRight, room.width() * 2 // 3
    )
    painter.drawText(room, flags | Qt.AlignmentFlag.AlignRight, words)
    taken = painter.fontMetrics().horizontalAdvance(words) + 10 if words else 0
    strong = QFont.Weight.DemiBold if row.state is CheckState.ASKING else QFont.Weight.Normal
    painter.setFont(theme.font(theme.BODY_POINTS, strong))
    painter.setPen(QColor(theme.colours().text))
    title_room = room.adjusted(0, 0, -taken, 0)
    title = painter.fontMetrics().elidedText(
        row.title, Qt.TextElideMode.ElideRight, title_room.width()
    )
    painter.drawText(title_room, flags | Qt.AlignmentFlag.AlignLeft, title)
