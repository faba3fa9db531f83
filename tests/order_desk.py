"""A centre that takes orders, and a seat that sends them: what a desk does, without a desk.

Orders come from tests/builders.py; `desk.command(desk.placed(an_order(...)))` is one as it is sent.
"""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw
from sqlalchemy import text

from app.services.central.answers import Answers
from app.services.central.card_gateway import CardGateway
from app.services.central.customers import Customers
from app.services.central.feed import ChangeFeed
from app.services.central.handovers import Handovers
from app.services.central.intake import Intake
from app.services.central.merging import Merging
from app.services.central.number_leases import NumberLeases
from app.services.central.order_changes import OrderChanges
from app.services.central.order_changes_requests import ChangeRequests
from app.services.central.order_page import OrderPages
from app.services.central.order_refunds import OrderRefunds
from app.services.central.order_review import OrderReview
from app.services.central.order_search import OrderSearch
from app.services.central.pause_settings import PauseSettings
from app.services.central.payments import CardPayments, PaymentSettings
from app.services.central.read_back import Overrides
from app.services.central.recorder import Recorder
from app.services.central.recording import Pauses
from app.services.central.similar_orders import SimilarOrders
from app.services.central.stock import Stock
from app.services.central.transaction import Actor, Handlers, Seat, Transaction
from app.services.central.warehouse import Warehouse
from app.services.central.worklist import Worklist
from app.services.rules.guidance_files import read_guidance
from app.services.rules.pricing import totals
from app.services.rules.regions import RegionRules, load_regions
from app.settings import resource_folder
from app.values.identity import CommandId, CustomerId, Incarnation, OrderId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import CallOutcome, ClosingStep, CommandKind, ProductKind, Region
from app.wire.guidance import Guidance
from app.wire.message import encode
from app.wire.operations import CENTRAL, LEASE_NUMBERS, SEND_COMMANDS
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.read_back import ClosedCall, NumberSaidBack, Told
from app.wire.sync import Command, CommandOutcome, LeaseNumbers, SendCommands
from tests.builders import A_MORNING, a_customer, an_order, with_line
from tests.centre import Centre
from tests.read_backs import read_back_of


@cache
def regions() -> dict[Region, RegionRules]:
    """The rules that ship with the program."""
    return load_regions(resource_folder() / "regions")


@cache
def shipped() -> Guidance:
    """The first edition of every centre: what ships with the program."""
    return msgspec.structs.replace(read_guidance(resource_folder()), revision=1)


