"""The item beside the list, whole: why it waits, what is known of it, what each act would do.

Passive.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui import formatting, theme
from app.ui.screens.worklist import words
from app.ui.screens.worklist.form_box import FormBox
from app.ui.screens.worklist.state import WorkState
from app.ui.widgets.buttons import StepButton
from app.ui.widgets.card import Box, Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import label, wrapped
from app.ui.widgets.totals import Facts
from app.values.worklist import WorkAct
from app.wire.clashes import CustomerTask
from app.wire.worklist import WorkItem

GAP_PX = 10


class ItemPane(QScrollArea):
    """`act_wanted(WorkAct)`: the button of an act was pressed."""

    act_wanted = Signal(object)

    def __init__(self, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget(self)
        self.done = _DoneBox(inside)
        self._card = Card("", parent=inside)
        self._title = wrapped("", theme.Text.NAME, parent=self._card)
        self._taken = Box(theme.Surface.BOX_WARN, self._card)
        self._why = wrapped("", theme.Text.STRONG, parent=self._card)
        self._changes = wrapped("", parent=self._card)
        self._note = Box(theme.Surface.BOX_INFO, self._card)
        self._facts = Facts(self._card)
        self._both = _BothCustomers(self._card)
        self._hints = wrapped("", tone=theme.Tone.MUTED, parent=self._card)
        self._problem = wrapped("", tone=theme.Tone.WARN, parent=self._card)
        for part in (
            self._title,
            self._taken,
            self._why,
            self._changes,
            self._note,
            self._facts,
            self._both,
            self._hints,
            self._problem,
        ):
            self._card.body.addWidget(part)
        self.acts = _Acts(inside)
        self.acts.wanted.connect(self.act_wanted)
        self.form = FormBox(inside)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_PX)
        for card in (self.done, self._card, self.form, self.acts):
            layout.addWidget(card)
        layout.addStretch(1)
        self.setWidget(inside)

    def show_state(self, state: WorkState) -> None:
        """Show a state; the same state twice changes nothing."""
        item = state.chosen
        self.done.show_state(state)
        theme.set_shown(self._card, item is not None)
        self.form.show_state(state)
        self.acts.show_state(state)
        if item is not None:
            self._show_item(item, state)
        if state.form is not None:
            self._lay_out_now()
            self.ensureWidgetVisible(self.form.do_button, 0, GAP_PX)

    def _lay_out_now(self) -> None:
        """What has just been shown has no place before the layout has run."""
        inside = self.widget()
        layout = inside.layout() if inside is not None else None
        if inside is not None and layout is not None:
            layout.activate()
            inside.resize(inside.width(), layout.sizeHint().height())

    def _show_item(self, item: WorkItem, state: WorkState) -> None:
        detail = state.detail
        self._card.set_title(words.kind_name(item.item.kind))
        amount = f"   {formatting.money(item.amount)}" if item.amount is not None else ""
        self._title.setText(f"{words.about(item)}{amount}")
        self._show_claim(state)
        _fill(self._why, "\n".join(item.why))
        _fill(self._changes, "\n".join(words.differences(detail)))
        self._note.show_words(self.tr("Note") if item.note else "", item.note)
        theme.set_shown(self._note, bool(item.note))
        self._facts.show_facts(words.facts(item, detail, self._now()))
        self._both.show_task(detail.task if detail is not None else None)
        _fill(self._hints, " ".join(item.hints))
        waits = "" if detail is not None else self.tr("One moment.")
        _fill(self._problem, state.problem or waits)

    def _show_claim(self, state: WorkState) -> None:
        claimed = state.chosen.claimed if state.chosen is not None else None
        who = state.taken_by
        until = formatting.clock_time(claimed.until) if claimed is not None else ""
        heading = self.tr("{who} is at it, until {time}").format(who=who, time=until) if who else ""
        tells = self.tr("It can be looked at, and decided once they let it go.") if who else ""
        self._taken.show_words(heading, tells)
        theme.set_shown(self._taken, bool(who))

    def told(self) -> tuple[str, ...]:
        """All that is to be read of the item, top to bottom."""
        parts = (self._title, self._why, self._changes, self._hints, self._problem)
        shown = tuple(part.text() for part in parts if not part.isHidden())
        return (*shown, *self._taken.words(), *self._note.words())

    def compared(self) -> tuple[tuple[str, ...], ...]:
        """The rows of two customers, as they are to be read."""
        return self._both.shown()


class _DoneBox(Card):
    """What was decided last; a pay link stands in a field, to be copied."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent=parent)
        self.set_title(self.tr("Done"))
        self._sentence = wrapped("", tone=theme.Tone.OK, parent=self)
        self.link = LabelledField(self.tr("Pay link"), parent=self)
        self.link.edit.setReadOnly(True)
        self._hint = label(self.tr("Ctrl+C copies it"), theme.Text.SMALL, theme.Tone.MUTED, self)
        for part in (self._sentence, self.link, self._hint):
            self.body.addWidget(part)
        self._url = ""

    def show_state(self, state: WorkState) -> None:
        """A new link takes the keyboard, selected whole: it is what comes next."""
        done = state.done
        theme.set_shown(self, done is not None)
        self._sentence.setText(done.sentence if done is not None else "")
        url = done.link.url if done is not None and done.link is not None else ""
        for part in (self.link, self._hint):
            theme.set_shown(part, bool(url))
        if url != self._url:
            self._url = url
            self.link.set_text(url)
            if url:
                self.link.setFocus()
                self.link.edit.selectAll()

    def sentence(self) -> str:
        """What is told."""
        return self._sentence.text()


