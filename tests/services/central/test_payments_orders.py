"""How far an order is paid for when it arrives, and what becomes of one that never does."""

from __future__ import annotations

import threading

import msgspec
import pytest

from app.services.central.payments import PaymentSettings
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.money import Money
from app.values.vocabulary import AttemptState, CommandKind, PaymentMethod, PaymentState
from app.wire.card_operations import ASK_ATTEMPT, AUTHORISE_CARD
from app.wire.customers import FindCustomers, GetOrder
from app.wire.operations import FIND_CUSTOMERS, GET_ORDER
from app.wire.orders import OrderCustomer, OrderDocument, OrderView
from app.wire.payments import AskAttempt, CardAttempt, PayLink
from app.wire.sync import CommandOutcome, Outcome
from tests.builders import a_customer, changed, with_line
from tests.gateways import Says
from tests.order_desk import stored_order
from tests.paying_desk import PayingCentre, PayingDesk

ORPHANED = PaymentSettings().orphan_hours


@pytest.fixture
def centre(paying: PayingCentre) -> PayingCentre:
    return paying


@pytest.fixture
def either(paying_either: PayingCentre) -> PayingCentre:
    return paying_either


@pytest.fixture
def desk(centre: PayingCentre) -> PayingDesk:
    return PayingDesk(centre)


def an_order(
    desk: PayingDesk, payment: PaymentMethod, customer: OrderCustomer | None = None
) -> OrderDocument:
    document = desk.order(with_line("TEA-1", 2), changed(payment=payment))
    if customer is None:
        return document
    return msgspec.structs.replace(document, customer=customer)


def total(desk: PayingDesk, document: OrderDocument) -> Money:
    return desk.placed(document).totals.total


def sent(
    desk: PayingDesk,
    document: OrderDocument,
    *,
    attempts: tuple[CardAttempt, ...] = (),
    links: tuple[PayLink, ...] = (),
) -> CommandOutcome:
    placed = desk.placed(document, attempts=attempts, links=links)
    return desk.send(desk.command(placed))[0]


def view_of(desk: PayingDesk, document: OrderDocument) -> OrderView:
    return desk.caller.call(GET_ORDER, GetOrder(order_id=document.order_id))


def state_of(desk: PayingDesk, document: OrderDocument) -> PaymentState | None:
    return view_of(desk, document).payments.state


def paid_by_card(desk: PayingDesk) -> tuple[OrderDocument, CardAttempt]:
    """An order whose total is authorised; it is not sent yet."""
    document = an_order(desk, PaymentMethod.CARD)
    return document, desk.take(document.order_id, total(desk, document).minor)


