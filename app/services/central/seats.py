"""Seats: one-time codes, enrolment, the sealed store keys, and taking a seat out of service.

A code is worth fifteen minutes and one enrolment; only its hash is kept. Enrolling a seat again
gives it a new key and a new incarnation; what the old store still holds is sent all the same. Runs
on service threads, and from the command line of an administrator.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert, select, update

from app.models.central.installation import EscrowKey, Installation
from app.models.central.people import (
    Device,
    DeviceIncarnation,
    EnrolmentCode,
    SeatState,
    SessionRow,
)
from app.services.central.identity import close_sessions, public_key_of
from app.services.central.number_leases import NumberLeases
from app.services.central.seat_states import forget_runs, heard, states
from app.services.central.transaction import Actor, Handlers, Transaction
from app.services.ports import EventLog
from app.services.rules.escrow import open_store_key
from app.values.errors import Refusal
from app.values.identity import DeviceId
from app.wire import operations
from app.wire.message import Nothing
from app.wire.people import DepositStoreKey, Enrol, Enrolled
from app.wire.sync import CentreTime, Heartbeat

CODE_LIFE = timedelta(minutes=15)
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O or U to be taken for something else."""
_CODE_LENGTH = 16
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """A seat as an administrator sees it."""

    device_id: DeviceId
    name: str
    extension: str | None
    enrolled_at: datetime | None
    revoked_at: datetime | None
    heard: Heard | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a seat told last; `copied_at`: when it was last certain that it runs twice."""

    seen_at: datetime
    waiting: int
    oldest_waiting_at: datetime | None
    needs_person: int
    version: str
    copied_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredKey:
    """The key of a desk store that was enrolled at this instant; `store_key` is base64."""

    enrolled_at: datetime
    incarnation: str
    store_key: str


class Seats:
    """Everything about seats but their proof, which is Identity's."""

    def __init__(self, log: EventLog | None = None, leases: NumberLeases | None = None) -> None:
        """`log` hears how desks are; an administrator's command needs none."""
        self._log = log
        self._leases = leases or NumberLeases()

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.ENROL_DEVICE, self.enrol)
        handlers.add(operations.DEPOSIT_STORE_KEY, self.deposit_store_key)
        handlers.add(operations.HEARTBEAT, self.heartbeat)

    def enrol(self, tx: Transaction, actor: Actor, request: Enrol) -> Enrolled:
        """Make the seat of a code known.

        Raises Refusal `enrolment_code_wrong`, `public_key_malformed` or `incarnation_known`.
        """
        del actor
        public_key_of(request.public_key)
        device = _seat_of_code(tx, request.code)
        if tx.session.get(DeviceIncarnation, (device.device_id, request.incarnation)) is not None:
            raise Refusal("incarnation_known", "A seat that is enrolled again needs a new store.")
        tx.connection.execute(
            update(Device)
            .where(Device.device_id == device.device_id)
            .values(
                public_key=request.public_key,
                incarnation=request.incarnation,
                enrolled_at=tx.at,
            )
        )
        tx.connection.execute(
            insert(DeviceIncarnation).values(
                device_id=device.device_id, incarnation=request.incarnation, enrolled_at=tx.at
            )
        )
        close_sessions(tx, SessionRow.device_id == device.device_id)
        forget_runs(tx, device.device_id)
        tx.about(device.device_id)
        return Enrolled(
            device_id=DeviceId(device.device_id),
            name=device.name,
            extension=device.extension,
            escrow_public_key=tx.session.scalars(select(Installation.escrow_public_key)).one(),
        )

    def deposit_store_key(self, tx: Transaction, actor: Actor, request: DepositStoreKey) -> Nothing:
        """Keep the sealed key of the store that asks."""
        tx.connection.execute(
            update(DeviceIncarnation)
            .where(
                DeviceIncarnation.device_id == actor.seat.device_id,
                DeviceIncarnation.incarnation == actor.seat.incarnation,
            )
            .values(sealed_store_key=request.sealed_key)
        )
        tx.about(actor.seat.device_id)
        return Nothing()

    def heartbeat(self, tx: Transaction, actor: Actor, request: Heartbeat) -> CentreTime:
        """The centre's time; how the desk is is kept, and goes to the log."""
        oldest = request.oldest_waiting_at
        sentence = heard(tx, actor.seat.device_id, request)
        if request.newest_number is not None:
            self._leases.catch_up(tx, request.newest_number)
        if self._log is not None:
            self._log.write(
                "desk",
                device_id=str(actor.seat.device_id),
                waiting=request.waiting,
                seconds=round((tx.at - oldest).total_seconds()) if oldest is not None else None,
                version=request.version,
            )
        return CentreTime(now=tx.at, sentence=sentence)

    def issue_code(self, tx: Transaction, name: str, extension: str | None) -> str:
        """A one-time code for a seat, new or to be enrolled again, in groups of four.

        A seat that was taken out of service comes back with the code; its old key stays worthless.
        """
        device_id = _seat_for_code(tx, name.strip(), extension)
        code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
        tx.session.add(
            EnrolmentCode(
                code_hash=_code_hash(code),
                device_id=device_id,
                created_at=tx.at,
                expires_at=tx.at + CODE_LIFE,
            )
        )
        tx.audit("admin.device.enrol", device_id)
        return "-".join(code[at : at + 4] for at in range(0, _CODE_LENGTH, 4))

    def revoke(self, tx: Transaction, name: str) -> None:
        """Take a seat out of service at once. Raises Refusal `device_not_found`."""
        device = _named(tx, name)
        if device.revoked_at is None:
            device.revoked_at = tx.at
        close_sessions(tx, SessionRow.device_id == device.device_id)
        tx.audit("admin.device.revoke", device.device_id)

    def all(self, tx: Transaction) -> tuple[SeatView, ...]:
        """Every seat, by name."""
        told = states(tx)
        return tuple(
            SeatView(
                device_id=DeviceId(device.device_id),
                name=device.name,
                extension=device.extension,
                enrolled_at=device.enrolled_at,
                revoked_at=device.revoked_at,
                heard=_heard(told.get(device.device_id)),
            )
            for device in tx.session.scalars(select(Device).order_by(Device.name))
        )

    def recover_keys(self, tx: Transaction, name: str) -> tuple[RecoveredKey, ...]:
        """The store keys of a seat, newest first; only the owner role can do this.

        Raises Refusal `device_not_found` or `no_store_key`.
        """
        device = _named(tx, name)
        kept = tx.session.scalars(
            select(DeviceIncarnation)
            .where(
                DeviceIncarnation.device_id == device.device_id,
                DeviceIncarnation.sealed_store_key.is_not(None),
            )
            .order_by(DeviceIncarnation.enrolled_at.desc())
        ).all()
        if not kept:
            raise Refusal("no_store_key", "This seat has not deposited the key of its store.")
        private_key = tx.session.scalars(select(EscrowKey.private_key)).one()
        tx.audit("admin.device.recover_key", device.device_id, count=len(kept))
        return tuple(_recovered(row, private_key) for row in kept)


