"""Rows of the table of operations: parked drafts, and drafts handed to a colleague."""

from __future__ import annotations

from typing import Any

from app.wire import handover
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Ownership, Signer
from app.wire.orders import OrderDocument
from app.wire.people import Permission

PATIENCE_S = 6.0

COLLEAGUES = Operation(
    name="people.colleagues",
    request=handover.AskColleagues,
    response=handover.Colleagues,
    kind=Kind.QUERY,
    permission=Permission.TAKE_ORDERS,
    patience_s=PATIENCE_S,
)
OFFER_DRAFT = Operation(
    name="drafts.offer",
    request=handover.OfferDraft,
    response=handover.Offered,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
    audited=True,
    keyed=False,
    patience_s=PATIENCE_S,
)
OFFERED_DRAFTS = Operation(
    name="drafts.offered",
    request=handover.AskOffered,
    response=handover.OfferedDrafts,
    kind=Kind.QUERY,
    permission=Permission.TAKE_ORDERS,
    patience_s=PATIENCE_S,
)
CLAIM_DRAFT = Operation(
    name="drafts.claim",
    request=handover.ClaimDraft,
    response=handover.ClaimedDraft,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
    keyed=False,
    patience_s=PATIENCE_S,
)
TAKE_BACK_DRAFT = Operation(
    name="drafts.take_back",
    request=handover.TakeBackDraft,
    response=handover.HandoverStanding,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
    keyed=False,
    patience_s=PATIENCE_S,
)
DRAFT_RECEIVED = Operation(
    name="drafts.received",
    request=handover.DraftReceived,
    response=Nothing,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    keyed=False,
    patience_s=PATIENCE_S,
)
HANDOVER_STANDINGS = Operation(
    name="drafts.handovers",
    request=handover.AskHandovers,
    response=handover.HandoverStandings,
    kind=Kind.QUERY,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    patience_s=PATIENCE_S,
)

PARK_DRAFT = Operation(
    name="drafts.park",
    request=handover.ParkDraft,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
ASK_CALL_BACKS = Operation(
    name="drafts.call_backs",
    request=handover.AskCallBacks,
    response=handover.CallBacks,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
HAND_OVER = Operation(
    name="drafts.hand_over",
    request=handover.HandOver,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
TAKE_OVER = Operation(
    name="drafts.take_over",
    request=handover.TakeOver,
    response=OrderDocument,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
BRING_BACK = Operation(
    name="drafts.bring_back",
    request=handover.TakeBack,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
