"""A gateway that opens envelopes itself: what it is sent, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from app.adapters.card_gateway.line import GatewayLine
from app.adapters.card_gateway.passthrough import PassthroughGateway
from app.services.central.card_gateway import CardGateway
from app.values.errors import Refusal, Unreachable
from app.values.identity import MovementId
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason, LinkState
from app.vault.keys import KeyFolder
from app.wire.message import encode
from app.wire.vault import AskAttempted, AskLink, Authorise, CardKeys, MoveMoney
from tests.adapters.card_gateway.gateways import Canned, canned
from tests.builders import A_MORNING, an_id
from tests.fakes import CountingIds, FixedClock
from tests.vault.sealing import bound, seal
from tests.vault.vaults import BILLING, a_link, pounds

APPROVED = (
    b'{"status":"authorised","reference":"g-1","token":"t-1","currency":"GBP","approved":4999,'
    b'"brand":"Visa","last_four":"4242","checks":{"address":"match","postcode":"mismatch"},"x":1}'
)


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `readback vault sign` prints for the gateway's public key."""
    folder = tmp_path_factory.mktemp("vault") / "vault"
    keys = KeyFolder(folder, FixedClock())
    keys.create(CountingIds())
    theirs = generate_private_key(public_exponent=65_537, key_size=2048).public_key()
    key = keys.sign("gateway-7", theirs, A_MORNING + timedelta(days=90))
    path = folder.parent / "gateway-keys.json"
    path.write_bytes(encode(CardKeys(keys=(key,), root_key=keys.root_key())))
    return path


@pytest.fixture
def bank() -> Iterator[Canned]:
    with canned() as made:
        yield made


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def gateway(bank: Canned, keys_file: Path, clock: FixedClock) -> Iterator[CardGateway]:
    made = PassthroughGateway("gateway", GatewayLine(bank.url, "secret"), clock, keys_file)
    yield made
    made.close()


def an_authorise(gateway: CardGateway) -> Authorise:
    to = bound()
    return Authorise(
        attempt_id=to.attempt_id,
        order_id=to.order_id,
        amount=to.amount,
        envelope=seal(gateway.keys().keys[0], to),
        billing=BILLING,
    )


def a_move(minor: int | None = None) -> MoveMoney:
    return MoveMoney(
        movement_id=MovementId(an_id(9)),
        attempt_id=bound().attempt_id,
        reference="g-1",
        amount=None if minor is None else pounds(minor),
    )


def test_the_envelope_goes_on_as_it_is(gateway: CardGateway, bank: Canned) -> None:
    request = an_authorise(gateway)
    bank.say(201, APPROVED)
    told = gateway.authorise(request)
    (asked,) = bank.asked
    assert (asked.path, asked.fields["encrypted_card"]) == ("/payments", request.envelope)
    assert asked.headers["idempotency-key"] == asked.fields["id"] == str(request.attempt_id)
    assert asked.headers["authorization"] == "Bearer secret"
    assert (told.state, told.approved, told.last_four) == ("authorised", pounds(4_999), "4242")
    assert (told.address_check, told.postcode_check) == (CheckResult.MATCH, CheckResult.MISMATCH)


def test_a_decline_is_an_outcome(gateway: CardGateway, bank: Canned) -> None:
    bank.say(200, b'{"status":"declined","decline":"insufficient_funds"}')
    assert gateway.authorise(an_authorise(gateway)).decline is DeclineReason.INSUFFICIENT_FUNDS


@pytest.mark.parametrize("sums", ['"approved":100', '"approved":-1,"currency":"GBP"'])
def test_a_sum_that_says_nothing_is_no_approval_of_all_of_it(
    gateway: CardGateway, bank: Canned, sums: str
) -> None:
    bank.say(200, f'{{"status":"authorised",{sums}}}'.encode())
    with pytest.raises(Unreachable):
        gateway.authorise(an_authorise(gateway))


