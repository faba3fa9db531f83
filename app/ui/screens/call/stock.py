"""Stock held while the caller talks: asks in the background, counts down, offers ways out.

One question at a time goes to the NETWORK lane, for as many products as a request takes; an answer
counts only for the quantity that is wanted by then. The whole order is asked for again while the
call goes on. Charges and products without imported stock are never asked for. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.services.rules import stock_words
from app.services.rules.amending import allocated
from app.services.rules.readiness import Missing
from app.services.rules.stock_words import Lacking, OfferWords
from app.ui import formatting
from app.ui.background import Background, Debounce, Lane, Latest
from app.ui.notices import notice_of
from app.ui.screens.call.finder import FinderPresenter, FinderRow, FinderState
from app.ui.screens.call.lines import LinesPresenter
from app.ui.screens.call.order_in_hand import OrderInHand
from app.ui.screens.call.substitutes import Substitutes, substitutes_for
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import LineId, ProductCode
from app.wire.stock import CODES_MOST, AskStock, HoldStock, StockHeld, StockStanding, WantedStock
from app.wire.stock_operations import KEEP_STOCK, LOOK_UP_STOCK

TICK_MS = 1_000
LOOK_AFTER_MS = 200
"""Quiet time before what was found is looked up: nobody reads rows that pass by."""

ASK_AGAIN_S = 15.0
"""After an answer that was not the centre's."""

KEEP_MOST_S = 3_600.0
"""Nobody touched the order for so long: what it holds is left to run out."""

