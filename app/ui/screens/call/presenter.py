"""One call: brings the panes together, says what to ask, keeps the draft, places the order.

Each pane has a presenter of its own that changes the order in hand; this one watches the order. It
looks anew only at what changed, so that line 1,114 costs what line 2 costs. Works without an event
loop on an inline background.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Caller, CardSafe
from app.services.rules import pricing, readiness
from app.services.rules.read_back import Checkpoint
from app.services.rules.regions import RegionRules
from app.services.rules.speech_book import Piece, SpeechBook
from app.ui.background import Background, Debounce
from app.ui.notices import Kind, Notice, notice_of
from app.ui.payment.payment import PaymentPresenter
from app.ui.payment.payment_state import CardScript
from app.ui.screens.call import card_guard, guide_words, keeping, topics, twins
from app.ui.screens.call.address import AddressPresenter, Part
from app.ui.screens.call.amending import AmendingPresenter, Changed
from app.ui.screens.call.answers import AnswersPresenter
from app.ui.screens.call.caller_on_line import CallerOnLine
from app.ui.screens.call.customer import QUIET_MS, CustomerPresenter
from app.ui.screens.call.delivery import DeliveryPresenter
from app.ui.screens.call.finder import FinderPresenter
from app.ui.screens.call.fresh_products import FreshProducts
from app.ui.screens.call.guide_state import Around, ReadBackState
from app.ui.screens.call.keeping import DraftKeeper
from app.ui.screens.call.lines import LinesPresenter
from app.ui.screens.call.noting import TRY_AGAIN_MS
from app.ui.screens.call.order_in_hand import OrderInHand, empty_order
from app.ui.screens.call.parking import ParkPresenter
from app.ui.screens.call.placing import Placing
from app.ui.screens.call.read_back import ReadBackPresenter
from app.ui.screens.call.repeating import Repeating
from app.ui.screens.call.state import CallState, Phase
from app.ui.screens.call.stock import TICK_MS, StockPresenter
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import DeviceId, Ids, OrderId, PersonId
from app.values.vocabulary import Channel, OrderType, PaymentMethod, Priority, Region
from app.wire.catalogue import ProductView
from app.wire.customers import CustomerView
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.sync import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for quiet, in ms; `save_ms` None: write only when told (campaigns).

    `tick_ms` None: nobody sees a second go by, and stock is not held anew.
    """

    search_ms: int = QUIET_MS
    save_ms: int | None = keeping.SAVE_WITHIN_MS
    caution_ms: int | None = 250
    note_again_ms: int | None = TRY_AGAIN_MS
    tick_ms: int | None = TICK_MS


