"""The part of a small desk that changes placed orders: drafts, previews, what is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from app.services.rules import amending
from app.services.rules.amending import Begun
from app.services.rules.pricing import totals
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.ui.main_window import MainWindow
from app.values.errors import Refusal, Unreachable
from app.values.identity import ChangeId, DeviceId, GoodwillId, OrderId, PersonId, RefundId
from app.values.money import Money
from app.values.order_life import ChangeState, ChangeWhat, IdentityLevel, RefundState, RefundWay
from app.wire.message import encode
from app.wire.order_changes import (
    Amendment,
    BeginAmendment,
    Cancellation,
    ChangeOrder,
    ChangePreview,
    ChangeSent,
    ChangeView,
    GiveGoodwill,
    PreviewChange,
    RefundsMade,
    RefundView,
    Undo,
)
from app.wire.order_operations import (
    BEGIN_AMENDMENT,
    CHANGE_ORDER,
    GIVE_GOODWILL,
    PREVIEW_CHANGE,
)
from app.wire.order_page import AskOrderPage, OrderPage
from app.wire.orders import PlacedOrder
from app.wire.read_back import ReadBackEntry
from tests.builders import A_MORNING, an_id


def show_whose_it_is(window: MainWindow) -> None:
    """The caller has shown that the order is theirs; the keyboard is in its lines."""
    screen = window.pages.order
    screen._presenter.set_level(IdentityLevel.ALL)  # noqa: SLF001 - whom the window made
    screen.begin()


_WORDS = {
    Amendment: ChangeWhat.AMENDMENT,
    Cancellation: ChangeWhat.CANCELLATION,
    Undo: ChangeWhat.UNDO,
}


class FakeChanges:
    """`changes` are what was sent; `answer` is what comes of it, `preview_with` what differs.

    `goodwills` are what was given, each once; `goodwill_asked` how often. `meanwhile` happens while
    it is being given, and `lose_answer` leaves the asker without an answer, once.
    """

    orders: dict[OrderId, PlacedOrder]
    drafts: dict[OrderId, bytes]
    notes: dict[OrderId, list[ReadBackEntry]]
    pages: dict[OrderId, OrderPage]

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[ChangeOrder] = []
        self.also_by = ""
        self.answer: ChangeState | None = ChangeState.APPLIED
        self.preview_with: dict[str, Any] = {}
        self.undo_minutes = 15
        self.goodwills: dict[GoodwillId, GiveGoodwill] = {}
        self.goodwill_asked: list[GiveGoodwill] = []
        self.meanwhile: Callable[[], None] | None = None
        self.lose_answer = False
        self._begun = 0

    def change_handlers(self) -> dict[str, Callable[[Any], Any]]:
        return {
            BEGIN_AMENDMENT.name: self._begin,
            PREVIEW_CHANGE.name: self._preview,
            CHANGE_ORDER.name: self._change,
            GIVE_GOODWILL.name: self._give,
        }

    def _page_of(self, order_id: OrderId) -> OrderPage:
        handlers: dict[str, Callable[[Any], Any]] = self.order_handlers()  # type: ignore[attr-defined] # of the desk it is a part of
        page: OrderPage = handlers["orders.page"](AskOrderPage(order_id=order_id))
        return page

    def _begin(self, request: BeginAmendment) -> object:
        self._begun += 1
        begun = Begun(
            change_id=request.change_id or ChangeId(an_id(60_000 + self._begun)),
            person_id=PersonId(an_id(700)),
            device_id=DeviceId(an_id(800)),
            at=A_MORNING,
        )
        page = self._page_of(request.order_id)
        draft = amending.from_page(page, begun, self.also_by)
        self.drafts[draft.order_id] = encode(draft)
        self.notes[draft.order_id] = list(page.order.placed.read_back)
        return draft

    def _preview(self, request: PreviewChange) -> ChangePreview:
        page = self._page_of(request.order_id)
        rules = load_regions(resource_folder() / "regions")[page.order.placed.document.region]
        old = page.order.placed.totals.total
        new = old
        if isinstance(request.what, Amendment):
            new = totals(request.what.document, rules).total
        nothing = Money(0, old.currency)
        preview = ChangePreview(
            revision=page.order.revision + 1,
            old_total=old,
            new_total=new,
            held=nothing,
            to_pay=nothing,
            to_refund=nothing,
            say=("That is what it comes to.",),
        )
        return msgspec.structs.replace(preview, **self.preview_with)

    def _change(self, request: ChangeOrder) -> ChangeSent:
        self.changes.append(request)
        self.drafts.pop(OrderId(request.change_id), None)
        page = self._page_of(request.order_id)
        if self.answer is ChangeState.APPLIED and request.what is not None:
            view = ChangeView(
                change_id=request.change_id,
                what=_WORDS[type(request.what)],
                state=ChangeState.APPLIED,
                base_revision=request.base_revision,
                revision=request.base_revision + 1,
                reasons=(),
                differences=(),
                at=A_MORNING,
                by=PersonId(an_id(700)),
                can_undo_until=A_MORNING + timedelta(minutes=self.undo_minutes),
            )
            if isinstance(request.what, Undo):
                view = msgspec.structs.replace(view, can_undo_until=None)
            order = msgspec.structs.replace(page.order, revision=page.order.revision + 1)
            self.pages[request.order_id] = msgspec.structs.replace(
                page, order=order, changes=(*page.changes, view)
            )
        return ChangeSent(
            change_id=request.change_id,
            state=self.answer,
            sentence="It is done." if self.answer else "I have kept this as a request.",
        )

    def _give(self, request: GiveGoodwill) -> RefundsMade:
        """All of it is to be sent by hand."""
        self.goodwill_asked.append(request)
        given = self.goodwills.setdefault(request.goodwill_id, request)
        if self.meanwhile is not None:
            self.meanwhile()
        if self.lose_answer:
            self.lose_answer = False
            raise Unreachable("unreachable", "The central service does not answer.")
        if given.amount != request.amount:
            sentence = f"{given.amount} was given already, and nothing more is given now."
            raise Refusal("goodwill_given", sentence, "amount")
        page = self._page_of(request.order_id)
        account = msgspec.structs.replace(page.account, goodwill=given.amount)
        self.pages[request.order_id] = msgspec.structs.replace(page, account=account)
        back = RefundView(
            refund_id=RefundId(an_id(70_000 + len(self.goodwills))),
            way=RefundWay.BY_HAND,
            amount=given.amount,
            state=RefundState.DUE,
            at=A_MORNING,
        )
        return RefundsMade(refunds=(back,))
