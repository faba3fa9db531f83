"""The chain of evidence: whatever is done to a row is found and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.services.rules.evidence import START, EvidenceEnd, EvidenceRow, Finding, sealed, verify
from tests.builders import A_MORNING

LEASE = UUID("018f0000-0000-7000-8000-000000000001")
OTHER = UUID("018f0000-0000-7000-8000-000000000002")


def chain(count: int = 8) -> list[EvidenceRow]:
    end, rows = EvidenceEnd(position=0, digest=START), []
    for place in range(count):
        row = EvidenceRow(
            position=0,
            lease_id=LEASE if place % 2 else OTHER,
            kind="confirmed",
            at=A_MORNING + timedelta(seconds=place),
            document={"recordings": [f"mixmonitor-{place}"], "tries": place},
        )
        rows.append(sealed(row, end))
        end = EvidenceEnd(position=rows[-1].position, digest=rows[-1].digest)
    return rows


def end_of(rows: list[EvidenceRow]) -> EvidenceEnd:
    return EvidenceEnd(position=rows[-1].position, digest=rows[-1].digest)


def named(rows: list[EvidenceRow], kept: EvidenceEnd | None = None) -> list[tuple[int, Finding]]:
    found = verify(rows, kept)
    assert all(f"ow {one.position}" in one.sentence for one in found)
    return [(one.position, one.finding) for one in found]


def test_a_chain_that_nobody_touched_holds() -> None:
    rows = chain()
    assert verify(rows, end_of(rows)) == ()
    assert verify([]) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "refused"},
        {"at": A_MORNING + timedelta(microseconds=1)},
        {"lease_id": OTHER},
        {"document": {"recordings": [], "tries": 3}},
        {"digest": bytes(32)},
    ],
    ids=["kind", "instant", "pause", "document", "digest"],
)
def test_a_changed_row_is_named_with_its_pause(change: dict[str, object]) -> None:
    rows = chain()
    rows[3] = replace(rows[3], **change)  # type: ignore[arg-type]  # a table of single changes
    (found,) = verify(rows, end_of(rows))
    assert (found.position, found.finding) == (4, Finding.CHANGED)
    assert found.lease_id == rows[3].lease_id
    assert str(found.lease_id) in found.sentence


def test_a_row_that_was_changed_and_sealed_anew_is_named() -> None:
    rows = chain()
    before = EvidenceEnd(position=3, digest=rows[2].digest)
    rows[3] = sealed(replace(rows[3], kind="refused"), before)
    assert named(rows, end_of(rows)) == [(4, Finding.REWRITTEN)]


def test_the_newest_row_sealed_anew_is_found_by_the_head_that_was_kept() -> None:
    rows = chain()
    kept = end_of(rows)
    before = EvidenceEnd(position=7, digest=rows[6].digest)
    rows[7] = sealed(replace(rows[7], kind="refused"), before)
    assert named(rows) == []
    assert named(rows, kept) == [(8, Finding.REWRITTEN)]


def test_a_removed_row_is_named_with_the_pause_it_stood_behind() -> None:
    rows = chain()
    del rows[3]
    (found,) = verify(rows, end_of(rows))
    assert (found.position, found.finding, found.lease_id) == (4, Finding.REMOVED, None)
    assert str(rows[2].lease_id) in found.sentence


def test_the_first_row_may_not_be_missing() -> None:
    rows = chain()
    assert named(rows[1:], end_of(rows)) == [(1, Finding.REMOVED)]


def test_rows_cut_off_at_the_end_are_found_by_the_head() -> None:
    rows = chain()
    kept = end_of(rows)
    assert named(rows[:6], kept) == [(7, Finding.REMOVED), (8, Finding.REMOVED)]


def test_rows_that_changed_places_are_both_named() -> None:
    rows = chain()
    rows[2], rows[5] = replace(rows[5], position=3), replace(rows[2], position=6)
    found = verify(rows, end_of(rows))
    assert [(one.position, one.finding) for one in found] == [
        (3, Finding.REORDERED),
        (6, Finding.REORDERED),
    ]
    assert "was row 6" in found[0].sentence


def test_rows_that_moved_up_over_a_removed_one_are_all_named() -> None:
    rows = chain()
    kept = end_of(rows)
    moved = rows[:3] + [replace(row, position=row.position - 1) for row in rows[4:]]
    assert named(moved, kept) == [
        *[(place, Finding.REORDERED) for place in (4, 5, 6, 7)],
        (8, Finding.REMOVED),
    ]


def test_a_part_of_the_chain_holds_behind_the_row_before_it() -> None:
    rows = chain()
    before = EvidenceEnd(position=4, digest=rows[3].digest)
    assert verify(rows[4:], begin=before) == ()
    assert verify(rows[4:], begin=replace(before, digest=START))[0].position == 5


def test_a_head_far_behind_the_chain_is_told_in_one_line() -> None:
    rows = chain()
    (found,) = verify(rows, EvidenceEnd(position=10**12, digest=START))
    assert (found.position, found.finding) == (9, Finding.REMOVED)
    assert "Rows 9 to 1000000000000 were removed" in found.sentence
