from dataclasses import dataclass, replace
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.table_model import Align, Column, RowsModel
from app.ui.widgets.checklist import RAIL_PX, ROW_PX, Checklist, CheckRow, CheckState
from app.ui.widgets.key_sheet import KeySheet
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.totals import Fact, Facts, Totals

Key = Qt.Key
ROWS = (
    CheckRow("customer", "Customer and contact", CheckState.DONE, "Confirmed"),
    CheckRow("items", "Items and quantities", CheckState.ASKING, "Asking, 1 of 5"),
    CheckRow("date", "Delivery date", CheckState.STALE, "Changed, ask again"),
    CheckRow("price", "Price", CheckState.OPEN, "Not yet"),
    CheckRow("address", "Delivery address", CheckState.WRONG, "Refused"),
)


@dataclass(frozen=True)
class Line:
    code: str
    quantity: int = 1


def code_of(line: Line) -> str:
    return line.code


def quantity_of(line: Line) -> str:
    return str(line.quantity)


@pytest.fixture
def checklist(qtbot: QtBot) -> Checklist:
    made = Checklist("Read-back checkpoints")
    qtbot.addWidget(made)
    made.resize(300, 320)
    made.show_rows(ROWS)
    with qtbot.waitActive(made):
        made.show()
    return made


@pytest.fixture
def table(qtbot: QtBot) -> RowsView[Line]:
    columns = (
        Column(title="Code", text=code_of),
        Column(title="Qty", text=quantity_of, align=Align.END, chars=5),
    )
    rows = RowsModel(columns, key=code_of)
    rows.set_rows([Line(code) for code in "abcd"])
    made = RowsView("Order lines", rows)
    qtbot.addWidget(made)
    made.resize(400, 300)
    with qtbot.waitActive(made):
        made.show()
    return made


def test_a_checkpoint_is_read_out_with_how_it_stands(checklist: Checklist) -> None:
    told = [
        checklist.model().index(at, 0).data(Qt.ItemDataRole.AccessibleTextRole) for at in (1, 2)
    ]
    assert told == ["Items and quantities: Asking, 1 of 5", "Delivery date: Changed, ask again"]


