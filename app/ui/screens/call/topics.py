"""What is missing, as the right column tells it.

A checklist in the order of the talk, and the question to ask now.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QCoreApplication

from app.services.rules.readiness import Missing
from app.ui.screens.call.state import CallState, Topic, TopicRow
from app.wire.orders import OrderDocument

_TOPICS = {
    "customer": Topic.CUSTOMER,
    "lines": Topic.ITEMS,
    "deliver_to": Topic.DELIVERY,
    "bill_to": Topic.BILLING,
    "delivery": Topic.ARRIVAL,
}


class ChangeInHand(Enum):
    """How far the change of an order that has its number is, where that is a question of its own.

    Nothing of it is changed yet, or all of its lines are taken off.
    """

    UNTOUCHED = "untouched"
    EMPTIED = "emptied"


def change_in_hand(document: OrderDocument, *, is_touched: bool) -> ChangeInHand | None:
    """Which of them the draft is; None for a new order, and for a change with something in it."""
    if document.amends is None:
        return None
    if not document.lines:
        return ChangeInHand.EMPTIED
    return None if is_touched else ChangeInHand.UNTOUCHED


def topic_of(missing: Missing) -> Topic:
    """The pane that a missing thing belongs to."""
    return _TOPICS.get(missing.field.partition(".")[0], Topic.CUSTOMER)


def with_missing(
    state: CallState,
    missing: tuple[Missing, ...],
    short: tuple[Missing, ...] = (),
    change: ChangeInHand | None = None,
) -> CallState:
    """The state with its checklist, the question to ask, and why it cannot be placed.

    Lines that are `short` come where the talk is about the lines.
    """
    if short:
        before = [one for one in missing if topic_of(one) in {Topic.CUSTOMER, Topic.ITEMS}]
        missing = (*before, *short, *missing[len(before) :])
    by_topic: dict[Topic, list[Missing]] = {topic: [] for topic in Topic}
    for one in missing:
        by_topic[topic_of(one)].append(one)
    due = topic_of(missing[0]) if missing else None
    rows = tuple(
        TopicRow(
            topic=topic,
            done=not by_topic[topic],
            asking=topic is due,
            words=", ".join(one.sentence for one in by_topic[topic]),
        )
        for topic in Topic
    )
    return replace(
        state,
        missing=missing,
        topics=rows,
        say=_question(missing, change),
    )


def still_needed(missing: tuple[Missing, ...]) -> str:
    """Why the order cannot be placed; empty when nothing is missing."""
    if not missing:
        return ""
    names = ", ".join(one.sentence for one in missing)
    return QCoreApplication.translate("Call", "Still needed: {names}.").format(names=names)


def _question(missing: tuple[Missing, ...], change: ChangeInHand | None) -> str:
    if change is ChangeInHand.EMPTIED:
        words = "Would you like something else instead, or shall I cancel the order?"
        return QCoreApplication.translate("Call", words)
    if missing:
        return missing[0].say
    if change is ChangeInHand.UNTOUCHED:
        return QCoreApplication.translate("Call", "What shall I change?")
    return QCoreApplication.translate("Call", "Is there anything else you would like today?")
