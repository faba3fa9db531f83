"""How much tax an order holds or bears. Pure; whole minor units, rounded half up once per rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.services.rules.regions import RegionRules, TaxMethod
from app.values.contact import PostalAddress
from app.values.tax import TaxRate, rate_on
from app.values.vocabulary import TaxCategory


@dataclass(frozen=True, slots=True)
class TaxDue:
    """Tax of one order in minor units.

    `is_known` False: no rate is known for where it goes, so nothing was charged and a person should
    look. `local_varies`: only the state's base rate was charged.
    """

    minor: int
    is_known: bool = True
    local_varies: bool = False


def tax_due(
    rules: RegionRules,
    goods: Mapping[TaxCategory, int],
    delivery_minor: int,
    deliver_to: PostalAddress | None,
    day: date,
) -> TaxDue:
    """Tax on goods (minor units by category) and delivery that go to an address on a day.

    An order without an address yet is counted as if it stayed in the region; where tax is added by
    state, nothing is known before there is one.
    """
    country = deliver_to.country if deliver_to else rules.country
    if country not in rules.tax.countries:
        return TaxDue(0)
    amounts = dict(goods)
    if rules.tax.delivery_category is not None:
        category = rules.tax.delivery_category
        amounts[category] = amounts.get(category, 0) + delivery_minor
    if rules.tax.method is TaxMethod.INCLUDED:
        return _included(rules, amounts, day)
    return _added(rules, amounts, deliver_to.area if deliver_to else "", day)


def rates_inside(
    rules: RegionRules, deliver_to: PostalAddress | None, day: date
) -> dict[TaxCategory, TaxRate]:
    """The rates that prices hold; none where tax is added, or where the goods go bears none."""
    country = deliver_to.country if deliver_to else rules.country
    if rules.tax.method is not TaxMethod.INCLUDED or country not in rules.tax.countries:
        return {}
    found = {category: rate_on(day, periods) for category, periods in rules.tax.by_category.items()}
    return {category: rate for category, rate in found.items() if rate is not None}


def _included(rules: RegionRules, amounts: Mapping[TaxCategory, int], day: date) -> TaxDue:
    by_rate: dict[TaxRate, int] = {}
    is_known = True
    for category, amount in amounts.items():
        rate = rate_on(day, rules.tax.by_category[category])
        if rate is None:
            is_known = is_known and not amount
            continue
        by_rate[rate] = by_rate.get(rate, 0) + amount
    return TaxDue(sum(rate.included_in(amount) for rate, amount in by_rate.items()), is_known)


def _added(rules: RegionRules, amounts: Mapping[TaxCategory, int], state: str, day: date) -> TaxDue:
    state_tax = rules.tax.by_state.get(state)
    rate = rate_on(day, state_tax.periods) if state_tax else None
    if state_tax is None or rate is None:
        return TaxDue(0, is_known=False)
    taxed = sum(amount for category, amount in amounts.items() if category is not TaxCategory.ZERO)
    return TaxDue(rate.added_to(taxed), local_varies=state_tax.local_varies)
