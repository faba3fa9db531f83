"""The record of a read-back at the desk: kept at once, never changed, and asked for by placing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.services.desk import memory
from app.services.ports import Caller
from app.services.rules.read_back import line_key
from app.values.errors import Fault, Refusal
from app.values.identity import OverrideId, PersonId
from app.values.vocabulary import Channel, ClosingStep, CorrectionCause, How
from app.wire import operations
from app.wire.orders import OrderDocument, SaveDraft, VoidDraft
from app.wire.read_back import (
    Asked,
    Corrected,
    NotMatched,
    NumberSaidBack,
    Overridden,
    ReadBackEntry,
    Told,
)
from tests.builders import A_MORNING, an_id, changed, with_delivery, with_line
from tests.read_backs import (
    A_CSR,
    a_checklist,
    a_guidance,
    an_answer,
    an_extra,
    checkpoints_of,
    read_back_of,
    without,
)
from tests.services.desk.site import (
    REGIONS,
    Site,
    note,
    place,
    place_at_once,
    read_back,
    ready,
    record,
    sign_in,
)

CARD = "4111 1111 1111 1111"
SHA256 = "0" * 64


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def answers(document: OrderDocument) -> tuple[ReadBackEntry, ...]:
    """The record of a read-back in which everything was right."""
    return read_back_of(document, REGIONS[document.region])


def answer(document: OrderDocument, key: str, how: How | None = None) -> ReadBackEntry:
    """One checkpoint is confirmed."""
    points = checkpoints_of(document, REGIONS[document.region])
    return an_answer(next(point for point in points if point.key == key), how=how)


def told() -> Told:
    return Told(step=ClosingStep.NUMBER_GIVEN, said="Your number is.", at=A_MORNING, by=A_CSR)


def said_back() -> NumberSaidBack:
    return NumberSaidBack(heard="0000000098", matched=True, at=A_MORNING, by=A_CSR)


def refusal_of_noting(caller: Caller, document: OrderDocument, *entries: ReadBackEntry) -> Refusal:
    with pytest.raises(Refusal) as refused:
        note(caller, document, *entries)
    return refused.value


def refusal_of_placing(caller: Caller, document: OrderDocument) -> Refusal:
    with pytest.raises(Refusal) as refused:
        place_at_once(caller, document)
    return refused.value


def test_what_was_noted_comes_back_in_its_order(site: Site) -> None:
    document = site.order()
    entries = answers(document)
    with site.opened() as desk:
        caller = ready(desk)
        assert note(caller, document, *entries[:2]).entries == 2
        assert note(caller, document, *entries[2:]).entries == len(entries)
        assert record(caller, document) == entries


def test_what_was_noted_is_there_after_a_restart(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        note(ready(desk), document, *answers(document))
    with site.opened() as desk:
        sign_in(desk)
        assert record(desk.caller, document) == answers(document)


def test_orders_have_records_of_their_own(site: Site) -> None:
    first, second = site.order(), site.order()
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, first)
        assert record(caller, second) == ()


def test_the_store_itself_changes_no_entry(site: Site) -> None:
    with site.opened() as desk:
        read_back(ready(desk), site.order())
        statement = text("UPDATE read_back_entry SET document = x'00'")
        with (
            pytest.raises(IntegrityError, match="never changed"),
            desk.records.store.write() as connection,
        ):
            connection.execute(statement)


def test_nobody_notes_in_the_name_of_somebody_else(site: Site) -> None:
    document = site.order()
    entry = msgspec.structs.replace(answers(document)[0], by=PersonId(an_id(5)))
    with site.opened() as desk:
        caller = ready(desk)
        assert refusal_of_noting(caller, document, answers(document)[1], entry).code == (
            "other_person"
        )
        assert record(caller, document) == ()


def test_nobody_notes_that_a_lead_let_something_pass(site: Site) -> None:
    entry = Overridden(
        override_id=OverrideId(an_id(6)),
        checkpoints=(),
        reason="because",
        lead=PersonId(an_id(701)),
        at=A_MORNING,
        by=A_CSR,
    )
    with site.opened() as desk:
        refusal = refusal_of_noting(ready(desk), site.order(), entry)
    assert refusal.code == "override_needs_lead"


def asked(said: str) -> Asked:
    return Asked(checkpoint="price", sha256=SHA256, said=said, at=A_MORNING, by=A_CSR)


def heard(heard: str) -> NotMatched:
    return NotMatched(
        checkpoint="customer", sha256=SHA256, part="phone", heard=heard, at=A_MORNING, by=A_CSR
    )


def corrected(**different: str) -> Corrected:
    entry = Corrected(
        checkpoint="customer",
        part="name",
        old="Tomson",
        new="Thompson",
        cause=CorrectionCause.MISHEARD,
        at=A_MORNING,
        by=A_CSR,
    )
    return msgspec.structs.replace(entry, **different)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (asked(CARD), "said"),
        (heard(CARD), "heard"),
        (corrected(old=CARD), "old"),
        (corrected(new=CARD), "new"),
        (corrected(note=CARD), "note"),
    ],
    ids=["said", "heard", "old", "new", "note"],
)
def test_card_digits_are_refused_before_anything_is_kept(
    site: Site, entry: ReadBackEntry, field: str
) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        refusal = refusal_of_noting(caller, document, answers(document)[0], entry)
        assert (refusal.code, refusal.field) == ("card_digits", field)
        assert record(caller, document) == ()


def test_a_price_whose_digest_is_full_of_digits_is_no_card(site: Site) -> None:
    orders = [site.order(with_line("TEA-1", n)) for n in range(1, 60)]
    with site.opened() as desk:
        caller = ready(desk)
        for document in orders:
            note(caller, document, *answers(document))


def test_the_call_is_not_closed_before_the_order_is_placed(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        assert refusal_of_noting(caller, document, told()).code == "not_placed"
        read_back(caller, document)
        assert refusal_of_noting(caller, document, said_back()).code == "not_placed"


def test_after_the_order_is_placed_only_its_call_is_closed(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, document)
        assert refusal_of_noting(caller, document, asked("Is that all?")).code == "already_placed"
        note(caller, document, told(), said_back())
        assert record(caller, document) == (*answers(document), told(), said_back())


def test_an_order_that_was_given_up_takes_no_answers_and_keeps_those_it_has(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        read_back(caller, document)
        void = VoidDraft(order_id=document.order_id, reason="hung up")
        caller.call(operations.VOID_DRAFT, void)
        assert refusal_of_noting(caller, document, asked("Still there?")).code == "draft_closed"
        assert record(caller, document) == answers(document)


def test_answers_are_kept_though_the_sign_in_has_run_out(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        site.clock.advance(days=500)
        note(caller, document, answers(document)[0])
        sign_in(desk)


def test_a_placed_order_holds_its_record_and_the_edition_it_went_by(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        with desk.records.store.write() as connection:
            memory.remember(connection, memory.GUIDANCE, a_guidance(revision=7))
        placed = place(caller, document)
    assert placed.read_back == answers(document)
    assert placed.guidance == 7


def test_without_a_read_back_nothing_is_placed(site: Site) -> None:
    with site.opened() as desk:
        refusal = refusal_of_placing(ready(desk), site.order())
    assert (refusal.code, refusal.field) == ("read_back_open", "customer")
    assert refusal.sentence == (
        "The read-back is not finished: customer, line 1, price, delivery address, "
        "billing address, delivery date and 2 more."
    )


def keys_of(document: OrderDocument) -> list[str]:
    return [point.key for point in checkpoints_of(document, REGIONS[document.region])]


def test_one_open_checkpoint_of_any_kind_keeps_the_order_back(site: Site) -> None:
    document = site.order(with_line("TEA-1", 3), with_line("CUP-2", 12))
    with site.opened() as desk:
        caller = ready(desk)
        for key in keys_of(document):
            other = msgspec.structs.replace(site.order(), lines=document.lines)
            note(caller, other, *without(answers(other), key))
            refusal = refusal_of_placing(caller, other)
            assert (refusal.code, refusal.field) == ("read_back_open", key)
            note(caller, other, answer(other, key))
            assert place_at_once(caller, other).number


def test_a_yes_is_not_enough_where_the_caller_has_to_speak(site: Site) -> None:
    document = site.order(with_line("TEA-1", 15))
    key = line_key(document.lines[0].line_id)
    with site.opened() as desk:
        caller = ready(desk)
        note(caller, document, *without(answers(document), key))
        note(caller, document, answer(document, key, How.CALLER_AGREED))
        assert refusal_of_placing(caller, document).sentence == (
            "The read-back is not finished: line 1."
        )


Edit = Callable[[OrderDocument], OrderDocument]


@pytest.mark.parametrize(
    ("edit", "open_ones"),
    [
        (with_delivery(promised_on=None), ""),
        (with_delivery(instructions="Leave with the neighbour"), "delivery address (changed)"),
        (with_delivery(label="Express"), "delivery date (changed)"),
        (changed(internal_note="She was in a hurry"), None),
        (
            with_line("CUP-2", 1),
            "line 2, price (changed), order with obligation to pay (changed)",
        ),
    ],
    ids=["no date", "instructions", "date", "internal note", "line"],
)
def test_an_edit_makes_stale_what_it_touches_and_nothing_else(
    site: Site, edit: Edit, open_ones: str | None
) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        edited = edit(document)
        if open_ones is None:
            assert place_at_once(caller, edited).document == edited
        elif open_ones:
            refusal = refusal_of_placing(caller, edited)
            assert refusal.sentence == f"The read-back is not finished: {open_ones}."
        else:
            assert refusal_of_placing(caller, edited).code == "delivery_date_missing"


def test_an_edit_taken_back_needs_no_new_answers(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        refusal_of_placing(caller, with_delivery(label="Express")(document))
        assert place_at_once(caller, document).document == document


def test_a_line_that_was_taken_out_is_not_asked_about(site: Site) -> None:
    document = site.order(with_line("TEA-1", 3), with_line("CUP-2", 2))
    shorter = msgspec.structs.replace(document, lines=document.lines[:1])
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        refusal = refusal_of_placing(caller, shorter)
        assert refusal.sentence == (
            "The read-back is not finished: "
            "price (changed), order with obligation to pay (changed)."
        )
        note(caller, shorter, answer(shorter, "price"), answer(shorter, "obligation"))
        assert place_at_once(caller, shorter).document == shorter


def test_an_order_emptied_in_the_read_back_lacks_its_lines(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        emptied = msgspec.structs.replace(document, lines=())
        assert refusal_of_placing(caller, emptied).code == "lines_missing"


def test_an_order_on_paper_is_checked_against_the_paper(site: Site) -> None:
    document = site.order(with_line("TEA-1", 15), changed(channel=Channel.FAX))
    with site.opened() as desk:
        caller = ready(desk)
        assert refusal_of_placing(caller, document).code == "read_back_open"
        placed = place(caller, document)
    assert {getattr(entry, "how", How.ON_PAPER) for entry in placed.read_back} == {How.ON_PAPER}


def test_a_fax_that_turns_into_a_call_is_read_back_anew(site: Site) -> None:
    document = site.order(changed(channel=Channel.FAX), with_line())
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        called = changed(channel=Channel.PHONE)(document)
        assert refusal_of_placing(caller, called).code == "read_back_open"


def test_a_new_edition_asks_for_what_it_added(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        extended = a_guidance(a_checklist("age", an_extra()), revision=2)
        with desk.records.store.write() as connection:
            memory.remember(connection, memory.GUIDANCE, extended)
        refusal = refusal_of_placing(caller, document)
    assert refusal.field == "extra:age"
    assert refusal.sentence == "The read-back is not finished: Age checked."


def test_before_any_edition_has_arrived_nothing_is_placed(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        desk.line.step()
        with pytest.raises(Fault) as fault:
            place_at_once(desk.caller, site.order())
    assert fault.value.code == "guidance_unknown"


def test_the_answer_to_placing_twice_is_the_same_though_the_call_goes_on(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        placed = place(caller, document)
        note(caller, document, told())
        assert place_at_once(caller, document) == placed
