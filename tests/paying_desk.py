"""A centre with a card gateway, and a seat that takes cards: what a desk does, without a desk."""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from app.models.central.recording import RecordingLease
from app.services.central.payments import CardPayments, PaymentSettings
from app.services.central.transaction import Transaction
from app.values.identity import AttemptId, LeaseId, LinkId, OrderId
from app.values.money import Currency, Money
from app.values.vocabulary import CommandKind, PauseState
from app.wire.card_operations import (
    ASK_ATTEMPT,
    ASK_PAYMENTS,
    AUTHORISE_CARD,
    SEND_PAY_LINK,
    VOID_ATTEMPT,
)
from app.wire.message import encode
from app.wire.payments import (
    AskAttempt,
    AskPayments,
    AuthoriseCard,
    CardAttempt,
    GivenUpOrder,
    PayLink,
    Payments,
    SendPayLink,
    VoidAttempt,
)
from app.wire.sync import Command
from tests.gateways import ENVELOPE, FakeGateway
from tests.order_desk import OrderCentre, SendingDesk


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


class PayingCentre(OrderCentre):
    """A centre with a gateway that does as it is told; `payments` is one replica's watchdog."""

    def __init__(self, url: str) -> None:
        self.gateway: FakeGateway = FakeGateway()
        super().__init__(url)
        self.payments = self.replica()

    def replica(self) -> CardPayments:
        """One more service on the same database and gateway."""
        return CardPayments(self.transactions, self.gateway, PaymentSettings(), self.log)

    def empty(self) -> None:
        """As it was when it was new, the gateway too."""
        super().empty()
        self.gateway.forget()

    def attempt_rows(self) -> list[Any]:
        return self.rows("SELECT * FROM card_attempt ORDER BY started_at, attempt_id")


class PayingDesk(SendingDesk):
    """A seat with a person signed in, that pauses recordings and takes cards."""

    def __init__(self, centre: PayingCentre, name: str = "Desk 1", login: str = "ada") -> None:
        super().__init__(centre, name, login)
        centre.sign_in(self.caller, login)

    def new_order(self) -> OrderId:
        return OrderId(self.centre.ids.new())

    def pause(self, order_id: OrderId, **different: Any) -> LeaseId:
        """A pause of this seat for the order, which was held and is over."""
        lease_id = LeaseId(self.centre.ids.new())
        lease = {
            "lease_id": lease_id,
            "state": PauseState.ENDED,
            "call_reference": "call",
            "order_id": order_id,
            "device_id": self.seat.device_id,
            "person_id": self.person,
            "workstation": "Desk",
            "extension": None,
            "requested_at": self.centre.clock.now(),
            "held_at": self.centre.clock.now(),
            "ended_at": self.centre.clock.now(),
            "refused_code": "",
            "refused_sentence": "",
            "tries": 0,
            "keeps_paused": False,
        } | different

        def add(tx: Transaction) -> LeaseId:
            tx.session.add(RecordingLease(**lease))
            return lease_id

        return self.centre.administration.write(add)

    def request(
        self, order_id: OrderId | None = None, minor: int = 2_500, **different: Any
    ) -> AuthoriseCard:
        """A card for the order, heard while its recording was paused."""
        order_id = order_id or self.new_order()
        lease_id = different.pop("lease_id", None) or self.pause(order_id)
        request = AuthoriseCard(
            attempt_id=AttemptId(self.centre.ids.new()),
            order_id=order_id,
            lease_id=lease_id,
            amount=pounds(minor),
            envelope=ENVELOPE,
        )
        return msgspec.structs.replace(request, **different)

    def take(self, order_id: OrderId | None = None, minor: int = 2_500) -> CardAttempt:
        """What comes of a card."""
        return self.caller.call(AUTHORISE_CARD, self.request(order_id, minor))

    def ask(self, attempt_id: UUID) -> CardAttempt:
        return self.caller.call(ASK_ATTEMPT, AskAttempt(attempt_id=AttemptId(attempt_id)))

    def void(self, attempt_id: UUID, reason: str = "The amount changed.") -> CardAttempt:
        wanted = VoidAttempt(attempt_id=AttemptId(attempt_id), reason=reason)
        return self.caller.call(VOID_ATTEMPT, wanted)

    def link(
        self, order_id: OrderId, minor: int = 2_500, send_to: str = "ada@example.org"
    ) -> PayLink:
        """A pay link that was sent."""
        wanted = SendPayLink(
            link_id=LinkId(self.centre.ids.new()),
            order_id=order_id,
            amount=pounds(minor),
            send_to=send_to,
        )
        return self.caller.call(SEND_PAY_LINK, wanted)

    def payments(self, order_id: OrderId) -> Payments:
        return self.caller.call(ASK_PAYMENTS, AskPayments(order_id=order_id))

    def giving_up(self, order_id: OrderId, reason: str = "The caller rang off.") -> Command:
        """The next command of this seat: the order will not come."""
        given_up = GivenUpOrder(
            order_id=order_id,
            reason=reason,
            given_up_at=self.centre.clock.now(),
        )
        at = self.centre.clock.now()
        return self.command(encode(given_up), kind=CommandKind.GIVE_UP_ORDER, captured_at=at)
