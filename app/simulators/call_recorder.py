"""A telephone exchange with call recorders, as far as a pause needs one: calls, legs, recordings.

A stand-in for the trial and the tests, with the awkward facts of a real Asterisk: a pause belongs
to a recorder and not to a call, success is also told where only somebody listens in, nobody resumes
by himself, and whoever starts late records in clear. Every recording is a real WAV file. Safe to
use from several threads; the protocol is in `ami_server`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.services.rules.recording_audio import CallRecordings, RecordingFile
from app.simulators.call_audio import FRAME_S, RecordedAudio
from app.values.clock import Clock
from app.values.errors import Refusal
from app.wire.message import encode

Event = Mapping[str, str]
UP = "6"
RINGING = "5"


@dataclass(slots=True)
class Leg:
    """A channel."""

    name: str
    uniqueid: str
    linkedid: str
    number: str
    other_number: str
    is_up: bool = True
    is_spied: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    recorders: dict[str, RecordedAudio] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """As events show it."""
        return {
            "Channel": self.name,
            "ChannelState": UP if self.is_up else RINGING,
            "CallerIDNum": self.number or "<unknown>",
            "ConnectedLineNum": self.other_number or "<unknown>",
            "Uniqueid": self.uniqueid,
            "Linkedid": self.linkedid,
        }


@dataclass(slots=True)
class SimulatedCall:
    """A call: the customer's leg, that of the extension, and who joined later."""

    reference: str
    customer: Leg
    agent: Leg
    legs: list[Leg]
    files: list[RecordingFile] = field(default_factory=list)


