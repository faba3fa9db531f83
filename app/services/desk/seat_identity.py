"""Who this desk is to the centre: no secret, read before anything heavy is loaded."""

from __future__ import annotations

from pathlib import Path

from app.values.errors import Refusal
from app.values.identity import DeviceId, Incarnation
from app.wire.message import View, decode

IDENTITY_FILE = "seat.json"


class SeatIdentity(View, frozen=True, kw_only=True):
    """What the centre said at enrolment, and when the counting of commands began anew."""

    device_id: DeviceId
    incarnation: Incarnation
    name: str
    extension: str | None = None
    escrow_public_key: str


def read_identity(folder: Path) -> SeatIdentity | None:
    """The identity kept in a seat's folder; None while the centre does not know the seat."""
    try:
        return decode((folder / IDENTITY_FILE).read_bytes(), SeatIdentity)
    except (FileNotFoundError, Refusal):
        return None
