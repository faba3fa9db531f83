"""Orders of one request, kept some at a time: as if each had come alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.services.central.intake import TOGETHER_MOST
from app.values.identity import CustomerId, OrderId
from app.values.order_number import OrderNumber
from app.wire.message import encode
from app.wire.operations import LEASE_NUMBERS
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.sync import Command, CommandOutcome, LeaseNumbers, Outcome
from tests.builders import with_line
from tests.order_desk import OrderCentre
from tests.stocked_desk import StockedDesk, count, sums_that_are_wrong

_STATE = {
    "sales_order": "*",
    "order_line": "*",
    "order_version": "*",
    "order_event": "order_id, kind, at, device_id, person_id, command_id, facts",
    "order_number_alias": "*",
    "order_allocation": "*",
    "stock_level": "code, on_hand, reserved",
    "stock_hold": "*",
    "read_back_entry": "*",
    "contact": "channel, customer_id, order_id, device_id, person_id, started_at, ended_at",
    "customer": "*",
    "customer_phone": "*",
    "customer_name_token": "*",
    "customer_key": "*",
    "customer_task": "kind, customer_id, other_id, order_id, fields, outcome",
    "customer_version": "*",
    "address": "customer_id, name, street, postcode_folded, last_used_at",
    "applied_command": "asker, command_id, sha256, convert_from(answer, 'UTF8'), sequence",
    "audit": "operation, outcome, person_id, device_id, command_id, subject, facts",
    "change": "kind, key, deleted, device_id",
    "number_lease": "first_value, size, device_id",
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST = 14
_NUMBERS = _MOST
_LONG_HELD = 10
"""Minutes; what was held before has run out by then."""
_NOBODYS = UUID(int=7)
SHARED = "+442079460999"


@dataclass(frozen=True)
class Wish:
    """One order; `like` is what it has in common with others, `odd` what is wrong with it."""

    tea: int
    like: str
    odd: str


LIKE = ("phone", "email", "customer", "known", "changed", "silent", "theirs")
ODD = ("number", "order", "command", "again", "gap", "damaged", "foreign", "product", "held")
WISHES = st.builds(
    Wish,
    tea=st.integers(1, 5),
    like=st.sampled_from(("nobody",) * 8 + LIKE),
    odd=st.sampled_from(("nothing",) * 80 + ODD),
)


class Sent:
    """Commands of one seat, made once and sent to an empty centre again and again."""

    def __init__(self, centre: OrderCentre, wishes: list[Wish], stock: int) -> None:
        self.centre = centre
        self.stock = stock
        self.desk = StockedDesk(centre)
        self.other = StockedDesk(centre, "Desk 2", "bob")
        self._numbers: tuple[OrderNumber, ...] = ()
        self._held: list[OrderDocument] = []
        self._caller = self.desk.order(with_line("CUP-2", 1))
        self.begin()
        self._shared = CustomerId(centre.ids.new())
        self._placed: list[PlacedOrder] = []
        self.commands: list[Command] = []
        for wish in wishes:
            self.commands.append(self._command(wish))
        told = [encode(command).decode() for command in self.commands]
        self._known = set(_UUID.findall(" ".join(told)))

    def begin(self) -> None:
        """Nothing is here but a customer, numbers, products, and what is held."""
        self.centre.empty()
        self.desk.begin_anew()
        self.other.begin_anew()
        leased = self.desk.caller.call(LEASE_NUMBERS, LeaseNumbers(count=_NUMBERS))
        self._numbers = leased.numbers
        count(self.centre, "TEA-1", self.stock)
        caller = self.other.placed(self._caller)
        self.other.send(self.other.command(caller))
        self.other.hold(OrderId(_NOBODYS), tea=1)
        self.centre.clock.advance(minutes=_LONG_HELD)
        for order in self._held:
            self.desk.hold(order, tea=2)

    def one_by_one(self) -> list[CommandOutcome]:
        self.begin()
        return [self.centre.intake.take(one, self.desk.actor) for one in self.commands]

    def together(self) -> list[CommandOutcome]:
        self.begin()
        return list(self.desk.send(*self.commands))

    def state(self) -> dict[str, list[str]]:
        """All rows; ids that were made at the centre have no names."""
        return {
            table: sorted(self._plain(str(row)) for row in self.centre.rows(_select(table, which)))
            for table, which in _STATE.items()
        }

    def _plain(self, row: str) -> str:
        return _UUID.sub(self._name, row)

    def _name(self, found: re.Match[str]) -> str:
        return found[0] if found[0] in self._known else "an id"

    def _command(self, wish: Wish) -> Command:
        document = self._document(wish)
        number = self._numbers[len(self.commands)]
        before = self._placed[-1] if self._placed else None
        if before is not None and wish.odd == "number":
            number = before.number
        if before is not None and wish.odd == "order":
            document = replace(document, order_id=before.document.order_id)
        if wish.odd == "foreign":
            number = self.other.number()
        if wish.odd == "held":
            self._held.append(document)
        placed = self.desk.placed(document, number=number)
        self._placed.append(placed)
        command = self.desk.command(placed)
        if self.commands and wish.odd == "command":
            command = replace(command, command_id=self.commands[-1].command_id)
        if self.commands and wish.odd == "again":
            return self.commands[-1]
        if wish.odd == "gap":
            self.desk.sequence += 1
        if wish.odd == "damaged":
            command = replace(command, sha256="0" * 64)
        return command

    def _document(self, wish: Wish) -> OrderDocument:
        code = "NOPE-1" if wish.odd == "product" else "TEA-1"
        document = self.desk.order(with_line(code, wish.tea), with_line("CUP-2", 1))
        customer = document.customer
        assert customer is not None
        match wish.like:
            case "phone":
                customer = replace(customer, phone=SHARED)
            case "email":
                customer = replace(customer, email="ann.lee@example.org")
            case "customer":
                customer = replace(customer, customer_id=self._shared, phone=SHARED)
            case "theirs" if self._caller.customer is not None:
                customer = replace(customer, phone=self._caller.customer.phone)
            case "silent" if self._caller.customer is not None:
                customer = replace(self._caller.customer, base_revision=1, phone="")
            case "known" if self._caller.customer is not None:
                customer = replace(self._caller.customer, base_revision=1)
            case "changed" if self._caller.customer is not None:
                customer = replace(self._caller.customer, base_revision=1, name="Ann Wood")
        return replace(document, customer=customer)


def _select(table: str, which: str) -> str:
    return f"SELECT {which} FROM {table}"  # noqa: S608 - the names above


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(wishes=[Wish(1, "phone", "nothing")] * 2, stock=9)
@example(wishes=[Wish(1, "email", "nothing")] * 2, stock=9)
@example(wishes=[Wish(1, "customer", "nothing")] * 2, stock=9)
@example(wishes=[Wish(1, "silent", "nothing"), Wish(1, "theirs", "nothing")], stock=9)
@example(wishes=[Wish(1, "nobody", "nothing"), Wish(2, "nobody", "number")], stock=9)
@example(wishes=[Wish(1, "nobody", "nothing"), Wish(2, "nobody", "gap")], stock=9)
@example(wishes=[Wish(3, "nobody", "nothing"), Wish(2, "nobody", "held")] * 2, stock=7)
@given(wishes=st.lists(WISHES, min_size=2, max_size=_MOST), stock=st.integers(0, 12))
def test_what_comes_together_is_as_if_it_came_one_by_one(
    local: OrderCentre, wishes: list[Wish], stock: int
) -> None:
    sent = Sent(local, wishes, stock)
    alone = (sent.one_by_one(), sent.state())
    assert (sent.together(), sent.state()) == alone
    assert sums_that_are_wrong(local) == ()


def test_plain_orders_share_their_transactions(local: OrderCentre) -> None:
    desk = StockedDesk(local)
    plain = [desk.command(desk.placed(desk.tea(at))) for at in range(1, TOGETHER_MOST + 3)]
    desk.send(plain[0])
    desk.send(*plain[1:])
    placed = "SELECT count(*) AS n FROM audit WHERE operation = 'order.place' GROUP BY xid"
    assert sorted(row.n for row in local.rows(placed)) == [1, 1, TOGETHER_MOST]


def test_one_that_cannot_be_kept_takes_no_other_with_it(local: OrderCentre) -> None:
    desk = StockedDesk(local)
    commands = [desk.command(desk.placed(desk.tea(at))) for at in (1, 2, 3)]
    commands[1] = replace(commands[1], sha256="0" * 64)
    outcomes = [outcome.outcome for outcome in desk.send(*commands)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.REFUSED_FINAL, Outcome.ACCEPTED]
