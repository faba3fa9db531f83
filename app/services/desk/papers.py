"""Confirmations and protocols as PDF files at this desk, for its user only; gone after a week."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from app.documents.order_confirmation import render
from app.documents.read_back_protocol import render_protocol
from app.services.desk import memory
from app.services.desk.dispatcher import Handlers
from app.services.desk.place import PlaceService
from app.services.desk.seat import write_durably
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.order_number import parse_order_number
from app.wire import operations
from app.wire.order_operations import PRINT_ORDER
from app.wire.order_page import PrintOrder
from app.wire.orders import MakePaper, Paper
from app.wire.protocol import PrintProtocol
from app.wire.sync import Policy

FOLDER = "papers"
KEPT = timedelta(days=7)


class PaperService:
    """Papers of the orders placed at one seat."""

    def __init__(self, folder: Path, store: DeskStore, orders: PlaceService, clock: Clock) -> None:
        self._folder = folder / FOLDER
        self._store = store
        self._orders = orders
        self._clock = clock

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.MAKE_PAPER, self.make)
        handlers.add(operations.PRINT_PROTOCOL, self.make_protocol)
        handlers.add(PRINT_ORDER, self.print_order)

    def make(self, request: MakePaper) -> Paper:
        """Write the confirmation of an order; a copy is another file than the first one.

        Raises Refusal `order_unknown` or `policy_unknown`, Fault `paper_unwritable`.
        """
        placed = self._orders.placed(request.order_id)
        content = render(placed, self._policy(), copy=request.copy, made_at=self._clock.now())
        name = f"{placed.number}-copy.pdf" if request.copy else f"{placed.number}.pdf"
        return self._write(name, content)

    def print_order(self, request: PrintOrder) -> Paper:
        """Write the confirmation of an order taken here or elsewhere, as it now stands.

        One that was changed since is no copy: nobody has that version yet.

        Raises Refusal `policy_unknown`, `order_number_malformed` or `order_number_slip`, Fault
        `paper_unwritable`.
        """
        number = parse_order_number(request.placed.number)
        made_at = self._clock.now()
        version = request.version
        content = render(
            request.placed, self._policy(), copy=version is None, made_at=made_at, version=version
        )
        return self._write(f"{number}-version-{request.revision}.pdf", content)

    def make_protocol(self, request: PrintProtocol) -> Paper:
        """Write the protocol of a read-back, of an order taken here or elsewhere.

        Raises Refusal `policy_unknown`, `order_number_malformed` or `order_number_slip`, Fault
        `paper_unwritable`.
        """
        number = parse_order_number(request.protocol.number)
        content = render_protocol(request.protocol, self._policy(), made_at=self._clock.now())
        return self._write(f"{number}-read-back.pdf", content)

    def _policy(self) -> Policy:
        with self._store.read() as connection:
            policy = memory.recalled(connection, memory.POLICY, Policy)
        if policy is None:
            raise policy_unknown()
        return policy

    def _write(self, name: str, content: bytes) -> Paper:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._folder / name, content)
        except OSError as cause:
            sentence = "The paper could not be written. Is the disk of this computer full?"
            raise Fault("paper_unwritable", sentence) from cause
        return Paper(path=str(self._folder / name), sha256=hashlib.sha256(content).hexdigest())

    def remove_old(self) -> None:
        """Delete papers of more than a week ago; one that is open elsewhere goes another time."""
        oldest = (self._clock.now() - KEPT).timestamp()
        for path in self._folder.glob("*.pdf"):
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except OSError:
                continue


def policy_unknown() -> Refusal:
    """Before the first word from the centre there is nothing to go by."""
    return Refusal(
        "policy_unknown",
        "This desk has not heard from the central service yet. Please try again in a moment.",
    )
