"""Captures put together from the rows of the evidence: one for each pause, as an auditor reads it.

Pure. A capture is told by its rows alone, which are chained; only the name of a seat comes from
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.documents.evidence_report import Capture, CapturedRecording
from app.services.rules.evidence import EVENT, EvidenceKind, EvidenceRow

_ENDS = {
    "submitted": "The card was sent.",
    "cancelled": "The card was not taken after all.",
    "idle": "Nobody typed for too long.",
    "longest": "The longest time for a pause was over.",
    "window": "Another window came in front, or the desk was locked or closed.",
    "call_changed": "The call was held, transferred or ended.",
    "doubt": "The desk could not be sure that the recording was still paused.",
    "not_paused": "The desk never heard that the recording was paused.",
    "refused": "There was no confirmed pause, so no field opened.",
    "expired": "The desk was not heard of any more; the service ended the pause.",
    "hangup": "The call ended.",
}
_CONFIRMED_BY = {
    "state": "confirmed by its state",
    "event": "confirmed by its event",
    "answer": "confirmed by its answer only",
}
_EVENTS = {
    "hangup": "The call ended.",
    "transfer": "The call was transferred.",
    "hold": "The call was put on hold.",
    "retrieved": "The call was taken from hold.",
    "recorder_started": "One more recorder began, and was paused.",
    "recorder_lost": "A recorder, or the line to it, was lost.",
    "resume_unconfirmed": "A recorder did not confirm that it records again.",
}


@dataclass(slots=True)
class _Gathered:
    """What the rows of one pause have told so far."""

    lease_id: UUID
    facts: dict[str, str] = field(default_factory=dict)
    at: dict[str, datetime] = field(default_factory=dict)
    recordings: tuple[CapturedRecording, ...] = ()
    end: str = ""
    events: list[tuple[datetime, str]] = field(default_factory=list)

    def take(self, row: EvidenceRow) -> None:
        """The next row of this pause."""
        document = row.document
        for name in ("reference", "order_id", "device_id", "person_id"):
            self.facts[name] = str(document.get(name) or self.facts.get(name, ""))
        for name in ("first_digit_at", "last_digit_at"):
            if document.get(name):
                self.at[name] = datetime.fromisoformat(str(document[name]))
        if row.kind.startswith(EVENT):
            kind = row.kind.removeprefix(EVENT)
            self.events.append((row.at, _EVENTS.get(kind, kind)))
            return
        self.at[row.kind] = row.at
        if row.kind == EvidenceKind.CONFIRMED:
            self.recordings = tuple(map(_recording, document.get("recordings", ())))
        elif row.kind == EvidenceKind.REFUSED:
            self.end = f"{_ENDS['refused']} ({document.get('code', '')})"
        elif row.kind == EvidenceKind.EXPIRED:
            self.end = _ENDS["expired"]
        elif document.get("end") and not self.end:
            self.end = _ENDS.get(str(document["end"]), str(document["end"]))

    def capture(self, seats: Mapping[str, str]) -> Capture:
        """As it is shown."""
        device = self.facts["device_id"]
        name = seats.get(device, "")
        return Capture(
            lease_id=str(self.lease_id),
            order_id=self.facts["order_id"],
            call=self.facts["reference"],
            seat=f"{name} ({device})" if name else device,
            person_id=self.facts["person_id"],
            recordings=self.recordings,
            requested_at=self.at.get(EvidenceKind.REQUESTED),
            confirmed_at=self.at.get(EvidenceKind.CONFIRMED),
            first_digit_at=self.at.get("first_digit_at"),
            last_digit_at=self.at.get("last_digit_at"),
            released_at=self.at.get(EvidenceKind.RELEASED),
            expired_at=self.at.get(EvidenceKind.EXPIRED),
            resumed_at=self.at.get(EvidenceKind.RESUMED),
            end=self.end,
            events=tuple(self.events),
        )


def captures_of(rows: Iterable[EvidenceRow], seats: Mapping[str, str]) -> tuple[Capture, ...]:
    """Every pause in the order of its first row; `seats` are names by the text of their ids."""
    gathered: dict[UUID, _Gathered] = {}
    for row in rows:
        gathered.setdefault(row.lease_id, _Gathered(row.lease_id)).take(row)
    return tuple(one.capture(seats) for one in gathered.values())


def began_between(capture: Capture, since: datetime | None, until: datetime | None) -> bool:
    """Whether a pause was asked for from `since` on and before `until`."""
    began = capture.requested_at or capture.confirmed_at
    if began is None:
        return since is None and until is None
    return (since is None or since <= began) and (until is None or began < until)


def _recording(document: Mapping[str, Any]) -> CapturedRecording:
    confirmed_by = str(document.get("confirmed_by", ""))
    return CapturedRecording(
        recorder=str(document.get("recorder", "")),
        recording=str(document.get("recording", "")),
        confirmed_by=_CONFIRMED_BY.get(confirmed_by, confirmed_by),
    )
