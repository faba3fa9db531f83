"""Small forms around the payment: where a pay link goes, and which call it is. No card data.

Passive; they stand here and not beside the card fields, because their fields keep text.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.call import card_guard, focus
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.fields import LabelledField

LONGEST_TEXT = 200


class OneFieldForm(QFrame):
    """One field and one button; `given(str)` on Enter or by the button, never empty."""

    given = Signal(str)

    def __init__(self, title: str, button: StepButton, parent: QWidget) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_INFO)
        self.field = LabelledField(title, parent=self)
        self.button = button
        button.setParent(self)
        foot = QHBoxLayout()
        foot.addWidget(button)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addLayout(foot)
        self.field.entered.connect(self._give)
        button.clicked.connect(self._give)
        self.hide()

    def open(self, text: str, hint: str) -> None:
        """Show it with what is known already, and the keyboard in it."""
        self.field.set_text(text)
        self.field.show_hint(hint)
        self.show()
        focus.go_to(self.field)

    @Slot()
    def _give(self) -> None:
        judged = card_guard.when_left(self.field.edit.text()[:LONGEST_TEXT])
        text = judged.text.strip()
        if judged.sentence:
            self.field.set_text(text)
            self.field.show_error(judged.sentence)
        elif text:
            self.given.emit(text)
        else:
            self.field.show_error(self.tr("This is needed."))


def link_form(parent: QWidget) -> OneFieldForm:
    """Where a pay link goes."""
    words = parent.tr("E-mail address or mobile number")
    made = OneFieldForm(words, PrimaryButton(parent.tr("Send the pay link"), parent=parent), parent)
    made.setObjectName("link-form")
    return made


def reference_form(parent: QWidget) -> OneFieldForm:
    """Which call it is, where the recorder cannot tell."""
    words = parent.tr("Call reference, as your telephone shows it")
    made = OneFieldForm(words, StepButton(parent.tr("Pause this call"), parent=parent), parent)
    made.setObjectName("reference-form")
    return made
