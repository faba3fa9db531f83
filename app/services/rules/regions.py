"""Whose law, tax, delivery and calendar apply: one file per region in resources/regions.

Read once, by the roots, and handed on as frozen values. A file that is wrong in any place is
refused with its name, the key and the reason: a slip is found at the start, not in a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from app.services.rules.speech_book import Template
from app.services.rules.speech_sentences import CHANGES, CHANGES_LEFT_OUT
from app.services.rules.toml_file import read_toml
from app.values.errors import Refusal
from app.values.money import MINOR_SCALE, Currency, Money
from app.values.postal import countries
from app.values.tax import RatePeriod, parse_rate
from app.values.vocabulary import Region, TaxCategory


class TaxMethod(Enum):
    """Whether prices hold the tax already (VAT) or it comes on top (sales tax)."""

    INCLUDED = "included"
    ADDED = "added"


class Reach(Enum):
    """Where a delivery method goes."""

    HOME = "home"
    ABROAD = "abroad"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTax:
    """The base rate of a state; `local_varies`: cities or counties may add to it."""

    periods: tuple[RatePeriod, ...]
    local_varies: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRules:
    """Tax of a region: by category where it is included, by ship-to state where it is added.

    Nothing is due on goods that leave `countries`. `delivery_category` None: delivery is not taxed.
    """

    method: TaxMethod
    label: str
    countries: frozenset[str]
    delivery_category: TaxCategory | None
    by_category: Mapping[TaxCategory, tuple[RatePeriod, ...]]
    by_state: Mapping[str, StateTax]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryMethod:
    """A way the goods travel. Orders after `cut_off` (local time) leave on the next working day."""

    code: str
    label: str
    charge: Money
    working_days: int
    cut_off: time
    reach: Reach

    @property
    def needs_address(self) -> bool:
        """Goods fetched at the counter go to no address."""
        return self.reach is not Reach.COUNTER


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRules:
    """Everything that differs between regions. `rights` name the texts to be read out.

    For `return_days` after the last goods arrived they may come back; then an order is complete.
    Tax records are kept for `tax_years` behind the year of the order.
    `changes` are what a caller is told when an order is changed, and what the law gives them.
    """

    region: Region
    name: str
    currency: Currency
    country: str
    phone_region: str
    time_zone: ZoneInfo
    tax: TaxRules
    methods: tuple[DeliveryMethod, ...]
    holidays: frozenset[date]
    rights: tuple[str, ...]
    return_days: int
    tax_years: int
    changes: Mapping[str, Template]

    def method(self, code: str) -> DeliveryMethod | None:
        """The delivery method of that code."""
        return next((method for method in self.methods if method.code == code), None)

    def methods_to(self, country: str) -> tuple[DeliveryMethod, ...]:
        """The delivery methods that reach a country, as the file has them; the counter always."""
        reach = Reach.HOME if country == self.country else Reach.ABROAD
        return tuple(m for m in self.methods if m.reach in {reach, Reach.COUNTER})


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a region's file; a key it does not know is refused."""


class _Rate(_Row, frozen=True, kw_only=True):
    category: TaxCategory
    percent: str
    valid_from: date | None = None
    source: str


class _State(_Row, frozen=True, kw_only=True):
    code: str
    percent: str
    valid_from: date | None = None
    local_varies: bool
    source: str


class _Tax(_Row, frozen=True, kw_only=True):
    method: TaxMethod
    label: str
    countries: list[str]
    delivery_category: TaxCategory | None = None
    rates: list[_Rate] = []
    states: list[_State] = []


class _Method(_Row, frozen=True, kw_only=True):
    code: str
    label: str
    charge: str
    working_days: int
    cut_off: time
    reach: Reach = Reach.HOME


class _Holidays(_Row, frozen=True, kw_only=True):
    source: str
    days: list[date]


class _RegionFile(_Row, frozen=True, kw_only=True):
    region: Region
    name: str
    currency: Currency
    country: str
    phone_region: str
    time_zone: str
    rights: list[str]
    return_days: int
    tax_years: int
    tax: _Tax
    holidays: _Holidays
    delivery: list[_Method]
    changes: dict[str, str]


def load_regions(folder: Path) -> dict[Region, RegionRules]:
    """The rules of every region, from one file each. Raises Refusal `region_malformed`."""
    return {region: load_region(folder / f"{region.value}.toml") for region in Region}


def load_region(path: Path) -> RegionRules:
    """The rules in one file. Raises Refusal `region_malformed` naming file, key and reason."""
    file = read_toml(path, _RegionFile, partial(_refusal, path))
    if file.region.value != path.stem:
        raise _refusal(path, "region", f"is {file.region.value}, but the file is named {path.stem}")
    return _rules(path, file)


def _refusal(path: Path, key: str, reason: str) -> Refusal:
    return Refusal("region_malformed", f"{path.name}: {key}: {reason}.", key)


