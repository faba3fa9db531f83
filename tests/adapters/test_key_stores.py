"""Keys are kept where they belong, and nowhere that only pretends."""

from __future__ import annotations

import stat
from pathlib import Path

import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked

from app.adapters.key_file import KeyFile
from app.adapters.keyring import SystemKeyring
from app.values.errors import Fault


class Strong(KeyringBackend):
    """Keeps secrets for as long as the test runs."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")
        self.entries[service, username] = password


class PlaintextKeyring(Strong):
    """Named as the one of keyrings.alt."""


class Forgetful(Strong):
    """Says yes and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        del service, username, password


class ChainOf(ChainerBackend):
    """A chain of given keyrings."""

    def __init__(self, *members: KeyringBackend) -> None:
        self._members = members

    @property
    def backends(self) -> list[KeyringBackend]:
        return list(self._members)


def test_a_secret_comes_back_byte_for_byte() -> None:
    keys = SystemKeyring("seat 1", Strong())
    keys.put("store-key", bytes(range(256)))
    assert keys.get("store-key") == bytes(range(256))
    assert keys.get("another") is None
    assert keys.warning() == ""


def test_two_seats_of_one_user_do_not_see_each_other() -> None:
    backend = Strong()
    SystemKeyring("seat 1", backend).put("store-key", b"one")
    assert SystemKeyring("seat 2", backend).get("store-key") is None


FAILING: KeyringBackend = keyring.backends.fail.Keyring()  # type: ignore[no-untyped-call]
FORGETTING: KeyringBackend = keyring.backends.null.Keyring()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "backend",
    [FAILING, FORGETTING, PlaintextKeyring(), ChainOf(), ChainOf(FAILING, PlaintextKeyring())],
)
def test_a_keyring_that_only_pretends_is_refused_in_words(backend: KeyringBackend) -> None:
    with pytest.raises(Fault) as fault:
        SystemKeyring("seat 1", backend)
    assert fault.value.code == "keyring_weak"
    assert fault.value.sentence.endswith(".")


def test_a_plain_text_keyring_by_another_name_is_known_by_its_package() -> None:
    kind = type("EncryptedKeyring", (Strong,), {"__module__": "keyrings.alt.file"})
    with pytest.raises(Fault):
        SystemKeyring("seat 1", kind())


def test_of_a_chain_the_strong_one_is_used() -> None:
    strong = Strong()
    SystemKeyring("seat 1", ChainOf(PlaintextKeyring(), strong)).put("store-key", b"x")
    assert len(strong.entries) == 1


def test_on_windows_the_key_stays_on_the_computer() -> None:
    kind = type("WinVaultKeyring", (Strong,), {"__module__": "keyring.backends.Windows"})
    backend = kind()
    SystemKeyring("seat 1", backend)
    assert backend.persist == "local machine"


def test_a_keyring_that_keeps_nothing_is_found_out() -> None:
    with pytest.raises(Fault) as fault:
        SystemKeyring("seat 1", Forgetful()).put("store-key", b"x")
    assert fault.value.code == "keyring_unavailable"


def test_a_locked_keyring_is_a_fault_and_never_an_empty_one() -> None:
    backend = Strong()
    keys = SystemKeyring("seat 1", backend)
    keys.put("store-key", b"x")
    backend.is_locked = True
    with pytest.raises(Fault):
        keys.get("store-key")
    with pytest.raises(Fault):
        keys.put("store-key", b"y")


def test_what_is_no_secret_of_ours_is_a_fault() -> None:
    backend = Strong()
    keys = SystemKeyring("seat 1", backend)
    keys.put("store-key", b"x")
    backend.entries = dict.fromkeys(backend.entries, "not base64!")
    with pytest.raises(Fault):
        keys.get("store-key")


def test_a_key_file_keeps_secrets_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"
    KeyFile(path).put("store-key", bytes(range(32)))
    KeyFile(path).put("device-key", b"second")
    assert KeyFile(path).get("store-key") == bytes(range(32))
    assert KeyFile(path).get("device-key") == b"second"
    assert KeyFile(path).get("another") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_says_that_it_is_not_for_real_orders(tmp_path: Path) -> None:
    assert "no real orders" in KeyFile(tmp_path / "keys.json").warning()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    KeyFile(path).put("store-key", b"x")
    path.chmod(mode)
    with pytest.raises(Fault) as fault:
        KeyFile(path).get("store-key")
    assert fault.value.code == "key_file_open_to_others"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"store-key": "?"}'])
def test_a_key_file_that_cannot_be_read_is_a_fault_and_never_an_empty_one(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Fault):
        KeyFile(path).get("store-key")
