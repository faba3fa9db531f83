"""A field for card digits: keys go in, bullets come out, and nothing else ever comes out.

Not a QLineEdit, which gives digits away in eight ways (docs/security.md). The digits lie in the
card safe. There is no text in any property, event, clipboard, drag, undo or input method; screen
readers hear counts. Locked and empty until it is unlocked. GUI thread.
"""

from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFocusEvent,
    QHideEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAccessibleWidget, QSizePolicy, QWidget

from app.services.ports import CardSafe, SecretDigits
from app.services.rules.card_check import Check, Digits
from app.ui import theme
from app.ui.payment.digit_guard import DigitGuard

HEIGHT_PX = 46
PADDING_PX = 13.0
BULLET_PX = 6.0
PITCH_PX = 9.5
GAP_PX = 13.0
RADIUS_PX = 6.0
_ERASING = frozenset({Qt.Key.Key_Backspace, Qt.Key.Key_Delete})
_STANDING_STILL = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


class _Nothing:
    """The digits of a field that holds none."""

    def __len__(self) -> int:
        return 0

    def at(self, place: int) -> int:
        """There is none."""
        raise IndexError(place)


class CardField(QWidget):
    """One of card number, expiry and security code.

    `judge` says after each key how the digits stand. `changed` follows every change; `completed`
    comes when the digits are all there and right; `wiped` when digits were overwritten; `refused`
    with a key that is not taken; `paste_refused` when something was to be pasted.
    """

    changed = Signal()
    completed = Signal()
    wiped = Signal()
    refused = Signal()
    paste_refused = Signal()

    def __init__(
        self,
        name: str,
        safe: CardSafe,
        guard: DigitGuard,
        judge: Callable[[Digits], Check],
        *,
        room: int,
        divider: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`name` is for screen readers; `room` in digits; `divider` stands where bullets part."""
        super().__init__(parent)
        _speak_for_card_fields()
        self._name = name
        self._safe = safe
        self._guard = guard
        self._judge = judge
        self._room = room
        self._divider = divider
        self._digits: SecretDigits | None = None
        self._is_locked = True
        self._check = judge(_Nothing())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAcceptDrops(False)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._tell()

    @property
    def check(self) -> Check:
        """How the digits stand; holds none of them."""
        return self._check

    @property
    def is_locked(self) -> bool:
        """Whether it takes no keys."""
        return self._is_locked

    @property
    def digits(self) -> SecretDigits:
        """What is sealed. Raises Refusal `memory_not_locked`."""
        if self._digits is None:
            self._digits = self._safe.digits(self._room)
        return self._digits

    def set_judge(self, judge: Callable[[Digits], Check]) -> None:
        """Judge by another rule from now on: the security code follows the brand."""
        self._judge = judge
        self._look_again()

    def unlock(self) -> None:
        """Take keys. Raises Refusal `memory_not_locked`: then it stays locked."""
        self._guard.forget_held_keys()
        if len(self.digits):
            self.wipe()
        self._is_locked = False
        self._look_again()

    def lock(self) -> None:
        """Wipe, and take no keys."""
        self._is_locked = True
        self.wipe()
        self._look_again()

    def wipe(self) -> None:
        """Overwrite all digits."""
        if self._digits is None or not len(self._digits):
            return
        self._digits.wipe()
        self._look_again()
        self.wiped.emit()
        self.changed.emit()

    def release(self) -> None:
        """Lock, and give the memory back; it can be unlocked again."""
        self.lock()
        if self._digits is not None:
            self._digits.close()
            self._digits = None

    def take_digit(self, digit: int) -> None:
        """One digit was struck; for the guard only."""
        if self._is_locked or self._check.typed >= self._check.most:
            self.refused.emit()
            return
        if not self.digits.push(digit):
            self.refused.emit()
            return
        self._look_again()
        self.changed.emit()
        if self._check.is_complete:
            self.completed.emit()

    def refuse_key(self) -> None:
        """A letter or a blank was struck; for the guard only."""
        self.refused.emit()

    def is_or_holds(self, watched: QObject) -> bool:
        """Whether a key for `watched` is for this field; for the guard only."""
        return self.hasFocus() and (watched is self or watched == self.window().windowHandle())

    def sizeHint(self) -> QSize:
        """Room for all bullets."""
        end = self._place(self._check.most)
        return QSize(round(end + PADDING_PX + PITCH_PX), HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """As above."""
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        """Erasing keys are ours before they are anybody's shortcut."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _ERASING
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that print never come here: the guard takes them."""
        if event.key() in _ERASING:
            self._erase(event)
        elif event.key() in _STANDING_STILL:
            event.accept()
        elif event.matches(QKeySequence.StandardKey.Paste):
            event.accept()
            self.paste_refused.emit()  # the clipboard is not even looked at
        else:
            event.ignore()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Nothing is taken from an input method."""
        event.ignore()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        """An input method hears that it is not wanted, and nothing more."""
        return False if query == Qt.InputMethodQuery.ImEnabled else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click brings the focus; the middle button, which pastes elsewhere, is told so."""
        event.accept()
        if event.button() is Qt.MouseButton.MiddleButton:
            self.paste_refused.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Keys are guarded from here on."""
        if event.reason() is Qt.FocusReason.ActiveWindowFocusReason:
            self._guard.forget_held_keys()
        self._guard.arm(self)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys are let go."""
        self._guard.disarm(self)
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody sees is not kept."""
        self._guard.disarm(self)
        self.wipe()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A frame, and a bullet for each digit."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        if not self._is_locked:
            self._paint_digits(painter)
        painter.end()

    def _erase(self, event: QKeyEvent) -> None:
        """Backspace takes the last digit; with Ctrl, or as Delete, it takes all of them."""
        event.accept()
        everything = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if everything or event.key() == Qt.Key.Key_Delete:
            self.wipe()
        elif self._digits is not None and len(self._digits):
            self._digits.pop()
            self._look_again()
            self.changed.emit()

    def _look_again(self) -> None:
        digits: Digits = self._digits if self._digits is not None else _Nothing()
        self._check = self._judge(digits)
        self._tell()
        self.update()

    def _tell(self) -> None:
        """Tell screen readers the counts."""
        if self._is_locked:
            words = self.tr("{name}, locked")
        elif self._check.typed == 1:
            words = self.tr("{name}, 1 digit entered")
        else:
            words = self.tr("{name}, {count} digits entered")
        said = words.format(name=self._name, count=self._check.typed)
        if self.accessibleName() != said:
            self.setAccessibleName(said)

    def _paint_frame(self, painter: QPainter) -> None:
        colours = theme.colours()
        focused = self.hasFocus() and not self._is_locked
        edge = colours.hairline if self._is_locked else colours.border
        if self.property("tone") == theme.Tone.ERROR.value:
            edge = colours.error
        width = 2.0 if focused else 1.0
        painter.setPen(QPen(QColor(colours.accent if focused else edge), width))
        painter.setBrush(QColor(colours.alternate if self._is_locked else colours.base))
        inset = width / 2
        frame = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(frame, RADIUS_PX, RADIUS_PX)

    def _paint_digits(self, painter: QPainter) -> None:
        colours = theme.colours()
        ink, middle = QColor(colours.text), self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        half = BULLET_PX / 2
        for place in range(self._check.typed):
            painter.drawEllipse(QPointF(self._place(place) + half, middle), half, half)
        if self._divider:
            self._paint_divider(painter, middle)
        if self.hasFocus() and self._check.typed < self._check.most:
            caret = self._place(self._check.typed) + 1
            painter.setPen(QPen(ink, 1))
            painter.drawLine(QPointF(caret, middle - 10), QPointF(caret, middle + 10))

    def _paint_divider(self, painter: QPainter, middle: float) -> None:
        """Between the month and the year; faint until the month is there."""
        colours = theme.colours()
        for gap in self._check.gaps:
            reached = self._check.typed >= gap
            painter.setPen(QColor(colours.text if reached else colours.muted))
            painter.setFont(theme.font(14))
            left = self._place(gap - 1) + PITCH_PX
            box = QRectF(left, middle - 12, self._place(gap) - left, 24)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._divider)

    def _place(self, place: int) -> float:
        """Where a bullet begins."""
        gaps = sum(1 for gap in self._check.gaps if gap <= place and gap < self._check.most)
        room = GAP_PX * 2 if self._divider else GAP_PX
        return PADDING_PX + place * PITCH_PX + gaps * room


class _Spoken(QAccessibleWidget):
    """A card field for screen readers: a place to type a secret, with a name and no text.

    `interface_cast` stays as it is: an override crashes PySide6 when somebody walks the tree.
    """

    def __init__(self, field: CardField) -> None:
        super().__init__(field, QAccessible.Role.EditableText)

    def state(self) -> QAccessible.State:
        """Said to be a password, so that keys are not spoken."""
        state = super().state()
        state.passwordEdit = True
        state.editable = True
        return state


@cache
def _speak_for_card_fields() -> None:
    """Once in a program's life."""
    QAccessible.installFactory(_spoken)


def _spoken(kind: str, spoken_of: QObject | None) -> _Spoken | None:
    del kind
    return _Spoken(spoken_of) if isinstance(spoken_of, CardField) else None