class _Acts(Card):
    """What can be done, by which key, and what each does."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent=parent)
        self.set_title(self.tr("What can be done"))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._order: tuple[WorkAct, ...] = ()
        self.buttons: dict[WorkAct, StepButton] = {}
        self._tells: dict[WorkAct, QLabel] = {}
        for act in WorkAct:
            button = StepButton(words.act_name(act), words.act_key(act), self)
            button.clicked.connect(partial(self.wanted.emit, act))
            tells = wrapped("", tone=theme.Tone.MUTED, parent=self)
            self.buttons[act], self._tells[act] = button, tells
        self.body.addLayout(self._grid)

    def show_state(self, state: WorkState) -> None:
        """Show a state; the same state twice changes nothing."""
        item = state.chosen
        offered = item.acts if item is not None else ()
        theme.set_shown(self, bool(offered) and state.form is None)
        why_not = ""
        if state.taken_by:
            why_not = self.tr("{who} is at it just now.").format(who=state.taken_by)
        elif state.claiming:
            why_not = self.tr("One moment.")
        self._arrange(offered)
        for act, button in self.buttons.items():
            is_offered = act in offered
            theme.set_shown(button, is_offered)
            theme.set_shown(self._tells[act], is_offered)
            if is_offered and item is not None:
                button.allow(why_not)
                self._tells[act].setText(words.will_do(act, item, state.detail))

    def _arrange(self, offered: tuple[WorkAct, ...]) -> None:
        """The likeliest first."""
        if offered == self._order:
            return
        self._order = offered
        for row, act in enumerate((*offered, *(one for one in WorkAct if one not in offered))):
            for column, part in enumerate((self.buttons[act], self._tells[act])):
                self._grid.removeWidget(part)
                self._grid.addWidget(part, row, column)
        before: StepButton | None = None
        for act in offered:
            if before is not None:
                QWidget.setTabOrder(before, self.buttons[act])
            before = self.buttons[act]

    def told(self) -> dict[WorkAct, str]:
        """What each act that is offered will do."""
        shown = {act: tells for act, tells in self._tells.items() if not tells.isHidden()}
        return {act: tells.text() for act, tells in shown.items()}


class _BothCustomers(QWidget):
    """Two customers, or two tellings about one, side by side; what is the same is marked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 4)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self._rows: list[tuple[QLabel, QLabel, QLabel, QLabel]] = []
        self._shown: tuple[tuple[str, ...], ...] = ()

    def show_task(self, task: CustomerTask | None) -> None:
        """Show another pair, or none."""
        theme.set_shown(self, task is not None)
        told: tuple[tuple[str, ...], ...] = ()
        if task is not None:
            same = self.tr("the same")
            rows = words.compared(task)
            told = (
                ("", *words.headings(task), ""),
                *((one.field, one.left, one.right, same if one.same else "") for one in rows),
            )
        if told == self._shown:
            return
        self._shown = told
        while len(self._rows) < len(told):
            self._add_row()
        for at, parts in enumerate(self._rows):
            values = told[at] if at < len(told) else ("", "", "", "")
            for part, value in zip(parts, values, strict=True):
                part.setText(value)
                theme.set_shown(part, at < len(told))

    def _add_row(self) -> None:
        at = len(self._rows)
        size = theme.Text.BODY if at else theme.Text.STRONG
        row = (
            label("", tone=theme.Tone.MUTED, parent=self),
            wrapped("", size, parent=self),
            wrapped("", size, parent=self),
            label("", theme.Text.SMALL, theme.Tone.OK, self),
        )
        for column, part in enumerate(row):
            self._grid.addWidget(part, at, column, Qt.AlignmentFlag.AlignTop)
        self._rows.append(row)

    def shown(self) -> tuple[tuple[str, ...], ...]:
        """The rows as they are to be read, headings first."""
        return self._shown


def _fill(part: QLabel, text: str) -> None:
    part.setText(text)
    theme.set_shown(part, bool(text))
