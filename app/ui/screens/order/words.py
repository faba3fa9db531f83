"""What the order page says of lines, acts and money, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.services.rules.payment_words import attempt_words, link_words
from app.ui import formatting, theme
from app.ui.icons import Icon
from app.ui.screens.order.presenter import AMENDING, CANCELLING
from app.ui.widgets.chip import ChipKind
from app.ui.widgets.totals import Fact
from app.values.order_life import OrderAct
from app.values.vocabulary import ProductKind
from app.wire.order_page import LineStanding, MayDo, OrderPage

CONTEXT = "OrderPage"

ACTS = {
    OrderAct.QUANTITY_MORE: QT_TRANSLATE_NOOP("OrderPage", "more pieces"),
    OrderAct.QUANTITY_LESS: QT_TRANSLATE_NOOP("OrderPage", "fewer pieces"),
    OrderAct.ADD_LINE: QT_TRANSLATE_NOOP("OrderPage", "another item"),
    OrderAct.REMOVE_LINE: QT_TRANSLATE_NOOP("OrderPage", "an item less"),
    OrderAct.PRICE: QT_TRANSLATE_NOOP("OrderPage", "prices"),
    OrderAct.ADDRESS: QT_TRANSLATE_NOOP("OrderPage", "delivery address"),
    OrderAct.BILLING: QT_TRANSLATE_NOOP("OrderPage", "billing address"),
    OrderAct.CONTACT: QT_TRANSLATE_NOOP("OrderPage", "name and contact"),
    OrderAct.DATE: QT_TRANSLATE_NOOP("OrderPage", "delivery date"),
    OrderAct.METHOD: QT_TRANSLATE_NOOP("OrderPage", "way of delivery"),
    OrderAct.NOTES: QT_TRANSLATE_NOOP("OrderPage", "notes"),
    OrderAct.PAYMENT: QT_TRANSLATE_NOOP("OrderPage", "way to pay"),
    OrderAct.CANCEL_LINE: QT_TRANSLATE_NOOP("OrderPage", "cancel a line"),
    OrderAct.CANCEL_ORDER: QT_TRANSLATE_NOOP("OrderPage", "cancel the order"),
    OrderAct.UNDO: QT_TRANSLATE_NOOP("OrderPage", "take the last change back"),
    OrderAct.GOODWILL: QT_TRANSLATE_NOOP("OrderPage", "goodwill"),
    OrderAct.COLLECT: QT_TRANSLATE_NOOP("OrderPage", "take a payment"),
}
_BESIDE = frozenset({OrderAct.UNDO, OrderAct.GOODWILL, OrderAct.COLLECT})
"""What is seldom possible; its reason is told last and quietly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why some acts cannot be done now; `quiet`: nobody misses them."""

    acts: str
    sentence: str
    quiet: bool


def tr(words: str) -> str:
    """Translated."""
    return QCoreApplication.translate(CONTEXT, words)


def stands(line: LineStanding) -> str:
    """What became of a line's pieces: only the counters that are not zero.

    `2 sent, 1 to follow`; where all of it is at one point the word is enough.
    """
    if line.kind is ProductKind.CHARGE:
        return tr("Cancelled") if not line.quantity else ""
    told = list(_counted(line))
    if not line.quantity and not line.shipped:
        return tr("Cancelled")
    if len(told) == 1 and told[0][0] == line.ordered:
        return told[0][1][:1].upper() + told[0][1][1:]
    return ", ".join(f"{formatting.quantity(count)} {words}" for count, words in told)


def _counted(line: LineStanding) -> Iterator[tuple[int, str]]:
    still = max(0, line.quantity - line.shipped)
    on_way = line.shipped - line.delivered
    counters = (
        (line.returned, tr("sent back")),
        (line.delivered, tr("delivered")),
        (on_way, tr("sent")),
        (line.allocated, tr("set aside")),
        (line.back_ordered, tr("to follow")),
        (still - line.allocated - line.back_ordered, tr("not sent yet")),
        (line.cancelled, tr("cancelled")),
    )
    return ((count, words) for count, words in counters if count > 0)


def all_counters(line: LineStanding) -> str:
    """Every counter, also those at zero, for who wants to know exactly."""
    told = (
        (tr("ordered"), line.ordered),
        (tr("set aside"), line.allocated),
        (tr("to follow"), line.back_ordered),
        (tr("sent"), line.shipped),
        (tr("delivered"), line.delivered),
        (tr("sent back"), line.returned),
        (tr("cancelled"), line.cancelled),
    )
    counts = ", ".join(f"{name} {formatting.quantity(count)}" for name, count in told)
    money = tr("charged {charged}, refunded {refunded}").format(
        charged=formatting.money(line.charged), refunded=formatting.money(line.refunded)
    )
    return f"{counts}; {money}"


def stands_tone(line: LineStanding) -> theme.Tone:
    """Green where all has arrived, amber where something is to follow or came back."""
    if line.kind is ProductKind.CHARGE or not line.quantity:
        return theme.Tone.MUTED
    if line.back_ordered or line.returned:
        return theme.Tone.WARN
    if line.delivered >= line.quantity:
        return theme.Tone.OK
    return theme.Tone.INFO if line.shipped else theme.Tone.NORMAL


def stands_icon(line: LineStanding) -> Icon | None:
    """The shape that goes with the colour."""
    tone = stands_tone(line)
    icons = {theme.Tone.OK: Icon.CHECK, theme.Tone.WARN: Icon.WARNING, theme.Tone.INFO: Icon.UPLOAD}
    return icons.get(tone)


def obstacles(may: Iterable[MayDo]) -> tuple[Obstacle, ...]:
    """What cannot be done now, acts with one reason together, what is seldom wanted last."""
    grouped: dict[tuple[bool, str], list[OrderAct]] = {}
    for one in may:
        if one.obstacle:
            grouped.setdefault((one.act in _BESIDE, one.obstacle), []).append(one.act)
    return tuple(
        Obstacle(acts=acts_words(acts), sentence=sentence, quiet=quiet)
        for (quiet, sentence), acts in sorted(grouped.items(), key=_beside)
    )


def _beside(grouped: tuple[tuple[bool, str], list[OrderAct]]) -> bool:
    return grouped[0][0]


def acts_words(acts: Iterable[OrderAct]) -> str:
    """`Fewer pieces, an item less`; all there is to change in one word."""
    wanted = list(acts)
    if set(wanted) >= AMENDING | CANCELLING:
        return tr("Changing or cancelling anything")
    if set(wanted) >= AMENDING:
        wanted = [act for act in wanted if act not in AMENDING]
        words = [tr("changing anything"), *(tr(str(ACTS[act])) for act in wanted)]
    else:
        words = [tr(str(ACTS[act])) for act in wanted]
    joined = ", ".join(words)
    return joined[:1].upper() + joined[1:]


def is_possible(may: Iterable[MayDo], acts: frozenset[OrderAct]) -> bool:
    """Whether one of these can be done."""
    return any(one.act in acts and not one.obstacle for one in may)


def account_facts(page: OrderPage) -> tuple[Fact, ...]:
    """The sums of an order; what is nothing takes no room."""
    account = page.account
    quiet = theme.Tone.NORMAL
    sums = (
        (tr("Authorised"), account.authorised, quiet),
        (tr("Taken"), account.taken, quiet),
        (tr("Refunded"), account.refunded, quiet),
        (tr("On its way back"), account.returning, theme.Tone.WARN),
        (tr("Goodwill"), account.goodwill, quiet),
    )
    return tuple(
        Fact(name, formatting.money(amount), tone) for name, amount, tone in sums if amount.minor
    )


def balance(page: OrderPage) -> tuple[ChipKind, str]:
    """What is left of it: to pay, to refund, or nothing."""
    account = page.account
    if account.to_pay.minor:
        words = tr("{amount} to pay").format(amount=formatting.money(account.to_pay))
        return ChipKind.WARN, words
    if account.to_refund.minor:
        words = tr("{amount} to refund").format(amount=formatting.money(account.to_refund))
        return ChipKind.WARN, words
    return ChipKind.OK, tr("Nothing open")


def payment_lines(page: OrderPage) -> tuple[str, ...]:
    """Every card and link, as brand and last four."""
    region = page.order.placed.document.region
    payments = page.order.payments
    cards = (attempt_words(one, region) for one in payments.attempts)
    return (*cards, *(link_words(one, region) for one in payments.links))
