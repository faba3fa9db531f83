"""Drafts that wait for a call back, and drafts on their way from one CSR to another.

A hand-over is known by an id made at the giving desk. The copy at the centre holds the document and
the record of its read-back, and goes as soon as the colleague's desk has it.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import HandoverId, OrderId, PersonId
from app.values.money import Money
from app.values.vocabulary import HandoverState
from app.wire.message import Instant, PageRows, Request, ShortText, View
from app.wire.orders import CallBack, OrderDocument
from app.wire.people import PersonView
from app.wire.read_back import ReadBackEntry

HANDOVERS_MOST = 50
DUE_MOST = 20


class ParkDraft(Request, frozen=True, kw_only=True):
    """Keep the order for later exactly as it is given here, and when to call back about it."""

    document: OrderDocument
    call_back: CallBack = CallBack()


class AskCallBacks(Request, frozen=True, kw_only=True):
    """Whom to call back now."""


class CallBackDue(View, frozen=True, kw_only=True):
    """Somebody who was to be called back at a time that has come."""

    order_id: OrderId
    customer_name: str
    phone: str
    at: Instant


class CallBacks(View, frozen=True, kw_only=True):
    """Those whose time has come, the longest overdue first, and how many wait in all."""

    due: tuple[CallBackDue, ...] = ()
    parked: int = 0


class HandOver(Request, frozen=True, kw_only=True):
    """Give a draft of this desk to a colleague."""

    order_id: OrderId
    to_person: PersonId
    to_name: ShortText


class TakeOver(Request, frozen=True, kw_only=True):
    """Take a draft that a colleague offered, and keep it at this desk."""

    handover_id: HandoverId


class TakeBack(Request, frozen=True, kw_only=True):
    """The draft is to be this desk's again."""

    order_id: OrderId


class AskColleagues(Request, frozen=True, kw_only=True):
    """Who else takes orders."""

    limit: PageRows = 500


class Colleagues(View, frozen=True, kw_only=True):
    """Those of one's own team first, then by name."""

    people: tuple[PersonView, ...]


class OfferDraft(Request, frozen=True, kw_only=True):
    """A copy of a draft for a colleague; the same id asked again offers nothing twice.

    `base`: of a change of an order, the order as it was when the change was begun.
    """

    handover_id: HandoverId
    to_person: PersonId
    document: OrderDocument
    entries: tuple[ReadBackEntry, ...] = ()
    call_back: CallBack = CallBack()
    base: OrderDocument | None = None


class Offered(View, frozen=True, kw_only=True):
    """It waits for the colleague until then; afterwards it is the giver's again."""

    handover_id: HandoverId
    offered_at: Instant
    expires_at: Instant


class AskOffered(Request, frozen=True, kw_only=True):
    """Drafts that wait for the person who asks; for a lead, for anybody."""

    limit: Annotated[int, Meta(ge=1, le=HANDOVERS_MOST)] = HANDOVERS_MOST


class OfferedDraft(View, frozen=True, kw_only=True):
    """A draft in a line. `is_claimed`: the asking seat has claimed it and not fetched it yet."""

    handover_id: HandoverId
    order_id: OrderId
    from_name: str
    to_person: PersonId
    to_name: str
    offered_at: Instant
    customer_name: str
    line_count: int
    total: Money
    call_back: CallBack = CallBack()
    is_claimed: bool = False


class OfferedDrafts(View, frozen=True, kw_only=True):
    """The longest waiting first."""

    drafts: tuple[OfferedDraft, ...] = ()


class ClaimDraft(Request, frozen=True, kw_only=True):
    """The person who asks goes on with it, at this seat."""

    handover_id: HandoverId


class ClaimedDraft(View, frozen=True, kw_only=True):
    """The copy; given again to the same person at the same seat until it says that it has it."""

    handover_id: HandoverId
    from_name: str
    document: OrderDocument
    entries: tuple[ReadBackEntry, ...] = ()
    call_back: CallBack = CallBack()
    base: OrderDocument | None = None


class TakeBackDraft(Request, frozen=True, kw_only=True):
    """Take an offer of this seat back. One that never arrived will be refused when it does."""

    handover_id: HandoverId


class DraftReceived(Request, frozen=True, kw_only=True):
    """What this seat claimed is on its disk: the copy is needed no more."""

    handover_id: HandoverId


class AskHandovers(Request, frozen=True, kw_only=True):
    """How hand-overs of this seat stand."""

    handover_ids: Annotated[tuple[HandoverId, ...], Meta(min_length=1, max_length=HANDOVERS_MOST)]


class HandoverStanding(View, frozen=True, kw_only=True):
    """How one stands; `by_name` is who claimed it, `at` when it was offered or ended."""

    handover_id: HandoverId
    state: HandoverState
    at: Instant
    by_name: str = ""


class HandoverStandings(View, frozen=True, kw_only=True):
    """Those that the centre knows; one that is not among them never arrived."""

    standings: tuple[HandoverStanding, ...] = ()
