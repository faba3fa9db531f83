"""Placing an order: two copies on the disk, then the number, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from app.services.desk.records import Captured, Records
from app.services.desk.recovery import JOURNAL
from app.services.desk.seat import STORE_KEY
from app.services.ports import Caller
from app.store.journal import read_journal
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.money import Money
from app.wire import operations
from app.wire.message import decode
from app.wire.orders import (
    Drafts,
    ListDrafts,
    NumberShown,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    SaveDraft,
)
from tests.builders import an_id, changed, delivered_to, with_line, without_customer
from tests.services.desk.site import Site, know_checklists, place, ready, sign_in


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def drafts(caller: Caller) -> Drafts:
    return caller.call(operations.LIST_DRAFTS, ListDrafts())


def journaled(site: Site) -> list[PlacedOrder]:
    key = site.keys.get(STORE_KEY)
    assert key is not None
    records = read_journal(site.folder / JOURNAL, key).records
    return [
        decode(bytes(msgspec.json.decode(r, type=Captured).command.body), PlacedOrder)
        for r in records
        if b'"type":"captured"' in r
    ]


def test_a_placed_order_has_the_next_number_its_totals_and_who_placed_it(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order(with_line("TEA-1", 3, "2.95")))
    assert placed.number == "0000000098"
    assert placed.totals.goods == Money(885, placed.document.currency)
    assert placed.placed_by == an_id(700)
    assert placed.placed_at == site.clock.now()


def test_every_order_has_another_number(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        numbers = [place(caller, site.order()).number for _ in range(8)]
    assert len(set(numbers)) == 8


def test_a_placed_order_is_in_both_copies_when_its_number_is_told(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        assert journaled(site) == [placed]


def test_asked_twice_the_same_order_keeps_its_number(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        assert place(caller, document) == place(caller, document)
        assert len(journaled(site)) == 1


def test_a_placed_order_cannot_be_placed_differently(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, document)
        with pytest.raises(Refusal) as refused:
            place(caller, msgspec.structs.replace(document, internal_note="else"))
    assert refused.value.code == "already_placed"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (lambda site: site.order(without_customer, with_line()), "customer_name_missing"),
        (lambda site: site.order(changed()), "lines_missing"),
        (lambda site: site.order(delivered_to(None), with_line()), "delivery_address_missing"),
    ],
)
def test_an_order_that_lacks_something_is_refused_with_the_field(
    site: Site, document: Callable[[Site], OrderDocument], code: str
) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            place(caller, document(site))
    assert refused.value.code == code
    assert refused.value.field


def test_card_digits_in_a_note_are_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            place(caller, site.order(with_line(), changed(internal_note="4111 1111 1111 1111")))
    assert (refused.value.code, refused.value.field) == ("card_digits", "internal_note")


def test_an_order_of_another_desk_is_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            place(caller, site.order(with_line(), changed(device_id=an_id(1))))
    assert refused.value.code == "other_seat"


def test_nobody_places_without_signing_in(site: Site) -> None:
    with site.opened() as desk, pytest.raises(Refusal) as refused:
        place(desk.caller, site.order())
    assert refused.value.code == "not_signed_in"


def test_without_a_number_left_the_order_is_refused_and_stays_a_draft(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        sign_in(desk)
        know_checklists(desk)
        desk.caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        with pytest.raises(Refusal) as refused:
            place(desk.caller, document)
        assert refused.value.code == "no_numbers_left"
        opened = desk.caller.call(operations.OPEN_DRAFT, OpenDraft(order_id=document.order_id))
    assert opened == document


def test_placing_needs_no_centre(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        assert place(caller, site.order()).number


def test_a_placed_draft_is_closed(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        place(caller, document)
        assert drafts(caller).drafts == ()
        with pytest.raises(Refusal) as refused:
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
    assert refused.value.code == "draft_closed"


def test_until_its_number_was_shown_an_order_is_listed_as_not_given(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, site.order())
        assert drafts(caller).number_not_given == (placed,)
        shown = NumberShown(order_id=placed.document.order_id)
        caller.call(operations.NUMBER_SHOWN, shown)
        caller.call(operations.NUMBER_SHOWN, shown)
        assert drafts(caller).number_not_given == ()


def test_a_number_that_was_not_shown_is_still_listed_after_a_restart(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
    with site.opened() as desk:
        sign_in(desk)
        assert drafts(desk.caller).number_not_given == (placed,)


def refuse_to_write(record: bytes) -> None:
    raise Fault("journal_unwritable", "The disk is full.")


def test_an_order_the_journal_could_not_take_gets_there_at_the_next_try(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        records: Records = desk.records
        with monkeypatch.context() as patch:
            patch.setattr(records.journal, "append", refuse_to_write)
            with pytest.raises(Fault):
                place(caller, document)
        assert journaled(site) == []
        placed = place(caller, document)
        assert journaled(site) == [placed]


def test_an_order_the_journal_could_not_take_is_added_at_the_next_start(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        monkeypatch.setattr(desk.records.journal, "append", refuse_to_write)
        with pytest.raises(Fault):
            place(caller, site.order())
    with site.opened() as desk:
        assert len(journaled(site)) == 1


def test_an_order_of_more_than_a_thousand_lines_is_placed(site: Site) -> None:
    lines = [with_line(f"TEA-{n}", n + 1) for n in range(1_114)]
    with site.opened() as desk:
        placed = place(ready(desk), site.order(*lines))
    assert len(placed.document.lines) == 1_114


def test_odd_letters_come_back_as_they_were_typed(site: Site) -> None:
    note = "🎁 for עמית and é" + "x" * 9_900
    document: OrderDocument = site.order(with_line(), changed(internal_note=note))
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        order_id = OrderId(document.order_id)
        assert caller.call(operations.OPEN_DRAFT, OpenDraft(order_id=order_id)) == document
        assert place(caller, document).document == document
