"""The outbox of a desk as its screen shows it: what was done here, and how far it has come.

Nothing in it can take a command out; only the centre's answer moves one on.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import CommandId, OrderId
from app.values.money import Money
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind, CommandState
from app.wire.message import Instant, Request, View

OUTBOX_ROWS = 50


class OutboxPlace(View, frozen=True, kw_only=True):
    """Where a page of the outbox ended. `rank` 0: someone has to look; 1: all others."""

    rank: int
    position: int


class AskOutbox(Request, frozen=True, kw_only=True):
    """A page of what is not settled, newest first, and before that what needs a person.

    `with_settled` adds what was settled today.
    """

    with_settled: bool = False
    after: OutboxPlace | None = None
    limit: Annotated[int, Meta(ge=1, le=OUTBOX_ROWS)] = OUTBOX_ROWS


class OutboxEntry(View, frozen=True, kw_only=True):
    """One command. `number` and `total` are those of its order; a given-up draft has neither.

    `next_try_at` is only known while the desk waits before it sends again. `is_held` while an
    earlier command of the same order has not gone. `sentence` is the centre's, `decision` its word
    for the order since somebody decided about it.
    """

    place: OutboxPlace
    command_id: CommandId
    order_id: OrderId
    kind: CommandKind
    state: CommandState
    number: OrderNumber | None = None
    customer: str = ""
    total: Money | None = None
    taken_at: Instant
    taken_by: str = ""
    tries: int = 0
    next_try_at: Instant | None = None
    answered_at: Instant | None = None
    is_held: bool = False
    reasons: tuple[str, ...] = ()
    sentence: str = ""
    decision: str = ""


class OutboxPage(View, frozen=True, kw_only=True):
    """Entries in order. `waiting` and `needs_person` count the whole outbox, not this page."""

    entries: tuple[OutboxEntry, ...]
    more: bool = False
    online: bool
    waiting: int = 0
    needs_person: int = 0
    sentence: str = ""


class SendNow(Request, frozen=True, kw_only=True):
    """Try at once, also what is stuck."""


class OpenSentOrder(Request, frozen=True, kw_only=True):
    """An order as it was placed at this desk."""

    order_id: OrderId
