"""The dark bar above every screen and the strip below it: who is on the line, what is missing."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui import shortcuts, theme
from app.ui.icons import Icon
from app.ui.widgets.chip import Chip, ChipKind
from app.ui.widgets.text import ElidedLabel, label

BAR_HEIGHT_PX = 46
STRIP_HEIGHT_PX = 30


class CallBar(QFrame):
    """Product, call, recording, draft, connection, person. The one place that tells connectivity.

    Passive: every part is set from outside and hidden while it is empty. Where the window is too
    narrow the least important parts give way.
    """

    page_chosen = Signal(str)
    sync_chosen = Signal()
    call_back_chosen = Signal()
    work_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BAR)
        self.setFixedHeight(BAR_HEIGHT_PX)
        self.setAccessibleName(self.tr("Call"))
        self._product = label("Readback", theme.Text.PRODUCT, parent=self)
        self._call = label("", theme.Text.STRONG, parent=self)
        self._number = label("", tone=theme.Tone.MUTED, parent=self)
        self._recording = Chip(parent=self)
        self._saved = label("", tone=theme.Tone.MUTED, parent=self)
        self._call_back = Chip(parent=self)
        drafts = shortcuts.Action.DRAFTS
        self._call_back.lead_on(f"{shortcuts.label(drafts)}  {shortcuts.keys(drafts)}")
        self._call_back.clicked.connect(self.call_back_chosen)
        self._work = Chip(parent=self)
        work = shortcuts.Action.WORKLIST
        self._work.lead_on(f"{shortcuts.label(work)}  {shortcuts.keys(work)}")
        self._work.clicked.connect(self.work_chosen)
        self._sync = Chip(parent=self)
        outbox = shortcuts.Action.OUTBOX
        self._sync.lead_on(f"{shortcuts.label(outbox)}  {shortcuts.keys(outbox)}")
        self._sync.clicked.connect(self.sync_chosen)
        self._role = label("", tone=theme.Tone.MUTED, parent=self)
        self._person = ElidedLabel("", theme.Text.STRONG, parent=self)
        self._pages = QButtonGroup(self)
        self._page_row = QHBoxLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(12)
        self._page_row.setSpacing(8)
        layout.addWidget(self._product)
        layout.addSpacing(12)
        layout.addLayout(self._page_row)
        for part in (self._call, self._number, self._recording):
            layout.addWidget(part)
        layout.addStretch(1)
        for part in (
            self._call_back,
            self._work,
            self._saved,
            self._sync,
            self._role,
            self._person,
        ):
            layout.addWidget(part)
        self._wanted: dict[QWidget, bool] = dict.fromkeys(
            (self._call, self._number, self._work, self._saved, self._role, self._person), False
        )
        self._fit()

    def show_call(self, words: str, number: str = "") -> None:
        """What the line is doing (`On call  03:42`) and the caller's number; both may be empty."""
        self._set(self._call, words)
        self._set(self._number, number)

    def show_recording(self, kind: ChipKind, words: str, icon: Icon | None = None) -> None:
        """The state of the call recording; without words there is no chip."""
        self._recording.show_state(kind, words, icon)
        self._fit()

    def show_call_back(self, kind: ChipKind, words: str, icon: Icon | None = None) -> None:
        """Whom to call back now; without words there is no chip."""
        self._call_back.show_state(kind, words, icon)
        self._fit()

    def show_work(
        self, words: str, kind: ChipKind = ChipKind.WARN, icon: Icon | None = None
    ) -> None:
        """How much needs a person; without words there is no chip."""
        self._work.show_state(kind, words, icon)
        self._wanted[self._work] = bool(words)
        self._fit()

    def show_saved(self, words: str) -> None:
        """When the draft was last written to disk."""
        self._set(self._saved, words)

    def show_sync(self, kind: ChipKind, words: str, icon: Icon | None = None) -> None:
        """How the desk stands with the central service."""
        self._sync.show_state(kind, words, icon)
        self._fit()

    def show_person(self, name: str, role: str = "") -> None:
        """Who is signed in."""
        self._set(self._person, name)
        self._set(self._role, role)

    def set_pages(self, pages: Sequence[tuple[str, str]]) -> None:
        """Offer pages by key and title; none for a bar without pages."""
        for button in self._pages.buttons():
            self._pages.removeButton(button)
            self._page_row.removeWidget(button)
            button.deleteLater()
        for key, title in pages:
            self._page_row.addWidget(self._page_button(key, title))
        self._fit()

    def show_page(self, key: str) -> None:
        """Mark a page as the one in view."""
        for button in self._pages.buttons():
            button.setChecked(button.objectName() == key)

    def pages(self) -> tuple[str, ...]:
        """The keys of the pages on offer."""
        return tuple(button.objectName() for button in self._pages.buttons())

    def told(self) -> tuple[str, ...]:
        """All that is to be read in the bar now, left to right."""
        parts: list[tuple[QWidget, str]] = [
            (part, part.text()) for part in (self._product, self._call, self._number)
        ]
        parts.append((self._recording, self._recording.words()))
        parts.append((self._call_back, self._call_back.words()))
        parts.append((self._work, self._work.words()))
        parts.append((self._saved, self._saved.text()))
        parts.append((self._sync, self._sync.words()))
        parts.extend((part, part.text()) for part in (self._role, self._person))
        return tuple(words for part, words in parts if not part.isHidden())

    def _page_button(self, key: str, title: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setObjectName(key)
        button.setCheckable(True)
        button.setAutoDefault(False)
        theme.set_style_properties(button, {"kind": "page"})
        self._pages.addButton(button)
        button.clicked.connect(self._choose_page)
        return button

    def _choose_page(self) -> None:
        button = self._pages.checkedButton()
        if button is not None:
            self.page_chosen.emit(button.objectName())

    def _set(self, part: QLabel, words: str) -> None:
        if words == part.text():
            return
        part.setText(words)
        self._wanted[part] = bool(words)
        self._fit()
        layout = self.layout()
        if layout is not None:
            layout.activate()  # longer words are never painted in the room of shorter ones

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Hide from the least important on until the rest has room."""
        for part, wanted in self._wanted.items():
            theme.set_shown(part, wanted)
        for part in (self._saved, self._role, self._work, self._number, self._person):
            if self._needed() <= self.width():
                return
            part.hide()

    def _needed(self) -> int:
        layout = self.layout()
        return layout.sizeHint().width() if layout is not None else 0


class StatusStrip(QFrame):
    """What is still missing on the left, the keys of the moment on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.STRIP)
        self.setFixedHeight(STRIP_HEIGHT_PX)
        self._words = ElidedLabel("", theme.Text.SMALL_STRONG, parent=self)
        self._hints = label("", theme.Text.SMALL, theme.Tone.MUTED, self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(16)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._hints, 0, Qt.AlignmentFlag.AlignRight)

    def show_missing(self, items: Sequence[str]) -> None:
        """List what is still needed; with nothing missing it says so."""
        if items:
            listed = "  \u00b7  ".join(items)
            self.show_words(self.tr("Still needed:  {items}").format(items=listed), theme.Tone.WARN)
        else:
            self.show_words(self.tr("Nothing is missing."), theme.Tone.OK)

    def show_words(self, words: str, tone: theme.Tone = theme.Tone.MUTED) -> None:
        """Say something else on the left."""
        self._words.setText(words)
        self._words.setAccessibleName(words)
        theme.dress(self._words, tone=tone)

    def words(self) -> str:
        """What stands on the left."""
        return self._words.text()

    def hints(self) -> str:
        """What stands on the right."""
        return self._hints.text()

    def show_hints(self, hints: Sequence[tuple[str, str]]) -> None:
        """Keys of the moment, each as shown key and what it does."""
        self._hints.setText("    ".join(f"{key} {words}" for key, words in hints))

    def show_action_hints(self, actions: Sequence[shortcuts.Action]) -> None:
        """As `show_hints`, from the table of keys."""
        self.show_hints([(shortcuts.keys(a), shortcuts.label(a).lower()) for a in actions])
