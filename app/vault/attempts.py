"""What became of every attempt and movement, by their ids, so that none is carried out twice.

An attempt is noted before the provider is asked; an id that was asked for before it came is closed
for ever. No card data: token, brand and last four. Any thread.
"""

from __future__ import annotations

import hashlib
import sqlite3
from enum import StrEnum

import msgspec

from app.values.errors import Refusal
from app.values.identity import AttemptId
from app.values.money import Money
from app.values.vocabulary import AttemptState
from app.vault.ledger import Ledger
from app.wire.message import decode, encode
from app.wire.vault import Attempted, Authorise, MoveMoney

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
    attempt_id TEXT PRIMARY KEY,
    digest     BLOB,
    reference  TEXT NOT NULL DEFAULT '',
    answer     BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS movement (
    movement_id TEXT PRIMARY KEY,
    attempt_id  TEXT NOT NULL REFERENCES attempt,
    kind        TEXT NOT NULL CHECK (kind IN ('capture', 'void', 'refund')),
    minor       INTEGER NOT NULL CHECK (minor >= 0),
    state       TEXT NOT NULL CHECK (state IN ('started', 'done', 'refused')),
    code        TEXT NOT NULL DEFAULT '',
    sentence    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS movement_by_attempt ON movement (attempt_id);
"""
"""An attempt without an answer is closed."""

_OPEN = {AttemptState.STARTED, AttemptState.UNKNOWN}
_LIVE = {AttemptState.AUTHORISED, AttemptState.CAPTURED, AttemptState.REFUNDED}


class Movement(StrEnum):
    """What is done with an authorisation."""

    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Attempts:
    """Attempts and the movements of their money."""

    def __init__(self, ledger: Ledger) -> None:
        """`ledger` has the tables of SCHEMA."""
        self._ledger = ledger

    def find(self, request: Authorise) -> Attempted | None:
        """What is known of it already. Raises Refusal `attempt_reused` or `attempt_closed`."""
        with self._ledger.transaction() as tx:
            return _found(tx, request)

    def begin(self, request: Authorise) -> Attempted | None:
        """Note that it is about to be carried out; None: it may. Raises as `find`."""
        with self._ledger.transaction() as tx:
            found = _found(tx, request)
            if found is None:
                started = Attempted(attempt_id=request.attempt_id, state=AttemptState.STARTED)
                tx.execute(
                    "INSERT INTO attempt (attempt_id, digest, answer) VALUES (?, ?, ?)",
                    (str(request.attempt_id), _digest(request), encode(started)),
                )
            return found

    def note_reference(self, attempt_id: AttemptId, reference: str) -> None:
        """The provider's word for it, kept before money can move."""
        with self._ledger.transaction() as tx:
            tx.execute(
                "UPDATE attempt SET reference = ? WHERE attempt_id = ?",
                (reference, str(attempt_id)),
            )

    def settle(self, attempted: Attempted) -> Attempted:
        """Keep what the provider said; what was settled before stays. The answer that holds."""
        with self._ledger.transaction() as tx:
            _, known = _row(tx, attempted.attempt_id)
            if known.state not in _OPEN:
                return known
            _keep(tx, attempted)
            return attempted

    def known(self, attempt_id: AttemptId) -> tuple[str, Attempted]:
        """The provider's reference and what is known; an unknown id is closed for ever.

        Raises Refusal `attempt_unknown`.
        """
        with self._ledger.transaction() as tx:
            tx.execute(
                "INSERT INTO attempt (attempt_id) VALUES (?) ON CONFLICT DO NOTHING",
                (str(attempt_id),),
            )
            is_closed = "SELECT answer IS NULL FROM attempt WHERE attempt_id = ?"
            if not tx.execute(is_closed, (str(attempt_id),)).fetchone()[0]:
                return _row(tx, attempt_id)
        # Outside: the row has to be kept, and a refusal inside would take it back.
        raise _unknown()

    def begin_move(self, kind: Movement, move: MoveMoney) -> Attempted | None:
        """Note that money is about to be moved; None: the provider has to be asked (again).

        Raises Refusal `attempt_unknown`, `attempt_open`, `attempt_not_authorised`,
        `reference_wrong`, `movement_reused`, `amount_wrong`, `captured_already` or
        `amount_too_large`.
        """
        with self._ledger.transaction() as tx:
            reference, known = _row(tx, move.attempt_id)
            if kind is Movement.VOID and known.state not in _LIVE | _OPEN:
                return known
            if move.reference != (known.reference or reference):
                raise Refusal("reference_wrong", "The reference is not that of this payment.")
            found = _same_movement(tx, kind, move)
            if found is not None:
                return known if found == "done" else None
            _require_covered(tx, kind, move, known)
            tx.execute(
                "INSERT INTO movement (movement_id, attempt_id, kind, minor, state)"
                " VALUES (?, ?, ?, ?, 'started')",
                (str(move.movement_id), str(move.attempt_id), kind, _minor(move)),
            )
            return None

    def end_move(self, move: MoveMoney) -> Attempted:
        """The provider has moved it; how the attempt stands now."""
        with self._ledger.transaction() as tx:
            tx.execute(
                "UPDATE movement SET state = 'done' WHERE movement_id = ?",
                (str(move.movement_id),),
            )
            _, known = _row(tx, move.attempt_id)
            now = _after_movements(tx, known)
            _keep(tx, now)
            return now

    def refuse_move(self, move: MoveMoney, refusal: Refusal) -> None:
        """The provider will not; asked again, the same is said."""
        with self._ledger.transaction() as tx:
            tx.execute(
                "UPDATE movement SET state = 'refused', code = ?, sentence = ?"
                " WHERE movement_id = ? AND state = 'started'",
                (refusal.code, refusal.sentence, str(move.movement_id)),
            )


def _found(tx: sqlite3.Connection, request: Authorise) -> Attempted | None:
    row = tx.execute(
        "SELECT digest, answer FROM attempt WHERE attempt_id = ?", (str(request.attempt_id),)
    ).fetchone()
    if row is None:
        return None
    digest, answer = row
    if answer is None:
        raise Refusal(
            "attempt_closed",
            "This attempt was given up before it came. Nothing was taken; please take the card"
            " again.",
        )
    if digest != _digest(request):
        raise Refusal("attempt_reused", "This attempt was for another order or amount.")
    return decode(answer, Attempted)


def _row(tx: sqlite3.Connection, attempt_id: AttemptId) -> tuple[str, Attempted]:
    row = tx.execute(
        "SELECT reference, answer FROM attempt WHERE attempt_id = ?", (str(attempt_id),)
    ).fetchone()
    if row is None or row[1] is None:
        raise _unknown()
    return row[0], decode(row[1], Attempted)


def _keep(tx: sqlite3.Connection, attempted: Attempted) -> None:
    tx.execute(
        "UPDATE attempt SET answer = ? WHERE attempt_id = ?",
        (encode(attempted), str(attempted.attempt_id)),
    )


def _digest(request: Authorise) -> bytes:
    """Over what the envelope binds, and nothing of what is in it."""
    money = request.amount
    parts = (request.order_id, request.attempt_id, money.minor, money.currency.value)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()


def _same_movement(tx: sqlite3.Connection, kind: Movement, move: MoveMoney) -> str | None:
    row = tx.execute(
        "SELECT attempt_id, kind, minor, state, code, sentence FROM movement WHERE movement_id = ?",
        (str(move.movement_id),),
    ).fetchone()
    if row is None:
        return None
    if tuple(row[:3]) != (str(move.attempt_id), kind.value, _minor(move)):
        raise Refusal("movement_reused", "This movement was for another payment or amount.")
    state, code, sentence = row[3:]
    if state == "refused":
        raise Refusal(code, sentence)
    return str(state)


def _require_covered(
    tx: sqlite3.Connection, kind: Movement, move: MoveMoney, known: Attempted
) -> None:
    """What is under way counts as done: two captures at once never take too much."""
    if known.state in _OPEN:
        raise Refusal("attempt_open", "Nobody knows yet what became of this payment.")
    moved = _moved(tx, move.attempt_id, "done", "started")
    if known.state not in _LIVE or known.approved is None or Movement.VOID in moved:
        raise Refusal("attempt_not_authorised", "There is no authorisation to use.")
    captured = moved.get(Movement.CAPTURE, 0)
    if kind is Movement.VOID:
        if captured:
            raise Refusal("captured_already", "The money was taken; it can only be refunded.")
        return
    if move.amount is None or move.amount.minor <= 0:
        raise Refusal("amount_wrong", "Say how much, more than nothing.", "amount")
    if move.amount.currency is not known.approved.currency:
        raise Refusal("amount_wrong", "The payment is in another currency.", "amount")
    left = known.approved.minor - captured
    if kind is Movement.REFUND:
        taken = _moved(tx, move.attempt_id, "done", "done").get(Movement.CAPTURE, 0)
        left = taken - moved.get(Movement.REFUND, 0)
    if move.amount.minor > left:
        rest = Money(left, known.approved.currency)
        raise Refusal("amount_too_large", f"No more than {rest} is left of it.", "amount")


def _moved(tx: sqlite3.Connection, attempt_id: AttemptId, *states: str) -> dict[str, int]:
    """Minor units by kind of movement, of movements in two states."""
    return dict(
        tx.execute(
            "SELECT kind, sum(minor) FROM movement WHERE attempt_id = ? AND state IN (?, ?)"
            " GROUP BY kind",
            (str(attempt_id), *states),
        ).fetchall()
    )


def _after_movements(tx: sqlite3.Connection, known: Attempted) -> Attempted:
    """How it stands by the movements that are done."""
    done = _moved(tx, known.attempt_id, "done", "done")
    if Movement.VOID in done or known.approved is None:
        return msgspec.structs.replace(known, state=AttemptState.VOIDED)
    captured, refunded = done.get(Movement.CAPTURE, 0), done.get(Movement.REFUND, 0)
    state = AttemptState.REFUNDED if captured and refunded == captured else AttemptState.CAPTURED
    currency = known.approved.currency
    return msgspec.structs.replace(
        known,
        state=state,
        captured=Money(captured, currency),
        refunded=Money(refunded, currency) if refunded else None,
    )


def _minor(move: MoveMoney) -> int:
    return move.amount.minor if move.amount else 0


def _unknown() -> Refusal:
    return Refusal("attempt_unknown", "This attempt never came, and will not be taken any more.")
