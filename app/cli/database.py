"""The option that every sub-command for the central database has: where it is."""

from __future__ import annotations

import argparse
import os

from app.values.errors import Refusal

VARIABLE = "READBACK_DATABASE_URL"


def add_database_url(parser: argparse.ArgumentParser) -> None:
    """Add `--database-url`."""
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help=f"postgresql://USER:PASSWORD@HOST/DATABASE; {VARIABLE} where it is not given",
    )


def database_url_of(arguments: argparse.Namespace, otherwise: str = "") -> str:
    """The URL that was given. Raises Refusal `database_url_missing`."""
    url: str = arguments.database_url or otherwise or os.environ.get(VARIABLE, "")
    if not url:
        raise Refusal("database_url_missing", f"Say --database-url URL, or set {VARIABLE}.")
    return url
