"""A stand-in for the central service, so that a bench times the desk and nothing beyond it.

It enrols a seat, signs anyone in, leases numbers and feeds products. Orders sent to it wait until
it closes, as on a slow line: what goes on behind a placed order does not disturb the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import Raw
from msgspec.structs import replace

from app.services.rules.escrow import new_escrow_keys
from app.services.rules.guidance_files import read_guidance
from app.settings import resource_folder
from app.values.clock import Clock
from app.values.errors import Unreachable
from app.values.identity import DeviceId, Ids, PersonId, SessionId
from app.values.order_number import with_check_digits
from app.values.vocabulary import ChangeKind, Role
from app.wire import operations
from app.wire.catalogue import ProductView
from app.wire.customers import CustomersFound, FindCustomers, FoundBy, LastOrders, LastOrdersOf
from app.wire.message import Nothing, encode
from app.wire.operation import Operation
from app.wire.people import (
    PERMISSIONS,
    DepositStoreKey,
    Enrol,
    Enrolled,
    PersonView,
    Session,
    SignIn,
    SignOut,
)
from app.wire.sync import (
    CentreTime,
    Change,
    ChangePage,
    Company,
    Cursor,
    Heartbeat,
    LeasedNumbers,
    LeaseNumbers,
    Policy,
    SendCommands,
    SnapshotPage,
    TakeSnapshot,
    WaitForChanges,
)

Q = TypeVar("Q")
A = TypeVar("A")

POLICY = Policy(
    company=Company(
        name="Mill Lane Trading Ltd",
        address=("1 Mill Lane", "Leeds LS1 1UR"),
        phone="+441134960000",
        email="orders@example.org",
        registration="Registered in England, 01234567",
        tax_number="GB123456789",
    )
)
_CURSOR = Cursor(epoch="bench", transaction=1, row=1)


class StandInCentre:
    """Implements `ports.Centre` in memory. Any thread."""

    def __init__(self, clock: Clock, ids: Ids, products: Sequence[ProductView] = ()) -> None:
        """`products` are in the order of their codes."""
        self._clock = clock
        self._ids = ids
        self._products = products
        self._places = {str(product.code): place for place, product in enumerate(products)}
        self._numbers = 0
        self._guidance = replace(read_guidance(resource_folder()), revision=1)
        self._ending = threading.Event()
        self._answers: dict[str, Callable[[Any], Any]] = {
            operations.ENROL_DEVICE.name: self._enrol,
            operations.DEPOSIT_STORE_KEY.name: self._deposit,
            operations.HEARTBEAT.name: self._beat,
            operations.SIGN_IN_AT_CENTRE.name: self._sign_in,
            operations.SIGN_OUT_AT_CENTRE.name: self._sign_out,
            operations.SEND_COMMANDS.name: self._keep_waiting,
            operations.LEASE_NUMBERS.name: self._lease,
            operations.WAIT_FOR_CHANGES.name: self._wait,
            operations.TAKE_SNAPSHOT.name: self._snapshot,
            operations.FIND_CUSTOMERS.name: self._find,
            operations.LAST_ORDERS.name: self._last_orders,
        }

    @property
    def clock_offset_ms(self) -> int:
        """Both clocks are one."""
        return 0

    def use_session(self, token: str | None) -> None:
        """Everyone is believed."""

    def close(self) -> None:
        """End what waits."""
        self._ending.set()

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """The answer. Raises Unreachable after `close` and for what is not stood in for."""
        if self._ending.is_set() or operation.name not in self._answers:
            raise _away()
        answer: A = self._answers[operation.name](request)
        return answer

    def _enrol(self, request: Enrol) -> Enrolled:
        del request
        return Enrolled(
            device_id=DeviceId(self._ids.new()),
            name="Bench",
            extension=None,
            escrow_public_key=new_escrow_keys()[1],
        )

    def _deposit(self, request: DepositStoreKey) -> Nothing:
        del request
        return Nothing()

    def _beat(self, request: Heartbeat) -> CentreTime:
        del request
        return CentreTime(now=self._clock.now())

    def _sign_in(self, request: SignIn) -> Session:
        return Session(
            session_id=SessionId(self._ids.new()),
            token="bench",  # noqa: S106 - opens nothing
            person=PersonView(
                person_id=PersonId(self._ids.new()),
                login=request.login,
                name=request.login.title(),
                role=Role.CSR,
                team="",
            ),
            permissions=PERMISSIONS[Role.CSR],
            expires_at=self._clock.now() + timedelta(hours=12),
        )

    def _sign_out(self, request: SignOut) -> Nothing:
        del request
        return Nothing()

    def _keep_waiting(self, request: SendCommands) -> Nothing:
        del request
        self._ending.wait()
        raise _away()

    def _lease(self, request: LeaseNumbers) -> LeasedNumbers:
        first = self._numbers
        self._numbers += request.count
        return LeasedNumbers(
            numbers=tuple(with_check_digits(payload) for payload in range(first, self._numbers))
        )

    def _wait(self, request: WaitForChanges) -> ChangePage:
        self._ending.wait(request.wait_seconds)
        return ChangePage(next=request.since)

    def _snapshot(self, request: TakeSnapshot) -> SnapshotPage:
        if request.kind is ChangeKind.POLICY:
            rows = () if request.after else (_change(request.kind, "policy", POLICY),)
            return SnapshotPage(rows=rows, more=False, cursor=_CURSOR)
        if request.kind is ChangeKind.GUIDANCE:
            rows = () if request.after else (_change(request.kind, "guidance", self._guidance),)
            return SnapshotPage(rows=rows, more=False, cursor=_CURSOR)
        if request.kind is not ChangeKind.PRODUCT:
            return SnapshotPage(rows=(), more=False, cursor=_CURSOR)
        first = self._places[request.after] + 1 if request.after else 0
        page = self._products[first : first + request.limit]
        return SnapshotPage(
            rows=tuple(_change(request.kind, product.code, product) for product in page),
            more=first + len(page) < len(self._products),
            cursor=_CURSOR,
        )

    def _find(self, request: FindCustomers) -> CustomersFound:
        return CustomersFound(text=request.text, found_by=FoundBy.NAME, customers=())

    def _last_orders(self, request: LastOrdersOf) -> LastOrders:
        del request
        return LastOrders(orders=())


def _change(kind: ChangeKind, key: str, document: object) -> Change:
    return Change(kind=kind, key=key, revision=1, document=Raw(encode(document)))


def _away() -> Unreachable:
    return Unreachable("centre_away", "The central service does not answer.")
