from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.services.rules.review import ReviewReason
from app.values.contact import PostalAddress
from app.values.identity import DeviceId, LineId, OrderId, PersonId
from app.values.money import Currency, Money, UnitPrice
from app.values.order_number import OrderNumber
from app.wire.customers import GetOrder
from app.wire.message import encode
from app.wire.operations import GET_ORDER
from app.wire.orders import OrderDocument
from app.wire.sync import CommandOutcome, Outcome
from tests.builders import (
    a_customer,
    an_address,
    an_id,
    billed_to,
    changed,
    delivered_to,
    with_delivery,
    with_line,
    without_customer,
)
from tests.order_desk import OrderCentre, SendingDesk, stored_order

CARD = "4242 4242 4242 4242"


def reasons(outcome: CommandOutcome) -> tuple[str, ...]:
    assert outcome.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}
    return outcome.reasons


def held_document(desk: SendingDesk, order_id: UUID) -> OrderDocument:
    csr = desk.centre.signed_in()
    return csr.call(GET_ORDER, GetOrder(order_id=OrderId(order_id))).placed.document


class TestAnOddOrder:
    def test_with_an_unknown_product_is_taken_and_names_it(self, desk: SendingDesk) -> None:
        assert reasons(desk.send_order(desk.order(with_line("NOPE-1")))) == ("product_unknown",)
        facts = desk.centre.rows("SELECT facts FROM order_event")[0].facts
        assert facts["unknown_codes"] == ["NOPE-1"]

    def test_finds_a_product_whatever_the_case_of_its_code(self, desk: SendingDesk) -> None:
        assert reasons(desk.send_order(desk.order(with_line("tea-1")))) == ()

    def test_with_a_withdrawn_product_is_taken(self, desk: SendingDesk) -> None:
        desk.centre.withdraw("TEA-1")
        assert reasons(desk.send_order()) == (ReviewReason.PRODUCT_WITHDRAWN,)

    def test_whose_total_was_told_wrongly_keeps_what_was_told(self, desk: SendingDesk) -> None:
        right = desk.placed()
        wrong = msgspec.structs.replace(
            right.totals,
            goods=right.totals.goods + Money(100, Currency.GBP),
            total=right.totals.total + Money(100, Currency.GBP),
        )
        outcome = desk.send_order(right.document, totals=wrong)
        assert reasons(outcome) == (ReviewReason.TOTALS_DIFFER,)
        row = stored_order(desk.centre, right.document.order_id)
        assert row["total_minor"] == wrong.total.minor

    def test_whose_totals_do_not_even_add_up_is_kept(self, desk: SendingDesk) -> None:
        right = desk.placed()
        wrong = msgspec.structs.replace(right.totals, total=Money(1, Currency.GBP))
        outcome = desk.send_order(right.document, totals=wrong)
        assert reasons(outcome) == (ReviewReason.TOTALS_DIFFER,)
        document = desk.centre.rows("SELECT document FROM order_version")[0].document
        assert document["totals"]["total"]["minor"] == 1

    def test_in_two_currencies_is_kept(self, desk: SendingDesk) -> None:
        line = with_line("TEA-1", 1, currency=Currency.USD)
        assert ReviewReason.CURRENCY_MIXED in reasons(desk.send_order(desk.order(line)))

    def test_without_customer_address_or_lines_is_kept(self, desk: SendingDesk) -> None:
        order = desk.order(without_customer, delivered_to(None))
        outcome = desk.send_order(order)
        assert set(reasons(outcome)) == {"customer_missing", "address_missing", "no_lines"}

    def test_of_a_person_nobody_knows_is_kept(self, desk: SendingDesk) -> None:
        desk.person = PersonId(an_id(12345))
        assert reasons(desk.send_order()) == (ReviewReason.PERSON_UNKNOWN,)

    def test_of_a_person_who_is_disabled_is_kept(self, desk: SendingDesk) -> None:
        desk.centre.run("UPDATE person SET disabled_at = now()")
        assert reasons(desk.send_order()) == (ReviewReason.PERSON_DISABLED,)

    def test_taken_at_another_seat_is_kept_under_the_one_that_sent_it(
        self, desk: SendingDesk
    ) -> None:
        order = msgspec.structs.replace(desk.order(), device_id=DeviceId(an_id(4711)))
        assert reasons(desk.send_order(order)) == (ReviewReason.OTHER_SEAT,)
        row = stored_order(desk.centre, order.order_id)
        assert row["device_id"] == desk.seat.device_id

    def test_with_a_price_below_zero_is_kept(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1", 2))
        line = msgspec.structs.replace(
            order.lines[0], told_price=UnitPrice(-10_000, Currency.GBP), told_reason="refund"
        )
        order = msgspec.structs.replace(order, lines=(line,))
        assert reasons(desk.send_order(order)) == (ReviewReason.PRICE_BELOW_ZERO,)

    def test_says_its_first_reason_in_words(self, desk: SendingDesk) -> None:
        assert desk.send_order(desk.order(with_line("NOPE-1"))).sentence.endswith(".")


class TestANumber:
    def test_of_another_seat_is_replaced_and_kept_beside(self, local: OrderCentre) -> None:
        one, other = SendingDesk(local, "Desk 1"), SendingDesk(local, "Desk 2")
        told = other.number()
        outcome = one.send_order(number=told)
        assert reasons(outcome) == (ReviewReason.NUMBER_NOT_LEASED,)
        assert outcome.number != told
        assert [r.number for r in local.rows("SELECT number FROM order_number_alias")] == [told]

    def test_that_was_used_before_is_replaced(self, desk: SendingDesk) -> None:
        told = desk.number()
        assert desk.send_order(number=told).number == told
        outcome = desk.send_order(number=told)
        assert reasons(outcome) == (ReviewReason.NUMBER_TAKEN,)
        assert outcome.number not in {None, told}

    def test_that_cannot_be_one_is_replaced(self, desk: SendingDesk) -> None:
        outcome = desk.send_order(number=OrderNumber("1234567890"))
        assert reasons(outcome) == (ReviewReason.NUMBER_MALFORMED,)
        aliases = desk.centre.rows("SELECT number FROM order_number_alias")
        assert [row.number for row in aliases] == ["1234567890"]

    def test_that_is_no_number_at_all_leaves_no_alias(self, desk: SendingDesk) -> None:
        assert desk.send_order(number=OrderNumber("soon")).outcome is Outcome.NEEDS_REVIEW
        assert desk.centre.rows("SELECT number FROM order_number_alias") == []

    def test_that_was_replaced_is_the_one_in_the_document(self, desk: SendingDesk) -> None:
        placed = desk.placed(number=OrderNumber("1234567890"))
        outcome = desk.send(desk.command(placed))[0]
        document = desk.centre.rows("SELECT document FROM order_version")[0].document
        assert document["number"] == outcome.number

    def test_of_two_orders_at_once_goes_to_one(self, local: OrderCentre) -> None:
        desk = SendingDesk(local)
        told = desk.number()
        commands = [desk.command(desk.placed(number=told), sequence=1) for _ in range(4)]
        outcomes: list[CommandOutcome] = []

        def take(at: int) -> None:
            outcomes.append(local.intake.take(commands[at], desk.actor))

        threads = [threading.Thread(target=take, args=(at,)) for at in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        numbers = [o.number for o in outcomes]
        assert len(set(numbers)) == 4
        assert numbers.count(told) == 1


class TestACustomer:
    def test_who_is_new_is_made_with_the_id_of_the_desk(self, desk: SendingDesk) -> None:
        order = desk.order()
        desk.send_order(order)
        row = desk.centre.rows("SELECT * FROM customer")[0]
        assert order.customer is not None
        assert (row.customer_id, row.name, row.revision) == (
            order.customer.customer_id,
            "Margaret Thompson",
            1,
        )

    def test_of_two_orders_is_made_once(self, desk: SendingDesk) -> None:
        first = desk.order()
        second = msgspec.structs.replace(desk.order(with_line("CUP-2")), customer=first.customer)
        outcomes = [desk.send_order(first), desk.send_order(second)]
        assert [reasons(outcome) for outcome in outcomes] == [(), ()]
        assert desk.centre.counts()["customer"] == 1
        assert desk.centre.counts()["address"] == 1

    def test_without_telephone_or_e_mail_is_a_customer(self, desk: SendingDesk) -> None:
        nobody = a_customer(phone="", no_phone=True, email=None)
        order = desk.order(with_line("TEA-1"), changed(customer=nobody))
        assert reasons(desk.send_order(order)) == ()
        assert desk.centre.rows("SELECT * FROM customer_phone") == []

    def test_who_moved_gets_a_second_address(self, desk: SendingDesk) -> None:
        first = desk.order()
        second = msgspec.structs.replace(
            desk.order(delivered_to(an_address(postcode="LS1 1AA"))), customer=first.customer
        )
        desk.send_order(first)
        desk.send_order(second)
        assert desk.centre.counts()["address"] == 2

    def test_whose_bill_goes_elsewhere_has_both_addresses(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), billed_to(an_address(postcode="LS1 1AA")))
        desk.send_order(order)
        assert desk.centre.counts()["address"] == 2

    def test_who_gave_a_new_number_on_the_call_has_both(self, desk: SendingDesk) -> None:
        first = desk.order()
        assert first.customer is not None
        told = msgspec.structs.replace(first.customer, phone="+447700900999", base_revision=1)
        desk.send_order(first)
        other = desk.order(with_line("CUP-2"))
        outcome = desk.send_order(msgspec.structs.replace(other, customer=told))
        phones = desk.centre.rows("SELECT e164 FROM customer_phone ORDER BY position")
        assert reasons(outcome) == ()
        assert [row.e164 for row in phones] == ["+447700900412", "+447700900999"]
        assert desk.centre.rows("SELECT revision FROM customer")[0].revision == 2

    def test_who_married_is_found_by_the_new_name(self, desk: SendingDesk) -> None:
        first = desk.order()
        assert first.customer is not None
        told = msgspec.structs.replace(first.customer, name="Margaret Öz", base_revision=1)
        desk.send_order(first)
        desk.send_order(msgspec.structs.replace(desk.order(), customer=told))
        tokens = desk.centre.rows("SELECT token FROM customer_name_token ORDER BY token")
        assert [row.token for row in tokens] == ["margaret", "oz"]

    def test_who_was_changed_nobody_knows_how_is_left_as_they_are(self, desk: SendingDesk) -> None:
        first = desk.order()
        assert first.customer is not None
        desk.send_order(first)
        desk.centre.run("UPDATE customer SET name = 'M. Thompson', revision = 2")
        told = msgspec.structs.replace(first.customer, name="Maggie Thompson", base_revision=1)
        other = desk.order(with_line("CUP-2"))
        outcome = desk.send_order(msgspec.structs.replace(other, customer=told))
        assert reasons(outcome) == (ReviewReason.CUSTOMER_CHANGED,)
        assert desk.centre.rows("SELECT name FROM customer")[0].name == "M. Thompson"

    def test_the_centre_no_longer_knows_is_made_anew(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), changed(customer=a_customer(base_revision=4)))
        assert reasons(desk.send_order(order)) == (ReviewReason.CUSTOMER_UNKNOWN,)
        assert desk.centre.counts()["customer"] == 1

    def test_with_a_number_that_is_none_is_kept_without_it(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), changed(customer=a_customer(phone="ask her")))
        assert reasons(desk.send_order(order)) == (ReviewReason.PHONE_MALFORMED,)

    def test_at_an_address_of_no_country_is_kept_without_it(self, desk: SendingDesk) -> None:
        nowhere = PostalAddress(country="Nowhere", street=("1 Road",), city="Town")
        outcome = desk.send_order(desk.order(with_line("TEA-1"), delivered_to(nowhere)))
        assert ReviewReason.ADDRESS_MALFORMED in reasons(outcome)
        assert desk.centre.counts()["address"] == 0


