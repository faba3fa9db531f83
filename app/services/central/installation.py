"""What an installation has once: its keys, feed epoch and policy, and which database it runs on.

A service refuses to start on a database it does not know (restored, copied, promoted without being
told): numbers and the change feed could repeat. `readback admin restored` makes it known again.
Called from the command line as the owner role, and by the service when it starts.
"""

from __future__ import annotations

import base64
import secrets
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, text

from app.models.central.catalogue import PolicyVersion
from app.models.central.installation import EscrowKey, Installation, NumberCounter, NumberLease
from app.models.central.record import ChangeRow, FeedMark
from app.services.central.audit import AuditChain
from app.services.central.guidance import GuidanceEditions
from app.services.central.number_leases import numbers_left, pass_over
from app.services.central.transaction import Transaction
from app.services.rules.escrow import new_escrow_keys
from app.values.errors import Refusal
from app.values.vocabulary import ChangeKind
from app.wire.guidance import Guidance
from app.wire.message import decode, encode
from app.wire.sync import Company, Policy

POLICY_KEY = "policy"
NUMBERS_SKIPPED = 100_000
"""After a restore, the least: more than desks can have been given since the newest backup."""
_LATELY = timedelta(days=30)

FIRST_POLICY = Policy(
    company=Company(name="Your company", address=("Please set the policy",), phone="", email="")
)


