"""The desk as `readback-desk` starts it, which prints `painted` when its window first is.

`python -m app.campaigns.bench.painted_desk FOLDER`; stays until it is ended. Imports nothing that
the desk does not, because its start is what is measured.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from app.desktop import DeskProgram, Setting, run_desk
from app.settings import DeskSettings
from app.ui.first_paint import FirstPaint

NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: the desk starts as it does with the central service away."""

STANDARD_OUTPUT = 1


def setting(folder: Path) -> Setting:
    """The desk that `bench.desk` made in a folder."""
    return Setting(
        settings=DeskSettings(
            centre_url=NOWHERE, seat_folder=folder / "seat", key_file=folder / "keys.json"
        )
    )


def _tell_when_painted(program: DeskProgram) -> None:
    if program.window is not None:
        FirstPaint(program.window, partial(os.write, STANDARD_OUTPUT, b"painted\n"))


if __name__ == "__main__":
    sys.exit(run_desk(setting(Path(sys.argv[1])), _tell_when_painted))