def _heard(state: SeatState | None) -> Heard | None:
    if state is None:
        return None
    return Heard(
        seen_at=state.seen_at,
        waiting=state.waiting,
        oldest_waiting_at=state.oldest_waiting_at,
        needs_person=state.needs_person,
        version=state.version,
        copied_at=state.copied_at,
    )


def _recovered(row: DeviceIncarnation, private_key: str) -> RecoveredKey:
    opened = open_store_key(row.sealed_store_key or "", private_key)
    return RecoveredKey(
        enrolled_at=row.enrolled_at,
        incarnation=str(row.incarnation),
        store_key=base64.b64encode(opened).decode("ascii"),
    )


def _code_hash(code: str) -> bytes:
    return sha256(code.upper().translate(_LOOKALIKES).encode()).digest()


def _seat_of_code(tx: Transaction, code: str) -> Device:
    """The seat a code is for; the code is used up."""
    row = tx.session.scalars(
        select(EnrolmentCode).where(EnrolmentCode.code_hash == _code_hash(code)).with_for_update()
    ).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= tx.at:
        raise Refusal(
            "enrolment_code_wrong",
            "That code is not valid. It may have been used, or be older than fifteen minutes;"
            " please ask an administrator for a new one.",
            "code",
        )
    row.used_at = tx.at
    tx.session.flush()
    return tx.session.get_one(Device, row.device_id)


def _seat_for_code(tx: Transaction, name: str, extension: str | None) -> DeviceId:
    if not name:
        raise Refusal("device_name_missing", "A seat needs a name.", "name")
    device = tx.session.scalars(
        select(Device).where(Device.name == name).with_for_update()
    ).one_or_none()
    if device is None:
        device = Device(device_id=tx.ids.new(), name=name, extension=extension, created_at=tx.at)
        tx.session.add(device)
        tx.session.flush()
    elif device.revoked_at is not None:
        device.public_key = device.incarnation = device.enrolled_at = device.revoked_at = None
    if extension is not None:
        device.extension = extension
    return DeviceId(device.device_id)


def _named(tx: Transaction, name: str) -> Device:
    device = tx.session.scalars(
        select(Device).where(Device.name == name.strip()).with_for_update()
    ).one_or_none()
    if device is None:
        raise Refusal("device_not_found", "There is no seat of that name.", "name")
    return device
