"""What the centre keeps of pauses of the recording: leases, recordings, events, flags, evidence.

All that is needed to record again stands in these rows, so that any replica can do it. There is no
column for card data, nor for the caller's number. Events and evidence are only ever added.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.vocabulary import CallEventKind, CallFlag, ConfirmedBy, PauseEnd, PauseState


class RecordingLease(CentralTable):
    """A pause of all recordings of a call, from before a recorder is asked until it is over.

    `call_reference` is empty until the call is found, and for a lease that never was. A lease in
    PAUSING whose `pausing_until` is over was left by its replica; in HELD `expires_at` counts; in
    RESUMING whoever moves `next_try_at` on may speak to the recorders, nobody else. `keeps_paused`:
    it stays paused until the call is over. `refused_code`: why it never was held.
    """

    __tablename__ = "recording_lease"
    __table_args__ = (
        one_of("state", PauseState),
        one_of("end_reason", PauseEnd),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_whole"),
        CheckConstraint("state <> 'held' OR expires_at IS NOT NULL", name="held_expires"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        Index(
            "uq_recording_lease_live_call",
            "call_reference",
            unique=True,
            postgresql_where="state <> 'ended' AND call_reference <> ''",
        ),
        Index("ix_recording_lease_live", "state", postgresql_where="state <> 'ended'"),
    )

    lease_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[PauseState] = mapped_column(Word(PauseState))
    call_reference: Mapped[str]
    order_id: Mapped[UUID | None] = mapped_column(index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    workstation: Mapped[str]
    extension: Mapped[str | None]
    requested_at: Mapped[datetime]
    pausing_until: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    longest_at: Mapped[datetime | None]
    end_reason: Mapped[PauseEnd | None] = mapped_column(Word(PauseEnd))
    refused_code: Mapped[str]
    refused_sentence: Mapped[str]
    resuming_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    tries: Mapped[int]
    keeps_paused: Mapped[bool]
    alarmed_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RecordingPause(CentralTable):
    """One recording of a lease, noted before its recorder is told to pause it.

    `call` is the call as this recorder knows it. `may_be_paused` until it is known to record again
    or to be gone. `is_doubtful`: the recorder was told to pause it and did not answer, so it may
    still do so after it was told to resume.
    """

    __tablename__ = "recording_pause"
    __table_args__ = (
        one_of("confirmed_by", ConfirmedBy),
        one_of("resumed_by", ConfirmedBy),
        CheckConstraint("recorder <> '' AND recording <> ''", name="named"),
        CheckConstraint("num_nulls(confirmed_by, confirmed_at) IN (0, 2)", name="confirmed_whole"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index("ix_recording_pause_recorder_call", "recorder", "call"),
    )

    lease_id: Mapped[UUID] = mapped_column(ForeignKey("recording_lease.lease_id"), primary_key=True)
    recorder: Mapped[str] = mapped_column(primary_key=True)
    recording: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str]
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[ConfirmedBy | None] = mapped_column(Word(ConfirmedBy))
    confirmed_at: Mapped[datetime | None]
    may_be_paused: Mapped[bool]
    is_doubtful: Mapped[bool]
    attempts: Mapped[int]
    problem: Mapped[str]
    resumed_by: Mapped[ConfirmedBy | None] = mapped_column(Word(ConfirmedBy))
    resumed_at: Mapped[datetime | None]


class RecordingEvent(CentralTable):
    """Something happened to the call of a lease; `identity` is one for all replicas that heard it.

    Added under a lock of the lease, so that within a lease `seq` is the order of commits.
    """

    __tablename__ = "recording_event"
    __table_args__ = (
        one_of("kind", CallEventKind),
        UniqueConstraint("lease_id", "identity"),
        Index("ix_recording_event_lease_id_seq", "lease_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    lease_id: Mapped[UUID] = mapped_column(ForeignKey("recording_lease.lease_id"))
    kind: Mapped[CallEventKind] = mapped_column(Word(CallEventKind))
    recorder: Mapped[str]
    identity: Mapped[str]
    at: Mapped[datetime]


class CallFlagRow(CentralTable):
    """Somebody has to look at the recording of a call; `purged_at` once card data is out of it.

    `call_reference` is empty where no recorder knew the call; the order and `at` then find it.
    """

    __tablename__ = "call_flag"
    __table_args__ = (
        one_of("kind", CallFlag),
        CheckConstraint("num_nulls(purged_at, purged_by) IN (0, 2)", name="purged_whole"),
        Index("ix_call_flag_open", "at", postgresql_where="purged_at IS NULL"),
    )

    flag_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[CallFlag] = mapped_column(Word(CallFlag))
    call_reference: Mapped[str]
    order_id: Mapped[UUID | None] = mapped_column(index=True)
    lease_id: Mapped[UUID | None]
    at: Mapped[datetime]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    purged_at: Mapped[datetime | None]
    purged_by: Mapped[str | None]


class Evidence(CentralTable):
    """One link of the evidence of pauses: `digest` covers the row and the digest before it.

    `document` holds ids, instants, codes and counts only. No foreign key: it stands by itself.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position_positive"),
        CheckConstraint("kind <> ''", name="kind_not_empty"),
        CheckConstraint(
            "octet_length(previous) = 32 AND octet_length(digest) = 32", name="digests_sha256"
        ),
        Index("ix_evidence_at", "at"),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lease_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    document: Mapped[dict[str, Any]]
    previous: Mapped[bytes]
    digest: Mapped[bytes]


class EvidenceHead(CentralTable):
    """The newest link; locked by whoever adds the next, so that there is one chain."""

    __tablename__ = "evidence_head"
    __table_args__ = (
        CheckConstraint("singleton = 1", name="one_row"),
        CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
    )

    singleton: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    digest: Mapped[bytes]
