"""What speaks against carrying out a change that arrived, beside what the order itself allows.

The desk is not trusted: totals, record of the read-back, products and payment are held against what
the centre knows, by the same rules as when an order is placed. What was odd about the order before
is no reason against its change. Part of the transaction it is given; nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.models.central.customer import Customer
from app.models.central.read_back import ReadBackOverride
from app.services.central import judgement
from app.services.central.guidance import GuidanceEditions
from app.services.central.order_changes_facts import OrderNow
from app.services.central.order_changes_plan import Planned
from app.services.central.payment_rows import is_given_up
from app.services.central.transaction import Transaction
from app.services.rules.payments import STILL_OPEN
from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoint, Checkpoints, standings, still_open
from app.services.rules.refunds import settlement
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason, sentence_for
from app.values.errors import Refusal
from app.values.identity import DeviceId, OverrideId
from app.values.money import Money
from app.values.vocabulary import PaymentMethod
from app.wire.order_changes import Amendment, Obstacle, OrderChange
from app.wire.orders import PlacedOrder
from app.wire.payments import Payments
from app.wire.read_back import Overridden
from app.wire.sync import Command

_ASKS_FOR_MONEY = {PaymentMethod.CARD, PaymentMethod.PAY_LINK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change exactly as its seat sent it, and what was paid for it."""

    change: OrderChange
    device_id: DeviceId
    payments: Payments


class Judging:
    """Judges changes. One instance may be asked from any thread."""

    def __init__(self) -> None:
        self._editions = GuidanceEditions()

    def obstacles(
        self, tx: Transaction, now: OrderNow, base: PlacedOrder, told: Told, rules: RegionRules
    ) -> tuple[Obstacle, ...]:
        """Why a person has to look at it before it is carried out."""
        found = list(_about_order(tx, now, told))
        what = told.change.what
        if isinstance(what, Amendment):
            placed = as_placed(told.change, what)
            found += _contents(placed, base, rules)
            found += self._read_back(tx, placed, base, rules)
            found += _customer(tx, placed, base)
            found += _overrides(tx, placed, base, told)
            found += _products(tx, placed, base)
        return tuple(
            Obstacle(code=code, sentence=_sentence(code)) for code in dict.fromkeys(map(str, found))
        )

    def _read_back(
        self, tx: Transaction, placed: PlacedOrder, base: PlacedOrder, rules: RegionRules
    ) -> list[str]:
        """Checkpoints that are open now and were not as open before."""
        edition = self._editions.edition(tx, placed.guidance)
        if edition is None:
            return [ReviewReason.GUIDANCE_UNKNOWN]
        checkpoints = Checkpoints(rules, edition.checklists)
        open_now = _open(checkpoints, placed)
        before = {(one.key, one.sha256) for one in _open(checkpoints, base)}
        fresh = [one for one in open_now if (one.key, one.sha256) not in before]
        return list(judgement.open_reasons(fresh, placed.document))


def refuse_malformed_change(change: OrderChange, command: Command) -> None:
    """Raises Refusal `malformed` for what no change can mean and no column can hold."""
    judgement.refuse_malformed_instants((change.asked_at, command.captured_at))
    if change.base_revision > judgement.LARGEST_VERSION:
        raise Refusal("malformed", "This cannot be kept: there is no such version.")
    if isinstance(change.what, Amendment):
        judgement.refuse_malformed(as_placed(change, change.what), command)


def as_placed(change: OrderChange, what: Amendment) -> PlacedOrder:
    """An amendment in the form in which orders are judged."""
    return PlacedOrder(
        number=change.number,
        document=what.document,
        totals=what.totals,
        placed_at=change.asked_at,
        placed_by=change.asked_by,
        guidance=what.guidance,
        read_back=what.read_back,
        attempts=what.attempts,
        links=what.links,
    )


def payment_obstacles(now: OrderNow, planned: Planned, told: Told) -> tuple[Obstacle, ...]:
    """Whether more stays unpaid than did before, where the order is paid for at once."""
    document = planned.document
    if not isinstance(told.change.what, Amendment):
        return ()
    invoiced = document.payment is PaymentMethod.INVOICE
    if invoiced and now.placed.document.payment is not document.payment and not now.on_account:
        code = ReviewReason.NOT_ON_ACCOUNT
        return (Obstacle(code=code, sentence=sentence_for(code)),)
    if document.payment not in _ASKS_FOR_MONEY:
        return ()
    before = settlement(now.owed, now.tendered).to_pay.minor
    promised = sum(one.amount.minor for one in told.payments.links if one.state in STILL_OPEN)
    short = planned.settlement.to_pay.minor - promised
    if short <= before:
        return ()
    amount = Money(short - before, now.currency)
    sentence = f"{amount} is still to be paid for this change."
    return (Obstacle(code=ReviewReason.PAYMENT_SHORT, sentence=sentence),)


