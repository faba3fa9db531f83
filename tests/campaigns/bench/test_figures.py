"""Figures: quantiles are nearest-rank, ratios are against the bare thing of the same run."""

from __future__ import annotations

from app.campaigns.bench.figures import beside, in_turns, spread, within


def test_quantiles_are_values_that_were_measured() -> None:
    measured = spread([float(value) for value in range(100, 0, -1)])
    assert (measured.n, measured.p50, measured.p95, measured.p99) == (100, 50.0, 95.0, 99.0)


def test_one_sample_is_its_own_quantile() -> None:
    assert spread([7.0]).p99 == 7.0


def test_a_ratio_says_how_many_times_the_bare_thing() -> None:
    figure = beside("search", [6.0], [2.0], 3)
    assert (figure.limit, figure.ratio, figure.met) == (2.0, 3.0, True)
    assert not beside("search", [6.1], [2.0], 3).met


def test_a_fixed_aim_is_missed_by_a_slow_tail_alone() -> None:
    assert within("key", [1.0] * 99 + [20.0], 16).met
    assert not within("key", [1.0] * 98 + [20.0] * 2, 16).met


def test_ours_and_the_bare_thing_take_turns() -> None:
    calls: list[str] = []

    def ours() -> None:
        calls.append("ours")

    def bare() -> None:
        calls.append("bare")

    mine, theirs = in_turns([ours, ours], [bare, bare])
    assert calls == ["ours", "bare", "ours", "bare"]
    assert len(mine) == len(theirs) == 2