_PARTS_OF_HOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A standing and when it was heard; it counts for `lasts_s` from then on."""

    standing: StockStanding
    heard_at: float
    lasts_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """The line that is to be settled now, in words, with its ways out."""

    found: Lacking
    expected_on: date | None
    title: str
    question: str
    offers: tuple[OfferWords, ...]


class StockPresenter(QObject):
    """Knows how the products of the order in hand stand.

    `changed` tells that lines became short or are so no longer; `ticked` that a second went by and
    words that count down are others now.
    """

    changed = Signal()
    ticked = Signal()
    notice = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        lines: LinesPresenter,
        finder: FinderPresenter,
        caller: Caller,
        background: Background,
        clock: Clock,
        *,
        tick_ms: int | None = TICK_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._lines = lines
        self._finder = finder
        self._caller = caller
        self._background = background
        self._clock = clock
        self.hold_s = 300.0
        self._known: dict[ProductCode, Known] = {}
        self._found: dict[ProductCode, Known] = {}
        self._asked: dict[ProductCode, int] = {}
        self._to_ask: dict[ProductCode, int] = {}
        self._questions = Latest()
        self._looks = Latest()
        self._is_asking = self._is_at_it = False
        self._ask_again_at = self._touched_at = 0.0
        self._shown: Shortage | None = None
        self._look_soon = Debounce(self, LOOK_AFTER_MS if tick_ms else 0, self._look_at_found)
        self._tick = QTimer(self)
        self._tick.timeout.connect(self.on_tick)
        if tick_ms is not None:
            self._tick.setInterval(tick_ms)
        self._ticks = tick_ms is not None
        lines.learned.connect(self._ask_for_new)
        finder.state_changed.connect(self._watch_finder)

    @property
    def shortage(self) -> Shortage | None:
        """What is to be settled now: the line that was touched last, else the first."""
        return self._shown

    def begin(self) -> None:
        """Another order is in hand; what the one before holds runs out, or is given back."""
        self._forget()
        self._touched_at = self._clock.monotonic()
        self._renew_later()
        if self._ticks:
            self._tick.start()

    def leave(self) -> None:
        """No order is in hand any more."""
        self._forget()
        self._tick.stop()

    def follow(self) -> None:
        """The order changed: ask for what is wanted in another quantity now."""
        book = self._lines.book
        touched = book.take_touched()
        if touched:
            self._touched_at = self._clock.monotonic()
            self._want(code for code in touched if book.is_tracked(code))
        self._settle()

    def missing(self) -> tuple[Missing, ...]:
        """Lines that are short, for the strip that says what is still needed."""
        return tuple(
            stock_words.missing_of(one, self._expected(one.line.code))
            for one in self._lines.book.lacking
        )

    def words_of(self, code: ProductCode) -> str:
        """How a product stands, as it is by now; empty where nobody knows or stock is not kept."""
        known = self._known.get(code) or self._found.get(code)
        return self._words(known) if known is not None else ""

    def standing_of(self, code: ProductCode) -> StockStanding | None:
        """How a product stands, for its colour."""
        known = self._known.get(code) or self._found.get(code)
        return known.standing if known is not None else None

    def take(self) -> None:
        """The caller takes what is held."""
        if self._shown is not None:
            self._lines.take_what_is_held(self._shown.found)

    def let_follow(self) -> None:
        """The caller waits for the rest."""
        if self._shown is not None:
            self._lines.let_follow(self._shown.found, self._shown.expected_on)

    def look_for_other(self) -> None:
        """The caller wants something like it: the finder shows what there is."""
        if self._shown is None:
            return
        line = self._shown.found.line
        self._background.run(
            Lane.READ,
            partial(substitutes_for, self._caller, line),
            owner=self,
            then=partial(self._offer_others, self._shown.found),
            failed=self._complain,
        )

    @Slot()
    def on_tick(self) -> None:
        """A second went by: hold anew when it is time, and let what counts down count."""
        now = self._clock.monotonic()
        if now >= self._ask_again_at and not self._is_asking and self._order.is_open:
            self._renew_later()
            if now - self._touched_at < KEEP_MOST_S:
                self._hold_anew()
        if any(
            self._is_counting(known) for known in (*self._known.values(), *self._found.values())
        ):
            self.ticked.emit()

    def _forget(self) -> None:
        self._questions.forget()
        self._looks.forget()
        for kept in (self._known, self._found, self._asked, self._to_ask):
            kept.clear()
        self._is_asking = False
        self._shown = None

    def _renew_later(self) -> None:
        self._ask_again_at = self._clock.monotonic() + self.hold_s / _PARTS_OF_HOLD

    def _hold_anew(self) -> None:
        book = self._lines.book
        wanted = {code: book.wanted(code) for code in book.codes() if book.is_tracked(code)}
        self._asked.update(wanted)
        self._to_ask.update(wanted)
        self._ask()

    @Slot()
    def _ask_for_new(self) -> None:
        """More products were looked up: those of which stock is kept are asked for."""
        book = self._lines.book
        self._want(code for code in book.codes() if book.is_tracked(code))

    def _want(self, codes: Iterable[ProductCode]) -> None:
        for code in codes:
            wanted = self._lines.book.wanted(code)
            if self._asked.get(code, 0) != wanted:
                self._asked[code] = self._to_ask[code] = wanted
        self._ask()

    def _ask(self) -> None:
        """One question at a time; in a loop, because inline an answer is there at once."""
        if self._is_at_it or not self._order.is_open:
            return
        self._is_at_it = True
        try:
            while self._to_ask and not self._is_asking:
                self._ask_for(dict(list(self._to_ask.items())[:CODES_MOST]))
        finally:
            self._is_at_it = False

    def _ask_for(self, wanted: dict[ProductCode, int]) -> None:
        for code in wanted:
            del self._to_ask[code]
        self._is_asking = True
        document = self._order.document
        order_id = document.order_id
        # Of a change, what the order has already is not held once more.
        pieces = tuple(
            WantedStock(code=code, quantity=max(count - allocated(document, code), 0))
            for code, count in wanted.items()
        )
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, KEEP_STOCK, HoldStock(order_id=order_id, wanted=pieces)),
            owner=self,
            then=partial(self._learn, wanted),
            failed=partial(self._fail, wanted),
            question=self._questions.ask(),
        )

    def _learn(self, wanted: dict[ProductCode, int], held: StockHeld) -> None:
        """What is wanted in another quantity by now has a newer question on its way."""
        self._is_asking = False
        now = self._clock.monotonic()
        fresh = []
        for told in held.standings:
            if self._asked.get(told.code) != wanted.get(told.code):
                continue
            standing = self._with_what_it_has(told, wanted[told.code])
            known = Known(standing=standing, heard_at=now, lasts_s=self._lasts(held, standing))
            if not standing.confirmed:
                self._ask_again_at = min(self._ask_again_at, now + ASK_AGAIN_S)
                known = self._still_held(known)
            self._known[standing.code] = known
            fresh.append(known.standing)
        if fresh:
            self._lines.learn_stock(tuple(fresh))
        self._settle()
        self.ticked.emit()
        self._ask()

    def _with_what_it_has(self, standing: StockStanding, wanted: int) -> StockStanding:
        """Of a change: held is also what the order has from before."""
        has = allocated(self._order.document, standing.code)
        if not has:
            return standing
        held = min(standing.held + has, wanted)
        return msgspec.structs.replace(standing, wanted=wanted, held=held)

    def _lasts(self, held: StockHeld, standing: StockStanding) -> float:
        """Between two of the centre's instants: its clock may be another than ours."""
        if held.expires_at is None or standing.as_of is None:
            return self.hold_s
        return (held.expires_at - standing.as_of).total_seconds()

    def _still_held(self, known: Known) -> Known:
        """Nobody answered: what the centre held a moment ago it holds until that runs out."""
        before = self._known.get(known.standing.code)
        if before is None or not before.standing.confirmed:
            return known
        is_same = before.standing.wanted == known.standing.wanted
        is_over = known.heard_at >= before.heard_at + before.lasts_s
        return before if is_same and not is_over else known

    def _fail(self, wanted: dict[ProductCode, int], error: Refusal | Fault) -> None:
        """Not even the desk could say; it is asked again, and nothing waits for it."""
        self._is_asking = False
        self._ask_again_at = min(self._ask_again_at, self._clock.monotonic() + ASK_AGAIN_S)
        for code in wanted:
            self._asked.pop(code, None)
        if isinstance(error, Fault):
            self.notice.emit(notice_of(error))

    def _settle(self) -> None:
        """Which line is to be settled now."""
        lacking = self._lines.book.lacking
        latest = self._lines.book.latest
        found = next((one for one in lacking if one.line.line_id == latest), None)
        found = found or (lacking[0] if lacking else None)
        shortage = self._in_words(found) if found is not None else None
        if shortage != self._shown:
            self._shown = shortage
            self.changed.emit()

    def _in_words(self, found: Lacking) -> Shortage:
        expected_on = self._expected(found.line.code)
        return Shortage(
            found=found,
            expected_on=expected_on,
            title=stock_words.shortage_title(found, expected_on),
            question=stock_words.question(found, expected_on),
            offers=stock_words.offers(found, expected_on),
        )

    def _expected(self, code: ProductCode) -> date | None:
        known = self._known.get(code)
        return known.standing.expected_on if known is not None else None

    def _elapsed(self, known: Known) -> timedelta:
        return timedelta(seconds=self._clock.monotonic() - known.heard_at)

    def _words(self, known: Known) -> str:
        as_of = known.standing.as_of
        at = formatting.clock_time(as_of) if as_of is not None else ""
        return stock_words.standing_words(known.standing, self._elapsed(known), at)

    def _is_counting(self, known: Known) -> bool:
        return stock_words.is_counting(known.standing, self._elapsed(known))

    @Slot(object)
    def _watch_finder(self, state: FinderState) -> None:
        """What was found is looked up as soon as it stays; older answers are dropped."""
        if not state.rows:
            self._looks.forget()
            self._look_soon.cancel()
            self._found.clear()
        elif any(map(self._is_worth_a_look, state.rows)):
            self._look_soon.poke()

    def _is_worth_a_look(self, row: FinderRow) -> bool:
        product = row.product
        is_known = product.code in self._found or product.code in self._known
        return product.available is not None and not is_known

    def _look_at_found(self) -> None:
        rows = filter(self._is_worth_a_look, self._finder.state.rows)
        codes = tuple(row.product.code for row in rows)
        if not codes or not self._order.is_open:
            return
        asked = AskStock(codes=codes, order_id=self._order.document.order_id)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, LOOK_UP_STOCK, asked),
            owner=self,
            then=self._learn_found,
            failed=self._leave_found,
            question=self._looks.ask(),
        )

    def _learn_found(self, held: StockHeld) -> None:
        now = self._clock.monotonic()
        for standing in held.standings:
            known = Known(standing=standing, heard_at=now, lasts_s=self.hold_s)
            self._found[standing.code] = known
        self.ticked.emit()

    def _leave_found(self, error: Refusal | Fault) -> None:
        """The rows keep what came with the catalogue."""

    def _offer_others(self, found: Lacking, others: Substitutes) -> None:
        row = self._lines.book.find(LineId(found.line.line_id))
        if row is None:
            return
        words = QCoreApplication.translate(
            "Stock", "Choose what replaces line {number}; Esc leaves it as it is."
        )
        self._finder.offer_instead(
            row.line_id, words.format(number=row.number), others.text, others.rows
        )

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))
