"""The list of questions without an answer, for a lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.background import InlineBackground
from app.ui.main_window import MainWindow
from app.ui.screens.unanswered.presenter import UnansweredPresenter
from app.ui.screens.unanswered.screen import UnansweredList
from app.values.vocabulary import Role
from app.wire.guidance import Unanswered
from app.wire.people import PERMISSIONS
from tests.builders import A_MORNING
from tests.ui.looks import nameless
from tests.ui.screens.fake_desk import PASSWORD, FakeDesk, a_person
from tests.ui.stage import Hands

SEARCHES = (
    Unanswered(text="do you wrap gifts", times=4, last_at=A_MORNING),
    Unanswered(text="stamps", times=1, last_at=A_MORNING - timedelta(days=1)),
)


@pytest.fixture
def shown(desk: FakeDesk, inline: InlineBackground, qapp: object) -> UnansweredList:
    host = QWidget()
    return UnansweredList(host, UnansweredPresenter(desk, inline, host))


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_review_orders_is_offered_the_list(shown: UnansweredList, role: Role) -> None:
    offered = [command.title for command in shown.commands(PERMISSIONS[role])]

    assert bool(offered) is (role is Role.TEAM_LEAD)


def test_a_lead_opens_it_from_the_palette(window: MainWindow, hands: Hands, desk: FakeDesk) -> None:
    desk.people = [a_person("Lee Ward", Role.TEAM_LEAD)]
    desk.unanswered = SEARCHES
    window.sign_in.begin()
    window.sign_in_screen.begin()
    hands.enter()
    hands.write(PASSWORD)
    hands.enter()

    hands.ctrl(Qt.Key.Key_K)
    hands.write("without an answer")
    hands.enter()

    assert window.unanswered.is_open()
    assert window.unanswered.table.rows().rows() == SEARCHES
    assert nameless(window.unanswered) == []
    hands.press(Qt.Key.Key_Escape)
    assert not window.unanswered.is_open()
    assert window.unanswered.table.rows().rows() == ()


def test_a_csr_finds_nothing_of_it_in_the_palette(on_call: Hands, window: MainWindow) -> None:
    assert not [one for one in window.commands() if "without an answer" in one.title]


def test_an_empty_list_says_that_it_is_good(
    desk: FakeDesk, inline: InlineBackground, shown: UnansweredList
) -> None:
    shown.toggle()

    assert shown.sentence() == "Every question found its answer."


def test_without_the_centre_the_list_says_so(desk: FakeDesk, shown: UnansweredList) -> None:
    desk.offline = True
    shown.toggle()

    assert "does not answer" in shown.sentence()
