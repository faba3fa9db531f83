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


@pytest.fixture
def vault(folder: Path, clock: FixedClock) -> Iterator[VaultUnderTest]:
    with VaultUnderTest(folder, clock) as made:
        yield made
