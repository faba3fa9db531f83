"""The evidence on paper: everything that an auditor asks, and no word too much."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.documents.evidence_report import (
    Capture,
    CapturedRecording,
    EvidenceReport,
    instant,
    render_evidence,
)
from tests.documents.papers import NO_FONTS

BEGAN = datetime(2026, 11, 21, 14, 11, 5, 120_000, tzinfo=UTC)
MADE_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
Reader = Callable[[EvidenceReport], str]


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


CAPTURE = Capture(
    lease_id="018f0000-0000-7000-8000-000000000001",
    order_id="018f0000-0000-7000-8000-000000000002",
    call="linkedid-1",
    seat="Desk 12",
    person_id="018f0000-0000-7000-8000-000000000003",
    recordings=(
        CapturedRecording(recorder="pbx", recording="uniqueid-7", confirmed_by="by its event"),
    ),
    requested_at=BEGAN,
    confirmed_at=after(0.25),
    first_digit_at=after(4),
    last_digit_at=after(19.5),
    released_at=after(21),
    resumed_at=after(21.5),
    end="The card was sent.",
    events=((after(12), "One more recorder began."),),
)
REPORT = EvidenceReport(
    company="Fallow & Finch",
    since=None,
    until=None,
    head="6:ab12cd34",
    rows=6,
    findings=(),
    captures=(CAPTURE,),
)


@pytest.fixture
def read(tool: Callable[[str], str], tmp_path: Path) -> Reader:
    def text_of(report: EvidenceReport) -> str:
        path = tmp_path / "evidence.pdf"
        path.write_bytes(render_evidence(report, made_at=MADE_AT, fallback_fonts=NO_FONTS))
        command = [tool("pdftotext"), "-layout", "-enc", "UTF-8", str(path), "-"]
        done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
        return " ".join(done.stdout.split())

    return text_of


def test_a_capture_is_told_with_all_its_instants_in_utc(read: Reader) -> None:
    text = read(REPORT)
    for expected in (
        "Pause requested 2026-11-21 14:11:05.120",
        "Pause confirmed 2026-11-21 14:11:05.370",
        "First digit 2026-11-21 14:11:09.120",
        "Last digit 2026-11-21 14:11:24.620",
        "Released 2026-11-21 14:11:26.120",
        "Resumed 2026-11-21 14:11:26.620",
        "Recording pbx: uniqueid-7, by its event",
        "14:11:17.120 One more recorder began.",
        "Why it ended The card was sent.",
        f"Pause lease {CAPTURE.lease_id}",
        "Head of the chain 6:ab12cd34",
        "None. The chain holds.",
    ):
        assert expected in text


def test_findings_are_told(read: Reader) -> None:
    text = read(replace(REPORT, findings=("Row 3 of pause 1 was changed.",)))
    assert "Row 3 of pause 1 was changed." in text
    assert "holds" not in text.replace("each holds the SHA-256", "")


def test_what_is_not_known_is_said(read: Reader) -> None:
    open_one = replace(CAPTURE, confirmed_at=None, released_at=None, resumed_at=None, end="")
    text = read(replace(REPORT, captures=(open_one,)))
    assert "Pause confirmed never" in text
    assert "Resumed not confirmed" in text
    assert "Why it ended it has not ended" in text


def test_a_pause_that_never_came_about_claims_nothing(read: Reader) -> None:
    refused = replace(CAPTURE, call="", recordings=(), confirmed_at=None, resumed_at=None)
    text = read(replace(REPORT, captures=(refused,)))
    assert "14:11:05.120 No call found" in text
    assert "Resumed not confirmed, or nothing to" in text
    assert "where it was never confirmed, none opened" in text


def test_many_captures_take_many_pages(read: Reader) -> None:
    text = read(replace(REPORT, captures=(CAPTURE,) * 40))
    assert text.count("Pause requested") == 40
    assert "Page 1 of 14" in text


def test_no_capture_is_said(read: Reader) -> None:
    assert "None in this time." in read(replace(REPORT, captures=()))


def test_the_same_report_gives_the_same_bytes() -> None:
    papers = {render_evidence(REPORT, made_at=MADE_AT, fallback_fonts=NO_FONTS) for _ in "ab"}
    assert len(papers) == 1


def test_an_instant_is_told_to_the_millisecond() -> None:
    assert instant(BEGAN) == "2026-11-21 14:11:05.120"
    assert not instant(None)
