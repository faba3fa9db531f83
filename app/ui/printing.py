"""Hands a paper to the printer of this desk. Runs on the GUI thread and returns at once.

The operating system prints the file: Qt without its PDF module cannot draw one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QProcess
from PySide6.QtPrintSupport import QPrinterInfo

Printer = Callable[[str], bool]


def print_file(path: str) -> bool:
    """Whether a printer took the file; False where this desk has none."""
    if not Path(path).is_file() or not QPrinterInfo.availablePrinterNames():
        return False
    if sys.platform == "win32":
        os.startfile(path, "print")  # noqa: S606 - our own paper, by the verb of the desktop
        return True
    started = QProcess.startDetached("lp", ["--", path])
    return started[0] if isinstance(started, tuple) else bool(started)
