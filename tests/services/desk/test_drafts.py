"""Drafts: each under its own id, on the disk when it is said to be, never changed once closed."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from app.services.ports import Caller
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.orders import (
    Drafts,
    ListDrafts,
    OpenDraft,
    OrderDocument,
    SaveDraft,
    VoidDraft,
)
from tests.builders import an_id, changed, with_line, without_customer
from tests.services.desk.site import Site, place, ready, sign_in


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def save(caller: Caller, document: OrderDocument) -> None:
    caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))


def opened(caller: Caller, document: OrderDocument) -> OrderDocument:
    return caller.call(operations.OPEN_DRAFT, OpenDraft(order_id=OrderId(document.order_id)))


def listed(caller: Caller) -> Drafts:
    return caller.call(operations.LIST_DRAFTS, ListDrafts())


def void(caller: Caller, document: OrderDocument) -> None:
    order_id = OrderId(document.order_id)
    caller.call(operations.VOID_DRAFT, VoidDraft(order_id=order_id, reason="hung up"))


def test_a_draft_is_there_after_a_restart(site: Site) -> None:
    document = site.order(with_line("TEA-1", 3))
    with site.opened() as desk:
        save(ready(desk), document)
    with site.opened() as desk:
        sign_in(desk)
        assert opened(desk.caller, document) == document


def test_the_last_save_wins(site: Site) -> None:
    document = site.order()
    later = msgspec.structs.replace(document, internal_note="later")
    with site.opened() as desk:
        caller = ready(desk)
        save(caller, document)
        save(caller, later)
        assert opened(caller, document) == later


def test_drafts_are_listed_newest_first_with_name_lines_and_total(site: Site) -> None:
    first, second = site.order(with_line("TEA-1", 3, "2.95")), site.order(without_customer)
    with site.opened() as desk:
        caller = ready(desk)
        save(caller, first)
        site.clock.advance(seconds=1)
        save(caller, second)
        newest, oldest = listed(caller).drafts
    assert (newest.order_id, newest.customer_name, newest.line_count) == (second.order_id, "", 0)
    assert (oldest.customer_name, oldest.line_count) == ("Margaret Thompson", 1)
    assert str(oldest.total) == "£13.80"


def test_a_draft_that_was_given_up_is_not_listed_and_not_opened(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        save(caller, document)
        void(caller, document)
        void(caller, document)
        assert listed(caller).drafts == ()
        with pytest.raises(Refusal) as refused:
            opened(caller, document)
    assert refused.value.code == "draft_closed"


def test_a_save_that_comes_after_giving_up_is_refused(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        save(caller, document)
        void(caller, document)
        with pytest.raises(Refusal) as refused:
            save(caller, document)
    assert refused.value.code == "draft_closed"


def test_a_placed_order_cannot_be_given_up(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, document)
        with pytest.raises(Refusal) as refused:
            void(caller, document)
    assert refused.value.code == "draft_closed"


def test_giving_up_what_was_never_saved_is_no_matter(site: Site) -> None:
    with site.opened() as desk:
        void(ready(desk), site.order())


def test_a_draft_nobody_knows_is_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            opened(caller, site.order())
    assert refused.value.code == "draft_unknown"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("internal_note", "card 4111 1111 1111 1111"),
        ("internal_note", "5555-5555-5555-4444"),
        ("internal_note", "378282246310005"),
    ],
)
def test_card_digits_are_refused_before_anything_is_saved(
    site: Site, field: str, text: str
) -> None:
    document = site.order(with_line(), changed(**{field: text}))
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            save(caller, document)
        assert (refused.value.code, refused.value.field) == ("card_digits", field)
        assert listed(caller).drafts == ()


def test_bar_codes_order_numbers_and_telephone_numbers_are_not_refused(site: Site) -> None:
    note = "EAN 5012345678900, order 0007919082, call 0113 496 0000 or +44 7700 900412"
    with site.opened() as desk:
        save(ready(desk), site.order(with_line(), changed(internal_note=note)))


def test_a_draft_of_another_seat_is_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refused:
            save(caller, site.order(changed(device_id=an_id(5))))
    assert refused.value.code == "other_seat"


def test_saves_from_several_threads_are_all_kept(site: Site) -> None:
    documents = [site.order() for _ in range(24)]
    with site.opened() as desk:
        caller = ready(desk)
        threads = [threading.Thread(target=save, args=(caller, d)) for d in documents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {d.order_id for d in listed(caller).drafts} == {d.order_id for d in documents}
