"""Whatever happens to one copy of the orders, the desk starts and has them all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.models.desk.tables import CommandRow, DraftRow
from app.services.desk.desk import Desk
from app.services.desk.recovery import JOURNAL, SEALED_KEY, STORE
from app.services.desk.seat import STORE_KEY
from app.services.rules.escrow import open_store_key
from app.store.desk import open_store
from app.store.journal import read_journal
from app.values.errors import Refusal
from app.values.vocabulary import CommandKind, CommandState
from app.wire import operations
from app.wire.message import decode
from app.wire.orders import ListDrafts, NumberShown, OpenDraft, PlacedOrder, SaveDraft
from app.wire.sync import Outcome
from tests.builders import with_line
from tests.services.desk.site import (
    Site,
    close,
    place,
    read_back,
    ready,
    record,
    sign_in,
    status,
)

Damage = Callable[[Path], None]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


_ORDERS = select(CommandRow.body).where(CommandRow.kind == CommandKind.PLACE_ORDER)


def numbers_in_store(desk: Desk) -> set[str]:
    with desk.records.store.read() as connection:
        bodies = connection.execute(_ORDERS).scalars().all()
    return {decode(body, PlacedOrder).number for body in bodies}


def numbers_in_journal(site: Site) -> set[str]:
    key = site.keys.get(STORE_KEY)
    assert key is not None
    reading = read_journal(site.folder / JOURNAL, key)
    assert not reading.damaged
    texts = [record.decode() for record in reading.records]
    return {text.split('"number":"')[1][:10] for text in texts if '"number":"' in text}


def with_orders(site: Site, count: int = 3) -> set[str]:
    """Orders placed at the site while the centre is away."""
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        numbers: set[str] = {place(caller, site.order()).number for _ in range(count)}
    site.centre.come_back()
    return numbers


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x20
    path.write_bytes(content)


def wreck_head(path: Path) -> None:
    flip(path, 3)


def flip_first_page(path: Path) -> None:
    flip(path, 2_000)


def flip_a_page_in_the_middle(path: Path) -> None:
    flip(path, path.stat().st_size // 2)


def flip_last_page(path: Path) -> None:
    flip(path, path.stat().st_size - 100)


def flip_one_page(path: Path) -> None:
    flip(path, 10 * 4_096 + 2_000)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


DAMAGES = [
    wreck_head,
    flip_first_page,
    flip_a_page_in_the_middle,
    flip_last_page,
    cut_in_half,
    overwrite,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_set_aside_named_and_rebuilt(site: Site, damage: Damage) -> None:
    numbers = with_orders(site)
    damage(site.folder / STORE)
    damaged = (site.folder / STORE).read_bytes()
    with site.opened() as desk:
        aside = site.folder / "desk-set-aside-20261120-103000.store"
        assert aside.read_bytes() == damaged
        assert aside.name in status(desk).sentence
        assert numbers_in_store(desk) == numbers
        assert status(desk).waiting == 3
    assert numbers_in_journal(site) == numbers


@pytest.mark.parametrize("damage", DAMAGES)
def test_orders_of_a_rebuilt_store_reach_the_centre_once(site: Site, damage: Damage) -> None:
    numbers = with_orders(site)
    damage(site.folder / STORE)
    with site.opened() as desk:
        desk.line.step()
        assert status(desk).waiting == 0
    assert {placed.number for placed in site.centre.orders.values()} == numbers


def test_a_rebuilt_store_goes_on_placing(site: Site) -> None:
    numbers = with_orders(site)
    overwrite(site.folder / STORE)
    with site.opened() as desk:
        caller = ready(desk)
        numbers.add(place(caller, site.order()).number)
        assert len(numbers) == 4
        assert numbers_in_store(desk) == numbers


def test_drafts_on_whole_pages_of_a_damaged_store_are_kept(site: Site) -> None:
    drafts = [site.order(*[with_line(f"TEA-{n}") for n in range(12)]) for _ in range(10)]
    with site.opened() as desk:
        caller = ready(desk)
        for draft in drafts:
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=draft))
    flip_last_page(site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        left = desk.caller.call(operations.LIST_DRAFTS, ListDrafts()).drafts
        assert 8 <= len(left) <= 10
        assert f"{len(left)} drafts" in status(desk).sentence


def test_answers_on_whole_pages_of_a_damaged_store_are_kept(site: Site) -> None:
    drafts = [site.order(with_line("TEA-1", number)) for number in range(1, 41)]
    with site.opened() as desk:
        caller = ready(desk)
        for draft in drafts:
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=draft))
            read_back(caller, draft)
        whole = [record(caller, draft) for draft in drafts]
    flip_a_page_in_the_middle(site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        kept = [record(desk.caller, draft) for draft in drafts]
    lost = [set(all_of_it) - set(left) for all_of_it, left in zip(whole, kept, strict=True)]
    assert sum(map(len, lost)) < 40
    for all_of_it, left in zip(whole, kept, strict=True):
        assert tuple(entry for entry in all_of_it if entry in left) == left


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_lost_of_a_record_comes_back_with_its_order(site: Site, damage: Damage) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        placed = [place(caller, site.order()) for _ in range(3)]
    site.centre.come_back()
    damage(site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        for order in placed:
            assert record(desk.caller, order.document) == order.read_back


def test_leased_numbers_of_a_damaged_store_are_kept_and_not_used_twice(site: Site) -> None:
    numbers = with_orders(site)
    flip_last_page(site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        while status(desk).numbers_left:
            numbers.add(place(desk.caller, site.order()).number)
        assert len(numbers_in_store(desk)) == len(numbers)


def test_a_store_that_is_gone_is_rebuilt_from_the_journal(site: Site) -> None:
    numbers = with_orders(site)
    (site.folder / STORE).unlink()
    with site.opened() as desk:
        assert numbers_in_store(desk) == numbers
        assert "3 orders were restored" in status(desk).sentence


def test_whether_a_number_was_shown_survives_the_store(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        shown, unknown = place(caller, site.order()), place(caller, site.order())
        order_id = shown.document.order_id
        caller.call(operations.NUMBER_SHOWN, NumberShown(order_id=order_id))
    (site.folder / STORE).unlink()
    with site.opened() as desk:
        sign_in(desk)
        found = desk.caller.call(operations.LIST_DRAFTS, ListDrafts())
    assert found.number_not_given == (unknown,)


def test_a_key_that_is_gone_starts_a_new_store_and_keeps_the_old_files(site: Site) -> None:
    numbers = with_orders(site)
    old_key = site.keys.get(STORE_KEY)
    assert old_key is not None
    sealed = (site.folder / SEALED_KEY).read_text()
    site.keys.put(STORE_KEY, b"")
    with site.opened() as desk:
        assert numbers_in_store(desk) == set()
        sentence = status(desk).sentence
    store = site.folder / "desk-set-aside-20261120-103000.store"
    journal = site.folder / "desk-set-aside-20261120-103000.journal"
    assert store.name in sentence
    assert journal.name in sentence
    assert (site.folder / f"{store.name}.key").read_text() == sealed
    assert open_store_key(sealed, site.centre.private_key) == old_key
    reopened = open_store(store, old_key, site.clock)
    with reopened.read() as connection:
        bodies = connection.execute(select(CommandRow.body)).scalars().all()
    reopened.close()
    assert {decode(body, PlacedOrder).number for body in bodies} == numbers
    assert len(read_journal(journal, old_key).records) == 3


def test_sequences_go_on_above_those_of_a_lost_store(site: Site) -> None:
    with_orders(site)
    site.keys.put(STORE_KEY, b"")
    with site.opened() as desk:
        place(ready(desk), site.order())
        with desk.records.store.read() as connection:
            assert connection.execute(select(CommandRow.sequence)).scalar_one() > 3


def test_a_journal_that_is_gone_is_written_again(site: Site) -> None:
    numbers = with_orders(site)
    (site.folder / JOURNAL).unlink()
    with site.opened():
        pass
    assert numbers_in_journal(site) == numbers


def test_a_changed_journal_is_set_aside_named_and_written_again(site: Site) -> None:
    numbers = with_orders(site)
    flip(site.folder / JOURNAL, 40)
    changed = (site.folder / JOURNAL).read_bytes()
    with site.opened() as desk:
        assert "entry 1" in status(desk).sentence
        aside = site.folder / "desk-set-aside-20261120-103000.journal"
        assert aside.name in status(desk).sentence
    assert aside.read_bytes() == changed
    assert numbers_in_journal(site) == numbers


def test_what_either_damaged_copy_still_holds_is_put_together(site: Site) -> None:
    with_orders(site, 3)
    flip(site.folder / JOURNAL, 40)
    (site.folder / STORE).unlink()
    with site.opened() as desk:
        assert len(numbers_in_store(desk)) == 2
    assert len(numbers_in_journal(site)) == 2


def test_where_neither_copy_is_whole_it_is_said_and_no_doubtful_number_is_used(site: Site) -> None:
    with_orders(site, 3)
    overwrite(site.folder / STORE)
    journal = site.folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-20])
    with site.opened() as desk:
        assert "may be missing" in status(desk).sentence
        assert status(desk).numbers_left == 0


def test_a_draft_of_a_placed_order_does_not_come_back_open(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        order = place(caller, site.order())
        with desk.records.store.write() as connection:
            connection.execute(delete(DraftRow))
    site.centre.come_back()
    flip_one_page(site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        with pytest.raises(Refusal, match="draft_closed"):
            desk.caller.call(operations.OPEN_DRAFT, OpenDraft(order_id=order.document.order_id))


def test_a_journal_with_another_head_is_set_aside_and_written_again(site: Site) -> None:
    numbers = with_orders(site)
    wreck_head(site.folder / JOURNAL)
    with site.opened() as desk:
        assert "desk-set-aside-20261120-103000.journal" in status(desk).sentence
    assert numbers_in_journal(site) == numbers


def test_a_journal_cut_short_gets_back_what_it_lacks(site: Site) -> None:
    numbers = with_orders(site)
    journal = site.folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:200])
    with site.opened() as desk:
        assert "3 orders were missing" in status(desk).sentence
    assert numbers_in_journal(site) == numbers


def test_a_torn_tail_is_told_and_mended(site: Site) -> None:
    numbers = with_orders(site)
    journal = site.folder / JOURNAL
    journal.write_bytes(journal.read_bytes() + b"\x00\x00\x10\x00torn")
    with site.opened() as desk:
        assert "unfinished" in status(desk).sentence
    assert numbers_in_journal(site) == numbers
    with site.opened() as desk:
        assert status(desk).sentence == ""


def test_nothing_is_said_when_nothing_happened(site: Site) -> None:
    with_orders(site)
    with site.opened() as desk:
        assert status(desk).sentence == ""


def test_a_second_program_on_the_seat_is_refused(site: Site) -> None:
    with site.opened(), pytest.raises(Refusal) as refused:
        site.open()
    assert refused.value.code == "seat_in_use"


def test_the_sealed_key_beside_the_store_opens_it(site: Site) -> None:
    with_orders(site)
    sealed = (site.folder / SEALED_KEY).read_text()
    assert open_store_key(sealed, site.centre.private_key) == site.keys.get(STORE_KEY)


def test_the_sealed_key_is_deposited_once(site: Site) -> None:
    for _ in range(2):
        with site.opened() as desk:
            desk.line.step()
    assert site.centre.sealed_keys == [(site.folder / SEALED_KEY).read_text()]


def copies(site: Site, orders: int) -> list[tuple[bytes, bytes]]:
    """Store and journal as they are after each of so many orders."""
    taken: list[tuple[bytes, bytes]] = []
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        for _ in range(orders):
            place(caller, site.order())
            desk.records.store.tidy()
            store = (site.folder / STORE).read_bytes()
            taken.append((store, (site.folder / JOURNAL).read_bytes()))
    site.centre.come_back()
    return taken


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(store_after=st.integers(0, 4), journal_after=st.integers(0, 4), torn=st.integers(0, 2_500))
def test_however_far_either_copy_came_both_hold_all_of_either_afterwards(
    store_after: int, journal_after: int, torn: int
) -> None:
    with TemporaryDirectory() as folder:
        site = Site(Path(folder) / "seat")
        taken = copies(site, 5)
        (site.folder / STORE).write_bytes(taken[store_after][0])
        journal = taken[journal_after][1]
        kept = journal + taken[4][1][len(journal) :][:torn]
        (site.folder / JOURNAL).write_bytes(kept)
        key = site.keys.get(STORE_KEY)
        assert key is not None
        whole = len(read_journal(site.folder / JOURNAL, key).records)
        with site.opened() as desk:
            in_store = numbers_in_store(desk)
        assert len(in_store) == max(store_after + 1, whole)
        assert numbers_in_journal(site) == in_store


def test_whatever_the_answers_were_a_lost_store_has_them_again_and_nothing_is_done_twice(
    site: Site,
) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        desk.line.step()
        placed = [place(caller, site.order()) for _ in range(5)]
        close(caller, placed[0].document)
        site.centre.outcomes[placed[1].number] = Outcome.NEEDS_REVIEW
        site.centre.outcomes[placed[2].number] = Outcome.REFUSED_FINAL
        site.centre.outcomes[placed[3].number] = Outcome.RETRY_LATER
        site.centre.outcomes[placed[4].number] = Outcome.RETRY_LATER
        site.clock.advance(minutes=11)
        while desk.outbox.send_batch():
            pass
        desk.outbox.note_answered()
        desk.outbox.settle()
        before = outbox_states(desk)
    assert set(before.values()) >= {
        CommandState.SETTLED,
        CommandState.NEEDS_REVIEW,
        CommandState.QUARANTINED,
        CommandState.PENDING,
    }
    taken = dict(site.centre.orders)
    (site.folder / STORE).unlink()
    with site.opened() as desk:
        rebuilt = outbox_states(desk)
        assert set(rebuilt) == set(before)
        assert set(rebuilt.values()) == {CommandState.PENDING}
        while desk.outbox.send_batch():
            pass
        desk.outbox.note_answered()
        desk.outbox.settle()
        assert outbox_states(desk) == before
    assert site.centre.orders == taken


def outbox_states(desk: Desk) -> dict[object, CommandState]:
    """The state of every command by its id."""
    with desk.records.store.read() as connection:
        rows = connection.execute(select(CommandRow.command_id, CommandRow.state)).all()
    return {row.command_id: row.state for row in rows}
