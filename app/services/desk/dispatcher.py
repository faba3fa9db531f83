"""Runs the operations whose home is the desk, and hands all others to the centre.

Proves nothing about the seat (this is the seat) but asks who is signed in. Bugs go through to the
background runner. Any lane may call; never the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.values.errors import Fault, Unreachable
from app.wire.handover_operations import PARK_DRAFT
from app.wire.message import require_keepable
from app.wire.operation import Home, Operation, Signer
from app.wire.operations import ALL, CLOSE_CALL, NOTE_READ_BACK, NUMBER_SHOWN, SAVE_DRAFT
from app.wire.stock_operations import KEEP_STOCK, LOOK_UP_STOCK

Q = TypeVar("Q")
A = TypeVar("A")

_EVEN_LATE = (
    *(SAVE_DRAFT, PARK_DRAFT, NOTE_READ_BACK, NUMBER_SHOWN, CLOSE_CALL),
    *(KEEP_STOCK, LOOK_UP_STOCK),
)
"""Nothing typed, and nothing held, is lost because a sign-in ran out during the call."""


class Handlers:
    """Who answers which operation at the desk."""

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[Any], Any]] = {}

    def add(self, operation: Operation[Q, A], handler: Callable[[Q], A]) -> None:
        """Name the handler of an operation."""
        self._handlers[operation.name] = handler

    def of(self, operation: Operation[Q, A]) -> Callable[[Q], A]:
        """The handler. Raises Fault `no_handler`."""
        handler = self._handlers.get(operation.name)
        if handler is None:
            raise Fault("no_handler", f"Nobody at this desk handles {operation.name}.")
        return handler

    def missing(self) -> tuple[str, ...]:
        """Operations of the desk that nobody handles yet."""
        homes = (row.name for row in ALL if row.home is Home.DESK)
        return tuple(name for name in homes if name not in self._handlers)


class DeskCaller:
    """Implements `ports.Caller` for screens."""

    def __init__(
        self, handlers: Handlers, centre: Centre, signed_in: SignedIn, standing: Standing
    ) -> None:
        missing = handlers.missing()
        if missing:
            raise Fault("no_handler", f"Nobody at this desk handles {', '.join(missing)}.")
        self._handlers = handlers
        self._centre = centre
        self._signed_in = signed_in
        self._standing = standing

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """The answer. Raises Refusal, Fault or Unreachable."""
        if operation.home is Home.DESK:
            self._signed_in.allow(operation, even_late=operation in _EVEN_LATE)
            require_keepable(request, operation.request)
            return self._handlers.of(operation)(request)
        if operation.signer is Signer.PERSON:
            self._signed_in.refuse_offline()
        return self._at_centre(operation, request)

    def _at_centre(self, operation: Operation[Q, A], request: Q) -> A:
        try:
            answer = self._centre.call(operation, request)
        except Unreachable:
            self._standing.missed()
            raise
        self._standing.heard()
        return answer
