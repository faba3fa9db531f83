"""Which items an order gets: those of every list that fits, in the order of the talk."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from app.services.rules.checklists import fits, items_for
from app.values.money import Currency, Money
from app.values.vocabulary import (
    AnsweredBy,
    Channel,
    CheckpointKind,
    OrderType,
    PaymentMethod,
    Priority,
    Region,
)
from app.wire.guidance import Checklist, ChecklistItem, When
from app.wire.orders import OrderDocument
from tests.builders import an_order, changed
from tests.read_backs import CORE, a_checklist, a_paper_checklist, an_extra

TOTAL = Money(10_000, Currency.GBP)


def keys(order: OrderDocument, *lists: Checklist) -> list[str]:
    chosen = items_for(order, TOTAL, lists)
    return [item.key or item.check.value for item in chosen.items]


def a_list(*items: ChecklistItem, when: When | None = None) -> Checklist:
    return Checklist(name="more", when=when or When(), items=items)


def a_check(*kinds: CheckpointKind) -> Iterable[ChecklistItem]:
    return (ChecklistItem(check=kind) for kind in kinds)


def after(kind: CheckpointKind, key: str) -> ChecklistItem:
    return ChecklistItem(check=CheckpointKind.EXTRA, key=key, say="Well?", after=kind)


def test_the_core_comes_in_the_order_of_the_talk() -> None:
    assert keys(an_order(), a_checklist()) == [kind.value for kind in CORE]


def test_the_order_of_a_file_does_not_matter() -> None:
    backwards = a_list(*a_check(*reversed(CORE)))
    assert keys(an_order(), backwards) == [kind.value for kind in CORE]


def test_lists_that_fit_add_up_and_each_item_comes_once() -> None:
    found = keys(an_order(), a_checklist(), a_checklist("again"), a_list(an_extra("age")))
    assert sorted(found) == sorted([*(kind.value for kind in CORE), "age"])


def test_an_item_of_an_administrator_follows_the_checkpoint_it_names() -> None:
    lists = (
        a_checklist(),
        a_list(after(CheckpointKind.LINE, "fragile"), after(CheckpointKind.LINE, "batteries")),
    )
    found = keys(an_order(), *lists)
    assert found[found.index("line") :][:4] == ["line", "fragile", "batteries", "price"]


def test_an_item_whose_checkpoint_is_not_asked_comes_before_the_last_question() -> None:
    short = a_list(
        *a_check(CheckpointKind.LINE, CheckpointKind.OBLIGATION),
        after(CheckpointKind.BILLING, "fraud"),
    )
    assert keys(an_order(), short) == ["line", "fraud", "obligation"]


def test_without_a_last_question_no_item_is_lost() -> None:
    lists = a_list(*a_check(CheckpointKind.LINE), after(CheckpointKind.OBLIGATION, "thanks"))
    assert keys(an_order(), lists) == ["line", "thanks"]


def test_an_item_that_follows_the_last_question_comes_last() -> None:
    lists = a_checklist(), a_list(after(CheckpointKind.OBLIGATION, "thanks"))
    assert keys(an_order(), *lists)[-2:] == ["obligation", "thanks"]


def test_of_two_items_with_one_key_the_later_list_counts() -> None:
    first, second = an_extra("age", "How old are you?"), an_extra("age", "Are you of age?")
    chosen = items_for(an_order(), TOTAL, [a_list(first), a_list(second)])
    assert [item.say for item in chosen.items] == ["Are you of age?"]


def test_an_order_that_no_list_fits_has_no_items() -> None:
    chosen = items_for(an_order(), TOTAL, [a_paper_checklist()])
    assert chosen.items == ()
    assert chosen.answered_by is AnsweredBy.CALLER


def test_a_list_for_papers_makes_it_a_comparison_with_the_paper() -> None:
    order = an_order(changed(channel=Channel.FAX))
    chosen = items_for(order, TOTAL, [a_checklist(), a_paper_checklist()])
    assert chosen.answered_by is AnsweredBy.PAPER


@pytest.mark.parametrize(
    ("when", "is_for_it"),
    [
        (When(), True),
        (When(regions=(Region.GB,)), True),
        (When(regions=(Region.US,)), False),
        (When(regions=(Region.US, Region.GB)), True),
        (When(channels=(Channel.PHONE, Channel.COUNTER)), True),
        (When(channels=(Channel.POST,)), False),
        (When(order_types=(OrderType.NEW,)), True),
        (When(order_types=(OrderType.GIFT,)), False),
        (When(priorities=(Priority.NORMAL,)), True),
        (When(priorities=(Priority.URGENT,)), False),
        (When(payments=(PaymentMethod.LATER,)), True),
        (When(payments=(PaymentMethod.CARD,)), False),
        (When(total_from=10_000), True),
        (When(total_from=10_001), False),
        (When(total_from=0), True),
        (When(regions=(Region.GB,), payments=(PaymentMethod.CARD,)), False),
    ],
)
def test_a_list_is_for_orders_that_meet_every_condition(when: When, is_for_it: bool) -> None:
    assert fits(when, an_order(), TOTAL) is is_for_it
