"""What a caller is told of a change before it is made: what is due, and what the law gives.

The sentences are those of the region's file; of a card they name the last four digits. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.services.rules.differences import shown_day
from app.services.rules.refunds import Tendered, Way
from app.services.rules.regions import RegionRules
from app.values.money import Money
from app.values.order_life import Fulfilment, RefundWay
from app.values.vocabulary import OrderType
from app.wire.orders import OrderDocument

_NOTHING_PAID = Tendered()
_NOT_TAKEN = frozenset({RefundWay.VOID, RefundWay.RELEASE})
_WITH_THE_CALLER = frozenset({Fulfilment.SHIPPED, Fulfilment.DELIVERED, Fulfilment.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing:
    """A change that is asked about. Of `to_pay` and `ways` one is nothing.

    `is_kept`: it would be kept as a request.
    """

    before: OrderDocument
    after: OrderDocument
    old_total: Money
    new_total: Money
    to_pay: Money
    ways: tuple[Way, ...] = ()
    tendered: Tendered = _NOTHING_PAID
    fulfilment: Fulfilment = Fulfilment.WAITING
    is_kept: bool = False


def preview_words(change: Changing, rules: RegionRules) -> tuple[str, ...]:
    """Whole sentences to be read aloud, in the order of the talk.

    Of what is only kept as a request nothing is promised.
    """
    said = _Said(change, rules)
    if change.is_kept:
        return (rules.changes["kept"].text(),)
    return (*said.of_total(), *said.of_money(), *said.of_day(), *said.of_law())


class _Said:
    def __init__(self, change: Changing, rules: RegionRules) -> None:
        self._change = change
        self._rules = rules

    def of_total(self) -> Iterator[str]:
        """A cancelled order has no total worth a word."""
        change = self._change
        if change.before.lines and not change.after.lines:
            yield self._say("cancelled")
        elif change.old_total == change.new_total:
            yield self._say("total_same", new=str(change.new_total))
        else:
            yield self._say("total", old=str(change.old_total), new=str(change.new_total))

    def of_money(self) -> Iterator[str]:
        change = self._change
        back = sum(one.amount.minor for one in change.ways)
        if change.to_pay.minor:
            yield self._say("to_pay", amount=str(change.to_pay))
        elif not back:
            yield self._say("nothing_due")
        else:
            amount = Money(back, change.to_pay.currency)
            yield self._say("to_refund", amount=str(amount))
            yield from self._delivery_charge()
            yield from self._ways()

    def _delivery_charge(self) -> Iterator[str]:
        change = self._change
        charge = change.before.delivery.charge
        if charge.minor and not change.after.lines and not change.after.delivery.charge.minor:
            yield self._say("delivery_too", amount=str(charge))

    def _ways(self) -> Iterator[str]:
        ways = self._change.ways
        currency = self._change.to_pay.currency
        reserved = sum(one.amount.minor for one in ways if one.way in _NOT_TAKEN)
        if reserved:
            yield self._say("not_taken", amount=str(Money(reserved, currency)))
        for one in ways:
            if one.way is RefundWay.REFUND:
                yield self._say("to_card", amount=str(one.amount), digits=self._digits(one))
        by_hand = sum(one.amount.minor for one in ways if one.way is RefundWay.BY_HAND)
        if by_hand:
            yield self._say("by_hand", amount=str(Money(by_hand, currency)))
        if any(one.way not in _NOT_TAKEN for one in ways):
            yield self._say("refund_by")

    def _digits(self, way: Way) -> str:
        attempts = self._change.tendered.attempts
        return next((one.last_four for one in attempts if one.attempt_id == way.attempt_id), "")

    def of_day(self) -> Iterator[str]:
        """Of an order that is cancelled no day is said."""
        change = self._change
        old, new = (
            shown_day(document.delivery.promised_on, change.before.region)
            for document in (change.before, change.after)
        )
        if old == new or not change.after.lines:
            return
        if old and new:
            yield self._say("date", old=old, new=new)
        elif new:
            yield self._say("date_new", new=new)
        else:
            yield self._say("date_gone", old=old)

    def of_law(self) -> Iterator[str]:
        """A business has no right to cancel what it ordered; who kept nothing needs none."""
        change = self._change
        if change.after.order_type is OrderType.TRADE or not change.after.lines:
            return
        gone = change.fulfilment in _WITH_THE_CALLER
        sentence = self._say("sent_back" if gone else "right")
        if sentence:
            yield sentence

    def _say(self, key: str, **values: str) -> str:
        return self._rules.changes[key].text(**values)
