"""Money, dates, times and telephone numbers as people read them.

Only for the screen: papers and spoken text have their own wording. Pure functions, any thread.
"""

from datetime import date, datetime, timedelta

import phonenumbers
from PySide6.QtCore import QCoreApplication, QDate, QLocale

from app.values.money import Money, UnitPrice
from app.values.order_number import OrderNumber, grouped

NOTHING = "\u2013"


def money(amount: Money) -> str:
    """`£1,904.00`; a credit has a true minus sign."""
    return str(amount).replace("-", "\u2212")


def unit_price(price: UnitPrice) -> str:
    """`£2.95`, with up to four decimals where the price has them."""
    return str(price).replace("-", "\u2212")


def quantity(count: int) -> str:
    """`1,250`."""
    return f"{count:,}"


def counted(count: int, one: str, many: str) -> str:
    """`1 line` or `5 lines`: two whole phrases, `many` with a place for `{count}`."""
    return one if count == 1 else many.format(count=f"{count:,}")


def order_number(number: OrderNumber) -> str:
    """`417 302 9823`, the way it is spoken."""
    return grouped(number)


def short_date(day: date) -> str:
    """`Tue 24 Nov`; the year only when it is asked for elsewhere."""
    return _dates().toString(QDate(day.year, day.month, day.day), "ddd d MMM")


def short_day(day: date) -> str:
    """`30 Nov`, where there is little room."""
    return _dates().toString(QDate(day.year, day.month, day.day), "d MMM")


def long_date(day: date) -> str:
    """`Tuesday 24 November 2026`."""
    return _dates().toString(QDate(day.year, day.month, day.day), "dddd d MMMM yyyy")


def clock_time(instant: datetime) -> str:
    """`14:11` on the clock of this desk. `instant` is aware."""
    return f"{instant.astimezone():%H:%M}"


def short_date_time(instant: datetime) -> str:
    """`14:11, Sat 21 Nov` on the clock of this desk."""
    return f"{clock_time(instant)}, {short_date(instant.astimezone().date())}"


def running_time(span: timedelta) -> str:
    """`03:42` for a call that runs, `1:03:42` beyond an hour; never below zero."""
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def since(span: timedelta) -> str:
    """How long ago in a few words: `just now`, `12 s ago`, `3 min ago`, `2 h ago`."""
    seconds = max(0, int(span.total_seconds()))
    translate = QCoreApplication.translate
    if seconds < 1:
        return translate("Formatting", "just now")
    if seconds < 60:
        return translate("Formatting", "{count} s ago").format(count=seconds)
    if seconds < 3600:
        return translate("Formatting", "{count} min ago").format(count=seconds // 60)
    return translate("Formatting", "{count} h ago").format(count=seconds // 3600)


def phone(number: str, home_region: str) -> str:
    """An E.164 number as dialled here (`07700 900412`), or with its country code from abroad.

    What is no telephone number is shown as it was typed.
    """
    try:
        parsed = phonenumbers.parse(number, home_region)
    except phonenumbers.NumberParseException:
        return number
    at_home = phonenumbers.region_code_for_country_code(parsed.country_code or 0) == home_region
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, kind.NATIONAL if at_home else kind.INTERNATIONAL)


def _dates() -> QLocale:
    """Names of days and months: plain English, or those of the language in use."""
    if QLocale().language() in {QLocale.Language.English, QLocale.Language.C}:
        return QLocale.c()
    return QLocale()
