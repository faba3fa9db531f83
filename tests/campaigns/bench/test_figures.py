"""Figures: quantiles are nearest-rank, ratios are against the bare thing of the same run."""

from __future__ import annotations

import io

from rich.console import Console

from app.campaigns.bench.figures import beside, in_turns, reaching, spread, table_of, timed, within


def test_quantiles_are_values_that_were_measured() -> None:
    measured = spread([float(value) for value in range(100, 0, -1)])
    assert (measured.n, measured.p50, measured.p95, measured.p99) == (100, 50.0, 95.0, 99.0)


def test_one_sample_is_its_own_quantile() -> None:
    assert spread([7.0]).p99 == 7.0


def test_a_ratio_says_how_many_times_the_bare_thing() -> None:
    figure = beside("search", [6.0], [2.0], 3)
    assert (figure.limit, figure.ratio, figure.met) == (2.0, 3.0, True)
    assert not beside("search", [6.1], [2.0], 3).met


def test_an_aim_in_milliseconds_counts_beside_the_ratio() -> None:
    figure = beside("search", [9.0], [6.0], 3, most=8)
    assert not figure.met
    assert figure.aim == "p99 at most 3 times the bare thing, and 8 ms"


def test_the_quantile_that_is_aimed_at_is_the_one_compared() -> None:
    stalled = [1.0] * 98 + [50.0] * 2
    figure = beside("place", stalled, [1.0], 3, quantile="p50")
    assert (figure.limit, figure.ratio, figure.met) == (1.0, 1.0, True)


def test_a_fixed_aim_is_missed_by_a_slow_tail_alone() -> None:
    assert within("key", [1.0] * 99 + [20.0], 16).met
    assert not within("key", [1.0] * 98 + [20.0] * 2, 16).met


def test_a_fixed_aim_shows_the_bare_thing_and_does_not_judge_by_it() -> None:
    figure = within("save", [10.0], 20, bare=[0.1])
    assert (figure.limit, figure.met) == (0.1, True)
    assert within("paper", [10.0], 20).limit is None


def test_what_is_to_be_reached_is_missed_by_less() -> None:
    assert reaching("renewals", [100.0], 100, unit="per s").met
    assert not reaching("renewals", [99.0], 100, unit="per s").met


def test_a_timed_call_gives_its_result() -> None:
    took, result = timed(dict[str, int])
    assert took >= 0
    assert result == {}


def test_ours_and_the_bare_thing_take_turns() -> None:
    calls: list[str] = []

    def ours() -> None:
        calls.append("ours")

    def bare() -> None:
        calls.append("bare")

    mine, theirs = in_turns([ours, ours], [bare, bare])
    assert calls == ["ours", "bare", "ours", "bare"]
    assert len(mine) == len(theirs) == 2


def test_a_missed_aim_stands_out_in_the_table() -> None:
    text = io.StringIO()
    table = table_of([within("quick", [1.0], 16), within("slow", [20.0], 16)])
    Console(file=text, width=120).print(table)
    rows = text.getvalue().splitlines()
    assert any("quick" in row and "yes" in row for row in rows)
    assert any("slow" in row and "NO" in row for row in rows)
