"""How people are reached: telephone numbers, e-mail and postal addresses.

Parsed once at the edge; inside, a value of these types is already tidy.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where post goes; one value, never mixed field by field.

    `country` is ISO 3166-1 alpha-2; `area` is state, county or province as the country's format wants it.
    """

    country: str
    name: str = ""
    organisation: str = ""
    street: tuple[str, ...] = ()
    dependent_locality: str = ""
    city: str = ""
    area: str = ""
    postcode: str = ""
