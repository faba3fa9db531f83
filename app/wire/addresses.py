"""Filling in an address from what the caller said first."""

from __future__ import annotations

from app.values.contact import PostalAddress
from app.wire.message import Request, ShortText, View


class LookUpAddress(Request, frozen=True, kw_only=True):
    """A postcode or ZIP, and the house number where it is known."""

    country: ShortText
    postcode: ShortText
    house: ShortText = ""


class AddressSuggestions(View, frozen=True, kw_only=True):
    """What the postcode tells. `source` names who says so; a test provider says that it is one.

    `other_cities` are further names the post accepts for the place.
    """

    city: str = ""
    area: str = ""
    other_cities: tuple[str, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    source: str = ""
