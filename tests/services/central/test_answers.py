"""What CSRs searched for: kept without card digits, and listed where it led to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app.services.central.answers import LISTED, Answers
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.vocabulary import Role
from app.wire.guidance import AnswerSearch, AskUnanswered, ReportSearches, Unanswered
from app.wire.operations import (
    ASK_UNANSWERED,
    ENROL_DEVICE,
    REPORT_SEARCHES,
    SIGN_IN_AT_CENTRE,
    SIGN_OUT_AT_CENTRE,
)
from tests.builders import A_MORNING
from tests.centre import Centre

TABLE = (
    ENROL_DEVICE,
    SIGN_IN_AT_CENTRE,
    SIGN_OUT_AT_CENTRE,
    REPORT_SEARCHES,
    ASK_UNANSWERED,
)
A_CARD_NUMBER = "4111111111111111"


@pytest.fixture(params=["in process", "over HTTP"])
def centre(request: pytest.FixtureRequest, central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, TABLE, Answers().register)
    if request.param == "in process":
        yield made
    else:
        with made.over_http():
            yield made
    made.close()


def at(seconds: float) -> datetime:
    return A_MORNING + timedelta(seconds=seconds)


def search(text: str, chosen: str = "", seconds: float = 0) -> AnswerSearch:
    return AnswerSearch(text=text, chosen=chosen, at=at(seconds))


def report(seat: RemoteCaller, *searches: AnswerSearch) -> None:
    seat.call(REPORT_SEARCHES, ReportSearches(searches=searches))


def listed(centre: Centre, limit: int = 100) -> tuple[Unanswered, ...]:
    lead = centre.signed_in(Role.TEAM_LEAD)
    return lead.call(ASK_UNANSWERED, AskUnanswered(limit=limit)).searches


def test_what_led_to_nothing_is_listed_most_frequent_first(centre: Centre) -> None:
    seat, other = centre.seat("Desk 1"), centre.seat("Desk 2")
    report(seat, search("refund", "get_refund"), search("gift wrap", seconds=1))
    report(seat, search("stamps", seconds=100))
    report(other, search("Gift Wrap", seconds=200))

    first, second = listed(centre)

    assert (first.text.casefold(), first.times, first.last_at) == ("gift wrap", 2, at(200))
    assert second == Unanswered(text="stamps", times=1, last_at=at(100))
    assert len(listed(centre, limit=1)) == 1


def test_a_search_that_was_put_in_other_words_within_a_minute_is_not_listed(
    centre: Centre,
) -> None:
    seat = centre.seat()
    report(seat, search("oil money"), search("refund", "get_refund", seconds=60))
    report(seat, search("too late", seconds=500), search("refund", "get_refund", seconds=561))

    assert [one.text for one in listed(centre)] == ["too late"]


def test_an_answer_found_at_another_seat_is_no_answer_here(centre: Centre) -> None:
    report(centre.seat("Desk 1"), search("gift wrap"))
    report(centre.seat("Desk 2"), search("refund", "get_refund", seconds=5))

    assert [one.text for one in listed(centre)] == ["gift wrap"]


def test_a_report_that_comes_again_is_kept_once(centre: Centre) -> None:
    seat = centre.seat()
    report(seat, search("gift wrap"), search("stamps", seconds=1))
    report(seat, search("gift wrap"), search("stamps", seconds=1), search("stamps", seconds=2))

    assert centre.rows("SELECT count(*) FROM answer_search")[0][0] == 3


def test_card_digits_are_masked_before_they_are_kept(centre: Centre) -> None:
    report(centre.seat(), search(f"is {A_CARD_NUMBER} right"))

    (row,) = centre.rows("SELECT text FROM answer_search")
    assert not any(sign.isdigit() for sign in row.text)
    assert row.text.startswith("is ")


def test_a_sign_that_no_database_keeps_does_not_hold_up_the_report(centre: Centre) -> None:
    report(centre.seat(), search("gift\0 wrap"), search("stamps", seconds=1))

    assert [one.text for one in listed(centre)] == ["stamps", "gift wrap"]


def test_old_searches_are_not_listed(centre: Centre) -> None:
    report(centre.seat(), search("gift wrap"))
    centre.clock.advance(seconds=LISTED.total_seconds() + 1)

    assert listed(centre) == ()


def test_only_who_may_review_orders_sees_the_list(centre: Centre) -> None:
    with pytest.raises(Refusal) as refused:
        centre.signed_in(Role.CSR).call(ASK_UNANSWERED, AskUnanswered())

    assert refused.value.code == "permission_missing"
