"""How quick the call screen is: keys echoed, and lines added to small and to huge orders.

What is painted is painted in the real window, with its real lanes behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from app.campaigns.bench.desk import BenchDesk, signed_in_desk
from app.campaigns.bench.figures import Figure, beside, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.on_screen import Screen, on_screen
from app.campaigns.bench.orders import an_order, goods
from app.services.rules.pricing import totals
from app.ui.background import InlineBackground
from app.ui.notices import Incidents
from app.ui.screens.call.presenter import CallPresenter, Pace
from app.values.errors import Fault
from app.wire.catalogue import ProductView

ECHO_MOST_MS = 16
ACT_MOST_MS = 50
LINE_TIMES = 1.5
EARLY, LATE = 2, 200
FULL_TABLE = 40
"""From here on the table is full, and painting it costs the same whatever the order holds."""
HUGE = 1_114
"""Lines of the largest invoice in the Online Retail file."""
_LETTERS = 12
_QUANTITY = "12"


def key_echo(
    given: Given, *, lines: int, words: int = 40, products: int = 4_000
) -> tuple[Figure, ...]:
    """Type descriptions into the finder with an order of so many lines in hand.

    Of every other word it is timed when each letter is painted, of the rest when its rows are.
    Beside a window with a single field.
    """
    given.tell(f"Typing into the finder with an order of {lines:,} lines in hand")
    listed = goods(given, max(products, lines))
    typing = on_screen(given, listed, partial(_type, listed, lines, words))
    name = f"key-echo-{lines}"
    return (
        within(name, typing.echo, ECHO_MOST_MS, bare=typing.bare),
        within(f"{name}/rows", typing.rows, ECHO_MOST_MS, bare=typing.bare),
    )


class _Typing:
    """Types letters by turns into the finder and into the bare window."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._finder = screen.window.call.finder
        self._field = screen.window.call_screen.items.field.edit
        self.echo: list[float] = []
        self.rows: list[float] = []
        self.bare: list[float] = []
        screen.hands.press("F3")
        screen.hands.see(partial(self._finder.state_changed.connect, screen.watch.look))

    def write(self, text: str, *, until_rows: bool) -> None:
        """One word, and an empty field after it."""
        hands, watch, bare = self._screen.hands, self._screen.watch, self._screen.bare
        for length, letter in enumerate(text, start=1):
            watch.settle()
            self.bare.append(self._screen.bare_watch.key_painted(bare.edit, letter))
            answered = partial(self._is_answered, text[:length])
            if until_rows:
                self.rows.append(watch.key_painted(self._field, letter, answered))
            else:
                self.echo.append(watch.key_painted(self._field, letter))
                hands.wait_until(answered, f"the rows for {text[:length]}")
        require(hands.see(self._field.text) == text, f"{text!r} did not arrive in the finder.")
        require(bool(self._finder.state.rows), f"Nothing was found for {text!r}.")
        hands.see(self._finder.clear)
        hands.see(bare.edit.clear)

    def _is_answered(self, text: str) -> bool:
        state = self._finder.state
        return state.text == text and not state.asking


