"""A lead's word that an order may pass with open checkpoints, asked for at a CSR's screen.

The lead proves who they are as at sign-in: tries are counted, and nothing of the password is kept.
Their word holds for one order, one seat and the values as they stood. Runs on service threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from app.models.central.read_back import ReadBackOverride
from app.services.central.identity import Identity, view_of
from app.services.central.transaction import Actor, Handlers, KeptRefusal, Transaction
from app.values.card import refuse_card_digits
from app.values.errors import Refusal
from app.values.wording import tidy
from app.wire import operations
from app.wire.people import PERMISSIONS, Permission
from app.wire.read_back import AuthoriseOverride, OverrideAuthorised, Stood


class Overrides:
    """Answers `read_back.authorise`."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.AUTHORISE_OVERRIDE, self.authorise)

    def authorise(
        self, tx: Transaction, actor: Actor, request: AuthoriseOverride
    ) -> OverrideAuthorised:
        """The lead, if they are one and the password is theirs.

        Asked again with the same values it gives the same answer. Raises Refusal `reason_missing`,
        `card_digits`, `sign_in_wrong`, `locked_out`, `not_a_lead` or `override_reused`.
        """
        reason = _reason(request.reason)
        checkpoints = _as_kept(request.checkpoints)
        asker = actor.signed_in.person_id
        tx.about(
            request.order_id,
            order=str(request.order_id),
            override=str(request.override_id),
            checkpoints=len(checkpoints),
        )
        lead = self._identity.require_person(tx, request.login, request.password)
        tx.about(request.order_id, lead=str(lead.person_id), own=lead.person_id == asker)
        if Permission.REVIEW_ORDERS not in PERMISSIONS[lead.role]:
            raise KeptRefusal("not_a_lead", "Only a team lead can let a read-back pass.", "login")
        row = {
            "override_id": request.override_id,
            "order_id": request.order_id,
            "device_id": actor.seat.device_id,
            "lead_id": lead.person_id,
            "asked_by": asker,
            "checkpoints": checkpoints,
            "reason": reason,
        }
        at = _keep(tx, row)
        return OverrideAuthorised(override_id=request.override_id, lead=view_of(lead), at=at)


def _reason(text: str) -> str:
    reason = tidy(text)
    if not reason:
        raise Refusal("reason_missing", "Please say why the read-back may pass.", "reason")
    return refuse_card_digits(reason, "reason")


def _as_kept(checkpoints: Sequence[Stood]) -> list[dict[str, str]]:
    if any("\0" in stood.checkpoint + stood.sha256 for stood in checkpoints):
        raise Refusal("malformed", "There is no such checkpoint.", "checkpoints")
    return [{"checkpoint": s.checkpoint, "sha256": s.sha256} for s in checkpoints]


def _keep(tx: Transaction, row: dict[str, Any]) -> datetime:
    """When this was authorised: now, or before where its answer was lost."""
    made = tx.connection.execute(_INSERT, {**row, "at": tx.at}).one_or_none()
    if made is not None:
        return tx.at
    before = tx.connection.execute(_HELD, {"wanted": row["override_id"]}).one()
    if any(getattr(before, name) != value for name, value in row.items()):
        raise Refusal("override_reused", "Another override was given under this id before.")
    at: datetime = before.at
    return at


_INSERT = insert(ReadBackOverride).on_conflict_do_nothing().returning(ReadBackOverride.override_id)
_HELD = select(ReadBackOverride.__table__).where(
    ReadBackOverride.override_id == bindparam("wanted")
)
