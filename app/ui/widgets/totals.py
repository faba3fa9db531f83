"""Words and figures side by side: the sum of an order, and facts about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui import theme
from app.ui.widgets.text import ElidedLabel, label

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBaseline
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBaseline


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is worth, both ready to be read."""

    name: str
    value: str
    tone: theme.Tone = theme.Tone.NORMAL
    strong: bool = False


class Totals(QWidget):
    """The sums of an order, figures under each other, the total large at the bottom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setHorizontalSpacing(28)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._total = (label(parent=self), label(parent=self))
        theme.dress(self._total[0], text=theme.Text.STRONG)
        theme.dress(self._total[1], text=theme.Text.TOTAL)

    def show_sums(self, sums: Sequence[Fact], total: Fact) -> None:
        """Show other sums; rows are reused, so this may be called for every keystroke."""
        while len(self._rows) < len(sums):
            self._add_row()
        for at, (name, value) in enumerate(self._rows):
            theme.set_shown(name, at < len(sums))
            theme.set_shown(value, at < len(sums))
        for fact, row in zip(sums, self._rows, strict=False):
            _fill(fact, row)
        _fill(total, self._total)
        self._grid.addWidget(self._total[0], len(self._rows), 0, LEFT)
        self._grid.addWidget(self._total[1], len(self._rows), 1, RIGHT)

    def shown(self) -> tuple[tuple[str, str], ...]:
        """What is to be read, top to bottom."""
        rows = [row for row in self._rows if not row[0].isHidden()]
        return tuple((name.text(), value.text()) for name, value in (*rows, self._total))

    def _add_row(self) -> None:
        row = (label("", tone=theme.Tone.MUTED, parent=self), label("", parent=self))
        at = len(self._rows)
        self._grid.addWidget(row[0], at, 0, LEFT)
        self._grid.addWidget(row[1], at, 1, RIGHT)
        self._rows.append(row)


def _fill(fact: Fact, row: tuple[QLabel, QLabel]) -> None:
    name, value = row
    name.setText(fact.name)
    value.setText(fact.value)
    value.setAccessibleName(f"{fact.name} {fact.value}")
    theme.dress(value, tone=fact.tone)


class Facts(QWidget):
    """A list of facts: the name in grey, the value beside it; values that are too long are cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(5)
        self._grid.setHorizontalSpacing(28)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show other facts, in this order."""
        while len(self._rows) < len(facts):
            self._add_row()
        for at, (name, value) in enumerate(self._rows):
            theme.set_shown(name, at < len(facts))
            theme.set_shown(value, at < len(facts))
        for fact, row in zip(facts, self._rows, strict=False):
            _fill(fact, row)
            size = theme.Text.STRONG if fact.strong else theme.Text.BODY
            theme.dress(row[1], text=size)

    def shown(self) -> tuple[tuple[str, str], ...]:
        """What is to be read, top to bottom."""
        return tuple((n.text(), v.text()) for n, v in self._rows if not n.isHidden())

    def _add_row(self) -> None:
        row = (label("", tone=theme.Tone.MUTED, parent=self), ElidedLabel("", parent=self))
        at = len(self._rows)
        self._grid.addWidget(row[0], at, 0)
        self._grid.addWidget(row[1], at, 1)
        self._rows.append(row)
