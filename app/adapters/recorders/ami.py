"""The Asterisk Manager Interface: actions, their answers, and the events that come between.

Several threads may ask at once; answers find their question by its ActionID. Values with line
breaks are refused, so that nothing typed can become an action. The secret is never told to anyone.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.recorders.line import Address, Line, LineLost
from app.services.central.recorder import RecorderProblem
from app.values.clock import Clock

LARGEST_MESSAGE = 1_000_000
_LOGIN = "login"
_GREETING_END = b"\r\n"
_END = b"\r\n\r\n"

Message = Mapping[str, str]
"""One answer or event; names in small letters. Of a repeated name the first stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who logs in. The file is read anew for each login."""

    user: str
    secret_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An action. `ends`: how many events with our ActionID or picked by `hears` complete it.

    `changes`: it may have been done although no answer came.
    """

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)
    changes: bool = False
    is_complete: Callable[[Sequence[Message]], bool]
    hears: Callable[[Message], bool] | None = None


def answered(messages: Sequence[Message]) -> bool:
    """An answer is all there is to wait for."""
    return bool(messages)


def listed(messages: Sequence[Message]) -> bool:
    """The answer is an error, or the list has come to its end."""
    return is_error(messages[0]) or messages[-1].get("eventlist", "").casefold() == "complete"


def followed(messages: Sequence[Message]) -> bool:
    """The answer is an error, or an event has followed it."""
    return is_error(messages[0]) or len(messages) > 1


def is_error(message: Message) -> bool:
    """Whether Asterisk did not do it."""
    return message.get("response", "").casefold() != "success"


class _Waiting:
    """A question on its way."""

    def __init__(self, question: Question, action_id: str) -> None:
        self.question = question
        self.action_id = action_id
        self.messages: list[Message] = []
        self.is_done = False
        self.is_lost = False

    def take(self, message: Message) -> bool:
        """Whether that was the last it waited for."""
        ours = message.get("actionid") == self.action_id
        hears = self.question.hears
        if not ours and not (self.messages and hears is not None and hears(message)):
            return False
        self.messages.append(message)
        self.is_done = self.is_done or self.question.is_complete(self.messages)
        return self.is_done


class AmiClient:
    """One manager session, made again whenever it ends."""

    def __init__(
        self,
        address: Address,
        account: Account,
        clock: Clock,
        *,
        connect_s: float,
        quiet_s: float,
        heard: Callable[[Message], None],
        lost: Callable[[], None],
    ) -> None:
        """`heard` gets every event, `lost` a session's end; both on the line's thread."""
        self._account = account
        self._clock = clock
        self._heard = heard
        self._lost = lost
        self._line = Line(address, self, connect_s, quiet_s)
        self._news = threading.Condition()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._is_in = False
        self._is_turned_away = False
        self._is_doubtful = False
        self._pings = 0
        self._buffer = bytearray()
        self._is_greeted = False

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
                    "The call recorder does not accept the name or the secret of this service.",
                )
            if not self._is_in:
                raise self._line.away()

    def ask(self, question: Question, until: float) -> Sequence[Message]:
        """What Asterisk answers, at least one message. Raises RecorderProblem."""
        return self.ask_all([question], until)[0]

    def ask_all(self, questions: Sequence[Question], until: float) -> list[Sequence[Message]]:
        """Several questions sent at once; Asterisk takes them in their order."""
        self.require_in(until)
        with self._news:
            asked = [_Waiting(question, str(next(self._numbers))) for question in questions]
            # Before they are sent, for the answer may be quicker than we are.
            self._waiting |= {each.action_id: each for each in asked}
        try:
            self._line.send(b"".join(written(each.question, each.action_id) for each in asked))
            with self._news:
                self._news.wait_for(lambda: _all_done(asked), self._left(until))
        finally:
            with self._news:
                for each in asked:
                    self._waiting.pop(each.action_id, None)
        for each in asked:
            _require_done(each)
        return [each.messages for each in asked]

    # -------------------------------------------------------------- on the line's thread

    def opened(self) -> None:
        """Log in; Asterisk reads that after its greeting."""
        self._buffer.clear()
        self._is_greeted = False
        self._pings = 0
        self._is_turned_away = False
        try:
            secret = self._account.secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self._turned_away()
            raise LineLost from None
        login = {"Username": self._account.user, "Secret": secret, "Events": "call"}
        question = Question(action="Login", fields=login, is_complete=answered)
        self._line.send(written(question, _LOGIN))

    def received(self, heard: bytes) -> None:
        """Cut into messages."""
        self._buffer += heard
        self._pings = 0
        self._is_doubtful = False
        if not self._is_greeted:
            _, end, rest = self._buffer.partition(_GREETING_END)
            self._is_greeted = bool(end)
            self._buffer = rest if end else self._buffer
        while self._is_greeted and _END in self._buffer:
            block, _, self._buffer = self._buffer.partition(_END)
            self._take(read(bytes(block)))
        if len(self._buffer) > LARGEST_MESSAGE:
            raise LineLost

    def quiet(self) -> None:
        """Ask whether anybody is there; one who does not answer that is in doubt."""
        if not self._is_in:
            return
        self._pings += 1
        if self._pings == 1:
            self._line.send(written(Question(action="Ping", is_complete=answered), "ping"))
        elif not self._is_doubtful:
            self._is_doubtful = True
            self._lost()

    def broken(self) -> None:
        """Whoever waits waits in vain."""
        with self._news:
            was_in, self._is_in = self._is_in, False
            for each in self._waiting.values():
                each.is_lost = not each.is_done
            self._news.notify_all()
        if was_in:
            self._lost()

    def _take(self, message: Message) -> None:
        if message.get("actionid") == _LOGIN:
            self._login_answered(message)
            return
        with self._news:
            done = [each.take(message) for each in self._waiting.values()]
            if any(done):
                self._news.notify_all()
        if "event" in message:
            self._heard(message)

    def _login_answered(self, message: Message) -> None:
        if is_error(message):
            self._turned_away()
            raise LineLost
        self._line.settled()
        with self._news:
            self._is_in, self._is_turned_away = True, False
            self._news.notify_all()

    def _turned_away(self) -> None:
        with self._news:
            self._is_turned_away = True
            self._news.notify_all()

    def _is_settled(self) -> bool:
        return self._is_in or self._is_turned_away

    def _left(self, until: float) -> float:
        return max(0.0, until - self._clock.monotonic())


def _all_done(asked: Sequence[_Waiting]) -> bool:
    return all(each.is_done or each.is_lost for each in asked)


def _require_done(waiting: _Waiting) -> None:
    if waiting.is_done:
        return
    if waiting.is_lost:
        raise RecorderProblem(
            "recorder_away",
            "The line to the call recorder broke before it answered.",
            unknown=waiting.question.changes,
        )
    raise RecorderProblem(
        "recorder_slow",
        "The call recorder did not answer in time.",
        unknown=waiting.question.changes,
    )


def written(question: Question, action_id: str) -> bytes:
    """An action as it is sent. Raises RecorderProblem `call_malformed`."""
    fields = {"Action": question.action, "ActionID": action_id, **question.fields}
    if any(not value.isprintable() for value in fields.values()):
        raise RecorderProblem("call_malformed", "This call reference holds a sign it cannot have.")
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def read(block: bytes) -> Message:
    """One message; what is no `Name: value` is passed over."""
    message: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            message.setdefault(name.strip().casefold(), value.strip())
    return message
