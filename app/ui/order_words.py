"""How a placed order stands, in a word with its drawing and colour; for every list and page. Pure.

A state of a newer centre is shown as it is written, never left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.ui.icons import Icon
from app.ui.widgets.chip import ChipKind
from app.values.order_life import Fulfilment, OrderState

CONTEXT = "Order"
AT_DESK = "waiting"
"""The state of an order that only this desk knows so far."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks: never by colour alone."""

    message: object
    icon: Icon
    kind: ChipKind

    @property
    def words(self) -> str:
        """Translated."""
        return QCoreApplication.translate(CONTEXT, str(self.message))


_STATES = {
    OrderState.ACCEPTED: Look(QT_TRANSLATE_NOOP("Order", "Accepted"), Icon.CHECK, ChipKind.OK),
    OrderState.NEEDS_REVIEW: Look(
        QT_TRANSLATE_NOOP("Order", "To be looked at"), Icon.PERSON_NEEDED, ChipKind.WARN
    ),
    OrderState.RELEASED: Look(QT_TRANSLATE_NOOP("Order", "Released"), Icon.CHECK, ChipKind.OK),
    OrderState.CANCELLED: Look(
        QT_TRANSLATE_NOOP("Order", "Cancelled"), Icon.CLOSE, ChipKind.NEUTRAL
    ),
    AT_DESK: Look(
        QT_TRANSLATE_NOOP("Order", "At this desk, on its way"), Icon.UPLOAD, ChipKind.INFO
    ),
}
_FULFILMENT = {
    Fulfilment.WAITING: Look(
        QT_TRANSLATE_NOOP("Order", "Not at the warehouse yet"), Icon.CLOCK, ChipKind.NEUTRAL
    ),
    Fulfilment.ALLOCATED: Look(
        QT_TRANSLATE_NOOP("Order", "At the warehouse"), Icon.CHECK, ChipKind.INFO
    ),
    Fulfilment.PICKING: Look(
        QT_TRANSLATE_NOOP("Order", "Being packed"), Icon.CURRENT, ChipKind.INFO
    ),
    Fulfilment.PART_SHIPPED: Look(
        QT_TRANSLATE_NOOP("Order", "Partly sent"), Icon.UPLOAD, ChipKind.WARN
    ),
    Fulfilment.SHIPPED: Look(QT_TRANSLATE_NOOP("Order", "Sent"), Icon.UPLOAD, ChipKind.INFO),
    Fulfilment.DELIVERED: Look(QT_TRANSLATE_NOOP("Order", "Delivered"), Icon.CHECK, ChipKind.OK),
    Fulfilment.COMPLETED: Look(QT_TRANSLATE_NOOP("Order", "Completed"), Icon.CHECK, ChipKind.OK),
}


def state_look(state: str) -> Look:
    """How the state of an order looks."""
    return _STATES.get(state) or Look(state, Icon.INFO, ChipKind.NEUTRAL)


def fulfilment_look(fulfilment: Fulfilment) -> Look:
    """How far the warehouse is with it."""
    return _FULFILMENT[fulfilment]