class OrderCentre(Centre):
    """A centre with everything that orders need, and a small catalogue."""

    recorders: tuple[Recorder, ...] = ()
    gateway: CardGateway | None = None
    pause_settings = PauseSettings()

    def __init__(self, url: str) -> None:
        self.leases = NumberLeases()
        self._phones = 0
        super().__init__(url, CENTRAL, self._register)
        self.intake = Intake(self.transactions, regions(), self.leases)
        self._list_products()

    def _register(self, handlers: Handlers) -> None:
        self.leases.register(handlers)
        Intake(self.transactions, regions(), self.leases).register(handlers)
        Customers().register(handlers)
        OrderPages(Customers(), regions()).register(handlers)
        self.requests = ChangeRequests(OrderChanges(regions()))
        self.requests.register(handlers)
        OrderRefunds(regions()).register(handlers)
        Worklist().register(handlers)
        OrderReview(OrderChanges(regions())).register(handlers)
        OrderSearch().register(handlers)
        Merging().register(handlers)
        SimilarOrders().register(handlers)
        Overrides(self.identity).register(handlers)
        Answers().register(handlers)
        ChangeFeed().register(handlers)
        Stock().register(handlers)
        Handovers(regions()).register(handlers)
        self.pauses = Pauses(self.transactions, self.recorders, self.pause_settings, self.log)
        self.pauses.register(handlers)
        payments = CardPayments(self.transactions, self.gateway, PaymentSettings(), self.log)
        payments.register(handlers)
        self.warehouse = Warehouse(
            self.transactions, regions(), None, payments.movements, self.clock, self.log
        )
        self.warehouse.register(handlers)

    def empty(self) -> None:
        """As it was when it was new, but for people and seats."""
        self._phones = 0
        self.clock.set(A_MORNING)
        self.clear(_EMPTIED)
        self.run("UPDATE number_counter SET next_value = 0")
        self.run("UPDATE evidence_head SET position = 0, digest = decode(repeat('00', 32), 'hex')")
        self.run("UPDATE person SET disabled_at = NULL")
        self._list_products()

    def _list_products(self) -> None:
        for code in ("TEA-1", "CUP-2"):
            self.list_product(code)
        self.list_product("POST", kind=ProductKind.CHARGE)

    def phone_like(self, phone: str) -> str:
        """A number of their own for every customer after the first, as long as no test gave one."""
        if phone != a_customer().phone:
            return phone
        self._phones += 1
        return phone if self._phones == 1 else f"+4420794{self._phones:05}"

    def list_product(
        self, code: str, kind: ProductKind = ProductKind.GOODS, *, withdrawn: bool = False
    ) -> None:
        """A product at 2.95, 2.55 from 12."""

        def add(tx: Transaction) -> None:
            for statement in _LIST:
                values = {"code": code, "kind": kind.value, "gone": withdrawn, "at": tx.at}
                tx.session.execute(text(statement), values)

        self.administration.write(add)

    def withdraw(self, code: str) -> None:
        self.run("UPDATE product SET withdrawn = true WHERE code = :code", code=code)

    def run(self, statement: str, **values: object) -> None:
        """Change something as the owner."""

        def change(tx: Transaction) -> None:
            tx.session.execute(text(statement), values)

        self.administration.write(change)

    def text_in(self, *tables: str) -> str:
        """All that stands in these tables, in full (a row's own text is cut short)."""
        found = [self.rows(f"SELECT t::text FROM {table} t") for table in tables]  # noqa: S608 - named by tests
        return "\n".join(row[0] for rows in found for row in rows)

    def counts(self) -> dict[str, int]:
        """How many rows there are of what an order brings."""
        tables = ("sales_order", "order_line", "order_event", "contact", "customer", "address")
        return {t: self.rows(f"SELECT count(*) FROM {t}")[0][0] for t in tables}  # noqa: S608 - names above


_EMPTIED = (
    *("sales_order", "order_line", "order_version", "order_event", "order_number_alias", "contact"),
    *("contact_order", "identity_check"),
    *("customer", "customer_phone", "customer_name_token", "address"),
    *("customer_version", "customer_key", "customer_merge", "customer_task"),
    *("product", "price", "price_break", "town", "change"),
    *("order_allocation", "stock_hold", "stock_level"),
    *("warehouse_message", "warehouse_event", "shipment", "shipment_line"),
    *("order_at_warehouse", "order_capture"),
    *("order_progress", "order_ledger", "order_change", "order_refund", "order_edit"),
    *("order_hold", "order_check", "work_claim", "privacy_request"),
    *("applied_command", "audit", "audit_seal", "number_lease"),
    *("feed_mark", "seat_state", "handover"),
    *("read_back_entry", "read_back_override", "call_closing"),
    *("recording_lease", "recording_pause", "recording_event", "call_flag", "evidence"),
    *("card_attempt", "card_movement", "closed_attempt", "pay_link", "given_up_order"),
)
_LIST = (
    """
    INSERT INTO product (code, description, kind, tax_category, price_version, withdrawn, revision,
                         updated_at)
    VALUES (:code, 'Description of ' || :code, :kind, 'standard', 1, :gone, 1, :at)
    """,
    "INSERT INTO price (code, version, currency, from_at) VALUES (:code, 1, 'GBP', :at)",
    """
    INSERT INTO price_break (code, version, from_quantity, unit_price)
    VALUES (:code, 1, 1, 29500), (:code, 1, 12, 25500)
    """,
    "INSERT INTO change (kind, key, revision, deleted) VALUES ('product', :code, 1, false)",
)


