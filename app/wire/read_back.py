"""The record of a read-back: what was asked, what was answered and what was put right, in order.

Entries are only ever added. How a checkpoint stands is worked out from them and the document
(`services.rules.read_back`), at the desk and once more at the centre.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import OrderId, OverrideId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import CallOutcome, ClosingStep, CorrectionCause, How
from app.wire.message import FreeText, Instant, Request, ShortText, View
from app.wire.people import PersonView

ENTRIES_MOST = 50
"""In one request; an order has as many as its read-back took."""

Sha256 = Annotated[str, Meta(min_length=64, max_length=64)]
CheckpointKey = Annotated[str, Meta(min_length=1, max_length=100)]
"""`customer`, `line:<line id>`, `price`, `extra:<key of the checklist's item>`, and so on."""


class Part(View, frozen=True, kw_only=True):
    """One value that a checkpoint covers, as it was when it was confirmed."""

    name: ShortText
    value: FreeText


class _Entry(View, frozen=True, kw_only=True):
    """What all entries say: when, and which CSR."""

    at: Instant
    by: PersonId


class Began(_Entry, frozen=True, kw_only=True, tag="began"):
    """The read-back was begun or taken up again. `guidance` is the revision of the checklists."""

    guidance: int
    slow: bool = False


class Asked(_Entry, frozen=True, kw_only=True, tag="asked"):
    """A sentence stood on the screen to be said."""

    checkpoint: CheckpointKey
    sha256: Sha256
    said: FreeText


class Confirmed(_Entry, frozen=True, kw_only=True, tag="confirmed"):
    """The checkpoint holds for exactly these values.

    `heard` is what was typed of what the caller said; `took_ms` counts from the first asking.
    """

    checkpoint: CheckpointKey
    sha256: Sha256
    parts: tuple[Part, ...]
    how: How
    heard: ShortText = ""
    took_ms: Annotated[int, Meta(ge=0)] = 0


class NotMatched(_Entry, frozen=True, kw_only=True, tag="not_matched"):
    """The caller said something else than the record holds."""

    checkpoint: CheckpointKey
    sha256: Sha256
    part: ShortText
    heard: ShortText


class Corrected(_Entry, frozen=True, kw_only=True, tag="corrected"):
    """A value was put right during the read-back; the checkpoint is asked again."""

    checkpoint: CheckpointKey
    part: ShortText
    old: FreeText
    new: FreeText
    cause: CorrectionCause
    note: ShortText = ""


class Stood(View, frozen=True, kw_only=True):
    """A checkpoint as it stood: its key and the digest of its values."""

    checkpoint: CheckpointKey
    sha256: Sha256


class Overridden(_Entry, frozen=True, kw_only=True, tag="overridden"):
    """A lead let these checkpoints pass. `offline`: the centre could not be asked."""

    override_id: OverrideId
    checkpoints: tuple[Stood, ...]
    reason: ShortText
    lead: PersonId
    lead_name: ShortText = ""
    offline: bool = False


class NumberSaidBack(_Entry, frozen=True, kw_only=True, tag="number_said_back"):
    """What the CSR heard when the caller repeated the order number."""

    heard: ShortText
    matched: bool


class Told(_Entry, frozen=True, kw_only=True, tag="told"):
    """A step of the closing was said."""

    step: ClosingStep
    said: FreeText = ""


ReadBackEntry = (
    Began | Asked | Confirmed | NotMatched | Corrected | Overridden | NumberSaidBack | Told
)


class NoteReadBack(Request, frozen=True, kw_only=True):
    """Keep these entries; they are on the disk when this is answered."""

    order_id: OrderId
    entries: Annotated[tuple[ReadBackEntry, ...], Meta(min_length=1, max_length=ENTRIES_MOST)]


class Noted(View, frozen=True, kw_only=True):
    """How many entries the order has now."""

    entries: int


class AskReadBack(Request, frozen=True, kw_only=True):
    """The record of an order at this desk, placed or not."""

    order_id: OrderId


class ReadBackKept(View, frozen=True, kw_only=True):
    """All entries in their order."""

    entries: tuple[ReadBackEntry, ...] = ()


class OverrideReadBack(Request, frozen=True, kw_only=True):
    """A lead signs in at the CSR's screen and lets checkpoints pass.

    `checkpoints` are all that do not hold. Answered with the entry, which is kept already.
    """

    order_id: OrderId
    checkpoints: Annotated[tuple[Stood, ...], Meta(min_length=1, max_length=5_000)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    login: ShortText
    password: Annotated[str, Meta(max_length=1_000)]


class AuthoriseOverride(Request, frozen=True, kw_only=True):
    """The same, asked of the centre; `override_id` is made at the desk."""

    override_id: OverrideId
    order_id: OrderId
    checkpoints: Annotated[tuple[Stood, ...], Meta(min_length=1, max_length=5_000)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    login: ShortText
    password: Annotated[str, Meta(max_length=1_000)]


class OverrideAuthorised(View, frozen=True, kw_only=True):
    """The lead who answers for it."""

    override_id: OverrideId
    lead: PersonView
    at: Instant


class CloseCall(Request, frozen=True, kw_only=True):
    """The call about a placed order is over."""

    order_id: OrderId
    outcome: CallOutcome
    note: FreeText = ""


class ClosedCall(View, frozen=True, kw_only=True):
    """How a call ended, with what was said after the number was given; a command of its own."""

    order_id: OrderId
    number: OrderNumber
    outcome: CallOutcome
    note: FreeText = ""
    entries: tuple[ReadBackEntry, ...] = ()
    closed_at: Instant
    closed_by: PersonId
