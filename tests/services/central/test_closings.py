"""The end of a call: kept like an order, once, whatever it names."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import pytest

from app.values.order_number import OrderNumber
from app.values.vocabulary import CallOutcome, ClosingStep
from app.wire.customers import GetOrder
from app.wire.message import encode
from app.wire.operations import GET_ORDER
from app.wire.orders import OrderView, PlacedOrder
from app.wire.read_back import ClosedCall, NumberSaidBack, Told
from app.wire.sync import CommandOutcome, Outcome
from tests.order_desk import OrderCentre, SendingDesk

CARD = "4242 4242 4242 4242"


def view_of(centre: OrderCentre, placed: PlacedOrder) -> OrderView:
    csr = centre.signed_in()
    return csr.call(GET_ORDER, GetOrder(order_id=placed.document.order_id))


def oddities(centre: OrderCentre) -> list[str | None]:
    """What the audit found odd about each end of a call, in the order they came."""
    rows = centre.rows("SELECT facts FROM audit WHERE operation = 'call.close' ORDER BY seq")
    return [row.facts.get("odd") for row in rows]


class TestTheEndOfACall:
    def test_is_accepted_with_its_order_and_shown_on_it(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        closed = desk.closed(placed, note="Rings back on Monday.")
        outcomes = desk.send(desk.command(placed), desk.command(closed))
        assert [o.outcome for o in outcomes] == [Outcome.ACCEPTED] * 2
        assert (outcomes[1].number, outcomes[1].reasons) == (None, ())
        view = view_of(either, placed)
        assert view.closed == closed
        assert view.placed == placed

    def test_is_kept_whole_and_audited(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        command = desk.command(placed)
        closing = desk.command(desk.closed(placed, outcome=CallOutcome.CALL_BACK_PROMISED))
        desk.send(command, closing)
        row = either.rows("SELECT * FROM call_closing")[0]
        assert (row.order_id, row.device_id, row.command_id, row.outcome, row.closed_by) == (
            placed.document.order_id,
            desk.seat.device_id,
            closing.command_id,
            "call_back_promised",
            desk.person,
        )
        audited = either.rows("SELECT * FROM audit WHERE operation = 'call.close'")[0]
        assert (audited.outcome, audited.subject, audited.person_id, audited.command_id) == (
            "accepted",
            placed.document.order_id,
            desk.person,
            closing.command_id,
        )
        assert audited.facts == {"closed_as": "call_back_promised"}

    def test_adds_what_was_said_to_the_record_of_the_order(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        desk.send(desk.command(placed), desk.command(desk.closed(placed)))
        rows = either.rows("SELECT position, kind FROM read_back_entry ORDER BY position")
        assert [row.position for row in rows] == list(range(1, len(placed.read_back) + 3))
        assert [row.kind for row in rows[-2:]] == ["told", "number_said_back"]

    def test_is_an_event_of_the_order(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed), desk.command(desk.closed(placed)))
        rows = desk.centre.rows("SELECT kind, facts FROM order_event ORDER BY seq")
        assert [row.kind for row in rows] == ["placed", "closed"]
        assert rows[1].facts == {"closed_as": "order_placed"}

    def test_has_the_instant_of_the_centres_clock(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        closed = desk.closed(placed)
        off = {"clock_offset_ms": -30_000}
        desk.send(desk.command(placed), desk.command(closed, **off))
        row = desk.centre.rows("SELECT closed_at FROM call_closing")[0]
        assert row.closed_at == closed.closed_at - timedelta(seconds=30)

    def test_without_a_word_said_is_one(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        closed = desk.closed(placed, outcome=CallOutcome.CALL_DROPPED, entries=())
        desk.send(desk.command(placed), desk.command(closed))
        assert view_of(desk.centre, placed).closed == closed


class TestSentAgain:
    def test_it_gives_the_same_answer_and_has_no_second_effect(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        desk.send(desk.command(placed))
        command = desk.command(desk.closed(placed))
        first, again = desk.send(command)[0], desk.send(command)[0]
        assert again == msgspec.structs.replace(
            first, outcome=Outcome.REPLAYED, first=Outcome.ACCEPTED
        )
        assert len(either.rows("SELECT * FROM call_closing")) == 1
        assert len(either.rows("SELECT * FROM read_back_entry")) == len(placed.read_back) + 2

    def test_at_once_from_many_sides_it_takes_effect_once(self, local: OrderCentre) -> None:
        desk = SendingDesk(local)
        placed = desk.placed()
        desk.send(desk.command(placed))
        command = desk.command(desk.closed(placed))
        outcomes: list[CommandOutcome] = []

        def take() -> None:
            outcomes.append(local.intake.take(command, desk.actor))

        threads = [threading.Thread(target=take) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(o.outcome.value for o in outcomes) == ["accepted"] + ["replayed"] * 5
        assert len(local.rows("SELECT * FROM call_closing")) == 1

    def test_with_another_body_it_is_refused_and_audited(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        command = desk.command(desk.closed(placed))
        desk.send(desk.command(placed, sequence=1), msgspec.structs.replace(command, sequence=2))
        other = desk.command(desk.closed(placed, note="x"), command_id=command.command_id)
        outcome = desk.send(other)[0]
        assert (outcome.outcome, outcome.reasons) == (Outcome.REFUSED_FINAL, ("key_reused",))

    def test_under_an_order_s_command_it_is_refused(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        command = desk.command(placed)
        desk.send(command)
        closing = desk.command(desk.closed(placed), command_id=command.command_id)
        assert desk.send(closing)[0].reasons == ("key_reused",)
        assert desk.centre.rows("SELECT * FROM call_closing") == []


class TestOutOfTheOrdinary:
    def test_from_many_seats_at_once_every_one_is_kept(self, local: OrderCentre) -> None:
        desks = [SendingDesk(local, f"Desk {n}", login=f"csr-{n}") for n in range(3)]
        placed = desks[0].placed()
        desks[0].send(desks[0].command(placed))
        commands = [desk.command(desk.closed(placed)) for desk in desks]
        outcomes: list[CommandOutcome] = []

        def take(at: int) -> None:
            outcomes.append(local.intake.take(commands[at], desks[at].actor))

        threads = [threading.Thread(target=take, args=(at,)) for at in range(len(desks))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {o.outcome for o in outcomes} == {Outcome.ACCEPTED}
        rows = local.rows("SELECT position FROM read_back_entry ORDER BY position")
        assert [row.position for row in rows] == list(range(1, len(placed.read_back) + 7))

    def test_before_its_order_it_waits_for_it(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        order, closing = desk.command(placed), desk.command(desk.closed(placed))
        assert desk.send(closing)[0].outcome is Outcome.RETRY_LATER
        assert either.rows("SELECT * FROM call_closing") == []
        assert [o.outcome for o in desk.send(order, closing)] == [Outcome.ACCEPTED] * 2
        assert view_of(either, placed).closed is not None

    def test_of_an_order_nobody_knows_it_is_kept(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        outcome = desk.send(desk.command(desk.closed(desk.placed())))[0]
        assert outcome.outcome is Outcome.ACCEPTED
        assert oddities(either) == ["order_unknown"]
        assert len(either.rows("SELECT * FROM call_closing")) == 1
        assert either.rows("SELECT * FROM read_back_entry") == []

    def test_that_came_before_its_order_is_shown_on_it_later(self, local: OrderCentre) -> None:
        first, second = SendingDesk(local, "Desk 1"), SendingDesk(local, "Desk 2", login="bea")
        placed = first.placed()
        second.send(second.command(second.closed(placed)))
        first.send(first.command(placed))
        assert view_of(local, placed).closed is not None

    def test_of_another_seats_order_is_kept_and_does_not_hide_its_own(
        self, local: OrderCentre
    ) -> None:
        first, second = SendingDesk(local, "Desk 1"), SendingDesk(local, "Desk 2", login="bea")
        placed = first.placed()
        own = first.closed(placed)
        first.send(first.command(placed), first.command(own))
        much_later = own.closed_at + timedelta(hours=1)
        other = second.closed(placed, closed_at=much_later, outcome=CallOutcome.CALL_DROPPED)
        local.clock.set(much_later)
        assert second.send(second.command(other))[0].outcome is Outcome.ACCEPTED
        assert oddities(local) == [None, "closed_before,other_seat"]
        assert view_of(local, placed).closed == own

    def test_a_second_time_is_kept_and_the_later_one_shown(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        first = desk.closed(placed)
        second = desk.closed(
            placed,
            outcome=CallOutcome.COMPLAINT_OPENED,
            closed_at=first.closed_at + timedelta(minutes=2),
        )
        desk.send(desk.command(placed), desk.command(first), desk.command(second))
        assert oddities(desk.centre) == [None, "closed_before"]
        assert len(desk.centre.rows("SELECT * FROM call_closing")) == 2
        assert view_of(desk.centre, placed).closed == second

    def test_with_another_number_it_is_kept(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        closed = desk.closed(placed, number=OrderNumber("0000000000"))
        desk.send(desk.command(placed), desk.command(closed))
        assert oddities(desk.centre) == ["number_differs"]

    def test_with_the_number_the_caller_was_told_nothing_is_odd(self, desk: SendingDesk) -> None:
        placed = desk.placed(number=OrderNumber("1234567890"))
        desk.send(desk.command(placed), desk.command(desk.closed(placed)))
        assert oddities(desk.centre) == [None]

    def test_at_a_place_that_is_taken_it_is_kept_without_one(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed), desk.command(desk.closed(placed), sequence=1))
        assert oddities(desk.centre) == ["sequence_clash"]

    def test_by_nobody_known_from_no_known_store_it_is_kept(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed))
        new_id = desk.centre.ids.new
        closing = desk.command(desk.closed(placed, closed_by=new_id()), incarnation=new_id())
        assert desk.send(msgspec.structs.replace(closing, sequence=1))[0].outcome is (
            Outcome.ACCEPTED
        )
        assert oddities(desk.centre) == ["incarnation_unknown,person_unknown"]

    def test_with_card_digits_it_is_kept_without_them(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        at, by = placed.placed_at, desk.person
        told = Told(step=ClosingStep.ANYTHING_ELSE, said=f"So it is {CARD}.", at=at, by=by)
        heard = NumberSaidBack(heard=CARD, matched=False, at=at, by=by)
        closed = desk.closed(placed, note=f"card {CARD}", entries=(told, heard))
        desk.send(desk.command(placed), desk.command(closed))
        assert oddities(desk.centre) == ["card_digits_masked"]
        kept = desk.centre.text_in("call_closing", "read_back_entry")
        assert "4242 4242" not in kept
        assert kept.count("So it is •••• •••• •••• ••••.") == 2

    def test_with_characters_that_cannot_be_kept_it_is_kept_without_them(
        self, desk: SendingDesk
    ) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed), desk.command(desk.closed(placed, note="a\0b")))
        closed = view_of(desk.centre, placed).closed
        assert closed is not None
        assert closed.note == "ab"


class TestAMalformedOne:
    @pytest.mark.parametrize("body", [b"null", b"{}", b"{", b'{"order_id": 1}'])
    def test_is_refused_for_good_and_others_go_on(self, desk: SendingDesk, body: bytes) -> None:
        placed = desk.placed()
        closing = msgspec.structs.replace(
            desk.command(desk.closed(placed)),
            sequence=1,
        )
        broken = msgspec.structs.replace(desk.command(body), kind=closing.kind, sequence=1)
        desk.sequence = 1
        outcomes = [desk.centre.intake.take(broken, desk.actor), desk.send_order()]
        assert [o.outcome for o in outcomes] == [Outcome.REFUSED_FINAL, Outcome.ACCEPTED]

    def test_of_an_absurd_year_is_refused(self, desk: SendingDesk) -> None:
        closed = desk.closed(desk.placed())
        body = encode(closed).replace(b"2026-11-20T10:35", b"0001-01-01T00:00")
        absurd = msgspec.json.decode(body, type=ClosedCall)
        assert desk.send(desk.command(absurd))[0].reasons == ("malformed",)
