"""Orders and all that becomes of them on a bad line: their ledgers are right at each step.

Two desks send over HTTP through a proxy that drops and doubles what they send, and send it again
until they have heard. The bank is a gateway that does as it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from typing_extensions import override

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.faults.proxy import Mischief, Proxy
from app.services.central.order_refunds import RefundWatch
from app.transport.client import HttpCarrier, RemoteCaller
from app.values.errors import Unreachable
from app.values.identity import LineId, OrderId
from app.values.order_life import OrderState
from app.values.vocabulary import PaymentMethod, PaymentState
from app.wire.operations import SEND_COMMANDS
from app.wire.order_changes import PiecesOfLine
from app.wire.orders import PlacedOrder
from app.wire.sync import Command, CommandOutcome, Outcome, SendCommands
from tests.builders import with_line
from tests.central_fixtures import Databases
from tests.changing_desk import ChangingDesk, quantity
from tests.order_desk import stored_order
from tests.paying_desk import PayingCentre
from tests.stocked_desk import count, reserved, sums_that_are_wrong
from tests.warehouses import DELIVERED, SHIPPED, Warehoused

TRIES_MOST = 60
MISCHIEF = (
    Mischief.DROPPED_BEFORE,
    Mischief.DROPPED_AFTER,
    Mischief.HALF_ANSWER,
    Mischief.DOUBLED,
    Mischief.ERROR_500,
    Mischief.ERROR_503,
)
SETTLED = {Outcome.ACCEPTED, Outcome.REPLAYED}


class DeskOnABadLine(ChangingDesk):
    """Sends each command until it has heard what became of it."""

    def __init__(self, centre: PayingCentre, proxy: Proxy, name: str, login: str) -> None:
        super().__init__(centre, name, login)
        self._carrier = HttpCarrier(proxy.address)
        self._line = RemoteCaller(self._carrier, centre.clock, centre.ids)
        self._line.use_seat(self.seat)
        self.unheard = 0

    def close(self) -> None:
        self._carrier.close()

    @override
    def send(self, *commands: Command) -> tuple[CommandOutcome, ...]:
        for _ in range(TRIES_MOST):
            try:
                return self._line.call(SEND_COMMANDS, SendCommands(commands=commands)).outcomes
            except Unreachable:
                self.unheard += 1
        raise AssertionError("nothing was heard for too long")


@pytest.fixture(scope="module")
def shared(postgres_server: LocalPostgres, central_template: str) -> Iterator[PayingCentre]:
    databases = Databases(postgres_server)
    made = PayingCentre(databases.make(central_template))
    yield made
    made.close()
    databases.drop_all()


@pytest.fixture
def centre(shared: PayingCentre) -> PayingCentre:
    shared.empty()
    return shared


@pytest.fixture
def desks(centre: PayingCentre) -> Iterator[tuple[DeskOnABadLine, DeskOnABadLine]]:
    with ExitStack() as stack:
        stack.enter_context(centre.over_http())
        proxy = stack.enter_context(
            Proxy([centre.port], seed=6, share_percent=60, mischief=MISCHIEF)
        )
        ada = DeskOnABadLine(centre, proxy, "Desk 1", "ada")
        stack.callback(ada.close)
        sam = DeskOnABadLine(centre, proxy, "Desk 2", "sam")
        stack.callback(sam.close)
        yield ada, sam
        assert len(proxy.done) > 1


class Books:
    """What the centre has written about one order, asked in plain SQL."""

    def __init__(self, centre: PayingCentre, order: PlacedOrder) -> None:
        self._centre = centre
        self._order_id = order.document.order_id

    def are_right(self, total: int, revision: int) -> None:
        """Total, ledger, lines, counters and stock say the same."""
        row = stored_order(self._centre, self._order_id)
        assert (row["total_minor"], row["revision"]) == (total, revision)
        assert self._sum("order_ledger", "amount_minor") == total
        pieces = self._sum("order_line", "quantity")
        assert self._sum("order_progress", "ordered - cancelled") == pieces
        tea = self._sum("order_line", "CASE WHEN code = 'TEA-1' THEN quantity ELSE 0 END")
        assert reserved(self._centre) == tea
        assert sums_that_are_wrong(self._centre) == ()
        assert row["review_reasons"] == []

    def goes_back(self, *states: str) -> int:
        rows = self._centre.rows(
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM order_refund"
            " WHERE order_id = :id AND state = ANY (:states)",
            id=self._order_id,
            states=list(states),
        )
        return int(rows[0][0])

    def taken(self) -> int:
        """Minor units that were captured and not sent back, under the order and its changes."""
        rows = self._centre.rows(
            "SELECT coalesce(sum(captured_minor - refunded_minor), 0)::bigint FROM card_attempt"
            " WHERE order_id = :id"
            " OR order_id IN (SELECT change_id FROM order_change WHERE order_id = :id)",
            id=self._order_id,
        )
        return int(rows[0][0])

    def state(self) -> tuple[OrderState, PaymentState]:
        row = stored_order(self._centre, self._order_id)
        return OrderState(row["state"]), PaymentState(row["payment_state"])

    def _sum(self, table: str, what: str) -> int:
        rows = self._centre.rows(
            f"SELECT coalesce(sum({what}), 0)::bigint FROM {table} WHERE order_id = :id",  # noqa: S608 - names of this test
            id=self._order_id,
        )
        return int(rows[0][0])


def test_an_order_lives_on_a_bad_line_and_its_books_are_right_at_each_step(
    centre: PayingCentre, desks: tuple[DeskOnABadLine, DeskOnABadLine]
) -> None:
    ada, sam = desks
    watch = RefundWatch(centre.transactions, centre.payments, centre.log)
    count(centre, "TEA-1", 50)

    order = ada.ordered(with_line("TEA-1", 4), payment=PaymentMethod.CARD)
    books = Books(centre, order)
    placed = 4 * 295 + 495

    # More is wanted: the difference is authorised under the change.
    change_id = sam.new_change()
    more = sam.take(OrderId(change_id), 2 * 295)
    what = sam.amendment(order, quantity("TEA-1", 5), with_line("CUP-2", 1), attempts=(more,))
    amended = sam.send_change(sam.change(order, what, change_id=change_id))
    assert (amended.outcome in SETTLED, amended.reasons) == (True, ())
    books.are_right(placed + 590, 2)
    assert books.state() == (OrderState.ACCEPTED, PaymentState.AUTHORISED)

    # Less is wanted: a part goes back when it can no longer be undone.
    assert ada.amend(order, quantity("TEA-1", 2)).outcome in SETTLED
    books.are_right(placed - 295, 3)
    assert books.goes_back("due") == 3 * 295
    centre.clock.advance(minutes=16)
    watch.look_after()
    assert books.goes_back("done") == 3 * 295

    # One line is cancelled, and that is taken back.
    cup = sam.view(order).placed.document.lines[1]
    piece = PiecesOfLine(line_id=LineId(cup.line_id), quantity=1)
    assert sam.cancel(order, piece).outcome in SETTLED
    books.are_right(placed - 590, 4)
    assert books.goes_back("due") == 295
    cancelled = centre.rows("SELECT change_id FROM order_change WHERE revision = 4")[0][0]
    assert ada.undo(order, cancelled).outcome in SETTLED
    books.are_right(placed - 295, 5)
    assert (books.goes_back("due"), books.goes_back("undone")) == (0, 295)

    # All of it is cancelled: everything has gone back, and once.
    assert sam.cancel(order).outcome in SETTLED
    books.are_right(0, 6)
    assert books.goes_back("due") == placed - 295
    centre.clock.advance(minutes=16)
    watch.look_after()
    assert books.goes_back("done") == placed + 590
    assert books.goes_back("due", "started", "refused") == 0
    assert books.state() == (OrderState.CANCELLED, PaymentState.PAID)
    assert len(centre.rows("SELECT * FROM order_change")) == 5
    assert ada.unheard + sam.unheard > 0


def test_what_leaves_the_warehouse_is_charged_and_what_is_cancelled_is_not(
    centre: PayingCentre, desks: tuple[DeskOnABadLine, DeskOnABadLine]
) -> None:
    ada, sam = desks
    site = Warehoused(centre)
    watch = RefundWatch(centre.transactions, centre.payments, centre.log)

    order = ada.ordered(with_line("TEA-1", 4), payment=PaymentMethod.CARD)
    books = Books(centre, order)
    change_id = sam.new_change()
    more = sam.take(OrderId(change_id), 295)
    what = sam.amendment(order, with_line("CUP-2", 1), attempts=(more,))
    assert sam.send_change(sam.change(order, what, change_id=change_id)).outcome in SETTLED
    assert ada.amend(order, quantity("TEA-1", 3)).outcome in SETTLED
    books.are_right(4 * 295 + 495, 3)

    # The tea leaves, and delivery is charged with it.
    site.look()
    assert site.line.told[-1].order.version == 3
    site.tell(order, SHIPPED, "s-1", tea=3)
    centre.clock.advance(minutes=16)
    site.look()
    watch.look_after()
    assert stored_order(centre, order.document.order_id)["fulfilment"] == "part_shipped"
    assert books.taken() == 3 * 295 + 495
    too_many = PiecesOfLine(line_id=LineId(order.document.lines[0].line_id), quantity=1)
    assert ada.cancel(order, too_many).reasons == ("pieces_left",)

    # The cup has not left and need not any more: what is held for it is not taken.
    cup = sam.view(order).placed.document.lines[1]
    piece = PiecesOfLine(line_id=LineId(cup.line_id), quantity=1)
    assert sam.cancel(order, piece).outcome in SETTLED
    site.look()
    assert site.line.told[-1].order.version == 4
    site.tell(order, DELIVERED, "s-1")
    centre.clock.advance(minutes=16)
    watch.look_after()
    site.look()
    row = stored_order(centre, order.document.order_id)
    assert (row["fulfilment"], row["total_minor"]) == ("delivered", 3 * 295 + 495)
    assert books.taken() == 3 * 295 + 495
    assert books.goes_back("done") == 295 + 295
    assert row["payment_state"] == PaymentState.PAID
    assert row["review_reasons"] == []
    assert sums_that_are_wrong(centre) == ()
