"""Closed sets of words that messages and tables both use.

A word's value is what stands on the wire and in the databases: it is never changed, only added to.
"""

from __future__ import annotations

from enum import StrEnum


class ProductKind(StrEnum):
    """Goods are picked in the warehouse; a charge (postage, carriage, manual) is only money."""

    GOODS = "goods"
    CHARGE = "charge"


class TaxCategory(StrEnum):
    """Which rate of the region applies."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"


class Channel(StrEnum):
    """How the order reached us."""

    PHONE = "phone"
    FAX = "fax"
    EMAIL = "email"
    POST = "post"
    COUNTER = "counter"
    WEB_CART = "web_cart"


class Region(StrEnum):
    """Whose law, tax and delivery rules apply; one file each in resources/regions."""

    GB = "gb"
    US = "us"


class DraftState(StrEnum):
    """Where a document at the desk stands."""

    OPEN = "open"
    PARKED = "parked"
    VOIDED = "voided"
    PLACED = "placed"


class Role(StrEnum):
    """What a person is; one role each."""

    CSR = "csr"
    TEAM_LEAD = "team_lead"
    ADMINISTRATOR = "administrator"


class ChangeKind(StrEnum):
    """What a desk keeps a copy of."""

    PRODUCT = "product"
    TOWN = "town"
    POLICY = "policy"


class CommandKind(StrEnum):
    """What a desk may send; the body's type follows from it."""

    PLACE_ORDER = "order.place"
