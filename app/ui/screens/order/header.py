"""The head of the order page: number, states, total, who placed it when. Passive."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QWidget

from app.services.rules.review import sentence_for
from app.ui import formatting, theme
from app.ui.icons import Icon
from app.ui.order_words import fulfilment_look, state_look
from app.ui.screens.order.presenter import OrderPageState
from app.ui.screens.order.words import tr
from app.ui.widgets.card import Box, Card
from app.ui.widgets.chip import Chip, ChipKind
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import label, wrapped
from app.values.order_life import IdentityLevel, OrderState
from app.values.order_number import spoken
from app.wire.order_page import OrderPage

FIELD_PX = 190


class OrderHeader(Card):
    """`number` takes the number of an order while none is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.setAccessibleName(self.tr("Order"))
        self.show_heading(shown=False)
        self.number = LabelledField(self.tr("Order number"), parent=self)
        self.number.setObjectName("order-number")
        self.number.setFixedWidth(FIELD_PX)
        self._figures = label("", theme.Text.FIGURE, parent=self)
        self._total = label("", theme.Text.TOTAL, parent=self)
        self.state = Chip(parent=self)
        self.fulfilment = Chip(parent=self)
        self.version = Chip(parent=self)
        self.editing = Chip(parent=self)
        self._placed = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self)
        self._sentence = wrapped("", theme.Text.BODY, theme.Tone.MUTED, self)
        self._review = Box(theme.Surface.BOX_WARN, self)
        self._lay_out()

    def _lay_out(self) -> None:
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        for chip in (self.state, self.fulfilment, self.version, self.editing):
            self._chips.addWidget(chip)
        self._chips.addStretch(1)
        self._top = QGridLayout()
        self._top.setHorizontalSpacing(14)
        self._top.setVerticalSpacing(4)
        self._top.setColumnStretch(1, 1)
        self._top.addWidget(self._figures, 0, 0)
        self._top.addWidget(self._total, 0, 2, Qt.AlignmentFlag.AlignRight)
        self.body.setDirection(QBoxLayout.Direction.TopToBottom)
        self.body.addWidget(self.number)
        self.body.addLayout(self._top)
        for part in (self._placed, self._sentence, self._review):
            self.body.addWidget(part)
        self._chips_below: bool | None = None
        self.fold(narrow=False)

    def fold(self, *, narrow: bool) -> None:
        """States beside the number, or below it where there is little room."""
        if narrow is self._chips_below:
            return
        self._chips_below = narrow
        self._top.removeItem(self._chips)
        if narrow:
            self._top.addLayout(self._chips, 1, 0, 1, 3)
        else:
            self._top.addLayout(self._chips, 0, 1)

    def show_state(self, state: OrderPageState) -> None:
        """Show a state; the same state twice changes nothing."""
        page = state.page
        theme.set_shown(self.number, state.asking)
        self.number.set_text(state.number_text)
        if state.problem:
            self.number.show_error(state.problem)
        else:
            self.number.clear_message()
        hides = state.asking or (page is not None and state.level is IdentityLevel.NOTHING)
        self._figures.setText("" if hides else state.number_text)
        theme.set_shown(self._figures, not hides)
        self._show_states(page, state.level)
        self._total.setText(
            formatting.money(page.account.charged) if page and state.shows_all else ""
        )
        self._show_placed(page, state.level)
        words = _sentence(state)
        self._sentence.setText(words)
        is_whole = state.shows_all and not state.is_local and not state.away
        is_quiet = page is None or state.loading or is_whole
        tone = theme.Tone.MUTED if is_quiet else theme.Tone.WARN
        theme.dress(self._sentence, tone=tone)
        theme.set_shown(self._sentence, bool(words))
        waits = page is not None and page.order.state == OrderState.NEEDS_REVIEW
        reasons = page.order.review_reasons if page and waits and state.shows_all else ()
        theme.set_shown(self._review, bool(reasons))
        heading = self.tr("Somebody has to look at it") if reasons else ""
        self._review.show_words(heading, " ".join(map(sentence_for, reasons)))

    def _show_states(self, page: OrderPage | None, level: IdentityLevel) -> None:
        if page is None or level is IdentityLevel.NOTHING:
            for chip in (self.state, self.fulfilment, self.version, self.editing):
                chip.show_state(ChipKind.NEUTRAL, "")
            return
        number = page.order.placed.number
        self._figures.setAccessibleName(spoken(number))
        look, far = state_look(page.order.state), fulfilment_look(page.fulfilment)
        self.state.show_state(look.kind, look.words, look.icon)
        self.fulfilment.show_state(far.kind, far.words, far.icon)
        words = self.tr("Version {count}").format(count=page.order.revision)
        is_changed = page.order.revision > 1
        self.version.show_state(ChipKind.INFO, words if is_changed else "", Icon.STALE)
        editing = ""
        if page.editing is not None:
            by = page.editing.by or self.tr("Somebody")
            editing = self.tr("{by} is changing it").format(by=by)
        self.editing.show_state(ChipKind.WARN, editing, Icon.PERSON)

    def _show_placed(self, page: OrderPage | None, level: IdentityLevel) -> None:
        words = "" if page is None or level is IdentityLevel.NOTHING else self._placed_words(page)
        self._placed.setText(words)
        theme.set_shown(self._placed, bool(words))

    def _placed_words(self, page: OrderPage) -> str:
        placed = page.order.placed
        names = {one.person_id: one.name for one in page.order.people}
        told = self.tr("Placed {when}").format(when=formatting.short_date_time(placed.placed_at))
        by = names.get(placed.placed_by, "")
        if by:
            told = self.tr("{placed} by {name}").format(placed=told, name=by)
        due = placed.document.delivery.promised_on
        promised = (
            self.tr("promised for {day}").format(day=formatting.long_date(due)) if due else ""
        )
        return " \u00b7 ".join(filter(None, (told, promised)))

    def sentence(self) -> str:
        """What is said about what is shown."""
        return self._sentence.text()

    def shown_number(self) -> str:
        """The number as it stands on screen."""
        return self._figures.text()


def _sentence(state: OrderPageState) -> str:
    """Why something is not to be seen, or is not as the centre holds it."""
    if state.page is None:
        if state.loading:
            return tr("Being looked up.")
        return tr("Type the number of an order, then Enter.") if not state.problem else ""
    if state.level is IdentityLevel.NOTHING:
        return tr("Nothing of the order may be told, not even that there is one.")
    if state.level is not IdentityLevel.ALL:
        return tr("What is personal is shown once the caller has shown that the order is theirs.")
    return _of_what_is_shown(state)


def _of_what_is_shown(state: OrderPageState) -> str:
    if state.away:
        own = tr("This is what this desk itself holds: what happened since is not in it.")
        return f"{state.away} {own}"
    if state.is_local and not state.loading:
        return tr("The centre does not have it yet. This is what this desk holds.")
    if state.changed_at is not None:
        return tr("Changed at {time}").format(time=formatting.clock_time(state.changed_at))
    return ""
