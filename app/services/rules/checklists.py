"""Which checklists an order goes by: every list whose conditions hold, added up.

Items of the core come in the order of the talk, each once; an administrator's own follow the
checkpoint they name. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.values.money import Money
from app.values.vocabulary import AnsweredBy, CheckpointKind
from app.wire.guidance import Checklist, ChecklistItem, When
from app.wire.orders import OrderDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenItems:
    """What is to be checked for one order, in order; a paper needs no caller."""

    items: tuple[ChecklistItem, ...]
    answered_by: AnsweredBy


def items_for(
    document: OrderDocument, total: Money, checklists: Iterable[Checklist]
) -> ChosenItems:
    """The items of all lists that fit the order."""
    chosen = fitting(document, total, checklists)
    on_paper = any(one.answered_by is AnsweredBy.PAPER for one in chosen)
    items = [item for one in chosen for item in one.items]
    core = {item.check: item for item in items if item.check is not CheckpointKind.EXTRA}
    extras = {item.key: item for item in items if item.check is CheckpointKind.EXTRA}
    ordered: list[ChecklistItem] = []
    for kind in CheckpointKind:
        if kind is CheckpointKind.OBLIGATION:
            ordered += _not_placed(extras.values(), core)
        if kind in core:
            ordered.append(core[kind])
            ordered += [item for item in extras.values() if item.after is kind]
    return ChosenItems(
        items=tuple(ordered),
        answered_by=AnsweredBy.PAPER if on_paper else AnsweredBy.CALLER,
    )


def fitting(
    document: OrderDocument, total: Money, checklists: Iterable[Checklist]
) -> list[Checklist]:
    """All lists for such an order."""
    return [one for one in checklists if fits(one.when, document, total)]


def fits(when: When, document: OrderDocument, total: Money) -> bool:
    """Whether every condition holds."""
    return (
        _holds(when.regions, document.region)
        and _holds(when.channels, document.channel)
        and _holds(when.order_types, document.order_type)
        and _holds(when.priorities, document.priority)
        and _holds(when.payments, document.payment)
        and (when.total_from is None or total.minor >= when.total_from)
    )


def _holds(allowed: Collection[StrEnum], word: StrEnum) -> bool:
    return not allowed or word in allowed


def _not_placed(
    extras: Iterable[ChecklistItem], core: Collection[CheckpointKind]
) -> list[ChecklistItem]:
    """Items that follow a checkpoint this order has not: before the last question, never lost."""
    return [item for item in extras if item.after not in core]
