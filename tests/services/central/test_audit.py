"""The chain of audit rows: what sealing covers and what verifying finds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest
from sqlalchemy import text

from app.services.central.audit import AuditChain, Head, Verdict, read_head
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE
from tests.centre import Centre

CHAIN = AuditChain()


@pytest.fixture
def centre(central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE))
    yield made
    made.close()


def write(centre: Centre, *operations: str) -> None:
    for operation in operations:

        def note(tx: Transaction, operation: str = operation) -> None:
            tx.audit(operation, tx.ids.new(), letters=len(operation))

        centre.transactions.write(note)


def seal(centre: Centre) -> Head | None:
    return centre.transactions.write(CHAIN.seal)


def verify(centre: Centre, kept: Head | None = None) -> Verdict:
    return centre.transactions.read(partial(CHAIN.verify, kept=kept))


def tamper(centre: Centre, statement: str, *values: int) -> None:
    with psycopg.connect(centre.url) as connection:
        connection.execute(statement.encode(), values or None)


def remove_with_link(centre: Centre, seq: int) -> None:
    tamper(centre, "DELETE FROM audit_seal WHERE seq = %s", seq)
    tamper(centre, "DELETE FROM audit WHERE seq = %s", seq)


@pytest.fixture
def sealed(centre: Centre) -> Centre:
    write(centre, "one", "two", "three", "four")
    seal(centre)
    return centre


def seq_of(centre: Centre, operation: str) -> int:
    return int(centre.rows("SELECT seq FROM audit WHERE operation = :o", o=operation)[0][0])


def test_everything_sealed_holds(sealed: Centre) -> None:
    verdict = verify(sealed)
    assert (verdict.holds, verdict.unsealed) == (True, 0)
    assert verdict.sealed == sealed.rows("SELECT count(*) FROM audit")[0][0]


def test_an_empty_audit_holds(centre: Centre) -> None:
    tamper(centre, "DELETE FROM audit")
    assert seal(centre) is None
    assert verify(centre).holds


def test_rows_that_wait_to_be_sealed_are_shown(sealed: Centre) -> None:
    sealed.clock.advance(minutes=3)
    write(sealed, "five")
    verdict = verify(sealed)
    assert (verdict.unsealed, verdict.oldest_unsealed_at) == (1, sealed.clock.now())
    assert verdict.holds


def test_sealing_goes_on_where_it_stopped(sealed: Centre) -> None:
    before = verify(sealed).sealed
    write(sealed, "five")
    head = seal(sealed)
    assert head is not None
    assert head.position == before + 1
    assert verify(sealed, head).holds


def test_a_changed_row_is_named(sealed: Centre) -> None:
    tamper(sealed, "UPDATE audit SET outcome = 'forged' WHERE operation = 'two'")
    verdict = verify(sealed)
    seq = seq_of(sealed, "two")
    assert (verdict.broken_at, verdict.sentence) == (seq, f"Audit row {seq} was changed.")


def test_a_removed_row_is_named(sealed: Centre) -> None:
    seq = seq_of(sealed, "three")
    tamper(sealed, "DELETE FROM audit WHERE operation = 'three'")
    assert verify(sealed).sentence == f"Audit row {seq} was removed."


def test_a_row_removed_with_its_link_is_found(sealed: Centre) -> None:
    seq = seq_of(sealed, "three")
    remove_with_link(sealed, seq)
    assert "was removed, with the row it sealed" in verify(sealed).sentence


def test_two_rows_that_changed_places_are_found(sealed: Centre) -> None:
    first, second = seq_of(sealed, "two"), seq_of(sealed, "three")
    tamper(
        sealed,
        "UPDATE audit a SET operation = b.operation, subject = b.subject, facts = b.facts"
        " FROM audit b WHERE (a.seq, b.seq) IN ((%s, %s), (%s, %s))",
        *(first, second, second, first),
    )
    assert verify(sealed).broken_at == first


def test_links_that_changed_places_are_found(sealed: Centre) -> None:
    first, second = seq_of(sealed, "two"), seq_of(sealed, "three")
    tamper(sealed, "ALTER TABLE audit_seal DROP CONSTRAINT uq_audit_seal_seq")
    tamper(
        sealed,
        "UPDATE audit_seal a SET seq = b.seq, xid = b.xid FROM audit_seal b"
        " WHERE (a.seq, b.seq) IN ((%s, %s), (%s, %s))",
        *(first, second, second, first),
    )
    verdict = verify(sealed)
    assert verdict.broken_at == second
    assert not verdict.holds


def test_a_row_put_in_afterwards_is_found(sealed: Centre) -> None:
    tamper(
        sealed,
        "INSERT INTO audit (xid, at, operation, outcome, facts)"
        " VALUES ('4'::xid8, '2026-01-01Z', 'forged', 'done', '{}')",
    )
    seq = seq_of(sealed, "forged")
    assert verify(sealed).sentence == f"Audit row {seq} was put in afterwards."


def test_newest_rows_removed_with_their_links_are_found_by_a_kept_head(sealed: Centre) -> None:
    kept = verify(sealed).head
    seq = seq_of(sealed, "four")
    remove_with_link(sealed, seq)
    assert verify(sealed).holds
    assert verify(sealed, kept).sentence.endswith(f"link {kept.position} was removed.")


def test_a_chain_written_anew_is_found_by_a_kept_head(sealed: Centre) -> None:
    kept = verify(sealed).head
    tamper(sealed, "UPDATE audit SET outcome = 'forged' WHERE operation = 'two'")
    tamper(sealed, "DELETE FROM audit_seal")
    seal(sealed)
    assert verify(sealed).holds
    assert "was rewritten" in verify(sealed, kept).sentence


def test_a_row_of_a_transaction_that_still_runs_is_sealed_later(centre: Centre) -> None:
    seal(centre)
    slow_wrote, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        tx.connection.execute(text("SELECT pg_current_xact_id()"))
        slow_wrote.set()
        go_on.wait(4)
        tx.audit("slow")

    thread = threading.Thread(target=centre.transactions.write, args=(slow,))
    thread.start()
    slow_wrote.wait(4)
    write(centre, "quick")
    assert seal(centre) is None
    go_on.set()
    thread.join(10)
    seal(centre)
    order = centre.rows(
        "SELECT operation FROM audit_seal JOIN audit USING (seq) ORDER BY position DESC LIMIT 2"
    )
    assert order == [("quick",), ("slow",)]
    assert verify(centre).holds


def test_one_replica_seals_at_a_time(centre: Centre) -> None:
    write(centre, "one")

    def seal_within(tx: Transaction) -> Head | None:
        assert CHAIN.seal(tx) is not None
        return seal(centre)

    assert centre.transactions.write(seal_within) is None


def test_a_head_is_read_as_it_was_printed(sealed: Centre) -> None:
    head = verify(sealed).head
    assert read_head(str(head)) == head


@pytest.mark.parametrize("text", ["", "3", "3:", "x:00", "0:" + "00" * 32, "3:00"])
def test_a_head_that_was_not_printed_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_head(text)
    assert refusal.value.code == "head_malformed"
