"""A desk without a window, in a process of its own: it takes calls until it is told to finish.

Store, journal, outbox, line and feed are those of `readback-desk`, and drafts are kept by the same
keeper on the same lanes. The CSR is a script on a thread of its own: it lets the order grow line by
line, reads it back, places it, and writes down each number it has seen.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import count, cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import msgspec
from argon2 import PasswordHasher

from app.campaigns.dice import Dice
from app.campaigns.faults.calls import Call, CallTaker, documents, notings
from app.campaigns.faults.ledger import (
    Changed,
    DeskLog,
    Placing,
    Refused,
    Shown,
    call_name,
    call_of,
)
from app.campaigns.faults.programs import Told
from app.desktop import Setting, open_desk, regions
from app.services.desk.desk import Desk
from app.services.desk.seat_identity import read_identity
from app.settings import DeskSettings
from app.ui.background import Lane, ThreadedBackground
from app.ui.first_frame import FirstFrame, bare_application
from app.ui.notices import Incidents
from app.ui.rehearsal import Rehearsal, perform
from app.ui.screens.call.keeping import DraftKeeper
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, ProductCode, SystemIds
from app.values.vocabulary import CallOutcome, Region
from app.wire import operations
from app.wire.operation import Operation
from app.wire.orders import (
    Drafts,
    ListDrafts,
    NumberShown,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    PlaceOrder,
    VoidDraft,
)
from app.wire.people import Session, SignIn
from app.wire.read_back import CloseCall
from app.wire.stock import CODES_MOST, HoldStock, WantedStock
from app.wire.stock_operations import KEEP_STOCK
from app.wire.sync import AskStatus

FINISH = "finish"
GIVE_UP = "give up"
_READY_S = 60.0
_GLANCE_S = 0.02
_FIELD_FINISHED = 5
"""One change in so many is the end of a field, which is written at once; others wait their time."""
_GIVEN_UP = 3
"""One draft in so many that were left is given up, the others are gone on with."""


_HOLDS_STOCK = 2
"""One order in so many has its stock held before it is placed."""
_NO_NUMBERS = "no_numbers_left"
_NEXT_NUMBER_S = 0.2

Q = TypeVar("Q")
A = TypeVar("A")


LOGIN = "dana"
PASSWORD = "caller said seven"  # noqa: S105 - opens nothing but what the campaign made


class DeskTask(msgspec.Struct, frozen=True, kw_only=True):
    """Which seat is sat at, by whom, and which calls come in, over and over.

    `run` counts the processes at this seat, so that no two of them name a call alike. Between two
    changes the CSR takes up to `pace_ms`. `serial` is the first caller; no two desks share one.
    """

    settings: DeskSettings
    login: str = LOGIN
    password: str = PASSWORD
    log: Path
    calls: tuple[Call, ...]
    run: int = 0
    seed: int
    serial: int = 0
    pace_ms: int = 0
    calls_most: int | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk found when it was opened, before it went on: lines of each draft, by call."""

    opened_s: float
    drafts: dict[str, int]
    not_given: int
    sentence: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the desk had is with the centre, or, with `waiting` above 0, it gave up on it."""

    waiting: int
    needs_person: int
    sentence: str


def take_calls(line: Connection, task: DeskTask) -> None:
    """Sit at the desk; ends when told to finish and everything is sent."""
    began = time.monotonic()
    told = Told(line)
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    desk = open_desk(Setting(settings=task.settings, hasher=hasher))
    opened_s = time.monotonic() - began
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = bare_application(["campaign"])
    background = ThreadedBackground(Incidents(SystemIds()))
    with DeskLog(task.log) as log:
        csr = _Csr(task, desk, Rehearsal(FirstFrame()), background, told, log)
        outcome: list[BaseException | None] = []

        def ended(future: Future[None]) -> None:
            outcome.append(future.exception())
            csr.hands.tell(application.quit)

        perform(partial(csr.sit, opened_s), ended)
        application.exec()
    background.close()
    desk.close()
    if outcome[0] is not None:
        raise outcome[0]
    told.say(FINISH)


class _Csr:
    """The script. On its own thread; what touches the keeper happens on the GUI thread."""

    def __init__(
        self,
        task: DeskTask,
        desk: Desk,
        hands: Rehearsal,
        lanes: ThreadedBackground,
        told: Told,
        log: DeskLog,
    ) -> None:
        self.hands = hands
        self._task = task
        self._desk = desk
        self._lanes = lanes
        self._keeper = DraftKeeper(desk.caller, lanes)
        self._told = told
        self._log = log
        self._dice = Dice(task.seed)
        self._clock = SystemClock()
        self._serial = count(task.serial)

    def sit(self, opened_s: float) -> None:
        """Go on with what was left, then take call after call."""
        self._desk.start()
        session = self._signed_in()
        found = self._desk.caller.call(operations.LIST_DRAFTS, ListDrafts())
        self._told.say(self._kept(opened_s, found))
        identity = read_identity(self._task.settings.seat_folder)
        if identity is None:
            raise Fault("campaign_stuck", "The seat is not enrolled.")
        self._taker = CallTaker(
            person_id=session.person.person_id,
            device_id=identity.device_id,
            rules=regions()[Region.GB],
            ids=SystemIds(),
        )
        self._await_all_it_needs()
        for placed in found.number_not_given:
            self._show(placed)
        for draft in found.drafts:
            self._go_on(OrderId(draft.order_id))
        for at, one in enumerate(islice(cycle(self._task.calls), self._task.calls_most)):
            if self._told.has(FINISH):
                break
            self._take(one, call_name(self._task.log, self._task.run, at))
        self._send_all()

    def _kept(self, opened_s: float, found: Drafts) -> Kept:
        call = self._desk.caller.call
        drafts: dict[str, int] = {}
        for draft in found.drafts:
            document = call(operations.OPEN_DRAFT, OpenDraft(order_id=OrderId(draft.order_id)))
            drafts[call_of(document.internal_note)] = len(document.lines)
        return Kept(
            opened_s=opened_s,
            drafts=drafts,
            not_given=len(found.number_not_given),
            sentence=call(operations.ASK_STATUS, AskStatus()).sentence,
        )

    def _signed_in(self) -> Session:
        """At the centre, or here while it is away; tried until one of them knows the person."""
        until = time.monotonic() + _READY_S
        while True:
            try:
                who = SignIn(login=self._task.login, password=self._task.password)
                return self._desk.caller.call(operations.SIGN_IN, who)
            except Refusal:
                if time.monotonic() > until:
                    raise
                time.sleep(_GLANCE_S)

    def _await_all_it_needs(self) -> None:
        """Numbers and checklists, which a new seat has from the centre only."""
        until = time.monotonic() + _READY_S
        while not self._can_take_orders():
            if time.monotonic() > until:
                raise Fault("campaign_stuck", "Numbers and checklists did not arrive.")
            time.sleep(_GLANCE_S)

    def _can_take_orders(self) -> bool:
        status = self._desk.caller.call(operations.ASK_STATUS, AskStatus())
        try:
            self._desk.caller.call(operations.GET_GUIDANCE, AskStatus())
        except Fault:
            return False
        return status.numbers_left > 0

    def _take(self, call: Call, name: str) -> None:
        """One call, from the first line to the number."""
        call = msgspec.structs.replace(call, place=next(self._serial))
        growing = documents(self._taker, call, name, self._clock.now())
        document = next(growing)
        self.hands.see(partial(self._keeper.begin, document.order_id))
        for document in growing:
            self._change(name, document)
        if self._dice.below(_HOLDS_STOCK) == 0:
            self._hold_stock(document)
        self._place(name, document)

    def _change(self, name: str, document: OrderDocument) -> None:
        self._log.write(Changed(name, len(document.lines), time.monotonic()))
        self.hands.see(partial(self._keeper.keep, document))
        if self._dice.below(_FIELD_FINISHED) == 0:
            self.hands.see(self._keeper.field_finished)
        if self._task.pace_ms:  # told to finish, the call goes on without waiting
            self._told.wait_for(FINISH, self._dice.below(self._task.pace_ms) / 1_000)

    def _hold_stock(self, document: OrderDocument) -> None:
        """Ask the centre for the pieces; who hears nothing of it goes on with the call."""
        wanted: Counter[ProductCode] = Counter()
        for line in document.lines:
            wanted[line.code] += line.quantity
        some = tuple(
            WantedStock(code=code, quantity=quantity)
            for code, quantity in islice(wanted.items(), CODES_MOST)
        )
        hold = HoldStock(order_id=document.order_id, wanted=some)
        self._desk.caller.call(KEEP_STOCK, hold)

    def _place(self, name: str, document: OrderDocument) -> None:
        """Read back, place, and write down the number; then the next call."""
        try:
            for noting in notings(self._desk.caller, self._taker, document):
                self._write(operations.NOTE_READ_BACK, noting)
            self._log.write(Placing(name, time.monotonic()))
            self.hands.see(partial(self._keeper.forget, document.order_id))
            placed = self._placed(document)
        except Refusal as refusal:
            self._log.write(Refused(name, refusal.code))
            gone = VoidDraft(order_id=document.order_id, reason=refusal.code)
            with suppress(Refusal):
                self._write(operations.VOID_DRAFT, gone)
        else:
            self._show(placed)

    def _placed(self, document: OrderDocument) -> PlacedOrder:
        """The order with its number; while there is none left the caller waits for one."""
        while True:
            try:
                return self._write(operations.PLACE_ORDER, PlaceOrder(document=document))
            except Refusal as refusal:
                if refusal.code != _NO_NUMBERS or self._told.wait_for(FINISH, _NEXT_NUMBER_S):
                    raise

    def _write(self, operation: Operation[Q, A], request: Q) -> A:
        """Done on the WRITE lane, after every draft that is being written there."""
        done: Future[A] = Future()

        def work() -> None:
            try:
                done.set_result(self._desk.caller.call(operation, request))
            except (Refusal, Fault) as problem:
                done.set_exception(problem)

        self._lanes.run(Lane.WRITE, work, owner=self._keeper, then=_nothing, failed=_nothing)
        return done.result()

    def _show(self, placed: PlacedOrder) -> None:
        document = placed.document
        shown = Shown(
            call=call_of(document.internal_note),
            order_id=str(document.order_id),
            number=placed.number,
            total_minor=placed.totals.total.minor,
            lines=len(document.lines),
            at=time.monotonic(),
        )
        self._log.write(shown)
        self._write(operations.NUMBER_SHOWN, NumberShown(order_id=document.order_id))
        ended = CloseCall(order_id=document.order_id, outcome=CallOutcome.ORDER_PLACED)
        self._write(operations.CLOSE_CALL, ended)

    def _go_on(self, order_id: OrderId) -> None:
        """A draft that an earlier process left: the caller has hung up, or is still there."""
        call = self._desk.caller.call
        document = call(operations.OPEN_DRAFT, OpenDraft(order_id=order_id))
        if not document.lines or self._dice.below(_GIVEN_UP) == 0:
            gone = VoidDraft(order_id=order_id, reason="caller hung up")
            self._write(operations.VOID_DRAFT, gone)
        else:
            self._place(call_of(document.internal_note), document)

    def _send_all(self) -> None:
        """Wait until the centre has everything, for as long as the parent wants to wait."""
        while True:
            status = self._desk.caller.call(operations.ASK_STATUS, AskStatus())
            if not status.waiting or self._told.wait_for(GIVE_UP, _GLANCE_S):
                break
        self._told.say(
            Sent(
                waiting=status.waiting,
                needs_person=status.needs_person,
                sentence=status.sentence,
            )
        )


def _nothing(outcome: object) -> None:
    """Who asked has the outcome already."""
