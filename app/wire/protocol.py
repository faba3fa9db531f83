"""The protocol of a read-back: the record of an order in words that anybody can read.

Made from the record by `services.rules.protocol`; shown on screen, printed and written out as it
stands here. Nothing is worked out from it any more.
"""

from __future__ import annotations

from enum import StrEnum

from app.values.order_number import OrderNumber
from app.values.vocabulary import Region
from app.wire.message import Request, View


class Mark(StrEnum):
    """What kind of thing a remark tells of; GOOD and PLAIN are as they should be."""

    PLAIN = "plain"
    GOOD = "good"
    NOT_MATCHED = "not_matched"
    CORRECTED = "corrected"
    CHANGED = "changed"
    OVERRIDDEN = "overridden"
    NOT_SAID = "not_said"

    @property
    def is_notable(self) -> bool:
        """Whether somebody who has little time should read it."""
        return self not in {Mark.PLAIN, Mark.GOOD}


class Remark(View, frozen=True, kw_only=True):
    """What came of a question, in a sentence or two."""

    mark: Mark = Mark.PLAIN
    words: str


class ProtocolRow(View, frozen=True, kw_only=True):
    """One question and what came of it; `took` is empty where nobody counted."""

    time: str
    about: str
    said: str = ""
    remarks: tuple[Remark, ...] = ()
    took: str = ""


class ProtocolSection(View, frozen=True, kw_only=True):
    """A part of the call, in the order in which it happened."""

    heading: str
    rows: tuple[ProtocolRow, ...]


class ProtocolFact(View, frozen=True, kw_only=True):
    """A name and what it is worth."""

    name: str
    value: str


class ReadBackProtocol(View, frozen=True, kw_only=True):
    """Everything about the read-back of one order.

    `notable` is what did not go as it should; `reasons` why a person has to look at the order.
    """

    number: OrderNumber
    region: Region
    facts: tuple[ProtocolFact, ...]
    notable: tuple[Remark, ...]
    sections: tuple[ProtocolSection, ...]
    reasons: tuple[str, ...] = ()


class PrintProtocol(Request, frozen=True, kw_only=True):
    """The protocol as a PDF file at this desk."""

    protocol: ReadBackProtocol
