"""Where a card is typed: the banner of the pause, three fields, and the ways out.

The fields are open while the pause is, and locked and empty in every other state. Whatever takes
the attention away (another window or pane, a hidden or closed one) ends the pause. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.services.ports import CardSafe
from app.ui import formatting, theme
from app.ui.icons import Icon, IconLabel
from app.ui.payment import card_words, words
from app.ui.payment.card_fields import CardFields
from app.ui.payment.pause_state import PauseShown, PauseStage
from app.ui.payment.payment import PaymentPresenter
from app.ui.payment.payment_state import CardScript
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Box
from app.ui.widgets.text import label, wrapped
from app.values.errors import Refusal
from app.values.vocabulary import PauseEnd

LOW_PX = 400
"""Below this the hint for a missed digit gives way."""
LOWEST_PX, WIDE_PX = 340, 570
"""Below this, and where they have room beside each other, the three fields stand in one row."""
_LOOKS = {
    PauseStage.PAUSED: (theme.Surface.BOX_WARN, theme.Tone.WARN, Icon.PAUSE),
    PauseStage.PAUSING: (theme.Surface.BOX_INFO, theme.Tone.INFO, Icon.CLOCK),
    PauseStage.RESUMING: (theme.Surface.BOX_INFO, theme.Tone.INFO, Icon.CLOCK),
    PauseStage.DONE: (theme.Surface.BOX_INFO, theme.Tone.INFO, Icon.LOCKED),
    PauseStage.FAILED: (theme.Surface.BOX_ERROR, theme.Tone.ERROR, Icon.ERROR),
    PauseStage.RESUME_UNCONFIRMED: (theme.Surface.BOX_ERROR, theme.Tone.ERROR, Icon.WARNING),
}
_LOCKED = (theme.Surface.BOX_INFO, theme.Tone.INFO, Icon.LOCKED)
_RESTING = frozenset({PauseStage.FAILED, PauseStage.DONE, PauseStage.RESUME_UNCONFIRMED})


class Banner(QFrame):
    """How the recording stands, in a shape, words and a running time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark = IconLabel(Icon.LOCKED, 18, self)
        self._heading = label("", theme.Text.TITLE, parent=self)
        self._words = wrapped("", theme.Text.SMALL, parent=self)
        self._time = label("", theme.Text.TOTAL, parent=self)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._mark)
        first.addWidget(self._heading, 1)
        left = QVBoxLayout()
        left.setSpacing(3)
        left.addLayout(first)
        left.addWidget(self._words)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 10)
        layout.addLayout(left, 1)
        layout.addWidget(self._time)

    def show_state(self, state: PauseShown) -> None:
        """Show how the recording stands."""
        surface, tone, icon = _LOOKS.get(state.stage, _LOCKED)
        theme.dress(self, surface=surface)
        self._mark.show_icon(icon)
        self._heading.setText(card_words.heading(state))
        self._words.setText(card_words.banner(state))
        self._time.setText(card_words.running(state) if state.is_open else "")
        for part in (self._mark, self._heading, self._words, self._time):
            theme.dress(part, tone=tone)
        self.setAccessibleName(f"{self._heading.text()}. {self._words.text()}")

    def said(self) -> tuple[str, str, str]:
        """Heading, words and running time."""
        return self._heading.text(), self._words.text(), self._time.text()


