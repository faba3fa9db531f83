"""`readback admin privacy`: what somebody may ask of their data, and what its time is over for.

Correcting, restricting and erasing are an administrator's, on the command line, because the service
has no right to change what was written. What has to stay is printed with the reason.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from app.cli.acts import Outcome, add_act, add_group
from app.services.central.customer_changes import CustomerChange
from app.services.central.customer_search import search
from app.services.central.customers import customer_views
from app.services.central.privacy import Privacy
from app.services.central.transaction import Transaction
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.contact import EmailAddress
from app.values.errors import Refusal
from app.values.identity import CustomerId
from app.values.telephone import PhoneNumber
from app.wire.customers import CustomerView

FOUND_MOST = 20
_INDENT = " " * 4


def add_privacy_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(
        acts, "privacy", "one person's data: find, export, correct, restrict, erase, keep"
    )
    find = add_act(group, "find", "customers by telephone number, name or postcode", _find)
    find.add_argument("text", metavar="TEXT")
    add_act(group, "restricted", "whose data are only kept", _restricted)
    export = add_act(group, "export", "everything that is kept of them, as JSON", _export)
    correct = add_act(group, "correct", "another name, e-mail or number from now on", _correct)
    restrict = add_act(group, "restrict", "only keep their data: nobody finds them", _restrict)
    lift = add_act(group, "lift", "end a restriction", _lift)
    erase = add_act(group, "erase", "erase them; what has to stay is said, with the reason", _erase)
    for parser in (export, correct, restrict, lift, erase):
        parser.add_argument("customer", metavar="CUSTOMER", help="their id, as find prints it")
    export.add_argument("file", metavar="FILE", type=Path, help="a new file, for you alone to read")
    correct.add_argument("--name", default=None)
    correct.add_argument("--email", default=None)
    correct.add_argument("--phone", default=None, help="with its country: +44 20 7946 0018")
    erase.add_argument("--yes", action="store_true", help="do it; else it is only looked at")
    add_act(group, "keep", "erase what has been kept for long enough", _keep)


def _privacy() -> Privacy:
    return Privacy(load_regions(resource_folder() / "regions"))


def _find(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    found = search(tx, arguments.text, FOUND_MOST)
    views = customer_views(tx, [one.customer_id for one in found.customers])
    lines = [line for view in views for line in _as_text(view)]
    return Outcome(lines, note="" if lines else "Nobody is found by that.")


def _restricted(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    views = customer_views(tx, _privacy().restricted(tx))
    lines = [line for view in views for line in _as_text(view)]
    return Outcome(lines, note="" if lines else "Nobody's data are restricted.")


def _as_text(view: CustomerView) -> Iterator[str]:
    yield f"{view.customer_id}  {view.name}"
    known = (*view.phones, *((view.email,) if view.email else ()))
    if known:
        yield _INDENT + ", ".join(known)
    for one in view.addresses:
        address = one.address
        yield _INDENT + ", ".join(filter(None, (*address.street, address.city, address.postcode)))


def _export(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    body = _privacy().export(tx, _customer(arguments))
    try:
        opened = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as cause:
        raise Refusal("file_exists", f"{arguments.file} is there already.") from cause
    except OSError as cause:
        raise Refusal("file_unwritable", f"{arguments.file}: {cause.strerror}.") from cause
    with os.fdopen(opened, "wb") as file:
        file.write(body)
    return Outcome(note=f"Everything that is kept of them is in {arguments.file}.")


def _correct(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    change = CustomerChange(
        name=arguments.name,
        email=EmailAddress.parse(arguments.email).text if arguments.email else None,
        phone=PhoneNumber.parse(arguments.phone, "GB").e164 if arguments.phone else None,
    )
    _privacy().correct(tx, _customer(arguments), change)
    return Outcome(note="It is corrected. Orders that were confirmed stay as they were.")


def _restrict(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    _privacy().restrict(tx, _customer(arguments))
    return Outcome(note="Their data are only kept from now on; orders under way go on.")


def _lift(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    _privacy().restrict(tx, _customer(arguments), lift=True)
    return Outcome(note="They are found again.")


def _erase(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    customer, privacy = _customer(arguments), _privacy()
    if arguments.yes:
        erased = privacy.erase(tx, customer)
        note = "They are erased. Backups forget them when their own time is over."
    else:
        erased = privacy.outlook(tx, customer)
        note = "Nothing was erased yet. Say --yes to do it."
    lines = [f"Orders: {erased.orders}", *(f"Stays: {sentence}" for sentence in erased.kept)]
    return Outcome(lines, note=note)


def _keep(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    orders = 0
    while done := _privacy().sweep(tx).orders:
        orders += done
    return Outcome(note=f"{orders:,} orders were kept for long enough and say no names any more.")


def _customer(arguments: argparse.Namespace) -> CustomerId:
    try:
        return CustomerId(UUID(arguments.customer))
    except ValueError as cause:
        raise Refusal("customer_unknown", "That is no id of a customer.") from cause
