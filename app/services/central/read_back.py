"""A lead's word that an order may pass with open checkpoints, asked for at a CSR's screen."""

from __future__ import annotations

from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Fault
from app.wire import operations
from app.wire.read_back import AuthoriseOverride, OverrideAuthorised


class Overrides:
    """Answers `read_back.authorise`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.AUTHORISE_OVERRIDE, self.authorise)

    def authorise(
        self, tx: Transaction, actor: Actor, request: AuthoriseOverride
    ) -> OverrideAuthorised:
        """The lead, if they are one and the password is theirs."""
        raise Fault("not_there", f"{tx.at} {actor.command_id} {request.order_id}")
