"""FreeSWITCH's `record_session`, masked through its event socket.

It neither tells whether a recording is masked nor raises an event for it: its answer is the surest
there is, and that the recording exists is looked up before. Blocks; used by several threads.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import unescape

import msgspec

from app.adapters.recorders.esl import EslClient, EslEvent
from app.adapters.recorders.legs import CallLegs, require_own_call
from app.adapters.recorders.line import Address
from app.adapters.recorders.options import as_number, options_as, secret_file, tls_for
from app.adapters.recorders.telling import Teller
from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    CallSought,
    Capabilities,
    RecorderEvent,
    RecorderProblem,
    RecorderSettings,
    Recording,
)
from app.values.clock import Clock
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState

_EVENTS = (
    "CHANNEL_CREATE",
    "CHANNEL_ANSWER",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_HANGUP_COMPLETE",
    "RECORD_START",
    "RECORD_STOP",
)
_TRANSFER = "sofia::transferor"
_HELD = frozenset({"HELD", "UNHELD"})
_BETWEEN = "|"


class FreeSwitchOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the recorder's table beside name, kind and times.

    `path_variable`: a channel variable with the exact path that `record_session` was given, for
    recordings that began before the service listened and that `uuid_buglist` does not name.
    """

    secret_file: str
    host: str = "127.0.0.1"
    port: int = 8021
    tls: bool = False
    ca_file: str = ""
    plain_tcp: bool = False
    path_variable: str = ""
    quiet_s: float = 5.0


@dataclass(frozen=True, slots=True)
class _Channel:
    """A leg, as `show channels` lists it."""

    uuid: str
    call: str
    extension: str
    number: str
    other_number: str
    state: str
    is_answered: bool


