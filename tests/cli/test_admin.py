"""`readback admin` as an administrator types it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.cli.program import main
from app.services.central.audit import AuditChain
from app.services.rules.escrow import seal_store_key
from app.store.central import database_url
from app.wire.operations import DEPOSIT_STORE_KEY, ENROL_DEVICE, HEARTBEAT, SIGN_IN_AT_CENTRE
from app.wire.people import DepositStoreKey
from app.wire.sync import Heartbeat
from tests.central_fixtures import Databases
from tests.centre import Centre

Readback = Callable[..., tuple[int, str, str]]
TABLE = (ENROL_DEVICE, SIGN_IN_AT_CENTRE, DEPOSIT_STORE_KEY)


@pytest.fixture
def readback(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Readback:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["admin", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def add_anna(readback: Readback, *more: str) -> str:
    code, password, note = readback("person", "add", "anna", "--name", "Anna Bell", *more)
    assert (code, note) == (0, "anna may sign in.")
    return password


def test_migrate_makes_an_empty_database_ready_and_may_be_repeated(
    databases: Databases, readback: Readback
) -> None:
    url = databases.make()
    for _ in range(2):
        said = readback("migrate", "--database-url", url)
        assert said == (0, "The database is at version 0016.", "")
    assert readback("person", "list", "--database-url", url)[0] == 0


def test_before_migrate_it_says_what_to_do(databases: Databases, readback: Readback) -> None:
    code, _, error = readback("person", "list", "--database-url", databases.make())
    assert code == 1
    assert error.endswith("run readback admin migrate.")


def test_a_newer_database_is_refused(central_url: str, readback: Readback) -> None:
    with psycopg.connect(central_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("migrate",), ("person", "list")):
        code, _, error = readback(*words)
        assert code == 1
        assert "newer version of Readback" in error


def test_a_database_that_is_away_is_said_in_plain_words(
    central_url: str, readback: Readback
) -> None:
    url = database_url(central_url).set(database="nowhere").render_as_string(hide_password=False)
    code, _, error = readback("person", "list", "--database-url", url)
    assert (code, error) == (3, "readback: The central database does not answer.")
    assert readback("migrate", "--database-url", url)[0] == 3


def test_without_a_url_it_says_where_to_give_one(
    readback: Readback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("READBACK_DATABASE_URL")
    assert readback("migrate") == (
        1,
        "",
        "readback: Say --database-url URL, or set READBACK_DATABASE_URL.",
    )


def test_a_person_is_added_with_a_made_up_password_that_is_printed_once(
    central_url: str, readback: Readback
) -> None:
    password = add_anna(readback, "--role", "team_lead", "--team", "Blue")
    centre = Centre(central_url, TABLE)
    session = centre.sign_in(centre.seat(), "anna", password)
    centre.close()
    assert (session.person.name, session.person.role.value) == ("Anna Bell", "team_lead")
    _, listed, _ = readback("person", "list")
    assert re.search(r"^anna +Anna Bell +team_lead +Blue +may sign in$", listed, re.MULTILINE)
    assert password not in listed


def test_a_password_is_read_from_input(central_url: str, readback: Readback) -> None:
    words = ("person", "add", "anna", "--password-stdin")
    code, out, _ = readback(*words, typed="tram jolly purple 42\n")
    assert (code, out) == (0, "")
    centre = Centre(central_url, TABLE)
    assert centre.sign_in(centre.seat(), "anna", "tram jolly purple 42").person.login == "anna"
    centre.close()


def test_a_weak_password_is_refused(readback: Readback) -> None:
    code, _, error = readback("person", "add", "anna", "--password-stdin", typed="short\n")
    assert (code, error) == (1, "readback: A password has at least 12 characters.")


def test_disable_reset_role_and_team(readback: Readback) -> None:
    add_anna(readback)
    assert readback("person", "disable", "anna")[0] == 0
    assert "disabled " in readback("person", "list")[1]
    assert readback("person", "reset", "anna")[1]
    assert readback("person", "role", "anna", "team_lead")[0] == 0
    assert readback("person", "team", "anna", "Red")[0] == 0
    assert re.search(r"team_lead +Red +may sign in", readback("person", "list")[1])


def test_the_last_administrator_stays(readback: Readback) -> None:
    add_anna(readback, "--role", "administrator")
    code, _, error = readback("person", "disable", "anna")
    assert code == 1
    assert "last administrator" in error


def test_a_role_that_does_not_exist_is_not_understood(
    readback: Readback, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        readback("person", "role", "anna", "king")
    assert ended.value.code == 2
    assert "team_lead" in capsys.readouterr().err


def test_a_seat_is_enrolled_listed_and_revoked(central_url: str, readback: Readback) -> None:
    code, one_time, note = readback("device", "enrol", "Desk 12", "--extension", "212")
    assert code == 0
    assert re.fullmatch(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", one_time)
    assert "15 minutes" in note
    assert re.search(
        r"^Desk 12 +212 +not enrolled yet$", readback("device", "list")[1], re.MULTILINE
    )
    centre = Centre(central_url, TABLE)
    centre.seat("Desk 12")
    centre.close()
    assert "enrolled 20" in readback("device", "list")[1]
    assert readback("device", "revoke", "Desk 12")[0] == 0
    assert "revoked 20" in readback("device", "list")[1]
    assert readback("device", "revoke", "Desk 13") == (
        1,
        "",
        "readback: There is no seat of that name.",
    )


def test_the_key_of_a_store_is_recovered(central_url: str, readback: Readback) -> None:
    centre = Centre(central_url, TABLE)
    caller = centre.seat("Desk 12")
    ((escrow,),) = centre.rows("SELECT escrow_public_key FROM installation")
    deposit = DepositStoreKey(sealed_key=seal_store_key(b"\x00" * 32, escrow))
    caller.call(DEPOSIT_STORE_KEY, deposit)
    centre.close()
    code, out, _ = readback("device", "recover-key", "Desk 12")
    assert (code, out.split()[0]) == (0, "A" * 43 + "=")


def test_the_audit_is_verified_with_an_exit_code(central_url: str, readback: Readback) -> None:
    add_anna(readback)
    centre = Centre(central_url, TABLE)
    centre.transactions.write(AuditChain().seal)
    code, out, _ = readback("audit", "verify")
    assert code == 0
    assert "holds; 0 rows are not sealed yet" in out
    head = out.splitlines()[-1].removeprefix("head ")
    assert readback("audit", "verify", "--head", head)[0] == 0
    with psycopg.connect(central_url) as connection:
        connection.execute("UPDATE audit SET outcome = 'x' WHERE operation = 'admin.person.add'")
    centre.close()
    code, out, _ = readback("audit", "verify")
    assert code == 1
    assert "was changed" in out
    assert readback("audit", "verify", "--head", "nonsense")[0] == 1


def test_the_policy_is_shown_changed_and_set(readback: Readback, tmp_path: Path) -> None:
    _, shown, _ = readback("policy", "show")
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(json.loads(shown) | {"quote_hours": 48}))
    assert readback("policy", "set", str(path)) == (0, "", "The policy holds as revision 2.")
    assert json.loads(readback("policy", "show")[1])["quote_hours"] == 48


def test_a_restored_database_is_made_known(central_url: str, readback: Readback) -> None:
    with psycopg.connect(central_url) as connection:
        connection.execute("UPDATE installation SET timeline = 9")
    code, _, note = readback("restored", "--skip", "250000")
    assert code == 0
    assert "250,000 order numbers are passed over" in note


def test_seats_are_listed_with_what_they_told(central_url: str, readback: Readback) -> None:
    centre = Centre(central_url, (*TABLE, HEARTBEAT))
    oldest = centre.clock.now()
    centre.seat("Desk 1").call(
        HEARTBEAT,
        Heartbeat(waiting=3, oldest_waiting_at=oldest, needs_person=1, version="2.1"),
    )
    centre.seat("Desk 2")
    centre.close()
    _, out, _ = readback("seats")
    assert re.search(rf"^Desk 1 .* 3 +{oldest:%Y-%m-%d %H:%M} UTC +1 +2\.1$", out, re.MULTILINE)
    assert re.search(r"^Desk 2 .* never$", out, re.MULTILINE)


@pytest.mark.parametrize("words", [[], ["--help"], ["admin", "--help"], ["serve", "--help"]])
def test_help_is_given(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == (0 if words else 2)
    said = capsys.readouterr()
    assert "readback" in said.out + said.err


def test_the_list_of_commands_loads_none_of_them() -> None:
    listing = "import sys, app.cli.program; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", listing], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"
