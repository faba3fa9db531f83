"""The centre's end of the wire, over a real socket."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.transport.openapi import openapi
from app.transport.server import (
    SAGAS_PER_THREAD,
    HttpServer,
    Listening,
    Routes,
    ServiceThreads,
)
from app.values.clock import SystemClock
from app.values.errors import Refusal, Unreachable
from app.wire.message import LARGEST_BODY_BYTES
from app.wire.operations import CENTRAL, ENROL_DEVICE, HEARTBEAT, SIGN_IN_AT_CENTRE
from app.wire.signed import REQUEST, TIME, milliseconds
from app.wire.sync import Heartbeat
from tests.centre import Centre

TABLE = (ENROL_DEVICE, SIGN_IN_AT_CENTRE, HEARTBEAT)


@pytest.fixture
def centre(central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, TABLE)
    yield made
    made.close()


@pytest.fixture
def line(centre: Centre) -> Iterator[httpx2.Client]:
    with (
        centre.over_http() as carrier,
        httpx2.Client(base_url=carrier.url, trust_env=False) as client,
    ):
        yield client


def test_it_says_that_it_lives_and_that_it_is_ready(line: httpx2.Client) -> None:
    assert line.get("/healthz").status_code == 200
    assert line.get("/readyz").status_code == 200


def test_it_is_not_ready_while_the_database_is_not_fit(centre: Centre, line: httpx2.Client) -> None:
    centre.is_fit = False
    reply = line.get("/readyz")
    assert (reply.status_code, reply.json()["code"]) == (503, "database_older")
    assert line.get("/healthz").status_code == 200


def test_every_answer_tells_the_time_and_a_request_id(centre: Centre, line: httpx2.Client) -> None:
    reply = line.post("/v1/device.heartbeat", content=b"{}")
    assert reply.status_code == 401
    assert reply.headers[TIME] == str(milliseconds(centre.clock.now()))
    (event,) = centre.log.named("request")
    assert event["request_id"] == reply.headers[REQUEST]
    assert event["code"] == "unsigned"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/device.heartbeat", 405),
        ("DELETE", "/v1/device.heartbeat", 405),
        ("POST", "/v1/no.such.operation", 404),
        ("POST", "/v1/a/b", 404),
        ("POST", "/healthz", 405),
    ],
)
def test_what_is_not_there_is_refused_in_json(
    line: httpx2.Client, method: str, path: str, status: int
) -> None:
    reply = line.request(method, path)
    assert reply.status_code == status
    assert reply.json()["sentence"]


def test_a_body_that_is_too_large_is_refused_by_what_it_announces(line: httpx2.Client) -> None:
    reply = line.post("/v1/device.heartbeat", content=b"x" * (LARGEST_BODY_BYTES + 1))
    assert (reply.status_code, reply.json()["code"]) == (413, "body_too_large")


def test_a_body_that_is_too_large_is_refused_without_announcement(line: httpx2.Client) -> None:
    pieces = (b"x" * 65_536 for _ in range(LARGEST_BODY_BYTES // 65_536 + 1))
    reply = line.post("/v1/device.heartbeat", content=pieces)
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"readback-device": "x"},
        {"readback-device": "ÿ", "readback-time": "1"},
        {"idempotency-key": "not-a-uuid"},
        {"readback-time": "9" * 400},
    ],
)
def test_misshapen_headers_are_refused(line: httpx2.Client, headers: dict[str, str]) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    reply = line.post("/v1/device.heartbeat", content=b"{}", headers=encoded)
    assert reply.status_code in {400, 401}


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'{"code": 5}', b"\xff\xfe"])
def test_a_body_that_is_no_request_is_refused(line: httpx2.Client, body: bytes) -> None:
    reply = line.post("/v1/device.enrol", content=body)
    assert (reply.status_code, reply.json()["code"]) == (400, "malformed")


def test_openapi_is_served_and_valid(line: httpx2.Client) -> None:
    document = line.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_openapi_has_every_operation_of_the_centre() -> None:
    document = openapi(CENTRAL, "1")
    assert set(document["paths"]) == {f"/v1/{row.name}" for row in CENTRAL}
    assert json.dumps(document)


@pytest.mark.parametrize("address", ["", "8470", "localhost:", "localhost:x", ":1", "h:70000"])
def test_an_address_that_cannot_be_listened_on_is_refused(address: str) -> None:
    with pytest.raises(Refusal) as refusal:
        Listening(address=address).host_and_port()
    assert refusal.value.code == "listen_malformed"


@pytest.mark.parametrize("address", ["0.0.0.0:8470", "10.1.2.3:1", "[::]:8470", "centre.example:1"])
def test_beyond_this_machine_it_wants_tls(address: str) -> None:
    with pytest.raises(Refusal) as refusal:
        Listening(address=address).require_private()
    assert refusal.value.code == "listen_needs_tls"
    Listening(address=address, behind_tls_proxy=True).require_private()


def test_a_certificate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.pem"
    listening = Listening(address="0.0.0.0:0", certificate=nowhere, certificate_key=nowhere)
    with pytest.raises(Refusal) as refusal:
        listening.require_private()
    assert refusal.value.code == "certificate_unreadable"


def test_a_seat_talks_to_it_over_tls_with_the_certificates_of_the_system(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with centre.over_http(certificate, key) as carrier:
        assert carrier.url.startswith("https://")
        beat = Heartbeat(waiting=0, version="test")
        assert centre.seat().call(HEARTBEAT, beat).now == centre.clock.now()
        carrier.close()  # a TLS connection that stays open is waited for at the end


def test_a_certificate_that_nobody_trusts_is_not_talked_to(centre: Centre, tmp_path: Path) -> None:
    with centre.over_http(*a_certificate(tmp_path)), pytest.raises(Unreachable):
        centre.seat()


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = SystemClock().now()
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(built.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.mark.parametrize("address", ["127.0.0.1:8470", "localhost:0", "[::1]:8470"])
def test_on_this_machine_it_does_not(address: str) -> None:
    Listening(address=address).require_private()


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        Listening(address="127.0.0.1:0", certificate=Path("c.pem")).require_private()
    assert refusal.value.code == "certificate_incomplete"


def test_an_address_that_is_taken_is_refused_in_words(centre: Centre) -> None:
    threads = ServiceThreads(1)
    routes = Routes(
        centre.dispatcher, centre.store.ping, threads, centre.clock, centre.ids, version="test"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Refusal, match="already in use"):
            HttpServer(routes, threads, Listening(address=address))


def test_banks_that_take_their_time_hold_up_no_recording_that_is_to_go_on() -> None:
    goes_on = threading.Event()
    heard: list[bool] = []

    def bank() -> None:
        heard.append(goes_on.wait(10))

    async def ask() -> None:
        threads = ServiceThreads(1)
        async with anyio.create_task_group() as group:
            for _ in range(2 * SAGAS_PER_THREAD):
                group.start_soon(threads.run_saga, "payments.authorise", bank)
            await anyio.lowlevel.checkpoint()
            await threads.run_saga("recording.release", goes_on.set)

    anyio.run(ask)
    assert heard == [True] * 2 * SAGAS_PER_THREAD


def test_who_only_keeps_a_tls_connection_open_does_not_hold_up_the_end(
    centre: Centre, tmp_path: Path
) -> None:
    """asyncio waits half a minute for the goodbye of a TLS peer; a desk that idles sends none."""
    certificate, key = a_certificate(tmp_path)
    with closing(socket.socket()) as plain:
        with centre.over_http(certificate, key) as carrier:
            line = idle_tls(plain, urlsplit(carrier.url).port or 0, certificate)
        assert "server under test" not in {thread.name for thread in threading.enumerate()}
        line.close()


def idle_tls(plain: socket.socket, port: int, certificate: Path) -> ssl.SSLSocket:
    """A connection that has had an answer and says nothing more, not even goodbye."""
    plain.connect(("127.0.0.1", port))
    trusting = ssl.create_default_context(cafile=str(certificate))
    line = trusting.wrap_socket(plain, server_hostname="127.0.0.1")
    line.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    assert line.recv(65_536).startswith(b"HTTP/1.1 200")
    return line


def test_a_request_keeps_the_name_that_the_desk_gave_it(line: httpx2.Client) -> None:
    name = "0123456789abcdef" * 2
    reply = line.post("/v1/device.enrol", content=b"{}", headers={"readback-request": name})
    assert reply.headers["readback-request"] == name


@pytest.mark.parametrize("name", ["", "x", "A" * 32, "0" * 33, "<script>"])
def test_a_name_that_is_none_is_not_taken_over(line: httpx2.Client, name: str) -> None:
    reply = line.post("/v1/device.enrol", content=b"{}", headers={"readback-request": name})
    assert re.fullmatch("[0-9a-f]{32}", reply.headers["readback-request"])