def test_no_more_than_four_digits_are_taken_from_an_answer(
    gateway: CardGateway, bank: Canned
) -> None:
    bank.say(200, b'{"status":"authorised","last_four":"0000001234"}')
    assert gateway.authorise(an_authorise(gateway)).last_four == "1234"


@pytest.mark.parametrize(
    ("kind", "path"), [("capture", "captures"), ("void", "voids"), ("refund", "refunds")]
)
def test_movements_have_their_own_addresses_and_keys(
    gateway: CardGateway, bank: Canned, kind: str, path: str
) -> None:
    bank.say(200, b'{"status":"captured","currency":"GBP","captured":100}')
    act: Callable[[MoveMoney], object] = getattr(gateway, kind)
    act(a_move(None if kind == "void" else 100))
    (asked,) = bank.asked
    assert asked.path == f"/payments/{bound().attempt_id}/{path}"
    assert asked.headers["idempotency-key"] == str(an_id(9))
    assert ("amount" in asked.fields) is (kind != "void")


def test_an_unknown_attempt_is_closed_by_asking(gateway: CardGateway, bank: Canned) -> None:
    bank.say(404, b'{"code":"unknown"}')
    with pytest.raises(Refusal) as refusal:
        gateway.attempt(AskAttempted(attempt_id=bound().attempt_id))
    assert refusal.value.code == "attempt_unknown"
    assert bank.asked[0].path.endswith("/outcome")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>"),
        (404, b"{}"),
        (500, b"{}"),
        (503, b""),
        (429, b""),
        (200, b"[]"),
        (302, b""),
    ],
)
def test_what_is_not_the_gateways_word_leaves_the_outcome_unknown(
    gateway: CardGateway, bank: Canned, status: int, body: bytes
) -> None:
    bank.say(status, body)
    with pytest.raises(Unreachable):
        gateway.attempt(AskAttempted(attempt_id=bound().attempt_id))


def test_a_refusal_of_the_gateway_is_handed_on(gateway: CardGateway, bank: Canned) -> None:
    bank.say(422, b'{"code":"too_much","sentence":"No more is left."}')
    with pytest.raises(Refusal, match=r"No more is left\."):
        gateway.capture(a_move(100))


def test_links_are_offered_asked_for_and_cancelled(gateway: CardGateway, bank: Canned) -> None:
    offer = a_link()
    bank.say(201, b'{"url":"https://pay.example/x","status":"sent"}')
    assert gateway.offer_link(offer).url == "https://pay.example/x"
    bank.say(200, b'{"url":"https://pay.example/x","status":"paid_twice","paid":2}')
    assert gateway.link(AskLink(link_id=offer.link_id)).state is LinkState.PAID_TWICE
    gateway.cancel_link(AskLink(link_id=offer.link_id))
    paths = [(asked.method, asked.path.partition(str(offer.link_id))[2]) for asked in bank.asked]
    assert paths == [("POST", ""), ("GET", ""), ("POST", "/cancel")]


def test_a_key_that_is_over_is_not_handed_on(gateway: CardGateway, clock: FixedClock) -> None:
    assert gateway.keys().keys[0].kid == "gateway-7"
    clock.advance(days=90)
    with pytest.raises(Refusal) as refusal:
        gateway.keys()
    assert refusal.value.code == "card_keys_wrong"


def test_an_unsigned_key_is_refused_at_the_start(
    bank: Canned, keys_file: Path, tmp_path: Path, clock: FixedClock
) -> None:
    forged = tmp_path / "keys.json"
    forged.write_bytes(keys_file.read_bytes().replace(b"gateway-7", b"gateway-8"))
    line = GatewayLine(bank.url, "secret")
    with pytest.raises(Refusal) as refusal:
        PassthroughGateway("gateway", line, clock, forged)
    line.close()
    assert refusal.value.code == "card_keys_wrong"


def test_the_state_of_an_attempt_is_read(gateway: CardGateway, bank: Canned) -> None:
    bank.say(200, APPROVED)
    told = gateway.attempt(AskAttempted(attempt_id=bound().attempt_id))
    assert told.state is AttemptState.AUTHORISED
