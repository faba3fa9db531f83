"""A stand-in for FreeSWITCH's event socket: one call, recordings by path, masks kept in mind."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.recorders.freeswitch import FreeSwitch
from app.services.central.recorder import RecorderSettings, RecorderTimes
from app.simulators.line_server import Connection, LineServer
from app.values.clock import SystemClock
from tests.adapters.recorders.exchange import PATIENCE_S

PASSWORD = "a-password-of-the-switch"
CALL = "0b1c-customer"
AGENT = "0b1c-agent"
PATH = "/recordings/0b1c.wav"


@dataclass
class Switch:
    """Two legs, customer and agent; `masks` says what is masked, by leg and path."""

    channels: list[dict[str, str]] = field(default_factory=list)
    masks: dict[tuple[str, str], bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_deaf_to: str = "\0"

    def __post_init__(self) -> None:
        self._clients: set[Connection] = set()
        self._lock = threading.Lock()
        self._server = LineServer("switch", self._serve)
        self.port = self._server.port

    def close(self) -> None:
        self._server.close()

    def hang_up(self) -> None:
        self._server.hang_up()

    def a_call(self, callstate: str = "ACTIVE") -> None:
        self.channels = [
            _row(CALL, "sofia/external/441132000001@carrier", "441132000001", callstate),
            _row(AGENT, "sofia/internal/2001@10.0.0.5", "2001", callstate),
        ]
        self.masks = {(CALL, PATH): False}

    def happens(self, name: str, leg: str, **more: str) -> None:
        fields = {"Event-Name": name, "Unique-ID": leg, "Channel-Call-UUID": CALL, **more}
        body = json.dumps(fields).encode()
        head = f"Content-Length: {len(body)}\nContent-Type: text/event-json\n\n".encode()
        with self._lock:
            for client in self._clients:
                client.send(head + body)

    def _serve(self, client: Connection) -> None:
        client.send(b"Content-Type: auth/request\n\n")
        for line in client.lines():
            if line and not self._answer(client, line):
                return

    def _answer(self, client: Connection, line: str) -> bool:
        if line.startswith("auth "):
            is_right = line == f"auth {PASSWORD}"
            client.send(_reply("+OK accepted" if is_right else "-ERR invalid"))
            return is_right
        if line.startswith("event "):
            client.send(_reply("+OK event listener enabled json"))
            with self._lock:
                self._clients.add(client)
            return True
        command = line.removeprefix("api ")
        self.asked.append(command)
        if self.is_deaf_to not in command:
            body = self._done(command.split(" ")).encode()
            head = f"Content-Type: api/response\nContent-Length: {len(body)}\n\n".encode()
            client.send(head + body)
        return True

    def _done(self, words: list[str]) -> str:
        match words:
            case ["show", "channels", "as", "json"]:
                rows = {"row_count": len(self.channels)}
                return json.dumps(rows | ({"rows": self.channels} if self.channels else {}))
            case ["uuid_buglist", leg] if any(row["uuid"] == leg for row in self.channels):
                return "".join(
                    "<media-bugs>\n <media-bug>\n  <function>session_record</function>\n"
                    f"  <target>{path}</target>\n  <thread-locked>0</thread-locked>\n"
                    " </media-bug>\n</media-bugs>\n"
                    for key, path in self.masks
                    if key == leg
                )
            case ["uuid_record", leg, what, path]:
                return self._record(leg, what, path)
            case ["uuid_setvar", *_]:
                return "+OK\n"
            case _:
                return "-ERR no reply\n"

    def _record(self, leg: str, what: str, path: str) -> str:
        if not any(row["uuid"] == leg for row in self.channels):
            return "-ERR Cannot locate session!\n"
        if (leg, path) not in self.masks:
            return f"-ERR Cannot {what} recording session!\n"
        self.masks[leg, path] = what == "mask"
        return "+OK Success\n"

    def recorder(self, folder: Path, confirm_s: float = PATIENCE_S) -> FreeSwitch:
        secret = folder / "password"
        if not secret.exists():
            secret.write_text(PASSWORD, encoding="utf-8")
        settings = RecorderSettings(
            name="switch",
            kind="freeswitch",
            times=RecorderTimes(confirm_s=confirm_s),
            options={"secret_file": str(secret), "port": self.port},
        )
        return FreeSwitch(settings, SystemClock())


def _row(uuid: str, name: str, number: str, callstate: str) -> dict[str, str]:
    return {
        "uuid": uuid,
        "call_uuid": CALL,
        "name": name,
        "cid_num": number,
        "callstate": callstate,
    }


def _reply(text: str) -> bytes:
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()
