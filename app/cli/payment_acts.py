"""`readback admin payment`: what was paid for an order, and money taken, given back or left over.

Showing reads the database only. Capture, void and refund speak to the card gateway of the service's
settings file, as the service does; each is audited and repeatable.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.adapters.card_gateway.loading import load_gateway
from app.central import administration
from app.cli.acts import Outcome, add_act, add_group, add_plain_act, table, when
from app.cli.database import add_database_url, database_url_of
from app.services.central.customers import Customers
from app.services.central.payment_lists import (
    MovementLine,
    attempt_of,
    movements_of,
    without_order,
)
from app.services.central.payment_rows import payments_of
from app.services.central.payments import CardPayments, PaymentSettings
from app.services.central.transaction import DONE, NOBODY, Saga, Transaction
from app.services.ports import EventLog
from app.settings import CentreSettings, read_settings
from app.values.clock import SystemClock
from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId, MovementId, OrderId, SystemIds
from app.values.money import MINOR_SCALE, UNIT_PRICE_SCALE, Money, parse_unit_price
from app.values.order_number import parse_order_number
from app.wire.customers import GetOrder
from app.wire.payments import CaptureAttempt, CardAttempt, PayLink, Payments, RefundAttempt

_UNKNOWN = 1
_PER_MINOR = UNIT_PRICE_SCALE // MINOR_SCALE

MoneyAct = Callable[[CardPayments, Saga, CardAttempt, argparse.Namespace], CardAttempt]


class _Quiet:
    """What the service would write to its log is said by the act itself."""

    def write(self, event: str, **facts: str | float | None) -> None:
        """Nothing."""


def add_payment_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "payment", "payments: show, orphans, capture, void, refund")
    show = add_act(group, "show", "cards, links and movements of an order", _show)
    show.add_argument("order", metavar="ORDER", help="its number (blanks allowed) or its id")
    add_act(group, "orphans", "money that is held or paid for orders that never came", _orphans)
    capture = _money_act(group, "capture", "take what was authorised", _capture)
    refund = _money_act(group, "refund", "give back what was taken", _refund)
    for parser in (capture, refund):
        parser.add_argument("--amount", metavar="N.NN", help="all that is left unless told")
        parser.add_argument(
            "--movement", metavar="ID", type=UUID, help="repeats one whose outcome was not known"
        )
    void = _money_act(group, "void", "give an authorisation back", _void)
    for parser in (refund, void):
        parser.add_argument("--reason", metavar="WORDS", default="", help="kept with the payment")


def _money_act(
    group: Any,  # noqa: ANN401 - as above
    name: str,
    summary: str,
    act: MoneyAct,
) -> argparse.ArgumentParser:
    operation = f"payments.{name}"
    parser = add_plain_act(group, name, summary, partial(_with_gateway, operation, act))
    add_database_url(parser)
    parser.add_argument("attempt", metavar="ATTEMPT", type=UUID, help="its id, as show tells it")
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        required=True,
        help="the settings file of the service, with its [centre.card_gateway]",
    )
    return parser


def _show(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    order_id = _order(tx, arguments.order)
    payments = payments_of(tx, order_id)
    movements = movements_of(tx, order_id)
    state = payments.state.value.replace("_", " ") if payments.state else "not placed yet"
    lines = [f"Order {order_id}: {state}", *_told(payments, movements)]
    return Outcome(lines, note="" if len(lines) > 1 else "No payment was begun for it.")


def _order(tx: Transaction, text: str) -> OrderId:
    """The order that is meant; one that is not placed has only an id."""
    try:
        return OrderId(UUID(text.strip()))
    except ValueError:
        number = parse_order_number(text)
        return Customers().order_view(tx, GetOrder(number=number)).placed.document.order_id


def _orphans(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    found = without_order(tx)
    lines = list(_told(found, ()))
    note = "The service gives authorisations back by itself; a paid link needs a person."
    return Outcome(lines, note=note if lines else "There is no money without an order.")


def _told(payments: Payments, movements: tuple[MovementLine, ...]) -> Iterator[str]:
    if payments.attempts:
        head = ("CARD ATTEMPT", "ORDER", "AT", "STATE", "AMOUNT", "APPROVED", "CAPTURED")
        rows = [_attempt_cells(attempt) for attempt in payments.attempts]
        yield from ("", *table((*head, "REFUNDED", "CARD"), rows))
    if movements:
        rows = [_movement_cells(movement) for movement in movements]
        yield from ("", *table(("MOVEMENT", "OF", "AT", "KIND", "AMOUNT", "STATE"), rows))
    if payments.links:
        rows = [_link_cells(link) for link in payments.links]
        yield from (
            "",
            *table(("PAY LINK", "ORDER", "SENT", "STATE", "AMOUNT", "PAID", "UNTIL"), rows),
        )


def _attempt_cells(attempt: CardAttempt) -> tuple[str, ...]:
    decline = f" ({attempt.decline.value})" if attempt.decline else ""
    return (
        str(attempt.attempt_id),
        str(attempt.order_id),
        when(attempt.at),
        attempt.state.value + decline,
        str(attempt.amount),
        *(str(amount or "") for amount in (attempt.approved, attempt.captured, attempt.refunded)),
        f"{attempt.brand} {attempt.last_four}".strip(),
    )


def _movement_cells(movement: MovementLine) -> tuple[str, ...]:
    return (
        str(movement.movement_id),
        str(movement.attempt_id),
        when(movement.asked_at),
        movement.kind.value,
        str(movement.amount or ""),
        movement.state,
    )


def _link_cells(link: PayLink) -> tuple[str, ...]:
    return (
        str(link.link_id),
        str(link.order_id),
        when(link.sent_at),
        link.state.value,
        str(link.amount),
        when(link.paid_at) if link.paid_at else "",
        when(link.expires_at),
    )


def _with_gateway(operation: str, act: MoneyAct, arguments: argparse.Namespace) -> Outcome:
    """Do the act as the service would, and note in the audit what came of it."""
    settings = read_settings(arguments.settings, "centre", CentreSettings)
    url = database_url_of(arguments, settings.database_url)
    gateway = load_gateway(settings.card_gateway)
    own = _own_settings(settings)
    log: EventLog = _Quiet()
    with administration(url, SystemClock(), SystemIds()) as transactions:
        payments = CardPayments(transactions, gateway, own, log)
        saga = Saga(transactions, NOBODY)
        audit = partial(_audit, operation=operation, saga=saga)
        try:
            before = saga.write(partial(attempt_of, attempt_id=arguments.attempt))
            saga.about(arguments.attempt)
            after = act(payments, saga, before, arguments)
            saga.write(audit)
        except Unreachable:
            saga.write(partial(audit, outcome="unknown"))
            note = "The gateway did not answer. The service goes on trying; look with show."
            return Outcome(note=note, code=_UNKNOWN)
        finally:
            payments.close()
    return Outcome(list(_told(Payments(attempts=(after,)), ()))[1:])


def _own_settings(settings: CentreSettings) -> PaymentSettings:
    try:
        return msgspec.convert(settings.payments, PaymentSettings)
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"[centre.payments] {cause}.") from cause


def _audit(tx: Transaction, operation: str, saga: Saga, outcome: str = DONE) -> None:
    tx.audit(operation, saga.subject, outcome, **saga.facts)


def _capture(
    payments: CardPayments, saga: Saga, attempt: CardAttempt, arguments: argparse.Namespace
) -> CardAttempt:
    approved = attempt.approved or attempt.amount
    left = approved - attempt.captured if attempt.captured else approved
    request = CaptureAttempt(
        movement_id=_movement(arguments),
        attempt_id=attempt.attempt_id,
        amount=_amount(arguments, left),
    )
    return payments.capture(saga, NOBODY, request)


def _refund(
    payments: CardPayments, saga: Saga, attempt: CardAttempt, arguments: argparse.Namespace
) -> CardAttempt:
    captured = attempt.captured or Money(0, attempt.amount.currency)
    left = captured - attempt.refunded if attempt.refunded else captured
    request = RefundAttempt(
        movement_id=_movement(arguments),
        attempt_id=attempt.attempt_id,
        amount=_amount(arguments, left),
        reason=arguments.reason,
    )
    return payments.refund(saga, NOBODY, request)


def _void(
    payments: CardPayments, saga: Saga, attempt: CardAttempt, arguments: argparse.Namespace
) -> CardAttempt:
    return payments.give_back(saga, AttemptId(attempt.attempt_id), arguments.reason)


def _movement(arguments: argparse.Namespace) -> MovementId:
    return MovementId(arguments.movement or SystemIds().new())


def _amount(arguments: argparse.Namespace, left: Money) -> Money:
    """What was said, else all that is left. Raises Refusal as `parse_unit_price`."""
    if arguments.amount is None:
        return left
    price = parse_unit_price(arguments.amount, left.currency)
    if price.ten_thousandths % _PER_MINOR:
        raise Refusal("price_too_fine", "An amount has at most two decimal places.", "amount")
    return price.times(1)
