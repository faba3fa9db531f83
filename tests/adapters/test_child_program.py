"""A program of ours that runs as a child."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.adapters.child_program import ChildProgram
from app.values.errors import Fault


def test_says_its_lines_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with ChildProgram(("platform", "--terse"), tmp_path / "log") as program:
        assert program.line()
    assert not program.is_running


def test_that_ends_early_is_reported_with_what_it_complained_of(tmp_path: Path) -> None:
    with ChildProgram(("no_such_module_of_ours",), tmp_path / "log") as program:
        with pytest.raises(Fault) as fault:
            program.line()
        assert fault.value.code == "program_failed"
        assert "no_such_module_of_ours" in fault.value.sentence


def test_that_was_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    with ChildProgram(("http.server", "--bind", "127.0.0.1", "0"), tmp_path / "log") as program:
        assert program.is_running
        program.kill()
        assert not program.is_running
