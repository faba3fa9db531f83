"""Leads the keyboard to the answers behind F1 and back to where it was.

Joins their presenter to the right column of the call screen. Runs on the GUI thread.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.screens.call import focus
from app.ui.screens.call.answers_pane import AnswersPane
from app.ui.screens.call.panes import Panes
from app.ui.screens.call.presenter import CallPresenter


class Answering(QObject):
    """One per call screen."""

    def __init__(self, screen: Panes, presenter: CallPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self._screen = screen
        self._call = presenter
        self._came_from: QWidget | None = None
        self.pane = AnswersPane(presenter.answers, screen.side)
        screen.side.put_answers(self.pane)
        self.pane.left.connect(self._go_on_with_call)

    @Slot()
    def open(self) -> None:
        """F1: the script of this step, and the keyboard in the search."""
        if not focus.is_in(self.pane):
            self._came_from = QApplication.focusWidget()
        if not self._screen.side.is_answering:
            self._call.answers.close()
        self._screen.bring(self._screen.side)
        self._screen.side.show_answers()
        self._call.answers.open(self._call.state)
        self.pane.take_focus()

    def close(self) -> None:
        """Another call begins: nothing of this one stays."""
        self._came_from = None
        self._call.answers.close()
        self._screen.side.show_read_back()

    def go_back(self) -> bool:
        """Esc inside the answers; False: the keyboard is elsewhere."""
        if not focus.is_in(self.pane):
            return False
        self.pane.go_back()
        return True

    @Slot()
    def _go_on_with_call(self) -> None:
        """To where the keyboard was before F1, its column in view."""
        there, self._came_from = self._came_from, None
        self._call.answers.close()
        self._screen.side.show_read_back()
        if there is None or not shiboken6.isValid(there):
            self._screen.go_to_items()
            return
        self._screen.bring_to(there)
        there.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not there.hasFocus():
            self._screen.go_to_items()
