"""Inputs with their label above and what is wrong with them below, in words and with a shape.

A field never judges its text: a presenter does, and tells it with `show_message`. Values set from
outside never move the cursor of somebody who types. All keys of the table pass through to the
screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import shortcuts, theme
from app.ui.icons import Icon, IconLabel, drawing
from app.ui.widgets.text import caps, set_caps, wrapped

V = TypeVar("V")
FIELD_GAP_PX = 2
MARK_PX = 12


@dataclass(frozen=True, slots=True)
class FieldMessage:
    """What stands below an input; `say` is a sentence to read to the caller, without quotes."""

    tone: theme.Tone
    sentence: str
    say: str = ""


_ICONS = {
    theme.Tone.OK: Icon.CHECK,
    theme.Tone.WARN: Icon.WARNING,
    theme.Tone.ERROR: Icon.ERROR,
    theme.Tone.INFO: Icon.INFO,
}


class Field(QWidget):
    """Label, input, message. Give the input to `_build`; screens use the classes below."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = caps(words, self)
        self._message: FieldMessage | None = None
        self._icon = IconLabel(parent=self, size_px=MARK_PX)
        self._sentence = wrapped("", theme.Text.SMALL, parent=self)
        self._say = wrapped("", parent=self)
        self._below = QHBoxLayout()
        self._below.setSpacing(5)
        self._below.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._below.addWidget(self._sentence, 1)
        theme.set_shown(self._sentence, False)
        theme.set_shown(self._say, False)

    def _build(self, entry: QWidget) -> None:
        self._entry = entry
        self.setFocusProxy(entry)
        self._label.setBuddy(entry)
        entry.setAccessibleName(self._label.accessibleName())
        shortcuts.hand_through(entry)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(FIELD_GAP_PX)
        for part in (self._label, entry):
            layout.addWidget(part)
        layout.addLayout(self._below)
        layout.addWidget(self._say)
        layout.addStretch(1)

    def set_label(self, words: str) -> None:
        """Rename the field (an address form does so for another country)."""
        set_caps(self._label, words)
        self._entry.setAccessibleName(words)

    def hide_label(self) -> None:
        """Leave the label to the card around the field; screen readers still hear it."""
        theme.set_shown(self._label, False)

    def label(self) -> str:
        """The name of the field in normal case."""
        return self._label.accessibleName()

    def message(self) -> FieldMessage | None:
        """What stands below the input now."""
        return self._message

    def show_message(self, message: FieldMessage | None) -> None:
        """Say something below the input, or nothing."""
        if message == self._message:
            return
        self._message = message
        tone = message.tone if message else theme.Tone.NORMAL
        sentence = message.sentence if message else ""
        say = message.say if message else ""
        self._icon.show_icon(_ICONS.get(tone))
        self._sentence.setText(sentence)
        self._say.setText(self.tr("Say: \u201c{words}\u201d").format(words=say) if say else "")
        for part in (self._icon, self._sentence):
            theme.dress(part, tone=tone)
        theme.dress(self._entry, tone=tone)
        theme.set_shown(self._sentence, bool(sentence))
        theme.set_shown(self._say, bool(say))
        self._entry.setAccessibleDescription(" ".join(part for part in (sentence, say) if part))

    def show_error(self, sentence: str, say: str = "") -> None:
        """Something must be mended here."""
        self.show_message(FieldMessage(theme.Tone.ERROR, sentence, say))

    def show_warning(self, sentence: str, say: str = "") -> None:
        """Something may be wrong here; it is allowed all the same."""
        self.show_message(FieldMessage(theme.Tone.WARN, sentence, say))

    def show_good(self, sentence: str) -> None:
        """This has been checked and is right."""
        self.show_message(FieldMessage(theme.Tone.OK, sentence))

    def show_hint(self, sentence: str) -> None:
        """A word of help, in grey."""
        self.show_message(FieldMessage(theme.Tone.MUTED, sentence))

    def clear_message(self) -> None:
        """Nothing to say."""
        self.show_message(None)


