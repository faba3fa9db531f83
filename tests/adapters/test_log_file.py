"""The desk's log holds where something broke, and nobody's words."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.log_file import end_log, start_log

VISA_FOR_TESTS = "4242" * 4


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    handler = start_log(tmp_path / "logs")
    yield tmp_path / "logs" / "desk.log"
    end_log(handler)


def test_our_own_lines_are_written(log: Path) -> None:
    logging.getLogger("readback.desk").info("fault incident=%s", "1A2B-3C4D")
    assert "INFO readback.desk fault incident=1A2B-3C4D" in log.read_text(encoding="utf-8")


def test_a_card_number_that_got_through_is_taken_out(log: Path) -> None:
    logging.getLogger("readback.desk").info("typed %s", VISA_FOR_TESTS)
    written = log.read_text(encoding="utf-8")
    assert VISA_FOR_TESTS not in written
    assert "typed [removed]" in written


def test_of_a_library_only_the_place_is_kept(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("urllib3").warning("lost %s", "Margaret Thompson")
    written = log.read_text(encoding="utf-8")
    assert "Margaret" not in written
    assert "WARNING urllib3 at test_log_file:" in written


def test_a_traceback_is_not_written(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("Margaret Thompson")
    except ValueError:
        logging.getLogger("readback.desk").exception("broken")
    assert "Margaret" not in log.read_text(encoding="utf-8")


def test_only_the_owner_may_read_it(log: Path) -> None:
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_nothing_is_written_after_the_end(tmp_path: Path) -> None:
    handler = start_log(tmp_path)
    end_log(handler)
    logging.getLogger("readback.desk").info("too late")
    assert (tmp_path / "desk.log").read_text(encoding="utf-8") == ""
