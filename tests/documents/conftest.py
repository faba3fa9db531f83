"""What the tests of papers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.documents.papers import Printer


@pytest.fixture
def printer(tool: Callable[[str], str], tmp_path: Path) -> Printer:
    return Printer(tool("pdftotext"), tmp_path)
