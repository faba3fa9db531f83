"""What an installation has once, and how it knows its database again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import psycopg
import pytest

from app.central import prepare_database
from app.services.central.installation import (
    FIRST_POLICY,
    NUMBERS_SKIPPED,
    Installations,
    read_policy,
    written_policy,
)
from app.services.rules.escrow import open_store_key, seal_store_key
from app.store.migrations.central.migrate import migrate
from app.values.errors import Refusal
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE
from app.wire.sync import Policy
from tests.central_fixtures import Databases
from tests.centre import Centre

HERE = Installations()
POLICY = msgspec.structs.replace(FIRST_POLICY, quote_hours=48)


@pytest.fixture
def centre(central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE))
    yield made
    made.close()


def test_preparing_twice_changes_nothing(centre: Centre) -> None:
    before = centre.rows("SELECT i::text FROM installation i")
    assert prepare_database(centre.url, centre.clock, centre.ids) == "0016"
    assert centre.rows("SELECT i::text FROM installation i") == before


def test_the_escrow_keys_belong_together(centre: Centre) -> None:
    ((public, private),) = centre.rows(
        "SELECT escrow_public_key, private_key FROM installation, escrow_key"
    )
    assert open_store_key(seal_store_key(b"store key", public), private) == b"store key"


def test_two_installations_have_nothing_in_common(databases: Databases, centre: Centre) -> None:
    url = databases.make()
    prepare_database(url, centre.clock, centre.ids)
    other = Centre(url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE))
    secrets = "SELECT number_key, escrow_public_key, feed_epoch FROM installation"
    ((*ours,),), ((*theirs,),) = centre.rows(secrets), other.rows(secrets)
    other.close()
    assert not set(ours) & set(theirs)


def test_a_database_that_is_not_prepared_is_refused(databases: Databases) -> None:
    url = databases.make()
    migrate(url)
    centre = Centre(url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE))
    with pytest.raises(Refusal, match="readback admin migrate"):
        centre.transactions.read(HERE.require_known_database)
    centre.close()


MADE_ANEW = b"""
    CREATE TABLE again (LIKE installation INCLUDING ALL);
    INSERT INTO again SELECT * FROM installation;
    DROP TABLE installation;
    ALTER TABLE again RENAME TO installation;
    ALTER TABLE installation OWNER TO readback_owner;
    GRANT SELECT ON installation TO readback_service;
"""
"""What restoring a dump does to the table, in the same cluster too."""


@pytest.mark.parametrize(
    "strange",
    [
        b"UPDATE installation SET system_identifier = 'another'",
        b"UPDATE installation SET timeline = 7",
        MADE_ANEW,
    ],
    ids=["another cluster", "another timeline", "made anew from a dump"],
)
def test_a_database_that_was_restored_is_refused_until_an_administrator_says_so(
    centre: Centre, strange: bytes
) -> None:
    with psycopg.connect(centre.url) as connection:
        connection.execute(strange)
    epoch = centre.rows("SELECT feed_epoch FROM installation")
    with pytest.raises(Refusal) as refusal:
        centre.transactions.read(HERE.require_known_database)
    assert refusal.value.code == "database_restored"
    centre.administration.write(HERE.restored)
    centre.transactions.read(HERE.require_known_database)
    assert centre.rows("SELECT feed_epoch FROM installation") != epoch
    assert centre.rows("SELECT next_value FROM number_counter") == [(NUMBERS_SKIPPED,)]
    assert centre.rows("SELECT count(*) FROM change") == [(0,)]


def test_a_database_of_before_is_known_by_its_cluster_until_it_is_migrated(centre: Centre) -> None:
    with psycopg.connect(centre.url) as connection:
        connection.execute(
            b"UPDATE installation SET system_identifier = split_part(system_identifier, '/', 1)"
        )
    centre.transactions.read(HERE.require_known_database)
    prepare_database(centre.url, centre.clock, centre.ids)
    ((known,),) = centre.rows("SELECT system_identifier FROM installation")
    assert "/" in known
    centre.transactions.read(HERE.require_known_database)


def test_a_policy_that_was_set_holds_and_is_told_to_desks(centre: Centre) -> None:
    revision = centre.administration.write(partial(HERE.set_policy, policy=POLICY))
    assert centre.transactions.read(HERE.policy) == (revision, POLICY)
    assert centre.rows("SELECT key, revision FROM change ORDER BY seq") == [
        ("policy", 1),
        ("guidance", 1),
        ("policy", 2),
    ]


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_a_policy_is_read_from_a_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"policy{suffix}"
    toml = (
        'quote_hours = 48\n[company]\nname = "Your company"\n'
        'address = ["Please set the policy"]\nphone = ""\nemail = ""\n'
    )
    path.write_text(toml if suffix == ".toml" else written_policy(POLICY))
    assert read_policy(path) == POLICY


@pytest.mark.parametrize(
    "text", ["", "{}", '{"company": {"name": "A"}}', '{"quote_hourz": 1}', "\x00"]
)
def test_a_policy_with_a_slip_in_it_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(Refusal) as refusal:
        read_policy(path)
    assert refusal.value.code == "policy_malformed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quote_hours", 0),
        ("idle_lock_minutes", 16),
        ("numbers_kept", 1_001),
        ("offline_sign_in_hours", -1),
        ("card_idle_seconds", 5),
        ("card_root_key", "not a key"),
        ("card_root_key", "c2hvcnQ"),
    ],
)
def test_a_policy_out_of_range_is_refused(centre: Centre, field: str, value: int | str) -> None:
    policy: Policy = msgspec.structs.replace(POLICY, **{field: value})
    with pytest.raises(Refusal) as refusal:
        centre.administration.write(partial(HERE.set_policy, policy=policy))
    assert refusal.value.field == field
