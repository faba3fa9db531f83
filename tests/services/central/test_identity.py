"""Seats prove themselves, people sign in; in process and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import pytest

from app.services.central.identity import TRIES_MOST
from app.services.central.people import People
from app.services.rules.escrow import seal_store_key
from app.transport.client import RemoteCaller, SeatKey
from app.values.errors import Refusal
from app.values.identity import DeviceId, Incarnation
from app.values.vocabulary import Role
from app.wire.message import encode
from app.wire.operation import Operation
from app.wire.operations import (
    DEPOSIT_STORE_KEY,
    ENROL_DEVICE,
    HEARTBEAT,
    SIGN_IN_AT_CENTRE,
    SIGN_OUT_AT_CENTRE,
)
from app.wire.people import DepositStoreKey, Enrol, SignIn, SignOut
from app.wire.signed import NONCE, SESSION, SIGNATURE, TIME, Head, milliseconds, path_of
from app.wire.sync import Heartbeat
from tests.centre import CHEAP, PASSWORD, Centre, Key

Q = TypeVar("Q")

TABLE = (ENROL_DEVICE, DEPOSIT_STORE_KEY, HEARTBEAT, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE)
BEAT = Heartbeat(waiting=0, version="test")


@pytest.fixture(params=["in process", "over HTTP"])
def centre(request: pytest.FixtureRequest, central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, TABLE)
    with made.over_http() if request.param == "over HTTP" else nullcontext():
        yield made
    made.close()


def refused(caller: RemoteCaller, operation: Operation[Q, Any], request: Q) -> str:
    with pytest.raises(Refusal) as refusal:
        caller.call(operation, request)
    return refusal.value.code


def enrol(centre: Centre, code: str, key: Key | None = None) -> DeviceId:
    asked = Enrol(
        code=code,
        public_key=(key or Key()).public_pem,
        incarnation=Incarnation(centre.ids.new()),
    )
    return centre.caller().call(ENROL_DEVICE, asked).device_id


# ---------------------------------------------------------------- seats


def test_a_code_enrols_one_seat_and_tells_its_name_extension_and_escrow_key(
    centre: Centre,
) -> None:
    asked = Enrol(
        code=centre.code("Desk 7", extension="207"),
        public_key=Key().public_pem,
        incarnation=Incarnation(centre.ids.new()),
    )
    enrolled = centre.caller().call(ENROL_DEVICE, asked)
    assert (enrolled.name, enrolled.extension) == ("Desk 7", "207")
    assert [(enrolled.escrow_public_key,)] == centre.rows(
        "SELECT escrow_public_key FROM installation"
    )


def test_a_code_is_worth_one_enrolment(centre: Centre) -> None:
    code = centre.code()
    enrol(centre, code)
    with pytest.raises(Refusal, match="ask an administrator for a new one"):
        enrol(centre, code)


def test_a_code_is_worth_fifteen_minutes(centre: Centre) -> None:
    code = centre.code()
    centre.clock.advance(minutes=15)
    with pytest.raises(Refusal) as refusal:
        enrol(centre, code)
    assert refusal.value.code == "enrolment_code_wrong"


def test_a_code_is_read_however_it_was_typed(centre: Centre) -> None:
    code = centre.code().lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert isinstance(enrol(centre, code), UUID)


def test_only_the_hash_of_a_code_is_kept(centre: Centre) -> None:
    code = centre.code()
    kept = centre.rows("SELECT e::text || d::text FROM enrolment_code e, device d")
    assert code.replace("-", "") not in str(kept)


def test_an_enrolment_whose_answer_was_lost_may_be_repeated(centre: Centre) -> None:
    code, key = centre.code(), Key()
    body = encode(
        Enrol(code=code, public_key=key.public_pem, incarnation=Incarnation(centre.ids.new()))
    )
    headers = {"idempotency-key": str(centre.ids.new())}
    first, second = (
        centre.carrier.post(path_of(ENROL_DEVICE.name), headers, body, 20) for _ in range(2)
    )
    assert (first.status, first.body) == (second.status, second.body)
    assert first.status == 200


@pytest.mark.parametrize("public_key", ["", "nonsense", "-----BEGIN PUBLIC KEY-----\n"])
def test_an_enrolment_without_a_proper_key_leaves_the_code_good(
    centre: Centre, public_key: str
) -> None:
    code = centre.code()
    asked = Enrol(code=code, public_key=public_key, incarnation=Incarnation(centre.ids.new()))
    assert refused(centre.caller(), ENROL_DEVICE, asked) == "public_key_malformed"
    enrol(centre, code)


def test_a_store_that_was_enrolled_before_cannot_be_enrolled_again(centre: Centre) -> None:
    incarnation = Incarnation(centre.ids.new())
    asked = [
        Enrol(code=centre.code(), public_key=Key().public_pem, incarnation=incarnation)
        for _ in range(2)
    ]
    centre.caller().call(ENROL_DEVICE, asked[0])
    assert refused(centre.caller(), ENROL_DEVICE, asked[1]) == "incarnation_known"


def test_a_seat_that_was_never_enrolled_is_unknown(centre: Centre) -> None:
    caller = centre.caller()
    caller.use_seat(SeatKey(device_id=DeviceId(centre.ids.new()), sign=Key().sign))
    assert refused(caller, HEARTBEAT, BEAT) == "device_unknown"


def test_a_seat_signed_by_another_key_is_refused(centre: Centre) -> None:
    caller, seat = centre.caller(), centre.enrolled()
    caller.use_seat(SeatKey(device_id=seat.device_id, sign=Key().sign))
    assert refused(caller, HEARTBEAT, BEAT) == "signature_wrong"


def test_a_revoked_seat_is_refused_at_once(centre: Centre) -> None:
    caller = centre.seat("Desk 3")
    centre.administration.write(partial(centre.seats.revoke, name="Desk 3"))
    assert refused(caller, HEARTBEAT, BEAT) == "device_revoked"


def test_a_revoked_seat_comes_back_with_a_new_code_and_a_new_key_only(centre: Centre) -> None:
    caller = centre.seat("Desk 3")
    centre.administration.write(partial(centre.seats.revoke, name="Desk 3"))
    code = centre.code("Desk 3")
    assert refused(caller, HEARTBEAT, BEAT) == "device_unknown"
    enrol(centre, code)
    assert refused(caller, HEARTBEAT, BEAT) == "signature_wrong"


def test_enrolling_again_keeps_the_key_of_the_older_store(centre: Centre) -> None:
    escrow = centre.rows("SELECT escrow_public_key FROM installation")[0][0]
    for store_key in (b"first store key", b"second store key"):
        caller = centre.seat("Desk 3")
        sealed = seal_store_key(store_key, escrow)
        caller.call(DEPOSIT_STORE_KEY, DepositStoreKey(sealed_key=sealed))
        centre.clock.advance(minutes=1)
    keys = centre.administration.write(partial(centre.seats.recover_keys, name="Desk 3"))
    assert [key.store_key for key in keys] == ["c2Vjb25kIHN0b3JlIGtleQ==", "Zmlyc3Qgc3RvcmUga2V5"]


def test_the_heartbeat_tells_the_time_of_the_centre(centre: Centre) -> None:
    assert centre.seat().call(HEARTBEAT, BEAT).now == centre.clock.now()


def test_the_heartbeat_says_in_the_log_how_a_desk_is(centre: Centre) -> None:
    waiting_since = centre.clock.now()
    caller = centre.seat()
    centre.clock.advance(minutes=4)
    beat = Heartbeat(waiting=3, oldest_waiting_at=waiting_since, version="1.2")
    caller.call(HEARTBEAT, beat)
    (event,) = centre.log.named("desk")
    assert (event["waiting"], event["seconds"], event["version"]) == (3, 240, "1.2")


# ---------------------------------------------------------------- signatures


@pytest.mark.parametrize(
    ("name", "value"),
    [(TIME, "1"), (NONCE, "00"), (SESSION, "stolen"), ("readback-device", str(UUID(int=7)))],
)
def test_a_header_changed_on_the_way_breaks_the_signature(
    centre: Centre, name: str, value: str
) -> None:
    status, _ = centre.send_signed(centre.enrolled(), HEARTBEAT, BEAT, changed={name: value})
    assert status == 401


def test_a_body_changed_on_the_way_breaks_the_signature(centre: Centre) -> None:
    other = encode(Heartbeat(waiting=9, version="test"))
    _, refusal = centre.send_signed(centre.enrolled(), HEARTBEAT, BEAT, body=other)
    assert refusal.code == "signature_wrong"


@pytest.mark.parametrize("name", [TIME, NONCE, SIGNATURE, "readback-device"])
def test_a_request_that_lacks_a_header_is_unsigned(centre: Centre, name: str) -> None:
    status, refusal = centre.send_signed(centre.enrolled(), HEARTBEAT, BEAT, without=name)
    assert (status, refusal.code) == (401, "unsigned")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_minutes_off_is_refused(centre: Centre, minutes: int) -> None:
    seat = centre.enrolled()
    at_ms = milliseconds(centre.clock.now()) + minutes * 60_000
    head = Head(device_id=seat.device_id, at_ms=at_ms, nonce="1")
    body = encode(BEAT)
    headers = head.headers(seat.sign(head.to_sign(path_of(HEARTBEAT.name), body)))
    reply = centre.carrier.post(path_of(HEARTBEAT.name), headers, body, 20)
    assert b'"clock_wrong"' in reply.body
    assert reply.headers[TIME] == str(milliseconds(centre.clock.now()))


# ---------------------------------------------------------------- people


def test_a_person_signs_in_and_gets_the_permissions_of_their_role(centre: Centre) -> None:
    centre.person("anna", Role.TEAM_LEAD, team="Blue")
    session = centre.sign_in(centre.seat(), "Anna ")
    assert (session.person.login, session.person.role, session.person.team) == (
        "anna",
        Role.TEAM_LEAD,
        "Blue",
    )
    assert {permission.value for permission in session.permissions} == {
        "take_orders",
        "see_customers",
        "review_orders",
    }
    assert (session.expires_at - centre.clock.now()).total_seconds() == 12 * 3600


@pytest.mark.parametrize("login", ["anna", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_told_alike(centre: Centre, login: str) -> None:
    centre.person("anna")
    with pytest.raises(Refusal) as refusal:
        centre.sign_in(centre.seat(), login, "not the password at all")
    assert (refusal.value.code, refusal.value.field) == ("sign_in_wrong", "password")


def test_ten_wrong_tries_lock_for_half_an_hour(centre: Centre) -> None:
    centre.person("anna")
    caller = centre.seat()
    codes = [
        refused(caller, SIGN_IN_AT_CENTRE, SignIn(login="anna", password="wrong" * 3))
        for _ in range(TRIES_MOST)
    ]
    assert codes == ["sign_in_wrong"] * 9 + ["locked_out"]
    right = SignIn(login="anna", password=PASSWORD)
    assert refused(caller, SIGN_IN_AT_CENTRE, right) == "locked_out"
    centre.clock.advance(minutes=30)
    assert caller.call(SIGN_IN_AT_CENTRE, right).person.login == "anna"


def test_a_right_password_forgets_the_wrong_tries_before_it(centre: Centre) -> None:
    centre.person("anna")
    caller = centre.seat()
    for _ in range(2):
        for _ in range(TRIES_MOST - 1):
            refused(caller, SIGN_IN_AT_CENTRE, SignIn(login="anna", password="wrong" * 3))
        centre.sign_in(caller, "anna")


def test_after_a_lock_out_the_count_starts_again(centre: Centre) -> None:
    centre.person("anna")
    caller = centre.seat()
    wrong = SignIn(login="anna", password="wrong" * 3)
    for _ in range(TRIES_MOST):
        refused(caller, SIGN_IN_AT_CENTRE, wrong)
    centre.clock.advance(minutes=31)
    assert refused(caller, SIGN_IN_AT_CENTRE, wrong) == "sign_in_wrong"
    centre.sign_in(caller, "anna")


def test_neither_password_nor_token_is_kept_anywhere(centre: Centre) -> None:
    centre.person("anna")
    session = centre.sign_in(centre.seat(), "anna")
    kept = str(
        centre.rows(
            "SELECT s::text FROM session s UNION ALL SELECT c::text FROM credential c"
            " UNION ALL SELECT a::text FROM audit a"
            " UNION ALL SELECT operation || encode(answer, 'escape') FROM applied_command"
        )
    )
    assert session.token not in kept
    assert PASSWORD not in kept
    assert "session.open" not in [
        row[0] for row in centre.rows("SELECT operation FROM applied_command")
    ]


def test_a_session_is_worth_nothing_at_another_seat(centre: Centre) -> None:
    centre.person("anna")
    session = centre.sign_in(centre.seat("Desk 1"), "anna")
    other = centre.seat("Desk 2")
    other.use_session(session.token)
    assert refused(other, SIGN_OUT_AT_CENTRE, SignOut()) == "session_over"


def test_a_session_ends_after_twelve_hours(centre: Centre) -> None:
    caller = centre.signed_in()
    centre.clock.advance(hours=12)
    assert refused(caller, SIGN_OUT_AT_CENTRE, SignOut()) == "session_over"


def test_signing_out_ends_the_session(centre: Centre) -> None:
    caller = centre.signed_in()
    caller.call(SIGN_OUT_AT_CENTRE, SignOut())
    assert refused(caller, SIGN_OUT_AT_CENTRE, SignOut()) == "session_over"


def test_signing_in_again_at_a_seat_ends_the_session_before(centre: Centre) -> None:
    centre.person("anna")
    caller = centre.seat()
    first = centre.sign_in(caller, "anna")
    centre.sign_in(caller, "anna")
    caller.use_session(first.token)
    assert refused(caller, SIGN_OUT_AT_CENTRE, SignOut()) == "session_over"


def test_a_disabled_person_is_out_at_once_and_cannot_sign_in(centre: Centre) -> None:
    caller = centre.signed_in(login="anna")
    centre.administration.write(partial(People(CHEAP).disable, login="anna"))
    assert refused(caller, SIGN_OUT_AT_CENTRE, SignOut()) == "session_over"
    with pytest.raises(Refusal) as refusal:
        centre.sign_in(caller, "anna")
    assert refusal.value.code == "sign_in_wrong"


def test_signing_in_is_audited_with_its_outcome(centre: Centre) -> None:
    person_id = centre.person("anna")
    caller = centre.seat()
    refused(caller, SIGN_IN_AT_CENTRE, SignIn(login="anna", password="wrong" * 3))
    refused(caller, SIGN_IN_AT_CENTRE, SignIn(login="nobody", password="wrong" * 3))
    centre.sign_in(caller, "anna")
    assert centre.rows(
        "SELECT outcome, subject FROM audit WHERE operation = 'session.open' ORDER BY seq"
    ) == [("sign_in_wrong", person_id), ("sign_in_wrong", None), ("done", person_id)]
