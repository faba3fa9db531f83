"""The bench of holds runs to its end on next to nothing; how quick it is is not asked."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.campaigns.bench.given import Given
from app.campaigns.bench.holds import holds


@pytest.fixture
def given() -> Iterator[Given]:
    folder = Path(tempfile.mkdtemp(prefix="readback-test-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # as root PostgreSQL runs under another account
    yield Given(folder=folder)
    shutil.rmtree(folder)


def test_holds_are_measured_beside_a_bare_update(given: Given) -> None:
    figures = holds(given, connections=(2,), seconds=0.2)
    names = ["hold-2", "holds-2", "holds-2/bare", "holds-2/bare, flushed"]
    assert [figure.name for figure in figures] == names
    assert figures[0].limit
    assert all(figure.p50 > 0 for figure in figures)
