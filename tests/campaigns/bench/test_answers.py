"""Searching the answers is measured, and judged by questions that nobody looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.table import Table

from app.campaigns.bench.answers import answers, is_held_out
from app.campaigns.bench.given import Given
from app.values.errors import Fault


def questions(path: Path, *rows: tuple[str, str]) -> Path:
    lines = ["text,intent", *(f"{text},{intent}" for text, intent in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def a_text_held_out(words: str, *, wanted: bool = True) -> str:
    """The words, with as many marks behind them as it takes."""
    return next(f"{words}{'?' * n}" for n in range(64) if is_held_out(words + "?" * n) is wanted)


def test_questions_held_out_are_judged_and_shown_by_answer(tmp_path: Path) -> None:
    shown: list[Table] = []
    file = questions(
        tmp_path / "questions.csv",
        (a_text_held_out("please send my money back"), "get_refund"),
        (a_text_held_out("please send my money back now"), "no_such_answer"),
        (a_text_held_out("seen before", wanted=False), "get_refund"),
    )

    times, missed = answers(Given(folder=tmp_path, data=file, show=shown.append), rounds=1)

    assert (times.name, times.n) == ("answers", 2)
    assert (missed.name, missed.n, missed.p50, missed.met) == ("answers/missed", 2, 50.0, False)
    assert [table.row_count for table in shown] == [3]


@pytest.mark.parametrize("content", ["code,description\nTEA-1,Tea\n", None])
def test_without_questions_only_the_time_is_measured(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "prices.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    figures = answers(Given(folder=tmp_path, data=file if content else None), rounds=1)

    assert [figure.name for figure in figures] == ["answers"]


def test_a_file_of_questions_all_seen_before_is_refused(tmp_path: Path) -> None:
    file = questions(tmp_path / "q.csv", (a_text_held_out("refund", wanted=False), "get_refund"))

    with pytest.raises(Fault, match="held out"):
        answers(Given(folder=tmp_path, data=file), rounds=1)
