"""The sign-in screen: who was here lately, login, password. Passive; everything may be pasted."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screens.sign_in.presenter import SignInPresenter, SignInState
from app.ui.table_model import Column, RowsModel, always
from app.ui.widgets.buttons import PrimaryButton
from app.ui.widgets.card import Box, Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.rows_view import ROW_PX, RowsView
from app.ui.widgets.text import label, wrapped
from app.values.identity import PersonId
from app.values.vocabulary import Role
from app.wire.people import PersonView

CARD_WIDTH_PX = 420
MOST_PEOPLE = 6


class SignInScreen(QWidget):
    """One card in the middle: pick yourself or type your login, then the password."""

    def __init__(self, presenter: SignInPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._area = QScrollArea(self)
        self._inside = QWidget(self._area.viewport())
        self._card = Card("", parent=self._inside)
        self._card.set_title(self.tr("Sign in"))
        self._banner = Box(theme.Surface.BOX_WARN, self._card)
        self._locked = wrapped("", theme.Text.STRONG, parent=self._card)
        self._rows = RowsModel(_columns(), key=_key_of, parent=self)
        self.people = _People(self.tr("People at this desk"), self._rows, self._card)
        self._who = label(self.tr("Who is signing in?"), theme.Text.STRONG, parent=self._card)
        self.login = LabelledField(self.tr("Login"), parent=self._card)
        self.login.setObjectName("login")
        self.password = LabelledField(self.tr("Password"), parent=self._card)
        self.password.setObjectName("password")
        self.password.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.button = PrimaryButton(self.tr("Sign in"), parent=self._card)
        self.button.setObjectName("sign-in")
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self._card.setMaximumWidth(CARD_WIDTH_PX)
        self._card.setMinimumWidth(min(CARD_WIDTH_PX, 360))
        self.people.horizontalHeader().hide()
        body = self._card.body
        body.setSpacing(8)
        for part in (self._banner, self._locked, self._who, self.people, self.login, self.password):
            body.addWidget(part)
        body.addSpacing(4)
        body.addWidget(self.button)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._card, 2)
        middle.addStretch(1)
        column = QVBoxLayout(self._inside)
        column.addStretch(1)
        column.addLayout(middle)
        column.addStretch(2)
        self._area.setWidget(self._inside)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)

    def _connect(self) -> None:
        self.people.chosen.connect(self._pick)
        self.people.clicked.connect(self._pick_clicked)
        self.login.edited.connect(self._presenter.set_login)
        self.login.entered.connect(self.password.setFocus)
        self.password.entered.connect(self.sign_in)
        self.button.clicked.connect(self.sign_in)
        self._presenter.state_changed.connect(self.show_state)

    @Slot()
    def begin(self) -> None:
        """Put the keyboard where the next key belongs."""
        state = self._presenter.state
        if state.login:
            self.password.setFocus()
        elif state.people:
            self.people.setFocus()
            self.people.choose(max(0, self.people.currentIndex().row()))
        else:
            self.login.setFocus()

    @Slot()
    def sign_in(self) -> None:
        """Try; the password leaves its field at once."""
        password = self.password.text()
        self.password.edit.clear()
        self.password.setFocus()
        self._presenter.sign_in(password)

    @Slot(object)
    def show_state(self, state: SignInState) -> None:
        """Show a state; the same state twice changes nothing."""
        had_none = not self._rows.rows()
        self._rows.set_rows(state.people)
        for part in (self.people, self._who):
            theme.set_shown(part, bool(state.people))
        self.people.setFixedHeight(ROW_PX * min(MOST_PEOPLE, max(1, len(state.people))) + 6)
        self._banner.show_words(self.tr("This is a trial") if state.banner else "", state.banner)
        theme.set_shown(self._banner, bool(state.banner))
        self.login.set_text(state.login)
        self._show_lock(state.locked_for)
        _complain(self.login, state.login_sentence)
        _complain(self.password, state.password_sentence)
        self.button.allow(self.tr("Signing in.") if state.busy else "")
        untouched = not state.login and not self.password.text()
        if had_none and state.people and untouched:
            self.begin()

    def _show_lock(self, person: PersonView | None) -> None:
        theme.set_shown(self._locked, person is not None)
        if person is not None:
            words = self.tr("Locked. The order of {name} is kept as it was.")
            self._locked.setText(words.format(name=person.name))

    @Slot()
    def _pick(self) -> None:
        person = self.people.chosen_row()
        if person is not None:
            self._presenter.set_login(person.login)
            self.password.setFocus()

    @Slot(QModelIndex)
    def _pick_clicked(self, _index: QModelIndex) -> None:
        self._pick()


class _People(RowsView[PersonView]):
    """The people offered; Enter or a click picks, a letter goes to the name that begins so."""

    chosen = Signal()

    def __init__(self, name: str, rows: RowsModel[PersonView], parent: QWidget) -> None:
        super().__init__(name, rows, parent)
        self.setObjectName("people")
        self.setFrameShape(QFrame.Shape.NoFrame)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


def _complain(field: LabelledField, sentence: str) -> None:
    field.show_error(sentence) if sentence else field.clear_message()


def _columns() -> tuple[Column[PersonView], ...]:
    return (
        Column(title="", text=_name, bold=always),
        Column(title="", text=_login, chars=14, tone=_muted),
        Column(title="", text=_role, chars=14, tone=_muted),
    )


def _key_of(person: PersonView) -> PersonId:
    return person.person_id


def _name(person: PersonView) -> str:
    return person.name


def _login(person: PersonView) -> str:
    return person.login


def _role(person: PersonView) -> str:
    return role_name(person.role)


def _muted(_person: PersonView) -> theme.Tone:
    return theme.Tone.MUTED


def role_name(role: Role) -> str:
    """A role in words."""
    return {
        Role.CSR: "CSR",
        Role.TEAM_LEAD: "Team lead",
        Role.ADMINISTRATOR: "Administrator",
    }[role]