def _rules(path: Path, file: _RegionFile) -> RegionRules:
    return RegionRules(
        region=file.region,
        name=file.name,
        currency=file.currency,
        country=_country(path, "country", file.country),
        phone_region=_country(path, "phone_region", file.phone_region),
        time_zone=_time_zone(path, file.time_zone),
        tax=_tax(path, file.tax),
        methods=_methods(path, file),
        holidays=frozenset(file.holidays.days),
        rights=tuple(file.rights),
        return_days=_within(path, "return_days", file.return_days, 366),
        tax_years=_within(path, "tax_years", file.tax_years, 30),
        changes=_changes(path, file.changes),
    )


def _changes(path: Path, texts: Mapping[str, str]) -> dict[str, Template]:
    if unlike := sorted(texts.keys() ^ CHANGES.keys()):
        reason = "is not known here" if unlike[0] in texts else "is missing"
        raise _refusal(path, f"changes.{unlike[0]}", reason)
    return {key: _sentence(path, key, text) for key, text in texts.items()}


def _sentence(path: Path, key: str, text: str) -> Template:
    """A sentence with exactly its places; empty where the law of a region may give nothing."""
    template = Template.of(text)
    may_be_empty = key in CHANGES_LEFT_OUT and not text
    if not may_be_empty and (not text or template.places != CHANGES[key]):
        places = ", ".join(f"{{{place}}}" for place in sorted(CHANGES[key])) or "no places"
        raise _refusal(path, f"changes.{key}", f"wants to be a sentence with {places}")
    return template


def _within(path: Path, key: str, count: int, most: int) -> int:
    if not 0 <= count <= most:
        raise _refusal(path, key, f"is not from 0 to {most}")
    return count


def _country(path: Path, key: str, code: str) -> str:
    if code not in dict(countries()):
        raise _refusal(path, key, f"{code} is no country")
    return code


def _time_zone(path: Path, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as cause:
        raise _refusal(path, "time_zone", f"{name} is not known here") from cause


def _tax(path: Path, tax: _Tax) -> TaxRules:
    by_category: dict[TaxCategory, tuple[RatePeriod, ...]] = {}
    for at, rate in enumerate(tax.rates):
        period = _period(path, f"tax.rates[{at}].percent", rate)
        by_category[rate.category] = (*by_category.get(rate.category, ()), period)
    by_state: dict[str, StateTax] = {}
    for at, state in enumerate(tax.states):
        period = _period(path, f"tax.states[{at}].percent", state)
        earlier = by_state[state.code].periods if state.code in by_state else ()
        by_state[state.code] = StateTax(periods=(*earlier, period), local_varies=state.local_varies)
    if tax.method is TaxMethod.INCLUDED and set(by_category) != set(TaxCategory):
        raise _refusal(path, "tax.rates", "every category wants a rate")
    if tax.method is TaxMethod.ADDED and not by_state:
        raise _refusal(path, "tax.states", "there are none")
    return TaxRules(
        method=tax.method,
        label=tax.label,
        countries=frozenset(_country(path, "tax.countries", code) for code in tax.countries),
        delivery_category=tax.delivery_category,
        by_category=by_category,
        by_state=by_state,
    )


def _period(path: Path, key: str, row: _Rate | _State) -> RatePeriod:
    try:
        return RatePeriod(parse_rate(row.percent), row.valid_from, row.source)
    except Refusal as cause:
        raise _refusal(path, key, cause.sentence.rstrip(".")) from cause


def _methods(path: Path, file: _RegionFile) -> tuple[DeliveryMethod, ...]:
    codes = [row.code for row in file.delivery]
    if not codes or len(set(codes)) != len(codes):
        raise _refusal(path, "delivery", "wants at least one method, and each code once")
    return tuple(_method(path, at, row, file.currency) for at, row in enumerate(file.delivery))


def _method(path: Path, at: int, row: _Method, currency: Currency) -> DeliveryMethod:
    if not 0 <= row.working_days <= 60:
        raise _refusal(path, f"delivery[{at}].working_days", "is not from 0 to 60")
    return DeliveryMethod(
        code=row.code,
        label=row.label,
        charge=_charge(path, at, row.charge, currency),
        working_days=row.working_days,
        cut_off=row.cut_off,
        reach=row.reach,
    )


def _charge(path: Path, at: int, text: str, currency: Currency) -> Money:
    key = f"delivery[{at}].charge"
    try:
        minor = Decimal(text) * MINOR_SCALE
    except InvalidOperation as cause:
        raise _refusal(path, key, f"{text} is no amount of money") from cause
    if not minor.is_finite() or minor != minor.to_integral_value() or minor < 0:
        raise _refusal(path, key, f"{text} is no amount of whole pence or cents")
    return Money(int(minor), currency)