class TestAnOrderPaidByCard:
    def test_is_authorised_when_the_bank_approved_its_total(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        document, attempt = paid_by_card(desk)
        outcome = sent(desk, document, attempts=(attempt,))
        assert (outcome.outcome, outcome.reasons) == (Outcome.ACCEPTED, ())
        view = view_of(desk, document)
        assert view.payments.state is PaymentState.AUTHORISED
        assert view.payments.attempts == (attempt,)

    def test_may_be_paid_by_two_cards(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        document = an_order(desk, PaymentMethod.CARD)
        due = total(desk, document).minor
        centre.gateway.say(Says(approved=100))
        both = desk.take(document.order_id, due), desk.take(document.order_id, due - 100)
        assert sent(desk, document, attempts=both).outcome is Outcome.ACCEPTED
        assert state_of(desk, document) is PaymentState.AUTHORISED

    def test_for_less_is_looked_at(self, desk: PayingDesk) -> None:
        document = an_order(desk, PaymentMethod.CARD)
        attempt = desk.take(document.order_id, 100)
        assert sent(desk, document, attempts=(attempt,)).reasons == ("payment_short",)
        assert state_of(desk, document) is PaymentState.OUTSTANDING

    def test_for_more_is_looked_at(self, desk: PayingDesk) -> None:
        document, attempt = paid_by_card(desk)
        other = desk.take(document.order_id, 100)
        assert sent(desk, document, attempts=(attempt, other)).reasons == ("payment_over",)

    def test_of_which_the_bank_knows_nothing_is_looked_at(self, desk: PayingDesk) -> None:
        document, other = an_order(desk, PaymentMethod.CARD), paid_by_card(desk)[1]
        assert sent(desk, document, attempts=(other,)).reasons == ("payment_unproved",)
        assert state_of(desk, document) is PaymentState.OUTSTANDING

    def test_whose_outcome_is_unknown_is_looked_at_and_paid_once_it_is_known(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        centre.gateway.say(Says(lost=True))
        document, attempt = paid_by_card(desk)
        told = msgspec.structs.replace(attempt, state=AttemptState.AUTHORISED)
        assert sent(desk, document, attempts=(told,)).reasons == ("payment_unproved",)
        centre.clock.advance(minutes=1)
        centre.payments.look_after()
        assert state_of(desk, document) is PaymentState.AUTHORISED

    def test_counts_what_the_desk_forgot(self, desk: PayingDesk) -> None:
        document, _ = paid_by_card(desk)
        assert sent(desk, document).outcome is Outcome.ACCEPTED
        assert state_of(desk, document) is PaymentState.AUTHORISED

    def test_sent_a_second_time_with_other_contents_has_no_part_in_the_money(
        self, desk: PayingDesk
    ) -> None:
        document, attempt = paid_by_card(desk)
        sent(desk, document, attempts=(attempt,))
        other = msgspec.structs.replace(document, internal_note="Another.")
        reasons = sent(desk, other, attempts=(attempt,)).reasons
        assert {"order_sent_twice", "payment_unproved"} <= set(reasons)

    def test_that_is_voided_afterwards_is_outstanding_and_looked_at(self, desk: PayingDesk) -> None:
        document, attempt = paid_by_card(desk)
        sent(desk, document, attempts=(attempt,))
        desk.void(attempt.attempt_id)
        view = view_of(desk, document)
        assert view.payments.state is PaymentState.OUTSTANDING
        assert (view.state, view.review_reasons) == ("needs_review", ("payment_voided",))
        kinds = desk.centre.rows("SELECT kind, facts FROM order_event ORDER BY seq")
        assert [row.kind for row in kinds] == ["placed", "payment"]


class TestTheOtherWaysToPay:
    def test_later_is_outstanding_and_no_reason(self, desk: PayingDesk) -> None:
        document = an_order(desk, PaymentMethod.LATER)
        assert sent(desk, document).reasons == ()
        assert state_of(desk, document) is PaymentState.OUTSTANDING

    def test_by_invoice_is_on_account_where_the_customer_may(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        first = an_order(desk, PaymentMethod.LATER)
        sent(desk, first)
        assert first.customer is not None
        either.run("UPDATE customer SET on_account = true")
        known = msgspec.structs.replace(first.customer, base_revision=1, on_account=True)
        document = an_order(desk, PaymentMethod.INVOICE, customer=known)
        placed = desk.placed(document, not_duplicate_of=(first.order_id,))
        assert desk.send(desk.command(placed))[0].reasons == ()
        assert state_of(desk, document) is PaymentState.ON_ACCOUNT

    def test_by_invoice_is_looked_at_where_the_customer_may_not(self, desk: PayingDesk) -> None:
        customer = msgspec.structs.replace(a_customer(), on_account=True)
        document = an_order(desk, PaymentMethod.INVOICE, customer=customer)
        assert sent(desk, document).reasons == ("not_on_account",)
        assert state_of(desk, document) is PaymentState.ON_ACCOUNT

    def test_by_invoice_with_a_card_authorised_is_looked_at(self, desk: PayingDesk) -> None:
        document = an_order(desk, PaymentMethod.INVOICE)
        attempt = desk.take(document.order_id, total(desk, document).minor)
        reasons = sent(desk, document, attempts=(attempt,)).reasons
        assert reasons == ("not_on_account", "payment_over")

    def test_by_a_link_that_was_sent(self, desk: PayingDesk) -> None:
        document = an_order(desk, PaymentMethod.PAY_LINK)
        link = desk.link(document.order_id, total(desk, document).minor)
        assert sent(desk, document, links=(link,)).reasons == ()
        assert state_of(desk, document) is PaymentState.LINK_SENT
        assert view_of(desk, document).payments.links == (link,)

    def test_by_a_link_that_nobody_knows(self, desk: PayingDesk) -> None:
        document = an_order(desk, PaymentMethod.PAY_LINK)
        link = desk.link(desk.new_order(), total(desk, document).minor)
        assert sent(desk, document, links=(link,)).reasons == ("payment_unproved",)

    def test_whether_the_customer_has_an_account_is_told_with_them(self, desk: PayingDesk) -> None:
        sent(desk, an_order(desk, PaymentMethod.LATER))
        find = FindCustomers(text="Thompson")
        assert not desk.caller.call(FIND_CUSTOMERS, find).customers[0].on_account
        desk.centre.run("UPDATE customer SET on_account = true")
        assert desk.caller.call(FIND_CUSTOMERS, find).customers[0].on_account


class TestAnAuthorisationWithoutAnOrder:
    def test_is_given_back_after_its_hours(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        attempt = desk.take()
        centre.clock.advance(hours=ORPHANED - 1)
        centre.payments.look_after()
        assert centre.gateway.held(attempt.attempt_id).state is AttemptState.AUTHORISED
        centre.clock.advance(hours=2)
        centre.payments.look_after()
        assert centre.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED
        (row,) = centre.attempt_rows()
        assert (row.state, row.void_cause, row.due_at) == ("voided", "orphan", None)
        (audited,) = centre.rows("SELECT * FROM audit WHERE operation = 'payments.void'")
        assert audited.facts == {"order": str(attempt.order_id), "cause": "orphan"}

    def test_is_kept_when_the_order_is_here(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        document, attempt = paid_by_card(desk)
        sent(desk, document, attempts=(attempt,))
        centre.clock.advance(hours=ORPHANED * 2)
        centre.payments.look_after()
        assert centre.attempt_rows()[0].state == "authorised"
        assert centre.attempt_rows()[0].due_at is None

    def test_makes_the_order_be_looked_at_that_comes_too_late(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        document, attempt = paid_by_card(desk)
        either.clock.advance(hours=ORPHANED + 1)
        either.payments.look_after()
        outcome = sent(desk, document, attempts=(attempt,))
        assert "payment_voided" in outcome.reasons
        assert "payment_short" not in outcome.reasons
        either.sign_in(desk.caller, "ada")
        assert state_of(desk, document) is PaymentState.OUTSTANDING

    def test_is_given_back_once_by_two_replicas(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        for _ in range(3):
            desk.take()
        centre.clock.advance(hours=ORPHANED + 1)
        centre.gateway.calls.clear()
        for replica in (centre.replica(), centre.replica()):
            replica.look_after()
        assert centre.gateway.calls.count("void") == 3

    def test_is_given_back_or_pays_the_order_that_comes_at_that_moment_and_never_both(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        for _ in range(6):
            document, attempt = paid_by_card(desk)
            placed = desk.placed(document, attempts=(attempt,))
            command = desk.command(placed)
            centre.clock.advance(hours=ORPHANED + 1)
            watchdog = threading.Thread(target=centre.replica().look_after)
            watchdog.start()
            (outcome,) = desk.send(command)
            watchdog.join()
            centre.clock.advance(minutes=15)
            centre.payments.look_after()
            held = centre.gateway.held(attempt.attempt_id).state
            state = stored_order(centre, document.order_id)["payment_state"]
            assert (held.value, state) in {("voided", "outstanding"), ("authorised", "authorised")}
            assert ("payment_voided" in outcome.reasons) <= (state == "outstanding")
            centre.sign_in(desk.caller, "ada")

    def test_is_tried_until_the_gateway_is_back(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        desk.take()
        centre.clock.advance(hours=ORPHANED + 1)
        centre.gateway.is_away = True
        centre.payments.look_after()
        assert centre.attempt_rows()[0].state == "voiding"
        centre.gateway.is_away = False
        centre.clock.advance(minutes=15)
        centre.replica().look_after()
        assert centre.attempt_rows()[0].state == "voided"


class TestAnOrderThatIsGivenUp:
    def test_has_its_authorisation_given_back_and_its_link_taken_back(
        self, either: PayingCentre
    ) -> None:
        desk = PayingDesk(either)
        order = desk.new_order()
        attempt, link = desk.take(order), desk.link(order)
        (outcome,) = desk.send(desk.giving_up(order))
        assert (outcome.outcome, outcome.reasons) == (Outcome.ACCEPTED, ())
        either.payments.look_after()
        shown = desk.payments(order)
        assert [one.state.value for one in shown.attempts] == ["voided"]
        assert [one.state.value for one in shown.links] == ["cancelled"]
        assert either.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED
        assert either.gateway.links[link.link_id].state.value == "cancelled"

    def test_is_audited_with_ids_and_counts(self, desk: PayingDesk) -> None:
        order = desk.new_order()
        desk.take(order)
        command = desk.giving_up(order, reason="Card 4111 1111 1111 1111 was said.")
        desk.send(command)
        (row,) = desk.centre.rows("SELECT * FROM audit WHERE operation = 'order.give_up'")
        assert row.subject == order
        counts = {"attempts": 1, "links": 0, "stock": 0}
        assert row.facts == {"command": str(command.command_id), **counts}
        assert "4111 1111" not in desk.centre.text_in("given_up_order", "card_movement")

    def test_is_given_up_once_however_often_it_is_sent(self, desk: PayingDesk) -> None:
        order = desk.new_order()
        desk.take(order)
        command = desk.giving_up(order)
        first, again = desk.send(command)[0], desk.send(command)[0]
        assert again == msgspec.structs.replace(
            first, outcome=Outcome.REPLAYED, first=Outcome.ACCEPTED
        )
        assert len(desk.centre.rows("SELECT * FROM given_up_order")) == 1

    def test_takes_no_card_and_no_link_any_more(self, desk: PayingDesk) -> None:
        order = desk.new_order()
        desk.send(desk.giving_up(order))
        for take in (desk.take, desk.link):
            with pytest.raises(Refusal) as refusal:
                take(order)
            assert refusal.value.code == "order_given_up"

    def test_is_looked_at_when_it_comes_all_the_same(self, desk: PayingDesk) -> None:
        document, attempt = paid_by_card(desk)
        desk.send(desk.giving_up(document.order_id))
        outcome = sent(desk, document, attempts=(attempt,))
        assert outcome.outcome is Outcome.NEEDS_REVIEW
        assert outcome.reasons == ("order_given_up", "payment_voided")

    def test_whose_outcome_was_unknown_is_given_back_once_it_is_known(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        order = desk.new_order()
        centre.gateway.say(Says(lost=True))
        attempt = desk.take(order)
        desk.send(desk.giving_up(order))
        centre.payments.look_after()
        assert centre.gateway.held(attempt.attempt_id).state is AttemptState.VOIDED

    def test_keeps_its_payment_when_it_is_here_already(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        document, attempt = paid_by_card(desk)
        sent(desk, document, attempts=(attempt,))
        desk.send(desk.giving_up(document.order_id))
        centre.payments.look_after()
        assert centre.attempt_rows()[0].state == "authorised"
        (row,) = centre.rows("SELECT facts FROM audit WHERE operation = 'order.give_up'")
        assert row.facts["odd"] == "order_placed"

    def test_by_another_seat_leaves_the_card_of_this_one(self, centre: PayingCentre) -> None:
        desk, other = PayingDesk(centre), PayingDesk(centre, "Desk 2", "grace")
        order = desk.new_order()
        desk.take(order)
        other.send(other.giving_up(order))
        assert centre.attempt_rows()[0].state == "authorised"

    def test_in_no_year_of_ours_is_malformed(self, desk: PayingDesk) -> None:
        given_up = b'{"order_id":"%s","reason":"","given_up_at":"0004-01-01T00:00:00Z"}'
        order = OrderId(desk.new_order())
        wrong = desk.command(given_up % str(order).encode(), kind=CommandKind.GIVE_UP_ORDER)
        assert desk.send(wrong)[0].outcome is Outcome.REFUSED_FINAL


class TestNothingOfTheCard:
    def test_stands_anywhere_in_the_database_or_the_log(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        envelope = "SECRETHEAD.SECRETKEY.SECRETIV.SECRETTEXT.SECRETTAG"
        request = msgspec.structs.replace(desk.request(), envelope=envelope)
        desk.caller.call(AUTHORISE_CARD, request)
        desk.caller.call(ASK_ATTEMPT, AskAttempt(attempt_id=request.attempt_id))
        document = msgspec.structs.replace(
            an_order(desk, PaymentMethod.CARD), order_id=request.order_id
        )
        told = msgspec.structs.replace(
            desk.payments(request.order_id).attempts[0], brand="4111 1111 1111 1111"
        )
        link = msgspec.structs.replace(
            desk.link(request.order_id), send_to="378282246310005", url="5555555555554444"
        )
        sent(desk, document, attempts=(told,), links=(link,))
        found = everything_in(centre)
        assert str(request.attempt_id) in found
        for secret in ("SECRET", "4111 1111", "378282246310005", "5555555555554444"):
            assert secret not in found
            assert secret not in repr(centre.log.events)


def everything_in(centre: PayingCentre) -> str:
    """All rows of all tables, as text."""
    tables = centre.rows(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
    )
    return centre.text_in(*(row[0] for row in tables))
