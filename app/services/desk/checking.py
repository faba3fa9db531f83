"""What an order has to pass before it is placed, and a change before it is sent. Any lane.

Inside somebody else's transaction, from what the store holds and not from what a screen shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from app.services.desk.guidance import GuidanceService
from app.services.desk.records import entries_of
from app.services.desk.stock import StockService
from app.services.desk.tenders import tenders_of
from app.services.rules.free_text import refuse_cards_in
from app.services.rules.payments import covered
from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoints, standings, still_open
from app.services.rules.read_back_words import open_sentence
from app.services.rules.readiness import missing
from app.services.rules.regions import RegionRules
from app.values.errors import Refusal
from app.values.vocabulary import Region
from app.wire.guidance import Guidance
from app.wire.orders import OrderDocument, Totals
from app.wire.payments import Tenders
from app.wire.read_back import ReadBackEntry
from app.wire.sync import AskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """An order that passed, and what it was held against."""

    totals: Totals
    guidance: int
    entries: tuple[ReadBackEntry, ...]
    tenders: Tenders


class Checks:
    """The checks of one seat."""

    def __init__(
        self,
        guidance: GuidanceService,
        stock: StockService,
        regions: Mapping[Region, RegionRules],
    ) -> None:
        self._guidance = guidance
        self._stock = stock
        self._regions = regions

    def guidance(self) -> Guidance:
        """The edition to go by; asked for before the transaction. Raises `guidance_unknown`."""
        return self._guidance.get(AskStatus())

    def refuse_unready(self, document: OrderDocument, doing: str) -> None:
        """Raises Refusal `card_digits`, or the code of what is missing first.

        `doing` stands in the sentence: `this order can be placed`.
        """
        refuse_cards_in(document)
        lacking = missing(document, self._regions[document.region])
        if lacking:
            names = ", ".join(thing.sentence for thing in lacking)
            sentence = f"Before {doing} it still needs: {names}."
            raise Refusal(lacking[0].code, sentence, lacking[0].field)

    def passed(self, connection: Connection, document: OrderDocument, guidance: Guidance) -> Passed:
        """Everything else, against the record and the payment kept under its id.

        Raises Refusal `stock_short`, `read_back_open`, `payment_open`, `payment_amount_differs` or
        `not_on_account`.
        """
        self._stock.refuse_short(connection, document)
        entries = entries_of(connection, document.order_id)
        tenders = tenders_of(connection, document.order_id)
        rules = self._regions[document.region]
        sums = totals(document, rules)
        points = Checkpoints(rules, guidance.checklists).of(document, sums)
        lacking = still_open(standings(points, entries))
        if lacking:
            sentence = open_sentence(lacking, document)
            raise Refusal("read_back_open", sentence, lacking[0].checkpoint.key)
        cover = covered(document, sums, tenders.attempts, tenders.links)
        if cover.is_open:
            raise Refusal(cover.code, cover.sentence, "payment")
        return Passed(totals=sums, guidance=guidance.revision, entries=entries, tenders=tenders)
