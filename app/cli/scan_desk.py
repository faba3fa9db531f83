"""`readback scan desk`: the memory of the whole desk, with a whole trial behind it.

Prints the same table as the scan of the card fields. Needs root on Linux; takes minutes.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from app.campaigns.card_scan.desk_child import KEY_FILE
from app.campaigns.card_scan.desk_stories import DESK_STORIES, Site, tell_of_desk
from app.campaigns.card_scan.memory_campaign import shown
from app.campaigns.card_scan.process_memory import require_readable_memory
from app.campaigns.card_scan.stories import Look
from app.demo.command import Told
from app.demo.trial import PASSWORD, Trial
from app.desktop import enrol
from app.settings import DeskSettings

LOGIN = "dana"
SEAT_NAME = "Scanned desk"


def scan_desk(runs: int, names: Sequence[str]) -> int:
    """Run the stories so many times; the exit code. Raises Refusal `memory_not_readable`."""
    require_readable_memory()
    looks: list[tuple[int, Look]] = []
    with Told() as told, ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="readback-scan-")))
        if sys.platform != "win32":
            folder.chmod(0o711)  # the database runs under an account of its own
        trial = running.enter_context(Trial(folder / "trial", told.telling))
        site = _seated(trial, folder)
        for run in range(1, runs + 1):
            for name in names or tuple(DESK_STORIES):
                told.step(f"Run {run} of {runs}: {name}")
                for look in tell_of_desk(name, folder, site, secrets.SystemRandom().random):
                    told.step(f"  {look.step}")
                    looks.append((run, look))
    return shown(looks, print)


def _seated(trial: Trial, folder: Path) -> Site:
    """A seat that the trial's centre knows."""
    seat = trial.seat_folder
    settings = DeskSettings(centre_url=trial.centre_url, seat_folder=seat, key_file=seat / KEY_FILE)
    enrol(settings, trial.enrolment_code(SEAT_NAME))
    return Site(
        folder=folder / "trial",
        centre_url=trial.centre_url,
        seat_folder=seat,
        login=LOGIN,
        password=PASSWORD,
    )
