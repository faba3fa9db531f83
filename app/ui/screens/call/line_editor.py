"""What opens below the finder when a line is edited, and the question when a code comes twice.

Passive: shows a LinesState and hands on what was typed. Enter takes and closes, Tab goes on to the
price and its reason, Esc closes and keeps what was taken before.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import formatting, theme
from app.ui.icons import Icon, IconLabel
from app.ui.screens.call import focus
from app.ui.screens.call.line_book import LineRow
from app.ui.screens.call.lines import LineField, LinesPresenter, LinesState, Problem, SameCode
from app.ui.screens.call.lookalikes import twin_words
from app.ui.screens.call.message import Message
from app.ui.screens.call.pick_list import MARK_PX, take_enter
from app.ui.widgets.buttons import StepButton
from app.ui.widgets.fields import LabelledField, NumberField
from app.ui.widgets.text import ElidedLabel, Part, as_rich_text, label, plain, wrapped
from app.values.identity import LineId
from app.wire.catalogue import ProductView
from app.wire.orders import OrderLine


class LineEditor(QFrame):
    """Quantity, told price and reason of one line."""

    def __init__(self, presenter: LinesPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._line_id: LineId | None = None
        theme.dress(self, surface=theme.Surface.BOX_INFO)
        self._what = ElidedLabel("", theme.Text.STRONG, parent=self)
        self.quantity = NumberField(self.tr("Quantity"), chars=9, parent=self)
        self.quantity.setObjectName("line-quantity")
        self.price = LabelledField(self.tr("Price told"), parent=self)
        self.price.setObjectName("line-price")
        self.reason = LabelledField(self.tr("Reason"), parent=self)
        self.reason.setObjectName("line-reason")
        self._hint = label(
            self.tr("Enter accept   Tab price"), theme.Text.SMALL, theme.Tone.MUTED, self
        )
        self._twin = _Twin(self)
        self._lay_out()
        self._connect()
        self.hide()

    def _lay_out(self) -> None:
        for field in (self.quantity, self.price):
            field.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.price.edit.setFixedWidth(self.quantity.edit.maximumWidth() + 10)
        self.price.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        head = QHBoxLayout()
        head.addWidget(self._what, 1)
        head.addWidget(self._hint)
        fields = QHBoxLayout()
        fields.setSpacing(10)
        fields.addWidget(self.quantity)
        fields.addWidget(self.price)
        fields.addWidget(self.reason, 1)
        self._message = Message(self)
        self._stock = Message(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 8)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(self._twin)
        layout.addLayout(fields)
        layout.addWidget(self._stock)
        layout.addWidget(self._message)

    def _connect(self) -> None:
        self.quantity.edited.connect(self._presenter.check_typed_quantity)
        self.quantity.entered.connect(self._accept_quantity)
        self.quantity.edit.editingFinished.connect(self._keep_quantity)
        self.price.entered.connect(self._accept_all)
        self.reason.entered.connect(self._accept_all)
        _Escape(self.quantity.edit, self._presenter)
        _Escape(self.price.edit, self._presenter)
        _Escape(self.reason.edit, self._presenter)

    def show_line(self, state: LinesState) -> None:
        """Show the line that is open, or nothing; a line newly opened gets the keyboard."""
        row = state.editing
        was, self._line_id = self._line_id, row.line_id if row else None
        if row is None:
            theme.set_shown(self, False)
            return
        self._show_row(row)
        theme.set_shown(self, True)
        self._show_problem(state.problem)
        if was != row.line_id:
            self._open(row, state.suggested_quantity)

    def show_stock(self, tone: theme.Tone, words: str) -> None:
        """How many can be had; nothing where stock is not kept."""
        self._stock.tell(tone, words)

    def _show_row(self, row: LineRow) -> None:
        line = row.line
        self._what.setText(
            self.tr("Line {number}   {code}   {description}").format(
                number=row.number, code=line.code, description=line.description
            )
        )
        self._twin.show_twin(line, row.sounds_like)

    def _open(self, row: LineRow, quantity: int | None) -> None:
        together = quantity is not None and quantity != row.line.quantity
        words = self.tr("How many in all") if together else self.tr("Quantity")
        self.quantity.set_label(words)
        self.quantity.set_text(str(quantity or row.line.quantity))
        price = formatting.unit_price(row.line.told_price)
        self.price.set_text(price.lstrip("\u00a3$\u20ac"))
        self.reason.set_text(row.line.told_reason)
        focus.go_to(self.quantity)

    def _show_problem(self, problem: Problem | None) -> None:
        beside = {
            LineField.QUANTITY: self.quantity,
            LineField.PRICE: self.price,
            LineField.REASON: self.reason,
        }
        for key, field in beside.items():
            mine = problem is not None and problem.field is key
            tone = theme.Tone.ERROR if problem and problem.is_error else theme.Tone.WARN
            theme.dress(field.edit, tone=tone if mine else theme.Tone.NORMAL)
            field.edit.setAccessibleDescription(problem.sentence if problem and mine else "")
        tone = theme.Tone.ERROR if problem and problem.is_error else theme.Tone.WARN
        self._message.tell(tone, problem.sentence if problem else "")

    @Slot()
    def _accept_quantity(self) -> None:
        line_id = self._line_id
        if line_id is None:
            return
        if self._presenter.set_quantity(line_id, self.quantity.text()):
            self._presenter.stop_editing()
        else:
            focus.go_to(self.quantity)

    @Slot()
    def _keep_quantity(self) -> None:
        """The field was left for another pane: what was typed counts, as with Enter."""
        if self._line_id is not None and self.isVisible():
            self._presenter.set_quantity(self._line_id, self.quantity.text())

    @Slot()
    def _accept_all(self) -> None:
        self.take_all()

    def take_all(self) -> bool:
        """Take what stands in the fields and close.

        False, with the keyboard in the field that is refused, where something has to be mended.
        """
        line_id = self._line_id
        if line_id is None:
            return True
        if not self._presenter.set_quantity(line_id, self.quantity.text()):
            focus.go_to(self.quantity)
            return False
        if not self._presenter.set_price(line_id, self.price.text(), self.reason.text()):
            problem = self._presenter.state.problem
            wants_reason = problem is not None and problem.field is LineField.REASON
            focus.go_to(self.reason if wants_reason else self.price)
            return False
        self._presenter.stop_editing()
        return True


class _Twin(QWidget):
    """What the line could be taken for, with the words in bold that tell it apart."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        icon = IconLabel(Icon.WARNING, MARK_PX, self)
        theme.dress(icon, tone=theme.Tone.WARN)
        self._words = label("", theme.Text.SMALL, theme.Tone.WARN, self)
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(icon)
        layout.addWidget(self._words, 1)
        theme.set_shown(self, False)

    def show_twin(self, line: OrderLine, twin: ProductView | None) -> None:
        """Show the nearest lookalike of a line, or nothing."""
        theme.set_shown(self, twin is not None)
        if twin is None:
            return
        told = twin_words(twin, line)
        before = self.tr("Sounds like")
        parts = [Part(f"{before} "), Part(f"{twin.code} ", strong=told.by_code)]
        parts += [Part(f"{word.text} ", strong=word.differs) for word in told.words]
        self._words.setText(as_rich_text(parts))
        self.setAccessibleName(plain(parts).strip())


