"""Rows of the table of operations: pausing the recording, card payments and pay links.

What is asked of the centre first, then what is asked of the desk.
"""

from __future__ import annotations

from typing import Any

from app.wire import payments, recording
from app.wire.operation import Home, Kind, Operation, Ownership, Signer
from app.wire.people import Permission

FIND_CALL = Operation(
    name="recording.call",
    request=recording.FindCall,
    response=recording.CallOnLine,
    kind=Kind.SAGA,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
ACQUIRE_PAUSE = Operation(
    name="recording.acquire",
    request=recording.AcquirePause,
    response=recording.PauseHeld,
    kind=Kind.SAGA,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
RENEW_PAUSE = Operation(
    name="recording.renew",
    request=recording.RenewPause,
    response=recording.PauseRenewed,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    keyed=False,
    patience_s=4.0,
)
RELEASE_PAUSE = Operation(
    name="recording.release",
    request=recording.ReleasePause,
    response=recording.PauseView,
    kind=Kind.SAGA,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
ASK_PAUSE = Operation(
    name="recording.status",
    request=recording.AskPause,
    response=recording.PauseView,
    kind=Kind.QUERY,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
)
WATCH_CALL = Operation(
    name="recording.watch",
    request=recording.WatchCall,
    response=recording.CallEvents,
    kind=Kind.WAIT,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
)
MARK_SPOKEN = Operation(
    name="recording.mark_spoken",
    request=recording.MarkSpoken,
    response=recording.CallMarked,
    kind=Kind.SAGA,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
ASK_CARD_KEY = Operation(
    name="payments.card_key",
    request=payments.AskCardKey,
    response=payments.CardKey,
    kind=Kind.SAGA,
    signer=Signer.DEVICE,
)
AUTHORISE_CARD = Operation(
    name="payments.authorise",
    request=payments.AuthoriseCard,
    response=payments.CardAttempt,
    kind=Kind.SAGA,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
    audited=True,
    patience_s=45.0,
)
ASK_ATTEMPT = Operation(
    name="payments.attempt",
    request=payments.AskAttempt,
    response=payments.CardAttempt,
    kind=Kind.SAGA,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    patience_s=45.0,
)
VOID_ATTEMPT = Operation(
    name="payments.void",
    request=payments.VoidAttempt,
    response=payments.CardAttempt,
    kind=Kind.SAGA,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
    patience_s=45.0,
)
CAPTURE_ATTEMPT = Operation(
    name="payments.capture",
    request=payments.CaptureAttempt,
    response=payments.CardAttempt,
    kind=Kind.SAGA,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
    patience_s=45.0,
)
REFUND_ATTEMPT = Operation(
    name="payments.refund",
    request=payments.RefundAttempt,
    response=payments.CardAttempt,
    kind=Kind.SAGA,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
    patience_s=45.0,
)
SEND_PAY_LINK = Operation(
    name="payments.send_link",
    request=payments.SendPayLink,
    response=payments.PayLink,
    kind=Kind.SAGA,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
ASK_PAY_LINK = Operation(
    name="payments.link",
    request=payments.AskPayLink,
    response=payments.PayLink,
    kind=Kind.SAGA,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
)
CANCEL_PAY_LINK = Operation(
    name="payments.cancel_link",
    request=payments.CancelPayLink,
    response=payments.PayLink,
    kind=Kind.SAGA,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
ASK_PAYMENTS = Operation(
    name="payments.of",
    request=payments.AskPayments,
    response=payments.Payments,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
)

GET_CARD_KEY = Operation(
    name="tenders.card_key",
    request=payments.AskCardKey,
    response=payments.CardKey,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
TAKE_CARD = Operation(
    name="tenders.take_card",
    request=payments.TakeCard,
    response=payments.CardAttempt,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
ASK_TENDERS = Operation(
    name="tenders.of",
    request=payments.AskTenders,
    response=payments.Tenders,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
VOID_TENDER = Operation(
    name="tenders.void",
    request=payments.VoidTender,
    response=payments.Tenders,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
OFFER_PAY_LINK = Operation(
    name="tenders.send_link",
    request=payments.SendPayLink,
    response=payments.PayLink,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
