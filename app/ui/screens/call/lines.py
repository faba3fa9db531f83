"""Intents on the lines of the order: add, change, price, remove, duplicate, merge.

Every intent looks at the line it changes and shares the rest. What a caller was told is never
changed behind the CSR's back: a told price stays through quantity changes, and the same code twice
is asked about. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Caller
from app.services.rules import pricing
from app.services.rules.amending import locked_why, why_not_line
from app.services.rules.stock_words import Lacking
from app.ui.background import Background
from app.ui.notices import notice_of
from app.ui.screens.call.line_book import LineBook, LineRow, Lines
from app.ui.screens.call.lookalikes import LookalikeWatch
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import Ids, LineId, ProductCode
from app.values.money import UnitPrice, parse_unit_price
from app.values.order_life import OrderAct
from app.values.quantity import check_quantity, is_unusual, parse_quantity
from app.values.vocabulary import ProductKind
from app.wire.catalogue import Lookalikes, ProductView
from app.wire.orders import LINES_MOST, OrderLine
from app.wire.stock import StockStanding

LONGEST_REASON = 200


class LineField(StrEnum):
    """What is edited of a line."""

    QUANTITY = "quantity"
    PRICE = "price"
    REASON = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a field of the line editor was refused, or what to ask again."""

    field: LineField
    sentence: str
    is_error: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SameCode:
    """The question when a code is on the order already.

    Into that line, a line of its own, or neither.
    """

    product: ProductView
    quantity: int | None
    row: LineRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesState:
    """The lines as the items pane shows them.

    `editing` is the line whose quantity and price are open.
    """

    rows: tuple[LineRow, ...] = ()
    pieces: int = 0
    editing: LineRow | None = None
    suggested_quantity: int | None = None
    question: SameCode | None = None
    problem: Problem | None = None