class CallPresenter(QObject):
    """Holds one CallState and the presenters of the panes.

    `placed(PlacedOrder)` ends its work on an order, `changed(Changed)` on a change of one.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    placed = Signal(object)
    changed = Signal(object)
    unblocked = Signal()

    def __init__(  # noqa: PLR0913 - what a call is made of, given by name
        self,
        caller: Caller,
        background: Background,
        *,
        regions: Mapping[Region, RegionRules],
        clock: Clock,
        ids: Ids,
        device_id: DeviceId,
        speech: Mapping[Region, SpeechBook] = MappingProxyType({}),
        safe: CardSafe | None = None,
        pace: Pace | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        pace = pace or Pace()
        self._caller = caller
        self._background = background
        self._regions = regions
        self._clock = clock
        self._ids = ids
        self._device_id = device_id
        self._rules: RegionRules | None = None
        self._judged: tuple[object, ...] = ()
        self._started_at: datetime | None = None
        self._state = CallState()
        self.order = OrderInHand(self)
        self.keeper = DraftKeeper(caller, background, quiet_ms=pace.save_ms, parent=self)
        self.finder = FinderPresenter(caller, background, self)
        self.lines = LinesPresenter(self.order, caller, background, ids, clock, self)
        self.stock = StockPresenter(
            *(self.order, self.lines, self.finder, caller, background, clock),
            tick_ms=pace.tick_ms,
            parent=self,
        )
        self._make_forms(pace)
        self.answers = AnswersPresenter(caller, background, self)
        self.payment = PaymentPresenter(
            caller, background, clock=clock, ids=ids, safe=safe, parent=self
        )
        self.placing = Placing(self.order, caller, background, clock, self)
        self.parking = ParkPresenter(self.order, self.keeper, caller, background, clock, self)
        self.on_line = CallerOnLine(self.order, self.customer, caller, background, self)
        self.fresh = FreshProducts(
            self.order, self.lines, caller, background, self, tick_ms=pace.tick_ms
        )
        self.repeating = Repeating(self.order, self.lines, caller, background, self)
        self.amending = AmendingPresenter(
            self.order, self.keeper, self.payment, caller, background, self
        )
        around = Around(save=self.keeper.save_now, twins=self._twins, again_ms=pace.note_again_ms)
        asking = self.order, caller, background
        self.read_back = ReadBackPresenter(
            *asking, clock=clock, speech=speech, around=around, parent=self
        )
        delay_ms, look = pace.caution_ms, self._look_for_cautions
        self._cautions = Debounce(self, delay_ms, look) if delay_ms is not None else None
        self._connect()

    def _make_forms(self, pace: Pace) -> None:
        """Who it is for and where it goes."""
        self.customer = CustomerPresenter(
            self.order,
            self._caller,
            self._background,
            self._ids,
            quiet_ms=pace.search_ms,
            parent=self,
        )
        of_order = self.order, self._caller, self._background, self
        self.delivery_address = AddressPresenter(Part.DELIVER_TO, *of_order)
        self.billing_address = AddressPresenter(Part.BILL_TO, *of_order)
        self.delivery = DeliveryPresenter(self.order, self._clock, self)

    def _connect(self) -> None:
        self.order.changed.connect(self._follow)
        self.order.settled.connect(self.keeper.field_finished)
        self.finder.chosen.connect(self.add_product)
        self.finder.replaced.connect(self.lines.exchange)
        self.stock.changed.connect(self._take_stock)
        self.customer.chosen.connect(self._take_addresses)
        self.customer.recognised.connect(self._offer_addresses)
        for part in (
            *(self.keeper, self.finder, self.lines, self.customer, self.delivery_address),
            *(self.billing_address, self.read_back, self.answers, self.payment, self.stock),
            *(self.fresh, self.parking, self.repeating, self.amending),
        ):
            part.notice.connect(self.notice)
        if self._cautions is not None:
            self.lines.learned.connect(self._cautions.poke)
        self.on_line.found.connect(self.payment.take_call)
        self.payment.pause.hung_up.connect(self.parking.line_dropped)
        self.placing.placed.connect(self._placed)
        self.placing.failed.connect(self._not_placed)
        self.placing.held.connect(self._hold)
        self.placing.confirmed.connect(self.place)
        self.amending.changed.connect(self._changed)
        self.amending.failed.connect(self._not_placed)
        self.amending.held.connect(self._hold)
        self.amending.taken_in.connect(partial(self.resume, same_caller=True))
        self.payment.state_changed.connect(self._take_payment)
        self.read_back.state_changed.connect(self._take_read_back)

    @property
    def state(self) -> CallState:
        """What is shown now."""
        return self._state

    @property
    def rules(self) -> RegionRules:
        """The region of the order in hand."""
        if self._rules is None:
            message = "no order is in hand"
            raise RuntimeError(message)
        return self._rules

    @property
    def started_at(self) -> datetime | None:
        """When the call in progress began; it goes on until the next one begins."""
        return self._started_at

    @property
    def caller_number(self) -> str:
        """The number the caller rings from, where the telephone told it."""
        return self.on_line.number

    def start_call(self, person_id: PersonId, policy: Policy, caller_number: str = "") -> None:
        """A new call with an empty order; the order before stays as it was last kept."""
        now = self._clock.now()
        document = empty_order(
            OrderId(self._ids.new()), self._device_id, person_id, policy, now, caller_number
        )
        self.stock.hold_s = float(policy.hold_seconds)
        self.payment.idle_s = float(policy.card_idle_seconds)
        self._begin(document, person_id, is_kept=False)
        if caller_number:
            self.customer.search(caller_number)

    def resume(
        self, document: OrderDocument, by: PersonId | None = None, *, same_caller: bool = False
    ) -> None:
        """Go on with a draft, as `by` or who began it; `same_caller` is on the line already."""
        since, number = self._started_at, self.caller_number
        self._begin(document, by or document.taken_by, is_kept=True)
        if same_caller and since is not None:
            self._started_at = since
            self.on_line.begin(document.caller_number or number)
        self.on_line.ask()
        self.fresh.ask()

    def leave(self) -> None:
        """Put the order away as it stands; what was typed is written first."""
        self.keeper.save_now()
        self._started_at = None
        self._let_go()

    def write_out(self) -> None:
        """The program ends: everything that waits goes to the WRITE lane."""
        self.payment.write_out()
        self.keeper.write_out()
        self.read_back.notes.write_out()

    def set_channel(self, channel: Channel) -> None:
        """How the order reached us."""
        if channel is not self.order.document.channel:
            self.order.settle()
            self.order.change("channel", channel=channel)
            self.order.settle()

    def set_order_type(self, order_type: OrderType) -> None:
        """What kind of order it is; checklists and rights go by it."""
        self._set("order type", order_type=order_type)

    def set_priority(self, priority: Priority) -> None:
        """How soon the order has to be seen to."""
        self._set("priority", priority=priority)

    def set_payment(self, payment: PaymentMethod) -> None:
        """How the order is paid for."""
        self._set("payment", payment=payment)

    def _set(self, step: str, **part: OrderType | Priority | PaymentMethod) -> None:
        self.order.settle()
        self.order.change(step, **part)
        self.order.settle()

    def add_product(self, product: ProductView, quantity: int | None = None) -> None:
        """Add what the finder found."""
        try:
            self.lines.add_product(product, quantity)
        except Refusal as refusal:
            self.notice.emit(notice_of(refusal))

    def bill_elsewhere(self) -> None:
        """The bill goes to an address of its own."""
        customer = self.order.document.customer
        self.billing_address.edit(customer.name if customer else "")

    def bill_to_delivery(self) -> None:
        """The bill goes where the goods go."""
        self.billing_address.clear()

    def undo(self) -> None:
        """Take the last step on the order back, whatever pane it was made in."""
        if self._state.phase is Phase.TAKING:
            self.order.undo()

    def redo(self) -> None:
        """Take the last undo back."""
        if self._state.phase is Phase.TAKING:
            self.order.redo()

    def show_script(self, script: CardScript | None) -> None:
        """What is said while the payment is in view; None: it is no longer."""
        if script != self._state.script and self._state.phase is Phase.TAKING:
            self._show(replace(self._state, script=script))

    def ask_to_repeat(self) -> None:
        """Ctrl+R: ask whether the customer's last order is wanted once more."""
        orders = self.customer.state.last_orders
        if orders:
            self._show(replace(self._state, asking_to_repeat=orders[0]))
        else:
            self._say(Kind.INFO, self.tr("There is no last order of this customer to repeat."))

    def do_not_repeat(self) -> None:
        """The last order is not wanted."""
        self._show(replace(self._state, asking_to_repeat=None))

    def repeat(self) -> None:
        """Add the products of the last order at today's prices."""
        asked = self._state.asking_to_repeat
        if asked is None:
            return
        self._show(replace(self._state, asking_to_repeat=None))
        self.repeating.add(asked.order_id)

    def place(self) -> None:
        """Place the order exactly as it stands; an address still being typed is finished first."""
        for address in (self.delivery_address, self.billing_address):
            if address.state.editing:
                address.finish()
        if self.amending.asks_to_cancel():
            return
        if not self._state.can_place:
            self.read_back.notes.go_on()
            self._say(Kind.INFO, self._state.reason_why_not)
            return
        self.lines.stop_editing()
        document = self.order.document
        if card_guard.is_in(document):
            words = self.tr(
                "There is a card number in the texts of this order. Please take it out."
            )
            self._say(Kind.WARN, words)
            return
        self._show(replace(self._state, phase=Phase.PLACING))
        self.keeper.forget(document.order_id)
        if document.amends is not None and self._state.totals is not None:
            self.amending.send(document, self._state.totals, self.read_back.entries)
        else:
            self.placing.place(document)

    def _begin(self, document: OrderDocument, person_id: PersonId, *, is_kept: bool) -> None:
        self.keeper.save_now()
        rules = self._regions[document.region]
        self._rules = rules
        self._judged = ()
        self._state = CallState()
        self.order.begin(document)
        self.keeper.begin(document.order_id, document.started_at if is_kept else None)
        self.finder.clear()
        self.lines.begin()
        self.stock.begin()
        self.customer.begin(rules.phone_region)
        self.delivery_address.begin(rules.country)
        self.billing_address.begin(rules.country)
        self.delivery.begin(rules)
        self.read_back.begin(rules, person_id, is_kept=is_kept)
        self.payment.begin(document.order_id, is_kept=is_kept)
        self._started_at = self._clock.now()
        self.on_line.begin(document.caller_number)
        self._state = CallState(phase=Phase.TAKING, tax_label=rules.tax.label)
        self._follow()

    def _follow(self) -> None:
        """The order is another one now.

        Every pane takes what is its own, and the rest is judged anew.
        """
        if self._state.phase is Phase.IDLE:
            return
        document = self.order.document
        self.lines.follow()
        self.customer.follow()
        self.delivery_address.follow()
        self.billing_address.follow()
        self.delivery.follow()
        if document is not self.order.document:
            return
        if self._state.document is not None and self._state.document is not document:
            self.keeper.keep(document)
        self.stock.follow()
        self._judge(document)
        if self._cautions is not None:
            self._cautions.poke()

    def _judge(self, document: OrderDocument) -> None:
        change = topics.change_in_hand(document, is_touched=self.order.can_undo)
        looked_at = (
            document.customer,
            document.deliver_to,
            document.bill_to,
            document.delivery,
            bool(document.lines),
            self.lines.book.lacking,
            change,
        )
        state = self._state
        if len(self._judged) != len(looked_at) or any(
            old is not new for old, new in zip(self._judged, looked_at, strict=True)
        ):
            self._judged = looked_at
            lacking = readiness.missing(document, self.rules)
            state = topics.with_missing(state, lacking, self.stock.missing(), change)
        totals = pricing.totals(document, self.rules, self.lines.book.sums)
        self._state = replace(state, document=document, totals=totals, can_undo=self.order.can_undo)
        self.read_back.follow(totals, state.missing)
        self.payment.follow(document, totals, agreed=self.read_back.state.holds)
        self._show(self._with_read_back(self._state))

    @Slot()
    def _take_stock(self) -> None:
        """A line became short, or is so no longer."""
        if self._state.phase is Phase.TAKING and self._state.document is self.order.document:
            self._judge(self.order.document)

    def _take_read_back(self, _state: ReadBackState) -> None:
        """An answer was given, or is on disk by now."""
        document, totals = self._state.document, self._state.totals
        if document is not None and totals is not None:
            self.payment.follow(document, totals, agreed=self.read_back.state.holds)
        self._take_payment()

    def _take_payment(self) -> None:
        """The payment stands another way now."""
        state = self._with_read_back(self._state)
        if state.phase is not Phase.IDLE and state != self._state:
            self._show(state)

    def _with_read_back(self, state: CallState) -> CallState:
        return guide_words.with_read_back(state, self.read_back.state, self.payment.state)

    def _twins(self, point: Checkpoint) -> tuple[tuple[Piece, ...], ...]:
        """A line beside what it could be taken for."""
        row = self.lines.book.find(point.line_id) if point.line_id is not None else None
        if row is None:
            return ()
        return twins.side_by_side(row.line, self.lines.lookalikes_of(row.line.code))

    def _look_for_cautions(self) -> None:
        if not self.order.is_open or self._state.phase is not Phase.TAKING:
            return
        found = readiness.warnings(
            self.order.document, self.rules, products=self.lines.book.products
        )
        if found != self._state.cautions:
            self._show(replace(self._state, cautions=found))

    def _offer_addresses(self, customer: CustomerView) -> None:
        self.delivery_address.offer(customer.addresses)
        self.billing_address.offer(customer.addresses)

    def _take_addresses(self, customer: CustomerView) -> None:
        """A known caller's newest address stands in the order until they say otherwise."""
        self._offer_addresses(customer)
        if customer.addresses and self.order.document.deliver_to is None:
            self.delivery_address.take(customer.addresses[0].address)

    def _placed(self, placed: PlacedOrder) -> None:
        self._let_go()
        self.placed.emit(placed)

    def _changed(self, changed: Changed) -> None:
        self._let_go()
        self.changed.emit(changed)

    def _let_go(self) -> None:
        """It is out of the hands of this screen."""
        self._state = CallState()
        self.read_back.leave()
        self.payment.leave()
        self.stock.leave()
        self._show(CallState())
        self.order.leave()

    def _not_placed(self, document: OrderDocument, error: Refusal | Fault) -> None:
        self._hold(document)
        self.read_back.refresh()
        self.notice.emit(notice_of(error))

    def _hold(self, document: OrderDocument) -> None:
        """The order stays in hand as it was, and is kept as a draft."""
        self._show(replace(self._state, phase=Phase.TAKING))
        self.keeper.remember(document)

    def _say(self, kind: Kind, sentence: str) -> None:
        self.notice.emit(Notice(kind=kind, sentence=sentence))

    def _show(self, state: CallState) -> None:
        before, self._state = self._state, state
        self.state_changed.emit(state)
        if before.reason_why_not and not state.reason_why_not:
            self.unblocked.emit()
