"""The vault over a real socket: who may come in, what is answered, what is kept."""

from __future__ import annotations

import gc
import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from app.values.card_brands import passes_luhn
from app.values.errors import Refusal
from app.vault.providers.sandbox_cards import SAYINGS
from app.vault.server import VaultAddress, VaultServer
from app.wire.message import encode
from app.wire.vault import Attempted, Authorise, CardKeys, LinkOffered
from tests.fakes import FixedClock
from tests.vault.sealing import bound, seal
from tests.vault.serving import Served, served
from tests.vault.vaults import BILLING, a_link

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def vault(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all: each test has attempts of its own."""
    folder = shutil.copytree(made_once, tmp_path_factory.mktemp("served") / "vault")
    with served(folder, FixedClock()) as made:
        yield made


@pytest.fixture(scope="module")
def line(vault: Served) -> Iterator[httpx2.Client]:
    headers = JSON | {"authorization": f"Bearer {vault.token}"}
    with httpx2.Client(base_url=vault.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def stranger() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False) as client:
        yield client


def an_authorise(line: httpx2.Client, number: str, place: int) -> Authorise:
    to = bound(order=place, attempt=1_000 + place)
    keys = msgspec.json.decode(line.post("/v1/keys", content=b"{}").content, type=CardKeys)
    code = "1234" if number[0] == "3" and len(number) == 15 else "123"
    return Authorise(
        attempt_id=to.attempt_id,
        order_id=to.order_id,
        amount=to.amount,
        envelope=seal(keys.keys[0], to, number, code=code),
        billing=BILLING,
    )


def code_of(reply: httpx2.Response) -> str:
    return str(reply.json()["code"])


def test_a_card_is_authorised(line: httpx2.Client) -> None:
    request = an_authorise(line, "4242424242424242", 900)
    reply = line.post("/v1/authorise", content=encode(request))
    told = msgspec.json.decode(reply.content, type=Attempted)
    assert (reply.status_code, told.last_four, told.brand) == (200, "4242", "Visa")
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", "Basic x", "Bearer \u00e9"])
def test_who_does_not_show_the_token_is_not_let_in(
    vault: Served, stranger: httpx2.Client, shown: str
) -> None:
    headers = [(b"authorization", shown.encode("latin-1"))]
    for name in ("keys", "authorise", "no_such_thing"):
        reply = stranger.post(f"{vault.url}/v1/{name}", content=b"{}", headers=headers)
        assert (reply.status_code, code_of(reply)) == (401, "unauthorised")


def test_health_needs_no_token(vault: Served, stranger: httpx2.Client) -> None:
    assert stranger.get(f"{vault.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("no_such_thing", b"{}", 404, "no_such_route"),
        ("authorise", b"", 400, "malformed"),
        ("authorise", b"{", 400, "malformed"),
        ("authorise", b"\xff", 400, "malformed"),
        ("authorise", b"{}", 400, "malformed"),
        ("attempt", b'{"attempt_id": "x"}', 400, "malformed"),
        ("authorise", b"x" * 16_385, 413, "body_too_large"),
    ],
    ids=["nowhere", "empty", "half", "no text", "nothing in it", "no id", "too large"],
)
def test_what_is_no_request_is_refused_in_json(
    line: httpx2.Client, name: str, body: bytes, status: int, code: str
) -> None:
    reply = line.post(f"/v1/{name}", content=body)
    assert (reply.status_code, code_of(reply)) == (status, code)


def test_a_large_body_is_refused_without_announcement(line: httpx2.Client) -> None:
    reply = line.post("/v1/authorise", content=(b"x" * 4_096 for _ in range(5)))
    assert reply.status_code == 413


@pytest.mark.parametrize("path", ["/", "/v1/keys", "/docs", "/pay", "/pay/x/refund"])
def test_what_is_not_there_is_refused(line: httpx2.Client, path: str) -> None:
    assert line.get(path).status_code in {404, 405}


def test_an_unknown_attempt_is_not_found_and_then_closed(line: httpx2.Client) -> None:
    request = an_authorise(line, "4242424242424242", 901)
    asked = line.post("/v1/attempt", content=encode({"attempt_id": request.attempt_id}))
    late = line.post("/v1/authorise", content=encode(request))
    assert (asked.status_code, code_of(asked)) == (404, "attempt_unknown")
    assert (late.status_code, code_of(late)) == (422, "attempt_closed")


def test_a_second_vault_over_the_same_folder_is_refused(vault: Served) -> None:
    with pytest.raises(Refusal) as refusal, served(vault.folder, FixedClock()):
        pass
    assert refusal.value.code == "vault_running"


def test_a_log_line_says_what_was_asked_and_how_it_went(vault: Served, line: httpx2.Client) -> None:
    line.post("/v1/authorise", content=b"{}")
    event = json.loads(vault.log.splitlines()[-1])
    assert (event["operation"], event["status"], event["code"]) == ("authorise", 400, "malformed")


@pytest.mark.parametrize("address", ["0.0.0.0:1", "10.1.2.3:1", "[::]:1", "vault.example:1"])
def test_beyond_this_machine_it_wants_a_certificate(address: str) -> None:
    with pytest.raises(Refusal) as refusal:
        VaultServer(VaultAddress(address=address))
    assert refusal.value.code == "listen_needs_tls"


def test_a_certificate_that_does_not_work_is_refused(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.pem"
    with pytest.raises(Refusal) as refusal:
        VaultServer(
            VaultAddress(address="127.0.0.1:0", certificate=nowhere, certificate_key=nowhere)
        )
    assert refusal.value.code == "certificate_unreadable"


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        VaultServer(VaultAddress(address="127.0.0.1:0", certificate=tmp_path / "x.pem"))
    assert refusal.value.code == "certificate_incomplete"


@pytest.mark.parametrize("address", ["", "8480", "127.0.0.1:", "127.0.0.1:x", "h:70000"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Refusal) as refusal:
        VaultServer(VaultAddress(address=address))
    assert refusal.value.code == "listen_malformed"


def made_up_number() -> str:
    """Another in every run, so that no test number in the program is taken for it."""
    body = "4929" + "".join(str(secrets.randbelow(10)) for _ in range(11))
    return next(body + last for last in "0123456789" if passes_luhn(body + last))


def test_no_card_data_is_stored_logged_or_left_in_objects(
    vault: Served, line: httpx2.Client
) -> None:
    code = "987654321012"[:3]
    numbers = [*(number.decode() for number in SAYINGS), made_up_number()]
    for place, number in enumerate(numbers):
        line.post("/v1/authorise", content=encode(an_authorise(line, number, place)))
    answers = line.post(
        "/v1/attempt", content=encode({"attempt_id": bound(attempt=1_000).attempt_id})
    )
    files = {path: path.read_bytes() for path in vault.folder.rglob("*") if path.is_file()}
    kept = b"\n".join(files.values()) + vault.log.encode() + answers.content
    assert len(files) >= 8
    assert [place for place, number in enumerate(numbers) if number.encode() in kept] == []
    assert [place for place, number in enumerate(numbers) if number[:12].encode() in kept] == []
    assert f'"{code}"'.encode() not in kept


def test_the_digits_of_a_card_are_in_no_object_afterwards(line: httpx2.Client) -> None:
    number = made_up_number()
    request = an_authorise(line, number, 902)
    halves = (number[:8], number[8:])
    del number
    line.post("/v1/authorise", content=encode(request))
    gc.collect()
    whole = "".join(halves).encode()
    held = [
        type(found).__name__
        for found in gc.get_objects()
        if isinstance(found, (dict, list, tuple, set))
        for item in (found.values() if isinstance(found, dict) else found)
        if isinstance(item, (str, bytes, bytearray)) and item is not whole
        if (item.encode("utf-8", "replace") if isinstance(item, str) else item).find(whole) >= 0
    ]
    assert held == []


def test_a_pay_page_is_opened_and_paid_in_a_browser(
    stranger: httpx2.Client, line: httpx2.Client
) -> None:
    offered = link_of(line, "offer_link", encode(a_link()))
    browser = stranger.get(offered.url)
    assert browser.status_code == 200
    assert "default-src 'none'" in browser.headers["content-security-policy"]
    assert browser.headers["cache-control"] == "no-store"
    assert stranger.post(f"{offered.url}/pay").status_code == 200
    asked = link_of(line, "link", encode({"link_id": offered.link_id}))
    assert (asked.state, asked.paid) == ("paid", 1)


def link_of(line: httpx2.Client, name: str, body: bytes) -> LinkOffered:
    return msgspec.json.decode(line.post(f"/v1/{name}", content=body).content, type=LinkOffered)
