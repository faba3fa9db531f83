"""A desk small enough for tests of the screens: it answers every operation the screens ask for.

Deterministic and in memory. Searches as the real one ranks: exact code, beginning of a code, words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from app.services.rules import confusables, pricing
from app.services.rules.regions import RegionRules, load_regions
from app.services.rules.speech_book import SpeechBook, load_speech
from app.settings import resource_folder
from app.values.contact import search_digits
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import CustomerId, DeviceId, OrderId, OverrideId, PersonId, SessionId
from app.values.order_number import with_check_digits
from app.values.vocabulary import CommandState, Region, Role
from app.wire import operations, outbox_operations
from app.wire.addresses import AddressSuggestions, LookUpAddress
from app.wire.catalogue import (
    FindLookalikes,
    FindProducts,
    GetProduct,
    Lookalikes,
    Match,
    ProductHit,
    ProductHits,
    ProductView,
)
from app.wire.clash_operations import LIKE_ORDERS
from app.wire.clashes import AskLikeOrders, LikeOrder, LikeOrders
from app.wire.customers import (
    CustomersFound,
    CustomerView,
    FindCustomers,
    FoundBy,
    GetOrder,
    LastOrders,
    LastOrdersOf,
    OrderSummary,
)
from app.wire.guidance import (
    Guidance,
)
from app.wire.message import Nothing, decode, encode
from app.wire.operation import Home, Operation
from app.wire.order_operations import LOOK_UP_ORDERS
from app.wire.orders import (
    Drafts,
    DraftSaved,
    DraftSummary,
    ListDrafts,
    MakePaper,
    NumberShown,
    OpenDraft,
    OrderCustomer,
    OrderDocument,
    OrderView,
    Paper,
    PlacedOrder,
    PlaceOrder,
    SaveDraft,
    VoidDraft,
)
from app.wire.outbox import AskOutbox, OpenSentOrder, OutboxEntry, OutboxPage, SendNow
from app.wire.people import (
    PERMISSIONS,
    OfferSignIn,
    PersonView,
    Session,
    SignIn,
    SignInOffer,
    SignOut,
)
from app.wire.protocol import PrintProtocol, ReadBackProtocol
from app.wire.read_back import (
    AskReadBack,
    CloseCall,
    Noted,
    NoteReadBack,
    Overridden,
    OverrideReadBack,
    ReadBackEntry,
    ReadBackKept,
)
from app.wire.stock_operations import KEEP_STOCK, LOOK_UP_STOCK
from app.wire.sync import AskStatus, Company, DeskStatus, Policy
from tests.builders import A_MORNING, an_id
from tests.fake_stock import FakeStock
from tests.read_backs import a_guidance
from tests.ui.payment.fakes import CardLine
from tests.ui.screens.fake_answers import FakeAnswers
from tests.ui.screens.fake_changes import FakeChanges
from tests.ui.screens.fake_order_search import FakeOrderSearch
from tests.ui.screens.fake_orders import FakeOrders
from tests.ui.screens.fake_parking import FakeParking

Q = TypeVar("Q")
A = TypeVar("A")

PASSWORD = "correct horse battery"
LEAD_LOGIN, LEAD_PASSWORD = "lena", "a lead's own password"
DEVICE = DeviceId(an_id(800))


def the_regions() -> dict[Region, RegionRules]:
    return load_regions(resource_folder() / "regions")


@cache
def the_speech() -> dict[Region, SpeechBook]:
    return load_speech(resource_folder() / "speech")


def a_person(name: str = "Dana Okafor", role: Role = Role.CSR) -> PersonView:
    login = name.split(maxsplit=1)[0].lower()
    return PersonView(
        person_id=PersonId(an_id(700)), login=login, name=name, role=role, team="Days"
    )


def a_policy(region: Region = Region.GB) -> Policy:
    rules = the_regions()[region]
    company = Company(
        name="Mill Lane Trading", address=("1 Mill Lane", "Leeds"), phone="", email=""
    )
    return Policy(company=company, region=region, currency=rules.currency)


def a_known_customer(name: str = "Margaret Thompson", **different: Any) -> CustomerView:  # noqa: ANN401 - whatever field a test names
    view = CustomerView(
        customer_id=CustomerId(an_id(901)),
        revision=3,
        name=name,
        phones=("+447700900412",),
        email="m.thompson@example.org",
    )
    return msgspec.structs.replace(view, **different)


class FakeDesk(FakeOrders, FakeChanges, FakeAnswers, FakeParking):
    """Answers like a desk with a centre behind it; `offline` cuts the centre off."""

    def __init__(self, *products: ProductView, region: Region = Region.GB) -> None:
        super().__init__()
        self.products = {product.code.casefold(): product for product in products}
        self.customers: list[CustomerView] = []
        self.orders: dict[OrderId, PlacedOrder] = {}
        self.shown: list[OrderId] = []
        self.voided: dict[OrderId, str] = {}
        self.places: dict[str, AddressSuggestions] = {}
        self.people = [a_person()]
        self.banner = ""
        self.sentence = ""
        self.decided = 0
        self.policy = a_policy(region)
        self.offline = False
        self.broken: dict[str, Refusal | Fault] = {}
        self.calls: Counter[str] = Counter()
        self.cards = CardLine()
        self.stock = FakeStock()
        self.stock.learn(products)
        self.paper_path = "/nowhere/confirmation.pdf"
        self.guidance = a_guidance()
        self.notes: dict[OrderId, list[ReadBackEntry]] = {}
        self.closed: dict[OrderId, CloseCall] = {}
        self.printed: list[ReadBackProtocol] = []
        self.review_reasons: tuple[str, ...] = ()
        self.like: tuple[LikeOrder, ...] = ()
        self.named: list[tuple[OrderId, ...]] = []
        self.outbox: list[OutboxEntry] = []
        self.found = FakeOrderSearch()
        self.sent_now = 0
        self._regions = the_regions()
        self._handlers = self._handler_table()

    def _handler_table(self) -> dict[str, Callable[[Any], Any]]:
        return {
            operations.OFFER_SIGN_IN.name: self._offer,
            operations.SIGN_IN.name: self._sign_in,
            operations.SIGN_OUT.name: self._sign_out,
            operations.ASK_STATUS.name: self._status,
            operations.GET_POLICY.name: self._policy,
            operations.FIND_PRODUCTS.name: self._find_products,
            operations.GET_PRODUCT.name: self._get_product,
            operations.FIND_LOOKALIKES.name: self._find_lookalikes,
            operations.FIND_CUSTOMERS.name: self._find_customers,
            operations.LAST_ORDERS.name: self._last_orders,
            operations.GET_ORDER.name: self._get_order,
            operations.LOOK_UP_ADDRESS.name: self._look_up_address,
            operations.SAVE_DRAFT.name: self._save_draft,
            operations.LIST_DRAFTS.name: self._list_drafts,
            operations.OPEN_DRAFT.name: self._open_draft,
            operations.VOID_DRAFT.name: self._void_draft,
            operations.PLACE_ORDER.name: self._place,
            operations.NUMBER_SHOWN.name: self._number_shown,
            operations.MAKE_PAPER.name: self._make_paper,
            operations.PRINT_PROTOCOL.name: self._print_protocol,
            operations.GET_GUIDANCE.name: self._get_guidance,
            operations.NOTE_READ_BACK.name: self._note,
            operations.ASK_READ_BACK.name: self._read_back_of,
            operations.OVERRIDE_READ_BACK.name: self._override,
            operations.CLOSE_CALL.name: self._close_call,
            LIKE_ORDERS.name: self._like_orders,
            KEEP_STOCK.name: self.stock.hold,
            LOOK_UP_STOCK.name: self.stock.look_up,
            outbox_operations.ASK_OUTBOX.name: self._outbox_page,
            outbox_operations.SEND_NOW.name: self._send_now,
            outbox_operations.OPEN_SENT_ORDER.name: self._sent_order,
            LOOK_UP_ORDERS.name: self.found.look_up,
            **self.parking_handlers(),
            **self.order_handlers(),
            **self.change_handlers(),
            **self.answer_handlers(),
        }

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        self.calls[operation.name] += 1
        if operation.name in self.broken:
            raise self.broken[operation.name]
        if self.offline and operation.home is Home.CENTRE:
            raise Unreachable("unreachable", "The central service does not answer.")
        if self.cards.answers(operation.name):
            return self.cards.call(operation, request)
        return cast("A", self._handlers[operation.name](request))

    def has_ordered(self, customer: CustomerView, document: OrderDocument, days_ago: int) -> None:
        """Puts a past order of a customer into the centre; its number was given long ago."""
        owner = OrderCustomer(customer_id=customer.customer_id, name=customer.name)
        document = msgspec.structs.replace(document, customer=owner)
        placed = self._as_placed(document, len(self.orders) + 1)
        placed = msgspec.structs.replace(placed, placed_at=A_MORNING - timedelta(days=days_ago))
        self.orders[document.order_id] = placed
        self.shown.append(document.order_id)

    def _offer(self, _request: OfferSignIn) -> SignInOffer:
        return SignInOffer(people=tuple(self.people), banner=self.banner)

    def _sign_in(self, request: SignIn) -> Session:
        person = next((p for p in self.people if p.login == request.login), None)
        if person is None or request.password != PASSWORD:
            raise Refusal("sign_in_refused", "Login or password is wrong.", "password")
        return Session(
            session_id=SessionId(an_id(600)),
            token="token",
            person=person,
            permissions=PERMISSIONS[person.role],
            expires_at=A_MORNING + timedelta(hours=12),
            offline=self.offline,
        )

    def _sign_out(self, _request: SignOut) -> Nothing:
        return Nothing()

    def _status(self, _request: AskStatus) -> DeskStatus:
        return DeskStatus(
            online=not self.offline,
            waiting=len(self.orders) if self.offline else 0,
            needs_person=0,
            numbers_left=150,
            products=len(self.products),
            catalogue_at=A_MORNING,
            sentence=self.sentence,
            decided=self.decided,
        )

    def _outbox_page(self, request: AskOutbox) -> OutboxPage:
        """As the real one: what needs a person, then the newest, a page at a time."""
        shown = [
            entry
            for entry in sorted(self.outbox, key=_outbox_place)
            if request.with_settled or entry.state is not CommandState.SETTLED
        ]
        after = request.after
        if after is not None:
            shown = [e for e in shown if _outbox_place(e) > (after.rank, -after.position)]
        waiting = {CommandState.CAPTURED, CommandState.PENDING, CommandState.STUCK}
        return OutboxPage(
            entries=tuple(shown[: request.limit]),
            more=len(shown) > request.limit,
            online=not self.offline,
            waiting=sum(entry.state in waiting for entry in self.outbox),
            needs_person=sum(entry.place.rank == 0 for entry in self.outbox),
        )

    def _send_now(self, _request: SendNow) -> Nothing:
        self.sent_now += 1
        return Nothing()

    def _sent_order(self, request: OpenSentOrder) -> PlacedOrder:
        return self.orders[request.order_id]

    def _policy(self, _request: AskStatus) -> Policy:
        return self.policy

    def _find_products(self, request: FindProducts) -> ProductHits:
        text = request.text.casefold()
        words = text.split()
        hits = [
            ProductHit(product=product, match=match)
            for product in self.products.values()
            if (match := _match(product, text, words)) is not None
        ]
        hits.sort(key=_rank)
        return ProductHits(text=request.text, hits=tuple(hits[: request.limit]))

    def _get_product(self, request: GetProduct) -> ProductView:
        product = self.products.get(request.code.casefold())
        if product is None:
            raise Refusal("product_unknown", f"There is no product {request.code}.", "code")
        return product

    def _find_lookalikes(self, request: FindLookalikes) -> Lookalikes:
        product = self._get_product(GetProduct(code=request.code))
        return confusables.lookalikes(product, self.products.values(), request.limit)

    def _find_customers(self, request: FindCustomers) -> CustomersFound:
        digits, text = search_digits(request.text), request.text.casefold()
        found = [
            c
            for c in self.customers
            if (digits and any(p.endswith(digits) for p in c.phones)) or text in c.name.casefold()
        ]
        by = FoundBy.PHONE if digits else FoundBy.NAME
        return CustomersFound(
            text=request.text, found_by=by, customers=tuple(found[: request.limit])
        )

    def _last_orders(self, request: LastOrdersOf) -> LastOrders:
        own = [
            placed
            for placed in self.orders.values()
            if placed.document.customer
            and placed.document.customer.customer_id == request.customer_id
        ]
        own.sort(key=_placed_at, reverse=True)
        return LastOrders(orders=tuple(_summary(placed) for placed in own[: request.limit]))

    def _get_order(self, request: GetOrder) -> OrderView:
        for placed in self.orders.values():
            if request.order_id in {None, placed.document.order_id} and request.number in {
                None,
                placed.number,
            }:
                return OrderView(
                    placed=placed, revision=1, state="accepted", review_reasons=self.review_reasons
                )
        raise Refusal("order_unknown", "There is no such order here.", "order_id")

    def _look_up_address(self, request: LookUpAddress) -> AddressSuggestions:
        return self.places.get(request.postcode, AddressSuggestions())

    def _save_draft(self, request: SaveDraft) -> DraftSaved:
        self.drafts[request.document.order_id] = encode(request.document)
        self.call_backs.pop(request.document.order_id, None)
        return DraftSaved(saved_at=A_MORNING)

    def _list_drafts(self, _request: ListDrafts) -> Drafts:
        documents = [decode(body, OrderDocument) for body in self.drafts.values()]
        waiting = tuple(p for i, p in self.orders.items() if i not in self.shown)
        return Drafts(
            drafts=tuple(self._draft_summary(d) for d in documents), number_not_given=waiting
        )

    def _draft_summary(self, document: OrderDocument) -> DraftSummary:
        return DraftSummary(
            order_id=document.order_id,
            customer_name=document.customer.name if document.customer else "",
            line_count=len(document.lines),
            total=pricing.totals(document, self._regions[document.region]).total,
            saved_at=A_MORNING,
            taken_by=document.taken_by,
            call_back=self.call_backs.get(document.order_id),
            handed=self.handed.get(document.order_id),
            changes=document.amends.number if document.amends is not None else None,
        )

    def _open_draft(self, request: OpenDraft) -> OrderDocument:
        return self.draft(request.order_id)

    def _void_draft(self, request: VoidDraft) -> Nothing:
        del self.drafts[request.order_id]
        self.voided[request.order_id] = request.reason
        return Nothing()

    def _like_orders(self, _request: AskLikeOrders) -> LikeOrders:
        return LikeOrders(orders=self.like)

    def _place(self, request: PlaceOrder) -> PlacedOrder:
        self.named.append(request.not_duplicate_of)
        placed = self._as_placed(request.document, 41_730_298 + len(self.orders))
        record = tuple(self.notes.get(request.document.order_id, ()))
        placed = msgspec.structs.replace(placed, guidance=self.guidance.revision, read_back=record)
        self.orders[request.document.order_id] = placed
        self.drafts.pop(request.document.order_id, None)
        return placed

    def _get_guidance(self, _request: AskStatus) -> Guidance:
        return self.guidance

    def _note(self, request: NoteReadBack) -> Noted:
        kept = self.notes.setdefault(request.order_id, [])
        kept += request.entries
        return Noted(entries=len(kept))

    def _read_back_of(self, request: AskReadBack) -> ReadBackKept:
        return ReadBackKept(entries=tuple(self.notes.get(request.order_id, ())))

    def _override(self, request: OverrideReadBack) -> Overridden:
        if (request.login, request.password) != (LEAD_LOGIN, LEAD_PASSWORD):
            raise Refusal("sign_in_refused", "Login or password is wrong.", "password")
        entry = Overridden(
            override_id=OverrideId(an_id(950)),
            checkpoints=request.checkpoints,
            reason=request.reason,
            lead=PersonId(an_id(701)),
            at=A_MORNING,
            by=PersonId(an_id(700)),
        )
        self.notes.setdefault(request.order_id, []).append(entry)
        return entry

    def _close_call(self, request: CloseCall) -> Nothing:
        self.closed[request.order_id] = request
        return Nothing()

    def _as_placed(self, document: OrderDocument, payload: int) -> PlacedOrder:
        return PlacedOrder(
            number=with_check_digits(payload),
            document=document,
            totals=pricing.totals(document, self._regions[document.region]),
            placed_at=A_MORNING,
            placed_by=document.taken_by,
        )

    def _number_shown(self, request: NumberShown) -> Nothing:
        self.shown.append(request.order_id)
        return Nothing()

    def _print_protocol(self, request: PrintProtocol) -> Paper:
        self.printed.append(request.protocol)
        return Paper(path="/nowhere/read-back.pdf", sha256="0" * 64)

    def _make_paper(self, _request: MakePaper) -> Paper:
        return Paper(path=self.paper_path, sha256="0" * 64)


def _match(product: ProductView, text: str, words: list[str]) -> Match | None:
    code = product.code.casefold()
    if code == text:
        return Match.EXACT_CODE
    if code.startswith(text):
        return Match.CODE_PREFIX
    if all(word in product.description.casefold() for word in words):
        return Match.WORDS
    return None


def _rank(hit: ProductHit) -> tuple[int, str]:
    return list(Match).index(hit.match), hit.product.code


def _outbox_place(entry: OutboxEntry) -> tuple[int, int]:
    return entry.place.rank, -entry.place.position


def _placed_at(placed: PlacedOrder) -> Any:  # noqa: ANN401 - a key to sort by
    return placed.placed_at


def _summary(placed: PlacedOrder) -> OrderSummary:
    return OrderSummary(
        order_id=placed.document.order_id,
        number=placed.number,
        placed_at=placed.placed_at,
        line_count=len(placed.document.lines),
        total=placed.totals.total,
        state="delivered",
    )
