"""An order whose life is played out step by step: what is due, what was paid, what went back.

The bank here does what a gateway does and nothing of our rules; it complains where more is taken or
given back than there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.services.rules.cancelling import cancelled
from app.services.rules.ledger import Entry, account, due, entries, goodwill, owed
from app.services.rules.refunds import Settlement, Tendered, settlement
from app.values.identity import LineId, RefundId
from app.values.money import Money
from app.values.order_life import CancelReason, LedgerCause, RefundState, RefundWay
from app.values.vocabulary import AttemptState, LinkState
from app.wire.order_changes import Cancellation, PiecesOfLine, RefundView
from tests.builders import (
    A_MORNING,
    a_link,
    a_price,
    an_address,
    an_attempt,
    an_id,
    with_delivery,
    with_line,
)

if TYPE_CHECKING:
    from app.services.rules.regions import RegionRules
    from app.wire.order_page import Account
    from app.wire.orders import OrderDocument
    from app.wire.payments import CardAttempt


@dataclass
class Story:
    """One order, its ledger, and all money that ever moved for it."""

    document: OrderDocument
    rules: RegionRules
    ledger: list[Entry] = field(default_factory=list)
    returned: dict[LineId, int] = field(default_factory=dict)
    tendered: Tendered = field(default_factory=Tendered)
    revision: int = 0
    before: tuple[OrderDocument, dict[LineId, int]] | None = None

    def __post_init__(self) -> None:
        self.become(self.document, LedgerCause.PLACED)
        self.before = None

    # ------------------------------------------------------------ what happens to the order

    def become(self, document: OrderDocument, cause: LedgerCause) -> None:
        """Another version, and its entries."""
        self.before = (self.document, dict(self.returned))
        self.document, self.revision = document, self.revision + 1
        now_due = due(document, self.rules, self.returned)
        self.ledger += entries(self.ledger, now_due, self.revision, cause)
        assert not entries(self.ledger, now_due, self.revision, cause)
        self.settle()

    def undo(self) -> None:
        """Take the last change back."""
        if self.before is not None:
            document, self.returned = self.before[0], dict(self.before[1])
            self.become(document, LedgerCause.UNDONE)
            self.before = None

    def amend_line(self, place: int, quantity: int, price: str) -> None:
        lines = list(self.document.lines)
        if lines:
            line = lines[place % len(lines)]
            kept = max(quantity, self.returned.get(line.line_id, 0), 1)
            told = a_price(price, self.document.currency)
            lines[place % len(lines)] = replace(line, quantity=kept, told_price=told)
            self.become(replace(self.document, lines=tuple(lines)), LedgerCause.AMENDED)

    def add_line(self, quantity: int, price: str) -> None:
        line_id = LineId(an_id(1_000 + self.revision))
        another = with_line("NEW", quantity + 1, price, line_id=line_id)
        self.become(another(self.document), LedgerCause.AMENDED)

    def send_faster(self, minor: int) -> None:
        """Another delivery charge, unless nothing is delivered."""
        if self.document.lines:
            charge = Money(minor, self.document.currency)
            self.become(with_delivery(charge=charge)(self.document), LedgerCause.AMENDED)

    def move(self, country: str) -> None:
        """The goods go to another country or state."""
        area = "CA" if country == "US" else ""
        address = an_address(country, area=area) if area else an_address(country)
        self.become(replace(self.document, deliver_to=address), LedgerCause.AMENDED)

    def cancel(self, place: int, pieces: int) -> None:
        """Pieces of a line that were not returned; none: the whole order, if nothing was."""
        lines = self.document.lines
        if not lines:
            return
        line = lines[place % len(lines)]
        there = line.quantity - self.returned.get(line.line_id, 0)
        fewer = min(pieces, there)
        if pieces == 0 and any(self.returned.values()):
            return
        what = Cancellation(reason=CancelReason.OTHER)
        if pieces:
            if not fewer or (fewer == line.quantity and any(self.returned.values())):
                return
            gone = PiecesOfLine(line_id=line.line_id, quantity=fewer)
            what = Cancellation(lines=(gone,), reason=CancelReason.CHANGED_MIND)
        self.become(cancelled(self.document, what), LedgerCause.CANCELLED)

    def give_back(self, place: int, pieces: int) -> None:
        """The customer returns pieces."""
        lines = self.document.lines
        if lines:
            line = lines[place % len(lines)]
            before = dict(self.returned)
            there = self.returned.get(line.line_id, 0)
            self.returned[line.line_id] = min(there + pieces, line.quantity)
            self.become(self.document, LedgerCause.RETURNED)
            self.before = (self.document, before)

    def please(self, minor: int) -> None:
        """Goodwill, where there is enough left of the order."""
        amount = Money(min(minor, self.owed.minor), self.document.currency)
        if amount.minor:
            self.ledger.append(goodwill(self.ledger, amount, self.revision))
        self.settle()

    # ------------------------------------------------------------ what happens to the money

    @property
    def owed(self) -> Money:
        return owed(self.ledger, self.document.currency)

    @property
    def account(self) -> Account:
        return account(self.ledger, self.tendered, self.document.currency)

    def settle(self) -> Settlement:
        """Plan what goes back, as rows that are due."""
        found = settlement(self.owed, self.tendered)
        rows = [
            replace(one, state=RefundState.UNDONE) if one.refund_id in found.undo else one
            for one in self.tendered.refunds
        ]
        rows += [
            RefundView(
                refund_id=RefundId(an_id(8_000 + len(rows) + number)),
                way=way.way,
                amount=way.amount,
                state=RefundState.DUE,
                attempt_id=way.attempt_id,
                link_id=way.link_id,
                at=A_MORNING,
            )
            for number, way in enumerate(found.ways)
        ]
        self.tendered = replace(self.tendered, refunds=tuple(rows))
        return found

    def pay_by_card(self) -> None:
        """What is to be paid is authorised."""
        to_pay = settlement(self.owed, self.tendered).to_pay
        if to_pay.minor:
            number = len(self.tendered.attempts) + 1
            at = A_MORNING + timedelta(minutes=number)
            attempt = an_attempt(to_pay, number=number, at=at)
            attempts = (*self.tendered.attempts, attempt)
            self.tendered = replace(self.tendered, attempts=attempts)

    def pay_by_link(self) -> None:
        to_pay = settlement(self.owed, self.tendered).to_pay
        if to_pay.minor:
            number = len(self.tendered.links) + 1
            at = A_MORNING + timedelta(minutes=number)
            # The builder names at most seven links apart; of more only the ids have to differ.
            link = a_link(to_pay, LinkState.PAID, number=number % 7 + 1, paid_at=at)
            link = replace(link, link_id=an_id(6_100 + number))
            self.tendered = replace(self.tendered, links=(*self.tendered.links, link))

    def capture(self, share: int) -> None:
        """So many of a hundred of the oldest authorisation are taken, never what goes back."""
        going = {
            one.attempt_id
            for one in self.tendered.refunds
            if one.state is RefundState.DUE and one.way is RefundWay.VOID
        }
        for attempt in self.tendered.attempts:
            if attempt.state is AttemptState.AUTHORISED and attempt.attempt_id not in going:
                assert attempt.approved is not None
                left = attempt.approved.minor - self._released(attempt)
                if taken := left * share // 100:
                    self._put(captured(attempt, taken))
                break
        self.settle()

    def carry_out(self, *, refuses: bool) -> None:
        """The oldest refund that is due is done, or the gateway refuses it."""
        waiting = [one for one in self.tendered.refunds if one.state is RefundState.DUE]
        if not waiting:
            return
        refund = waiting[0]
        refused = refuses and refund.way in {RefundWay.REFUND, RefundWay.VOID}
        state = RefundState.REFUSED if refused else RefundState.DONE
        if not refused:
            self._moved(refund)
        rows = tuple(
            replace(one, state=state) if one is refund else one for one in self.tendered.refunds
        )
        self.tendered = replace(self.tendered, refunds=rows)
        self.settle()

    def _moved(self, refund: RefundView) -> None:
        for attempt in self.tendered.attempts:
            if attempt.attempt_id == refund.attempt_id and refund.way is RefundWay.VOID:
                assert attempt.captured is None
                self._put(replace(attempt, state=AttemptState.VOIDED))
            elif attempt.attempt_id == refund.attempt_id and refund.way is RefundWay.REFUND:
                self._put(refunded(attempt, refund.amount))

    def _released(self, attempt: CardAttempt) -> int:
        return sum(
            one.amount.minor
            for one in self.tendered.refunds
            if one.attempt_id == attempt.attempt_id
            and one.way is RefundWay.RELEASE
            and one.state in {RefundState.DUE, RefundState.DONE}
        )

    def _put(self, attempt: CardAttempt) -> None:
        attempts = tuple(
            attempt if one.attempt_id == attempt.attempt_id else one
            for one in self.tendered.attempts
        )
        self.tendered = replace(self.tendered, attempts=attempts)


def captured(attempt: CardAttempt, minor: int) -> CardAttempt:
    amount = Money(minor, attempt.amount.currency)
    return replace(attempt, captured=amount, state=AttemptState.CAPTURED)


def refunded(attempt: CardAttempt, amount: Money) -> CardAttempt:
    """As the gateway does it: never more than was taken."""
    taken = attempt.captured or Money(0, amount.currency)
    back = (attempt.refunded or Money(0, amount.currency)) + amount
    assert back.minor <= taken.minor
    state = AttemptState.REFUNDED if back == taken else AttemptState.CAPTURED
    return replace(attempt, refunded=back, state=state)
