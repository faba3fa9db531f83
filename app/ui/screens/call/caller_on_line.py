"""Who is on the telephone, as the recorder knows it: asked once a call begins, quietly.

Their number is looked up where nobody did so yet, and takes the keyboard from nobody. A recorder
that knows nothing is no news. GUI thread; asks on the NETWORK lane.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.screens.call.customer import CustomerPresenter
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.errors import Fault, Refusal
from app.wire import card_operations
from app.wire.recording import CallOnLine, FindCall


class CallerOnLine(QObject):
    """`found(CallOnLine)`: there is a call at this seat's extension."""

    found = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        customer: CustomerPresenter,
        caller: Caller,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._customer = customer
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self.number = ""
        self.call: CallOnLine | None = None

    def begin(self, number: str) -> None:
        """Another order is in hand; `number` where it is known already."""
        self._questions.forget()
        self.number, self.call = number, None

    def ask(self) -> None:
        """Ask which call it is; nothing waits for the answer."""
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.FIND_CALL, FindCall()),
            owner=self,
            then=self._take,
            failed=self._know_nothing,
            question=self._questions.ask(),
        )

    def _take(self, call: CallOnLine) -> None:
        self.call = call
        if call.caller_number and not self.number and self._order.is_open:
            self.number = call.caller_number
            self._order.know(caller_number=self.number)
            if self._order.document.customer is None and not self._customer.state.text:
                self._customer.search(self.number)
        self.found.emit(call)

    def _know_nothing(self, _error: Refusal | Fault) -> None:
        """The order is taken all the same."""
