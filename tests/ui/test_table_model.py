from dataclasses import dataclass, replace
from functools import partial

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.icons import Icon
from app.ui.table_model import ROW_ROLE, Align, Column, RowsModel, always

Role = Qt.ItemDataRole


@dataclass(frozen=True)
class Line:
    key: str
    quantity: int = 1


def code_of(line: Line) -> str:
    return line.key


def quantity_of(line: Line) -> str:
    return str(line.quantity)


def tone_of(line: Line) -> theme.Tone:
    return theme.Tone.WARN if line.quantity > 9 else theme.Tone.NORMAL


def icon_of(line: Line) -> Icon | None:
    return Icon.WARNING if line.quantity > 9 else None


COLUMNS = (
    Column(title="Code", text=code_of, hint=code_of),
    Column(title="Qty", text=quantity_of, align=Align.END, bold=always, tone=tone_of, icon=icon_of),
)


class Witness:
    """Writes down what the model tells its views."""

    def __init__(self, model: RowsModel[Line]) -> None:
        self.heard: list[tuple[str, int, int]] = []
        model.rowsInserted.connect(partial(self.rows, "insert"))
        model.rowsRemoved.connect(partial(self.rows, "remove"))
        model.dataChanged.connect(self.changed)
        model.modelReset.connect(partial(self.heard.append, ("reset", 0, 0)))

    def rows(self, what: str, _parent: QModelIndex, first: int, last: int) -> None:
        self.heard.append((what, first, last))

    def changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self.heard.append(("change", first.row(), last.row()))


def lines(codes: str) -> tuple[Line, ...]:
    return tuple(Line(code) for code in codes)


def a_model(codes: str) -> tuple[RowsModel[Line], Witness]:
    model = RowsModel(COLUMNS, key=code_of)
    model.set_rows(lines(codes))
    return model, Witness(model)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("abc", "abc", []),
        ("", "ab", [("insert", 0, 1)]),
        ("abc", "", [("remove", 0, 2)]),
        ("abc", "abcd", [("insert", 3, 3)]),
        ("abc", "xabc", [("insert", 0, 0)]),
        ("abcd", "acd", [("remove", 1, 1)]),
        ("abcde", "ace", [("remove", 3, 3), ("remove", 1, 1)]),
        ("ace", "abcde", [("insert", 1, 1), ("insert", 3, 3)]),
        ("abcd", "axd", [("remove", 1, 2), ("insert", 1, 1)]),
        ("abc", "acb", [("remove", 1, 2), ("insert", 1, 2)]),
    ],
)
def test_views_are_told_only_what_changed(
    qtmodeltester: ModelTester, before: str, after: str, told: list[tuple[str, int, int]]
) -> None:
    model, witness = a_model(before)
    qtmodeltester.check(model)
    model.set_rows(lines(after))
    assert witness.heard == told
    assert model.rows() == lines(after)


def test_a_changed_line_is_repainted_and_nothing_else() -> None:
    model, witness = a_model("abcd")
    rows = list(model.rows())
    rows[2] = replace(rows[2], quantity=15)
    model.set_rows(rows)
    assert witness.heard == [("change", 2, 2)]
    assert model.index(2, 1).data() == "15"


def test_lines_that_change_while_others_come_and_go_keep_their_place() -> None:
    model, witness = a_model("abcd")
    after = (Line("a", 2), Line("c", 3), Line("x"), Line("d", 4))
    model.set_rows(after)
    assert model.rows() == after
    assert ("reset", 0, 0) not in witness.heard
    assert ("change", 0, 1) in witness.heard


def test_a_line_added_to_a_long_order_tells_one_row() -> None:
    model = RowsModel(COLUMNS, key=code_of)
    order = tuple(Line(str(number)) for number in range(1114))
    model.set_rows(order)
    witness = Witness(model)
    model.set_rows((*order, Line("new")))
    assert witness.heard == [("insert", 1114, 1114)]


def test_a_cell_says_what_its_column_describes(qapp: QApplication) -> None:
    model = RowsModel(COLUMNS, key=code_of)
    model.set_rows((Line("22423", 12), Line("47566", 2)))
    loud, quiet = model.index(0, 1), model.index(1, 1)
    assert loud.data(Role.ForegroundRole) == theme.colour(theme.Tone.WARN)
    assert quiet.data(Role.ForegroundRole) is None
    assert not loud.data(Role.DecorationRole).isNull()
    assert quiet.data(Role.DecorationRole) is None
    assert loud.data(Role.FontRole).bold()
    assert loud.data(Role.TextAlignmentRole) == Align.END.value
    assert loud.data(Role.AccessibleTextRole) == "Qty: 12"
    assert model.index(0, 0).data(Role.ToolTipRole) == "22423"
    assert loud.data(ROW_ROLE) == Line("22423", 12)


def test_headings_stand_over_their_figures() -> None:
    model, _ = a_model("a")
    across = Qt.Orientation.Horizontal
    assert model.headerData(1, across, Role.DisplayRole) == "Qty"
    assert model.headerData(1, across, Role.TextAlignmentRole) == Align.END.value
    assert model.headerData(0, Qt.Orientation.Vertical, Role.DisplayRole) is None


def test_outside_the_table_there_is_nothing(qtbot: QtBot) -> None:
    model, _ = a_model("ab")
    assert model.row_at(2) is None
    assert model.row_at(-1) is None
    assert model.position_of("x") == -1
    assert model.data(QModelIndex()) is None
    assert model.rowCount(model.index(0, 0)) == 0
