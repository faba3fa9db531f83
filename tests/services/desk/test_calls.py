"""The end of a call: kept twice like an order, sent after it, and never forgotten."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.models.desk.tables import CommandRow
from app.services.desk.desk import Desk
from app.services.desk.records import Captured, Shown
from app.services.desk.recovery import JOURNAL, STORE
from app.services.desk.seat import STORE_KEY
from app.services.ports import Caller
from app.store.journal import Journal, read_journal
from app.values.errors import Fault, Refusal
from app.values.vocabulary import CallOutcome, ClosingStep, CommandKind
from app.wire import operations
from app.wire.message import decode
from app.wire.orders import NumberShown, OrderDocument, PlacedOrder
from app.wire.read_back import CloseCall, ClosedCall, NumberSaidBack, Told
from tests.builders import A_MORNING
from tests.read_backs import A_CSR
from tests.services.desk.site import Site, close, note, place, ready, record, sign_in, status

CLOSING = (
    Told(step=ClosingStep.NUMBER_GIVEN, said="Your number is.", at=A_MORNING, by=A_CSR),
    NumberSaidBack(heard="0000000097", matched=False, at=A_MORNING, by=A_CSR),
    NumberSaidBack(heard="0000000098", matched=True, at=A_MORNING, by=A_CSR),
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def journaled(site: Site) -> list[ClosedCall]:
    key = site.keys.get(STORE_KEY)
    assert key is not None
    entries = [
        msgspec.json.decode(one, type=Captured | Shown)
        for one in read_journal(site.folder / JOURNAL, key).records
    ]
    commands = [entry.command for entry in entries if isinstance(entry, Captured)]
    return [decode(c.body, ClosedCall) for c in commands if c.kind is CommandKind.CLOSE_CALL]


def stored(desk: Desk) -> list[ClosedCall]:
    query = (
        select(CommandRow.body)
        .where(CommandRow.kind == CommandKind.CLOSE_CALL)
        .order_by(CommandRow.position)
    )
    with desk.records.store.read() as connection:
        return [decode(body, ClosedCall) for body in connection.execute(query).scalars()]


def shown(caller: Caller, document: OrderDocument) -> None:
    caller.call(operations.NUMBER_SHOWN, NumberShown(order_id=document.order_id))


def placed_and_said_back(caller: Caller, document: OrderDocument) -> PlacedOrder:
    placed = place(caller, document)
    shown(caller, document)
    note(caller, document, *CLOSING)
    return placed


def send_all(desk: Desk) -> None:
    while desk.outbox.send_batch():
        pass


def test_the_end_of_a_call_holds_what_was_said_after_the_number(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document, CallOutcome.CALL_BACK_PROMISED)
        (closed,) = stored(desk)
    assert closed == ClosedCall(
        order_id=placed.document.order_id,
        number=placed.number,
        outcome=CallOutcome.CALL_BACK_PROMISED,
        entries=CLOSING,
        closed_at=site.clock.now(),
        closed_by=A_CSR,
    )


def test_it_is_in_both_copies_when_it_is_answered(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document)
        assert journaled(site) == stored(desk)


def test_twice_is_the_same_as_once(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document)
        close(caller, placed.document, CallOutcome.COMPLAINT_OPENED)
        assert [closed.outcome for closed in stored(desk)] == [CallOutcome.ORDER_PLACED]


def test_a_call_about_an_order_that_was_never_placed_is_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            close(caller, site.order())
        assert stored(desk) == []
    assert refused.value.code == "not_placed"


def test_after_the_end_of_the_call_nothing_is_noted(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document)
        with pytest.raises(Refusal) as refused:
            note(caller, placed.document, CLOSING[0])
    assert refused.value.code == "call_ended"


def test_card_digits_in_the_note_are_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        request = CloseCall(
            order_id=placed.document.order_id,
            outcome=CallOutcome.ORDER_PLACED,
            note="4111 1111 1111 1111",
        )
        with pytest.raises(Refusal) as refused:
            caller.call(operations.CLOSE_CALL, request)
        assert stored(desk) == []
    assert (refused.value.code, refused.value.field) == ("card_digits", "note")


def test_orders_and_ends_of_calls_share_one_sequence(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        for _ in range(3):
            close(caller, place(caller, site.order()).document)
        with desk.records.store.read() as connection:
            rows = connection.execute(select(CommandRow.sequence, CommandRow.kind)).all()
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.kind for row in rows] == [CommandKind.PLACE_ORDER, CommandKind.CLOSE_CALL] * 3


def test_the_centre_hears_of_the_order_and_then_of_the_end_of_its_call(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document)
        send_all(desk)
        assert status(desk).waiting == 0
        (closed,) = site.centre.calls.values()
        assert [closed] == stored(desk)
    assert site.centre.arrived == [CommandKind.PLACE_ORDER, CommandKind.CLOSE_CALL]


def refuse_to_write(record: bytes) -> None:
    raise Fault("journal_unwritable", "The disk is full.")


def refuse_to_append(journal: Journal, record: bytes) -> None:
    refuse_to_write(record)


def test_an_end_the_journal_could_not_take_is_added_at_the_next_start(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        monkeypatch.setattr(desk.records.journal, "append", refuse_to_write)
        with pytest.raises(Fault):
            close(caller, placed.document)
        send_all(desk)
        assert site.centre.calls == {}
    with site.opened() as desk:
        assert journaled(site) == stored(desk)
        assert len(stored(desk)) == 1
        send_all(desk)
    assert len(site.centre.calls) == 1


def test_a_call_that_nobody_ended_is_ended_as_dropped_at_the_next_start(site: Site) -> None:
    with site.opened() as desk:
        placed = placed_and_said_back(ready(desk), site.order())
    site.clock.advance(minutes=5)
    with site.opened() as desk:
        (closed,) = stored(desk)
        assert journaled(site) == [closed]
        send_all(desk)
    assert (closed.outcome, closed.entries) == (CallOutcome.CALL_DROPPED, CLOSING)
    assert (closed.closed_at, closed.closed_by) == (site.clock.now(), placed.placed_by)
    assert list(site.centre.calls.values()) == [closed]


def test_a_journal_that_cannot_be_written_keeps_no_desk_closed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.opened() as desk:
        placed_and_said_back(ready(desk), site.order())
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", refuse_to_append)
        with site.opened() as desk:
            send_all(desk)
            assert site.centre.calls == {}
    with site.opened() as desk:
        assert journaled(site) == stored(desk)
        send_all(desk)
    assert len(site.centre.calls) == 1


def test_a_call_that_was_ended_is_not_ended_again_at_the_next_start(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document)
    with site.opened() as desk:
        assert [closed.outcome for closed in stored(desk)] == [CallOutcome.ORDER_PLACED]


def test_an_order_whose_number_was_never_shown_can_be_closed_after_a_start(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
    with site.opened() as desk:
        sign_in(desk)
        assert stored(desk) == []
        shown(desk.caller, placed.document)
        note(desk.caller, placed.document, *CLOSING)
        close(desk.caller, placed.document)
        assert [closed.entries for closed in stored(desk)] == [CLOSING]


def test_after_half_a_day_every_call_has_ended(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        first, second = place(caller, site.order()), placed_and_said_back(caller, site.order())
        site.clock.advance(hours=12)
        assert desk.calls.end_left() == 0
        site.clock.advance(seconds=1)
        desk.line.step()
        assert {closed.number for closed in stored(desk)} == {first.number, second.number}
        assert desk.calls.end_left() == 0


def test_a_call_under_way_is_left_alone_by_the_housekeeping(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed_and_said_back(caller, site.order())
        site.clock.advance(minutes=20)
        desk.line.step()
        assert stored(desk) == []


def test_a_store_that_is_gone_has_orders_ends_and_records_from_the_journal(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        placed = placed_and_said_back(caller, site.order())
        close(caller, placed.document)
        before, ends = record(caller, placed.document), stored(desk)
    site.centre.come_back()
    (site.folder / STORE).unlink()
    with site.opened() as desk:
        sign_in(desk)
        assert "1 order and the end of 1 call were restored" in status(desk).sentence
        assert stored(desk) == ends
        assert record(desk.caller, placed.document) == before
        send_all(desk)
    assert site.centre.arrived == [CommandKind.PLACE_ORDER, CommandKind.CLOSE_CALL]


def test_an_end_that_only_the_journal_has_is_restored_alone(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = placed_and_said_back(caller, site.order())
        desk.records.store.tidy()
        store = (site.folder / STORE).read_bytes()
        close(caller, placed.document)
    (site.folder / STORE).write_bytes(store)
    with site.opened() as desk:
        assert "The end of 1 call was restored" in status(desk).sentence
        assert [closed.outcome for closed in stored(desk)] == [CallOutcome.ORDER_PLACED]


def test_after_a_restore_of_the_centre_it_hears_of_calls_again(site: Site) -> None:
    with site.opened() as desk:
        while desk.feed.fresh_at() is None:
            desk.feed.step()
        caller = ready(desk)
        close(caller, place(caller, site.order()).document)
        send_all(desk)
        site.centre.calls.clear()
        site.centre.orders.clear()
        site.centre.restore([])
        desk.feed.step()
        send_all(desk)
    assert (len(site.centre.orders), len(site.centre.calls)) == (1, 1)


def test_nobody_ends_a_call_without_signing_in(site: Site) -> None:
    request = CloseCall(order_id=site.order().order_id, outcome=CallOutcome.ORDER_PLACED)
    with site.opened() as desk, pytest.raises(Refusal) as refused:
        desk.caller.call(operations.CLOSE_CALL, request)
    assert refused.value.code == "not_signed_in"