class CallRecorder:
    """The exchange. `start` lets recordings grow by themselves; without it, `write_due` does."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.RLock()
        self._calls: dict[str, SimulatedCall] = {}
        self._numbers = itertools.count(1)
        self._ending = threading.Event()
        self._writer: threading.Thread | None = None
        self._said: Callable[[Event], None] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        """Where the recordings are."""
        return self._folder

    def start(self) -> None:
        """Record in real time, on a thread of its own."""
        self._writer = threading.Thread(target=self._write, name="call audio", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Hang up everything and end the thread."""
        self._ending.set()
        if self._writer is not None:
            self._writer.join()
        for reference in self.calls():
            with suppress(Refusal):
                self.hang_up(reference)

    def tell_events_to(self, said: Callable[[Event], None]) -> None:
        """Who hears what happens: the manager interface."""
        self._said = said

    def write_due(self) -> None:
        """Write all sound up to now."""
        with self._lock:
            for leg in self._legs():
                for recorder in leg.recorders.values():
                    recorder.catch_up()

    # -------------------------------------------------------------- what people do

    def start_call(self, extension: str, caller_number: str, *, recorded: bool = True) -> str:
        """A call that is up at once, recorded on the customer's leg; its reference."""
        with self._lock:
            number = next(self._numbers)
            reference = f"{int(self._clock.now().timestamp())}.{number}"
            customer = self._leg("PJSIP/trunk", reference, caller_number, extension)
            agent = self._leg(f"PJSIP/{extension}", reference, extension, caller_number)
            customer.uniqueid = reference
            call = SimulatedCall(reference, customer, agent, [customer, agent])
            self._calls[reference] = call
            for leg in call.legs:
                self._say("Newchannel", leg)
            if recorded:
                self.start_recorder(customer.uniqueid)
            return reference

    def start_recorder(self, uniqueid: str, *, tells_id: bool = True) -> str:
        """One more recorder on a leg, in clear whatever the others do; its id."""
        with self._lock:
            call, leg = self._find_leg(uniqueid)
            recorder_id = f"0x{next(self._numbers):08x}"
            path = self._folder / f"{call.reference}-{len(call.files) + 1}.wav"
            leg.recorders[recorder_id] = recorder = RecordedAudio(path, self._clock)
            if tells_id:
                leg.variables["MIXMON_ID"] = recorder_id
            call.files.append(
                RecordingFile(file=path.name, key=uniqueid, started_at=recorder.started_at)
            )
            self._note(call)
            self._say("MixMonitorStart", leg)
            return recorder_id

    def stop_recorder(self, uniqueid: str) -> None:
        """All recorders of a leg end, as a dialplan may do."""
        with self._lock:
            _, leg = self._find_leg(uniqueid)
            self._stop_all(leg)
            self._say("MixMonitorStop", leg)

    def spy(self, uniqueid: str) -> None:
        """A supervisor listens in: from now on a mute of this leg is a success in any case."""
        with self._lock:
            self._find_leg(uniqueid)[1].is_spied = True

    def hold(self, reference: str) -> None:
        """The extension puts the customer on hold."""
        self._say("Hold", self._call(reference).agent)

    def retrieve(self, reference: str) -> None:
        """The extension takes the customer back."""
        self._say("Unhold", self._call(reference).agent)

    def transfer(self, reference: str, extension: str) -> None:
        """The customer goes on to another extension; the first one leaves."""
        with self._lock:
            call = self._call(reference)
            leaving = call.agent
            call.agent = self._leg(f"PJSIP/{extension}", reference, extension, call.customer.number)
            self._say_fields(
                {
                    "Event": "BlindTransfer",
                    "Result": "Success",
                    "TransfererChannel": leaving.name,
                    "TransfererUniqueid": leaving.uniqueid,
                    "TransfererLinkedid": reference,
                    "TransfereeLinkedid": reference,
                    "Extension": extension,
                }
            )
            call.legs.append(call.agent)
            self._say("Newchannel", call.agent)
            self._end_leg(call, leaving)

    def hang_up(self, reference: str) -> None:
        """The customer hangs up; the other legs end with it."""
        with self._lock:
            call = self._call(reference)
            self._say("SoftHangupRequest", call.customer)
            for leg in tuple(call.legs):
                self._end_leg(call, leg)
            del self._calls[reference]

    def calls(self) -> tuple[str, ...]:
        """References of the calls under way."""
        with self._lock:
            return tuple(self._calls)

    def call(self, reference: str) -> SimulatedCall:
        """A call under way. Raises Refusal."""
        with self._lock:
            return self._call(reference)

    def call_at(self, extension: str) -> str:
        """The reference of the call at an extension. Raises Refusal."""
        with self._lock:
            for call in self._calls.values():
                if call.agent.number == extension:
                    return call.reference
        raise Refusal("call_unknown", f"There is no call at extension {extension}.")

    # -------------------------------------------------------------- what a manager may ask

    def legs(self) -> list[Leg]:
        """Every channel there is."""
        with self._lock:
            return self._legs()

    def leg(self, channel: str) -> Leg | None:
        """By name in whatever letters, or by Uniqueid."""
        with self._lock:
            for leg in self._legs():
                if channel == leg.uniqueid or channel.casefold() == leg.name.casefold():
                    return leg
        return None

    def file_of(self, leg: Leg, recorder_id: str) -> str:
        """The file of a recorder at work; empty where there is none of that id."""
        with self._lock:
            recorder = leg.recorders.get(recorder_id)
            return "" if recorder is None else str(recorder.path)

    def mute(self, leg: Leg, recorder_id: str, *, silent: bool, both: bool) -> bool:
        """Mute or unmute; whether Asterisk would call it a success.

        Muting one direction leaves the sound of the other, which is all there is here.
        """
        with self._lock:
            if recorder_id:
                meant = [each for key, each in leg.recorders.items() if key == recorder_id]
            else:
                meant = list(leg.recorders.values())
            for recorder in meant if both else ():
                if silent:
                    recorder.mute()
                else:
                    recorder.unmute()
            return bool(meant) or (leg.is_spied and not recorder_id)

    def is_muted(self, leg: Leg) -> bool:
        """Whether every recorder of the leg is muted."""
        with self._lock:
            return all(recorder.is_muted for recorder in leg.recorders.values())

    # -------------------------------------------------------------- inside

    def _leg(self, endpoint: str, reference: str, number: str, other: str) -> Leg:
        count = next(self._numbers)
        return Leg(
            name=f"{endpoint}-{count:08x}",
            uniqueid=f"{reference.partition('.')[0]}.{count}",
            linkedid=reference,
            number=number,
            other_number=other,
        )

    def _legs(self) -> list[Leg]:
        return [leg for call in self._calls.values() for leg in call.legs]

    def _call(self, reference: str) -> SimulatedCall:
        call = self._calls.get(reference)
        if call is None:
            raise Refusal("call_unknown", f"There is no call {reference}.")
        return call

    def _find_leg(self, uniqueid: str) -> tuple[SimulatedCall, Leg]:
        for call in self._calls.values():
            for leg in call.legs:
                if leg.uniqueid == uniqueid:
                    return call, leg
        raise Refusal("call_unknown", f"There is no leg {uniqueid}.")

    def _end_leg(self, call: SimulatedCall, leg: Leg) -> None:
        self._stop_all(leg)
        call.legs.remove(leg)
        self._say("Hangup", leg)

    def _stop_all(self, leg: Leg) -> None:
        for recorder in leg.recorders.values():
            recorder.close()
        leg.recorders.clear()

    def _note(self, call: SimulatedCall) -> None:
        """Which files the call has, beside them."""
        note = CallRecordings(
            call=call.reference,
            started_at=call.files[0].started_at,
            recordings=tuple(call.files),
        )
        (self._folder / f"{call.reference}.json").write_bytes(encode(note))

    def _say(self, event: str, leg: Leg) -> None:
        self._say_fields({"Event": event, **leg.fields()})

    def _say_fields(self, event: Event) -> None:
        if self._said is not None:
            self._said(event)

    def _write(self) -> None:
        while not self._ending.wait(FRAME_S):
            self.write_due()
