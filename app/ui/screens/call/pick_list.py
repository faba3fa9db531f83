"""A short list below a search field: the field keeps the focus, the arrows steer, Enter takes.

Passive: it shows the rows it is given and tells what was clicked. Runs on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import Icon, IconLabel
from app.ui.widgets.text import ElidedLabel, Part, as_rich_text, label, plain

MARK_PX = 12
_STEPS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_SIDEWAYS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One row: what it is, what stands below it in grey, and at its end a state and a figure."""

    words: tuple[Part, ...]
    below: str = ""
    state: str = ""
    state_tone: theme.Tone = theme.Tone.MUTED
    figure: str = ""

    def spoken(self) -> str:
        """The row in one breath."""
        parts = (plain(self.words), self.below, self.state, self.figure)
        return ", ".join(part.strip() for part in parts if part)


class Steering(QObject):
    """Turns Up and Down in a one-line field into `moved`."""

    moved = Signal(int)

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        field.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take the arrow keys; everything else is the field's."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _STEPS.get(event.key())
            if step is not None:
                self.moved.emit(step)
                return True
        return False


class PickList(QFrame):
    """Shows up to `most` rows around the current one, a sentence, and how to choose."""

    clicked = Signal(int)

    def __init__(self, name: str, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._most = most
        self._first = 0
        self._current = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        theme.dress(self, surface=theme.Surface.BOX_INFO)
        self._rows = [_PickRow(self) for _ in range(most)]
        self._icon = IconLabel(parent=self, size_px=MARK_PX)
        self._sentence = ElidedLabel("", theme.Text.SMALL_STRONG, parent=self)
        self._hint = label("", theme.Text.SMALL, theme.Tone.MUTED, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 5, 10, 5)
        layout.setSpacing(0)
        for at, row in enumerate(self._rows):
            layout.addWidget(row)
            row.pressed.connect(partial(self._click, at))
        layout.addLayout(self._foot())
        self.hide()

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(4, 2, 0, 0)
        foot.setSpacing(5)
        foot.addWidget(self._icon)
        foot.addWidget(self._sentence, 1)
        foot.addWidget(self._hint)
        return foot

    def show_picks(self, picks: Sequence[Pick], current: int | None) -> None:
        """Show other rows; `current` is marked and kept in view."""
        self._first = _first_shown(len(picks), current, self._most)
        self._current = picks[current].spoken() if current is not None else ""
        for at, row in enumerate(self._rows):
            place = self._first + at
            if place < len(picks):
                row.show_pick(picks[place], current=place == current)
            theme.set_shown(row, place < len(picks))

    def show_sentence(self, tone: theme.Tone, sentence: str, hint: str = "") -> None:
        """What to know about the rows, or why there are none; `hint` names the keys."""
        icons = {theme.Tone.WARN: Icon.WARNING, theme.Tone.ERROR: Icon.ERROR}
        self._icon.show_icon(icons.get(tone) if sentence else None)
        for part in (self._icon, self._sentence):
            theme.dress(part, tone=tone)
        self._sentence.setText(sentence)
        self._hint.setText(hint)
        theme.set_shown(self._hint, bool(hint))

    def sentence(self) -> str:
        """What is said about the rows."""
        return self._sentence.text()

    def current(self) -> str:
        """The marked row, as a screen reader hears it."""
        return self._current

    def shown(self) -> tuple[str, ...]:
        """The rows in view, as a screen reader hears them."""
        return tuple(row.accessibleName() for row in self._rows if not row.isHidden())

    def _click(self, at: int) -> None:
        self.clicked.emit(self._first + at)


def _first_shown(count: int, current: int | None, most: int) -> int:
    """The first row in view, so that the current one is among them with one more to come."""
    if current is None or count <= most:
        return 0
    return min(max(0, current - most + 2), count - most)


class _PickRow(QFrame):
    """One row; widgets are reused for whatever is found next."""

    pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark = IconLabel(parent=self, size_px=MARK_PX)
        self._mark.show_icon(Icon.CURRENT)
        keep = self._mark.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._mark.setSizePolicy(keep)
        theme.dress(self._mark, tone=theme.Tone.INFO)
        self._words = label("", theme.Text.LINE, parent=self)
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._below = ElidedLabel("", theme.Text.SMALL, theme.Tone.MUTED, self)
        self._state = label("", theme.Text.SMALL, parent=self)
        self._figure = label("", theme.Text.STRONG, parent=self)
        self._lay_out()
        theme.set_shown(self, False)

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._words)
        middle.addWidget(self._below)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._mark)
        layout.addLayout(middle, 1)
        layout.addWidget(self._state)
        layout.addWidget(self._figure)

    def show_pick(self, pick: Pick, *, current: bool) -> None:
        """Show another row; texts that stay are not touched."""
        self._words.setText(as_rich_text(pick.words))
        self._below.setText(pick.below)
        theme.set_shown(self._below, bool(pick.below))
        self._state.setText(pick.state)
        theme.dress(self._state, tone=pick.state_tone)
        self._figure.setText(pick.figure)
        self._mark.setVisible(current)
        self.setAccessibleName(pick.spoken())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        event.accept()


def take_enter(*buttons: QPushButton) -> None:
    """A row of buttons that answers a question: Enter presses, the arrows go along the row."""
    for button in buttons:
        _Buttons(button, buttons)


class _Buttons(QObject):
    """The keys of one button in a row."""

    def __init__(self, button: QPushButton, row: tuple[QPushButton, ...]) -> None:
        super().__init__(button)
        self._button = button
        self._row = row
        button.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take Enter and the arrows; everything else is the button's."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._button.click()
            return True
        step = _SIDEWAYS.get(event.key())
        if step is None:
            return False
        self._row[(self._row.index(self._button) + step) % len(self._row)].setFocus()
        return True
