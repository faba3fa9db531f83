"""Buttons that name their key, and the chips that are switched on and off."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.ui import shortcuts, theme
from app.ui.icons import Icon, button_icon

KEY_GAP = "\u2002 "
RING_PX = 2
MARK_PX = 12


class StepButton(QPushButton):
    """A white button that says what it does and by which key: `Print  Ctrl+P`.

    The key itself is bound by the screen, so that it also works while the button has no focus.
    """

    kind = "step"

    def __init__(
        self,
        words: str,
        action: shortcuts.Action | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._key = "" if action is None else shortcuts.keys(action)
        self.setAutoDefault(False)
        theme.set_style_properties(self, {"kind": self.kind})
        self.set_words(words)

    def set_words(self, words: str) -> None:
        """Change what the button says; the key stays."""
        self.setText(f"{words}{KEY_GAP}{self._key}" if self._key else words)
        self.setAccessibleName(words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, as Space does; a held key counts once."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():
                self.click()
        else:
            super().keyPressEvent(event)

    def words(self) -> str:
        """What the button says, without the key."""
        return self.accessibleName()

    def allow(self, reason_why_not: str = "") -> None:
        """Enable the button, or disable it and tell the reason as tool tip and accessible text."""
        self.setEnabled(not reason_why_not)
        self.setToolTip(reason_why_not)
        self.setAccessibleDescription(reason_why_not or self._key)


class PrimaryButton(StepButton):
    """The one next step of a screen, in the accent colour."""

    kind = "primary"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the focus ring inside: a ring in the accent colour would vanish on this button."""
        super().paintEvent(event)
        if not self.hasFocus():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.colours().on_accent), RING_PX))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 4, 4)
        painter.end()


class PlainButton(StepButton):
    """A button without a frame for side acts: `Change`, `Use another address`."""

    kind = "plain"


class ToggleChip(QPushButton):
    """A pill that is on or off: ticked or not, or a filled or empty ring where one is chosen."""

    def __init__(
        self, words: str, *, one_of_many: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(words, parent)
        self._on = Icon.CHOSEN if one_of_many else Icon.CHECK
        self._off = Icon.OPEN if one_of_many else None
        self.setCheckable(True)
        self.setAutoExclusive(one_of_many)
        self.setAutoDefault(False)
        self.setAccessibleName(words)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(MARK_PX, MARK_PX))
        one = str(one_of_many).lower()
        theme.set_style_properties(self, {"kind": "toggle", "one_of_many": one})
        self.toggled.connect(self._redraw)
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._redraw()

    @Slot()
    def _redraw(self) -> None:
        icon = self._on if self.isChecked() else self._off
        tone = theme.Tone.INFO if self.isChecked() else theme.Tone.MUTED
        self.setIcon(button_icon(icon, theme.colour(tone), MARK_PX) if icon else QIcon())