class Installations:
    """Prepares an installation, knows it again, and keeps its policy."""

    def prepare(self, tx: Transaction, shipped: Guidance) -> bool:
        """Make what is lacking: keys, counter, first policy, and the guidance that is shipped.

        Whether anything was made.
        """
        made = self._prepare_keys(tx)
        return GuidanceEditions().publish_first(tx, shipped) or made

    def _prepare_keys(self, tx: Transaction) -> bool:
        here = tx.session.get(Installation, 1)
        if here is not None:
            return _name_in_full(tx, here)
        private_key, public_key = new_escrow_keys()
        identifier, timeline = _database(tx)
        tx.session.add_all(
            [
                Installation(
                    singleton=1,
                    feed_epoch=tx.ids.new().hex,
                    number_key=secrets.token_bytes(32),
                    escrow_public_key=public_key,
                    system_identifier=identifier,
                    timeline=timeline,
                    created_at=tx.at,
                ),
                EscrowKey(singleton=1, private_key=private_key),
                NumberCounter(singleton=1, next_value=0),
            ]
        )
        tx.audit("admin.prepare")
        self._keep_policy(tx, FIRST_POLICY, revision=1)
        return True

    def require_known_database(self, tx: Transaction) -> None:
        """Raises Refusal `not_prepared` or `database_restored`."""
        here = _installation(tx)
        identifier, timeline = _database(tx)
        known = (identifier, _cluster_of(identifier))  # the second: not brought up to date yet
        if here.system_identifier not in known or here.timeline != timeline:
            raise Refusal(
                "database_restored",
                "This database was restored, copied or promoted since the service last ran on it."
                " When it is the right one, run readback admin restored.",
            )

    def restored(self, tx: Transaction, skip: int = NUMBERS_SKIPPED) -> int:
        """Make a restored database known: desks take a new snapshot, numbers jump ahead.

        They jump by `skip` at least, and by twice what the backup's last month had used; how far.
        """
        here = _installation(tx)
        here.system_identifier, here.timeline = _database(tx)
        here.feed_epoch = tx.ids.new().hex
        tx.connection.execute(delete(ChangeRow))
        tx.connection.execute(delete(FeedMark))
        jump = max(skip, min(2 * _leased_lately(tx), numbers_left(tx) // 2))
        pass_over(tx, jump)
        AuditChain().anchor(tx)
        return jump

    def policy(self, tx: Transaction) -> tuple[int, Policy]:
        """The policy that holds, and its revision."""
        row = tx.session.scalars(
            select(PolicyVersion).order_by(PolicyVersion.revision.desc()).limit(1)
        ).one_or_none()
        if row is None:
            raise _not_prepared()
        return row.revision, msgspec.convert(row.document, Policy)

    def set_policy(self, tx: Transaction, policy: Policy) -> int:
        """Let a policy hold from now on; the new revision. Raises Refusal `policy_wrong`."""
        _require_sensible(policy)
        latest = tx.session.scalars(select(func.max(PolicyVersion.revision))).one()
        revision = (latest or 0) + 1
        self._keep_policy(tx, policy, revision)
        tx.audit("admin.policy.set", revision=revision)
        return revision

    def _keep_policy(self, tx: Transaction, policy: Policy, revision: int) -> None:
        document: dict[str, Any] = decode(encode(policy), dict)
        tx.session.flush()
        tx.connection.execute(
            insert(PolicyVersion).values(revision=revision, document=document, set_at=tx.at)
        )
        tx.changed(ChangeKind.POLICY, POLICY_KEY, revision)


class _StrictCompany(Company, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company as an administrator writes it: a slip of the finger is found."""


class _StrictPolicy(Policy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy as an administrator writes it."""

    company: _StrictCompany


def read_policy(path: Path) -> Policy:
    """The policy in a JSON or TOML file. Raises Refusal `policy_malformed`."""
    try:
        written = path.read_bytes()
        if path.suffix == ".toml":
            strict = msgspec.convert(tomllib.loads(written.decode()), _StrictPolicy)
        else:
            strict = msgspec.json.decode(written, type=_StrictPolicy)
    except (OSError, ValueError) as cause:
        raise Refusal("policy_malformed", f"{path} cannot be read: {cause}.") from cause
    return decode(encode(strict), Policy)


def written_policy(policy: Policy) -> str:
    """As an administrator may change it and set it again."""
    return msgspec.json.format(encode(policy), indent=2).decode()


def _require_sensible(policy: Policy) -> None:
    ranges = {
        "quote_hours": (policy.quote_hours, 1, 24 * 31),
        "idle_lock_minutes": (policy.idle_lock_minutes, 1, 15),
        "numbers_kept": (policy.numbers_kept, 1, 1_000),
        "offline_sign_in_hours": (policy.offline_sign_in_hours, 0, 24 * 7),
        "card_idle_seconds": (policy.card_idle_seconds, 15, 120),
        "hold_seconds": (policy.hold_seconds, 60, 3600),
        "duplicate_minutes": (policy.duplicate_minutes, 1, 24 * 60),
        "undo_minutes": (policy.undo_minutes, 0, 24 * 60),
        "identity_facts": (policy.identity_facts, 1, 4),
    }
    for name, (value, least, most) in ranges.items():
        if not least <= value <= most:
            raise Refusal("policy_wrong", f"{name} is from {least} to {most}.", name)
    if policy.card_root_key and not _is_root_key(policy.card_root_key):
        sentence = "card_root_key is what readback vault root-key prints."
        raise Refusal("policy_wrong", sentence, "card_root_key")
    if not policy.company.name.strip() or not policy.company.address:
        raise Refusal("policy_wrong", "The company needs its name and address.", "company")


def _installation(tx: Transaction) -> Installation:
    here = tx.session.get(Installation, 1)
    if here is None:
        raise _not_prepared()
    return here


def _database(tx: Transaction) -> tuple[str, int]:
    """Cluster and table, and the timeline.

    The table has another number once a dump was restored, in the same cluster too.
    """
    row = tx.connection.execute(
        text(
            "SELECT system_identifier || '/' || 'installation'::regclass::oid, timeline_id"
            " FROM pg_control_system(), pg_control_checkpoint()"
        )
    ).one()
    return str(row[0]), int(row[1])


def _cluster_of(identifier: str) -> str:
    return identifier.partition("/")[0]


def _name_in_full(tx: Transaction, here: Installation) -> bool:
    """A database of before was known by its cluster alone; whether it was one."""
    identifier, _ = _database(tx)
    if here.system_identifier != _cluster_of(identifier):
        return False
    here.system_identifier = identifier
    return True


def _leased_lately(tx: Transaction) -> int:
    """How many numbers seats were given in the last month that this database remembers."""
    newest = tx.connection.execute(select(func.max(NumberLease.leased_at))).scalar_one_or_none()
    if newest is None:
        return 0
    given = select(func.coalesce(func.sum(NumberLease.size), 0)).where(
        NumberLease.leased_at > newest - _LATELY, NumberLease.device_id.is_not(None)
    )
    return int(tx.connection.execute(given).scalar_one())


def _not_prepared() -> Refusal:
    return Refusal(
        "not_prepared",
        "This database is not prepared yet: run readback admin migrate.",
    )


def _is_root_key(text: str) -> bool:
    """Whether it is an Ed25519 public key in base64url."""
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)) == 32
    except ValueError:
        return False
