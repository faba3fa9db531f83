"""Ctrl+K: every action by its name, with the key that does it at once, so that the palette trains.

The keyboard never leaves the search line: arrows choose, Enter runs, Esc closes and gives the focus
back. What cannot be done now is listed with its reason. Runs on the GUI thread.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui import shortcuts, theme
from app.ui.table_model import Align, Column, RowsModel
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.text import label

WIDTH_PX = 560
HEIGHT_PX = 420


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be run by name; with a reason why not, it is listed but does nothing."""

    title: str
    run: Callable[[], object] = field(compare=False)
    action: shortcuts.Action | None = None
    reason_why_not: str = ""

    def key(self) -> str:
        """The key that runs it without the palette, empty if there is none."""
        return "" if self.action is None else shortcuts.keys(self.action)


def matching(commands: Sequence[Command], typed: str) -> tuple[Command, ...]:
    """The commands that hold every typed word, best first; all when nothing is typed."""
    words = _folded(typed).split()
    ranked = [(_rank(command, words), at, command) for at, command in enumerate(commands)]
    kept = [(rank, at, command) for rank, at, command in ranked if rank is not None]
    return tuple(command for _, _, command in sorted(kept, key=_order))


def _order(ranked: tuple[int, int, Command]) -> tuple[bool, int, int]:
    rank, at, command = ranked
    return bool(command.reason_why_not), rank, at


def _rank(command: Command, words: list[str]) -> int | None:
    """0 when the title begins as typed, 1 for beginnings of words, 2 for parts, None for no."""
    title, key = _folded(command.title), _folded(command.key())
    if not all(word in title or word == key for word in words):
        return None
    if title.startswith(" ".join(words)):
        return 0
    parts = title.split()
    begun = all(any(part.startswith(word) for part in parts) or word == key for word in words)
    return 1 if begun else 2


def _folded(text: str) -> str:
    """Lower case without accents."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


class _SearchLine(QLineEdit):
    """Keeps the keys that steer the list, also from the shortcuts of the window."""

    moved = Signal(int)
    accepted = Signal()

    def event(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return super().event(event)
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.type() is QEvent.Type.ShortcutOverride and plain and event.key() in _STEERING:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress and event.key() in _STEPS:
            self.moved.emit(_STEPS[event.key()])
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.accepted.emit()
        else:
            super().keyPressEvent(event)


_STEPS: dict[int, int] = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Backtab: -1,
    Qt.Key.Key_Tab: 1,
}
_STEERING = {*_STEPS, Qt.Key.Key_Return, Qt.Key.Key_Enter}


class CommandPalette(Overlay):
    """All commands of the window; `offer` is asked anew each time the palette opens."""

    def __init__(self, host: QWidget, offer: Callable[[], Sequence[Command]]) -> None:
        super().__init__(host, "", WIDTH_PX, HEIGHT_PX)
        self.setAccessibleName(self.tr("All actions"))
        self._offer = offer
        self._commands: tuple[Command, ...] = ()
        self._line = _SearchLine(self)
        self._line.setAccessibleName(self.tr("Action"))
        self._line.setPlaceholderText(self.tr("What would you like to do?"))
        theme.dress(self._line, text=theme.Text.LINE)
        shortcuts.hand_through(self._line)
        self.setFocusProxy(self._line)
        self._rows = RowsModel(_columns(), key=_title_of, parent=self)
        self._list = RowsView(self.tr("Actions"), self._rows, self)
        self._list.horizontalHeader().hide()
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        hint = label(self.tr("\u2191\u2193 choose   Enter do it   Esc close"), theme.Text.SMALL)
        theme.dress(hint, tone=theme.Tone.MUTED)
        self.body.addWidget(self._line)
        self.body.addWidget(self._list, 1)
        self.body.addWidget(hint)
        self._line.textChanged.connect(self._filter)
        self._line.moved.connect(self._move)
        self._line.accepted.connect(self._run)
        self._list.clicked.connect(self._run_clicked)

    @Slot()
    def toggle(self) -> None:
        """Open the palette, or close it and give the focus back; bind this to Ctrl+K."""
        if self.is_open():
            self.give_back()
            return
        self._commands = tuple(self._offer())
        self._line.clear()
        self._filter("")
        self.show_over()

    def titles(self) -> tuple[str, ...]:
        """What is listed, best first."""
        return tuple(command.title for command in self._rows.rows())

    def chosen(self) -> Command | None:
        """The command Enter would run."""
        return self._list.chosen_row()

    @Slot(str)
    def _filter(self, typed: str) -> None:
        self._rows.set_rows(matching(self._commands, typed))
        self._list.choose(0)

    @Slot(int)
    def _move(self, step: int) -> None:
        count = self._rows.rowCount()
        if count:
            self._list.choose((self._list.currentIndex().row() + step) % count)

    @Slot()
    def _run(self) -> None:
        command = self.chosen()
        if command is None or command.reason_why_not:
            return
        self.give_back()
        command.run()

    @Slot(QModelIndex)
    def _run_clicked(self, index: QModelIndex) -> None:
        self._list.choose(index.row())
        self._run()


def _columns() -> tuple[Column[Command], ...]:
    return (
        Column(title="", text=_title_of, tone=_tone_of),
        Column(title="", text=_remark_on, tone=_muted, align=Align.END, chars=30),
    )


def _title_of(command: Command) -> str:
    return command.title


def _remark_on(command: Command) -> str:
    return command.reason_why_not or command.key()


def _tone_of(command: Command) -> theme.Tone:
    return theme.Tone.MUTED if command.reason_why_not else theme.Tone.NORMAL


def _muted(_command: Command) -> theme.Tone:
    return theme.Tone.MUTED
