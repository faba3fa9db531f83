"""`readback admin order`: an order and how it was read back, as text for a terminal or a file."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from app.cli.acts import Outcome, add_act, add_group
from app.services.central.customers import Customers
from app.services.central.guidance import GuidanceEditions
from app.services.central.order_page import OrderPages
from app.services.central.transaction import Transaction
from app.services.rules.protocol import protocol_of, titles_in
from app.services.rules.regions import RegionRules, load_region, load_regions
from app.services.rules.review import sentence_for
from app.settings import resource_folder
from app.values.order_number import grouped, parse_order_number
from app.wire.customers import GetOrder
from app.wire.order_page import AskOrderPage, LineStanding, OrderPage
from app.wire.protocol import ProtocolRow, ReadBackProtocol

WIDE = 96
_INDENT = " " * 4


def add_order_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "order", "an order: show, protocol")
    show = add_act(group, "show", "how it stands and what happened to it", _show)
    show.add_argument("number", metavar="NUMBER", help="the order number, blanks allowed")
    protocol = add_act(group, "protocol", "how it was read back, in words", _protocol)
    protocol.add_argument("number", metavar="NUMBER", help="the order number, blanks allowed")


def _show(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    number = parse_order_number(arguments.number)
    regions = load_regions(resource_folder() / "regions")
    page = OrderPages(Customers(), regions).page(tx, AskOrderPage(number=number))
    return Outcome(list(page_as_text(page, regions[page.order.placed.document.region])))


def _protocol(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    number = parse_order_number(arguments.number)
    view = Customers().order_view(tx, GetOrder(number=number))
    document = view.placed.document
    rules = load_region(resource_folder() / "regions" / f"{document.region.value}.toml")
    edition = GuidanceEditions().edition(tx, view.placed.guidance)
    titles = titles_in(edition) if edition is not None else {}
    return Outcome(list(as_text(protocol_of(view, rules, titles))))


def page_as_text(page: OrderPage, rules: RegionRules) -> Iterator[str]:
    """The order page in lines of a terminal, times where the company is."""
    order, account = page.order, page.account
    yield f"Order {grouped(order.placed.number)}, version {order.revision}"
    yield f"{order.state}, {page.fulfilment.value}"
    for reason in order.review_reasons:
        yield from textwrap.wrap(sentence_for(reason), WIDE, subsequent_indent=_INDENT)
    yield from ("", "LINES")
    for line in page.lines:
        yield f"{line.position:>4}  {line.code}  {line.description}"
        yield f"{_INDENT}  {line.quantity} at {line.price}: {line.charged}; {_counters(line)}"
    yield from ("", "ACCOUNT")
    for name in account.__struct_fields__:
        amount = getattr(account, name)
        if amount.minor or name == "charged":
            yield f"{name.replace('_', ' ').capitalize()}: {amount}"
    yield from ("", "WHAT CANNOT BE DONE NOW")
    for one in page.may:
        if one.obstacle:
            words = f"{one.act.value.replace('_', ' ')}: {one.obstacle}"
            yield from textwrap.wrap(words, WIDE, subsequent_indent=_INDENT)
    yield from ("", "WHAT HAPPENED")
    for row in page.timeline:
        who = ", ".join(filter(None, (row.by, row.seat)))
        words = f"{row.sentence} ({who})" if who else row.sentence
        at = row.at.astimezone(rules.time_zone)
        yield from textwrap.wrap(f"{at:%Y-%m-%d %H:%M}  {words}", WIDE, subsequent_indent=_INDENT)


def _counters(line: LineStanding) -> str:
    """Every counter of a line."""
    counts = (
        ("ordered", line.ordered),
        ("set aside", line.allocated),
        ("to follow", line.back_ordered),
        ("sent", line.shipped),
        ("delivered", line.delivered),
        ("sent back", line.returned),
        ("cancelled", line.cancelled),
    )
    return ", ".join(f"{count} {name}" for name, count in counts if count)


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
