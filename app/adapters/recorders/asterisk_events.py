"""What Asterisk's events say about calls: which legs there are, what records, what is on hold.

Kept by the thread of the line and read by others. Known from the moment the line was made; what was
before is asked for, as far as Asterisk tells it. It tells nobody whether a call is on hold.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping

from app.adapters.recorders.ami import Message
from app.adapters.recorders.legs import CallLegs
from app.services.central.recorder import RecorderEvent
from app.values.clock import Clock
from app.values.vocabulary import CallEventKind

_UP = "6"
_line_numbers = itertools.count(1)

_TRANSFERS: Mapping[str, tuple[str, ...]] = {
    "BlindTransfer": ("transfererlinkedid", "transfereelinkedid"),
    "AttendedTransfer": (
        "origtransfererlinkedid",
        "secondtransfererlinkedid",
        "transfereelinkedid",
    ),
    "ParkedCall": ("parkeelinkedid",),
}


class CallLog:
    """Turns events into those of the port, and remembers what cannot be asked for."""

    def __init__(self, recorder: str, clock: Clock, tell: Callable[[RecorderEvent], None]) -> None:
        self._recorder = recorder
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._legs = CallLegs()

    def records(self, uniqueid: str) -> bool:
        """Whether a recorder was heard to start on the leg, and not to stop."""
        with self._lock:
            return self._legs.records(uniqueid)

    def is_on_hold(self, linkedid: str) -> bool:
        """Whether a leg of the call was put on hold since the line was made."""
        with self._lock:
            return self._legs.is_on_hold(linkedid)

    def found_recorded(self, uniqueids: Iterable[str]) -> None:
        """Legs that were asked and said that they are recorded."""
        with self._lock:
            self._legs.found_recorded(uniqueids)

    def listed(self, legs: Iterable[tuple[str, str, bool]]) -> None:
        """All legs there are: Uniqueid, Linkedid, whether it is up."""
        with self._lock:
            self._legs.listed(legs)

    def line_lost(self) -> None:
        """Nothing is known any more, of any call."""
        with self._lock:
            self._legs.clear()
        # Each replica has a line of its own, so this is news of its own each time.
        stamp = f"{self._clock.now().isoformat()}:{next(_line_numbers)}"
        self._say(CallEventKind.RECORDER_LOST, "", "", stamp)

    def heard(self, event: Message) -> None:
        """On the line's thread."""
        name = event["event"]
        uniqueid, linkedid = event.get("uniqueid", ""), event.get("linkedid", "")
        if name in _TRANSFERS:
            for call in dict.fromkeys(event.get(field, "") for field in _TRANSFERS[name]):
                self._say(CallEventKind.TRANSFER, call, "", self._when(event))
        elif name in {"Newchannel", "Newstate"}:
            self._changed(event, uniqueid, linkedid)
        elif name in {"Hold", "Unhold"}:
            self._held(event, uniqueid, linkedid)
        elif name in {"MixMonitorStart", "MixMonitorStop"}:
            self._recorder_changed(event, uniqueid, linkedid)
        elif name == "Hangup":
            self._hung_up(event, uniqueid, linkedid)

    def _changed(self, event: Message, uniqueid: str, linkedid: str) -> None:
        with self._lock:
            if event["event"] == "Newchannel" and uniqueid == linkedid:
                self._legs.began(uniqueid, linkedid)
            self._legs.changed(uniqueid, linkedid, is_up=event.get("channelstate") == _UP)

    def _held(self, event: Message, uniqueid: str, linkedid: str) -> None:
        is_on_hold = event["event"] == "Hold"
        with self._lock:
            self._legs.held(uniqueid, linkedid, is_on_hold=is_on_hold)
        kind = CallEventKind.HOLD if is_on_hold else CallEventKind.RETRIEVED
        self._say(kind, linkedid, uniqueid, self._when(event))

    def _recorder_changed(self, event: Message, uniqueid: str, linkedid: str) -> None:
        begins = event["event"] == "MixMonitorStart"
        with self._lock:
            self._legs.recorder_changed(uniqueid, begins=begins)
        kind = CallEventKind.RECORDER_STARTED if begins else CallEventKind.RECORDER_LOST
        self._say(kind, linkedid, uniqueid, self._when(event))

    def _hung_up(self, event: Message, uniqueid: str, linkedid: str) -> None:
        with self._lock:
            kind = self._legs.hung_up(uniqueid, linkedid)
        if kind is not None:
            # A call is over once; it may be transferred more than once.
            once = kind is CallEventKind.HANGUP
            self._say(kind, linkedid, "", "" if once else self._when(event))

    def _when(self, event: Message) -> str:
        """When it happened, as Asterisk says (`timestampevents = yes`), else to the second."""
        return event.get("timestamp") or self._clock.now().replace(microsecond=0).isoformat()

    def _say(self, kind: CallEventKind, call: str, key: str, when: str) -> None:
        identity = f"{self._recorder}:{kind}:{call}:{key}:{when}"
        self._tell(
            RecorderEvent(recorder=self._recorder, kind=kind, call=call, identity=identity, key=key)
        )
