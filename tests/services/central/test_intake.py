from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import event

from app.services.central.settling import WAITED_FOR
from app.services.rules.review import ReviewReason
from app.values.identity import CommandId, Incarnation, OrderId
from app.values.money import Currency, UnitPrice
from app.values.order_number import OrderNumber
from app.wire.customers import GetOrder
from app.wire.message import encode
from app.wire.operations import GET_ORDER
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.sync import CommandOutcome, Outcome
from tests.builders import (
    an_id,
    changed,
    with_charge,
    with_line,
)
from tests.order_desk import OrderCentre, SendingDesk, stored_order

CARD = "4242 4242 4242 4242"


def reasons(outcome: CommandOutcome) -> tuple[str, ...]:
    assert outcome.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}
    return outcome.reasons


def held_document(desk: SendingDesk, order_id: UUID) -> OrderDocument:
    csr = desk.centre.signed_in()
    return csr.call(GET_ORDER, GetOrder(order_id=OrderId(order_id))).placed.document


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

    def test_waits_for_what_never_comes_a_while_and_not_for_ever(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        lost, later, newest = desk.command(), desk.command(), desk.command()
        desk.send(later)
        either.clock.set(later.captured_at + WAITED_FOR + timedelta(seconds=1))
        assert [o.outcome for o in desk.send(later, newest)] == [Outcome.ACCEPTED] * 2
        came_late = desk.send(lost)[0]
        assert ReviewReason.SEQUENCE_CLASH not in reasons(came_late)

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


class TestTheHotPath:
    @pytest.mark.parametrize("kind", ["order", "closing"])
    def test_is_one_read_and_one_statement(self, desk: SendingDesk, kind: str) -> None:
        placed = desk.placed()
        desk.centre.intake.take(desk.command(placed), desk.actor)
        command = desk.command(desk.placed() if kind == "order" else desk.closed(placed))
        statements: list[str] = []

        def note(*about: Any) -> None:  # noqa: ANN401 - SQLAlchemy's six arguments
            statements.append(about[2].split()[0])

        engine = desk.centre.store.engine
        event.listen(engine, "before_cursor_execute", note)
        outcome = desk.centre.intake.take(command, desk.actor)
        event.remove(engine, "before_cursor_execute", note)
        assert outcome.outcome is Outcome.ACCEPTED
        assert statements == ["SELECT", "WITH"]


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
