"""The story of an order: whole sentences with who and when, and nothing told twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.services.rules.order_story import Event, Known, Movement, Told, story_of
from app.services.rules.regions import RegionRules
from app.values.identity import ChangeId, ContactId, RefundId
from app.values.money import Currency, Money
from app.values.order_life import (
    ChangeState,
    ChangeWhat,
    ContactOutcome,
    ContactReason,
    OrderAct,
    RefundState,
    RefundWay,
)
from app.values.vocabulary import Channel, Region
from app.wire.order_changes import ChangeView, Difference, RefundView
from app.wire.order_page import (
    ContactView,
    Happened,
    ParcelLine,
    RecordingGap,
    ShipmentView,
    VersionSummary,
)
from app.wire.payments import Payments
from tests.builders import A_MORNING, an_attempt, an_id
from tests.read_back_story import a_story

LATER = A_MORNING + timedelta(hours=2)
CUT = Difference(act=OrderAct.QUANTITY_LESS, what="Line 2, mug", old="5", new="3")
WHOLE = Difference(act=OrderAct.CANCEL_ORDER, what="The whole order", old="2 lines", new="")


def known(britain: RegionRules, **facts: Any) -> Known:  # noqa: ANN401 - whatever field a test names
    order = facts.pop("order", None) or a_story(britain)
    person: UUID = order.placed.placed_by
    return Known(
        order=order,
        received_at=order.placed.placed_at,
        people={person: "Dana Okafor"},
        seats={order.placed.document.device_id: "Desk 12"},
        **facts,
    )


def of_kind(told: Told, rows: tuple[Happened, ...]) -> list[str]:
    return [row.sentence for row in rows if row.kind == told]


def a_change(britain: RegionRules, **different: Any) -> ChangeView:  # noqa: ANN401 - whatever field a test names
    change = ChangeView(
        change_id=ChangeId(an_id(501)),
        what=ChangeWhat.AMENDMENT,
        state=ChangeState.APPLIED,
        base_revision=1,
        revision=2,
        reasons=(),
        differences=(CUT,),
        at=LATER,
        by=a_story(britain).placed.placed_by,
    )
    return msgspec.structs.replace(change, **different)


def test_it_begins_with_who_placed_it_where(britain: RegionRules) -> None:
    first = story_of(known(britain))[0]
    assert first.kind == Told.PLACED
    assert first.sentence.startswith("The order was placed by telephone")
    assert (first.by, first.seat) == ("Dana Okafor", "Desk 12")


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({}, "The order was changed (version 2): Line 2, mug: 5 \u2192 3."),
        (
            {"what": ChangeWhat.CANCELLATION},
            "A part of the order was cancelled (version 2): Line 2, mug: 5 \u2192 3.",
        ),
        (
            {"what": ChangeWhat.CANCELLATION, "differences": (WHOLE,)},
            "The order was cancelled (version 2): The whole order: 2 lines \u2192 none.",
        ),
        (
            {"what": ChangeWhat.UNDO, "differences": ()},
            "The order was put back as it was (version 2).",
        ),
        (
            {"state": ChangeState.OPEN, "revision": None, "reasons": ("order_shipping",)},
            (
                "It was asked that the order be changed: Line 2, mug: 5 \u2192 3. "
                "A person decides: The parcel was being packed when it was asked for."
            ),
        ),
        (
            {"state": ChangeState.WITHDRAWN, "revision": None, "differences": ()},
            "It was asked that the order be changed. It was taken back.",
        ),
        (
            {"state": ChangeState.REJECTED, "revision": None, "differences": ()},
            "It was asked that the order be changed. A lead did not allow it.",
        ),
    ],
    ids=["amended", "in part", "whole", "undone", "request", "withdrawn", "rejected"],
)
def test_a_change_is_told_with_what_was_changed(
    britain: RegionRules, different: dict[str, Any], sentence: str
) -> None:
    rows = story_of(known(britain, changes=(a_change(britain, **different),)))
    assert of_kind(Told.CHANGE, rows) == [sentence]


def test_a_version_that_a_change_tells_is_not_told_again(britain: RegionRules) -> None:
    total = Money(2_000, Currency.GBP)
    versions = tuple(
        VersionSummary(revision=revision, at=LATER, by=None, total=total, promised_on=None)
        for revision in (1, 2, 3)
    )
    rows = story_of(known(britain, changes=(a_change(britain),), versions=versions))
    assert of_kind(Told.VERSION, rows) == ["The order was changed: version 3, \u00a320.00."]


def test_money_that_goes_back_is_told_twice_when_it_begins_and_when_it_is_there(
    britain: RegionRules,
) -> None:
    refund = RefundView(
        refund_id=RefundId(an_id(502)),
        way=RefundWay.REFUND,
        amount=Money(990, Currency.GBP),
        state=RefundState.DONE,
        at=LATER,
        settled_at=LATER + timedelta(minutes=16),
    )
    rows = story_of(known(britain, refunds=(refund,)))
    assert of_kind(Told.REFUND, rows) == [
        "\u00a39.90 goes back: to the card it came from.",
        "\u00a39.90 has gone back.",
    ]


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (
            RefundWay.VOID,
            [
                "\u00a39.90 will not be taken: the authorisation is given back.",
                "\u00a39.90 was not taken: the authorisation has been given back.",
            ],
        ),
        (
            RefundWay.RELEASE,
            [
                "\u00a39.90 of what was authorised will not be taken.",
                "\u00a39.90 of what was authorised was not taken.",
            ],
        ),
    ],
)
def test_money_that_was_never_taken_does_not_go_back(
    britain: RegionRules, way: RefundWay, told: list[str]
) -> None:
    refund = RefundView(
        refund_id=RefundId(an_id(502)),
        way=way,
        amount=Money(990, Currency.GBP),
        state=RefundState.DONE,
        at=LATER,
        settled_at=LATER + timedelta(minutes=16),
    )
    assert of_kind(Told.REFUND, story_of(known(britain, refunds=(refund,)))) == told


def test_parcels_conversations_and_pauses_have_their_rows(britain: RegionRules) -> None:
    parcel = ShipmentView(
        shipment_id="P1",
        state="delivered",
        carrier="Royal Mail",
        tracking="AB1",
        lines=(ParcelLine(line_id=a_story(britain).placed.document.lines[0].line_id, quantity=2),),
        shipped_at=LATER,
        delivered_at=LATER + timedelta(days=1),
    )
    contact = ContactView(
        contact_id=ContactId(an_id(503)),
        channel=Channel.PHONE,
        reason=ContactReason.WHERE_IS_IT,
        outcome=ContactOutcome.ANSWERED,
        resolved=True,
        started_at=LATER,
        ended_at=LATER + timedelta(minutes=3),
        by="Ada Byron",
        note="Rings again on Friday.",
    )
    gap = RecordingGap(paused_at=LATER, resumed_at=LATER + timedelta(seconds=31))
    rows = story_of(known(britain, shipments=(parcel,), contacts=(contact,), gaps=(gap,)))
    assert of_kind(Told.SHIPMENT, rows) == [
        "2 pieces left the warehouse by Royal Mail, tracking number AB1.",
        "2 pieces were delivered.",
    ]
    (spoke,) = [row for row in rows if row.kind == Told.CONTACT]
    assert spoke.by == "Ada Byron"
    assert spoke.sentence == (
        "By telephone: a conversation about where is it for 3 min. Answered. "
        "\u201cRings again on Friday.\u201d"
    )
    assert of_kind(Told.RECORDING, rows) == [
        "The recording was paused for 31 s while a card was typed."
    ]


def test_events_of_the_warehouse_and_of_leads_are_sentences(britain: RegionRules) -> None:
    events = (
        Event(kind="picking", at=LATER),
        Event(kind="shipped", at=LATER),
        Event(kind="released", at=LATER, facts={"reasons": ["no_lines"]}),
        Event(kind="something_new", at=LATER),
        Event(kind="payment", at=LATER, facts={"state": "paid", "reasons": ["paid_twice"]}),
    )
    rows = story_of(known(britain, events=events))
    assert of_kind(Told.SHIPMENT, rows) == ["The warehouse is picking the goods."]
    assert of_kind(Told.REVIEW, rows) == [
        "The order was looked at and released.",
        "It was put by for a person: The pay link was paid twice: one payment is to be given back.",
    ]
    assert "The payment stands now as: paid." in of_kind(Told.PAYMENT, rows)


def test_money_taken_for_a_parcel_names_the_card_and_never_more_than_four_digits(
    britain: RegionRules,
) -> None:
    attempt = an_attempt()
    order = msgspec.structs.replace(a_story(britain), payments=Payments(attempts=(attempt,)))
    taken = Movement(
        kind="capture",
        state="done",
        attempt_id=attempt.attempt_id,
        amount=Money(500, Currency.GBP),
        at=LATER,
    )
    rows = story_of(known(britain, order=order, movements=(taken,)))
    assert "\u00a35.00 was taken from Visa ending 4242." in of_kind(Told.PAYMENT, rows)


def test_american_orders_are_told_in_american(britain: RegionRules) -> None:
    story = a_story(britain)
    document = msgspec.structs.replace(story.placed.document, region=Region.US)
    placed = msgspec.structs.replace(story.placed, document=document)
    order = msgspec.structs.replace(story, placed=placed)
    change = a_change(britain, what=ChangeWhat.CANCELLATION, differences=(WHOLE,))
    rows = story_of(known(britain, order=order, changes=(change,)))
    assert of_kind(Told.CHANGE, rows)[0].startswith("The order was canceled")


def test_no_row_has_an_id_in_its_words(britain: RegionRules) -> None:
    rows = story_of(
        known(britain, changes=(a_change(britain),), events=(Event(kind="held", at=LATER),))
    )
    assert not [row for row in rows if "-4" in row.sentence and len(row.sentence.split("-")) > 4]
    assert all(row.sentence.endswith((".", "\u201d")) for row in rows)
