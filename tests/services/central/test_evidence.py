"""Evidence in the database: one chain whoever writes, and whatever is done to it is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from app.services.central.evidence import add_evidence, evidence_end, evidence_rows
from app.services.central.transaction import Transaction
from app.services.rules.evidence import EvidenceRow, Finding
from app.values.errors import Refusal
from tests.recorded_calls import MakeCentre, RecordedCentre

LEASE = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.fixture
def centre(make: MakeCentre) -> RecordedCentre:
    """A centre with six rows of evidence, a second apart."""
    made = make()
    for count in range(6):
        made.transactions.write(partial(say, count=count))
        made.clock.advance(seconds=1)
    return made


def say(tx: Transaction, count: int) -> None:
    add_evidence(tx, LEASE, "confirmed", {"count": count, "recordings": [{"recorder": "pbx"}]})


def findings(centre: RecordedCentre) -> list[tuple[int, Finding]]:
    return [(found.position, found.finding) for found in centre.found_wrong()]


def test_what_is_read_from_the_database_holds(centre: RecordedCentre) -> None:
    assert findings(centre) == []
    assert [row.position for row in centre.evidence()] == [1, 2, 3, 4, 5, 6]
    assert centre.evidence()[2].document == {"count": 2, "recordings": [{"recorder": "pbx"}]}


def test_many_writers_make_one_chain(make: MakeCentre) -> None:
    centre = make()
    with ThreadPoolExecutor(6) as threads:
        work = [partial(centre.transactions.write, partial(say, count=n)) for n in range(30)]
        for written in [threads.submit(one) for one in work]:
            written.result()
    assert findings(centre) == []
    assert [row.position for row in centre.evidence()] == list(range(1, 31))


def test_what_is_rolled_back_leaves_no_gap(centre: RecordedCentre) -> None:
    def given_up(tx: Transaction) -> None:
        say(tx, 9)
        raise Refusal("no", "No.")

    with pytest.raises(Refusal):
        centre.transactions.write(given_up)
    centre.transactions.write(partial(say, count=6))
    assert findings(centre) == []
    assert len(centre.evidence()) == 7


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE evidence SET document = document || '{\"count\": 7}' WHERE position = 3",
            [(3, Finding.CHANGED)],
        ),
        (
            "UPDATE evidence SET at = at + interval '1 microsecond' WHERE position = 3",
            [(3, Finding.CHANGED)],
        ),
        ("DELETE FROM evidence WHERE position = 3", [(3, Finding.REMOVED)]),
        ("DELETE FROM evidence WHERE position = 6", [(6, Finding.REMOVED)]),
        (
            (
                "UPDATE evidence SET position = 100 WHERE position = 3;"
                " UPDATE evidence SET position = 3 WHERE position = 5;"
                " UPDATE evidence SET position = 5 WHERE position = 100"
            ),
            [(3, Finding.REORDERED), (5, Finding.REORDERED)],
        ),
    ],
    ids=["document", "instant", "removed", "cut off", "exchanged"],
)
def test_whatever_somebody_does_to_the_rows_is_found(
    centre: RecordedCentre, statement: str, expected: list[tuple[int, Finding]]
) -> None:
    for one in statement.split(";"):
        centre.run(one)
    assert findings(centre) == expected


def test_a_period_is_read_by_its_instants(centre: RecordedCentre) -> None:
    begin = centre.clock.now() - timedelta(seconds=4)

    def read(tx: Transaction) -> list[EvidenceRow]:
        return list(evidence_rows(tx, begin, begin + timedelta(seconds=2)))

    assert [row.position for row in centre.administration.read(read)] == [3, 4]


def test_the_head_is_the_newest_row(centre: RecordedCentre) -> None:
    end = centre.administration.read(evidence_end)
    assert (end.position, end.digest) == (6, centre.evidence()[-1].digest)
    assert str(end) == f"6:{end.digest.hex()}"


def test_pages_are_put_together(centre: RecordedCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.central.evidence._PAGE", 2)
    assert len(centre.evidence()) == 6


def test_the_document_is_read_as_it_was_sealed_whatever_the_database_makes_of_it(
    make: MakeCentre,
) -> None:
    centre = make()
    odd = {"z": "", "a": "Zürich \u2028", "n": 2**53, "list": [], "yes": True, "none": None}

    def write(tx: Transaction) -> None:
        add_evidence(tx, LEASE, "requested", odd)

    centre.transactions.write(write)
    assert findings(centre) == []
