"""Signing in: who is offered, what was refused, and the session that came of it.

The password goes to the desk's service on the NETWORK lane and is kept nowhere here. Touches no
widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.values.errors import Fault, Refusal
from app.wire import operations
from app.wire.people import OfferSignIn, PersonView, Session, SignIn, SignInOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInState:
    """What the sign-in screen shows. `locked_for` is the person whose form waits behind a lock."""

    people: tuple[PersonView, ...] = ()
    banner: str = ""
    login: str = ""
    login_sentence: str = ""
    password_sentence: str = ""
    busy: bool = False
    locked_for: PersonView | None = None


class SignInPresenter(QObject):
    """Holds one SignInState. `signed_in(Session)` ends the screen's work."""

    state_changed = Signal(object)
    notice = Signal(object)
    signed_in = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._tries = Latest()
        self._state = SignInState()

    @property
    def state(self) -> SignInState:
        """What is shown now."""
        return self._state

    def begin(self, locked_for: PersonView | None = None) -> None:
        """Offer people; after a lock the person whose form waits stands in the field already."""
        login = locked_for.login if locked_for else ""
        state = replace(self._state, login=login, locked_for=locked_for, busy=False)
        self._show(replace(state, login_sentence="", password_sentence=""))
        self._background.run(
            Lane.READ,
            partial(self._caller.call, operations.OFFER_SIGN_IN, OfferSignIn()),
            owner=self,
            then=self._offer,
            failed=self._fail_to_offer,
        )

    def tell(self, sentence: str) -> None:
        """Say why the sign-in is asked for again."""
        self._show(replace(self._state, login_sentence=sentence))

    def set_login(self, text: str) -> None:
        """The login was typed, or a person was picked from the list."""
        self._show(replace(self._state, login=text, login_sentence="", password_sentence=""))

    def sign_in(self, password: str) -> None:
        """Try the login in the field with this password."""
        login = self._state.login.strip()
        if self._state.busy:
            return
        if not login:
            self._show(
                replace(self._state, login_sentence=self.tr("Type your login or pick your name."))
            )
            return
        if not password:
            self._show(replace(self._state, password_sentence=self.tr("Type your password.")))
            return
        self._show(replace(self._state, busy=True, login_sentence="", password_sentence=""))
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.SIGN_IN, SignIn(login=login, password=password)),
            owner=self,
            then=self._let_in,
            failed=self._refuse,
            question=self._tries.ask(),
        )

    def _offer(self, offer: SignInOffer) -> None:
        self._show(replace(self._state, people=offer.people, banner=offer.banner))

    def _fail_to_offer(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _let_in(self, session: Session) -> None:
        self._show(replace(self._state, busy=False, locked_for=None))
        self.signed_in.emit(session)

    def _refuse(self, error: Refusal | Fault) -> None:
        state = replace(self._state, busy=False)
        if isinstance(error, Refusal) and error.field == "login":
            self._show(replace(state, login_sentence=error.sentence))
        elif isinstance(error, Refusal):
            self._show(replace(state, password_sentence=error.sentence))
        else:
            self._show(state)
            self.notice.emit(notice_of(error))

    def _show(self, state: SignInState) -> None:
        self._state = state
        self.state_changed.emit(state)
