"""`readback admin evidence`: the proof that recordings were paused while cards were typed.

`verify` walks the chain, `export` writes it down for an auditor, `check-audio` listens to a
recording. Reads only. Exit code 1 when something does not hold.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app.cli.acts import Outcome, add_act, add_group
from app.cli.audio_check import AudioFile, check_audio, read_audio_file
from app.cli.captures import began_between, captures_of
from app.documents.evidence_report import Capture, EvidenceReport, instant, render_evidence
from app.services.central.evidence import evidence_end, evidence_rows
from app.services.central.installation import Installations
from app.services.central.seats import Seats
from app.services.central.transaction import Transaction
from app.services.rules.evidence import EvidenceEnd, EvidenceRow, verify
from app.values.errors import Refusal

FOUND_WANTING = 1
_COLUMNS = (
    "lease_id",
    "order_id",
    "call",
    "seat",
    "person_id",
    "recordings",
    "requested_at",
    "confirmed_at",
    "first_digit_at",
    "last_digit_at",
    "released_at",
    "expired_at",
    "resumed_at",
    "end",
    "events",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def add_evidence_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "evidence", "proof of paused recordings: verify, export, check-audio")
    walk = add_act(group, "verify", "walk the chain; exit code 1 when it does not hold", _verify)
    walk.add_argument(
        "--head",
        metavar="POSITION:DIGEST",
        default="",
        help="a head written down earlier; finds out when the newest rows were removed",
    )
    export = add_act(group, "export", "write every capture down for an auditor", _export)
    export.add_argument("--csv", metavar="FILE", type=Path, help="a table of the captures")
    export.add_argument("--pdf", metavar="FILE", type=Path, help="a paper with the findings")
    export.add_argument("--from", metavar="DAY", dest="since", type=_day, help="2026-11-01, UTC")
    export.add_argument("--to", metavar="DAY", dest="until", type=_day, help="that day excluded")
    audio = add_act(
        group, "check-audio", "is a recording silent where it was paused?", _check_audio
    )
    audio.add_argument("--recording", metavar="WAV", type=Path, required=True)
    which = audio.add_mutually_exclusive_group()
    which.add_argument("--call", metavar="REFERENCE", default="", help="whose recording it is")
    which.add_argument("--lease", metavar="ID", type=UUID, help="look at this pause only")
    audio.add_argument(
        "--started-at",
        metavar="INSTANT",
        type=datetime.fromisoformat,
        help="of its first sample, as 2026-11-21T14:11:05.120+00:00; without it the note that "
        "stands beside the recording is read",
    )


def _verify(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    rows = list(evidence_rows(tx))
    end = evidence_end(tx)
    findings = _findings(rows, end, _read_head(arguments.head))
    head = f"head {end}"
    if not findings:
        return Outcome([f"The evidence of {len(rows):,} rows holds.", head])
    return Outcome([*findings, head], code=FOUND_WANTING)


def _findings(
    rows: Sequence[EvidenceRow], end: EvidenceEnd, kept: EvidenceEnd | None
) -> tuple[str, ...]:
    """What is wrong with the chain, in sentences; by the head in the database, and by one kept."""
    found = [*verify(rows, end)]
    beyond = [row for row in rows if row.position > end.position]
    if kept is not None:
        found += [one for one in verify(rows, kept) if one not in found]
    return (
        *(one.sentence for one in found),
        *(f"Row {row.position} of pause {row.lease_id} was added past the head." for row in beyond),
    )


def _export(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    if arguments.csv is None and arguments.pdf is None:
        raise Refusal("export_nowhere", "Say --csv FILE, --pdf FILE or both.")
    rows = list(evidence_rows(tx))
    end = evidence_end(tx)
    findings = _findings(rows, end, None)
    captures = tuple(
        capture
        for capture in captures_of(rows, _seat_names(tx))
        if began_between(capture, arguments.since, arguments.until)
    )
    _, policy = Installations().policy(tx)
    report = EvidenceReport(
        company=policy.company.name,
        since=arguments.since,
        until=arguments.until,
        head=str(end),
        rows=len(rows),
        findings=findings,
        captures=captures,
    )
    if arguments.csv is not None:
        _write(arguments.csv, as_csv(captures).encode("utf-8"))
    if arguments.pdf is not None:
        _write(arguments.pdf, render_evidence(report, made_at=tx.at))
    return Outcome(
        [*findings, f"head {end}"],
        note=f"{len(captures):,} captures written.",
        code=FOUND_WANTING if findings else 0,
    )


def as_csv(captures: Sequence[Capture]) -> str:
    """The captures as a table; a cell that a spreadsheet would work out is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for capture in captures:
        writer.writerow([_safe(_cell(capture, name)) for name in _COLUMNS])
    return out.getvalue()


def _cell(capture: Capture, name: str) -> str:
    if name == "recordings":
        return "; ".join(
            f"{one.recorder}: {one.recording}, {one.confirmed_by}" for one in capture.recordings
        )
    if name == "events":
        return "; ".join(f"{instant(at)} {words}" for at, words in capture.events)
    value = getattr(capture, name)
    return instant(value) if name.endswith("_at") else str(value)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _check_audio(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    audio = read_audio_file(arguments.recording, arguments.started_at)
    captures = _of_the_recording(tx, audio, arguments.call, arguments.lease)
    checked = check_audio(audio, captures)
    return Outcome(checked.lines, code=0 if checked.holds else FOUND_WANTING)


def _of_the_recording(
    tx: Transaction, audio: AudioFile, call: str, lease_id: UUID | None
) -> tuple[Capture, ...]:
    """Pauses of the call that a recording is of. Raises Refusal `no_capture`, `call_not_said`."""
    reference = call or audio.call
    if not reference and lease_id is None:
        raise Refusal("call_not_said", "Say --call REFERENCE or --lease ID.")
    found = tuple(
        capture
        for capture in captures_of(evidence_rows(tx), {})
        if capture.confirmed_at is not None
        and (capture.lease_id == str(lease_id) if lease_id else capture.call == reference)
    )
    if not found:
        raise Refusal("no_capture", "There is no evidence of a pause of that call.")
    return found


def _seat_names(tx: Transaction) -> dict[str, str]:
    return {str(seat.device_id): seat.name for seat in Seats().all(tx)}


def _read_head(text: str) -> EvidenceEnd | None:
    """A head as `verify` prints it. Raises Refusal `head_malformed`."""
    if not text:
        return None
    position, _, digest = text.partition(":")
    try:
        end = EvidenceEnd(position=int(position), digest=bytes.fromhex(digest))
    except ValueError as cause:
        raise _head_malformed() from cause
    if end.position < 0 or len(end.digest) != 32:
        raise _head_malformed()
    return end


def _head_malformed() -> Refusal:
    return Refusal("head_malformed", "A head is a number, a colon and 64 hexadecimal digits.")


def _day(text: str) -> datetime:
    instant_ = datetime.fromisoformat(text)
    return instant_ if instant_.tzinfo else instant_.replace(tzinfo=UTC)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as cause:
        raise Refusal("not_written", f"{path} cannot be written: {cause.strerror}.") from cause
