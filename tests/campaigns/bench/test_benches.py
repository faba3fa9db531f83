"""The cheap benches run to their end on next to nothing; how quick they are is not asked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from rich.table import Table

from app.campaigns.bench.benches import BENCHES
from app.campaigns.bench.call_screen import key_echo
from app.campaigns.bench.confusables import confusables
from app.campaigns.bench.figures import Figure
from app.campaigns.bench.finder import finder
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.importing import made_file
from app.campaigns.bench.load.amending import previews
from app.campaigns.bench.load.stored import stored_orders
from app.campaigns.bench.mishearing import mishearing
from app.campaigns.bench.papers import confirmation_pdf
from app.campaigns.bench.products import listed_in
from app.campaigns.bench.programs import resident_mb
from app.campaigns.bench.read_back import stale_marks
from app.campaigns.bench.storing import draft_save, place
from app.campaigns.mishearing import Arm
from app.values.errors import Fault


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(folder=tmp_path)


def names_of(figures: tuple[Figure, ...]) -> list[str]:
    return [figure.name for figure in figures]


def test_the_finder_is_measured_for_words_slips_and_codes(given: Given) -> None:
    figures = finder(given, count=700, typed_of_each=3, rounds=1)
    assert names_of(figures) == [f"finder-700{part}" for part in ("", "/slips", "/codes", "/shown")]
    assert all(figure.n > 0 and figure.limit for figure in figures)


def test_lookalikes_are_measured_and_none_is_missed(given: Given) -> None:
    index, look_up, *wrong = confusables(given, count=900, compared=100)
    assert (index.name, look_up.name) == ("confusables-900/index", "confusables-900/look-up")
    assert index.limit is not None
    assert "confusables-900/missed/one-word" in {figure.name for figure in wrong}
    assert wrong[-1].name == "confusables-900/unsettled"
    assert all(figure.met for figure in wrong)


def test_a_draft_is_measured_beside_a_bare_write(given: Given) -> None:
    (figure,) = draft_save(given, lines=3, saves=2)
    assert (figure.name, figure.n) == ("draft-save-3", 2)
    assert figure.limit is not None


def test_placing_is_measured_beside_two_bare_writes(given: Given) -> None:
    (figure,) = place(given, orders=2)
    assert (figure.name, figure.n) == ("place", 2)
    assert figure.ratio is not None


def test_stale_marks_are_measured_after_a_whole_read_back(given: Given) -> None:
    (figure,) = stale_marks(given, lines=3, most_ms=1_000, edits=4)
    assert (figure.name, figure.n) == ("read-back-3", 4)


def test_every_way_of_reading_back_leaves_less_than_the_one_before(given: Given) -> None:
    tables: list[Table] = []
    left, lines, whole = mishearing(replace(given, show=tables.append), lines=2_000)
    assert left.name == "read-back, errors left"
    assert 0 <= left.p50 < 1
    assert 0 < lines.p50 < whole.p50
    assert [table.row_count for table in tables] == [len(Arm), 6]


def test_copied_orders_are_found_by_everything_a_caller_knows(server_folder: Path) -> None:
    figures = stored_orders(Given(folder=server_folder), sizes=(1_000,), each=2)
    names = {figure.name for figure in figures}
    assert {"by phone among 1,000 orders", "open the page among 1,000 orders"} <= names
    assert all(figure.n > 0 for figure in figures)


def test_changes_of_an_order_are_previewed(server_folder: Path) -> None:
    figures = previews(Given(folder=server_folder), lines=3, times=2)
    assert [figure.n for figure in figures] == [2, 2]


def test_papers_are_measured(given: Given) -> None:
    (figure,) = confirmation_pdf(given, papers=2)
    assert (figure.name, figure.n) == ("confirmation-pdf", 2)


def test_keys_are_measured_in_the_real_window(given: Given, qapp: QApplication) -> None:
    echo, rows = key_echo(given, lines=3, words=2, products=40)
    assert (echo.name, rows.name) == ("key-echo-3", "key-echo-3/rows")
    assert echo.n > 0
    assert rows.n > 0


def test_a_made_file_has_as_many_order_lines_as_the_real_one(given: Given) -> None:
    path = made_file(given, 200)
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines == 201
    assert 0 < len(list(listed_in(path))) <= 200


def test_the_memory_of_a_process_is_seen_from_outside() -> None:
    assert 10 < resident_mb(os.getpid()) < 10_000


def test_a_run_that_found_nothing_is_rejected() -> None:
    with pytest.raises(Fault, match="Nothing was found"):
        require(holds=False, sentence="Nothing was found.")


def test_every_bench_says_what_it_measures() -> None:
    assert all(bench.words for bench in BENCHES.values())