_OWN_SENTENCES: Mapping[str, str] = {
    ReviewReason.CUSTOMER_UNKNOWN: "The customer that the change names is not known here.",
    "version_unknown": "An earlier change of the order has not arrived yet.",
    "number_differs": "The change names another order number than this order has.",
    "change_sent_twice": "Another change was sent under the same id before.",
    "order_unknown": "The order itself has not arrived yet.",
}


def _sentence(code: str) -> str:
    return _OWN_SENTENCES.get(code) or sentence_for(code)


def obstacle(code: str) -> Obstacle:
    """One of those that the way of a change shows."""
    return Obstacle(code=code, sentence=_sentence(code))


def _about_order(tx: Transaction, now: OrderNow, told: Told) -> Iterator[str]:
    if told.change.number not in now.numbers:
        yield "number_differs"
    if is_given_up(tx, told.change.change_id):
        yield ReviewReason.ORDER_GIVEN_UP


def _contents(placed: PlacedOrder, base: PlacedOrder, rules: RegionRules) -> Iterator[str]:
    """An order without lines is named by what may be done with it."""
    before = judgement.reasons_from_contents(base, totals(base.document, rules))
    for reason in judgement.reasons_from_contents(placed, totals(placed.document, rules)):
        if reason not in before and reason != ReviewReason.NO_LINES:
            yield reason


def _customer(tx: Transaction, placed: PlacedOrder, base: PlacedOrder) -> Iterator[str]:
    """Another customer has to be one of ours: nobody is made anew by a change."""
    customer, before = placed.document.customer, base.document.customer
    if customer is None or (before is not None and before.customer_id == customer.customer_id):
        return
    if tx.session.get(Customer, customer.customer_id) is None:
        yield ReviewReason.CUSTOMER_UNKNOWN


def _open(checkpoints: Checkpoints, placed: PlacedOrder) -> list[Checkpoint]:
    points = checkpoints.of(placed.document, placed.totals)
    return [one.checkpoint for one in still_open(standings(points, placed.read_back))]


def _overrides(
    tx: Transaction, placed: PlacedOrder, base: PlacedOrder, told: Told
) -> Iterator[str]:
    """A lead's word that is new has to have been given here, for this order or this change."""
    known = {entry.override_id for entry in judgement.overrides_in(base)}
    new = [one for one in judgement.overrides_in(placed) if one.override_id not in known]
    if not new:
        return
    held = _held_overrides(tx, [one.override_id for one in new])
    if not all(_is_proved(one, held.get(one.override_id), told) for one in new):
        yield ReviewReason.OVERRIDE_UNPROVED


def _held_overrides(tx: Transaction, overrides: list[OverrideId]) -> dict[UUID, ReadBackOverride]:
    rows = select(ReadBackOverride).where(ReadBackOverride.override_id.in_(overrides))
    return {row.override_id: row for row in tx.session.scalars(rows)}


def _is_proved(entry: Overridden, held: ReadBackOverride | None, told: Told) -> bool:
    if held is None or entry.offline:
        return False
    covered = {(one["checkpoint"], one["sha256"]) for one in held.checkpoints}
    return (
        held.order_id in {told.change.order_id, told.change.change_id}
        and held.device_id == told.device_id
        and held.lead_id == entry.lead
        and covered.issuperset((one.checkpoint, one.sha256) for one in entry.checkpoints)
    )


_PRODUCTS = "SELECT upper(p.code), p.withdrawn FROM product p WHERE upper(p.code) = ANY (%(codes)s)"


def _products(tx: Transaction, placed: PlacedOrder, base: PlacedOrder) -> Iterator[str]:
    """Only of what is wanted more than before."""
    had = {line.line_id: line for line in base.document.lines}
    codes = {
        line.code.upper()
        for line in placed.document.lines
        if (old := had.get(line.line_id)) is None
        or old.code != line.code
        or old.quantity < line.quantity
    }
    if not codes:
        return
    known: dict[str, bool] = {}
    for code, withdrawn in tx.connection.exec_driver_sql(_PRODUCTS, {"codes": list(codes)}):
        known[code] = known.get(code, True) and withdrawn
    if codes - known.keys():
        yield ReviewReason.PRODUCT_UNKNOWN
    if any(known.values()):
        yield ReviewReason.PRODUCT_WITHDRAWN
