"""All of one desk put together: opens what the seat keeps and runs what goes on behind the screens.

`open_desk` needs no network and makes `caller` usable; `start` begins the two threads that keep in
touch with the centre; `close` ends everything and lets go of the seat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from argon2 import PasswordHasher

from app.services.desk import memory
from app.services.desk.answers import AnswerService
from app.services.desk.calls import CallService
from app.services.desk.card_keys import RootKey
from app.services.desk.catalogue import CatalogueService
from app.services.desk.checking import Checks
from app.services.desk.commands import Commands
from app.services.desk.contacts import ContactService
from app.services.desk.decisions import Decisions
from app.services.desk.dispatcher import DeskCaller, Handlers
from app.services.desk.drafts import DraftService
from app.services.desk.feed import FeedFollower
from app.services.desk.guidance import GuidanceService
from app.services.desk.handing_over import HandingOver
from app.services.desk.housekeeping import Housekeeping
from app.services.desk.like_orders import LikeOrderService
from app.services.desk.line import LONGEST_SECONDS, Line, deposit_key
from app.services.desk.numbers import Numbers
from app.services.desk.order_changes import OrderChangeService
from app.services.desk.order_look_up import OrderLookUp
from app.services.desk.outbox import Outbox
from app.services.desk.outbox_list import OutboxList
from app.services.desk.papers import PaperService, policy_unknown
from app.services.desk.parking import CallBackService
from app.services.desk.payments import PaymentService
from app.services.desk.place import PlaceService
from app.services.desk.read_back import ReadBackService
from app.services.desk.records import Records
from app.services.desk.recovery import open_records
from app.services.desk.seat import Seat
from app.services.desk.sign_in import SignedIn, SignInService
from app.services.desk.standing import Standing
from app.services.desk.stock import StockService
from app.services.desk.verifiers import Verifiers
from app.services.desk.watchdog import Watchdog
from app.services.desk.worker import BackOff, Worker
from app.services.ports import AddressLookup, Caller, Centre, KeyStore
from app.services.rules.regions import RegionRules
from app.store.catalogue_replica import CatalogueReplica, ReplicaDamaged
from app.store.product_search import ProductIndex
from app.values.clock import Clock
from app.values.errors import Fault
from app.values.identity import Ids, OrderId
from app.values.vocabulary import ChangeKind, Region
from app.wire import (
    card_operations,
    clash_operations,
    contact_operations,
    handover_operations,
    operations,
    order_operations,
    outbox_operations,
    stock_operations,
)
from app.wire.message import Nothing, decode
from app.wire.orders import PlacedOrder, VoidDraft
from app.wire.outbox import OpenSentOrder, SendNow
from app.wire.people import SignInOffer
from app.wire.sync import AskStatus, DeskStatus, Heartbeat, Policy, Town

_SENDING, _FOLLOWING = "sending orders", "bringing the catalogue up to date"
LONGEST_FOLLOWING_SECONDS = 600.0
"""A long poll lasts half a minute; the first indexing of a large catalogue takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What a desk is made of; `chance` gives numbers from 0 up to 1, for waiting times.

    `offer` holds the people and the banner of a trial, `version` is this program's, `hasher` makes
    the verifiers for signing in while the centre is away. `card_root_key` is the card vault's, else
    the policy's is trusted at first sight, and with `trust_card_key` once more.
    """

    seat: Seat
    keys: KeyStore
    centre: Centre
    addresses: AddressLookup
    regions: Mapping[Region, RegionRules]
    clock: Clock
    ids: Ids
    chance: Callable[[], float]
    version: str
    offer: SignInOffer = field(default_factory=partial(SignInOffer, people=()))
    card_root_key: str = ""
    trust_card_key: bool = False
    hasher: PasswordHasher = field(default_factory=PasswordHasher)


def open_desk(parts: DeskParts) -> Desk:
    """Open a seat's store, journal, replica and index.

    Raises Refusal `store_newer`, Fault `keyring_unavailable`, `store_unreadable`,
    `journal_unwritable`.
    """
    records = open_records(parts.seat, parts.keys, parts.clock)
    folder = parts.seat.folder / "catalogue"
    replica = CatalogueReplica(folder / "replica.db")
    return Desk(parts, records, replica, ProductIndex(folder))


class Desk:
    """One desk, opened. Screens use `caller`; `line` and `feed` are what the two threads repeat."""

    def __init__(
        self, parts: DeskParts, records: Records, replica: CatalogueReplica, index: ProductIndex
    ) -> None:
        self._parts = parts
        self.records = records
        self._replica = replica
        self._index = index
        self._standing = Standing(parts.clock)
        self._standing.say("records", " ".join(records.sentences))
        self._make_services()
        self._make_workers()
        self.caller: Caller = self._made_caller()

    def start(self) -> None:
        """Begin to keep in touch with the centre."""
        self._line_worker.start()
        self._feed_worker.start()
        self._watching.start()

    def close(self) -> None:
        """End the threads, write down how far the copies agree, and let go of the seat."""
        self.line.stop()
        self.feed.stop()
        workers = (self._watching, self._line_worker, self._feed_worker)
        for worker in workers:
            worker.ask_to_stop()
        self._parts.centre.close()
        for worker in workers:
            worker.join()
        self._index.rest()
        self._replica.close()
        self.records.close()
        self._parts.seat.close()

    def town(self, country: str, postcode: str) -> Town | None:
        """The town a postcode area belongs to, as the centre's imported file says."""
        try:
            document = self._replica.document(ChangeKind.TOWN, f"{country} {postcode}")
        except ReplicaDamaged:
            return None
        return None if document is None else decode(document, Town)

    def _make_services(self) -> None:
        parts, store = self._parts, self.records.store
        self._signed_in = SignedIn(parts.clock)
        self._verifiers = Verifiers(store, parts.clock, parts.hasher)
        self._commands = Commands(self.records, parts.seat, parts.centre, parts.ids)
        self._contacts = ContactService(self._commands, self._signed_in, parts.clock)
        self._drafts = DraftService(
            self._commands, self._signed_in, parts.seat, parts.regions, parts.clock
        )
        self._guidance = GuidanceService(store)
        self._stock = StockService(
            store, self._replica, parts.centre, self._standing, self._signed_in, parts.clock
        )
        self._like = LikeOrderService(store, parts.centre, self._standing, parts.clock)
        self._make_orders()
        self.outbox = Outbox(self.records, parts.centre, self._standing, parts.clock)
        self.outbox.when_answered(self.changes.heard)
        self.outbox.retry_stuck()
        self.handing = HandingOver(
            store,
            parts.centre,
            parts.seat,
            self._signed_in,
            self._standing,
            parts.clock,
            parts.ids,
        )
        self.handing.when_given(self._stock.forget)
        self.numbers = Numbers(store, parts.centre, parts.clock)
        self._read_backs = ReadBackService(
            store,
            self._verifiers,
            parts.centre,
            self._signed_in,
            self._standing,
            parts.clock,
            parts.ids,
        )
        self.calls = CallService(self._commands, self._contacts, self._signed_in, parts.clock)
        with suppress(Fault):  # a full disk keeps no desk closed; it is done at another start
            self.calls.end_left(at_start=True)
        self.payments = self._made_payments()
        self._answers = AnswerService(store, self._guidance, parts.centre, parts.clock)
        self._papers = PaperService(parts.seat.folder, store, self.place, parts.clock)

    def _make_orders(self) -> None:
        """Whoever places orders and changes them."""
        parts = self._parts
        checks = Checks(self._guidance, self._stock, parts.regions)
        self.place = PlaceService(
            self._commands,
            drafts=self._drafts,
            checks=checks,
            stock=self._stock,
            like=self._like,
            contacts=self._contacts,
            signed_in=self._signed_in,
            clock=parts.clock,
        )
        self.changes = OrderChangeService(
            self._commands,
            drafts=self._drafts,
            checks=checks,
            stock=self._stock,
            contacts=self._contacts,
            centre=parts.centre,
            seat=parts.seat,
            signed_in=self._signed_in,
            standing=self._standing,
            clock=parts.clock,
            ids=parts.ids,
        )

    def _made_payments(self) -> PaymentService:
        parts, store = self._parts, self.records.store
        root_key = RootKey(store, parts.card_root_key)
        if parts.trust_card_key:
            root_key.trust_again()
        return PaymentService(
            store, parts.centre, self._signed_in, self._standing, parts.clock, root_key
        )

    def _heartbeat(self, run_id: UUID) -> Heartbeat:
        """How this desk is; `run_id` is made at each start of the program."""
        return Heartbeat(
            waiting=self.outbox.waiting(),
            oldest_waiting_at=self.outbox.oldest_waiting_at(),
            needs_person=self.outbox.needing_person(),
            version=self._parts.version,
            run_id=run_id,
            newest_number=self.numbers.newest(),
        )

    def _make_workers(self) -> None:
        parts, store = self._parts, self.records.store
        self.line = Line(
            self.outbox,
            (
                self.numbers.top_up,
                partial(deposit_key, self.records, parts.centre),
                Housekeeping(
                    parts.seat.folder,
                    store,
                    self._papers,
                    self.calls,
                    parts.clock,
                    partial(self._standing.say, "copies"),
                ).run_when_due,
                self._answers.report,
                self.payments.give_back,
                self._stock.give_back,
                self.handing.look_when_due,
                self.changes.tell_left,
            ),
            parts.centre,
            self._standing,
            parts.clock,
            BackOff(parts.chance),
            partial(self._heartbeat, run_id=parts.ids.new()),
        )
        self.feed = FeedFollower(
            self._replica,
            self._index,
            store,
            parts.centre,
            self._standing,
            parts.clock,
            BackOff(parts.chance),
        )
        self._make_threads()
        self._commands.when_captured(self._send_at_once)
        self._stock.when_released(self._send_at_once)
        self._standing.when_back(self._line_worker.wake)
        self._standing.when_back(self._feed_worker.wake)
        # A long poll may have noticed it: the line keeps trying from now on, and does not wait
        # for that poll, which may last half a minute, to hear that the centre is back.
        self._standing.when_lost(self._line_worker.wake)
        self.feed.when_asking(self.outbox.note_answered)
        self.feed.when_followed(self.outbox.settle)
        self._decisions = Decisions(store, parts.clock)
        self.feed.when_decided(self._decisions.take)
        self.feed.when_restored(self._send_again)

    def _make_threads(self) -> None:
        parts = self._parts
        self.watchdog = Watchdog(self._standing, parts.clock, parts.ids)
        line_bug = self.watchdog.bug_in(_SENDING, BackOff(parts.chance))
        feed_bug = self.watchdog.bug_in(_FOLLOWING, BackOff(parts.chance))
        self._line_worker = Worker("desk line", self.line.step, parts.clock, line_bug)
        self._feed_worker = Worker("desk feed", self.feed.step, parts.clock, feed_bug)
        self._watching = Worker("desk watchdog", self.watchdog.look, parts.clock)
        self.line.progress = self._line_worker.progress
        self.watchdog.mind(self._line_worker, _SENDING, LONGEST_SECONDS)
        # Two followers at once would write one index: this one is only said to stand still.
        self.watchdog.mind(
            self._feed_worker, _FOLLOWING, LONGEST_FOLLOWING_SECONDS, can_restart=False
        )

    def _send_at_once(self) -> None:
        """While the centre is away the worker finds out by itself when it is back."""
        if self._standing.is_online:
            self._line_worker.wake()

    def _send_now(self) -> None:
        self.line.hurry()
        self._line_worker.wake()

    def _send_again(self) -> None:
        self.outbox.send_again()
        self._line_worker.wake()

    def _made_caller(self) -> DeskCaller:
        parts, store = self._parts, self.records.store
        sign_in = SignInService(
            self._verifiers,
            parts.centre,
            self._signed_in,
            self._standing,
            parts.clock,
            parts.ids,
            parts.offer,
        )
        sign_in.when_out(self._stock.release_of)
        catalogue = CatalogueService(self._index)
        handlers = Handlers()
        handlers.add(operations.OFFER_SIGN_IN, sign_in.offer)
        handlers.add(operations.SIGN_IN, sign_in.sign_in)
        handlers.add(operations.SIGN_OUT, sign_in.sign_out)
        handlers.add(operations.ASK_STATUS, self._status)
        handlers.add(operations.GET_POLICY, self._policy)
        handlers.add(operations.FIND_PRODUCTS, catalogue.find)
        handlers.add(operations.GET_PRODUCT, catalogue.get)
        handlers.add(operations.LOOK_UP_ADDRESS, parts.addresses.look_up)
        handlers.add(operations.SAVE_DRAFT, self._drafts.save)
        handlers.add(operations.LIST_DRAFTS, self._drafts.list)
        handlers.add(operations.OPEN_DRAFT, self._drafts.open)
        handlers.add(operations.VOID_DRAFT, self._void)
        handlers.add(operations.PLACE_ORDER, self.place.place)
        handlers.add(operations.NUMBER_SHOWN, self.place.number_shown)
        self._papers.register(handlers)
        handlers.add(operations.GET_GUIDANCE, self._guidance.get)
        handlers.add(operations.FIND_LOOKALIKES, catalogue.lookalikes)
        handlers.add(operations.NOTE_READ_BACK, self._read_backs.note)
        handlers.add(operations.ASK_READ_BACK, self._read_backs.of)
        handlers.add(operations.OVERRIDE_READ_BACK, self._read_backs.override)
        handlers.add(operations.CLOSE_CALL, self.calls.close)
        handlers.add(operations.FIND_ANSWERS, self._answers.find)
        handlers.add(operations.NOTE_SEARCH, self._answers.note)
        handlers.add(card_operations.GET_CARD_KEY, self.payments.card_key)
        handlers.add(card_operations.TAKE_CARD, self.payments.take_card)
        handlers.add(card_operations.ASK_TENDERS, self.payments.tenders)
        handlers.add(card_operations.VOID_TENDER, self.payments.void)
        handlers.add(card_operations.OFFER_PAY_LINK, self.payments.send_link)
        listed = OutboxList(
            store, self.outbox, self._standing, self._line_worker.seconds_to_next, parts.clock
        )
        handlers.add(outbox_operations.ASK_OUTBOX, listed.page)
        handlers.add(outbox_operations.SEND_NOW, self._hurry)
        handlers.add(outbox_operations.OPEN_SENT_ORDER, self._sent_order)
        handlers.add(clash_operations.LIKE_ORDERS, self._like.find)
        handlers.add(stock_operations.KEEP_STOCK, self._stock.hold)
        handlers.add(stock_operations.LOOK_UP_STOCK, self._stock.look_up)
        self._add_order_life(handlers)
        self._add_handing(handlers)
        return DeskCaller(handlers, parts.centre, self._signed_in, self._standing)

    def _add_handing(self, handlers: Handlers) -> None:
        call_backs = CallBackService(self.records.store, self._parts.clock)
        handlers.add(handover_operations.PARK_DRAFT, self._drafts.park)
        handlers.add(handover_operations.ASK_CALL_BACKS, call_backs.due)
        handlers.add(handover_operations.HAND_OVER, self.handing.hand_over)
        handlers.add(handover_operations.TAKE_OVER, self.handing.take_over)
        handlers.add(handover_operations.BRING_BACK, self.handing.bring_back)

    def _add_order_life(self, handlers: Handlers) -> None:
        """What is asked about orders that have their number, and about conversations."""
        parts, store = self._parts, self.records.store
        handlers.add(
            order_operations.LOOK_UP_ORDERS,
            OrderLookUp(store, parts.centre, self._signed_in, self._standing, parts.clock).look_up,
        )
        handlers.add(contact_operations.NOTE_CONTACT, self._contacts.note)
        handlers.add(contact_operations.END_CONTACT, self._contacts.end)
        handlers.add(order_operations.BEGIN_AMENDMENT, self.changes.begin)
        handlers.add(order_operations.CHANGE_ORDER, self.changes.change)

    def _void(self, request: VoidDraft) -> Nothing:
        """A draft is given up, and what is held for it goes back."""
        done = self._drafts.void(request)
        self._stock.release(OrderId(request.order_id))
        self.changes.given_up(OrderId(request.order_id))
        return done

    def _hurry(self, request: SendNow) -> Nothing:
        del request
        self._send_now()
        return Nothing()

    def _sent_order(self, request: OpenSentOrder) -> PlacedOrder:
        return self.place.placed(request.order_id)

    def _status(self, request: AskStatus) -> DeskStatus:
        del request
        left = self.numbers.left()
        told = (
            self.numbers.shortage(left, self._standing.away_since),
            self._standing.sentence(),
        )
        return DeskStatus(
            online=self._standing.is_online,
            waiting=self.outbox.waiting(),
            needs_person=self.outbox.needing_person(),
            numbers_left=left,
            products=self._index.count(),
            catalogue_at=self.feed.fresh_at(),
            sentence=" ".join(sentence for sentence in told if sentence),
            decided=self._decisions.taken,
        )

    def _policy(self, request: AskStatus) -> Policy:
        del request
        with self.records.store.read() as connection:
            policy = memory.recalled(connection, memory.POLICY, Policy)
        if policy is None:
            raise policy_unknown()
        return policy
