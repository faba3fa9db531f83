"""The read-back of an order is worked out again when it arrives, and what is open has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import pytest
from msgspec import convert

from app.services.central.guidance import GuidanceEditions
from app.services.central.judgement import OPEN_NAMED_MOST
from app.services.central.transaction import Transaction
from app.services.rules.regions import RegionRules
from app.services.rules.review import sentence_for
from app.values.vocabulary import Channel, CorrectionCause, How, Region
from app.wire.message import encode
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.read_back import Confirmed, Corrected, ReadBackEntry
from app.wire.sync import CommandOutcome, Outcome
from tests.builders import (
    A_MORNING,
    an_address,
    changed,
    delivered_to,
    with_delivery,
    with_line,
)
from tests.order_desk import OrderCentre, SendingDesk, regions, shipped
from tests.read_backs import a_checklist, an_answer, an_asking, an_extra, checkpoints_of, without

CARD = "4242 4242 4242 4242"
Change = Callable[[OrderDocument], OrderDocument]


def reasons(outcome: CommandOutcome) -> tuple[str, ...]:
    assert outcome.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}
    return outcome.reasons


def with_record(placed: PlacedOrder, entries: Sequence[ReadBackEntry]) -> PlacedOrder:
    return msgspec.structs.replace(placed, read_back=tuple(entries))


def sent(desk: SendingDesk, placed: PlacedOrder) -> CommandOutcome:
    return desk.send(desk.command(placed))[0]


def changed_after(placed: PlacedOrder, change: Change) -> PlacedOrder:
    """The order as it is when something was changed behind the back of its read-back."""
    return msgspec.structs.replace(placed, document=change(placed.document))


def with_quantity(position: int, quantity: int) -> Change:
    def change(document: OrderDocument) -> OrderDocument:
        lines = list(document.lines)
        lines[position] = msgspec.structs.replace(lines[position], quantity=quantity)
        return msgspec.structs.replace(document, lines=tuple(lines))

    return change


class TestARecordThatMatches:
    def test_is_accepted(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        order = desk.order(with_line("TEA-1", 12), with_line("CUP-2", 1))
        assert reasons(desk.send_order(order)) == ()

    def test_is_kept_entry_by_entry_beside_the_document(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        sent(desk, placed)
        rows = either.rows("SELECT * FROM read_back_entry ORDER BY position")
        assert [row.position for row in rows] == list(range(1, len(placed.read_back) + 1))
        assert {row.kind for row in rows} == {"began", "asked", "confirmed"}
        kept: tuple[ReadBackEntry, ...] = tuple(
            convert(row.document, ReadBackEntry) for row in rows
        )
        assert kept == placed.read_back
        document = either.rows("SELECT document FROM order_version")[0].document
        assert convert(document, PlacedOrder) == placed

    def test_gives_figures_who_how_and_how_long(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        correction = Corrected(
            checkpoint="customer",
            part="phone",
            old="+447700900411",
            new="+447700900412",
            cause=CorrectionCause.MISHEARD,
            at=A_MORNING,
            by=desk.person,
        )
        sent(desk, with_record(placed, (correction, *placed.read_back)))
        first, *rest = desk.centre.rows("SELECT * FROM read_back_entry ORDER BY position")
        assert (first.kind, first.checkpoint, first.part, first.cause, first.how) == (
            "corrected",
            "customer",
            "phone",
            "misheard",
            None,
        )
        confirmed = next(row for row in rest if row.checkpoint == "customer" and row.how)
        assert (confirmed.how, confirmed.took_ms, confirmed.person_id) == (
            "caller_agreed",
            2_000,
            desk.person,
        )

    def test_has_the_instants_of_the_centres_clock(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed, clock_offset_ms=-30_000))
        rows = desk.centre.rows("SELECT DISTINCT at FROM read_back_entry")
        assert [row.at for row in rows] == [A_MORNING - timedelta(seconds=30)]

    def test_may_have_been_put_right_on_the_way(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        stale = [
            msgspec.structs.replace(entry, sha256="0" * 64)
            for entry in placed.read_back
            if isinstance(entry, Confirmed)
        ]
        assert reasons(sent(desk, with_record(placed, (*stale, *placed.read_back)))) == ()

    def test_is_accepted_with_a_thousand_lines(self, desk: SendingDesk) -> None:
        order = desk.order(*[with_line("TEA-1", n + 1) for n in range(1_114)])
        placed = desk.placed(order)
        assert reasons(sent(desk, placed)) == ()
        count = desk.centre.rows("SELECT count(*) FROM read_back_entry")[0][0]
        assert count == len(placed.read_back) > 2 * 1_114

    @pytest.mark.parametrize("channel", [Channel.FAX, Channel.POST, Channel.EMAIL])
    def test_of_a_paper_needs_no_caller(self, desk: SendingDesk, channel: Channel) -> None:
        placed = desk.placed(desk.order(with_line("TEA-1", 12), changed(channel=channel)))
        assert {e.how for e in placed.read_back if isinstance(e, Confirmed)} == {How.ON_PAPER}
        assert reasons(sent(desk, placed)) == ()

    def test_holds_with_characters_that_cannot_be_kept(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), with_delivery(instructions="ring\0 twice"))
        assert reasons(desk.send_order(order)) == ()

    def test_is_answered_the_same_when_it_is_sent_again(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        command = desk.command(with_record(placed, without(placed.read_back, "price")))
        first, again = desk.send(command)[0], desk.send(command)[0]
        assert again.reasons == first.reasons == ("read_back_open:price",)
        count = either.rows("SELECT count(*) FROM read_back_entry")[0][0]
        assert count == len(placed.read_back) - 1


class TestARecordThatDoesNotMatch:
    def test_in_one_digest_names_the_checkpoint(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        placed = desk.placed()
        entries = [
            msgspec.structs.replace(entry, sha256="f" * 64)
            if isinstance(entry, Confirmed) and entry.checkpoint == "delivery"
            else entry
            for entry in placed.read_back
        ]
        outcome = sent(desk, with_record(placed, entries))
        assert reasons(outcome) == ("read_back_open:delivery",)
        assert outcome.sentence == (
            "The read-back of the delivery address does not match the order."
        )
        row = either.rows("SELECT state, review_reasons FROM sales_order")[0]
        assert tuple(row) == ("needs_review", ["read_back_open:delivery"])

    def test_because_a_quantity_was_changed_afterwards_names_the_line(
        self, either: OrderCentre
    ) -> None:
        desk = SendingDesk(either)
        order = desk.order(with_line("TEA-1", 1), with_line("CUP-2", 2), with_line("TEA-1", 3))
        placed = desk.placed(order)
        outcome = sent(desk, changed_after(placed, with_quantity(1, 20)))
        assert reasons(outcome) == (
            "totals_differ",
            "read_back_open:2",
            "read_back_open:price",
        )
        assert sentence_for("read_back_open:2") == (
            "The read-back of line 2 does not match the order."
        )

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            (with_delivery(instructions="Leave it next door"), ("delivery",)),
            (with_delivery(promised_on=None), ("arrival",)),
            (changed(customer=None), ("customer",)),
            (changed(deliver_to=None), ("delivery", "billing")),
        ],
        ids=["instructions", "date", "customer", "address"],
    )
    def test_names_just_what_was_changed(
        self, desk: SendingDesk, change: Change, named: tuple[str, ...]
    ) -> None:
        outcome = sent(desk, changed_after(desk.placed(), change))
        found = tuple(r for r in reasons(outcome) if r.startswith("read_back_open"))
        assert found == tuple(f"read_back_open:{kind}" for kind in named)

    def test_because_a_yes_is_not_enough_names_it(self, desk: SendingDesk) -> None:
        placed = desk.placed(desk.order(with_line("TEA-1", 15)))
        entries = [
            msgspec.structs.replace(entry, how=How.CALLER_AGREED)
            if isinstance(entry, Confirmed)
            else entry
            for entry in placed.read_back
        ]
        outcome = sent(desk, with_record(placed, entries))
        assert reasons(outcome) == ("read_back_open:1", "read_back_open:delivery")

    def test_because_an_item_of_the_checklists_was_left_out_names_it(
        self, desk: SendingDesk
    ) -> None:
        revision = published_with_age(desk.centre)
        placed = desk.placed(guidance=revision)
        assert reasons(sent(desk, placed)) == ("read_back_open:extra:age",)
        assert sentence_for("read_back_open:extra:age") == (
            "The read-back of the item age does not match the order."
        )

    def test_is_judged_by_the_checklists_it_went_by(self, desk: SendingDesk) -> None:
        published_with_age(desk.centre)
        assert reasons(sent(desk, desk.placed(guidance=1))) == ()

    def test_in_very_many_lines_names_the_first_and_counts_the_rest(
        self, desk: SendingDesk
    ) -> None:
        placed = desk.placed(desk.order(*[with_line("TEA-1", n + 1) for n in range(1_000)]))
        only_asked = [entry for entry in placed.read_back if not isinstance(entry, Confirmed)]
        found = reasons(sent(desk, with_record(placed, only_asked)))
        besides = 7 + 2  # the core without lines, and what a dear order is asked
        assert len(found) == OPEN_NAMED_MOST + 1
        assert found[:2] == ("read_back_open:customer", "read_back_open:1")
        assert "read_back_open:obligation" in found
        assert found[-1] == f"read_back_open:more:{1_000 + besides - OPEN_NAMED_MOST}"
        assert sentence_for(found[-1]) == (
            "The read-back of 989 more items does not match the order."
        )


def published_with_age(centre: OrderCentre) -> int:
    """An edition that asks for the age besides; the same one however often it is published."""
    asks_age = a_checklist("age", an_extra("age"))
    edition = msgspec.structs.replace(shipped(), checklists=(*shipped().checklists, asks_age))

    def publish(tx: Transaction) -> int:
        return GuidanceEditions().publish(tx, edition)

    return centre.administration.write(publish)


class TestWithoutARecord:
    def test_the_order_is_taken_and_says_so(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        outcome = sent(desk, desk.placed(read_back=()))
        assert reasons(outcome) == ("read_back_missing",)
        assert outcome.sentence == "The order was not read back."

    def test_an_order_of_an_older_desk_is_taken(self, either: OrderCentre) -> None:
        desk = SendingDesk(either)
        body = msgspec.json.decode(encode(desk.placed()))
        del body["read_back"], body["guidance"]
        for field in ("order_type", "priority", "payment"):
            del body["document"][field]
        for line in body["document"]["lines"]:
            line.pop("must_say", None)
        outcome = desk.send(desk.command(msgspec.json.encode(body)))[0]
        assert reasons(outcome) == ("read_back_missing",)

    @pytest.mark.parametrize("revision", [0, 99, -1, 2**62, 2**80])
    def test_of_a_known_edition_nothing_else_is_said(
        self, desk: SendingDesk, revision: int
    ) -> None:
        outcome = sent(desk, desk.placed(guidance=revision))
        assert reasons(outcome) == ("guidance_unknown",)
        assert outcome.sentence == "The checklists it was read back by are not known here."

    def test_a_malformed_one_is_refused(self, desk: SendingDesk) -> None:
        placed = desk.placed()
        ancient = msgspec.structs.replace(placed.read_back[0], at=placed.placed_at.replace(year=1))
        endless = msgspec.structs.replace(
            an_answer(checkpoints_of(placed.document, rules())[0]), took_ms=2**70
        )
        for entry in (ancient, endless):
            outcome = sent(desk, with_record(placed, (entry,)))
            assert (outcome.outcome, outcome.reasons) == (Outcome.REFUSED_FINAL, ("malformed",))


def rules() -> RegionRules:
    return regions()[Region.GB]


class TestCardDigitsInARecord:
    @pytest.mark.parametrize("field", ["heard", "said", "part", "old", "note"])
    def test_are_masked_wherever_they_stand(self, desk: SendingDesk, field: str) -> None:
        placed = desk.placed()
        entry = entry_with(placed, field, f"it is {CARD}")
        outcome = sent(desk, with_record(placed, (*placed.read_back, entry)))
        assert "card_digits_masked" in reasons(outcome)
        kept = desk.centre.text_in("order_version", "read_back_entry")
        assert "4242 4242" not in kept
        assert kept.count("it is •••• •••• •••• ••••") == 2

    def test_leave_no_digest_that_could_be_tried_out(self, desk: SendingDesk) -> None:
        order = desk.order(with_line("TEA-1"), with_delivery(instructions=f"pay with {CARD}"))
        placed = desk.placed(order)
        with_card = next(
            p for p in checkpoints_of(order, rules(), shipped()) if p.key == "delivery"
        )
        assert reasons(sent(desk, placed)) == ("card_digits_masked",)
        assert with_card.sha256 not in desk.centre.text_in("order_version", "read_back_entry")
        held = convert(
            desk.centre.rows("SELECT document FROM order_version")[0].document, PlacedOrder
        )
        points = checkpoints_of(held.document, rules(), shipped())
        confirmed = {e.sha256 for e in held.read_back if isinstance(e, Confirmed)}
        assert {point.sha256 for point in points} == confirmed

    def test_that_are_split_over_an_address_leave_the_record_too(self, desk: SendingDesk) -> None:
        split = an_address(street=("14 Mill Lane", "4242 4242"), city="4242 4242")
        outcome = desk.send_order(desk.order(with_line("TEA-1"), delivered_to(split)))
        assert reasons(outcome) == ("card_digits_masked",)
        assert "4242 4242" not in desk.centre.text_in("order_version", "read_back_entry")

    def test_are_not_seen_in_telephone_numbers_digests_and_codes(self, desk: SendingDesk) -> None:
        order = desk.order(
            *[with_line(f"{4_242_424_242_424_200 + n}", description="Tea") for n in range(100)]
        )
        outcome = sent(desk, desk.placed(order))
        assert reasons(outcome) == ("product_unknown",)


def entry_with(placed: PlacedOrder, field: str, text: str) -> ReadBackEntry:
    """An entry of the record with a text in one of its fields."""
    point = checkpoints_of(placed.document, rules(), shipped())[0]
    if field == "said":
        return msgspec.structs.replace(an_asking(point), said=text)
    if field == "part":
        name = msgspec.structs.replace(point.parts[0], value=text)
        return msgspec.structs.replace(an_answer(point), parts=(name,))
    if field == "heard":
        return msgspec.structs.replace(an_answer(point), heard=text)
    correction = Corrected(
        checkpoint=point.key,
        part="name",
        old="",
        new="",
        cause=CorrectionCause.MISTYPED,
        at=placed.placed_at,
        by=placed.placed_by,
    )
    return msgspec.structs.replace(correction, **{field: text})
