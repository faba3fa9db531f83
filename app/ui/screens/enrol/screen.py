"""The first screen of a desk nobody knows yet: where the centre is, and the code. Passive."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.screens.enrol.presenter import EnrolPresenter, EnrolState
from app.ui.widgets.buttons import PrimaryButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import wrapped

CARD_WIDTH_PX = 420


class EnrolScreen(QWidget):
    """One card with one field."""

    def __init__(self, presenter: EnrolPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = presenter
        card = Card("", parent=self)
        card.set_title(self.tr("Make this desk known"))
        card.setFixedWidth(CARD_WIDTH_PX)
        self._words = wrapped("", parent=card)
        self.code = LabelledField(self.tr("One-time code"), parent=card)
        self.button = PrimaryButton(self.tr("Make known"), parent=card)
        for part in (self._words, self.code, self.button):
            card.body.addWidget(part)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(middle)
        layout.addStretch(2)
        self.code.entered.connect(self.send)
        self.button.clicked.connect(self.send)
        presenter.state_changed.connect(self.show_state)
        self.show_state(presenter.state)
        self.code.setFocus()

    @Slot()
    def send(self) -> None:
        """Try the code as it stands."""
        self.presenter.try_code(self.code.text())

    @Slot(object)
    def show_state(self, state: EnrolState) -> None:
        """Show a state; the same state twice changes nothing."""
        words = self.tr(
            "The central service at {centre} does not know this desk yet. Ask an administrator"
            " for a one-time code."
        )
        self._words.setText(words.format(centre=state.centre))
        if state.sentence:
            self.code.show_error(state.sentence)
        else:
            self.code.clear_message()
        self.button.allow(self.tr("Asking the central service.") if state.busy else "")
