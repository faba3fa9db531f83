"""The campaign as a command: its table, and an exit code that tells when a row does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from app.campaigns.faults import command
from app.campaigns.faults.command import ROWS, run_rows
from app.campaigns.faults.ledger import Count
from app.campaigns.faults.site import Given, Ground
from app.campaigns.faults.table import RowResult, counted, text_table
from app.cli.program import main
from app.values.errors import Fault, Refusal


class Planted:
    """A row that finds one order lost in every round."""

    name: ClassVar[str] = "planted"
    fault: ClassVar[str] = "nothing is broken"
    rounds: ClassVar[int] = 5
    rounds_short: ClassVar[int] = 2

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        found = Count(acknowledged=10, lost=rounds - seed, twice=0, wrong_total=0)
        return counted(self, rounds, found, ("a note",), holds=True)


class Stuck(Planted):
    """A row that cannot go on."""

    name: ClassVar[str] = "stuck"

    def run(self, rounds: int, seed: int) -> RowResult:
        raise Fault("campaign_stuck", "The desk ended by itself.")


@pytest.fixture(autouse=True)
def _only_planted_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "ROWS", (Planted, Stuck))


def given(folder: Path, *, is_short: bool = False) -> Given:
    said: list[str] = []
    return Given(folder=folder, say=said.append, is_short=is_short)


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_a_loss_is_in_the_table_and_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ("--out", str(tmp_path / "out"))
    assert main(["faults", "planted", "--rounds", "3", "--seed", "3", *out]) == 0
    assert main(["faults", "planted", "--rounds", "4", "--seed", "3", *out]) == 1
    table = capsys.readouterr().out
    assert "planted       4            10     1" in table
    assert (tmp_path / "out" / "faults.txt").read_text(encoding="utf-8") in table


def test_results_are_one_json_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "planted", "--rounds", "1", "--json"]) == 0
    assert capsys.readouterr().out.startswith('{"row":"planted","fault":"nothing is broken"')


def test_rows_have_rounds_of_their_own(tmp_path: Path) -> None:
    (long,) = run_rows(given(tmp_path), ["planted"], None, 1)
    (short,) = run_rows(given(tmp_path, is_short=True), ["planted"], None, 1)
    assert (long.rounds, short.rounds) == (5, 2)


def test_a_row_that_cannot_go_on_keeps_no_other_from_running(tmp_path: Path) -> None:
    stuck, planted = run_rows(given(tmp_path), ["stuck", "planted"], 1, 1)
    assert not stuck.ok
    assert stuck.notes == ("It could not go on: The desk ended by itself.",)
    assert planted.ok


def test_a_row_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        next(run_rows(given(tmp_path), ["sunspots"], 1, 1))
    assert refused.value.sentence == "There is no row sunspots; there are planted, stuck."


def test_without_a_single_order_nothing_is_proved() -> None:
    found = Count(acknowledged=0, lost=0, twice=0, wrong_total=0)
    assert not counted(Planted, 1, found, (), holds=True).ok


def test_what_was_torn_is_a_note() -> None:
    found = Count(acknowledged=9, lost=0, twice=0, wrong_total=0, torn=("1 orders torn",))
    result = counted(Planted, 1, found, (), holds=True)
    assert not result.ok
    assert "    1 orders torn" in text_table([result])