class LinesPresenter(QObject):
    """Holds one LinesState.

    `finished` tells that the editor's work is done, `learned` that more is known of the products.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    finished = Signal()
    learned = Signal()

    def __init__(
        self,
        order: OrderInHand,
        caller: Caller,
        background: Background,
        ids: Ids,
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._watch = LookalikeWatch(caller, background, self)
        self._watch.learned.connect(self._learn_lookalikes)
        self._watch.notice.connect(self.notice)
        self._ids = ids
        self._clock = clock
        self.book = LineBook()
        self._state = LinesState()

    @property
    def state(self) -> LinesState:
        """What is shown now."""
        return self._state

    def follow(self) -> None:
        """The order changed, here or elsewhere; show its lines."""
        self.book.follow(self._order.document.lines)
        still = self._edited_now()
        question = self._state.question
        if question is not None and self.book.find(question.row.line_id) is None:
            question = None
        self._show(
            replace(
                self._state,
                rows=self.book.rows,
                pieces=self.book.pieces,
                editing=still,
                suggested_quantity=self._state.suggested_quantity if still else None,
                question=question,
                problem=self._state.problem if still else None,
            )
        )
        self._look_out(self.book.changed)

    def _edited_now(self) -> LineRow | None:
        """The row that is being edited, as it is by now."""
        editing = self._state.editing
        return self.book.find(editing.line_id) if editing is not None else None

    def lookalikes_of(self, code: ProductCode) -> Lookalikes | None:
        """What a product of this order could be taken for; None until that is known."""
        return self._watch.of(code)

    @property
    def is_asking(self) -> bool:
        """Whether what lines could be taken for is still being asked for."""
        return self._watch.is_asking

    def begin(self) -> None:
        """Another order is in hand."""
        self._watch.begin()
        self.book = LineBook()
        amends = self._order.document.amends
        if amends is not None:
            self.book.compare_with({line.line_id: line.quantity for line in amends.lines})
        self._state = LinesState()

    def add_product(self, product: ProductView, quantity: int | None = None) -> LineId | None:
        """Add a line and open its quantity where none was given.

        None when the same code is asked about first.
        """
        self.book.learn_one(product)
        row = self.book.row_with(product.code)
        if row is not None and product.kind is ProductKind.GOODS:
            question = SameCode(product=product, quantity=quantity, row=row)
            self._show(replace(self._state, question=question, editing=None, problem=None))
            return None
        return self._add(product, quantity)

    def keep_as_new_line(self) -> LineId | None:
        """The answer to the same code twice: a line of its own."""
        question = self._state.question
        if question is None:
            return None
        self._show(replace(self._state, question=None))
        return self._add(question.product, question.quantity)

    def merge(self) -> None:
        """The answer to the same code twice.

        More of the line that is there. Its quantity in all is then open.
        """
        question = self._state.question
        if question is None:
            return
        self._show(replace(self._state, question=None))
        row = self.book.find(question.row.line_id)
        if row is None:
            return
        together = row.line.quantity + (question.quantity or 1)
        if self.set_quantity(row.line_id, str(together)) and question.quantity is None:
            self._open(row, together)

    def leave_question(self) -> None:
        """The answer to the same code twice: neither."""
        self._show(replace(self._state, question=None))
        self.finished.emit()

    def add_charge(
        self, code: ProductCode, description: str, quantity: int, price: UnitPrice
    ) -> LineId:
        """Add a line that is only money (carriage, manual)."""
        line = OrderLine(
            line_id=LineId(self._ids.new()),
            kind=ProductKind.CHARGE,
            code=code,
            description=description,
            quantity=check_quantity(quantity),
            list_price=price,
            price_version=0,
            told_price=price,
            quoted_at=self._clock.now(),
        )
        self._append((line,))
        return line.line_id

    def add_lines(self, products: tuple[tuple[ProductView, int], ...]) -> None:
        """Add several lines in one step, at today's prices (a repeated order)."""
        self.book.learn(tuple(product for product, _ in products))
        self._append(tuple(self._quoted(product, quantity) for product, quantity in products))

    def exchange(self, line_id: LineId, product: ProductView) -> bool:
        """The caller meant this product: the line keeps its place and quantity, at its price.

        False where there is no such line any more.
        """
        row = self.book.find(line_id)
        if row is None:
            return False
        self.book.learn_one(product)
        now = self._clock.now()
        line = pricing.line_for(product, row.line.quantity, line_id=line_id, now=now)
        self._settled(row, line)
        return True

    def edit(self, line_id: LineId) -> None:
        """Open quantity and price of a line."""
        row = self.book.find(line_id)
        if row is not None:
            self._open(row, row.line.quantity)

    def stop_editing(self) -> None:
        """Close the line editor; what was accepted stays."""
        self._order.settle()
        if self._state.editing is None:
            return
        self._show(replace(self._state, editing=None, suggested_quantity=None, problem=None))
        self.finished.emit()

    def check_typed_quantity(self, text: str) -> None:
        """The quantity field changed; say at once what is wrong or unusual with it."""
        editing = self._state.editing
        if editing is None or not text.strip():
            return
        try:
            problem = self._warning_of(editing, parse_quantity(text))
        except Refusal as refusal:
            problem = Problem(field=LineField.QUANTITY, sentence=refusal.sentence)
        self._show(replace(self._state, problem=problem))

    def set_quantity(self, line_id: LineId, text: str) -> bool:
        """Take a typed quantity. False, with the sentence beside the field, where it is refused."""
        row = self.book.find(line_id)
        if row is None:
            return False
        try:
            quantity = parse_quantity(text)
        except Refusal as refusal:
            self._refuse(row, LineField.QUANTITY, refusal.sentence)
            return False
        why_not = why_not_line(self._order.document, line_id, quantity)
        if why_not:
            self._refuse(row, LineField.QUANTITY, why_not)
            return False
        self._replace(row, self._at_quantity(row.line, quantity))
        return True

    def set_price(self, line_id: LineId, text: str, reason: str) -> bool:
        """Take a told price with its reason. False where price or reason is refused."""
        row = self.book.find(line_id)
        if row is None:
            return False
        try:
            price = parse_unit_price(text, row.line.list_price.currency)
        except Refusal as refusal:
            self._refuse(row, LineField.PRICE, refusal.sentence)
            return False
        return self.tell_price(line_id, price, reason)

    def tell_price(self, line_id: LineId, price: UnitPrice, reason: str) -> bool:
        """The caller was told this price; one that differs from the list needs a reason."""
        row = self.book.find(line_id)
        if row is None:
            return False
        try:
            reason = refuse_card_digits(reason[:LONGEST_REASON], "told_reason")
            told = pricing.with_told_price(row.line, price, reason)
        except Refusal as refusal:
            self._refuse(row, LineField.REASON, refusal.sentence)
            return False
        self._replace(row, told)
        return True

    def remove(self, line_id: LineId) -> None:
        """Take a line off the order; undo brings it back."""
        why_not = why_not_line(self._order.document, line_id, 0)
        if why_not:
            self.notice.emit(notice_of(Refusal("line_locked", why_not, "lines")))
            return
        lines = tuple(line for line in self._order.document.lines if line.line_id != line_id)
        self._order.settle()
        self._change("remove", lines)
        self._order.settle()

    def duplicate(self, line_id: LineId) -> LineId | None:
        """The same line once more at the end, with its quantity open."""
        row = self.book.find(line_id)
        if row is None:
            return None
        line = msgspec.structs.replace(
            row.line, line_id=LineId(self._ids.new()), back_ordered=0, back_order_on=None
        )
        self._append((line,))
        self.edit(line.line_id)
        return line.line_id

    def learn(self, products: tuple[ProductView, ...], asked_for: tuple[ProductCode, ...]) -> None:
        """Products as the catalogue now holds them, for stock and changed prices."""
        self.book.learn(products)
        self.book.pass_over(asked_for)
        self._show(replace(self._state, rows=self.book.rows))
        self.learned.emit()

    def learn_stock(self, standings: tuple[StockStanding, ...]) -> None:
        """How products stand for this order now."""
        self.book.learn_stock(standings)
        self._show(replace(self._state, rows=self.book.rows, editing=self._edited_now()))

    def take_what_is_held(self, found: Lacking) -> None:
        """The caller takes what there is; a line of which there is nothing goes."""
        quantity = found.held + found.line.back_ordered
        row = self.book.find(found.line.line_id)
        if row is None:
            return
        if not quantity:
            self.remove(row.line_id)
            return
        line = msgspec.structs.replace(
            self._at_quantity(row.line, quantity),
            back_ordered=row.line.back_ordered,
            back_order_on=row.line.back_order_on,
        )
        self._settled(row, line)

    def let_follow(self, found: Lacking, on: date | None) -> None:
        """The caller waits for the rest, until about that day or until it comes."""
        row = self.book.find(found.line.line_id)
        if row is not None:
            pieces = row.line.back_ordered + found.short
            self._settled(
                row, msgspec.structs.replace(row.line, back_ordered=pieces, back_order_on=on)
            )

    def _settled(self, row: LineRow, line: OrderLine) -> None:
        """One step of its own."""
        self._order.settle()
        self._replace(row, line)
        self._order.settle()

    def _look_out(self, lines: Lines) -> None:
        """These lines are new or changed: what has to be said for them, now or when it is known."""
        goods = [line for line in lines if line.kind is ProductKind.GOODS]
        if goods:
            self._tell_what_to_say(goods)
            self._watch.look_out_for(line.code for line in goods)

    @Slot(object)
    def _learn_lookalikes(self, found: tuple[Lookalikes, ...]) -> None:
        self.book.learn_lookalikes(found)
        self._show(replace(self._state, rows=self.book.rows))
        if self._order.is_open:
            codes = {one.code for one in found if one.must_say}
            self._tell_what_to_say(
                [line for line in self._order.document.lines if line.code in codes]
            )

    def _tell_what_to_say(self, lines: Iterable[OrderLine]) -> None:
        """A line that has words keeps them; the others get theirs with the step that made them."""
        said = {
            line.line_id: msgspec.structs.replace(line, must_say=known.must_say)
            for line in lines
            if not line.must_say
            and line.kind is ProductKind.GOODS
            and (known := self._watch.of(line.code)) is not None
            and known.must_say
        }
        if said:
            present = self._order.document.lines
            self._order.follow_up(lines=tuple(said.get(line.line_id, line) for line in present))

    def _add(self, product: ProductView, quantity: int | None) -> LineId:
        line = self._quoted(product, quantity or 1)
        self._append((line,))
        if quantity is None and product.kind is ProductKind.GOODS:
            self.edit(line.line_id)
        else:
            self.finished.emit()
        return line.line_id

    def _quoted(self, product: ProductView, quantity: int) -> OrderLine:
        line_id = LineId(self._ids.new())
        return pricing.line_for(product, quantity, line_id=line_id, now=self._clock.now())

    def _at_quantity(self, line: OrderLine, quantity: int) -> OrderLine:
        """The line with another quantity; a price told by hand stays, else the list's step applies.

        Where the list has changed since the line was quoted, the quote holds: the change is shown,
        not made. What was to follow later is asked about anew.
        """
        if quantity != line.quantity:
            line = msgspec.structs.replace(line, back_ordered=0, back_order_on=None)
        product = self.book.product(line.code)
        if product is None or product.price_version != line.price_version:
            return msgspec.structs.replace(line, quantity=quantity)
        return pricing.with_quantity(line, product, quantity)

    def _append(self, lines: Lines) -> None:
        present = self._order.document.lines
        why_not = locked_why(self._order.document, OrderAct.ADD_LINE)
        if why_not:
            raise Refusal("line_locked", why_not, "code")
        if len(present) + len(lines) > LINES_MOST:
            raise Refusal("too_many_lines", self.tr("An order holds at most 5,000 lines."), "code")
        self._order.settle()
        self._change(f"line {lines[-1].line_id}" if lines else "", present + lines)

    def _replace(self, row: LineRow, line: OrderLine) -> None:
        if line == row.line:
            return
        lines = self._order.document.lines
        place = row.number - 1
        self._change(f"line {row.line_id}", (*lines[:place], line, *lines[place + 1 :]))

    def _change(self, step: str, lines: Lines) -> None:
        self._order.change(step, lines=lines)

    def _open(self, row: LineRow, quantity: int) -> None:
        self._show(
            replace(
                self._state, editing=row, suggested_quantity=quantity, problem=None, question=None
            )
        )

    def _refuse(self, row: LineRow, field: LineField, sentence: str) -> None:
        problem = Problem(field=field, sentence=sentence)
        self._show(replace(self._state, editing=row, problem=problem))

    def _warning_of(self, row: LineRow, quantity: int) -> Problem | None:
        product = self.book.product(row.line.code)
        typical = product.typical_quantity if product else None
        if row.line.kind is ProductKind.CHARGE or not is_unusual(quantity, typical):
            return None
        sentence = (
            self.tr("That is unusual: callers mostly take about {count}. Ask again.").format(
                count=f"{typical:,}"
            )
            if typical
            else self.tr("That is a large quantity. Ask for it once more.")
        )
        return Problem(field=LineField.QUANTITY, sentence=sentence, is_error=False)

    def _show(self, state: LinesState) -> None:
        self._state = state
        self.state_changed.emit(state)
