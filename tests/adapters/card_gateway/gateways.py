"""A server on loopback that answers what it is told to, and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body, type=dict[str, Any])


class Canned:
    """Where it is, what it says, what it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.answer: tuple[int, bytes, dict[str, str]] | None = (500, b"", {})
        self.ended = threading.Event()

    def say(self, status: int, body: bytes, *, vault: bool = False) -> None:
        self.answer = (status, body, {"readback-vault": "1"} if vault else {})

    def keep_silent(self) -> None:
        self.answer = None


@contextmanager
def canned() -> Generator[Canned]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.asked.append(Asked(self.command, self.path, headers, self.rfile.read(size)))
            if made.answer is None:
                made.ended.wait(20)
                return
            status, body, more = made.answer
            self.send_response(status)
            for name, value in (more | {"content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - as the standard library names it

        def log_message(self, *words: object) -> None:
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Canned(server.server_port)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    try:
        yield made
    finally:
        made.ended.set()
        server.shutdown()
        serving.join()
        server.server_close()
