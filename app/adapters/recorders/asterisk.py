"""Asterisk's MixMonitor, paused through its manager interface (AMI).

"Success" is not "paused" there: it is also answered where nothing records. So a recording counts
only where its file is known or its start was heard, and a pause only when the answer and the event
are there for the leg and for the recorder. Blocks; used by several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from app.adapters.recorders.ami import (
    Account,
    AmiClient,
    Message,
    Question,
    answered,
    followed,
    is_error,
    listed,
)
from app.adapters.recorders.asterisk_events import CallLog
from app.adapters.recorders.legs import require_own_call
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
from app.values.vocabulary import ConfirmedBy, RecorderState

_UP = "6"


class AsteriskOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the recorder's table beside name, kind and times.

    `channels`: how the channels of an extension are named, without their number; `*` is anything.
    """

    user: str
    secret_file: str
    host: str = "127.0.0.1"
    port: int = 5038
    tls: bool = False
    ca_file: str = ""
    plain_tcp: bool = False
    channels: tuple[str, ...] = ("PJSIP/{extension}", "SIP/{extension}")
    id_variable: str = "MIXMON_ID"
    lease_variable: str = "READBACK_LEASE"
    quiet_s: float = 5.0


@dataclass(frozen=True, slots=True)
class _Channel:
    """A leg, as CoreShowChannels lists it."""

    name: str
    uniqueid: str
    linkedid: str
    number: str
    other_number: str
    is_up: bool


class Asterisk:
    """One Asterisk. Implements Recorder."""

    def __init__(self, settings: RecorderSettings, clock: Clock) -> None:
        """Raises Refusal `settings_malformed`."""
        self._options = options = options_as(settings, AsteriskOptions)
        self._name = settings.name
        self._clock = clock
        self._confirm_s = settings.times.confirm_s
        tls = tls_for(
            settings,
            options.host,
            tls=options.tls,
            ca_file=options.ca_file,
            plain_tcp=options.plain_tcp,
        )
        account = Account(user=options.user, secret_file=secret_file(settings, options.secret_file))
        self._teller = Teller(f"recorder {settings.name} events")
        self._log = CallLog(settings.name, clock, self._teller.tell)
        self._ami = AmiClient(
            Address(host=options.host, port=options.port, tls=tls),
            account,
            clock,
            connect_s=settings.times.connect_s,
            quiet_s=options.quiet_s,
            heard=self._log.heard,
            lost=self._log.line_lost,
        )

    @property
    def name(self) -> str:
        """As the settings file names it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """The state of a mute cannot be asked for; the event is the surest there is."""
        return Capabilities(confirms=ConfirmedBy.EVENT, has_events=True)

    def find_call(self, sought: CallSought) -> Call | None:
        """By reference (Linkedid) if one is given, else the call that is up at the extension."""
        channels = self._channels(self._begin())
        linked = self._up_at(sought.extension or "", channels)
        if sought.reference:
            require_own_call(sought.reference, linked)
            return self._call(sought.reference, channels, sought)
        active = {each for each in linked if not self._log.is_on_hold(each)}
        meant = active or linked
        if len(meant) > 1:
            raise RecorderProblem(
                "call_ambiguous",
                "There is more than one call on this extension. Put one of them on hold or end it.",
            )
        return self._call(meant.pop(), channels, sought) if meant else None

    def find(self, call: Call) -> tuple[Recording, ...]:
        """A recording per leg that records; two recorders on a leg are paused as one."""
        until = self._begin()
        legs = [each for each in self._channels(until) if each.linkedid == call.reference]
        ids = self._recorder_ids([each.uniqueid for each in legs], until)
        keys = [
            leg.uniqueid
            for leg, recorder_id in zip(legs, ids, strict=True)
            if recorder_id or self._log.records(leg.uniqueid)
        ]
        self._log.found_recorded(keys)
        return tuple(Recording(recorder=self._name, call=call.reference, key=key) for key in keys)

    def pause(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Mute the leg, and its recorder by its id; that one fails where the recorder is gone."""
        until = self._begin()
        self._teller.require_alive()
        recorder_id = self._require_recorder(recording, until)
        asked = [self._mute(recording.key, "1")]
        if recorder_id:
            asked.append(self._mute(recording.key, "1", recorder_id))
        asked.append(self._set_lease(recording.key, str(lease_id)))
        *mutes, _ = self._ami.ask_all(asked, until)
        _require_allowed(mutes[0][0])
        if any(is_error(answer[0]) for answer in mutes):
            raise _refused(mutes)
        if not recorder_id and not self._log.records(recording.key):
            raise _gone()
        return ConfirmedBy.EVENT

    def state(self, recording: Recording) -> RecorderState:
        """Whether it is there; Asterisk does not tell whether it is muted."""
        try:
            self._require_recorder(recording, self._begin())
        except RecorderProblem as problem:
            if problem.code == RECORDING_GONE:
                return RecorderState.ABSENT
            raise
        return RecorderState.UNKNOWN

    def resume(
        self,
        recording: Recording,
        lease_id: LeaseId,  # noqa: ARG002 - the port's; a leg has no more than one lease
    ) -> ConfirmedBy:
        """Unmute the leg; one is enough, for Asterisk does not count. `recording_gone` is final."""
        until = self._begin()
        asked = (self._mute(recording.key, "0"), self._set_lease(recording.key, ""))
        unmuted, _ = self._ami.ask_all(asked, until)
        _require_allowed(unmuted[0])
        if is_error(unmuted[0]):
            raise _refused([unmuted])
        return ConfirmedBy.EVENT

    def listen(self, listener: Callable[[RecorderEvent], None]) -> None:
        """Tell what happens to calls; also connects."""
        self._teller.listen(listener)
        self._ami.start(f"recorder {self._name}")

    def close(self) -> None:
        """End the session and the threads."""
        self._ami.close()
        self._teller.close()

    # -------------------------------------------------------------- questions

    def _begin(self) -> float:
        """Until when an answer is worth waiting for."""
        self._ami.start(f"recorder {self._name}")
        return self._clock.monotonic() + self._confirm_s

    def _channels(self, until: float) -> list[_Channel]:
        answer = self._ami.ask(Question(action="CoreShowChannels", is_complete=listed), until)
        _require_allowed(answer[0])
        rows = [_channel(each) for each in answer if each.get("event") == "CoreShowChannel"]
        self._log.listed((row.uniqueid, row.linkedid, row.is_up) for row in rows)
        return rows

    def _up_at(self, extension: str, channels: Sequence[_Channel]) -> set[str]:
        """The calls that are up at an extension, on hold or not."""
        if not extension or not _is_extension(extension):
            return set()
        names = tuple(
            pattern.replace("{extension}", extension).casefold()
            for pattern in self._options.channels
        )
        return {each.linkedid for each in channels if each.is_up and _is_named(each.name, names)}

    def _call(self, linkedid: str, channels: Sequence[_Channel], sought: CallSought) -> Call | None:
        legs = [each for each in channels if each.linkedid == linkedid]
        if not legs:
            return None
        return Call(
            reference=linkedid,
            extension=sought.extension,
            workstation=sought.workstation,
            caller_number=_caller(legs, sought.extension or ""),
            on_hold=self._log.is_on_hold(linkedid),
        )

    def _recorder_ids(self, keys: Sequence[str], until: float) -> list[str]:
        """The id of each leg's recorder, empty where none with a known id is at work."""
        variable = self._options.id_variable
        ids = self._values([(key, variable) for key in keys], until)
        known = [(key, each) for key, each in zip(keys, ids, strict=True) if each]
        files = self._values([(key, f"MIXMONITOR({each},filename)") for key, each in known], until)
        at_work = {key for (key, _), file in zip(known, files, strict=True) if file}
        return [each if key in at_work else "" for key, each in zip(keys, ids, strict=True)]

    def _values(self, wanted: Sequence[tuple[str, str]], until: float) -> list[str]:
        if not wanted:
            return []
        answers = self._ami.ask_all(
            [
                Question(
                    action="Getvar",
                    fields={"Channel": key, "Variable": variable},
                    is_complete=answered,
                )
                for key, variable in wanted
            ],
            until,
        )
        for answer in answers:
            _require_allowed(answer[0])
        return [answer[0].get("value", "") for answer in answers]

    def _require_recorder(self, recording: Recording, until: float) -> str:
        """The recorder's id, or nothing where only its start was heard. Raises `recording_gone`."""
        (recorder_id,) = self._recorder_ids([recording.key], until)
        if not recorder_id and not self._log.records(recording.key):
            raise _gone()
        return recorder_id

    def _mute(self, key: str, state: str, recorder_id: str = "") -> Question:
        fields = {"Channel": key, "Direction": "both", "State": state}
        if recorder_id:
            fields["MixMonitorID"] = recorder_id

        def is_ours(message: Message) -> bool:
            return (
                message.get("event") == "MixMonitorMute"
                and message.get("uniqueid") == key
                and message.get("state") == state
            )

        return Question(
            action="MixMonitorMute",
            fields=fields,
            changes=True,
            is_complete=followed,
            hears=is_ours,
        )

    def _set_lease(self, key: str, value: str) -> Question:
        fields = {"Channel": key, "Variable": self._options.lease_variable, "Value": value}
        return Question(action="Setvar", fields=fields, changes=True, is_complete=answered)


