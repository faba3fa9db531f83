"""Where the keyboard is. Runs on the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget


def is_in(part: QWidget) -> bool:
    """Whether the keyboard is in a part of the screen."""
    here = QApplication.focusWidget()
    return here is not None and (here is part or part.isAncestorOf(here))


def go_to(field: QWidget) -> None:
    """Put the keyboard into a field as its key does.

    Text of one line is marked, ready to be replaced.
    """
    field.setFocus(Qt.FocusReason.ShortcutFocusReason)
    entry = field.focusProxy() or field
    if isinstance(entry, QLineEdit):
        entry.selectAll()
