"""The table of operations: everything that can be asked of a desk or of the centre, one row each.

A feature is one row here, one service, one screen. The HTTP route, the dispatchers, OpenAPI and the
tests are all driven by this table.
"""

from __future__ import annotations

from typing import Any

from app.wire import (
    addresses,
    card_operations,
    catalogue,
    clash_operations,
    contact_operations,
    customers,
    guidance,
    handover_operations,
    order_operations,
    orders,
    outbox_operations,
    people,
    protocol,
    read_back,
    stock_operations,
    sync,
    warehouse_operations,
    worklist_operations,
)
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Ownership, Signer
from app.wire.people import Permission

ENROL_DEVICE = Operation(
    name="device.enrol",
    request=people.Enrol,
    response=people.Enrolled,
    kind=Kind.COMMAND,
    signer=Signer.NOBODY,
    audited=True,
)
DEPOSIT_STORE_KEY = Operation(
    name="device.deposit_store_key",
    request=people.DepositStoreKey,
    response=Nothing,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
HEARTBEAT = Operation(
    name="device.heartbeat",
    request=sync.Heartbeat,
    response=sync.CentreTime,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    keyed=False,
)
SIGN_IN_AT_CENTRE = Operation(
    name="session.open",
    request=people.SignIn,
    response=people.Session,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    audited=True,
    keyed=False,
)
SIGN_OUT_AT_CENTRE = Operation(
    name="session.close",
    request=people.SignOut,
    response=Nothing,
    kind=Kind.COMMAND,
    ownership=Ownership.OWN_SESSION,
    audited=True,
)
SEND_COMMANDS = Operation(
    name="commands.send",
    request=sync.SendCommands,
    response=sync.CommandOutcomes,
    kind=Kind.BATCH,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
    keyed=False,
)
LEASE_NUMBERS = Operation(
    name="numbers.lease",
    request=sync.LeaseNumbers,
    response=sync.LeasedNumbers,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
WAIT_FOR_CHANGES = Operation(
    name="changes.wait",
    request=sync.WaitForChanges,
    response=sync.ChangePage,
    kind=Kind.WAIT,
    signer=Signer.DEVICE,
)
TAKE_SNAPSHOT = Operation(
    name="changes.snapshot",
    request=sync.TakeSnapshot,
    response=sync.SnapshotPage,
    kind=Kind.QUERY,
    signer=Signer.DEVICE,
)
FIND_CUSTOMERS = Operation(
    name="customers.find",
    request=customers.FindCustomers,
    response=customers.CustomersFound,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
)
LAST_ORDERS = Operation(
    name="customers.last_orders",
    request=customers.LastOrdersOf,
    response=customers.LastOrders,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
)
GET_ORDER = Operation(
    name="orders.get",
    request=customers.GetOrder,
    response=orders.OrderView,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
)

AUTHORISE_OVERRIDE = Operation(
    name="read_back.authorise",
    request=read_back.AuthoriseOverride,
    response=read_back.OverrideAuthorised,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
    audited=True,
    keyed=False,
)
REPORT_SEARCHES = Operation(
    name="answers.report",
    request=guidance.ReportSearches,
    response=Nothing,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    audited=True,
)
ASK_UNANSWERED = Operation(
    name="answers.unanswered",
    request=guidance.AskUnanswered,
    response=guidance.UnansweredSearches,
    kind=Kind.QUERY,
    permission=Permission.REVIEW_ORDERS,
)

OFFER_SIGN_IN = Operation(
    name="desk.offer_sign_in",
    request=people.OfferSignIn,
    response=people.SignInOffer,
    kind=Kind.QUERY,
    home=Home.DESK,
    signer=Signer.NOBODY,
)
SIGN_IN = Operation(
    name="desk.sign_in",
    request=people.SignIn,
    response=people.Session,
    kind=Kind.COMMAND,
    home=Home.DESK,
    signer=Signer.DEVICE,
)
SIGN_OUT = Operation(
    name="desk.sign_out",
    request=people.SignOut,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    ownership=Ownership.OWN_SESSION,
)
ASK_STATUS = Operation(
    name="desk.status",
    request=sync.AskStatus,
    response=sync.DeskStatus,
    kind=Kind.QUERY,
    home=Home.DESK,
    signer=Signer.DEVICE,
)
GET_POLICY = Operation(
    name="desk.policy",
    request=sync.AskStatus,
    response=sync.Policy,
    kind=Kind.QUERY,
    home=Home.DESK,
    signer=Signer.DEVICE,
)
FIND_PRODUCTS = Operation(
    name="catalogue.find",
    request=catalogue.FindProducts,
    response=catalogue.ProductHits,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
GET_PRODUCT = Operation(
    name="catalogue.get",
    request=catalogue.GetProduct,
    response=catalogue.ProductView,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
LOOK_UP_ADDRESS = Operation(
    name="addresses.look_up",
    request=addresses.LookUpAddress,
    response=addresses.AddressSuggestions,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
SAVE_DRAFT = Operation(
    name="drafts.save",
    request=orders.SaveDraft,
    response=orders.DraftSaved,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
LIST_DRAFTS = Operation(
    name="drafts.list",
    request=orders.ListDrafts,
    response=orders.Drafts,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
OPEN_DRAFT = Operation(
    name="drafts.open",
    request=orders.OpenDraft,
    response=orders.OrderDocument,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
VOID_DRAFT = Operation(
    name="drafts.void",
    request=orders.VoidDraft,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
PLACE_ORDER = Operation(
    name="orders.place",
    request=orders.PlaceOrder,
    response=orders.PlacedOrder,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
NUMBER_SHOWN = Operation(
    name="orders.number_shown",
    request=orders.NumberShown,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
MAKE_PAPER = Operation(
    name="orders.paper",
    request=orders.MakePaper,
    response=orders.Paper,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
PRINT_PROTOCOL = Operation(
    name="orders.protocol",
    request=protocol.PrintProtocol,
    response=orders.Paper,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
GET_GUIDANCE = Operation(
    name="desk.guidance",
    request=sync.AskStatus,
    response=guidance.Guidance,
    kind=Kind.QUERY,
    home=Home.DESK,
    signer=Signer.DEVICE,
)
FIND_LOOKALIKES = Operation(
    name="catalogue.lookalikes",
    request=catalogue.FindLookalikes,
    response=catalogue.Lookalikes,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
NOTE_READ_BACK = Operation(
    name="read_back.note",
    request=read_back.NoteReadBack,
    response=read_back.Noted,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
ASK_READ_BACK = Operation(
    name="read_back.of",
    request=read_back.AskReadBack,
    response=read_back.ReadBackKept,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
OVERRIDE_READ_BACK = Operation(
    name="read_back.override",
    request=read_back.OverrideReadBack,
    response=read_back.Overridden,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
CLOSE_CALL = Operation(
    name="calls.close",
    request=read_back.CloseCall,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
FIND_ANSWERS = Operation(
    name="answers.find",
    request=guidance.FindAnswers,
    response=guidance.AnswersFound,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
NOTE_SEARCH = Operation(
    name="answers.note",
    request=guidance.NoteSearch,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)

ALL: tuple[Operation[Any, Any], ...] = (
    *(row for row in list(globals().values()) if isinstance(row, Operation)),
    *card_operations.ROWS,
    *stock_operations.ROWS,
    *outbox_operations.ROWS,
    *clash_operations.ROWS,
    *handover_operations.ROWS,
    *order_operations.ROWS,
    *contact_operations.ROWS,
    *warehouse_operations.ROWS,
    *worklist_operations.ROWS,
)
BY_NAME: dict[str, Operation[Any, Any]] = {row.name: row for row in ALL}
CENTRAL: tuple[Operation[Any, Any], ...] = tuple(r for r in ALL if r.home is Home.CENTRE)
