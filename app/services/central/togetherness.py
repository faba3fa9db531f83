"""Whether orders that came in one request can be kept together and be as if kept one by one. Pure.

Facts are asked once for all of them, before any is there. So none may change what is known of
another: anything of the kind is for the way one by one, which knows every case.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations, pairwise

from app.services.central.customer_changes import differs
from app.services.central.order_facts import Asked, Facts
from app.services.rules.like_orders import are_alike, items_of
from app.values.contact import contact_keys


def are_apart(asked: Sequence[Asked], facts: Sequence[Facts]) -> bool:
    """Whether each is new, in its place, and without any bearing on the others."""
    orders = [one.placed for one in asked]
    customers = [order.document.customer for order in orders]
    told = [
        contact_keys(one.worked_out.phone, customer.email)
        for one, customer in zip(asked, customers, strict=True)
        if customer is not None
    ]
    return (
        _are_in_sequence(asked, facts[0].place.newest)
        and all(map(_is_new, asked, facts))
        and _differ(one.command.command_id for one in asked)
        and _differ(order.document.order_id for order in orders)
        and _differ(order.number for order in orders)
        and _differ(customer.customer_id for customer in customers if customer is not None)
        and _differ(key for keys in told for key in keys)
        and not _may_be_asked_about(asked, facts)
    )


def _are_in_sequence(asked: Sequence[Asked], newest: int) -> bool:
    commands = [one.command for one in asked]
    return commands[0].sequence <= newest + 1 and all(
        later.incarnation == before.incarnation and later.sequence == before.sequence + 1
        for before, later in pairwise(commands)
    )


def _is_new(asked: Asked, facts: Facts) -> bool:
    """Nothing of it is here, and it waits for nobody but for its products."""
    customer, held = asked.placed.document.customer, facts.customer
    return (
        facts.applied is None
        and not facts.place.taken
        and facts.order_number is None
        and facts.number_order is None
        and facts.number_leased
        and not facts.has_payments
        and (
            customer is None or held is None or not differs(customer, asked.worked_out.phone, held)
        )
    )


def _may_be_asked_about(asked: Sequence[Asked], facts: Sequence[Facts]) -> bool:
    """Whether two are alike and one is of a customer who is here: they may be the same person's."""
    items = [items_of(one.placed.document.lines) for one in asked]
    known = [fact.customer is not None for fact in facts]
    return any(
        (known[one] or known[other]) and are_alike(items[one], items[other])
        for one, other in combinations(range(len(asked)), 2)
    )


def _differ(values: Iterable[Hashable]) -> bool:
    given = list(values)
    return len(set(given)) == len(given)
