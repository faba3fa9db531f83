"""Pausing the call recorder: a lease that the centre holds while card digits are typed.

The desk makes the lease's id, so that asking again is the same lease, and a late or stale id does
nothing. Only PauseHeld unlocks the card fields; whatever else is heard, or nothing, keeps them
locked. No message here has room for card data.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import LeaseId, OrderId
from app.values.vocabulary import CallEventKind, ConfirmedBy, PauseEnd, PauseState
from app.wire.message import Instant, Request, ShortText, View
from app.wire.sync import WAIT_SECONDS_MOST


class FindCall(Request, frozen=True, kw_only=True):
    """The call at this seat's extension; `reference` where the recorder cannot tell it."""

    reference: ShortText = ""


class CallOnLine(View, frozen=True, kw_only=True):
    """A call as the recorder knows it. `caller_number` is empty where it is withheld or unknown."""

    reference: ShortText
    caller_number: ShortText = ""
    recordings: int = 0
    on_hold: bool = False


class AcquirePause(Request, frozen=True, kw_only=True):
    """Pause every recorder on the call. Repeatable: the same lease id gives the same lease."""

    lease_id: LeaseId
    order_id: OrderId
    reference: ShortText = ""


class PausedRecording(View, frozen=True, kw_only=True):
    """One recording that confirmed that it is paused."""

    recorder: ShortText
    recording: ShortText
    confirmed_by: ConfirmedBy


class PauseTimes(View, frozen=True, kw_only=True):
    """How long things may take, in seconds, as the centre's settings say.

    The desk locks `margin_s` before the lease could run out, counted from when it SENT the last
    renewal that was answered well.
    """

    ttl_s: float = 20.0
    renew_s: float = 5.0
    margin_s: float = 3.0
    warn_s: float = 150.0
    longest_s: float = 175.0


class PauseHeld(View, frozen=True, kw_only=True):
    """Every recorder on the call has confirmed that it is paused."""

    lease_id: LeaseId
    reference: ShortText
    confirmed_at: Instant
    recordings: tuple[PausedRecording, ...]
    times: PauseTimes
    events_from: int = 0


class RenewPause(Request, frozen=True, kw_only=True):
    """The card fields are still open. Refused `lease_over` once the lease is no longer held."""

    lease_id: LeaseId


class PauseRenewed(View, frozen=True, kw_only=True):
    """It is held for another `ttl_s`, counted from when the centre received this."""

    lease_id: LeaseId


class ReleasePause(Request, frozen=True, kw_only=True):
    """The fields are wiped and locked; record again. Answered also for a lease never held.

    `first_digit_at` and `last_digit_at` are for the evidence.
    """

    lease_id: LeaseId
    end: PauseEnd
    first_digit_at: Instant | None = None
    last_digit_at: Instant | None = None


class AskPause(Request, frozen=True, kw_only=True):
    """How a lease stands."""

    lease_id: LeaseId


class PauseView(View, frozen=True, kw_only=True):
    """A lease. `resumed_at`: every recorder confirmed that it records again, or the call is over.

    Once the state is RESUMING the centre goes on trying until that or the hangup.
    """

    lease_id: LeaseId
    state: PauseState
    end: PauseEnd | None = None
    held_at: Instant | None = None
    resumed_at: Instant | None = None


class WatchCall(Request, frozen=True, kw_only=True):
    """What happens to the call of a lease after event `since`; answers once there is any."""

    lease_id: LeaseId
    since: Annotated[int, Meta(ge=0)] = 0
    wait_seconds: Annotated[float, Meta(ge=0, le=WAIT_SECONDS_MOST)] = WAIT_SECONDS_MOST


class CallEvent(View, frozen=True, kw_only=True):
    """One event, in the order of their coming."""

    seq: int
    kind: CallEventKind
    at: Instant
    recorder: ShortText = ""


class CallEvents(View, frozen=True, kw_only=True):
    """News of a call; `over`: the lease has ended and nothing more will come."""

    events: tuple[CallEvent, ...] = ()
    over: bool = False


class MarkSpoken(Request, frozen=True, kw_only=True):
    """The caller said card digits before the recording was paused: mark the call for purging."""

    order_id: OrderId
    reference: ShortText = ""


class CallMarked(View, frozen=True, kw_only=True):
    """It is on the administrator's list. `reference` is empty where no recorder knew the call."""

    reference: ShortText
    at: Instant