def _channel(row: Message) -> _Channel:
    return _Channel(
        name=row.get("channel", ""),
        uniqueid=row.get("uniqueid", ""),
        linkedid=row.get("linkedid", ""),
        number=as_number(row.get("calleridnum")),
        other_number=as_number(row.get("connectedlinenum")),
        is_up=row.get("channelstate") == _UP,
    )


def _is_extension(told: str) -> bool:
    """Nothing that would be a pattern."""
    return all(sign.isalnum() or sign in "-_.+" for sign in told)


def _is_named(channel: str, names: Sequence[str]) -> bool:
    """A channel is called like its extension, with a number of its own behind the last dash."""
    own = channel.rpartition("-")[0].casefold()
    return any(fnmatchcase(own, name) for name in names)


def _caller(legs: Sequence[_Channel], extension: str) -> str:
    """The number of the leg that is not the extension's; the call's first leg is asked first."""
    for leg in sorted(legs, key=_comes_later):
        if leg.number and leg.number != extension:
            return leg.number
    return next((leg.other_number for leg in legs if leg.number == extension), "")


def _comes_later(leg: _Channel) -> bool:
    return leg.uniqueid != leg.linkedid


def _require_allowed(answer: Message) -> None:
    if is_error(answer) and answer.get("message", "").casefold() == "permission denied":
        raise RecorderProblem(
            "recorder_rights",
            "This service may not ask the call recorder that: its AMI user lacks a right.",
        )


def _refused(answers: Sequence[Sequence[Message]]) -> RecorderProblem:
    """What it means that not every answer is a success."""
    if all(is_error(answer[0]) for answer in answers):
        return RecorderProblem(RECORDING_GONE, "Nothing records on this leg of the call any more.")
    return RecorderProblem(
        "recorder_refused", "The call recorder could not be paused as a whole.", unknown=True
    )


def _gone() -> RecorderProblem:
    return RecorderProblem(RECORDING_GONE, "This recording has ended.")


def make(settings: RecorderSettings, clock: Clock) -> Asterisk:
    """The entry point `asterisk` of `readback.recorders`."""
    return Asterisk(settings, clock)