class SendingDesk:
    """A seat with leased numbers that sends commands in sequence."""

    def __init__(self, centre: OrderCentre, name: str = "Desk 1", login: str = "ada") -> None:
        self.centre = centre
        self.seat = centre.enrolled(name)
        self.caller = centre.caller()
        self.caller.use_seat(self.seat)
        known = centre.rows("SELECT person_id FROM person WHERE login = :login", login=login)
        self.person = PersonId(known[0][0]) if known else centre.person(login)
        self.incarnation = Incarnation(
            centre.rows(
                "SELECT incarnation FROM device WHERE device_id = :device",
                device=self.seat.device_id,
            )[0][0]
        )
        self.sequence = 0
        self._numbers: list[OrderNumber] = []

    @property
    def actor(self) -> Actor:
        """Who sends, as a service sees it."""
        seat = Seat(device_id=self.seat.device_id, incarnation=self.incarnation, name="Desk")
        return Actor(device=seat)

    def number(self) -> OrderNumber:
        """The next of this seat's numbers."""
        if not self._numbers:
            leased = self.caller.call(LEASE_NUMBERS, LeaseNumbers(count=20))
            self._numbers = list(leased.numbers)
        return self._numbers.pop(0)

    def order(self, *changes: Callable[[OrderDocument], OrderDocument]) -> OrderDocument:
        """A new order of a new customer at this seat: tea, unless something is said."""
        document = an_order(*(changes or (with_line("TEA-1", 2),)))
        customer = document.customer
        if customer is not None and customer.base_revision is None:
            customer = msgspec.structs.replace(
                customer,
                customer_id=CustomerId(self.centre.ids.new()),
                phone=self.centre.phone_like(customer.phone),
            )
        return msgspec.structs.replace(
            document,
            order_id=OrderId(self.centre.ids.new()),
            device_id=self.seat.device_id,
            taken_by=self.person,
            customer=customer,
        )

    def placed(self, document: OrderDocument | None = None, **different: Any) -> PlacedOrder:
        """The order with a number of this seat, right totals, and the record of its read-back."""
        document = document or self.order()
        rules, edition = regions()[document.region], shipped()
        told = different.pop("totals", None) or totals(document, rules)
        placed = PlacedOrder(
            number=different.pop("number", None) or self.number(),
            document=document,
            totals=told,
            placed_at=A_MORNING + timedelta(minutes=4),
            placed_by=self.person,
            guidance=edition.revision,
            read_back=read_back_of(document, rules, edition, told=told, by=self.person),
        )
        return msgspec.structs.replace(placed, **different)

    def closed(self, placed: PlacedOrder, **different: Any) -> ClosedCall:
        """The end of the call about an order: its number was given and said back."""
        at = placed.placed_at + timedelta(minutes=1)
        told = Told(step=ClosingStep.NUMBER_GIVEN, said="Your number is.", at=at, by=self.person)
        said_back = NumberSaidBack(heard=placed.number, matched=True, at=at, by=self.person)
        closed = ClosedCall(
            order_id=placed.document.order_id,
            number=placed.number,
            outcome=CallOutcome.ORDER_PLACED,
            entries=(told, said_back),
            closed_at=at,
            closed_by=self.person,
        )
        return msgspec.structs.replace(closed, **different)

    def command(
        self, body: PlacedOrder | ClosedCall | bytes | None = None, **different: Any
    ) -> Command:
        """The next command of this seat."""
        is_closing = isinstance(body, ClosedCall)
        body = body if isinstance(body, bytes) else encode(body or self.placed())
        self.sequence += 1
        command = Command(
            command_id=CommandId(self.centre.ids.new()),
            incarnation=self.incarnation,
            sequence=self.sequence,
            kind=CommandKind.CLOSE_CALL if is_closing else CommandKind.PLACE_ORDER,
            person_id=self.person,
            captured_at=A_MORNING + timedelta(minutes=4),
            body=Raw(body),
            sha256=hashlib.sha256(body).hexdigest(),
        )
        return msgspec.structs.replace(command, **different)

    def send(self, *commands: Command) -> tuple[CommandOutcome, ...]:
        """What the centre answers."""
        return self.caller.call(SEND_COMMANDS, SendCommands(commands=commands)).outcomes

    def send_order(self, document: OrderDocument | None = None, **different: Any) -> CommandOutcome:
        """What becomes of one order."""
        return self.send(self.command(self.placed(document, **different)))[0]


def stored_order(centre: OrderCentre, order_id: UUID) -> dict[str, Any]:
    """The row of an order."""
    row = centre.rows("SELECT * FROM sales_order WHERE order_id = :id", id=order_id)[0]
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for a row by column
