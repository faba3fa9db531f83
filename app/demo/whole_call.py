"""One whole call, taken in the real window by key events: what the demo shows without a display.

Reads top to bottom like the call it is. Later capabilities add their steps here. Every step leaves
a picture and the time it took; what the caller says is made up.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.demo.reading_back import ReadingBack
from app.demo.taking_card import TakingCard
from app.services.ports import Caller
from app.ui.main_window import MainWindow
from app.ui.rehearsal import Rehearsal
from app.ui.screens.call.customer_state import Mode
from app.values.errors import Fault
from app.values.identity import ProductCode
from app.values.vocabulary import ChangeKind, ProductKind
from app.wire import operations
from app.wire.catalogue import ProductView
from app.wire.message import PAGE_ROWS_MOST, decode
from app.wire.orders import PlacedOrder
from app.wire.sync import TakeSnapshot

QUANTITIES = (12, 15, 16, 10, 2)
CALLER_NAME = "Eleanor Whitcombe"
POSTCODE, HOUSE = "LS6 3AA", "14"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What differs between runs: who takes the call, and the number that the caller rings from."""

    login: str
    password: str
    caller_number: str


@dataclass(slots=True)
class WholeCall:
    """Plays the call and writes pictures, paper and report into a folder."""

    hands: Rehearsal
    window: MainWindow
    caller: Caller
    cast: Cast
    folder: Path
    say: Callable[[str], None]
    step_ms: dict[str, int] = field(default_factory=dict)
    placed: PlacedOrder | None = None
    reading: ReadingBack = field(init=False)
    paying: TakingCard = field(init=False)

    def __post_init__(self) -> None:
        self.reading = ReadingBack(self.hands, self.window, self._look)
        self.paying = TakingCard(self.hands, self.window, self.reading, self._look, time.sleep)

    def play(self) -> None:
        """Take the call from sign-in to the paper; runs on the rehearsal's thread."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._step("sign-in", self._sign_in)
        self._step("customer", self._ask_who_it_is)
        self._step("lines", self._take_lines)
        self._step("address", self._ask_where_it_goes)
        self._step("read-back", self._read_back)
        self._step("card", self._take_card)
        self._step("place", self._place)
        self._step("said-back", self._hear_number)
        self._step("paper", self._make_paper)
        self._step("protocol", self._show_protocol)
        self._report()

    def _step(self, name: str, act: Callable[[], None]) -> None:
        self.say(f"  {name}")
        began = time.perf_counter()
        act()
        self.step_ms[name] = round((time.perf_counter() - began) * 1_000)
        self.hands.picture(self.folder / f"{len(self.step_ms)}-{name}.png")

    def _look(self, name: str) -> None:
        """A picture within a step, under the number of that step."""
        self.hands.picture(self.folder / f"{len(self.step_ms) + 1}-{name}.png")

    def _sign_in(self) -> None:
        hands, sign_in = self.hands, self.window.sign_in
        hands.wait_until(lambda: bool(sign_in.state.people), "people to sign in are offered")
        hands.picture(self.folder / "0-start.png")
        logins = [person.login for person in hands.see(lambda: sign_in.state.people)]
        for _ in range(logins.index(self.cast.login)):
            hands.press("Down")
        hands.press("Return")
        hands.write(self.cast.password)
        hands.press("Return")
        hands.wait_until(lambda: self.window.call.order.is_open, "an order is open")

    def _ask_who_it_is(self) -> None:
        """The telephone knows the number; Enter takes the caller as somebody new."""
        hands, customer = self.hands, self.window.call.customer
        number = self.cast.caller_number.replace(" ", "")
        hands.wait_until(
            lambda: customer.state.text.replace(" ", "") == number,
            "the caller's number is looked up",
        )
        hands.wait_until(lambda: not customer.state.searching, "the caller is not known yet")
        hands.press("F2")
        hands.press("Return")
        hands.wait_until(lambda: customer.state.customer is not None, "the caller is somebody")
        if hands.see(lambda: customer.state.known is None):
            hands.write(CALLER_NAME)
            hands.press("Return")  # the number stands already
            hands.press("Return")
            hands.write("e.whitcombe@example.org")
            hands.press("Return")
            hands.wait_until(lambda: customer.state.mode is Mode.CHOSEN, "the customer is typed in")

    def _take_lines(self) -> None:
        hands, lines = self.hands, self.window.call.lines
        codes = self._codes()
        hands.press("F3")
        for place, code in enumerate(codes):
            hands.write(code)
            hands.press("Return")
            hands.wait_until(lambda: lines.state.editing is not None, f"{code} is on the order")
            hands.write(str(QUANTITIES[place]))
            hands.press("Return")
            hands.wait_until(lambda: lines.state.editing is None, f"{code} has its quantity")

    def _codes(self) -> tuple[ProductCode, ...]:
        """What is ordered: the goods of the catalogue that sell by the most pieces."""
        status = self.window.status
        self.hands.wait_until(
            lambda: status.state is not None and status.state.catalogue_at is not None,
            "the desk has its catalogue",
        )
        page = self.caller.call(
            operations.TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.PRODUCT, limit=PAGE_ROWS_MOST)
        )
        products = [decode(row.document, ProductView) for row in page.rows]
        goods = [p for p in products if p.kind is ProductKind.GOODS and not p.withdrawn]
        goods.sort(key=_by_pieces)
        return tuple(product.code for product in goods[: len(QUANTITIES)])

    def _ask_where_it_goes(self) -> None:
        hands, address = self.hands, self.window.call.delivery_address
        hands.press("F4")
        if hands.see(lambda: not address.state.is_complete):
            hands.write(POSTCODE)
            hands.press("Return")
            hands.write(HOUSE)
            hands.press("Return")
            hands.wait_until(
                lambda: bool(address.state.found) and not address.state.looking_up,
                "addresses of the postcode are offered",
            )
            hands.press("Down")
            hands.press("Return")
        hands.wait_until(lambda: address.state.is_complete, "the address is whole")
        hands.wait_until(lambda: not self.window.call.state.missing, "nothing is missing")

    def _read_back(self) -> None:
        self.reading.read_back()

    def _take_card(self) -> None:
        self.paying.take()

    def _hear_number(self) -> None:
        if self.placed is not None:
            self.reading.hear_number(self.placed.number)

    def _show_protocol(self) -> None:
        self.hands.press("Ctrl+I")
        self.hands.wait_until(
            lambda: self.window.protocol.state.protocol is not None, "the protocol is there"
        )

    def _place(self) -> None:
        self.hands.press("Ctrl+Return")
        self.hands.wait_until(
            lambda: self.window.placed.state.number_is_safe, "the number is on the screen"
        )
        self.placed = self.hands.see(lambda: self.window.placed.state.placed)

    def _make_paper(self) -> None:
        placed = self.window.placed
        self.hands.press("Ctrl+O")
        self.hands.wait_until(lambda: bool(placed.state.paper), "the paper is made")
        paper = self.hands.see(lambda: placed.state.paper)
        if paper is None:
            raise Fault("rehearsal_failed", "There is no paper.")
        shutil.copyfile(paper.path, self.folder / "confirmation.pdf")

    def _report(self) -> None:
        placed = self.placed
        if placed is None:
            raise Fault("rehearsal_failed", "No order was placed.")
        report = {
            "order_number": placed.number,
            "lines": len(placed.document.lines),
            "total_minor": placed.totals.total.minor,
            "currency": placed.totals.total.currency,
            "confirmations": self.reading.confirmations,
            "spoken": self.reading.spoken,
            "cards": self.paying.outcomes,
            "last_four": [attempt.last_four for attempt in placed.attempts],
            "step_ms": self.step_ms,
        }
        text = json.dumps(report, indent=2) + "\n"
        (self.folder / "report.json").write_text(text, encoding="utf-8")


def _by_pieces(product: ProductView) -> tuple[int, str]:
    return -(product.typical_quantity or 0), product.code
