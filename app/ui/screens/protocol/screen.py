"""How an order was read back: its number, what was said and answered, and the paper of it.

Passive. The field above takes the number of another order.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from app.ui import shortcuts, theme
from app.ui.command_palette import Command
from app.ui.screens.protocol import page
from app.ui.screens.protocol.presenter import ProtocolPresenter, ProtocolState
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import StepButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import label, wrapped
from app.values.order_number import grouped
from app.wire.protocol import ReadBackProtocol

FIELD_PX = 190
PIECES_AT_ONCE = 3
"""What an order of common length has; more than fills the window."""


class ProtocolScreen(QWidget):
    """`left` goes back to where the CSR came from."""

    left = Signal()

    def __init__(self, presenter: ProtocolPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._card = Card("", parent=self)
        self._card.set_title(self.tr("How it was read back"))
        self.number = LabelledField(self.tr("Order number"), parent=self._card)
        self.number.setObjectName("protocol-number")
        self.number.setFixedWidth(FIELD_PX)
        self._heading = label("", theme.Text.FIGURE, parent=self._card)
        self._sentence = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self._card)
        self.text = QTextBrowser(self._card)
        self.print_button = StepButton(self.tr("Print"), Action.PRINT, self._card)
        self.pdf_button = StepButton(self.tr("Show PDF"), Action.SHOW_PDF, self._card)
        self.back_button = StepButton(self.tr("Back"), Action.BACK, self._card)
        self._shown: ReadBackProtocol | None = None
        self._rest: Iterator[str] = iter(())
        self._writing = QTimer(self)
        self._writing.setInterval(0)
        self._writing.timeout.connect(self._write_piece)
        self._lay_out()
        self._connect()
        self.show_state(presenter.state)

    def _lay_out(self) -> None:
        self.text.setAccessibleName(self.tr("How it was read back"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.setTabChangesFocus(True)
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = QHBoxLayout()
        head.addWidget(self._heading, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addStretch(1)
        head.addWidget(self.number)
        buttons = QHBoxLayout()
        buttons.addWidget(self.print_button)
        buttons.addWidget(self.pdf_button)
        buttons.addStretch(1)
        buttons.addWidget(self.back_button)
        body = self._card.body
        body.addLayout(head)
        body.addWidget(self._sentence)
        body.addWidget(self.text, 1)
        body.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.addWidget(self._card)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.state_changed.connect(self.show_state)
        self.number.edited.connect(presenter.type_number)
        self.number.entered.connect(presenter.find)
        self.print_button.clicked.connect(presenter.print_paper)
        self.pdf_button.clicked.connect(presenter.show_pdf)
        self.back_button.clicked.connect(self.left)
        shortcuts.bind(self, Action.PRINT, presenter.print_paper)
        shortcuts.bind(self, Action.SHOW_PDF, presenter.show_pdf)
        shortcuts.bind(self, Action.BACK, self.left.emit)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers here."""
        none = "" if self._shown is not None else self.tr("No order is shown.")
        presenter = self._presenter
        return (
            Command(self.tr("Print the read-back"), presenter.print_paper, Action.PRINT, none),
            Command(
                self.tr("Show the read-back as PDF"), presenter.show_pdf, Action.SHOW_PDF, none
            ),
            Command(shortcuts.label(Action.BACK), self.left.emit, Action.BACK),
        )

    @Slot()
    def begin(self) -> None:
        """To the field while no order is named, else to the text, which the arrows scroll."""
        is_named = bool(self._presenter.state.number_text)
        (self.text if is_named else self.number).setFocus()

    @Slot(object)
    def show_state(self, state: ProtocolState) -> None:
        """Show a state; the same state twice changes nothing."""
        self.number.set_text(state.number_text)
        if state.problem:
            self.number.show_error(state.problem)
        else:
            self.number.clear_message()
        self._show_protocol(state.protocol)
        self._sentence.setText(self._sentence_of(state))
        theme.set_shown(self._sentence, bool(self._sentence.text()))
        why_not = self._why_not(state)
        for button in (self.print_button, self.pdf_button):
            button.allow(why_not)

    def _show_protocol(self, protocol: ReadBackProtocol | None) -> None:
        if protocol is self._shown:
            return
        self._shown = protocol
        if protocol is None:
            self._heading.clear()
            self._rest = iter(())
            self.text.clear()
            self.text.verticalScrollBar().setValue(0)
            return
        self._heading.setText(grouped(protocol.number))
        self._write(protocol)

    def _write(self, protocol: ReadBackProtocol) -> None:
        """The first pieces at once, the others between the events of the window."""
        before = self.text.verticalScrollBar().value()
        page.begin(self.text.document(), self.devicePixelRatioF())
        self._rest = page.pieces(protocol)
        for _ in range(PIECES_AT_ONCE):
            self._write_piece()
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.text.verticalScrollBar().setValue(before)

    @Slot()
    def _write_piece(self) -> None:
        """One more piece at the end; what is being read stays where it is."""
        piece = next(self._rest, None)
        if piece is None:
            self._writing.stop()
            return
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertHtml(piece)
        self._writing.start()

    def _sentence_of(self, state: ProtocolState) -> str:
        if state.away:
            own = self.tr("This is what this desk itself has kept.")
            return f"{state.away} {own}"
        if state.loading and state.protocol is None:
            return self.tr("Being looked up.")
        if state.protocol is None:
            return self.tr("Type the number of an order, then Enter.")
        return ""

    def _why_not(self, state: ProtocolState) -> str:
        if state.protocol is None:
            return self.tr("No order is shown.")
        return self.tr("The paper is being made.") if state.making_paper else ""

    def changeEvent(self, event: QEvent) -> None:
        """Other colours: write it anew."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._shown is not None:
            self._write(self._shown)
