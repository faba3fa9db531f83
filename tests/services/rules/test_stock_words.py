"""Stock in plain words, and which lines what is held reaches to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.services.rules import stock_words
from app.services.rules.stock_words import Lacking, Offer
from app.values.identity import ProductCode
from app.wire.stock import ColleagueHold, StockStanding
from tests.builders import A_MORNING, an_order, with_charge, with_line

TEA = ProductCode("TEA-1")
MONDAY = date(2026, 11, 30)
AT_ONCE = timedelta(0)


def a_standing(wanted: int = 0, held: int = 0, left: int = 0, **different: object) -> StockStanding:
    return StockStanding(
        code=TEA,
        tracked=True,
        wanted=wanted,
        held=held,
        left=left,
        as_of=A_MORNING,
        **different,  # type: ignore[arg-type] # whatever field a test names
    )


def held_by_colleagues(*spans: timedelta) -> tuple[ColleagueHold, ...]:
    return tuple(ColleagueHold(quantity=2, expires_at=A_MORNING + span) for span in spans)


def lacking(held: int, short: int, description: str = "PARTY BUNTING") -> Lacking:
    order = an_order(with_line("47566", held + short, description=description))
    return Lacking(number=3, line=order.lines[0], held=held, short=short)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (a_standing(left=2), "2 left"),
        (a_standing(wanted=5, held=5, left=1_209), "5 held for this call; 1,209 more left"),
        (a_standing(wanted=5, held=5, expected_on=MONDAY), "5 held for this call; none more left"),
        (a_standing(), "None left"),
        (a_standing(expected_on=MONDAY), "None left; more expected on Monday 30 November"),
        (
            a_standing(wanted=5, held=2, left=-1, expected_on=MONDAY),
            "2 held for this call; none more left; more expected on Monday 30 November",
        ),
        (a_standing(left=2, confirmed=False), "2 left, last known, 14:02"),
        (a_standing(left=-3, confirmed=False), "None left, last known, 14:02"),
        (StockStanding(code=TEA, tracked=False), ""),
    ],
    ids=[
        *("left", "held", "held all", "none", "none but expected", "held some"),
        *("last known", "last known none", "untracked"),
    ],
)
def test_a_standing_is_told_in_plain_words(standing: StockStanding, words: str) -> None:
    assert stock_words.standing_words(standing, AT_ONCE, "14:02") == words


def test_colleagues_are_told_with_the_time_the_first_of_them_has() -> None:
    spans = (timedelta(minutes=4), timedelta(minutes=3, seconds=10))
    standing = a_standing(left=1, colleagues=held_by_colleagues(*spans))
    told = stock_words.standing_words(standing, timedelta(seconds=8), "")
    assert told == "1 left, 4 held by 2 colleagues, 3:02 to go"


def test_a_hold_that_ran_out_meanwhile_is_told_no_more() -> None:
    standing = a_standing(left=1, colleagues=held_by_colleagues(timedelta(seconds=30)))
    assert stock_words.is_counting(standing, timedelta(seconds=29))
    assert not stock_words.is_counting(standing, timedelta(seconds=30))
    assert stock_words.standing_words(standing, timedelta(seconds=30), "") == "1 left"


def test_what_is_held_reaches_the_first_lines_and_charges_take_none() -> None:
    lines = an_order(
        with_line("TEA-1", 3), with_charge("TEA-1"), with_line("CUP-2", 9), with_line("TEA-1", 4)
    ).lines
    (found,) = stock_words.lacking_lines(lines, {TEA: 5})
    assert (found.number, found.held, found.short) == (4, 2, 2)


def test_pieces_that_follow_later_are_not_lacking() -> None:
    lines = an_order(with_line("TEA-1", 5, back_ordered=3)).lines
    assert stock_words.lacking_lines(lines, {TEA: 2}) == ()


@pytest.mark.parametrize(
    ("found", "on", "says"),
    [
        (
            lacking(2, 3),
            MONDAY,
            "2 can go now, and the other 3 will follow about Monday 30 November.",
        ),
        (lacking(2, 3), None, "will follow as soon as more comes in; we do not know the day yet."),
        (lacking(0, 3), MONDAY, "All 3 will follow about Monday 30 November."),
        (lacking(0, 1), MONDAY, "It will follow about Monday 30 November."),
    ],
    ids=["some", "some, no day", "none", "none of one"],
)
def test_waiting_is_offered_with_what_is_known_of_the_day(
    found: Lacking, on: date | None, says: str
) -> None:
    offers = {one.offer: one for one in stock_words.offers(found, on)}
    assert says in offers[Offer.LATER].say
    assert offers[Offer.LATER].button == f"{found.short} later"


def test_of_nothing_nothing_can_be_taken() -> None:
    take, *_ = stock_words.offers(lacking(0, 3), None)
    assert take.button == "Take it off"


def test_only_the_first_of_many_short_lines_are_named() -> None:
    sentence = stock_words.refusal_sentence([lacking(1, 1)] * 5)
    assert sentence.count("47566") == 3
    assert "and 2 more lines" in sentence


@pytest.mark.parametrize(
    ("later", "on", "words"),
    [
        (3, MONDAY, "2 now, 3 about Monday 30 November"),
        (3, None, "2 now, 3 when it comes in"),
        (5, None, "5 when it comes in"),
    ],
)
def test_what_was_agreed_is_told_in_short(later: int, on: date | None, words: str) -> None:
    line = an_order(with_line("TEA-1", 5, back_ordered=later, back_order_on=on)).lines[0]
    assert stock_words.later_words(line) == words
