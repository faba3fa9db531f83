"""The right column: what to say now, the rows of the read-back, and the one next step.

Passive: shows a CallState and a ReadBackState. Until there are checklists the rows are what the
order needs; each leads to its pane.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.ui.screens.call import focus
from app.ui.screens.call.amending import ChangeQuestion
from app.ui.screens.call.change_box import ChangeBox
from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.ui.screens.call.like_orders_box import LikeOrdersBox
from app.ui.screens.call.message import Message
from app.ui.screens.call.override_form import OverrideForm
from app.ui.screens.call.placing import LikeQuestion
from app.ui.screens.call.read_back_pane import GuideCard, check_row
from app.ui.screens.call.state import CallState, Phase, Topic, TopicRow
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton, PrimaryButton
from app.ui.widgets.card import Box, Card
from app.ui.widgets.checklist import Checklist, CheckRow, CheckState
from app.ui.widgets.fields import CheckField
from app.ui.widgets.text import Part, wrapped

LOW_WINDOW_PX = 560
"""Below this the rows give way to the question that is asked."""


class SidePane(QWidget):
    """Say this, the read-back, and Place order. As a rail only the shapes of the rows stay."""

    topic_chosen = Signal(object)
    row_chosen = Signal(str)
    place_asked = Signal()
    card_asked = Signal()
    override_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.guide = GuideCard(self)
        self._card = Card("", Action.READ_BACK, parent=self)
        self._card.set_title(self.tr("Read-back"))
        self.checklist = Checklist(self.tr("Read-back"), self._card)
        self._told = Message(self._card)
        self._caution = Box(theme.Surface.BOX_WARN, self._card)
        self.slow = CheckField(self.tr("One fact at a time"), self._card)
        self.slow.setObjectName("slow")
        self.override = OverrideForm(self._card)
        self.like = LikeOrdersBox(self._card)
        self.change = ChangeBox(self._card)
        self.let_pass = PlainButton(self.tr("A lead lets it pass"), parent=self._card)
        self.let_pass.setObjectName("override")
        self.place = PrimaryButton(self.tr("Place order"), Action.COMMIT, self._card)
        self.place.setObjectName("place-order")
        self.card = PrimaryButton(self.tr("Take card"), Action.CARD, self._card)
        self.card.setObjectName("take-card")
        self._reason = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self._card)
        self._titles = {
            Topic.CUSTOMER: self.tr("Customer and contact"),
            Topic.ITEMS: self.tr("Items and quantities"),
            Topic.DELIVERY: self.tr("Delivery address"),
            Topic.BILLING: self.tr("Billing address"),
            Topic.ARRIVAL: self.tr("Delivery date"),
        }
        self._is_rail = False
        self._is_low = False
        self._call = CallState()
        self._guide = ReadBackState()
        self._asked: ChangeQuestion | None = None
        self._answers: QWidget | None = None
        self.is_answering = False
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.guide.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._card.body.addWidget(self.checklist, 1)
        for part in (self._told, self._caution, self.override, self.like, self.change):
            self._card.body.addWidget(part)
        row = QHBoxLayout()
        row.addWidget(self.slow)
        row.addStretch(1)
        row.addWidget(self.let_pass)
        self._card.body.addLayout(row)
        self._card.body.addWidget(self.place)
        self._card.body.addWidget(self.card)
        self._card.body.addWidget(self._reason)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(self.guide)
        self._column.addWidget(self._card, 1)
        self._column.addStretch()  # the question stays at the top when it stands alone

    def _connect(self) -> None:
        self.checklist.chosen.connect(self._choose)
        self.place.clicked.connect(self.place_asked)
        self.card.clicked.connect(self.card_asked)
        self.let_pass.clicked.connect(self.override_asked)

    def put_answers(self, answers: QWidget) -> None:
        """Give the answers to callers' questions their place; `show_answers` shows them."""
        self._answers = answers
        self._column.addWidget(answers, 1)
        self._fit()

    def show_answers(self) -> None:
        """The answers in place of the read-back."""
        self.is_answering = True
        self._fit()

    def show_read_back(self) -> None:
        """The read-back in place of the answers."""
        if self.is_answering:
            self.is_answering = False
            self._fit()

    @Slot(object)
    def show_state(self, state: CallState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._call = state
        self._show_sentence()
        self._show_rows()
        caution = state.cautions[0] if state.cautions else None
        self._caution.show_words(
            caution.sentence if caution else "",
            self.tr("Say: \u201c{words}\u201d").format(words=caution.say) if caution else "",
        )
        why_not = self._why_not(state)
        self.place.set_words(
            self.tr("Change the order") if state.is_change else self.tr("Place order")
        )
        self.place.allow(why_not)
        self.card.allow("" if state.can_take_card else why_not)
        ready = state.can_take_card and not self._is_taking_card()
        self._reason.setText(self._ready(state) if ready else why_not or self._ready(state))
        self._fit()

    @Slot(object)
    def show_like(self, question: LikeQuestion | None) -> None:
        """Ask whether the order was placed before.

        The keyboard goes to the answers where the CSR has not gone on meanwhile; else they come
        next, before another question of the read-back.
        """
        self.like.show_question(question)
        self._fit()
        if question is not None and question.is_prompt:
            self.like.take_focus()

    @Slot(object)
    def show_change(self, question: ChangeQuestion | None) -> None:
        """Ask what has to be settled before a change is sent."""
        self.change.show_question(question)
        self._asked = question
        self._show_sentence()
        self._fit()
        if question is not None:
            self.change.take_focus()

    @Slot(object)
    def show_guide(self, state: ReadBackState) -> None:
        """Show where the read-back stands."""
        before, self._guide = self._guide, state
        self.guide.show_guide(state)
        if state.told and state.told != before.told:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, state.told))
        self._show_sentence()
        self._show_rows()
        told = state.told if state.stage is not Stage.CAUSE else ""
        self._told.tell(theme.Tone.WARN, told)
        self.slow.setChecked(state.slow)
        self.override.show_state(state.override)
        self._fit()

    def set_rail(self, narrow: bool) -> None:
        """Leave only the shapes of the checklist, in a strip of its own width."""
        self._is_rail = narrow
        self._card.set_title("" if narrow else self.tr("Read-back"))
        if self._card.badge is not None:
            theme.set_shown(self._card.badge, not narrow)
        side, layout = (2, self._card.layout()) if narrow else (12, self._card.layout())
        if layout is not None:
            layout.setContentsMargins(side, 8, side, 10)
        self.checklist.set_rail(narrow)
        key = shortcuts.keys(Action.READ_BACK)
        tip = self.tr("{key} opens this list").format(key=key)
        self.checklist.setToolTip(tip if narrow else "")
        self._fit()

    @property
    def is_wide(self) -> bool:
        """Whether what to say can be read here."""
        return not self.isHidden() and not self._is_rail

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.window().height() < LOW_WINDOW_PX
        if is_low != self._is_low:
            self._is_low = is_low
            self._fit()

    def take_focus(self) -> None:
        """F8: where the answer goes; else to Place order, or to the rows."""
        if self._guide.override is not None:
            self.override.take_focus()
        elif self.like.is_asking:
            self.like.take_focus()
        elif self.change.is_asking:
            self.change.take_focus()
        elif self.guide.wants_focus():
            self.guide.take_focus()
        elif self._next_step().isEnabled():
            focus.go_to(self._next_step())
        else:
            self.checklist.setFocus()

    def _fit(self) -> None:
        """What is shown beside the rows, where there is room and reason for it."""
        wide, guide = not self._is_rail, self._guide
        answering = self.is_answering and wide
        lead = guide.override is not None
        is_asking_twice = self.like.is_asking or self.change.is_asking
        asking = self.guide.wants_focus()
        is_agreed = guide.stage is Stage.DONE
        theme.set_shown(self.checklist, not (lead and wide))
        can_ask = guide.begun and guide.left > 0 and self._call.phase is Phase.TAKING
        shown = {
            self.guide: not (answering or ((lead or is_asking_twice) and self._is_low)),
            self.like: self.like.is_asking,
            self.change: self.change.is_asking,
            self.place: self._next_step() is self.place and not is_asking_twice,
            self.card: self._next_step() is self.card and not is_asking_twice,
            self._reason: not is_asking_twice,
            self._told: bool(guide.told) and not lead and guide.stage is not Stage.CAUSE,
            self._caution: bool(self._caution.words()[0]) and not (lead or asking or is_agreed),
            self.slow: guide.begun and not (self._is_low or lead),
            self.let_pass: can_ask and not (self._is_low or lead),
            self.override: lead,
        }
        for part, is_wanted in shown.items():
            theme.set_shown(part, wide and is_wanted)
        stands_alone = self.guide.wants_focus() and not (lead or is_asking_twice)
        gives_way = self._is_low and wide and stands_alone
        theme.set_shown(self._card, not (answering or gives_way))
        if self._answers is not None:
            theme.set_shown(self._answers, answering)

    def _show_sentence(self) -> None:
        """Outside the read-back: the question that is due; while a card is taken, what it needs."""
        if self._asked is not None:
            say = self._asked.say
            self.guide.say((Part(f"\u201c{say}\u201d"),) if say else (), "")
            return
        script, stage = self._call.script, self._guide.stage
        if script is not None and stage is not Stage.ASKING:
            self.guide.say((Part(f"\u201c{script.say}\u201d"),) if script.say else (), script.hint)
            return
        if stage is Stage.ASKING:
            return
        quiet = stage in {Stage.CORRECTING, Stage.CAUSE, Stage.DONE}
        say = "" if quiet else self._call.say
        hint = self._done_hint() if stage is Stage.DONE else ""
        if stage is Stage.CORRECTING:
            key = shortcuts.keys(Action.READ_BACK)
            hint = self.tr("Put it right, then {key}. Esc leaves it as it was.").format(key=key)
        self.guide.say((Part(f"\u201c{say}\u201d"),) if say else (), hint)

    def _next_step(self) -> PrimaryButton:
        """Taking the card comes before placing; while it is taken the order waits for it."""
        is_next = self._call.wants_card and not self._is_taking_card()
        return self.card if is_next else self.place

    def _is_taking_card(self) -> bool:
        """Whether the card fields are in view, or the bank is asked."""
        return self._call.script is not None and bool(self._call.script.needed)

    def _done_hint(self) -> str:
        if self._call.wants_card:
            card = shortcuts.keys(Action.CARD)
            return self.tr("Nothing is left to ask. {key} takes the card.").format(key=card)
        key = shortcuts.keys(Action.COMMIT)
        if self._call.is_change:
            return self.tr("Nothing is left to ask. {key} changes the order.").format(key=key)
        if self._call.is_paid_later:
            words = self.tr("Nothing is left to ask. {card} takes a card, {key} places the order.")
            return words.format(card=shortcuts.keys(Action.CARD), key=key)
        return self.tr("Nothing is left to ask. {key} places the order.").format(key=key)

    def _show_rows(self) -> None:
        if self._guide.rows:
            self.checklist.show_rows([check_row(row) for row in self._guide.rows])
        else:
            self.checklist.show_rows([self._row(row) for row in self._call.topics])

    @Slot(object)
    def _choose(self, key: object) -> None:
        if isinstance(key, Topic):
            self.topic_chosen.emit(key)
        else:
            self.row_chosen.emit(key)

    def _row(self, row: TopicRow) -> CheckRow:
        if row.done:
            return CheckRow(row.topic, self._titles[row.topic], CheckState.DONE, self.tr("Done"))
        words = self.tr("Ask now") if row.asking else self.tr("Not yet")
        state = CheckState.ASKING if row.asking else CheckState.OPEN
        return CheckRow(row.topic, self._titles[row.topic], state, words)

    def _why_not(self, state: CallState) -> str:
        if state.phase is Phase.PLACING:
            if state.is_change:
                return self.tr("The order is being changed.")
            return self.tr("The order is being placed.")
        if self._is_taking_card() and state.read_back_holds:
            return self.tr("Waiting for the authorisation")
        return state.reason_why_not

    def _ready(self, state: CallState) -> str:
        if state.phase is not Phase.TAKING:
            return ""
        if state.is_paid_later:
            card = shortcuts.keys(Action.CARD)
            return self.tr("The payment stays outstanding; {card} takes a card.").format(card=card)
        return self.tr("Nothing is left to ask.")
