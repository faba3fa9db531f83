"""The desk's end of the wire: what counts as an answer, what is tried again, whose time holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from app.transport.client import HttpCarrier, RemoteCaller, Reply, SeatKey, require_safe_url
from app.transport.loopback import is_this_machine
from app.values.errors import Refusal, Unreachable
from app.values.identity import DeviceId
from app.wire.message import RefusalView, encode
from app.wire.operations import (
    DEPOSIT_STORE_KEY,
    HEARTBEAT,
    SEND_COMMANDS,
    SIGN_IN_AT_CENTRE,
    SIGN_OUT_AT_CENTRE,
    WAIT_FOR_CHANGES,
)
from app.wire.people import DepositStoreKey, SignIn, SignOut
from app.wire.signed import KEY, NONCE, SESSION, SIGNATURE, TIME, milliseconds
from app.wire.sync import CentreTime, Cursor, Heartbeat, WaitForChanges
from tests.fakes import CountingIds, FixedClock

BEAT = Heartbeat(waiting=0, version="test")
DEPOSIT = DepositStoreKey(sealed_key="sealed")

Answer = Callable[[dict[str, str]], Reply]


class Centre:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, clock: FixedClock, *answers: Answer) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.seconds: list[float] = []

    def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
        self.asked.append(dict(headers))
        self.bodies.append(body)
        self.seconds.append(seconds)
        return self.answers.pop(0)(dict(headers))

    def close(self) -> None:
        """Nothing to let go."""


def says(message: object, status: int = 200, at_ms: int | None = None) -> Answer:
    told = {} if at_ms is None else {TIME: str(at_ms)}
    return lambda _: Reply(status=status, headers=told, body=encode(message))


def breaks(code: str = "connection_broken") -> Answer:
    def answer(headers: dict[str, str]) -> Reply:
        raise Unreachable(code, "The line broke.")

    return answer


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def caller_of(centre: Centre) -> RemoteCaller:
    caller = RemoteCaller(centre, centre.clock, CountingIds())
    caller.use_seat(SeatKey(device_id=DeviceId(CountingIds().new()), sign=bytes.upper))
    return caller


def now_ms(clock: FixedClock) -> int:
    return milliseconds(clock.now())


def centre_time(clock: FixedClock) -> Answer:
    return says(CentreTime(now=clock.now()), at_ms=now_ms(clock))


def refusal(clock: FixedClock, code: str, at_ms: int | None = None) -> Answer:
    view = RefusalView(code=code, sentence="No.", field="name")
    return says(view, status=401, at_ms=at_ms or now_ms(clock))


def test_a_refusal_comes_back_as_it_was_raised(clock: FixedClock) -> None:
    caller = caller_of(Centre(clock, refusal(clock, "too_odd")))
    with pytest.raises(Refusal) as found:
        caller.call(HEARTBEAT, BEAT)
    assert (found.value.code, found.value.sentence, found.value.field) == ("too_odd", "No.", "name")


def test_a_fault_of_the_centre_is_unreachable_with_its_incident(clock: FixedClock) -> None:
    view = RefusalView(code="fault", sentence="Broken.", incident="4f3a91c2")
    caller = caller_of(Centre(clock, says(view, status=500, at_ms=now_ms(clock))))
    with pytest.raises(Unreachable) as found:
        caller.call(HEARTBEAT, BEAT)
    assert found.value.incident == "4f3a91c2"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=200, headers={}, body=b"<html>Welcome to our Wi-Fi</html>"),
        Reply(status=200, headers={}, body=b'{"now": "2026-11-21T10:00:00Z"}'),
        Reply(status=200, headers={TIME: "1"}, body=b"<html>"),
        Reply(status=302, headers={"location": "http://portal"}, body=b""),
        Reply(status=404, headers={}, body=b'{"code": "x", "sentence": "y"}'),
        Reply(status=403, headers={TIME: "1"}, body=b"Forbidden by proxy"),
        Reply(status=502, headers={}, body=b"Bad gateway"),
    ],
)
def test_what_is_not_clearly_the_centre_is_unreachable(clock: FixedClock, reply: Reply) -> None:
    caller = caller_of(Centre(clock, lambda _: reply))
    with pytest.raises(Unreachable) as found:
        caller.call(HEARTBEAT, BEAT)
    assert found.value.code == "not_the_centre"


def test_a_broken_line_is_tried_once_more_with_the_same_key_and_body(clock: FixedClock) -> None:
    centre = Centre(clock, breaks(), says({}, at_ms=now_ms(clock)))
    caller_of(centre).call(DEPOSIT_STORE_KEY, DEPOSIT)
    first, second = centre.asked
    assert first[KEY] == second[KEY]
    assert centre.bodies[0] == centre.bodies[1]
    assert first[NONCE] != second[NONCE]


def test_a_line_that_stays_broken_is_unreachable(clock: FixedClock) -> None:
    centre = Centre(clock, breaks(), breaks())
    with pytest.raises(Unreachable):
        caller_of(centre).call(HEARTBEAT, BEAT)
    assert len(centre.asked) == 2


def test_a_silence_is_not_tried_again(clock: FixedClock) -> None:
    centre = Centre(clock, breaks("centre_away"))
    with pytest.raises(Unreachable):
        caller_of(centre).call(HEARTBEAT, BEAT)
    assert len(centre.asked) == 1


def test_two_commands_have_two_keys(clock: FixedClock) -> None:
    done = says({}, at_ms=now_ms(clock))
    centre = Centre(clock, done, done)
    caller = caller_of(centre)
    caller.call(DEPOSIT_STORE_KEY, DEPOSIT)
    caller.call(DEPOSIT_STORE_KEY, DEPOSIT)
    assert centre.asked[0][KEY] != centre.asked[1][KEY]


def test_queries_batches_and_sign_in_have_no_key(clock: FixedClock) -> None:
    assert not SEND_COMMANDS.keyed
    centre = Centre(clock, centre_time(clock), refusal(clock, "sign_in_wrong"))
    caller = caller_of(centre)
    caller.call(HEARTBEAT, BEAT)
    with pytest.raises(Refusal):
        caller.call(SIGN_IN_AT_CENTRE, SignIn(login="anna", password="x"))
    assert all(KEY not in asked for asked in centre.asked)


def test_the_token_goes_only_where_a_person_asks(clock: FixedClock) -> None:
    centre = Centre(clock, centre_time(clock), says({}, at_ms=now_ms(clock)))
    caller = caller_of(centre)
    caller.use_session("token")
    caller.call(HEARTBEAT, BEAT)
    caller.call(SIGN_OUT_AT_CENTRE, SignOut())
    assert [asked.get(SESSION) for asked in centre.asked] == [None, "token"]
    assert all(asked[SIGNATURE] for asked in centre.asked)


def test_a_seat_that_is_not_enrolled_says_so(clock: FixedClock) -> None:
    caller = RemoteCaller(Centre(clock), clock, CountingIds())
    with pytest.raises(Refusal) as found:
        caller.call(HEARTBEAT, BEAT)
    assert found.value.code == "not_enrolled"


def test_the_time_of_the_centre_is_learned_from_any_answer(clock: FixedClock) -> None:
    centre = Centre(clock, says(CentreTime(now=clock.now()), at_ms=now_ms(clock) + 90_000))
    caller = caller_of(centre)
    caller.call(HEARTBEAT, BEAT)
    assert caller.clock_offset_ms == 90_000


def test_half_of_the_way_there_and_back_is_taken_off(clock: FixedClock) -> None:
    started = now_ms(clock)

    def slow(headers: dict[str, str]) -> Reply:
        clock.advance(seconds=2)
        body = encode(CentreTime(now=clock.now()))
        return Reply(status=200, headers={TIME: str(started + 61_000)}, body=body)

    caller = caller_of(Centre(clock, slow))
    caller.call(HEARTBEAT, BEAT)
    assert caller.clock_offset_ms == 60_000


def test_a_wrong_clock_mends_itself(clock: FixedClock) -> None:
    real = now_ms(clock) + 3_600_000

    def judge(headers: dict[str, str]) -> Reply:
        if headers[TIME] == str(real):
            return says(CentreTime(now=clock.now()), at_ms=real)(headers)
        return refusal(clock, "clock_wrong", at_ms=real)(headers)

    centre = Centre(clock, judge, judge)
    caller = caller_of(centre)
    assert caller.call(HEARTBEAT, BEAT).now == clock.now()
    assert caller.clock_offset_ms == 3_600_000


def test_a_clock_that_cannot_be_mended_is_refused(clock: FixedClock) -> None:
    no = refusal(clock, "clock_wrong")
    with pytest.raises(Refusal) as found:
        caller_of(Centre(clock, no, no)).call(HEARTBEAT, BEAT)
    assert found.value.code == "clock_wrong"


def test_a_wait_is_given_the_time_it_needs(clock: FixedClock) -> None:
    centre = Centre(clock, breaks("centre_away"))
    wait = WaitForChanges(since=Cursor(epoch="", transaction=0, row=0))
    with pytest.raises(Unreachable):
        caller_of(centre).call(WAIT_FOR_CHANGES, wait)
    assert centre.seconds[0] > wait.wait_seconds + 10


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://centre.example", "centre_url_insecure"),
        ("http://10.0.0.1:8470", "centre_url_insecure"),
        ("ftp://centre.example", "centre_url_malformed"),
        ("centre.example", "centre_url_malformed"),
        ("", "centre_url_malformed"),
        ("https://", "centre_url_malformed"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(url: str, code: str) -> None:
    with pytest.raises(Refusal) as found:
        require_safe_url(url)
    assert found.value.code == code


@pytest.mark.parametrize(
    "url", ["https://centre.example", "http://127.0.0.1:8470", "http://[::1]:1", "http://localhost"]
)
def test_an_address_that_is_safe_is_taken(url: str) -> None:
    require_safe_url(url)


def test_nothing_listening_is_unreachable() -> None:
    carrier = HttpCarrier("http://127.0.0.1:9")
    with pytest.raises(Unreachable) as found:
        carrier.post("/v1/x", {}, b"{}", 5)
    carrier.close()
    assert found.value.code == "connection_broken"


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("0.0.0.0", False), ("db", False)],  # noqa: S104 - as a value
)
def test_loopback_is_known_without_looking_names_up(host: str, is_here: bool) -> None:
    assert is_this_machine(host) is is_here
