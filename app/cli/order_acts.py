"""`readback admin order`: how an order was read back, as text for a terminal or a file."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from app.cli.acts import Outcome, add_act, add_group
from app.services.central.customers import Customers
from app.services.central.guidance import GuidanceEditions
from app.services.central.transaction import Transaction
from app.services.rules.protocol import protocol_of, titles_in
from app.services.rules.regions import load_region
from app.settings import resource_folder
from app.values.order_number import grouped, parse_order_number
from app.wire.customers import GetOrder
from app.wire.protocol import ProtocolRow, ReadBackProtocol

WIDE = 96
_INDENT = " " * 4


def add_order_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "order", "an order: protocol")
    protocol = add_act(group, "protocol", "how it was read back, in words", _protocol)
    protocol.add_argument("number", metavar="NUMBER", help="the order number, blanks allowed")


def _protocol(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    number = parse_order_number(arguments.number)
    view = Customers().order_view(tx, GetOrder(number=number))
    document = view.placed.document
    rules = load_region(resource_folder() / "regions" / f"{document.region.value}.toml")
    edition = GuidanceEditions().edition(tx, view.placed.guidance)
    titles = titles_in(edition) if edition is not None else {}
    return Outcome(list(as_text(protocol_of(view, rules, titles))))


def as_text(protocol: ReadBackProtocol) -> Iterator[str]:
    """The protocol in lines of a terminal."""
    yield f"Order {grouped(protocol.number)}"
    wide = max(len(fact.name) for fact in protocol.facts)
    for fact in protocol.facts:
        yield f"{fact.name.ljust(wide)}  {fact.value}"
    notable = [remark.words for remark in protocol.notable]
    yield from _listed("Worth a look", notable or ["Nothing: all was right at once."])
    if protocol.reasons:
        yield from _listed("Why somebody has to look at it", protocol.reasons)
    for section in protocol.sections:
        yield from ("", section.heading.upper())
        for row in section.rows:
            yield from _row(row)


def _listed(heading: str, words: Iterable[str]) -> Iterator[str]:
    yield from ("", heading.upper())
    for sentence in words:
        yield from textwrap.wrap(sentence, WIDE, subsequent_indent=_INDENT)


def _row(row: ProtocolRow) -> Iterator[str]:
    took = f"  ({row.took})" if row.took else ""
    yield f"{row.time}  {row.about}{took}"
    for words in (row.said, *(remark.words for remark in row.remarks)):
        yield from textwrap.wrap(words, WIDE, initial_indent=_INDENT, subsequent_indent=_INDENT)
