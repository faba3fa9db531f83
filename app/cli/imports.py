"""`readback import`: a catalogue, customers, stock, towns or shipments from a file.

Shows how far it is, says what came of it, and leaves every row that was not taken in a rejects file
beside the summary. Running it again changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.central import administration
from app.cli.database import add_database_url, database_url_of
from app.services.central.imports.catalogue import CatalogueOptions, import_catalogue
from app.services.central.imports.customers import CustomerOptions, import_customers
from app.services.central.imports.options import FileOptions
from app.services.central.imports.rejects import ImportSummary
from app.services.central.imports.shipments import import_shipments
from app.services.central.imports.stock import import_stock
from app.services.central.imports.towns import TownOptions, import_towns
from app.services.central.transaction import Transactions
from app.services.central.warehouse_events import WarehouseEvents
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.values.money import Currency

Take = Callable[[Transactions, argparse.Namespace, "_Bar"], ImportSummary]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be imported, each with its options."""
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    catalogue = _kind(kinds, "catalogue", "products and prices, or order lines to tell them from")
    catalogue.set_defaults(take=_catalogue)
    catalogue.add_argument(
        "--currency",
        type=Currency,
        choices=list(Currency),
        help="of the prices; the policy's where it is not given",
    )
    catalogue.add_argument(
        "--charge",
        action="append",
        default=[],
        metavar="CODE",
        help="a code that is only money, such as carriage; may be given more than once",
    )
    customers = _kind(kinds, "customers", "who they are, how they are reached, where they live")
    customers.set_defaults(take=_customers)
    _add_country(customers, "where customers are whose row names no country")
    stock = _kind(kinds, "stock", "pieces on hand by product code")
    stock.set_defaults(take=_stock)
    shipments = _kind(kinds, "shipments", "what the warehouse sent, and what became of it")
    shipments.set_defaults(take=_shipments)
    towns = _kind(kinds, "towns", "the town of a postcode district or ZIP code")
    towns.set_defaults(take=_towns)
    _add_country(towns, "where the postcodes are")


def run(arguments: argparse.Namespace) -> int:
    """Import and say what came of it; 0 also when some rows were not taken."""
    url = database_url_of(arguments)
    take: Take = arguments.take
    with administration(url, SystemClock(), SystemIds()) as transactions, _Bar() as bar:
        summary = take(transactions, arguments, bar)
    print(in_words(summary))
    return 0


def in_words(summary: ImportSummary) -> str:
    """The summary for a person."""
    counts = summary.counts
    left = summary.rows - summary.taken
    lines = [
        f"{summary.file}: {summary.rows:,} rows, {summary.taken:,} taken, {left:,} not taken.",
        f"Added {counts.added:,}, changed {counts.changed:,}, unchanged {counts.unchanged:,}.",
        *summary.notes,
    ]
    lines += [
        f"  {count:,} x {reason}"
        for reason, count in sorted(summary.rejected.items(), key=lambda pair: -pair[1])
    ]
    if summary.rejects_file is not None:
        lines.append(f"Every row that was not taken is in {summary.rejects_file}.")
    return "\n".join(lines)


def _kind(kinds: Any, name: str, summary: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse keeps this type to itself
    parser: argparse.ArgumentParser = kinds.add_parser(
        name, help=summary, description=f"Import {summary}."
    )
    forms = "csv, csv.gz or json" if name == "shipments" else "csv or csv.gz"
    parser.add_argument("file", metavar="FILE", type=Path, help=forms)
    add_database_url(parser)
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_mapped,
        metavar="FIELD=COLUMN",
        help="which column holds a field, where the guess is wrong; FIELD= leaves it out",
    )
    parser.add_argument(
        "--encoding", metavar="NAME", help="of the text, such as cp1252; UTF-8 where not given"
    )
    parser.add_argument(
        "--rejects",
        metavar="FILE",
        type=Path,
        help="where rows go that are not taken; NAME.rejects.csv here where not given",
    )
    return parser


def _add_country(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("--country", default="GB", metavar="CODE", help=f"{help_text} (GB)")


def _mapped(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals or not field:
        raise argparse.ArgumentTypeError("it must be FIELD=COLUMN")
    return field.strip(), column.strip()


def _catalogue(
    transactions: Transactions, arguments: argparse.Namespace, bar: _Bar
) -> ImportSummary:
    options = CatalogueOptions(
        **_options(arguments),
        currency=arguments.currency,
        charge_codes=frozenset(code.upper() for code in arguments.charge),
    )
    return import_catalogue(transactions, arguments.file, options, bar.step)


def _customers(
    transactions: Transactions, arguments: argparse.Namespace, bar: _Bar
) -> ImportSummary:
    options = CustomerOptions(**_options(arguments), country=_country(arguments))
    return import_customers(transactions, arguments.file, options, bar.step)


def _stock(transactions: Transactions, arguments: argparse.Namespace, bar: _Bar) -> ImportSummary:
    return import_stock(transactions, arguments.file, FileOptions(**_options(arguments)), bar.step)


def _shipments(
    transactions: Transactions, arguments: argparse.Namespace, bar: _Bar
) -> ImportSummary:
    events = WarehouseEvents(load_regions(resource_folder() / "regions"))
    options = FileOptions(**_options(arguments))
    return import_shipments(transactions, events, arguments.file, options, bar.step)


def _towns(transactions: Transactions, arguments: argparse.Namespace, bar: _Bar) -> ImportSummary:
    options = TownOptions(**_options(arguments), country=_country(arguments))
    return import_towns(transactions, arguments.file, options, bar.step)


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "columns": dict(arguments.map),
        "encoding": arguments.encoding,
        "rejects": arguments.rejects or Path(f"{_stem(arguments.file)}.rejects.csv"),
    }


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")


def _country(arguments: argparse.Namespace) -> str:
    code: str = arguments.country.upper()
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise Refusal("country_malformed", "A country is a two-letter code such as GB or US.")
    return code


class _Bar:
    """The progress bar, on standard error; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def step(self, step: str, done: int, total: int) -> None:
        """Shows how far a step is."""
        self._progress.update(self._task, description=step, completed=done, total=total or None)