class _Escape(QObject):
    """Esc in a field of the editor closes it; nothing that was taken is lost."""

    def __init__(self, field: QWidget, presenter: LinesPresenter) -> None:
        super().__init__(field)
        self._presenter = presenter
        field.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take Esc before the screen's own key does."""
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress:
            self._presenter.stop_editing()
            return True
        return False


class SameCodeQuestion(QFrame):
    """A code that is on the order already.

    Put them together, keep a line of its own, or neither.
    """

    def __init__(self, presenter: LinesPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._asked: SameCode | None = None
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self._words = wrapped("", theme.Text.STRONG, theme.Tone.WARN, self)
        self.merge = StepButton(self.tr("More of that line"), parent=self)
        self.keep = StepButton(self.tr("A line of its own"), parent=self)
        self.leave = StepButton(self.tr("Neither"), parent=self)
        buttons = QHBoxLayout()
        for button in (self.merge, self.keep, self.leave):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 8)
        layout.addWidget(self._words)
        layout.addLayout(buttons)
        self.merge.clicked.connect(presenter.merge)
        self.keep.clicked.connect(presenter.keep_as_new_line)
        self.leave.clicked.connect(presenter.leave_question)
        for button in (self.merge, self.keep, self.leave):
            button.setObjectName(f"same-code-{button.words().split()[0].lower()}")
        take_enter(self.merge, self.keep, self.leave)
        self.hide()

    def show_question(self, question: SameCode | None) -> None:
        """Ask, or take the question away; a new question gets the keyboard."""
        was, self._asked = self._asked, question
        theme.set_shown(self, question is not None)
        if question is None or question is was:
            return
        words = self.tr(
            "{code} is on line {number} already, with {count}. What does the caller want?"
        )
        self._words.setText(
            words.format(
                code=question.product.code,
                number=question.row.number,
                count=formatting.quantity(question.row.line.quantity),
            )
        )
        focus.go_to(self.merge)