class LabelledField(Field):
    """One line of text.

    `edited` follows every keystroke; `committed` comes once when Enter is pressed or the focus
    leaves after a change; `entered` comes with every Enter, after `committed`: time to go on.
    """

    edited = Signal(str)
    committed = Signal(str)
    entered = Signal()

    def __init__(self, words: str, *, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.edit = QLineEdit(self)
        self.edit.setPlaceholderText(placeholder)
        self._build(self.edit)
        self._kept = ""
        self.edit.textEdited.connect(self.edited)
        self.edit.returnPressed.connect(self._enter)
        self.edit.editingFinished.connect(self.commit)

    def text(self) -> str:
        """What stands in the field, as typed."""
        return self.edit.text()

    def set_text(self, words: str) -> None:
        """Show a text; nothing moves when it is already there."""
        self._kept = words
        if self.edit.text() != words:
            self.edit.setText(words)
            if not self.edit.hasFocus():
                self.edit.setCursorPosition(0)

    @Slot()
    def commit(self) -> None:
        """Hand over what was typed, if it changed since it was last set or handed over."""
        if self.edit.text() != self._kept:
            self._kept = self.edit.text()
            self.committed.emit(self._kept)

    @Slot()
    def _enter(self) -> None:
        self.commit()
        self.entered.emit()


class NumberField(LabelledField):
    """A short field for a whole number; any text may be typed, and what is no number is None."""

    def __init__(self, words: str, *, chars: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(words, parent=parent)
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.edit.setInputMethodHints(Qt.InputMethodHint.ImhPreferNumbers)
        self.edit.setFixedWidth(self.edit.fontMetrics().horizontalAdvance("0") * chars + 24)

    def number(self) -> int | None:
        """The whole number in the field, of any sign; None for anything else."""
        words = self.text().strip().replace(",", "")
        digits = words.removeprefix("-")
        return int(words) if digits.isascii() and digits.isdigit() else None


class _TextArea(QPlainTextEdit):
    """Plain text; tells when the focus has left."""

    left = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class TextAreaField(Field):
    """Several lines of plain text. Tab moves on, Enter makes a new line."""

    edited = Signal(str)
    committed = Signal(str)

    def __init__(self, words: str, *, lines: int = 3, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.edit = _TextArea(self)
        self.edit.setTabChangesFocus(True)
        self.edit.document().setDocumentMargin(2)
        self.edit.setFixedHeight(self.edit.fontMetrics().lineSpacing() * lines + 10)
        self._build(self.edit)
        self._kept = ""
        self.edit.textChanged.connect(self._changed)
        self.edit.left.connect(self.commit)

    def text(self) -> str:
        """What stands in the field, as typed."""
        return self.edit.toPlainText()

    def set_text(self, words: str) -> None:
        """Show a text; nothing moves when it is already there."""
        self._kept = words
        if self.edit.toPlainText() != words:
            blocked = self.edit.blockSignals(True)
            self.edit.setPlainText(words)
            self.edit.blockSignals(blocked)

    @Slot()
    def commit(self) -> None:
        """Hand over what was typed, if it changed since it was last set or handed over."""
        if self.text() != self._kept:
            self._kept = self.text()
            self.committed.emit(self._kept)

    @Slot()
    def _changed(self) -> None:
        self.edited.emit(self.text())


class _Choices(QComboBox):
    """A combo box with an arrow of ours, which the mouse wheel does not change in passing."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        arrow = drawing(
            Icon.DROP_DOWN, theme.colour(theme.Tone.MUTED), MARK_PX, self.devicePixelRatioF()
        )
        at_end = self.layoutDirection() is Qt.LayoutDirection.LeftToRight
        x = self.width() - MARK_PX - 8 if at_end else 8
        painter.drawPixmap(QPointF(x, (self.height() - MARK_PX) / 2), arrow)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel and not self.hasFocus():
            event.ignore()
            return True
        return super().event(event)


class ChoiceField(Field, Generic[V]):
    """One of a few; `chosen` comes only for a choice made at the desk and carries the value."""

    chosen = Signal(object)

    def __init__(
        self, words: str, options: Sequence[tuple[V, str]] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(words, parent)
        self.edit = _Choices(self)
        self._build(self.edit)
        self._values: tuple[V, ...] = ()
        self.set_options(options)
        self.edit.activated.connect(self._choose)

    def set_options(self, options: Sequence[tuple[V, str]]) -> None:
        """Offer other values; the chosen one stays chosen if it is still among them."""
        before = self.value()
        self._values = tuple(value for value, _ in options)
        self.edit.clear()
        self.edit.addItems([words for _, words in options])
        if before is not None:
            self.set_value(before)

    def value(self) -> V | None:
        """The chosen value, None when there is nothing to choose from."""
        at = self.edit.currentIndex()
        return self._values[at] if 0 <= at < len(self._values) else None

    def set_value(self, value: V) -> None:
        """Show a value as chosen; one that is not offered changes nothing."""
        if value in self._values:
            self.edit.setCurrentIndex(self._values.index(value))

    @Slot(int)
    def _choose(self, at: int) -> None:
        self.chosen.emit(self._values[at])


class CheckField(QCheckBox):
    """A box to tick, with its words beside it; `clicked(bool)` comes for what a person did."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setAccessibleName(words)
        shortcuts.hand_through(self)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        part = QStyle.SubElement.SE_CheckBoxIndicator
        box = QRectF(self.style().subElementRect(part, option, self))
        tick = drawing(
            Icon.CHECK, QColor(theme.colours().on_accent), MARK_PX, self.devicePixelRatioF()
        )
        painter = QPainter(self)
        painter.drawPixmap(box.center() - QPointF(MARK_PX / 2, MARK_PX / 2), tick)
        painter.end()
