"""The protocol of an order: whoever was not there can follow it."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from app.services.rules.protocol import people_in, protocol_of
from app.services.rules.protocol_words import part_in_words, span_in_words
from app.services.rules.regions import RegionRules
from app.values.identity import LineId, PersonId
from app.values.vocabulary import Channel, CorrectionCause, How
from app.wire.protocol import Mark, ProtocolRow, ReadBackProtocol
from app.wire.read_back import Asked, Began, Confirmed, Corrected, Part, ReadBackEntry
from tests.builders import A_MORNING, an_id
from tests.read_back_story import A_LEAD, a_story
from tests.read_backs import A_CSR, a_guidance, an_answer, an_asking, an_extra, checkpoints_of


@pytest.fixture(scope="module")
def story(britain: RegionRules) -> ReadBackProtocol:
    return protocol_of(a_story(britain), britain)


def facts(protocol: ReadBackProtocol) -> dict[str, str]:
    return {fact.name: fact.value for fact in protocol.facts}


def rows(protocol: ReadBackProtocol) -> list[ProtocolRow]:
    return [row for section in protocol.sections for row in section.rows]


def words(row: ProtocolRow) -> list[str]:
    return [remark.words for remark in row.remarks]


def told_by(britain: RegionRules, *entries: ReadBackEntry) -> list[ProtocolRow]:
    view = a_story(britain, closed=None)
    placed = msgspec.structs.replace(view.placed, read_back=entries)
    return rows(protocol_of(msgspec.structs.replace(view, placed=placed), britain))


def test_a_question_stands_with_its_time_its_answer_and_how_long_it_took(
    story: ReadBackProtocol,
) -> None:
    row = rows(story)[1]
    assert row.time == "10:31:00"
    assert row.about == "Customer and contact"
    assert "Margaret Thompson" in row.said
    assert words(row) == ["The caller said yes."]
    assert row.took == "5 s"


def test_a_correction_names_old_new_and_cause_below_what_was_heard(
    story: ReadBackProtocol,
) -> None:
    row = rows(story)[2]
    assert row.about == "Line 2: 47566 Party bunting"
    assert words(row) == [
        "The caller said \u201cfifty\u201d, which is not in the order.",
        "Quantity 15 \u2192 50, misheard.",
    ]


def test_a_line_is_named_by_its_number_quantity_code_and_description(
    story: ReadBackProtocol,
) -> None:
    row = rows(story)[3]
    assert row.about == "Line 2: 50 \u00d7 47566 Party bunting"
    assert words(row) == ["The caller said \u201cfifty\u201d."]


def test_what_changed_after_it_was_agreed_is_told_with_both_values(
    story: ReadBackProtocol,
) -> None:
    (remark,) = [r for row in rows(story) for r in row.remarks if r.mark is Mark.CHANGED]
    assert remark.words == (
        "Changed after it was agreed, so it was asked again: Delivery date "
        "Tuesday 24 November 2026 \u2192 Thursday 26 November 2026."
    )


def test_a_long_answer_is_told_in_minutes(story: ReadBackProtocol) -> None:
    assert "1 min 5 s" in [row.took for row in rows(story)]


def test_a_leads_decision_is_told_with_lead_checkpoints_and_reason(
    story: ReadBackProtocol,
) -> None:
    (remark,) = [r for row in rows(story) for r in row.remarks if r.mark is Mark.OVERRIDDEN]
    assert remark.words == (
        "Tom Lead let this pass without an answer: Rights and terms. "
        "Reason: The caller knows them and has no time."
    )


def test_the_closing_tells_every_attempt_at_the_number(story: ReadBackProtocol) -> None:
    closing = story.sections[1]
    assert closing.heading == "Before hanging up"
    attempts = [row for row in closing.rows if row.about == "Number said back"]
    assert [words(row)[0].split(".")[0] for row in attempts] == [
        "The caller said 417 302 9832: the check digits show a slip",
        "The caller said 417 302 9920: another order's number",
        "The caller said 417 302 9823, which is the number",
    ]
    assert [row.about for row in closing.rows][-1] == "Anything else today?"


def test_the_facts_tell_who_how_long_and_how_the_call_ended(story: ReadBackProtocol) -> None:
    told = facts(story)
    assert told["Customer"] == "Margaret Thompson"
    assert told["Taken by"] == "Dana Okafor"
    assert told["Read-back"] == "4 points in 1 min 41 s"
    assert told["Answers"] == "1 said by the caller, 1 correction"
    assert told["Call"] == (
        "A call back was promised: About the second parcel. Ended 10:33:16, took 3 min 16 s"
    )
    assert told["State"] == "Somebody has to look at it"
    assert told["Checklists"] == "Edition 3"


def test_review_reasons_are_told_in_words(story: ReadBackProtocol) -> None:
    assert story.reasons == ("The customer was changed elsewhere during the call.",)


def test_what_is_notable_comes_first_with_its_time(story: ReadBackProtocol) -> None:
    assert [remark.mark for remark in story.notable] == [
        Mark.NOT_MATCHED,
        Mark.CORRECTED,
        Mark.CHANGED,
        Mark.OVERRIDDEN,
        Mark.NOT_MATCHED,
        Mark.NOT_MATCHED,
        Mark.NOT_SAID,
    ]
    assert story.notable[-1].words == "Not said before hanging up: What happens if it is late."
    assert story.notable[1].words.startswith("10:31:06  Line 2")


def test_a_call_without_trouble_has_nothing_notable(britain: RegionRules) -> None:
    view = a_story(britain, closed=None)
    points = checkpoints_of(view.placed.document, britain)
    record = [entry for point in points for entry in (an_asking(point), an_answer(point))]
    placed = msgspec.structs.replace(view.placed, read_back=tuple(record))
    protocol = protocol_of(msgspec.structs.replace(view, placed=placed), britain)
    assert protocol.notable == ()
    assert facts(protocol)["Call"] == "Not ended yet"
    assert len(rows(protocol)) == len(points)


def test_an_order_that_was_not_read_back_says_so(britain: RegionRules) -> None:
    view = a_story(britain, closed=None)
    placed = msgspec.structs.replace(view.placed, read_back=())
    protocol = protocol_of(msgspec.structs.replace(view, placed=placed), britain)
    assert facts(protocol)["Read-back"] == "There is none."
    assert protocol.sections == ()


def test_times_are_those_of_the_region(america: RegionRules) -> None:
    protocol = protocol_of(a_story(america), america)
    assert rows(protocol)[1].time == "5:31:00 a.m."
    assert facts(protocol)["Placed"].startswith("Friday, November 20, 2026")


def test_a_line_that_was_taken_out_later_keeps_its_name(britain: RegionRules) -> None:
    view = a_story(britain)
    point = next(p for p in checkpoints_of(view.placed.document, britain) if p.line_id)
    gone = msgspec.structs.replace(an_answer(point), checkpoint=f"line:{LineId(an_id(77))}")
    (row,) = told_by(britain, gone)
    assert row.about == "A line that was taken out: 2 \u00d7 22423 Regency cakestand, 3 tier"


def test_a_paper_is_told_as_such(britain: RegionRules) -> None:
    view = a_story(britain)
    point = checkpoints_of(view.placed.document, britain)[0]
    (row,) = told_by(britain, an_answer(point, how=How.ON_PAPER))
    assert words(row) == ["Agrees with the paper."]


def test_with_a_paper_nothing_has_to_be_said(britain: RegionRules) -> None:
    view = a_story(britain)
    document = msgspec.structs.replace(view.placed.document, channel=Channel.FAX)
    placed = msgspec.structs.replace(view.placed, document=document)
    protocol = protocol_of(msgspec.structs.replace(view, placed=placed), britain)
    assert Mark.NOT_SAID not in [remark.mark for remark in protocol.notable]


def test_several_values_that_were_said_are_told_one_by_one(britain: RegionRules) -> None:
    point = checkpoints_of(a_story(britain).placed.document, britain)[0]
    answer = an_answer(point, how=How.CALLER_SPOKE)
    (row,) = told_by(britain, msgspec.structs.replace(answer, heard="50; ivory"))
    assert words(row) == ["The caller said \u201c50\u201d and \u201civory\u201d."]
    (row,) = told_by(britain, msgspec.structs.replace(answer, heard=""))
    assert words(row) == ["The caller said the value."]


def test_a_read_back_that_was_taken_up_again_says_when_and_how_fast(
    britain: RegionRules,
) -> None:
    later = A_MORNING + timedelta(days=1)
    first, second = told_by(
        britain,
        Began(at=A_MORNING, by=A_CSR, guidance=1),
        Began(at=later, by=A_CSR, guidance=1, slow=True),
    )
    assert words(first) == ["The read-back began."]
    assert words(second) == ["The read-back was taken up again. One fact at a time."]
    assert second.time == "Saturday 21 November 2026, 10:30:00"


def test_another_person_who_goes_on_with_it_is_named(britain: RegionRules) -> None:
    rows_told = told_by(
        britain,
        Began(at=A_MORNING, by=A_CSR, guidance=1),
        Began(at=A_MORNING, by=A_LEAD, guidance=1),
        Began(at=A_MORNING, by=PersonId(an_id(99)), guidance=1),
    )
    handed = [words(row)[0] for row in rows_told if row.about == "Another person"]
    assert handed == ["From here on: Tom Lead.", "From here on: somebody else."]


def test_a_point_of_an_administrators_own_has_its_title(britain: RegionRules) -> None:
    view = a_story(britain)
    edition = a_guidance()
    extra = an_extra()
    lists = (
        msgspec.structs.replace(edition.checklists[0], items=(*edition.checklists[0].items, extra)),
    )
    edition = msgspec.structs.replace(edition, checklists=lists)
    points = checkpoints_of(view.placed.document, britain, edition)
    point = next(p for p in points if p.key == "extra:age")
    placed = msgspec.structs.replace(view.placed, read_back=(an_answer(point),))
    view = msgspec.structs.replace(view, placed=placed, closed=None)
    (named,) = rows(protocol_of(view, britain, {"age": "Age checked"}))
    (bare,) = rows(protocol_of(view, britain))
    assert (named.about, bare.about) == ("Age checked", "Age")


@pytest.mark.parametrize(
    ("part", "old", "new", "told"),
    [
        ("total", "27821", "30296", "Total \u00a3278.21 \u2192 \u00a3302.96"),
        ("promised_on", "2026-11-24", "", "Delivery date Tuesday 24 November 2026 \u2192 nothing"),
        ("email", "", "m@example.org", "E-mail nothing \u2192 m@example.org"),
        ("street", "Flat 2\n14 Mill Lane", "14 Hill Lane", "Street Flat 2, 14 Mill Lane \u2192"),
        ("phone", "+447700900412", "no_phone", "Telephone 07700 900412 \u2192 no telephone"),
        ("payment", "later", "invoice", "Payment collected later \u2192 on invoice"),
        ("total", "a lot", "\u00a33", "Total a lot \u2192 \u00a33"),
        ("promised_on", "soon", "later", "Delivery date soon \u2192 later"),
        ("a_new_part", "1", "2", "A new part 1 \u2192 2"),
    ],
)
def test_values_are_told_as_people_write_them(
    britain: RegionRules, part: str, old: str, new: str, told: str
) -> None:
    entry = Corrected(
        checkpoint="price",
        part=part,
        old=old,
        new=new,
        cause=CorrectionCause.OTHER,
        at=A_MORNING,
        by=A_CSR,
    )
    (row,) = told_by(britain, entry)
    assert words(row)[0].startswith(told)


def test_a_changed_price_of_a_line_is_told_without_its_digest(britain: RegionRules) -> None:
    view = a_story(britain)
    point = next(p for p in checkpoints_of(view.placed.document, britain) if p.key == "price")
    before = an_answer(point)
    parts = tuple(
        msgspec.structs.replace(p, value="f" * 64) if p.name == "prices" else p for p in point.parts
    )
    now = msgspec.structs.replace(before, sha256="0" * 64, parts=parts)
    asked = Asked(checkpoint="price", sha256=now.sha256, said="", at=A_MORNING, by=A_CSR)
    row = told_by(britain, before, asked, now)[-1]
    assert "asked again: the price of a line." in words(row)[0]
    assert "ffff" not in str(row)


@pytest.mark.parametrize(
    ("total", "told"),
    [("5000", r": Total \u00a3\S+ \u2192 \u00a350\.00\."), ("", r"\.")],
    ids=["another total", "the same total"],
)
def test_what_is_agreed_for_a_change_of_the_order_is_nothing_that_went_wrong(
    britain: RegionRules, total: str, told: str
) -> None:
    view = a_story(britain, closed=None)
    points = checkpoints_of(view.placed.document, britain)
    before = an_answer(next(point for point in points if point.key == "obligation"))
    sums = {"total": total} if total else {}
    of_now = tuple(
        msgspec.structs.replace(one, value=sums.get(one.name, one.value)) for one in before.parts
    )
    of_change = ("was", "2134"), ("held", "2134"), ("cards", "4242"), ("gone", str(an_id(7)))
    parts = (*of_now, *(Part(name=name, value=value) for name, value in of_change))
    now = msgspec.structs.replace(before, sha256="0" * 64, parts=parts)
    asked = Asked(checkpoint="obligation", sha256=now.sha256, said="", at=A_MORNING, by=A_CSR)
    row = told_by(britain, before, asked, now)[-1]
    assert re.fullmatch(f"Agreed anew for a change of the order{told}", words(row)[0])
    assert not any(remark.mark.is_notable for remark in row.remarks)
    assert not any(value in str(row) for value in ("2134", "4242", str(an_id(7))))


def test_what_the_desk_kept_and_the_closing_repeats_is_told_once(britain: RegionRules) -> None:
    view = a_story(britain)
    assert view.closed is not None
    kept = (*view.placed.read_back, *view.closed.entries)
    placed = msgspec.structs.replace(view.placed, read_back=kept)
    again = protocol_of(msgspec.structs.replace(view, placed=placed), britain)
    assert again.sections == protocol_of(view, britain).sections


def test_who_is_not_known_by_name_is_left_out_of_the_facts(britain: RegionRules) -> None:
    assert "Taken by" not in facts(protocol_of(a_story(britain, people=()), britain))


def test_everyone_in_the_story_is_to_be_named(britain: RegionRules) -> None:
    view = a_story(britain)
    assert people_in(view.placed, view.closed) == {A_CSR, A_LEAD}
    assert people_in(view.placed, None) == {A_CSR, A_LEAD}


def test_a_thousand_lines_are_all_told(britain: RegionRules) -> None:
    view = a_story(britain)
    template = next(e for e in view.placed.read_back if isinstance(e, Confirmed))
    many = [
        msgspec.structs.replace(template, checkpoint=f"line:{an_id(at)}") for at in range(1_114)
    ]
    assert len(told_by(britain, *many)) == 1_114


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "under 1 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (3_840, "1 h 4 min")],
)
def test_spans_are_told_in_words(seconds: float, told: str) -> None:
    assert span_in_words(timedelta(seconds=seconds)) == told


def test_every_part_of_a_checkpoint_has_a_name(britain: RegionRules) -> None:
    names = {
        part_in_words(part.name)
        for point in checkpoints_of(a_story(britain).placed.document, britain)
        for part in point.parts
    }
    assert not [name for name in names if "_" in name]
