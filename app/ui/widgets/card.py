"""Panels: the rounded card with its heading and key, and the card that says what to say next."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.ui.widgets.text import KeyBadge, Part, as_rich_text, caps, plain, set_caps, wrapped


class Card(QFrame):
    """A panel with a heading in capitals, the key that leads to it, and a `body` layout to fill."""

    def __init__(
        self,
        title: str,
        action: shortcuts.Action | None = None,
        *,
        surface: theme.Surface = theme.Surface.CARD,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        theme.dress(self, surface=surface)
        self._heading = caps(title, self)
        self.header = QHBoxLayout()
        self.header.addWidget(self._heading)
        self.header.addStretch(1)
        self.badge = KeyBadge(action, self) if action is not None else None
        if self.badge is not None:
            self.header.addWidget(self.badge)
        self.body = QVBoxLayout()
        self.body.setSpacing(4)
        self._lock: QLabel | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(5)
        layout.addLayout(self.header)
        layout.addLayout(self.body, 1)

    def lock(self, reason: str) -> None:
        """Let nothing in it be changed, with the reason above; an empty one opens it again."""
        shown = self._lock.text() if self._lock is not None else ""
        if reason == shown:
            return
        if self._lock is None:
            self._lock = wrapped("", theme.Text.SMALL, theme.Tone.WARN, self)
            self._lock.setObjectName("locked")
            self.body.insertWidget(0, self._lock)
        self._lock.setText(reason)
        theme.set_shown(self._lock, bool(reason))
        for part in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if part not in {self._lock, self._heading, self.badge}:
                part.setEnabled(not reason)

    def set_title(self, title: str) -> None:
        """Change the heading."""
        set_caps(self._heading, title)
        self.setAccessibleName(title)

    def show_heading(self, *, shown: bool) -> None:
        """Take the heading in, or out where there is little room."""
        theme.set_shown(self._heading, shown)

    def title(self) -> str:
        """The heading in normal case."""
        return self.accessibleName()


class SayThis(Card):
    """The sentence to say now, what counts set in bold, and below it what to wait for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", shortcuts.Action.SCRIPT, surface=theme.Surface.SAY, parent=parent)
        self.set_title(self.tr("Say this"))
        self._sentence = wrapped("", theme.Text.SAY, parent=self)
        self._sentence.setTextFormat(Qt.TextFormat.RichText)
        self._hint = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self)
        self.body.addWidget(self._sentence)
        self.body.addWidget(self._hint)
        self.body.addStretch(1)
        self.say(())

    def say(self, parts: Sequence[Part], hint: str = "") -> None:
        """Show another sentence; without parts the card says that nothing need be said."""
        self._sentence.setText(as_rich_text(parts))
        self._sentence.setAccessibleName(plain(parts))
        theme.set_shown(self._sentence, bool(parts))
        self._hint.setText(hint)
        theme.set_shown(self._hint, bool(hint))
        self._take_room()

    def _take_room(self) -> None:
        """At once: else a longer sentence is painted once in the room of the one before."""
        column = self.parentWidget()
        for part in (self, column):
            layout = part.layout() if part is not None else None
            if layout is not None and self.isVisible():
                layout.activate()

    def sentence(self) -> str:
        """What is to be said, as plain text."""
        return self._sentence.accessibleName()

    def hint(self) -> str:
        """What stands below the sentence."""
        return self._hint.text()


class Box(QFrame):
    """A tinted box inside a card: a short heading and a sentence or two."""

    def __init__(self, surface: theme.Surface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=surface)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(14, 8, 14, 10)
        self.body.setSpacing(3)
        self._heading = wrapped("", theme.Text.STRONG, _TONES[surface], self)
        self._words = wrapped("", parent=self)
        self.body.addWidget(self._heading)
        self.body.addWidget(self._words)
        self.show_words("", "")

    def show_words(self, heading: str, words: str) -> None:
        """Change heading and text; an empty one takes no room."""
        for part, text in ((self._heading, heading), (self._words, words)):
            part.setText(text)
            theme.set_shown(part, bool(text))

    def words(self) -> tuple[str, str]:
        """Heading and text."""
        return self._heading.text(), self._words.text()


_TONES = {
    theme.Surface.BOX_INFO: theme.Tone.INFO,
    theme.Surface.BOX_OK: theme.Tone.OK,
    theme.Surface.BOX_WARN: theme.Tone.WARN,
    theme.Surface.BOX_ERROR: theme.Tone.ERROR,
}
