"""An HTTP proxy between desks and replicas that does what networks do, by chance that repeats.

Without faults it is a plain load balancer: the next replica in turn, another one where it does not
answer. Runs an event loop on a thread of its own; knows requests and answers, not what they mean.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from enum import StrEnum
from types import TracebackType
from typing import Self

from app.campaigns.dice import Dice
from app.values.errors import Fault as Broken

_CONNECT_S = 1.0
_LARGEST = 32 * 1024 * 1024
_HEAD_END = b"\r\n\r\n"


class Mischief(StrEnum):
    """What is done to a request or to its answer."""

    DROPPED_BEFORE = "dropped before it arrived"
    DROPPED_AFTER = "answer dropped"
    HALF_ANSWER = "answer cut in half"
    DELAYED = "delayed"
    OVERTAKEN = "overtaken by later requests"
    DOUBLED = "doubled, on two replicas at once"
    DOUBLED_LATE = "doubled, the second one late"
    ERROR_500 = "500 after it was done"
    ERROR_503 = "503 without being passed on"
    PORTAL = "200 of a captive portal"
    TIMED_OUT = "held until the desk tried again, then passed on"


ALL = tuple(Mischief)
_PAGES = {
    Mischief.ERROR_500: (b"500 Internal Server Error", b"<html>broken</html>"),
    Mischief.ERROR_503: (b"503 Service Unavailable", b"<html>busy</html>"),
    Mischief.PORTAL: (b"200 OK", b"<html>Please accept our terms.</html>"),
}


class Proxy:
    """Listens on loopback while it is entered."""

    def __init__(
        self,
        ports: Sequence[int],
        *,
        seed: int = 1,
        share_percent: int = 0,
        mischief: Sequence[Mischief] = ALL,
    ) -> None:
        """So many of a hundred requests meet one of the `mischief`."""
        self._ports = tuple(ports)
        self._share = share_percent
        self._mischief = tuple(mischief)
        self._dice = Dice(seed)
        self._turn = 0
        self.done: Counter[Mischief] = Counter()
        self.requests = 0
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="fault proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def address(self) -> str:
        """URL that desks call."""
        return f"http://127.0.0.1:{self._port.result()}"

    def heal(self) -> None:
        """No mischief from now on."""
        self._share = 0

    def trouble(self, share_percent: int) -> None:
        """Mischief from now on, for so many of a hundred requests."""
        self._share = share_percent

    def use(self, ports: Sequence[int]) -> None:
        """Other replicas from now on."""
        self._ports = tuple(ports)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LARGEST)
        )
        self._port.set_result(server.sockets[0].getsockname()[1])
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        rest = asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True)
        self._loop.run_until_complete(rest)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of our own: one of asyncio's complains when it is cancelled at the end."""
        self._keep(self._serve(reader, writer))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a desk, request after request."""
        try:
            while request := await _message(reader):
                self.requests += 1
                answer = await self._answer(request)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if not _is_whole(answer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the desk has gone, or was killed
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> bytes | None:
        """What the desk gets; None: the connection is dropped."""
        if self._dice.below(100) >= self._share:
            return await self._passed_on(request)
        kind = self._mischief[self._dice.below(len(self._mischief))]
        self.done[kind] += 1
        return await self._mistreated(kind, request)

    async def _mistreated(self, kind: Mischief, request: bytes) -> bytes | None:  # noqa: PLR0911 - one for each
        match kind:
            case Mischief.DROPPED_BEFORE:
                return None
            case Mischief.ERROR_503 | Mischief.PORTAL:
                return _page(kind)
            case Mischief.DELAYED | Mischief.OVERTAKEN:
                most = 300 if kind is Mischief.DELAYED else 1_500
                await asyncio.sleep(self._dice.below(most) / 1_000)
                return await self._passed_on(request)
            case Mischief.DOUBLED:
                answers = await asyncio.gather(*(self._passed_on(request) for _ in range(2)))
                return answers[self._dice.below(2)]
            case Mischief.DOUBLED_LATE:
                self._later(request, self._dice.below(4_000) / 1_000)
                return await self._passed_on(request)
            case Mischief.TIMED_OUT:
                self._later(request, self._dice.below(2_000) / 1_000)
                return None
            case Mischief.DROPPED_AFTER:
                await self._passed_on(request)
                return None
            case Mischief.HALF_ANSWER:
                answer = await self._passed_on(request)
                return (
                    answer[: len(answer) - 1 - self._dice.below(len(answer) - 1)]
                    if answer
                    else None
                )
            case Mischief.ERROR_500:
                await self._passed_on(request)
                return _page(kind)

    def _later(self, request: bytes, seconds: float) -> None:
        """Pass a copy on when the desk has long gone on, for nobody to hear the answer."""

        async def pass_on() -> None:
            await asyncio.sleep(seconds)
            await self._passed_on(request)

        self._keep(pass_on())

    async def _passed_on(self, request: bytes) -> bytes | None:
        """The answer of the next replica that takes the request; None where it breaks half-way."""
        for _ in self._ports:
            self._turn += 1
            port = self._ports[self._turn % len(self._ports)]
            try:
                connecting = asyncio.open_connection("127.0.0.1", port, limit=_LARGEST)
                reader, writer = await asyncio.wait_for(connecting, _CONNECT_S)
            except (OSError, TimeoutError):
                continue
            try:
                writer.write(request)
                await writer.drain()
                return await _message(reader) or None
            except (OSError, asyncio.IncompleteReadError):
                return None  # a replica that took it and died: whether it was done is unknown
            finally:
                writer.close()
        return _page(Mischief.ERROR_503)


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer; empty at the end of the connection."""
    try:
        head = await reader.readuntil(_HEAD_END)
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return b""
    length = _length(head)
    return head + await reader.readexactly(length)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
        if name.strip().lower() == b"transfer-encoding":
            raise Broken("campaign_stuck", "The proxy cannot read messages in chunks.")
    return 0


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(_HEAD_END)
    return bool(end) and len(body) == _length(head)


def _page(kind: Mischief) -> bytes:
    status, body = _PAGES[kind]
    head = b"HTTP/1.1 " + status + b"\r\ncontent-type: text/html\r\ncontent-length: "
    return head + str(len(body)).encode() + _HEAD_END + body
