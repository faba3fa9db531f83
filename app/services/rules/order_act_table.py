"""The table of what may still be done with a placed order: how far the warehouse is x the act.

Nothing else decides by fulfilment; who reads it is `order_acts`, which puts its sentences into the
order's English. They may be read aloud. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.values.order_life import Fulfilment, OrderAct


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A cell of the table: allowed where `code` is empty, and then `tells_warehouse` or not.

    `loose`: only pieces that are in no parcel. `say`: a word to the caller all the same.
    """

    code: str = ""
    sentence: str = ""
    tells_warehouse: bool = False
    loose: bool = False
    say: str = ""


def _no(code: str, sentence: str) -> Rule:
    return Rule(code=code, sentence=sentence)


_FREE = Rule()
_TOLD = Rule(tells_warehouse=True)
_LOOSE = Rule(tells_warehouse=True, loose=True)
_UNCHARGED = Rule(loose=True)
_FOLLOWS = Rule(
    tells_warehouse=True,
    say="A parcel is on its way already, so this follows in a parcel of its own.",
)

PACKED = _no(
    "order_shipping",
    "The parcel is being packed just now, so this can no longer be changed for certain. "
    "I can pass it on as a request.",
)
FIRST_LEFT = _no(
    "order_shipping",
    "A part of the order has left already, so this stays as it is for the rest of it.",
)
_LEFT_SEND_BACK = _no(
    "order_shipped",
    "The order has left already, so this can no longer be taken out. It can be sent back instead.",
)
_LEFT_ORDER_ANEW = _no(
    "order_shipped",
    "The order has left already, so nothing can be added. I can take a new order for you.",
)
LEFT_AS_IT_IS = _no("order_shipped", "The order has left already, so this stays as it is.")
LEFT_PRICE = _no(
    "order_shipped",
    "The order has left already, so its prices stay. A lead can give something back for the "
    "trouble.",
)
_LEFT_PAYMENT = _no(
    "order_shipped",
    "The order has left already, so the way to pay stays. What is still open can be collected.",
)
_PART_LEFT_CANCEL = _no(
    "order_shipping",
    "A part of the order has left already, so it cannot be cancelled whole. I can cancel what has "
    "not left; the rest can be sent back.",
)

_WAITING = dict.fromkeys(OrderAct, _FREE)
"""Nobody but us knows of the order: everything can be changed."""

_ALLOCATED = _WAITING | dict.fromkeys(
    (
        OrderAct.QUANTITY_MORE,
        OrderAct.QUANTITY_LESS,
        OrderAct.ADD_LINE,
        OrderAct.REMOVE_LINE,
        OrderAct.ADDRESS,
        OrderAct.CONTACT,
        OrderAct.DATE,
        OrderAct.METHOD,
        OrderAct.NOTES,
        OrderAct.CANCEL_LINE,
        OrderAct.CANCEL_ORDER,
        OrderAct.UNDO,
    ),
    _TOLD,
)
"""Goods are set aside, nothing is packed: all can be changed, and the warehouse is told.

Systems that refuse here make callers cancel and order anew, which loses number and payment.
"""

_PICKING = _ALLOCATED | {
    # 8 to 9 % of real invoices come within half an hour of the last: these go out behind it.
    OrderAct.QUANTITY_MORE: _FOLLOWS,
    OrderAct.ADD_LINE: _FOLLOWS,
    # Pieces on back order are in nobody's hands yet; all others may be under the tape already.
    OrderAct.QUANTITY_LESS: _LOOSE,
    OrderAct.REMOVE_LINE: _LOOSE,
    OrderAct.CANCEL_LINE: _LOOSE,
    OrderAct.CANCEL_ORDER: PACKED,
    # The label is printed with the pick list.
    OrderAct.ADDRESS: PACKED,
    OrderAct.METHOD: PACKED,
    OrderAct.DATE: PACKED,
}
"""A parcel is being packed: only what does not touch it. Prices, bill and payment are paper."""

_PART_SHIPPED = _ALLOCATED | {
    OrderAct.QUANTITY_MORE: _FOLLOWS,
    OrderAct.ADD_LINE: _FOLLOWS,
    OrderAct.QUANTITY_LESS: _LOOSE,
    OrderAct.REMOVE_LINE: _LOOSE,
    OrderAct.CANCEL_LINE: _LOOSE,
    OrderAct.CANCEL_ORDER: _PART_LEFT_CANCEL,
    OrderAct.PRICE: _UNCHARGED,  # a line has one price, and of some its pieces were charged already
    OrderAct.METHOD: FIRST_LEFT,  # its charge was taken with the first parcel
}
"""Some pieces left: the others can be changed, also where and when they go."""

_SHIPPED = _ALLOCATED | {
    OrderAct.QUANTITY_MORE: _LEFT_ORDER_ANEW,
    OrderAct.ADD_LINE: _LEFT_ORDER_ANEW,
    OrderAct.QUANTITY_LESS: _LEFT_SEND_BACK,
    OrderAct.REMOVE_LINE: _LEFT_SEND_BACK,
    OrderAct.CANCEL_LINE: _LEFT_SEND_BACK,
    OrderAct.CANCEL_ORDER: _LEFT_SEND_BACK,
    OrderAct.PRICE: LEFT_PRICE,
    OrderAct.ADDRESS: LEFT_AS_IT_IS,
    OrderAct.DATE: LEFT_AS_IT_IS,
    OrderAct.METHOD: LEFT_AS_IT_IS,
    OrderAct.PAYMENT: _LEFT_PAYMENT,
    OrderAct.CONTACT: _FREE,
    OrderAct.NOTES: _FREE,
}
"""All of it left: nothing of the goods. Who it is about, the bill, notes and goodwill are ours."""

TABLE: Mapping[Fulfilment, Mapping[OrderAct, Rule]] = {
    Fulfilment.WAITING: _WAITING,
    Fulfilment.ALLOCATED: _ALLOCATED,
    Fulfilment.PICKING: _PICKING,
    Fulfilment.PART_SHIPPED: _PART_SHIPPED,
    Fulfilment.SHIPPED: _SHIPPED,
    Fulfilment.DELIVERED: _SHIPPED,
    Fulfilment.COMPLETED: _SHIPPED,
}
"""Fulfilment x act; what hangs on lines, permission and payment is in `may`."""


def rule_for(act: OrderAct, fulfilment: Fulfilment) -> Rule:
    """The cell of the table."""
    return TABLE[fulfilment][act]
