"""People as an administrator keeps them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from app.services.central.passwords import Passwords, require_good
from app.services.central.people import NewPerson, People, generated_password
from app.services.central.transaction import Transaction
from app.values.errors import Fault, Refusal
from app.values.vocabulary import Role
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE
from app.wire.people import SignOut
from tests.centre import CHEAP, PASSWORD, Centre

PEOPLE = People(CHEAP)


@pytest.fixture
def centre(central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE))
    yield made
    made.close()


def add(centre: Centre, login: str, password: str = PASSWORD) -> None:
    new = NewPerson(login=login, name="Anna Bell", role=Role.CSR, password=password)
    centre.administration.write(partial(PEOPLE.add, new=new))


def code_of_refusal(work: partial[None], centre: Centre) -> str:
    with pytest.raises(Refusal) as refusal:
        centre.administration.write(work)
    return refusal.value.code


@pytest.mark.parametrize("login", ["", "  ", "two words", "a\nb"])
def test_a_sign_in_name_is_one_word(centre: Centre, login: str) -> None:
    with pytest.raises(Refusal) as refusal:
        add(centre, login)
    assert refusal.value.code == "login_malformed"


def test_a_sign_in_name_is_taken_in_small_and_capital_letters(centre: Centre) -> None:
    add(centre, "Anna")
    with pytest.raises(Refusal) as refusal:
        add(centre, "aNNa ")
    assert refusal.value.code == "login_taken"


def test_a_reset_ends_lock_out_disabling_and_sessions(centre: Centre) -> None:
    caller = centre.signed_in(login="anna")
    centre.administration.write(partial(PEOPLE.disable, login="anna"))
    fresh = "another long enough phrase"
    centre.administration.write(partial(PEOPLE.reset, login="anna", password=fresh))
    with pytest.raises(Refusal):
        caller.call(SIGN_OUT_AT_CENTRE, SignOut())
    with pytest.raises(Refusal):
        centre.sign_in(caller, "anna", PASSWORD)
    assert centre.sign_in(caller, "anna", fresh).person.login == "anna"


def test_role_and_team_act_on_the_next_sign_in_and_are_listed(centre: Centre) -> None:
    centre.person("anna")
    centre.administration.write(partial(PEOPLE.change_role, login="anna", role=Role.TEAM_LEAD))
    centre.administration.write(partial(PEOPLE.change_team, login="anna", team=" Blue "))
    (line,) = centre.administration.read(PEOPLE.all)
    assert (line.login, line.role, line.team) == ("anna", Role.TEAM_LEAD, "Blue")


def test_an_unknown_person_is_refused(centre: Centre) -> None:
    work = partial(PEOPLE.disable, login="nobody")
    assert code_of_refusal(work, centre) == "person_not_found"


def test_the_last_administrator_can_be_neither_disabled_nor_demoted(centre: Centre) -> None:
    centre.person("boss", Role.ADMINISTRATOR)
    centre.person("gone", Role.ADMINISTRATOR)
    centre.administration.write(partial(PEOPLE.disable, login="gone"))
    for work in (
        partial(PEOPLE.disable, login="boss"),
        partial(PEOPLE.change_role, login="boss", role=Role.CSR),
    ):
        assert code_of_refusal(work, centre) == "last_administrator"


def test_two_administrators_cannot_disable_each_other_at_the_same_moment(centre: Centre) -> None:
    for login in ("one", "two"):
        centre.person(login, Role.ADMINISTRATOR)
    both_began, refusals = threading.Barrier(2), list[str]()

    def disable(login: str) -> None:
        began = iter([both_began.wait])

        def work(tx: Transaction) -> None:
            for wait in began:
                wait(10)
            PEOPLE.disable(tx, login)

        try:
            centre.administration.write(work)
        except Refusal as refusal:
            refusals.append(refusal.code)

    threads = [threading.Thread(target=disable, args=(login,)) for login in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refusals == ["last_administrator"]
    assert centre.rows("SELECT count(*) FROM person WHERE disabled_at IS NULL") == [(1,)]


def test_what_an_administrator_does_is_audited_by_ids_only(centre: Centre) -> None:
    person_id = centre.person("anna")
    centre.administration.write(partial(PEOPLE.disable, login="anna"))
    assert centre.rows(
        "SELECT operation, subject FROM audit WHERE operation LIKE 'admin.person%' ORDER BY seq"
    ) == [("admin.person.add", person_id), ("admin.person.disable", person_id)]
    assert "anna" not in str(centre.rows("SELECT a::text FROM audit a")).lower()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_short"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("121212121212121212", "password_common"),
        ("password1234", "password_common"),
        ("Passw0rdPassw0rd", "password_common"),
        ("qwertyuiop123456", "password_common"),
        ("zyxwvutsrqponmlk", "password_common"),
        ("summer2026summer", "password_common"),
        ("changeme-changeme!", "password_common"),
        ("anna-likes-the-sea", "password_personal"),
        ("tall bell tower 9", "password_personal"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        require_good(password, "anna", "Anna Bell")
    assert (refusal.value.code, refusal.value.field) == (code, "password")


@pytest.mark.parametrize(
    "password", [PASSWORD, "jolly-purple-42-tram", "ħ€łłø wörld ŧħis", "gK7#pq2!xR9z"]
)
def test_a_good_password_is_taken(password: str) -> None:
    require_good(password, "anna", "Anna Bell")


def test_a_generated_password_is_good_and_never_the_same() -> None:
    made = {generated_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        require_good(password, "anna", "Anna Bell")


def test_a_password_is_right_however_the_keyboard_spells_it() -> None:
    with CHEAP.turn():
        assert CHEAP.matches(PasswordsKept.hashed("cafe\u0301 au lait noir"), "café au lait noir")


class PasswordsKept:
    """Hashes made for a test."""

    @staticmethod
    def hashed(password: str) -> str:
        return CHEAP.hash(password)


def test_a_hash_with_other_costs_is_renewed() -> None:
    dearer = Passwords(memory_kib=128, rounds=1)
    kept = CHEAP.hash(PASSWORD)
    with dearer.turn():
        renewed = dearer.renewed(kept, PASSWORD)
        assert renewed is not None
        assert dearer.matches(renewed, PASSWORD)
        assert dearer.renewed(renewed, PASSWORD) is None


def test_the_costs_are_those_that_were_decided() -> None:
    assert Passwords().hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_at_most_four_are_checked_at_once() -> None:
    busy = Passwords(memory_kib=64, rounds=1, wait_seconds=0.001)
    with busy.turn(), busy.turn(), busy.turn():
        busy.hash(PASSWORD)
        with busy.turn(), pytest.raises(Fault) as fault:
            busy.hash(PASSWORD)
    assert fault.value.code == "service_busy"
    busy.hash(PASSWORD)


def test_an_unknown_name_takes_as_much_work_as_a_known_one() -> None:
    dear = Passwords(memory_kib=16 * 1024, rounds=3)
    kept = dear.hash(PASSWORD)

    def work_of(of: str | None) -> float:
        started = time.process_time()
        with dear.turn():
            for _ in range(5):
                assert not dear.matches(of, "wrong" * 3)
        return time.process_time() - started

    assert 0.4 < work_of(None) / work_of(kept) < 2.5


def test_nobody_has_a_password_that_matches() -> None:
    with CHEAP.turn():
        assert not CHEAP.matches(None, "nobody has this one")
