"""`readback admin`: what an administrator does to database, people, seats, audit and policy.

Guidance, orders, customers, evidence, calls, contacts, payments, stock and the warehouse have acts
of their own (`guidance_acts`, `order_acts`, `customer_acts`, `evidence_acts`, `call_acts`,
`contact_acts`, `payment_acts`, `stock_acts`, `warehouse_acts`), and so has what needs a person
(`work_acts`). Each act runs in one transaction as the owner role, beside a running service or
without one; changes are audited. What a script may want goes to standard output, words around it to
standard error.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from app.central import administration, prepare_database
from app.cli.acts import Act, Outcome, PlainAct, add_act, add_group, add_plain_act, table, when
from app.cli.call_acts import add_call_acts
from app.cli.contact_acts import add_contact_acts
from app.cli.customer_acts import add_customer_acts
from app.cli.database import add_database_url, database_url_of
from app.cli.evidence_acts import add_evidence_acts
from app.cli.guidance_acts import add_guidance_acts
from app.cli.order_acts import add_order_acts
from app.cli.payment_acts import add_payment_acts
from app.cli.privacy_acts import add_privacy_acts
from app.cli.stock_acts import add_stock_acts
from app.cli.warehouse_acts import add_warehouse_acts
from app.cli.work_acts import add_work_acts
from app.services.central.audit import AuditChain, read_head
from app.services.central.installation import (
    NUMBERS_SKIPPED,
    Installations,
    read_policy,
    written_policy,
)
from app.services.central.passwords import Passwords
from app.services.central.people import NewPerson, People, PersonLine, generated_password
from app.services.central.seats import CODE_LIFE, Seats, SeatView
from app.services.central.transaction import Transaction
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.values.vocabulary import Role

FOUND_WANTING = 1
NUMBERS_SKIPPED_MOST = 10_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every act with its arguments."""
    acts = parser.add_subparsers(required=True, metavar="WHAT")
    migrate = add_plain_act(
        acts, "migrate", "bring the database up to date, or make it new", _migrate
    )
    add_database_url(migrate)
    restored = add_act(
        acts, "restored", "make a restored, copied or promoted database known again", _restored
    )
    restored.add_argument(
        "--skip",
        metavar="COUNT",
        type=_count,
        default=NUMBERS_SKIPPED,
        help="pass over so many order numbers at least (default: %(default)s)",
    )
    add_act(
        acts, "seats", "how every seat is: heard when, what waits, whether it runs twice", _seats
    )
    _device_acts(add_group(acts, "device", "seats: enrol, list, revoke, recover-key"))
    _person_acts(add_group(acts, "person", "people: add, disable, reset, role, team, list"))
    verify = add_act(
        add_group(acts, "audit", "the chain of audit rows: verify"),
        *("verify", "walk the chain; exit code 1 when it does not hold", _verify),
    )
    verify.add_argument(
        "--head",
        metavar="POSITION:DIGEST",
        default="",
        help="a head written down earlier; finds out when the newest rows were removed",
    )
    policy_acts = add_group(acts, "policy", "what holds for all desks: show, set")
    add_act(policy_acts, "show", "the policy that holds, as JSON", _policy_show)
    put = add_act(policy_acts, "set", "let a policy hold from now on", _policy_set)
    put.add_argument("file", metavar="FILE", type=Path, help="JSON, or TOML (.toml)")
    add_guidance_acts(acts)
    add_order_acts(acts)
    add_customer_acts(acts)
    add_evidence_acts(acts)
    add_call_acts(acts)
    add_contact_acts(acts)
    add_payment_acts(acts)
    add_stock_acts(acts)
    add_warehouse_acts(acts)
    add_privacy_acts(acts)
    add_work_acts(acts)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    plain: PlainAct | None = arguments.plain
    outcome = _in_a_transaction(arguments) if plain is None else plain(arguments)
    for line in outcome.lines:
        print(line)
    if outcome.note:
        print(outcome.note, file=sys.stderr)
    return outcome.code


