"""What the Orders screen says: how a text was taken, what was found, what to ask. Pure."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.ui import formatting
from app.ui.order_words import AT_DESK, Look, fulfilment_look, state_look
from app.ui.palettes import Tone
from app.ui.widgets.chip import ChipKind
from app.values.order_life import Fulfilment, OrderState
from app.values.order_number import OrderNumber, grouped
from app.wire.order_search import FoundOrder, Meaning, OfferedNumber, OrdersLookedUp

CONTEXT = "Orders"
SAME_YEAR_DAYS = 300
"""Within so many no day and month come twice."""
TONES = {
    ChipKind.OK: Tone.OK,
    ChipKind.INFO: Tone.INFO,
    ChipKind.WARN: Tone.WARN,
    ChipKind.ERROR: Tone.ERROR,
    ChipKind.NEUTRAL: Tone.MUTED,
}
_MEANINGS = {
    Meaning.NUMBER: QT_TRANSLATE_NOOP("Orders", "Order number"),
    Meaning.PHONE: QT_TRANSLATE_NOOP("Orders", "Telephone number"),
    Meaning.NAME: QT_TRANSLATE_NOOP("Orders", "Name"),
    Meaning.POSTCODE: QT_TRANSLATE_NOOP("Orders", "Postcode"),
    Meaning.EMAIL: QT_TRANSLATE_NOOP("Orders", "E-mail address"),
    Meaning.PRODUCT: QT_TRANSLATE_NOOP("Orders", "Product"),
    Meaning.TOTAL: QT_TRANSLATE_NOOP("Orders", "Total"),
    Meaning.DAY: QT_TRANSLATE_NOOP("Orders", "Day"),
    Meaning.SEVERAL: QT_TRANSLATE_NOOP("Orders", "Several together"),
}


def tr(words: str) -> str:
    """Translated."""
    return QCoreApplication.translate(CONTEXT, words)


def meaning(taken_as: Meaning) -> str:
    """`Telephone number`."""
    return tr(str(_MEANINGS[taken_as]))


def how_it_stands(order: FoundOrder) -> Look:
    """The state of an order; of one that the centre does not have, that it waits here."""
    return state_look(AT_DESK if order.waits_here else order.state)


def how_far(order: FoundOrder) -> Look | None:
    """How far the warehouse is with it; None of one that it will not hear of, or not yet."""
    is_off = order.state == OrderState.CANCELLED and order.fulfilment is Fulfilment.WAITING
    return None if order.waits_here or is_off else fulfilment_look(order.fulfilment)


def when(instant: datetime, now: datetime) -> str:
    """`14:11, Sat 21 Nov`; an older one with its year, which tells more than the hour."""
    day, today = instant.astimezone().date(), now.astimezone().date()
    if (today - day).days < SAME_YEAR_DAYS:
        return formatting.short_date_time(instant)
    return f"{formatting.short_day(day)} {day.year}"


def found(told: OrdersLookedUp) -> str:
    """How many are shown, and what the text was taken for; empty where there is none."""
    if told.meaning is None or not told.orders:
        return ""
    count = formatting.counted(len(told.orders), tr("1 order"), tr("{count} orders"))
    shown = tr("The newest {orders}").format(orders=count) if told.more is not None else count
    return tr("{orders}, found by: {meaning}").format(orders=shown, meaning=meaning(told.meaning))


def nothing(taken_as: Meaning | None) -> str:
    """Why the list is empty."""
    if taken_as is None:
        return tr("Type a little more: three digits, or two letters of a name.")
    return tr("There is no such order. Try something else the caller knows, or fewer words of it.")


def searched_to(instant: datetime, now: datetime) -> str:
    """How far back it was looked."""
    words = tr("Looked through all orders back to {when}. Page Down looks further back.")
    return words.format(when=when(instant, now))


def slip(typed: str, *, offers: int) -> str:
    """What is wrong with a number."""
    digits = "".join(c for c in typed if c.isdecimal())
    if len(digits) != len("4173029823"):
        wrong = tr("An order number has ten digits; {number} has {count}.")
        told = wrong.format(number=digits, count=len(digits))
    else:
        wrong = tr("As an order number {number} has a wrong digit.")
        told = wrong.format(number=grouped(OrderNumber(digits)))
    if not offers:
        return told
    one = tr("One order is a single slip away.")
    many = tr("{count} orders are a single slip away.")
    return f"{told} {formatting.counted(offers, one, many)}"


def to_say() -> str:
    """What the caller is asked: nothing is said before, for the number is a proof of theirs."""
    return tr("Could you read me the number once more, digit by digit, please?")


def offer(offered: OfferedNumber, now: datetime, *, is_first: bool) -> str:
    """One number with what tells it from others, and nothing personal; its key on the first."""
    state = state_look(offered.state or AT_DESK).words
    words = tr("They said {number}  (placed {when}, {total}, {state})")
    told = words.format(
        number=grouped(offered.number),
        when=when(offered.placed_at, now),
        total=formatting.money(offered.total),
        state=state.lower(),
    )
    return f"{told}  \u2193 Enter" if is_first else told
