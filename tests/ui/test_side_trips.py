"""The way back from pages that are only looked at: never round in a circle."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from app.ui.side_trips import WayBack


class Trip:
    """Somebody who goes from page to page."""

    def __init__(self) -> None:
        self.pages = {name: QWidget() for name in ("call", "orders", "order", "outbox")}
        self._at = self.pages["call"]
        self._way = WayBack(self._go_to, self._home)

    def _go_to(self, page: QWidget) -> None:
        self._at = page

    def _home(self) -> QWidget:
        return self.pages["call"]

    @property
    def here(self) -> str:
        return next(name for name, page in self.pages.items() if page is self._at)

    def go(self, *names: str) -> Trip:
        for name in names:
            self._way.begin(self._at, None, self.pages[name])
        return self

    def leave_for(self, name: str) -> Trip:
        self._at = self.pages[name]
        return self

    def back(self) -> str:
        self._way.end()
        return self.here


@pytest.fixture
def trip(qapp: object) -> Trip:
    return Trip()


def test_each_page_leads_back_to_where_it_was_opened(trip: Trip) -> None:
    trip.go("orders", "order")
    assert [trip.back(), trip.back()] == ["orders", "call"]


def test_who_comes_to_a_page_again_is_where_they_were(trip: Trip) -> None:
    trip.go("order", "outbox", "order")
    assert trip.here == "order"
    assert trip.back() == "call"


def test_a_page_asked_for_on_itself_changes_nothing(trip: Trip) -> None:
    trip.go("orders", "orders")
    assert trip.back() == "call"


def test_a_page_that_was_left_by_another_way_is_no_longer_on_the_way_back(trip: Trip) -> None:
    trip.go("orders", "order").leave_for("call").go("outbox")
    assert [trip.back(), trip.back()] == ["call", "call"]
