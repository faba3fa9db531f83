"""The desk in the middle of a call: signed in, much searched for, an order of thirty lines.

`python -m app.campaigns.bench.desk_in_use FOLDER` prints `ready` and how many products it knows
when it has come so far, and stays until it is ended. It is the real program; only the hands are a
script's.
"""

from __future__ import annotations

import os
import string
import sys
import traceback
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from app.campaigns.bench.desk import LOGIN, PASSWORD
from app.campaigns.bench.given import require
from app.campaigns.bench.painted_desk import STANDARD_OUTPUT, setting
from app.desktop import DeskProgram, run_desk
from app.ui.main_window import MainWindow
from app.ui.rehearsal import Rehearsal, perform
from app.ui.screens.call.presenter import CallPresenter
from app.wire import operations
from app.wire.sync import AskStatus

LINES = 30
FAILED = 1


def in_use(program: DeskProgram) -> None:
    """Begin the call as soon as the window is there."""
    if program.window is not None:
        perform(_Call(program, program.window), _end_if_it_failed)


class _Call:
    """What is done in the window; runs on the script's thread."""

    def __init__(self, program: DeskProgram, window: MainWindow) -> None:
        self._program = program
        self._window = window
        self._hands = Rehearsal(window)

    def __call__(self) -> None:
        self._sign_in()
        self._hands.press("F3")
        for letter in string.ascii_lowercase:
            self._find(letter)
        lines = len(self._window.call.order.document.lines)
        require(lines == LINES, f"The order has {lines:,} lines.")
        status = self._program.desk.call(operations.ASK_STATUS, AskStatus())
        os.write(STANDARD_OUTPUT, f"ready {status.products}\n".encode())

    def _sign_in(self) -> None:
        hands, presenter = self._hands, self._window.sign_in
        hands.see(partial(presenter.set_login, LOGIN))
        hands.see(partial(presenter.sign_in, PASSWORD))
        hands.wait_until(self._has_order, "an order is open")

    def _find(self, text: str) -> None:
        """Search, and add the best two that are not on the order, while there is room."""
        self._hands.write(text)
        self._hands.wait_until(partial(self._is_answered, text), f"rows for {text}")
        self._hands.see(partial(_add_best, self._window.call))

    def _has_order(self) -> bool:
        return self._window.call.order.is_open

    def _is_answered(self, text: str) -> bool:
        state = self._window.call.finder.state
        return state.text == text and not state.asking


def _add_best(call: CallPresenter) -> None:
    taken = {line.code for line in call.order.document.lines}
    found = [row.product for row in call.finder.state.rows if row.product.code not in taken]
    call.finder.clear()
    for product in found[: min(2, LINES - len(taken))]:
        call.add_product(product, 2)


def _end_if_it_failed(played: Future[None]) -> None:
    failure = played.exception()
    if failure is not None:
        traceback.print_exception(failure)
        sys.stderr.flush()
        os._exit(FAILED)


if __name__ == "__main__":
    sys.exit(run_desk(partial(setting, Path(sys.argv[1])), in_use))
