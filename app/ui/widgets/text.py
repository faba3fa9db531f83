"""Labels: text in the sizes of the theme, text that may be cut short, key badges, big numbers.

All text is shown as it is, never read as markup, except where a caller asks for bold parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.values.order_number import OrderNumber, grouped, spoken

EM_SPACE = "\u2003"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text; `strong` is bold, for what tells two things apart or must be said."""

    text: str
    strong: bool = False


def plain(parts: Iterable[Part]) -> str:
    """The parts as plain text, for screen readers and tests."""
    return "".join(part.text for part in parts)


def as_rich_text(parts: Iterable[Part]) -> str:
    """The parts as Qt rich text; what people typed cannot become markup."""
    return "".join(
        f"<b>{escape(part.text)}</b>" if part.strong else escape(part.text) for part in parts
    )


def label(
    words: str = "",
    text: theme.Text = theme.Text.BODY,
    tone: theme.Tone = theme.Tone.NORMAL,
    parent: QWidget | None = None,
) -> QLabel:
    """A label in one of the sizes and tones of the theme."""
    made = QLabel(words, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    theme.dress(made, text=text, tone=tone)
    return made


def wrapped(
    words: str = "",
    text: theme.Text = theme.Text.BODY,
    tone: theme.Tone = theme.Tone.NORMAL,
    parent: QWidget | None = None,
) -> QLabel:
    """A label that breaks into lines where it must."""
    made = label(words, text, tone, parent)
    made.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    return made


def caps(words: str, parent: QWidget | None = None) -> QLabel:
    """A small heading in capitals; screen readers hear it in normal case."""
    made = label("", theme.Text.CAPS, parent=parent)
    set_caps(made, words)
    return made


def set_caps(heading: QLabel, words: str) -> None:
    """Change the words of a heading made by `caps`."""
    heading.setText(words.upper())
    heading.setAccessibleName(words)


class ElidedLabel(QLabel):
    """One line, cut with an ellipsis where it does not fit; the whole text is the tool tip."""

    def __init__(
        self,
        words: str = "",
        text: theme.Text = theme.Text.BODY,
        tone: theme.Tone = theme.Tone.NORMAL,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(words, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        theme.dress(self, text=text, tone=tone)

    def is_cut(self) -> bool:
        """Whether not all of the text is to be seen."""
        return self.fontMetrics().horizontalAdvance(self._line()) > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        width = self.fontMetrics().averageCharWidth() * 4
        return QSize(min(width, super().sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._explain()

    def setText(self, words: str) -> None:
        super().setText(words)
        self._explain()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self._line(), Qt.TextElideMode.ElideRight, room.width()
        )
        self.style().drawItemText(
            painter,
            room,
            self.alignment().value | Qt.TextFlag.TextSingleLine.value,
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
        painter.end()

    def _line(self) -> str:
        return " ".join(self.text().split("\n"))

    def _explain(self) -> None:
        tip = self.text() if self.is_cut() else ""
        if tip != self.toolTip():
            self.setToolTip(tip)


class KeyBadge(QLabel):
    """The key that leads here, in a small frame: `F2`."""

    def __init__(self, action: shortcuts.Action, parent: QWidget | None = None) -> None:
        super().__init__(shortcuts.keys(action), parent)
        self.setAccessibleName(self.tr("Key {key}").format(key=self.text()))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_style_properties(self, {"badge": "true"})


class BigNumber(QWidget):
    """An order number to be said: large, in groups of 3, 3 and 4, with its words below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures = label("", theme.Text.HUGE, parent=self)
        self._words = label("", theme.Text.TITLE_LIGHT, theme.Tone.MUTED, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self._figures, self._words):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(part)

    def show_number(self, number: OrderNumber) -> None:
        """Show another number."""
        self._figures.setText(grouped(number).replace(" ", EM_SPACE))
        self._figures.setAccessibleName(spoken(number))
        self._words.setText(spoken(number).replace(", ", f",{EM_SPACE}"))

    def shown(self) -> str:
        """The number as it stands on screen, with single blanks."""
        return self._figures.text().replace(EM_SPACE, " ")

    def words(self) -> str:
        """The number as it is said."""
        return self._figures.accessibleName()
