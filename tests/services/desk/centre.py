"""A centre that lives in the test: takes commands, leases numbers, feeds products, can be away."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Raw

from app.services.rules.escrow import new_escrow_keys
from app.values.errors import Refusal, Unreachable
from app.values.identity import CommandId, DeviceId, OrderId, PersonId, SessionId
from app.values.order_number import with_check_digits
from app.values.vocabulary import ChangeKind, CommandKind, Role
from app.wire import clash_operations, operations, order_operations, stock_operations
from app.wire.clashes import AskSimilar, LikeOrders
from app.wire.contacts import Contact
from app.wire.message import Nothing, decode, encode
from app.wire.operation import Operation
from app.wire.order_changes import BeginChange, ChangeBegun, LeaveChange, OrderChange
from app.wire.order_page import AskOrderPage, OrderPage
from app.wire.order_search import FindOrders, OrdersFound
from app.wire.orders import PlacedOrder
from app.wire.payments import GivenUpOrder
from app.wire.people import (
    PERMISSIONS,
    DepositStoreKey,
    Enrol,
    Enrolled,
    PersonView,
    Session,
    SignIn,
)
from app.wire.read_back import AuthoriseOverride, ClosedCall, OverrideAuthorised
from app.wire.sync import (
    COMMANDS_MOST,
    CentreTime,
    Change,
    ChangePage,
    Command,
    CommandOutcome,
    CommandOutcomes,
    Company,
    Cursor,
    Heartbeat,
    LeasedNumbers,
    LeaseNumbers,
    Outcome,
    Policy,
    SendCommands,
    SnapshotPage,
    TakeSnapshot,
    WaitForChanges,
)
from tests.builders import A_MORNING, an_id
from tests.fake_stock import FakeStock
from tests.services.desk.till import Till

Q = TypeVar("Q")
A = TypeVar("A")

WAITS_FOR_EARLIER = timedelta(minutes=10)
"""As the centre does (`services.central.settling`)."""

DEVICE = DeviceId(an_id(800))
PASSWORD = "correct horse battery"
LEAD_PASSWORD = "staple of the north"
A_LEAD = PersonView(
    person_id=PersonId(an_id(701)),
    login="bert",
    name="Bert Hall",
    role=Role.TEAM_LEAD,
    team="North",
)
A_CSR = PersonView(
    person_id=PersonId(an_id(700)), login="anna", name="Anna Reid", role=Role.CSR, team="North"
)
POLICY = Policy(
    company=Company(
        name="Readback Ltd",
        address=("1 High Street", "Leeds"),
        phone="+441134960000",
        email="orders@example.org",
    ),
    numbers_kept=8,
)


_Body = PlacedOrder | ClosedCall | GivenUpOrder | Contact | OrderChange
_BODIES: dict[CommandKind, type[_Body]] = {
    CommandKind.PLACE_ORDER: PlacedOrder,
    CommandKind.CLOSE_CALL: ClosedCall,
    CommandKind.GIVE_UP_ORDER: GivenUpOrder,
    CommandKind.NOTE_CONTACT: Contact,
    CommandKind.CHANGE_ORDER: OrderChange,
}


def a_change(
    kind: ChangeKind, key: str, document: object, revision: int = 1, *, deleted: bool = False
) -> Change:
    body = Raw(encode(document))
    return Change(kind=kind, key=key, revision=revision, deleted=deleted, document=body)


def _number(body: _Body) -> str:
    """The number of the order it is about; a draft that was given up and a contact have none."""
    return "" if isinstance(body, GivenUpOrder | Contact) else body.number


def none_alike(request: AskSimilar) -> LikeOrders:
    del request
    return LikeOrders()


def finds_none(request: FindOrders) -> OrdersFound:
    return OrdersFound(meaning=request.readings[0].meaning, reading=0)


class FakeCentre:
    """Behaves like the central service as far as a desk can tell."""

    def __init__(self) -> None:
        self.private_key, self.public_key = new_escrow_keys()
        self.orders: dict[CommandId, PlacedOrder] = {}
        self.calls: dict[CommandId, ClosedCall] = {}
        self.given_up: dict[CommandId, GivenUpOrder] = {}
        self.order_changes: dict[CommandId, OrderChange] = {}
        self.pages: dict[OrderId, OrderPage] = {}
        self.also_by = ""
        self.left: list[OrderId] = []
        self.kept_because: tuple[str, ...] = ()
        self.contacts: dict[CommandId, Contact] = {}
        self.till = Till()
        self.similar: Callable[[AskSimilar], LikeOrders] = none_alike
        self.find_orders: Callable[[FindOrders], OrdersFound] = finds_none
        self.stock = FakeStock()
        self.arrived: list[CommandKind] = []
        self.overrides: list[AuthoriseOverride] = []
        self.batches: list[int] = []
        self.sealed_keys: list[str] = []
        self.away: Unreachable | Refusal | None = None
        self.outcomes: dict[str, Outcome] = {}
        self.broken_by: set[str] = set()
        self.unreadable: set[str] = set()
        self.passwords = {"anna": PASSWORD, "bert": LEAD_PASSWORD}
        self.tokens: list[str | None] = []
        self.clock_offset_ms = 0
        self.beats: list[Heartbeat] = []
        self.says = ""
        self.has_more = False
        self.largest_batch = COMMANDS_MOST
        self.too_large: Refusal | Unreachable = Refusal("body_too_large", "Too much at once.")
        self.taken_batches: list[int] = []
        self.now: Callable[[], datetime] = lambda: A_MORNING
        self._newest: dict[UUID, int] = {}
        self.epoch = "1"
        self.snapshots = 0
        self.after_call: Callable[[str], None] | None = None
        self.changes: list[Change] = []
        self._condition = threading.Condition()
        self._numbers = 0
        self._is_closed = False
        self.put(ChangeKind.POLICY, "policy", POLICY)

    def put(
        self,
        kind: ChangeKind,
        key: str,
        document: object,
        revision: int = 1,
        *,
        deleted: bool = False,
    ) -> None:
        """Change something; desks that wait hear of it."""
        change = a_change(kind, key, document, revision, deleted=deleted)
        with self._condition:
            self.changes.append(change)
            self._condition.notify_all()

    def restore(self, changes: list[Change]) -> None:
        """Go back to a backup: other changes, another epoch."""
        with self._condition:
            self.changes = changes
            self.epoch += "x"
            self._condition.notify_all()

    def go_away(self, code: str = "centre_away") -> None:
        with self._condition:
            self.away = Unreachable(code, "The central service does not answer.")
            self._condition.notify_all()

    def come_back(self) -> None:
        self.away = None

    def use_session(self, token: str | None) -> None:
        self.tokens.append(token)

    def close(self) -> None:
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def reopen(self) -> None:
        """Answer the next desk."""
        self._is_closed = False

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        if self.away is not None:
            raise self.away
        handlers: dict[str, Callable[[Any], Any]] = {
            operations.ENROL_DEVICE.name: self._enrol,
            operations.DEPOSIT_STORE_KEY.name: self._deposit,
            operations.HEARTBEAT.name: self._beat,
            operations.SIGN_IN_AT_CENTRE.name: self._sign_in,
            operations.SIGN_OUT_AT_CENTRE.name: lambda _: Nothing(),
            operations.SEND_COMMANDS.name: self._take,
            operations.LEASE_NUMBERS.name: self._lease,
            operations.AUTHORISE_OVERRIDE.name: self._authorise,
            operations.TAKE_SNAPSHOT.name: self._snapshot,
            operations.WAIT_FOR_CHANGES.name: self._wait,
            clash_operations.SIMILAR_ORDERS.name: self.similar,
            order_operations.FIND_ORDERS.name: self.find_orders,
            order_operations.ASK_ORDER_PAGE.name: self._page,
            order_operations.BEGIN_CHANGE.name: self._begin_change,
            order_operations.LEAVE_CHANGE.name: self._leave_change,
            stock_operations.HOLD_STOCK.name: self.stock.hold,
            stock_operations.RELEASE_STOCK.name: self.stock.release,
            stock_operations.ASK_STOCK.name: self.stock.look_up,
            **self.till.handlers(),
        }
        answer = handlers[operation.name](request)
        if self.after_call is not None:
            self.after_call(operation.name)
        return decode(encode(answer), operation.response)

    def _enrol(self, request: Enrol) -> Enrolled:
        if request.code != "CODE-1234":
            raise Refusal("enrolment_code_wrong", "That code is not valid.", "code")
        return Enrolled(
            device_id=DEVICE, name="Desk 1", extension="201", escrow_public_key=self.public_key
        )

    def _beat(self, request: Heartbeat) -> CentreTime:
        self.beats.append(request)
        return CentreTime(now=A_MORNING, sentence=self.says)

    def _deposit(self, request: DepositStoreKey) -> Nothing:
        self.sealed_keys.append(request.sealed_key)
        return Nothing()

    def _sign_in(self, request: SignIn) -> Session:
        if self.passwords.get(request.login) != request.password:
            raise Refusal("sign_in_wrong", "That name and password do not match.", "password")
        person = A_LEAD if request.login == A_LEAD.login else A_CSR
        return Session(
            session_id=SessionId(an_id(600)),
            token="token",
            person=person,
            permissions=PERMISSIONS[person.role],
            expires_at=A_MORNING.replace(year=2027),
        )

    def _authorise(self, request: AuthoriseOverride) -> OverrideAuthorised:
        if self.passwords.get(request.login) != request.password:
            raise Refusal("sign_in_wrong", "That name and password do not match.", "password")
        if request.login != A_LEAD.login:
            raise Refusal("not_a_lead", "Only a team lead may do this.", "login")
        self.overrides.append(request)
        return OverrideAuthorised(override_id=request.override_id, lead=A_LEAD, at=A_MORNING)

    def _take(self, request: SendCommands) -> CommandOutcomes:
        self.batches.append(len(request.commands))
        if len(request.commands) > self.largest_batch:
            raise self.too_large
        self.taken_batches.append(len(request.commands))
        bodies = [
            decode(bytes(command.body), _BODIES[command.kind]) for command in request.commands
        ]
        numbers = {_number(body) for body in bodies}
        if numbers & self.broken_by:
            raise Unreachable("fault", "Something is broken at the central service.")
        if numbers & self.unreadable:
            raise Refusal("malformed", "The request could not be read.")
        return CommandOutcomes(
            outcomes=tuple(map(self._outcome, request.commands, bodies)),
        )

    def _outcome(self, command: Command, body: _Body) -> CommandOutcome:
        assert hashlib.sha256(bytes(command.body)).hexdigest() == command.sha256
        outcome = self.outcomes.get(_number(body), Outcome.ACCEPTED)
        if outcome is Outcome.ACCEPTED and command.command_id in {
            *self.orders,
            *self.calls,
            *self.given_up,
            *self.contacts,
            *self.order_changes,
        }:
            return CommandOutcome(
                command_id=command.command_id, outcome=Outcome.REPLAYED, first=Outcome.ACCEPTED
            )
        newest = self._newest.get(command.incarnation, 0)
        is_new = self.now() - command.captured_at <= WAITS_FOR_EARLIER
        if command.sequence > newest + 1 and is_new:
            outcome = Outcome.RETRY_LATER
        if outcome is not Outcome.RETRY_LATER:
            self._newest[command.incarnation] = max(newest, command.sequence)
        if outcome in {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}:
            self.arrived.append(command.kind)
            match body:
                case Contact():
                    self.contacts[command.command_id] = body
                case ClosedCall():
                    self.calls[command.command_id] = body
                case GivenUpOrder():
                    self.given_up[command.command_id] = body
                case OrderChange():
                    return self._changed(command, body)
                case PlacedOrder():
                    self.orders[command.command_id] = body
        return CommandOutcome(command_id=command.command_id, outcome=outcome)

    def _changed(self, command: Command, change: OrderChange) -> CommandOutcome:
        self.order_changes[command.command_id] = change
        return CommandOutcome(
            command_id=command.command_id,
            outcome=Outcome.NEEDS_REVIEW if self.kept_because else Outcome.ACCEPTED,
            reasons=self.kept_because,
        )

    def _page(self, request: AskOrderPage) -> OrderPage:
        found = self.pages.get(request.order_id) if request.order_id is not None else None
        if found is None:
            raise Refusal("order_unknown", "There is no such order.")
        return found

    def _begin_change(self, request: BeginChange) -> ChangeBegun:
        del request
        return ChangeBegun(by=self.also_by)

    def _leave_change(self, request: LeaveChange) -> Nothing:
        self.left.append(request.order_id)
        return Nothing()

    def _lease(self, request: LeaseNumbers) -> LeasedNumbers:
        first = self._numbers
        self._numbers += request.count
        payloads = range(first, self._numbers)
        return LeasedNumbers(numbers=tuple(with_check_digits(7_919 * n) for n in payloads))

    def _cursor(self, row: int) -> Cursor:
        return Cursor(epoch=self.epoch, transaction=row, row=row)

    def _snapshot(self, request: TakeSnapshot) -> SnapshotPage:
        self.snapshots += 1
        latest = {c.key: c for c in self.changes if c.kind is request.kind}
        rows = sorted(
            (c for c in latest.values() if not c.deleted and c.key > request.after),
            key=lambda change: change.key,
        )
        page = rows[: request.limit]
        return SnapshotPage(
            rows=tuple(page),
            more=len(rows) > len(page),
            cursor=self._cursor(len(self.changes)),
        )

    def _wait(self, request: WaitForChanges) -> ChangePage:
        """Answers when there is something new; otherwise only when the centre ends or goes away."""
        if request.since.epoch != self.epoch:
            return ChangePage(next=self._cursor(0), reset=True)
        with self._condition:
            self._condition.wait_for(
                lambda: (
                    self._is_closed
                    or self.away is not None
                    or self.epoch != request.since.epoch
                    or len(self.changes) > request.since.row
                    or request.wait_seconds == 0
                )
            )
            if self._is_closed or self.away is not None:
                raise self.away or Unreachable("centre_away", "The desk has hung up.")
            if self.epoch != request.since.epoch:
                return ChangePage(next=self._cursor(0), reset=True)
            news = self.changes[request.since.row : request.since.row + request.limit]
            return ChangePage(
                changes=tuple(news),
                next=self._cursor(request.since.row + len(news)),
                more=self.has_more,
            )
