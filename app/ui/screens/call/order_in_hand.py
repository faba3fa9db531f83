"""The order that is being taken: the document as it stands, and every step back from it.

All presenters of the call change the order here and nowhere else. A step shares all it did not
change with the step before, so that a step of an order of a thousand lines costs no more than one
of two. Runs on the GUI thread, or on any one thread without an event loop; touches no widget, no
store and no network.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from app.values.identity import DeviceId, OrderId, PersonId
from app.values.money import Money
from app.wire.orders import Delivery, OrderDocument
from app.wire.sync import Policy

MOST_STEPS = 500


def empty_order(
    order_id: OrderId,
    device_id: DeviceId,
    person_id: PersonId,
    policy: Policy,
    now: datetime,
    caller_number: str,
) -> OrderDocument:
    """An order that nothing was said for yet."""
    return OrderDocument(
        order_id=order_id,
        region=policy.region,
        currency=policy.currency,
        taken_by=person_id,
        device_id=device_id,
        started_at=now,
        caller_number=caller_number,
        delivery=Delivery(charge=Money(0, policy.currency)),
    )


class OrderInHand(QObject):
    """One document at a time, with its history.

    `changed` tells that `document` is another one now, `settled` that a field of it was finished.
    """

    changed = Signal()
    settled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document: OrderDocument | None = None
        self._past: list[OrderDocument] = []
        self._future: list[OrderDocument] = []
        self._step = ""
        self._touched = False

    @property
    def document(self) -> OrderDocument:
        """The order as it stands; only between `begin` and `leave`."""
        if self._document is None:
            message = "no order is in hand"
            raise RuntimeError(message)
        return self._document

    @property
    def is_open(self) -> bool:
        """Whether an order is in hand."""
        return self._document is not None

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._past)

    def begin(self, document: OrderDocument) -> None:
        """Take this order in hand.

        The history of the one before is forgotten, the order itself is kept elsewhere.
        """
        self._document = document
        self._past.clear()
        self._future.clear()
        self._step = ""
        self.changed.emit()

    def leave(self) -> None:
        """No order is in hand any more."""
        self._document = None
        self._past.clear()
        self._future.clear()

    def change(self, step: str, **parts: Any) -> None:  # noqa: ANN401 - the fields of OrderDocument, as msgspec takes them
        """Replace parts of the document.

        Changes in a row under one `step` name are taken back together.
        """
        before = self.document
        if step != self._step or not self._past:
            self._past.append(before)
            del self._past[:-MOST_STEPS]
        self._step = step
        self._future.clear()
        self._touched = True
        self._document = msgspec.structs.replace(before, **parts)
        self.changed.emit()

    def follow_up(self, **parts: Any) -> None:  # noqa: ANN401 - see change
        """Replace parts as a consequence of the last change.

        Taken back together with it, no step of its own.
        """
        self._touched = True
        self._document = msgspec.structs.replace(self.document, **parts)
        self.changed.emit()

    def know(self, **parts: Any) -> None:  # noqa: ANN401 - see change
        """Something was found out that nobody typed: no step, and nothing to save by itself."""
        self._document = msgspec.structs.replace(self.document, **parts)

    def put_back(self, document: OrderDocument) -> None:
        """Make the order what it was before, as one step that can itself be taken back."""
        if document is not self.document:
            self._past.append(self.document)
            self._future.clear()
            self._document = document
            self._step = ""
            self._touched = True
            self.changed.emit()
            self.settle()

    def settle(self) -> None:
        """A field is finished: the next change starts a step of its own."""
        self._step = ""
        if self._touched:
            self._touched = False
            self.settled.emit()

    def undo(self) -> None:
        """Take the last step back."""
        self._go(self._past, self._future)

    def redo(self) -> None:
        """Take the last undo back."""
        self._go(self._future, self._past)

    def _go(self, source: list[OrderDocument], target: list[OrderDocument]) -> None:
        if not source:
            return
        target.append(self.document)
        self._document = source.pop()
        self._step = ""
        self._touched = True
        self.changed.emit()
        self.settle()
