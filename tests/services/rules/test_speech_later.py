"""Pieces of a line that follow later: what is said, what it covers, and how it changes."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.read_back import changes_between
from app.services.rules.speech import FACTS_MOST
from app.values.vocabulary import CheckpointKind, Region
from app.wire.orders import OrderDocument
from tests.builders import an_order, with_line
from tests.services.rules.speaking import MODES, point_of, turns_of

MONDAY = date(2026, 11, 30)


def an_order_of(
    quantity: int, later: int, on: date | None = None, region: Region = Region.GB
) -> OrderDocument:
    line = with_line("47566", quantity, description="PARTY BUNTING", back_ordered=later)
    order = an_order(line, region=region)
    lines = (msgspec.structs.replace(order.lines[0], back_order_on=on),)
    return msgspec.structs.replace(order, lines=lines)


def said(order: OrderDocument, *, slow: bool = False) -> list[str]:
    point = point_of(order, CheckpointKind.LINE)
    return [turn.text for turn in turns_of(order, point, slow=slow)]


def test_what_follows_is_said_with_its_day() -> None:
    assert said(an_order_of(5, 3, MONDAY))[-1] == (
        "Of these two now, three to follow about Monday the thirtieth of November."
    )


def test_a_day_that_is_not_known_is_said_not_to_be() -> None:
    assert said(an_order_of(5, 3))[-1] == (
        "Of these two now, three to follow as soon as more comes in; we do not know the day yet."
    )


def test_where_all_of_it_follows_nothing_is_said_to_go_now() -> None:
    (told,) = said(an_order_of(3, 3, MONDAY))
    assert told.endswith("Of these three to follow about Monday the thirtieth of November.")


def test_what_the_caller_has_to_speak_is_asked_before_it_is_told() -> None:
    ask, *told = said(an_order_of(16, 5, MONDAY))
    assert ask.endswith("How many do you want?")
    assert "eleven" not in ask
    assert "eleven, one one" in " ".join(told)


@MODES
def test_a_turn_holds_no_more_facts_for_it(slow: bool) -> None:
    order = an_order_of(16, 5, MONDAY)
    turns = turns_of(order, point_of(order, CheckpointKind.LINE), slow=slow)
    assert max(turn.facts for turn in turns) <= (1 if slow else FACTS_MOST)


def test_an_order_of_which_nothing_follows_has_the_digest_of_before() -> None:
    point = point_of(an_order_of(5, 0), CheckpointKind.LINE)
    assert [part.name for part in point.parts] == ["quantity", "code", "description", "kind"]


def test_what_follows_makes_the_line_be_asked_again() -> None:
    before, after = (
        point_of(an_order_of(5, later, on), CheckpointKind.LINE)
        for later, on in ((0, None), (3, MONDAY))
    )
    assert before.sha256 != after.sha256
    changed = changes_between(before.parts, after.parts)
    assert [(one.part, one.new) for one in changed] == [
        ("back_ordered", "3"),
        ("back_order_on", "2026-11-30"),
    ]


DAYS = st.none() | st.integers(0, 365).map(lambda days: MONDAY + timedelta(days=days))
SPLITS = st.tuples(st.integers(1, 40), DAYS)


@given(first=SPLITS, second=SPLITS)
def test_no_two_agreements_sound_the_same(
    first: tuple[int, date | None], second: tuple[int, date | None]
) -> None:
    one, other = (said(an_order_of(40, later, on)) for later, on in (first, second))
    assert (one == other) is (first == second)