class TestCardDigits:
    @pytest.mark.parametrize(
        "change",
        [
            changed(internal_note=f"card is {CARD}"),
            with_delivery(instructions=f"pay with {CARD}"),
            with_delivery(gift_message=CARD),
            changed(customer=a_customer(name=f"Ada {CARD}")),
            changed(customer=a_customer(phone=CARD)),
            changed(caller_number=CARD),
            delivered_to(an_address(street=("14 Mill Lane", CARD))),
            changed(internal_note="4242 4242", deliver_to=an_address(city="4242 4242 Leeds")),
        ],
        ids=["note", "instructions", "gift", "name", "phone", "caller", "street", "split"],
    )
    def test_are_masked_wherever_they_stand(
        self,
        desk: SendingDesk,
        change: Any,  # noqa: ANN401 - a builder's change
    ) -> None:
        outcome = desk.send_order(desk.order(with_line("TEA-1"), change))
        assert ReviewReason.CARD_DIGITS_MASKED in reasons(outcome)
        kept = desk.centre.text_in(
            *("order_version", "customer", "customer_name_token", "address", "contact"),
            *("read_back_entry", "order_line", "order_event", "audit"),
        )
        assert "4242 4242 4242" not in kept
        assert "424242424242" not in kept

    def test_leave_a_telephone_number_alone(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), changed(caller_number="+44 113 496 0412"))
        assert reasons(desk.send_order(order)) == ()


