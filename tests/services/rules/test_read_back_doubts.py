"""What takes an answer back: the caller says something else, or something else is asked."""

from __future__ import annotations

import msgspec

from app.services.rules.read_back import standings, still_open
from app.services.rules.regions import RegionRules
from app.values.vocabulary import How
from app.wire.read_back import NotMatched
from tests.builders import A_MORNING, an_order, with_line
from tests.read_backs import (
    A_CSR,
    a_checklist,
    a_guidance,
    an_answer,
    an_extra,
    checkpoints_of,
    read_back_of,
)


def test_what_the_caller_takes_back_counts_no_more(britain: RegionRules) -> None:
    order = an_order(with_line("47566", 15))
    entries = read_back_of(order, britain)
    points = checkpoints_of(order, britain)
    line = points[1]
    doubt = NotMatched(
        checkpoint=line.key,
        sha256=line.sha256,
        part="quantity",
        heard="fifty",
        at=A_MORNING,
        by=A_CSR,
    )
    assert [one.checkpoint.key for one in still_open(standings(points, (*entries, doubt)))] == [
        line.key
    ]
    again = (*entries, doubt, an_answer(line, how=How.CALLER_AGREED))
    assert still_open(standings(points, again)), "a yes does not bring back what was spoken"
    assert not still_open(standings(points, (*again, an_answer(line))))


def test_a_value_of_another_order_takes_nothing_back(britain: RegionRules) -> None:
    order = an_order(with_line("47566", 15))
    points = checkpoints_of(order, britain)
    doubt = NotMatched(
        checkpoint=points[1].key,
        sha256="0" * 64,
        part="quantity",
        heard="fifty",
        at=A_MORNING,
        by=A_CSR,
    )
    assert not still_open(standings(points, (*read_back_of(order, britain), doubt)))


def test_another_word_to_say_makes_an_extra_item_stale(britain: RegionRules) -> None:
    order = an_order(with_line("47566", 1))
    item = an_extra()
    before, after = (
        checkpoints_of(order, britain, a_guidance(a_checklist("age", one)))
        for one in (item, msgspec.structs.replace(item, caller_says="eighteen"))
    )
    keys = {point.key for point in before} & {point.key for point in after}
    digests = [{p.key: p.sha256 for p in points} for points in (before, after)]
    assert [key for key in sorted(keys) if digests[0][key] != digests[1][key]] == ["extra:age"]
