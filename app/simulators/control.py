"""What people do on the simulated exchange, told from outside: one JSON object a line, on loopback.

`{"do": "hold", "extension": "2001"}` is answered by `{"ok": true, ...}` or by a sentence.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.simulators.ami_server import AmiServer
from app.simulators.call_recorder import CallRecorder
from app.simulators.line_server import Connection, LineServer
from app.values.errors import Refusal
from app.wire.message import decode, encode


class Act(StrEnum):
    """What can happen."""

    CALLS = "calls"
    START = "start"
    HOLD = "hold"
    RETRIEVE = "retrieve"
    TRANSFER = "transfer"
    HANG_UP = "hang-up"
    SECOND_RECORDER = "second-recorder"
    STOP_RECORDER = "stop-recorder"
    SPY = "spy"
    FREEZE = "freeze"
    THAW = "thaw"


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act at an extension; `to` is the other extension of a transfer."""

    do: Act
    extension: str = ""
    caller_number: str = ""
    to: str = ""


class CallStands(msgspec.Struct, frozen=True, kw_only=True):
    """A call under way; `muted`: every recorder of the customer's leg is."""

    reference: str
    extension: str
    caller_number: str
    muted: bool


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    ok: bool
    sentence: str = ""
    calls: tuple[CallStands, ...] = ()


class Control:
    """Listens for acts."""

    def __init__(self, recorder: CallRecorder, ami: AmiServer, port: int = 0) -> None:
        """Raises OSError where the port is taken."""
        self._recorder = recorder
        self._ami = ami
        self._server = LineServer("call recorder control", self._serve, port)
        self.port = self._server.port

    def close(self) -> None:
        """End it."""
        self._server.close()

    def _serve(self, connection: Connection) -> None:
        for line in connection.lines():
            connection.send(encode(self._done(line)) + b"\n")

    def _done(self, line: str) -> Done:
        try:
            self._do(decode(line.encode(), Told))
        except Refusal as refusal:
            return Done(ok=False, sentence=refusal.sentence)
        return Done(ok=True, calls=self._stands())

    def _do(self, told: Told) -> None:
        match told.do:
            case Act.CALLS:
                return
            case Act.START:
                self._recorder.start_call(told.extension, told.caller_number)
            case Act.FREEZE:
                self._ami.freeze()
            case Act.THAW:
                self._ami.thaw()
            case _:
                self._do_to_call(told, self._recorder.call_at(told.extension))

    def _do_to_call(self, told: Told, reference: str) -> None:
        recorder = self._recorder
        leg = recorder.call(reference).customer.uniqueid
        match told.do:
            case Act.HOLD:
                recorder.hold(reference)
            case Act.RETRIEVE:
                recorder.retrieve(reference)
            case Act.TRANSFER:
                recorder.transfer(reference, told.to)
            case Act.HANG_UP:
                recorder.hang_up(reference)
            case Act.SECOND_RECORDER:
                recorder.start_recorder(leg)
            case Act.STOP_RECORDER:
                recorder.stop_recorder(leg)
            case Act.SPY:
                recorder.spy(leg)

    def _stands(self) -> tuple[CallStands, ...]:
        calls = [self._recorder.call(reference) for reference in self._recorder.calls()]
        return tuple(
            CallStands(
                reference=call.reference,
                extension=call.agent.number,
                caller_number=call.customer.number,
                muted=bool(call.customer.recorders) and self._recorder.is_muted(call.customer),
            )
            for call in calls
        )
