"""`readback serve`: run the central service until it is told to stop."""

from __future__ import annotations

import argparse
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.adapters.child_program import end_with_input
from app.central import serve
from app.cli.database import add_database_url, database_url_of
from app.settings import CentreSettings, read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is given here wins over the settings file."""
    add_database_url(parser)
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="where to listen (127.0.0.1:8470 unless told)"
    )
    parser.add_argument(
        "--settings", metavar="FILE", type=Path, help="TOML; the table [centre] is read"
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads, each with a database connection"
    )
    parser.add_argument(
        "--metrics-listen",
        metavar="HOST:PORT",
        help="where Prometheus may look, in plain HTTP; nowhere unless it is said",
    )
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="TLS certificate, PEM")
    parser.add_argument("--certificate-key", type=Path, metavar="FILE", help="its key, PEM")
    parser.add_argument(
        "--behind-tls-proxy",
        action="store_true",
        default=None,
        help="a proxy in front does TLS, and nobody else can reach this address",
    )
    parser.add_argument(
        "--end-with-input",
        action="store_true",
        help="stop when standard input ends, as it does when the starting program does",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve; returns when it has ended in order."""
    if arguments.end_with_input:
        end_with_input(partial(signal.raise_signal, signal.SIGTERM))
    settings = CentreSettings()
    if arguments.settings is not None:
        settings = read_settings(arguments.settings, "centre", CentreSettings)
    names = (
        "listen",
        "metrics_listen",
        "threads",
        "certificate",
        "certificate_key",
        "behind_tls_proxy",
    )
    given = {name: getattr(arguments, name) for name in names}
    settings = replace(
        settings, **{name: value for name, value in given.items() if value is not None}
    )
    serve(replace(settings, database_url=database_url_of(arguments, settings.database_url)))
    return 0
