"""What every test shares: strictness, real data, and the tools of the operating system.

Qt draws into memory: nothing here needs or opens a display.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

# Before anything imports Qt, in this process and in every program a test starts.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import hypothesis
import pytest

# An example that takes long on a busy machine is slow, not wrong.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

pytest_plugins = ["pytester", "tests.strict", "tests.central_fixtures"]

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what wants the real files, where there are none."""
    if REAL_DATA.is_dir():
        return
    wanting = [item for item in items if item.get_closest_marker("real_data")]
    if wanting:
        config.hook.pytest_deselected(items=wanting)
        items[:] = [item for item in items if item not in wanting]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say again, just above the closing line, which checks before the tests have failed."""
    failed = os.environ.get("READBACK_FAILED_CHECKS")
    if failed:
        terminalreporter.section("failed before the tests")
        terminalreporter.line(failed)


@pytest.fixture
def real_data(request: pytest.FixtureRequest) -> Path:
    """The folder of real files; only for tests marked `real_data`."""
    if not request.node.get_closest_marker("real_data"):
        pytest.fail("Mark the test with @pytest.mark.real_data.", pytrace=False)
    return REAL_DATA


@pytest.fixture
def tool() -> Callable[[str], str]:
    """Give the path of a program of the operating system; a missing one fails the test."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.fail(f"The program {name} is missing: python3 dev.py test", pytrace=False)
        return path

    return find
