"""`readback admin calls`: calls whose recording somebody has to look at, and those seen to."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli.acts import Outcome, add_act, add_group, table, when
from app.services.central.call_flags import FlaggedCall, flagged_calls, mark_purged
from app.services.central.transaction import Transaction
from app.values.vocabulary import CallFlag

_WHY = {
    CallFlag.SPOKEN_TOO_EARLY: "card digits were said before the pause: purge",
    CallFlag.RESUMED_BY_EXPIRY: "the desk was lost; the caller may have been reading: listen",
    CallFlag.RESUME_UNCONFIRMED: "a recorder did not say that it records again: look",
    CallFlag.RECORDER_STARTED: "a recorder began during the pause; up to one frame: listen",
}


def add_call_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "calls", "calls to look at: flagged, purged")
    flagged = add_act(group, "flagged", "the list; exit code 0 also when it is empty", _flagged)
    flagged.add_argument("--all", action="store_true", help="those that were purged, too")
    purged = add_act(group, "purged", "card data are out of the recording of a call", _purged)
    purged.add_argument("flag", metavar="FLAG", type=int, help="its number in the list")
    purged.add_argument("--by", metavar="NAME", required=True, help="who has seen to it")


def _flagged(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    flags: list[FlaggedCall] = []
    while page := flagged_calls(
        tx, flags[-1].flag_id if flags else 0, also_purged=bool(arguments.all)
    ):
        flags += page
    if not flags:
        return Outcome(note="No call is flagged.")
    rows = [
        (
            str(flag.flag_id),
            when(flag.at),
            flag.reference or "not known",
            str(flag.order_id or ""),
            _WHY[flag.kind],
            f"{when(flag.purged_at)} by {flag.purged_by}" if flag.purged_at else "",
        )
        for flag in flags
    ]
    return Outcome(table(("FLAG", "AT", "CALL", "ORDER", "WHY", "PURGED"), rows))


def _purged(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    flag = mark_purged(tx, arguments.flag, arguments.by)
    return Outcome(note=f"Flag {flag.flag_id} is seen to.")
