"""`readback demo`: the whole system on this machine, to try it, on loopback only.

With a display the desk opens and offers its sample people; without one, or with `--headless DIR`, a
whole call is taken by key events and leaves pictures, the paper and a report. Ends what it started.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.demo.trial import CALLER, PASSWORD, Telling, Trial, trial_folder
from app.demo.whole_call import Cast, WholeCall
from app.desktop import DeskProgram, Setting, enrol, run_desk
from app.services.desk.seat_identity import read_identity
from app.settings import DeskSettings
from app.ui.rehearsal import Rehearsal, perform
from app.values.clock import SystemClock
from app.values.errors import Fault
from app.wire.people import SignInOffer

SEAT_NAME = "Trial desk"
LOGIN = "dana"
HEADLESS_FOLDER = Path("out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What a trial can be told."""
    parser.add_argument(
        "--headless",
        metavar="DIR",
        type=Path,
        help="take one whole call without a display; pictures, PDF and report.json go to DIR",
    )
    parser.add_argument(
        "--catalogue",
        metavar="FILE",
        type=Path,
        help="a catalogue of your own (csv, csv.gz) instead of the built-in sample",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget everything earlier trials have kept"
    )
    parser.add_argument("--folder", metavar="DIR", type=Path, help="where the trial keeps its data")


def run(arguments: argparse.Namespace) -> int:
    """Start everything, run the desk until it is closed, stop everything."""
    signal.signal(signal.SIGTERM, _interrupted)
    folder = arguments.folder or trial_folder()
    headless = arguments.headless or (None if _has_display() else HEADLESS_FOLDER)
    if headless is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with Told() as told:
        number = CALLER if headless is None else _new_caller()
        trial = Trial(folder, told.telling, arguments.catalogue, number)
        if headless is None:
            trial.add_warehouse()
        if arguments.fresh:
            told.step("Forgetting earlier trials")
            trial.forget()
        with trial:
            told.step("Opening the desk")
            setting = _seated(trial, headless is not None)
            told.stop()
            if headless is not None:
                code = _take_a_call(setting, headless, number)
                _listen_to_recording(trial, headless)
                return code
            told_how = partial(_say_how_to_stop, trial.database_url)
            return run_desk(partial(_as_it_is, setting), told_how)


def _as_it_is(setting: Setting) -> Setting:
    return setting


def _say_how_to_stop(database_url: str, program: DeskProgram) -> None:
    del program
    _print(f"Everyone's password in this trial is: {PASSWORD}")
    _print(f"To administer it from elsewhere: export READBACK_DATABASE_URL='{database_url}'")
    _print("Close the window or press Ctrl+C to stop the trial.")


def _interrupted(number: int, frame: object) -> NoReturn:
    """Being told to end is taken as Ctrl+C, so that what was started is stopped."""
    del number, frame
    raise KeyboardInterrupt


class Told:
    """Says on standard error what is being done, with a bar under long files."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, visible=False)
        self._clock = SystemClock()
        self._began = self._clock.monotonic()
        self.telling = Telling(step=self.step, progress=self._show)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def step(self, sentence: str) -> None:
        """One step has begun."""
        self._bar.update(self._task, visible=False)
        seconds = self._clock.monotonic() - self._began
        self._console.print(f"{seconds:6.1f} s  {sentence}", highlight=False, markup=False)

    def stop(self) -> None:
        """Say no more."""
        self._bar.stop()

    def _show(self, what: str, done: int, total: int) -> None:
        self._bar.update(
            self._task, description=what, completed=done, total=total or None, visible=True
        )


def _seated(trial: Trial, is_headless: bool) -> Setting:  # noqa: FBT001 - private
    """The trial's own seat, made known to its centre where it is not yet."""
    settings = DeskSettings(
        centre_url=trial.centre_url,
        seat_folder=trial.seat_folder,
        key_file=trial.seat_folder / "trial-keys.json",
        test_addresses=True,
        scheme="light" if is_headless else "system",
    )
    if read_identity(settings.seat_folder) is None:
        enrol(settings, trial.enrolment_code(SEAT_NAME))
    banner = f"Everyone's password is “{PASSWORD}”."
    return Setting(
        settings=settings,
        offer=SignInOffer(people=trial.people, banner=banner),
        opener=_nothing_to_open_with if is_headless else None,
    )


def _new_caller() -> str:
    """A number that has hardly rung before; Ofcom keeps them free for drama."""
    return f"01632 960{int(SystemClock().now().timestamp()) % 1_000:03d}"


def _take_a_call(setting: Setting, folder: Path, caller_number: str) -> int:
    """Play the whole call in the offscreen window; the exit code."""
    cast = Cast(login=LOGIN, password=PASSWORD, caller_number=caller_number)
    outcome: list[Future[None]] = []

    def script(program: DeskProgram) -> None:
        window = program.window
        if window is None:
            raise Fault("rehearsal_failed", "The desk has no window.")
        hands = Rehearsal(window)
        call = WholeCall(
            hands=hands,
            window=window,
            caller=program.desk,
            cast=cast,
            folder=folder,
            say=_print,
        )

        def finished(ended: Future[None]) -> None:
            outcome.append(ended)
            hands.tell(window.close)

        perform(call.play, finished)

    _print("Taking a call")
    code = run_desk(partial(_as_it_is, setting), script)
    if not outcome:
        raise Fault("rehearsal_failed", "The desk was closed before the call was taken.")
    problem = outcome[0].exception()
    if problem is not None:
        raise problem
    _print(f"The pictures, the confirmation and report.json are in {folder}.")
    return code


def _listen_to_recording(trial: Trial, folder: Path) -> None:
    """The recording of the call, and what the auditor's command says of it."""
    trial.hang_up()
    newest = max(trial.recordings.glob("*.wav"), key=_age)
    shutil.copyfile(newest, folder / "recording.wav")
    words = ("admin", "evidence", "check-audio", "--recording", str(newest))
    checked = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "app", *words],
        env={**os.environ, "READBACK_DATABASE_URL": trial.database_url},
        check=False,
        capture_output=True,
        text=True,
    )
    (folder / "recording-check.txt").write_text(checked.stdout, encoding="utf-8")
    if checked.returncode != 0:
        raise Fault("recording_wrong", f"The recording is not as it should be: {checked.stdout}")
    _print("The recording of the call was silent while the card was said: recording-check.txt.")


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _nothing_to_open_with(path: str) -> bool:
    """Without a display a file is made but not shown."""
    del path
    return True


def _has_display() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _print(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
