"""The question about an order that is much like another: is it one more, or the same?

Passive. It is shown as soon as it is known, which is mostly when the read-back begins.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.call import focus
from app.ui.screens.call.placing import LikeQuestion, Step
from app.ui.screens.call.question_keys import QuestionKeys
from app.ui.widgets.buttons import KEY_GAP, StepButton
from app.ui.widgets.text import wrapped

_ANOTHER, _SAME = Qt.Key.Key_A, Qt.Key.Key_S


class LikeOrdersBox(QFrame):
    """`another` on A, `same` on S, `left` on Esc."""

    another = Signal()
    same = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self.setObjectName("like-orders")
        self.is_asking = False
        self._heading = wrapped("", theme.Text.STRONG, theme.Tone.WARN, self)
        self._words = wrapped("", theme.Text.SMALL, parent=self)
        self._say = wrapped("", parent=self)
        self._go_on = {
            Step.READ_BACK: self.tr("Another order: go on"),
            Step.PAY: self.tr("Another order: take the payment"),
            Step.PLACE: self.tr("Another order: place it"),
        }
        signals = {_ANOTHER: self.another, _SAME: self.same, Qt.Key.Key_Escape: self.left}
        self._keys = QuestionKeys(signals, self)
        self.it_is_another = self._button("A")
        self.it_is_the_same = self._button("S")
        _name(self.it_is_another, self._go_on[Step.PLACE])
        _name(self.it_is_the_same, self.tr("The same: open that one"))
        self.it_is_another.clicked.connect(self.another)
        self.it_is_the_same.clicked.connect(self.same)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.setSpacing(4)
        for part in (
            self._heading,
            self._words,
            self._say,
            self.it_is_another,
            self.it_is_the_same,
        ):
            layout.addWidget(part)
        self.hide()

    def _button(self, key: str) -> StepButton:
        button = StepButton("", parent=self)
        button.setAccessibleDescription(key)
        button.installEventFilter(self._keys)
        return button

    @Slot(object)
    def show_question(self, question: LikeQuestion | None) -> None:
        """Show a question, or put it away."""
        self.is_asking = question is not None
        if question is None:
            theme.set_shown(self, False)
            return
        say = self.tr("Say: \u201c{words}\u201d").format(words=question.say)
        for label, text in (
            (self._heading, question.heading),
            (self._words, question.words),
            (self._say, say),
        ):
            label.setText(text)
        _name(self.it_is_another, self._go_on[question.step])
        theme.set_shown(self, True)
        words = f"{question.heading} {question.words} {say}"
        self.setAccessibleName(words)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def take_focus(self) -> None:
        """Enter chooses neither of the two; A, S or the space bar does."""
        focus.go_to(self.it_is_the_same)

    def words(self) -> tuple[str, str, str]:
        """What is shown."""
        return self._heading.text(), self._words.text(), self._say.text()


def _name(button: StepButton, words: str) -> None:
    """What it does, with its key."""
    button.setAccessibleName(words)
    button.setText(f"{words}{KEY_GAP}{button.accessibleDescription()}")
