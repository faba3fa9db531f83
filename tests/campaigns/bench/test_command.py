"""`readback bench`: names, the table on standard output, the figures as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec
import pytest

from app.campaigns.bench import command
from app.campaigns.bench.figures import Report
from app.values.errors import Refusal


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_figures_go_to_the_table_and_into_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    assert run("confirmation-pdf", "--json", str(file)) == 0
    report = msgspec.json.decode(file.read_bytes(), type=Report)
    assert [figure.name for figure in report.figures] == ["confirmation-pdf"]
    shown = capsys.readouterr()
    assert "confirmation-pdf" in shown.out
    assert "Making 100 confirmations" in shown.err


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(Refusal, match="There is no bench finder-5") as refused:
        run("finder-5")
    assert "finder-4000" in refused.value.sentence


def test_a_missing_file_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(Refusal, match="There is no file"):
        run("--data", "/nowhere/products.csv")
