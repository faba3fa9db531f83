"""What waits for a person: one list for leads and administrators, and what they decide.

An item has the id of what it is about, so that the same thing is the same item for everybody.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from app.values.identity import AttemptId, OrderId
from app.values.money import Money
from app.values.order_life import CancelReason
from app.values.order_number import OrderNumber
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire.message import FreeText, Instant, PageRows, Request, ShortText, View

CLAIM_MINUTES = 15

Note = Annotated[str, Meta(min_length=1, max_length=1_000)]


class WorkItemId(View, frozen=True, kw_only=True):
    """Which item: what has to be decided, and the id of what it is about."""

    kind: WorkKind
    subject: UUID


class Claimed(View, frozen=True, kw_only=True):
    """Who is at it, and until when nobody else is."""

    by: str
    mine: bool
    until: Instant


class WorkItem(View, frozen=True, kw_only=True):
    """One thing that waits. `why` are whole sentences, `since` when it began to wait.

    `acts` are what can be done about it here; `hints` say of others why not.
    """

    item: WorkItemId
    order_id: OrderId | None = None
    number: OrderNumber | None = None
    customer: str = ""
    amount: Money | None = None
    why: tuple[str, ...]
    note: str = ""
    who: str = ""
    since: Instant
    claimed: Claimed | None = None
    acts: tuple[WorkAct, ...] = ()
    hints: tuple[str, ...] = ()


class ListWork(Request, frozen=True, kw_only=True):
    """What waits, the oldest first; all kinds where none is named. `after` is the last one seen."""

    kinds: tuple[WorkKind, ...] = ()
    mine: bool = False
    after: WorkItemId | None = None
    after_since: Instant | None = None
    limit: PageRows = 50


class KindCount(View, frozen=True, kw_only=True):
    """So many of a kind wait."""

    kind: WorkKind
    waiting: int


class WorkPage(View, frozen=True, kw_only=True):
    """A page of the list, and how much there is of each kind."""

    items: tuple[WorkItem, ...]
    more: bool = False
    counts: tuple[KindCount, ...] = ()


class ClaimWork(Request, frozen=True, kw_only=True):
    """Take an item for a quarter of an hour, or longer. `item` None: the oldest free one.

    With `after` (and since when that one waits) the first free one behind it; where there is none,
    it begins anew. Refused `claimed` while a colleague is at it.
    """

    item: WorkItemId | None = None
    kinds: tuple[WorkKind, ...] = ()
    after: WorkItemId | None = None
    after_since: Instant | None = None


class ClaimedWork(View, frozen=True, kw_only=True):
    """The item that is claimed now; None: nothing waits that nobody is at."""

    item: WorkItem | None


class LeaveWork(Request, frozen=True, kw_only=True):
    """Let an item go, for somebody else."""

    item: WorkItemId


class HoldOrder(Request, frozen=True, kw_only=True):
    """Stop an order before the warehouse has it; held once more, code and note are changed."""

    order_id: OrderId
    code: HoldCode
    note: FreeText = ""


class LiftHold(Request, frozen=True, kw_only=True):
    """Let an order go on. Who put it on hold may, or a lead."""

    order_id: OrderId
    note: FreeText = ""


class ReleaseOrder(Request, frozen=True, kw_only=True):
    """Everything odd about an order was looked at: it goes on.

    `unpaid`: somebody answers for an order that no money is held for.
    """

    order_id: OrderId
    revision: int
    note: FreeText = ""
    unpaid: bool = False


class RejectOrder(Request, frozen=True, kw_only=True):
    """An order is not to be: it is cancelled whole, and what was paid goes back."""

    order_id: OrderId
    revision: int
    reason: CancelReason
    note: Note


class GiveBackOrphan(Request, frozen=True, kw_only=True):
    """Give an authorisation back whose order never came. Refused `order_known` where it did."""

    attempt_id: AttemptId
    reason: Note


class HeldOrder(View, frozen=True, kw_only=True):
    """A hold, as the order page shows it."""

    code: HoldCode
    note: ShortText
    by: str
    since: Instant
