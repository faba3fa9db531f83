"""The only place that turns an error into something seen.

Refusals stand beside their field where they have one; everything else stands in the notice bar, in
plain words. Faults get an incident number that ties the words on screen to the log, which holds
where it broke and never what was typed. `Incidents` is safe on any thread; the rest runs on the GUI
thread.
"""

import logging
import traceback
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import ICON_SIZE_PX, Icon, IconLabel, button_icon
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import Ids

LOG = logging.getLogger("readback.ui")
INCIDENT_DIGITS = 8
MOST_NOTICES = 3
PASSING_MS = 8_000


class Kind(StrEnum):
    """How bad it is; decides shape, word and colour."""

    DONE = "done"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell the person at the desk; `field` names the input it belongs beside."""

    kind: Kind
    sentence: str
    field: str | None = None
    incident: str | None = None


class Incidents:
    """Numbers faults and writes them to the log without a word that a caller or a CSR said."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def fault_of(self, error: BaseException) -> Refusal | Fault:
        """The error as the UI may handle it: all but refusals and lost lines get a number."""
        match error:
            case Refusal() | Unreachable():
                return error
            case Fault(incident=str()):
                return error
            case Fault():
                return self._numbered(error, Fault(error.code, error.sentence, self._number()))
            case _:
                return self._numbered(error, Fault("unexpected", _apology(), self._number()))

    def _number(self) -> str:
        digits = self._ids.new().hex[-INCIDENT_DIGITS:].upper()
        return f"{digits[:4]}-{digits[4:]}"

    def _numbered(self, error: BaseException, fault: Fault) -> Fault:
        fault.__cause__ = error
        LOG.error("fault incident=%s code=%s %s", fault.incident, fault.code, _where(error))
        return fault


def _apology() -> str:
    return QCoreApplication.translate(
        "Notices",
        "Something went wrong in this program. What you have typed is kept. Please try again.",
    )


def _where(error: BaseException) -> str:
    """Exception types and code positions; messages are left out, they may quote a caller."""
    told = []
    present: BaseException | None = error
    while present is not None:
        frames = traceback.extract_tb(present.__traceback__)
        path = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames[-8:])
        told.append(f"{type(present).__name__} at {path or 'nowhere'}")
        present = present.__cause__ or present.__context__
    return " caused by ".join(told)


def notice_of(error: Refusal | Fault) -> Notice:
    """What to show for an error."""
    match error:
        case Refusal():
            return Notice(kind=Kind.WARN, sentence=error.sentence, field=error.field)
        case _:
            return Notice(kind=Kind.ERROR, sentence=error.sentence, incident=error.incident)


_LOOKS = {
    Kind.DONE: (Icon.CHECK, theme.Tone.OK, theme.Surface.BOX_OK),
    Kind.INFO: (Icon.INFO, theme.Tone.INFO, theme.Surface.BOX_INFO),
    Kind.WARN: (Icon.WARNING, theme.Tone.WARN, theme.Surface.BOX_WARN),
    Kind.ERROR: (Icon.ERROR, theme.Tone.ERROR, theme.Surface.BOX_ERROR),
}


class NoticeBar(QWidget):
    """Up to three notices under the call bar.

    Never takes the focus. Good news leaves by itself, trouble stays until it is put away.
    """

    emptied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_NoticeRow] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.setAccessibleName(self.tr("Notices"))
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        """Add a notice below the others and announce it; one already shown is not doubled."""
        if notice in self.notices():
            return
        if len(self._rows) == MOST_NOTICES:
            self._drop(self._rows[0])
        row = _NoticeRow(notice, self)
        row.closed.connect(partial(self._drop, row))
        self._rows.append(row)
        self._layout.addWidget(row)
        self.show()
        event = QAccessibleAnnouncementEvent(self, notice.sentence)
        QAccessible.updateAccessibility(event)

    def show_error(self, error: Refusal | Fault) -> None:
        """Show an error that has no field of its own."""
        self.show_notice(notice_of(error))

    def notices(self) -> tuple[Notice, ...]:
        """What is on screen, oldest first."""
        return tuple(row.notice for row in self._rows)

    def clear_passing(self) -> None:
        """Take down what would have left by itself: what it asked for is done."""
        for row in tuple(self._rows):
            if row.notice.kind is Kind.INFO:
                self._drop(row)

    def clear(self) -> None:
        """Take everything down."""
        for row in tuple(self._rows):
            self._drop(row)

    def _drop(self, row: "_NoticeRow") -> None:
        if row not in self._rows:
            return
        self._rows.remove(row)
        self._layout.removeWidget(row)
        row.hide()
        row.deleteLater()
        if not self._rows:
            self.hide()
            self.emptied.emit()


class _NoticeRow(QFrame):
    """One notice: shape, sentence, incident number, and a way to put it away."""

    closed = Signal()

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        icon, tone, surface = _LOOKS[notice.kind]
        theme.dress(self, surface=surface)
        mark = IconLabel(icon, parent=self)
        theme.dress(mark, tone=tone)
        words = QLabel(self._words(), self)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        theme.dress(words, text=theme.Text.STRONG, tone=tone)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 6, 4)
        layout.addWidget(mark)
        layout.addWidget(words, 1)
        layout.addWidget(self._close_button())
        if notice.kind in {Kind.DONE, Kind.INFO}:
            QTimer.singleShot(PASSING_MS, self, self._leave)

    def _words(self) -> str:
        if self.notice.incident is None:
            return self.notice.sentence
        return self.tr("{sentence} Incident {number}.").format(
            sentence=self.notice.sentence, number=self.notice.incident
        )

    def _close_button(self) -> QPushButton:
        button = QPushButton(self)
        button.setIcon(button_icon(Icon.CLOSE, theme.colour(theme.Tone.MUTED)))
        button.setIconSize(QSize(ICON_SIZE_PX, ICON_SIZE_PX))
        button.setAccessibleName(self.tr("Put this notice away"))
        button.setToolTip(button.accessibleName())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_style_properties(button, {"kind": "plain"})
        button.clicked.connect(self._leave)
        return button

    @Slot()
    def _leave(self) -> None:
        self.closed.emit()
