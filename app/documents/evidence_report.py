"""The evidence of paused recordings on paper, for an auditor: each capture, and whether it holds.

Captures and findings in, the bytes of a PDF out. All instants are shown in UTC, to the millisecond,
because they are compared with recordings. There is no place for card data. Pure. Any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

from app.documents.lettering import SEMIBOLD, Lettering, Style, system_font_folders
from app.documents.sheet import (
    A4,
    ACCENT,
    BODY,
    HAIRLINE,
    INK,
    LABEL,
    LEADING,
    SMALL,
    Imprint,
    Layout,
    Sheet,
    print_pages,
)

TITLE = "Evidence of paused recordings"
_HEADING = Style(SEMIBOLD, 12, INK)
_NAME_WIDE, _GAP = 96, 14
_ABOUT = (
    "Each capture below is a pause that a seat asked for to type card details. A field opens only "
    "when every recorder found on the call has confirmed the pause; where it was never confirmed, "
    "none opened. "
    "The rows behind it are chained: each holds the SHA-256 of the one before it. "
    "A row that was changed, removed or put elsewhere is listed under Findings. "
    "That the newest rows are missing is found only with a head that was kept elsewhere."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedRecording:
    """A recording that was paused for a capture, and how its recorder's word was checked."""

    recorder: str
    recording: str
    confirmed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One pause of a call's recordings; what is not known is None or empty."""

    lease_id: str
    order_id: str
    call: str
    seat: str
    person_id: str
    recordings: tuple[CapturedRecording, ...]
    requested_at: datetime | None
    confirmed_at: datetime | None
    first_digit_at: datetime | None
    last_digit_at: datetime | None
    released_at: datetime | None
    resumed_at: datetime | None
    end: str
    expired_at: datetime | None = None
    events: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReport:
    """What an auditor is given. `head` is `POSITION:DIGEST`; no finding: the chain holds."""

    company: str
    since: datetime | None
    until: datetime | None
    head: str
    rows: int
    findings: tuple[str, ...]
    captures: tuple[Capture, ...]


def instant(at: datetime | None) -> str:
    """`2026-11-21 14:11:05.120`, in UTC; empty for none."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def render_evidence(
    report: EvidenceReport,
    *,
    made_at: datetime,
    fallback_fonts: tuple[Path, ...] | None = None,
) -> bytes:
    """The report as a PDF; the same input gives the same bytes."""
    folders = system_font_folders() if fallback_fonts is None else fallback_fonts
    sheet = Sheet(Layout(size=A4), Lettering(folders))
    _Written(report, sheet).write(made_at)
    imprint = Imprint(
        title=TITLE, author=report.company, subject=TITLE, language="en-GB", made_at=made_at
    )
    return print_pages(sheet, imprint)


class _Written:
    """Writes the report on a sheet."""

    def __init__(self, report: EvidenceReport, sheet: Sheet) -> None:
        self._report = report
        self._sheet = sheet

    def write(self, made_at: datetime) -> None:
        """Everything, in the order in which it is read."""
        self._head(made_at)
        self._heading("Findings")
        self._paragraphs(self._report.findings or ("None. The chain holds.",))
        for capture in self._report.captures:
            self._capture(capture)
        if not self._report.captures:
            self._heading("Captures")
            self._paragraphs(("None in this time.",))
        self._running_feet()

    def _head(self, made_at: datetime) -> None:
        sheet, report = self._sheet, self._report
        sheet.enter(TITLE)
        sheet.down(14)
        sheet.words(sheet.left, TITLE, Style(SEMIBOLD, 15, INK))
        sheet.words_to(sheet.right, f"Made {instant(made_at)} UTC", SMALL)
        sheet.down(9)
        sheet.rule(ACCENT, thick=1.2)
        sheet.down(6)
        self._facts(
            (
                ("Company", report.company),
                ("From", instant(report.since) or "the first row"),
                ("Until", instant(report.until) or "the newest row"),
                ("Captures", f"{len(report.captures):,}"),
                ("Rows in the chain", f"{report.rows:,}"),
                ("Head of the chain", report.head),
            )
        )
        sheet.down(4)
        self._paragraphs((_ABOUT,))

    def _capture(self, capture: Capture) -> None:
        sheet = self._sheet
        sheet.need(16 * LEADING)
        call = f"Call {capture.call}" if capture.call else "No call found"
        unresumed = "not confirmed" if capture.confirmed_at else "not confirmed, or nothing to"
        self._heading(f"{instant(capture.requested_at) or 'No request'}   {call}")
        self._facts(
            (
                ("Pause lease", capture.lease_id),
                ("Order", capture.order_id),
                ("Seat", capture.seat),
                ("Person", capture.person_id),
                ("Pause requested", instant(capture.requested_at)),
                ("Pause confirmed", instant(capture.confirmed_at) or "never"),
                ("First digit", instant(capture.first_digit_at) or "none told"),
                ("Last digit", instant(capture.last_digit_at) or "none told"),
                ("Released", instant(capture.released_at) or "not by the seat"),
                ("Ended by the service", instant(capture.expired_at)),
                ("Resumed", instant(capture.resumed_at) or unresumed),
                ("Why it ended", capture.end or "it has not ended"),
            )
        )
        for recording in capture.recordings:
            self._fact(
                "Recording",
                f"{recording.recorder}: {recording.recording}, {recording.confirmed_by}",
            )
        for at, words in capture.events:
            self._fact(instant(at)[11:], words)

    def _facts(self, facts: Sequence[tuple[str, str]]) -> None:
        for name, value in facts:
            if value:
                self._fact(name, value)

    def _fact(self, name: str, value: str) -> None:
        sheet = self._sheet
        lettering, wide = sheet.lettering, sheet.width - _NAME_WIDE - _GAP
        lines = lettering.wrap(lettering.clean(value), BODY, wide)
        for label, line in zip_longest((name,), lines, fillvalue=""):
            sheet.need(LEADING)
            sheet.down(LEADING)
            sheet.words(sheet.left, label, LABEL)
            sheet.words(sheet.left + _NAME_WIDE + _GAP, line, BODY)

    def _paragraphs(self, paragraphs: Sequence[str]) -> None:
        sheet = self._sheet
        for paragraph in paragraphs:
            sheet.down(2)
            for line in sheet.lettering.wrap(sheet.lettering.clean(paragraph), BODY, sheet.width):
                sheet.need(LEADING)
                sheet.down(LEADING)
                sheet.words(sheet.left, line, BODY)

    def _heading(self, words: str) -> None:
        sheet = self._sheet
        sheet.down(12)
        sheet.need(4 * LEADING)
        sheet.down(12)
        sheet.words(sheet.left, sheet.lettering.clean(words), _HEADING)
        sheet.down(5)
        sheet.rule(HAIRLINE, thick=0.5)

    def _running_feet(self) -> None:
        """On every page its number, and the head that a page belongs to."""
        sheet, pages = self._sheet, len(self._sheet.pages)
        for page in range(1, pages + 1):
            with sheet.at(page, 34):
                sheet.rule(HAIRLINE, thick=0.5, rise=13)
                sheet.words(sheet.left, f"Head {self._report.head[:40]}", SMALL)
                sheet.words_to(sheet.right, f"Page {page} of {pages}", SMALL)
