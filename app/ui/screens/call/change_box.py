"""The question before a change is sent: take in what others did, keep it as a request, or cancel.

Passive; like the question about like orders it stands above the next step.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.call import focus
from app.ui.screens.call.amending import ChangeQuestion
from app.ui.screens.call.question_keys import QuestionKeys
from app.ui.widgets.buttons import KEY_GAP, StepButton
from app.ui.widgets.text import wrapped

_KEY = "T"


class ChangeBox(QFrame):
    """`gone_on` on T, `left` on Esc; Enter answers nothing, for it was pressed for another."""

    gone_on = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self.setObjectName("change-question")
        self.is_asking = False
        self._heading = wrapped("", theme.Text.STRONG, theme.Tone.WARN, self)
        self._words = wrapped("", theme.Text.SMALL, parent=self)
        self.go_on = StepButton(self.tr("Go on"), parent=self)
        self.go_on.clicked.connect(self.gone_on)
        signals = {Qt.Key.Key_T: self.gone_on, Qt.Key.Key_Escape: self.left}
        self.go_on.installEventFilter(QuestionKeys(signals, self))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.setSpacing(4)
        for part in (self._heading, self._words, self.go_on):
            layout.addWidget(part)
        self.hide()

    @Slot(object)
    def show_question(self, question: ChangeQuestion | None) -> None:
        """Show a question, or put it away."""
        self.is_asking = question is not None
        theme.set_shown(self, self.is_asking)
        if question is None:
            return
        self._heading.setText(question.heading)
        self._words.setText(question.words)
        self.go_on.setText(f"{question.go_on}{KEY_GAP}{_KEY}")
        self.go_on.setAccessibleName(question.go_on)
        words = f"{question.heading}. {question.words}"
        self.setAccessibleName(words)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def take_focus(self) -> None:
        """To the answer."""
        focus.go_to(self.go_on)

    def words(self) -> tuple[str, str, str]:
        """What is shown."""
        return self._heading.text(), self._words.text(), self.go_on.accessibleName()
