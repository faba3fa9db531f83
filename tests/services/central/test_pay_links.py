"""Pay links at the centre: one open at a time, and whatever is paid counts."""

from __future__ import annotations

import msgspec
import pytest

from app.values.errors import Fault, Refusal
from app.values.identity import LinkId
from app.values.vocabulary import LinkState, PaymentMethod, PaymentState
from app.wire.card_operations import ASK_PAY_LINK, CANCEL_PAY_LINK, SEND_PAY_LINK
from app.wire.customers import GetOrder
from app.wire.operations import GET_ORDER
from app.wire.orders import OrderDocument, OrderView
from app.wire.payments import AskPayLink, CancelPayLink, PayLink, SendPayLink
from tests.builders import A_MORNING, changed, with_line
from tests.paying_desk import PayingCentre, PayingDesk, pounds


@pytest.fixture
def centre(paying: PayingCentre) -> PayingCentre:
    return paying


@pytest.fixture
def either(paying_either: PayingCentre) -> PayingCentre:
    return paying_either


@pytest.fixture
def desk(centre: PayingCentre) -> PayingDesk:
    return PayingDesk(centre)


def ask(desk: PayingDesk, link: PayLink) -> PayLink:
    return desk.caller.call(ASK_PAY_LINK, AskPayLink(link_id=link.link_id))


def cancel(desk: PayingDesk, link: PayLink) -> PayLink:
    return desk.caller.call(CANCEL_PAY_LINK, CancelPayLink(link_id=link.link_id))


def an_order_by_link(desk: PayingDesk) -> tuple[OrderDocument, PayLink]:
    """A placed order with a link over its total."""
    document = desk.order(with_line("TEA-1", 2), changed(payment=PaymentMethod.PAY_LINK))
    placed = desk.placed(document)
    link = desk.link(document.order_id, placed.totals.total.minor)
    desk.send(desk.command(msgspec.structs.replace(placed, links=(link,))))
    return document, link


def view_of(desk: PayingDesk, document: OrderDocument) -> OrderView:
    return desk.caller.call(GET_ORDER, GetOrder(order_id=document.order_id))


def look(centre: PayingCentre, **later: float) -> None:
    centre.clock.advance(**later)
    centre.payments.look_after()


