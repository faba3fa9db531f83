"""What of an order's page goes on the paper of its latest version. Pure."""

from __future__ import annotations

import msgspec

from app.services.rules.amending import cards_of
from app.values.money import Money
from app.values.order_life import ChangeState, OrderState
from app.wire.order_page import CancelledPieces, OrderPage, PrintOrder, VersionOnPaper


def paper_of(page: OrderPage) -> PrintOrder:
    """What is to be printed: with all that was paid, and with its version if it was changed."""
    order = page.order
    placed = order.placed
    if order.payments.attempts or order.payments.links:
        placed = msgspec.structs.replace(
            placed, attempts=order.payments.attempts, links=order.payments.links
        )
    return PrintOrder(placed=placed, revision=order.revision, version=_version(page))


def _version(page: OrderPage) -> VersionOnPaper | None:
    """None: it is as it was placed."""
    order, account = page.order, page.account
    if order.revision <= 1:
        return None
    applied = [one for one in page.changes if one.state is ChangeState.APPLIED]
    last = next((one for one in applied if one.revision == order.revision), None)
    made = next((one.at for one in page.versions if one.revision == order.revision), None)
    changed_at = last.at if last is not None else made
    if changed_at is None:
        return None
    return VersionOnPaper(
        revision=order.revision,
        changed_at=changed_at,
        differences=last.differences if last is not None else (),
        cancelled=tuple(
            CancelledPieces(description=line.description, pieces=line.cancelled)
            for line in page.lines
            if line.cancelled
        ),
        returning=Money(
            account.returning.minor + account.to_refund.minor, account.returning.currency
        ),
        refunded=account.refunded,
        cards=cards_of(order.payments.attempts),
        is_cancelled=order.state == OrderState.CANCELLED,
    )
