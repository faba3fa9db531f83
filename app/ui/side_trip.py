"""Where somebody was before a page that is only looked at, and the way back there. GUI thread."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtWidgets import QWidget


class SideTrip:
    """One way to a page and back; `home` where nobody knows any more where it began."""

    def __init__(self, go_to: Callable[[QWidget], None], home: Callable[[], QWidget]) -> None:
        self._go_to = go_to
        self._home = home
        self._page: QWidget | None = None
        self._focused: QWidget | None = None

    def begin(self, at: QWidget | None, focused: QWidget | None, to: QWidget) -> None:
        """Go to a page; asked on that page itself, the way back stays as it is."""
        if at is not to:
            self._page, self._focused = at, focused
        self._go_to(to)

    def end(self) -> None:
        """Back to where it began, with the keyboard where it was."""
        self._go_to(self._page or self._home())
        if self._focused is not None and shiboken6.isValid(self._focused):
            self._focused.setFocus()
