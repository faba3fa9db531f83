"""What is scanned as a whole: the desk's program in its own window, typed into by a pipe.

`python -m app.campaigns.card_scan.desk_child CONTROL CENTRE-URL SEAT-FOLDER LOGIN PASSWORD`. A
script takes the call up to F9; what is typed from then on comes from outside, one key at a time.
GUI thread, and the rehearsal's thread for the script.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.campaigns.card_scan.call_to_card import CallToCard
from app.campaigns.card_scan.careless import Control, safe_of
from app.desktop import DeskProgram, Setting, run_desk
from app.settings import DeskSettings
from app.ui.keyed_window import DONE, INPUT, OUTPUT, Hands
from app.ui.rehearsal import Rehearsal, perform
from app.values.errors import Fault

TITLE = "Readback"
KEY_FILE = "scanned-keys.json"
FAILED = 1


@dataclass(slots=True)
class ScannedProgram:
    """The script of one process, and what can be asked of it from outside."""

    login: str
    password: str
    problems: list[BaseException] = field(default_factory=list)
    _hands: Hands | None = None

    def begin(self, program: DeskProgram) -> None:
        """The desk stands: sign in, take a call up to the card, then listen."""
        window = program.window
        if window is None:
            raise Fault("scan_stuck", "The desk has no window.")
        rehearsal = Rehearsal(window)
        call = CallToCard(rehearsal, window, program.desk)
        later = partial(self._later, rehearsal, window.close)
        self._hands = Hands(
            window,
            {
                ord("w"): partial(later, call.await_open_fields),
                ord("s"): partial(later, call.authorise),
                ord("a"): partial(later, call.await_answer),
                ord("d"): partial(later, call.await_doubt),
                ord("b"): partial(later, partial(rehearsal.press, "Ctrl+Return")),
                ord("p"): partial(later, partial(self._next, call)),
                ord("x"): window.close,
            },
        )

        def first() -> None:
            call.sign_in(self.login, self.password)
            call.take_order()
            rehearsal.see(self._listen)

        perform(first, partial(self._ended, rehearsal, window.close))

    def _next(self, call: CallToCard) -> None:
        call.place()
        call.take_order()

    def _listen(self) -> None:
        if self._hands is not None:
            self._hands.begin()

    def _later(
        self, rehearsal: Rehearsal, close: Callable[[], object], act: Callable[[], None]
    ) -> None:
        """Begin an act that waits for something; its end is told by one more byte."""

        def acted() -> None:
            act()
            os.write(OUTPUT, DONE)

        perform(acted, partial(self._ended, rehearsal, close))

    def _ended(
        self, rehearsal: Rehearsal, close: Callable[[], object], outcome: Future[None]
    ) -> None:
        problem = outcome.exception()
        if problem is not None:
            self.problems.append(problem)
            rehearsal.tell(close)


def main(control: Control, centre_url: str, seat_folder: Path, login: str, password: str) -> int:
    """Run until the window is closed or standard input ends; looked at for as long as that."""
    settings = DeskSettings(
        centre_url=centre_url,
        seat_folder=seat_folder,
        key_file=seat_folder / KEY_FILE,
        scheme="light",
    )
    setting = Setting(settings=settings, safe=partial(safe_of, control))
    scanned = ScannedProgram(login, password)
    run_desk(partial(_as_it_is, setting), scanned.begin)
    if scanned.problems:
        raise scanned.problems[0]
    os.write(OUTPUT, DONE)
    while os.read(INPUT, 1):
        """The window is closed; the process stays for as long as it is looked at."""
    return 0


def _as_it_is(setting: Setting) -> Setting:
    return setting


if __name__ == "__main__":
    sys.exit(main(Control(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4], sys.argv[5]))