class TestTheClock:
    def test_of_the_desk_is_corrected_by_what_it_knew(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed, clock_offset_ms=-30_000))
        row = stored_order(desk.centre, placed.document.order_id)
        assert row["placed_at"] == placed.placed_at - timedelta(seconds=30)

    def test_that_was_far_off_is_a_reason(self, desk: SendingDesk) -> None:
        command = desk.command(desk.placed(), clock_offset_ms=86_400_000)
        assert reasons(desk.send(command)[0]) == (ReviewReason.CLOCK_WRONG,)

    def test_that_stepped_back_during_the_call_loses_no_order(self, desk: SendingDesk) -> None:
        order = desk.order()
        placed = desk.placed(order, placed_at=order.started_at - timedelta(hours=1))
        assert reasons(desk.send(desk.command(placed))[0]) == ()
        assert desk.centre.rows("SELECT ended_at FROM contact")[0].ended_at is None

    def test_that_stood_at_1970_loses_no_order(self, desk: SendingDesk) -> None:
        long_ago = desk.order().started_at.replace(year=1970)
        order = msgspec.structs.replace(desk.order(), started_at=long_ago)
        placed = desk.placed(order, placed_at=long_ago)
        assert desk.send(desk.command(placed))[0].outcome in {
            Outcome.ACCEPTED,
            Outcome.NEEDS_REVIEW,
        }


