"""One vault folder for many tests: making RSA keys takes a while."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.vault.keys import KeyFolder
from tests.fakes import CountingIds, FixedClock
from tests.vault.vaults import VaultUnderTest


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vault") / "vault"
    KeyFolder(folder, FixedClock()).create(CountingIds())
    return folder


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    """A vault of its own for a test that changes it."""
    return shutil.copytree(made_once, tmp_path / "vault")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def keys(folder: Path, clock: FixedClock) -> KeyFolder:
    return KeyFolder(folder, clock)


@pytest.fixture(scope="session")
def keys_made_once(made_once: Path) -> KeyFolder:
    """Loaded once as well: that takes as long as a hundred authorisations."""
    keys = KeyFolder(made_once, FixedClock())
    keys.offered()
    return keys


@pytest.fixture
def vault(tmp_path: Path, clock: FixedClock, keys_made_once: KeyFolder) -> Iterator[VaultUnderTest]:
    with VaultUnderTest(tmp_path, clock, keys_made_once) as made:
        yield made
