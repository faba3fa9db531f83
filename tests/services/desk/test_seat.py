"""A seat: enrolled once with a code, one program at a time, its key in the key store."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.services.desk.seat import DEVICE_KEY, enrol, open_seat
from app.services.desk.seat_identity import IDENTITY_FILE, read_identity
from app.values.errors import Refusal, Unreachable
from tests.fakes import CountingIds, InMemoryKeyStore
from tests.services.desk.centre import DEVICE, FakeCentre

CODE = "CODE-1234"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "seat"


def enrolled(folder: Path, keys: InMemoryKeyStore | None = None) -> FakeCentre:
    centre = FakeCentre()
    enrol(folder, CODE, keys or InMemoryKeyStore(), centre, CountingIds())
    return centre


def test_enrolment_tells_who_the_seat_is(folder: Path) -> None:
    centre = enrolled(folder)
    identity = read_identity(folder)
    assert identity is not None
    assert (identity.device_id, identity.name) == (DEVICE, "Desk 1")
    assert identity.escrow_public_key == centre.public_key


def test_the_folder_of_a_seat_is_its_users_only(folder: Path) -> None:
    enrolled(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / IDENTITY_FILE).stat().st_mode) == 0o600


def test_a_wrong_code_leaves_nothing_behind(folder: Path) -> None:
    keys = InMemoryKeyStore()
    with pytest.raises(Refusal):
        enrol(folder, "NOT-A-CODE", keys, FakeCentre(), CountingIds())
    assert read_identity(folder) is None
    assert keys.get(DEVICE_KEY) is None


def test_without_an_answer_nothing_is_changed(folder: Path) -> None:
    keys = InMemoryKeyStore()
    enrolled(folder, keys)
    before = keys.get(DEVICE_KEY), (folder / IDENTITY_FILE).read_bytes()
    centre = FakeCentre()
    centre.go_away()
    with pytest.raises(Unreachable):
        enrol(folder, CODE, keys, centre, CountingIds(50))
    assert (keys.get(DEVICE_KEY), (folder / IDENTITY_FILE).read_bytes()) == before


def test_each_enrolment_counts_anew_under_a_new_key(folder: Path) -> None:
    keys = InMemoryKeyStore()
    ids = CountingIds()
    first = enrol(folder, CODE, keys, FakeCentre(), ids)
    first_key = keys.get(DEVICE_KEY)
    second = enrol(folder, CODE, keys, FakeCentre(), ids)
    assert first.incarnation != second.incarnation
    assert first_key != keys.get(DEVICE_KEY)


def test_an_opened_seat_signs_with_its_device_key(folder: Path) -> None:
    keys = InMemoryKeyStore()
    enrolled(folder, keys)
    raw = keys.get(DEVICE_KEY)
    assert raw is not None
    private = serialization.load_der_private_key(raw, password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    seat = open_seat(folder, keys)
    signature = seat.sign(b"a request")
    private.public_key().verify(signature, b"a request", ec.ECDSA(hashes.SHA256()))
    seat.close()


def test_a_seat_is_opened_by_one_program_at_a_time(folder: Path) -> None:
    keys = InMemoryKeyStore()
    enrolled(folder, keys)
    seat = open_seat(folder, keys)
    with pytest.raises(Refusal) as refused:
        open_seat(folder, keys)
    assert refused.value.code == "seat_in_use"
    seat.close()
    open_seat(folder, keys).close()


def test_a_folder_that_is_no_seat_needs_enrolment(folder: Path) -> None:
    with pytest.raises(Refusal) as refused:
        open_seat(folder, InMemoryKeyStore())
    assert refused.value.code == "seat_needs_enrolment"


@pytest.mark.parametrize("key", [None, b"", b"not a key"])
def test_a_seat_whose_key_is_gone_needs_enrolment(folder: Path, key: bytes | None) -> None:
    enrolled(folder)
    keys = InMemoryKeyStore()
    if key is not None:
        keys.put(DEVICE_KEY, key)
    with pytest.raises(Refusal) as refused:
        open_seat(folder, keys)
    assert refused.value.code == "seat_needs_enrolment"


def test_an_identity_that_cannot_be_read_needs_enrolment(folder: Path) -> None:
    keys = InMemoryKeyStore()
    enrolled(folder, keys)
    (folder / IDENTITY_FILE).write_text(json.dumps({"device_id": "?"}))
    with pytest.raises(Refusal) as refused:
        open_seat(folder, keys)
    assert refused.value.code == "seat_needs_enrolment"