def _in_a_transaction(arguments: argparse.Namespace) -> Outcome:
    url = database_url_of(arguments)
    if "generate_password" in arguments:
        arguments.password = _password(arguments)
    act: Act = arguments.act

    def work(tx: Transaction) -> Outcome:
        return act(tx, arguments)

    with administration(url, SystemClock(), SystemIds()) as transactions:
        return transactions.write(work)


def _migrate(arguments: argparse.Namespace) -> Outcome:
    version = prepare_database(database_url_of(arguments), SystemClock(), SystemIds())
    return Outcome([f"The database is at version {version}."])


def _device_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    enrol = add_act(acts, "enrol", "print a one-time code for a seat, new or known", _device_enrol)
    enrol.add_argument("name", metavar="NAME", help="what the seat is called, such as 'Desk 12'")
    enrol.add_argument("--extension", metavar="NUMBER", help="its telephone extension")
    add_act(acts, "list", "every seat", _device_list)
    revoke = add_act(acts, "revoke", "take a seat out of service at once", _device_revoke)
    recover = add_act(acts, "recover-key", "print the keys of a seat's stores", _device_key)
    for parser in (revoke, recover):
        parser.add_argument("name", metavar="NAME")


def _person_acts(acts: Any) -> None:  # noqa: ANN401 - as above
    add = add_act(acts, "add", "someone new who may sign in", _person_add)
    disable = add_act(acts, "disable", "nobody signs in as this person any more", _person_disable)
    reset = add_act(
        acts, "reset", "a new password; ends lock-outs, lets them in again", _person_reset
    )
    role = add_act(acts, "role", "what they may do from now on", _person_role)
    team = add_act(acts, "team", "which team they are in", _person_team)
    add_act(acts, "list", "everyone", _person_list)
    for parser in (add, disable, reset, role, team):
        parser.add_argument("login", metavar="LOGIN", help="the name they sign in with")
    for parser in (add, reset):
        _add_password(parser)
    add.add_argument("--name", default="", help="their name as colleagues see it")
    add.add_argument("--role", type=Role, choices=list(Role), default=Role.CSR)
    add.add_argument("--team", default="")
    role.add_argument("role", type=Role, choices=list(Role))
    team.add_argument("team", metavar="TEAM", help="'' for none")


