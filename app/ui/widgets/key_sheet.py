"""All keys of the program on one panel, read from the table of keys."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.ui import shortcuts, theme
from app.ui.shortcuts import SheetRow
from app.ui.table_model import Column, RowsModel, always
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.text import caps, label


class KeySheet(Overlay):
    """The sheet of keys; Esc closes it."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host, "", 620, 640)
        self.setAccessibleName(self.tr("Keys"))
        self._rows = RowsModel(_columns(), key=_key_of, parent=self)
        self._table = RowsView(self.tr("Keys"), self._rows, self)
        self._table.horizontalHeader().hide()
        self.setFocusProxy(self._table)
        self.body.addWidget(caps(self.tr("Keys")))
        self.body.addWidget(self._table, 1)
        hint = label(self.tr("Esc close"), theme.Text.SMALL, theme.Tone.MUTED)
        self.body.addWidget(hint)

    @Slot()
    def toggle(self) -> None:
        """Show the sheet, or close it and give the focus back."""
        if self.is_open():
            self.give_back()
            return
        self._rows.set_rows(shortcuts.sheet())
        self._table.choose(0)
        self.show_over()


def _columns() -> tuple[Column[SheetRow], ...]:
    return (
        Column(title="", text=_keys_of, chars=22, bold=always),
        Column(title="", text=_label_of),
        Column(title="", text=_where_of, chars=26, tone=_muted),
    )


def _keys_of(row: SheetRow) -> str:
    return row.keys


def _label_of(row: SheetRow) -> str:
    return row.label


def _where_of(row: SheetRow) -> str:
    return row.where


def _key_of(row: SheetRow) -> tuple[str, str]:
    return row.keys, row.label


def _muted(_row: SheetRow) -> theme.Tone:
    return theme.Tone.MUTED
