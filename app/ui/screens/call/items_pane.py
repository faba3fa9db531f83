"""The order lines: finder, what it found, the line being edited, the table, and what it comes to.

Passive: shows the states of finder, lines and call; hands on keys. The finder keeps the keyboard
except while a quantity or a question is open, and gets it back right after.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.services.rules.stock_words import Offer
from app.ui import formatting, theme
from app.ui.screens.call import focus
from app.ui.screens.call.amending_strip import AmendingStrip
from app.ui.screens.call.finder import FinderPresenter, FinderRow, FinderState
from app.ui.screens.call.line_book import LineRow
from app.ui.screens.call.line_editor import LineEditor, SameCodeQuestion
from app.ui.screens.call.lines import LinesPresenter, LinesState
from app.ui.screens.call.lines_table import LinesTable, key_of, line_columns
from app.ui.screens.call.lookalikes import Telling
from app.ui.screens.call.pick_list import Pick, PickList, Steering
from app.ui.screens.call.shortage_box import ShortageBox
from app.ui.screens.call.state import CallState
from app.ui.screens.call.stock import StockPresenter
from app.ui.shortcuts import Action
from app.ui.table_model import RowsModel
from app.ui.widgets.card import Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import Part, label
from app.ui.widgets.totals import Fact, Totals
from app.values.identity import LineId
from app.wire.catalogue import ProductView
from app.wire.stock import StockStanding

MOST_ROWS = 6
LOW_WINDOW_PX = 500
LEAST_TABLE_PX = 62
TWO = 2


class ItemsPane(Card):
    """Everything about the lines of the order."""

    def __init__(
        self,
        finder: FinderPresenter,
        lines: LinesPresenter,
        stock: StockPresenter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", Action.ITEMS, parent=parent)
        self.set_title(self.tr("Order lines"))
        self._finder = finder
        self._lines = lines
        self._stock = stock
        self.field = LabelledField(
            self.tr("Find an item"), placeholder=self.tr("Code or words"), parent=self
        )
        self.field.setObjectName("finder")
        self.field.hide_label()
        theme.dress(self.field.edit, text=theme.Text.LINE)
        self._picks = PickList(self.tr("Items found"), MOST_ROWS, self)
        self.strip = AmendingStrip(self)
        self.editor = LineEditor(lines, self)
        self.question = SameCodeQuestion(lines, self)
        self.shortage = ShortageBox(self)
        self._rows = RowsModel(line_columns(), key=key_of, parent=self)
        self.table = LinesTable(self.tr("Order lines"), self._rows, self)
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
        for part in (
            self.strip,
            self.field,
            self._picks,
            self.editor,
            self.question,
            self.shortage,
        ):
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
        self._finder.instead_offered.connect(self.take_focus)
        self._stock.changed.connect(self.show_stock)
        self._stock.ticked.connect(self.show_stock)
        self.shortage.chosen.connect(self._settle_shortage)

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
        self._show_stock_of_line()
        if state.editing is not None:
            self.table.choose(state.editing.number - 1)

    @Slot()
    def show_stock(self) -> None:
        """Show how things stand by now: what counts down, and what is short."""
        self.shortage.show_shortage(self._stock.shortage)
        self._show_stock_of_line()
        if self._finder.state.rows:
            self.show_found(self._finder.state)

    def _show_stock_of_line(self) -> None:
        """What the open line can have."""
        editing = self._lines.state.editing
        code = editing.line.code if editing is not None else None
        words = self._stock.words_of(code) if code is not None else ""
        tone = _tone_of(self._stock.standing_of(code)) if code is not None else theme.Tone.MUTED
        self.editor.show_stock(tone, words)

    @Slot(object)
    def _settle_shortage(self, offer: Offer) -> None:
        """What is typed into an open line counts first."""
        was_here = focus.is_in(self.shortage)
        if not self.editor.take_all():
            return
        match offer:
            case Offer.TAKE:
                self._stock.take()
            case Offer.LATER:
                self._stock.let_follow()
            case Offer.OTHER:
                self._stock.look_for_other()
        if was_here:
            self.take_focus()

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
            self.shortage.set_low(is_low)
            theme.set_shown(self._foot_parts, not is_low)
            self.show_sums(self._sums_of)

    @Slot(object)
    def show_sums(self, state: CallState) -> None:
        """Show what the order comes to; where the window is low, only the total."""
        self._sums_of = state
        self.strip.show_state(state)
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
        words = self._stock.words_of(product.code)
        if words:
            return words, _tone_of(self._stock.standing_of(product.code))
        if product.available <= 0:
            return self.tr("None in stock"), theme.Tone.WARN
        words = self.tr("{count} in stock").format(count=formatting.quantity(product.available))
        return words, theme.Tone.OK

    def _remark_on(self, state: FinderState) -> tuple[theme.Tone, str]:
        if state.sentence:
            return theme.Tone.WARN, state.sentence
        if state.telling is not None:
            return theme.Tone.WARN, self._how_to_tell(state)
        if state.instead:
            return theme.Tone.INFO, state.instead
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


def _tone_of(standing: StockStanding | None) -> theme.Tone:
    """The colour of a standing."""
    if standing is None or not standing.tracked or not standing.confirmed:
        return theme.Tone.MUTED
    if standing.short or (standing.left <= 0 and not standing.held):
        return theme.Tone.WARN
    return theme.Tone.OK
