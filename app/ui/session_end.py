"""Signing out: after everything that is being written, never before it. Runs on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from app.services.ports import Caller
from app.ui.background import Background, Lane
from app.values.errors import Fault, Refusal
from app.wire import operations
from app.wire.message import Nothing
from app.wire.people import SignOut


class SessionEnd(QObject):
    """Ends the session of who is signed in; orders that wait are sent all the same."""

    def __init__(
        self,
        caller: Caller,
        background: Background,
        failed: Callable[[Refusal | Fault], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._failed = failed

    def begin(self) -> None:
        """Every write asked for before is done first: one that came later would be refused."""
        self._background.run(
            Lane.WRITE, Nothing, owner=self, then=self._sign_out, failed=self._failed
        )

    def _sign_out(self, _written: Nothing) -> None:
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.SIGN_OUT, SignOut()),
            owner=self,
            then=self._signed_out,
            failed=self._failed,
        )

    def _signed_out(self, _done: Nothing) -> None:
        """The window shows the sign-in already."""
