"""The list of questions without an answer, floating over whatever a lead is doing. Passive."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QWidget

from app.ui import formatting, theme
from app.ui.command_palette import Command
from app.ui.screens.unanswered.presenter import UnansweredPresenter, UnansweredState
from app.ui.table_model import Align, Column, RowsModel, always
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.rows_view import RowsView
from app.ui.widgets.text import caps, label, wrapped
from app.wire.guidance import Unanswered
from app.wire.people import Permission

WIDTH_PX = 760
HEIGHT_PX = 560


class UnansweredList(Overlay):
    """What was asked in vain, how often and when last; Esc closes it."""

    def __init__(self, host: QWidget, presenter: UnansweredPresenter) -> None:
        super().__init__(host, "", WIDTH_PX, HEIGHT_PX)
        self.setAccessibleName(self.tr("Questions without an answer"))
        self._presenter = presenter
        self._rows = RowsModel(_columns(), key=_text, parent=self)
        self.table = RowsView(self.tr("Questions without an answer"), self._rows, self)
        self._sentence = wrapped("", parent=self)
        self.setFocusProxy(self.table)
        self.body.addWidget(caps(self.tr("Questions without an answer"), self))
        self.body.addWidget(self._sentence)
        self.body.addWidget(self.table, 1)
        hint = self.tr("Of the last 90 days.   Esc close")
        self.body.addWidget(label(hint, theme.Text.SMALL, theme.Tone.MUTED, self))
        presenter.state_changed.connect(self.show_state)
        self.closed.connect(presenter.forget)
        self.show_state(presenter.state)

    def commands(self, permissions: AbstractSet[Permission]) -> tuple[Command, ...]:
        """What the palette offers to who may see the list."""
        if Permission.REVIEW_ORDERS not in permissions:
            return ()
        return (Command(self.tr("Questions without an answer"), self.toggle),)

    @Slot()
    def toggle(self) -> None:
        """Show the list, read anew, or close it and give the focus back."""
        if self.is_open():
            self.give_back()
            return
        self._presenter.refresh()
        self.show_over()

    @Slot(object)
    def show_state(self, state: UnansweredState) -> None:
        """Show a state; the same state twice changes nothing."""
        self._rows.set_rows(state.searches)
        if state.searches and not self.table.currentIndex().isValid():
            self.table.choose(0)
        words = self._words(state)
        theme.dress(self._sentence, tone=theme.Tone.WARN if state.problem else theme.Tone.MUTED)
        self._sentence.setText(words)
        self.table.setAccessibleDescription(words)

    def sentence(self) -> str:
        """What is said about the list."""
        return self._sentence.text()

    def _words(self, state: UnansweredState) -> str:
        if state.problem:
            return state.problem
        if state.loading and not state.loaded:
            return self.tr("One moment.")
        if state.loaded and not state.searches:
            return self.tr("Every question found its answer.")
        return self.tr("Callers asked these, and no answer was of any help.")


def _columns() -> tuple[Column[Unanswered], ...]:
    return (
        Column(title=_tr("What was asked"), text=_text, bold=always),
        Column(title=_tr("Times"), text=_times, chars=8, align=Align.END),
        Column(title=_tr("Last"), text=_last, chars=24, align=Align.END, tone=_muted),
    )


def _tr(words: str) -> str:
    return QCoreApplication.translate("UnansweredList", words)


def _text(search: Unanswered) -> str:
    return search.text


def _times(search: Unanswered) -> str:
    return formatting.quantity(search.times)


def _last(search: Unanswered) -> str:
    return formatting.short_date_time(search.last_at)


def _muted(_search: Unanswered) -> theme.Tone:
    return theme.Tone.MUTED
