"""Changing an order that has its number: amendments, cancellations, and what each would come to.

A change is a command: captured at the desk, sent by the outbox, carried out once. The number stays;
the order gets another version.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from app.values.identity import (
    AttemptId,
    ChangeId,
    ContactId,
    GoodwillId,
    LineId,
    LinkId,
    OrderId,
    PersonId,
    RefundId,
)
from app.values.money import Money
from app.values.order_life import (
    CancelReason,
    ChangeState,
    ChangeWhat,
    OrderAct,
    RefundState,
    RefundWay,
)
from app.values.order_number import OrderNumber
from app.wire.message import FreeText, Instant, Quantity, Request, ShortText, View
from app.wire.orders import LINES_MOST, OrderDocument, Totals
from app.wire.payments import CardAttempt, PayLink
from app.wire.read_back import ReadBackEntry


class Amendment(View, frozen=True, kw_only=True, tag="amendment"):
    """The order as it is to be: the whole document, under the order's own id.

    Its `amends` stays as the draft had it, because what the caller agreed to covers it; the centre
    holds it against its own ledger and keeps the document without it. `read_back` is the record
    from the first on; `attempts` and `links` were made for the change and carry its id.
    """

    document: OrderDocument
    totals: Totals
    guidance: int = 0
    read_back: tuple[ReadBackEntry, ...] = ()
    attempts: tuple[CardAttempt, ...] = ()
    links: tuple[PayLink, ...] = ()


class PiecesOfLine(View, frozen=True, kw_only=True):
    """So many pieces of a line."""

    line_id: LineId
    quantity: Quantity


class Cancellation(View, frozen=True, kw_only=True, tag="cancellation"):
    """Pieces that are not to be sent; `lines` empty: the whole order."""

    lines: Annotated[tuple[PiecesOfLine, ...], Meta(max_length=LINES_MOST)] = ()
    reason: CancelReason
    note: FreeText = ""


class Undo(View, frozen=True, kw_only=True, tag="undo"):
    """Take an earlier change back, as long as no money and no goods have moved for it."""

    undoes: ChangeId


class OrderChange(View, frozen=True, kw_only=True):
    """A change as the desk captured it; the body of the command `order.change`.

    `base_revision` is the version it was made from: another one by then is a clash, never an
    overwriting.
    """

    change_id: ChangeId
    order_id: OrderId
    number: OrderNumber
    base_revision: Annotated[int, Meta(ge=1)]
    what: Amendment | Cancellation | Undo
    contact_id: ContactId | None = None
    asked_at: Instant
    asked_by: PersonId


class Difference(View, frozen=True, kw_only=True):
    """One thing that is other than before, in words: `Line 2, mug`, `5`, `3`; empty: none."""

    act: OrderAct
    what: str
    old: str
    new: str


class PreviewChange(Request, frozen=True, kw_only=True):
    """What a change would come to, asked of the centre; nothing is kept."""

    order_id: OrderId
    base_revision: int
    what: Amendment | Cancellation | Undo


class Obstacle(View, frozen=True, kw_only=True):
    """Why something cannot be done now; `code` is stable, `sentence` may be read aloud."""

    code: str
    sentence: str
    act: OrderAct | None = None


class ChangePreview(View, frozen=True, kw_only=True):
    """Old and new, to be read aloud. Of `to_pay` and `to_refund` one is nothing.

    `held` is what is paid or authorised of the order now. `say` are sentences for the caller, also
    of what the law gives them (`resources/regions`). `overtaken`: what others changed since
    `base_revision`. With an obstacle it would be kept for a person.
    """

    revision: int
    old_total: Money
    new_total: Money
    held: Money
    to_pay: Money
    to_refund: Money
    old_date: date | None = None
    new_date: date | None = None
    differences: tuple[Difference, ...] = ()
    overtaken: tuple[Difference, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    say: tuple[str, ...] = ()


class ChangeOrder(Request, frozen=True, kw_only=True):
    """Change an order, asked of the desk: an amendment names the draft it was made in.

    A cancellation or undo names order and version itself.
    """

    change_id: ChangeId
    order_id: OrderId
    number: OrderNumber
    base_revision: int
    what: Cancellation | Undo | None = None
    contact_id: ContactId | None = None


class ChangeSent(View, frozen=True, kw_only=True):
    """What became of it so far. `state` None: it is on its way (also offline), and never lost.

    OPEN: it is kept as a request and a person decides; `sentence` says so for the caller.
    """

    change_id: ChangeId
    state: ChangeState | None
    sentence: str
    reasons: tuple[str, ...] = ()


class BeginAmendment(Request, frozen=True, kw_only=True):
    """A draft of the order as it now stands, asked of the desk, which asks the centre.

    The draft's id becomes the id of the change. Refused where nothing can be changed any more. A
    draft of this seat that is open is gone on with; where `change_id` names it, it takes in what
    others changed meanwhile.
    """

    order_id: OrderId
    change_id: ChangeId | None = None


class ChangeView(View, frozen=True, kw_only=True):
    """A change that was asked for, as the centre keeps it; `differences` in words."""

    change_id: ChangeId
    what: ChangeWhat
    state: ChangeState
    base_revision: int
    revision: int | None
    reasons: tuple[str, ...]
    differences: tuple[Difference, ...]
    at: Instant
    by: PersonId
    can_undo_until: Instant | None = None


class RefundView(View, frozen=True, kw_only=True):
    """Money on its way back."""

    refund_id: RefundId
    way: RefundWay
    amount: Money
    state: RefundState
    attempt_id: AttemptId | None = None
    link_id: LinkId | None = None
    reason: ShortText = ""
    sentence: str = ""
    at: Instant
    due_at: Instant | None = None
    settled_at: Instant | None = None


class BeginChange(Request, frozen=True, kw_only=True):
    """Tell colleagues that this seat is changing an order; no lock, and over after half an hour."""

    order_id: OrderId
    change_id: ChangeId


class ChangeBegun(View, frozen=True, kw_only=True):
    """`by`: who else is changing the order just now, empty where nobody is."""

    by: str = ""
    since: Instant | None = None


class LeaveChange(Request, frozen=True, kw_only=True):
    """This seat changes the order no more."""

    order_id: OrderId
    change_id: ChangeId


class WithdrawChange(Request, frozen=True, kw_only=True):
    """Take back a request that is open: what was authorised for it is given back."""

    change_id: ChangeId


class SettleChange(Request, frozen=True, kw_only=True):
    """A lead carries out a request that is open, as far as that can be done, or rejects it."""

    change_id: ChangeId
    apply: bool
    reason: ShortText


class RefundDone(Request, frozen=True, kw_only=True):
    """A person has sent back what no gateway could; `note` says how, as the bank calls it."""

    refund_id: RefundId
    note: ShortText


class GiveGoodwill(Request, frozen=True, kw_only=True):
    """Give money back for an inconvenience; nothing is returned for it.

    Repeatable by `goodwill_id`, which the desk keeps until it has heard what came of it.
    """

    goodwill_id: GoodwillId
    order_id: OrderId
    amount: Money
    reason: ShortText


class RefundsMade(View, frozen=True, kw_only=True):
    """What goes back, a row for each way."""

    refunds: tuple[RefundView, ...]
