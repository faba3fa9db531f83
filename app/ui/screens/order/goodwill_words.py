"""What is said of goodwill before and after it is given: where it goes, as far as is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.services.rules.payment_words import card_words
from app.services.rules.refunds import Tendered, Way, plan
from app.ui import formatting
from app.values.errors import Refusal
from app.values.money import Money
from app.values.order_life import RefundWay
from app.wire.order_changes import RefundsMade, RefundView
from app.wire.order_page import OrderPage


def left_to_give(page: OrderPage) -> Money:
    """What the order still comes to: more cannot be given."""
    return page.account.charged - page.account.goodwill


def foretold(page: OrderPage, amount: Money) -> str:
    """What will become of an amount, as the account stands that is shown."""
    account, payments = page.account, page.order.payments
    surplus = account.to_refund.minor - account.to_pay.minor
    goes_back = Money(max(0, min(amount.minor, amount.minor + surplus)), amount.currency)
    tendered = Tendered(attempts=payments.attempts, links=payments.links, refunds=page.refunds)
    try:
        ways = plan(goes_back, tendered)
    except Refusal:
        words = _tr("{amount} is given. How it goes back is not known here.")
        return words.format(amount=formatting.money(amount))
    parts = "; ".join(_parts(page, ways, amount))
    return _tr("As the account stands, {parts}.").format(parts=parts)


def told(page: OrderPage, amount: Money, made: RefundsMade) -> str:
    """What became of it, as the centre has planned it."""
    given = _tr("{amount} is given").format(amount=formatting.money(amount))
    return f"{given}: {'; '.join(_parts(page, made.refunds, amount))}."


def _parts(page: OrderPage, ways: Iterable[Way | RefundView], amount: Money) -> Iterator[str]:
    cards = {one.attempt_id: card_words(one) for one in page.order.payments.attempts}
    left = amount
    for one in ways:
        card = cards.get(one.attempt_id) if one.attempt_id is not None else None
        words = _tr(str(_WAYS[one.way]))
        yield words.format(amount=formatting.money(one.amount), card=card or _tr("the card"))
        left -= one.amount
    if left.minor > 0:
        words = _tr("{amount} is taken off what is still to be paid")
        yield words.format(amount=formatting.money(left))


def _tr(words: str) -> str:
    return QCoreApplication.translate("GoodwillPanel", words)


_WAYS = {
    RefundWay.VOID: QT_TRANSLATE_NOOP(
        "GoodwillPanel", "the authorisation of {amount} on {card} is given back"
    ),
    RefundWay.RELEASE: QT_TRANSLATE_NOOP(
        "GoodwillPanel", "{amount} of what {card} has authorised is not taken"
    ),
    RefundWay.REFUND: QT_TRANSLATE_NOOP("GoodwillPanel", "{amount} goes back to {card}"),
    RefundWay.BY_HAND: QT_TRANSLATE_NOOP(
        "GoodwillPanel", "{amount} is sent back by a person, by hand"
    ),
}
