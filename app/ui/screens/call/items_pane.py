"""The order lines: finder, what it found, the line being edited, the table, and what it comes to.

Passive: shows the states of finder, lines and call; hands on keys. The finder keeps the keyboard
except while a quantity or a question is open, and gets it back right after.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, theme
from app.ui.icons import Icon
from app.ui.screens.call import focus
from app.ui.screens.call.finder import FinderPresenter, FinderRow, FinderState
from app.ui.screens.call.line_book import LineRow, Stock
from app.ui.screens.call.line_editor import LineEditor, SameCodeQuestion
from app.ui.screens.call.lines import LinesPresenter, LinesState
from app.ui.screens.call.lookalikes import Telling
from app.ui.screens.call.pick_list import Pick, PickList, Steering
from app.ui.screens.call.state import CallState
from app.ui.shortcuts import Action
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.card import Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.text import Part, label
from app.ui.widgets.totals import Fact, Totals
from app.values.identity import LineId
from app.values.vocabulary import ProductKind
from app.wire.catalogue import ProductView

MOST_ROWS = 6
LOW_WINDOW_PX = 500
LEAST_TABLE_PX = 62
TWO = 2
_COVERED = "\u2022\u2022\u2022"
"""In place of what the caller is asked to say: the CSR types what is heard, not what is seen."""


class ItemsPane(Card):
    """Everything about the lines of the order."""

    def __init__(
        self, finder: FinderPresenter, lines: LinesPresenter, parent: QWidget | None = None
    ) -> None:
        super().__init__("", Action.ITEMS, parent=parent)
        self.set_title(self.tr("Order lines"))
        self._finder = finder
        self._lines = lines
        self.field = LabelledField(
            self.tr("Find an item"), placeholder=self.tr("Code or words"), parent=self
        )
        self.field.setObjectName("finder")
        self.field.hide_label()
        theme.dress(self.field.edit, text=theme.Text.LINE)
        self._picks = PickList(self.tr("Items found"), MOST_ROWS, self)
        self.editor = LineEditor(lines, self)
        self.question = SameCodeQuestion(lines, self)
        self._rows = RowsModel(_columns(), key=_key_of, parent=self)
        self.table = _LinesTable(self.tr("Order lines"), self._rows, self)
        self._count = label("", theme.Text.SMALL, theme.Tone.MUTED, self)
        self._totals = Totals(self)
        self._is_low = False
        self._shown: tuple[LineRow, ...] = ()
        self._asked: LineId | None = None
        self._sums_of = CallState()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        left = QVBoxLayout()
        left.addWidget(self._count)
        self._foot_parts = QWidget(self)
        self._foot = QHBoxLayout(self._foot_parts)
        self._foot.setContentsMargins(0, 0, 0, 0)
        left.addWidget(self._foot_parts)
        left.addStretch(1)
        foot.addLayout(left, 1)
        foot.addWidget(self._totals)
        for part in (self.field, self._picks, self.editor, self.question):
            self.body.addWidget(part)
        self.table.setMinimumHeight(LEAST_TABLE_PX)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(foot)

    def _connect(self) -> None:
        self.field.edited.connect(self._finder.search)
        self.field.entered.connect(self._enter)
        Steering(self.field.edit).moved.connect(self._steer)
        self._picks.clicked.connect(self._finder.choose)
        self.table.edit_asked.connect(self.edit_chosen)
        self.table.doubleClicked.connect(self.edit_chosen)
        self.table.left.connect(self.take_focus)
        self._finder.state_changed.connect(self.show_found)
        self._lines.state_changed.connect(self.show_lines)
        self._lines.finished.connect(self._go_back_to_finder)

    @Slot()
    def take_focus(self) -> None:
        """F3: to the finder, with what stands in it marked."""
        focus.go_to(self.field)

    def add_to_foot(self, part: QWidget) -> None:
        """Room below the lines, beside the sums."""
        self._foot.addWidget(part)
        self._foot.addStretch(1)

    def chosen_line(self) -> LineId | None:
        """The line that line keys act on: the one being edited, else the table's cursor."""
        editing = self._lines.state.editing
        if editing is not None:
            return editing.line_id
        row = self.table.chosen_row()
        return row.line_id if row is not None else None

    @Slot(object)
    def show_found(self, state: FinderState) -> None:
        """Show what the finder found."""
        self.field.set_text(state.text)
        self._picks.show_picks([self._pick_of(row) for row in state.rows], state.current)
        tone, sentence = self._remark_on(state)
        hint = self.tr("\u2191\u2193 choose   Enter add") if state.rows else ""
        self._picks.show_sentence(tone, sentence, hint)
        theme.set_shown(self._picks, bool(state.rows or state.sentence))
        marked = self._picks.current()
        self.field.edit.setAccessibleDescription(" ".join(filter(None, (marked, sentence))))

    @Slot(object)
    def show_lines(self, state: LinesState) -> None:
        """Show the lines; only rows that changed are drawn anew."""
        before = len(self._shown)
        if state.rows is not self._shown:
            self._shown = state.rows
            self._show_rows()
        lines = formatting.counted(len(state.rows), self.tr("1 line"), self.tr("{count} lines"))
        pieces = formatting.counted(state.pieces, self.tr("1 item"), self.tr("{count} items"))
        none = self.tr("No items yet. Type a code or words above.")
        self._count.setText(f"{lines}  \u00b7  {pieces}" if state.rows else none)
        if len(state.rows) > before:
            self.table.choose(len(state.rows) - 1)
        self.question.show_question(state.question)
        self.editor.show_line(state)
        if state.editing is not None:
            self.table.choose(state.editing.number - 1)

    def hide_count_of(self, line_id: LineId | None) -> None:
        """Cover how many there are of a line, while the caller is asked; None: of no line."""
        if line_id != self._asked:
            self._asked = line_id
            self._show_rows()

    def _show_rows(self) -> None:
        rows = self._shown
        if self._asked is not None:
            rows = tuple(
                replace(row, is_asked=True) if row.line_id == self._asked else row for row in rows
            )
        self._rows.set_rows(rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.window().height() < LOW_WINDOW_PX
        if is_low != self._is_low:
            self._is_low = is_low
            theme.set_shown(self._foot_parts, not is_low)
            self.show_sums(self._sums_of)

    @Slot(object)
    def show_sums(self, state: CallState) -> None:
        """Show what the order comes to; where the window is low, only the total."""
        self._sums_of = state
        totals = state.totals
        theme.set_shown(self._totals, totals is not None)
        if totals is None:
            return
        tax = self.tr("{tax} included") if totals.tax_included else self.tr("{tax}")
        sums = (
            Fact(self.tr("Goods"), formatting.money(totals.goods)),
            Fact(self.tr("Delivery"), formatting.money(totals.delivery)),
            Fact(tax.format(tax=state.tax_label), formatting.money(totals.tax)),
        )
        total = Fact(self.tr("Total"), formatting.money(totals.total))
        self._totals.show_sums(() if self._is_low else sums, total)

    def _pick_of(self, row: FinderRow) -> Pick:
        product = row.product
        words = [Part(f"{product.code}  ", strong=row.told.by_code)]
        words += [Part(f"{word.text} ", strong=word.differs) for word in row.words]
        stock, tone = self._stock_of(product)
        return Pick(
            words=tuple(words),
            state=stock,
            state_tone=tone,
            figure=formatting.unit_price(product.breaks[0].price),
        )

    def _stock_of(self, product: ProductView) -> tuple[str, theme.Tone]:
        if product.withdrawn:
            return self.tr("Withdrawn"), theme.Tone.ERROR
        if product.available is None:
            return "", theme.Tone.MUTED
        if product.available <= 0:
            return self.tr("None in stock"), theme.Tone.WARN
        words = self.tr("{count} in stock").format(count=formatting.quantity(product.available))
        return words, theme.Tone.OK

    def _remark_on(self, state: FinderState) -> tuple[theme.Tone, str]:
        if state.sentence:
            return theme.Tone.WARN, state.sentence
        if state.telling is not None:
            return theme.Tone.WARN, self._how_to_tell(state)
        if state.quantity is not None:
            count = formatting.quantity(state.quantity)
            return theme.Tone.INFO, self.tr("Enter adds {count} of them.").format(count=count)
        return theme.Tone.MUTED, ""

    def _how_to_tell(self, state: FinderState) -> str:
        """What the rows have in common, and what to say first."""
        two = sum(row.alike for row in state.rows) == TWO
        these = self.tr("These two sound alike.") if two else self.tr("These sound alike.")
        match state.telling:
            case Telling.COLOUR:
                return f"{these} {self.tr('Say the colour first.')}"
            case Telling.SIZE:
                return f"{these} {self.tr('Say the size first.')}"
            case Telling.NUMBER:
                return self.tr("Their numbers sound alike. Say them digit by digit.")
            case Telling.LAST_LETTER:
                return self.tr("Their codes sound alike. Say the last letter with its word.")
            case Telling.CODE:
                return f"{these} {self.tr('Only the code tells them apart. Say the code.')}"
            case _:
                return f"{these} {self.tr('Say the difference first.')}"

    @Slot()
    def _enter(self) -> None:
        """What was refused is marked, so that the next code replaces it."""
        self._finder.enter()
        state = self._finder.state
        if state.sentence and state.current is None and not state.asking:
            self.field.edit.selectAll()

    @Slot(int)
    def _steer(self, step: int) -> None:
        """Arrows choose among what was found; with nothing found they go down to the lines."""
        if self._finder.state.rows:
            self._finder.move(step)
        elif step > 0 and self._lines.state.rows:
            focus.go_to(self.table)

    @Slot()
    def edit_chosen(self) -> None:
        """Open quantity and price of the line under the cursor."""
        row = self.table.chosen_row()
        if row is not None:
            self._lines.edit(row.line_id)

    @Slot()
    def _go_back_to_finder(self) -> None:
        """The editor has done its work; if the keyboard was in it, it goes back to the finder."""
        if focus.is_in(self):
            focus.go_to(self.field)


class _LinesTable(RowsView[LineRow]):
    """The lines; Enter edits the one under the cursor, Up on the first goes back to the finder."""

    left = Signal()
    edit_asked = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.edit_asked.emit()
        elif event.key() == Qt.Key.Key_Up and self.currentIndex().row() <= 0:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _columns() -> tuple[Column[LineRow], ...]:
    return (
        Column(title="#", text=_number, chars=4, gives_way=2, tone=_muted),
        Column(title=_tr("Code"), text=_code, chars=10),
        Column(title=_tr("Item"), text=_description, icon=_mark, hint=_remark, tone=_odd_price),
        Column(
            title=_tr("Sounds like"),
            text=_twin,
            chars=11,
            gives_way=3,
            icon=_twin_mark,
            hint=_what_to_say,
            tone=_warned,
        ),
        Column(title=_tr("Stock"), text=_stock, chars=10, gives_way=1, tone=_stock_tone),
        Column(
            title=_tr("Qty"),
            text=_quantity,
            chars=8,
            align=Align.END,
            bold=always,
            tone=_odd,
            read=_read_quantity,
        ),
        Column(title=_tr("Price"), text=_price, chars=9, align=Align.END, hint=_told),
        Column(
            title=_tr("Total"),
            text=_total,
            chars=11,
            align=Align.END,
            bold=always,
            read=_read_total,
        ),
    )


def _tr(words: str) -> str:
    return QCoreApplication.translate("ItemsPane", words)


def _key_of(row: LineRow) -> LineId:
    return row.line_id


def _number(row: LineRow) -> str:
    return str(row.number)


def _code(row: LineRow) -> str:
    return row.line.code


def _description(row: LineRow) -> str:
    return row.line.description


def _remark(row: LineRow) -> str:
    """What is odd about a line, in words."""
    if row.new_list_price is None:
        return ""
    price = formatting.unit_price(row.new_list_price)
    return _tr("The list price is {price} now; this caller was quoted before.").format(price=price)


def _mark(row: LineRow) -> Icon | None:
    return Icon.STALE if row.new_list_price is not None else None


def _odd_price(row: LineRow) -> theme.Tone:
    return theme.Tone.WARN if row.new_list_price is not None else theme.Tone.NORMAL


def _twin(row: LineRow) -> str:
    """The nearest product that a line can be taken for."""
    if not row.line.must_say:
        return ""
    return row.sounds_like.code if row.sounds_like is not None else _tr("another")


def _twin_mark(row: LineRow) -> Icon | None:
    return Icon.WARNING if row.line.must_say else None


def _what_to_say(row: LineRow) -> str:
    """Which product it can be taken for, and what the caller has to say."""
    if not row.line.must_say:
        return ""
    say = _tr("The caller has to say “{words}”.").format(words=row.line.must_say)
    if row.sounds_like is None:
        return say
    other = row.sounds_like
    twin = _tr("Can be taken for {code} {description}.")
    return f"{twin.format(code=other.code, description=other.description)} {say}"


def _warned(row: LineRow) -> theme.Tone:
    return theme.Tone.WARN if row.line.must_say else theme.Tone.NORMAL


def _stock(row: LineRow) -> str:
    if row.line.kind is ProductKind.CHARGE:
        return _tr("Charge")
    if row.stock is Stock.ENOUGH:
        return _tr("In stock")
    if row.stock is Stock.SHORT:
        count = formatting.quantity(max(0, row.available or 0))
        return _tr("{count} now").format(count=count)
    return ""


def _stock_tone(row: LineRow) -> theme.Tone:
    tones = {Stock.ENOUGH: theme.Tone.OK, Stock.SHORT: theme.Tone.WARN}
    return tones.get(row.stock, theme.Tone.MUTED)


def _quantity(row: LineRow) -> str:
    if row.is_asked:
        return _COVERED
    count = formatting.quantity(row.line.quantity)
    return f"{count} ?" if row.unusual else count


def _read_quantity(row: LineRow) -> str:
    return _tr("covered until the caller has said it") if row.is_asked else _quantity(row)


def _read_total(row: LineRow) -> str:
    return _tr("covered until the caller has said it") if row.is_asked else _total(row)


def _odd(row: LineRow) -> theme.Tone:
    return theme.Tone.WARN if row.unusual else theme.Tone.NORMAL


def _price(row: LineRow) -> str:
    star = "*" if row.line.told_reason else ""
    return f"{star}{formatting.unit_price(row.line.told_price)}"


def _told(row: LineRow) -> str:
    """Why the told price is another than the list's."""
    if not row.line.told_reason:
        return ""
    price = formatting.unit_price(row.line.list_price)
    words = _tr("The list says {price}. Told because: {reason}.")
    return words.format(price=price, reason=row.line.told_reason)


def _total(row: LineRow) -> str:
    return _COVERED if row.is_asked else formatting.money(row.total)


def _muted(_row: LineRow) -> theme.Tone:
    return theme.Tone.MUTED
