"""The ledger of attempts: whatever is asked in whatever order, the ceilings hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.values.errors import Fault, Refusal
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState
from app.vault.attempts import SCHEMA, Attempts, Movement
from app.vault.ledger import Ledger
from app.wire.vault import Attempted, Authorise, MoveMoney
from tests.builders import an_id
from tests.vault.sealing import bound
from tests.vault.vaults import a_move

APPROVED_MINOR = 1_000


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    made = Ledger(tmp_path_factory.mktemp("ledger") / "attempts.sqlite3", SCHEMA)
    yield made
    made.close()


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Every attempt and movement of this module has an id of its own."""
    return count(10_000)


def authorised(attempts: Attempts, number: int) -> Attempted:
    to = bound(attempt=number, minor=APPROVED_MINOR)
    request = Authorise(
        attempt_id=to.attempt_id, order_id=to.order_id, amount=to.amount, envelope="e.e.e.e.e"
    )
    assert attempts.begin(request) is None
    return attempts.settle(
        Attempted(
            attempt_id=to.attempt_id,
            state=AttemptState.AUTHORISED,
            reference="r",
            approved=to.amount,
        )
    )


STEPS = st.tuples(
    st.sampled_from(list(Movement)),
    st.integers(min_value=1, max_value=700),
    st.sampled_from(["done", "refused", "lost"]),
)


@settings(max_examples=40)
@given(steps=st.lists(STEPS, max_size=12))
def test_no_order_of_movements_breaks_a_ceiling(
    ledger: Ledger, numbers: Iterator[int], steps: list[tuple[Movement, int, str]]
) -> None:
    attempts = Attempts(ledger)
    told = authorised(attempts, next(numbers))
    moved = dict.fromkeys(Movement, 0)
    for kind, minor, outcome in steps:
        move = a_move(told, next(numbers), None if kind is Movement.VOID else minor)
        if not begins(attempts, kind, move):
            continue
        if outcome == "refused":
            attempts.refuse_move(move, Refusal("no", "No."))
        else:
            moved[kind] += minor
        if outcome == "done":
            attempts.end_move(move)
    captured, refunded = moved[Movement.CAPTURE], moved[Movement.REFUND]
    assert refunded <= captured <= APPROVED_MINOR
    assert not (captured and moved[Movement.VOID])


def begins(attempts: Attempts, kind: Movement, move: MoveMoney) -> bool:
    try:
        return attempts.begin_move(kind, move) is None
    except Refusal:
        return False


def test_what_was_settled_stays(ledger: Ledger, numbers: Iterator[int]) -> None:
    attempts = Attempts(ledger)
    told = authorised(attempts, next(numbers))
    late = Attempted(attempt_id=told.attempt_id, state=AttemptState.FAILED)
    assert attempts.settle(late) == told


def test_a_movement_of_an_unknown_attempt_is_refused(ledger: Ledger) -> None:
    stranger = Attempted(attempt_id=bound(attempt=9_999).attempt_id, state=AttemptState.AUTHORISED)
    with pytest.raises(Refusal) as refusal:
        Attempts(ledger).begin_move(Movement.CAPTURE, a_move(stranger, 1, 1))
    assert refusal.value.code == "attempt_unknown"


def test_another_currency_is_refused(ledger: Ledger, numbers: Iterator[int]) -> None:
    attempts = Attempts(ledger)
    told = authorised(attempts, next(numbers))
    move = MoveMoney(
        movement_id=a_move(told, next(numbers)).movement_id,
        attempt_id=told.attempt_id,
        reference="r",
        amount=Money(100, Currency.USD),
    )
    with pytest.raises(Refusal, match="another currency"):
        attempts.begin_move(Movement.CAPTURE, move)


def test_every_transaction_is_on_the_disk_and_given_up_whole(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite3", SCHEMA)
    with pytest.raises(KeyError):
        add(ledger, broken=True)
    with ledger.transaction() as tx:
        full = tx.execute("PRAGMA synchronous").fetchone()[0]
        rows = tx.execute("SELECT count(*) FROM attempt").fetchone()[0]
    ledger.close()
    assert (full, rows) == (2, 0)


def add(ledger: Ledger, *, broken: bool) -> None:
    with ledger.transaction() as tx:
        tx.execute("INSERT INTO attempt (attempt_id) VALUES (?)", (str(an_id(1)),))
        if broken:
            raise KeyError


def test_a_file_that_is_no_ledger_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite3").write_bytes(b"x" * 4_096)
    with pytest.raises(Fault) as fault:
        Ledger(tmp_path / "a.sqlite3", SCHEMA)
    assert fault.value.code == "vault_ledger_broken"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_ledger_and_its_helpers_are_for_the_owner_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite3", SCHEMA)
    add(ledger, broken=False)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    ledger.close()
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
