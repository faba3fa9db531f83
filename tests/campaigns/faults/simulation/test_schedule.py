"""Virtual time on one thread: what is due runs in its order, also inside one that waits."""

from __future__ import annotations

from functools import partial

from app.campaigns.faults.simulation.schedule import BEGINNING, Chance, Schedule, VirtualClock


def test_what_is_due_sooner_runs_first_and_time_jumps_to_it() -> None:
    schedule = Schedule()
    clock = VirtualClock(schedule)
    seen: list[tuple[str, float]] = []
    schedule.after(2_000, "b", lambda: seen.append(("b", clock.monotonic())))
    schedule.after(1_000, "a", lambda: seen.append(("a", clock.monotonic())))

    schedule.run(5_000)

    assert seen == [("a", 1.0), ("b", 2.0)]
    assert (clock.now() - BEGINNING).total_seconds() == 5.0


def test_others_act_while_one_waits_but_never_the_one_who_waits() -> None:
    schedule = Schedule()
    seen: list[str] = []

    def slow() -> None:
        seen.append("slow begins")
        schedule.wait(1_000)
        seen.append("slow ends")

    schedule.after(0, "slow", slow)
    schedule.after(500, "slow", lambda: seen.append("slow again"))
    schedule.after(600, "quick", lambda: seen.append("quick"))
    schedule.run(5_000)

    assert seen == ["slow begins", "quick", "slow ends", "slow again"]


def test_a_run_stops_as_soon_as_it_is_over() -> None:
    schedule = Schedule()
    seen: list[int] = []
    for at in range(5):
        schedule.after(at * 100, str(at), partial(seen.append, at))

    assert schedule.run(10_000, lambda: len(seen) == 2)

    assert seen == [0, 1]
    assert schedule.now_ms == 100


def test_the_same_seed_gives_the_same_chance() -> None:
    assert [Chance(7).below(100) for _ in range(3)] == [Chance(7).below(100) for _ in range(3)]
    one, other = Chance(7), Chance(8)
    assert [one.below(1_000) for _ in range(9)] != [other.below(1_000) for _ in range(9)]
