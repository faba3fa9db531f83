"""Who is signed in at this desk, and letting them in while the centre is away.

The centre decides. While it is away, only those get in whom the desk itself can prove
(`verifiers`). Any lane.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from app.services.desk.standing import Standing
from app.services.desk.verifiers import Verifiers
from app.services.ports import Centre
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, PersonId, SessionId
from app.wire.message import Nothing
from app.wire.operation import Operation, Signer
from app.wire.operations import SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE
from app.wire.people import (
    OfferSignIn,
    Permission,
    Session,
    SignIn,
    SignInOffer,
    SignOut,
)

OFFLINE_SESSION = timedelta(hours=12)
_OFFERED_MOST = 20
_OFFLINE_PERMISSIONS = frozenset({Permission.TAKE_ORDERS})


class SignedIn:
    """The session of this desk, if any; shared by all that must know who asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._ends = 0.0

    @property
    def session(self) -> Session:
        """Who is signed in. Raises Refusal `not_signed_in`."""
        with self._lock:
            if self._session is None:
                raise Refusal("not_signed_in", "Please sign in first.")
            return self._session

    def begin(self, session: Session | None, *, clock_offset_ms: int = 0) -> None:
        """Someone else, or nobody, is signed in from now on.

        How long it lasts is worked out once, by the centre's clock, and measured from then on: a
        clock on the wall that is set while a call goes on ends nothing.
        """
        now = self._clock.now() + timedelta(milliseconds=clock_offset_ms)
        with self._lock:
            self._session = session
            lasts = session.expires_at - now if session is not None else timedelta()
            self._ends = self._clock.monotonic() + lasts.total_seconds()

    def refuse_offline(self) -> None:
        """Raises Refusal `signed_in_offline`: the centre does not know who is signed in."""
        if self.session.offline:
            raise Refusal(
                "signed_in_offline",
                "You signed in while the central service was away. Please sign in again for this.",
            )

    def allow(self, operation: Operation[Any, Any], *, even_late: bool = False) -> None:
        """Let an operation pass; `even_late` when the session has run out, too.

        Raises Refusal `not_signed_in`, `session_over` or `permission_missing`.
        """
        if operation.signer is not Signer.PERSON:
            return
        session = self.session
        if self._ends <= self._clock.monotonic() and not even_late:
            raise Refusal("session_over", "Your sign-in has run out. Please sign in again.")
        if operation.permission and operation.permission not in session.permissions:
            raise Refusal(
                "permission_missing", "You are not allowed to do this. Please ask your lead."
            )


class SignInService:
    """Signing in and out at one desk. `offer` adds the people and the banner of a trial."""

    def __init__(
        self,
        verifiers: Verifiers,
        centre: Centre,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
        ids: Ids,
        offer: SignInOffer,
    ) -> None:
        self._verifiers = verifiers
        self._centre = centre
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock
        self._ids = ids
        self._offer = offer
        self._when_out: list[Callable[[PersonId], None]] = []

    def when_out(self, listener: Callable[[PersonId], None]) -> None:
        """Call `listener` with everyone who signs out here; it waits for nothing."""
        self._when_out.append(listener)

    def offer(self, request: OfferSignIn) -> SignInOffer:
        """Who signed in here, latest first, then the people of a trial."""
        del request
        people = list(self._verifiers.latest(_OFFERED_MOST))
        known = {person.login for person in people}
        people += [person for person in self._offer.people if person.login not in known]
        return msgspec.structs.replace(self._offer, people=tuple(people))

    def sign_in(self, request: SignIn) -> Session:
        """Let a person in.

        Raises the centre's Refusal; while it is away `offline_unknown`, `offline_too_long`,
        `password_wrong` or `locked_out`.
        """
        login = request.login.strip().lower()
        try:
            session = self._centre.call(SIGN_IN_AT_CENTRE, request)
        except Refusal:
            self._standing.heard()
            self._verifiers.forget_if_right(login, request.password)
            raise
        except Fault:
            self._standing.missed()
            session = self._sign_in_offline(login, request.password)
        else:
            self._standing.heard()
            self._verifiers.remember(login, request.password, session.person)
        self._centre.use_session(session.token or None)
        offset_ms = 0 if session.offline else self._centre.clock_offset_ms
        self._signed_in.begin(session, clock_offset_ms=offset_ms)
        return session

    def sign_out(self, request: SignOut) -> Nothing:
        """End the session, at the centre too if it answers; what waits is sent all the same."""
        try:
            session = self._signed_in.session
            for listener in self._when_out:
                listener(session.person.person_id)
            if not session.offline:
                self._centre.call(SIGN_OUT_AT_CENTRE, request)
        except (Fault, Refusal):
            pass  # the centre ends it by itself when it has run out
        self._centre.use_session(None)
        self._signed_in.begin(None)
        return Nothing()

    def _sign_in_offline(self, login: str, password: str) -> Session:
        return Session(
            session_id=SessionId(self._ids.new()),
            token="",
            person=self._verifiers.prove(login, password),
            permissions=_OFFLINE_PERMISSIONS,
            expires_at=self._clock.now() + OFFLINE_SESSION,
            offline=True,
        )
