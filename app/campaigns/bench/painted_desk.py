"""The desk as `readback-desk` starts it: prints `painted`, and `ready` when the sign-in stands.

`python -m app.campaigns.bench.painted_desk FOLDER`; stays until it is ended. Imports nothing that
the desk does not, because its start is what is measured.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from app.desktop import DeskProgram, Setting, run_desk
from app.ui.first_frame import FirstFrame
from app.ui.first_paint import FirstPaint

NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: the desk starts as it does with the central service away."""

STANDARD_OUTPUT = 1


def setting(folder: Path) -> Setting:
    """The desk that `bench.desk` made in a folder."""
    from app.settings import DeskSettings  # noqa: PLC0415 - not before the first paint, as the desk

    return Setting(
        settings=DeskSettings(
            centre_url=NOWHERE, seat_folder=folder / "seat", key_file=folder / "keys.json"
        )
    )


def _tell_when_painted(frame: FirstFrame) -> None:
    FirstPaint(frame, partial(os.write, STANDARD_OUTPUT, b"painted\n"))


def _tell_when_ready(program: DeskProgram) -> None:
    if program.window is not None:
        FirstPaint(program.window, partial(os.write, STANDARD_OUTPUT, b"ready\n"))


if __name__ == "__main__":
    given = partial(setting, Path(sys.argv[1]))
    sys.exit(run_desk(given, _tell_when_ready, _tell_when_painted))
