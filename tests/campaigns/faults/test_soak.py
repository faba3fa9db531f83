"""What the soak calls flat, and what it does not: on numbers, without processes."""

from __future__ import annotations

from app.campaigns.faults.ledger import Changed, Placing, Shown
from app.campaigns.faults.soak import Look, Minute, Stretch, grown, placings, slower

_MB = 1_000_000


def minutes(*memory: int, handles: int = 20, connections: int = 5) -> list[Minute]:
    """One desk of so much memory, minute by minute."""
    return [Minute({"desk 0": Look(each * _MB, handles, 9)}, connections) for each in memory]


def named(stretches: tuple[Stretch, ...], name: str) -> Stretch:
    return next(stretch for stretch in stretches if stretch.name == name)


def shown(call: str, at: float) -> Shown:
    return Shown(call, "id", "0000000197", 100, 1, at)


def test_memory_that_stays_is_flat() -> None:
    found = grown(minutes(60, 90, 90, 91, 90, 92, 91, 90))
    assert all(stretch.is_flat for stretch in found)


def test_memory_of_the_start_does_not_count() -> None:
    assert named(grown(minutes(10, 20, 90, 90, 90, 90, 90, 90)), "memory of desk 0").is_flat


def test_memory_that_creeps_is_not_flat_and_says_so() -> None:
    creeping = named(grown(minutes(50, 60, 70, 80, 90, 100, 110, 120)), "memory of desk 0")
    assert not creeping.is_flat
    assert "is not flat" in str(creeping)


def test_of_many_processes_the_one_that_grew_most_is_told() -> None:
    seen = [
        Minute({"desk 0": Look(9 * _MB, 20, 9), "desk 1": Look(9 * _MB, 20 + n * 3, 9)}, 5)
        for n in range(8)
    ]
    handles = named(grown(seen), "handles of desk 1")
    assert (handles.earlier, handles.later, handles.is_flat) == (27.5, 39.5, False)


def test_threads_of_a_single_minute_are_no_growth_and_threads_that_stay_are() -> None:
    def with_threads(*threads: int) -> tuple[Stretch, ...]:
        return grown([Minute({"desk 0": Look(_MB, 20, each)}, 5) for each in threads])

    passing = (14,) * 12 + (14, 20, 14, 14)
    assert named(with_threads(*passing), "threads of desk 0").is_flat
    staying = (14,) * 12 + (14, 20, 20, 20)
    assert not named(with_threads(*staying), "threads of desk 0").is_flat


def test_connections_that_pile_up_are_not_flat() -> None:
    seen = [Minute({"desk 0": Look(1, 1, 1)}, 5 + place) for place in range(8)]
    assert not named(grown(seen), "connections to the database").is_flat


def test_a_number_takes_from_placing_until_it_is_shown() -> None:
    entries = [Placing("a", 1.0), Changed("b", 1, 1.2), shown("a", 1.25), shown("b", 2.0)]
    assert placings(entries) == [(1.25, 250.0)]


def test_numbers_that_take_twice_as_long_at_the_end_are_not_flat() -> None:
    took = [(at / 10, 10.0 if at < 60 else 60.0) for at in range(80)]
    (found,) = slower(took, 0.0, 8.0)
    assert (found.earlier, found.later, found.is_flat) == (10.0, 60.0, False)
