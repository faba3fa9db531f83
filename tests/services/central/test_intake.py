from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.services.rules.review import ReviewReason
from app.values.contact import PostalAddress
from app.values.identity import CommandId, DeviceId, Incarnation, LineId, PersonId
from app.values.money import Currency, Money, UnitPrice
from app.values.order_number import OrderNumber
from app.wire.customers import GetOrder
from app.wire.message import encode
from app.wire.operations import GET_ORDER
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.sync import CommandOutcome, Outcome
from tests.builders import (
    a_customer,
    an_address,
    an_id,
    an_order,
    billed_to,
    changed,
    delivered_to,
    with_charge,
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
    return csr.call(GET_ORDER, GetOrder(order_id=order_id)).placed.document  # type: ignore[arg-type]


class TestAnOrderThatIsRight:
    def test_is_accepted_with_the_number_the_caller_was_told(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        outcome = desk.send(desk.command(placed))[0]
        assert (outcome.outcome, outcome.number) == (Outcome.ACCEPTED, placed.number)
        assert outcome.reasons == ()

    def test_is_kept_with_lines_event_contact_customer_and_address(
        self, either: OrderCentre
    ) -> None:
        desk = SendingDesk(either)
        order = desk.order(with_line("TEA-1", 12, "2.55"), with_line("CUP-2", 1), with_charge())
        assert desk.send_order(order).outcome is Outcome.ACCEPTED
        assert either.counts() == {
            "sales_order": 1,
            "order_line": 3,
            "order_event": 1,
            "contact": 1,
            "customer": 1,
            "address": 1,
        }

    def test_keeps_its_lines_in_the_order_they_were_told(self, desk: SendingDesk) -> None:
        order = desk.order(*[with_line("TEA-1", n) for n in (5, 3, 8, 1)])
        desk.send_order(order)
        rows = desk.centre.rows("SELECT quantity FROM order_line ORDER BY position")
        assert [row.quantity for row in rows] == [5, 3, 8, 1]

    def test_keeps_totals_as_they_were_told(self, desk: SendingDesk) -> None:
        placed = desk.placed(desk.order(with_line("TEA-1", 3), with_charge("POST", "18.00")))
        desk.send(desk.command(placed))
        row = stored_order(desk.centre, placed.document.order_id)
        assert row["goods_minor"] == 3 * 295 + 1800
        assert row["total_minor"] == placed.totals.total.minor
        assert row["tax_minor"] == placed.totals.tax.minor

    def test_rounds_a_line_half_up_once(self, desk: SendingDesk) -> None:
        desk.send_order(desk.order(with_line("TEA-1", 5, "0.001"), with_line("CUP-2", 4, "0.001")))
        rows = desk.centre.rows("SELECT total_minor FROM order_line ORDER BY position")
        assert [row.total_minor for row in rows] == [1, 0]

    def test_is_audited_by_its_ids(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        command = desk.command(placed)
        desk.send(command)
        row = desk.centre.rows("SELECT * FROM audit WHERE operation = 'order.place'")[0]
        assert (row.subject, row.person_id, row.device_id, row.command_id, row.outcome) == (
            placed.document.order_id,
            desk.person,
            desk.seat.device_id,
            command.command_id,
            "accepted",
        )

    def test_can_be_read_again_as_it_was_sent(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1", 2), changed(internal_note="rang twice, ☎ مرحبا"))
        desk.send_order(order)
        assert held_document(desk, order.order_id) == order

    def test_with_a_thousand_lines_is_one_order(self, desk: SendingDesk) -> None:
        desk.send_order(desk.order(*[with_line("TEA-1", n + 1) for n in range(1_114)]))
        assert desk.centre.counts()["order_line"] == 1_114


class TestACommandSentAgain:
    def test_gives_the_same_answer_and_no_second_order(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        command = desk.command()
        first = desk.send(command)[0]
        again = desk.send(command)[0]
        assert again == msgspec.structs.replace(
            first, outcome=Outcome.REPLAYED, first=Outcome.ACCEPTED
        )
        assert either.counts()["sales_order"] == 1

    def test_keeps_the_reasons_of_the_first_answer(self, desk: SendingDesk) -> None:
        command = desk.command(desk.placed(desk.order(with_line("NOPE-1"))))
        first = desk.send(command)[0]
        again = desk.send(command)[0]
        assert again.first is Outcome.NEEDS_REVIEW
        assert (again.reasons, again.number) == (first.reasons, first.number)

    def test_with_another_body_changes_nothing_and_is_audited(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        command = desk.command()
        desk.send(command)
        other = desk.command(desk.placed(), command_id=command.command_id)
        outcome = desk.send(other)[0]
        assert (outcome.outcome, outcome.reasons) == (Outcome.REFUSED_FINAL, ("key_reused",))
        assert either.counts()["sales_order"] == 1
        assert either.rows("SELECT count(*) FROM audit WHERE outcome = 'key_reused'")[0][0] == 1

    def test_at_once_from_two_sides_takes_effect_once(self, local: OrderCentre) -> None:
        desk = SendingDesk(local)
        command = desk.command()
        outcomes: list[CommandOutcome] = []

        def take() -> None:
            outcomes.append(local.intake.take(command, desk.actor))

        threads = [threading.Thread(target=take) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(o.outcome.value for o in outcomes) == ["accepted"] + ["replayed"] * 5
        assert {o.number for o in outcomes} == {outcomes[0].number}
        assert local.counts()["sales_order"] == 1

    def test_of_another_seat_is_another_command(self, local: OrderCentre) -> None:
        one, other = SendingDesk(local, "Desk 1"), SendingDesk(local, "Desk 2")
        command = one.command()
        one.send(command)
        outcome = other.send(other.command(other.placed(), command_id=command.command_id))[0]
        assert outcome.outcome is Outcome.ACCEPTED


class TestABatch:
    def test_is_answered_command_by_command_in_its_order(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        commands = [desk.command() for _ in range(5)]
        outcomes = desk.send(*commands)
        assert [o.command_id for o in outcomes] == [c.command_id for c in commands]
        assert {o.outcome for o in outcomes} == {Outcome.ACCEPTED}

    def test_keeps_what_came_before_a_malformed_command(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        outcomes = desk.send(desk.command(), desk.command(b'{"no": "order"}'), desk.command())
        assert [o.outcome for o in outcomes] == [
            Outcome.ACCEPTED,
            Outcome.REFUSED_FINAL,
            Outcome.ACCEPTED,
        ]

    def test_after_a_gap_waits_for_what_is_missing(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        missing, later = desk.command(), desk.command()
        assert desk.send(later)[0].outcome is Outcome.RETRY_LATER
        assert either.counts()["sales_order"] == 0
        assert [o.outcome for o in desk.send(missing, later)] == [Outcome.ACCEPTED] * 2

    def test_sent_from_many_seats_at_once_uses_few_connections(self, local: OrderCentre) -> None:
        desks = [SendingDesk(local, f"Desk {n}") for n in range(12)]
        batches = [[desk.command() for _ in range(3)] for desk in desks]
        outcomes: list[CommandOutcome] = []

        def send(at: int) -> None:
            outcomes.extend(desks[at].send(*batches[at]))

        threads = [threading.Thread(target=send, args=(at,)) for at in range(len(desks))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {o.outcome for o in outcomes} == {Outcome.ACCEPTED}
        assert local.counts()["sales_order"] == 36


class TestASequence:
    def test_that_is_taken_is_not_taken_twice(self, desk: SendingDesk) -> None:
        desk.send_order()
        desk.sequence = 0
        outcome = desk.send_order()
        assert reasons(outcome) == (ReviewReason.SEQUENCE_CLASH,)
        assert desk.centre.counts()["sales_order"] == 2

    def test_begins_anew_with_each_enrolment(self, desk: SendingDesk) -> None:
        desk.send_order()
        desk.incarnation = Incarnation(desk.centre.ids.new())
        desk.sequence = 0
        assert reasons(desk.send_order()) == (ReviewReason.INCARNATION_UNKNOWN,)

    def test_goes_on_after_a_malformed_command(self, desk: SendingDesk) -> None:
        assert desk.send(desk.command(b"{}"))[0].outcome is Outcome.REFUSED_FINAL
        assert desk.send_order().outcome is Outcome.ACCEPTED


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
        outcome = desk.send(desk.command(msgspec.structs.replace(right, totals=wrong)))[0]
        assert reasons(outcome) == (ReviewReason.TOTALS_DIFFER,)
        row = stored_order(desk.centre, right.document.order_id)
        assert row["total_minor"] == wrong.total.minor

    def test_whose_totals_do_not_even_add_up_is_kept(self, desk: SendingDesk) -> None:
        right = desk.placed()
        wrong = msgspec.structs.replace(right.totals, total=Money(1, Currency.GBP))
        outcome = desk.send(desk.command(msgspec.structs.replace(right, totals=wrong)))[0]
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
        second = msgspec.structs.replace(desk.order(), customer=first.customer)
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
        outcome = desk.send_order(msgspec.structs.replace(desk.order(), customer=told))
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

    def test_who_was_changed_elsewhere_is_left_as_they_are(self, desk: SendingDesk) -> None:
        first = desk.order()
        assert first.customer is not None
        desk.send_order(first)
        desk.centre.run("UPDATE customer SET name = 'M. Thompson', revision = 2")
        told = msgspec.structs.replace(first.customer, name="Maggie Thompson", base_revision=1)
        outcome = desk.send_order(msgspec.structs.replace(desk.order(), customer=told))
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
        for table in ("order_version", "customer", "customer_name_token", "address", "contact"):
            rows = desk.centre.rows(f"SELECT t::text FROM {table} t")  # noqa: S608 - names above
            assert "4242 4242 4242" not in str(rows)
            assert "424242424242" not in str(rows)

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


class TestTheSameOrder:
    def test_under_another_command_is_not_taken_twice(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        first = desk.send(desk.command(placed))[0]
        second = desk.send(desk.command(placed))[0]
        assert (second.outcome, second.number) == (Outcome.ACCEPTED, first.number)
        assert desk.centre.counts()["sales_order"] == 1

    def test_with_other_contents_is_kept_beside_the_first(self, desk: SendingDesk) -> None:
        first = desk.placed()
        more = msgspec.structs.replace(first.document, internal_note="another")
        second = msgspec.structs.replace(first, document=more)
        outcomes = desk.send(desk.command(first), desk.command(second))
        assert set(outcomes[1].reasons) == {"order_sent_twice", "number_taken"}
        assert desk.centre.counts()["sales_order"] == 2


def _with_two_lines_of_one_id(placed: PlacedOrder) -> PlacedOrder:
    line = placed.document.lines[0]
    document = msgspec.structs.replace(placed.document, lines=(line, line))
    return msgspec.structs.replace(placed, document=document)


def _with_line(placed: PlacedOrder, **different: object) -> PlacedOrder:
    line = msgspec.structs.replace(placed.document.lines[0], **different)
    document = msgspec.structs.replace(placed.document, lines=(line,))
    return msgspec.structs.replace(placed, document=document)


class TestAMalformedCommand:
    @pytest.mark.parametrize(
        "body",
        [b"null", b"[]", b'{"number": 1}', b'"\xff"', b"{", b""],
        ids=["null", "list", "other", "not UTF-8", "half", "nothing"],
    )
    def test_is_refused_for_good(self, desk: SendingDesk, body: bytes) -> None:
        command = desk.command(body)
        outcome = desk.centre.intake.take(command, desk.actor)
        assert outcome.outcome is Outcome.REFUSED_FINAL
        assert outcome.sentence
        again = desk.centre.intake.take(command, desk.actor)
        assert (again.outcome, again.first) == (Outcome.REPLAYED, Outcome.REFUSED_FINAL)

    def test_is_audited(self, desk: SendingDesk) -> None:
        desk.send(desk.command(b"{}"))
        audited = desk.centre.rows("SELECT outcome FROM audit WHERE operation = 'order.place'")
        assert [row.outcome for row in audited] == ["malformed"]

    def test_that_was_damaged_on_its_way_is_refused(self, desk: SendingDesk) -> None:
        outcome = desk.send(desk.command(desk.placed(), sha256="0" * 64))[0]
        assert outcome.outcome is Outcome.REFUSED_FINAL

    def test_with_two_lines_of_one_id_is_refused(self, desk: SendingDesk) -> None:
        placed = _with_two_lines_of_one_id(desk.placed())
        assert desk.send(desk.command(placed))[0].outcome is Outcome.REFUSED_FINAL

    @pytest.mark.parametrize(
        "different",
        [
            {"code": "X" * 5_000},
            {"code": ""},
            {"told_price": UnitPrice(10**30, Currency.GBP)},
            {"price_version": 2**70},
        ],
        ids=["long code", "no code", "price", "version"],
    )
    def test_with_what_no_column_holds_is_refused(
        self, desk: SendingDesk, different: dict[str, object]
    ) -> None:
        outcome = desk.send(desk.command(_with_line(desk.placed(), **different)))[0]
        assert outcome.outcome is Outcome.REFUSED_FINAL

    def test_of_an_absurd_year_is_refused(self, desk: SendingDesk) -> None:
        body = encode(desk.placed()).replace(b"2026-11-20T10:34", b"0001-01-01T00:00")
        assert desk.send(desk.command(body))[0].outcome is Outcome.REFUSED_FINAL


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


class TestWhenTheDatabaseFails:
    def test_part_of_the_way_the_rest_is_for_later(self, local: OrderCentre) -> None:
        desk = SendingDesk(local)
        commands = [desk.command() for _ in range(3)]
        local.run("UPDATE number_counter SET next_value = 100000000")
        bad = desk.command(
            desk.placed(number=OrderNumber("1234567890")),
            sequence=2,
            command_id=CommandId(an_id(9)),
        )
        outcomes = desk.send(commands[0], bad, commands[2])
        assert [o.outcome for o in outcomes] == [
            Outcome.ACCEPTED,
            Outcome.RETRY_LATER,
            Outcome.RETRY_LATER,
        ]
        assert local.counts()["sales_order"] == 1


def test_a_line_id_belongs_to_its_order_only(desk: SendingDesk) -> None:
    first, second = desk.order(), desk.order()
    assert first.lines[0].line_id == second.lines[0].line_id == LineId(an_id(1))
    assert [reasons(desk.send_order(order)) for order in (first, second)] == [(), ()]


def test_an_order_of_the_builders_lacks_nothing(desk: SendingDesk) -> None:
    assert an_order(with_line()).customer is not None