class TestALink:
    def test_is_sent_with_an_address_that_can_be_read_out(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        order = desk.new_order()
        link = desk.link(order, 2_500)
        assert (link.state, link.amount, link.order_id) == (LinkState.SENT, pounds(2_500), order)
        assert link.url == f"https://pay.test/{link.link_id.hex}"
        assert (link.expires_at - link.sent_at).total_seconds() == 72 * 3600
        assert desk.payments(order).links == (link,)

    def test_names_the_company_to_whom_it_is_paid(self, centre: PayingCentre) -> None:
        PayingDesk(centre).link(PayingDesk(centre, "Desk 3", "mary").new_order())
        (offer,) = centre.gateway.offers
        assert offer.payee

    def test_may_be_asked_for_again_under_its_id(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        wanted = SendPayLink(
            link_id=LinkId(centre.ids.new()),
            order_id=desk.new_order(),
            amount=pounds(500),
            send_to="+44 7700 900412",
        )
        first = desk.caller.call(SEND_PAY_LINK, wanted)
        assert desk.caller.call(SEND_PAY_LINK, wanted) == first
        assert len(centre.gateway.offers) == 1
        other = msgspec.structs.replace(wanted, amount=pounds(501))
        with pytest.raises(Refusal) as refusal:
            desk.caller.call(SEND_PAY_LINK, other)
        assert refusal.value.code == "link_reused"

    def test_that_could_not_be_made_is_made_when_it_is_asked_for_again(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        order = desk.new_order()
        wanted = SendPayLink(
            link_id=LinkId(centre.ids.new()), order_id=order, amount=pounds(500), send_to=""
        )
        centre.gateway.is_away = True
        with pytest.raises(Fault):
            desk.caller.call(SEND_PAY_LINK, wanted)
        assert desk.payments(order).links == ()
        centre.gateway.is_away = False
        assert desk.caller.call(SEND_PAY_LINK, wanted).url

    @pytest.mark.parametrize(
        ("send_to", "code"),
        [
            ("not an address", "send_to_malformed"),
            ("ada@", "email_incomplete"),
            ("4111 1111 1111 1111", "card_digits"),
        ],
    )
    def test_goes_only_where_a_link_can_go(self, desk: PayingDesk, send_to: str, code: str) -> None:
        with pytest.raises(Refusal) as refusal:
            desk.link(desk.new_order(), send_to=send_to)
        assert refusal.value.code == code

    def test_is_audited_without_the_address(self, desk: PayingDesk) -> None:
        desk.link(desk.new_order(), send_to="ada@example.org")
        (row,) = desk.centre.rows("SELECT * FROM audit WHERE operation = 'payments.send_link'")
        assert row.facts.keys() == {"order", "amount", "currency"}

    def test_that_was_opened_is_shown_so(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        link = desk.link(desk.new_order())
        either.gateway.open_link(link.link_id, either.clock.now())
        assert ask(desk, link).state is LinkState.OPENED

    def test_is_shown_as_it_was_known_while_the_gateway_is_away(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        link = desk.link(desk.new_order())
        centre.gateway.is_away = True
        assert ask(desk, link) == link

    def test_of_another_seat_or_of_nobody_is_refused(self, centre: PayingCentre) -> None:
        desk, other = PayingDesk(centre), PayingDesk(centre, "Desk 2", "grace")
        link = desk.link(desk.new_order())
        with pytest.raises(Refusal) as refusal:
            ask(other, link)
        assert refusal.value.code == "not_yours"
        unknown = msgspec.structs.replace(link, link_id=LinkId(centre.ids.new()))
        with pytest.raises(Refusal) as refusal:
            ask(desk, unknown)
        assert refusal.value.code == "link_unknown"


class TestAnAmountThatChanged:
    def test_replaces_the_link_that_is_open(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        order = desk.new_order()
        first, second = desk.link(order, 2_500), desk.link(order, 3_000)
        states = {link.link_id: link.state for link in desk.payments(order).links}
        assert states == {first.link_id: LinkState.REPLACED, second.link_id: LinkState.SENT}
        assert either.gateway.links[first.link_id].state is LinkState.CANCELLED

    def test_after_the_caller_paid_is_refused_and_no_second_link_is_made(
        self, centre: PayingCentre
    ) -> None:
        desk = PayingDesk(centre)
        order = desk.new_order()
        first = desk.link(order, 2_500)
        centre.gateway.pay_link(first.link_id, centre.clock.now())
        with pytest.raises(Refusal) as refusal:
            desk.link(order, 3_000)
        assert refusal.value.code == "link_paid"
        (shown,) = desk.payments(order).links
        assert shown.state is LinkState.PAID

    def test_keeps_the_order_with_a_link(self, desk: PayingDesk) -> None:
        document, link = an_order_by_link(desk)
        desk.link(document.order_id, link.amount.minor + 100)
        view = view_of(desk, document)
        assert (view.payments.state, view.review_reasons) == (PaymentState.LINK_SENT, ())


class TestALinkThatIsPaid:
    def test_pays_the_order(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        document, link = an_order_by_link(desk)
        assert view_of(desk, document).payments.state is PaymentState.LINK_SENT
        either.gateway.pay_link(link.link_id, either.clock.now())
        look(either, minutes=1)
        view = view_of(desk, document)
        assert (view.payments.state, view.review_reasons) == (PaymentState.PAID, ())
        assert view.payments.links[0].paid_at == A_MORNING

    def test_before_the_order_came_pays_it_too(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        document = desk.order(with_line("TEA-1", 2), changed(payment=PaymentMethod.PAY_LINK))
        placed = desk.placed(document)
        link = desk.link(document.order_id, placed.totals.total.minor)
        centre.gateway.pay_link(link.link_id, centre.clock.now())
        paid = ask(desk, link)
        desk.send(desk.command(msgspec.structs.replace(placed, links=(paid,))))
        view = view_of(desk, document)
        assert (view.payments.state, view.state) == (PaymentState.PAID, "accepted")

    def test_twice_is_looked_at(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        document, link = an_order_by_link(desk)
        for _ in range(2):
            either.gateway.pay_link(link.link_id, either.clock.now())
            look(either, minutes=6)
        view = view_of(desk, document)
        assert view.payments.links[0].state is LinkState.PAID_TWICE
        assert (view.state, view.review_reasons) == ("needs_review", ("paid_twice",))
        assert view.payments.state is PaymentState.PAID

    def test_cannot_be_cancelled(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        link = desk.link(desk.new_order())
        centre.gateway.pay_link(link.link_id, centre.clock.now())
        for _ in range(2):
            with pytest.raises(Refusal) as refusal:
                cancel(desk, link)
            assert refusal.value.code == "link_paid"

    def test_after_it_was_taken_back_counts_all_the_same(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        order = desk.new_order()
        link = desk.link(order)
        desk.send(desk.giving_up(order))
        centre.gateway.pay_link(link.link_id, centre.clock.now())
        centre.payments.look_after()
        assert desk.payments(order).links[0].state is LinkState.PAID


class TestALinkThatRanOut:
    def test_leaves_the_order_outstanding_and_looked_at(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        document, link = an_order_by_link(desk)
        look(either, hours=73)
        either.sign_in(desk.caller, "ada")
        view = view_of(desk, document)
        assert view.payments.links[0].state is LinkState.EXPIRED
        assert view.payments.state is PaymentState.OUTSTANDING
        assert (view.state, view.review_reasons) == ("needs_review", ("link_expired",))
        assert either.gateway.links[link.link_id].state is LinkState.CANCELLED

    def test_before_its_order_came_makes_it_looked_at(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        document = desk.order(with_line("TEA-1", 2), changed(payment=PaymentMethod.PAY_LINK))
        placed = desk.placed(document)
        link = desk.link(document.order_id, placed.totals.total.minor)
        look(centre, hours=73)
        (outcome,) = desk.send(desk.command(msgspec.structs.replace(placed, links=(link,))))
        assert "link_expired" in outcome.reasons
        assert "payment_short" not in outcome.reasons


class TestALinkThatIsCancelled:
    def test_can_be_used_no_more(self, either: PayingCentre) -> None:
        desk = PayingDesk(either)
        link = desk.link(desk.new_order())
        assert cancel(desk, link).state is LinkState.CANCELLED
        assert cancel(desk, link).state is LinkState.CANCELLED
        assert either.gateway.links[link.link_id].state is LinkState.CANCELLED

    def test_leaves_the_order_outstanding(self, desk: PayingDesk) -> None:
        document, link = an_order_by_link(desk)
        cancel(desk, link)
        view = view_of(desk, document)
        assert (view.payments.state, view.review_reasons) == (PaymentState.OUTSTANDING, ())

    def test_is_not_cancelled_as_long_as_nobody_knows(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        link = desk.link(desk.new_order())
        centre.gateway.is_away = True
        with pytest.raises(Fault):
            cancel(desk, link)
        assert ask(desk, link).state is LinkState.SENT


class TestTheWatchdog:
    def test_asks_often_at_first_and_seldom_later(self, centre: PayingCentre) -> None:
        PayingDesk(centre).link(PayingDesk(centre, "Desk 4", "joan").new_order())
        centre.gateway.calls.clear()
        for _ in range(120):
            look(centre, seconds=5)
        first_minutes = centre.gateway.calls.count("link")
        centre.gateway.calls.clear()
        for _ in range(60):
            look(centre, minutes=1)
        assert 15 <= first_minutes <= 20
        assert 10 <= centre.gateway.calls.count("link") <= 13

    def test_of_two_replicas_asks_once(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        desk.link(desk.new_order())
        centre.gateway.calls.clear()
        centre.clock.advance(minutes=1)
        for replica in (centre.replica(), centre.replica()):
            replica.look_after()
        assert centre.gateway.calls == ["link"]

    def test_leaves_the_links_of_another_gateway_alone(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        link = desk.link(desk.new_order())
        centre.run("UPDATE pay_link SET gateway = 'another'")
        centre.gateway.calls.clear()
        look(centre, minutes=1)
        assert ask(desk, link) == link
        assert centre.gateway.calls == []

    def test_leaves_a_gateway_alone_that_does_not_answer(self, centre: PayingCentre) -> None:
        desk = PayingDesk(centre)
        for _ in range(5):
            desk.link(desk.new_order())
        centre.gateway.is_away = True
        centre.gateway.calls.clear()
        look(centre, minutes=1)
        assert centre.gateway.calls == ["link"]
