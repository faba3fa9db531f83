"""Which town a postcode area belongs to, from a list of districts (UK outward code, ZIP).

Desks keep a copy, so that a postcode fills in the town with no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path

from app.services.central.imports.options import FileOptions
from app.services.central.imports.price_list import refuse_ragged
from app.services.central.imports.rejects import ImportSummary, Rejects, each_once
from app.services.central.imports.staging import counted, run, stage, take_turns
from app.services.central.imports.table_file import (
    Field,
    Progress,
    Row,
    TableFile,
    no_progress,
    place_columns,
)
from app.services.central.imports.uk_places import country_of_postcode, town_of_district
from app.services.central.transaction import Transaction, Transactions
from app.values.errors import Refusal
from app.values.wording import tidy

FIELDS = (
    Field(
        name="postcode",
        aliases=("outward", "OutwardCode", "District", "PostcodeDistrict", "ZIP", "ZipCode"),
        required=True,
    ),
    Field(name="city", aliases=("town", "PostTown", "place"), required=True),
    Field(name="region", aliases=("council", "district_name", "local_authority")),
    Field(name="area", aliases=("state", "county")),
    Field(name="country_code", aliases=("iso_country", "country_iso")),
)
_POSTCODE = re.compile(r"[A-Z0-9]{2,10}")
_COUNTRY = re.compile(r"[A-Z]{2}")
COLUMNS = {
    "country": "text NOT NULL",
    "postcode": "text NOT NULL",
    "city": "text NOT NULL",
    "area": "text NOT NULL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TownOptions(FileOptions):
    """`country` is where the postcodes are, unless a column says so row by row."""

    country: str = "GB"


def import_towns(
    transactions: Transactions,
    path: Path,
    options: TownOptions | None = None,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Take in towns.

    Raises Refusal for a file that cannot be read or lacks columns; then nothing was changed.
    """
    return transactions.write(partial(_take_in, path, options or TownOptions(), progress))


def _take_in(
    path: Path, options: TownOptions, progress: Progress, tx: Transaction
) -> ImportSummary:
    with (
        TableFile(path, options.encoding) as file,
        Rejects(options.rejects, file.header) as rejects,
    ):
        columns = place_columns(file.header, FIELDS, options.columns)
        districts = _Districts(columns, len(file.header), options.country.upper())
        take_turns(tx)
        stage(tx, "incoming", COLUMNS, districts.read(file.rows(progress), rejects), progress)
        counts = counted(tx, _COUNT)
        run(tx, _SAME)
        run(tx, _UPSERT, at=tx.at)
        run(tx, _CHANGES)
        tx.audit("import.towns", None, **counts._asdict(), rows=file.rows_read)
        return rejects.summary(file, counts)


class _Districts:
    def __init__(self, columns: Mapping[str, int], width: int, country: str) -> None:
        self._columns = columns
        self._width = width
        self._country = country

    def read(self, rows: Iterable[Row], rejects: Rejects) -> Iterator[tuple[str, str, str, str]]:
        return each_once(rows, self._town, itemgetter(0, 1), rejects, "the postcode came before")

    def _town(self, row: Row) -> tuple[str, str, str, str]:
        """Country, postcode, city and area."""
        refuse_ragged(row, self._width)
        postcode = self._text(row, "postcode").upper().replace(" ", "")
        if not _POSTCODE.fullmatch(postcode):
            raise Refusal("postcode_malformed", "the postcode cannot be read")
        country = self._text(row, "country_code").upper() or self._country
        if not _COUNTRY.fullmatch(country):
            raise Refusal("country_malformed", "the country is not a two-letter code")
        city = self._text(row, "city")
        if country == "GB":
            city = town_of_district(postcode, city, self._text(row, "region"))
            country = country_of_postcode(postcode)
        if not city:
            raise Refusal("city_missing", "no town")
        return country, postcode, city, self._text(row, "area")

    def _text(self, row: Row, field: str) -> str:
        index = self._columns.get(field)
        return "" if index is None else tidy(row.values[index])


_COUNT = """
    SELECT count(*) FILTER (WHERE t.postcode IS NULL) AS added,
           count(*) FILTER (WHERE (t.city, t.area) <> (i.city, i.area)) AS changed,
           count(*) FILTER (WHERE (t.city, t.area) = (i.city, i.area)) AS unchanged
    FROM incoming i LEFT JOIN town t USING (country, postcode)
"""
_SAME = """
    DELETE FROM incoming i USING town t
    WHERE (t.country, t.postcode, t.city, t.area) = (i.country, i.postcode, i.city, i.area)
"""
_UPSERT = """
    INSERT INTO town (country, postcode, city, area, revision, updated_at)
    SELECT country, postcode, city, area, 1, :at FROM incoming
    ON CONFLICT (country, postcode) DO UPDATE
    SET city = excluded.city, area = excluded.area, revision = town.revision + 1,
        updated_at = excluded.updated_at
"""
_CHANGES = """
    INSERT INTO change (kind, key, revision, deleted)
    SELECT 'town', t.country || ' ' || t.postcode, t.revision, false
    FROM town t JOIN incoming i USING (country, postcode) ORDER BY 2
"""
