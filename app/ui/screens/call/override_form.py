"""The form in which a lead lets open checkpoints pass: sign-in name, password, reason.

Passive. The password field is emptied as soon as its text was handed on.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.call import focus
from app.ui.screens.call.guide_state import OverrideField, OverrideState
from app.ui.widgets.buttons import PlainButton, StepButton
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import wrapped


class OverrideForm(QFrame):
    """`given(login, password, reason)` on Enter; `left` on Esc."""

    given = Signal(str, str, str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_WARN)
        self._shown: OverrideState | None = None
        self._words = wrapped(
            self.tr("A lead answers for what was not read back. This is kept with the order."),
            theme.Text.SMALL,
            parent=self,
        )
        self.login = LabelledField(self.tr("Lead's sign-in name"), parent=self)
        self.password = LabelledField(self.tr("Lead's password"), parent=self)
        self.reason = LabelledField(self.tr("Reason"), parent=self)
        self.password.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.give = StepButton(self.tr("Let it pass"), parent=self)
        self.leave = PlainButton(self.tr("Cancel"), parent=self)
        for part, name in (
            (self.login, "override-login"),
            (self.password, "override-password"),
            (self.reason, "override-reason"),
            (self.give, "override-give"),
        ):
            part.setObjectName(name)
        self._lay_out()
        self._connect()
        self.hide()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.addWidget(self.give)
        foot.addWidget(self.leave)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.setSpacing(4)
        for part in (self._words, self.login, self.password, self.reason):
            layout.addWidget(part)
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.login.entered.connect(self._to_password)
        self.password.entered.connect(self._to_reason)
        self.reason.entered.connect(self._give)
        self.give.clicked.connect(self._give)
        self.leave.clicked.connect(self.left)
        for field in (self.login, self.password, self.reason):
            field.edit.installEventFilter(self)

    def show_state(self, state: OverrideState | None) -> None:
        """Show the form, what was refused in it, or put it away; newly shown it is empty."""
        was, self._shown = self._shown, state
        theme.set_shown(self, state is not None)
        if state is None or was is None:
            self._empty()
        fields = self._fields()
        for key, field in fields.items():
            mine = state is not None and state.field is key
            field.show_error(state.problem) if state and mine else field.clear_message()
        self.setEnabled(state is None or not state.asking)
        if state is not None and state.field is not None and state != was:
            focus.go_to(fields[state.field])

    def take_focus(self) -> None:
        """To the first field that is empty."""
        fields = self._fields().values()
        focus.go_to(next((f for f in fields if not f.edit.text()), self.reason))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc puts the form away before the screen's own key does something else."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody finds a password behind a locked screen."""
        super().hideEvent(event)
        self.password.set_text("")

    def _fields(self) -> dict[OverrideField, LabelledField]:
        return {
            OverrideField.LOGIN: self.login,
            OverrideField.PASSWORD: self.password,
            OverrideField.REASON: self.reason,
        }

    @Slot()
    def _to_password(self) -> None:
        focus.go_to(self.password)

    @Slot()
    def _to_reason(self) -> None:
        focus.go_to(self.reason)

    @Slot()
    def _give(self) -> None:
        login, password, reason = (f.edit.text() for f in self._fields().values())
        self.password.set_text("")
        self.given.emit(login, password, reason)

    def _empty(self) -> None:
        for field in self._fields().values():
            field.set_text("")
