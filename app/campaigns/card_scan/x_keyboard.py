"""A keyboard and a display of X without a screen: keys come to the desk as from a real keyboard.

Wants the programs Xvfb and xdotool. A key is a program run of its own, so that nothing holds more
of a number than a digit, and so that keys can be struck while the desk stands still.
"""

from __future__ import annotations

import shutil
import subprocess
from types import TracebackType
from typing import Self

from app.values.errors import Fault, Refusal

END_S = 10.0
NO_X_KEYBOARD = "no_x_keyboard"
_SCREEN = "1366x768x24"


class XKeyboard:
    """One display with one keyboard; a context manager."""

    def __init__(self) -> None:
        """Raises Refusal `no_x_keyboard` where the programs are missing."""
        programs = {name: shutil.which(name) for name in ("Xvfb", "xdotool")}
        missing = [name for name, path in programs.items() if path is None]
        if missing:
            sentence = f"The program {' and '.join(missing)} is missing: no real keys can be typed."
            raise Refusal(NO_X_KEYBOARD, sentence)
        self._xvfb, self._xdotool = str(programs["Xvfb"]), str(programs["xdotool"])
        self._server: subprocess.Popen[bytes] | None = None
        self.display = ""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(  # noqa: S603 - the display of this scan
            [self._xvfb, "-displayfd", "1", "-screen", "0", _SCREEN, "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        said = self._server.stdout.readline().strip() if self._server.stdout is not None else b""
        if not said:
            self._end()
            raise Fault("scanned_desk_failed", "The display without a screen did not start.")
        self.display = f":{said.decode()}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def focus(self, title: str) -> None:
        """Give the keyboard to a window."""
        self._run("search", "--sync", "--onlyvisible", "--name", title, "windowfocus", "--sync")

    def strike(self, digit: int) -> None:
        """One key of the digit row, down and up."""
        self._run("key", "--clearmodifiers", str(digit))

    def _run(self, *words: str) -> None:
        environment = {"DISPLAY": self.display}
        try:
            subprocess.run(  # noqa: S603 - xdotool, with a key or a title
                [self._xdotool, *words],
                env=environment,
                check=True,
                capture_output=True,
                timeout=END_S,
            )
        except subprocess.SubprocessError:
            # Not told with its words, one of which is a digit.
            raise Fault("scanned_desk_failed", "A key could not be struck.") from None

    def _end(self) -> None:
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(END_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        if self._server.stdout is not None:
            self._server.stdout.close()
