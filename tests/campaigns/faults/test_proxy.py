"""The proxy does to requests what it says it does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from app.adapters.local_card_parts import free_port
from app.campaigns.faults.proxy import Mischief, Proxy

DONE = b'{"done": true}'


class Replica(ThreadingHTTPServer):
    """Counts what it is asked, and says that it is done."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[bytes] = []
        self.was_asked = threading.Condition()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def await_asked(self, times: int) -> None:
        with self.was_asked:
            assert self.was_asked.wait_for(lambda: len(self.asked) >= times, 10)


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replica

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.was_asked:
            self.server.asked.append(body)
            self.server.was_asked.notify_all()
        self.send_response(200)
        self.send_header("content-length", str(len(DONE)))
        self.end_headers()
        self.wfile.write(DONE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Nothing is logged."""


@pytest.fixture
def replica() -> Iterator[Replica]:
    with Replica() as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def ask(proxy: Proxy, body: bytes = b"one") -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.post(f"{proxy.address}/v1/commands.send", content=body)


def bad(replica: Replica, kind: Mischief) -> Proxy:
    return Proxy([replica.port], share_percent=100, mischief=(kind,))


def test_without_mischief_everything_passes(replica: Replica) -> None:
    with Proxy([replica.port]) as proxy:
        assert ask(proxy).content == DONE
    assert replica.asked == [b"one"]
    assert proxy.requests == 1
    assert not proxy.done


def test_a_replica_that_is_away_is_passed_over(replica: Replica) -> None:
    with Proxy([free_port(), replica.port]) as proxy:
        assert [ask(proxy).content for _ in range(2)] == [DONE, DONE]


def test_with_all_replicas_away_it_is_a_503(replica: Replica) -> None:
    with Proxy([free_port()]) as proxy:
        assert ask(proxy).status_code == 503


def test_dropped_before_it_arrives_is_never_done(replica: Replica) -> None:
    with bad(replica, Mischief.DROPPED_BEFORE) as proxy, pytest.raises(httpx2.TransportError):
        ask(proxy)
    assert replica.asked == []
    assert proxy.done[Mischief.DROPPED_BEFORE] == 1


@pytest.mark.parametrize("kind", [Mischief.DROPPED_AFTER, Mischief.HALF_ANSWER])
def test_a_lost_answer_is_of_something_done(replica: Replica, kind: Mischief) -> None:
    with bad(replica, kind) as proxy, pytest.raises(httpx2.TransportError):
        ask(proxy)
    assert replica.asked == [b"one"]


def test_doubled_is_done_twice_and_answered_once(replica: Replica) -> None:
    with bad(replica, Mischief.DOUBLED) as proxy:
        assert ask(proxy).content == DONE
    assert replica.asked == [b"one", b"one"]


def test_doubled_late_comes_again_after_the_answer(replica: Replica) -> None:
    with bad(replica, Mischief.DOUBLED_LATE) as proxy:
        assert ask(proxy).content == DONE
        replica.await_asked(2)
    assert replica.asked == [b"one", b"one"]


def test_held_until_later_is_done_after_the_desk_gave_up(replica: Replica) -> None:
    with bad(replica, Mischief.TIMED_OUT) as proxy:
        with pytest.raises(httpx2.TransportError):
            ask(proxy)
        replica.await_asked(1)


@pytest.mark.parametrize(
    ("kind", "status", "asked"),
    [(Mischief.ERROR_500, 500, 1), (Mischief.ERROR_503, 503, 0), (Mischief.PORTAL, 200, 0)],
)
def test_pages_are_not_the_centres(
    replica: Replica, kind: Mischief, status: int, asked: int
) -> None:
    with bad(replica, kind) as proxy:
        answer = ask(proxy)
    assert answer.status_code == status
    assert answer.content != DONE
    assert len(replica.asked) == asked


@pytest.mark.parametrize("kind", [Mischief.DELAYED, Mischief.OVERTAKEN])
def test_delayed_is_done_all_the_same(replica: Replica, kind: Mischief) -> None:
    with bad(replica, kind) as proxy:
        assert ask(proxy).content == DONE


def test_a_line_that_is_well_again_passes_everything(replica: Replica) -> None:
    with bad(replica, Mischief.PORTAL) as proxy:
        proxy.heal()
        assert ask(proxy).content == DONE
        proxy.trouble(100)
        assert ask(proxy).content != DONE
