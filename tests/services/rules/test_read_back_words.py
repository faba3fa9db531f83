"""What is still open is told in words that a CSR can read out."""

from __future__ import annotations

import pytest

from app.services.rules.read_back import standings, still_open
from app.services.rules.read_back_words import name_of, open_sentence
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.vocabulary import Region
from app.wire.guidance import ChecklistItem, Guidance
from app.wire.orders import OrderDocument
from app.wire.read_back import ReadBackEntry
from tests.builders import an_order, with_delivery, with_line
from tests.read_backs import (
    a_checklist,
    a_guidance,
    an_extra,
    checkpoints_of,
    read_back_of,
    without,
)

RULES = load_regions(resource_folder() / "regions")[Region.GB]


def sentence(
    document: OrderDocument,
    entries: tuple[ReadBackEntry, ...] = (),
    guidance: Guidance | None = None,
) -> str:
    points = checkpoints_of(document, RULES, guidance)
    return open_sentence(still_open(standings(points, entries)), document)


def test_open_checkpoints_are_named_in_the_order_of_the_talk() -> None:
    order = an_order(with_line("A"), with_line("B"))
    entries = without(read_back_of(order, RULES), "price")
    line = checkpoints_of(order, RULES)[2].key
    assert sentence(order, without(entries, line)) == (
        "The read-back is not finished: line 2, price."
    )


def test_what_was_changed_since_it_was_agreed_says_so() -> None:
    order = an_order(with_line("A"))
    entries = read_back_of(order, RULES)
    edited = with_delivery(label="Express", instructions="Ring twice")(order)
    assert sentence(edited, entries) == (
        "The read-back is not finished: delivery address (changed), delivery date (changed)."
    )


def test_of_a_thousand_open_lines_only_the_first_are_named() -> None:
    order = an_order(*[with_line(f"TEA-{number}") for number in range(1_114)])
    assert sentence(order) == (
        "The read-back is not finished: customer, line 1, line 2, line 3, line 4, line 5 "
        "and 1,115 more."
    )


@pytest.mark.parametrize(
    ("extra", "name"),
    [(an_extra(), "Age checked"), (ChecklistItem(check=an_extra().check, key="safety"), "safety")],
    ids=["title", "key"],
)
def test_an_item_of_an_administrator_has_its_own_title(extra: ChecklistItem, name: str) -> None:
    order = an_order(with_line("A"))
    points = checkpoints_of(order, RULES, a_guidance(a_checklist("more", extra)))
    assert name in [name_of(point, order) for point in points]


def test_a_line_that_is_gone_is_still_a_line() -> None:
    order = an_order(with_line("A"))
    point = checkpoints_of(order, RULES)[1]
    assert name_of(point, order) == "line 1"
    assert name_of(point, an_order()) == "a line"
