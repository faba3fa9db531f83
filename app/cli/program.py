"""The command `readback`: finds the sub-command, runs it, and says in plain words what went wrong.

Each sub-command is a module with `add_arguments(parser)` and `run(arguments) -> int`, loaded only
when it is asked for, so that `readback --help` is quick. Exit codes: 0 done, 1 refused or found
wanting, 2 not understood, 3 broken, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from app.values.errors import Fault, Refusal

REFUSED = 1
BROKEN = 3
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class _Command:
    """Where a sub-command lives, and what it does in a line."""

    module: str
    summary: str


COMMANDS = {
    "serve": _Command("app.cli.serve", "run the central service"),
    "vault": _Command("app.cli.vault", "the card vault, which opens sealed cards"),
    "admin": _Command("app.cli.admin", "database, people, seats, audit and policy"),
    "import": _Command(
        "app.cli.imports", "take a catalogue, customers, stock, towns or shipments from a file"
    ),
    "demo": _Command("app.demo.command", "a whole installation on this machine, to try it"),
    "simulate": _Command(
        "app.cli.simulate", "stand-ins: a telephone exchange that records calls, a warehouse"
    ),
    "replay": _Command("app.cli.replay", "take real invoices from a file as orders"),
    "bench": _Command("app.campaigns.bench.command", "measure, beside the bare thing"),
    "faults": _Command("app.cli.faults", "break things while orders are taken, and count"),
    "scan": _Command("app.cli.scan", "prove that no card digit is left in memory or on disk"),
}


class CommandModule(Protocol):
    """What the module of a sub-command has."""

    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(given: Sequence[str] | None = None) -> int:
    """Run `readback` with these arguments (those of the process by default); the exit code."""
    words = list(sys.argv[1:] if given is None else given)
    top = _top_parser()
    name = top.parse_args(words[:1]).command
    try:
        module = _load(name)
        parser = argparse.ArgumentParser(
            prog=f"readback {name}", description=f"{COMMANDS[name].summary.capitalize()}."
        )
        module.add_arguments(parser)
        return module.run(parser.parse_args(words[1:]))
    except Refusal as refusal:
        return _say(refusal.sentence, REFUSED)
    except Fault as fault:
        return _say(fault.sentence, BROKEN)
    except KeyboardInterrupt:
        return INTERRUPTED


def _top_parser() -> argparse.ArgumentParser:
    lines = "\n".join(f"  {name:<8} {known.summary}" for name, known in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="readback",
        usage="readback COMMAND ...",
        description="Phone-order entry: the central service and what belongs to it.",
        epilog=f"commands:\n{lines}\n\nreadback COMMAND --help says more about one of them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


def _load(name: str) -> CommandModule:
    """The module of a sub-command; a smaller installation may lack some."""
    module = COMMANDS[name].module
    try:
        return cast("CommandModule", importlib.import_module(module))
    except ModuleNotFoundError as cause:
        if cause.name is None or not f"{module}.".startswith(f"{cause.name}."):
            raise
        raise Refusal(
            "command_missing", f"This installation does not have readback {name}."
        ) from cause


def _say(sentence: str, code: int) -> int:
    print(f"readback: {sentence}", file=sys.stderr)
    return code
