"""Attempts and movements: each once, whatever is repeated, lost or restarted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId
from app.values.vocabulary import AttemptState, DeclineReason
from app.vault.envelope import Card
from app.vault.keys import KeyFolder
from app.vault.providers.provider import Note
from app.wire.payments import Envelope
from app.wire.vault import AskLink, Attempted, Authorise, LinkOffered, MoveMoney, OfferLink
from tests.fakes import FixedClock
from tests.vault.sealing import bound
from tests.vault.vaults import VaultUnderTest, a_move, pounds

LATE = "4000000000000341"
DECLINED = "4000000000000002"


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        work()
    return refusal.value.code


class SlowBank:
    """A provider that answers when it is told to, and counts what it did."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[AttemptId] = []
        self.moved: list[MoveMoney] = []
        self.is_in = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.trouble: Exception | None = None
        self.outcome: Attempted | None = None

    def authorise(self, card: Card, request: Authorise, note: Note) -> Attempted:
        self.asked.append(request.attempt_id)
        note("slow-1")
        self.is_in.set()
        assert self.go_on.wait(20)
        if self.trouble:
            raise self.trouble
        return Attempted(
            attempt_id=request.attempt_id,
            state=AttemptState.AUTHORISED,
            reference="slow-1",
            approved=request.amount,
            last_four=card.last_four(),
        )

    def attempt(self, attempt_id: AttemptId, reference: str) -> Attempted | None:
        if self.trouble:
            raise self.trouble
        return self.outcome

    def capture(self, move: MoveMoney) -> None:
        self._move(move)

    def void(self, move: MoveMoney) -> None:
        self._move(move)

    def refund(self, move: MoveMoney) -> None:
        self._move(move)

    def _move(self, move: MoveMoney) -> None:
        if self.trouble:
            raise self.trouble
        self.moved.append(move)

    def offer_link(self, request: OfferLink) -> LinkOffered:
        raise NotImplementedError

    def link(self, request: AskLink) -> LinkOffered:
        raise NotImplementedError

    def cancel_link(self, request: AskLink) -> LinkOffered:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing to let go."""


def silence() -> Unreachable:
    return Unreachable("provider_silent", "No answer.")


@pytest.fixture
def bank() -> SlowBank:
    return SlowBank()


@pytest.fixture
def at_bank(
    tmp_path: Path, clock: FixedClock, keys_made_once: KeyFolder, bank: SlowBank
) -> VaultUnderTest:
    return VaultUnderTest(tmp_path, clock, keys_made_once, bank)


def test_an_attempt_is_carried_out_once(at_bank: VaultUnderTest, bank: SlowBank) -> None:
    request = at_bank.request()
    with at_bank:
        first, again = at_bank.vault.authorise(request), at_bank.vault.authorise(request)
    assert first == again
    assert len(bank.asked) == 1


def test_an_attempt_is_carried_out_once_over_a_restart(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    with at_bank:
        first = at_bank.authorise()
        at_bank.restart()
        assert at_bank.authorise() == first
    assert len(bank.asked) == 1


def test_a_twin_that_comes_meanwhile_hears_that_it_is_under_way(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    bank.go_on.clear()
    request = at_bank.request()
    told: list[Attempted] = []
    asking = threading.Thread(target=lambda: told.append(at_bank.vault.authorise(request)))
    with at_bank:
        asking.start()
        assert bank.is_in.wait(20)
        assert at_bank.vault.authorise(request).state is AttemptState.STARTED
        assert at_bank.ask().state is AttemptState.STARTED
        bank.go_on.set()
        asking.join()
        assert at_bank.ask() == told[0]
    assert len(bank.asked) == 1


def test_the_same_id_for_another_amount_is_refused(vault: VaultUnderTest) -> None:
    vault.authorise()
    for other in (bound(minor=5_000), bound(order=2)):
        assert refused(partial(vault.authorise, to=other)) == "attempt_reused"


def test_the_same_id_with_a_fresh_envelope_is_the_same_attempt(vault: VaultUnderTest) -> None:
    assert vault.authorise() == vault.authorise()


def test_an_id_that_was_asked_for_is_closed_for_ever(vault: VaultUnderTest) -> None:
    assert refused(vault.ask) == "attempt_unknown"
    vault.restart()
    assert refused(vault.authorise) == "attempt_closed"
    assert refused(vault.ask) == "attempt_unknown"


def test_an_envelope_that_does_not_open_leaves_no_attempt(vault: VaultUnderTest) -> None:
    request = vault.request(to=bound(minor=1))
    wrong = Authorise(
        attempt_id=request.attempt_id,
        order_id=request.order_id,
        amount=pounds(2),
        envelope=request.envelope,
    )
    assert refused(lambda: vault.vault.authorise(wrong)) == "envelope_not_for_this"
    assert refused(vault.ask) == "attempt_unknown"


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_is_not_an_amount(vault: VaultUnderTest, minor: int) -> None:
    assert refused(lambda: vault.authorise(to=bound(minor=minor))) == "amount_wrong"


def test_a_lost_answer_is_unknown_until_it_is_asked_for(vault: VaultUnderTest) -> None:
    assert vault.authorise(LATE).state is AttemptState.UNKNOWN
    assert vault.authorise(LATE).state is AttemptState.UNKNOWN
    told = vault.ask()
    assert (told.state, told.approved) == (AttemptState.AUTHORISED, pounds(4_999))
    assert vault.authorise(LATE) == told


def test_what_a_vault_that_died_had_begun_is_asked_for(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    bank.trouble = KeyboardInterrupt()  # type: ignore[assignment]  # stands for kill -9
    with at_bank:
        with pytest.raises(KeyboardInterrupt):
            at_bank.authorise()
        at_bank.restart()
        bank.trouble = None
        assert at_bank.authorise().state is AttemptState.STARTED
        assert at_bank.ask().state is AttemptState.FAILED
        assert at_bank.authorise().state is AttemptState.FAILED
    assert len(bank.asked) == 1


def test_while_the_bank_is_away_nobody_says_what_became_of_it(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    bank.trouble = silence()
    with at_bank:
        assert at_bank.authorise().state is AttemptState.UNKNOWN
        assert at_bank.ask().state is AttemptState.UNKNOWN


def test_a_provider_that_certainly_did_nothing_ends_the_attempt(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    bank.trouble = Refusal("provider_away", "Nothing was taken.")
    with at_bank:
        assert refused(at_bank.authorise) == "provider_away"
        assert at_bank.ask().state is AttemptState.FAILED


def test_money_is_taken_in_parts_and_never_more_than_was_authorised(vault: VaultUnderTest) -> None:
    told = vault.authorise()
    assert vault.vault.capture(a_move(told, 1, 4_000)).captured == pounds(4_000)
    assert refused(lambda: vault.vault.capture(a_move(told, 2, 1_000))) == "amount_too_large"
    now = vault.vault.capture(a_move(told, 3, 999))
    assert (now.state, now.captured) == (AttemptState.CAPTURED, pounds(4_999))


def test_no_more_is_given_back_than_was_taken(vault: VaultUnderTest) -> None:
    told = vault.authorise()
    assert refused(lambda: vault.vault.refund(a_move(told, 1, 1))) == "amount_too_large"
    vault.vault.capture(a_move(told, 2, 3_000))
    part = vault.vault.refund(a_move(told, 3, 1_000))
    assert (part.state, part.refunded) == (AttemptState.CAPTURED, pounds(1_000))
    assert refused(lambda: vault.vault.refund(a_move(told, 4, 2_001))) == "amount_too_large"
    assert vault.vault.refund(a_move(told, 5, 2_000)).state is AttemptState.REFUNDED


def test_a_movement_is_done_once(at_bank: VaultUnderTest, bank: SlowBank) -> None:
    with at_bank:
        told = at_bank.authorise()
        move = a_move(told, 1, 4_999)
        first = at_bank.vault.capture(move)
        at_bank.restart()
        assert at_bank.vault.capture(move) == first
        assert refused(lambda: at_bank.vault.capture(a_move(told, 1, 1))) == "movement_reused"
        assert refused(lambda: at_bank.vault.refund(a_move(told, 1, 1))) == "movement_reused"
    assert bank.moved == [move]


def test_a_movement_whose_answer_was_lost_holds_its_money_and_is_asked_for_again(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    with at_bank:
        told = at_bank.authorise()
        bank.trouble = silence()
        with pytest.raises(Unreachable):
            at_bank.vault.capture(a_move(told, 1, 3_000))
        bank.trouble = None
        too_much = a_move(told, 2, 2_000)
        assert refused(lambda: at_bank.vault.capture(too_much)) == "amount_too_large"
        assert at_bank.vault.capture(a_move(told, 1, 3_000)).captured == pounds(3_000)


def test_a_movement_the_provider_will_not_do_frees_its_money(
    at_bank: VaultUnderTest, bank: SlowBank
) -> None:
    with at_bank:
        told = at_bank.authorise()
        bank.trouble = Refusal("provider_refuses", "No.")
        assert refused(lambda: at_bank.vault.capture(a_move(told, 1, 4_999))) == "provider_refuses"
        bank.trouble = None
        assert refused(lambda: at_bank.vault.capture(a_move(told, 1, 4_999))) == "provider_refuses"
        assert at_bank.vault.capture(a_move(told, 2, 4_999)).captured == pounds(4_999)


def test_a_voided_authorisation_is_given_back_once_and_not_used(vault: VaultUnderTest) -> None:
    told = vault.authorise()
    assert vault.vault.void(a_move(told, 1)).state is AttemptState.VOIDED
    assert vault.vault.void(a_move(told, 2)).state is AttemptState.VOIDED
    assert refused(lambda: vault.vault.capture(a_move(told, 3, 1))) == "attempt_not_authorised"


def test_what_was_taken_is_not_voided(vault: VaultUnderTest) -> None:
    told = vault.authorise()
    vault.vault.capture(a_move(told, 1, 1))
    assert refused(lambda: vault.vault.void(a_move(told, 2))) == "captured_already"


def test_a_decline_is_voided_as_it_is_and_never_captured(vault: VaultUnderTest) -> None:
    told = vault.authorise(DECLINED)
    assert told.decline is DeclineReason.DECLINED
    assert vault.vault.void(a_move(told, 1)) == told
    assert refused(lambda: vault.vault.capture(a_move(told, 2, 1))) == "attempt_not_authorised"


def test_what_nobody_knows_is_not_moved(vault: VaultUnderTest) -> None:
    vault.authorise(LATE)
    known = vault.vault.authorise(vault.request(LATE))
    move = a_move(known, 1)
    assert refused(lambda: vault.vault.void(move)) in {"attempt_open", "reference_wrong"}


@pytest.mark.parametrize("minor", [None, 0, -5])
def test_a_capture_says_how_much(vault: VaultUnderTest, minor: int | None) -> None:
    told = vault.authorise()
    assert refused(lambda: vault.vault.capture(a_move(told, 1, minor))) == "amount_wrong"


def test_the_reference_of_another_payment_is_refused(vault: VaultUnderTest) -> None:
    told, other = vault.authorise(), vault.authorise(to=bound(order=9, attempt=109))
    move = a_move(told, 1, 100)
    mixed = MoveMoney(
        movement_id=move.movement_id,
        attempt_id=told.attempt_id,
        reference=other.reference,
        amount=move.amount,
    )
    assert refused(lambda: vault.vault.capture(mixed)) == "reference_wrong"


def test_two_captures_at_once_never_take_too_much(vault: VaultUnderTest) -> None:
    told = vault.authorise()
    outcomes: list[str] = []

    def take(movement: int) -> None:
        try:
            vault.vault.capture(a_move(told, movement, 3_000))
            outcomes.append("taken")
        except Refusal as refusal:
            outcomes.append(refusal.code)

    both = [threading.Thread(target=take, args=(movement,)) for movement in (1, 2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["amount_too_large", "taken"]


def test_the_digest_of_an_attempt_has_nothing_of_the_envelope(vault: VaultUnderTest) -> None:
    request = vault.request()
    first: Envelope = request.envelope
    assert vault.vault.authorise(request) == vault.authorise()
    assert vault.request().envelope != first
