"""A whole desk and a whole centre over a socket: what was searched in vain reaches a lead."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from app.services.desk.desk import Desk
from app.values.errors import Refusal
from app.values.vocabulary import Role
from app.wire import operations
from app.wire.guidance import AskUnanswered, FindAnswers, NoteSearch
from app.wire.people import SignIn
from tests.centre import PASSWORD
from tests.order_desk import OrderCentre
from tests.services.test_guidance_followed import a_desk


@pytest.fixture
def centre(central_url: str) -> Generator[OrderCentre]:
    made = OrderCentre(central_url)
    yield made
    made.close()


def signed_in(centre: OrderCentre, desk: Desk) -> None:
    centre.person("anna")
    desk.caller.call(operations.SIGN_IN, SignIn(login="anna", password=PASSWORD))


def found(desk: Desk, text: str) -> list[str]:
    answers = desk.caller.call(operations.FIND_ANSWERS, FindAnswers(text=text)).answers
    return [answer.key for answer in answers]


def unanswered(centre: OrderCentre) -> list[str]:
    lead = centre.signed_in(Role.TEAM_LEAD)
    found = lead.call(operations.ASK_UNANSWERED, AskUnanswered())
    return [search.text for search in found.searches]


def test_shipped_answers_are_found_and_a_miss_is_listed(
    centre: OrderCentre, tmp_path: Path
) -> None:
    with centre.over_http() as line, a_desk(centre, line.url, tmp_path / "seat") as desk:
        for _ in range(4):
            desk.feed.step()
        signed_in(centre, desk)

        assert found(desk, "my parcel hasnt come yet")[0] == "track_order"
        desk.caller.call(operations.NOTE_SEARCH, NoteSearch(text="zebra crossing"))
        assert unanswered(centre) == []
        desk.line.step()
        desk.line.step()

        assert unanswered(centre) == ["zebra crossing"]
        assert centre.rows("SELECT count(*) FROM answer_search")[0][0] == 1


def test_nobody_searches_without_signing_in(centre: OrderCentre, tmp_path: Path) -> None:
    with (
        centre.over_http() as line,
        a_desk(centre, line.url, tmp_path / "seat") as desk,
        pytest.raises(Refusal),
    ):
        found(desk, "refund")