def test_a_checkpoint_is_chosen_by_enter_or_a_click(checklist: Checklist, qtbot: QtBot) -> None:
    checklist.setCurrentIndex(checklist.model().index(3, 0))
    with qtbot.waitSignal(checklist.chosen) as heard:
        qtbot.keyClick(checklist, Key.Key_Return)
    assert heard.args == ["price"]
    place = checklist.visualRect(checklist.model().index(0, 0)).center()
    with qtbot.waitSignal(checklist.chosen) as heard:
        qtbot.mouseClick(checklist.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard.args == ["customer"]


def test_the_cursor_stays_when_a_checkpoint_changes(checklist: Checklist) -> None:
    checklist.setCurrentIndex(checklist.model().index(3, 0))
    checklist.show_rows((*ROWS[:4], replace(ROWS[4], state=CheckState.DONE, words="Confirmed")))
    assert checklist.currentIndex().row() == 3
    assert checklist.rows()[4].state is CheckState.DONE


@pytest.mark.parametrize("state", CheckState)
def test_every_state_is_drawn_differently(checklist: Checklist, state: CheckState) -> None:
    def drawn(shown: CheckState) -> bytes:
        checklist.show_rows((CheckRow("one", "Price", shown, ""),))
        return bytes(checklist.grab().toImage().constBits())

    others = [drawn(other) for other in CheckState if other is not state]
    assert drawn(state) not in others


def test_a_narrow_list_becomes_a_rail(checklist: Checklist) -> None:
    host = QWidget()
    QHBoxLayout(host).addWidget(checklist)
    checklist.set_rail(narrow=True)
    assert checklist.maximumWidth() == RAIL_PX
    checklist.set_rail(narrow=False)
    assert checklist.maximumWidth() > 1000
    checklist.setParent(None)


def test_a_checkpoint_is_tall_enough_to_hit(checklist: Checklist) -> None:
    assert checklist.visualRect(checklist.model().index(0, 0)).height() >= 28


def test_rows_stand_closer_before_one_is_out_of_view(checklist: Checklist, qtbot: QtBot) -> None:
    bar = checklist.verticalScrollBar()
    checklist.resize(300, 25 * len(ROWS))
    qtbot.waitUntil(partial(_is_all_in_view, checklist))
    assert not bar.isVisible()
    checklist.resize(300, 320)
    qtbot.waitUntil(partial(_is_as_tall_as_usual, checklist))


def _is_all_in_view(checklist: Checklist) -> bool:
    last = checklist.visualRect(checklist.model().index(len(ROWS) - 1, 0))
    return last.bottom() <= checklist.viewport().height()


def _is_as_tall_as_usual(checklist: Checklist) -> bool:
    return checklist.visualRect(checklist.model().index(0, 0)).height() == ROW_PX


def test_a_checklist_is_sound_as_a_model(checklist: Checklist, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(checklist.model())


def test_the_line_under_the_cursor_stays_when_one_is_put_in_above(table: RowsView[Line]) -> None:
    table.choose(1)
    rows = table.rows()
    rows.set_rows([Line("x"), *rows.rows()])
    assert table.chosen_row() == Line("b")


def test_choosing_outside_the_table_chooses_nothing(table: RowsView[Line]) -> None:
    table.choose(2)
    table.choose(99)
    assert table.chosen_row() is None


def test_the_row_of_the_cursor_is_marked_at_its_edge(table: RowsView[Line]) -> None:
    table.choose(2)
    image = table.viewport().grab().toImage()
    middle = table.rowViewportPosition(2) + table.rowHeight(2) // 2
    assert image.pixelColor(0, middle) == theme.colour(theme.Tone.INFO)
    assert image.pixelColor(0, middle - table.rowHeight(2)) != theme.colour(theme.Tone.INFO)


def test_tab_leaves_the_table(table: RowsView[Line]) -> None:
    assert not table.tabKeyNavigation()
    assert table.accessibleName() == "Order lines"


def test_rows_are_tall_enough_to_hit(table: RowsView[Line]) -> None:
    assert table.rowHeight(0) >= 28


def test_one_column_takes_what_the_others_leave(table: RowsView[Line]) -> None:
    before = table.columnWidth(1)
    table.resize(800, 300)
    assert table.columnWidth(1) == before
    assert table.columnWidth(0) > 600


def test_totals_are_shown_and_shown_again(qtbot: QtBot) -> None:
    totals = Totals()
    qtbot.addWidget(totals)
    totals.show_sums([Fact("Goods", "£273.26"), Fact("VAT", "£46.37")], Fact("Total", "£278.21"))
    totals.show_sums([Fact("Goods", "£10.00")], Fact("Total", "£10.00"))
    assert totals.shown() == (("Goods", "£10.00"), ("Total", "£10.00"))


def test_showing_totals_again_makes_no_new_widgets(qtbot: QtBot) -> None:
    totals = Totals()
    qtbot.addWidget(totals)
    sums = [Fact("Goods", "£273.26"), Fact("Delivery", "£4.95")]
    totals.show_sums(sums, Fact("Total", "£278.21"))
    count = len(totals.findChildren(QWidget))
    totals.show_sums(sums, Fact("Total", "£999.99"))
    assert len(totals.findChildren(QWidget)) == count


def test_facts_come_and_go(qtbot: QtBot) -> None:
    facts = Facts()
    qtbot.addWidget(facts)
    facts.show_facts(
        [
            Fact("Arrives", "Tuesday 24 November", strong=True),
            Fact("Paper", "queued", theme.Tone.OK),
        ]
    )
    facts.show_facts([Fact("Arrives", "Wednesday 25 November")])
    assert facts.shown() == (("Arrives", "Wednesday 25 November"),)


def test_the_sheet_of_keys_opens_over_a_window_and_goes_by_esc(qtbot: QtBot) -> None:
    window = QWidget()
    window.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    window.resize(900, 700)
    sheet = KeySheet(window)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    sheet.toggle()
    focused = QApplication.focusWidget()
    assert sheet.is_open()
    assert focused is not None
    qtbot.keyClick(focused, Key.Key_Escape)
    assert not sheet.is_open()


def test_a_narrow_table_drops_the_column_that_counts_least(qtbot: QtBot) -> None:
    columns = (
        Column(title="Item", text=code_of),
        Column(title="Stock", text=quantity_of, chars=20, gives_way=2),
        Column(title="Price", text=quantity_of, chars=8, gives_way=1),
        Column(title="Qty", text=quantity_of, chars=5),
    )
    table = RowsView("Order lines", RowsModel(columns, key=code_of))
    qtbot.addWidget(table)
    table.show()

    def hidden_at(width: int) -> list[int]:
        table.resize(width, 200)
        return [at for at in range(4) if table.isColumnHidden(at)]

    assert hidden_at(900) == []
    assert hidden_at(340) == [1]
    assert hidden_at(230) == [1, 2]
    assert hidden_at(900) == []
