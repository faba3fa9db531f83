"""A stand-in for a site's hook: it checks the signature, and does what a test tells it to."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.server
import json
import queue
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.adapters.recorders.webhook import Webhook
from app.services.central.recorder import RecorderSettings, RecorderTimes
from app.values.clock import SystemClock
from tests.adapters.recorders.exchange import PATIENCE_S

SECRET = "a-secret-of-the-hook"
Answer = tuple[int, object]
_OVER: Answer = (503, {})


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked has hung up."""


class Hook:
    """Answers by action; `answers` of an action is a list that is used up, the last one stays."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, list[Answer]] = {}
        self.events: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.refused = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, told = hook.answer(dict(self.headers.items()), body)
                content = told if isinstance(told, bytes) else json.dumps(told).encode()
                with contextlib.suppress(OSError):  # whoever asked may be gone
                    self.send_response(status)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - Python's own
                """A test says nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/readback"

    def close(self) -> None:
        self.goes_on.set()
        self.events.put(_OVER)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def says(self, action: str, *told: object, status: int = 200) -> None:
        self.answers[action] = [(status, each) for each in told]

    def answer(self, headers: dict[str, str], body: bytes) -> Answer:
        found = {name.lower(): value for name, value in headers.items()}
        signed = found["readback-time"].encode() + b"." + body
        right = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(found["readback-signature"], right):
            self.refused += 1
            return 401, {}
        asked = json.loads(body)
        self.asked.append(asked)
        if asked["action"] == "events":
            told = self.events.get()
            if told == _OVER:
                self.events.put(_OVER)
            return told
        answers = self.answers.get(asked["action"], [(404, {})])
        self.goes_on.wait()
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def actions(self) -> list[str]:
        return [each["action"] for each in self.asked]


@contextmanager
def a_hook(folder: Path) -> Generator[tuple[Hook, Callable[..., Webhook]]]:
    """The hook, and a maker of recorders that ask it."""
    hook = Hook()
    secret = folder / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    made: list[Webhook] = []

    def make(confirm_s: float = PATIENCE_S, **options: object) -> Webhook:
        table: dict[str, object] = {"url": hook.url, "secret_file": str(secret), "poll_s": 0.01}
        settings = RecorderSettings(
            name="cloud",
            kind="webhook",
            times=RecorderTimes(confirm_s=confirm_s),
            options={**table, **options},
        )
        made.append(Webhook(settings, SystemClock()))
        return made[-1]

    try:
        yield hook, make
    finally:
        hook.goes_on.set()
        for each in made:
            each.close()
        hook.close()