class FreeSwitch:
    """One FreeSWITCH. Implements Recorder; a recording's key is UUID|PATH."""

    def __init__(self, settings: RecorderSettings, clock: Clock) -> None:
        """Raises Refusal `settings_malformed`."""
        self._options = options = options_as(settings, FreeSwitchOptions)
        self._name = settings.name
        self._clock = clock
        self._confirm_s = settings.times.confirm_s
        self._lock = threading.Lock()
        self._paths: dict[str, set[str]] = {}
        self._legs = CallLegs()
        self._lost_count = 0
        self._teller = Teller(f"recorder {settings.name} events")
        tls = tls_for(
            settings,
            options.host,
            tls=options.tls,
            ca_file=options.ca_file,
            plain_tcp=options.plain_tcp,
        )
        self._esl = EslClient(
            Address(host=options.host, port=options.port, tls=tls),
            secret_file(settings, options.secret_file),
            clock,
            connect_s=settings.times.connect_s,
            quiet_s=options.quiet_s,
            events=(*_EVENTS, "CUSTOM", _TRANSFER),
            heard=self._heard,
            lost=self._line_lost,
        )

    @property
    def name(self) -> str:
        """As the settings file names it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Its own answer is all that FreeSWITCH gives."""
        return Capabilities(confirms=ConfirmedBy.ANSWER, has_events=True)

    def find_call(self, sought: CallSought) -> Call | None:
        """By reference (the UUID of the call's first leg), else the call at the extension."""
        channels = self._channels(self._begin())
        legs = [each for each in channels if each.extension == sought.extension]
        answered = [each for each in legs if each.is_answered]
        if sought.reference:
            require_own_call(sought.reference, {each.call for each in answered})
            meant = {each.call for each in channels if each.call == sought.reference}
        else:
            active = {each.call for each in answered if each.state != "HELD"}
            meant = active or {each.call for each in answered}
        if len(meant) > 1:
            raise RecorderProblem(
                "call_ambiguous",
                "There is more than one call on this extension. Put one of them on hold or end it.",
            )
        return self._call(meant.pop(), channels, sought) if meant else None

    def find(self, call: Call) -> tuple[Recording, ...]:
        """Every recording on every leg, by its path."""
        until = self._begin()
        legs = [each.uuid for each in self._channels(until) if each.call == call.reference]
        paths = {leg: self._paths_of(leg, until) for leg in legs}
        with self._lock:
            self._legs.found_recorded(leg for leg in legs if paths[leg])
        return tuple(
            Recording(recorder=self._name, call=call.reference, key=f"{leg}{_BETWEEN}{path}")
            for leg in legs
            for path in paths[leg]
        )

    def pause(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Mask it: zeros instead of sound. The lease is noted on the channel."""
        self._teller.require_alive()
        return self._do("mask", recording, str(lease_id))

    def resume(
        self,
        recording: Recording,
        lease_id: LeaseId,  # noqa: ARG002 - the port's; a leg has no more than one lease
    ) -> ConfirmedBy:
        """Unmask it. `recording_gone` is final."""
        return self._do("unmask", recording, "")

    def state(self, recording: Recording) -> RecorderState:
        """Whether it is there; FreeSWITCH does not tell whether it is masked."""
        leg, path = _parts(recording)
        is_there = path in self._paths_of(leg, self._begin())
        return RecorderState.UNKNOWN if is_there else RecorderState.ABSENT

    def listen(self, listener: Callable[[RecorderEvent], None]) -> None:
        """Tell what happens to calls; also connects."""
        self._teller.listen(listener)
        self._esl.start(f"recorder {self._name}")

    def close(self) -> None:
        """End the session and the threads."""
        self._esl.close()
        self._teller.close()

    # -------------------------------------------------------------- questions

    def _begin(self) -> float:
        self._esl.start(f"recorder {self._name}")
        return self._clock.monotonic() + self._confirm_s

    def _do(self, what: str, recording: Recording, lease: str) -> ConfirmedBy:
        until = self._begin()
        leg, path = _parts(recording)
        answer = self._esl.api(f"uuid_record {leg} {what} {path}", until, changes=True)
        if not answer.startswith("+OK"):
            raise RecorderProblem(
                RECORDING_GONE, "This recording has ended, or it records under another name."
            )
        # Only a note for whoever looks at the channel: what it answers changes nothing.
        self._esl.api(f"uuid_setvar {leg} readback_lease {lease}".strip(), until, changes=True)
        return ConfirmedBy.ANSWER

    def _channels(self, until: float) -> list[_Channel]:
        answer = self._esl.api("show channels as json", until)
        try:
            rows = json.loads(answer).get("rows", [])
            channels = [_channel(row) for row in rows]
        except (ValueError, AttributeError) as cause:
            raise RecorderProblem(
                "recorder_unread", "The call recorder's list of calls cannot be read."
            ) from cause
        with self._lock:
            self._legs.listed((each.uuid, each.call, each.is_answered) for each in channels)
        return channels

    def _call(self, reference: str, channels: Sequence[_Channel], sought: CallSought) -> Call:
        legs = [each for each in channels if each.call == reference]
        ours = [each for each in legs if each.extension == sought.extension]
        others = [each.number for each in legs if each.number != (sought.extension or "")]
        numbers = others + [each.other_number for each in ours]
        return Call(
            reference=reference,
            extension=sought.extension,
            workstation=sought.workstation,
            caller_number=next((each for each in numbers if each), ""),
            on_hold=any(each.state == "HELD" for each in legs),
        )

    def _paths_of(self, leg: str, until: float) -> tuple[str, ...]:
        """Paths of the recordings at work on a leg; those heard to begin come in as well."""
        listed = self._esl.api(f"uuid_buglist {leg}", until)
        if listed.startswith("-ERR"):
            return ()
        with self._lock:
            heard = set(self._paths.get(leg, ()))
        paths = heard | set(_recorded(listed))
        if not paths and self._options.path_variable:
            told = self._esl.api(f"uuid_getvar {leg} {self._options.path_variable}", until)
            paths = {told} - {"", "_undef_"}
        return tuple(sorted(each for each in paths if not each.startswith("-ERR")))

    # -------------------------------------------------------------- events, on the line's thread

    def _heard(self, event: EslEvent) -> None:
        name, leg = event.get("Event-Name", ""), event.get("Unique-ID", "")
        path = event.get("Record-File-Path", "")
        with self._lock:
            call = self._legs.call_of(leg) or event.get("Channel-Call-UUID") or leg
            kind = self._noted(name, event.get("Event-Subclass", ""), leg, call)
            if kind is CallEventKind.RECORDER_STARTED:
                self._paths.setdefault(leg, set()).add(path)
            elif name == "RECORD_STOP":
                self._paths.get(leg, set()).discard(path)
        if kind is not None:
            key = f"{leg}{_BETWEEN}{path}" if path else ""
            once = kind is CallEventKind.HANGUP
            self._say(kind, call, key, "" if once else event.get("Event-Date-Timestamp", ""))

    def _noted(self, name: str, subclass: str, leg: str, call: str) -> CallEventKind | None:
        """What an event means for the call."""
        match name:
            case "CHANNEL_CREATE" if leg == call:
                self._legs.began(leg, call)
            case "CHANNEL_ANSWER":
                self._legs.changed(leg, call, is_up=True)
            case "CHANNEL_HOLD":
                return CallEventKind.HOLD
            case "CHANNEL_UNHOLD":
                return CallEventKind.RETRIEVED
            case "RECORD_START" | "RECORD_STOP":
                begins = name == "RECORD_START"
                self._legs.recorder_changed(leg, begins=begins)
                return CallEventKind.RECORDER_STARTED if begins else CallEventKind.RECORDER_LOST
            case "CHANNEL_HANGUP_COMPLETE":
                self._paths.pop(leg, None)
                return self._legs.hung_up(leg, call)
            case "CUSTOM" if subclass == _TRANSFER:
                return CallEventKind.TRANSFER
        return None

    def _line_lost(self) -> None:
        with self._lock:
            self._paths.clear()
            self._legs.clear()
            self._lost_count += 1
            stamp = f"{self._clock.now().isoformat()}:{self._lost_count}"
        self._say(CallEventKind.RECORDER_LOST, "", "", stamp)

    def _say(self, kind: CallEventKind, call: str, key: str, when: str) -> None:
        identity = f"{self._name}:{kind}:{call}:{key}:{when}"
        self._teller.tell(
            RecorderEvent(recorder=self._name, kind=kind, call=call, identity=identity, key=key)
        )


def _channel(row: Mapping[str, str]) -> _Channel:
    uuid = row.get("uuid", "")
    return _Channel(
        uuid=uuid,
        call=row.get("call_uuid") or uuid,
        extension=_extension(row),
        number=as_number(row.get("cid_num")),
        other_number=as_number(row.get("callee_num")),
        state=row.get("callstate", ""),
        is_answered=row.get("callstate", "") in {"ACTIVE", *_HELD},
    )


def _extension(row: Mapping[str, str]) -> str:
    """`1001@example` of a registered telephone, or the end of `sofia/internal/1001@10.0.0.5`."""
    told = row.get("presence_id") or row.get("name", "").rpartition("/")[2]
    return told.partition("@")[0]


def _recorded(listed: str) -> list[str]:
    """The targets of `session_record` in what `uuid_buglist` says, which is nearly XML."""
    found = []
    for bug in listed.split("<media-bug>")[1:]:
        function = _between(bug, "<function>", "</function>")
        if function == "session_record":
            found.append(unescape(_between(bug, "<target>", "</target>")))
    return [path for path in found if path]


def _between(text: str, begin: str, end: str) -> str:
    return text.partition(begin)[2].partition(end)[0].strip()


def _parts(recording: Recording) -> tuple[str, str]:
    """UUID and path. A path with a blank would be two words to FreeSWITCH."""
    leg, between, path = recording.key.partition(_BETWEEN)
    if not between or not path or any(sign.isspace() for sign in recording.key):
        raise RecorderProblem(
            "recorder_refused", "A recording whose name has a blank in it cannot be paused."
        )
    return leg, path


def make(settings: RecorderSettings, clock: Clock) -> FreeSwitch:
    """The entry point `freeswitch` of `readback.recorders`."""
    return FreeSwitch(settings, clock)