def _restored(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    jump = Installations().restored(tx, arguments.skip)
    return Outcome(
        note="This database is known again. Desks will take a new copy of everything."
        f" {jump:,} order numbers are passed over."
    )


def _count(text: str) -> int:
    """Raises argparse's own error for what is no count."""
    count = int(text)
    if not 0 < count <= NUMBERS_SKIPPED_MOST:
        raise argparse.ArgumentTypeError(f"a count from 1 to {NUMBERS_SKIPPED_MOST:,}")
    return count


def _seats(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    head = ("SEAT", "STATE", "HEARD", "WAITING", "OLDEST", "FOR A PERSON", "VERSION", "COPY SEEN")
    return Outcome(table(head, [_seat_line(seat) for seat in Seats().all(tx)]))


def _seat_line(seat: SeatView) -> tuple[str, ...]:
    state = _seat_state(seat.enrolled_at, seat.revoked_at)
    told = seat.heard
    if told is None:
        return (seat.name, state, "never", "", "", "", "", "")
    oldest = when(told.oldest_waiting_at) if told.oldest_waiting_at is not None else ""
    copied = when(told.copied_at) if told.copied_at is not None else ""
    counts = (str(told.waiting), oldest, str(told.needs_person))
    return (seat.name, state, when(told.seen_at), *counts, told.version, copied)


def _device_enrol(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    code = Seats().issue_code(tx, arguments.name, arguments.extension)
    minutes = round(CODE_LIFE.total_seconds() / 60)
    return Outcome([code], note=f"It enrols one seat, within {minutes} minutes.")


def _device_list(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    rows = [
        (seat.name, seat.extension or "", _seat_state(seat.enrolled_at, seat.revoked_at))
        for seat in Seats().all(tx)
    ]
    return Outcome(table(("SEAT", "EXTENSION", "STATE"), rows))


def _seat_state(enrolled_at: datetime | None, revoked_at: datetime | None) -> str:
    if revoked_at is not None:
        return f"revoked {when(revoked_at)}"
    return f"enrolled {when(enrolled_at)}" if enrolled_at is not None else "not enrolled yet"


def _device_revoke(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    Seats().revoke(tx, arguments.name)
    return Outcome(note=f"{arguments.name} is out of service.")


def _device_key(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    keys = Seats().recover_keys(tx, arguments.name)
    lines = [f"{key.store_key}  store enrolled {when(key.enrolled_at)}" for key in keys]
    return Outcome(lines, note="Whoever has a key and its store can read the orders in it.")


def _person_add(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    People(Passwords()).add(
        tx,
        NewPerson(
            login=arguments.login,
            name=arguments.name,
            role=arguments.role,
            team=arguments.team,
            password=arguments.password,
        ),
    )
    return _with_password(arguments, f"{arguments.login} may sign in.")


def _person_reset(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    People(Passwords()).reset(tx, arguments.login, arguments.password)
    return _with_password(arguments, f"{arguments.login} has a new password.")


def _person_disable(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    People(Passwords()).disable(tx, arguments.login)
    return Outcome(note=f"Nobody signs in as {arguments.login} any more.")


def _person_role(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    People(Passwords()).change_role(tx, arguments.login, arguments.role)
    return Outcome(note=f"{arguments.login} is {arguments.role.value} from now on.")


def _person_team(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    People(Passwords()).change_team(tx, arguments.login, arguments.team)
    return Outcome(note=f"{arguments.login} is in {arguments.team or 'no team'}.")


def _person_list(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    rows = [
        (person.login, person.name, person.role.value, person.team, _person_state(tx.at, person))
        for person in People(Passwords()).all(tx)
    ]
    return Outcome(table(("LOGIN", "NAME", "ROLE", "TEAM", "STATE"), rows))


def _person_state(now: datetime, person: PersonLine) -> str:
    if person.disabled_at is not None:
        return f"disabled {when(person.disabled_at)}"
    if person.locked_until is not None and person.locked_until > now:
        return f"locked until {when(person.locked_until)}"
    return "may sign in"


def _verify(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    verdict = AuditChain().verify(tx, read_head(arguments.head) if arguments.head else None)
    waiting = f"{verdict.unsealed} rows are not sealed yet"
    if verdict.oldest_unsealed_at is not None:
        waiting += f", the oldest of {when(verdict.oldest_unsealed_at)}"
    head = f"head {verdict.head}"
    if verdict.holds:
        return Outcome([f"The chain of {verdict.sealed} rows holds; {waiting}.", head])
    return Outcome([f"{verdict.sentence} {waiting}.", head], code=FOUND_WANTING)


def _policy_show(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    _, policy = Installations().policy(tx)
    return Outcome([written_policy(policy)])


def _policy_set(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    revision = Installations().set_policy(tx, read_policy(arguments.file))
    return Outcome(note=f"The policy holds as revision {revision}.")


def _add_password(parser: argparse.ArgumentParser) -> None:
    given = parser.add_mutually_exclusive_group()
    given.add_argument(
        "--password-stdin", action="store_true", help="read the password as a line from input"
    )
    given.add_argument(
        "--generate-password", action="store_true", help="make one up and print it once"
    )


def _password(arguments: argparse.Namespace) -> str:
    """As it was asked for; without a terminal to ask at, one is made up."""
    arguments.generate_password |= not arguments.password_stdin and not sys.stdin.isatty()
    if arguments.generate_password:
        return generated_password()
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Refusal("passwords_differ", "Those two passwords are not the same.")
    return password


def _with_password(arguments: argparse.Namespace, note: str) -> Outcome:
    return Outcome([arguments.password] if arguments.generate_password else [], note=note)
