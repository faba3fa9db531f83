"""FreeSWITCH's event socket (ESL): commands one after the other, and events in JSON between them.

Answers come in the order of the questions, so a question that is late keeps its place. Several
threads may ask. The password is never told to anyone.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from app.adapters.recorders.line import Address, Line, LineLost
from app.services.central.recorder import RecorderProblem
from app.values.clock import Clock

LARGEST_FRAME = 16_000_000
"""A list of thousands of channels."""
_END = b"\n\n"
_ANSWERS = frozenset({"command/reply", "api/response"})

EslEvent = Mapping[str, str]


class _Asked:
    """A command on its way; `answer` is None until it came."""

    def __init__(self) -> None:
        self.answer: str | None = None
        self.is_lost = False


class EslClient:
    """One event socket, made again whenever it ends."""

    def __init__(
        self,
        address: Address,
        secret_file: Path,
        clock: Clock,
        *,
        connect_s: float,
        quiet_s: float,
        events: Sequence[str],
        heard: Callable[[EslEvent], None],
        lost: Callable[[], None],
    ) -> None:
        """`heard` gets every event, `lost` a session's end; both on the line's thread."""
        self._secret_file = secret_file
        self._clock = clock
        self._events = " ".join(events)
        self._heard = heard
        self._lost = lost
        self._line = Line(address, self, connect_s, quiet_s)
        self._news = threading.Condition()
        self._asked: deque[_Asked] = deque()
        self._is_in = False
        self._is_turned_away = False
        self._is_doubtful = False
        self._unheard = 0
        self._buffer = bytearray()

    def start(self, name: str) -> None:
        """Begin to connect; again does nothing."""
        self._line.start(name)

    def close(self) -> None:
        """End the session."""
        self._line.close()

    def require_in(self, until: float) -> None:
        """Wait for a session, at most until this monotonic time. Raises RecorderProblem."""
        with self._news:
            self._news.wait_for(self._is_settled, self._left(until))
            if self._is_turned_away:
                raise RecorderProblem(
                    "recorder_login",
                    "The call recorder does not accept the password of this service.",
                )
            if not self._is_in:
                raise self._line.away()

    def api(self, command: str, until: float, *, changes: bool = False) -> str:
        """What `api COMMAND` answers. Raises RecorderProblem, `unknown` only if it `changes`."""
        if not command.isprintable():
            raise RecorderProblem(
                "call_malformed", "This call reference holds a sign it cannot have."
            )
        self.require_in(until)
        asked = self._say(f"api {command}")
        with self._news:
            self._news.wait_for(
                lambda: asked.answer is not None or asked.is_lost, self._left(until)
            )
            if asked.answer is not None:
                return asked.answer
        if asked.is_lost:
            raise RecorderProblem(
                "recorder_away",
                "The line to the call recorder broke before it answered.",
                unknown=changes,
            )
        raise RecorderProblem(
            "recorder_slow", "The call recorder did not answer in time.", unknown=changes
        )

    def _say(self, command: str) -> _Asked:
        asked = _Asked()
        # The order of the questions and the order on the line have to be the same.
        with self._news:
            self._line.send(f"{command}\n\n".encode())
            self._asked.append(asked)
        return asked

    # -------------------------------------------------------------- on the line's thread

    def opened(self) -> None:
        """FreeSWITCH speaks first."""
        self._buffer.clear()
        self._unheard = 0
        self._is_turned_away = False

    def received(self, heard: bytes) -> None:
        """Cut into frames: headers, and a body of as many bytes as they say."""
        self._buffer += heard
        self._unheard = 0
        self._is_doubtful = False
        while (frame := self._next_frame()) is not None:
            self._take(*frame)
        if len(self._buffer) > LARGEST_FRAME:
            raise LineLost

    def quiet(self) -> None:
        """Ask for anything; one who does not answer that is in doubt."""
        if not self._is_in:
            return
        self._unheard += 1
        if self._unheard == 1:
            self._say("api uptime")
        elif not self._is_doubtful:
            self._is_doubtful = True
            self._lost()

    def broken(self) -> None:
        """Whoever waits waits in vain."""
        with self._news:
            was_in, self._is_in = self._is_in, False
            while self._asked:
                self._asked.popleft().is_lost = True
            self._news.notify_all()
        if was_in:
            self._lost()

    def _next_frame(self) -> tuple[Mapping[str, str], str] | None:
        head, end, rest = self._buffer.partition(_END)
        if not end:
            return None
        headers = _headers(bytes(head))
        told = headers.get("content-length", "0")
        size = int(told) if told.isdigit() else 0
        if size > LARGEST_FRAME:
            raise LineLost
        if len(rest) < size:
            return None
        self._buffer = rest[size:]
        return headers, bytes(rest[:size]).decode("utf-8", "replace")

    def _take(self, headers: Mapping[str, str], body: str) -> None:
        kind = headers.get("content-type", "")
        if kind == "auth/request":
            self._log_in()
        elif kind in _ANSWERS:
            self._answered(headers.get("reply-text", "") or body)
        elif kind == "text/event-json":
            self._heard(_event(body))
        elif kind == "text/disconnect-notice":
            raise LineLost

    def _log_in(self) -> None:
        try:
            secret = self._secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self._settle(is_in=False)
            raise LineLost from None
        if not secret.isprintable():
            self._settle(is_in=False)
            raise LineLost
        self._say(f"auth {secret}")

    def _answered(self, answer: str) -> None:
        if not self._is_in:
            self._logged_in(answer)
            return
        with self._news:
            if self._asked:
                self._asked.popleft().answer = answer.strip()
                self._news.notify_all()

    def _logged_in(self, answer: str) -> None:
        with self._news:
            self._asked.popleft()
        if not answer.startswith("+OK"):
            self._settle(is_in=False)
            raise LineLost
        self._line.settled()
        self._say(f"event json {self._events}")
        self._settle(is_in=True)

    def _settle(self, *, is_in: bool) -> None:
        with self._news:
            self._is_in, self._is_turned_away = is_in, not is_in
            self._news.notify_all()

    def _is_settled(self) -> bool:
        return self._is_in or self._is_turned_away

    def _left(self, until: float) -> float:
        return max(0.0, until - self._clock.monotonic())


def _headers(head: bytes) -> Mapping[str, str]:
    told: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            told[name.strip().casefold()] = unquote(value.strip())
    return told


def _event(body: str) -> EslEvent:
    """Its headers; what cannot be read is an event without a name, which nobody wants."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if isinstance(value, str)}
