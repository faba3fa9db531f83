"""The vault's keys: signed, rotated, kept from others."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.services.rules.card_keys import signed_part
from app.values.errors import Fault, Refusal
from app.vault.keys import KeyFolder, from_base64url
from app.vault.private_files import write_private
from app.wire.payments import CardKey
from tests.fakes import CountingIds, FixedClock

LATER_IDS = 50


def test_a_card_key_is_signed_by_the_root_key(keys: KeyFolder) -> None:
    offered = keys.offered()
    (key,) = offered.keys
    root = Ed25519PublicKey.from_public_bytes(from_base64url(offered.root_key))
    root.verify(from_base64url(key.signature), signed_part(key))
    assert len(from_base64url(key.modulus)) * 8 == 3072


def test_a_new_vault_never_takes_the_place_of_one(keys: KeyFolder) -> None:
    with pytest.raises(Refusal) as refusal:
        keys.create(CountingIds())
    assert refusal.value.code == "vault_exists"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_everything_in_the_folder_is_for_its_owner_only(folder: Path) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert not [path for path, mode in modes.items() if mode & 0o077]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("name", ["root.pub", "token", "keys"])
def test_what_others_can_reach_is_refused_in_words(folder: Path, name: str) -> None:
    clock = FixedClock()
    path = next((folder / "keys").glob("*.pem")) if name == "keys" else folder / name
    path.chmod(0o640)
    fresh = KeyFolder(folder, clock)
    with pytest.raises(Refusal, match=r"Others can reach .* mode to 600"):
        (fresh.token if name == "token" else fresh.offered)()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_an_open_folder_is_refused(keys: KeyFolder, folder: Path) -> None:
    folder.chmod(0o755)
    with pytest.raises(Refusal, match="mode to 700"):
        keys.offered()


def test_after_a_rotation_the_new_key_is_offered_first_and_the_old_still_opens(
    keys: KeyFolder, clock: FixedClock
) -> None:
    (old,) = keys.offered().keys
    clock.advance(days=60)
    new = keys.rotate(CountingIds(LATER_IDS))
    assert [key.kid for key in keys.offered().keys] == [new.kid, old.kid]
    assert keys.private(old.kid).key_size == 3072


def test_a_rotation_is_seen_by_a_vault_that_runs(
    keys: KeyFolder, folder: Path, clock: FixedClock
) -> None:
    keys.offered()
    clock.advance(days=1)
    new = KeyFolder(folder, clock).rotate(CountingIds(LATER_IDS))
    assert keys.private(new.kid).key_size == 3072
    assert keys.offered().keys[0] == new


def test_an_expired_key_is_not_offered_but_opens_for_the_time_of_grace(
    keys: KeyFolder, clock: FixedClock
) -> None:
    (old,) = keys.offered().keys
    clock.set(old.expires_at + timedelta(minutes=59))
    with pytest.raises(Fault, match="no card key that is still good"):
        keys.offered()
    assert keys.private(old.kid).key_size == 3072


def test_after_its_grace_a_key_opens_nothing_and_leaves_the_folder(
    keys: KeyFolder, folder: Path, clock: FixedClock
) -> None:
    (old,) = keys.offered().keys
    clock.set(old.expires_at + timedelta(hours=1))
    with pytest.raises(Refusal) as refusal:
        keys.private(old.kid)
    new = KeyFolder(folder, clock).rotate(CountingIds(LATER_IDS))
    assert refusal.value.code == "envelope_key_unknown"
    assert {path.stem for path in (folder / "keys").iterdir()} == {new.kid}


def test_the_root_key_may_be_kept_elsewhere(
    keys: KeyFolder, folder: Path, tmp_path: Path, clock: FixedClock
) -> None:
    away = (folder / "root.key").rename(tmp_path / "root.key")
    assert keys.offered().keys
    with pytest.raises(Refusal) as refusal:
        keys.rotate(CountingIds(LATER_IDS))
    assert refusal.value.code == "vault_file_missing"
    assert keys.rotate(CountingIds(LATER_IDS), root=away) in keys.offered().keys


def test_another_root_key_signs_nothing_here(keys: KeyFolder, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate()
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(tmp_path / "other.key", pem)
    with pytest.raises(Refusal) as refusal:
        keys.rotate(CountingIds(LATER_IDS), root=tmp_path / "other.key")
    assert refusal.value.code == "root_key_wrong"


def test_a_card_key_that_was_changed_stops_the_vault(folder: Path, clock: FixedClock) -> None:
    note = next((folder / "keys").glob("*.json"))
    key = msgspec.json.decode(note.read_bytes(), type=CardKey)
    changed = msgspec.structs.replace(key, expires_at=key.expires_at + timedelta(days=900))
    write_private(note, msgspec.json.encode(changed))
    with pytest.raises(Fault) as fault:
        KeyFolder(folder, clock).offered()
    assert fault.value.code == "card_key_forged"


def test_a_folder_without_a_vault_is_named(tmp_path: Path, clock: FixedClock) -> None:
    with pytest.raises(Refusal, match="readback vault init"):
        KeyFolder(tmp_path, clock).root_key()


def test_notes_of_keys_hold_public_parts_only(folder: Path) -> None:
    note = next((folder / "keys").glob("*.json"))
    assert set(json.loads(note.read_bytes())) == set(CardKey.__struct_fields__)
