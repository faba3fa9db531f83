"""The page of one order: lines and how they stand, money, what may be done, what happened. Passive.

Others plug in: the check of who is calling above everything, panels (cancelling, goodwill) below
the lines.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QResizeEvent, QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.ui import shortcuts, theme
from app.ui.command_palette import Command
from app.ui.screens.order import story
from app.ui.screens.order.cards import ActsCard, MoneyCard, PeopleColumn
from app.ui.screens.order.header import OrderHeader
from app.ui.screens.order.lines import LinesTable
from app.ui.screens.order.presenter import (
    AMENDING,
    CANCELLING,
    COLLECTING,
    GIVING,
    UNDOING,
    OrderPageState,
    OrderPresenter,
)
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PrimaryButton, StepButton
from app.ui.widgets.card import Card
from app.ui.widgets.rows_view import ROW_PX
from app.wire.order_page import Happened

WIDE_FROM_PX = 1_160
MEDIUM_FROM_PX = 900
LEFT_PX = 268
RIGHT_PX = 318
GAP_PX = 10
ROWS_MOST = 12
STORY_LEAST_PX = 150


class OrderScreen(QWidget):
    """`left` goes back to where the CSR came from.

    `identity_place` stands above everything and `panel_place` below the lines: whoever has
    something for them adds a widget, and shows or hides it.
    """

    left = Signal()

    def __init__(self, presenter: OrderPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._told: tuple[Happened, ...] | None = None
        self._columns = 0
        self._gives_way = False
        self._showed_all = False
        self.identity_place = QVBoxLayout()
        self.panel_place = QVBoxLayout()
        self.header = OrderHeader(self)
        self._scroll = QScrollArea(self)
        self._inside = QWidget(self._scroll.viewport())
        self._middle = QWidget(self._inside)
        self._lines = Card("", parent=self._middle)
        self._lines.set_title(self.tr("Lines"))
        self.table = LinesTable(self.tr("Lines"), self._lines)
        self._story = Card("", parent=self._middle)
        self._story.set_title(self.tr("What happened"))
        self.story = QTextBrowser(self._story)
        self._side = QWidget(self._inside)
        self.acts = ActsCard(self._side)
        self.money = MoneyCard(self._side)
        self.people = PeopleColumn(self._inside)
        self.amend_button = PrimaryButton(self.tr("Change"), Action.AMEND, self)
        self.card_button = StepButton(self.tr("Take card"), Action.CARD, self)
        self.cancel_button = StepButton(self.tr("Cancel"), Action.CANCEL_ORDER, self)
        self.protocol_button = StepButton(self.tr("Read-back"), Action.PROTOCOL, self)
        self.print_button = StepButton(self.tr("Print"), Action.PRINT, self)
        self.pdf_button = StepButton(self.tr("Show PDF"), Action.SHOW_PDF, self)
        self.back_button = StepButton(self.tr("Back"), Action.BACK, self)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self.story.setAccessibleName(self.tr("What happened"))
        self.story.setFrameShape(QFrame.Shape.NoFrame)
        self.story.setOpenLinks(False)
        self.story.setTabChangesFocus(True)
        self.story.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.story.setMinimumHeight(STORY_LEAST_PX)
        self._lines.body.addWidget(self.table, 1)
        self._story.body.addWidget(self.story, 1)
        middle = _column(self._middle)
        middle.addWidget(self._lines)
        middle.addLayout(self.panel_place)
        middle.addWidget(self._story, 1)
        side = _column(self._side)
        side.addWidget(self.money)
        side.addWidget(self.acts)
        side.addStretch(1)
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP_PX)
        self._scroll.setWidget(self._inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QHBoxLayout()
        for button in (self.back_button, self.protocol_button, self.print_button, self.pdf_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.card_button)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.amend_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(GAP_PX)
        layout.addLayout(self.identity_place)
        layout.addWidget(self.header)
        layout.addWidget(self._scroll, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        presenter.opened.connect(self._start_at_top)
        self.header.number.edited.connect(presenter.type_number)
        self.header.number.entered.connect(presenter.find)
        for button, act in (
            (self.amend_button, presenter.amend),
            (self.card_button, presenter.collect),
            (self.cancel_button, presenter.cancel),
            (self.protocol_button, presenter.show_protocol),
            (self.print_button, presenter.print_paper),
            (self.pdf_button, presenter.show_pdf),
        ):
            button.clicked.connect(act)
        self.back_button.clicked.connect(self.left)
        for pane in (self.table, self.story):
            shortcuts.bind(pane, Action.AMEND, presenter.amend)
            shortcuts.bind(pane, Action.CANCEL_ORDER, presenter.cancel)
            shortcuts.bind(pane, Action.TAKE_CHANGE_BACK, presenter.undo)
            shortcuts.bind(pane, Action.WITHDRAW, presenter.withdraw)
            shortcuts.bind(pane, Action.GOODWILL, presenter.give)
        shortcuts.bind(self, Action.NEXT_PANE, self._other_pane)
        shortcuts.bind(self, Action.PREVIOUS_PANE, self._other_pane)
        shortcuts.bind(self, Action.CARD, presenter.collect)
        shortcuts.bind(self, Action.PROTOCOL, presenter.show_protocol)
        shortcuts.bind(self, Action.PRINT, presenter.print_paper)
        shortcuts.bind(self, Action.SHOW_PDF, presenter.show_pdf)
        shortcuts.bind(self, Action.REFRESH, presenter.refresh)
        self.back_key = shortcuts.bind(self, Action.BACK, self.left.emit)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        presenter, state = self._presenter, self._presenter.state
        none = "" if state.shows_all else self.tr("No order is shown.")
        return (
            *(
                Command(shortcuts.label(action), act, action, state.why_not(acts))
                for action, act, acts in (
                    (Action.AMEND, presenter.amend, AMENDING),
                    (Action.CARD, presenter.collect, COLLECTING),
                    (Action.CANCEL_ORDER, presenter.cancel, CANCELLING),
                    (Action.TAKE_CHANGE_BACK, presenter.undo, UNDOING),
                    (Action.GOODWILL, presenter.give, GIVING),
                )
            ),
            Command(
                shortcuts.label(Action.WITHDRAW),
                presenter.withdraw,
                Action.WITHDRAW,
                "" if state.request is not None else self.tr("No request is open."),
            ),
            Command(
                shortcuts.label(Action.PROTOCOL), presenter.show_protocol, Action.PROTOCOL, none
            ),
            Command(self.tr("Print the confirmation"), presenter.print_paper, Action.PRINT, none),
            Command(
                self.tr("Show the confirmation as PDF"), presenter.show_pdf, Action.SHOW_PDF, none
            ),
            Command(shortcuts.label(Action.REFRESH), presenter.refresh, Action.REFRESH, none),
            Command(shortcuts.label(Action.BACK), self.left.emit, Action.BACK),
        )

    @Slot()
    def begin(self) -> None:
        """To the field while no order is named, to what is asked first, else to the lines."""
        state = self._presenter.state
        item = self.identity_place.itemAt(0)
        first = item.widget() if item is not None else None
        if state.asking:
            self.header.number.setFocus()
        elif state.page is None or state.shows_all or first is None:
            self.table.setFocus()
        else:
            first.setFocus()

    @Slot(object)
    def show_state(self, state: OrderPageState) -> None:
        """Show a state; the same state twice changes nothing."""
        lines = state.page.lines if state.page is not None and state.shows_all else ()
        self.table.rows().set_rows(lines)
        if lines and not self.table.currentIndex().isValid():
            self.table.choose(0)
        theme.set_shown(self._lines, state.shows_all and not self._gives_way)
        if state.shows_all and not self._showed_all and self.isVisible():
            self.table.setFocus()  # before the field that had the keyboard goes
        self._showed_all = state.shows_all
        self.header.show_state(state)
        for part in (self.acts, self.money, self.people):
            part.show_state(state)
        self._tell(state)
        self._allow(state)
        self._make_room()

    @Slot(bool)
    def give_way(self, wanted: bool) -> None:
        """The panel below the lines lists them itself: it stands in their place."""
        self._gives_way = wanted
        state = self._presenter.state
        theme.set_shown(self._lines, state.shows_all and not wanted)
        if wanted:
            self._scroll.verticalScrollBar().setValue(0)

    def bring_in_view(self, panel: QWidget) -> None:
        """Below many lines it would be out of sight."""
        QTimer.singleShot(0, panel, partial(self._scroll_to, panel))

    def _scroll_to(self, panel: QWidget) -> None:
        """Where it stands is known once all around it is laid out, which is done step by step."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        if panel.height() <= self._scroll.viewport().height():
            self._scroll.ensureWidgetVisible(panel)
        else:
            top = panel.mapTo(self._inside, QPoint()).y()
            self._scroll.verticalScrollBar().setValue(top)

    def _tell(self, state: OrderPageState) -> None:
        timeline = state.page.timeline if state.page is not None else ()
        rows = story.rows_for(timeline, state.level)
        theme.set_shown(self._story, bool(rows) or state.shows_all)
        if rows == self._told:
            return
        self._told = rows
        self._write()

    def _write(self) -> None:
        """What is news stands on top, so that places are kept as they were from the end."""
        document, cursor = self.story.document(), self.story.textCursor()
        bar, height = self.story.verticalScrollBar(), round(document.size().height())
        before, end = bar.value(), document.characterCount()
        marked = [end - cursor.anchor(), end - cursor.position()] if cursor.hasSelection() else []
        document.setDefaultFont(theme.font(theme.BODY_POINTS))
        self.story.setHtml(story.html_of(self._told or ()))
        end = document.characterCount()
        if marked and max(marked) <= end:
            cursor = self.story.textCursor()
            cursor.setPosition(end - marked[0])
            cursor.setPosition(end - marked[1], QTextCursor.MoveMode.KeepAnchor)
            self.story.setTextCursor(cursor)
        bar.setValue(before + round(document.size().height()) - height if before else 0)

    def _allow(self, state: OrderPageState) -> None:
        self.amend_button.allow(state.why_not(AMENDING))
        self._show_buttons(state)
        self.cancel_button.allow(state.why_not(CANCELLING))
        none = "" if state.shows_all else self.tr("No order is shown.")
        self.protocol_button.allow(none)
        busy = self.tr("The paper is being made.") if state.making_paper else none
        for button in (self.print_button, self.pdf_button):
            button.allow(busy)

    @Slot()
    def _start_at_top(self) -> None:
        """Another order: nothing of where somebody was in the one before."""
        self.table.setCurrentIndex(QModelIndex())
        self._scroll.verticalScrollBar().setValue(0)
        self.story.moveCursor(QTextCursor.MoveOperation.Start)
        self.story.verticalScrollBar().setValue(0)

    @Slot()
    def _other_pane(self) -> None:
        pane = self.story if self.table.hasFocus() else self.table
        pane.setFocus()
        self._scroll.ensureWidgetVisible(pane)

    def _make_room(self) -> None:
        """Few lines take little room; of many the story below keeps some."""
        rows = max(1, self.table.rows().rowCount())
        header = self.table.horizontalHeader().sizeHint().height()
        self.table.setMinimumHeight(min(ROWS_MOST, rows) * ROW_PX + header + 4)
        self.table.setMaximumHeight(rows * ROW_PX + header + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.width()
        columns = 3 if width >= WIDE_FROM_PX else 2 if width >= MEDIUM_FROM_PX else 1
        self.header.fold(narrow=columns == 1)
        if columns != self._columns:
            self._columns = columns
            self._arrange(columns)
            self._show_buttons(self._presenter.state)

    def _show_buttons(self, state: OrderPageState) -> None:
        """Where there is little room, paper gives way: it has its keys."""
        is_narrow, collects = self._columns == 1, not state.why_not(COLLECTING)
        theme.set_shown(self.card_button, collects)
        theme.set_shown(self.pdf_button, not is_narrow)
        theme.set_shown(self.print_button, not (is_narrow and collects))

    def _arrange(self, columns: int) -> None:
        """Three columns beside each other, two, or all below each other."""
        for part in (self.people, self._middle, self._side):
            self._grid.removeWidget(part)
        places = {
            3: ((0, 1, 1, 1), (0, 2, 1, 1), (0, 0, 1, 1)),
            2: ((0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1)),
            1: ((0, 0, 1, 1), (1, 0, 1, 1), (2, 0, 1, 1)),
        }[columns]
        widths = {3: (LEFT_PX, 0, RIGHT_PX), 2: (0, RIGHT_PX, 0), 1: (0, 0, 0)}[columns]
        for part, (row, at, rows, across) in zip(
            (self._middle, self._side, self.people), places, strict=True
        ):
            self._grid.addWidget(part, row, at, rows, across)
        for at, pixels in enumerate(widths):
            self._grid.setColumnMinimumWidth(at, pixels)
            self._grid.setColumnStretch(at, 0 if pixels or at >= columns else 1)
        self._grid.setRowStretch(1, int(columns == 2))

    def changeEvent(self, event: QEvent) -> None:
        """Other colours: write the story anew."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._told:
            self._write()


def _column(holder: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(GAP_PX)
    return layout
