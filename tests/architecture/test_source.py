"""The whole tree passes every check of offences.py, and every check is able to fail."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import offences
from tests.architecture.offences import FILE_BYTES, PYTHON_CHECKS, Check

ROOT = Path(__file__).resolve().parents[2]

LARGE_FILES: dict[str, str] = {}
"""Committed files over 1 MB, each with its reason."""

# check, path, what is planted
PLANTED: list[tuple[Check, str, str]] = [
    (offences.the_time_and_chance, "app/store/desk.py", "datetime.now(UTC)"),
    (offences.the_time_and_chance, "app/store/desk.py", "datetime.datetime.now(tz=UTC)"),
    (offences.the_time_and_chance, "app/store/desk.py", "datetime.utcnow()"),
    (offences.the_time_and_chance, "app/store/desk.py", "x = uuid.uuid4().hex"),
    (offences.the_time_and_chance, "app/store/desk.py", "f(uuid4())"),
    (offences.the_time_and_chance, "app/store/desk.py", "time.time()"),
    (offences.the_time_and_chance, "app/cli.py", "import random"),
    (offences.the_time_and_chance, "app/cli.py", "from random import choice"),
    (offences.event_loops_in_event_loops, "app/cli.py", "QApplication.processEvents()"),
    (offences.event_loops_in_event_loops, "app/ui/main_window.py", "dialog.exec()"),
    (offences.event_loops_in_event_loops, "app/ui/main_window.py", "Dialog(self).exec()"),
    (offences.event_loops_in_event_loops, "app/ui/main_window.py", "QMessageBox.question(self)"),
    (offences.event_loops_in_event_loops, "app/ui/main_window.py", "QFileDialog.getOpenFileName()"),
    (offences.style_sheets, "app/ui/main_window.py", "self.setStyleSheet('')"),
    (offences.lambdas_in_connects, "app/ui/main_window.py", "b.clicked.connect(lambda: f())"),
    (offences.lambdas_in_connects, "tests/ui/test_x.py", "b.clicked.connect(slot=lambda: f())"),
    (offences.catch_alls, "app/cli.py", "try:\n    f()\nexcept Exception:\n    g()"),
    (offences.catch_alls, "app/cli.py", "try:\n    f()\nexcept:\n    g()"),
    (
        offences.catch_alls,
        "app/cli.py",
        "try:\n    f()\nexcept (KeyError, BaseException):\n    g()",
    ),
    (offences.sleeps, "tests/test_x.py", "time.sleep(0.1)"),
    (offences.sleeps, "tests/test_x.py", "qtbot.wait(50)"),
    (offences.long_files, "app/cli.py", "x = 1\n" * 501),
    (offences.long_functions, "app/cli.py", "def f():\n" + "    x = 1\n" * 60),
    (offences.long_functions, "app/cli.py", "class A:\n async def f():\n" + "  x = 1\n" * 60),
    (offences.vague_names, "app/ui/utils.py", ""),
    (offences.vague_names, "app/ui/order_helper.py", ""),
    (offences.vague_names, "app/ui/orders.py", "class OrderManager:\n    pass"),
    (offences.index_addresses, "requirements/run.txt", "--" + "index-url somewhere"),
    (offences.index_addresses, "README.md", "https:" + "//example.org/simple/six"),
]

ALLOWED: list[tuple[Check, str, str]] = [
    (offences.the_time_and_chance, "app/values/clock.py", "datetime.now(UTC)"),
    (offences.the_time_and_chance, "app/store/desk.py", "clock.now()"),
    (offences.event_loops_in_event_loops, "app/desktop.py", "application.exec()"),
    (offences.event_loops_in_event_loops, "app/ui/notices.py", "QMessageBox.question(self)"),
    (offences.event_loops_in_event_loops, "app/ui/main_window.py", "menu.popup(where)"),
    (offences.style_sheets, "app/ui/theme.py", "application.setStyleSheet(sheet)"),
    (offences.lambdas_in_connects, "app/ui/main_window.py", "b.clicked.connect(partial(f, 1))"),
    (offences.catch_alls, "app/ui/background.py", "try:\n    f()\nexcept Exception:\n    g()"),
    (offences.catch_alls, "app/cli.py", "try:\n    f()\nexcept (KeyError, OSError):\n    g()"),
    (offences.catch_alls, "app/cli.py", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    (offences.sleeps, "tests/test_x.py", "event.wait(1)"),
    (offences.long_functions, "app/cli.py", "def f():\n" + "    x = 1\n" * 59),
    (offences.index_addresses, "README.md", "a simple page: https://example.org/"),
]


def committed() -> list[str]:
    """What git holds, and what it would hold after `git add`."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return sorted({name for name in names.split("\0") if name and (ROOT / name).is_file()})


def python_files() -> Iterator[tuple[str, str]]:
    for name in committed():
        if name.endswith(".py"):
            yield name, (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("check", "path", "source"), PLANTED)
def test_a_planted_offence_is_found(check: Check, path: str, source: str) -> None:
    assert list(check(path, source))


@pytest.mark.parametrize(("check", "path", "source"), ALLOWED)
def test_what_is_allowed_is_left_alone(check: Check, path: str, source: str) -> None:
    assert not list(check(path, source))


def test_every_check_has_a_planted_offence() -> None:
    assert {check for check, _, _ in PLANTED} == {*PYTHON_CHECKS, offences.index_addresses}


def test_the_tree_is_free_of_all_of_them() -> None:
    """File by file, so that each is read and parsed once."""
    found = [
        offence
        for path, source in python_files()
        for check in PYTHON_CHECKS
        for offence in check(path, source)
    ]
    assert not found, "\n".join(found)


def test_no_committed_file_names_a_package_index() -> None:
    found: list[str] = []
    for name in committed():
        text = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
        found += offences.index_addresses(name, text)
    assert not found, "\n".join(found)


def test_a_committed_file_over_a_megabyte_has_a_reason() -> None:
    large = {name for name in committed() if (ROOT / name).stat().st_size > FILE_BYTES}
    assert large == set(LARGE_FILES)


@pytest.mark.parametrize("place", offences.CATCH_ALLS)
def test_a_place_that_may_catch_everything_still_does(place: str) -> None:
    sources = [file.read_text(encoding="utf-8") for file in ROOT.glob(place)]
    found = [line for source in sources for line in offences.handlers_of_everything("", source)]
    assert found, "Take it out of CATCH_ALLS."
