"""The manager interface of the simulated exchange: Asterisk's words over TCP, on loopback only.

It can be frozen like a process that was stopped: what is asked then waits, and is done afterwards.
A thread per connection; nothing here knows what the program under test wants.
"""

from __future__ import annotations

import hmac
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from app.simulators.call_recorder import CallRecorder, Event, Leg
from app.simulators.line_server import Connection, LineServer

Answer = list[dict[str, str]]
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
REFUSAL_DELAY_S = 1.0
_PRIVILEGES: Mapping[str, frozenset[str]] = {
    "coreshowchannels": frozenset({"system", "reporting"}),
    "getvar": frozenset({"call", "reporting"}),
    "setvar": frozenset({"call"}),
    "mixmonitormute": frozenset({"system", "call"}),
    "hangup": frozenset({"system", "call"}),
    "ping": frozenset(),
}


class AmiServer:
    """Answers managers who know the name and the secret."""

    def __init__(
        self,
        recorder: CallRecorder,
        user: str,
        secret: str,
        *,
        port: int = 0,
        refusal_delay_s: float = REFUSAL_DELAY_S,
        rights: frozenset[str] = frozenset({"call", "reporting"}),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Raises OSError where the port is taken."""
        self._recorder = recorder
        self._user = user
        self._secret = secret
        self._refusal_delay_s = refusal_delay_s
        self._rights = rights
        self._closing = threading.Event()
        self._moving = threading.Event()
        self._moving.set()
        self._lock = threading.Lock()
        self._managers: set[Connection] = set()
        self._held_back: deque[Event] = deque()
        self._news = threading.Condition(self._lock)
        self._stop_after: list[str] = []
        self._arrived: set[str] = set()
        self.log: list[str] = []
        """Every action that was done for somebody who is logged in, by name, in its order."""
        self._actions: dict[str, Callable[[Mapping[str, str]], Answer]] = {
            "ping": _pong,
            "coreshowchannels": self._channels,
            "getvar": self._getvar,
            "setvar": self._setvar,
            "mixmonitormute": self._mute,
            "hangup": self._hang_up,
        }
        recorder.tell_events_to(self._broadcast)
        self._server = LineServer("call recorder", self._serve, port, tls)
        self.port = self._server.port

    def freeze(self) -> None:
        """Stand still: answers and events wait."""
        self._moving.clear()

    def freeze_after(self, action: str, times: int) -> None:
        """Stand still once this action was answered so often from now on."""
        with self._lock:
            self._stop_after = [action] * times

    def wait_until_asked(self, action: str) -> None:
        """Until this action has arrived, whether it is done already or not."""
        with self._news:
            self._news.wait_for(lambda: action in self._arrived)

    def wait_for_manager(self) -> None:
        """Until somebody is logged in."""
        with self._news:
            self._news.wait_for(self._has_manager)

    def thaw(self) -> None:
        """Go on with everything that was asked meanwhile."""
        with self._lock:
            self._moving.set()
            while self._held_back:
                self._send_to_all(self._held_back.popleft())

    def hang_up(self) -> None:
        """End every manager's session, as a restart of the exchange does; new ones may come."""
        self._server.hang_up()

    def close(self) -> None:
        """End all of it."""
        self._closing.set()
        self._moving.set()
        self._server.close()

    # -------------------------------------------------------------- a session

    def _serve(self, connection: Connection) -> None:
        self._moving.wait()
        connection.send(GREETING)
        try:
            for action in _actions(connection.lines()):
                self._arrives(action)
                self._moving.wait()
                if self._closing.is_set() or not self._answer(connection, action):
                    return
        finally:
            with self._lock:
                self._managers.discard(connection)

    def _answer(self, connection: Connection, action: Mapping[str, str]) -> bool:
        """Whether the session goes on."""
        name = action.get("action", "").casefold()
        if name == "login":
            return self._login(connection, action)
        if name == "logoff":
            connection.send(_block({"Response": "Goodbye"}, action))
            return False
        first, *events = self._answered(connection in self._managers, name, action)
        self._note(name)
        connection.send(_block(first, action))
        for event in events:
            if event.get("Event") == "MixMonitorMute":
                self._broadcast(event)
            else:
                connection.send(_block(event, action))
        return True

    def _note(self, action: str) -> None:
        with self._lock:
            self.log.append(action)
            if self._stop_after and self._stop_after[-1] == action:
                self._stop_after.pop()
                if not self._stop_after:
                    self._moving.clear()

    def _arrives(self, action: Mapping[str, str]) -> None:
        with self._news:
            self._arrived.add(action.get("action", "").casefold())
            self._news.notify_all()

    def _has_manager(self) -> bool:
        return bool(self._managers)

    def _login(self, connection: Connection, action: Mapping[str, str]) -> bool:
        told = (action.get("username", ""), action.get("secret", ""))
        if not hmac.compare_digest("\n".join(told), f"{self._user}\n{self._secret}"):
            self._closing.wait(self._refusal_delay_s)
            connection.send(_block(_error("Authentication failed"), action))
            return False
        # The answer and the first event must not change places.
        with self._lock:
            connection.send(
                _block({"Response": "Success", "Message": "Authentication accepted"}, action)
            )
            self._managers.add(connection)
            self._news.notify_all()
        return True

    def _answered(self, is_in: bool, name: str, action: Mapping[str, str]) -> Answer:  # noqa: FBT001 - a statement about the session
        handler = self._actions.get(name)
        needed = _PRIVILEGES.get(name, frozenset())
        if not is_in or (needed and not needed & self._rights):
            return [_error("Permission denied")]
        if handler is None:
            return [_error("Invalid/unknown command")]
        return handler(action)

    def _broadcast(self, event: Event) -> None:
        with self._lock:
            if self._moving.is_set():
                self._send_to_all(event)
            else:
                self._held_back.append(event)

    def _send_to_all(self, event: Event) -> None:
        block = _block({**event, "Privilege": "call,all"}, {})
        for connection in self._managers:
            connection.send(block)

    # -------------------------------------------------------------- actions

    def _channels(self, _action: Mapping[str, str]) -> Answer:
        legs = self._recorder.legs()
        rows = [{"Event": "CoreShowChannel", **leg.fields()} for leg in legs]
        begin = {"Response": "Success", "EventList": "start", "Message": "Channels will follow"}
        end = {
            "Event": "CoreShowChannelsComplete",
            "EventList": "Complete",
            "ListItems": str(len(legs)),
        }
        return [begin, *rows, end]

    def _getvar(self, action: Mapping[str, str]) -> Answer:
        leg = self._recorder.leg(action.get("channel", ""))
        if leg is None:
            return [_error("No such channel")]
        variable = action.get("variable", "")
        value = leg.variables.get(variable, "")
        if variable.startswith("MIXMONITOR(") and variable.endswith(",filename)"):
            recorder_id = variable.removeprefix("MIXMONITOR(").removesuffix(",filename)")
            value = self._recorder.file_of(leg, recorder_id)
        return [{"Response": "Success", "Variable": variable, "Value": value}]

    def _setvar(self, action: Mapping[str, str]) -> Answer:
        leg = self._recorder.leg(action.get("channel", ""))
        if leg is None:
            return [_error("No such channel")]
        leg.variables[action.get("variable", "")] = action.get("value", "")
        return [{"Response": "Success", "Message": "Variable Set"}]

    def _mute(self, action: Mapping[str, str]) -> Answer:
        direction, state = action.get("direction", ""), action.get("state", "")
        if not direction or not state:
            return [_error("Invalid MixMonitorMute options: direction and state are needed")]
        leg = self._recorder.leg(action.get("channel", ""))
        if leg is None:
            return [_error("No such channel")]
        recorder_id = action.get("mixmonitorid", "")
        is_done = self._recorder.mute(
            leg, recorder_id, silent=state != "0", both=direction == "both"
        )
        if not is_done:
            return [_error("Cannot set mute flag")]
        return [{"Response": "Success"}, _muted(leg, direction, state)]

    def _hang_up(self, action: Mapping[str, str]) -> Answer:
        leg = self._recorder.leg(action.get("channel", ""))
        if leg is None:
            return [_error("No such channel")]
        self._recorder.hang_up(leg.linkedid)
        return [{"Response": "Success", "Message": "Channel Hungup"}]


def _muted(leg: Leg, direction: str, state: str) -> dict[str, str]:
    """The event tells the state as a number, whatever words it was asked with."""
    told = state if state.isdigit() else "0"
    return {"Event": "MixMonitorMute", **leg.fields(), "Direction": direction, "State": told}


def _pong(_action: Mapping[str, str]) -> Answer:
    return [{"Response": "Success", "Ping": "Pong"}]


def _error(message: str) -> dict[str, str]:
    return {"Response": "Error", "Message": message}


def _block(fields: Mapping[str, str], action: Mapping[str, str]) -> bytes:
    asked = {"ActionID": action["actionid"]} if "actionid" in action else {}
    told = {**fields, **asked}
    return "".join(f"{name}: {value}\r\n" for name, value in told.items()).encode() + b"\r\n"


def _actions(lines: Iterator[str]) -> Iterator[Mapping[str, str]]:
    action: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            action[name.strip().casefold()] = value.strip()
        elif action:
            yield action
            action = {}
