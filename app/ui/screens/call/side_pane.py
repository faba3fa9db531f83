"""The right column: what to say now, what is done and what is missing, and the one next step.

Passive: shows a CallState. Rows of the checklist lead to their pane.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.call.state import CallState, Phase, Topic, TopicRow
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton
from app.ui.widgets.card import Box, Card, SayThis
from app.ui.widgets.checklist import Checklist, CheckRow, CheckState
from app.ui.widgets.text import Part, wrapped


class SidePane(QWidget):
    """Say this, the checklist, and Place order. As a rail only the shapes of the checklist stay."""

    topic_chosen = Signal(object)
    place_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._say = SayThis(self)
        self._card = Card("", Action.READ_BACK, parent=self)
        self._card.set_title(self.tr("This order"))
        self.checklist = Checklist(self.tr("What the order needs"), self._card)
        self._caution = Box(theme.Surface.BOX_WARN, self._card)
        self.place = PrimaryButton(self.tr("Place order"), Action.COMMIT, self._card)
        self.place.setObjectName("place-order")
        self._reason = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self._card)
        self._titles = {
            Topic.CUSTOMER: self.tr("Customer and contact"),
            Topic.ITEMS: self.tr("Items and quantities"),
            Topic.DELIVERY: self.tr("Delivery address"),
            Topic.BILLING: self.tr("Billing address"),
            Topic.ARRIVAL: self.tr("Delivery date"),
        }
        self._is_rail = False
        self._lay_out()
        self.checklist.chosen.connect(self.topic_chosen)
        self.place.clicked.connect(self.place_asked)

    def _lay_out(self) -> None:
        self._say.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._card.body.addWidget(self.checklist, 1)
        for below in (self._caution, self.place, self._reason):
            self._card.body.addWidget(below)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self._say)
        layout.addWidget(self._card, 1)

    @Slot(object)
    def show_state(self, state: CallState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._say.say((Part(f"\u201c{state.say}\u201d"),) if state.say else ())
        self.checklist.show_rows([self._row(row) for row in state.topics])
        caution = state.cautions[0] if state.cautions else None
        self._caution.show_words(
            caution.sentence if caution else "",
            self.tr("Say: \u201c{words}\u201d").format(words=caution.say) if caution else "",
        )
        theme.set_shown(self._caution, caution is not None and not self._is_rail)
        why_not = self._why_not(state)
        self.place.allow(why_not)
        self._reason.setText(why_not or self._ready(state))

    def set_rail(self, narrow: bool) -> None:
        """Leave only the shapes of the checklist, in a strip of its own width."""
        for part in (self._say, self.place, self._reason):
            theme.set_shown(part, not narrow)
        theme.set_shown(self._caution, not narrow and bool(self._caution.words()[0]))
        self._card.set_title("" if narrow else self.tr("This order"))
        if self._card.badge is not None:
            theme.set_shown(self._card.badge, not narrow)
        self._is_rail = narrow
        side, layout = (2, self._card.layout()) if narrow else (12, self._card.layout())
        if layout is not None:
            layout.setContentsMargins(side, 8, side, 10)
        self.checklist.set_rail(narrow)
        self.checklist.setToolTip(self.tr("F8 opens this list") if narrow else "")

    def say_focus(self) -> None:
        """F1 or F8: the checklist gets the keyboard, where the sentence to say stands above."""
        self.checklist.setFocus()

    def _row(self, row: TopicRow) -> CheckRow:
        if row.done:
            return CheckRow(row.topic, self._titles[row.topic], CheckState.DONE, self.tr("Done"))
        words = self.tr("Ask now") if row.asking else self.tr("Not yet")
        state = CheckState.ASKING if row.asking else CheckState.OPEN
        return CheckRow(row.topic, self._titles[row.topic], state, words)

    def _why_not(self, state: CallState) -> str:
        if state.phase is Phase.PLACING:
            return self.tr("The order is being placed.")
        return state.reason_why_not if state.missing else ""

    def _ready(self, state: CallState) -> str:
        return self.tr("Everything is there.") if state.phase is Phase.TAKING else ""
