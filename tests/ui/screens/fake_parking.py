"""Drafts of the small desk for screens: kept, parked, handed to a colleague and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.values.identity import OrderId
from app.values.vocabulary import Handing
from app.wire import handover_operations
from app.wire.handover import (
    AskCallBacks,
    AskColleagues,
    AskOffered,
    CallBackDue,
    CallBacks,
    Colleagues,
    HandOver,
    OfferedDraft,
    OfferedDrafts,
    ParkDraft,
    TakeBack,
    TakeOver,
)
from app.wire.message import Nothing, decode, encode
from app.wire.orders import CallBack, HandedAway, OrderDocument
from app.wire.people import PersonView
from tests.builders import A_MORNING
from tests.ui.screens.fake_contacts import FakeContacts


class FakeParking(FakeContacts):
    """`offered` are drafts of colleagues, `handed` those of this desk that were given away."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts: dict[OrderId, bytes] = {}
        self.call_backs: dict[OrderId, CallBack] = {}
        self.handed: dict[OrderId, HandedAway] = {}
        self.offered: dict[OfferedDraft, OrderDocument] = {}
        self.colleagues: tuple[PersonView, ...] = ()
        self.now = A_MORNING

    def parking_handlers(self) -> dict[str, Callable[[Any], Any]]:
        return {
            handover_operations.PARK_DRAFT.name: self._park,
            handover_operations.ASK_CALL_BACKS.name: self._call_backs_due,
            handover_operations.COLLEAGUES.name: self._colleagues,
            handover_operations.OFFERED_DRAFTS.name: self._offered_drafts,
            handover_operations.HAND_OVER.name: self._hand_over,
            handover_operations.TAKE_OVER.name: self._take_over,
            handover_operations.BRING_BACK.name: self._bring_back,
            **self.contact_handlers(),
        }

    def draft(self, order_id: OrderId) -> OrderDocument:
        """The document as it stands on disk."""
        return decode(self.drafts[order_id], OrderDocument)

    def _park(self, request: ParkDraft) -> Nothing:
        self.drafts[request.document.order_id] = encode(request.document)
        self.call_backs[request.document.order_id] = request.call_back
        return Nothing()

    def _call_backs_due(self, _request: AskCallBacks) -> CallBacks:
        due = [
            CallBackDue(
                order_id=order_id,
                customer_name=customer.name if (customer := self.draft(order_id).customer) else "",
                phone=call_back.phone,
                at=call_back.at,
            )
            for order_id, call_back in self.call_backs.items()
            if call_back.at is not None and call_back.at <= self.now
        ]
        return CallBacks(due=tuple(due), parked=len(self.call_backs))

    def _colleagues(self, _request: AskColleagues) -> Colleagues:
        return Colleagues(people=self.colleagues)

    def _offered_drafts(self, _request: AskOffered) -> OfferedDrafts:
        return OfferedDrafts(drafts=tuple(self.offered))

    def _hand_over(self, request: HandOver) -> Nothing:
        self.handed[request.order_id] = HandedAway(
            state=Handing.OFFERED, to_name=request.to_name, at=self.now
        )
        return Nothing()

    def _take_over(self, request: TakeOver) -> OrderDocument:
        offered = next(one for one in self.offered if one.handover_id == request.handover_id)
        document = self.offered.pop(offered)
        self.drafts[document.order_id] = encode(document)
        return document

    def _bring_back(self, request: TakeBack) -> Nothing:
        del self.handed[request.order_id]
        return Nothing()
