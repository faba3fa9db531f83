"""A product beside those it could be taken for, the words that tell them apart in bold.

Passive; takes no room where there is nothing to mistake.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.text import Part, as_rich_text, plain, wrapped

MOST_TWINS = 3


class TwinsBox(QFrame):
    """The product of the line first, then its lookalikes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self._rows = [wrapped("", theme.Text.SMALL, parent=self) for _ in range(MOST_TWINS + 1)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 10, 6)
        layout.setSpacing(2)
        for row in self._rows:
            row.setTextFormat(Qt.TextFormat.RichText)
            layout.addWidget(row)
        self.hide()

    def show_twins(self, twins: Sequence[Sequence[Part]]) -> None:
        """Show a product and its lookalikes, or nothing."""
        for at, row in enumerate(self._rows):
            parts = twins[at] if at < len(twins) else ()
            mark = self.tr("This one: ") if at == 0 else self.tr("Not: ")
            row.setText(as_rich_text((Part(mark), *parts)) if parts else "")
            row.setAccessibleName(mark + plain(parts) if parts else "")
            theme.set_shown(row, bool(parts))
        theme.set_shown(self, len(twins) > 1)

    def words(self) -> tuple[str, ...]:
        """What is shown, as plain text."""
        return tuple(row.accessibleName() for row in self._rows if not row.isHidden())