def _type(listed: Sequence[ProductView], lines: int, words: int, screen: Screen) -> _Typing:
    screen.take_in_hand(an_order(screen.at, listed, lines))
    typing = _Typing(screen)
    for place in range(words):
        text = listed[place * len(listed) // words].description.lower()[:_LETTERS].strip()
        typing.write(text, until_rows=place % 2 == 1)
    return typing


def line_200(given: Given, *, orders: int = 40, painted_orders: int = 6) -> tuple[Figure, ...]:
    """Add lines with their quantity, in several orders; line 200 beside line 2 of the same order.

    Until painted, it is beside line 40, because a table of two lines has less to paint.
    """
    given.tell(f"Adding {LATE:,} lines to {orders:,} orders")
    listed = goods(given, LATE)
    with signed_in_desk(given.folder) as at:
        late, early = _add_to_orders(at, listed, orders)
    figures = [beside("line-200", late, early, LINE_TIMES, quantile="p50", than="line 2")]
    given.tell(f"Adding {LATE:,} lines to {painted_orders:,} orders on the screen")
    late, early = on_screen(given, listed, partial(_add_painted, listed, painted_orders))
    painted = beside(
        "line-200/painted", late, early, LINE_TIMES, quantile="p50", than=f"line {FULL_TABLE}"
    )
    return *figures, painted


def _add_to_orders(
    at: BenchDesk, listed: Sequence[ProductView], orders: int
) -> tuple[list[float], list[float]]:
    call = CallPresenter(
        at.caller,
        InlineBackground(Incidents(at.ids)),
        regions=at.regions,
        clock=at.clock,
        ids=at.ids,
        device_id=at.device_id,
        pace=Pace(search_ms=0, save_ms=None, caution_ms=None, tick_ms=None),
    )
    taken: list[list[float]] = []
    for _ in range(orders):
        call.resume(an_order(at, listed, 0))
        taken.append([timed(partial(_add, call, product))[0] for product in listed[:LATE]])
        _require_lines(call, LATE)
    return [one[LATE - 1] for one in taken], [one[EARLY - 1] for one in taken]


def _add_painted(
    listed: Sequence[ProductView], orders: int, screen: Screen
) -> tuple[list[float], list[float]]:
    call = screen.window.call
    taken: list[list[float]] = []
    for _ in range(orders):
        screen.take_in_hand(an_order(screen.at, listed, 0))
        adding = (partial(_add, call, product) for product in listed[:LATE])
        taken.append([screen.painted_after(add) for add in adding])
        screen.hands.see(partial(_require_lines, call, LATE))
    return [one[LATE - 1] for one in taken], [one[FULL_TABLE - 1] for one in taken]


def _add(call: CallPresenter, product: ProductView) -> None:
    """What Enter, the quantity and Enter do."""
    call.add_product(product)
    editing = call.lines.state.editing
    if editing is None or not call.lines.set_quantity(editing.line_id, _QUANTITY):
        raise Fault("bench_rejected", f"{product.code} was not added.")
    call.lines.stop_editing()


def order_1114(given: Given, *, rounds: int = 30) -> tuple[Figure, ...]:
    """With an order of 1,113 lines on the screen: add one, change one in the middle, undo."""
    given.tell(f"Working on an order of {HUGE:,} lines")
    listed = goods(given, HUGE + rounds)
    taken = on_screen(given, listed, partial(_work_on_huge, listed, rounds))
    return tuple(
        within(f"order-1114/{name}", samples, ACT_MOST_MS) for name, samples in taken.items()
    )


def _work_on_huge(
    listed: Sequence[ProductView], rounds: int, screen: Screen
) -> dict[str, list[float]]:
    screen.take_in_hand(an_order(screen.at, listed, HUGE - 1))
    call, hands = screen.window.call, screen.hands
    middle = call.order.document.lines[HUGE // 2]
    taken: dict[str, list[float]] = {"add": [], "quantity": [], "undo": []}
    for round_ in range(rounds):
        product = listed[HUGE + round_ - 1]
        taken["add"].append(screen.painted_after(partial(_add, call, product)))
        hands.see(partial(_require_lines, call, HUGE))
        change = partial(call.lines.set_quantity, middle.line_id, str(middle.quantity + 10))
        taken["quantity"].append(screen.painted_after(change))
        hands.see(partial(_require_lines, call, HUGE))
        require(call.order.document.lines[HUGE // 2] != middle, "The quantity stayed as it was.")
        taken["undo"].append(screen.painted_after(call.undo))
        require(call.order.document.lines[HUGE // 2] == middle, "Undo left the quantity.")
        while len(call.order.document.lines) >= HUGE:
            hands.see(call.undo)
    return taken


def _require_lines(call: CallPresenter, lines: int) -> None:
    """The order has so many lines, the table shows them, and the total is that of the lines."""
    document = call.order.document
    require(len(document.lines) == lines, f"The order has {len(document.lines):,} lines.")
    require(len(call.lines.state.rows) == lines, "The table shows another number of lines.")
    require(call.state.totals == totals(document, call.rules), "The total is wrong.")
