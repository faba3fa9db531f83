"""A call in which much went wrong and all was put right, as the centre keeps it.

`a_story(rules)` is the order with its whole record: a quantity misheard and corrected, a date that
changed after it was agreed, a lead who let the rights pass, a number repeated wrongly twice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoint
from app.services.rules.regions import RegionRules
from app.values.identity import LineId, OverrideId, PersonId
from app.values.order_number import with_check_digits
from app.values.vocabulary import CallOutcome, ClosingStep, CorrectionCause, How, Region
from app.wire.orders import OrderDocument, OrderView, PersonNamed, PlacedOrder
from app.wire.read_back import (
    Asked,
    Began,
    ClosedCall,
    Confirmed,
    Corrected,
    NotMatched,
    NumberSaidBack,
    Overridden,
    ReadBackEntry,
    Stood,
    Told,
)
from tests.builders import A_MORNING, an_id, an_order, with_delivery, with_line
from tests.read_backs import A_CSR, a_guidance, an_extra, checkpoints_of

A_LEAD = PersonId(an_id(701))
NUMBER = with_check_digits(41_730_298)
SLIP, OTHER_NUMBER = "4173029832", with_check_digits(41_730_299)
AGE = an_extra("age", "May I ask how old you are?")


class Recorder:
    """Writes a record down, a few seconds between its entries."""

    def __init__(self, at: datetime = A_MORNING) -> None:
        self.at = at
        self.entries: list[ReadBackEntry] = []

    def after(self, seconds: int) -> Recorder:
        self.at += timedelta(seconds=seconds)
        return self

    def add(self, kind: type[ReadBackEntry], **fields: Any) -> None:  # noqa: ANN401 - whatever the entry has
        self.entries.append(kind(at=self.at, by=A_CSR, **fields))

    def asks(self, point: Checkpoint, said: str) -> None:
        self.add(Asked, checkpoint=point.key, sha256=point.sha256, said=said)

    def agrees(
        self, point: Checkpoint, seconds: int, heard: str = "", how: How | None = None
    ) -> None:
        self.after(seconds)
        spoke = How.CALLER_SPOKE if heard else How.CALLER_AGREED
        self.add(
            Confirmed,
            checkpoint=point.key,
            sha256=point.sha256,
            parts=point.parts,
            how=how or spoke,
            heard=heard,
            took_ms=seconds * 1_000,
        )


def an_order_of_two_lines(quantity: int, day: date, region: Region = Region.GB) -> OrderDocument:
    return an_order(
        with_line("22423", 2, "12.75", description="Regency cakestand, 3 tier"),
        with_line("47566", quantity, "4.95", description="Party bunting"),
        with_delivery(promised_on=day),
        region=region,
    )


def a_story(rules: RegionRules, **different: Any) -> OrderView:  # noqa: ANN401 - whatever field a test names
    """The order as the centre shows it; fields of the view may be set."""
    document, entries = _told(rules)
    placed_at = entries[-1].at
    placed = PlacedOrder(
        number=NUMBER,
        document=document,
        totals=totals(document, rules),
        placed_at=placed_at,
        placed_by=A_CSR,
        guidance=3,
        read_back=tuple(entries),
    )
    view = OrderView(
        placed=placed,
        revision=1,
        state="needs_review",
        review_reasons=("customer_changed",),
        closed=a_closing(document, placed_at),
        people=(
            PersonNamed(person_id=A_CSR, name="Dana Okafor"),
            PersonNamed(person_id=A_LEAD, name="Tom Lead"),
        ),
    )
    return msgspec.structs.replace(view, **different)


def _told(rules: RegionRules) -> tuple[OrderDocument, list[ReadBackEntry]]:
    edition = a_guidance()
    first = an_order_of_two_lines(15, date(2026, 11, 24), rules.region)
    second = an_order_of_two_lines(50, date(2026, 11, 24), rules.region)
    last = an_order_of_two_lines(50, date(2026, 11, 26), rules.region)
    before = {point.key: point for point in checkpoints_of(first, rules, edition)}
    mended = {point.key: point for point in checkpoints_of(second, rules, edition)}
    after = {point.key: point for point in checkpoints_of(last, rules, edition)}
    bunting = f"line:{LineId(an_id(2))}"
    pen = Recorder().after(60)
    pen.add(Began, guidance=3)
    pen.asks(before["customer"], "The order is for Margaret Thompson, telephone ending 412.")
    pen.agrees(before["customer"], 5)
    pen.after(1).asks(before[bunting], "Line two: fifteen, one five, of the party bunting.")
    pen.after(3).add(
        NotMatched,
        checkpoint=bunting,
        sha256=before[bunting].sha256,
        part="quantity",
        heard="fifty",
    )
    pen.after(4).add(
        Corrected,
        checkpoint=bunting,
        part="quantity",
        old="15",
        new="50",
        cause=CorrectionCause.MISHEARD,
    )
    pen.after(1).asks(mended[bunting], "Line two: fifty, five zero, of the party bunting.")
    pen.agrees(mended[bunting], 4, heard="fifty")
    pen.after(1).asks(mended["arrival"], "It arrives on Tuesday the twenty-fourth of November.")
    pen.agrees(mended["arrival"], 3)
    pen.after(9).asks(after["arrival"], "It arrives on Thursday the twenty-sixth of November.")
    pen.agrees(after["arrival"], 65)
    pen.after(2).add(
        Overridden,
        override_id=OverrideId(an_id(40)),
        checkpoints=(Stood(checkpoint="rights", sha256=after["rights"].sha256),),
        reason="The caller knows them and has no time.",
        lead=A_LEAD,
        lead_name="Tom Lead",
    )
    pen.after(1).asks(after["obligation"], "Shall I place the order now, with payment of it?")
    pen.agrees(after["obligation"], 2)
    return last, pen.entries


def a_closing(document: OrderDocument, placed_at: datetime) -> ClosedCall:
    """The number repeated wrongly, wrongly again, then rightly; one step was left out."""
    pen = Recorder(placed_at).after(4)
    pen.add(Told, step=ClosingStep.NUMBER_GIVEN, said="Your order number is four one seven.")
    pen.after(6).add(NumberSaidBack, heard=SLIP, matched=False)
    pen.after(6).add(NumberSaidBack, heard=OTHER_NUMBER, matched=False)
    pen.after(6).add(NumberSaidBack, heard=NUMBER, matched=True)
    pen.after(5).add(Told, step=ClosingStep.CONFIRMATION, said="You have it in writing.")
    pen.after(5).add(Told, step=ClosingStep.ANYTHING_ELSE, said="Is there anything else?")
    return ClosedCall(
        order_id=document.order_id,
        number=NUMBER,
        outcome=CallOutcome.CALL_BACK_PROMISED,
        note="About the second parcel",
        entries=tuple(pen.entries),
        closed_at=pen.after(3).at,
        closed_by=A_CSR,
    )
