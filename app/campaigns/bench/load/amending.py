"""What a change of a long order would come to, as the service works it out for a desk that asks.

The order comes in as always; previews go through the service's own handler, with their JSON read
and written as for a desk. Nothing is kept, so each is worked out from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial

from app.campaigns.bench.figures import Figure, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.load.seats import LoadSeat, send_all
from app.campaigns.bench.load.site import LoadSite, heap_as_served, load_site
from app.campaigns.bench.orders import with_other_quantity
from app.services.central.order_changes import OrderChanges
from app.services.central.order_changes_requests import ChangeRequests
from app.services.central.transaction import Actor, Seat, SignedIn, Transaction, Transactions
from app.services.rules.pricing import totals
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.store.central import CentralStore
from app.values.clock import SystemClock
from app.values.identity import Incarnation, OrderId, SessionId, SystemIds
from app.values.order_life import CancelReason
from app.values.vocabulary import Role
from app.wire.message import decode, encode
from app.wire.order_changes import Amendment, Cancellation, ChangePreview, PreviewChange
from app.wire.orders import PlacedOrder
from app.wire.people import PERMISSIONS

PREVIEW_MOST_MS = 100
TIMES = 100
_WARM_UP = 10


def previews(given: Given, *, lines: int, times: int = TIMES) -> tuple[Figure, ...]:
    """One quantity is another one; all of it is cancelled."""
    with load_site(given) as site, closing(LoadSeat(site, "amending")) as seat:
        (placed,) = seat.placed(1, lines)
        send_all(site.port, [seat.requests(seat.commands([placed]), 1)]).require_accepted(1)
        given.tell(f"Asking what changes of an order of {lines:,} lines come to")
        with heap_as_served():
            amended = _previewed(site, seat, partial(_amended, placed), times)
            cancelled = _previewed(site, seat, partial(_cancelled, placed), times)
    return (
        within(f"preview of an amendment, {lines:,} lines", amended, PREVIEW_MOST_MS),
        within(f"preview of a cancellation, {lines:,} lines", cancelled, PREVIEW_MOST_MS),
    )


_Asking = Callable[[int], PreviewChange]


def _amended(placed: PlacedOrder, turn: int) -> PreviewChange:
    document = placed.document
    document = with_other_quantity(document, turn % len(document.lines), 7)
    rules = load_regions(resource_folder() / "regions")[document.region]
    what = Amendment(document=document, totals=totals(document, rules))
    return PreviewChange(order_id=OrderId(document.order_id), base_revision=1, what=what)


def _cancelled(placed: PlacedOrder, turn: int) -> PreviewChange:
    del turn
    what = Cancellation(reason=CancelReason.CHANGED_MIND)
    return PreviewChange(order_id=OrderId(placed.document.order_id), base_revision=1, what=what)


def _previewed(site: LoadSite, seat: LoadSeat, asking: _Asking, times: int) -> list[float]:
    """Milliseconds of each."""
    ids = SystemIds()
    store = CentralStore(site.database_url, 1)
    transactions = Transactions(store, SystemClock(), ids)
    regions = load_regions(resource_folder() / "regions")
    requests = ChangeRequests(OrderChanges(regions))
    role = Role.CSR
    actor = Actor(
        device=Seat(device_id=seat.device_id, incarnation=Incarnation(ids.new()), name="amending"),
        person=SignedIn(
            person_id=site.person_id,
            session_id=SessionId(ids.new()),
            role=role,
            team="",
            permissions=PERMISSIONS[role],
        ),
    )
    samples: list[float] = []
    with closing(store):
        for turn in range(_WARM_UP + times):
            body = encode(asking(turn))
            took, answer = timed(partial(_asked, transactions, requests, actor, body))
            require(bool(decode(answer, ChangePreview).differences), "Nothing would change.")
            samples.append(took)
    return samples[_WARM_UP:]


def _asked(
    transactions: Transactions, requests: ChangeRequests, actor: Actor, body: bytes
) -> bytes:
    def previewing(tx: Transaction) -> bytes:
        return encode(requests.preview(tx, actor, decode(body, PreviewChange)))

    return transactions.read(previewing)