class TestOddText:
    @pytest.mark.parametrize(
        "text",
        [
            "a\0b",
            "\u202eright to left",
            "e\u0301\u0302",
            "🫖" * 500,
            "x" * 10_000,
            "'; DROP TABLE--",
        ],
        ids=["nul", "rtl", "combining", "emoji", "long", "quotes"],
    )
    def test_in_a_note_is_kept(self, desk: SendingDesk, text: str) -> None:
        order = desk.order(with_line("TEA-1"), changed(internal_note=text))
        assert reasons(desk.send_order(order)) == ()
        assert held_document(desk, order.order_id).internal_note == text.replace("\0", "")

    def test_that_only_looks_like_an_escape_is_kept(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), changed(internal_note="\\u0000 and \0"))
        desk.send_order(order)
        assert held_document(desk, order.order_id).internal_note == "\\u0000 and "

    def test_of_an_unknown_field_does_not_turn_an_order_away(self, desk: SendingDesk) -> None:
        body = encode(desk.placed()).replace(b'{"number"', b'{"newer": {"a": 1}, "number"', 1)
        assert desk.send(desk.command(body))[0].outcome is Outcome.ACCEPTED


def test_a_line_id_belongs_to_its_order_only(desk: SendingDesk) -> None:
    first, second = desk.order(), desk.order()
    assert first.lines[0].line_id == second.lines[0].line_id == LineId(an_id(1))
    assert [reasons(desk.send_order(order)) for order in (first, second)] == [(), ()]
