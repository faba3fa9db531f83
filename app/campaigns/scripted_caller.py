"""The caller of a replayed invoice: who they are and where they live, made up but well formed.

The file names a customer by a number and a country and nothing else. Telephone numbers are Ofcom's,
set aside for drama; postcodes are real places, streets are not.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.campaigns.invoices import Invoice
from app.values.contact import PostalAddress

STREET = "1 Replay Street"

_DRAMA_NUMBERS = (
    "+44113496",
    "+44114496",
    "+44115496",
    "+44116496",
    "+44117496",
    "+44121496",
    "+44131496",
    "+44141496",
    "+44151496",
    "+44161496",
    "+44207946",
    "+44191498",
)
"""Each with the four digits 0000 to 0999 free for made-up people."""

_IN_EACH = 1_000

_PLACES = {
    "GB": ("Leeds", "", "LS1 1UR"),
    "JE": ("St Helier", "", "JE1 1AA"),
    "IE": ("Dublin", "", "A65 F4E2"),
    "US": ("Cupertino", "CA", "95014"),
    "ZA": ("Pretoria", "", "0083"),
    "DE": ("Oldenburg", "", "26133"),
    "FR": ("Biganos", "", "33380"),
    "ES": ("Madrid", "M", "28039"),
    "NL": ("Amsterdam", "", "1012 AB"),
    "BE": ("Liège", "", "4000"),
    "CH": ("Bettlach", "", "2544"),
    "PT": ("Sintra", "", "2725-079"),
    "AU": ("North Sydney", "NSW", "2060"),
    "NO": ("Oslo", "", "0025"),
    "IT": ("Roma", "RM", "00144"),
    "FI": ("Helsinki", "", "00550"),
    "CY": ("Nicosia", "", "2008"),
    "SE": ("Stockholm", "", "11455"),
    "AT": ("Wien", "", "1010"),
    "DK": ("Ry", "", "8680"),
    "JP": ("Setagaya-ku", "Tokyo", "154-0023"),
    "PL": ("Warszawa", "", "00-950"),
    "IL": ("Jerusalem", "", "9614303"),
    "HK": ("Central", "Hong Kong Island", ""),
    "SG": ("Singapore", "", "546080"),
    "IS": ("Reykholt", "", "320"),
    "CA": ("Montréal", "QC", "H3Z 2Y7"),
    "GR": ("Marousi", "", "151 24"),
    "MT": ("Naxxar", "", "NXR 01"),
    "AE": ("Dubai", "Dubai", ""),
    "LB": ("Beirut", "", "2038 3054"),
    "LT": ("Vilnius", "", "04340"),
    "BR": ("Salvador", "BA", "40301-110"),
    "CZ": ("Praha", "", "100 00"),
    "BH": ("Manama", "", "317"),
    "SA": ("Riyadh", "", "11564"),
}


@dataclass(frozen=True, slots=True)
class ScriptedCaller:
    """What the caller would say. `phone` is empty where the invoice names no customer."""

    name: str
    phone: str
    address: PostalAddress


class ScriptedCallers:
    """Gives the same caller for the same customer number, up to 12,000 of them."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def caller_of(self, invoice: Invoice) -> ScriptedCaller:
        """The customer of an invoice; without a customer number a web order without telephone."""
        name = f"Customer {invoice.customer}" if invoice.customer else "Web shop"
        city, area, postcode = _PLACES[invoice.country]
        return ScriptedCaller(
            name=name,
            phone=self._phone(invoice.customer) if invoice.customer else "",
            address=PostalAddress(
                country=invoice.country,
                name=name,
                street=(STREET,),
                city=city,
                area=area,
                postcode=postcode,
            ),
        )

    def _phone(self, customer: str) -> str:
        number = self._known.setdefault(customer, len(self._known))
        prefix, rest = divmod(number, _IN_EACH)
        return f"{_DRAMA_NUMBERS[prefix]}{rest:04d}"
