"""A whole desk and a whole centre with a card gateway: cards, links, and drafts given up."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from app.models.central.recording import RecordingLease
from app.services.central.transaction import Transaction
from app.services.desk.card_keys import require_trusted
from app.services.desk.desk import Desk
from app.services.rules.pricing import totals
from app.values.errors import Refusal
from app.values.identity import AttemptId, LeaseId, LinkId, OrderId
from app.values.vocabulary import AttemptState, LinkState, PauseState, PaymentMethod
from app.vault.keys import KeyFolder
from app.wire import operations
from app.wire.card_operations import ASK_TENDERS, OFFER_PAY_LINK, TAKE_CARD, VOID_TENDER
from app.wire.orders import OrderDocument, SaveDraft, VoidDraft
from app.wire.payments import (
    AskTenders,
    CardAttempt,
    PayLink,
    SendPayLink,
    TakeCard,
    Tenders,
    VoidTender,
)
from tests.fakes import CountingIds, FixedClock
from tests.gateways import ENVELOPE, Says
from tests.paying_desk import PayingCentre
from tests.services.desk.site import REGIONS, status
from tests.services.test_guidance_followed import a_desk
from tests.services.test_orders_sent import order_of, ready, take_order


@pytest.fixture
def centre(central_url: str) -> Generator[PayingCentre]:
    made = PayingCentre(central_url)
    yield made
    made.close()


class Paid:
    """A desk with one order in hand."""

    def __init__(self, centre: PayingCentre, desk: Desk, payment: PaymentMethod) -> None:
        self.centre = centre
        self.desk = desk
        self._person = ready(centre, desk)
        order = order_of(centre, self._person, 1)
        self.document: OrderDocument = msgspec.structs.replace(order, payment=payment)
        desk.caller.call(operations.SAVE_DRAFT, SaveDraft(document=self.document))

    def take_card(self) -> CardAttempt:
        amount = totals(self.document, REGIONS[self.document.region]).total
        request = TakeCard(
            attempt_id=AttemptId(self.centre.ids.new()),
            order_id=self.document.order_id,
            lease_id=self._pause(),
            amount=amount,
            envelope=ENVELOPE,
        )
        return self.desk.caller.call(TAKE_CARD, request)

    def send_link(self) -> PayLink:
        request = SendPayLink(
            link_id=LinkId(self.centre.ids.new()),
            order_id=self.document.order_id,
            amount=totals(self.document, REGIONS[self.document.region]).total,
            send_to="m.thompson@example.org",
        )
        return self.desk.caller.call(OFFER_PAY_LINK, request)

    def tenders(self) -> Tenders:
        asked = AskTenders(order_id=self.document.order_id, refresh=True)
        return self.desk.caller.call(ASK_TENDERS, asked)

    def send(self) -> None:
        self.desk.line.step()
        assert (status(self.desk).waiting, status(self.desk).needs_person) == (0, 0)

    def _pause(self) -> LeaseId:
        """A pause of this seat for the order, which was held and is over."""
        lease_id, now = LeaseId(self.centre.ids.new()), self.centre.clock.now()
        lease = RecordingLease(
            lease_id=lease_id,
            state=PauseState.ENDED,
            call_reference="call",
            order_id=self.document.order_id,
            device_id=self.document.device_id,
            person_id=self._person,
            workstation="Desk",
            extension=None,
            requested_at=now,
            held_at=now,
            ended_at=now,
            refused_code="",
            refused_sentence="",
            tries=0,
            keeps_paused=False,
        )

        def add(tx: Transaction) -> None:
            tx.session.add(lease)

        self.centre.administration.write(add)
        return lease_id


@contextmanager
def paying(centre: PayingCentre, folder: Path, payment: PaymentMethod) -> Iterator[Paid]:
    with centre.over_http() as line, a_desk(centre, line.url, folder) as desk:
        yield Paid(centre, desk, payment)


def test_an_order_by_card_is_taken_by_the_centre_as_authorised(
    centre: PayingCentre, tmp_path: Path
) -> None:
    with paying(centre, tmp_path / "seat", PaymentMethod.CARD) as paid:
        attempt = paid.take_card()
        assert attempt.state is AttemptState.AUTHORISED
        assert attempt.lease_id is not None
        take_order(paid.desk, paid.document)
        paid.send()
    assert centre.rows("SELECT state, payment_state, review_reasons FROM sales_order") == [
        ("accepted", "authorised", [])
    ]


def test_an_answer_that_was_lost_is_found_and_nothing_is_taken_twice(
    centre: PayingCentre, tmp_path: Path
) -> None:
    centre.gateway.say(Says(lost=True))
    with paying(centre, tmp_path / "seat", PaymentMethod.CARD) as paid:
        assert paid.take_card().state is AttemptState.UNKNOWN
        with pytest.raises(Refusal, match="payment_open"):
            take_order(paid.desk, paid.document)
        with pytest.raises(Refusal, match="attempt_open"):
            paid.take_card()
        found = [attempt.state for attempt in paid.tenders().attempts]
        assert found == [AttemptState.AUTHORISED, AttemptState.FAILED]
    assert centre.gateway.calls.count("authorise") == 1


def test_an_amount_is_given_back_at_the_bank(centre: PayingCentre, tmp_path: Path) -> None:
    with paying(centre, tmp_path / "seat", PaymentMethod.CARD) as paid:
        attempt = paid.take_card()
        request = VoidTender(
            order_id=OrderId(attempt.order_id), attempt_id=attempt.attempt_id, reason="Changed."
        )
        (voided,) = paid.desk.caller.call(VOID_TENDER, request).attempts
        assert voided.state is AttemptState.VOIDED
    assert centre.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED


def test_what_a_draft_that_was_given_up_held_is_given_back(
    centre: PayingCentre, tmp_path: Path
) -> None:
    with paying(centre, tmp_path / "seat", PaymentMethod.CARD) as paid:
        attempt = paid.take_card()
        request = VoidDraft(order_id=paid.document.order_id, reason="The caller rang off.")
        paid.desk.caller.call(operations.VOID_DRAFT, request)
        paid.send()
        centre.payments.look_after()
    assert centre.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED


def test_a_link_is_sent_paid_and_seen_at_the_desk(centre: PayingCentre, tmp_path: Path) -> None:
    with paying(centre, tmp_path / "seat", PaymentMethod.PAY_LINK) as paid:
        link = paid.send_link()
        centre.gateway.pay_link(link.link_id, centre.clock.now())
        assert [one.state for one in paid.tenders().links] == [LinkState.PAID]
        take_order(paid.desk, paid.document)
        paid.send()
    assert centre.rows("SELECT state, payment_state FROM sales_order") == [("accepted", "paid")]


def test_a_key_that_the_vault_offers_is_trusted_by_the_desk(tmp_path: Path) -> None:
    clock, folder = FixedClock(), tmp_path / "keys"
    keys = KeyFolder(folder, clock)
    key = keys.create(CountingIds())
    require_trusted(key, keys.root_key(), clock.now())
    other = KeyFolder(tmp_path / "other", clock)
    other.create(CountingIds())
    with pytest.raises(Refusal, match="card_key_untrusted"):
        require_trusted(key, other.root_key(), clock.now())