class CardPane(QFrame):
    """The pane in the middle column.

    `left`: Esc on empty fields. `again_asked`: another pause is wanted.
    `script_changed(CardScript)` tells what to say now.
    """

    left = Signal()
    again_asked = Signal()
    script_changed = Signal(object)

    def __init__(
        self,
        presenter: PaymentPresenter,
        safe: CardSafe,
        today: Callable[[], date],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.PAUSED)
        self.setAccessibleName(self.tr("Card"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._presenter = presenter
        self._pause = presenter.pause
        self._safe = safe
        self._is_hidden_from_captures = False
        self._wants_to_submit = False
        self._was_open = False
        self._watched: QWidget | None = None
        self.banner = Banner(self)
        self.fields = CardFields(safe, today, self)
        self.missed = Box(theme.Surface.BOX_INFO, self)
        self.clear = StepButton(self.tr("Clear"), Action.BACK, self)
        self.again = StepButton(self.tr("Pause again"), Action.CARD, self)
        self.link = StepButton(self.tr("Send pay link instead"), parent=self)
        self.authorise = PrimaryButton(self.tr("Authorise"), Action.COMMIT, self)
        self._lay_out()
        self._connect()
        self.show_state()

    def _lay_out(self) -> None:
        self.missed.show_words(
            self.tr("Missed a digit?"),
            self.tr(
                "Do not read it back. Press Backspace, or Esc to clear, and say: "
                "\u201cSorry, could you repeat the number for me?\u201d"
            ),
        )
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.clear, self.again, self.link):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.authorise)
        self.slot = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 9, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self.banner)
        layout.addLayout(self.slot)
        layout.addWidget(self.fields)
        layout.addWidget(self.missed)
        layout.addStretch(1)
        layout.addLayout(row)

    def _connect(self) -> None:
        self._pause.wipe_asked.connect(self._wipe)
        self._pause.state_changed.connect(self.show_state)
        self._presenter.key.arrived.connect(self._submit_if_wanted)
        self._presenter.state_changed.connect(self._follow_amount)
        self.fields.moved.connect(self._show_step)
        self.fields.digit_typed.connect(self._digit_typed)
        self.fields.key_pressed.connect(self._key_pressed)
        self.clear.clicked.connect(self.go_back)
        self.again.clicked.connect(self.again_asked)
        self.link.clicked.connect(self._presenter.link_asked)
        self.authorise.clicked.connect(self.submit)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow_focus)
            application.applicationStateChanged.connect(self._follow_application)

    def put_below_banner(self, form: QWidget) -> None:
        """Give a form that the pause may need its place."""
        self.slot.addWidget(form)

    @Slot()
    def submit(self) -> None:
        """Ctrl+Enter: seal it and ask the bank, once all of it checks out."""
        if not (self._pause.state.is_open and self.fields.may_end):
            return
        self._wants_to_submit = not self._presenter.submit(self.fields.parts())

    @Slot()
    def go_back(self) -> None:
        """Esc: wipe and stay paused; on empty fields leave and let the recording go on."""
        self._wants_to_submit = False
        if self._pause.state.is_open and not self.fields.is_empty:
            self._pause.key_pressed()
            self.fields.clear()
        else:
            self._pause.put_away()
            self.left.emit()

    def take_focus(self) -> None:
        """The keyboard belongs here: to the field that is due, or to the next step."""
        state = self._pause.state
        if state.is_open:
            due = self.fields.due()
            (due.field if due is not None else self.authorise).setFocus()
        elif state.stage in _RESTING and self.again.isVisibleTo(self):
            self.again.setFocus()
        else:
            self.setFocus()

    @Slot()
    def show_state(self) -> None:
        """Show how the pause stands; the fields open and lock with it."""
        state = self._pause.state
        is_new = state.is_open != self._was_open
        self._was_open = state.is_open
        self.banner.show_state(state)
        self._hide_from_captures(hidden=state.is_open)
        if is_new and state.is_open:
            self._open_fields()
        can_try = state.stage in _RESTING and not state.needs_reference
        self._fit()
        theme.set_shown(self.again, can_try)
        if not state.is_open and self._has_focus() and can_try:
            self.again.setFocus()
        self._show_step()

    def script(self) -> CardScript:
        """What to say now."""
        state, needed = self._pause.state, (self.tr("card"),)
        if state.is_open:
            return self.fields.script(self._amount())
        if state.stage is PauseStage.PAUSING:
            hint = card_words.wait_for_fields()
            return CardScript(say=card_words.say_pausing(), hint=hint, needed=needed)
        return CardScript(say=card_words.say_not_yet(), needed=needed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field, and from the last to Authorise."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._pause.state.is_open:
            if not self.fields.next_field() and self.authorise.isEnabled():
                self.authorise.setFocus()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch_window()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody sees is not kept open."""
        self._end_for_window()
        self._hide_from_captures(hidden=False)
        self.fields.release()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Another window came in front of ours."""
        if event.type() is QEvent.Type.WindowDeactivate and watched is self._watched:
            self._end_for_window()
        return super().eventFilter(watched, event)

    def _open_fields(self) -> None:
        """Raises nothing: without locked memory the pause ends again, in words."""
        if not self._may_open():
            self._end_for_window()
            return
        try:
            self.fields.unlock()
        except Refusal as refusal:
            self._pause.end(PauseEnd.CANCELLED, refusal.sentence)

    def _fit(self) -> None:
        """In a low window what helps gives way to what is needed."""
        height, width = self.height(), self.width()
        self.fields.set_low(is_low=height < LOWEST_PX and width >= WIDE_PX)
        theme.set_shown(self.missed, self._pause.state.is_open and height >= LOW_PX)

    def _may_open(self) -> bool:
        """Whether the CSR has this pane in front of them."""
        here = QApplication.focusWidget()
        return self.isVisible() and (here is None or self._holds(here))

    def _watch_window(self) -> None:
        window = self.window()
        if window is not self._watched:
            if self._watched is not None:
                self._watched.removeEventFilter(self)
            self._watched = window
            window.installEventFilter(self)

    def _hide_from_captures(self, *, hidden: bool) -> None:
        if hidden is not self._is_hidden_from_captures:
            self._is_hidden_from_captures = hidden
            self._safe.hide_window(int(self.window().winId()), hidden=hidden)

    @Slot()
    def _wipe(self) -> None:
        self._wants_to_submit = False
        self.fields.lock()

    @Slot()
    def _submit_if_wanted(self) -> None:
        if self._wants_to_submit:
            self.submit()

    @Slot()
    def _digit_typed(self) -> None:
        self._wants_to_submit = False
        self._pause.digit_typed()

    @Slot()
    def _key_pressed(self) -> None:
        if self._pause.state.is_open:
            self._wants_to_submit = False
            self._pause.key_pressed()

    @Slot()
    def _follow_amount(self) -> None:
        if self.isVisible():
            self._show_step()

    @Slot()
    def _show_step(self) -> None:
        self.authorise.set_words(
            self.tr("Authorise {amount}").format(amount=self._amount()).strip()
        )
        self.authorise.allow("" if self.fields.may_end else self._why_not())
        self.clear.set_words(
            self.tr("Clear")
            if self._pause.state.is_open and not self.fields.is_empty
            else self.tr("Leave")
        )
        self.script_changed.emit(self.script())

    def _why_not(self) -> str:
        if not self._pause.state.is_open:
            return self.tr("The card fields are locked.")
        return self.tr("Not all of the card checks out yet.")

    def _amount(self) -> str:
        amount = self._presenter.to_pay
        return formatting.money(amount) if amount is not None else ""

    def _end_for_window(self) -> None:
        self._pause.end(PauseEnd.WINDOW, words.left_window())

    def _has_focus(self) -> bool:
        """Whether the keyboard is here, or comes back here with the window."""
        here = QApplication.focusWidget() or self.window().focusWidget()
        return here is not None and self._holds(here)

    def _holds(self, part: QWidget) -> bool:
        return part is self or self.isAncestorOf(part)

    @Slot(QWidget, QWidget)
    def _follow_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        """The keyboard went to another pane: nobody looks after these fields any more."""
        if new is not None and not self._holds(new):
            self._end_for_window()
        elif new is not None and self._pause.state.is_open:
            self._show_step()

    @Slot(Qt.ApplicationState)
    def _follow_application(self, state: Qt.ApplicationState) -> None:
        if state is not Qt.ApplicationState.ApplicationActive:
            self._end_for_window()
