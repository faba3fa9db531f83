"""`readback admin guidance`: checklists, scripts and answers, published as one edition.

`check` needs no database. `publish` takes all of a folder or nothing: where a file is wrong, the
edition that holds stays.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli.acts import Outcome, add_act, add_group, add_plain_act, table, when
from app.services.central.guidance import GuidanceEditions
from app.services.central.transaction import Transaction
from app.services.rules.guidance_files import read_guidance
from app.services.rules.guidance_written import write_guidance
from app.values.errors import Refusal
from app.values.money import MINOR_SCALE
from app.values.vocabulary import AnsweredBy, CheckpointKind
from app.wire.guidance import Checklist, Guidance, When


def add_guidance_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "guidance", "checklists, scripts, answers: check, publish, export, ...")
    check = add_plain_act(group, "check", "say what is wrong with the files in a folder", _check)
    publish = add_act(group, "publish", "let the files in a folder hold for all desks", _publish)
    publish.add_argument("--by", metavar="LOGIN", help="who publishes it, for the history")
    add_act(group, "show", "what is in the edition that holds", _show)
    export = add_act(group, "export", "write an edition as files into a new folder", _export)
    export.add_argument(
        "--revision", type=int, metavar="N", help="the edition that holds, where it is not given"
    )
    add_act(group, "history", "every edition, the newest first", _history)
    for parser in (check, publish, export):
        parser.add_argument("folder", metavar="FOLDER", type=Path)


def _check(arguments: argparse.Namespace) -> Outcome:
    return Outcome([f"{_size(read_guidance(arguments.folder))}: nothing is wrong."])


def _publish(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    editions = GuidanceEditions()
    guidance = read_guidance(arguments.folder)
    before = editions.newest_revision(tx)
    revision = editions.publish(tx, guidance, arguments.by)
    if revision == before:
        return Outcome(note=f"Nothing is new: it holds already, as revision {revision}.")
    return Outcome(note=f"{_size(guidance)} hold as revision {revision}.")


def _show(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    guidance = GuidanceEditions().current(tx)
    lines = [f"Revision {guidance.revision}: {_size(guidance)}.", ""]
    lines += table(
        ("CHECKLIST", "FOR", "ANSWERED BY", "CHECKS"),
        [_checklist_row(one) for one in guidance.checklists],
    )
    lines.append("")
    lines += table(
        ("SCRIPT", "VERSION", "STEPS"),
        [
            (one.region.value, one.version, ", ".join(step.key for step in one.steps))
            for one in guidance.scripts
        ],
    )
    return Outcome(lines)


def _export(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    editions, revision = GuidanceEditions(), arguments.revision
    guidance = editions.current(tx) if revision is None else editions.edition(tx, revision)
    if guidance is None:
        raise Refusal("edition_unknown", f"There is no revision {revision}.")
    files = write_guidance(guidance, arguments.folder)
    return Outcome(note=f"Revision {guidance.revision} is in {arguments.folder}, {files} files.")


def _history(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    rows = [
        (
            str(line.revision),
            when(line.published_at),
            line.published_by or "",
            str(line.checklists),
            str(line.scripts),
            str(line.answers),
        )
        for line in GuidanceEditions().history(tx)
    ]
    head = ("REVISION", "PUBLISHED", "BY", "CHECKLISTS", "SCRIPTS", "ANSWERS")
    return Outcome(table(head, rows))


def _size(guidance: Guidance) -> str:
    return (
        f"{_count(len(guidance.checklists), 'checklist')}, "
        f"{_count(len(guidance.scripts), 'script')} and "
        f"{_count(len(guidance.answers), 'answer')}"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _checklist_row(checklist: Checklist) -> tuple[str, str, str, str]:
    paper = checklist.answered_by is AnsweredBy.PAPER
    checks = [
        item.key if item.check is CheckpointKind.EXTRA else item.check.value
        for item in checklist.items
    ]
    return (
        checklist.name,
        _conditions(checklist.when),
        "paper" if paper else "caller",
        ", ".join(checks),
    )


def _conditions(condition: When) -> str:
    groups = (
        condition.regions,
        condition.channels,
        condition.order_types,
        condition.priorities,
        condition.payments,
    )
    words = ["/".join(word.value for word in group) for group in groups if group]
    if condition.total_from is not None:
        whole, part = divmod(condition.total_from, MINOR_SCALE)
        words.append(f"from {whole:,}.{part:02}")
    return ", ".join(words) or "all orders"
