"""How a desk and the centre keep in step: commands up, number leases and changes down."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Raw

from app.values.identity import ChangeId, CommandId, Incarnation, OrderId, PersonId
from app.values.money import Currency
from app.values.order_number import OrderNumber
from app.values.vocabulary import ChangeKind, CommandKind, Region
from app.wire.message import Instant, PageRows, Request, View

COMMANDS_MOST = 50
WAIT_SECONDS_MOST = 25


class Command(View, frozen=True, kw_only=True):
    """One act of a CSR, kept until the centre has it.

    `sequence` counts up without gaps per (device, incarnation). `sha256` is the hex digest of
    `body`, the JSON of the command's message. `clock_offset_ms` is the centre's time minus the
    desk's.
    """

    command_id: CommandId
    incarnation: Incarnation
    sequence: Annotated[int, Meta(ge=1)]
    kind: CommandKind
    person_id: PersonId
    captured_at: Instant
    clock_offset_ms: int = 0
    body: Raw
    sha256: Annotated[str, Meta(min_length=64, max_length=64)]


class SendCommands(Request, frozen=True, kw_only=True):
    """A batch in the order of its making."""

    commands: Annotated[tuple[Command, ...], Meta(min_length=1, max_length=COMMANDS_MOST)]


class Outcome(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    REPLAYED = "replayed"
    NEEDS_REVIEW = "needs_review"
    RETRY_LATER = "retry_later"
    REFUSED_FINAL = "refused_final"


class CommandOutcome(View, frozen=True, kw_only=True):
    """The answer to one command; the same for ever. `first` is the outcome a replay repeats."""

    command_id: CommandId
    outcome: Outcome
    first: Outcome | None = None
    number: OrderNumber | None = None
    reasons: tuple[str, ...] = ()
    sentence: str = ""


class CommandOutcomes(View, frozen=True, kw_only=True):
    """One answer per command sent, in the same order."""

    outcomes: tuple[CommandOutcome, ...]


class LeaseNumbers(Request, frozen=True, kw_only=True):
    """Order numbers for this seat to use, online or not. `newest`: the last one it was leased."""

    count: Annotated[int, Meta(ge=1, le=1_000)]
    newest: OrderNumber | None = None


class LeasedNumbers(View, frozen=True, kw_only=True):
    """Numbers that belong to this seat and will never be given to another."""

    numbers: tuple[OrderNumber, ...]


class Cursor(View, frozen=True, kw_only=True):
    """A place in the change feed: epoch, transaction id (xid8) and row."""

    epoch: str
    transaction: int
    row: int


class Change(View, frozen=True, kw_only=True):
    """One thing as it now stands; applying it twice, or an older one late, changes nothing."""

    kind: ChangeKind
    key: str
    revision: int
    deleted: bool = False
    document: Raw


FIRST_KINDS = (ChangeKind.PRODUCT, ChangeKind.TOWN, ChangeKind.POLICY, ChangeKind.GUIDANCE)
"""What a desk of before can read; who can read more asks for it."""


class WaitForChanges(Request, frozen=True, kw_only=True):
    """What changed after `since`; answers as soon as something has, else after `wait_seconds`.

    Only things of `kinds` are told, and orders only to the seat that sent them.
    """

    since: Cursor
    kinds: tuple[ChangeKind, ...] = FIRST_KINDS
    wait_seconds: Annotated[float, Meta(ge=0, le=WAIT_SECONDS_MOST)] = WAIT_SECONDS_MOST
    limit: PageRows = 500


class ChangePage(View, frozen=True, kw_only=True):
    """Changes in order and where to go on. `reset`: the cursor is unknown, take a snapshot.

    `more`: something else was changed before this was asked, and comes with a later page.
    """

    changes: tuple[Change, ...] = ()
    next: Cursor
    reset: bool = False
    more: bool = False


class TakeSnapshot(Request, frozen=True, kw_only=True):
    """A page of everything of one kind, by key."""

    kind: ChangeKind
    after: str = ""
    limit: PageRows = 500


class SnapshotPage(View, frozen=True, kw_only=True):
    """Rows after the key asked for; `cursor` is where the feed stood before this page was read."""

    rows: tuple[Change, ...]
    more: bool
    cursor: Cursor


class Town(View, frozen=True, kw_only=True):
    """A postcode area and the town or city it belongs to. `area`: state or county, if known."""

    country: str
    postcode: str
    city: str
    area: str = ""


class Company(View, frozen=True, kw_only=True):
    """Who trades, as the law wants it on the confirmation."""

    name: str
    address: tuple[str, ...]
    phone: str
    email: str
    registration: str = ""
    tax_number: str = ""


class Policy(View, frozen=True, kw_only=True):
    """What an administrator decides for all desks.

    `card_root_key` signs the keys that card data are sealed to (Ed25519, base64url); without one no
    card is taken. `card_idle_seconds` without a key press wipe the card fields. Stock is held for
    a call for `hold_seconds` and held anew while it lasts. Like orders of a customer within
    `duplicate_minutes` are asked about before placing. A change of an order can be undone for
    `undo_minutes`; money goes back after that. A caller shows `identity_facts` of an order before
    anything personal is said, the order's number among them.
    """

    company: Company
    region: Region = Region.GB
    currency: Currency = Currency.GBP
    quote_hours: int = 24
    idle_lock_minutes: int = 15
    numbers_kept: int = 200
    offline_sign_in_hours: int = 72
    card_root_key: str = ""
    card_idle_seconds: int = 60
    hold_seconds: int = 300
    duplicate_minutes: int = 30
    undo_minutes: int = 15
    identity_facts: int = 2


class OrderDecision(View, frozen=True, kw_only=True):
    """How an order of a seat stands at the centre since somebody, or the bank, decided about it.

    `state` is the centre's word for it; `sentence` says the decision in words, empty without one.
    `change_id`: it is about that change of the order, which this seat asked for.
    """

    order_id: OrderId
    number: OrderNumber
    state: str
    reasons: tuple[str, ...] = ()
    sentence: str = ""
    decided_at: Instant
    revision: int
    change_id: ChangeId | None = None


class Heartbeat(Request, frozen=True, kw_only=True):
    """How a desk is. `run_id` is made at each start of the program.

    `needs_person` counts what is in review, stuck or in quarantine. `newest_number` is the last one
    that was leased: a centre that was restored learns from it how far numbers had come.
    """

    waiting: int
    oldest_waiting_at: Instant | None = None
    needs_person: int = 0
    version: str
    run_id: UUID | None = None
    newest_number: OrderNumber | None = None


class CentreTime(View, frozen=True, kw_only=True):
    """The centre's clock, for judging the desk's; `sentence` is what people there should know."""

    now: Instant
    sentence: str = ""


class DeskStatus(View, frozen=True, kw_only=True):
    """What the call bar shows. `sentence` tells what is not as it should be.

    `decided` counts what was heard of orders of this desk since it was started.
    """

    online: bool
    waiting: int
    needs_person: int
    numbers_left: int
    products: int
    catalogue_at: Instant | None
    sentence: str = ""
    decided: int = 0


class AskStatus(Request, frozen=True, kw_only=True):
    """How this desk stands."""
