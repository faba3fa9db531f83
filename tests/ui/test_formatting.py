from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from app.ui import formatting
from app.values.money import Currency, Money, UnitPrice
from app.values.order_number import OrderNumber

SAINT_ANDREW = date(2026, 11, 24)


def test_money_has_its_sign_and_thousands() -> None:
    assert formatting.money(Money(190400, Currency.GBP)) == "£1,904.00"
    assert formatting.money(Money(-495, Currency.USD)) == "−$4.95"
    assert formatting.money(Money(0, Currency.EUR)) == "€0.00"


def test_a_unit_price_shows_the_decimals_it_has() -> None:
    assert formatting.unit_price(UnitPrice(29500, Currency.GBP)) == "£2.95"
    assert formatting.unit_price(UnitPrice(10, Currency.GBP)) == "£0.001"


def test_an_order_number_is_grouped_as_it_is_spoken() -> None:
    assert formatting.order_number(OrderNumber("4173029823")) == "417 302 9823"


def test_dates_carry_their_weekday() -> None:
    assert formatting.short_date(SAINT_ANDREW) == "Tue 24 Nov"
    assert formatting.long_date(SAINT_ANDREW) == "Tuesday 24 November 2026"


def test_dates_speak_the_language_of_the_desk(qtbot: QtBot) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    try:
        assert formatting.long_date(SAINT_ANDREW) == "Dienstag 24 November 2026"
    finally:
        QLocale.setDefault(before)


def test_an_instant_is_shown_on_the_clock_of_the_desk() -> None:
    instant = datetime(2026, 11, 21, 14, 11, tzinfo=UTC)
    here = instant.astimezone()
    assert formatting.clock_time(instant) == f"{here:%H:%M}"
    assert formatting.short_date_time(instant).startswith(f"{here:%H:%M}, ")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "00:00"), (222, "03:42"), (3822, "1:03:42"), (-5, "00:00"), (59.9, "00:59")],
)
def test_a_call_shows_how_long_it_runs(seconds: float, shown: str) -> None:
    assert formatting.running_time(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "just now"), (1, "1 s ago"), (90, "1 min ago"), (7300, "2 h ago"), (-3, "just now")],
)
def test_the_age_of_a_draft_is_told_in_a_few_words(seconds: float, shown: str) -> None:
    assert formatting.since(timedelta(seconds=seconds)) == shown


def test_a_phone_number_is_shown_as_it_is_dialled_here() -> None:
    assert formatting.phone("+447700900412", "GB") == "07700 900412"
    assert formatting.phone("+447700900412", "US") == "+44 7700 900412"
    assert formatting.phone("+12025550123", "US") == "(202) 555-0123"


def test_what_is_no_phone_number_is_shown_as_typed() -> None:
    assert formatting.phone("ask for Meg", "GB") == "ask for Meg"
