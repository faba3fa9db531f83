"""The model of two people on a telephone: what goes wrong, and what reading back catches."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.campaigns.mishearing import Arm, Chances, Item, LineRun, Mishearing, Wish
from app.services.rules.read_back import SPOKEN_FROM, MustSpeak, Spoken

NOTHING_GOES_WRONG = Chances(
    letter=0,
    digit=0,
    teen_ty=0,
    key=0,
    twin=0,
    nods_near=0,
    nods_far=0,
    parrots=0,
    sees=0,
)
CATALOGUE = {
    "22697": Item("22697", "GREEN TEACUP", ("22699",), "GREEN"),
    "22699": Item("22699", "ROSES TEACUP", ("22697",), "ROSES"),
    "47566": Item("47566", "PARTY BUNTING"),
}


def with_chances(**different: float) -> Chances:
    given = {name: getattr(NOTHING_GOES_WRONG, name) for name in Chances.__slots__}
    return Chances(**(given | different))


def asks(record: Wish) -> tuple[MustSpeak, ...]:
    item = CATALOGUE.get(record.code)
    count = MustSpeak(part="quantity", kind=Spoken.QUANTITY, value=str(record.quantity))
    which = MustSpeak(
        part="description", kind=Spoken.WORDS, value=item.must_say if item is not None else ""
    )
    counts = record.quantity >= SPOKEN_FROM
    return (*((count,) if counts else ()), *((which,) if which.value else ()))


def says_the_same(expected: Sequence[MustSpeak], text: str) -> bool:
    return all(one.value in text for one in expected)


def taken(arm: Arm, chances: Chances, wish: Wish, times: int = 200) -> list[LineRun]:
    model = Mishearing(arm, CATALOGUE, asks, says_the_same, chances=chances)
    return [model.take(wish) for _ in range(times)]


@pytest.mark.parametrize("arm", list(Arm))
def test_people_who_make_no_mistakes_leave_none(arm: Arm) -> None:
    for wish in (Wish("22697", 15), Wish("47566", 2)):
        runs = taken(arm, NOTHING_GOES_WRONG, wish)
        assert not any(run.was_wrong or run.stays_wrong or run.asked_again for run in runs)


def test_without_a_read_back_what_was_misheard_stays() -> None:
    runs = taken(Arm.NONE, with_chances(teen_ty=1), Wish("47566", 15))
    assert all(run.was_wrong and run.stays_wrong for run in runs)


def test_a_caller_who_listens_notices_a_wrong_number() -> None:
    runs = taken(Arm.YES_ONLY, with_chances(teen_ty=0.5), Wish("47566", 15))
    assert any(run.was_wrong for run in runs)
    assert sum(run.stays_wrong for run in runs) < sum(run.was_wrong for run in runs) / 4


def test_a_caller_who_nods_at_everything_notices_nothing() -> None:
    chances = with_chances(teen_ty=0.5, nods_near=1, nods_far=1)
    runs = taken(Arm.YES_ONLY, chances, Wish("47566", 15))
    assert all(run.stays_wrong == run.was_wrong for run in runs)


def test_a_caller_who_nods_is_caught_by_speaking_the_number() -> None:
    chances = with_chances(teen_ty=0.2, nods_near=1, nods_far=1)
    runs = taken(Arm.SPEAKS, chances, Wish("47566", 15), times=2_000)
    assert sum(run.was_wrong for run in runs) > 300
    assert sum(run.stays_wrong for run in runs) < 100


def test_a_caller_who_repeats_without_thinking_is_not_caught() -> None:
    chances = with_chances(teen_ty=0.5, parrots=1)
    runs = taken(Arm.SPEAKS, chances, Wish("47566", 15))
    assert any(run.stays_wrong for run in runs)


def test_the_wrong_one_of_two_that_differ_in_a_word_is_named_by_the_caller() -> None:
    chances = with_chances(twin=1, by_code=0, nods_near=1)
    nodding = taken(Arm.YES_ONLY, chances, Wish("22697", 1))
    assert all(run.stays_wrong for run in nodding)
    chances = with_chances(twin=0.5, by_code=0, nods_near=1)
    speaking = taken(Arm.SPEAKS, chances, Wish("22697", 1), times=1_000)
    assert sum(run.was_wrong for run in speaking) > 400
    assert sum(run.stays_wrong for run in speaking) < 100


def test_a_right_value_that_is_misheard_when_it_is_spoken_costs_a_turn_and_no_error() -> None:
    runs = taken(Arm.SPEAKS, with_chances(teen_ty=0.3), Wish("47566", 15))
    assert any(run.false_alarms for run in runs)


def test_the_same_seed_gives_the_same_calls() -> None:
    first = taken(Arm.EVERYTHING, Chances(), Wish("22697", 15))
    assert first == taken(Arm.EVERYTHING, Chances(), Wish("22697", 15))
