"""The centre's gateway against a real vault, and against what is none."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from app.adapters.card_gateway.line import GatewayLine
from app.adapters.card_gateway.vault import KEYS_SECONDS, VaultGateway
from app.services.central.card_gateway import CardGateway
from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId, MovementId
from app.values.vocabulary import AttemptState, LinkState
from app.vault.keys import KeyFolder
from app.wire.message import encode
from app.wire.vault import AskAttempted, AskLink, Attempted, Authorise, CardKeys, MoveMoney
from tests.adapters.card_gateway.gateways import Canned, canned
from tests.builders import an_id
from tests.fakes import CountingIds, FixedClock
from tests.vault.sealing import bound, seal
from tests.vault.serving import Served, served
from tests.vault.vaults import BILLING, a_link, pounds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vault") / "vault"
    KeyFolder(made, FixedClock()).create(CountingIds())
    return made


@pytest.fixture(scope="module")
def vault(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = shutil.copytree(folder, tmp_path_factory.mktemp("served") / "vault")
    with served(own, FixedClock()) as made:
        yield made


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def gateway(vault: Served, clock: FixedClock) -> Iterator[CardGateway]:
    made = VaultGateway("vault", GatewayLine(vault.url, vault.token), clock)
    yield made
    made.close()


@pytest.fixture
def elsewhere() -> Iterator[Canned]:
    """Something that answers what it is told to."""
    with canned() as made:
        yield made


@pytest.fixture
def strange(elsewhere: Canned, clock: FixedClock) -> Iterator[CardGateway]:
    made = VaultGateway("vault", GatewayLine(elsewhere.url, "token", 1.0), clock)
    yield made
    made.close()


def an_authorise(gateway: CardGateway, place: int) -> Authorise:
    to = bound(order=place, attempt=place)
    return Authorise(
        attempt_id=to.attempt_id,
        order_id=to.order_id,
        amount=to.amount,
        envelope=seal(gateway.keys().keys[0], to),
        billing=BILLING,
    )


def a_move(told: Attempted, movement: int, minor: int | None = None) -> MoveMoney:
    return MoveMoney(
        movement_id=MovementId(an_id(movement)),
        attempt_id=told.attempt_id,
        reference=told.reference,
        amount=None if minor is None else pounds(minor),
    )


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        work()
    return refusal.value.code


def test_a_payment_is_authorised_captured_and_given_back(gateway: CardGateway) -> None:
    told = gateway.authorise(an_authorise(gateway, 1))
    taken = gateway.capture(a_move(told, 11, 4_999))
    back = gateway.refund(a_move(told, 12, 4_999))
    assert [step.state for step in (told, taken, back)] == ["authorised", "captured", "refunded"]
    assert gateway.attempt(AskAttempted(attempt_id=told.attempt_id)) == back


def test_a_payment_is_authorised_and_voided(gateway: CardGateway) -> None:
    told = gateway.authorise(an_authorise(gateway, 2))
    assert gateway.void(a_move(told, 21)).state is AttemptState.VOIDED


def test_a_refusal_of_the_vault_is_handed_on_with_its_sentence(gateway: CardGateway) -> None:
    told = gateway.authorise(an_authorise(gateway, 3))
    with pytest.raises(Refusal, match=r"No more than £49\.99 is left") as refusal:
        gateway.capture(a_move(told, 31, 5_000))
    assert (refusal.value.code, refusal.value.field) == ("amount_too_large", "amount")


def test_an_attempt_that_never_came_is_refused(gateway: CardGateway) -> None:
    ask = AskAttempted(attempt_id=AttemptId(an_id(4)))
    assert refused(lambda: gateway.attempt(ask)) == "attempt_unknown"
    assert refused(lambda: gateway.authorise(an_authorise(gateway, 4))) == "attempt_closed"


def test_a_link_is_offered_asked_for_and_cancelled(gateway: CardGateway) -> None:
    sent = gateway.offer_link(a_link())
    ask = AskLink(link_id=sent.link_id)
    assert gateway.link(ask) == sent
    assert gateway.cancel_link(ask).state is LinkState.CANCELLED


def test_keys_come_with_the_root_key_and_are_kept_for_a_while(
    vault: Served, gateway: CardGateway, clock: FixedClock
) -> None:
    first = gateway.keys()
    assert gateway.keys() is first
    clock.advance(seconds=KEYS_SECONDS + 1)
    assert gateway.keys() is not first
    assert first.root_key == vault.root_key


def test_keys_of_another_root_key_than_the_one_in_the_settings_are_not_handed_on(
    vault: Served, clock: FixedClock
) -> None:
    line = GatewayLine(vault.url, vault.token)
    made = VaultGateway("vault", line, clock, root_key="A" * 43)
    assert refused(made.keys) == "card_keys_wrong"
    made.close()


def test_keys_that_nobody_signed_are_not_handed_on(
    gateway: CardGateway, strange: CardGateway, elsewhere: Canned
) -> None:
    told = gateway.keys()
    forged = msgspec.structs.replace(told.keys[0], kid="another")
    elsewhere.say(200, encode(CardKeys(keys=(forged,), root_key=told.root_key)), vault=True)
    assert refused(strange.keys) == "card_keys_wrong"


def test_the_wrong_token_is_certain_and_said_in_words(vault: Served, clock: FixedClock) -> None:
    made = VaultGateway("vault", GatewayLine(vault.url, "wrong"), clock)
    with pytest.raises(Refusal, match="Nothing was taken"):
        made.attempt(AskAttempted(attempt_id=AttemptId(an_id(5))))
    made.close()


ANSWERS = {
    "a proxy's page": (200, b"<html>", False),
    "a proxy's answer": (200, b"{}", False),
    "a proxy's refusal": (404, b'{"code":"attempt_unknown","sentence":"x"}', False),
    "half an answer": (200, b'{"attempt_id":', True),
    "another message": (200, b'{"keys":[]}', True),
    "a broken vault": (500, b'{"code":"fault","sentence":"x"}', True),
    "a gateway that is away": (502, b"", False),
    "elsewhere": (307, b"", False),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_answer_of_the_vault_leaves_the_outcome_unknown(
    strange: CardGateway, elsewhere: Canned, name: str
) -> None:
    status, body, is_vault = ANSWERS[name]
    elsewhere.say(status, body, vault=is_vault)
    with pytest.raises(Unreachable):
        strange.attempt(AskAttempted(attempt_id=AttemptId(an_id(6))))


def test_silence_leaves_the_outcome_unknown(strange: CardGateway, elsewhere: Canned) -> None:
    elsewhere.keep_silent()
    with pytest.raises(Unreachable):
        strange.attempt(AskAttempted(attempt_id=AttemptId(an_id(7))))


def test_nobody_there_leaves_the_outcome_unknown(clock: FixedClock) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        made = VaultGateway("vault", GatewayLine(url, "token"), clock)
        with pytest.raises(Unreachable):
            made.keys()
        made.close()


def test_a_gateway_that_was_closed_is_unreachable(gateway: CardGateway) -> None:
    gateway.close()
    with pytest.raises(Unreachable):
        gateway.attempt(AskAttempted(attempt_id=AttemptId(an_id(8))))


def test_many_ask_at_once(folder: Path, tmp_path: Path, clock: FixedClock) -> None:
    told: list[AttemptState] = []
    # A vault of its own: its worker threads end with it.
    with served(shutil.copytree(folder, tmp_path / "vault"), clock) as vault:
        gateway = VaultGateway("vault", GatewayLine(vault.url, vault.token), clock)
        requests = [an_authorise(gateway, place) for place in range(50, 58)]

        def ask(request: Authorise) -> None:
            told.append(gateway.authorise(request).state)

        asking = [threading.Thread(target=ask, args=(request,)) for request in requests]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        gateway.close()
    assert told == [AttemptState.AUTHORISED] * 8
