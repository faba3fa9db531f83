"""How long the confirmation of an order takes to be made, beside a bare page of plain lines."""

from __future__ import annotations

import io
from functools import partial

from reportlab.pdfgen.canvas import Canvas

from app.campaigns.bench.desk import BenchDesk, signed_in_desk
from app.campaigns.bench.figures import Figure, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.orders import an_order, goods
from app.campaigns.bench.stand_in import POLICY
from app.documents.order_confirmation import render
from app.services.rules.pricing import totals
from app.values.order_number import with_check_digits
from app.wire.catalogue import ProductView
from app.wire.orders import PlacedOrder

MOST_MS = 15
LINES = 10
_WARM_UP = 5
_SMALLEST_BYTES = 5_000
_BARE_LINES = 60


def confirmation_pdf(given: Given, *, papers: int = 100) -> tuple[Figure, ...]:
    """Render confirmations of orders of ten lines, each of another order."""
    given.tell(f"Making {papers:,} confirmations of {LINES} lines")
    listed = goods(given, LINES)
    with signed_in_desk(given.folder) as at:
        orders = [_placed(at, listed, payload) for payload in range(_WARM_UP + papers)]
    taken: list[float] = []
    bare: list[float] = []
    for order in orders:
        make = partial(render, order, POLICY, copy=False, made_at=order.placed_at)
        took, paper = timed(make)
        whole = paper.startswith(b"%PDF-") and paper.rstrip().endswith(b"%%EOF")
        require(whole and len(paper) > _SMALLEST_BYTES, "What was made is not a whole PDF.")
        taken.append(took)
        bare.append(timed(_bare_page)[0])
    ours, theirs = taken[_WARM_UP:], bare[_WARM_UP:]
    return (within("confirmation-pdf", ours, MOST_MS, quantile="p50", bare=theirs),)


def _bare_page() -> bytes:
    """A page of lines in a typeface that every reader has: the least that makes a PDF."""
    file = io.BytesIO()
    canvas = Canvas(file)
    for line in range(_BARE_LINES):
        canvas.drawString(60, 780 - 12 * line, f"{line} Breakfast tea, loose leaf, 250 g   6.50")
    canvas.save()
    return file.getvalue()


def _placed(at: BenchDesk, listed: list[ProductView], payload: int) -> PlacedOrder:
    document = an_order(at, listed, LINES)
    return PlacedOrder(
        number=with_check_digits(payload),
        document=document,
        totals=totals(document, at.regions[document.region]),
        placed_at=at.clock.now(),
        placed_by=at.person.person_id,
    )
